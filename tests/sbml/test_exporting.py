"""Exported scenarios are valid SBML, units and all, and mean the same to another simulator."""

from __future__ import annotations

import re
from pathlib import Path

import libsbml
import numpy as np
import pytest

from osteoaxis import scenario
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.sbml.exporting import document, identifier
from osteoaxis.sbml.formula import Term
from osteoaxis.sbml.importing import loads
from osteoaxis.sbml.running import simulate
from osteoaxis.sbml.scenarios import course, documents
from osteoaxis.simulation import simulator
from osteoaxis.units import DAYS_PER_MONTH, unit


def problems(text: str) -> list[str]:
    """Every error and warning of libSBML, units, SBO terms and good practice included."""
    read = libsbml.readSBMLFromString(text)
    for category in (
        libsbml.LIBSBML_CAT_UNITS_CONSISTENCY,
        libsbml.LIBSBML_CAT_MODELING_PRACTICE,
        libsbml.LIBSBML_CAT_SBO_CONSISTENCY,
    ):
        read.setConsistencyChecks(category, True)
    read.checkConsistency()
    return [read.getError(k).getMessage() for k in range(read.getNumErrors())]


@pytest.mark.parametrize("name", scenario.scenarios())
def test_every_arm_of_every_scenario_is_valid(name: str) -> None:
    plan = scenario.load(name)
    found = dict(documents(plan))
    assert list(found) == [f"{name}-{arm}" for arm in plan.arms]
    for text in found.values():
        assert problems(text) == []


def test_the_check_sees_a_unit_that_is_wrong() -> None:
    (text, *_) = dict(documents(scenario.load("menopause"))).values()
    wrong = text.replace('name="free RANKL in marrow" value', 'name="x" units="mole" value', 1)
    wrong = text.replace('units="unit_pmol_per_l"', 'units="mole"')
    assert wrong != text
    assert problems(wrong)


REGIMENS = [
    "anastrozole 1 mg po qd [m0-m12]",
    "denosumab 60 mg sc q6mo [m0-m12]",
    "zoledronate 4 mg iv q6mo + exemestane 25 mg po qd [m2-m8]",
    "anastrozole 1 mg po qd [m-3-m6] + zoledronate 4 mg iv over 1 d once [d-0.5]",
]


@pytest.mark.parametrize("regimen", REGIMENS)
def test_libroadrunner_computes_the_same(regimen: str) -> None:
    roadrunner = pytest.importorskip("roadrunner")
    ready = simulator()
    cohort = ready.start(Patient.load("postmenopausal-breast-cancer"))
    plan = Regimen.parse(regimen)
    text = document(ready.model, course(ready, cohort, plan, 1.0, "test"))
    assert problems(text) == []
    days = np.arange(1, 13) * 30.25 + 0.3  # away from doses
    other = roadrunner.RoadRunner(text)
    other.integrator.relative_tolerance = 1e-10
    other.integrator.maximum_num_steps = 10**6
    for name, state in ready.model.states.items():
        other.integrator.setIndividualTolerance(name, 1e-12 * state.typical)
    names = list(ready.model.states)
    other.timeCourseSelections = ["time", *names]
    theirs = np.array(other.simulate(times=[0.0, *days]))[1:, 1:]
    task = ready.problem(cohort, plan, days / DAYS_PER_MONTH, rtol=1e-10, atol=1e-11)
    solved = task.run()
    ours = solved.values[0][:, [solved.quantities.index(name) for name in names]]
    scale = np.maximum(np.abs(ours).max(axis=0), [s.typical for s in ready.model.states.values()])
    assert (np.abs(ours - theirs) / scale).max() < 1e-7


def test_our_import_computes_the_same() -> None:
    ready = simulator()
    cohort = ready.start(Patient.load("postmenopausal-breast-cancer"))
    plan = Regimen.parse("zoledronate 4 mg iv q6mo + exemestane 25 mg po qd [m2-m8]")
    days = np.arange(1, 13) * 30.25 + 0.3  # away from doses
    found = simulate(loads(document(ready.model, course(ready, cohort, plan, 1.0, "test"))), days)
    names = list(ready.model.states)
    solved = ready.problem(cohort, plan, days / DAYS_PER_MONTH, rtol=1e-10, atol=1e-11).run()
    ours = solved.values[0][:, [solved.quantities.index(name) for name in names]]
    back = np.array([found[identifier(name)] for name in names]).T
    scale = np.maximum(np.abs(ours).max(axis=0), [s.typical for s in ready.model.states.values()])
    assert (np.abs(ours - back) / scale).max() < 1e-7


def test_daily_doses_are_one_clock() -> None:
    found = dict(documents(scenario.load("anastrozole-woman")))
    model = libsbml.readSBMLFromString(found["anastrozole-woman-anastrozole"]).getModel()
    assert model.getNumEvents() == 1


def test_terms_carry_units_through_conversions() -> None:
    def name(measure: object) -> str:
        return f"[{measure:~C}]"

    level = Term("x", unit("ug/L"), name)
    assert level.to("ng/mL").text == "x"
    assert re.fullmatch(r"\((100.0|99.9+) \[l\*ng/dl/µg\] \* x\)", level.to("ng/dL").text)
    share = 1 - level / Term("half", unit("ng/mL"), name)
    assert share.text == "(1.0 [] - (x / half))"
    assert str((2 * level**2).measure) == str(unit("ug/L") ** 2)


def test_files_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from osteoaxis.cli import app

    with pytest.raises(SystemExit) as done:
        app(["export", "sbml", "menopause", "-o", str(tmp_path / "out")])
    assert done.value.code in (0, None)
    files = sorted((tmp_path / "out").glob("*.xml"))
    told = capsys.readouterr()
    assert [str(f) for f in files] == sorted(told.out.split())
    assert "absolute tolerance for each state" in told.err
    assert files
