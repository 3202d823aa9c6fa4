"""The terms of a regimen: one drug by one route, its doses in time, and its text.

Times are days, kept to 1e-7 d (9 ms), so that text and doses turn into each other exactly;
1 month = 365.25 / 12 days.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from osteoaxis.errors import InputError
from osteoaxis.pharmacology.rules import Rules
from osteoaxis.units import DAYS_PER_MONTH, DAYS_PER_YEAR

DECIMALS = 7  # of a dose time in days
MARGIN = 2 * 10.0**-DECIMALS  # d, what rounding a start and an end may add up to
SHORTEST_INTERVAL = 1 / 1440  # d
MAX_DOSES = 100_000
MAX_DAY = 200 * DAYS_PER_YEAR
MAX_MILLIGRAMS = 1e6
MAX_IU = 1e9

MILLIGRAMS = {"ng": 1e-6, "ug": 1e-3, "mg": 1.0, "g": 1e3}
COUNTS = ("IU", "min")  # a drug says what one of them weighs
UNITS = (*MILLIGRAMS, *COUNTS)
ROUTES = ("po", "sc", "im", "iv", "td", "in", "implant", "ex")

# (multiplier, divisor): days = number * multiplier / divisor, exact where the calendar is exact.
TIME = {"min": (1.0, 1440.0), "h": (1.0, 24.0), "d": (1.0, 1.0), "w": (7.0, 1.0),
         "m": (DAYS_PER_MONTH, 1.0), "y": (DAYS_PER_YEAR, 1.0)}  # fmt: skip
FREQUENCY_NAMES = {1.0: "qd", 0.5: "bid", 8 / 24: "tid", 7.0: "qw", 3.5: "biw", 7 / 3: "tiw",
                    DAYS_PER_MONTH: "qmo"}  # fmt: skip
_NAME = re.compile(r"[a-z0-9_]*[a-z][a-z0-9_]*")


def in_days(number: float, unit: str) -> float:
    multiplier, divisor = TIME[unit]
    return number * multiplier / divisor


def snap(day: float) -> float:
    return round(day, DECIMALS) + 0.0  # + 0.0 turns -0.0 into 0.0


def dose_times(start: float, every: float, count: int) -> NDArray[np.float64]:
    """Return `count` days from `start` on, `every` days apart, kept to 1e-7 d."""
    return np.round(start + np.arange(count) * every, DECIMALS) + 0.0


def _plain(number: float) -> str:
    text = format(Decimal(repr(float(number))), "f")
    return text.removesuffix(".0")


def _in_unit(days: float, unit: str) -> str | None:
    """Return the number that reads back as exactly `days`, or None when this unit has none."""
    multiplier, divisor = TIME[unit]
    number = days * divisor / multiplier
    return next((_plain(x) for x in (round(number, 9), number) if in_days(x, unit) == days), None)


def _shortest(days: Sequence[float], units: str) -> tuple[str, list[str]]:
    """Return the unit, days being exact in days, in which all of `days` are shortest to write."""
    options = []
    for unit in units.split():
        texts = [_in_unit(day, unit) for day in days]
        if None not in texts:
            options.append((unit, [text for text in texts if text is not None]))
    return min(options, key=lambda option: sum(map(len, option[1])))


@dataclass(frozen=True, order=True)
class Dose:
    """One administration: `amount` given at `time_day`, over `duration_day` (0 = at once).

    `count` equal doses may stand for one another as a steady input.
    """

    time_day: float
    drug: str
    amount: float
    unit: str
    route: str
    duration_day: float = 0.0
    count: int = 1


@dataclass(frozen=True)
class Term:
    """One drug by one route: a single dose (`every_days` None) or doses at a constant interval.

    Regular doses are given at start_day + k * every_days < stop_day (None = the end of the run).
    With `rules` the window says when doses may be given; whether they are, is decided at visits.
    """

    drug: str
    amount: float
    unit: str
    route: str
    every_days: float | None
    start_day: float = 0.0
    stop_day: float | None = None
    infusion_days: float = 0.0
    rules: Rules | None = None

    def __post_init__(self) -> None:
        dose = f"dose {self.amount:g} {self.unit} of {self.drug}"
        if not _NAME.fullmatch(self.drug):
            raise InputError(
                f"drug name '{self.drug}' may have only letters a-z, digits, spaces, hyphens and "
                "underscores."
            )
        if self.unit not in UNITS:
            raise InputError(f"unknown unit '{self.unit}'; use {', '.join(UNITS)}.")
        if self.route not in ROUTES:
            raise InputError(f"unknown route '{self.route}'; use {', '.join(ROUTES)}.")
        if not (math.isfinite(self.amount) and self.amount >= 0):
            raise InputError(f"{dose} is not allowed; a dose is a finite number, 0 or more.")
        mass = MILLIGRAMS.get(self.unit)
        if self.amount > MAX_IU if mass is None else self.amount * mass > MAX_MILLIGRAMS:
            raise InputError(f"{dose} is absurd; the limit is 1e6 mg or 1e9 IU.")
        for day in (self.start_day, self.stop_day or 0.0):
            if not abs(day) <= MAX_DAY:
                raise InputError(f"day {day:g} is out of range; the limit is 200 years.")
        if not 0 <= self.infusion_days <= MAX_DAY:
            raise InputError(f"infusion time {self.infusion_days:g} d is not 0 to 200 years.")
        object.__setattr__(self, "start_day", snap(self.start_day))
        if self.rules == Rules():
            object.__setattr__(self, "rules", None)
        if self.every_days is None:
            if self.stop_day is not None:
                raise InputError("a single dose has a day, not an end; write e.g. 'once [m0]'.")
            return
        if not SHORTEST_INTERVAL <= self.every_days <= MAX_DAY:
            raise InputError(f"interval {self.every_days:g} d is not 1 min to 200 years.")
        if self.stop_day is not None:
            object.__setattr__(self, "stop_day", snap(self.stop_day))
            if self.stop_day <= self.start_day + MARGIN:
                raise InputError(
                    f"the window ends on day {self.stop_day:g}, not after its start on day "
                    f"{self.start_day:g}."
                )
            self.times(self.stop_day)

    def dose(self, day: float) -> Dose:
        """Return the dose of this term on `day`."""
        return Dose(day, self.drug, self.amount, self.unit, self.route, self.infusion_days)

    def times(self, until_day: float) -> tuple[float, ...]:
        """Return the days (d) of the doses before `until_day`."""
        if self.every_days is None:
            return (self.start_day,) if self.start_day < until_day else ()
        end = until_day if self.stop_day is None else min(until_day, self.stop_day)
        # A dose within the margin of the end is at the end, so it is not given.
        count = max(0, math.ceil((end - self.start_day - MARGIN) / self.every_days))
        if count > MAX_DOSES:
            raise InputError(
                f"{self.drug} would be dosed {count} times; the limit is {MAX_DOSES} doses."
            )
        return tuple(dose_times(self.start_day, self.every_days, count).tolist())

    def __str__(self) -> str:
        return write([self])


@lru_cache(maxsize=64)
def term_doses(term: Term, until_day: float) -> tuple[Dose, ...]:
    """Return the doses of one term before `until_day` (d); many regimens share their terms."""
    return tuple(map(term.dose, term.times(until_day)))


def _every(days: float) -> str:
    """Write an interval, e.g. q6mo."""
    unit, (number,) = _shortest([days], "m w d h")
    return f"q{number}{'mo' if unit == 'm' else unit}"


def write(terms: Sequence[Term]) -> str:
    """Write one term, or several single doses that differ only in their day."""
    term = terms[0]
    words = [term.drug, _plain(term.amount), term.unit, term.route]
    if term.infusion_days:
        unit, (number,) = _shortest([term.infusion_days], "min h d")
        words += ["over", number, unit]
    brackets = []
    if term.every_days is None:
        unit, numbers = _shortest([t.start_day for t in terms], "m w d")
        words.append("once")
        brackets.append(",".join(unit + number for number in numbers))
    else:
        words.append(FREQUENCY_NAMES.get(term.every_days) or _every(term.every_days))
        if term.stop_day is not None:
            unit, (start, stop) = _shortest([term.start_day, term.stop_day], "m w d")
            brackets.append(f"{unit}{start}-{unit}{stop}")
        elif term.start_day:
            unit, (start,) = _shortest([term.start_day], "m w d")
            brackets.append(f"{unit}{start}-")
    if term.rules:
        brackets.append(term.rules.clauses(_plain, _every))
    return " ".join([*words, f"[{'; '.join(brackets)}]"] if brackets else words)


def refuse_overlap(terms: Sequence[Term]) -> None:
    """Refuse a drug dosed twice by one route, but for one loading dose at the start of a term."""
    groups: dict[tuple[str, str], list[Term]] = defaultdict(list)
    for term in terms:
        groups[term.drug, term.route].append(term)
    for group in groups.values():
        group.sort(key=lambda term: (term.start_day, term.every_days is not None))
        before: Term | None = None
        for earlier, later in itertools.pairwise(group):
            if earlier.every_days is None:
                loading = before is None or before.start_day < later.start_day
                same = replace(later, every_days=None, stop_day=None) == earlier
                clear = earlier.start_day < later.start_day or (loading and not same)
            else:
                clear = earlier.stop_day is not None and earlier.stop_day <= later.start_day
            if not clear:
                raise InputError(
                    f"regimen: '{earlier}' and '{later}' overlap, so {later.drug} would be dosed "
                    "twice; end one window where the other starts (only a single 'once' loading "
                    "dose of another amount may fall on the first dose of a term)."
                )
            before = earlier
