"""Published models of bone, rewritten in our own language and held against their trajectories.

Each module or package here, except `model`, is one published model and offers it as `MODEL`; its
name is that of the module with hyphens: ``lemaire-2004``.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING

from osteoaxis.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from osteoaxis.published.model import PublishedModel

PUBLISHED = tuple(
    sorted(found.name.replace("_", "-") for found in pkgutil.iter_modules(__path__)
           if found.name != "model")
)  # fmt: skip
"""The names of all published models."""


def load(name: str) -> PublishedModel:
    """Return the published model called `name`; raises `InputError` with the near matches."""
    if name not in PUBLISHED:
        raise InputError(
            f"unknown published model '{name}'.{did_you_mean(name, PUBLISHED)}"
            f" Known: {', '.join(PUBLISHED)}."
        )
    found: PublishedModel = import_module(f"{__name__}.{name.replace('-', '_')}").MODEL
    return found
