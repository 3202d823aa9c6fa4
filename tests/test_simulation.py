"""The simulator as a whole: derivatives through the start and the doses."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

import osteoaxis
from osteoaxis import engine, intervals, scenario, treatment
from osteoaxis.errors import InputError
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.simulation import Cohort, month_grid, simulator
from osteoaxis.units import DAYS_PER_MONTH
from osteoaxis.verification import OFFSET

RECORD = ("lumbar_spine_bmd", "ctx", "estradiol")


@pytest.mark.parametrize(
    "name", ["k_rankl", "anastrozole.CL", "anastrozole.F_po", "estradiol_peripheral"]
)
def test_derivatives_against_central_differences(name: str) -> None:
    """Of whole lives, from the steady state of the young adult, at rtol 1e-10."""
    ready = simulator()
    woman = ready.start(Patient.load("healthy-postmenopausal"))
    plan, months = Regimen.parse("anastrozole 1 mg po qd [m0-m12]"), month_grid(2)
    values, (slopes,) = ready.sensitivities(
        woman, plan, months, [name], record=RECORD, rtol=1e-6, atol=1e-7
    )
    column = ready.column[ready.model.find_parameter(name)]
    step = 1e-3 * woman.parameters[0, column]
    found = []
    for k in (2, 1, -1, -2):
        changed = woman.parameters.copy()
        changed[0, column] += k * step
        state, _ = engine.steady_states(ready.compiled, changed, woman.state, woman.day)
        each = Cohort(woman.patients, changed, woman.day, state, (None,))
        task = ready.problem(each, plan, months, record=RECORD, rtol=1e-10, atol=1e-11)
        found.append(task.run().values[0])
    exact = (-found[0] + 8 * found[1] - 8 * found[2] + found[3]) / (12 * step)
    scale = np.abs(exact).max(axis=0) + 1e-6 * np.abs(values).max(axis=0) / abs(step)
    assert (np.abs(slopes - exact) / scale).max() < 1e-3


def test_default_tolerances_keep_the_pituitary_on_weekly_injections() -> None:
    """At twice these tolerances FSH was 1.3e-4 of its size off: feedback bends within an hour."""
    ready = simulator()
    plan = scenario.load("testosterone-anastrozole")
    regimen, man = Regimen.parse(plan.arms[plan.name]), ready.start(plan.patient)
    days = np.floor(np.arange(1, 37) * DAYS_PER_MONTH) - 1 + OFFSET
    solve = partial(ready.problem, man, regimen, days / DAYS_PER_MONTH, record=("fsh", "lh"))
    ours, exact = solve().run().values[0], solve(rtol=1e-10, atol=1e-11).run().values[0]
    assert (np.abs(ours - exact) / np.abs(exact).max(axis=0)).max() < 1e-4


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"years": "2"}, "years: must be a number in years, not '2'"),
        ({"years": 0}, "years: must be above 0"),
        ({"regimen": None}, "regimen: must be a text, not None"),
        ({"regimen": ["anastrozole 1 mg po qd"]}, "regimen: must be a text"),
        ({"drugs_folder": "no-such-folder"}, "'no-such-folder' does not exist"),
    ],
)
def test_wrong_arguments_of_simulate_are_refused_by_name(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        osteoaxis.simulate(**given)


def test_osteoclasts_never_fall_below_none_where_denosumab_meets_high_estradiol() -> None:
    """Cytokines below the young adult's took more drive away than there was, and the run failed."""
    ready = simulator()
    man = Patient(sex="male", age=70, baseline={"testosterone": 250.0})
    plan = Regimen.parse("denosumab 60 mg sc q6mo + testosterone_gel 100 mg td qd [m3-m20]")
    data = ready.run(ready.start(man), plan, month_grid(3), dosing="average")
    assert data.attrs["status"] == 0
    assert (data["osteoclasts"].values > 0).all()
    assert (data["ctx"].values > 0).all()


@pytest.mark.parametrize("regimen", ["none", "letrozole 2.5 mg po qd [m-36-m24]"])
def test_t_scores_typed_in_are_those_of_time_zero(regimen: str) -> None:
    """Also after medicines taken before: with and without rules, one by one and with intervals."""
    scores = {"lumbar_spine": -2.1, "total_hip": -1.8}
    her = Patient(age=67, menopause_age=50, t_scores=scores)
    ready, plan = simulator(), Regimen.parse(regimen)
    letrozole = "letrozole 2.5 mg po qd [m-36-m24]"
    ruled = Regimen.parse(f"{letrozole} + zoledronate 4 mg iv once [m3; start when ctx > 0.1]")
    months = np.array([0.0, 12.0])
    found = [
        ready.run(ready.start(her), plan, months),
        treatment.run(ready, ready.start(her), ruled, months),
        *intervals.runs(ready, her, plan, months, count=3),
    ]
    for data in found:
        for site, score in scores.items():
            assert float(data[f"{site}_t_score"][0]) == pytest.approx(score, abs=1e-3)


def test_the_simulator_takes_a_regimen_as_text() -> None:
    ready = simulator()
    start, months = ready.start(Patient(menopause_age=50)), month_grid(1)
    text = "letrozole 2.5 mg po qd"
    one, two = (ready.run(start, plan, months) for plan in (text, Regimen.parse(text)))
    assert one.identical(two)
    with pytest.raises(InputError, match="regimen: must be a text, not 3"):
        ready.run(start, 3, months)  # type: ignore[arg-type]


@pytest.mark.parametrize("testosterone", [350.0, 980.0])
def test_levels_that_hold_each_other_are_met(testosterone: float) -> None:
    """Testosterone makes estradiol and both set LH and SHBG: matching takes many rounds."""
    wanted = {"testosterone": testosterone, "estradiol": 20.0, "lh": 4.0, "shbg": 25.0}
    ready = simulator()
    found = ready.run(
        ready.start(Patient(sex="male", age=48.0, baseline=wanted)), "none", np.array([0.0, 1.0])
    )
    for name, level in wanted.items():
        assert float(found[name].values.ravel()[0]) == pytest.approx(level, rel=3e-4)
