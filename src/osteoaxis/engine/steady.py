"""Steady states: follow the system with ever longer implicit steps until they are Newton steps."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from osteoaxis.engine import machine
from osteoaxis.engine.compiled import CompiledSystem
from osteoaxis.engine.linear import resting_state
from osteoaxis.errors import SolverError

Array = NDArray[np.float64]

_REASONS = {
    3: "the rate of '{state}' is not finite at the initial guess",
    4: "no steady state found; '{state}' is the state that resists",
    5: "no steady state; '{state}' = {value:.6g} still changes",
}


def steady_states(
    compiled: CompiledSystem, parameters: ArrayLike, guesses: ArrayLike, times: ArrayLike
) -> tuple[Array, list[str]]:
    """Return the states at which nothing changes, (patient, state), and what went wrong.

    Parameters are (patient, parameter), guesses (patient, state); explicit time is held at
    `times` (days, one a patient). The second result has a sentence for each patient that has no
    steady state and "" for the others.

    Pseudo-transient continuation (Kelley and Keyes 1998, doi:10.1137/S0036142996304796): implicit
    Euler steps that lengthen while the state changes little. States that only integrate others
    keep their guess when their rate vanishes. Drugs are taken as not dosed.
    """
    given = np.ascontiguousarray(parameters, dtype=float)
    states = np.array(guesses, dtype=float)
    moments = np.ascontiguousarray(times, dtype=float)
    x = resting_state(compiled, given, states[:, compiled.linear])
    states[:, compiled.linear] = x
    y = np.ascontiguousarray(states[:, compiled.nonlinear])
    status, worst = np.zeros(len(y), np.int64), np.zeros(len(y), np.int64)
    if y.shape[1]:
        loaded = compiled.machine(len(y))
        machine.driver().settle(
            loaded.address("prepare", "rates", "linearise", "newton"),
            loaded.layout, loaded.block(), y.shape[1], given, moments, y, np.ascontiguousarray(x),
            np.asarray(compiled.system.scales)[compiled.nonlinear], status, worst,
        )  # fmt: skip
    states[:, compiled.nonlinear] = y
    names = compiled.system.nonlinear_states
    reasons = [
        _REASONS[int(code)].format(state=names[state], value=values[state]) if code else ""
        for code, state, values in zip(status, worst, y, strict=True)
    ]
    return states, reasons


def steady_state(
    compiled: CompiledSystem, parameters: ArrayLike, guess: ArrayLike, time: float = 0.0
) -> Array:
    """Return the steady state of one patient, see `steady_states`; raises `SolverError`."""
    given, start = np.asarray(parameters, dtype=float), np.asarray(guess, dtype=float)
    states, (reason,) = steady_states(compiled, given[None], start[None], [time])
    if reason:
        raise SolverError(f"{compiled.system.name}: {reason}")
    return np.asarray(states[0])
