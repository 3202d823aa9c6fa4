"""Steady states, also where an integrating state makes the Jacobian singular."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

from osteoaxis import engine
from osteoaxis.engine import TIME, symbol
from osteoaxis.errors import SolverError

from .conftest import make


def test_stiff_cycle_with_an_integrating_state() -> None:
    """Fast hormone, slow cells, and bone mass that integrates formation minus resorption."""
    hormone, cells, k = symbol("hormone"), symbol("cells"), symbol("k")
    compiled = engine.compile_system(
        make("cycle", {"hormone": 50 * (k / (1 + cells**2) - hormone),
                       "cells": 0.001 * (hormone - cells),
                       "mass": 0.002 * (hormone - cells)}, "k")
    )  # fmt: skip
    found = engine.steady_state(compiled, [2.0], [9.0, 0.1, 0.7])
    np.testing.assert_allclose(found[:2], [1, 1], rtol=1e-8)
    assert np.isfinite(found[2])
    np.testing.assert_allclose(compiled.rates(0, found, np.array([2.0])), 0, atol=1e-11)
    again = engine.steady_state(compiled, [2.0], found)
    np.testing.assert_allclose(again, found, rtol=1e-8)
    run = engine.solve(compiled, [2.0], found, None, [0, 3652.5])
    np.testing.assert_allclose(run.states[-1], found, rtol=1e-6)


def test_time_is_held() -> None:
    s = symbol("s")
    compiled = engine.compile_system(make("held", {"s": 1 + sympy.sin(TIME) - s}))
    assert engine.steady_state(compiled, [], [0.0], 2.0)[0] == pytest.approx(1 + np.sin(2.0))


def test_drift_is_named() -> None:
    rest, drifting = symbol("rest"), symbol("drifting")
    compiled = engine.compile_system(
        make("drift", {"rest": 1 - rest, "drifting": 0.01 * (1 + 0 * drifting)})
    )
    with pytest.raises(SolverError, match="drifting"):
        engine.steady_state(compiled, [], [0.0, 0.0])


def test_undefined_rates_are_named() -> None:
    good, bad = symbol("good"), symbol("bad")
    compiled = engine.compile_system(make("undefined", {"good": 1 - good, "bad": sympy.log(bad)}))
    with pytest.raises(SolverError, match="bad"):
        engine.steady_state(compiled, [], [0.0, -1.0])
