"""What a strategy of bone protection comes to: the metrics of one arm, each declared once.

The table, the JSON, the constraints and the objectives of a search all read `metrics`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from osteoaxis import scenario as scenarios
from osteoaxis.errors import InputError, SolverError, did_you_mean
from osteoaxis.outcomes.tscore import SITES
from osteoaxis.pharmacology.drug import Drug
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.simulation import Progress, Simulator, simulator
from osteoaxis.units import DAYS_PER_MONTH

Array = NDArray[np.float64]

OSTEOPOROSIS = -2.5
"""T-score of osteoporosis (WHO)."""
BONE_CLASSES = (
    "bisphosphonate",
    "RANKL antibody",
    "sclerostin antibody",
    "parathyroid hormone analogue",
)
"""Classes of drugs that are given to protect bone; stopping one is stopping bone protection."""
AFTER_STOPPING = 24.0  # months in which loss and rebound are looked for
LEAST_SEEN = 12.0  # months that must be simulated after the last dose to judge stopping
DENOSUMAB_ACTS = 6.0
"""Months: an alternative antiresorptive is due 6 months after the last denosumab
(European Calcified Tissue Society, 10.1210/clinem/dgaa756)."""
GRACE = 1.0  # months; assumed: clinics are late, and denosumab fades over weeks
EXITS = ("bisphosphonate",)
MARKERS = {"ctx": "CTX", "p1np": "P1NP", "bsap": "BSAP"}
SHOWN_YEARS = (1, 2, 3, 5, 7, 10, 15, 20)
SHOWN_MONTHS = (6, 12, 24, 60)
MARKER_STEP = 3  # months
FORMS = {
    "po": "tablets", "iv": "infusions", "sc": "injections", "im": "injections",
    "implant": "implants",
}  # fmt: skip
VISITS = ("iv", "sc", "im", "implant")
MATTERS = {"SD": 0.01, "months": 1.0, "doses": 1.0, "visits": 1.0}
"""Smallest difference that counts when strategies are weighed, by unit; else 0.1."""
DAILY = 1.0  # days: what is given at least daily is taken at home


Given = Mapping[tuple[str, str], Array]
"""Months of the doses of each drug by each route, ascending."""


@dataclass(frozen=True)
class Arm:
    """One strategy: its trajectories, and the doses given from time zero to their end.

    `reference` holds the trajectories it is held against, if any.
    """

    data: xr.Dataset
    doses: Given
    drugs: Mapping[str, Drug]
    reference: xr.Dataset | None = None

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


@dataclass(frozen=True)
class Metric:
    """A number that says how a strategy does; it is absent where its variables are.

    `value` returns None where the metric has no meaning, e.g. a loss after stopping in an arm
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

    def rounded(self, value: float) -> float:
        """Return `value` without what matters to nobody, so that noise decides nothing."""
        step = MATTERS.get(self.unit, 0.1)
        return round(value / step) * step


def _change(name: str, month: float, arm: Arm) -> float:
    return 100 * (arm.at(name, month) / arm.at(name, 0.0) - 1)


def _lowest(names: Sequence[str], arm: Arm) -> float:
    return float(min(arm.data[name].values.min() for name in names))


def _months_below(names: Sequence[str], limit: float, arm: Arm) -> float:
    """Months in which the lowest of `names` is below `limit`, between points on a line."""
    low = np.min([arm.data[name].values for name in names], axis=0)
    left, right = np.minimum(low[:-1], low[1:]), np.maximum(low[:-1], low[1:])
    share = np.clip((limit - left) / np.maximum(right - left, 1e-12), 0.0, 1.0)
    return float(np.sum(share * np.diff(arm.months)))


def _percent_of_time(months: Callable[[Arm], float], arm: Arm) -> float:
    return 100 * months(arm) / float(arm.months[-1])


def _peak(name: str, scale: float, arm: Arm) -> float:
    return scale * float(arm.data[name].values.max())


def _mean(name: str, scale: float, arm: Arm) -> float:
    area = np.trapezoid(arm.data[name].values, arm.months)
    return scale * float(area) / float(arm.months[-1])


def _count(drug: str, arm: Arm) -> float:
    return float(sum(times.size for (name, _), times in arm.doses.items() if name == drug))


def _visits(arm: Arm) -> float:
    """Injections and infusions that take a visit; what is injected daily is done at home."""
    return float(
        sum(
            times.size
            for (drug, route), times in arm.doses.items()
            if route in VISITS and (_interval(arm.drugs[drug]) or np.inf) > DAILY
        )
    )


def _interval(drug: Drug) -> float | None:
    """Days between doses of the usual regimen of a drug."""
    return _every(drug.typical)


@lru_cache(maxsize=256)
def _every(regimen: str) -> float | None:
    return Regimen.parse(regimen).terms[0].every_days


def _bone_drug_months(arm: Arm) -> float:
    """Months from each dose of a bone drug to when the next is usually due, overlaps once."""
    end, covered, until = float(arm.months[-1]), 0.0, 0.0
    spans = [
        (float(start), float(start) + (_interval(arm.drugs[drug]) or 0.0) / DAYS_PER_MONTH)
        for (drug, _), times in arm.doses.items()
        if arm.drugs[drug].group in BONE_CLASSES
        for start in times
    ]
    for start, due in sorted(spans):
        stop = min(due, end)
        covered += max(stop - max(start, until), 0.0)
        until = max(until, stop)
    return covered


def _window(arm: Arm) -> tuple[float, float] | None:
    """Months from the last dose of a bone drug to two years later; None if that is not seen."""
    given, end = arm.given(*BONE_CLASSES), float(arm.months[-1])
    if not given.size or end - given[-1] < LEAST_SEEN:
        return None
    return float(given[-1]), min(float(given[-1]) + AFTER_STOPPING, end)


def _loss(name: str, arm: Arm) -> float | None:
    """Largest fall from a peak to a later low (percent of the peak) after the last dose."""
    window = _window(arm)
    if window is None:
        return None
    inside = (arm.months > window[0]) & (arm.months <= window[1])
    values = np.append(arm.at(name, window[0]), arm.data[name].values[inside])
    return float(100 * np.max(1 - values / np.maximum.accumulate(values)))


def _overshoot(name: str, arm: Arm) -> float | None:
    window = _window(arm)
    if window is None or arm.reference is None:
        return None
    inside = (arm.months >= window[0]) & (arm.months <= window[1])
    there = np.interp(arm.months, arm.reference["time"].values, arm.reference[name].values)
    return float(max(np.max(100 * (arm.data[name].values / there - 1)[inside]), 0.0))


def _unprotected(arm: Arm) -> float:
    """Months after the effect of denosumab has ended in which nothing has followed it."""
    antibody, end = arm.given("RANKL antibody"), float(arm.months[-1])
    others = np.append(np.union1d(antibody, arm.given(*EXITS)), end)
    total = 0.0
    for last in antibody:
        following = others[others > last][0] if (others > last).any() else end
        total += max(min(float(following), end) - last - DENOSUMAB_ACTS - GRACE, 0.0)
    return float(total)


def _no_exit(arm: Arm) -> float:
    """1 if denosumab is given and no bisphosphonate follows the last dose in time, else 0."""
    antibody = arm.given("RANKL antibody")
    if not antibody.size:
        return 0.0
    exits = arm.given(*EXITS)
    late = antibody[-1] + DENOSUMAB_ACTS + GRACE + 1e-6
    return float(not ((exits > antibody[-1]) & (exits <= late)).any())


def metrics(years: float, drugs: Mapping[str, Drug]) -> dict[str, Metric]:
    """Return every metric of a simulation of `years` by name, in the order of the table."""
    return {
        **_density(years),
        **_scores(),
        **_joints(),
        **_markers(years),
        **_doses(drugs),
        **_stopping(),
    }


def _density(years: float) -> dict[str, Metric]:
    group, whole = "Bone density, % change", int(years + 1e-9)
    made = {}
    for site in SITES:
        title, name = site.replace("_", " ").capitalize(), f"{site}_bmd"
        for year in range(1, whole + 1):
            made[f"{name}_change_y{year}"] = Metric(
                group, f"{title}, year {year}", "percent", f"{title} BMD after {year} years",
                partial(_change, name, 12.0 * year), (name,), "percent_change",
                shown=site != "femoral_neck" and (year in SHOWN_YEARS or year == whole),
            )  # fmt: skip
        made[f"{name}_change_end"] = Metric(
            group, f"{title}, at the end", "percent", f"{title} BMD at the end of the simulation",
            partial(_change, name, 12.0 * years), (name,), "percent_change",
            shown=site != "femoral_neck" and years - whole > 1e-9,
        )  # fmt: skip
    return made


def _scores() -> dict[str, Metric]:
    group, names = "T-scores", tuple(f"{site}_t_score" for site in SITES)
    below = partial(_months_below, names, OSTEOPOROSIS)
    made = {
        "lowest_t_score": Metric(
            group, "Lowest of spine, hip and neck", "SD",
            "lowest T-score of spine, hip and femoral neck at any time",
            partial(_lowest, names), names,
        )
    }  # fmt: skip
    for site, name in zip(SITES, names, strict=True):
        title = site.replace("_", " ")
        made[f"{site}_lowest_t_score"] = Metric(
            group, f"Lowest, {title}", "SD", f"lowest T-score of the {title} at any time",
            partial(_lowest, (name,)), (name,), shown=site != "femoral_neck",
        )  # fmt: skip
    return made | {
        "osteoporosis_months": Metric(
            group, "Time below −2.5", "months",
            "time with the lowest T-score of the three sites below -2.5", below, names,
        ),
        "osteoporosis_share": Metric(
            group, "Share of the time below −2.5", "percent",
            "share of the time with the lowest T-score of the three sites below -2.5",
            partial(_percent_of_time, below), names,
        ),
    }  # fmt: skip


def _joints() -> dict[str, Metric]:
    group, name = "Joint pain", "arthralgia_probability"
    return {
        "arthralgia_peak": Metric(
            group, "Most likely at its peak", "percent",
            "highest probability of joint pain of at least 3 of 10",
            partial(_peak, name, 100.0), (name,),
        ),
        "arthralgia_share": Metric(
            group, "Share of the time in pain", "percent",
            "mean probability of joint pain: the share of the time it is expected",
            partial(_mean, name, 100.0), (name,),
        ),
    }  # fmt: skip


def _markers(years: float) -> dict[str, Metric]:
    months = range(MARKER_STEP, int(12 * years + 1e-9) + 1, MARKER_STEP)
    return {
        f"{name}_change_m{month}": Metric(
            "Turnover markers, % change", f"{title}, month {month}", "percent",
            f"{title} at month {month} against month 0", partial(_change, name, float(month)),
            (name,), "percent_change",
            shown=name != "bsap" and (month in SHOWN_MONTHS or month == months[-1]),
        )
        for name, title in MARKERS.items()
        for month in months
    }  # fmt: skip


def _doses(drugs: Mapping[str, Drug]) -> dict[str, Metric]:
    group = "Doses given"
    made = {}
    for name, drug in drugs.items():
        form = FORMS.get(next(iter(drug.routes)), "doses")
        made[f"{name}_doses"] = Metric(
            group, f"{name.replace('_', ' ')}, {form}", "doses", f"number of doses of {name}",
            partial(_count, name),
        )  # fmt: skip
    return made | {
        "injections_and_infusions": Metric(
            group, "Injections and infusions", "visits",
            "injections and infusions of all drugs but those injected daily at home", _visits,
        ),
        "bone_drug_months": Metric(
            group, "Time on a bone drug", "months",
            "from each dose of a bone drug to when the next is usually due", _bone_drug_months,
        ),
    }  # fmt: skip


def _stopping() -> dict[str, Metric]:
    group = "After stopping bone drugs"
    losses = {
        f"{site}_loss_after_stopping": Metric(
            group, f"Largest loss, {site.replace('_', ' ')}", "percent",
            "largest fall of BMD in the 24 months after the last dose of a bone drug, "
            "if at least 12 of them are simulated",
            partial(_loss, f"{site}_bmd"), (f"{site}_bmd",), shown=site != "femoral_neck",
        )
        for site in SITES
    }  # fmt: skip
    return losses | {
        "ctx_overshoot_after_stopping": Metric(
            group, "CTX above the reference arm", "percent",
            "highest CTX in the 24 months after the last dose of a bone drug, above that of the "
            "reference arm at the same time",
            partial(_overshoot, "ctx"), ("ctx",), against_reference=True,
        ),
        "denosumab_unprotected_months": Metric(
            group, "Denosumab worn off, open", "months",
            f"time more than {DENOSUMAB_ACTS + GRACE:g} months after a dose of denosumab and "
            "before the next dose of it or of a bisphosphonate", _unprotected,
        ),
        "denosumab_without_exit": Metric(
            group, "Denosumab without an exit", "yes/no",
            "whether no bisphosphonate follows the last dose of denosumab within "
            f"{DENOSUMAB_ACTS + GRACE:g} months; denosumab that goes on to the end has none",
            _no_exit,
        ),
    }  # fmt: skip


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
    *,
    reference: xr.Dataset | None = None,
    known: Mapping[str, Metric],
    names: Iterable[str] | None = None,
) -> dict[str, float]:
    """Return the metrics `names` (default: all `known`) of one arm; what is absent is left out.

    `doses` are those of the arm, by the names in `drugs`; only those from time zero to the end of
    `data` count. `time` of `data` is in months and begins at zero.
    """
    end = float(data["time"].values[-1])
    inside = {key: times[(times > -1e-6) & (times < end)] for key, times in doses.items()}
    arm = Arm(data, {key: times for key, times in inside.items() if times.size}, drugs, reference)
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
    return found


def given(ready: Simulator, regimen: Regimen, months: float) -> Given:
    """Return what `regimen` gives before `months`, by the drugs' own names."""
    times: dict[tuple[str, str], list[float]] = {}
    for term in regimen.terms:
        key = ready.drug(term.drug).name, term.route
        times.setdefault(key, []).extend(term.times(months * DAYS_PER_MONTH))
    return {key: np.sort(days) / DAYS_PER_MONTH for key, days in times.items()}


@dataclass(frozen=True)
class Strategies:
    """The arms of a scenario, measured; the first is the reference."""

    scenario: scenarios.Scenario
    arms: Mapping[str, xr.Dataset]
    doses: Mapping[str, Given]
    drugs: Mapping[str, Drug]
    metrics: Mapping[str, Metric]
    measured: Mapping[str, Mapping[str, float]]

    @property
    def reference(self) -> str:
        return next(iter(self.arms))


def compare(
    plan: scenarios.Scenario, *, drugs_folder: Path | None = None, progress: Progress | None = None
) -> Strategies:
    """Simulate and measure every arm of `plan` against the first.

    Raises `InputError` for an impossible arm and `SolverError` for one that cannot be solved.
    """
    ready = simulator((drugs_folder,) if drugs_folder else (), progress)
    if progress is not None:
        progress("Simulating the arms", 0.3)
    arms = scenarios.run_arms(plan, ready)
    for arm, data in arms.items():
        if data.attrs["status"]:
            raise SolverError(f"arm '{arm}': {data.attrs['message']}", partial=data)
    known = metrics(plan.years, ready.drugs)
    doses = {
        arm: given(ready, Regimen.parse(text), 12.0 * plan.years) for arm, text in plan.arms.items()
    }
    reference = next(iter(arms.values()))
    measured = {
        arm: measure(data, doses[arm], ready.drugs, reference=reference, known=known)
        for arm, data in arms.items()
    }
    return Strategies(plan, arms, doses, ready.drugs, known, measured)
