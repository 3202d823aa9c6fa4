"""The distance between model and evidence: robust, with studies as random effects, and priors.

Residuals are in points of `osteoaxis.evidence.check`. Rows of a study share a study effect and
rows of one arm and endpoint a curve effect, so that a long curve does not count as many studies;
its own errors grow with the number of its points beyond `FULL_POINTS`. The likelihood is
Student's t on what remains, written as squares so that Gauss-Newton steps apply.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from osteoaxis.evidence.check import between_studies, left, sampling_error, scale
from osteoaxis.evidence.endpoint import group
from osteoaxis.evidence.prediction import Plan
from osteoaxis.inference.free import Space

Array = NDArray[np.float64]

STUDENT = 4.0
"""Degrees of freedom of Student's t: single rows may be far off."""
FULL_POINTS = 3.0
MEDIAN_ERROR = 0.5
"""Further error of a median read as a mean, points of density."""
SCATTER = {"bmd": 0.5, "marker": 6.0, "hormone": 8.0, "arthralgia": 5.0, "other": 0.5}
"""What a row may be off beyond its sampling error, points: reading, timing, how a trial did."""
STUDY_SHARE = 0.7
"""Share of the variance between studies that all rows of a study and endpoint have in common;
rows of one arm have the rest in common, too."""
STEP = 0.005
APART = ("teriparatide", "abaloparatide", "romosozumab", "raloxifene")
"""Drugs whose rows are fitted last, with the rest held: daily pulses of teriparatide cost as much
time as all other rows."""
BAD = 50.0
"""Residual in place of one that could not be computed."""


@dataclass(frozen=True)
class Objective:
    """Residuals of the rows `used` of a plan as a function of the parameters of `space`."""

    plan: Plan
    space: Space
    used: tuple[int, ...]
    fixed: dict[str, float]
    whiten: Array
    observed: Array
    scales: Array
    bounds: Array
    """-1 where the change is at least so far down, 1 up, 0 where the value is an estimate."""

    @classmethod
    def of(
        cls,
        plan: Plan,
        space: Space,
        groups: Sequence[str],
        roles: dict[str, str],
        fixed: dict[str, float] | None = None,
        *,
        apart: bool = False,
    ) -> Objective:
        """Take the rows with weight of calibration studies whose endpoints are of `groups`.

        `apart` says whether those with or those without a drug of `APART`.
        """
        used = tuple(
            k
            for k, planned in enumerate(plan.rows)
            if planned.executable
            and not planned.given
            and planned.row.value is not None
            and planned.row.quality != "memory"
            and roles.get(planned.row.study_id) == "calibration"
            and group(planned.row.endpoint) in groups
            and apart
            == any(
                drug in APART
                for arm in planned.arms
                for member in arm
                for drug in plan.members[member].regimen.drugs
            )
        )
        rows = [plan.rows[k].row for k in used]
        covariance = np.zeros((len(rows), len(rows)))
        curves: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        for i, row in enumerate(rows):
            curves[row.study_id, row.arm, row.endpoint].append(i)
        for i, row in enumerate(rows):
            kind, between = group(row.endpoint), between_studies(row)
            points = len(curves[row.study_id, row.arm, row.endpoint])
            error = sampling_error(row) ** 2 + (SCATTER[kind] * left(row)) ** 2
            error += MEDIAN_ERROR**2 if row.median and kind == "bmd" else 0.0
            covariance[i, i] += error * max(1.0, points / FULL_POINTS)
            for j, other in enumerate(rows):
                if row.study_id == other.study_id and row.endpoint == other.endpoint:
                    shared = 1.0 if row.arm == other.arm else STUDY_SHARE
                    covariance[i, j] += shared * between * between_studies(other)
        return cls(
            plan, space, used, dict(fixed or {}),
            np.linalg.inv(np.linalg.cholesky(covariance)),
            np.array([row.value for row in rows], dtype=float),
            np.array([scale(row) for row in rows]),
            np.array([np.sign(row.value or 0.0) if row.bound else 0.0 for row in rows]),
        )  # fmt: skip

    def raw(self, thetas: Array, *, rtol: float = 1e-4) -> Array:
        """Return predicted minus observed in points, (theta, row)."""
        changes = [{**self.fixed, **self.space.changes(theta)} for theta in np.atleast_2d(thetas)]
        predicted = self.plan.predict(changes, only=self.used, rtol=rtol)[list(self.used)].T
        off = (predicted - self.observed) / self.scales
        open_side = np.where(self.bounds < 0, np.maximum(off, 0.0), np.minimum(off, 0.0))
        return np.asarray(np.where(self.bounds == 0, off, open_side))

    def robust(self, raw: Array) -> Array:
        """Return whitened residuals whose squares are those of Student's t, (theta, row)."""
        white = np.nan_to_num(raw, nan=BAD, posinf=BAD, neginf=-BAD) @ self.whiten.T
        squares = (STUDENT + 1.0) * np.log1p(white**2 / STUDENT)
        return np.asarray(np.sign(white) * np.sqrt(squares))

    def residuals(self, thetas: Array, *, rtol: float = 1e-4) -> Array:
        """Return residuals of the data and of the priors, (theta, residual)."""
        thetas = np.atleast_2d(thetas)
        return np.hstack([self.robust(self.raw(thetas, rtol=rtol)), thetas / self.space.sd])

    def costs(self, thetas: Array) -> Array:
        """Return half the sum of squares at each theta: minus the log posterior."""
        return np.asarray(0.5 * (self.residuals(thetas) ** 2).sum(axis=1))

    def jacobian(self, theta: Array) -> Array:
        """Return the derivative (residual, parameter) by differences solved in one batch."""
        steps = np.where(theta + STEP > self.space.high, -STEP, STEP)
        points = np.vstack([theta, theta + np.diag(steps)])
        values = self.residuals(points)
        return np.asarray(((values[1:] - values[0]) / steps[:, None]).T)

    @property
    def count(self) -> int:
        """Number of rows."""
        return len(self.used)
