"""Random systems: as SciPy's Radau has them, or a clear status; no NaN without one, no hang.

Sizes 1 to 40, time constants from minutes to centuries (ratios to 1e8), blow-ups, linear groups,
and doses at coincident and extreme times.
"""

from __future__ import annotations

import os

import numpy as np
import pytest
import sympy
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from osteoaxis import engine
from osteoaxis.engine import ADD, RATE, SET, TIME, Events, OdeSystem, symbol

EXAMPLES = int(os.environ.get("OSTEOAXIS_FUZZ", "30"))
END = 100.0
MOST_STEPS = 20_000
EXTREME_TIMES = (0.0, 1e-12, 1e-6, 50.0, 50.0, 50.0 + 5e-10, 50.0 + 1e-6, END - 1e-9, END, 2 * END)


class Random:
    """A random system with its numbers, from one seed."""

    def __init__(self, size: int, stiffness: float, wild: bool, seed: int) -> None:
        rng = self.rng = np.random.default_rng(seed)
        self.chain = int(rng.integers(0, min(size, 4)))  # linear states at the end
        self.names = [f"s{k}" for k in range(size)]
        speeds = 10.0 ** rng.uniform(-stiffness / 2, stiffness / 2, size)
        speeds = np.clip(speeds, 1e-5, 1e4)
        self.initial = 10.0 ** rng.uniform(-1, 1, size)
        self.parameters = speeds
        rates = [self._rate(k, size, wild) for k in range(size - self.chain)]
        linear = self.names[size - self.chain :]
        for k, name in enumerate(linear, size - self.chain):
            before = symbol(linear[0]) * symbol(f"k{size - self.chain}") if name != linear[0] else 0
            rates.append(before - symbol(f"k{k}") * symbol(name))
        self.system = OdeSystem(
            f"fuzz{seed}",
            tuple(self.names),
            tuple(f"k{k}" for k in range(size)),
            {"total": sum(map(symbol, self.names), sympy.Integer(0))},
            tuple(map(sympy.sympify, rates)),
            (1.0,) * size,
            (tuple(linear),) if linear else (),
            ("total",),
        )

    def _rate(self, k: int, size: int, wild: bool) -> sympy.Expr:
        rng, own, speed = self.rng, symbol(self.names[k]), symbol(f"k{k}")
        other, third = (symbol(self.names[int(i)]) for i in rng.integers(0, size, 2))
        half, steepness = float(rng.uniform(0.3, 3)), float(rng.uniform(0.6, 4))
        terms = [
            1 / (1 + sympy.Abs(other / half) ** steepness),
            other**2 / (half + other**2) + sympy.exp(-(third**2) / 5) / 3,
            sympy.tanh(other) + sympy.log(1 + third**2) / 4,
            1 + sympy.sin(TIME / float(rng.uniform(1, 30))) / 2,
            sympy.Piecewise((other / 2, other < half), (half / 2, True)),
            sympy.sqrt(other**2 + third**2 + 0.01) / 3,
        ]
        made = terms[int(rng.integers(len(terms)))]
        if wild and rng.random() < 0.3:
            made = made + float(rng.uniform(0, 0.2)) * own**2
        return speed * (made - own)

    def events(self, count: int) -> Events:
        rng = self.rng
        times = rng.choice([*EXTREME_TIMES, *rng.uniform(0, END, 6)], count)
        kinds = rng.choice([ADD, ADD, RATE, SET], count)
        values = rng.uniform(0, 2, count) * np.where(kinds == RATE, 0.1, 1.0)
        return Events(times, rng.integers(0, len(self.names), count), kinds, values)

    def radau(self, events: Events, times: np.ndarray) -> np.ndarray:
        """The same by SciPy, piece by piece between doses, with its own differences."""
        symbols = [TIME, *map(symbol, self.names)]
        known = dict(zip(map(symbol, self.system.parameters), self.parameters, strict=True))
        plain = sympy.lambdify(symbols, [r.subs(known) for r in self.system.rates], "numpy")
        state, inflow, now = self.initial.copy(), np.zeros(len(self.names)), 0.0
        found = np.full((times.size, len(self.names)), np.nan)
        # an event within 1e-9 days of an output is at that output, and the output is before it
        gaps = np.abs(events.time[:, None] - times)
        when = np.where(
            (gaps <= 1e-9).any(axis=1), times[gaps.argmin(axis=1)] if len(gaps) else 0, events.time
        )
        stops = np.unique(np.concatenate((np.clip(when, 0, END), (0.0, END))))

        def rates(t: float, y: np.ndarray) -> np.ndarray:
            return np.array(plain(t, *y), dtype=float) + inflow

        for stop in stops:
            if stop > now:
                inside = times[(times > now) & (times <= stop)]
                grid = np.unique(np.append(inside, stop))
                with np.errstate(all="ignore"):
                    run = solve_ivp(rates, (now, stop), state, "Radau", grid, rtol=1e-9, atol=1e-11)
                if not run.success:
                    return found
                found[np.searchsorted(times, inside)] = run.y.T[np.isin(grid, inside)]
                state, now = run.y[:, -1].copy(), stop
            else:
                found[times == stop] = state
            for k in np.flatnonzero(when == stop):
                where, value = events.state[k], events.value[k]
                if events.kind[k] == ADD:
                    state[where] += value
                elif events.kind[k] == SET:
                    state[where] = value
                else:
                    inflow[where] += value
        return found


@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
@given(
    size=st.integers(1, 40),
    stiffness=st.floats(0, 8),
    wild=st.booleans(),
    doses=st.integers(0, 12),
    seed=st.integers(0, 10**6),
)
def test_random_systems(size: int, stiffness: float, wild: bool, doses: int, seed: int) -> None:
    random = Random(size, stiffness, wild, seed)
    events, times = random.events(doses), np.array([0.0, 0.5, 7.25, 30.0, 61.0, END])
    compiled = engine.compile_system(random.system)
    run = engine.solve(
        compiled, random.parameters, random.initial, events, times, rtol=1e-7, atol=1e-9,
        max_steps=MOST_STEPS,
    )  # fmt: skip
    assert run.steps + run.rejected <= MOST_STEPS
    finite = np.isfinite(run.states).all(axis=1)
    if run.status:
        event("failed, and says so")
        assert wild, run.message
        assert run.failed_state in random.names
        assert run.failed_time is not None
        assert f"{run.failed_time:.6g}" in run.message
        assert finite[times < run.failed_time * (1 - 1e-6)].all()
        assert np.isnan(run.states[times > run.failed_time * (1 + 1e-6) + 1e-9]).all()
        return
    event("solved")
    assert finite.all()
    reference = random.radau(events, times)
    if not np.isfinite(reference).all():
        event("Radau gave up")
        return
    scale = np.maximum(np.abs(reference).max(axis=0), 1e-2)
    assert (np.abs(run.states - reference) / scale).max() < 1e-5
    np.testing.assert_allclose(run.outputs[:, 0], run.states.sum(axis=1), rtol=1e-12)


@pytest.mark.parametrize("value", [0.0, 1e-300, 1e300, -1e300])
def test_extreme_initial_states_end_with_a_status(value: float) -> None:
    a, b = symbol("a"), symbol("b")
    rates = (sympy.sympify(a**2 * b), sympy.exp(a) - b)
    compiled = engine.compile_system(OdeSystem("extreme", ("a", "b"), (), {}, rates, (1.0, 1.0)))
    run = engine.solve(compiled, [], [value, 1.0], None, [0, 1.0, 50.0], max_steps=2000)
    assert run.steps + run.rejected <= 2000
    assert run.success == bool(np.isfinite(run.states).all())
