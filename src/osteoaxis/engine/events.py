"""Doses and other interventions at given times."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from osteoaxis.errors import InputError

Array = NDArray[np.float64]

ADD, RATE, SET = 0, 1, 2
SAME_TIME = 1e-9  # days; an event this close to an output or the start is at that time


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


def snap(time: Array, starts: Array, grid: Array) -> Array:
    """Move events by at most SAME_TIME onto a start or an output, so that ties are exact."""
    if time.size == 0:
        return time
    marks = np.unique(np.concatenate((starts, grid)))
    right = np.clip(np.searchsorted(marks, time), 1, max(marks.size - 1, 1))
    before, behind = marks[right - 1], marks[np.minimum(right, marks.size - 1)]
    near = np.where(time - before <= behind - time, before, behind)
    moved = np.where(np.abs(near - time) <= SAME_TIME, near, time)
    return np.ascontiguousarray(np.maximum.accumulate(moved))
