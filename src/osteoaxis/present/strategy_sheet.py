"""The figure sheet of strategies: what is given when, and what it does to bone and joints."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from osteoaxis.outcomes.tscore import SITES
from osteoaxis.present import style
from osteoaxis.present.figures import bands
from osteoaxis.strategy import BONE_CLASSES, DAILY, FORMS, Strategies
from osteoaxis.units import DAYS_PER_MONTH, DAYS_PER_YEAR

Array = NDArray[np.float64]
Draw = Callable[[Axes, Strategies], None]

WIDTH, ROW, LANE = 8.2, 2.35, 0.3  # inches
OFTEN = 31.0  # days: doses closer than this are one line
YEAR = 12.0


@style.styled
def figure(result: Strategies) -> Figure:
    """Draw the plan of every arm above panels of what it does, a colour and dash for each arm."""
    panels = [draw for draw, wanted in PANELS if wanted(result)]
    if len(panels) % 2:
        panels.append(_p1np)
    lanes = sum(len(_lanes(result, arm)) or 1 for arm in result.arms)
    heights = [LANE * lanes + 0.5, *[ROW] * (len(panels) // 2)]
    drawn = Figure(figsize=(WIDTH, sum(heights) + 0.5), layout="constrained")
    drawn.get_layout_engine().set(w_pad=0.08, h_pad=0.08)  # type: ignore[union-attr,call-arg]
    grid = drawn.add_gridspec(len(heights), 2, height_ratios=heights)
    _plan(drawn.add_subplot(grid[0, :]), result)
    for number, draw in enumerate(panels):
        draw(drawn.add_subplot(grid[1 + number // 2, number % 2]), result)
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


def _lanes(result: Strategies, arm: str) -> list[str]:
    """Return the drugs given in `arm`, bone drugs last."""
    drugs = dict.fromkeys(dose.drug for dose in result.doses[arm])
    return sorted(drugs, key=lambda drug: result.drugs[drug].group in BONE_CLASSES)


def _plan(axis: Axes, result: Strategies) -> None:
    """Draw a lane for each drug of each arm: a line where it is taken often, a mark for a dose."""
    end, lane = result.scenario.years, 0
    ticks: list[str] = []
    for arm, look in style.arm_styles(result.arms).items():
        colour = look["color"]
        for number, drug in enumerate(_lanes(result, arm) or [""]):
            days = np.array([d.time_day for d in result.doses[arm] if d.drug == drug])
            days = days[days >= 0]
            for run in np.split(days, np.flatnonzero(np.diff(days) > OFTEN) + 1):
                if run.size > 2:
                    last = min(run[-1] + run[-1] - run[-2], end * DAYS_PER_YEAR)
                    years = np.array([run[0], last]) / DAYS_PER_YEAR
                    axis.plot(years, [lane, lane], color=colour, linewidth=4, alpha=0.55,
                              solid_capstyle="butt")  # fmt: skip
                elif run.size:
                    axis.plot(run / DAYS_PER_YEAR, np.full(run.size, lane), color=colour,
                              marker="v", markersize=6, linestyle="none", clip_on=False)  # fmt: skip
            name = drug.replace("_", " ") or "no drug"
            ticks.append(f"{arm}:  {name}" if number == 0 else name)
            lane += 1
        axis.axhline(lane - 0.5, color="#d8d8d8", linewidth=0.8)
    axis.set_ylim(lane - 0.5, -0.5)
    axis.set_yticks(range(lane), ticks, fontsize=8)
    axis.tick_params(axis="y", length=0)
    axis.grid(False, axis="y")
    axis.set_title("What is given: a mark for each injection or infusion, a bar for tablets")
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


_p1np = _change("p1np", "P1NP: formation")


def _lowest(axis: Axes, result: Strategies) -> None:
    def values(arm: str) -> Array:
        return np.min([result.arms[arm][f"{site}_t_score"].values for site in SITES], axis=0)

    _lines(axis, result, "Lowest T-score of spine, hip and neck", values, zero=False)
    bands(axis)


def _pain(axis: Axes, result: Strategies) -> None:
    def values(arm: str) -> Array:
        return np.asarray(100 * result.arms[arm]["arthralgia_probability"].values)

    _lines(axis, result, "Probability of joint pain (%)", values, zero=False)
    axis.set_ylim(bottom=0)


def _dots(axis: Axes, result: Strategies, title: str, names: Sequence[tuple[str, str, str]]) -> None:
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
            axis.plot(measured[name], place, marker=marker, color=colour, markersize=6,
                      markerfacecolor=colour if number == 0 else "white", linestyle="none")  # fmt: skip
        if not any(name in measured for name, *_ in names):
            axis.text(0, row, "  nothing was stopped", va="center", fontsize=8, color="#666666",
                      transform=axis.get_yaxis_transform())  # fmt: skip
    axis.set_ylim(len(result.arms) - 0.4, -0.6)
    axis.set_yticks(range(len(result.arms)), list(result.arms), fontsize=8)
    axis.tick_params(axis="y", length=0)
    axis.set_xlim(left=0)
    axis.set_title(title)
    handles = [
        Line2D([], [], marker=marker, color="#555555", linestyle="none", label=label,
               markerfacecolor="#555555" if number == 0 else "white")
        for number, (_, label, marker) in enumerate(names)
    ]  # fmt: skip
    axis.legend(handles=handles, loc="lower right", fontsize=8, handletextpad=0.2)


def _stopping(axis: Axes, result: Strategies) -> None:
    _dots(
        axis, result, "Largest loss within two years of the last bone dose (%)",
        (("lumbar_spine_loss_after_stopping", "spine", "o"),
         ("total_hip_loss_after_stopping", "hip", "s")),
    )  # fmt: skip


def _always(_result: Strategies) -> bool:
    return True


def _stops(result: Strategies) -> bool:
    return any("total_hip_loss_after_stopping" in found for found in result.measured.values())


PANELS: tuple[tuple[Draw, Callable[[Strategies], bool]], ...] = (
    (_change("lumbar_spine_bmd", "Lumbar spine BMD"), _always),
    (_change("total_hip_bmd", "Total hip BMD"), _always),
    (_lowest, _always),
    (_change("ctx", "CTX: resorption"), _always),
    (_pain, _always),
    (_stopping, _stops),
)
"""What is drawn, in order, and whether a comparison has it."""
