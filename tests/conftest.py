"""What the tests share: the composed model and the compiled simulator, made once."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

from osteoaxis.assembly import build_model
from osteoaxis.model import Model
from osteoaxis.simulation import Simulator, simulator

# what is printed is as wide as in a file, whatever the terminal of whoever runs the tests
os.environ.pop("COLUMNS", None)
# no test depends on how busy the machine is
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def model() -> Model:
    """The model with all built-in drugs."""
    return build_model()[0]


@pytest.fixture(scope="session")
def ready() -> Simulator:
    """The compiled simulator with all built-in drugs."""
    return simulator()
