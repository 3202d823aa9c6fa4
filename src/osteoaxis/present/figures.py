"""The figures of a scenario: every arm over the years, from hormones to bone density."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator
from numpy.typing import NDArray

from osteoaxis import intervals
from osteoaxis.outcomes.dxa import SITES
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.present import style
from osteoaxis.present.pathway import pathway
from osteoaxis.present.style import svg
from osteoaxis.scenario import ScenarioResult
from osteoaxis.treatment import was_given
from osteoaxis.units import DAYS_PER_MONTH, DAYS_PER_YEAR

__all__ = ["FIGURES", "save_all", "svg"]

Array = NDArray[np.float64]
Draw = Callable[[ScenarioResult], Figure]
Values = Callable[[xr.DataArray], Array]

YEAR = 12.0  # months
PANEL = (3.3, 2.5)  # inches
LEAST_SPAN = 0.02  # of the value: what a panel shows at least
# WHO limits of the T-score, with what lies between them.
BANDS = (
    ("normal", -1.0, np.inf, "#e6f2ec"),
    ("low bone mass", -2.5, -1.0, "#fdf3d9"),
    ("osteoporosis", -np.inf, -2.5, "#f9e0d8"),
)
LOSS, GAIN = "#D55E00", "#009E73"


@style.styled
def hormones(result: ScenarioResult) -> Figure:
    """Draw the hormones of the axis, estradiol at the bone and what inhibitors do."""
    figure, axes = _panels(result, 2, 3)
    _draw(axes[0], result, "estradiol", "Estradiol in serum")
    axes[0].set_yscale("log")
    axes[0].yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes[0].yaxis.set_minor_locator(NullLocator())
    axes[0].yaxis.set_major_formatter("{x:g}")
    _draw(axes[1], result, "estrone", "Estrone in serum")
    _draw(axes[2], result, "bone_estradiol", "Estradiol at bone cells")
    _draw(axes[3], result, "aromatase_inhibition", "Aromatase inhibition, whole body")
    _draw(axes[4], result, "testosterone", "Testosterone in serum")
    _draw(axes[5], result, "lh", "LH in serum")
    axes[3].set_ylim(-4, 104)
    for axis in (*axes[1:3], *axes[4:]):
        axis.set_ylim(0, 1.1 * axis.get_ylim()[1])
    return figure


@style.styled
def cytokines(result: ScenarioResult) -> Figure:
    """Draw the activated immune cells of the marrow and the cytokines they release."""
    figure, axes = _panels(result, 2, 2)
    _draw(axes[0], result, "activated_immune_cells", "Activated immune cells (1 = young adult)")
    _draw(axes[1], result, "tnf_alpha", "TNF-α at the marrow")
    _draw(axes[2], result, "il1", "IL-1β at the marrow")
    _draw(axes[3], result, "il6", "IL-6 at the marrow")
    return figure


@style.styled
def rankl_opg(result: ScenarioResult) -> Figure:
    """Draw RANKL, its decoy osteoprotegerin, their ratio and how much RANK is occupied."""
    figure, axes = _panels(result, 2, 2)
    _draw(axes[0], result, "rankl", "Free RANKL in marrow")
    _draw(axes[1], result, "opg", "Osteoprotegerin in marrow")
    _draw(axes[2], result, "rankl_opg_ratio", "RANKL/OPG ratio")
    _draw(axes[3], result, "rank_occupancy", "RANK occupied (%)", _percent)
    return figure


@style.styled
def cells(result: ScenarioResult) -> Figure:
    """Draw the bone cells, and the gap between resorption and formation in the last arm."""
    figure = Figure(figsize=(9.5, 5.4), layout="constrained")
    grid = figure.add_gridspec(2, 2, width_ratios=(1, 1.7))
    upper, lower = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[1, 0])
    big = figure.add_subplot(grid[:, 1])
    _frame(result, figure, [upper, lower, big], bottom=[lower, big])
    _draw(upper, result, "osteoclasts", "Osteoclasts (1 = young adult)")
    _draw(lower, result, "osteoblasts", "Osteoblasts (1 = young adult)")
    _uncoupling(big, *list(result.arms.items())[-1])
    return figure


@style.styled
def markers(result: ScenarioResult) -> Figure:
    """Draw the change of the markers of bone turnover."""
    figure, axes = _panels(result, 2, 2)
    names = {
        "ctx": "CTX, serum", "ntx": "NTX, urine", "p1np": "P1NP, serum", "bsap": "BSAP, serum"
    }  # fmt: skip
    for axis, (name, title) in zip(axes, names.items(), strict=True):
        kind = "resorption" if name in ("ctx", "ntx") else "formation"
        axis.axhline(0, color="#9a9a9a", linewidth=0.8)
        _draw(axis, result, name, f"{title}: {kind} (% change)", _change)
    return figure


@style.styled
def bmd(result: ScenarioResult) -> Figure:
    """Draw the change of bone density and the T-score at the three sites DXA measures."""
    figure, axes = _panels(result, 2, 3)
    for axis, site in zip(axes[:3], SITES, strict=True):
        axis.axhline(0, color="#9a9a9a", linewidth=0.8)
        _draw(axis, result, f"{site}_bmd", f"{_site(site)}: BMD (% change)", _change)
    for axis, site in zip(axes[3:], SITES, strict=True):
        _draw(axis, result, f"{site}_t_score", f"{_site(site)}: T-score (SD)")
    _one_range(axes[:3])
    _one_range(axes[3:])
    for axis in axes[3:]:
        bands(axis)
    _name_bands(axes[-1])
    return figure


@style.styled
def joints(result: ScenarioResult) -> Figure:
    """Draw the probability of joint pain and the texture score of the spine."""
    figure, axes = _panels(result, 1, 2)
    _draw(axes[0], result, "arthralgia_probability", "Probability of arthralgia (%)", _percent)
    axes[0].set_ylim(bottom=0)
    _draw(axes[1], result, "trabecular_bone_score", "Trabecular bone score, lumbar spine")
    return figure


@style.styled
def fractures(result: ScenarioResult) -> Figure:
    """Draw the share of people with a fracture by site, and of all kinds together."""
    figure, axes = _panels(result, 2, 2)
    names = {
        "vertebral": "Vertebral fracture, felt (%)", "hip": "Hip fracture (%)",
        "other": "Other fracture (%)", "any": "Any fracture (%)",
    }  # fmt: skip
    for axis, (cause, title) in zip(axes, names.items(), strict=True):
        _draw(axis, result, f"{cause}_fracture_incidence", title, _level)
        axis.set_ylim(bottom=0)
    return figure


@style.styled
def minerals(result: ScenarioResult) -> Figure:
    """Draw calcium, phosphate and the hormones that hold them."""
    figure, axes = _panels(result, 2, 3)
    _draw(axes[0], result, "calcium", "Calcium in serum")
    _draw(axes[1], result, "phosphate", "Phosphate in serum")
    _draw(axes[2], result, "pth", "Parathyroid hormone")
    _draw(axes[3], result, "vitamin_d", "25-hydroxyvitamin D")
    _draw(axes[4], result, "calcitriol", "Calcitriol")
    _draw(axes[5], result, "egfr", "Kidney function: eGFR")
    axes[0].axhspan(2.1, 2.6, color="#e6f2ec", zorder=0)
    for axis in axes[1:]:
        axis.set_ylim(0, 1.1 * axis.get_ylim()[1])
    return figure


FIGURES: dict[str, tuple[Draw, str]] = {
    "hormones": (
        hormones,
        "Sex hormones in serum and at the bone, and how much of aromatase is inhibited.",
    ),
    "cytokines": (
        cytokines,
        "Immune cells of the marrow that loss of estrogen activates, and their cytokines.",
    ),
    "rankl_opg": (
        rankl_opg,
        "RANKL drives osteoclasts, osteoprotegerin (OPG) catches it; what is left occupies RANK.",
    ),
    "cells": (
        cells,
        "Bone cells, and the uncoupling: the gap between resorption and formation is bone lost.",
    ),
    "markers": (markers, "Markers of bone turnover as percent change from month 0."),
    "bmd": (
        bmd,
        "Bone mineral density as percent change from month 0, and T-scores with the WHO bands.",
    ),
    "fractures": (
        fractures,
        "People in 100 like this one with a fracture since month 0, deaths counted.",
    ),
    "minerals": (
        minerals,
        "Calcium (green: 2.1 to 2.6 mmol/L), phosphate, PTH, vitamin D and kidney function.",
    ),
    "joints": (
        joints,
        "Probability of joint pain of at least 3 of 10, and the trabecular bone score.",
    ),
    "pathway": (
        pathway,
        "The main actions from aromatase to bone, coloured by the fold change the last arm makes.",
    ),
}


@dataclass(frozen=True)
class Picture:
    """A figure as text, for the report."""

    name: str
    caption: str
    svg: str


def save_all(
    result: ScenarioResult, folder: Path, progress: Callable[[str, float], None] | None = None
) -> list[Picture]:
    """Write every figure of `result` into `folder` as PNG and SVG; return them for the report."""
    pictures = []
    for done, (name, (draw, caption)) in enumerate(FIGURES.items()):
        if progress is not None:
            progress(f"Drawing {name}", 0.1 + 0.8 * done / len(FIGURES))
        figure = draw(result)
        (folder / f"{name}.png").write_bytes(style.png(figure))
        picture = Picture(name, caption, svg(figure))
        (folder / f"{name}.svg").write_text(picture.svg, encoding="utf-8", newline="\n")
        pictures.append(picture)
    return pictures


def _panels(result: ScenarioResult, rows: int, columns: int) -> tuple[Figure, list[Axes]]:
    size = (PANEL[0] * columns, PANEL[1] * rows + 0.5)
    figure = Figure(figsize=size, layout="constrained")
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    _frame(result, figure, axes, bottom=axes[-columns:])
    return figure, axes


def _frame(
    result: ScenarioResult, figure: Figure, axes: Sequence[Axes], bottom: Sequence[Axes]
) -> None:
    """Set the years, shade the dosing of the last arm and put one legend below."""
    figure.get_layout_engine().set(w_pad=0.08, h_pad=0.08)  # type: ignore[union-attr,call-arg]
    *_, focus = result.arms
    span = _dosing(was_given(result.arms[focus]), result.scenario.years)
    for axis in axes:
        axis.set_xlim(0, result.scenario.years)
        axis.xaxis.set_major_locator(
            MaxNLocator(8, steps=[1, 2, 5, 10], integer=result.scenario.years > 2)
        )
        if span:
            axis.axvspan(*span, color=style.DOSING_COLOUR, linewidth=0, zorder=0)
    for axis in bottom:
        axis.set_xlabel("years")
    handles: list[Line2D | Patch] = [
        Line2D([], [], label=arm, **look) for arm, look in style.arm_styles(result.arms).items()
    ]
    if span:
        handles.append(Patch(color=style.DOSING_COLOUR, label=f"doses of {focus}"))
    # As many columns as fit: some 12 letters an inch, 9 for the line and the space around it.
    longest = max(len(str(handle.get_label())) for handle in handles) + 9
    columns = int(12 * figure.get_figwidth() / longest)
    figure.legend(
        handles=handles, loc="outside lower center", handlelength=3,
        ncols=min(max(columns, 1), len(handles)),
    )  # fmt: skip


def _dosing(regimen: Regimen, years: float) -> tuple[float, float] | None:
    """Return the years from the first dose to one interval after the last, within the run."""
    per_year = YEAR * DAYS_PER_MONTH
    starts, ends = [], []
    for term in regimen.terms:
        times = list(term.times(years * per_year))
        if times:
            starts.append(times[0] / per_year)
            ends.append((times[-1] + (term.every_days or 0.0)) / per_year)
    if not starts or max(ends) <= 0:
        return None
    return max(min(starts), 0.0), min(max(ends), years)


def _draw(
    axis: Axes, result: ScenarioResult, name: str, title: str, values: Values | None = None
) -> None:
    """Draw one quantity of every arm; `values` turns it into what is drawn (unit in `title`)."""
    for arm, look in style.arm_styles(result.arms).items():
        data = result.arms[arm]
        drawn = values(data[name]) if values else data[name].values
        axis.plot(data["time"].values / YEAR, drawn, **look)
        own = [run for run in result.drawn.get(arm, ()) if name in run]
        limits = intervals.limits(own, lambda run: (values or _level)(run[name]))
        if limits is not None:
            axis.fill_between(data["time"].values / YEAR, *limits, color=look["color"],
                              alpha=0.15, linewidth=0)  # fmt: skip
    axis.set_title(title if values else style.with_unit(title, str(data[name].attrs["unit"])))
    # Rounding noise of what does not change must not fill the panel.
    low, high = axis.get_ylim()
    least = 1.0 if values is _change else LEAST_SPAN * max(abs(low), abs(high))
    if high - low < least:
        axis.set_ylim((low + high - least) / 2, (low + high + least) / 2)


def _change(quantity: xr.DataArray) -> Array:
    return np.asarray(100.0 * (quantity.values / quantity.values[0] - 1.0))


def _level(quantity: xr.DataArray) -> Array:
    return np.asarray(quantity.values)


def _percent(quantity: xr.DataArray) -> Array:
    return np.asarray(100.0 * quantity.values)


def _site(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _uncoupling(axis: Axes, arm: str, data: xr.Dataset) -> None:
    """Draw resorption against formation and fill the bone lost or gained between them."""
    years = data["time"].values / YEAR
    per_year = 100 * DAYS_PER_YEAR
    resorption = per_year * data["lumbar_spine_resorption_rate"].values
    formation = per_year * data["lumbar_spine_formation_rate"].values
    for lost, colour, label in (
        (True, LOSS, "bone lost: resorption above formation"),
        (False, GAIN, "bone gained: formation above resorption"),
    ):
        where = resorption >= formation if lost else resorption < formation
        axis.fill_between(
            years, resorption, formation, where=where.tolist(), interpolate=True,
            color=colour, alpha=0.22, linewidth=0, label=label if where.any() else None,
        )  # fmt: skip
    axis.plot(years, resorption, color=LOSS, label="resorption")
    axis.plot(years, formation, color="#0072B2", linestyle=(0, (6, 1.5)), label="formation")
    low, high = axis.get_ylim()
    axis.set_ylim(low, high + 0.3 * (high - low))
    axis.legend(loc="upper right", title=f"Uncoupling in '{arm}'", alignment="left")
    axis.set_title("Lumbar spine: resorption against formation (% of young adult bone a year)")


def _one_range(axes: Sequence[Axes]) -> None:
    limits = [axis.get_ylim() for axis in axes]
    for axis in axes:
        axis.set_ylim(min(low for low, _ in limits), max(high for _, high in limits))


def bands(axis: Axes) -> None:
    """Shade the WHO bands of the T-score that are in view; -1 always is."""
    low, high = axis.get_ylim()
    low, high = min(low, -1.5), max(high, -0.5)
    axis.set_ylim(low, high)
    for _, bottom, top, colour in BANDS:
        if min(top, high) > max(bottom, low):
            axis.axhspan(max(bottom, low), min(top, high), color=colour, linewidth=0, zorder=0.5)


def _name_bands(axis: Axes) -> None:
    """Name the bands in view to the right of `axis`, where no line runs."""
    low, high = axis.get_ylim()
    for name, bottom, top, _ in BANDS:
        bottom, top = max(bottom, low), min(top, high)
        if top - bottom > 0.06 * (high - low):
            axis.text(
                1.03, (bottom + top) / 2, name.replace(" ", "\n", 1), va="center", fontsize=8,
                color="#666666", transform=axis.get_yaxis_transform(),
            )  # fmt: skip
