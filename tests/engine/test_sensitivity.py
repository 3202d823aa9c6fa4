"""Derivatives against closed forms and against central differences at rtol 1e-10."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from osteoaxis import engine
from osteoaxis.engine import ADD, RATE, CompiledSystem, Events, symbol
from osteoaxis.errors import InputError, SolverError

from .conftest import make

NAMES = ("ka", "ke", "potency", "turnover", "hill")


def test_decay(oral: CompiledSystem) -> None:
    times = np.linspace(0, 10, 21)
    task = engine.problem(oral, [[1.2, 0.4]], [[0, 100.0, 0]], None, times, record=["central"])
    values, slopes = engine.sensitivities(task, ["ke", "ka"])
    np.testing.assert_allclose(values[:, 0], 100 * np.exp(-0.4 * times), rtol=1e-12)
    np.testing.assert_allclose(slopes[0, :, 0], -times * values[:, 0], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(slopes[1], 0, atol=1e-6)


@pytest.fixture(scope="module")
def dosed(inhibited: CompiledSystem) -> engine.Problem:
    doses = Events(np.arange(40.0), np.full(40, 1), np.full(40, ADD), np.ones(40))
    return engine.problem(
        inhibited, [[24, 0.35, 0.8, 5.0, 1.6]], [[1.0, 0, 1, 0]], doses, np.linspace(0, 60, 31)
    )


def central(task: engine.Problem, name: str, share: float = 1e-3) -> np.ndarray:
    """Fourth-order central difference of runs at rtol 1e-10."""
    column = task.compiled.system.parameters.index(name)
    step = share * abs(task.parameters[0, column])
    values = []
    for k in (2, 1, -1, -2):
        changed = task.parameters.copy()
        changed[0, column] += k * step
        values.append(replace(task, parameters=changed, rtol=1e-10, atol=1e-11).run().values[0])
    return (-values[0] + 8 * values[1] - 8 * values[2] + values[3]) / (12 * step)


@pytest.mark.parametrize(("rtol", "bound"), [(1e-3, 5e-3), (1e-6, 1e-4)])
def test_against_central_differences(dosed: engine.Problem, rtol: float, bound: float) -> None:
    """The floor is the curvature over the share a parameter is changed by, some 1e-5."""
    task = replace(dosed, rtol=rtol, atol=rtol / 10)
    values, slopes = engine.sensitivities(task, NAMES)
    for name, slope in zip(NAMES, slopes, strict=True):
        exact = central(dosed, name)
        scale = np.abs(exact).max(axis=0) + 1e-3 * np.abs(values).max(axis=0)
        assert (np.abs(slope - exact) / scale).max() < bound, name


def test_what_the_nominal_trajectory_does_not_feel() -> None:
    """A parameter that is zero switches a sharp effect on: steps must see it all the same."""
    s, block = symbol("s"), symbol("block")
    switch = 1 / (1 + 2.718281828459045 ** (-(engine.TIME - 50) / 0.01))
    compiled = engine.compile_system(make("block", {"s": 1 - s - block * switch * s}, "block"))
    times = np.array([0, 49.0, 51, 100])
    task = engine.problem(compiled, [[0.0]], [[1.0]], None, times)
    _, slopes = engine.sensitivities(task, ["block"])
    expected = [0, 0, -(1 - np.exp(-1)), -1]
    np.testing.assert_allclose(slopes[0, :, 0], expected, atol=2e-3)


def test_more_parameters_than_lanes() -> None:
    names = [f"k{i}" for i in range(17)]
    rates = {f"s{i}": -symbol(name) * symbol(f"s{i}") ** 1.0 for i, name in enumerate(names)}
    compiled = engine.compile_system(make("many", rates, " ".join(names)))
    k = np.linspace(0.1, 2, 17)
    task = engine.problem(compiled, [k], np.ones((1, 17)), None, [0, 1.0], rtol=1e-7, atol=1e-8)
    _, slopes = engine.sensitivities(task, names)
    np.testing.assert_allclose(slopes[:, 1], np.diag(-np.exp(-k)), atol=1e-5)


def test_no_parameters_give_no_derivatives(dosed: engine.Problem) -> None:
    _, slopes = engine.sensitivities(dosed, [])
    assert slopes.shape[0] == 0


def test_initial_states_and_doses_may_depend_on_them(oral: CompiledSystem) -> None:
    times = [0, 1.0]

    def adapt(parameters: np.ndarray) -> engine.Problem:
        initial = np.zeros((len(parameters), 3))
        initial[:, 1] = 100 * parameters[:, 0]
        return engine.problem(oral, parameters, initial, None, times, record=["central"])

    _, slopes = engine.sensitivities(adapt(np.array([[1.2, 0.4]])), ["ka"], adapt=adapt)
    np.testing.assert_allclose(slopes[0, :, 0], [100, 100 * np.exp(-0.4)], rtol=1e-6)


def test_what_has_no_derivative_is_refused(oral: CompiledSystem) -> None:
    def adapt(parameters: np.ndarray) -> engine.Problem:
        infusions = [
            Events([0, p[0]], [1, 1], [RATE, RATE], [1 / p[0], -1 / p[0]]) for p in parameters
        ]
        initial = np.zeros((len(parameters), 3))
        return engine.problem(oral, parameters, initial, infusions, [0, 5.0])

    task = adapt(np.array([[1.2, 0.4]]))
    with pytest.raises(InputError, match="'ka' moves the end"):
        engine.sensitivities(task, ["ke", "ka"], adapt=adapt)
    with pytest.raises(InputError, match="Did you mean"):
        engine.sensitivities(task, ["kea"])


def test_failures_are_named() -> None:
    wild, push = symbol("wild"), symbol("push")
    compiled = engine.compile_system(make("sensitive_blow_up", {"wild": push * wild**2}, "push"))
    task = engine.problem(compiled, [[1.0]], [[1.0]], None, [0, 3.0])
    with pytest.raises(SolverError, match="wild"):
        engine.sensitivities(task, ["push"])
