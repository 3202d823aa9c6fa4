"""Solve initial value problems with doses, for one patient or many.

Rosenbrock method (tableau.py) in lanes (kernel.py), exact linear groups (linear.py), events.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from osteoaxis.engine import machine
from osteoaxis.engine.compiled import CompiledSystem
from osteoaxis.engine.events import SAME_TIME, Events, snap
from osteoaxis.engine.linear import modes
from osteoaxis.errors import InputError, did_you_mean

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

RTOL, ATOL = 5e-5, 5e-6
"""Defaults: every state of every built-in scenario stays within 1e-4 (docs/verification.md)."""
MAX_STEPS = 500_000
CHUNK = 512  # patients in one task of a thread: enough to keep lanes busy, small in memory

_OUTCOMES = {
    1: "took more steps than allowed",
    2: "needs steps that are too small",
}


@dataclass(frozen=True)
class Batch:
    """Trajectories of many patients; values after a failure are NaN, and its `status` is not 0."""

    times: Array  # (time,) days
    quantities: tuple[str, ...]
    values: Array  # (patient, time, quantity)
    status: Integers  # (patient,): 0 solved, 1 too many steps, 2 step too small
    messages: tuple[str, ...]  # what went wrong, "" where nothing did
    steps: Integers
    rejected: Integers
    failed_time: Array  # (patient,) days; NaN where nothing failed
    failed_state: tuple[str | None, ...]
    lane_steps: int
    """Steps of a whole block, all lanes at once."""


@dataclass(frozen=True)
class Solution:
    """A trajectory of one patient; rows after a failure are NaN, and then `status` is not 0."""

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


@dataclass(frozen=True)
class Problem:
    """What to integrate: arrays by patient, checked against the system.

    Parameters are (patient, parameter), initial states (patient, state); `start` is the day of
    the initial state of each patient; `schedules` are the distinct dose records and `schedule`
    says which one each patient has; `times` (days) are common to all.
    """

    compiled: CompiledSystem
    parameters: Array
    initial: Array
    start: Array
    schedules: tuple[Events, ...]
    schedule: Integers
    times: Array
    chosen: Integers
    quantities: tuple[str, ...]
    rtol: float
    atol: float
    at_dose: str
    max_steps: int

    def __len__(self) -> int:
        return len(self.parameters)

    def run(self, first: int = 0, last: int | None = None, *, lockstep: float = 0.0) -> Batch:
        """Integrate patients `first` … `last` - 1 in this thread.

        With `lockstep` each block of lanes takes the same steps, see `sensitivities`.
        """
        rows = slice(first, len(self) if last is None else last)
        compiled, names = self.compiled, self.compiled.system
        n, m = compiled.nonlinear.size, compiled.linear.size
        parameters = np.ascontiguousarray(self.parameters[rows])
        initial, start = self.initial[rows], np.ascontiguousarray(self.start[rows])
        count = len(parameters)
        used_schedules, schedule = np.unique(self.schedule[rows], return_inverse=True)
        place = np.empty(n + m, np.int64)
        place[compiled.nonlinear] = np.arange(n)
        place[compiled.linear] = n + np.arange(m)
        records = [self.schedules[k] for k in used_schedules]
        first_event = np.cumsum([0, *(record.time.size for record in records)]).astype(np.int64)
        where = place[np.concatenate([r.state for r in records])]
        x = initial[:, compiled.linear]
        used, inputs = self._groups(parameters, x, where[where >= n] - n)
        mode = modes(compiled, parameters, used)
        amplitudes = np.zeros((count, m))
        for g in np.flatnonzero(used):
            lo, hi = compiled.bounds[g : g + 2]
            flat = slice(*compiled.vector_start[g : g + 2])
            inverse = mode.inverse[:, flat].reshape(count, hi - lo, hi - lo)
            amplitudes[:, lo:hi] = np.einsum("pki,pi->pk", inverse, x[:, lo:hi])
        values = np.empty((count, self.times.size, self.chosen.size))
        status, counts = np.zeros(count, np.int64), np.zeros((count, 3), np.int64)
        failed_at = np.full(count, np.nan)
        loaded = compiled.machine(len(self))
        at = loaded.layout
        scale = np.asarray(names.scales, dtype=float)[compiled.nonlinear]
        calls = machine.driver().integrate(
            loaded.address("prepare", "evaluate", "start", "step", "advance"),
            at, loaded.block(), loaded.block(), n, m, at.outputs - at.constants,
            compiled.bounds, compiled.vector_start, compiled.diagonal(loaded),
            sum(1 << int(g) for g in np.flatnonzero(used)),
            parameters, start, np.ascontiguousarray(initial[:, compiled.nonlinear]),
            (mode.rates, amplitudes, mode.vectors, mode.inverse), np.ascontiguousarray(inputs),
            schedule.astype(np.int64), first_event,
            np.concatenate([snap(r.time, self.start, self.times) for r in records]),
            where,
            np.concatenate([r.kind for r in records]), np.concatenate([r.value for r in records]),
            self.times, self.at_dose == "after", self.rtol, self.atol * scale, self.max_steps,
            lockstep, self.chosen, values, status, counts, failed_at,
        )  # fmt: skip
        failed = [names.nonlinear_states[k] if n else None for k in counts[:, 2]]
        messages = tuple(
            f"{names.name} {_OUTCOMES[int(code)]} at day {day:.6g}; "
            f"the state hardest to follow is '{state}'"
            if code
            else ""
            for code, day, state in zip(status, failed_at, failed, strict=True)
        )
        return Batch(
            self.times, self.quantities, values, status, messages, counts[:, 0], counts[:, 1],
            failed_at, tuple(s if c else None for s, c in zip(failed, status, strict=True)),
            int(calls),
        )  # fmt: skip

    def _groups(
        self, parameters: Array, x: Array, dosed: Integers
    ) -> tuple[NDArray[np.bool_], Array]:
        """Which linear groups any patient uses, and their constant inputs."""
        compiled = self.compiled
        _, inputs = compiled.couplings(parameters)
        touched = (x != 0).any(axis=0) | (inputs != 0).any(axis=0)
        touched[dosed] = True
        pairs = itertools.pairwise(compiled.bounds)
        return np.array([touched[lo:hi].any() for lo, hi in pairs], dtype=bool), inputs


def problem(
    compiled: CompiledSystem,
    parameters: ArrayLike,
    initial: ArrayLike,
    events: Events | Sequence[Events] | None,
    times: ArrayLike,
    *,
    record: Sequence[str] | None = None,
    schedule: ArrayLike | None = None,
    start: ArrayLike | None = None,
    rtol: float = RTOL,
    atol: float = ATOL,
    at_dose: Literal["before", "after"] = "before",
    max_steps: int = MAX_STEPS,
) -> Problem:
    """Check what many patients are given; raises `InputError` naming what is wrong.

    `events` is one record for all, or a sequence of records: one a patient, or fewer with
    `schedule` saying which record each patient has. `record` names the states and outputs to
    return (default: all). `start` is one day or one a patient (default: the first of `times`).
    """
    system = compiled.system
    given = np.ascontiguousarray(parameters, dtype=float)
    state = np.ascontiguousarray(initial, dtype=float)
    if given.ndim != 2 or given.shape[1] != len(system.parameters) or not len(given):
        raise InputError(
            f"parameters: have shape {given.shape}, expected (patients, {len(system.parameters)})"
        )
    if state.shape != (len(given), len(system.states)):
        raise InputError(
            f"initial: has shape {state.shape}, expected ({len(given)}, {len(system.states)})"
        )
    for name, values in zip(system.states, state.T, strict=True):
        if not np.isfinite(values).all():
            bad = values[~np.isfinite(values)][0]
            raise InputError(f"initial: '{name}' is {bad}, must be a finite number")
    grid = np.ascontiguousarray(times, dtype=float)
    if grid.ndim != 1 or grid.size == 0 or not np.isfinite(grid).all() or (np.diff(grid) < 0).any():
        raise InputError("times: must be finite, at least one, and in ascending order")
    begin = np.full(len(given), grid[0] if start is None else start, dtype=float)
    if not (begin <= grid[0]).all():
        raise InputError(f"times: the first, {grid[0]} d, is before the start, {begin.max()} d")
    if at_dose not in ("before", "after"):
        raise InputError(f"at_dose: '{at_dose}' given, allowed are 'before' and 'after'")
    if not (rtol > 0 and atol > 0):
        raise InputError(f"rtol and atol must be > 0, given {rtol} and {atol}")
    schedules = (events,) if isinstance(events, Events) else tuple(events or (Events(),))
    if schedule is not None:
        which = np.asarray(schedule, dtype=np.int64)
    else:
        which = np.arange(len(given)) if len(schedules) > 1 else np.zeros(len(given), np.int64)
    if which.shape != (len(given),) or not 0 <= which.min() <= which.max() < len(schedules):
        raise InputError(f"events: {len(schedules)} records do not fit {len(given)} patients")
    for k, planned in enumerate(schedules):
        having = begin[which == k]
        if planned.time.size and having.size and planned.time[0] < having.max() - SAME_TIME:
            raise InputError(
                f"events: the first is at {planned.time[0]} d, before the start at {having.max()} d"
            )
        if planned.state.size and not (
            0 <= planned.state.min() <= planned.state.max() < len(system.states)
        ):
            raise InputError(f"events: state indices must be 0 to {len(system.states) - 1}")
    names, chosen = _choose(compiled, record)
    return Problem(
        compiled, given, state, begin, schedules, which, grid, chosen, names, rtol, atol,
        at_dose, max_steps,
    )  # fmt: skip


def _choose(
    compiled: CompiledSystem, record: Sequence[str] | None
) -> tuple[tuple[str, ...], Integers]:
    """Names to return, and the number of each: non-linear states, linear states, outputs."""
    system = compiled.system
    order = (*system.nonlinear_states, *system.linear_states)
    number = {name: len(order) + k for k, name in enumerate(system.outputs)}
    number |= {name: k for k, name in enumerate(order)}
    names = (*system.states, *system.outputs) if record is None else tuple(record)
    for name in names:
        if name not in number:
            raise InputError(f"record: unknown quantity '{name}'.{did_you_mean(name, number)}")
    chosen = [number[name] for name in names]
    if record is None:  # an output that is a state is computed as output, too
        chosen[len(system.states) :] = [len(order) + k for k in range(len(system.outputs))]
    return names, np.array(chosen, dtype=np.int64)


_threads: ContextVar[int | None] = ContextVar("threads", default=None)


@contextmanager
def on_threads(count: int) -> Iterator[None]:
    """Let the engine use `count` threads where none are asked for; else it uses all `cores`."""
    token = _threads.set(count)
    try:
        yield
    finally:
        _threads.reset(token)


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _or_usual(threads: int | None) -> int:
    return threads or _threads.get() or cores()


def stream(
    task: Problem, *, threads: int | None = None, chunk: int = CHUNK
) -> Iterator[tuple[slice, Batch]]:
    """Integrate in chunks of patients on several threads, and yield each as it is done, in order.

    At most two chunks a thread are held at a time, so memory stays bounded whatever the number
    of patients. Neither chunk nor threads change any result. Default: see `on_threads`.
    """
    workers = _or_usual(threads)
    parts = [slice(k, min(k + chunk, len(task))) for k in range(0, len(task), chunk)]
    task.compiled.machine(len(task))
    machine.driver()
    if workers == 1 or len(parts) == 1:
        yield from ((part, task.run(part.start, part.stop)) for part in parts)
        return
    with ThreadPoolExecutor(workers) as pool:
        waiting = iter(parts)
        running = [
            (part, pool.submit(task.run, part.start, part.stop))
            for part in itertools.islice(waiting, 2 * workers)
        ]
        try:
            while running:
                part, future = running.pop(0)
                result = future.result()
                for following in itertools.islice(waiting, 1):
                    submitted = pool.submit(task.run, following.start, following.stop)
                    running.append((following, submitted))
                yield part, result
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def solve_many(
    task: Problem,
    *,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Batch:
    """Integrate all patients and hold everything; `progress(done, of)` hears how far it is."""
    done: list[Batch] = []
    chunk = max(1, min(CHUNK, -(-len(task) // _or_usual(threads))))
    for part, batch in stream(task, threads=threads, chunk=chunk):
        done.append(batch)
        if progress is not None:
            progress(part.stop, len(task))
    return Batch(
        task.times,
        task.quantities,
        np.concatenate([b.values for b in done]),
        np.concatenate([b.status for b in done]),
        tuple(message for b in done for message in b.messages),
        np.concatenate([b.steps for b in done]),
        np.concatenate([b.rejected for b in done]),
        np.concatenate([b.failed_time for b in done]),
        tuple(state for b in done for state in b.failed_state),
        sum(b.lane_steps for b in done),
    )


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
    max_steps: int = MAX_STEPS,
) -> Solution:
    """Integrate one patient from `start` (default: the first of `times`), recorded at `times`.

    Times in days. The error allowed in a step is `atol * scale + rtol * |state|` for each state;
    errors of the result are typically ten times smaller. Where an output falls on an event, the
    value is that before or after the event (`at_dose`). Raises `InputError`.
    """
    task = problem(
        compiled,
        np.asarray(parameters, dtype=float)[None],
        np.asarray(initial, dtype=float)[None],
        events,
        times,
        start=start,
        rtol=rtol,
        atol=atol,
        at_dose=at_dose,
        max_steps=max_steps,
    )
    found = task.run()
    cut = len(compiled.system.states)
    status, day = int(found.status[0]), float(found.failed_time[0])
    return Solution(
        task.times,
        found.values[0, :, :cut],
        found.values[0, :, cut:],
        status,
        found.messages[0] or "solved",
        int(found.steps[0]),
        int(found.rejected[0]),
        found.failed_state[0],
        day if status else None,
    )
