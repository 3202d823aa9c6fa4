"""The language of processes: functions on every kind of value, wiring, and its errors."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from osteoaxis import process
from osteoaxis.model import Model
from osteoaxis.process import Param, Process, Rate, Reaction, Site, State
from osteoaxis.units import registry

positive = st.floats(1e-6, 1e6)


@given(positive, positive)
def test_functions_agree_on_floats_arrays_symbols_and_quantities(x: float, half: float) -> None:
    symbol = sympy.Symbol("x", positive=True)
    quantity = registry().Quantity(x, "ng/mL")
    expected = process.hill(x, half)
    assert process.hill(np.array([x]), half)[0] == pytest.approx(expected)
    assert float(process.hill(symbol, half).subs(symbol, x)) == pytest.approx(expected)
    measured = process.hill(quantity, registry().Quantity(half, "ng/mL"))
    assert measured.to("").magnitude == pytest.approx(expected)
    assert 0 <= expected <= 1


@given(positive, st.floats(-3, 3))
def test_power_is_the_usual_power(x: float, exponent: float) -> None:
    assert process.power(x, exponent) == pytest.approx(x**exponent, rel=1e-9)


@given(st.floats(-50, 50))
def test_positive_part_is_zero_at_zero_and_follows_x_above(x: float) -> None:
    value = process.positive_part(x, 0.1)
    assert process.positive_part(0.0, 0.1) == 0.0
    assert value == pytest.approx(max(x, 0.0), abs=0.03)


def test_ramp_is_the_same_on_every_kind_of_value() -> None:
    x = sympy.Symbol("x", real=True)
    for value, expected in ((-2.0, 0.0), (0.0, 0.0), (3.0, 3.0)):
        assert process.ramp(value) == expected
        assert process.ramp(np.array([value]))[0] == expected
        assert float(process.ramp(x).subs(x, value)) == expected
        assert process.ramp(registry().Quantity(value, "day")).to("day").magnitude == expected


def test_as_unit_converts_numbers_and_quantities_alike() -> None:
    assert process.as_unit(1.0, "ug/L", "ng/dL") == pytest.approx(100.0)
    converted = process.as_unit(registry().Quantity(1.0, "ug/L"), "ug/L", "ng/dL")
    assert converted.magnitude == pytest.approx(100.0)


def test_a_reaction_reads_its_equation() -> None:
    declared = process.reaction("2 precursors -> cells + signal")(lambda: 1.0)
    assert declared.consumes == {"precursors": 2.0}
    assert declared.produces == {"cells": 1.0, "signal": 1.0}
    with pytest.raises(ValueError, match="no '->'"):
        process.reaction("precursors")
    with pytest.raises(ValueError, match="cannot read the term '3cells'"):
        process.reaction("3cells ->")(lambda: 1.0)


def _process(name: str = "test", **declared: object) -> Process:
    return Process(name, declared)  # type: ignore[arg-type]


def test_an_unknown_name_fails_with_the_near_matches() -> None:
    cells = State("1", "cells", 1.0)
    bad = Reaction({"cells": 1}, {}, "loss", lambda cels: cels)
    with pytest.raises(ValueError, match="unknown name 'cels'.*'cells'"):
        Model((_process(cells=cells, loss=bad),))


def test_rates_in_a_circle_are_refused() -> None:
    circle = _process(a=Rate("1", "a", lambda b: b), b=Rate("1", "b", lambda a: a))
    with pytest.raises(ValueError, match="circle: a -> b -> a"):
        Model((circle,))


def test_a_quantity_is_declared_once() -> None:
    one, two = (_process(name, cells=State("1", "cells", 1.0)) for name in ("one", "two"))
    with pytest.raises(ValueError, match="'cells' is declared twice"):
        Model((one, two))


def test_a_process_has_a_name_of_its_own() -> None:
    with pytest.raises(ValueError, match="two processes are called 'one'"):
        Model((_process("one"), _process("one")))


@pytest.mark.parametrize("equation", ["cell ->", "-> cell", "cells -> 2 cell", "speed ->"])
def test_a_reaction_moves_states_only(equation: str) -> None:
    flow = process.reaction(equation)(lambda cells: cells)
    speed = Rate("1", "speed", lambda cells: cells)
    wrong = "speed" if "speed" in equation else "cell"
    with pytest.raises(ValueError, match=f"test.loss: the reaction moves '{wrong}', which is no"):
        Model((_process(cells=State("1", "cells", 1.0), speed=speed, loss=flow),))


def test_a_site_is_reached_by_a_rate() -> None:
    site = Site("inhibits", "1", "a place")
    other = Process("other", {}, site_terms=(("place", "nothing"),))
    with pytest.raises(ValueError, match="other: no rate 'nothing' for the site 'place'"):
        Model((_process(place=site), other))


@pytest.mark.parametrize(
    "function",
    [
        lambda cells: cells if cells > 1 else 0.0,
        lambda cells: math.sqrt(cells),
        lambda cells: np.exp(cells),
        lambda cells: None,  # noqa: ARG005
        lambda cells: "cells",  # noqa: ARG005
    ],
)
def test_what_cannot_be_traced_is_named(function: Callable[..., object]) -> None:
    cells = State("1", "cells", 1.0)
    flow = Reaction({"cells": 1}, {}, "loss", function)
    with pytest.raises(ValueError, match=r"test\.loss: cannot be traced .* of osteoaxis.process"):
        _ = Model((_process(cells=cells, loss=flow),)).system
    speed = Rate("1", "speed", function)
    with pytest.raises(ValueError, match=r"test\.speed: cannot be traced"):
        _ = Model((_process(cells=cells, speed=speed),)).system


def test_an_ambiguous_parameter_must_be_wired_in_full() -> None:
    k = Param(1.0, "1/day", "a rate", "assumed: test", (0.5, 2.0))
    one, two = _process("one", k=k), _process("two", k=k)
    three = _process("three", speed=Rate("1/day", "speed", lambda k: k))
    with pytest.raises(ValueError, match=r"could be one\.k, two\.k"):
        Model((one, two, three))


def test_a_site_without_drugs_is_zero() -> None:
    site = Site("inhibits", "1", "a place")
    plain = Model((_process(place=site),))
    assert plain.evaluate_rates({})["place"] == 0.0
