"""The 43 states of Peterson & Riggs against runs of OpenBoneMin, which shares no code with ours."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from osteoaxis.errors import InputError
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.process import Param
from osteoaxis.published import load
from osteoaxis.published.model import simulate

DATA = Path(__file__).parent.parent / "data" / "published" / "peterson_riggs"
MODEL = load("peterson-riggs")
SCENARIOS = {
    "baseline_10y": "untreated",
    "teri_20ug_daily_24wk": "teriparatide-20-ug",
    "teri_40ug_daily_24wk": "teriparatide-40-ug",
    "denos_single_10mg": "denosumab-10-mg-once",
    "denos_single_60mg": "denosumab-60-mg-once",
    "denos_60mg_q6m_x4_48m": "denosumab-60-mg-stopped",
    "menopause_ESTON_10y": "menopause",
    "menopause_ESTON_20y": "menopause",
    "renal_GFRdelta50_tau10_10y": "kidney-50",
    "renal_GFRdelta80_tau10_10y": "kidney-80",
}
TOLERANCE = 1e-6
# Declared by the source and used nowhere in its equations.
UNUSED = {
    "T43", "T45", "T84", "IPTHint", "IPTHinf", "LsurvOCCgam", "TERIVD", "ETHN", "BMI", "obGAM",
}  # fmt: skip


def by_short_name(declared):
    """Return names and declarations by the short name of the source, which ends each meaning."""
    return {
        item.meaning.rpartition(", ")[2]: (name, item)
        for name, item in declared.items()
        if ", " in item.meaning
    }


QUANTITIES = by_short_name(MODEL.model.quantities)


def reference(name: str) -> dict[str, np.ndarray]:
    with (DATA / f"{name}.csv").open(encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    return dict(zip(header, np.array(rows, dtype=float).T, strict=True))


def values(name: str) -> dict[str, float]:
    with (DATA / f"{name}.csv").open(encoding="utf-8") as file:
        _, *rows = csv.reader(file)
    return {key: float(value) for key, value in rows}


def test_every_state_begins_where_the_source_begins() -> None:
    assert len(MODEL.model.states) == 43
    begin = values("baseline_values")
    for short, (name, _) in by_short_name(MODEL.model.states).items():
        assert MODEL.initial[name] == pytest.approx(begin.pop(short), rel=1e-9), short


def test_every_parameter_has_the_value_of_the_source() -> None:
    ours: dict[str, tuple[str, Param]] = by_short_name(MODEL.model.parameters)
    theirs = values("parameter_values")
    theirs["GFRtau"] *= 8766  # years there, hours here
    assert set(theirs) - set(ours) == UNUSED
    for short in set(theirs) - UNUSED:
        assert ours[short][1].value == pytest.approx(theirs[short], rel=1e-9), short


@pytest.mark.parametrize("name", SCENARIOS)
def test_it_follows_the_reference(name: str) -> None:
    """Relative to each value, or to 1e-9 of the peak where a drug has vanished."""
    expected, plan = reference(name), MODEL.scenario(SCENARIOS[name])
    days = expected.pop("time_h") / 24
    found = simulate(MODEL, plan, days, rtol=1e-9, atol=1e-11)
    for dose in plan.doses:  # at the time of a dose we record before it, the reference after it
        if dose.day > 0:
            found[dose.state].values[np.isclose(days, dose.day)] += dose.value
    for short, values in expected.items():
        ours = found[QUANTITIES[short][0]].values
        nothing = 1e-9 * np.abs(values).max()
        np.testing.assert_allclose(ours, values, rtol=TOLERANCE, atol=nothing, err_msg=short)


def test_a_woman_of_ours_lives_through_her_menopause_first() -> None:
    woman = Patient.load("healthy-postmenopausal")
    plan = MODEL.express(woman, Regimen.parse("denosumab 60 mg sc q6mo [y0-y1]"), 1.0)
    assert woman.menopause_age is not None
    assert plan.start_day == pytest.approx(365.25 * (woman.menopause_age - 10 - woman.age))
    assert [dose.value for dose in plan.doses] == pytest.approx([60 * 0.729e6] * 2)
    assert {dose.state for dose in plan.doses} == {"denosumab_depot"}
    lived = simulate(MODEL, plan, [0.0, 180.0])
    np.testing.assert_array_equal(lived["lumbar_spine_bmd"], lived["lumbar_spine_bmd_denosumab"])
    at_menopause = reference("menopause_ESTON_10y")["EST"][-1]
    assert 0.1 < lived["estrogen"][0] < at_menopause
    assert lived["ctx"][0] > 150
    assert lived["ctx"][1] < 0.2 * lived["ctx"][0]


def test_teriparatide_enters_as_pmol() -> None:
    woman = Patient.load("healthy-postmenopausal")
    plan = MODEL.express(woman, Regimen.parse("teriparatide 20 ug sc qd [d0-d1]"), 1.0)
    assert plan.doses[0].value == pytest.approx(4856.96, abs=0.005)


def test_a_patient_it_cannot_describe_is_refused() -> None:
    with pytest.raises(InputError, match="no men"):
        MODEL.express(Patient.load("older-man"), Regimen.parse("none"), 1.0)
