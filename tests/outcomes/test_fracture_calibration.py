"""The fitted numbers of the fracture model against what they were fitted to."""

from __future__ import annotations

import fracture_calibration as calibration
import numpy as np
import pytest

from osteoaxis.outcomes import fracture, numbers

CENTRAL = numbers.central("fracture")

# Predicted outside the published interval; docs/fracture.md says so.
MISSED = {("HORIZON-PFT", "morphometric")}


def test_trials_lie_within_their_intervals() -> None:
    missed = {
        (row["trial"], row["cause"])
        for row, predicted in calibration.ratios(CENTRAL)
        if not float(row["low"]) <= predicted <= float(row["high"])
    }
    assert missed == MISSED


def test_slopes_are_those_of_the_fit() -> None:
    for name, (best, error) in calibration.fit_slopes(CENTRAL).items():
        known = numbers.numbers("fracture")[name]
        assert known.value == pytest.approx(best, abs=0.05 * abs(best)), name
        assert known.sd >= error, f"{name}: the stated SD is narrower than the fit's"


def test_levels_are_those_of_the_fit() -> None:
    for name, (rate, spread) in calibration.levels(CENTRAL).items():
        known = numbers.numbers("fracture")[name]
        assert 1e3 * np.exp(known.value) == pytest.approx(rate, rel=0.01), name
        assert known.sd == pytest.approx(spread, rel=0.15), name


@pytest.mark.parametrize("cause", ["vertebral", "other"])
def test_levels_of_men_follow_the_ratio_in_cprd(cause: str) -> None:
    rates = {
        (row["sex"], row["cause"]): float(row["per_1000"])
        for row in calibration.table("populations")
        if row["source"].startswith("CPRD")
    }
    ratio = np.exp(CENTRAL[f"rate.male.{cause}"] - CENTRAL[f"rate.female.{cause}"])
    assert ratio == pytest.approx(rates["male", cause] / rates["female", cause], rel=0.02)


def test_densitometry_slopes_of_the_meta_regression_emerge() -> None:
    slopes = calibration.fnih(CENTRAL)
    assert slopes["vertebral"] == pytest.approx(-0.17, abs=0.02)
    # The hip falls short of the published -0.086, see docs/fracture.md.
    assert -0.086 < slopes["hip"] < -0.05
    assert abs(slopes["nonvertebral"]) < 0.05


@pytest.mark.parametrize("sex", ["female", "male"])
def test_the_average_over_a_population_is_its_rate(sex: str) -> None:
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    weights = weights / weights.sum()
    month = np.zeros(1)
    found = fracture.hazards(
        sex=sex, age=72.0, months=month,
        spine_z=nodes[:, None], neck_z=nodes[:, None], hip_z=nodes[:, None],
    )  # fmt: skip
    for cause in fracture.CAUSES:
        growth = CENTRAL[f"age.{sex}.{cause}"] * (72.0 - fracture.REFERENCE_AGE)
        rate = np.exp(CENTRAL[f"rate.{sex}.{cause}"] + growth)
        assert weights @ found[cause][:, 0] == pytest.approx(rate, rel=1e-6), cause


def test_the_page_shows_what_the_model_says() -> None:
    text = calibration.PAGE.read_text()
    assert text == calibration.page(text, CENTRAL), "run tests/outcomes/fracture_calibration.py"
