"""What rules ask about a person: measured, simulated, given and known, month by month."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from osteoaxis.outcomes.person import USUAL_MENOPAUSE
from osteoaxis.patient import HISTORY, HISTORY_NUMBERS, Patient
from osteoaxis.pharmacology.drug import BONE_CLASSES, Drug, by_any_name
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.treatment import was_given
from osteoaxis.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]
Fact = Sequence[float | bool | None] | NDArray[Any]
"""One value for each month; None or NaN where it is not known."""

LONGEST_GAP = 13.5  # months between doses of one course
SIMULATED = (
    "lumbar_spine_t_score", "total_hip_t_score", "femoral_neck_t_score", "egfr", "calcium",
    "vitamin_d", "ctx", "estradiol", "testosterone",
)  # fmt: skip
FRACTURES = ("vertebral_fracture", "hip_fracture", "other_fracture")
FOLLOWERS = ("sclerostin_antibody", "estrogen")
"""Classes that hold bone after denosumab while they are taken, beside bisphosphonates."""
HISTORY_OF_RISK = ("parent_hip_fracture", "glucocorticoids", "smoking", "fragility_fracture")
RISK_AGE, RISK_MASS = 65.0, 24.0
"""Risk factors beside density in the joint statement of 2017 and in ESMO 2020: what is known of the
past (read at univadis.com for the first), an age above and a body mass index below these (recalled,
not read)."""
RISK_FACTORS = {"one_risk_factor": 1, "two_risk_factors": 2}
"""At least how many of them."""
PARTS = dict.fromkeys(RISK_FACTORS, HISTORY_OF_RISK)
"""What has to be known for a fact that is made of others."""
WORDS = {
    "t_score_min": "lowest T-score",
    "frax_major": "FRAX (major)",
    "frax_hip": "FRAX (hip)",
    "on_gnrh": "on a GnRH agonist",
    "gnrh_after_menopause": "on a GnRH agonist that was begun after menopause",
    "endocrine_treatment": "on endocrine treatment or about to start it",
    "on_aromatase_inhibitor": "on an aromatase inhibitor",
    "one_joint_risk_factor": "a risk factor",
    "two_joint_risk_factors": "two risk factors",
    "two_esmo_risk_factors": "two risk factors",
    "parent_hip_fracture": "whether a parent broke a hip",
    "egfr": "eGFR",
    "ctx": "CTX",
}
"""Facts whose names are no words that people use."""
ENDOCRINE_SOON = 6.0
"""For how many months before its first dose endocrine treatment is about to start; our choice."""
FAR_MORE = 7.0
"""Times the usual amount over time: a weekly dose taken daily; our choice."""
DENOSUMAB_LASTS = 7.0  # months: six, and four weeks of grace as in 10.7326/M20-0882


def facts(
    patient: Patient, data: xr.Dataset, drugs: Mapping[str, Drug]
) -> tuple[Array, dict[str, Fact]]:
    """Return the months of `data` from time zero, and the facts of each.

    `data` are trajectories of `patient` with `given` in the attributes, as `treatment.run` makes
    them; `drugs` is the catalogue by name.
    """
    months = np.asarray(data["time"].values, dtype=float)
    count = len(months)
    known: dict[str, Any] = {name: data[name].values for name in SIMULATED}
    for site in ("lumbar_spine", "total_hip"):
        known[f"{site}_yearly_loss"] = _yearly_loss(months, data[f"{site}_bmd"].values)
    ages = patient.age + months / 12
    known["age"] = ages
    known["male"] = [patient.male] * count
    known["body_mass_index"] = [patient.body_mass_index] * count
    menopause = USUAL_MENOPAUSE if patient.menopause_age is None else patient.menopause_age
    known["menopause_age"] = [None if patient.male else menopause] * count
    women = np.full(count, not patient.male)
    known["postmenopausal"] = women & (ages >= menopause)
    known |= _history(patient, count)
    known |= _risk_factors(known, patient.body_mass_index, ages)
    clearance = patient.history.get("creatinine_clearance")
    egfr = data["egfr"].values
    # It moves with the eGFR, which stands in where it was not typed in.
    known["creatinine_clearance"] = egfr if clearance is None else clearance * egfr / egfr[0]
    known |= treatment(was_given(data), months, drugs)
    known["t_score_min"] = _lowest_t_score(data, known)
    known["without_ovarian_function"] = known["postmenopausal"] | (known["on_gnrh"] & women)
    began = ages - known["gnrh_course_years"] + 1e-9
    known["gnrh_after_menopause"] = known["on_gnrh"] & women & (began >= menopause)
    return months, known


def names(drugs: Mapping[str, Drug]) -> set[str]:
    """Return the name of every fact there is with this catalogue."""
    sites = ("lumbar_spine", "total_hip")
    return {
        *SIMULATED, *HISTORY, *HISTORY_NUMBERS, "t_score_min", "age", "male", "body_mass_index",
        "menopause_age", "postmenopausal", "fragility_fracture", *RISK_FACTORS,
        "bisphosphonates", "bisphosphonate_years", "aromatase_inhibitors", "on_gnrh",
        "gnrh_course_years", "gnrh_after_menopause", "without_ovarian_function",
        "endocrine_treatment",
        "denosumab_followed", "denosumab_late", "denosumab_stopped", "denosumab_exit_planned",
        "drug_not_reached", "far_more_than_usual",
        *(f"{site}_yearly_loss" for site in sites),
        *(f"{kind}_{slug(d.group)}" for d in drugs.values() for kind in ("on", "ever")),
        *(f"on_{d.name}" for d in drugs.values()),
        *(f"{d.name}_{what}" for d in drugs.values()
          for what in ("doses", "years", "days", "interval", "mg")),
    }  # fmt: skip


def words(name: str) -> str:
    """Return a fact as people call it."""
    return WORDS.get(name, name.replace("_", " "))


@lru_cache
def slug(group: str) -> str:
    """Return the class of a drug as part of a name; an inactivator is an inhibitor, too."""
    plain = group.lower().replace("inactivator", "inhibitor")
    return "".join(c if c.isalnum() else "_" for c in plain)


def _lowest_t_score(data: xr.Dataset, known: Mapping[str, Fact]) -> Array:
    """Lowest T-score of the sites; from the first bone drug on, the lowest there has been.

    What a drug adds does not undo the reason it was given for: the diagnosis stays
    (AACE 2020, 10.4158/GL-2020-0524).
    """
    sites = ("lumbar_spine", "total_hip", "femoral_neck")
    now = np.min([data[f"{site}_t_score"].values for site in sites], axis=0)
    groups = [f"ever_{slug(group)}" for group in BONE_CLASSES]
    ever = np.array([known[group] for group in groups if group in known], dtype=bool)
    return np.where(ever.any(axis=0), np.minimum.accumulate(now), now)


def _yearly_loss(months: Array, bmd: Array) -> Array:
    """Percent lost over the year before; unknown in the first."""
    before = np.interp(months - 12.0, months, bmd)
    return np.where(months >= 12.0, 100 * (1 - bmd / before), np.nan)


def _history(patient: Patient, count: int) -> dict[str, Fact]:
    history: dict[str, Any] = {n: patient.history.get(n) for n in (*HISTORY, *HISTORY_NUMBERS)}
    if patient.male and history["breast_cancer"] is None:
        history["breast_cancer"] = False  # so rare in men that it would be said
    broken = [history[name] for name in FRACTURES if history[name] is not None]
    history["fragility_fracture"] = any(broken) if broken else None
    return {name: [value] * count for name, value in history.items()}


def _risk_factors(known: Mapping[str, Fact], mass_index: float, ages: Array) -> dict[str, Fact]:
    """Whether there are at least so many risk factors; unknown where unknown ones would decide."""
    history = [known[name][0] for name in HISTORY_OF_RISK]
    open_ = history.count(None)
    counts = sum(map(bool, history)) + (mass_index < RISK_MASS) + (ages > RISK_AGE).astype(int)
    return {
        name: [True if n >= least else None if n + open_ >= least else False for n in counts]
        for name, least in RISK_FACTORS.items()
    }


def treatment(given: Regimen, months: Array, drugs: Mapping[str, Drug]) -> dict[str, Any]:
    """Return facts about drugs by month, from the regimen that was given.

    Times since what never was are infinite. `_years` count what was taken, `_days` run from the
    last dose, `_interval` (days) lies between the last two, `_mg` is the dose while it lasts.
    """
    by_name = by_any_name(drugs)
    end = (float(months[-1]) + 1.0) * DAYS_PER_MONTH
    times: dict[str, list[float]] = {name: [] for name in drugs}
    amounts: dict[str, float] = dict.fromkeys(drugs, 0.0)
    routes: dict[str, str] = {}
    for dose in given.doses(end):
        drug = by_name[dose.drug]
        name = drug.name
        times[name].append(dose.time_day / DAYS_PER_MONTH)
        amounts[name] = drug.mass_mg(dose.amount, dose.unit)
        routes[name] = dose.route
    found: dict[str, Any] = {}
    on: dict[str, NDArray[np.bool_]] = {}
    excess = np.zeros(len(months), dtype=bool)
    for name, drug in drugs.items():
        days = np.array(sorted(times[name]))
        on[name], years = _course(days, months, _interval(drug))
        index = np.searchsorted(days, months + 1e-9)
        padded = np.concatenate([[-np.inf, -np.inf], days])
        found[f"on_{name}"] = on[name]
        found[f"{name}_years"] = years
        found[f"{name}_doses"] = index.astype(float)
        found[f"{name}_days"] = (months - padded[index + 1]) * DAYS_PER_MONTH
        gaps = np.concatenate([[np.inf, np.inf], np.diff(days)])  # before no and before one dose
        found[f"{name}_interval"] = gaps[index] * DAYS_PER_MONTH
        found[f"{name}_mg"] = np.where(on[name], amounts[name], 0.0)
        rate = found[f"{name}_mg"] / found[f"{name}_interval"]
        excess |= rate >= FAR_MORE * _usual_rate(drug, routes.get(name)) * (1 - 1e-9)
    found["far_more_than_usual"] = excess
    groups = {slug(drug.group) for drug in drugs.values()}
    for group in groups:
        members = [name for name, drug in drugs.items() if slug(drug.group) == group]
        found[f"on_{group}"] = np.any([on[name] for name in members], axis=0)
        ever = np.sum([found[f"{name}_doses"] for name in members], axis=0)
        found[f"ever_{group}"] = np.asarray(ever) > 0
    for plural, group in (
        ("bisphosphonates", "bisphosphonate"),
        ("aromatase_inhibitors", "aromatase_inhibitor"),
    ):
        members = [name for name, drug in drugs.items() if slug(drug.group) == group]
        found[plural] = np.sum([on[name] for name in members], axis=0).astype(float)
    members = [name for name, drug in drugs.items() if drug.group == "bisphosphonate"]
    found["bisphosphonate_years"] = np.sum([found[f"{n}_years"] for n in members], axis=0)
    agonists = [name for name in drugs if drugs[name].group.startswith("gonadotropin")]
    found["on_gnrh"] = np.any([on[name] for name in agonists], axis=0)
    begun = np.array([np.inf, *(start for start, _ in _courses(_doses(times, agonists)))])
    since_start = months - begun[np.searchsorted(begun[1:], months + 1e-9)]
    found["gnrh_course_years"] = np.where(found["on_gnrh"], since_start / 12, 0.0)
    inhibitors = [name for name, drug in drugs.items() if slug(drug.group) == "aromatase_inhibitor"]
    endocrine = [*agonists, *inhibitors, "tamoxifen"]
    due = _doses(times, endocrine)
    coming = np.searchsorted(due, months + ENDOCRINE_SOON, "right") > np.searchsorted(due, months)
    found["endocrine_treatment"] = coming | np.any([on[name] for name in endocrine], axis=0)
    # A bisphosphonate given since the last denosumab acts on; other drugs only while taken.
    since_follower = np.min([found[f"{name}_days"] for name in members], axis=0)
    found["denosumab_followed"] = (since_follower < found["denosumab_days"]) | np.any(
        [found[f"on_{group}"] for group in FOLLOWERS if f"on_{group}" in found], axis=0
    )
    since = found["denosumab_days"]
    overdue = np.isfinite(since) & (since > DENOSUMAB_LASTS * DAYS_PER_MONTH)
    last = max(times["denosumab"], default=-np.inf)
    comes = months < last
    exits = any(time > last for name in members for time in times[name])
    found["denosumab_exit_planned"] = [exits] * len(months)
    missed = any(not times[by_name[name].name] for name in given.drugs)
    found["drug_not_reached"] = [missed] * len(months)
    found["denosumab_late"], found["denosumab_stopped"] = overdue & comes, overdue & ~comes
    return found


def _interval(drug: Drug) -> float:
    """Months that a usual dose of `drug` is meant to last."""
    term = Regimen.parse(drug.typical).terms[0]
    return (term.every_days or 30.0) / DAYS_PER_MONTH


def _usual_rate(drug: Drug, route: str | None) -> float:
    """Milligrams a day of the usual regimen of `drug`; infinite by another route than its own."""
    term = Regimen.parse(drug.typical).terms[0]
    if term.route != route:
        return math.inf
    return drug.mass_mg(term.amount, term.unit) / (_interval(drug) * DAYS_PER_MONTH)


def _course(days: Array, months: Array, usual: float) -> tuple[NDArray[np.bool_], Array]:
    """Return whether a drug is being taken in each month, and for how many years it has been.

    A course goes on from one dose to the next if that comes within `LONGEST_GAP` months, and for
    the usual interval after the last. Years count to a hundredth, so a course of three years has
    three.
    """
    taking, taken = np.zeros(len(months), dtype=bool), np.zeros(len(months))
    after_last = max(usual - 1 / DAYS_PER_MONTH, 0.0)  # a daily drug ends with its last dose
    for start, last in _courses(days):
        taking |= (months >= start - 1e-9) & (months < last + after_last - 1e-9)
        taken += np.clip(months, start, last + usual) - start
    return taking, np.round(taken / 12.0, 2)


def _doses(times: Mapping[str, Sequence[float]], names: Sequence[str]) -> Array:
    """Return the months of all doses of these drugs, sorted."""
    return np.array(sorted(time for name in names for time in times[name]))


def _courses(days: Array) -> list[tuple[float, float]]:
    """Return the first and last dose of each course; `days` are sorted months of doses."""
    if not len(days):
        return []
    ends = np.append(np.diff(days) > LONGEST_GAP, True)
    return list(zip(days[np.roll(ends, 1)], days[ends], strict=True))
