"""Metrics on trajectories made by hand, where every answer is known."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
import xarray as xr

from osteoaxis.errors import InputError
from osteoaxis.outcomes import fracture
from osteoaxis.outcomes.dxa import SITES
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.drug import catalogue
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.simulation import Simulator
from osteoaxis.strategy import Metric, given, measure, metrics
from osteoaxis.strategy.arm import check_names

YEARS = 5.0
MONTHS = np.arange(0.0, 61.0)
WOMAN = Patient(age=65, menopause_age=50)
DRUGS = catalogue()
KNOWN = metrics(YEARS, DRUGS)
Given = Mapping[tuple[str, str], list[float]]


def data(**columns: np.ndarray | float) -> xr.Dataset:
    """A trajectory of five years; a number is constant."""
    return xr.Dataset(
        {name: ("time", np.broadcast_to(values, MONTHS.shape)) for name, values in columns.items()},
        coords={"time": ("time", MONTHS)},
    )


def measured(
    arm: xr.Dataset, doses: Given | None = None, reference: xr.Dataset | None = None
) -> dict[str, float]:
    times = {key: np.array(months, dtype=float) for key, months in (doses or {}).items()}
    return measure(arm, times, DRUGS, WOMAN, known=KNOWN, reference=reference)


def test_changes_are_percent_since_month_zero() -> None:
    found = measured(data(total_hip_bmd=0.8 * (1 + MONTHS / 600), ctx=0.4 + MONTHS / 100))
    assert found["total_hip_bmd_change_y1"] == pytest.approx(2)
    assert found["total_hip_bmd_change_y5"] == found["total_hip_bmd_change_end"]
    assert found["total_hip_bmd_change_end"] == pytest.approx(10)
    assert found["ctx_change_m6"] == pytest.approx(15)
    assert "lumbar_spine_bmd_change_y1" not in found  # its variable is absent


def test_time_below_is_counted_between_the_points() -> None:
    line = np.interp(MONTHS, [0, 60], [-2.0, -3.0])
    scores: dict[str, np.ndarray | float] = {f"{site}_t_score": -1.0 for site in SITES}
    found = measured(data(**{**scores, "total_hip_t_score": line}))
    assert found["lowest_t_score"] == -3.0
    assert found["lumbar_spine_lowest_t_score"] == -1.0
    assert found["osteoporosis_months"] == pytest.approx(30)
    assert found["osteoporosis_share"] == pytest.approx(50)
    assert measured(data(**scores))["osteoporosis_months"] == 0


def test_joint_pain() -> None:
    found = measured(data(arthralgia_probability=np.interp(MONTHS, [0, 30, 60], [0, 0.4, 0])))
    assert found["arthralgia_peak"] == pytest.approx(40)
    assert found["arthralgia_share"] == pytest.approx(20)


def test_doses_are_counted_from_zero_to_the_end() -> None:
    doses = {
        ("letrozole", "po"): [-1.0, 0.0, 1.0],
        ("denosumab", "sc"): [0.0, 6.0, 60.0],
        ("teriparatide", "sc"): [3.0, 3.1, 3.2],
        ("zoledronate", "iv"): [30.0],
    }
    found = measured(data(), doses)
    assert found["letrozole_doses"] == 2
    assert found["denosumab_doses"] == 2
    assert found["alendronate_doses"] == 0
    assert found["injections_and_infusions"] == 3  # not what is injected daily at home
    assert found["bone_drug_months"] == pytest.approx(18)  # 12 + 6, teriparatide within


def test_the_loss_after_stopping_is_the_deepest_fall_from_a_peak() -> None:
    density = np.interp(MONTHS, [0, 24, 30, 42, 60], [1.0, 1.1, 1.2, 1.08, 1.0])
    doses = {("denosumab", "sc"): [0.0, 6.0, 12.0, 18.0]}
    found = measured(data(lumbar_spine_bmd=density), doses)
    assert found["lumbar_spine_loss_after_stopping"] == pytest.approx(10)  # 1.2 to 1.08 at m42
    assert "lumbar_spine_loss_after_stopping" not in measured(data(lumbar_spine_bmd=density))
    late = {("denosumab", "sc"): [49.0]}  # eleven months are too few to judge
    assert "lumbar_spine_loss_after_stopping" not in measured(data(lumbar_spine_bmd=density), late)
    early = {("denosumab", "sc"): [48.0]}
    assert "lumbar_spine_loss_after_stopping" in measured(data(lumbar_spine_bmd=density), early)


def test_overshoot_is_against_the_reference_at_the_same_time() -> None:
    ctx = np.interp(MONTHS, [0, 1, 24, 30, 36, 60], [0.5, 0.1, 0.1, 0.9, 0.5, 0.5])
    doses = {("denosumab", "sc"): [0.0, 6.0, 12.0, 18.0]}
    found = measured(data(ctx=ctx), doses, data(ctx=0.6))
    assert found["ctx_overshoot_after_stopping"] == pytest.approx(50)
    assert "ctx_overshoot_after_stopping" not in measured(data(ctx=ctx), doses)
    assert measured(data(ctx=0.3), doses, data(ctx=0.6))["ctx_overshoot_after_stopping"] == 0


@pytest.mark.parametrize(
    ("denosumab", "zoledronate", "unprotected", "without_exit"),
    [
        ([], [], 0, 0),
        ([0, 6, 12], [], 60 - 12 - 7, 1),
        ([0, 6, 12], [18], 0, 0),
        ([0, 6, 12], [19], 0, 0),
        ([0, 6, 12], [24], 5, 1),
        ([0, 6, 12], [6], 60 - 12 - 7, 1),  # before the last dose is no exit
        ([0, 24], [30], 17, 0),  # paused in between
        ([48, 54], [], 0, 1),  # goes on to the end: no gap yet, and no exit
    ],
)
def test_denosumab_needs_an_exit(
    denosumab: list[float], zoledronate: list[float], unprotected: float, without_exit: float
) -> None:
    doses = {("denosumab", "sc"): denosumab, ("zoledronate", "iv"): zoledronate}
    found = measured(data(), doses)
    assert found["denosumab_unprotected_months"] == pytest.approx(unprotected)
    assert found["denosumab_without_exit"] == without_exit


def fractured(z: float) -> xr.Dataset:
    """Five years at one Z-score, with the fractures that go with it."""
    arm = data(**{f"{site}_z_score": z for site in SITES}, ctx=0.4, p1np=45.0)
    return arm.assign(fracture.add(arm, WOMAN))


def test_fractures_are_counted_and_held_against_the_reference() -> None:
    assert not any("fracture" in name for name in measured(data(ctx=0.4)))
    low, high = fractured(-1.0), fractured(0.5)
    found = measured(high, reference=low)
    for cause in ("vertebral", "hip", "other", "any"):
        name = f"{cause}_fractures_per_1000"
        share = high[f"{cause}_fracture_incidence"].values[-1]
        assert found[name] == pytest.approx(10 * share)
        assert 0 < found[f"{name}_low"] < found[name] < found[f"{name}_high"] < 1000
        assert found[name] < measured(low)[name]
    avoided = measured(low)["any_fractures_per_1000"] - found["any_fractures_per_1000"]
    assert found["fractures_avoided_per_1000"] == pytest.approx(avoided)
    assert found["fractures_avoided_per_1000_low"] < avoided
    assert found["needed_to_treat"] == pytest.approx(1000 / avoided)
    assert found["needed_to_treat_low"] < found["needed_to_treat"] < found["needed_to_treat_high"]
    assert measured(low, reference=high)["needed_to_treat"] == pytest.approx(-1000 / avoided)
    alone = measured(low, reference=low)
    assert "needed_to_treat" not in alone
    assert "any_fractures_per_1000" in alone


@pytest.mark.parametrize("name", KNOWN)
def test_every_metric_is_a_finite_number_with_unit_and_meaning(name: str) -> None:
    metric = KNOWN[name]
    assert isinstance(metric, Metric)
    assert metric.unit
    assert metric.meaning
    assert name.isidentifier()
    columns = {f"{site}_{kind}": 0.9 for site in SITES for kind in ("bmd", "t_score", "z_score")}
    columns |= {"p1np": 45.0, "bsap": 12.0, "arthralgia_probability": 0.2}
    arm, other = data(**columns, ctx=0.4), data(**columns, ctx=0.5)
    arm, other = (trajectory.assign(fracture.add(trajectory, WOMAN)) for trajectory in (arm, other))
    found = measure(
        arm, {("zoledronate", "iv"): np.array([0.0])}, DRUGS, WOMAN, known=KNOWN, names=[name],
        reference=other,
    )  # fmt: skip
    assert found.keys() <= {name}
    assert all(np.isfinite(value) for value in found.values())


def test_names_are_checked() -> None:
    check_names(["zoledronate_doses"], KNOWN, data(), "here")
    with pytest.raises(InputError, match="here: unknown metric 'zoledronat_doses'.*Did you mean"):
        check_names(["zoledronat_doses"], KNOWN, data(), "here")
    with pytest.raises(InputError, match="'ctx_change_m6' needs ctx, not computed"):
        check_names(["ctx_change_m6"], KNOWN, data(), "here")


def test_doses_have_the_drugs_own_names(ready: Simulator) -> None:
    plan = Regimen.parse("zometa 4 mg iv q6mo [m0-m12] + zoledronate 4 mg iv once [m24]")
    found = given(ready, plan, 60.0)
    assert list(found) == [("zoledronate", "iv")]
    assert found["zoledronate", "iv"] == pytest.approx([0, 6, 24])


def test_noise_decides_nothing() -> None:
    hip, months = KNOWN["total_hip_bmd_change_end"], KNOWN["bone_drug_months"]
    assert hip.rounded(1.04) == hip.rounded(0.96)
    assert months.rounded(42.15) == months.rounded(42.19) == 42
