"""Results of tests: on other machines, in other units, and whether a change is real."""

from __future__ import annotations

from typing import Any

from osteoaxis import toml
from osteoaxis.errors import InputError
from osteoaxis.outcomes import assays, dxa, markers
from osteoaxis.patient import MEASURABLE, MOLAR_MASS, T_SCORE, UNITS
from osteoaxis.present import change
from osteoaxis.units import conversion_factor
from osteoaxis.web.asked import Check, Device, Level, Scan, Scans

Answer = dict[str, Any]
ROUNDED = "T-scores are rounded: a step of 0.1 is about 1 %. Densities in g/cm² tell more."
EXACT = 9
"""Decimals of levels, so that limits are limits in every unit."""


def check(asked: Check) -> Answer:
    """Return what is to be said of a result; raises `InputError` for impossible values."""
    match asked:
        case Scans():
            return scans(asked)
        case Scan():
            return scan(asked)
        case Level():
            return level(asked)


def scans(asked: Scans) -> Answer:
    """Return whether two scans differ by more than measuring alone would give.

    T-scores are read as the densities that have them; as they are rounded, that is said.
    """
    devices = asked.device, asked.device_after or asked.device
    scored = asked.unit == "T-score"
    before, after = (
        _density(asked, name, device) if scored else getattr(asked, name)
        for name, device in zip(("before", "after"), devices, strict=True)
    )
    found = change.judge(
        asked.site, before, after, precision=asked.precision, device=devices[0],
        device_after=devices[1],
    )  # fmt: skip
    return {**found, "basis": f"{found['basis']} {ROUNDED}"} if scored else found


def _density(asked: Scans, name: str, device: Device) -> float:
    """Return the density of a device that has the T-score of this name."""
    if asked.sex is None:
        raise InputError("sex: needed for T-scores; write 'female' or 'male'.")
    score = toml.number(getattr(asked, name), *T_SCORE, name)
    density = dxa.density(score, asked.site, asked.sex)
    return float(dxa.convert(density, asked.site, "hologic", device))


def scan(asked: Scan) -> Answer:
    """Return a density (g/cm2) as each make of machine and the standard have it, and its T-score.

    What is converted has `low` and `high`, the error of conversion.
    """
    site, error = asked.site, dxa.DEVICE_ERROR / 100
    value = asked.value
    dxa.measured(value, site, asked.device, "value", (asked.sex,))
    intercept, slope = dxa.STANDARDISED[site][asked.device]
    converted = {
        name: float(dxa.convert(value, site, asked.device, name)) for name in dxa.DEVICES
    } | {"standardised": intercept + slope * value}
    densities = {
        name: {"value": found, "low": found * (1 - error), "high": found * (1 + error)}
        for name, found in converted.items()
    }
    densities[asked.device] = {"value": value}
    mean, deviation = dxa.YOUNG_ADULT[site][asked.sex]
    return {
        "unit": "g/cm2",
        "densities": densities,
        "t_score": {
            end: float(dxa.t_score(density, site, asked.sex))
            for end, density in densities["hologic"].items()
        },
        "reference": {
            "name": dxa.YOUNG_ADULT_FROM[site], "mean": mean, "deviation": deviation
        },
        "error_percent": dxa.DEVICE_ERROR,
    }  # fmt: skip


def level(asked: Level) -> Answer:
    """Return a level in each unit of its test and what to know of it; a later one judged, too."""
    test, (low, high, unit) = asked.test, MEASURABLE[asked.test]
    toml.one_of(asked.unit, UNITS[test], "unit")
    mass = MOLAR_MASS.get(test)
    factor = conversion_factor(unit, asked.unit, mass)
    low, high = (round(end * factor, EXACT) for end in (low, high))

    def own(value: float, name: str) -> float:
        return round(toml.number(value, low, high, asked.unit, name) / factor, EXACT)

    value = own(asked.value, "value")
    answer: Answer = {
        "values": [
            {"unit": other, "value": value * conversion_factor(unit, other, mass)}
            for other in UNITS[test]
        ],
        "notes": [{"text": note.text, "source": note.source} for note in assays.notes(test, value)],
    }
    if asked.later is None:
        return answer
    if test not in markers.WITHIN:
        raise InputError(
            f"later: whether a change is real is known of {', '.join(markers.WITHIN)} only."
        )
    return answer | {"change": change.judge(test, value, own(asked.later, "later"))}
