"""How predictions stand against what was observed: row by row, and by endpoint."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from osteoaxis import fitted
from osteoaxis.evidence.endpoint import BMD, POSSIBLE, group
from osteoaxis.evidence.prediction import Plan, Planned
from osteoaxis.evidence.row import Row
from osteoaxis.outcomes.change import Z95

Array = NDArray[np.float64]

POINTS = {"bmd": 1.0, "marker": 15.0, "hormone": 15.0, "arthralgia": 10.0, "other": 1.0}
"""Differences that count as agreement whatever the standard error: percentage points (levels of
hormones: percent of what was observed)."""
BETWEEN_STUDIES = {"bmd": 0.6, "marker": 9.0, "hormone": 12.0, "arthralgia": 8.0, "other": 0.6}
"""Standard deviation between studies of one treatment and time, in the same points.

Density and markers: pooled from calibration studies that repeat each other, less their sampling
error (spine 0.9 of 12, hip 0.5 of 12, markers 8.7 of 15 degrees of freedom; at the spine 1.4
between nine arms on an inhibitor alone). The others are assumed."""
BETWEEN_AT_SPINE = 1.0
EXTERNAL = "external"
"""Role of studies that the package has not."""
FRACTURE_BETWEEN = 0.20
"""The same for fractures, in log units."""
WITHIN_PERSON = {"bmd": 4.0, "marker": 35.0, "hormone": 30.0, "other": 4.0}
"""Standard deviation of changes between people, in points, where no standard error is printed
(assumed: spine density of trials 3.5 to 4.5)."""
LEAST_LEFT = 0.02
"""Share of a hormone below which its errors shrink no further."""
USUAL_N = 60.0
_LEAST = 1e-9
"""What takes the place of zero in a logarithm."""


@dataclass(frozen=True)
class Scored:
    """A row beside its prediction.

    `low` and `high` hold the 90 % interval of what such a study would observe: uncertainty of the
    parameters, error of the model, spread between studies and sampling. `difference` is predicted
    minus observed in points (percent for levels, log units for fractures); `allowed` what counts
    as agreement. `reason` says why there is no prediction or no weight.
    """

    planned: Planned
    role: str
    predicted: float | None
    low: float | None
    high: float | None
    difference: float | None
    standard_errors: float | None
    allowed: float | None
    weight: float
    reason: str

    @property
    def row(self) -> Row:
        return self.planned.row

    @property
    def within(self) -> bool:
        """Whether the difference counts as agreement: the one criterion of every verdict."""
        assert self.difference is not None
        assert self.allowed is not None
        return abs(self.difference) <= self.allowed + 1e-9

    @property
    def covered(self) -> bool:
        """Whether the interval holds what was observed."""
        assert self.low is not None
        assert self.high is not None
        assert self.row.value is not None
        if self.difference == 0.0 and self.row.bound:
            return True
        return self.low - 1e-9 <= self.row.value <= self.high + 1e-9

    @property
    def width(self) -> float:
        """Width of the interval: points, percent of what is predicted for levels, log units."""
        assert self.predicted is not None
        assert self.low is not None
        assert self.high is not None
        if relative(self.row):
            return math.log(self.high / self.low)
        unit = self.predicted / 100.0 if self.row.statistic == "level" else 1.0
        return (self.high - self.low) / unit

    def as_json(self) -> dict[str, Any]:
        """Return the row, its prediction and the verdict by name."""
        row = self.row
        return {
            "study_id": row.study_id,
            "role": self.role,
            "arm": row.arm,
            "treatment": row.treatment,
            "endpoint": row.endpoint,
            "time_months": row.time_months,
            "statistic": row.statistic,
            "unit": row.unit,
            "n": row.n,
            "observed": row.value,
            "observed_low": row.low,
            "observed_high": row.high,
            "uncertainty": row.uncertainty,
            "predicted": _rounded(self.predicted),
            "low": _rounded(self.low),
            "high": _rounded(self.high),
            "difference": _rounded(self.difference),
            "allowed": _rounded(self.allowed),
            "standard_errors": _rounded(self.standard_errors),
            "within": None if self.difference is None else self.within,
            "weight": self.weight,
            "executable": self.planned.executable,
            "reason": self.reason,
            "taken": self.planned.taken,
            "quality": row.quality,
            "citation": row.citation,
            "doi": row.doi,
            "note": row.note,
        }


def relative(row: Row) -> bool:
    """Whether differences are taken as logarithms: fractures."""
    return group(row.endpoint) == "fracture"


def between_studies(row: Row) -> float:
    """Return the standard deviation between studies in points (log units for fractures)."""
    if relative(row):
        return FRACTURE_BETWEEN
    spine = row.endpoint == "lumbar_spine_bmd"
    return BETWEEN_AT_SPINE if spine else BETWEEN_STUDIES[group(row.endpoint)] * left(row)


def error_kind(row: Row) -> str:
    """Return by which of `fitted.model_error` the interval of a row is widened."""
    if row.endpoint == "lumbar_spine_bmd":
        return "spine"
    kind = group(row.endpoint)
    if kind == "fracture" and row.statistic == "hazard_ratio":
        return "fracture_ratio"  # what both arms have in common cancels
    return f"{kind}_level" if row.statistic == "level" else kind


def left(row: Row) -> float:
    """Return what errors in points are multiplied with: the share of a hormone that is left.

    Hormones vary in proportion to their level: after a fall of 93 % a change is known within a few
    points, after a trebling it is not. Density and markers stay in points.
    """
    percent = row.statistic == "percent_change" and row.value is not None
    if group(row.endpoint) != "hormone" or not percent:
        return 1.0
    assert row.value is not None
    return max(1.0 + row.value / 100.0, LEAST_LEFT)


def raised(row: Row) -> float:
    """Return what the model's own error is multiplied with: a rise makes it larger in proportion.

    A fall does not make it smaller: left out, a study that took 98 % away is missed by 7 points.
    """
    return max(left(row), 1.0)


def off(row: Row, difference: float) -> float:
    """Return a difference (predicted minus observed), zero on the open side of a bound."""
    if not row.bound or row.value is None:
        return difference
    return max(difference, 0.0) if row.value < 0 else min(difference, 0.0)


def scale(row: Row) -> float:
    """Return what one point is in units of the row."""
    if row.statistic == "level" and row.value:
        return abs(row.value) / 100.0
    return 1.0


def sampling_error(row: Row) -> float:
    """Return the standard error of a row in points (log units for fractures), printed or usual."""
    kind = group(row.endpoint)
    printed = row.standard_error
    if kind == "fracture":
        if row.statistic == "hazard_ratio":
            return printed if printed is not None else 0.2
        return _share_error(row)
    if kind == "arthralgia":
        n, p = row.n or 200.0, min(max((row.value or 30.0) / 100.0, 0.02), 0.98)
        return 100.0 * math.sqrt(p * (1 - p) / n)
    if printed is not None and row.n != 1:
        return printed / scale(row)
    return WITHIN_PERSON[kind] * left(row) / math.sqrt(row.n or _one(row) or USUAL_N)


def _one(row: Row) -> float | None:
    """Return 1 for a case report whose table leaves the number out."""
    return 1.0 if "n=1" in row.population.replace(" ", "").split(";")[0].split(",") else None


def _share_error(row: Row) -> float:
    """Standard error of the logarithm of a share or rate, by counts."""
    value = max(row.value or 1.0, 0.1)
    if row.low is not None and row.high is not None and row.low > 0:
        return math.log(row.high / row.low) / (2 * Z95)
    events = max((row.n or 500.0) * value / 100.0, 1.0)
    return 1.0 / math.sqrt(events)


def score(plan: Plan, predictions: Array, roles: Mapping[str, str]) -> list[Scored]:
    """Return every row scored; `predictions` is (row, draw), the first draw the central one."""
    return [
        _score(
            planned,
            values,
            roles.get(planned.row.study_id, EXTERNAL) if plan.known(planned.row) else EXTERNAL,
        )
        for planned, values in zip(plan.rows, predictions, strict=True)
    ]


def _score(planned: Planned, values: Array, role: str) -> Scored:
    row, reason = planned.row, planned.reason
    kind = group(row.endpoint)
    weight = 0.0 if row.quality == "memory" or role == "context" or row.value is None else 1.0
    if planned.given:
        reason, weight = "given to the patient", 0.0
    elif planned.executable and row.value is None:
        reason = "a direction only; no number was read"
    elif planned.executable and row.quality == "memory":
        reason = "recalled, not read"
    elif planned.executable and role == "context":
        reason = "of a study for context"
    central = values[0]
    if not planned.executable or not np.isfinite(central):
        failed = reason or "the equations could not be solved"
        return Scored(planned, role, None, None, None, None, None, None, 0.0, failed)
    draws = values[np.isfinite(values)]
    if planned.given:
        return Scored(planned, role, central, central, central, None, None, None, 0.0, reason)
    error = sampling_error(row)
    beyond = fitted.model_error().get(error_kind(row), 0.0) * raised(row)
    others = error**2 + between_studies(row) ** 2 + beyond**2
    level = row.statistic == "level"
    logarithmic = relative(row) or level
    varied = np.log(np.maximum(draws, _LEAST)) if logarithmic else draws
    spread = math.hypot(np.std(varied), math.sqrt(others) * (0.01 if level else 1.0))
    assert planned.question is not None
    low, high = interval(
        planned.question.how, max(central, _LEAST) if logarithmic else central, spread,
        logarithmic=logarithmic,
    )  # fmt: skip
    if row.value is None:
        return Scored(planned, role, central, low, high, None, None, None, 0.0, reason)
    if relative(row):
        difference = math.log(max(central, _LEAST) / max(row.value, _LEAST))
        allowed = max(Z95 * error, math.log(1.25)) if row.low is None else _limits(row)
    else:
        difference = off(row, (central - row.value) / scale(row))
        # of one person the spread between people is the error
        known = (
            row.standard_error is not None or kind == "arthralgia" or (row.n or _one(row)) == 1.0
        )
        printed = error if known else 0.0
        allowed = max(Z95 * printed, between_studies(row), POINTS[kind])
    return Scored(
        planned, role, float(central), float(low), float(high), float(difference),
        float(difference / error), float(allowed), weight, reason,
    )  # fmt: skip


def interval(
    how: str, central: float, spread: float, *, logarithmic: bool = False
) -> tuple[float, float]:
    """Return the 90 % interval about `central`, in its units; it holds no impossible values.

    `spread` is the standard deviation of a normal distribution in the same units, or of the
    logarithm. What a question of this `how` cannot answer is cut off it: shares of people beyond
    0 and 100 %, losses of more than 100 %.
    """
    to, back = (math.log, math.exp) if logarithmic else (float, float)
    normal = NormalDist(to(central), spread)
    lowest, highest = POSSIBLE.get(how, (-math.inf, math.inf))
    below = 0.0 if logarithmic else normal.cdf(lowest)
    inside = normal.cdf(to(highest)) - below
    low, high = (back(normal.inv_cdf(below + share * inside)) for share in (0.05, 0.95))
    return min(low, central), max(high, central)


def _limits(row: Row) -> float:
    """Half-width of a printed interval of a ratio or share, in log units."""
    assert row.low is not None
    assert row.high is not None
    return math.log(row.high / row.low) / 2 if row.low > 0 else math.log(1.25)


def summary(scored: Iterable[Scored]) -> dict[str, dict[str, float]]:
    """Return the statistics of rows with weight, by endpoint, see `statistics`.

    Points; fractures in log units, hormone levels in percent.
    """
    by: dict[str, list[Scored]] = defaultdict(list)
    for each in scored:
        if each.weight > 0:
            by[each.row.endpoint].append(each)
    return {name: statistics(rows) for name, rows in sorted(by.items(), key=_order)}


def statistics(rows: Sequence[Scored]) -> dict[str, float]:
    """Return n, bias, rmse, the share within what counts as agreement, coverage, median width."""
    differences = np.array([r.difference for r in rows], dtype=float)
    if not differences.size:
        return {"n": 0, "bias": math.nan, "rmse": math.nan, "share_within": math.nan,
                "coverage": math.nan, "width": math.nan}  # fmt: skip
    return {
        "n": len(rows),
        "bias": float(differences.mean()),
        "rmse": float(np.sqrt((differences**2).mean())),
        "share_within": float(np.mean([r.within for r in rows])),
        "coverage": float(np.mean([r.covered for r in rows])),
        "width": float(np.median([r.width for r in rows])),
    }


def _order(item: tuple[str, Any]) -> tuple[int, str]:
    name = item[0]
    return (BMD.index(name) if name in BMD else len(BMD), name)


def as_json(scored: Sequence[Scored]) -> dict[str, Any]:
    """Return what `osteoaxis evidence check --json` prints."""
    rounded = {
        name: {k: (v if k == "n" else round(v, 4)) for k, v in values.items()}
        for name, values in summary(scored).items()
    }
    return {"rows": [each.as_json() for each in scored], "summary": rounded}


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.5g}")
