"""A forecast as plain data: what a page, a table, JSON and the API show."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from osteoaxis.forecast.ahead import BAND, CAUSES, Course, Forecast
from osteoaxis.forecast.posterior import error_of
from osteoaxis.outcomes import change, dxa
from osteoaxis.units import DAYS_PER_YEAR

Array = NDArray[np.float64]

UNITS = {"ctx": "ng/mL", "ntx": "nmol/mmol", "p1np": "ng/mL", "bsap": "µg/L",
         "estradiol": "pg/mL", "testosterone": "ng/dL", "vitamin_d": "ng/mL"}  # fmt: skip
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
        row["osteoporosis_percent"] = osteoporosis(found, course)[-1]
        for cause in CAUSES:
            row[f"{cause}_fracture_percent"] = _quantiles(
                course.values[f"{cause}_fracture_incidence"][:, -1]
            )
        yield row


def osteoporosis(found: Forecast, course: Course, *sites: str) -> list[float]:
    """Return the percent with a T-score of -2.5 or below at one of these sites (all), by month."""
    sex, scores = found.person.patient.sex, []
    for site in sites or dxa.SITES:
        scores.append(dxa.t_score(course.values[f"{site}_bmd"], site, sex))
    lowest = np.min(scores, axis=0)
    low = lowest <= OSTEOPOROSIS
    return [float(percent) for percent in 100.0 * low.mean(axis=0, where=np.isfinite(lowest))]


def _quantiles(values: Array) -> dict[str, float]:
    low, middle, high = np.nanquantile(values, BAND)
    return {"low": float(low), "median": float(middle), "high": float(high)}


def measured(found: Forecast) -> list[dict[str, Any]]:
    """Return each measurement: what measuring alone would give, what is expected, what is usual.

    `low` and `high` hold 95 % of what measuring alone would give, `expected` 90 % of what the
    other results let one expect, `usual` 90 % of people of this age and treatment; `rank` is the
    percent of those with a lower value.
    """
    person, checked = found.person, found.posterior.check
    rows = []
    for k, each in enumerate(person.measurements):
        low, high = change.spread(each.value, error_of(each.quantity, person))
        rows.append({
            "date": _date(found, each.day),
            "quantity": each.quantity,
            "value": each.value,
            "typed": each.typed,
            "low": low,
            "high": high,
            "unit": unit(each.quantity),
            "device": each.device,
            "expected": _quantiles(np.exp(checked.expected[:, k])),
            "usual": _quantiles(np.exp(checked.usual[:, k])),
            "rank": 100.0 * float(np.mean(checked.usual[:, k] < np.log(each.value))),
            "far_off": bool(checked.far_off[k]),
        })  # fmt: skip
    return rows


def _date(found: Forecast, day: float) -> str:
    return (found.person.start + timedelta(days=math.floor(day + 0.5))).isoformat()


def changes(found: Forecast) -> list[dict[str, Any]]:
    """Return how density changed from the first to the last scan of each site on one make.

    In percent, beside what people of this age and treatment show by then; `rank` is the percent of
    those whose density fell more.
    """
    person, usual = found.person, found.posterior.check.usual
    rows = []
    for site in dxa.SITES:
        for device in dxa.DEVICES:
            scans = [
                k for k, m in enumerate(person.measurements)
                if (m.quantity, m.device) == (f"{site}_bmd", device)
            ]  # fmt: skip
            if len(scans) < 2:
                continue
            ends = [scans[0], scans[-1]]
            own = np.array([person.measurements[k].value for k in ends])
            before, after = dxa.convert(own, site, "hologic", device)
            seen = change.ordinary(before, after, person.precision[site])
            first, last = dxa.convert(np.exp(usual[:, ends]), site, "hologic", device).T
            others = 100.0 * (last / first - 1.0)
            rows.append({
                "site": site,
                "device": device,
                "first": _date(found, person.measurements[ends[0]].day),
                "last": _date(found, person.measurements[ends[1]].day),
                "percent": seen.percent,
                "least": seen.least_rise,
                "real": seen.real,
                "usual": _quantiles(others),
                "rank": 100.0 * float(np.mean(others < seen.percent)),
            })  # fmt: skip
    return rows


def other_makes(found: Forecast) -> list[dict[str, Any]]:
    """Return the sites whose last scan is, or may be, from another make than the one before it.

    `within` is the percent within which a change between the two cannot be judged.
    """
    rows = []
    for site in dxa.SITES:
        scans = [m for m in found.person.measurements if m.quantity == f"{site}_bmd"]
        if len(scans) < 2:
            continue
        devices = scans[-2].device, scans[-1].device
        if devices[0] == devices[1] != dxa.UNKNOWN:
            continue
        seen = dxa.compare(1.0, 1.0, site, precision=found.person.precision[site], devices=devices)
        rows.append({"site": site, "before": devices[0], "last": devices[1],
                     "within": seen.least_rise})  # fmt: skip
    return rows


def by_year(found: Forecast) -> list[dict[str, Any]]:
    """Return T-scores today, and the percent at -2.5 or below after each year, by site.

    Of spine, hip and what else was measured, on the first strategy; empty where the model does
    not explain a person.
    """
    if not found.posterior.check.explained:
        return []
    course = next(iter(found.courses.values()))
    rows = []
    scanned = {each.quantity for each in found.person.measurements}
    for site in dxa.SITES:
        if site not in dxa.SITES[:2] and f"{site}_bmd" not in scanned:
            continue
        shares = osteoporosis(found, course, site)
        today = course.values[f"{site}_bmd"][:, found.today]
        rows.append({
            "site": site,
            "today": _quantiles(dxa.t_score(today, site, found.person.patient.sex)),
            "percent": {
                _date(found, found.person.now + DAYS_PER_YEAR * year): float(
                    np.interp(found.now + 12.0 * year, found.months, shares)
                )
                for year in (
                    *range(1, math.ceil(found.person.years)), found.person.years
                )
            },
        })  # fmt: skip
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
        "other_makes": other_makes(found),
        "osteoporosis_by_year": by_year(found),
        "fit": {
            "explained": posterior.check.explained,
            "percent_as_odd": 100.0 * posterior.check.probability,
            "explained_without": posterior.check.alone,
            "effective_size": posterior.effective_size,
            "refreshed": posterior.stages,
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
                    "any_site": osteoporosis(found, course),
                    **{site: osteoporosis(found, course, site) for site in dxa.SITES},
                },
            }
            for name, course in found.courses.items()
        },
        "at_end": list(at_end(found)),
        "next": [vars(each) for each in found.next],
    }  # fmt: skip
