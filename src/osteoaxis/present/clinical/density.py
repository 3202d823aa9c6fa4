"""The one figure of a clinical report: density of spine and hip with bands, ranges and limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator, MultipleLocator
from numpy.typing import ArrayLike, NDArray

from osteoaxis import intervals
from osteoaxis.outcomes import dxa
from osteoaxis.present import style, words
from osteoaxis.present.figures import BANDS

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
Points = Mapping[str, Sequence[tuple[float, float, float, float]]]
"""By site what was measured: month, T-score, and the limits of 95 % of what measuring gives."""

SIZE = (7.2, 2.3)  # inches
SITES = {"lumbar_spine": "Lumbar spine", "total_hip": "Total hip"}
SHADED = 3
"""With more arms, ranges are drawn at the end alone."""
LEAST = 1.6  # T-scores that are shown at least
BORDERS = (-1.0, -2.5)
SOFT = "#7b8794"
APART = 0.055  # of the height: the least between two letters at the end of lines


@style.styled
def figure(
    arms: Mapping[str, xr.Dataset],
    drawn: Mapping[str, Sequence[xr.Dataset]],
    letters: Mapping[str, str],
    sex: str,
    origin: str = "the start",
    points: Points | None = None,
) -> Figure:
    """Draw the T-score of each arm at two sites, its 90 % range, and the WHO bands behind.

    The scale on the right is percent change of density since the `origin`. `letters` name the arms
    at the ends of their lines; `points` are drawn as dots, and month zero as a line.
    """
    made = Figure(figsize=SIZE, layout="constrained")
    made.get_layout_engine().set(w_pad=0.03, h_pad=0.03)  # type: ignore[union-attr,call-arg]
    axes = list(made.subplots(1, len(SITES), sharey=True))
    for axis, (site, title) in zip(axes, SITES.items(), strict=True):
        _panel(axis, site, arms, drawn)
        _measured(axis, (points or {}).get(site, ()))
        axis.set_title(f"{title}: T-score")
        axis.set_xlabel("years", labelpad=1)
        axis.yaxis.set_major_locator(MultipleLocator(0.5))
        axis.yaxis.set_major_formatter(lambda value, _: words.number(value))
        axis.tick_params(labelleft=True)
    low, high = _range(axes[0].get_ylim())
    axes[0].set_ylim(low, high)
    for number, (axis, site) in enumerate(zip(axes, SITES, strict=True)):
        _bands(axis, low, high, named=number == 0)
        _letters(axis, site, arms, letters)
        first = next(iter(arms.values()))
        start = float(np.interp(0.0, first["time"].values, first[f"{site}_bmd"].values))
        _percent_scale(axis, site, sex, start)
    axes[-1].child_axes[0].set_ylabel(f"change since {origin}", fontsize=8, color=SOFT)
    return made


def _panel(
    axis: Axes,
    site: str,
    arms: Mapping[str, xr.Dataset],
    drawn: Mapping[str, Sequence[xr.Dataset]],
) -> None:
    name = f"{site}_t_score"
    looks = style.arm_styles(arms)
    whole = len(arms) <= SHADED
    end = max(float(data["time"].values[-1]) for data in arms.values()) / 12
    for number, (arm, data) in enumerate(arms.items()):
        years, colour = data["time"].values / 12, looks[arm]["color"]
        axis.plot(years, data[name].values, **looks[arm], zorder=3)
        found = intervals.limits(drawn.get(arm, ()), lambda run: np.asarray(run[name].values))
        if found is None:
            continue
        low, high = found
        if whole:
            axis.fill_between(years, low, high, color=colour, alpha=0.16, linewidth=0, zorder=2)
        else:
            x = end * (1.02 + 0.022 * number)
            axis.plot([x, x], [low[-1], high[-1]], color=colour, linewidth=1.6, clip_on=False)
    begin = min(float(data["time"].values[0]) for data in arms.values()) / 12
    axis.set_xlim(begin, end if whole else end * (1.02 + 0.022 * len(arms)))
    axis.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10], integer=end > 2))


def _measured(axis: Axes, points: Sequence[tuple[float, float, float, float]]) -> None:
    left, right = axis.get_xlim()
    for month, score, low, high in points:
        axis.plot([month / 12] * 2, [low, high], color="#111111", linewidth=0.9, zorder=5)
        axis.plot([month / 12], [score], "o", color="#111111", markersize=3.5, zorder=5)
    if left < 0:
        axis.axvline(0.0, color="#555555", linewidth=0.8, linestyle=":", zorder=2.5)
        axis.set_xlim(left - 0.02 * (right - left), right)


def _range(limits: tuple[float, float]) -> tuple[float, float]:
    """Return limits that show at least `LEAST` and the nearest border between two bands."""
    low, high = limits
    border = min(BORDERS, key=lambda score: abs(score - (low + high) / 2))
    low, high = min(low, border - 0.2), max(high, border + 0.2)
    short = max(LEAST - (high - low), 0.0)
    return low - 0.6 * short, high + 0.4 * short


def _bands(axis: Axes, low: float, high: float, *, named: bool) -> None:
    for name, bottom, top, colour in BANDS:
        bottom, top = max(bottom, low), min(top, high)
        if top <= bottom:
            continue
        axis.axhspan(bottom, top, color=colour, linewidth=0, zorder=0.5)
        if named and top - bottom > 0.07 * (high - low):
            edge, lift, side = (top, -1, "top") if top == high else (bottom, 1, "bottom")
            axis.text(
                0.015, edge + lift * 0.015 * (high - low), name, va=side, fontsize=7.5,
                color="#6b6b6b", transform=axis.get_yaxis_transform(), zorder=4,
                path_effects=[withStroke(linewidth=2.5, foreground=colour)],
            )  # fmt: skip


def _letters(
    axis: Axes, site: str, arms: Mapping[str, xr.Dataset], letters: Mapping[str, str]
) -> None:
    """Write each arm's letter at the end of its line, clear of the others."""
    low, high = axis.get_ylim()
    ends = {arm: float(data[f"{site}_t_score"].values[-1]) for arm, data in arms.items()}
    order = sorted(ends, key=lambda arm: ends[arm])
    least = APART * (high - low)
    places = np.array([ends[arm] for arm in order])
    for _ in range(200):  # push apart what is too near, half to each side
        short = np.maximum(least - np.diff(places), 0.0)
        if not short.any():
            break
        places[:-1] -= short / 2
        places[1:] += short / 2
    looks = style.arm_styles(arms)
    right = axis.get_xlim()[1]
    for arm, place in zip(order, places, strict=True):
        axis.annotate(
            letters[arm], (right, float(place)), xytext=(3, 0), textcoords="offset points",
            va="center", fontsize=8.5, fontweight="bold", color=looks[arm]["color"],
            annotation_clip=False,
        )  # fmt: skip


def _percent_scale(axis: Axes, site: str, sex: str, start: float) -> None:
    """Add percent change of density on the right; `start` is the density at the start, g/cm2."""

    def percent(score: ArrayLike) -> Array:
        mean, deviation = dxa.YOUNG_ADULT[site][sex]
        return np.asarray(100 * ((mean + np.asarray(score) * deviation) / start - 1))

    def back(change: ArrayLike) -> Array:
        return np.asarray(dxa.t_score(start * (1 + np.asarray(change) / 100), site, sex))

    right = axis.secondary_yaxis(1.09, functions=(percent, back))
    right.spines["right"].set_visible(False)
    right.tick_params(length=0, labelsize=7.5, pad=0, labelcolor=SOFT)
    right.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    right.yaxis.set_major_formatter(lambda value, _: f"{words.number(value, 0, signed=True)} %")
