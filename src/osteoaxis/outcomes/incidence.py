"""From hazards to what people ask: how many fracture, with death competing, and for whom it pays.

Pure functions of arrays; hazards are in 1/year with time last, `months` is in months from zero.
Within a step every hazard is the mean of its ends, so that shares add up to one exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from osteoaxis.outcomes.numbers import REFERENCE

Array = NDArray[np.float64]

MONTHS_PER_YEAR = 12.0
PERCENTILES = (5.0, 95.0)
"""Limits of the 90 % interval of draws."""


@lru_cache
def life_table() -> Mapping[str, Array]:
    """Return `age` (exact, years) and the death hazard in 1/year of `female` and `male`.

    United States, 2017, Social Security Administration (`reference/life_table.csv`).
    """
    path = REFERENCE / "life_table.csv"
    columns = np.genfromtxt(path, delimiter=",", names=True, skip_header=3)
    hazard = {sex: -np.log1p(-columns[sex]) for sex in ("female", "male")}
    return {"age": columns["age"], **hazard}


def mortality(sex: str, age: float | Array, months: Array, excess: float = 1.0) -> Array:
    """Return the hazard of death in 1/year, `excess` times that of the life table."""
    table = life_table()
    now = age + np.asarray(months, dtype=float) / MONTHS_PER_YEAR
    # A probability of the year from an exact age on belongs to the middle of that year.
    return np.asarray(excess * np.exp(np.interp(now, table["age"] + 0.5, np.log(table[sex]))))


def cumulative(hazard: Array, months: Array) -> Array:
    """Return the integral of a hazard (1/year) from the first month on."""
    years = np.diff(np.asarray(months, dtype=float)) / MONTHS_PER_YEAR
    steps = 0.5 * (hazard[..., 1:] + hazard[..., :-1]) * years
    return np.concatenate([np.zeros_like(hazard[..., :1]), np.cumsum(steps, axis=-1)], axis=-1)


def incidence(
    hazards: Mapping[str, Array],
    months: Array,
    *,
    sex: str,
    age: float | Array,
    excess_mortality: float = 1.0,
) -> dict[str, Array]:
    """Return shares of people (1) by time, with death competing.

    For each cause the share that has had at least one such fracture; `any` the share with a
    fracture of any cause, `death_first` that died without one, `fracture_free` that lives without
    one (these three add up to one); `survival` the share alive. A fracture of one site does not
    remove a person from the risk of another; later hazards do not react to it.
    """
    death = mortality(sex, age, months, excess_mortality)
    total = np.asarray(sum(hazards.values()))
    result = {cause: _first(hazard, death, months)[0] for cause, hazard in hazards.items()}
    result["any"], result["death_first"], result["fracture_free"] = _first(total, death, months)
    result["survival"] = np.exp(-cumulative(death, months))
    return result


def first_month(hazard: Array, months: Array, uniform: float) -> float:
    """Return the month of someone's first event (fracture, death) at quantile `uniform` of luck.

    The month when the cumulative `hazard` (1/year) reaches -log(1 - uniform); infinite when it
    does not within `months`.
    """
    spent = cumulative(np.asarray(hazard, dtype=float), months)
    due = -np.log1p(-uniform)
    if due > spent[-1]:
        return float("inf")
    return float(np.interp(due, spent, months))


@dataclass(frozen=True)
class NumberNeeded:
    """People to treat for one fracture less, with its 90 % interval.

    Negative when fractures are added, infinite when there is no difference. When the difference
    may be of either sign (`may_harm`) the interval runs from `low` over infinity to `high`, with
    `low` positive and `high` negative.
    """

    value: float
    low: float
    high: float

    @property
    def may_harm(self) -> bool:
        """Whether the interval holds both benefit and harm."""
        return self.low > 0 > self.high

    @property
    def text(self) -> str:
        """The number in words."""
        if self.may_harm:
            between = f"{_people(self.low)}, through no difference, to {_people(self.high)}"
        else:
            between = f"{_people(self.low)} to {_people(self.high)}"
        return f"{_people(self.value)} (90 % interval: {between})"


def number_needed(
    reference: float, treated: float, reference_draws: Array, treated_draws: Array
) -> NumberNeeded:
    """Return the number needed to treat from shares (1) with a fracture in two arms.

    The draws of both arms must come from one seed: their differences make the interval.
    """
    low, high = np.percentile(reference_draws - treated_draws, PERCENTILES)
    return NumberNeeded(_reciprocal(reference - treated), _reciprocal(high), _reciprocal(low))


def interval(values: Array) -> tuple[Array, Array]:
    """Return the 90 % interval over the first axis."""
    low, high = np.percentile(values, PERCENTILES, axis=0)
    return low, high


def _first(hazard: Array, death: Array, months: Array) -> tuple[Array, Array, Array]:
    """Return shares with the event first, with death first, and with neither."""
    event, other = (
        cumulative(hazard, months),
        cumulative(np.broadcast_to(death, hazard.shape), months),
    )
    neither = np.exp(-(event + other))
    left = -np.diff(neither, axis=-1)
    steps = np.diff(event, axis=-1)
    both = steps + np.diff(other, axis=-1)
    share = np.divide(steps, both, out=np.zeros_like(steps), where=both > 0)
    start = np.zeros_like(neither[..., :1])
    first = np.concatenate([start, np.cumsum(left * share, axis=-1)], axis=-1)
    return first, np.clip(1.0 - neither - first, 0.0, 1.0), neither


def _reciprocal(difference: float) -> float:
    return float("inf") if difference == 0 else float(1.0 / difference)


def _people(number: float) -> str:
    if np.isinf(number):
        return "no difference"
    size = abs(number)
    shown = f"{size:,.0f}" if size >= 10 else f"{size:.1f}"
    return f"{shown} treated for one fracture {'less' if number > 0 else 'more'}"
