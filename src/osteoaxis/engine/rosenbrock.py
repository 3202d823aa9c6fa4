"""Solve an initial value problem with doses: Rosenbrock method, exact linear groups, events."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from osteoaxis.engine.compiled import CompiledSystem
from osteoaxis.engine.linear import modes
from osteoaxis.errors import InputError

Array = NDArray[np.float64]

ADD, RATE, SET = 0, 1, 2
RTOL, ATOL = 1e-3, 1e-4
SAME_TIME = 1e-9  # days; an event this close to an output or the start is at that time

_OUTCOMES = {
    1: "took more than {max_steps} steps",
    2: "needs steps that are too small",
}


@dataclass(frozen=True)
class Events:
    """Doses and other interventions, one entry each in four arrays of equal length.

    `time` in days; `state` is the index in system.states; `kind` is ADD (state += value), RATE
    (value in state units/day is added to the constant input of the state until changed: an
    infusion ends with a RATE of -value) or SET (state = value). Events at one time are applied
    in the order given.
    """

    time: Array = field(default_factory=lambda: np.zeros(0))
    state: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    kind: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    value: Array = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        time = np.asarray(self.time, dtype=float)
        order = np.argsort(time, kind="stable")
        for name in ("time", "state", "kind", "value"):
            kind = float if name in ("time", "value") else np.int64
            given = np.asarray(getattr(self, name), dtype=kind)
            if given.shape != time.shape or given.ndim != 1:
                raise InputError(f"events: {name} has shape {given.shape}, time has {time.shape}")
            object.__setattr__(self, name, np.ascontiguousarray(given[order]))
        if not (np.isfinite(self.time).all() and np.isfinite(self.value).all()):
            raise InputError("events: times and values must be finite numbers")
        if not np.isin(self.kind, (ADD, RATE, SET)).all():
            raise InputError("events: kind must be ADD (0), RATE (1) or SET (2)")


@dataclass(frozen=True)
class Solution:
    """A trajectory; rows after a failure are NaN, and then `status` is not 0."""

    times: Array  # (time,) days
    states: Array  # (time, state)
    outputs: Array  # (time, output)
    status: int  # 0 solved, 1 too many steps, 2 step too small
    message: str
    steps: int
    rejected: int
    failed_state: str | None = None
    failed_time: float | None = None

    @property
    def success(self) -> bool:
        return self.status == 0


def solve(
    compiled: CompiledSystem,
    parameters: ArrayLike,
    initial: ArrayLike,
    events: Events | None,
    times: ArrayLike,
    *,
    rtol: float = RTOL,
    atol: float = ATOL,
    start: float | None = None,
    at_dose: Literal["before", "after"] = "before",
    max_steps: int = 500_000,
) -> Solution:
    """Integrate from `start` (default: the first of `times`) and record at `times`, in days.

    The error allowed in a step is atol * scale + rtol * |state| for each state; errors of the
    result are typically ten times smaller. Where an output falls on an event, the value is that
    before or after the event (`at_dose`).
    """
    system = compiled.system
    grid = np.ascontiguousarray(times, dtype=float)
    if grid.ndim != 1 or grid.size == 0 or not np.isfinite(grid).all() or (np.diff(grid) < 0).any():
        raise InputError("times: must be finite, at least one, and in ascending order")
    begin = float(grid[0]) if start is None else float(start)
    if not begin <= grid[0]:
        raise InputError(f"times: the first, {grid[0]} d, is before the start, {begin} d")
    if at_dose not in ("before", "after"):
        raise InputError(f"at_dose: '{at_dose}' given, allowed are 'before' and 'after'")
    if not (rtol > 0 and atol > 0):
        raise InputError(f"rtol and atol must be > 0, given {rtol} and {atol}")
    state = np.array(initial, dtype=float)
    given = np.ascontiguousarray(parameters, dtype=float)
    constants = compiled.prepare(given)
    if state.shape != (len(system.states),):
        raise InputError(f"initial: has shape {state.shape}, expected ({len(system.states)},)")
    for name, value in zip(system.states, state, strict=True):
        if not np.isfinite(value):
            raise InputError(f"initial: '{name}' is {value}, must be a finite number")
    planned = events if events is not None else Events()
    event_times = _snap(planned.time, begin, grid)
    if event_times.size and event_times[0] < begin:
        raise InputError(
            f"events: the first is at {event_times[0]} d, before the start at {begin} d"
        )
    if planned.state.size and not 0 <= planned.state.min() <= planned.state.max() < state.size:
        raise InputError(f"events: state indices must be 0 to {state.size - 1}")

    n, m = compiled.nonlinear.size, compiled.linear.size
    place = np.empty(state.size, np.int64)
    place[compiled.nonlinear] = np.arange(n)
    place[compiled.linear] = n + np.arange(m)
    where = place[planned.state]
    x = state[compiled.linear]
    mode = modes(compiled, given)
    touched = (x != 0) | (mode.inputs != 0)
    touched[where[where >= n] - n] = True
    active = np.array(
        [touched[lo:hi].any() for lo, hi in itertools.pairwise(compiled.bounds)],
        dtype=bool,
    )
    y_out = np.full((grid.size, n), np.nan)
    x_out = np.full((grid.size, m), np.nan)
    outputs = np.full((grid.size, len(system.outputs)), np.nan)
    counts, info = np.zeros(3, np.int64), np.zeros(1)
    scale = np.asarray(system.scales, dtype=float)[compiled.nonlinear]
    code = compiled.module
    status = compiled.kernel.integrate(
        code.rates, code.jacobian, code.factor, code.backsolve, code.evaluate,
        begin, state[compiled.nonlinear], constants,
        len(code.ENTRIES), code.FACTORS, code.WORK, compiled.diagonal,
        x, mode.inputs, mode.rates, mode.vectors, mode.inverse, compiled.bounds, active,
        event_times, where, planned.kind, planned.value,
        grid, at_dose == "after", rtol, atol * scale, max_steps,
        y_out, x_out, outputs, counts, info,
    )  # fmt: skip
    states = np.empty((grid.size, state.size))
    states[:, compiled.nonlinear] = y_out
    states[:, compiled.linear] = x_out
    steps, rejected, worst = (int(k) for k in counts)
    if status == 0:
        return Solution(grid, states, outputs, 0, "solved", steps, rejected)
    failed = system.nonlinear_states[worst] if n else None
    message = (
        f"{system.name} {_OUTCOMES[status].format(max_steps=max_steps)} at day {info[0]:.6g}; "
        f"the state hardest to follow is '{failed}'"
    )
    return Solution(
        grid, states, outputs, int(status), message, steps, rejected, failed, float(info[0])
    )


def _snap(time: Array, start: float, grid: Array) -> Array:
    """Move events by at most SAME_TIME onto the start or an output, so that ties are exact."""
    if time.size == 0:
        return time
    marks = np.concatenate(([start], grid))
    right = np.clip(np.searchsorted(marks, time), 1, marks.size - 1)
    before, behind = marks[right - 1], marks[right]
    near = np.where(time - before <= behind - time, before, behind)
    moved = np.where(np.abs(near - time) <= SAME_TIME, near, time)
    return np.ascontiguousarray(np.maximum.accumulate(moved))
