"""What a trial finds: effects with intervals, fractures by Cox regression."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from osteoaxis.trials.conduct import Conducted
from osteoaxis.trials.design import FRACTURES

Array = NDArray[np.float64]

SAME = 1e-6
"""Relative difference below which everybody does alike in two arms: the solver's, not a drug's."""


@dataclass(frozen=True)
class Effect:
    """An arm against another at one endpoint.

    Density: difference of mean percent changes; markers and hormones: ratio of geometric means of
    the change, as percent; fractures: hazard ratio. `low` and `high` are limits at the confidence
    of the trial. All three and `p` are NaN where they cannot be estimated: fewer than two people in
    an arm, no fracture in one, or nothing that differs. `true` is that of everybody in both arms,
    without errors, dropout and deaths (fractures: of the expected numbers), exactly 0 (hazard
    ratio: 1) where both arms are the same. Pairs are of the arm and of its reference: `n` people,
    their `means` (percent; of fractures the percent with one), `sds` (points; of markers and
    hormones of the log ratio; none of fractures), `events` people with a fracture (none of
    others).
    """

    endpoint: str
    month: float
    arm: str
    reference: str
    value: float
    low: float
    high: float
    p: float
    true: float
    n: tuple[int, int]
    kind: str
    means: tuple[float, float]
    sds: tuple[float, float] | None = None
    events: tuple[int, int] | None = None

    @property
    def known(self) -> bool:
        """Whether it could be estimated."""
        return bool(np.isfinite([self.value, self.low, self.high]).all())

    @property
    def none(self) -> bool:
        """Whether both arms are the same."""
        return self.true == (1.0 if self.kind == "hazard ratio" else 0.0)


def effects(found: Conducted) -> list[Effect]:
    """Return the effect of each contrast at every endpoint of the trial."""
    return [
        (_fractures if variable in FRACTURES else _change)(found, variable, month, pair)
        for variable, month in found.trial.endpoints
        for pair in found.trial.pairs
    ]


def change(values: Array, variable: str) -> Array:
    """Return changes since the first visit (..., visit): percent of density, else log ratios."""
    ratio = values / values[..., :1]
    return np.asarray(100.0 * (ratio - 1.0) if variable.endswith("_bmd") else np.log(ratio))


def shown(changes: float, variable: str) -> float:
    """Return a change, or a difference of two, as it is told: points or percent."""
    return changes if variable.endswith("_bmd") else 100.0 * math.expm1(changes)


def changes(found: Conducted, variable: str, month: float, source: dict[str, Array]) -> Array:
    """Return changes until a visit (arm, participant), see `change`."""
    visit = found.trial.visits.index(month)
    return np.asarray(change(source[variable], variable)[:, :, visit])


def _change(found: Conducted, variable: str, month: float, pair: tuple[int, int]) -> Effect:
    visit = found.trial.visits.index(month)
    seen = [change(found.seen(variable, k), variable)[:, visit] for k in pair]
    groups = [own[np.isfinite(own)] for own in seen]
    one, other = (found.truth[variable][k, :, visit] for k in pair)
    same = np.allclose(one, other, rtol=SAME, atol=0.0)
    one, other = (changes(found, variable, month, found.truth)[k] for k in pair)
    value, low, high, p = welch(groups[0], groups[1], found.trial.confidence)
    value, low, high, real, *means = (
        shown(float(x), variable)
        for x in (value, low, high, 0.0 if same else (one - other).mean(), *map(_mean, groups))
    )
    arms = found.trial.arms
    return Effect(
        variable, month, arms[pair[0]].name, arms[pair[1]].name, value, low, high, p, real,
        (groups[0].size, groups[1].size), "difference" if variable.endswith("_bmd") else "percent",
        (means[0], means[1]), (deviation(groups[0]), deviation(groups[1])),
    )  # fmt: skip


def _mean(values: Array) -> float:
    return float(values.mean()) if values.size else math.nan


def deviation(values: Array) -> float:
    """Return the standard deviation of some out of all; NaN of fewer than two."""
    return float(values.std(ddof=1)) if values.size > 1 else math.nan


def welch(one: Array, other: Array, confidence: float = 0.95) -> tuple[float, float, float, float]:
    """Return the difference of means with its interval and p, variances not taken as equal.

    NaN where an arm has fewer than two people, or nobody differs from anybody.
    """
    error = math.hypot(*(deviation(each) / math.sqrt(max(each.size, 1)) for each in (one, other)))
    if not error > 0.0:
        return math.nan, math.nan, math.nan, math.nan
    test = stats.ttest_ind(one, other, equal_var=False)
    low, high = test.confidence_interval(confidence)
    return float(one.mean() - other.mean()), float(low), float(high), float(test.pvalue)


def times(found: Conducted, variable: str, month: float) -> tuple[Array, NDArray[np.bool_]]:
    """Return each participant's months until a fracture or the end of watching, and whether it
    was a fracture."""
    own = found.events[variable][found.allocated, np.arange(len(found.people))]
    end = np.minimum(found.left_month, month)
    return np.minimum(own, end), own <= end


def expected(found: Conducted, variable: str, month: float) -> Array:
    """Return the fractures expected of each participant in each arm (arm, participant)."""
    return np.asarray(found.spent[variable][:, :, np.searchsorted(found.months, month)])


def _fractures(found: Conducted, variable: str, month: float, pair: tuple[int, int]) -> Effect:
    from lifelines import CoxPHFitter
    from lifelines.exceptions import ConvergenceError
    from pandas import DataFrame

    duration, event = times(found, variable, month)
    chosen = np.isin(found.allocated, pair)
    frame = DataFrame(
        {
            "months": np.maximum(duration, 1e-3), "event": event,
            "treated": (found.allocated == pair[0]).astype(float),
        }
    )[chosen]  # fmt: skip
    one, other = (int(event[found.allocated == k].sum()) for k in pair)
    value = low = high = p = math.nan
    if one and other:
        try:
            fit = CoxPHFitter(alpha=found.trial.alpha).fit(frame, "months", "event")
            value, p = (float(fit.summary.loc["treated"][c]) for c in ("exp(coef)", "p"))
            low, high = np.exp(fit.confidence_intervals_.loc["treated"].to_numpy(dtype=float))
        except ConvergenceError:
            pass
    mean = expected(found, variable, month).mean(axis=1)
    true = float(mean[pair[0]] / mean[pair[1]])
    arms = found.trial.arms
    n = tuple(int((found.allocated == k).sum()) for k in pair)
    return Effect(
        variable, month, arms[pair[0]].name, arms[pair[1]].name, value, float(low),
        float(high), p, 1.0 if abs(true - 1.0) < SAME else true, (n[0], n[1]), "hazard ratio",
        (100.0 * one / max(n[0], 1), 100.0 * other / max(n[1], 1)), None, (one, other),
    )  # fmt: skip
