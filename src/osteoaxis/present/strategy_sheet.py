"""The figure sheet of strategies: what is given when, and what it does to bone and joints."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from osteoaxis.outcomes.dxa import SITES
from osteoaxis.present import style
from osteoaxis.present.figures import bands
from osteoaxis.strategy import Strategies
from osteoaxis.units import DAYS_PER_YEAR

Array = NDArray[np.float64]
Draw = Callable[[Axes, Strategies], None]

WIDTH, ROW, LANE = 8.2, 2.2, 0.24  # inches
OFTEN = 32 / DAYS_PER_YEAR  # years: doses closer than this are one bar
EVERY_ARM = "#8a8a8a"
YEAR = 12.0


@style.styled
def figure(result: Strategies) -> Figure:
    """Draw the plan of every arm above panels of what it does, a colour and dash for each arm."""
    lanes = _lanes(result)
    dots = [draw for draw, names in DOTS if _any(result, names)]
    heights = [LANE * len(lanes) + 0.6, ROW * (len(LINES) // 2)]
    heights += [LANE * len(result.arms) + 0.9] if dots else []
    drawn = Figure(figsize=(WIDTH, sum(heights) + 0.5), layout="constrained")
    drawn.get_layout_engine().set(w_pad=0.06, h_pad=0.06)  # type: ignore[union-attr,call-arg]
    parts = drawn.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    _plan(parts[0].subplots(), result, lanes)
    for axis, line in zip(parts[1].subplots(len(LINES) // 2, 2).flat, LINES, strict=True):
        line(axis, result)
    if dots:
        axes = list(parts[2].subplots(1, len(dots), sharey=True, squeeze=False).flat)
        for axis, draw in zip(axes, dots, strict=True):
            draw(axis, result)
    handles = [
        Line2D([], [], label=arm, **look) for arm, look in style.arm_styles(result.arms).items()
    ]
    longest = max(len(arm) for arm in result.arms) + 9
    drawn.legend(
        handles=handles, loc="outside lower center", handlelength=3,
        ncols=min(max(int(12 * WIDTH / longest), 1), len(handles)),
    )  # fmt: skip
    return drawn


def _years(axis: Axes, result: Strategies) -> None:
    axis.set_xlim(0, result.scenario.years)
    axis.xaxis.set_major_locator(MaxNLocator(10, steps=[1, 2, 5, 10], integer=True))
    axis.set_xlabel("years", labelpad=1)


def _lanes(result: Strategies) -> list[tuple[str, str, Array]]:
    """Return (arm, drug, years of its doses); what all arms are given alike is one lane first."""
    given = {
        arm: {drug: tuple(times / YEAR) for (drug, _), times in doses.items() if times.size}
        for arm, doses in result.doses.items()
    }
    first = given[result.reference]
    alike = {
        drug: times
        for drug, times in first.items()
        if all(plan.get(drug) == times for plan in given.values())
    }
    lanes = [("every arm", drug, times) for drug, times in alike.items()]
    for arm, plan in given.items():
        own = {drug: times for drug, times in plan.items() if drug not in alike}
        lanes += [(arm, drug, times) for drug, times in own.items()] or [(arm, "", ())]
    return [(arm, drug.replace("_", " "), np.array(times)) for arm, drug, times in lanes]


def _plan(axis: Axes, result: Strategies, lanes: Sequence[tuple[str, str, Array]]) -> None:
    """Draw a lane for each drug of each arm: a bar where it is taken often, a mark for a dose."""
    looks, end = style.arm_styles(result.arms), result.scenario.years
    for lane, (arm, _, years) in enumerate(lanes):
        colour = looks[arm]["color"] if arm in looks else EVERY_ARM
        years = years[years >= 0]
        for run in np.split(years, np.flatnonzero(np.diff(years) > OFTEN) + 1):
            if run.size > 2:
                axis.plot([run[0], min(2 * run[-1] - run[-2], end)], [lane, lane], color=colour,
                          linewidth=5, alpha=0.6, solid_capstyle="butt")  # fmt: skip
            elif run.size:
                axis.plot(run, np.full(run.size, lane), color=colour, marker="v", markersize=6,
                          linestyle="none", clip_on=False)  # fmt: skip
        if lane and arm != lanes[lane - 1][0]:
            axis.axhline(lane - 0.5, color="#d8d8d8", linewidth=0.8)
    axis.set_ylim(len(lanes) - 0.5, -0.5)
    names = [
        drug if lane and arm == lanes[lane - 1][0] else f"{arm}: {drug}" if drug else arm
        for lane, (arm, drug, _) in enumerate(lanes)
    ]
    axis.set_yticks(range(len(lanes)), names, fontsize=8)
    axis.tick_params(axis="y", length=0, pad=7)  # clear of a first dose
    axis.grid(False, axis="y")
    axis.set_title("What is given: a mark for each dose, a bar for what is taken often")
    _years(axis, result)


def _lines(
    axis: Axes, result: Strategies, title: str, values: Callable[[str], Array], *, zero: bool
) -> None:
    """Draw one line for each arm; `values` gives them by arm."""
    if zero:
        axis.axhline(0, color="#9a9a9a", linewidth=0.8)
    for arm, look in style.arm_styles(result.arms).items():
        axis.plot(result.arms[arm]["time"].values / YEAR, values(arm), **look, linewidth=1.6)
    axis.set_title(title)
    _years(axis, result)


def _change(name: str, title: str) -> Draw:
    def draw(axis: Axes, result: Strategies) -> None:
        def values(arm: str) -> Array:
            levels = result.arms[arm][name].values
            return np.asarray(100 * (levels / levels[0] - 1))

        _lines(axis, result, f"{title} (% change)", values, zero=True)

    return draw


def _lowest(axis: Axes, result: Strategies) -> None:
    def values(arm: str) -> Array:
        scores = [result.arms[arm][f"{site}_t_score"].values for site in SITES]
        return np.asarray(np.min(scores, axis=0))

    _lines(axis, result, "Lowest T-score of spine, hip and neck", values, zero=False)
    bands(axis)


def _pain(axis: Axes, result: Strategies) -> None:
    def values(arm: str) -> Array:
        return np.asarray(100 * result.arms[arm]["arthralgia_probability"].values)

    _lines(axis, result, "Probability of joint pain (%)", values, zero=False)
    axis.set_ylim(bottom=0)


def _dots(
    axis: Axes, result: Strategies, title: str, names: Sequence[tuple[str, str, str]]
) -> None:
    """Draw metrics of each arm as marks in a row, with a 90 % interval where there is one.

    `names` are (metric, label, marker).
    """
    looks = style.arm_styles(result.arms)
    for row, arm in enumerate(result.arms):
        measured, colour = result.measured[arm], looks[arm]["color"]
        for number, (name, _, marker) in enumerate(names):
            if name not in measured:
                continue
            place = row + 0.2 * (number - (len(names) - 1) / 2)
            if f"{name}_low" in measured:
                ends = [measured[f"{name}_low"], measured[f"{name}_high"]]
                axis.plot(ends, [place, place], color=colour, linewidth=1.4)
            face = colour if number == 0 else "white"
            axis.plot(measured[name], place, marker=marker, color=colour, markersize=6,
                      markerfacecolor=face, linestyle="none", clip_on=False)  # fmt: skip
        if not any(name in measured for name, *_ in names):
            axis.text(0, row, "  does not apply", va="center", fontsize=8, color="#666666",
                      transform=axis.get_yaxis_transform())  # fmt: skip
    axis.set_ylim(len(result.arms) - 0.4, -0.6)
    axis.set_yticks(range(len(result.arms)), list(result.arms), fontsize=8)
    axis.tick_params(axis="y", length=0, pad=7)
    axis.set_xlim(left=0)
    axis.set_title(title)
    handles = [
        Line2D([], [], marker=marker, color="#555555", linestyle="none", label=label,
               markerfacecolor="#555555" if number == 0 else "white")
        for number, (_, label, marker) in enumerate(names)
    ]  # fmt: skip
    axis.legend(
        handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.1), fontsize=8,
        ncols=len(names), handletextpad=0.1, columnspacing=1.2,
    )  # fmt: skip


def _any(result: Strategies, names: Sequence[tuple[str, str, str]]) -> bool:
    return any(name in found for name, *_ in names for found in result.measured.values())


def _dotted(
    title: str, *names: tuple[str, str, str]
) -> tuple[Draw, Sequence[tuple[str, str, str]]]:
    return lambda axis, result: _dots(axis, result, title, names), names


LINES: tuple[Draw, ...] = (
    _change("lumbar_spine_bmd", "Lumbar spine BMD"),
    _change("total_hip_bmd", "Total hip BMD"),
    _lowest,
    _pain,
    _change("ctx", "CTX: resorption"),
    _change("p1np", "P1NP: formation"),
)
DOTS = (
    _dotted(
        "People in 1,000 with a fracture, 90 % interval",
        ("any_fractures_per_1000", "any", "o"),
        ("vertebral_fractures_per_1000", "vertebral", "s"),
        ("hip_fractures_per_1000", "hip", "^"),
    ),
    _dotted(
        "Largest loss after the last bone dose (%)",
        ("lumbar_spine_loss_after_stopping", "spine", "o"),
        ("total_hip_loss_after_stopping", "hip", "s"),
    ),
)
"""What is drawn of the metrics, where at least one arm has it: (metric, label, marker)."""
