"""Trajectories against closed forms, SciPy and the order of the method."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from scipy.integrate import solve_ivp

from osteoaxis import engine
from osteoaxis.engine import ADD, TIME, CompiledSystem, Events, symbol

from .conftest import make


def test_order_of_convergence(inhibited: CompiledSystem) -> None:
    """Fixed steps (null events, any error accepted) on a non-linear, non-autonomous system."""
    parameters = np.array([1.1, 0.4, 0.8, 0.9, 1.6])
    initial = np.array([0.4, 2.0, 0.7, 0.3])
    exact = engine.solve(inhibited, parameters, initial, None, [0, 4.0], rtol=1e-12, atol=1e-14)
    errors = []
    for count in (32, 64, 128):
        stops = np.linspace(0, 4, count + 1)[:-1]
        none = Events(stops, np.full(count, 2), np.full(count, ADD), np.zeros(count))
        run = engine.solve(inhibited, parameters, initial, none, [0, 4.0], rtol=1e6, atol=1e6)
        assert run.steps == count
        errors.append(np.abs(run.states[-1] - exact.states[-1]).max())
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert (orders > 4.6).all(), (errors, orders)


def test_robertson_against_radau() -> None:
    a, b, c = (symbol(k) for k in "abc")
    flow = 0.04 * a - 1e4 * b * c
    compiled = engine.compile_system(
        make("robertson", {"a": -flow, "b": flow - 3e7 * b**2, "c": 3e7 * b**2},
             scales=(1.0, 1e-5, 1.0))
    )  # fmt: skip
    times = np.r_[0, np.logspace(-3, 6, 30)]
    run = engine.solve(compiled, [], [1, 0, 0], None, times, rtol=1e-6, atol=1e-7)
    reference = solve_ivp(
        lambda _t, y: compiled.rates(0, y, np.zeros(0)), (0, 1e6), [1, 0, 0], "Radau", times,
        rtol=1e-10, atol=[1e-12, 1e-16, 1e-12],
    )  # fmt: skip
    error = np.abs(run.states - reference.y.T) / np.array([1, 4e-5, 1])
    assert run.success
    assert error.max() < 1e-5
    np.testing.assert_allclose(run.states.sum(axis=1), 1, rtol=1e-12)  # mass


def test_van_der_pol_against_radau() -> None:
    x, v = symbol("x"), symbol("v")
    compiled = engine.compile_system(make("van_der_pol", {"x": v, "v": 500 * (1 - x**2) * v - x}))
    times = np.linspace(0, 900, 40)
    run = engine.solve(compiled, [], [2, 0], None, times, rtol=1e-7, atol=1e-8)
    reference = solve_ivp(
        lambda t, y: compiled.rates(t, y, np.zeros(0)), (0, 900), [2, 0], "Radau", times,
        rtol=1e-10, atol=1e-11,
    )  # fmt: skip
    np.testing.assert_allclose(run.states[:, 0], reference.y[0], atol=2e-5)


def test_outputs_do_not_force_steps_and_are_as_accurate(inhibited: CompiledSystem) -> None:
    parameters = np.array([24, 0.35, 0.8, 5.0, 1.6])
    initial = np.array([1.0, 3, 1, 0])
    sparse, dense = np.array([0.0, 300.0]), np.linspace(0, 300, 1001)
    few = engine.solve(inhibited, parameters, initial, None, sparse, rtol=1e-4, atol=1e-5)
    many = engine.solve(inhibited, parameters, initial, None, dense, rtol=1e-4, atol=1e-5)
    exact = engine.solve(inhibited, parameters, initial, None, dense, rtol=1e-10, atol=1e-11)
    assert few.steps <= many.steps < 1.05 * few.steps < 200
    np.testing.assert_allclose(many.states[-1], few.states[-1], rtol=1e-4, atol=1e-12)
    assert np.abs(many.states - exact.states).max() < 1e-4
    np.testing.assert_array_equal(many.outputs[:, 1], many.states[:, 2])


def test_default_tolerance_over_a_year_of_daily_doses(inhibited: CompiledSystem) -> None:
    parameters = np.array([24, 0.35, 0.8, 5.0, 1.6])
    doses = Events(np.arange(365.0), np.full(365, 1), np.full(365, ADD), np.ones(365))
    times = np.linspace(0, 365, 61)
    initial = np.array([1.0, 0, 1, 0])
    run = engine.solve(inhibited, parameters, initial, doses, times)
    exact = engine.solve(inhibited, parameters, initial, doses, times, rtol=1e-9, atol=1e-10)
    scale = np.abs(exact.states).max(axis=0)
    assert (np.abs(run.states - exact.states) / scale).max() < 1e-4
    assert run.steps < 12 * 365
    assert run.rejected < 40


def test_absolute_tolerance_is_per_state() -> None:
    """The same decay in units a billion times smaller takes the same steps."""
    runs = []
    for scale in (1.0, 1e-9):
        s = symbol("s")
        compiled = engine.compile_system(
            make(f"decay{scale}", {"s": -s + scale * sympy.sin(TIME) * (s / scale) ** 2 / 9},
                 scales=(scale,))
        )  # fmt: skip
        runs.append(engine.solve(compiled, [], [scale], None, [0, 50.0], rtol=1e-5, atol=1e-7))
    assert runs[0].steps == pytest.approx(runs[1].steps, abs=1)
    np.testing.assert_allclose(runs[1].states * 1e9, runs[0].states, rtol=1e-6, atol=1e-12)


def test_blow_up_is_reported_with_time_and_state() -> None:
    quiet, wild = symbol("quiet"), symbol("wild")
    compiled = engine.compile_system(make("blow_up", {"quiet": -quiet, "wild": wild**2}))
    run = engine.solve(compiled, [], [1, 1], None, np.linspace(0, 2, 21))
    assert run.status == 2
    assert run.failed_state == "wild"
    assert run.failed_time == pytest.approx(1.0, abs=1e-2)
    assert "wild" in run.message
    assert np.isfinite(run.states[:10]).all()
    assert np.isnan(run.states[11:]).all()


def test_rates_that_are_not_numbers_are_reported() -> None:
    s = symbol("s")
    compiled = engine.compile_system(make("root", {"s": -sympy.sqrt(s) - 1}))
    run = engine.solve(compiled, [], [1], None, [0, 5.0])
    assert run.status == 2
    assert run.failed_state == "s"
    assert np.isnan(run.states[-1]).all()
    run = engine.solve(compiled, [], [-1], None, [0, 5.0])
    assert run.status == 2


def test_too_many_steps_is_reported(inhibited: CompiledSystem) -> None:
    run = engine.solve(
        inhibited, [24, 0.35, 0.8, 5, 1.6], [0.1, 1, 1, 0], None, [0, 1000.0], max_steps=5
    )
    assert run.status == 1
    assert not run.success
    assert 0 < run.failed_time < 1000


def test_a_sliding_mode_does_not_hang() -> None:
    x = symbol("x")
    push = sympy.Piecewise((-1, x > 0), (1, True))
    compiled = engine.compile_system(make("sliding", {"x": push + sympy.sin(TIME) / 2}))
    run = engine.solve(compiled, [], [0.5], None, [0, 5.0], max_steps=20_000)
    assert run.steps + run.rejected <= 20_000
    assert not run.success or abs(run.states[-1, 0]) < 0.01
