"""Bone drugs against their own published results, on and off, and against each other.

Ranges are published values with their intervals, widened to the spread between trials where there
are several; none is of a study held out for validation.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from osteoaxis.patient import Patient
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.simulation import simulator

MONTHS = np.arange(0.0, 121.0)
QUANTITIES = ("lumbar_spine_bmd", "total_hip_bmd", "femoral_neck_bmd", "ctx", "p1np", "ntx")


@lru_cache
def course(regimen: str, age: float = 68.0, menopause: float = 50.0) -> dict[str, np.ndarray]:
    ready = simulator()
    start = ready.start(Patient(age=age, menopause_age=menopause))
    solved = ready.problem(start, Regimen.parse(regimen), MONTHS, record=QUANTITIES).run()
    assert not solved.messages[0]
    return dict(zip(solved.quantities, solved.values[0].T, strict=True))


def change(regimen: str, quantity: str, month: int, since: int = 0, age: float = 68.0) -> float:
    """Percent change of a quantity between two months."""
    values = course(regimen, age)[quantity]
    return float(100 * (values[month] / values[since] - 1))


def effect(regimen: str, quantity: str, month: int, age: float = 68.0) -> float:
    """Difference from no treatment: points of percent for density, percent for markers."""
    treated, untreated = course(regimen, age)[quantity], course("none", age)[quantity]
    if quantity.endswith("_bmd"):
        return float(100 * (treated[month] / treated[0] - untreated[month] / untreated[0]))
    return float(100 * (treated[month] / untreated[month] - 1))


SPINE, HIP, NECK = "lumbar_spine_bmd", "total_hip_bmd", "femoral_neck_bmd"
ZOLEDRONATE = "zoledronate 5 mg iv once"
ALENDRONATE = "alendronate 10 mg po qd [y0-y5]"
RISEDRONATE = "risedronate 5 mg po qd [y0-y3]"
IBANDRONATE = "ibandronate 150 mg po qmo [y0-y2]"
DENOSUMAB = "denosumab 60 mg sc q6mo [y0-y3]"
ROMOSOZUMAB = "romosozumab 210 mg sc qmo [m0-m12]"
TERIPARATIDE = "teriparatide 20 ug sc qd [m0-m19]"


EFFECTS = [
    # GREY-ZOL5 and GREY-ZOL-DOSE, one dose: intervals at 24, 36 and 60 months
    (ZOLEDRONATE, SPINE, 24, 64, 3.7, 7.6),
    (ZOLEDRONATE, SPINE, 36, 64, 4.6, 9.1),
    (ZOLEDRONATE, SPINE, 60, 64, 2.2, 8.1),
    (ZOLEDRONATE, HIP, 24, 64, 2.2, 5.9),
    (ZOLEDRONATE, HIP, 60, 64, 3.5, 7.3),
    (ZOLEDRONATE, "ctx", 36, 64, -60, -27),
    (ZOLEDRONATE, "p1np", 36, 64, -56, -24),
    ("zoledronate 1 mg iv once", SPINE, 60, 64, -1.1, 5.0),
    # alendronate: FIT 6.2 after 5 then 10 mg (recalled), Devogelaer 1996 7.4, Liberman 1995 8.8
    (ALENDRONATE, SPINE, 36, 68, 5.4, 8.8),
    (ALENDRONATE, NECK, 36, 68, 3.5, 6.4),
    # risedronate: RIS-EPM 4.5 (SE 0.45) in early, VERT-NA about 4.3 (recalled) in late menopause
    (RISEDRONATE, SPINE, 24, 53, 3.6, 5.7),
    (RISEDRONATE, SPINE, 36, 68, 3.5, 5.5),
    (RISEDRONATE, NECK, 24, 53, 2.3, 5.4),
    # ibandronate: MOBILE +6.6 from baseline, DIVA +6.3; hip +4.2, +2.6 (recalled)
    (IBANDRONATE, SPINE, 24, 66, 4.5, 7.6),
    (IBANDRONATE, HIP, 24, 66, 2.6, 4.7),
    # denosumab: FREEDOM spine 9.2, hip 6.0 (recalled; hip 3.3, 5.1, 6.4 points read)
    (DENOSUMAB, SPINE, 36, 72, 8.0, 10.5),
    (DENOSUMAB, HIP, 12, 72, 2.6, 4.0),
    (DENOSUMAB, HIP, 36, 72, 5.3, 7.0),
    # romosozumab: phase 2 +11.3 against -0.1, FRAME +13.1; hip +4.1 to +6.0
    (ROMOSOZUMAB, SPINE, 12, 71, 11.0, 13.8),
    (ROMOSOZUMAB, HIP, 12, 71, 3.8, 6.9),
    (ROMOSOZUMAB, NECK, 12, 71, 3.4, 6.0),
    # teriparatide: FPT, 20 and 40 ug
    (TERIPARATIDE, SPINE, 21, 69, 7.5, 10.5),
    (TERIPARATIDE, NECK, 21, 69, 1.8, 4.2),
    ("teriparatide 40 ug sc qd [m0-m19]", SPINE, 21, 69, 11.0, 15.0),
]  # fmt: skip


@pytest.mark.parametrize(("regimen", "quantity", "month", "age", "low", "high"), EFFECTS)
def test_effect_on_the_drug(
    regimen: str, quantity: str, month: int, age: float, low: float, high: float
) -> None:
    assert low <= effect(regimen, quantity, month, age) <= high


def test_classes_are_ordered_at_the_spine() -> None:
    """As published at 12 months: romosozumab > denosumab > zoledronate >= alendronate >
    risedronate."""
    gains = [
        effect(regimen, SPINE, 12)
        for regimen in (
            ROMOSOZUMAB, DENOSUMAB, "zoledronate 5 mg iv q12mo", "alendronate 70 mg po qw",
            "risedronate 35 mg po qw",
        )
    ]  # fmt: skip
    assert gains == sorted(gains, reverse=True)
    assert gains[1] > 1.2 * gains[2]


def test_formation_rises_before_resorption_on_teriparatide() -> None:
    """McClung 2005 (10.1001/archinte.165.15.1762): P1NP +105 % at 1 month; uNTX +58 % at 6."""
    p1np, ctx = effect(TERIPARATIDE, "p1np", 1, 69), effect(TERIPARATIDE, "ctx", 1, 69)
    assert 75 < p1np < 135
    assert ctx < p1np / 3
    ratio = [effect(TERIPARATIDE, "ctx", m, 69) / effect(TERIPARATIDE, "p1np", m, 69)
             for m in (1, 3, 6)]  # fmt: skip
    assert ratio == sorted(ratio)


@pytest.mark.xfail(strict=True, reason="a known miss: +12 %")
def test_resorption_on_teriparatide_at_six_months() -> None:
    """McClung 2005: uNTX +58 % at 6 months."""
    assert 40 < effect(TERIPARATIDE, "ntx", 6, 69) < 75


def test_formation_on_romosozumab_is_transient_and_resorption_stays_low() -> None:
    """Phase 2 and the biopsies of FRAME (PMID 31233639): formation is back within the year."""
    rise = [effect(ROMOSOZUMAB, "p1np", month, 71) for month in (1, 6, 12)]
    assert rise[0] > 70
    assert rise[1] < rise[0] / 2
    assert abs(rise[2]) < 20
    assert all(-50 < effect(ROMOSOZUMAB, "ctx", month, 71) < -15 for month in (1, 6))


def test_resorption_on_romosozumab_stays_low_to_the_end() -> None:
    assert effect(ROMOSOZUMAB, "ctx", 12, 71) < -15


def test_denosumab_after_romosozumab_keeps_the_gain() -> None:
    """FRAME (10.1007/s00198-021-06174-0): spine +13.1 at 12, +16.6 % at 24 months."""
    then = f"{ROMOSOZUMAB} + denosumab 60 mg sc q6mo [m12-m24]"
    assert 13 < change(then, SPINE, 24, age=71) < 20
    assert change(ROMOSOZUMAB, SPINE, 24, age=71) < change(ROMOSOZUMAB, SPINE, 12, age=71) - 2


# ---- after stopping


def test_persistence_follows_affinity_and_dose() -> None:
    """A year after stopping: risedronate's markers are nearly back (10.1007/s00198-007-0460-7),
    alendronate's are not (10.1001/jama.296.24.2927), zoledronate's least (Grey)."""
    left = [
        effect(f"{dose} [y0-y3]", "ctx", 48) / effect(f"{dose} [y0-y3]", "ctx", 36)
        for dose in ("risedronate 35 mg po qw", "alendronate 70 mg po qw",
                     "zoledronate 5 mg iv q12mo")
    ]  # fmt: skip
    assert left == sorted(left)
    assert left[0] < 0.55
    assert left[1] > 0.6
    assert left[2] > 0.8


def test_two_years_off_ibandronate_turnover_is_still_low() -> None:
    """TRIO (10.1007/s00198-018-4460-6), 96 weeks off: markers up but below where they started."""
    assert effect(IBANDRONATE, "ctx", 46, 66) < -10


@pytest.mark.xfail(strict=True, reason="a known miss: -0.4 %")
def test_two_years_off_ibandronate_some_of_the_hip_is_lost() -> None:
    """TRIO, 96 weeks off oral bisphosphonates: hip -1.6 (to -1.9) %."""
    assert -1.9 < change(IBANDRONATE, HIP, 46, since=24, age=66) < -1.3


def test_off_romosozumab_the_gain_goes() -> None:
    """Back close to the start within a year or two (recalled); resorption overshoots."""
    lost = change(ROMOSOZUMAB, SPINE, 36, since=12, age=71)
    assert -9 < lost < -3
    assert effect(ROMOSOZUMAB, "ctx", 18, 71) > 10


TEN_YEARS = "alendronate 10 mg po qd [y0-y10]"


def lost_off_alendronate(site: str) -> float:
    """Change from five to ten years where it is stopped, less that where it goes on."""
    return change(ALENDRONATE, site, 120, since=60) - change(TEN_YEARS, site, 120, since=60)


def test_turnover_five_years_off_alendronate() -> None:
    """FLEX (10.1001/jama.296.24.2927): off against on after five years, CTX +56."""
    ctx = 100 * (course(ALENDRONATE)["ctx"][120] / course(TEN_YEARS)["ctx"][120] - 1)
    assert 35 < ctx < 75
    assert course(ALENDRONATE)["ctx"][120] < course("none")["ctx"][120]


def test_spine_five_years_off_alendronate() -> None:
    """FLEX: off against on after five years -3.7, within the spread between trials (1.0)."""
    assert -4.7 < lost_off_alendronate(SPINE) < -2.7


@pytest.mark.xfail(strict=True, reason="a known miss: -1.75 %")
def test_hip_five_years_off_alendronate() -> None:
    """FLEX: off against on after five years -2.4 (-2.9 to -1.8)."""
    assert -2.9 < lost_off_alendronate(HIP) < -1.8


YEAR_ON_TERIPARATIDE = "teriparatide 20 ug sc qd [m0-m12]"


def test_bone_is_lost_off_teriparatide() -> None:
    assert change(YEAR_ON_TERIPARATIDE, SPINE, 24, since=12, age=69) < 0
    assert change(YEAR_ON_TERIPARATIDE, SPINE, 48, since=24, age=69) < -1


@pytest.mark.xfail(strict=True, reason="a known miss: -0.7 %, since new bone takes up mineral")
def test_bone_is_lost_off_teriparatide_as_fast_as_in_trials() -> None:
    """EUROFORS (10.1359/jbmr.081215): a year on, a year off, spine -2.5 % in the second, within the
    spread between trials (1.0)."""
    assert -3.5 < change(YEAR_ON_TERIPARATIDE, SPINE, 24, since=12, age=69) < -1.5


def test_stopping_denosumab_rebounds() -> None:
    assert -10 < change(DENOSUMAB, SPINE, 48, since=36, age=66) < -3
    assert effect(DENOSUMAB, "ctx", 41, 66) > 20


def test_stopping_denosumab_loses_as_much_as_in_trials() -> None:
    assert change(DENOSUMAB, SPINE, 48, since=36, age=66) < -4


@pytest.mark.parametrize("month", [12, 24, 36, 60])
def test_denosumab_gains_more_than_tablets_on_an_inhibitor(month: int) -> None:
    """One calibration, not shipped, had it the other way (docs/decisions/0016)."""
    inhibitor = "letrozole 2.5 mg po qd [y0-y5]"
    denosumab = change(f"{inhibitor} + denosumab 60 mg sc q6mo [y0-y5]", SPINE, month, age=66)
    tablets = change(f"{inhibitor} + alendronate 70 mg po qw [y0-y5]", SPINE, month, age=66)
    assert denosumab > tablets + 0.5


# ---- sequences

FIVE_YEARS = "denosumab 60 mg sc q6mo [m0-m57]"  # last dose at month 54, wears off at 60


def after_denosumab(gap: int, months: int = 24) -> float:
    """Spine change from six months after the last denosumab, zoledronate `gap` months after it."""
    plan = f"{FIVE_YEARS} + zoledronate 5 mg iv once [m{54 + gap}]"
    return change(plan, SPINE, 60 + months, since=60, age=66)


def test_zoledronate_after_denosumab_keeps_most() -> None:
    """ZOLARMAB (10.1002/jbmr.4305), 4.6 years: no difference between gaps of 6 and 9 months, some
    lost though less than without, flat in the second year."""
    nothing = change(FIVE_YEARS, SPINE, 84, since=60, age=66)
    for gap in (6, 9):
        assert nothing + 3 < after_denosumab(gap) < 0
    assert abs(after_denosumab(6) - after_denosumab(9)) < 1.5
    assert abs(after_denosumab(6) - after_denosumab(6, 12)) < 1.0


@pytest.mark.xfail(strict=True, reason="a known miss: -0.5 %")
@pytest.mark.parametrize(("gap", "found"), [(6, -4.0), (9, -4.1)])
def test_zoledronate_after_denosumab_loses_as_much_as_in_trials(gap: int, found: float) -> None:
    """ZOLARMAB: within the spread between trials (1.0)."""
    assert found - 1 < after_denosumab(gap) < found + 1


def test_five_years_of_denosumab_are_lost_without_more() -> None:
    assert change(FIVE_YEARS, SPINE, 84, since=60, age=66) < -6


def test_zoledronate_too_early_meets_silent_bone() -> None:
    """At three months resorption is silenced, so less settles where it works."""
    assert after_denosumab(3) < after_denosumab(6)
    assert after_denosumab(0) < after_denosumab(6)


def test_short_denosumab_then_a_bisphosphonate_keeps_all() -> None:
    """DAPS (10.1210/clinem/dgz095): denosumab a year +5.4, then alendronate +0.5 % at the spine."""
    plan = "denosumab 60 mg sc q6mo [m0-m12] + alendronate 70 mg po qw [m12-m24]"
    assert 4 < change(plan, SPINE, 12, age=66) < 7
    assert -1.5 < change(plan, SPINE, 24, since=12, age=66) < 1.5


def test_denosumab_after_a_bisphosphonate_adds_more_than_zoledronate() -> None:
    """Miller 2016 (10.1210/jc.2016-1801): +3.2 against +1.1 % at the spine in 12 months."""
    before = "alendronate 70 mg po qw [m0-m60]"
    denosumab = change(f"{before} + denosumab 60 mg sc q6mo [m60-m72]", SPINE, 72, since=60)
    zoledronate = change(f"{before} + zoledronate 5 mg iv once [m60]", SPINE, 72, since=60)
    assert 1.5 < denosumab < 4.5
    assert 0 < zoledronate < denosumab


def test_denosumab_a_year_after_zoledronate_works_and_stops_softly() -> None:
    """Bisphosphonate in bone blunts the rebound (10.1210/jc.2016-1801 and case series)."""
    with_ = f"{ZOLEDRONATE} + denosumab 60 mg sc q6mo [m12-m36]"
    assert change(with_, SPINE, 36, since=12, age=66) > 2
    alone = change("denosumab 60 mg sc q6mo [m12-m36]", SPINE, 48, since=36, age=66)
    assert change(with_, SPINE, 48, since=36, age=66) > alone + 2
