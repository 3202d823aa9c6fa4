"""What an inhibitor does, step by step: two tables and a cascade, quantified from trajectories.

Pure functions of the trajectories of a reference arm and a focus arm, with `time` in months.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from osteoaxis.units import DAYS_PER_MONTH

Array = NDArray[np.float64]

CYTOKINES = {"tnf_alpha": "TNF-alpha", "il1": "IL-1", "il6": "IL-6"}
WINDOW_MONTHS = 24.0
NEGLIGIBLE = 0.02
"""Relative size below which a step or extra resorption is not worth a share."""


@dataclass(frozen=True)
class Activation:
    """One line of the first table: a quantity in both arms and their ratio."""

    title: str
    unit: str
    reference: float
    focus: float
    ratio: float


@dataclass(frozen=True)
class Cytokine:
    """One line of the second table; `share` is None when there is no extra resorption."""

    title: str
    unit: str
    reference: float
    focus: float
    fold: float
    osteoclasts_percent: float
    share: float | None


@dataclass(frozen=True)
class Step:
    """One step of the cascade: its largest size and the day it first reaches half of it."""

    title: str
    unit: str
    size: float
    half_day: float | None


def at(data: xr.Dataset, name: str, month: float) -> float:
    """Return `name` at `month`, interpolated linearly."""
    return float(np.interp(month, data["time"].values, data[name].values))


def activation_table(
    reference: xr.Dataset, focus: xr.Dataset, month: float
) -> tuple[Activation, ...]:
    """Return osteoclast activation, resorption, formation, coupling and bone mass at `month`."""
    rows = (
        ("rankl_opg_ratio", "Osteoclast activation (RANKL/OPG)", "1"),
        ("resorption_rate", "Resorption (young adult = 1)", "1"),
        ("formation_rate", "Formation (young adult = 1)", "1"),
        ("coupling_ratio", "Coupling (formation / resorption)", "1"),
        ("lumbar_spine_bmd", "Lumbar spine density", "g/cm2"),
    )
    return tuple(
        Activation(title, unit, a := at(reference, name, month), b := at(focus, name, month), b / a)
        for name, title, unit in rows
    )


def cytokine_table(
    reference: xr.Dataset,
    focus: xr.Dataset,
    blocked: Mapping[str, tuple[xr.Dataset, xr.Dataset]],
    month: float,
) -> tuple[Cytokine, ...]:
    """Return level, effect on osteoclasts and share of the extra resorption of each cytokine.

    `blocked` holds both arms with the action of a cytokine blocked from time zero. The effect is
    what osteoclasts of the focus arm lose by it; the share is what the difference of the arms in
    resorption loses. Shares need not add up to one, since cytokines multiply each other.
    """
    base, full = at(reference, "resorption_rate", month), at(focus, "resorption_rate", month)
    extra = full - base
    rows = []
    for name, title in CYTOKINES.items():
        before, after = at(reference, name, month), at(focus, name, month)
        cells = at(focus, "osteoclasts", month)
        reference_without, without = blocked[name]
        share = None
        if extra > NEGLIGIBLE * base:
            left = at(without, "resorption_rate", month)
            left -= at(reference_without, "resorption_rate", month)
            share = 1 - left / extra
        rows.append(
            Cytokine(
                title,
                "pg/mL",
                before,
                after,
                after / before,
                100 * (at(without, "osteoclasts", month) / cells - 1),
                share,
            )
        )
    return tuple(rows)


def cascade(reference: xr.Dataset, focus: xr.Dataset) -> tuple[Step, ...]:
    """Return the steps from inhibition to bone and joint, over the first two years.

    Each is the difference of the arms; its half-time is counted from time zero.
    """
    months = focus["time"].values
    inside = months <= WINDOW_MONTHS
    days = months[inside] * DAYS_PER_MONTH

    def pair(name: str) -> tuple[Array, Array]:
        return reference[name].values[inside], focus[name].values[inside]

    def ratio(name: str) -> Array:
        a, b = pair(name)
        return np.asarray(b / a - 1, dtype=float)

    def difference(name: str) -> Array:
        a, b = pair(name)
        return np.asarray(b - a, dtype=float)

    cytokines = np.mean([ratio(name) for name in CYTOKINES], axis=0)
    return (
        _step("Inhibition of aromatase", "percent", days, difference("aromatase_inhibition")),
        _step("Loss of estrogen restraint", "deficit", days, difference("estrogen_deficit")),
        _step("Cytokines up", "percent", days, 100 * cytokines),
        _step("Osteoclasts amplified", "percent", days, 100 * ratio("osteoclasts")),
        _step("Spine density", "percent", days, 100 * ratio("lumbar_spine_bmd")),
        _step("Joint pain", "points of percent", days, 100 * difference("arthralgia_probability")),
    )


def _step(title: str, unit: str, days: Array, effect: Array) -> Step:
    peak = int(np.argmax(np.abs(effect)))
    size = float(effect[peak])
    if abs(size) < 1e-6:
        return Step(title, unit, 0.0, None)
    scaled = effect / size
    first = int(np.argmax(scaled >= 0.5))
    if first == 0:
        return Step(title, unit, size, float(days[0]))
    low, high = scaled[first - 1], scaled[first]
    share = (0.5 - low) / (high - low)
    return Step(title, unit, size, float(days[first - 1] + share * (days[first] - days[first - 1])))
