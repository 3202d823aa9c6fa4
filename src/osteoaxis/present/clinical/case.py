"""What a clinical report is about: a person, the courses compared, and what else the data allow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from osteoaxis import guidance, intervals, treatment
from osteoaxis.guidance import Finding
from osteoaxis.model import Model
from osteoaxis.outcomes import dxa
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.drug import Drug, by_any_name
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.pharmacology.terms import Dose
from osteoaxis.present import arms, words
from osteoaxis.present.asked import Kind, asked
from osteoaxis.strategy.metrics import DENOSUMAB_ACTS
from osteoaxis.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    import xarray as xr

Measure = Callable[["xr.Dataset"], float]
Ranged = tuple[float, float, float]
"""A value with the limits of its 90 % range."""

PAINS = "arthralgia_probability"
MOST = 6
"""Arms that the first two pages have room for; all are in the appendix."""
YEARS, LATER = (12.0, 60.0), 24.0
"""Months of the tables beside those of the treatment; the last where there is room."""
REBOUND = (6.0, 12.0)
"""Months after denosumab has ended that tables show."""
NEAR = 3.0
"""Months within which tables have no second row."""


@dataclass(frozen=True)
class Case:
    """A person and the courses that are compared, the first being the one others are held against.

    `arms` hold the trajectories with `time` in months from the `origin`, `drawn` runs of each that
    make the ranges, and `ranges` says what those hold. Rules look at `told`, in which the origin is
    month `start`. `precision` is that of DXA in percent by site. `model` is what was simulated.
    `warnings` say what results rest on that is not plausible.
    """

    title: str
    summary: str
    patient: Patient
    years: float
    arms: Mapping[str, xr.Dataset]
    drawn: Mapping[str, Sequence[xr.Dataset]]
    told: Mapping[str, xr.Dataset]
    drugs: Mapping[str, Drug]
    model: Model
    start: float = 0.0
    origin: str = "the start"
    precision: Mapping[str, float] = field(default_factory=lambda: dxa.PRECISION)
    warnings: tuple[str, ...] = ()
    ranges: str = "90 % of what the data allow for a typical person; people differ more"

    @property
    def shown(self) -> tuple[str, ...]:
        """The arms of the first two pages."""
        return tuple(self.arms)[:MOST]

    @property
    def others(self) -> tuple[str, ...]:
        """The arms of the first two pages that are held against the first and differ from it."""
        return self.apart[1:]

    @property
    def end(self) -> float:
        """Months simulated."""
        return 12.0 * self.years

    @cached_property
    def stops(self) -> Mapping[str, float]:
        """The month in which the last dose of denosumab ends, of each arm that is seen without."""
        found = {}
        for arm in self.arms:
            doses = self.doses(arm)
            given = [d.time_day for d in doses if self.named[d.drug].group == "RANKL antibody"]
            stop = max(given, default=np.inf) / DAYS_PER_MONTH - self.start + DENOSUMAB_ACTS
            if 0.0 < stop < self.end - 1.0:
                found[arm] = round(stop, 1)
        return found

    @cached_property
    def _marked(self) -> list[float]:
        """The months worth a row, those that tell most first.

        The end of all, where courses of a year or more end, 1 and 5 years, 6 and 12 months off
        denosumab, 2 years.
        """
        off = [stop + after for stop in self.stops.values() for after in REBOUND]
        last = [
            round(term.stop_day / DAYS_PER_MONTH - self.start)
            for arm in self.arms
            for term in self.regimen(arm).terms
            if term.stop_day and term.stop_day - term.start_day >= 12.0 * DAYS_PER_MONTH
        ]
        found = [self.end]
        for month in (*sorted(last, reverse=True), *YEARS, *sorted(off, reverse=True), LATER):
            near = 0.0 if month in off else NEAR
            if 0.0 < month < self.end and all(abs(month - other) > near for other in found):
                found.append(float(month))
        return found

    @property
    def months(self) -> list[float]:
        """The months of the tables."""
        return sorted(self._marked)

    def fitting(self, arms: int, rows: int) -> list[float]:
        """Return those of these months that tell most, as a table of `rows` rows has room for."""
        return sorted(self._marked[: max(rows // max(arms, 1), 1)])

    @property
    def hurts(self) -> bool:
        """Whether joint pain was computed."""
        return all(PAINS in data for data in self.arms.values())

    @cached_property
    def letters(self) -> dict[str, str]:
        """A letter for each arm."""
        return {arm: chr(ord("A") + number) for number, arm in enumerate(self.arms)}

    def label(self, arm: str) -> str:
        """Return the name of an arm as it was typed."""
        nothing = arm.lower() == "none" and not self.regimen(arm).terms
        return "no treatment" if nothing else words.label(arm)

    def name(self, arm: str) -> str:
        """Return letter and name of an arm, as tables call it."""
        return f"{self.letters[arm]}  {self.label(arm)}"

    def called(self, arm: str) -> str:
        """Return letter and name of an arm, as sentences call it."""
        return f"{self.letters[arm]} ({self.label(arm)})"

    def regimen(self, arm: str) -> Regimen:
        """Return what was given in an arm."""
        return treatment.was_given(self.told[arm])

    def doses(self, arm: str) -> tuple[Dose, ...]:
        """Return the doses that were given in an arm; they count from the origin of `told`."""
        return self.regimen(arm).doses(float(self.told[arm]["time"][-1]) * DAYS_PER_MONTH)

    @cached_property
    def alike(self) -> Mapping[str, str]:
        """The earlier arm that was given the very same, of each arm that has one."""
        return arms.alike({arm: self.doses(arm) for arm in self.arms})

    @property
    def apart(self) -> tuple[str, ...]:
        """The arms of the first two pages that differ from every earlier one."""
        return tuple(arm for arm in self.shown if arm not in self.alike)

    @cached_property
    def less_inhibitor(self) -> tuple[str, ...]:
        """The arms with less of an inhibitor than another, where it is taken for cancer."""
        plans = {arm: self.regimen(arm) for arm in self.arms}
        end = float(next(iter(self.told.values()))["time"][-1])
        return tuple(arms.less_inhibitor(self.patient, plans, self.drugs, end))

    @property
    def left_out(self) -> str:
        """What numbers leave out where arms have less of an inhibitor; empty where none has."""
        named = words.joined(self.letters[arm] for arm in self.less_inhibitor if arm in self.shown)
        return f"Less of the inhibitor with {named}. {arms.LEFT_OUT}" if named else ""

    def unprotected(self, arm: str, month: float) -> bool:
        """Whether denosumab has worn off by `month` and nothing follows."""
        since = arms.unprotected(self.findings[arm])
        return since is not None and since - self.start <= month

    @cached_property
    def named(self) -> Mapping[str, Drug]:
        """The drugs by every name they have."""
        return by_any_name(self.drugs)

    @cached_property
    def given(self) -> tuple[Drug, ...]:
        """The drugs given in any arm, each once."""
        asked = [name for arm in self.arms for name in self.regimen(arm).drugs]
        return tuple({self.named[name].name: self.named[name] for name in asked}.values())

    def value(self, arm: str, measure: Measure) -> Ranged:
        """Return a measure of an arm with its range; without runs the range is the value."""
        value = measure(self.arms[arm])
        found = intervals.limits(self.drawn.get(arm, ()), lambda run: np.array(measure(run)))
        low, high = (value, value) if found is None else found
        return value, float(low), float(high)

    def change(self, arm: str, measure: Measure) -> Ranged:
        """Return by how much a measure is larger in an arm than in the first, with its range."""
        first = next(iter(self.arms))
        value = measure(self.arms[arm]) - measure(self.arms[first])
        one, other = (self.drawn.get(each, ()) for each in (arm, first))
        if not one or len(one) != len(other):  # a set that failed in one arm: no pairs
            return value, value, value
        apart = [measure(a) - measure(b) for a, b in zip(one, other, strict=True)]
        low, high = np.percentile(apart, intervals.PERCENTILES)
        return value, float(low), float(high)

    def asked(self, kind: Kind) -> tuple[str, ...]:
        """Return the texts of a kind that apply in any arm."""
        return asked(kind, self.patient, self.told, self.drugs)

    @cached_property
    def findings(self) -> Mapping[str, tuple[Finding, ...]]:
        """The rules that each arm meets at some time."""
        return {
            arm: tuple(
                finding
                for finding in guidance.findings(self.patient, data, self.drugs)
                if finding.met
            )
            for arm, data in self.told.items()
        }

    @cached_property
    def withheld(self) -> tuple[str, ...]:
        """Who states rules that are for this person in any arm but stay out."""
        told = (guidance.withheld(self.patient, data, self.drugs) for data in self.told.values())
        return tuple(dict.fromkeys(body for bodies in told for body in bodies))

    def since(self, finding: Finding) -> float:
        """Return the month from the start in which a rule is first met."""
        return max((finding.first or 0.0) - self.start, 0.0)


def level(name: str, month: float, scale: float = 1.0) -> Measure:
    """Return the measure of a quantity at `month`."""
    return lambda data: scale * float(np.interp(month, data["time"].values, data[name].values))


def percent(name: str, month: float) -> Measure:
    """Return the measure of the percent change of a quantity from the start to `month`."""
    at, before = level(name, month), level(name, 0.0)
    return lambda data: 100 * (at(data) / before(data) - 1)


def highest(name: str, scale: float = 1.0) -> Measure:
    """Return the measure of the highest level of a quantity."""
    return lambda data: scale * float(data[name].values.max())
