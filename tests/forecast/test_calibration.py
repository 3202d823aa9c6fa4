"""Simulation-based calibration: forecasts of simulated persons whose future is known."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from scipy.stats import chisquare

from osteoaxis.forecast import calibration
from osteoaxis.forecast import posterior as beliefs
from osteoaxis.simulation import Simulator

PERSONS = 210


@pytest.fixture(scope="module", autouse=True)
def fewer() -> Iterator[None]:
    """Fewer people for each forecast than in the product, so that it takes minutes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(beliefs, "DRAWN", 300)
        patch.setattr(beliefs, "REFRESHED", 200)
        patch.setattr(beliefs, "KEPT", 150)
        yield


@pytest.fixture(scope="module")
def outcomes(ready: Simulator) -> tuple[dict[str, calibration.Outcome], int]:
    return calibration.outcomes(PERSONS, ready)


@pytest.mark.parametrize("target", calibration.TARGETS)
def test_ranges_hold_nine_tenths_and_forecasts_beat_simple_rules(
    outcomes: tuple[dict[str, calibration.Outcome], int], target: str
) -> None:
    found = outcomes[0][target]
    assert len(found.rank) >= 200
    assert 0.85 <= found.coverage <= 0.95
    assert chisquare(np.histogram(found.rank, np.linspace(0, 1, 11))[0]).pvalue > 0.001
    error, carried, average = (
        np.sqrt(np.mean(x**2)) for x in (found.error, found.carried, found.average)
    )
    assert error < carried
    assert error < average


def test_few_true_persons_are_said_to_be_not_explained(
    outcomes: tuple[dict[str, calibration.Outcome], int],
) -> None:
    assert outcomes[1] <= 0.03 * PERSONS


def test_slips_are_noticed_and_honest_persons_left_alone(ready: Simulator) -> None:
    found = calibration.caught(40, ready)
    assert found["none"].unexplained <= 2
    assert found["none"].noticed <= 5
    assert found["sign"].noticed == found["sign"].persons > 20
    assert found["point"].noticed > 0.8 * found["point"].persons
    assert found["estradiol molar"].noticed > 0.7 * found["estradiol molar"].persons
