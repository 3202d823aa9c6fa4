"""Scores, devices, and whether a change is real."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteoaxis.outcomes import change, dxa, fracture, markers
from osteoaxis.patient import ETHNICITIES, MEASURABLE, Patient
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.simulation import simulator

DENSITIES = st.floats(0.4, 1.6)


def test_z_scores_of_the_reference_itself() -> None:
    """NHANES women of 71 to 80 (10.3389/fendo.2026.1748490): spine 0.902, deviation 0.167."""
    assert dxa.z_score(0.902, "lumbar_spine", "female", 76.0) == pytest.approx(0.0)
    assert dxa.z_score(0.902 - 0.167, "lumbar_spine", "female", 76.0) == pytest.approx(-1.0)


def test_age_does_not_matter_at_the_ends() -> None:
    for site in dxa.SITES:
        for sex in ("female", "male"):
            old = dxa.z_score(0.7, site, sex, np.array([95.0, 100.0]))
            assert old[0] == old[1]


def test_black_adults_are_compared_with_their_own() -> None:
    white = dxa.z_score(1.0, "lumbar_spine", "female", 60.0, "white")
    assert dxa.z_score(1.0, "lumbar_spine", "female", 60.0, "black") < white
    assert dxa.z_score(1.0, "lumbar_spine", "female", 60.0) == white
    assert set(ETHNICITIES) == set(dxa.ETHNICITIES)


@given(DENSITIES, st.sampled_from(dxa.SITES), st.sampled_from(dxa.DEVICES),
       st.sampled_from(dxa.DEVICES))  # fmt: skip
def test_devices_convert_there_and_back(bmd: float, site: str, one: str, other: str) -> None:
    there = dxa.convert(bmd, site, one, other)
    assert dxa.convert(there, site, other, one) == pytest.approx(bmd)
    if one == other:
        assert there == pytest.approx(bmd)


def test_lunar_reads_higher_than_hologic() -> None:
    """A spine of 1.000 on a Hologic is about 1.13 on a Lunar (Genant 1994: H = 0.906 L - 0.025)."""
    lunar = float(dxa.convert(1.0, "lumbar_spine", "hologic", "lunar"))
    assert 0.906 * lunar - 0.025 == pytest.approx(1.0, abs=0.02)


def test_least_significant_change_is_2_77_precision_errors() -> None:
    """ISCD: least significant change = 2.77 x precision error."""
    found = dxa.compare(1.0, 0.96, "lumbar_spine", precision=1.0)
    assert -found.least_fall == pytest.approx(2.77, abs=0.005)
    assert found.percent == pytest.approx(-4.0)
    assert found.real
    assert not dxa.compare(1.0, 0.96, "lumbar_spine").real  # at the largest accepted error
    assert found.falling > 0.99


def test_another_device_makes_changes_harder_to_see() -> None:
    same = dxa.compare(0.95, 0.92, "total_hip", precision=1.0)
    after = float(dxa.convert(0.92, "total_hip", "hologic", "lunar"))
    other = dxa.compare(0.95, after, "total_hip", precision=1.0, devices=("hologic", "lunar"))
    assert other.percent == pytest.approx(same.percent)
    assert other.least_fall < same.least_fall
    assert same.real
    assert not other.real


@given(st.floats(0.05, 3), st.floats(0.05, 3), st.floats(1, 40))
def test_a_ratio_is_judged_the_same_backwards(before: float, after: float, error: float) -> None:
    there, back = change.ratio(before, after, error), change.ratio(after, before, error)
    assert there.falling == pytest.approx(1 - back.falling)
    # the limits of a ratio are each other's inverse
    assert (1 + there.least_fall / 100) * (1 + there.least_rise / 100) == pytest.approx(1)
    if abs(np.log(after / before)) > 1e-6 + abs(np.log1p(there.least_rise / 100)):
        assert there.real
        assert back.real


@given(DENSITIES, st.floats(-20, 20), st.floats(0.5, 3))
def test_probability_agrees_with_the_verdict(bmd: float, percent: float, error: float) -> None:
    found = change.ordinary(bmd, bmd * (1 + percent / 100), error)
    assert found.real == (not 0.025 - 1e-9 <= found.falling <= 0.975 + 1e-9)


def test_reference_change_of_ctx() -> None:
    """CTX (EuBIVAS within-person 15.1 %, assay 4 %): a fall by a third is beyond chance, by a
    quarter is not."""
    assert not markers.compare("ctx", 0.40, 0.30).real
    assert markers.compare("ctx", 0.40, 0.26).real


@pytest.mark.parametrize("marker", markers.WITHIN)
def test_intervals_hold_their_own_middle(marker: str) -> None:
    found = markers.interval(marker, "female", 40.0)
    assert found is not None
    assert found.unit == MEASURABLE[marker][2]
    assert found.z(np.sqrt(found.low * found.high)) == pytest.approx(0, abs=1e-9)
    assert found.z(found.high) == pytest.approx(change.Z95)


def test_intervals_follow_menopause_and_sex() -> None:
    before, after = (markers.interval("ctx", "female", a, 50.0) for a in (49.0, 51.0))
    assert before is not None
    assert after is not None
    assert (before.high, after.high) == (0.670, 1.050)
    assert markers.interval("ntx", "male", 60.0) is None


@pytest.mark.parametrize(
    ("sex", "menopause"), [("female", 51.0), ("male", None)]
)  # fmt: skip
def test_the_typical_person_has_the_usual_bone_score(sex: str, menopause: float | None) -> None:
    """Its reference is the model's own, so it must follow when the biology changes."""
    ready = simulator()
    for age in (45.0, 62.0, 75.0):
        start = ready.start(Patient(sex=sex, age=age, menopause_age=menopause))
        now = ready.run(start, Regimen.parse("none"), np.array([0.0, 1.0])).isel(time=0)
        assert abs(float(now["tbs_z_score"])) < 0.06


def test_lost_elements_raise_the_vertebral_hazard() -> None:
    ready = simulator()
    start = ready.start(Patient(age=62, menopause_age=51))
    found = ready.run(start, Regimen.parse("letrozole 2.5 mg po qd"), np.arange(0.0, 61.0, 12.0))
    assert float(found["tbs_z_score"][-1]) < -0.15
    plain = fracture.add(found.drop_vars("tbs_z_score"), Patient(age=62, menopause_age=51))
    ratio = found["vertebral_fracture_hazard"] / plain["vertebral_fracture_hazard"]
    assert float(ratio[-1]) > float(ratio[0])
