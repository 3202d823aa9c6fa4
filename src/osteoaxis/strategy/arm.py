"""One strategy, and what is meant by a metric of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from osteoaxis import intervals
from osteoaxis.errors import InputError, did_you_mean
from osteoaxis.outcomes.benefit import Benefit, benefit
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.drug import Drug
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.simulation import Simulator
from osteoaxis.units import DAYS_PER_MONTH

Array = NDArray[np.float64]

MATTERS = {"SD": 0.01, "months": 1.0, "doses": 1.0, "visits": 1.0}
"""Smallest difference that counts when strategies are weighed, by unit; else 0.1."""

Given = Mapping[tuple[str, str], Array]
"""Months of the doses of each drug by each route, ascending."""


@dataclass(frozen=True)
class Arm:
    """One strategy: its trajectories, and the doses given from time zero to their end.

    `reference` holds the trajectories it is held against, if any; `drawn` runs of the reference and
    of the arm with sets of the ensemble, for intervals.
    """

    data: xr.Dataset
    doses: Given
    drugs: Mapping[str, Drug]
    patient: Patient
    reference: xr.Dataset | None = None
    drawn: tuple[Sequence[xr.Dataset], Sequence[xr.Dataset]] = ((), ())

    @property
    def months(self) -> Array:
        return np.asarray(self.data["time"].values, dtype=float)

    def at(self, name: str, month: float) -> float:
        """Return a quantity at `month`, interpolated linearly."""
        return float(np.interp(month, self.months, self.data[name].values))

    def given(self, *classes: str) -> Array:
        """Return the months of the doses of drugs of these classes, ascending."""
        times = [t for (drug, _), t in self.doses.items() if self.drugs[drug].group in classes]
        return np.sort(np.concatenate([np.empty(0), *times]))

    @cached_property
    def benefit(self) -> Mapping[str, Benefit]:
        """Fractures until the end with intervals, against the reference or the arm itself."""
        person = self.patient
        return benefit(
            self.data if self.reference is None else self.reference,
            self.data,
            float(self.months[-1]),
            sex=person.sex,
            age=person.age,
            menopause_age=person.menopause_age,
            history=person.history,
            drawn=self.drawn,
        )


@dataclass(frozen=True)
class Metric:
    """A number that says how a strategy does; it is absent where its variables are.

    `shown` in the table, unless it is zero in every arm and `zero_says_nothing`. `value` returns
    None where the metric has no meaning, e.g. a loss after stopping in an arm
    that stops nothing.
    """

    group: str
    title: str
    unit: str
    meaning: str
    value: Callable[[Arm], float | None]
    needs: tuple[str, ...] = ()
    kind: Literal["level", "percent_change"] = "level"
    against_reference: bool = False
    shown: bool = True
    zero_says_nothing: bool = False

    def rounded(self, value: float) -> float:
        """Return `value` without what matters to nobody, so that noise decides nothing."""
        step = MATTERS.get(self.unit, 0.1)
        return round(value / step) * step


def check_names(
    names: Iterable[str], known: Mapping[str, Metric], data: xr.Dataset, where: str
) -> None:
    """Raise `InputError` for a name that is no metric, or whose variables `data` does not have."""
    for name in names:
        if name not in known:
            raise InputError(
                f"{where}: unknown metric '{name}'.{did_you_mean(name, known)}"
                " 'osteoaxis list metrics' shows them all."
            )
        missing = [need for need in known[name].needs if need not in data]
        if missing:
            raise InputError(f"{where}: metric '{name}' needs {', '.join(missing)}, not computed.")


def measure(
    data: xr.Dataset,
    doses: Given,
    drugs: Mapping[str, Drug],
    patient: Patient,
    *,
    known: Mapping[str, Metric],
    names: Iterable[str] | None = None,
    reference: xr.Dataset | None = None,
    drawn: tuple[Sequence[xr.Dataset], Sequence[xr.Dataset]] = ((), ()),
) -> dict[str, float]:
    """Return the metrics `names` (default: all `known`) of one arm; what is absent is left out.

    With `drawn`, those shown have their 90 % limits beside them, `_low` and `_high`.

    `doses` are those of the arm, by the names in `drugs`; only those from time zero to the end of
    `data` count. `time` of `data` is in months and begins at zero.
    """
    end = float(data["time"].values[-1])
    inside = {key: times[(times > -1e-6) & (times < end)] for key, times in doses.items()}
    counted = {key: times for key, times in inside.items() if times.size}
    arm = Arm(data, counted, drugs, patient, reference, drawn)
    found = {}
    for name in known if names is None else names:
        metric = known[name]
        if any(need not in data for need in metric.needs):
            continue
        if metric.against_reference and (reference is None or reference is data):
            continue
        value = metric.value(arm)
        if value is not None and np.isfinite(value):
            found[name] = value
            if metric.shown and metric.needs and f"{name}_low" not in known:
                found |= _limits(name, metric, arm)
    return found


def _limits(name: str, metric: Metric, arm: Arm) -> dict[str, float]:
    """Return the 90 % limits of a metric over the runs that were drawn; none without pairs."""
    others, runs = arm.drawn
    if not runs or len(runs) != len(others) or any(need not in runs[0] for need in metric.needs):
        return {}
    pairs = (replace(arm, data=a, reference=b) for a, b in zip(runs, others, strict=True))
    values = [metric.value(each) for each in pairs]
    if None in values:
        return {}
    low, high = intervals.between(np.array(values, dtype=float))
    return {f"{name}_low": float(low), f"{name}_high": float(high)}


def given(ready: Simulator, regimen: Regimen, months: float) -> Given:
    """Return what `regimen` gives before `months`, by the drugs' own names."""
    times: dict[tuple[str, str], list[float]] = {}
    for term in regimen.terms:
        key = ready.drug(term.drug).name, term.route
        times.setdefault(key, []).extend(term.times(months * DAYS_PER_MONTH))
    return {key: np.sort(days) / DAYS_PER_MONTH for key, days in times.items()}
