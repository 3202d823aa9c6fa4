"""From planned doses to the events of the engine, for one patient or many."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from osteoaxis.engine.events import ADD, RATE, Events
from osteoaxis.pharmacology.drug import Drug
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.pharmacology.terms import Dose
from osteoaxis.units import DAYS_PER_MONTH

Array = NDArray[np.float64]
Dosing = Literal["events", "average", "weekly"]
AVERAGED: dict[str, tuple[float, tuple[str, ...]]] = {
    "average": (1.0, ("po", "td")),
    "weekly": (7.0, ("po", "td", "im")),
}
"""Days between doses that may be taken as one steady input, and by which routes."""
DOSINGS = ("events", *AVERAGED)

FEWEST_AVERAGED = 3  # doses
_SAME_INTERVAL = 1e-9  # days
WEEK = 7.0  # d


def whole_weeks(months: float, span: float = WEEK) -> float:
    """Return the months of the last whole week, or other `span` of days, until then."""
    return float(np.floor(months * DAYS_PER_MONTH / span + 1e-9)) * span / DAYS_PER_MONTH


def rhythm(plans: Iterable[Regimen]) -> float | None:
    """Return the days after which doses of `plans` come back: a week or two; None where none do.

    Daily doses, and those of months, meet months at the same phase anyway.
    """
    every = {t.every_days for plan in plans for t in plan.terms if t.every_days}
    if any(abs(days - 2 * WEEK) < 1e-6 for days in every):
        return 2 * WEEK
    parts = [WEEK / days for days in every if 1.0 < days < WEEK + 1e-6]
    return WEEK if any(abs(part - round(part)) < 1e-6 for part in parts) else None


def read_at(plans: Iterable[Regimen], months: Array) -> Array:
    """Return the months at which levels of `months` are read, so that they show no false drift.

    A month is no whole number of weeks. Where doses are weekly, a month is read at the end of its
    last whole week (of every two weeks: of the last two), always at the same phase between doses.
    Times closer together than that show the swing between doses and stay.
    """
    months = np.asarray(months, dtype=float)
    span = rhythm(plans)
    if span is None:
        return months
    apart = np.diff(months, prepend=-np.inf) * DAYS_PER_MONTH >= span - 1e-6
    return np.where(apart, [whole_weeks(month, span) for month in months], months)


def average(doses: Sequence[Dose], dosing: Dosing = "average") -> tuple[Dose, ...]:
    """Replace drugs taken often by the steady input that gives the same amount.

    A run of three or more equal doses by a route of `AVERAGED`, at a constant interval no longer
    than it says, becomes one input from the first dose to one interval after the last. Everything
    else stays as it is. By the week, levels lie between peak and trough; density is within 0.1 %.
    """
    longest, routes = AVERAGED[dosing]

    def kind(dose: Dose) -> tuple[str, str, float, str, float]:
        return (dose.drug, dose.route, dose.amount, dose.unit, dose.duration_day)

    result: list[Dose] = []
    ordered = sorted(doses, key=lambda dose: (*kind(dose), dose.time_day))
    for (drug, route, amount, unit, duration), same in itertools.groupby(ordered, key=kind):
        given = list(same)
        if route not in routes or duration:
            result += given
            continue
        for run in _runs([dose.time_day for dose in given], longest):
            if len(run) < FEWEST_AVERAGED:
                result += [Dose(time, drug, amount, unit, route) for time in run]
            else:
                days = (run[-1] - run[0]) * len(run) / (len(run) - 1)
                result.append(Dose(run[0], drug, amount, unit, route, days, len(run)))
    return tuple(sorted(result))


def _runs(times: Sequence[float], longest: float) -> list[list[float]]:
    """Split ascending times where the interval changes or is longer than `longest` days."""
    runs: list[list[float]] = []
    for time in times:
        if runs:
            run = runs[-1]
            gap = time - run[-1]
            interval = run[1] - run[0] if len(run) > 1 else gap
            if 0 < gap <= longest and abs(gap - interval) <= _SAME_INTERVAL * len(run):
                run.append(time)
                continue
        runs.append([time])
    return runs


@dataclass(frozen=True)
class Doses:
    """Doses of one regimen in the terms of the model, one entry each in arrays of equal length."""

    time: Array  # days
    target: NDArray[np.int64]  # state
    amount: Array  # ug, of each dose
    count: Array
    bioavailability: NDArray[np.int64]  # parameter
    half_dose: NDArray[np.int64]  # parameter: at this dose (mg) half the share is absorbed; or -1
    duration: Array  # days; 0 = at once
    release: NDArray[np.int64]  # parameter that is the duration, or -1

    @classmethod
    def of(
        cls,
        doses: Iterable[Dose],
        drugs: Mapping[str, Drug],
        states: Mapping[str, int],
        parameters: Mapping[str, int],
    ) -> Doses:
        """Look up `doses`; the mappings number the states and parameters of the model."""
        rows = []
        for dose in doses:
            drug = drugs[dose.drug]
            route = drug.routes[dose.route]
            rows.append(
                (
                    dose.time_day,
                    states[route.target],
                    1e3 * drug.mass_mg(dose.amount, dose.unit),
                    dose.count,
                    parameters[route.bioavailability],
                    parameters[route.half_dose] if route.half_dose else -1,
                    dose.duration_day,
                    parameters[route.release] if route.release and not dose.duration_day else -1,
                )
            )
        columns = np.array(rows, dtype=float).reshape(-1, 8).T
        time, target, amount, count, share, half_dose, duration, release = columns
        return cls(
            time,
            target.astype(np.int64),
            amount,
            count,
            share.astype(np.int64),
            half_dose.astype(np.int64),
            duration,
            release.astype(np.int64),
        )

    def schedules(self, parameters: Array) -> tuple[tuple[Events, ...], NDArray[np.int64]]:
        """Return the distinct event records of patients, and which one each has.

        `parameters` is (patient, parameter); records differ where bioavailability or release do.
        """
        columns = np.unique(np.concatenate((self.bioavailability, self.half_dose, self.release)))
        columns = columns[columns >= 0]
        distinct, which = np.unique(parameters[:, columns], axis=0, return_inverse=True)
        full = np.full((len(distinct), parameters.shape[1]), np.nan)
        full[:, columns] = distinct
        return tuple(self.events(row) for row in full), which.reshape(-1).astype(np.int64)

    def events(self, parameters: Array) -> Events:
        """Return the changes of the drugs' compartments, in ug, for one patient's parameters."""
        half = 1e3 * np.where(self.half_dose >= 0, parameters[self.half_dose], np.inf)
        absorbed = parameters[self.bioavailability] / (1.0 + self.amount / half)
        amount = self.count * self.amount * absorbed
        duration = np.where(self.release >= 0, parameters[self.release], self.duration)
        given = amount > 0.0
        at_once, slow = given & (duration == 0.0), given & (duration > 0.0)
        pace = amount[slow] / duration[slow]
        ends = self.time[slow] + duration[slow]
        kinds = np.repeat((ADD, RATE, RATE), (at_once.sum(), slow.sum(), slow.sum()))
        return Events(
            np.concatenate((self.time[at_once], self.time[slow], ends)),
            np.concatenate((self.target[at_once], self.target[slow], self.target[slow])),
            kinds,
            np.concatenate((amount[at_once], pace, -pace)),
        )
