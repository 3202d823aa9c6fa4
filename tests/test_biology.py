"""Laws every process must keep; a new process is tested because it exists."""

from __future__ import annotations

import numpy as np
import pytest

from osteoaxis.assembly import build_model
from osteoaxis.biology import axis, matrix, osteoblasts
from osteoaxis.model import Model
from osteoaxis.patient import Patient, presets
from osteoaxis.process import Rate, Reaction, Site, Value, arguments
from osteoaxis.simulation import Simulator
from osteoaxis.treatment import simulate
from osteoaxis.units import registry, unit

MODEL = build_model()[0]
FLOWS = [
    pytest.param(process, declared, id=f"{process.name}.{name}")
    for process in MODEL.processes
    for name, declared in process.declarations.items()
    if isinstance(declared, Rate | Reaction)
]


def environment(model: Model, rng: np.random.Generator, *, male: bool = False) -> dict[str, Value]:
    """Return parameters, random positive states and all rates, by name."""
    values: dict[str, Value] = dict(model.parameter_values(male=male))
    values |= {n: s.typical * rng.lognormal(0, 0.7) for n, s in model.states.items()}
    values["time"] = 123.0
    return model.evaluate_rates(values)


ENVIRONMENT = environment(MODEL, np.random.default_rng(1))


def unit_of(name: str) -> str:
    if name == "time":
        return "day"
    if name in MODEL.parameters:
        return MODEL.parameters[name].unit
    return MODEL.quantities[name].unit


@pytest.mark.parametrize(("process", "declared"), FLOWS)
def test_every_flow_agrees_with_its_declared_unit(process, declared) -> None:
    """With units carried along, the result must be the plain number in the declared unit."""
    plain, measured = {}, {}
    for argument, wire in arguments(declared):
        full = MODEL.resolve(process, wire, "test")
        plain[argument] = ENVIRONMENT[full]
        measured[argument] = registry().Quantity(ENVIRONMENT[full], unit(unit_of(full)))
    if isinstance(declared, Rate):
        target = unit(declared.unit)
    else:
        state = next(iter([*declared.consumes, *declared.produces]))
        target = unit(MODEL.states[state].unit) / registry().day
    result = declared(**measured)
    if not hasattr(result, "to"):
        result = registry().Quantity(result, "")
    assert result.to(target).magnitude == pytest.approx(declared(**plain), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", [n for n, s in MODEL.states.items() if not s.signed])
def test_an_empty_state_is_not_drained(name: str) -> None:
    """Near zero, a state's net flow must not be negative: non-negativity of the whole system.

    The `positive_part` of a perforation, and of feedback beyond normal, dips to 0.2785 widths
    below zero: the least of x / (1 + exp(-x)).
    """
    site, fixed = name.removesuffix("_perforated"), MODEL.parameter_values(male=False)
    dipping = ("axis.k_suppression", "axis.suppression_width")
    if name != "lasting_suppression":
        dipping = (f"{site}.perforation_share", f"{site}.perforation_width")
    share, width = (fixed.get(full, 0.0) for full in dipping)
    least = -max(1e-7, 0.2785 * share * width)
    rng = np.random.default_rng(7)
    for _ in range(20):
        values = environment(MODEL, rng)
        values = {k: v for k, v in values.items() if k not in MODEL.rate_order} | {name: 1e-9}
        values = MODEL.evaluate_rates(values)
        net = sum(
            (flow.produces.get(name, 0) - flow.consumes.get(name, 0))
            * MODEL.call(process, flow, values)
            for process, _, flow in MODEL.reactions
            if name in flow.produces or name in flow.consumes
        )
        assert net >= least


@pytest.mark.parametrize("full", MODEL.parameters)
def test_every_parameter_is_sourced_and_inside_its_range(full: str) -> None:
    p = MODEL.parameters[full]
    low, high = p.range
    assert low <= p.value <= high
    assert p.men is None or np.isfinite(p.men)
    assert p.meaning
    assert len(p.source) > 8, "a source is a DOI, a PMID or a reason"
    assert p.basis in ("read", "fitted", "assumed")
    unit(p.unit)


def test_no_rate_asks_for_sex() -> None:
    names = {wire for _, flow in [p.values for p in FLOWS] for _, wire in arguments(flow)}
    assert not names & {"sex", "male", "female", "man", "woman"}


def test_every_site_is_read_by_some_flow() -> None:
    wires = {wire for _, flow in [p.values for p in FLOWS] for _, wire in arguments(flow)}
    assert {name for name, q in MODEL.quantities.items() if isinstance(q, Site)} <= wires


def test_generated_equations_equal_the_plain_functions(ready: Simulator) -> None:
    model, rng = ready.model, np.random.default_rng(3)
    for male in (False, True):
        values = environment(model, rng, male=male)
        states = np.array([values[name] for name in model.states])
        parameters = np.array([values[name] for name in model.parameters])
        net = dict.fromkeys(model.states, 0.0)
        for process, _, flow in model.reactions:
            speed = model.call(process, flow, values)
            for state, count in flow.produces.items():
                net[state] += count * speed
            for state, count in flow.consumes.items():
                net[state] -= count * speed
        generated = ready.compiled.rates(123.0, states, parameters)
        np.testing.assert_allclose(generated, list(net.values()), rtol=1e-9, atol=1e-9)


def test_the_jacobian_is_the_derivative_of_the_rates(ready: Simulator) -> None:
    values = environment(ready.model, np.random.default_rng(5))
    states = np.array([values[name] for name in ready.model.states])
    parameters = np.array([values[name] for name in ready.model.parameters])
    numeric = np.empty((states.size, states.size))
    for j in range(states.size):
        step = 1e-6 * states[j]
        high, low = states.copy(), states.copy()
        high[j] += step
        low[j] -= step
        change = ready.compiled.rates(123.0, high, parameters) - ready.compiled.rates(
            123.0, low, parameters
        )
        numeric[:, j] = change / (2 * step)
    index = {name: i for i, name in enumerate(ready.model.states)}
    nonlinear = [index[name] for name in ready.compiled.system.nonlinear_states]
    analytic, _ = ready.compiled.jacobian(123.0, states, parameters)
    np.testing.assert_allclose(
        analytic, numeric[np.ix_(nonlinear, nonlinear)], rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("preset", presets())
def test_the_young_adult_is_a_fixed_point(ready: Simulator, preset: str) -> None:
    start = ready.start(Patient.load(preset))
    drift = ready.compiled.rates(start.day[0], start.state[0], start.parameters[0])
    scale = np.maximum(start.state[0], 1e-3)
    # Ageing and menopause are functions of time: nothing else may move, per day.
    assert np.max(np.abs(drift) / scale) < 1e-5


@pytest.mark.parametrize("site", ["lumbar_spine", "total_hip", "femoral_neck"])
def test_bone_is_neither_made_nor_lost_but_by_cells(site: str) -> None:
    """Mineralisation moves bone between age classes; only cells change the volume."""
    ages = [f"{site}_{age}_bone" for age in ("young", "middle", "old")]
    total = 0.0
    for process, name, flow in MODEL.reactions:
        net = sum(flow.produces.get(a, 0) - flow.consumes.get(a, 0) for a in ages)
        if net:
            assert "formation" in name or "resorption" in name
            total += net * MODEL.call(process, flow, ENVIRONMENT)
    assert total == pytest.approx(-ENVIRONMENT[f"{site}_net_loss"], rel=1e-9)


def test_a_degenerating_spine_gains_density_but_no_bone() -> None:
    of_bone = {"young": 0.1, "middle": 0.5, "old": 0.4, "turnover": 3e-4, "k_young": 0.01,
               "k_middle": 5e-4, "peak_bmd": 1.0, "degeneration_onset": 55.0,
               "degeneration_width": 2.0}  # fmt: skip
    seen = {
        age: matrix.bone_mineral_density(**of_bone, degeneration=0.004, age_now=age)
        / matrix.bone_mineral_density(**of_bone, degeneration=0.0, age_now=age)
        for age in (30.0, 55.0, 75.0)
    }
    assert seen[30.0] == pytest.approx(1.0, abs=1e-3)
    assert seen[30.0] < seen[55.0] < seen[75.0]
    assert seen[75.0] == pytest.approx(1.08, abs=5e-3)


def test_pth_pulses_reach_less_bone_where_resorption_is_silent() -> None:
    of_drugs = {"pth_modelling": 0.3, "tgf_beta_reference": 1.0}
    usual, silent = (osteoblasts.pth_reach(**of_drugs, tgf_beta=x) for x in (1.0, 0.1))
    assert usual == pytest.approx(1.0)
    assert silent == pytest.approx(0.37)


def test_estradiol_and_testosterone_both_hold_lh_back() -> None:
    """Measured where one of them changed alone, or was missing."""
    of_men = {"estradiol_reference": 25.0, "testosterone_reference": 550.0,
              "estradiol_from_testosterone": 0.8,
              "estradiol_feedback_power": 2.0, "testosterone_feedback_power": 0.8}  # fmt: skip

    def lh(
        estradiol: float, testosterone: float, modulator: float = 0.0, secreted: float = 1.0
    ) -> float:
        feedback = axis.feedback_now(
            estradiol=estradiol, testosterone=testosterone, testosterone_secreted=secreted,
            estrogen_feedback_inhibitor_load=modulator, **of_men,
        )  # fmt: skip
        return float(1.15 / (0.15 + feedback))

    assert lh(25.0, 550.0) == pytest.approx(1.0)
    assert lh(25.0, 1100.0) == pytest.approx(8.0 / 14.5, abs=0.15)  # Marynick 1979
    assert lh(12.0, 550.0) > 1.5  # without a part of estradiol
    assert lh(60.0, 25.0) > 1.0  # castrated: much estradiol is not enough (de Ronde 2009)
    assert lh(45.0, 1400.0) < 0.25  # on 200 mg of testosterone enanthate a week
    assert lh(25.0, 550.0, modulator=1.0) == pytest.approx(lh(12.5, 550.0))  # tamoxifen
    assert lh(25.0 * 0.5**0.8, 275.0, secreted=0.5) == pytest.approx(1.0)  # his own normal


def test_a_low_testosterone_leaves_lh_normal_and_an_inhibitor_raises_both() -> None:
    """Of men with low testosterone six in seven have LH in the normal range (EMAS)."""
    man = Patient(sex="male", age=60.0, baseline={"testosterone": 280.0})
    alone = simulate(man, "none", years=0.25)
    assert 3.0 < float(alone["lh"][0]) < 7.0
    inhibited = simulate(man, "anastrozole 1 mg po qd", years=0.25)
    assert float(inhibited["testosterone"][-1]) > 1.3 * 280.0  # a half to two thirds (Leder 2004)


def test_suppression_of_the_pituitary_outlasts_injections() -> None:
    """A month after the last one his own testosterone is still low; within a year it is back."""
    man = Patient(sex="male", age=40.0, baseline={"testosterone": 300.0})
    injected = simulate(man, "testosterone_enanthate 200 mg im q2w [m0-m4]", years=2.0)
    lh, testosterone = (injected[name].values.squeeze() for name in ("lh", "testosterone"))
    assert testosterone[5] < 0.75 * testosterone[0]
    assert lh[5] < 0.7 * lh[0]
    assert lh[16] == pytest.approx(lh[0], rel=0.02)
    assert testosterone[16] == pytest.approx(testosterone[0], rel=0.02)


def test_dkk1_rises_late_on_teriparatide() -> None:
    """27 to 30 % after 12 and 18 months (Gatti 2011), and back after it is stopped."""
    woman = Patient(age=70.0, t_scores={"lumbar_spine": -2.8})
    course = simulate(woman, "teriparatide 20 ug sc qd [m0-m18]", years=4.0)[
        "dkk1"
    ].values.squeeze()
    assert course[12] == pytest.approx(0.27, abs=0.12)
    assert course[18] == pytest.approx(0.30, abs=0.12)
    assert course[48] < 0.1 * course[18]
