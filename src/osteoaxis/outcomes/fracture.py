"""Fractures: hazards by site from age, sex, density, turnover, formation and history.

The hazard of a cause is the rate of the whole population at that age, times how far the person
is from its average:

    rate(sex, age) * exp(-b Z - b^2/2) * exp(m c - m^2 s^2/2) * exp(k F) * exp(-t TBS - t^2/2) * R

with the age-matched Z-score of the spine (vertebral), femoral neck (hip) or total hip (other),
`c` the log of CTX over its median for age, sex and menopause, `F` formation beyond resorption
kept in the bone (anabolic drugs), and `R` earlier fractures and other risk factors. The squares
keep the average over a population equal to its rate; so do `R`, which is divided by its average
over people with and without the factor, and is 1 when nothing is known of it.

Every number, its source and its uncertainty is in `reference/fracture.toml`; what was fitted to
what is in docs/fracture.md. Stopping denosumab needs no rule of its own: CTX rises above its
median and density falls. Causes are `vertebral` (comes to attention), `hip` and `other`;
`morphometric` (seen on a radiograph, whether felt or not) includes `vertebral`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from osteoaxis.errors import InputError
from osteoaxis.outcomes import numbers
from osteoaxis.outcomes.incidence import MONTHS_PER_YEAR, incidence
from osteoaxis.outcomes.person import USUAL_MENOPAUSE, Person

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]
Numbers = Mapping[str, Any]
"""Central values (floats) or draws (arrays of shape `(draws, 1)`) by name."""

NEEDS = ("ctx", "p1np")
CAUSES = ("vertebral", "hip", "other")
EARLIER = ("vertebral_fracture", "hip_fracture", "other_fracture")
RISK_FACTORS = (
    "glucocorticoids", "smoking", "parent_hip_fracture", "falls", "rheumatoid_arthritis", "alcohol",
)  # fmt: skip

TITLES = {
    "vertebral": "a vertebral fracture that comes to attention",
    "hip": "a hip fracture",
    "other": "another nonvertebral fracture",
    "morphometric": "a vertebral fracture seen on a radiograph",
    "any": "a fracture",
}

AGES = (35.0, 100.0)
"""Ages outside are held at these ends: the sources begin at 50."""
REFERENCE_AGE = 65.0
STUDIED_AGES = (50.0, 90.0)
EXTRAPOLATED = "fracture rates were studied from 50 to 90 years; outside they are extrapolated"

# Median CTX in ng/mL: middles (geometric) of the reference intervals of PMID 24076251, IDS-iSYS.
CTX_BEFORE_MENOPAUSE = 0.183
CTX_AFTER_MENOPAUSE = 0.307
CTX_MEN = ((27.0, 77.0), (0.316, 0.170))


def ctx_median(sex: str, age: Array, menopause_age: float | Array | None = None) -> Array:
    """Return the median CTX (ng/mL) of healthy people of this sex and age (years).

    Crosses menopause within two years on either side. Source: PMID 24076251 (IDS-iSYS).
    """
    if sex == "male":
        return np.asarray(np.exp(np.interp(age, CTX_MEN[0], np.log(CTX_MEN[1]))))
    years = np.asarray(age) - (USUAL_MENOPAUSE if menopause_age is None else menopause_age)
    levels = np.log((CTX_BEFORE_MENOPAUSE, CTX_AFTER_MENOPAUSE))
    return np.asarray(np.exp(np.interp(years, (-2.0, 2.0), levels)))


def formation_kept(
    ctx: Array, p1np: Array, months: Array, *, threshold: Any, fade_months: Any
) -> Array:
    """Return formation beyond resorption kept in the bone, in log units times years.

    Counts how far the log of P1NP over its level at time zero exceeds that of CTX, and zero, by
    more than `threshold`; it fades over `fade_months`. None for drugs that lower both, and none
    in the rebound after denosumab.
    """
    built, broken = np.log(p1np / p1np[..., :1]), np.log(ctx / ctx[..., :1])
    surplus = np.maximum(np.minimum(built, built - broken) - threshold, 0.0)
    fade = np.asarray(fade_months, dtype=float)
    kept = [np.zeros(np.broadcast_shapes(surplus[..., :1].shape, fade.shape))]
    for step, months_passed in enumerate(np.diff(months)):
        left = np.exp(-months_passed / fade)
        mean = 0.5 * (surplus[..., step : step + 1] + surplus[..., step + 1 : step + 2])
        kept.append(kept[-1] * left + mean * fade / MONTHS_PER_YEAR * (1.0 - left))
    return np.concatenate(kept, axis=-1)


def hazards(
    *,
    sex: str,
    age: float | Array,
    months: Array,
    spine_z: Array,
    neck_z: Array,
    hip_z: Array,
    ctx: Array | None = None,
    p1np: Array | None = None,
    tbs_z: Array | None = None,
    menopause_age: float | Array | None = None,
    history: Mapping[str, float | bool] | None = None,
    values: Numbers | None = None,
) -> dict[str, Array]:
    """Return the hazards (1/year) of `vertebral`, `hip`, `other` and `morphometric` fractures.

    Time is the last axis of every array, `months` from time zero, `age` (years) that at time
    zero; of many people, `age` and `menopause_age` are columns. Z-scores are age-matched; CTX and
    P1NP in ng/mL; `tbs_z` the age-matched Z-score of the trabecular bone score. What is not given
    is taken as that of the average person. `history` has the keys of `patient.HISTORY`. `values`
    are central numbers (the default) or draws.
    """
    values = numbers.central("fracture") if values is None else values
    months = np.asarray(months, dtype=float)
    years = np.clip(age + months / MONTHS_PER_YEAR, *AGES)
    turnover = None if ctx is None else np.log(ctx / ctx_median(sex, years, menopause_age))
    kept: Any = 0.0
    if ctx is not None and p1np is not None:
        fade = np.maximum(values["formation.fade_months"], 6.0)
        kept = formation_kept(
            np.asarray(ctx), np.asarray(p1np), months,
            threshold=values["formation.threshold"], fade_months=fade,
        )  # fmt: skip
    result: dict[str, Array] = {}
    for cause, z in zip(CAUSES, (spine_z, neck_z, hip_z), strict=True):
        grown = values[f"age.{sex}.{cause}"] * (years - REFERENCE_AGE)
        log = values[f"rate.{sex}.{cause}"] + grown
        gradient = values[f"gradient.{cause}"]
        if cause == "hip":
            gradient = gradient + values["gradient.hip_by_age"] * (years - REFERENCE_AGE)
        log = log - gradient * z - 0.5 * gradient**2
        if turnover is not None:
            slope = values[f"turnover.{cause}"]
            spread = slope * values["turnover.spread"]
            log = log + slope * np.maximum(turnover, values["turnover.floor"]) - 0.5 * spread**2
        log = log + values[f"formation.{cause}"] * kept
        if tbs_z is not None:
            gradient = values[f"tbs.{cause}"]
            log = log - gradient * tbs_z - 0.5 * gradient**2
        result[cause] = np.exp(log) * _history(cause, history or {}, months, values)
    result["morphometric"] = result["vertebral"] / np.exp(values[f"clinical.{sex}"])
    return result


def multiple_share(
    ctx: Array,
    *,
    sex: str,
    age: float | Array,
    months: Array,
    menopause_age: float | Array | None = None,
    values: Numbers | None = None,
) -> Array:
    """Return the share (1) of people with a new vertebral fracture who have more than one.

    Grows with CTX (ng/mL) above its median, as after denosumab: 38.7 % after placebo and 60.7 %
    after denosumab were stopped (10.1002/jbmr.3337).
    """
    values = numbers.central("fracture") if values is None else values
    years = age + np.asarray(months, dtype=float) / MONTHS_PER_YEAR
    overshoot = np.maximum(np.log(ctx / ctx_median(sex, years, menopause_age)), 0.0)
    odds = np.exp(values["multiple.usual"] + values["multiple.overshoot"] * overshoot)
    return np.asarray(odds / (1.0 + odds))


def from_trajectory(
    data: xr.Dataset,
    *,
    sex: str,
    age: float | Array,
    menopause_age: float | Array | None = None,
    history: Mapping[str, float | bool] | None = None,
    values: Numbers | None = None,
) -> dict[str, Array]:
    """Return `hazards` of a trajectory with `time` in months.

    Needs the Z-scores `lumbar_spine_z_score`, `femoral_neck_z_score` and `total_hip_z_score`;
    takes `ctx`, `p1np` and `tbs_z_score` when they are there. Raises `InputError`
    naming what is missing.
    """
    scores = []
    for site in ("lumbar_spine", "femoral_neck", "total_hip"):
        name = f"{site}_z_score"
        if name not in data:
            raise InputError(f"fracture risk needs '{name}', which this result does not have.")
        scores.append(data[name].transpose(..., "time").values)
    measured = {
        argument: data[name].transpose(..., "time").values
        for argument, name in (("ctx", "ctx"), ("p1np", "p1np"), ("tbs_z", "tbs_z_score"))
        if name in data
    }
    spine, neck, hip = scores
    return hazards(
        sex=sex, age=age, months=data["time"].values, spine_z=spine, neck_z=neck, hip_z=hip,
        menopause_age=menopause_age, history=history, values=values, **measured,
    )  # fmt: skip


def excess_mortality(history: Mapping[str, float | bool] | None) -> float:
    """Return how many times the life table's hazard of death applies (1 or, breast cancer, 1.3)."""
    if history and history.get("breast_cancer"):
        return float(np.exp(numbers.central("fracture")["death.breast_cancer"]))
    return 1.0


def shares(
    data: xr.Dataset,
    *,
    sex: str,
    age: float | Array,
    menopause_age: float | Array | None = None,
    history: Mapping[str, float | bool] | None = None,
    values: Numbers | None = None,
) -> dict[str, Array]:
    """Return `incidence.incidence` of a trajectory; with draws as `values`, one row for each."""
    found = from_trajectory(
        data, sex=sex, age=age, menopause_age=menopause_age, history=history, values=values
    )
    return incidence(
        {cause: found[cause] for cause in CAUSES},
        data["time"].values,
        sex=sex,
        age=age,
        excess_mortality=excess_mortality(history),
    )


def add(data: xr.Dataset, person: Person) -> dict[str, xr.Variable]:
    """Return what fracture adds to a trajectory: hazards (1/year), shares of people (percent).

    The attribute `note` says so where ages lie outside those of the sources. Raises `InputError`
    when the trajectory has no Z-scores.
    """
    import xarray as xr

    sex, age, menopause_age = person.sex, person.age, person.menopause_age
    of: dict[str, Any] = {
        "sex": sex,
        "age": age,
        "menopause_age": menopause_age,
        "history": person.history,
    }
    found, counted = from_trajectory(data, **of), shares(data, **of)
    columns = {
        f"{cause}_fracture_hazard": (hazard, "1/year", f"hazard of {TITLES[cause]}")
        for cause, hazard in found.items()
    }
    for cause in (*CAUSES, "any"):
        title = f"people who have had {TITLES[cause]}"
        columns[f"{cause}_fracture_incidence"] = (100.0 * counted[cause], "percent", title)
    columns["survival"] = (100.0 * counted["survival"], "percent", "people alive")
    if "ctx" in data:
        share = multiple_share(
            data["ctx"].transpose(..., "time").values, sex=sex, age=age,
            months=data["time"].values, menopause_age=menopause_age,
        )  # fmt: skip
        title = "of those with a new vertebral fracture, people with more than one"
        columns["multiple_vertebral_share"] = (100.0 * share, "percent", title)
    like = data.variables["lumbar_spine_z_score"].transpose(..., "time")
    last = age + float(data["time"][-1]) / MONTHS_PER_YEAR
    youngest, oldest = STUDIED_AGES
    inside = youngest <= np.min(age) and np.max(last) <= oldest
    note = {} if inside else {"note": EXTRAPOLATED}
    return {
        name: xr.Variable(
            like.dims,
            np.broadcast_to(values, like.shape),
            {"unit": unit, "long_name": title} | note,
        )
        for name, (values, unit, title) in columns.items()
    }


def _history(
    cause: str, history: Mapping[str, float | bool], months: Array, values: Numbers
) -> Any:
    """Return the hazard relative to the population's average; 1 for what is not known."""
    factor = _earlier(cause, history, months, values)
    for name in RISK_FACTORS:
        present = history.get(name)
        if present is not None:
            ratio = np.exp(values[f"history.{name}.{cause}"])
            average = 1.0 + values[f"prevalence.{name}"] * (ratio - 1.0)
            factor = factor * (ratio if present else 1.0) / average
    return factor


def _earlier(
    cause: str, history: Mapping[str, float | bool], months: Array, values: Numbers
) -> Any:
    """Return the effect of earlier fractures: the strongest of those known, fading with time."""
    known = [history[name] for name in EARLIER if name in history]
    if not any(known) and len(known) < len(EARLIER):
        return 1.0
    usual = np.exp(values[f"earlier.other_fracture.{cause}"])
    average = 1.0 + values["prevalence.fracture"] * (usual - 1.0)
    if not any(known):
        return 1.0 / average
    ratio = np.exp(
        np.max([values[f"earlier.{name}.{cause}"] for name in EARLIER if history.get(name)], axis=0)
    )
    if cause == "vertebral" and "vertebral_fractures" in history:
        ratio = ratio * np.exp(_number(float(history["vertebral_fractures"]), values))
    extra = ratio - 1.0
    if "years_since_fracture" in history:
        years = float(history["years_since_fracture"]) + months / MONTHS_PER_YEAR
        extra = extra * _recency(years, values)
    return (1.0 + extra) / average


def _number(count: float, values: Numbers) -> Any:
    """Return the log ratio of so many earlier vertebral fractures to an unknown number of them."""
    logs = [values[f"number.{name}"] for name in ("one", "two", "three_or_more")]
    place = min(count, 3.0) - 1.0
    lower = min(int(place), 1)
    return logs[lower] + (place - lower) * (logs[lower + 1] - logs[lower])


def _recency(years: Array, values: Numbers) -> Any:
    """Return the extra risk so many years after a fracture over that at an unknown time.

    Exponential through the read excess at one and ten years (10.1007/s00198-016-3868-0); an
    unknown time stands for the excess of "ever a fracture".
    """
    early = np.exp(values["recency.one_year"]) - 1.0
    late = np.maximum(np.exp(values["recency.ten_years"]) - 1.0, 0.01)
    usual = np.exp(values["earlier.other_fracture.other"]) - 1.0
    return early * (late / early) ** ((years - 1.0) / 9.0) / usual
