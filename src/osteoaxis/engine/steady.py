"""Steady state: follow the system with ever longer implicit steps until they are Newton steps."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from osteoaxis.engine.compiled import CompiledSystem
from osteoaxis.engine.linear import resting_state
from osteoaxis.errors import SolverError

Array = NDArray[np.float64]

FIRST_STEP, LONGEST_STEP = 1e-4, 1e6  # days; the longest keeps 1/h - J regular
LARGEST_CHANGE = 0.5  # of |state| + scale / 10 in one step
CONVERGED = 1e-9  # of |state| + scale, in a step of LONGEST_STEP
DRIFT = 1e-6  # of |state| + scale in ten years, allowed in the result
MOST_STEPS = 1000
TEN_YEARS = 3652.5


def steady_state(
    compiled: CompiledSystem, parameters: ArrayLike, guess: ArrayLike, time: float = 0.0
) -> Array:
    """Return the state at which nothing changes, with explicit time held at `time` (days).

    Pseudo-transient continuation (Kelley and Keyes 1998, doi:10.1137/S0036142996304796): implicit
    Euler steps that lengthen while the state changes little. States that only integrate others
    keep their guess when their rate vanishes. Drugs are taken as not dosed.
    """
    system, code = compiled.system, compiled.module
    given = np.ascontiguousarray(parameters, dtype=float)
    state = np.array(guess, dtype=float)
    constants = compiled.prepare(given)
    x = resting_state(compiled, given, state[compiled.linear])
    state[compiled.linear] = x
    y = state[compiled.nonlinear]
    scale = np.asarray(system.scales)[compiled.nonlinear]
    names = system.nonlinear_states
    n = y.size
    if n == 0:
        return state
    f, change, slope = np.zeros(n), np.zeros(n), np.zeros(n)
    still = np.zeros(x.size)
    entries, lu = np.zeros(len(code.ENTRIES)), np.zeros(code.FACTORS)
    work = np.ones(code.WORK)
    code.rates(time, y, x, constants, f, work)
    if not np.isfinite(f).all():
        bad = names[int(np.argmin(np.isfinite(f)))]
        raise SolverError(f"{system.name}: the rate of '{bad}' is not finite at the initial guess")
    h = FIRST_STEP
    for _ in range(MOST_STEPS):
        code.jacobian(time, y, x, still, constants, entries, slope, work)
        while True:
            code.factor(1.0 / h, entries, lu)
            code.backsolve(lu, f, change)
            trial = y + change
            relative = np.abs(change) / (np.abs(y) + 0.1 * scale)
            if (relative <= LARGEST_CHANGE).all():  # false for NaN
                rates = np.zeros(n)
                code.rates(time, trial, x, constants, rates, work)
                if np.isfinite(rates).all():
                    break
            h *= 0.25
            if h < 1e-14:
                worst = names[int(np.argmax(np.nan_to_num(relative, nan=np.inf)))]
                raise SolverError(
                    f"{system.name}: no steady state found; '{worst}' is the state that resists"
                )
        y, f = trial, rates
        size = np.abs(y) + scale
        if h >= LONGEST_STEP and (np.abs(change) <= CONVERGED * size).all():
            break
        if relative.max() < 0.5 * LARGEST_CHANGE:
            h = min(4.0 * h, LONGEST_STEP)
    drift = np.abs(f) * TEN_YEARS / (np.abs(y) + scale)
    if not (drift <= DRIFT).all():
        k = int(np.argmax(drift))
        raise SolverError(
            f"{system.name}: no steady state; '{names[k]}' = {y[k]:.6g} "
            f"still changes by {f[k]:.3g} a day"
        )
    state[compiled.nonlinear] = y
    return state
