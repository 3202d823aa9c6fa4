"""Whether a change of density or of a marker is real: one plain answer."""

from __future__ import annotations

from typing import Any

import typer

from osteoaxis import DISCLAIMER, toml
from osteoaxis.errors import InputError, did_you_mean
from osteoaxis.forecast.person import UNITS
from osteoaxis.outcomes import dxa, markers
from osteoaxis.outcomes.change import Change
from osteoaxis.patient import MEASURABLE
from osteoaxis.units import conversion_factor

QUANTITIES = (*dxa.SITES, *markers.WITHIN)
WIDTH = 61  # characters of the line drawn
RARE = 25.0  # percent; a larger change of density is asked about
DOUBT = " So large a change is rare: is each value a density of this site, and no T-score?"
DIGITS = 6  # of percents, so that rounded again they are those of the sentence


def judge(
    quantity: str,
    before: float,
    after: float,
    *,
    precision: float | None = None,
    device: str = "hologic",
    device_after: str | None = None,
    unit: str | None = None,
) -> dict[str, Any]:
    """Return the verdict as plain data; raises `InputError` for impossible values."""
    if quantity not in QUANTITIES:
        raise InputError(
            f"'{quantity}' is not known.{did_you_mean(quantity, QUANTITIES)}"
            f" Allowed: {', '.join(QUANTITIES)}."
        )
    second = device if device_after is None else device_after
    if quantity in dxa.SITES:
        for name, given in (("device", device), ("device after", second)):
            toml.one_of(given, dxa.DEVICES, name)
        dxa.measured(before, quantity, device, "before")
        dxa.measured(after, quantity, second, "after")
        if precision is not None:
            toml.number(precision, 0.1, 10.0, "percent", "precision")
        unit = toml.one_of(unit or "g/cm2", ("g/cm2",), "unit")
        found = dxa.compare(before, after, quantity, precision=precision, devices=(device, second))
    else:
        if precision is not None or device_after is not None or device != "hologic":
            raise InputError("precision and device are for density, not for markers.")
        units = UNITS[quantity]
        unit = toml.one_of(unit or units[0], units, "unit")
        for name, value in (("before", before), ("after", after)):
            _check_level(name, value, quantity, unit)
        found = markers.compare(quantity, before, after)
    return {
        "quantity": quantity,
        "unit": unit,
        "before": before,
        "after": after,
        "change_percent": round(found.percent, DIGITS),
        "least_significant_fall_percent": round(found.least_fall, DIGITS),
        "least_significant_rise_percent": round(found.least_rise, DIGITS),
        "real": found.real,
        "probability_of_a_fall": round(found.falling, 4),
        "text": _sentence(quantity, found),
        "basis": _basis(quantity, precision, other=second != device),
    }


def _check_level(name: str, value: float, quantity: str, unit: str) -> None:
    """Raise `InputError` for an impossible level, naming the unit in which it is possible."""
    low, high, own = MEASURABLE[quantity]
    factors = {each: conversion_factor(each, own) for each in UNITS[quantity]}
    try:
        toml.number(value, low / factors[unit], high / factors[unit], unit, name)
    except InputError as problem:
        fitting = (each for each, factor in factors.items() if low <= value * factor <= high)
        other = next(fitting, None)
        raise InputError(f"{problem} Is it {other}? Then add --unit {other}." if other
                         else str(problem)) from None  # fmt: skip


def show(verdict: dict[str, Any]) -> None:
    """Print the verdict with a drawn line."""
    title = str(verdict["quantity"]).replace("_", " ")
    title = title.upper() if verdict["quantity"] in markers.WITHIN else title.capitalize()
    typer.echo(f"{title}: {verdict['before']:g} to {verdict['after']:g} {verdict['unit']}")
    typer.echo(_line(verdict))
    typer.echo(verdict["text"])
    typer.echo(verdict["basis"])
    typer.echo(DISCLAIMER)


def _sentence(quantity: str, found: Change) -> str:
    limits = f"{found.least_fall:+.1f} to {found.least_rise:+.1f} %"
    verdict = (
        "beyond that, so it is likely real" if found.real else "within that, so it may be chance"
    )
    density = quantity in dxa.SITES
    what = "density" if density else "level"
    doubt = DOUBT if density and abs(found.percent) > RARE else ""
    return (
        f"The change is {found.percent:+.1f} %. In someone who does not change, two measurements "
        f"differ by {limits} in 19 of 20 cases. The change is {verdict}. "
        f"Probability that the true {what} fell: {100 * found.falling:.0f} %.{doubt}"
    )


def _basis(quantity: str, precision: float | None, *, other: bool) -> str:
    """Return which errors a verdict rests on."""
    if quantity in markers.WITHIN:
        within, assay = markers.WITHIN[quantity], markers.ASSAY[quantity]
        return f"{quantity.upper()} varies by {within:g} % in a person, its assay by {assay:g} %."
    told = (
        f"Precision error of {dxa.PRECISION[quantity]:g} %, the largest that is accepted: your "
        "centre may be better."
        if precision is None
        else f"Precision error of {precision:g} %."
    )
    makes = f" Two makes of machine differ by {dxa.DEVICE_ERROR:g} % in one person, which is added."
    return told + makes * other


def _line(verdict: dict[str, Any]) -> str:
    """Draw the band of chance and the change on one line, from left (fall) to right (rise)."""
    low: float = verdict["least_significant_fall_percent"]
    high: float = verdict["least_significant_rise_percent"]
    change: float = verdict["change_percent"]
    left, right = min(1.3 * low, 1.1 * change), max(1.3 * high, 1.1 * change)

    def column(value: float) -> int:
        return round((value - left) / (right - left) * (WIDTH - 1))

    drawn = ["-"] * WIDTH
    for k in range(column(low), column(high) + 1):
        drawn[k] = "="
    drawn[column(0.0)] = "0"
    drawn[column(change)] = "X"
    return f"fall {''.join(drawn)} rise   (= chance, X the change)"
