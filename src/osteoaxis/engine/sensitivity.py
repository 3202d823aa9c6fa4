"""Derivatives of trajectories with respect to parameters, by differences in lanes.

The patients of a block take the same steps: one is nominal, each of the others has one parameter
changed by a part in a million. Their differences are those of one smooth function, free of the
noise of step control (internal numerical differentiation, Bock 1981,
doi:10.1007/978-3-642-68220-9_8), and the step is chosen so that the derivatives, too, are within
the tolerances.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from osteoaxis.engine.solve import Problem
from osteoaxis.errors import InputError, SolverError, did_you_mean

Array = NDArray[np.float64]

SHARE = 3e-6  # of the parameter: truncation and rounding both about a part in a million


def sensitivities(
    task: Problem, names: Sequence[str], *, adapt: Callable[[Array], Problem] | None = None
) -> tuple[Array, Array]:
    """Return values (time, quantity) of a one-patient problem and their derivatives.

    Derivatives are (parameter, time, quantity), per unit of each parameter in `names`. `adapt`
    returns the problem for parameters (patient, parameter) where initial states or doses depend
    on them (default: they do not). Raises `InputError` for an unknown parameter or one that
    moves the time of a dose, and `SolverError` when the trajectory cannot be computed.
    """
    columns = [_column(task, name) for name in names]
    (nominal,) = task.parameters
    beside = task.compiled.machine(len(columns) + 1).lanes - 1
    changed, rows = [], []
    for k, column in enumerate(columns):
        if k % beside == 0:
            changed.append(nominal)
        changed.append(nominal.copy())
        changed[-1][column] += SHARE * (abs(nominal[column]) or 1.0)
        rows.append(len(changed) - 1)
    together = (adapt or _same(task))(np.array(changed or [nominal]))
    _check_times(together, rows, names)
    found = together.run(lockstep=SHARE)
    for row, message in enumerate(found.messages):
        if message:
            which = f" with '{names[rows.index(row)]}' changed" if row in rows else ""
            raise SolverError(f"{message}{which}")
    blocks = np.arange(len(names)) // beside * (beside + 1)
    widths = np.array([changed[r][c] - nominal[c] for r, c in zip(rows, columns, strict=True)])
    slopes = (found.values[rows] - found.values[blocks]) / widths[:, None, None]
    return found.values[0], slopes


def _column(task: Problem, name: str) -> int:
    known = task.compiled.system.parameters
    if name not in known:
        raise InputError(f"unknown parameter '{name}'.{did_you_mean(name, known)}")
    return known.index(name)


def _same(task: Problem) -> Callable[[Array], Problem]:
    def adapt(parameters: Array) -> Problem:
        count = len(parameters)
        return replace(
            task,
            parameters=parameters,
            initial=np.tile(task.initial, (count, 1)),
            start=np.tile(task.start, count),
            schedule=np.tile(task.schedule, count),
        )

    return adapt


def _check_times(task: Problem, rows: Sequence[int], names: Sequence[str]) -> None:
    nominal = task.schedules[task.schedule[0]]
    for row, name in zip(rows, names, strict=True):
        if not np.array_equal(task.schedules[task.schedule[row]].time, nominal.time):
            raise InputError(
                f"parameter '{name}' moves the end of a dose's release; "
                "no derivative is defined there."
            )
