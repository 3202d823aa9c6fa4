"""The headline table: what each arm does to hormones, markers, bone and joints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from osteoaxis.outcomes import markers
from osteoaxis.scenario import ScenarioResult

MONTHS = (12.0, 24.0, 36.0, 60.0, 120.0)


@dataclass(frozen=True)
class Headline:
    """One arm at one month, hormones on its last whole week; changes are percent since month 0."""

    arm: str
    month: float
    estradiol: float
    testosterone: float
    ctx: float
    p1np: float
    lumbar_spine: float
    total_hip: float
    lumbar_spine_t_score: float
    fracture_percent: float
    arthralgia_percent: float


@dataclass(frozen=True)
class MarkerRow:
    """A marker of one arm at one month against the reference interval of people like this one."""

    arm: str
    month: float
    marker: str
    value: float
    interval: markers.Interval

    @property
    def place(self) -> str:
        """Where the value lies."""
        if self.value < self.interval.low:
            return "below"
        return "above" if self.value > self.interval.high else "within"


def marker_rows(result: ScenarioResult) -> list[MarkerRow]:
    """Return every marker with a published interval: at the start, and of each arm in a year."""
    person = result.scenario.patient
    year = min(12.0, result.scenario.years * 12)
    first = next(iter(result.arms.values()))
    places = [("at the start", first, 0.0), *((arm, d, year) for arm, d in result.arms.items())]
    rows = []
    for marker in markers.WITHIN:
        for arm, data, month in places:
            age = person.age + month / 12
            interval = markers.interval(marker, person.sex, age, person.menopause_age)
            if interval is not None:
                value = float(np.interp(month, data["time"].values, data[marker].values))
                rows.append(MarkerRow(arm, month, marker, value, interval))
    return rows


def headline(result: ScenarioResult) -> list[Headline]:
    """Return the rows of the headline table, arm by arm, for the months that were simulated."""
    end = result.scenario.years * 12
    months = sorted({m for m in MONTHS if m < end} | {end})
    return [_row(arm, data, m) for arm, data in result.arms.items() for m in months]


def _row(arm: str, data: xr.Dataset, month: float) -> Headline:
    def level(name: str, at: float = month) -> float:
        return float(np.interp(at, data["time"].values, data[name].values))

    def change(name: str) -> float:
        return 100 * (level(name) / float(data[name].values[0]) - 1)

    return Headline(
        arm,
        month,
        level("estradiol"),
        level("testosterone"),
        change("ctx"),
        change("p1np"),
        change("lumbar_spine_bmd"),
        change("total_hip_bmd"),
        level("lumbar_spine_t_score"),
        level("any_fracture_incidence"),
        100 * level("arthralgia_probability"),
    )
