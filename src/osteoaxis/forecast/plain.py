"""A forecast as plain data: what a page, a table, JSON and the API show."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from osteoaxis.forecast.ahead import BAND, CAUSES, Course, Forecast
from osteoaxis.forecast.posterior import error_of
from osteoaxis.outcomes import change, dxa

Array = NDArray[np.float64]

UNITS = {"ctx": "ng/mL", "ntx": "nmol/mmol", "p1np": "ng/mL", "bsap": "µg/L",
         "estradiol": "pg/mL", "testosterone": "ng/dL", "vitamin_d": "ng/mL"}  # fmt: skip
FAR_OFF = 2.5
"""Errors of one measurement beyond which a value is marked."""
OSTEOPOROSIS = -2.5
LOW_BONE_MASS = -1.0
"""T-scores at and below which bone is called so (WHO 1994)."""


def unit(name: str) -> str:
    """Return the unit of a quantity."""
    return UNITS.get(name, "g/cm²")


def at_end(found: Forecast) -> Iterator[dict[str, Any]]:
    """Yield each strategy at the end: changes from today, T-scores, fractures, with ranges."""
    sex = found.person.patient.sex
    for name, course in found.courses.items():
        row: dict[str, Any] = {"strategy": name, "asked": found.person.asked.get(name, name)}
        for site in dxa.SITES[:2]:
            changed = found.change(course, f"{site}_bmd")[:, -1]
            ends = course.values[f"{site}_bmd"][:, -1]
            scores = dxa.t_score(ends, site, sex)
            row[f"{site}_change_percent"] = _quantiles(changed)
            row[f"{site}_t_score"] = _quantiles(scores)
            row[f"{site}_osteoporosis_percent"] = osteoporosis(found, course, site)[-1]
        for cause in CAUSES:
            row[f"{cause}_fracture_percent"] = _quantiles(
                course.values[f"{cause}_fracture_incidence"][:, -1]
            )
        yield row


def osteoporosis(found: Forecast, course: Course, site: str) -> list[float]:
    """Return the percent with a T-score of -2.5 or below by month."""
    densities = course.values[f"{site}_bmd"]
    low = densities <= dxa.density(OSTEOPOROSIS, site, found.person.patient.sex)
    return [float(percent) for percent in 100.0 * low.mean(axis=0, where=np.isfinite(densities))]


def _quantiles(values: Array) -> dict[str, float]:
    low, middle, high = np.nanquantile(values, BAND)
    return {"low": float(low), "median": float(middle), "high": float(high)}


def measured(found: Forecast) -> list[dict[str, Any]]:
    """Return each measurement with its distance from what the model expects of this person.

    `low` and `high` hold 95 % of what measuring alone would give.
    """
    start = found.person.start
    rows = []
    for each, off in zip(found.person.measurements, found.posterior.off, strict=True):
        low, high = change.spread(each.value, error_of(each.quantity, found.person))
        rows.append({
            "date": (start + timedelta(days=each.day)).isoformat(),
            "quantity": each.quantity,
            "value": each.value,
            "low": low,
            "high": high,
            "unit": unit(each.quantity),
            "device": each.device,
            "off": float(off),
            "far_off": abs(float(off)) > FAR_OFF,
        })  # fmt: skip
    return rows


def changes(found: Forecast) -> list[dict[str, Any]]:
    """Return whether density changed between the first and the last scan of each site."""
    rows = []
    for site in dxa.SITES:
        scans = [m for m in found.person.measurements if m.quantity == f"{site}_bmd"]
        if len(scans) < 2:
            continue
        first, last = scans[0], scans[-1]
        error = found.person.precision[site]
        if first.device != last.device:
            error = float(np.hypot(error, dxa.DEVICE_ERROR / np.sqrt(2.0)))
        seen = change.ordinary(first.value, last.value, error)
        rows.append({"site": site, "percent": seen.percent, "least": seen.least_rise,
                     "real": seen.real})  # fmt: skip
    return rows


def summary(found: Forecast) -> dict[str, Any]:
    """Return the forecast as plain data for JSON; months before today are negative."""
    person, posterior = found.person, found.posterior
    return {
        "title": person.title,
        "time_zero": person.start.isoformat(),
        "today": person.today.isoformat(),
        "taken": list(person.taken),
        "measurements": measured(found),
        "density_changes": changes(found),
        "fit": {
            "explained": posterior.explained,
            "effective_size": posterior.effective_size,
            "refreshed": posterior.stages,
            "probability_of_misfit": posterior.probability,
        },
        "t_score_densities": {
            site: {
                f"{score:g}": dxa.density(score, site, person.patient.sex)
                for score in (LOW_BONE_MASS, OSTEOPOROSIS)
            }
            for site in dxa.SITES
        },
        "months_from_today": [round(float(m), 6) for m in found.months - found.now],
        "strategies": {
            name: {
                "regimen": str(course.regimen),
                "bands": {
                    variable: dict(zip(("low", "median", "high"),
                                       course.band(variable).tolist(),
                                       strict=True))
                    for variable in course.values
                },
                "osteoporosis_percent": {
                    site: osteoporosis(found, course, site) for site in dxa.SITES[:2]
                },
            }
            for name, course in found.courses.items()
        },
        "at_end": list(at_end(found)),
        "next": [vars(each) for each in found.next],
    }  # fmt: skip
