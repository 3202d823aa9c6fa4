"""From doses back to the terms a person would write."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from osteoaxis.pharmacology.terms import (
    DECIMALS,
    FREQUENCY_NAMES,
    MARGIN,
    MAX_DAY,
    TIME,
    Dose,
    Term,
    dose_times,
    in_days,
)
from osteoaxis.units import DAYS_PER_MONTH


def rebuilt(doses: Sequence[Dose]) -> Iterator[Term]:
    """Turn the sorted doses of one drug and route into terms that do not overlap."""
    slots = [list(slot) for _, slot in itertools.groupby(doses, key=lambda dose: dose.time_day)]
    main: list[Dose] = []
    loaded: set[float] = set()
    for number, slot in enumerate(slots, 1):
        # Of two doses at one time, the one that goes on is the term; the other is its loading dose.
        kinds = {_kind(dose) for after in slots[number : number + 1] for dose in after}
        main.append(next((dose for dose in slot if _kind(dose) in kinds), slot[-1]))
        slot.remove(main[-1])
        loaded |= {dose.time_day for dose in slot}
        yield from map(_once, slot)
    at = 0
    while at < len(main):
        length, every = _run(main, at, loaded)
        following = main[at + length].time_day if at + length < len(main) else math.inf
        if length >= 3 and following - main[at + length - 1].time_day > 2 * MARGIN:
            stop = min(main[at].time_day + length * every, following, MAX_DAY)
            # Daily doses end anywhere in a day: prefer the whole month a person would write.
            month = math.floor(stop / DAYS_PER_MONTH) * DAYS_PER_MONTH
            if every <= 1 and month - main[at + length - 1].time_day > 2 * MARGIN:
                stop = month
            yield replace(_once(main[at]), every_days=every, stop_day=stop)
            at += length
        else:
            yield _once(main[at])
            at += 1


def _once(dose: Dose) -> Term:
    return Term(
        dose.drug, dose.amount, dose.unit, dose.route, None, dose.time_day, None, dose.duration_day
    )


def _kind(dose: Dose) -> Dose:
    return replace(dose, time_day=0.0)


def _run(doses: Sequence[Dose], at: int, breaks: set[float]) -> tuple[int, float]:
    """Return how many doses from `at` on repeat at one interval (d) exactly, and that interval."""
    kind, start = _kind(doses[at]), doses[at].time_day
    low, high, count = 0.0, math.inf, 1
    # Each rounded time leaves a range of possible intervals; go on while the ranges intersect.
    half = 0.501 * 10.0**-DECIMALS  # a little wide, for times that fall between two roundings
    for dose in itertools.islice(doses, at + 1, None):
        least = max(low, (dose.time_day - start - half) / count)
        most = min(high, (dose.time_day - start + half) / count)
        if least > most or dose.time_day in breaks or _kind(dose) != kind:
            break
        low, high, count = least, most, count + 1
    if count < 3:
        return 1, 0.0
    given = np.array([dose.time_day for dose in doses[at : at + count]])
    best, every = 0, math.nan
    for days in _intervals((low + high) / 2):
        if low <= days <= high and best < count:
            wrong = np.flatnonzero(dose_times(start, days, count) != given)
            length = int(wrong[0]) if len(wrong) else count
            if length > best:
                best, every = length, days
    return best, every


def _intervals(middle: float) -> Iterator[float]:
    """Yield intervals (d) near `middle` and at last `middle`, those a person would write first."""
    yield from FREQUENCY_NAMES
    for digits in range(10):
        for unit in "mwdh":
            multiplier, divisor = TIME[unit]
            yield in_days(round(middle * divisor / multiplier, digits), unit)
    yield middle
