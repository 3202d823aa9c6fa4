"""The mineral axis: normal ranges, vitamin D, kidney, and what bone drugs do to calcium."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
import xarray as xr

from osteoaxis.patient import Patient
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.simulation import simulator

DAYS = np.array([0.0, 7, 14, 21, 30, 60, 90, 182, 365])
MONTHS = DAYS * 12 / 365.25
QUANTITIES = ("calcium", "phosphate", "pth", "calcitriol", "vitamin_d", "egfr", "ctx",
              "total_hip_bmd")  # fmt: skip


@lru_cache
def course(regimen: str = "none", age: float = 66.0, **_: float) -> dict[str, np.ndarray]:
    return of(Patient(age=age, menopause_age=50), regimen)


def of(person: Patient, regimen: str = "none") -> dict[str, np.ndarray]:
    ready = simulator()
    start = ready.start(person)
    solved = ready.problem(start, Regimen.parse(regimen), MONTHS, record=QUANTITIES).run()
    assert not solved.messages[0]
    return dict(zip(solved.quantities, solved.values[0].T, strict=True))


def person(**baseline: float) -> Patient:
    return Patient(age=66, menopause_age=50, baseline=baseline)


@pytest.mark.parametrize(
    ("quantity", "low", "high"),
    [
        # PMC7276095 (calcium, PTH, 25-hydroxyvitamin D), PMC8224373 (calcitriol)
        ("calcium", 2.2, 2.6), ("phosphate", 0.81, 1.45), ("pth", 15, 65), ("calcitriol", 31, 72),
        ("vitamin_d", 20, 80), ("egfr", 60, 110),
    ],
)  # fmt: skip
def test_levels_are_normal_in_health(quantity: str, low: float, high: float) -> None:
    for age in (30.0, 66.0, 80.0):
        assert low <= course(age=age)[quantity][0] <= high


def test_the_young_adult_is_at_the_reference() -> None:
    young = of(Patient(age=35, sex="male"))
    assert young["calcium"][0] == pytest.approx(2.35, rel=0.01)
    assert young["pth"][0] == pytest.approx(40, rel=0.1)


def test_pth_rises_as_vitamin_d_falls_and_flattens_above() -> None:
    """10.1007/s40618-023-02067: PTH is flat above about 20 ng/mL of 25-hydroxyvitamin D."""
    levels = (40.0, 25.0, 12.0, 6.0)
    pth = [of(person(vitamin_d=level))["pth"][0] for level in levels]
    assert pth == sorted(pth)
    assert pth[1] - pth[0] < 4
    assert pth[3] > 1.25 * pth[1]


def test_kidney_disease_lowers_calcitriol_and_raises_pth_and_phosphate() -> None:
    """10.1038/sj.ki.5002009: calcitriol falls first, then PTH rises, calcium stays. The model's PTH
    at an eGFR of 25 is about half of the median there: a known miss."""
    found = [of(person(egfr=level)) for level in (85.0, 55.0, 25.0, 15.0)]
    for quantity, falls in (("calcitriol", True), ("pth", False), ("phosphate", False)):
        values = [levels[quantity][0] for levels in found]
        assert values == sorted(values, reverse=falls), quantity
    assert all(2.2 < levels["calcium"][0] < 2.6 for levels in found)


def test_denosumab_lowers_calcium_and_raises_pth() -> None:
    """PMID 23452098: PTH +63.5 % (SD 28) a month after 60 mg; calcium back at six months."""
    found = course("denosumab 60 mg sc once")
    at_month = list(DAYS).index(30.0)
    assert 35 < 100 * (found["pth"][at_month] / found["pth"][0] - 1) < 92
    assert 0.03 < found["calcium"][0] - found["calcium"].min() < 0.13
    assert found["calcium"].min() > 2.2
    assert found["calcium"][-2] == pytest.approx(found["calcium"][0], abs=0.04)


def helped() -> xr.DataArray:
    """Calcium after denosumab where the kidney fails, with calcium and calcitriol."""
    plan = "calcium 500 mg po bid + calcitriol 0.5 ug po qd + denosumab 60 mg sc once"
    return of(person(egfr=15, vitamin_d=10), plan)["calcium"]


@pytest.mark.xfail(strict=True, reason="a known miss: 2.13 mmol/L")
def test_calcium_and_calcitriol_prevent_hypocalcaemia_where_the_kidney_fails() -> None:
    assert helped().min() > 2.2


def test_low_vitamin_d_or_kidney_function_make_calcium_fall_further() -> None:
    """10.1002/jbmr.1613: hypocalcaemia after denosumab where the kidney fails, none with calcium
    and vitamin D; a smaller fall after zoledronate."""
    dose = "denosumab 60 mg sc once"
    healthy = course(dose)["calcium"]
    low_d = of(person(vitamin_d=8), dose)["calcium"]
    severe = of(person(egfr=15, vitamin_d=10), dose)["calcium"]
    fall = [float(levels[0] - levels.min()) for levels in (healthy, low_d, severe)]
    assert fall == sorted(fall)
    assert severe.min() < 2.0
    assert helped().min() > severe.min() + 0.1
    zoledronate = of(person(vitamin_d=8), "zoledronate 5 mg iv once")["calcium"]
    assert zoledronate.min() > low_d.min()


@pytest.mark.parametrize("dose", [800, 2000])
def test_vitamin_d_dose_response(dose: int) -> None:
    """10.1371/journal.pone.0111265 and Gallagher 2012: 0.5 to 0.9 ng/mL for each 100 IU a day."""
    found = of(person(vitamin_d=16), f"vitamin_d3 {dose} IU po qd")["vitamin_d"]
    rise = (found[-1] - found[0]) / (dose / 100)
    assert 0.48 <= rise <= 0.91
    assert found[list(DAYS).index(90.0)] - found[0] > 0.9 * (found[-1] - found[0])


def test_calcium_supplement() -> None:
    """10.1136/bmj.h4183: density +0.7 to +1.8 % in a year; here less than half of it, a known
    miss; PTH falls by a tenth or more."""
    found, without = course("calcium 500 mg po bid"), course()
    gain = 100 * (found["total_hip_bmd"][-1] / without["total_hip_bmd"][-1] - 1)
    assert 0.1 < gain < 1.8
    assert -25 < 100 * (found["pth"][-1] / without["pth"][-1] - 1) < -8


def test_teriparatide_raises_calcium_a_little() -> None:
    found = course("teriparatide 20 ug sc qd")
    assert 0 < found["calcium"].max() - found["calcium"][0] < 0.1


def test_international_units_are_micrograms() -> None:
    units = of(person(), "vitamin_d3 800 IU po qd")["vitamin_d"]
    mass = of(person(), "vitamin_d3 20 ug po qd")["vitamin_d"]
    np.testing.assert_array_equal(units, mass)
