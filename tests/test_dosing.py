"""Doses as the engine gets them, and how far a steady input is from the pills it replaces."""

from __future__ import annotations

import numpy as np
import pytest

from osteoaxis import engine, simulate
from osteoaxis.dosing import Dosing, average, read_at, rhythm
from osteoaxis.errors import InputError
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.pharmacology.terms import Dose
from osteoaxis.simulation import Cohort, Simulator, month_grid, simulator
from osteoaxis.treatment import run_all
from osteoaxis.units import DAYS_PER_MONTH

OUTCOMES = (
    "lumbar_spine_bmd", "total_hip_bmd", "femoral_neck_bmd", "ctx", "ntx", "p1np", "bsap",
    "joint_pain",
)  # fmt: skip


@pytest.fixture(scope="module")
def ready() -> Simulator:
    return simulator()


@pytest.fixture(scope="module")
def woman(ready: Simulator) -> Cohort:
    return ready.start(Patient.load("postmenopausal-breast-cancer"))


def test_runs_of_pills_become_one_input() -> None:
    pills = Regimen.parse(
        "anastrozole 1 mg po qd [d0-d10] + anastrozole 1 mg po qd [d20-d24]"
    ).doses(100.0)
    first, second = average(pills)
    assert (first.time_day, first.duration_day, first.amount, first.count) == (0, 10, 1, 10)
    assert (second.time_day, second.duration_day, second.amount, second.count) == (20, 4, 1, 4)


@pytest.mark.parametrize(
    "regimen",
    ["anastrozole 1 mg po q2d [d0-d60]", "zoledronate 4 mg iv q6mo", "anastrozole 1 mg po once"],
)
def test_what_is_not_swallowed_daily_stays(regimen: str) -> None:
    doses = Regimen.parse(regimen).doses(60.0)
    assert average(doses) == doses


def test_the_amount_is_the_same(ready: Simulator, woman: Cohort) -> None:
    doses = Regimen.parse("letrozole 2.5 mg po qd [d0-d30]").doses(400.0)
    given = ready.doses(doses).events(woman.parameters[0])
    steady = ready.doses(doses, "average").events(woman.parameters[0])
    pace, end = steady.value
    assert pace == -end
    assert pace * (steady.time[1] - steady.time[0]) == pytest.approx(given.value.sum())


def absorbed(ready: Simulator, woman: Cohort, regimen: str, dosing: Dosing) -> float:
    """Micrograms of testosterone that ten days of a regimen bring in."""
    events = ready.doses(Regimen.parse(f"{regimen} [d0-d10]").doses(20.0), dosing)
    found = events.events(woman.parameters[0])
    return float(-(found.time * found.value).sum())  # paces start and end


@pytest.mark.parametrize("dosing", ["events", "average"])
def test_more_gel_at_once_gives_less_for_each_gram(
    ready: Simulator, woman: Cohort, dosing: Dosing
) -> None:
    parameters = ready.model.parameters
    half = parameters["testosterone_gel.half_dose_td"].value
    share = parameters["testosterone_gel.F_td"].value
    once = absorbed(ready, woman, f"testosterone_gel {half} mg td qd", dosing)
    assert once == pytest.approx(10 * 1e3 * half * share / 2)
    in_two = absorbed(ready, woman, f"testosterone_gel {half / 2} mg td bid", dosing)
    assert in_two == pytest.approx(once * 2 / 1.5)


def worst(ready: Simulator, woman: Cohort, regimen: str) -> float:
    """Largest difference over five years between pills and steady input, in percent."""
    plan, months = Regimen.parse(regimen), month_grid(5)
    pills, steady = (
        ready.problem(woman, plan, months, record=OUTCOMES, dosing=dosing).run().values[0]
        for dosing in ("events", "average")
    )
    return float((np.abs(steady - pills).max(axis=0) / np.abs(pills).max(axis=0)).max() * 100)


@pytest.mark.parametrize(
    "drug",
    [
        pytest.param(
            "anastrozole 1 mg",
            marks=pytest.mark.xfail(strict=True, reason="a known miss since calibration: 0.213"),
        ),
        "letrozole 2.5 mg",
    ],
)
def test_reversible_inhibitors_may_be_averaged(ready: Simulator, woman: Cohort, drug: str) -> None:
    assert worst(ready, woman, f"{drug} po qd") < 0.2


def test_exemestane_may_not_so_pills_stay_the_default(ready: Simulator, woman: Cohort) -> None:
    """It inactivates the enzyme while it is there, so that its peaks matter."""
    assert 0.2 < worst(ready, woman, "exemestane 25 mg po qd") < 5


def test_the_run_says_which_was_used() -> None:
    regimen = "anastrozole 1 mg po qd"
    assert simulate(regimen=regimen, years=1).attrs["dosing"] == "events"
    assert simulate(regimen=regimen, years=1, dosing="average").attrs["dosing"] == "average"
    with pytest.raises(InputError, match="dosing: 'mean' given"):
        simulate(regimen=regimen, years=1, dosing="mean")  # type: ignore[arg-type]


def test_patients_who_absorb_alike_share_a_schedule(ready: Simulator, woman: Cohort) -> None:
    doses = ready.doses(Regimen.parse("anastrozole 1 mg po qd [d0-d9]").doses(10.0))
    parameters = np.tile(woman.parameters, (4, 1))
    parameters[2, ready.column["anastrozole.F_po"]] *= 0.5
    schedules, which = doses.schedules(parameters)
    assert len(schedules) == 2
    assert len(set(which[[0, 1, 3]])) == 1
    half = schedules[which[2]]
    np.testing.assert_allclose(half.value, 0.5 * schedules[which[0]].value)


def test_an_infusion_lasts_as_long_as_planned(ready: Simulator, woman: Cohort) -> None:
    events = ready.doses([Dose(3.0, "zoledronate", 4, "mg", "iv", 0.5)]).events(woman.parameters[0])
    assert events.kind.tolist() == [engine.RATE, engine.RATE]
    assert events.time.tolist() == [3.0, 3.5]


def test_a_cohort_equals_its_members(ready: Simulator) -> None:
    names = ["postmenopausal-breast-cancer", "older-man", "premenopausal-ovarian-suppression"]
    patients = [Patient.load(name) for name in names]
    patients.append(Patient("unmet", parameters={"rankl.k_rankl": -4.0}, age=75))
    cohort = ready.start_all(patients)
    assert [problem is None for problem in cohort.problems] == [True, True, True, False]
    assert "unmet" in str(cohort.problems[3])
    months = month_grid(1)
    together = engine.solve_many(ready.problem(cohort, Regimen.parse("none"), months))
    for k, patient in enumerate(patients[:3]):
        alone = ready.start(patient)
        np.testing.assert_array_equal(alone.parameters[0], cohort.parameters[k])
        found = ready.problem(alone, Regimen.parse("none"), months).run()
        np.testing.assert_array_equal(found.values[0], together.values[k])


@pytest.mark.parametrize(
    ("person", "regimen"),
    [
        (
            "man-on-testosterone",
            "testosterone_cypionate 100 mg im q7d + anastrozole 0.5 mg po 2x/wk",
        ),
        ("postmenopausal-breast-cancer", "letrozole 2.5 mg po qd + alendronate 70 mg po qw"),
    ],
)
def test_weekly_doses_as_a_steady_input_leave_density_as_it_is(
    ready: Simulator, person: str, regimen: str
) -> None:
    start, months = ready.start(Patient.load(person)), month_grid(5)
    plan = Regimen.parse(regimen)
    given, steady = (
        ready.run(start, plan, months, dosing=dosing)["lumbar_spine_bmd"].values
        for dosing in ("events", "weekly")
    )
    assert steady == pytest.approx(given, rel=1e-3)


def test_daily_injections_stay_as_they_are() -> None:
    doses = Regimen.parse("teriparatide 20 ug sc qd [d0-d30]").doses(30.0)
    assert average(doses, "weekly") == doses


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("none", None), ("letrozole 2.5 mg po qd", None), ("zoledronate 4 mg iv q6mo", None),
        ("alendronate 70 mg po qw", 7.0), ("anastrozole 1 mg po 3x/wk", 7.0),
        ("testosterone_cypionate 200 mg im q2w + anastrozole 1 mg po qw", 14.0),
    ],
)  # fmt: skip
def test_months_are_read_at_one_phase_between_weekly_doses(text: str, days: float | None) -> None:
    plans = [Regimen.parse(text)]
    months = np.array([0.0, 0.1, 3.0, 6.0, 12.0, 24.0])
    assert rhythm(plans) == days
    read = read_at(plans, months)
    np.testing.assert_array_equal(read[:2], months[:2])  # closer than a week: the swing is wanted
    np.testing.assert_array_equal(read_at(plans, read), read)
    if days is None:
        np.testing.assert_array_equal(read, months)
    else:
        weeks = read[2:] * DAYS_PER_MONTH / days
        assert weeks == pytest.approx(np.round(weeks))
        assert ((months - read) * DAYS_PER_MONTH < days).all()


@pytest.mark.parametrize("often", ["100 mg im qw", "200 mg im q2w"])
def test_injections_leave_no_drift_in_hormones(ready: Simulator, often: str) -> None:
    """Levels at months 6, 12 and 24 of steady injections are those of a steady state."""
    plan, man = Regimen.parse(f"testosterone_enanthate {often}"), Patient("m", sex="male", age=50)
    months = np.array([0.0, 6.0, 12.0, 24.0])
    many = run_all(ready, ready.start_all([man]), plan, months, ["testosterone"])
    alone = simulate(man, plan, 2.0, step_months=6.0)
    np.testing.assert_array_equal(alone["time"], [0, 6, 12, 18, 24])
    for seen in (many.values[0, :, 0], alone["testosterone"].sel(time=months).values):
        assert seen[1:] == pytest.approx(np.full(3, seen[3]), rel=0.02)
