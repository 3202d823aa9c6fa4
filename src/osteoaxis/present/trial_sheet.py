"""The figure sheet of a trial: what was measured by arm and visit, and power by size."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

from osteoaxis.present import style
from osteoaxis.present.trial_words import NAMES, people
from osteoaxis.trials import Conducted, Plan
from osteoaxis.trials.analysis import change, shown
from osteoaxis.trials.design import MEASURED

Looks = Mapping[str, dict[str, Any]]

COLUMNS = 3
THIN: dict[str, Any] = {"color": "#8a8a8a", "linewidth": 0.9, "linestyle": (0, (1, 1))}
GAP = 0.11
"""Between two labels of lines, as a share of the height of a panel."""


@style.styled
def sheet(found: Conducted, plans: Sequence[Plan]) -> Figure:
    """Draw a panel for each variable measured, and one for the power at each endpoint."""
    measured = list(dict.fromkeys(v for v, _ in found.trial.endpoints if v in MEASURED))
    rows = [-(-len(each) // COLUMNS) for each in (measured, found.trial.endpoints)]
    figure = Figure(figsize=(10.5, 2.7 * sum(rows) + 0.6), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.06, h_pad=0.08)  # type: ignore[union-attr,call-arg]
    grid = figure.add_gridspec(sum(rows), COLUMNS)
    looks = style.arm_styles([arm.name for arm in found.trial.arms])
    for place, name in enumerate(measured):
        axes = figure.add_subplot(grid[place // COLUMNS, place % COLUMNS])
        _course(axes, found, name, looks)
    for place, endpoint in enumerate(found.trial.endpoints):
        axes = figure.add_subplot(grid[rows[0] + place // COLUMNS, place % COLUMNS])
        own = [plan for plan in plans if (plan.effect.endpoint, plan.effect.month) == endpoint]
        _power(axes, found, own, looks)
        axes.set_ylabel("power, %")
    handles = [Line2D([], [], label=arm, **look) for arm, look in looks.items()]
    handles.append(Line2D([], [], **THIN,
                          label="thin: power averaged over the model's uncertainty"))  # fmt: skip
    figure.legend(handles=handles, loc="outside upper left", ncols=len(handles), handlelength=3)
    return figure


def _course(axes: Axes, found: Conducted, name: str, looks: Looks) -> None:
    visits = np.array(found.trial.visits)
    for number, arm in enumerate(found.trial.arms):
        changes = change(found.seen(name, number), name)
        count = np.isfinite(changes).sum(axis=0)
        mean = np.nanmean(changes, axis=0)
        error = 1.96 * np.nanstd(changes, axis=0) / np.sqrt(np.maximum(count, 1))
        low, middle, high = (
            np.array([shown(float(x), name) for x in edge])
            for edge in (mean - error, mean, mean + error)
        )
        axes.errorbar(visits, middle, (middle - low, high - middle), capsize=2, **looks[arm.name])
    axes.axhline(0, color="#9a9a9a", linewidth=0.8)
    average = "mean" if name.endswith("_bmd") else "geometric mean"
    axes.set_title(f"{NAMES[name]}: change, %, {average}", fontsize=8.5)
    axes.set_xticks(visits)
    axes.set_xlabel("months; bars: 95 % interval", fontsize=8)


def _power(axes: Axes, found: Conducted, plans: Sequence[Plan], looks: Looks) -> None:
    labels: list[tuple[float, str, str]] = []
    for plan in plans:
        sizes, power, averaged = (np.array(c, dtype=float) for c in zip(*plan.curve, strict=True))
        look = looks[plan.effect.arm]
        axes.plot(sizes, 100.0 * power, **look)
        axes.plot(
            sizes, 100.0 * averaged, color=look["color"], linewidth=0.9, linestyle=(0, (1, 1))
        )
        versus = f" v {plan.effect.reference}" if found.trial.contrasts else ""
        labels.append(
            (100.0 * power[-1], f"{plan.effect.arm}{versus}: {people(plan.needed)}", look["color"])
        )
    axes.axhline(100.0 * found.trial.power, color="#9a9a9a", linewidth=0.8)
    axes.set_xscale("log")
    axes.set_xlim(plans[0].curve[0][0], plans[0].curve[-1][0])
    axes.set_ylim(0, 104)
    axes.xaxis.set_major_locator(LogLocator(numticks=6))
    axes.xaxis.set_major_formatter("{x:,g}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(
        f"people randomised to each arm; beside: for {100 * found.trial.power:g} %", fontsize=8
    )
    effect = plans[0].effect
    axes.set_title(f"{NAMES[effect.endpoint]}, month {effect.month:g}", fontsize=8.5)
    above = math.inf
    for height, text, colour in sorted(labels, reverse=True):
        above = min(height / 104.0, above - GAP)
        axes.annotate(
            text, (1.0, max(above, 0.0)), (4, 0), xycoords="axes fraction",
            textcoords="offset points", color=colour, fontsize=7.5, va="center",
            annotation_clip=False,
        )  # fmt: skip
