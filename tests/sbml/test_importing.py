"""Imported models: each feature against its solution in closed form, each refusal by its name."""

from __future__ import annotations

import math

import numpy as np
import pytest

from osteoaxis.errors import InputError, SolverError
from osteoaxis.sbml import running
from osteoaxis.sbml.importing import loads
from osteoaxis.sbml.reading import UnsupportedError
from osteoaxis.sbml.running import Trajectory, simulate

from .models import (
    DELAY,
    T,
    arg,
    event,
    initial,
    maths,
    model,
    op,
    parameter,
    priority,
    reaction,
    rule,
    species,
)

TIMES = np.linspace(0.0, 5.0, 11)


def run(*parts: str, times: np.ndarray = TIMES, seed: int = 0, **options: object) -> Trajectory:
    return simulate(loads(model(*parts, **options)), times, seed=seed)  # type: ignore[arg-type]


def close(found: np.ndarray, expected: object, tolerance: float = 1e-7) -> None:
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * 1e-2)


# ---- quantities ----------------------------------------------------------------------------------
def test_reactions_change_amounts_and_laws_see_concentrations() -> None:
    law = op("times", "k", "A")  # amount/time, with A in amount/volume: dA/dt = -k A / 2
    found = run(
        species("A", 'initialConcentration="3"'),
        species("B", 'initialAmount="0"'),
        parameter("k", 0.8, "true"),
        reaction(law, "A", "B*2"),
    )
    close(found["A"], 3.0 * np.exp(-0.4 * TIMES))
    close(found["amount of A"], 6.0 * np.exp(-0.4 * TIMES))
    close(found["B"], 6.0 * (1.0 - np.exp(-0.4 * TIMES)))
    close(found["J"], 2.4 * np.exp(-0.4 * TIMES))


def test_species_that_only_have_amounts() -> None:
    found = run(
        species("A", 'initialAmount="3"', amounts="true"),
        parameter("k", 0.8, "true"),
        reaction(op("times", "k", "A"), "A"),
    )
    close(found["A"], 3.0 * np.exp(-0.8 * TIMES))
    close(found["concentration of A"], 1.5 * np.exp(-0.8 * TIMES))


def test_amounts_stay_in_a_growing_compartment() -> None:
    found = run(
        species("A", 'initialConcentration="3"'),
        species("B", 'initialConcentration="0"'),
        rule("rate", "c", "<cn>0.5</cn>"),
        reaction("<cn>0</cn>", "A", "B"),
        constant="false",
    )
    close(found["A"], 6.0 / (2.0 + 0.5 * TIMES))


def test_local_parameters_hide_others_and_factors_convert() -> None:
    found = run(
        species("A", 'initialAmount="0"', more='conversionFactor="f"'),
        parameter("k", 100.0, "true"),
        parameter("f", 3.0, "true"),
        reaction("<ci>k</ci>", "", "A", '<localParameter id="k" value="0.5"/>'),
    )
    close(found["amount of A"], 1.5 * TIMES)


def test_stoichiometry_may_change() -> None:
    produced = (
        '<reaction id="J" reversible="false"><listOfProducts><speciesReference id="n" species="A" '
        f'constant="false"/></listOfProducts><kineticLaw>{maths("<cn>1</cn>")}</kineticLaw>'
        "</reaction>"
    )
    found = run(species("A", 'initialAmount="0"'), produced, rule("assignment", "n", T))
    close(found["amount of A"], TIMES**2 / 2)


def test_rules_and_initial_assignments_in_any_order() -> None:
    found = run(
        parameter("x"), parameter("y"), parameter("z"), parameter("time", 4.0),
        initial("x", op("plus", "y", 1.0)),
        rule("assignment", "y", op("times", "z", "time")),
        rule("assignment", "z", op("plus", T, 2.0)),
        rule("rate", "x", op("minus", "x")),
    )  # fmt: skip
    close(found["x"], 9.0 * np.exp(-TIMES))
    close(found["y"], 4.0 * (TIMES + 2.0))


def test_functions_piecewise_and_booleans_as_numbers() -> None:
    half = (
        f'<functionDefinition id="half">{maths("<lambda><bvar><ci>a</ci></bvar>" + op("divide", "a", 2.0) + "</lambda>")}'  # noqa: E501
        "</functionDefinition>"
    )
    call = "<apply><ci>half</ci><ci>x</ci></apply>"
    step = f"<piecewise><piece><cn>1</cn>{op('lt', T, 2.25)}</piece><otherwise><cn>0</cn></otherwise></piecewise>"  # noqa: E501
    found = run(
        half, parameter("x", 0.0), parameter("y"), parameter("b"),
        rule("rate", "x", step),
        rule("assignment", "y", call),
        rule("assignment", "b", op("and", op("gt", T, 1.25), op("leq", T, 3.0))),
    )  # fmt: skip
    close(found["x"], np.minimum(TIMES, 2.25), 1e-12)
    close(found["y"], np.minimum(TIMES, 2.25) / 2, 1e-12)
    close(found["b"], ((TIMES > 1.25) & (TIMES <= 3.0)).astype(float))


def test_a_pulse_between_two_looks_is_not_missed() -> None:
    pulse = op("and", op("gt", T, 1.23456), op("lt", T, 1.23457))
    found = run(parameter("x", 0.0), rule("rate", "x", pulse))
    close(found["x"][-1], 1e-5, 1e-6)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (op("power", -2.0, 3.0), -8.0),
        (op("power", 4.0, "x"), 2.0),
        (f"<apply><root/><degree><cn>3</cn></degree>{arg(27.0)}</apply>", 3.0),
        (f"<apply><log/><logbase><cn>2</cn></logbase>{arg(8.0)}</apply>", 3.0),
        (op("log", 1000.0), 3.0),
        (op("factorial", 5.0), 120.0),
        (op("quotient", -7.0, 2.0), -3.0),
        (op("rem", -7.0, 2.0), -1.0),
        (op("max", 1.0, "x", 7.0), 7.0),
        (op("min", 1.0, "x", 7.0), 0.5),
        (op("implies", "<true/>", "<false/>"), 0.0),
        (op("xor", "<true/>", "<true/>", "<true/>"), 1.0),
        (op("arcsinh", "x"), math.asinh(0.5)),
        (op("arctanh", "x"), math.atanh(0.5)),
        (op("arccosh", 2.0), math.acosh(2.0)),
        (op("sec", "x"), 1.0 / math.cos(0.5)),
        (op("arccot", "x"), math.atan(2.0)),
        (op("divide", 1.0, 0.0), math.inf),
        (op("ln", -1.0), math.nan),
        (op("plus"), 0.0),
        ("<exponentiale/>", math.e),
        ('<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/avogadro"> a '
         "</csymbol>", 6.02214179e23),
    ],
)  # fmt: skip
def test_maths(formula: str, expected: float) -> None:
    found = run(parameter("x", 0.5), parameter("y"), rule("assignment", "y", formula))
    close(found["y"][0], expected, 1e-14)


def test_rate_of() -> None:
    rate = (
        '<apply><csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/rateOf">'
        " rateOf </csymbol><ci> A </ci></apply>"
    )
    found = run(
        species("A", 'initialConcentration="3"'),
        parameter("y"),
        rule("assignment", "y", rate),
        reaction("<ci>A</ci>", "A"),
    )
    close(found["y"], -1.5 * np.exp(-0.5 * TIMES))


# ---- events --------------------------------------------------------------------------------------
def test_an_event_at_an_output_shows_the_value_after_it() -> None:
    found = run(parameter("x", 1.0), event(op("geq", T, 2.0), ("x", 7.0)))
    close(found["x"], np.where(TIMES >= 2.0, 7.0, 1.0))


def test_an_event_of_a_state_is_located() -> None:
    """A bouncing clock: x grows by 1 a time unit and is set back at 0.71."""
    found = run(
        parameter("x", 0.0), parameter("n", 0.0),
        rule("rate", "x", "<cn>1</cn>"),
        event(op("gt", "x", 0.71), ("x", 0.0), ("n", op("plus", "n", 1.0))),
    )  # fmt: skip
    close(found["n"], np.floor(TIMES / 0.71))
    close(found["x"][1:], np.mod(TIMES[1:], 0.71), 1e-8)


def test_a_trigger_that_is_true_for_an_instant_between_looks() -> None:
    """sin(2 pi t) > 1 - 1e-9 holds for 1e-5 of a time unit."""
    trigger = op("gt", op("sin", op("times", 2.0 * math.pi, T)), 1.0 - 1e-9)
    found = run(parameter("n", 0.0), event(trigger, ("n", op("plus", "n", 1.0))))
    close(found["n"], np.floor(TIMES + 0.75))


@pytest.mark.parametrize(("initially", "expected"), [("true", 1.0), ("false", 5.0)])
def test_events_at_time_zero(initially: str, expected: float) -> None:
    found = run(parameter("x", 1.0), event(op("geq", T, 0.0), ("x", 5.0), initially=initially))
    close(found["x"], expected)


@pytest.mark.parametrize(("at_trigger", "expected"), [("true", 1.0), ("false", 10.0)])
def test_priorities_and_values_from_the_trigger_time(at_trigger: str, expected: float) -> None:
    now = op("geq", T, 1.0)
    found = run(
        parameter("x", 1.0), parameter("y", 0.0),
        event(now, ("y", "x"), more=priority(1.0), at_trigger=at_trigger),
        event(now, ("x", 10.0), more=priority(2.0)),
    )  # fmt: skip
    assert found["y"][-1] == expected


@pytest.mark.parametrize(("persistent", "expected"), [("true", 1.0), ("false", 0.0)])
def test_events_of_equal_time_may_call_each_other_off(persistent: str, expected: float) -> None:
    found = run(
        parameter("x", 0.0), parameter("y", 0.0),
        event(op("and", op("geq", T, 1.0), op("lt", "x", 1.0)), ("y", 1.0), more=priority(1.0),
              persistent=persistent),
        event(op("geq", T, 1.0), ("x", 5.0), more=priority(2.0)),
    )  # fmt: skip
    assert found["y"][-1] == expected


def test_a_cascade_and_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    found = run(
        parameter("x", 0.0), parameter("y", 0.0),
        event(op("geq", T, 1.0), ("x", 1.0)),
        event(op("geq", "x", 1.0), ("y", 1.0)),
    )  # fmt: skip
    close(found["y"], (TIMES >= 1.0).astype(float))
    monkeypatch.setattr(running, "MAX_CASCADE", 100)
    with pytest.raises(SolverError, match="more than 100 events at one instant"):
        run(
            parameter("x", 0.0),
            event(op("and", op("gt", T, 1.0), op("lt", "x", 1.0)), ("x", 1.0)),
            event(op("and", op("gt", T, 1.0), op("geq", "x", 1.0)), ("x", 0.0)),
        )


def test_equal_priorities_happen_in_random_order_from_the_seed() -> None:
    parts = (
        parameter("x", 0.0),
        event(op("geq", T, 1.0), ("x", 1.0)),
        event(op("geq", T, 1.0), ("x", 2.0)),
    )
    last = [run(*parts, times=np.array([0.0, 2.0]), seed=seed)["x"][-1] for seed in range(20)]
    assert set(last) == {1.0, 2.0}
    assert run(*parts, seed=3)["x"][-1] == last[3]


def test_an_event_changes_the_size_of_a_compartment() -> None:
    found = run(
        species("A", 'initialConcentration="3"'),
        event(op("geq", T, 1.0), ("c", 4.0)),
        constant="false",
    )
    close(found["A"], np.where(TIMES >= 1.0, 1.5, 3.0))


# ---- older levels --------------------------------------------------------------------------------
def test_level_2_with_stoichiometry_in_maths() -> None:
    text = (
        '<sbml xmlns="http://www.sbml.org/sbml/level2/version4" level="2" version="4"><model>'
        '<listOfCompartments><compartment id="c" size="2"/></listOfCompartments>'
        '<listOfSpecies><species id="A" compartment="c" initialAmount="0"/></listOfSpecies>'
        '<listOfReactions><reaction id="J"><listOfProducts><speciesReference species="A">'
        f"<stoichiometryMath>{maths('<cn>3</cn>')}</stoichiometryMath></speciesReference>"
        f"</listOfProducts><kineticLaw>{maths('<cn>1</cn>')}</kineticLaw></reaction>"
        "</listOfReactions></model></sbml>"
    )
    close(simulate(loads(text), TIMES)["A"], 1.5 * TIMES)


COMP = (
    '<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2" '
    'xmlns:comp="http://www.sbml.org/sbml/level3/version1/comp/version1" comp:required="true">'
    '<model id="m"><comp:listOfSubmodels><comp:submodel comp:id="one" comp:modelRef="inner"/>'
    "</comp:listOfSubmodels></model>{}</sbml>"
)


def test_submodels_are_flattened() -> None:
    inner = model(parameter("x", 2.0), rule("rate", "x", op("minus", "x")))
    inner = inner[inner.index("<model") : inner.index("</sbml>")].replace('"m"', '"inner"')
    inner = inner.replace("model", "comp:modelDefinition", 1)
    inner = inner.replace("</model>", "</comp:modelDefinition>")
    listed = f"<comp:listOfModelDefinitions>{inner}</comp:listOfModelDefinitions>"
    close(simulate(loads(COMP.format(listed)), TIMES)["one__x"], 2.0 * np.exp(-TIMES))


def test_submodels_in_other_files_are_refused_before_they_are_opened() -> None:
    listed = (
        "<comp:listOfExternalModelDefinitions><comp:externalModelDefinition comp:id='inner' "
        "comp:source='/etc/passwd'/></comp:listOfExternalModelDefinitions>"
    )
    with pytest.raises(UnsupportedError, match="external model definition"):
        loads(COMP.format(listed))


# ---- refusals ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("feature", "parts"),
    [
        ("delay", (parameter("y"), rule("assignment", "y", DELAY))),
        ("algebraic rule", (f"<algebraicRule>{maths(op('minus', 'x', 1.0))}</algebraicRule>",)),
        ("event delay", (event(op("gt", T, 1.0), ("x", 1.0),
                               more=f"<delay>{maths('<cn>1</cn>')}</delay>"),)),
        ("factorial of what is not a number",
         (parameter("y"), rule("assignment", "y", op("factorial", "x")))),
        ("reaction without a kinetic law ('J')", (
            '<reaction id="J" reversible="false"><listOfProducts><speciesReference species="A" '
            'stoichiometry="1" constant="true"/></listOfProducts></reaction>',)),
        ("a trigger that asks whether changing quantities are equal", (
            parameter("y", 0.0), rule("rate", "y", "<cn>1</cn>"),
            event(op("eq", "y", 1.5), ("x", 3.0)))),
    ],
)  # fmt: skip
def test_what_is_not_supported_is_refused_by_name(feature: str, parts: tuple[str, ...]) -> None:
    text = model(parameter("x", 3.0), species("A", 'initialAmount="0"'), *parts)
    with pytest.raises(UnsupportedError) as problem:
        loads(text, "file.xml")
    assert problem.value.feature == feature
    assert str(problem.value).startswith("file.xml")


def test_fast_reactions_and_packages_are_refused() -> None:
    fast = model(species("A", 'initialAmount="0"'), reaction("<cn>1</cn>", "", "A"))
    fast = fast.replace("version2/core", "version1/core").replace('version="2"', 'version="1"')
    fast = fast.replace('reversible="false"', 'reversible="false" fast="true"')
    with pytest.raises(UnsupportedError, match="fast reaction"):
        loads(fast)
    package = model().replace(
        "<model", '<model xmlns:q="http://www.sbml.org/sbml/level3/version1/qual/version1"', 1
    )
    package = package.replace(
        'level="3"',
        'level="3" xmlns:q="http://www.sbml.org/sbml/level3/version1/qual/version1" '
        'q:required="true"',
    )
    with pytest.raises(UnsupportedError, match="package 'q"):
        loads(package)


def test_circles_are_named() -> None:
    text = model(
        parameter("x"), parameter("y"), initial("x", "<ci>y</ci>"), initial("y", "<ci>x</ci>")
    )
    with pytest.raises(InputError, match="circle|not valid SBML"):
        loads(text)


def test_what_has_no_value_is_not_integrated() -> None:
    with pytest.raises(InputError, match="'x' starts at nan"):
        loads(model(parameter("x"), rule("rate", "x", "<cn>1</cn>")))


def test_what_cannot_be_solved_raises() -> None:
    with pytest.raises(SolverError, match="beyond time 1; the state hardest to follow is 'x'"):
        run(parameter("x", 1.0), rule("rate", "x", op("times", "x", "x")))  # infinite at 1


def test_a_rate_without_a_value_is_named() -> None:
    with pytest.raises(SolverError, match="the rate of 'x' is nan at time 0"):
        run(parameter("x", 1.0), parameter("k"), rule("rate", "x", "<ci>k</ci>"))


def test_jumps_without_end_are_given_up() -> None:
    """x stays at zero only by jumping to and fro."""
    back = f"<piecewise><piece><cn>-1</cn>{op('gt', 'x', 0.0)}</piece><otherwise><cn>1</cn></otherwise></piecewise>"  # noqa: E501
    with pytest.raises(SolverError):
        run(parameter("x", 1.0), rule("rate", "x", back))
