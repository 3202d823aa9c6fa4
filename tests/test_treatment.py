"""Rule-based treatment: decisions at visits, chance by seed, and the whole through the CLI."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from osteoaxis import engine, guidance
from osteoaxis.cli import app
from osteoaxis.dosing import Dosing
from osteoaxis.errors import InputError
from osteoaxis.outcomes.person import People
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.decisions import Decided, Values, decide, uniforms
from osteoaxis.pharmacology.regimen import MAX_TEXT, Regimen
from osteoaxis.pharmacology.terms import Dose
from osteoaxis.simulation import Simulator, month_grid
from osteoaxis.treatment import run, run_all, simulate, was_given
from osteoaxis.units import DAYS_PER_MONTH as MONTH

YEARS = 365.25


def falling(doses: Sequence[Dose]) -> Callable[[float], Values]:
    """A T-score that falls by 0.5 a year, and rises by 0.5 a year from the first dose on."""
    start = min((d.time_day for d in doses if d.drug == "zoledronate"), default=np.inf)

    def measured(day: float) -> Values:
        before, after = min(day, start), max(day - start, 0.0)
        return {"t_score": -1.0 - 0.5 * before / YEARS + 0.5 * after / YEARS, "fracture": False}

    return measured


def decided(plan: Regimen, until_day: float, **chance: Any) -> Decided:
    """What `decide` makes of a person whose T-score is `falling`."""
    deciding = decide(plan, until_day, **chance)
    asked = [next(deciding)]
    try:
        while True:
            asked.append(deciding.send(falling(asked[-1])))
    except StopIteration as end:
        found: Decided = end.value
    assert found[0] == asked[-1]
    return found


def plan(rules: str, every: str = "q12mo") -> Regimen:
    return Regimen.parse(f"zoledronate 5 mg iv {every} [{rules}]")


def test_starts_at_the_first_visit_at_which_the_condition_holds() -> None:
    doses, decisions = decided(plan("start when t_score < -2.0"), 5 * YEARS)
    # -2.0 exactly at two years does not meet it; the next visit is a year later
    assert [d.time_day for d in doses] == [3 * YEARS, 4 * YEARS]
    assert str(decisions[0]) == ("month 36: zoledronate started: t_score < -2.0 (t_score -2.5)")


def test_a_visit_counts_what_was_given_before_it() -> None:
    both = Regimen.parse(
        "denosumab 60 mg sc q6mo [max 4 doses] + zoledronate 5 mg iv once"
        " [start when denosumab_doses >= 4 and denosumab_days >= 180; checked q1mo]"
    )
    doses, _ = decided(both, 5 * YEARS)
    given = [d.time_day / MONTH for d in doses if d.drug == "zoledronate"]
    assert given == pytest.approx([24.0])
    assert len(doses) == 5


def test_stops_and_does_not_start_again() -> None:
    stopping = plan("start when t_score < -1.4; stop when t_score > -1.1; checked q6mo", "q6mo")
    doses, decisions = decided(stopping, 6 * YEARS)
    assert [d.action for d in decisions] == ["started", "stopped"]
    stopped = decisions[1].day
    assert max(d.time_day for d in doses) < stopped < 6 * YEARS


def test_does_not_start_where_it_would_stop_at_once() -> None:
    doses, decisions = decided(plan("start when t_score < 0; stop when t_score < 0"), 900.0)
    assert not doses
    assert not decisions


def test_unknown_quantity_is_refused_with_near_matches() -> None:
    with pytest.raises(InputError, match="Did you mean 't_score'"):
        decided(plan("start when t_scor < -2"), YEARS)


@given(st.integers(0, 2**32), st.text(max_size=20), st.floats(0, 1))
def test_chance_is_the_same_alone_and_in_company(seed: int, patient: str, taken: float) -> None:
    rules = f"taken {100 * taken:.3f} %; dropout 30 %/y"
    alone = Regimen.parse(f"alendronate 70 mg po qw [{rules}]")
    company = Regimen.parse(f"letrozole 2.5 mg po qd + calcium 500 mg po qd [taken 50 %] + {alone}")
    one, _ = decided(alone, 700.0, seed=seed, patient=patient)
    two, _ = decided(company, 700.0, seed=seed, patient=patient)
    assert list(one) == [d for d in two if d.drug == "alendronate"]


def test_share_taken_is_binomial() -> None:
    doses, _ = decided(Regimen.parse("alendronate 70 mg po qw [taken 80 %]"), 7 * 2000.0)
    assert abs(len(doses) - 1600) < 4 * np.sqrt(2000 * 0.8 * 0.2)
    none, _ = decided(Regimen.parse("alendronate 70 mg po qw [taken 0 %]"), 7000.0)
    assert not none


def test_dropout_is_exponential() -> None:
    ends = []
    for k in range(400):
        weekly = Regimen.parse("alendronate 70 mg po qw [dropout 50 %/y]")
        doses, _ = decided(weekly, 60 * YEARS, patient=str(k))
        ends.append(doses[-1].time_day / YEARS)
    assert np.mean(ends) == pytest.approx(2.0, abs=4 * 2.0 / 20)


def test_a_stop_comes_before_giving_up() -> None:
    """What a rule stopped is neither given on nor given up later."""
    rules = "stop when t_score < 0; dropout 10 %/y"
    doses, decisions = decided(plan(rules), 40 * YEARS)
    assert not doses
    assert [d.action for d in decisions] == ["stopped"]
    rules = "start when t_score < -1.2; stop when t_score > -1.1; checked q1mo; dropout 1 %/y"
    doses, decisions = decided(plan(rules, "q1mo"), 40 * YEARS)
    assert [d.action for d in decisions] == ["started", "stopped"]
    assert doses[-1].time_day < decisions[1].day


def test_streams_differ_by_patient_purpose_and_seed() -> None:
    first = uniforms(1, "a", "x", 5)
    for other in (uniforms(2, "a", "x", 5), uniforms(1, "b", "x", 5), uniforms(1, "a", "y", 5)):
        assert not np.any(first == other)
    assert np.all(uniforms(1, "a", "x", 9)[:5] == first)


FRAIL = Patient(age=82, menopause_age=48, t_scores={"lumbar_spine": -3.5, "total_hip": -3.2},
                history={"vertebral_fracture": True, "years_since_fracture": 0.5})  # fmt: skip


def test_a_fracture_starts_treatment_by_chance_and_seed() -> None:
    plan = "zoledronate 5 mg iv q12mo [start when fracture; checked q6mo]"
    starts = {}
    for seed in range(6):
        found = simulate(FRAIL, plan, 5, seed=seed)
        again = simulate(FRAIL, plan, 5, seed=seed)
        assert found.attrs["decisions"] == again.attrs["decisions"]
        starts[seed] = tuple(found.attrs["decisions"])
        if starts[seed]:
            assert "fracture" in starts[seed][0]
    assert len(set(starts.values())) > 1


def test_rules_that_never_fire_change_nothing(ready: Simulator) -> None:
    cohort, months = ready.start(Patient(age=62, menopause_age=50)), np.arange(0.0, 37.0)
    text = "letrozole 2.5 mg po qd + zoledronate 4 mg iv q6mo [start when egfr < 5; checked q3mo]"
    ruled = run(ready, cohort, Regimen.parse(text), months)
    plain = run(ready, cohort, Regimen.parse("letrozole 2.5 mg po qd"), months)
    np.testing.assert_array_equal(ruled["time"], plain["time"])
    np.testing.assert_allclose(ruled["total_hip_bmd"], plain["total_hip_bmd"], rtol=1e-4)


def test_a_ruled_plan_equals_the_doses_it_leads_to() -> None:
    person = Patient(age=62, menopause_age=50, t_scores={"lumbar_spine": -1.8})
    ruled = simulate(
        person,
        "letrozole 2.5 mg po qd + zoledronate 4 mg iv q6mo [start when lumbar_spine_t_score < -2]",
        3,
    )
    assert "zoledronate 4 mg iv q6mo [m12-m36]" in ruled.attrs["given"]
    (decision,) = ruled.attrs["decisions"]
    assert decision.startswith("month 12: zoledronate started")
    given = simulate(person, ruled.attrs["given"], 3)
    np.testing.assert_allclose(ruled["lumbar_spine_bmd"], given["lumbar_spine_bmd"], rtol=1e-4)


WOMEN = [
    Patient(f"woman {k}", age=58 + 2 * k, menopause_age=50, t_scores={"lumbar_spine": -1.6 - k / 8})
    for k in range(7)
]
RULED = [
    "letrozole 2.5 mg po qd + zoledronate 4 mg iv q6mo [start when lumbar_spine_t_score < -2; "
    "stop when ctx < 0.1; checked q6mo]",
    "denosumab 60 mg sc q6mo [taken 70 %; dropout 30 %/y] + zoledronate 5 mg iv q12mo "
    "[start when fracture or joint_pain_score > 1; checked q3mo]",
]


@pytest.mark.parametrize("text", RULED)
@pytest.mark.parametrize("dosing", ["average", "events"])
def test_people_together_are_treated_as_each_alone(
    ready: Simulator, text: str, dosing: Dosing
) -> None:
    """Decisions and values, bit for bit, whoever else is there."""
    cohort, months = ready.start_all(WOMEN), np.arange(0.0, 37.0, 4.0)
    ruled, names = Regimen.parse(text), ("lumbar_spine_bmd", "ctx", "arthralgia_probability")
    together = run_all(ready, cohort, ruled, months, names, seed=4, dosing=dosing)
    assert len(set(map(str, together.decisions))) > 2
    assert not together.status.any()
    for k in range(len(WOMEN)):
        alone = run(ready, cohort.only([k]), ruled, months, seed=4, dosing=dosing)
        assert [str(each) for each in together.decisions[k]] == alone.attrs["decisions"]
        for column, name in enumerate(names):
            np.testing.assert_array_equal(together.values[k, :, column], alone[name].values)
    some = run_all(ready, cohort.only([5, 2]), ruled, months, names, seed=4, dosing=dosing)
    np.testing.assert_array_equal(some.values, together.values[[5, 2]])


def test_outcomes_of_many_are_those_of_each(ready: Simulator) -> None:
    cohort, months = ready.start_all(WOMEN), np.arange(0.0, 25.0, 3.0)
    regimen = Regimen.parse("letrozole 2.5 mg po qd")
    solved = engine.solve_many(ready.problem(cohort, regimen, months, dosing="average"))
    together = ready.dataset(People.of(WOMEN), solved, slice(None), months)
    for k, woman in enumerate(WOMEN):
        alone = ready.dataset(woman, solved, k, months)
        assert set(alone) == set(together)
        for name in alone:
            np.testing.assert_array_equal(together[name][k], alone[name], err_msg=str(name))
    with pytest.raises(ValueError, match="different sex"):
        People.of([WOMEN[0], Patient(sex="male")])


def test_the_cli_says_what_was_decided() -> None:
    done = CliRunner().invoke(app, ["run", "delayed-zoledronate", "--json"])
    assert done.exit_code == 0, done.output
    treatment = json.loads(done.stdout)["treatment"]
    assert treatment["letrozole"]["decisions"] == []
    (decision,) = treatment["delayed"]["decisions"]
    assert "zoledronate started" in decision
    assert "m0" not in treatment["delayed"]["given"].split("zoledronate")[1]


def test_a_long_course_with_missed_doses_is_given_and_judged(ready: Simulator) -> None:
    """What was given then lists thousands of doses, more text than a regimen may be typed in."""
    person = Patient.load("postmenopausal-breast-cancer")
    plan = Regimen.parse("letrozole 2.5 mg po qd [taken 70 %]")
    data = run(ready, ready.start(person), plan, month_grid(10.0), dosing="average")
    assert len(data.attrs["given"]) > MAX_TEXT
    assert str(was_given(data)) == data.attrs["given"]
    guidance.findings(person, data, ready.drugs)
