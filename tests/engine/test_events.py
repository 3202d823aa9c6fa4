"""When doses act, and what is recorded at their time."""

from __future__ import annotations

import numpy as np
import pytest

from osteoaxis import engine
from osteoaxis.engine import ADD, RATE, SET, CompiledSystem, Events, symbol
from osteoaxis.errors import InputError

from .conftest import make

MARKER, GUT, POOL, CENTRAL = range(4)
PARAMETERS = np.array([24, 0.35, 0.8, 5.0, 1.6])
START = np.array([1.0, 0, 1, 0])


@pytest.fixture(scope="module")
def store() -> CompiledSystem:
    """A non-linear state that holds what is put into it."""
    return engine.compile_system(make("store", {"held": 0 * symbol("held"), "other": 1}))


def held(compiled: CompiledSystem, events: Events, times: list[float], **options: object):  # type: ignore[no-untyped-def]
    return engine.solve(compiled, [], [1, 0], events, times, **options).states[:, 0]  # type: ignore[arg-type]


def test_ties_are_applied_in_the_order_given(store: CompiledSystem) -> None:
    add_then_set = Events([2, 1, 1], [0, 0, 0], [ADD, ADD, SET], [5, 10, 3])
    set_then_add = Events([1, 2, 1], [0, 0, 0], [SET, ADD, ADD], [3, 5, 10])
    assert held(store, add_then_set, [0, 1.5, 3]).tolist() == [1, 3, 8]
    assert held(store, set_then_add, [0, 1.5, 3]).tolist() == [1, 13, 18]


def test_output_before_or_after_the_dose(store: CompiledSystem) -> None:
    doses = Events([0, 1, 2], [0, 0, 0], [ADD] * 3, [10, 100, 1000])
    assert held(store, doses, [0, 1, 2]).tolist() == [1, 11, 111]
    assert held(store, doses, [0, 1, 2], at_dose="after").tolist() == [11, 111, 1111]
    assert held(store, doses, [0.5, 1.5, 2.5], start=0.0).tolist() == [11, 111, 1111]


def test_output_within_rounding_of_a_dose_counts_as_at_the_dose(store: CompiledSystem) -> None:
    doses = Events([0.1 * 3], [0], [ADD], [1.0])
    assert held(store, doses, [0, 0.3, 1]).tolist() == [1, 1, 2]
    assert held(store, doses, [0, 0.3, 1], at_dose="after").tolist() == [1, 2, 2]


def test_doses_before_the_start_are_refused_and_after_the_end_ignored(
    store: CompiledSystem,
) -> None:
    with pytest.raises(InputError, match="before the start"):
        held(store, Events([-1.0], [0], [ADD], [1.0]), [0, 1])
    assert held(store, Events([9.0], [0], [ADD], [1.0]), [0, 1]).tolist() == [1, 1]
    assert held(store, Events([-1.0], [0], [ADD], [1.0]), [0, 1], start=-2).tolist() == [2, 2]


def test_infusion_into_a_nonlinear_state(store: CompiledSystem) -> None:
    infusion = Events([1, 3], [0, 0], [RATE, RATE], [2.0, -2.0])
    np.testing.assert_allclose(held(store, infusion, [0, 1, 2, 3, 9]), [1, 1, 3, 5, 5])


def test_zero_doses_equal_no_doses(inhibited: CompiledSystem) -> None:
    times = np.linspace(0, 30, 16)
    none = engine.solve(inhibited, PARAMETERS, START, None, times, rtol=1e-8, atol=1e-9)
    zero = Events(np.arange(30.0), np.full(30, GUT), np.full(30, ADD), np.zeros(30))
    dosed = engine.solve(inhibited, PARAMETERS, START, zero, times, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(dosed.states, none.states, rtol=1e-8, atol=1e-12)


def test_dose_at_start_equals_initial_amount(inhibited: CompiledSystem) -> None:
    times = np.linspace(0, 10, 11)
    dosed = engine.solve(
        inhibited, PARAMETERS, START, Events([0.0], [GUT], [ADD], [3.0]), times, at_dose="after"
    )
    loaded = engine.solve(inhibited, PARAMETERS, START + np.array([0, 3, 0, 0]), None, times)
    np.testing.assert_allclose(dosed.states, loaded.states, atol=1e-4)
    assert dosed.states[0, GUT] == 3


def test_split_run_equals_whole_run(inhibited: CompiledSystem) -> None:
    tight = {"rtol": 1e-9, "atol": 1e-10}
    doses = Events(np.arange(10.0), np.full(10, GUT), np.full(10, ADD), np.ones(10))
    whole = engine.solve(inhibited, PARAMETERS, START, doses, [0, 5, 10.0], **tight)
    second = Events(np.arange(5.0, 10), np.full(5, GUT), np.full(5, ADD), np.ones(5))
    rest = engine.solve(inhibited, PARAMETERS, whole.states[1], second, [5, 10.0], **tight)
    np.testing.assert_allclose(rest.states[-1], whole.states[-1], rtol=1e-8)


def test_events_are_checked() -> None:
    with pytest.raises(InputError, match="finite"):
        Events([np.nan], [0], [ADD], [1.0])
    with pytest.raises(InputError, match="kind"):
        Events([0.0], [0], [7], [1.0])
    with pytest.raises(InputError, match="shape"):
        Events([0.0], [0, 1], [ADD], [1.0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"times": [1, 0]}, "ascending"),
        ({"times": [0, np.nan]}, "times"),
        ({"times": [0, 1.0], "start": 0.5}, "before the start"),
        ({"times": [0, 1.0], "at_dose": "during"}, "at_dose"),
        ({"times": [0, 1.0], "rtol": 0.0}, "rtol"),
        ({"times": [0, 1.0], "initial": [1, np.inf]}, "other"),
        ({"times": [0, 1.0], "initial": [1]}, "shape"),
        ({"times": [0, 1.0], "events": Events([0.0], [2], [ADD], [1.0])}, "indices"),
    ],
)
def test_wrong_input_is_named(store: CompiledSystem, change: dict, message: str) -> None:  # type: ignore[type-arg]
    arguments = {"initial": [1, 0], "events": None, **change}
    with pytest.raises(InputError, match=message):
        engine.solve(store, [], **arguments)
