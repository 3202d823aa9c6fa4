"""Laws every published model must keep, and the errors of running one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from osteoaxis.errors import InputError
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.process import Rate, Reaction, Value, arguments
from osteoaxis.published import PUBLISHED, load
from osteoaxis.published.model import Dose, PublishedModel, Scenario, Switch, simulate
from osteoaxis.units import registry, unit

FLOWS = [
    pytest.param(name, process, declared, id=f"{name}.{key}")
    for name in PUBLISHED
    for process in load(name).model.processes
    for key, declared in process.declarations.items()
    if isinstance(declared, Rate | Reaction)
]


def environment(published: PublishedModel) -> dict[str, Value]:
    rng = np.random.default_rng(1)
    model = published.model
    values: dict[str, Value] = dict(model.parameter_values(male=False))
    values |= {name: s.typical * rng.lognormal(0, 0.5) for name, s in model.states.items()}
    return model.evaluate_rates(values | {"time": 123.0})


ENVIRONMENTS = {name: environment(load(name)) for name in PUBLISHED}


@pytest.mark.parametrize(("name", "process", "declared"), FLOWS)
def test_every_flow_agrees_with_its_declared_unit(name, process, declared) -> None:
    model, values = load(name).model, ENVIRONMENTS[name]
    units = {"time": "day"}
    units |= {full: p.unit for full, p in model.parameters.items()}
    units |= {full: q.unit for full, q in model.quantities.items()}
    plain, measured = {}, {}
    for argument, wire in arguments(declared):
        full = model.resolve(process, wire, "test")
        plain[argument] = values[full]
        measured[argument] = registry().Quantity(values[full], unit(units[full]))
    if isinstance(declared, Rate):
        target = unit(declared.unit)
    else:
        state = next(iter([*declared.consumes, *declared.produces]))
        target = unit(units[state]) / registry().day
    result = declared(**measured)
    if not hasattr(result, "to"):
        result = registry().Quantity(result, "")
    assert result.to(target).magnitude == pytest.approx(declared(**plain), rel=1e-9)


@pytest.mark.parametrize("name", PUBLISHED)
def test_it_is_complete(name: str) -> None:
    published = load(name)
    assert published.name == name
    assert published.doi.startswith("10.")
    assert published.scenarios
    assert published.cannot
    assert set(published.initial) == set(published.model.states)
    assert set(published.quantities.values()) <= set(published.model.quantities)
    for full, p in published.model.parameters.items():
        low, high = p.range
        assert low <= p.value <= high, full
        assert p.meaning, full
        assert p.basis == "assumed" or p.source.startswith("10."), full


@pytest.mark.parametrize("name", [n for n in PUBLISHED if "baseline" in load(n).scenarios])
def test_the_steady_state_is_at_rest(name: str) -> None:
    found = simulate(load(name), "baseline")
    for state, declared in load(name).model.states.items():
        values = found[state].values
        np.testing.assert_allclose(values, values[0], rtol=1e-9, atol=1e-9 * declared.typical)


def test_an_infusion_goes_on_through_a_switch() -> None:
    lemaire = load("lemaire-2004")
    plain = lemaire.scenario("osteoclasts-added")
    switched = replace(plain, switches=(Switch(40.0, {"k_opg": 0.35}),))
    times = np.linspace(0, 140, 29)
    expected = simulate(lemaire, plain, times)["osteoclasts"]
    found = simulate(lemaire, switched, times)["osteoclasts"]
    np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_a_value_at_a_dose_is_that_before_it() -> None:
    plan = Scenario("one dose", 10.0, doses=(Dose(5.0, "denosumab", 60.0),))
    amount = simulate(load("joerg-2022"), plan, [0.0, 5.0, 10.0])["denosumab"].values
    np.testing.assert_allclose(amount, [0.0, 0.0, 60 * 2**-0.5], rtol=1e-9)


def test_pictures_of_days_are_drawn_in_years() -> None:
    drawn = simulate(load("joerg-2022"), "untreated").osteoaxis.plot("ctx")
    assert drawn.axes[0].lines[0].get_xdata()[-1] == pytest.approx(3650 / 365.25)


def test_denosumab_rebounds_in_joerg_and_ageing_does_not() -> None:
    joerg = load("joerg-2022")
    treated, untreated = simulate(joerg, "denosumab"), simulate(joerg, "untreated")
    assert treated["ctx"].max() > 1.1 * treated["ctx"][0]
    assert untreated["ctx"].max() == untreated["ctx"][0]


def test_bad_input_names_what_is_wrong() -> None:
    woman, man = Patient.load("postmenopausal-breast-cancer"), Patient.load("older-man")
    joerg, lemaire = load("joerg-2022"), load("lemaire-2004")
    with pytest.raises(InputError, match="Did you mean 'lemaire-2004'"):
        load("lemaire-2003")
    with pytest.raises(InputError, match="no scenario 'pth'.*pth-infusion"):
        lemaire.scenario("pth")
    with pytest.raises(InputError, match="lemaire-2004 knows no patients"):
        lemaire.express(woman, Regimen.parse("none"), 1.0)
    with pytest.raises(InputError, match="has no anastrozole; its drugs are: denosumab"):
        joerg.express(woman, Regimen.parse("anastrozole 1 mg po qd"), 1.0)
    with pytest.raises(InputError, match="denosumab is given sc, not iv"):
        joerg.express(woman, Regimen.parse("denosumab 60 mg iv q6mo"), 1.0)
    with pytest.raises(InputError, match="describes women"):
        joerg.express(man, Regimen.parse("none"), 1.0)


def test_a_patient_of_ours_becomes_a_scenario() -> None:
    woman = Patient.load("healthy-postmenopausal")
    plan = load("joerg-2022").express(woman, Regimen.parse("denosumab 60 mg sc q6mo [y0-y1]"), 2.0)
    assert plan.parameters == {"age": woman.age, "menopause_age": woman.menopause_age}
    assert [dose.value for dose in plan.doses] == [60.0, 60.0]
    assert plan.days == pytest.approx(730.5)
