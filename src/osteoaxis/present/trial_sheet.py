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
from numpy.typing import NDArray
from scipy import stats

from osteoaxis.present import style, words
from osteoaxis.present.trial_words import NAMES, SAME, people
from osteoaxis.trials import Conducted, Plan
from osteoaxis.trials.analysis import change, deviation, shown
from osteoaxis.trials.design import MEASURED, Trial
from osteoaxis.trials.planning import SIZES

Array = NDArray[np.float64]
Look = dict[str, Any]

COLUMNS = 3
THIN: Look = {"color": "#8a8a8a", "linewidth": 0.9, "linestyle": (0, (1, 1))}
PANEL, LINE = 2.5, 0.17
"""Inches: height of a panel, and of a line of the legend below it."""
LONGEST = 46
"""Letters of a contrast that a panel is wide enough for."""


@style.styled
def sheet(found: Conducted, plans: Sequence[Plan]) -> Figure:
    """Draw a panel for each variable measured, and one for the power at each endpoint."""
    trial = found.trial
    measured = list(dict.fromkeys(v for v, _ in trial.endpoints if v in MEASURED))
    rows = [-(-len(each) // COLUMNS) for each in (measured, trial.endpoints)]
    powers = PANEL + LINE * (len(trial.pairs) + 1)
    heights = [PANEL] * rows[0] + [powers] * rows[1]
    figure = Figure(figsize=(10.5, sum(heights) + 0.6), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.06, h_pad=0.08)  # type: ignore[union-attr,call-arg]
    grid = figure.add_gridspec(sum(rows), COLUMNS, height_ratios=heights)
    looks = style.arm_styles([arm.name for arm in trial.arms])
    for place, name in enumerate(measured):
        axes = figure.add_subplot(grid[place // COLUMNS, place % COLUMNS])
        _course(axes, found, name, looks)
    for place, endpoint in enumerate(trial.endpoints):
        axes = figure.add_subplot(grid[rows[0] + place // COLUMNS, place % COLUMNS])
        own = [plan for plan in plans if (plan.effect.endpoint, plan.effect.month) == endpoint]
        _power(axes, trial, own, _contrasts(trial, looks))
    handles = [Line2D([], [], label=words.label(arm), **look) for arm, look in looks.items()]
    handles.append(Line2D([], [], **THIN,
                          label="thin: power averaged over the model's uncertainty"))  # fmt: skip
    figure.legend(
        handles=handles, loc="outside upper left", ncols=min(len(handles), 4), handlelength=3
    )
    return figure


def _contrasts(trial: Trial, looks: Mapping[str, Look]) -> dict[tuple[str, str], Look]:
    """Return colour and dash of each contrast: those of its arm, unless an arm has several."""
    names = [(trial.arms[one].name, trial.arms[other].name) for one, other in trial.pairs]
    arms = [arm for arm, _ in names]
    if len(set(arms)) == len(arms):
        return {pair: looks[pair[0]] for pair in names}
    return dict(zip(names, style.line_styles(len(names)), strict=True))


def _course(axes: Axes, found: Conducted, name: str, looks: Mapping[str, Look]) -> None:
    visits = np.array(found.trial.visits)
    for number, arm in enumerate(found.trial.arms):
        seen = change(found.seen(name, number), name)
        bars = np.array([mean_interval(own, found.trial.alpha) for own in seen.T])
        low, middle, high = (np.array([shown(float(x), name) for x in edge]) for edge in bars.T)
        axes.errorbar(visits, middle, (middle - low, high - middle), capsize=2, **looks[arm.name])
    axes.axhline(0, color="#9a9a9a", linewidth=0.8)
    average = "mean" if name.endswith("_bmd") else "geometric mean"
    axes.set_title(f"{NAMES[name]}: change, %, {average}", fontsize=8.5)
    axes.set_xticks(visits)
    axes.set_xlabel(f"months; bars: {100.0 * found.trial.confidence:g} % interval", fontsize=8)


def mean_interval(values: Array, alpha: float) -> tuple[float, float, float]:
    """Return the mean of those that were measured, and limits at 1 - `alpha`: low, mean, high."""
    own = values[np.isfinite(values)]
    if not own.size:
        return math.nan, math.nan, math.nan
    mean, free = float(own.mean()), max(own.size - 1, 1)
    half = float(stats.t.ppf(1.0 - alpha / 2.0, free)) * deviation(own) / math.sqrt(own.size)
    return mean - half, mean, mean + half


def _power(
    axes: Axes, trial: Trial, plans: Sequence[Plan], looks: Mapping[tuple[str, str], Look]
) -> None:
    handles = []
    for plan in plans:
        arm, reference = plan.effect.arm, plan.effect.reference
        look = looks[arm, reference]
        size = SAME if plan.effect.none else people(plan.needed)
        handles.append(Line2D([], [], label=f"{_named(arm, reference, size)}: {size}", **look))
        if not plan.curve:
            continue
        sizes, power, averaged = (np.array(c, dtype=float) for c in zip(*plan.curve, strict=True))
        axes.plot(sizes, 100.0 * power, **look)
        axes.plot(sizes, 100.0 * averaged, **{**THIN, "color": look["color"]})
    axes.axhline(100.0 * trial.power, color="#9a9a9a", linewidth=0.8)
    axes.set_xscale("log")
    axes.set_xlim(SIZES[0], SIZES[-1])
    axes.set_ylim(0, 104)
    axes.xaxis.set_major_locator(LogLocator(numticks=6))
    axes.xaxis.set_major_formatter("{x:,g}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("people randomised to each arm", fontsize=8)
    axes.set_ylabel("power, %")
    effect = plans[0].effect
    axes.set_title(f"{NAMES[effect.endpoint]}, month {effect.month:g}", fontsize=8.5)
    axes.legend(
        handles=handles, title=f"People an arm for {100 * trial.power:g} % power",
        loc="upper left", bbox_to_anchor=(-0.1, -0.25), fontsize=7.5, title_fontsize=7.5,
        alignment="left", handlelength=3, borderaxespad=0.0, labelspacing=0.25,
    )  # fmt: skip


def _named(arm: str, reference: str, size: str) -> str:
    """Return a contrast, both names clipped where there is no room for all of them."""
    room = LONGEST - len(size) - len(" v ")
    least = min(len(arm), len(reference), room // 2)
    return " v ".join(words.clipped(name, room - least) for name in (arm, reference))
