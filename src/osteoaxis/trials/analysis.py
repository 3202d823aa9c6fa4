"""What a trial finds: effects with intervals, fractures by Cox regression, power by its size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from osteoaxis.trials.conduct import Conducted
from osteoaxis.trials.design import FRACTURES

Array = NDArray[np.float64]

ALPHA = 0.05
TRIALS = 1000
"""Trials drawn for the power of each size."""
SIZES = (10, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1000, 2000)


@dataclass(frozen=True)
class Effect:
    """An arm against the reference at one endpoint.

    Density: difference of mean percent changes; markers and hormones: ratio of geometric means of
    the change, as percent; fractures: hazard ratio. `true` is that of everybody in both arms,
    without errors and dropout (fractures: of the expected numbers).
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


def effects(found: Conducted) -> list[Effect]:
    """Return each arm against the first at every endpoint of the trial."""
    result = []
    for variable, month in found.trial.endpoints:
        for number in range(1, len(found.trial.arms)):
            if variable in FRACTURES:
                result.append(_fractures(found, variable, month, number))
            else:
                result.append(_change(found, variable, month, number))
    return result


def changes(found: Conducted, variable: str, month: float, source: dict[str, Array]) -> Array:
    """Return changes since time zero (arm, participant): percent of density, else log ratios."""
    visit = found.trial.visits.index(month)
    values = source[variable]
    ratio = values[:, :, visit] / values[:, :, 0]
    return np.asarray(100.0 * (ratio - 1.0) if variable.endswith("_bmd") else np.log(ratio))


def _change(found: Conducted, variable: str, month: float, number: int) -> Effect:
    seen = changes(found, variable, month, found.measured)
    true = changes(found, variable, month, found.truth)
    groups = [_seen(found, seen, k) for k in (number, 0)]
    value, low, high, p = welch(*groups)
    real = float((true[number] - true[0]).mean())
    means = tuple(float(g.mean()) for g in groups)
    if not variable.endswith("_bmd"):
        value, low, high, real = (100.0 * math.expm1(x) for x in (value, low, high, real))
        means = tuple(100.0 * math.expm1(x) for x in means)
    arms = found.trial.arms
    return Effect(
        variable, month, arms[number].name, arms[0].name, value, low, high, p, real,
        (groups[0].size, groups[1].size), "difference" if variable.endswith("_bmd") else "percent",
        (means[0], means[1]),
    )  # fmt: skip


def _seen(found: Conducted, values: Array, number: int) -> Array:
    own = values[number][found.allocated == number]
    return np.asarray(own[np.isfinite(own)])


def welch(one: Array, other: Array) -> tuple[float, float, float, float]:
    """Return the difference of means with its 95 % interval and p, variances not taken as equal."""
    test = stats.ttest_ind(one, other, equal_var=False)
    low, high = test.confidence_interval(1.0 - ALPHA)
    return float(one.mean() - other.mean()), float(low), float(high), float(test.pvalue)


def times(found: Conducted, variable: str, month: float) -> tuple[Array, NDArray[np.bool_]]:
    """Return each participant's months until a fracture or the end of watching, and whether it
    was a fracture."""
    own = found.events[variable][found.allocated, np.arange(len(found.people))]
    end = np.minimum(found.left_month, month)
    return np.minimum(own, end), own <= end


def _fractures(found: Conducted, variable: str, month: float, number: int) -> Effect:
    from lifelines import CoxPHFitter
    from lifelines.exceptions import ConvergenceError
    from pandas import DataFrame

    duration, event = times(found, variable, month)
    chosen = np.isin(found.allocated, (0, number))
    frame = DataFrame(
        {
            "months": np.maximum(duration, 1e-3), "event": event,
            "treated": (found.allocated == number).astype(float),
        }
    )[chosen]  # fmt: skip
    counts = tuple(int(event[found.allocated == k].sum()) for k in (number, 0))
    numbers: tuple[float, ...] = (math.nan, 0.0, math.inf, 1.0)
    if min(counts) > 0:
        try:
            fit = CoxPHFitter().fit(frame, "months", "event")
            row = fit.summary.loc["treated"]
            numbers = tuple(
                float(row[c]) for c in ("exp(coef)", "exp(coef) lower 95%", "exp(coef) upper 95%",
                                        "p")
            )  # fmt: skip
        except ConvergenceError:
            pass
    whole = found.events[variable] <= month
    true = float(-np.log1p(-whole[number].mean()) / max(-np.log1p(-whole[0].mean()), 1e-12))
    arms = found.trial.arms
    sizes = tuple(int((found.allocated == k).sum()) for k in (number, 0))
    return Effect(
        variable, month, arms[number].name, arms[0].name, numbers[0], numbers[1], numbers[2],
        numbers[3], true, (sizes[0], sizes[1]), "hazard ratio",
        (100.0 * counts[0] / max(sizes[0], 1), 100.0 * counts[1] / max(sizes[1], 1)),
    )  # fmt: skip


def power(
    found: Conducted, effect: Effect, sizes: Sequence[int] = SIZES, *, seed: int = 1
) -> list[tuple[int, float]]:
    """Return (people in each arm, share of trials with p below 0.05) for the endpoint of `effect`.

    Density, markers and hormones: trials are drawn with replacement from everybody in both arms,
    as measured. Fractures: Schoenfeld's formula (10.1093/biomet/68.1.316) on the true ratio.
    """
    number = [arm.name for arm in found.trial.arms].index(effect.arm)
    if effect.endpoint in FRACTURES:
        share = (found.events[effect.endpoint][[0, number]] <= effect.month).mean()
        if share == 0.0 or effect.true <= 0.0 or not math.isfinite(effect.true):
            return [(n, ALPHA) for n in sizes]
        size = abs(math.log(effect.true)) / 2.0
        critical = stats.norm.ppf(1 - ALPHA / 2)
        return [
            (n, float(stats.norm.cdf(size * math.sqrt(2 * n * share) - critical))) for n in sizes
        ]
    random = np.random.default_rng(seed)
    everybody = changes(found, effect.endpoint, effect.month, _unlost(found))
    one, other = (row[np.isfinite(row)] for row in (everybody[number], everybody[0]))
    result = []
    kept = float(found.stayed[:, found.trial.visits.index(effect.month)].mean())
    for n in sizes:
        seen = max(round(n * kept), 2)
        first = random.choice(one, (TRIALS, seen))
        second = random.choice(other, (TRIALS, seen))
        p = stats.ttest_ind(first, second, axis=1, equal_var=False).pvalue
        result.append((n, float((p < ALPHA).mean())))
    return result


def _unlost(found: Conducted) -> dict[str, Array]:
    """Return what would have been measured of everybody in every arm had nobody left."""
    noise = {name: np.divide(found.measured[name], found.truth[name]) for name in found.measured}
    spread = {name: float(np.nanstd(np.log(ratio))) for name, ratio in noise.items()}
    random = np.random.default_rng(1)
    return {
        name: values * np.exp(spread[name] * random.standard_normal(values.shape[1:]))
        for name, values in found.truth.items()
    }
