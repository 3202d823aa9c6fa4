"""Linear groups are exact: bolus, oral, infusion, equal rate constants, accumulators."""

from __future__ import annotations

import numpy as np
import pytest

from osteoaxis import engine
from osteoaxis.engine import ADD, RATE, SET, CompiledSystem, Events, symbol
from osteoaxis.errors import SolverError

from .conftest import make

TIMES = np.linspace(0, 20, 41)
GUT, CENTRAL, GONE = 0, 1, 2


def run(compiled: CompiledSystem, parameters: list[float], *events: tuple[float, int, int, float]):  # type: ignore[no-untyped-def]
    columns = list(zip(*events, strict=True))
    return engine.solve(compiled, parameters, np.zeros(3), Events(*map(np.array, columns)), TIMES,
                        at_dose="after")  # fmt: skip


def test_bolus(oral: CompiledSystem) -> None:
    found = run(oral, [1.2, 0.4], (0, CENTRAL, ADD, 100.0))
    np.testing.assert_allclose(found.states[:, CENTRAL], 100 * np.exp(-0.4 * TIMES), rtol=1e-12)
    np.testing.assert_allclose(found.states.sum(axis=1), 100, rtol=1e-12)
    assert found.steps < 5


def test_oral_doses_superpose(oral: CompiledSystem) -> None:
    ka, ke = 1.2, 0.4
    found = run(oral, [ka, ke], (0, GUT, ADD, 10.0), (3.25, GUT, ADD, 5.0))

    def one(t: np.ndarray) -> np.ndarray:
        return np.where(t < 0, 0, ka / (ka - ke) * (np.exp(-ke * t) - np.exp(-ka * t)))

    expected = 10 * one(TIMES) + 5 * one(TIMES - 3.25)
    np.testing.assert_allclose(found.states[:, CENTRAL], expected, rtol=1e-11, atol=1e-13)


def test_infusion(oral: CompiledSystem) -> None:
    ke = 0.4
    found = run(oral, [1.2, ke], (1, CENTRAL, RATE, 8.0), (4.5, CENTRAL, RATE, -8.0))
    during = np.clip(TIMES - 1, 0, 3.5)
    expected = 8 / ke * -np.expm1(-ke * during) * np.exp(-ke * np.clip(TIMES - 4.5, 0, None))
    np.testing.assert_allclose(found.states[:, CENTRAL], expected, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(found.states[-1].sum(), 28, rtol=1e-12)


def test_infusion_into_an_accumulator(oral: CompiledSystem) -> None:
    found = run(oral, [1.2, 0.4], (2, GONE, RATE, 3.0))
    np.testing.assert_allclose(found.states[:, GONE], 3 * np.clip(TIMES - 2, 0, None), atol=1e-12)


def test_set_replaces_the_amount(oral: CompiledSystem) -> None:
    found = run(oral, [1.2, 0.4], (0, CENTRAL, ADD, 9.0), (2, CENTRAL, SET, 4.0))
    after = TIMES >= 2
    np.testing.assert_allclose(
        found.states[after, CENTRAL], 4 * np.exp(-0.4 * (TIMES[after] - 2)), rtol=1e-12
    )


def test_equal_rate_constants(oral: CompiledSystem) -> None:
    """ka = ke has no modes of its own; shifting it by a part in 1e7 is far below any data."""
    k = 0.7
    found = run(oral, [k, k], (0, GUT, ADD, 10.0))
    np.testing.assert_allclose(
        found.states[:, CENTRAL], 10 * k * TIMES * np.exp(-k * TIMES), rtol=2e-6, atol=1e-9
    )


def test_constant_input_and_rest() -> None:
    """An endogenous input is part of the group; its rest is the steady state."""
    blood, tissue = symbol("blood"), symbol("tissue")
    compiled = engine.compile_system(
        make("exchange", {"blood": symbol("made") - 0.5 * blood + 0.1 * tissue,
                          "tissue": 0.2 * blood - 0.1 * tissue},
             "made", linear=(("blood", "tissue"),))
    )  # fmt: skip
    rest = engine.steady_state(compiled, [3.0], [1, 1])
    np.testing.assert_allclose(rest, [10, 20], rtol=1e-12)
    found = engine.solve(compiled, [3.0], [0, 0], None, [0, 400.0])
    np.testing.assert_allclose(found.states[-1], rest, rtol=1e-9)


def test_many_equal_rate_constants_are_refused() -> None:
    names = [f"transit{k}" for k in range(5)]
    s = [symbol(k) for k in names]
    rates = {n: (s[k - 1] if k else 0) * symbol("k") - symbol("k") * s[k]
             for k, n in enumerate(names)}  # fmt: skip
    compiled = engine.compile_system(make("transit", rates, "k", linear=(tuple(names),)))
    with pytest.raises(SolverError, match="transit0"):
        engine.solve(compiled, [1.0], [1, 0, 0, 0, 0], None, [0, 1.0])


def test_long_pauses_do_not_overlook_a_dose(inhibited: CompiledSystem) -> None:
    """A dose after years at rest acts although steps had become years long."""
    parameters = np.array([24, 2.0, 0.1, 5.0, 2.0])
    start = engine.steady_state(inhibited, parameters, [1, 0, 1, 0])
    for state in (1, 3):
        dose = Events([3000.0], [state], [ADD], [1.0])
        times = np.r_[0, 2999, 3000 + np.linspace(0, 5, 11), 4000]
        found = engine.solve(inhibited, parameters, start, dose, times)
        exact = engine.solve(inhibited, parameters, start, dose, times, rtol=1e-9, atol=1e-10)
        assert found.states[:, 0].min() < 0.5
        assert np.abs(found.states - exact.states).max() < 3e-3
