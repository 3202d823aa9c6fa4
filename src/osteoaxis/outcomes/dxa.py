"""Bone density as clinics report it: T- and Z-scores, devices, and whether a change is real.

T-scores compare with the young adult of the same sex: total hip and femoral neck NHANES III
(10.1007/s001980050093), lumbar spine the reference of Hologic densitometers for L1 to L4. The ISCD
(2023) compares men with White women; `t_score(..., "female")` gives that. Z-scores compare with
people of the same age and sex in NHANES, `reference/density.csv`; by ethnicity where a difference
was published. Densities are those of a Hologic device.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from osteoaxis import toml
from osteoaxis.errors import InputError
from osteoaxis.outcomes import change
from osteoaxis.outcomes.person import Person

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]
SITES = ("lumbar_spine", "total_hip", "femoral_neck")
NEEDS = (*(f"{site}_bmd" for site in SITES), "trabecular_bone_score")
REFERENCE = Path(__file__).parent / "reference" / "density.csv"

LIMITS = (0.2, 2.5)
"""Widest density taken, g/cm2."""

# (mean, standard deviation) in g/cm2 by site, women and men.
YOUNG_ADULT: dict[str, dict[str, tuple[float, float]]] = {
    "lumbar_spine": {"female": (1.047, 0.110), "male": (1.091, 0.110)},
    "total_hip": {"female": (0.942, 0.122), "male": (1.041, 0.144)},
    "femoral_neck": {"female": (0.858, 0.120), "male": (0.934, 0.137)},
}

YOUNG_ADULT_FROM = {
    "lumbar_spine": "reference of Hologic machines for L1 to L4",
    "total_hip": "NHANES III",
    "femoral_neck": "NHANES III",
}

ETHNICITIES: dict[str, dict[str, float]] = {
    "white": dict.fromkeys(SITES, 0.0),
    "black": {"lumbar_spine": 6.0, "femoral_neck": 9.5, "total_hip": 9.5},
    "mexican_american": {"lumbar_spine": -4.0, "femoral_neck": 1.0, "total_hip": 1.0},
}
"""Percent above non-Hispanic White adults of the same age and sex (Looker 2012, Vital Health Stat
11(251), read in its abstract for spine and femoral neck; total hip taken as the femoral neck)."""

# sBMD = intercept + slope * BMD, g/cm2: 10.1359/jbmr.1997.12.9.1463 (spine) and
# 10.1007/s001980170087 (hip), read at courses.washington.edu/bonephys/opBMDs.html.
STANDARDISED: dict[str, dict[str, tuple[float, float]]] = {
    "lumbar_spine": {
        "hologic": (1.0436 - 1.055 * 0.972, 1.055),
        "lunar": (1.0436 - 0.9683 * 1.100, 0.9683),
        "norland": (1.0436 - 0.9743 * 0.969, 0.9743),
    },
    "total_hip": {
        "hologic": (0.006, 1.008),
        "lunar": (-0.031, 0.979),
        "norland": (0.026, 1.012),
    },
    "femoral_neck": {
        "hologic": (0.019, 1.087),
        "lunar": (-0.023, 0.939),
        "norland": (0.006, 0.985),
    },
}
DEVICES = ("hologic", "lunar", "norland")
UNKNOWN = "unknown"
"""A device that a T-score may come from: it may be of another make than any other."""
T_SCORES = (-6.0, 6.0)
"""Widest T-scores taken of a person."""
DEVICE_ERROR = 3.5
"""Percent: average error of one person's density converted between devices (Hui 1997)."""

# Trabecular bone score by age: the means are those of this model's own typical woman (menopause at
# 51) and man, since published norms could not be read; the deviation of 0.10 is assumed.
BONE_SCORE = {
    "female": ((40, 48, 50, 51, 52, 53, 56, 60, 65, 70, 80, 90),
               (1.39, 1.384, 1.38, 1.365, 1.343, 1.328, 1.299, 1.279, 1.265,
                1.256, 1.243, 1.229)),
    "male": ((40, 50, 60, 75, 90), (1.351, 1.335, 1.308, 1.264, 1.222)),
}  # fmt: skip
BONE_SCORE_DEVIATION = 0.10

# Of density between sites: 0.70 between spine and hip in 1,047 women (paperexplained.cn,
# "Correlation of bone mineral density among various measurement sites"; 0.695 in 100 others,
# ekjcg.org 14(2):60); that of hip and femoral neck is recalled.
SPINE_AND_HIP, HIP_AND_NECK = 0.70, 0.90
NEAREST = {
    "lumbar_spine": {"total_hip": SPINE_AND_HIP, "femoral_neck": SPINE_AND_HIP},
    "total_hip": {"femoral_neck": HIP_AND_NECK, "lumbar_spine": SPINE_AND_HIP},
    "femoral_neck": {"total_hip": HIP_AND_NECK, "lumbar_spine": SPINE_AND_HIP},
}
"""By site, the sites that tell most of its density, first the one that tells most, and how."""

PRECISION = {"lumbar_spine": 1.9, "total_hip": 1.8, "femoral_neck": 2.5}
"""Percent: largest precision error the ISCD accepts of a centre (official positions; recalled)."""


def precision(table: Mapping[str, Any], where: str) -> Mapping[str, float]:
    """Return a centre's precision errors (percent by site) from the `precision` of a TOML table.

    Sites that are not given have the largest error accepted. Raises `InputError`.
    """
    return PRECISION | {
        toml.one_of(site, SITES, f"{where}: precision"): toml.number(
            value, 0.1, 10.0, "percent", f"{where}: precision.{site}"
        )
        for site, value in toml.sub_table(table, "precision", where).items()
    }


def t_score(bmd: Any, site: str, sex: str) -> Any:
    """Return the T-score of `bmd` (g/cm2; a number or an array) at `site` for `sex`."""
    mean, deviation = YOUNG_ADULT[site][sex]
    return (bmd - mean) / deviation


def follows(measured: Collection[str]) -> dict[str, tuple[str, float]]:
    """Return for each site that was not measured the one it follows, and with what power.

    A site whose density is `x` times the usual one lets expect `x ** power` times that of the
    other: the correlation between them, times the ratio of their coefficients of variation.
    """
    found = {}
    for site in SITES if measured else ():
        if site not in measured:
            other = next(near for near in NEAREST[site] if near in measured)
            (mean, sd), (mean_other, sd_other) = (
                YOUNG_ADULT[each]["female"] for each in (site, other)
            )
            found[site] = other, NEAREST[site][other] * (sd / mean) / (sd_other / mean_other)
    return found


def density(score: float, site: str, sex: str) -> float:
    """Return the density in g/cm2 that has this T-score."""
    mean, deviation = YOUNG_ADULT[site][sex]
    return mean + score * deviation


def z_score(bmd: Any, site: str, sex: str, age: Any, ethnicity: str | None = None) -> Any:
    """Return the Z-score of `bmd` (g/cm2) at `site` for people of `sex` and `age` (years).

    Between the middles of the decades of the reference, mean and deviation are interpolated; older
    and younger people are compared with its oldest and youngest. Without `ethnicity` the reference
    is the White or whole population of the source.
    """
    middles, means, deviations = _by_age()[site, sex]
    mean = np.interp(age, middles, means) * (1 + ETHNICITIES[ethnicity or "white"][site] / 100)
    return (bmd - mean) / np.interp(age, middles, deviations)


@lru_cache
def _by_age() -> Mapping[tuple[str, str], tuple[Array, Array, Array]]:
    found: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    with REFERENCE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            middle = (float(row["youngest"]) + float(row["oldest"]) + 1) / 2
            entry = (middle, float(row["mean"]), float(row["sd"]))
            found.setdefault((row["site"], row["sex"]), []).append(entry)
    return {key: tuple(np.array(rows).T) for key, rows in found.items()}


def bone_score_z(score: Any, sex: str, age: Any) -> Any:
    """Return the Z-score of a trabecular bone score for people of `sex` and `age` (years)."""
    return (score - np.interp(age, *BONE_SCORE[sex])) / BONE_SCORE_DEVIATION


def convert(bmd: Any, site: str, device: str, other: str) -> Any:
    """Return a density (g/cm2) of `device` as `other` would give it, through standardised BMD."""
    intercept, slope = STANDARDISED[site][device]
    other_intercept, other_slope = STANDARDISED[site][other]
    return (intercept + slope * bmd - other_intercept) / other_slope


def measured(
    value: Any, site: str, device: str, where: str, sexes: Collection[str] = ("female", "male")
) -> float:
    """Return a density (g/cm2) that was measured by `device` as one of a Hologic device.

    Raises `InputError` for one that no person of these sexes has: T-scores are often taken for it.
    """
    given = toml.number(value, *LIMITS, "g/cm2", where)
    found = float(convert(given, site, device, "hologic"))
    score = min((float(t_score(found, site, sex)) for sex in sexes), key=abs)
    if not T_SCORES[0] <= score <= T_SCORES[1]:
        raise InputError(f"{where}: {given:g} g/cm2 would be a T-score of {score:.1f}; is it a "
                         "T-score itself?")  # fmt: skip
    return found


def compare(
    before: float,
    after: float,
    site: str,
    *,
    precision: float | None = None,
    devices: tuple[str, str] = ("hologic", "hologic"),
) -> change.Change:
    """Judge whether a change of density (g/cm2) at `site` is real.

    `precision` (percent) is the centre's own precision error, else the largest that the ISCD
    accepts. Two devices are compared through standardised density, whose error is added; densities
    of an unknown one are those of a Hologic device.
    """
    error = PRECISION[site] if precision is None else precision
    first, second = devices
    if first != second or UNKNOWN in devices:
        first, second = ("hologic" if one == UNKNOWN else one for one in devices)
        after = convert(after, site, second, first)
        error = float(np.hypot(error, DEVICE_ERROR / np.sqrt(2.0)))
    return change.ordinary(before, after, error)


def add(data: xr.Dataset, person: Person) -> dict[str, xr.Variable]:
    """Return T- and Z-scores of a trajectory by site, and that of the trabecular bone score."""
    import xarray as xr

    age = person.age + data["time"].values / 12.0
    made = {}
    for site in SITES:
        bmd, title = data.variables[f"{site}_bmd"].transpose(..., "time"), site.replace("_", " ")
        scores = {
            "t": t_score(bmd.values, site, person.sex),
            "z": z_score(bmd.values, site, person.sex, age, person.ethnicity),
        }
        for letter, score in scores.items():
            attrs = {"unit": "1", "long_name": f"{title} {letter.upper()}-score"}
            made[f"{site}_{letter}_score"] = xr.Variable(bmd.dims, score, attrs)
    texture = data.variables["trabecular_bone_score"].transpose(..., "time")
    score = bone_score_z(texture.values, person.sex, age)
    attrs = {"unit": "1", "long_name": "trabecular bone score, Z-score"}
    made["tbs_z_score"] = xr.Variable(texture.dims, score, attrs)
    return made
