"""The metrics of a strategy, each declared once.

The table, the JSON, the constraints and the objectives of a search all read `metrics`. A metric is
one entry: its place in the table, its unit and meaning, the variables it needs, and how it is
computed from one arm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial

import numpy as np

from osteoaxis.outcomes.dxa import SITES
from osteoaxis.pharmacology.drug import BONE_CLASSES, Drug
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.strategy.arm import Arm, Metric
from osteoaxis.units import DAYS_PER_MONTH

OSTEOPOROSIS = -2.5
"""T-score of osteoporosis (WHO)."""
AFTER_STOPPING = 24.0  # months in which loss and rebound are looked for
LEAST_SEEN = 12.0  # months that must be simulated after the last dose to judge stopping
DENOSUMAB_ACTS = 6.0
"""Months: an alternative antiresorptive is due 6 months after the last denosumab
(European Calcified Tissue Society, 10.1210/clinem/dgaa756)."""
GRACE = 1.0  # months; assumed: clinics are late, and denosumab fades over weeks
EXITS = ("bisphosphonate",)
MARKERS = {"ctx": "CTX", "p1np": "P1NP", "bsap": "BSAP"}
HORMONES = {"estradiol": "pg/mL", "testosterone": "ng/dL"}
SHOWN_YEARS = (1, 2, 3, 5, 7, 10, 15, 20)
SHOWN_MONTHS = (6, 12, 24, 60)
MARKER_STEP = 3  # months
FORMS = {
    "po": "tablets", "iv": "infusions", "sc": "injections", "im": "injections",
    "implant": "implants",
}  # fmt: skip
VISITS = ("iv", "sc", "im", "implant")
DAILY = 1.0  # days: what is given at least daily is taken at home


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


def _last(name: str, scale: float, arm: Arm) -> float:
    return scale * float(arm.data[name].values[-1])


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
        **_fractures(),
        **_joints(),
        **_markers(years),
        **_hormones(years),
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
                group, f"{title} BMD, year {year}", "percent",
                f"{title} BMD at the end of year {year}",
                partial(_change, name, 12.0 * year), (name,), "percent_change",
                shown=site != "femoral_neck" and (year in SHOWN_YEARS or year == whole),
            )  # fmt: skip
        made[f"{name}_change_end"] = Metric(
            group, f"{title} BMD, at the end", "percent",
            f"{title} BMD at the end of the simulation",
            partial(_change, name, 12.0 * years), (name,), "percent_change",
            shown=site != "femoral_neck" and years - whole > 1e-9,
        )  # fmt: skip
    return made


def _scores() -> dict[str, Metric]:
    group, names = "T-scores", tuple(f"{site}_t_score" for site in SITES)
    below = partial(_months_below, names, OSTEOPOROSIS)
    made = {
        "lowest_t_score": Metric(
            group, "Lowest of the three sites", "SD",
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
            group, "Part of the time below −2.5", "percent",
            "share of the time with the lowest T-score of the three sites below -2.5",
            partial(_percent_of_time, below), names,
        ),
    }  # fmt: skip


FRACTURES = {
    "vertebral": ("Vertebral fracture", "a vertebral fracture that comes to attention"),
    "hip": ("Hip fracture", "a hip fracture"),
    "other": ("Other fracture", "another nonvertebral fracture"),
    "any": ("Any fracture", "any of these fractures"),
}
LIMITS = {"low": "lower", "high": "upper"}
_Z_SCORES = tuple(f"{site}_z_score" for site in SITES)


def _per_1000(cause: str, arm: Arm) -> float:
    return _last(f"{cause}_fracture_incidence", 10.0, arm)


def _avoided(arm: Arm) -> float | None:
    there = arm.reference
    if there is None:
        return None
    return 10 * float(there["any_fracture_incidence"].values[-1]) - _per_1000("any", arm)


def _needed(arm: Arm) -> float | None:
    avoided = _avoided(arm)
    return 1000 / avoided if avoided else None


def _limit(cause: str, part: str, end: str, arm: Arm) -> float:
    return float(getattr(getattr(arm.benefit[cause], part), end))


def _fractures() -> dict[str, Metric]:
    """People with a fracture until the end, with 90 % intervals, and what is gained."""
    group, unit, against = "Fractures until the end", "per 1,000", "the reference arm"
    made: dict[str, Metric] = {}

    def entry(
        name: str, cause: str, part: str, title: str, unit: str, meaning: str,
        value: Callable[[Arm], float | None],
    ) -> None:  # fmt: skip
        compared = part != "treated_per_1000"
        needs = (f"{cause}_fracture_incidence", *_Z_SCORES)
        made[name] = Metric(group, title, unit, meaning, value, needs, against_reference=compared)
        for end in LIMITS:
            made[f"{name}_{end}"] = Metric(
                group, title, unit, f"{meaning}: {LIMITS[end]} limit of 90 %",
                partial(_limit, cause, part, end), needs, against_reference=compared, shown=False,
            )  # fmt: skip

    for cause, (title, meaning) in FRACTURES.items():
        entry(
            f"{cause}_fractures_per_1000", cause, "treated_per_1000", title, unit,
            f"people in 1,000 with {meaning} until the end", partial(_per_1000, cause),
        )  # fmt: skip
    entry(
        "fractures_avoided_per_1000", "any", "fewer_per_1000", "Fractures avoided", unit,
        f"people in 1,000 spared any fracture against {against}", _avoided,
    )  # fmt: skip
    entry(
        "needed_to_treat", "any", "needed", "Treated for one fracture less", "people",
        f"people treated instead of as in {against} for one less with any fracture; "
        "negative: for one more", _needed,
    )  # fmt: skip
    return made


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
        "arthralgia_stopped": Metric(
            group, "Would have stopped for pain", "percent",
            "share who would have stopped an inhibitor because of joint pain by the end",
            partial(_last, "stopped_for_joint_pain", 100.0), ("stopped_for_joint_pain",),
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


def _hormones(years: float) -> dict[str, Metric]:
    """Levels of men on the last whole week of a month, all on the same day between doses."""
    ends = {f"m{month}": float(month) for month in SHOWN_MONTHS if month < 12 * years}
    return {
        f"{name}_{key}": Metric(
            "Hormones", f"{name.capitalize()}, month {month:g}", unit,
            f"{name} of men at the end of month {month:g}",
            partial(_hormone, name, month), (name,),
        )
        for name, unit in HORMONES.items()
        for key, month in (ends | {"end": 12.0 * years}).items()
    }  # fmt: skip


def _hormone(name: str, month: float, arm: Arm) -> float | None:
    return arm.at(name, month) if arm.patient.male else None


def _doses(drugs: Mapping[str, Drug]) -> dict[str, Metric]:
    group = "Doses given"
    made = {}
    for name, drug in drugs.items():
        form = FORMS.get(next(iter(drug.routes)), "doses")
        made[f"{name}_doses"] = Metric(
            group, f"{name.replace('_', ' ')}, {form}", "doses", f"number of doses of {name}",
            partial(_count, name), zero_says_nothing=True,
        )  # fmt: skip
    return made | {
        "injections_and_infusions": Metric(
            group, "Injections and infusions", "visits",
            "injections and infusions of all drugs but those injected daily at home", _visits,
            zero_says_nothing=True,
        ),
        "bone_drug_months": Metric(
            group, "Time on a bone drug", "months",
            "from each dose of a bone drug to when the next is usually due", _bone_drug_months,
            zero_says_nothing=True,
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
            zero_says_nothing=True,
        ),
        "denosumab_without_exit": Metric(
            group, "Denosumab without an exit", "yes/no",
            "whether no bisphosphonate follows the last dose of denosumab within "
            f"{DENOSUMAB_ACTS + GRACE:g} months; denosumab that goes on to the end has none",
            _no_exit, zero_says_nothing=True,
        ),
    }  # fmt: skip
