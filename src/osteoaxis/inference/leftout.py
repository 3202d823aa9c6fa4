"""How far off the model is where it was not fitted: each calibration study left out in turn.

The set of parameters without a study is found by Gauss-Newton steps within the limits, with the
derivatives at the optimum. What is left of the study's differences beyond sampling, the spread
between studies and the uncertainty of parameters is error of the model itself; intervals of
predicted results are widened by so much that nine tenths of left-out results lie inside
(split-conformal, each study counting once).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, minimize

from osteoaxis.engine import Progress
from osteoaxis.evidence import check
from osteoaxis.evidence.prediction import Plan
from osteoaxis.evidence.row import Row
from osteoaxis.inference.objective import Objective

Array = NDArray[np.float64]

STEPS = 4
COVERED = 0.90
NORMAL_90 = 1.644854
SETS = 40
"""Sets of the ensemble that the uncertainty of parameters is taken from."""


def differences(objective: Objective, theta: Array, progress: Progress | None = None) -> Array:
    """Return predicted minus observed (points) of each row by a fit without the row's study."""
    of = np.array([objective.plan.rows[k].row.study_id for k in objective.used])
    names = list(dict.fromkeys(of))
    jacobian = objective.jacobian(theta)
    priors = np.ones(len(theta), dtype=bool)
    kept = np.array([np.concatenate([of != name, priors]) for name in names])
    space = objective.space
    at = np.tile(theta, (len(names), 1))
    length = np.ones(len(names))
    residuals = objective.residuals(at)
    for step in range(STEPS):
        if progress:
            progress("Leaving each study out", (step + 1) / (STEPS + 1))
        # within the limits: a step that is clipped afterwards leads uphill
        moves = [
            _least(jacobian[rows], r[rows], np.stack([space.low - x, space.high - x], axis=1))
            for x, r, rows in zip(at, residuals, kept, strict=True)
        ]
        moved = at + length[:, None] * np.array(moves)
        tried = objective.residuals(moved)
        better = ((tried**2) * kept).sum(axis=1) < ((residuals**2) * kept).sum(axis=1)
        at[better], residuals[better] = moved[better], tried[better]
        length = np.where(better, 1.0, length / 2.0)
    raw = objective.raw(at)
    which = np.array([names.index(name) for name in of])
    return np.asarray(raw[which, np.arange(len(of))])


def _least(jacobian: Array, residual: Array, bounds: Array) -> Array:
    """Return the step within `bounds` (parameter, low and high) that makes the residual least."""
    curvature, slope = jacobian.T @ jacobian, jacobian.T @ residual
    found = minimize(  # type: ignore[call-overload]
        lambda x: float(0.5 * x @ curvature @ x + slope @ x),
        np.zeros(len(bounds)),
        jac=lambda x: curvature @ x + slope,
        bounds=Bounds(bounds[:, 0], bounds[:, 1]),
        method="L-BFGS-B",
        options={"maxiter": 2000, "ftol": 1e-12, "gtol": 1e-8},
    )
    return np.asarray(found.x)


def model_error(
    objective: Objective, theta: Array, thetas: Array, progress: Progress | None = None
) -> dict[str, float]:
    """Return the standard deviation of the model's own error, by `check.error_kind`.

    In the points of each kind, of hormones that have not risen, see `check.raised`, of levels in
    hundredths of log units;
    `thetas` (draw, parameter) are sets of the ensemble.
    """
    rows = [objective.plan.rows[k].row for k in objective.used]
    known = np.var(as_taken(rows, objective.raw(thetas[:SETS])), axis=0)
    return _widening(rows, as_taken(rows, differences(objective, theta, progress)), known)


def as_taken(rows: Sequence[Row], points: Array) -> Array:
    """Return differences in the units of the intervals: of levels hundredths of log units.

    A level twice and one half of what was observed are as far off, 69, not 100 and 50 points.
    """
    level = np.array([row.statistic == "level" for row in rows])
    return np.where(level, 100.0 * np.log1p(np.maximum(points, -99.9) / 100.0), points)


def fracture_error(
    plan: Plan, values: Mapping[str, float], sets: Sequence[Mapping[str, float]]
) -> dict[str, float]:
    """Return the same for fractures (log units), whose parameters were fitted before.

    Left in, since no parameter of this fit depends on a fracture.
    """
    wanted = [
        k for k, planned in enumerate(plan.rows)
        if planned.executable and check.relative(planned.row) and planned.row.value
        and planned.row.quality != "memory"
    ]  # fmt: skip
    predicted = np.log(np.maximum(plan.predict([values, *sets[:SETS]], only=wanted)[wanted], 1e-9))
    rows = [plan.rows[k].row for k in wanted]
    observed = np.log([row.value or 1.0 for row in rows])
    return _widening(rows, predicted[:, 0] - observed, np.var(predicted[:, 1:], axis=1))


def _widening(rows: Sequence[Row], off: Array, known: Array) -> dict[str, float]:
    needed: dict[str, list[tuple[float, str]]] = {}
    for row, difference, variance in zip(rows, off, known, strict=True):
        if not np.isfinite(difference):
            continue
        usual = check.sampling_error(row) ** 2 + check.between_studies(row) ** 2 + variance
        beyond = math.sqrt(max((difference / NORMAL_90) ** 2 - usual, 0.0)) / check.raised(row)
        needed.setdefault(check.error_kind(row), []).append((beyond, row.study_id))
    return {kind: _quantile(values) for kind, values in sorted(needed.items())}


def _quantile(values: Sequence[tuple[float, str]]) -> float:
    """Return the least value that covers `COVERED` of the studies, rows of one sharing its weight.

    As many studies more as there are count as one that is not covered (split-conformal).
    """
    studies = [study for _, study in values]
    total, goal = 0.0, COVERED * (len(set(studies)) + 1)
    for value, study in sorted(values):
        total += 1.0 / studies.count(study)
        if total >= goal - 1e-9:
            return value
    return max(value for value, _ in values)
