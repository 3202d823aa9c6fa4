"""The pathway as one picture: what the last arm does to each quantity, from aromatase to bone."""

from __future__ import annotations

import math
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from osteoaxis.present import style
from osteoaxis.present.pathway_map import HEIGHT, LINKS, NODES, PAGE, WIDTH, Node
from osteoaxis.scenario import ScenarioResult

LIMIT = 2.0  # log2 of the fold change at which colours end
ACTIVATES, INHIBITS = "#5a5a5a", "#a03a2c"

Point = tuple[float, float]


@style.styled
def pathway(result: ScenarioResult, month: float = 12.0) -> Figure:
    """Draw the pathway, each node coloured by its fold change at `month` (or the end of the run).

    The last arm is held against the first arm; a single arm against its own month 0.
    """
    first, *_, last = [*result.arms, *list(result.arms)[-1:]]
    data = result.arms[last]
    at = int(np.abs(data["time"].values - month).argmin())
    versus = f"'{first}'" if first != last else "month 0"
    figure = Figure(figsize=(13.6, 7.6), layout="constrained")
    axis = figure.add_subplot()
    axis.set(xlim=(0, PAGE[0]), ylim=(3, PAGE[1]), aspect="equal")
    axis.axis("off")
    axis.set_title(f"'{last}' against {versus} at month {data['time'].values[at]:.0f}", fontsize=12)
    colours = ScalarMappable(Normalize(-LIMIT, LIMIT), mpl.colormaps["PuOr_r"])
    for link in LINKS:
        _arrow(
            axis,
            _point(NODES[link.source], link.from_side),
            _point(NODES[link.target], link.to_side),
            link.inhibits,
            link.bend,
        )
    for name, node in NODES.items():
        before = result.arms[first][name].values[at if first != last else 0]
        _box(axis, node, _fold(data[name].values[at], before), colours)
    _legend(figure, axis, colours)
    return figure


def _fold(value: float, before: float) -> float:
    """Return value / before; nothing stays nothing, and from nothing there is no fold."""
    if before > 0:
        return float(value / before)
    return 1.0 if value == before else math.nan


def _fold_text(fold: float) -> str:
    if not math.isfinite(fold):
        return "–"
    digits = 2 if 0.095 <= fold < 10 else 3 if 0.0095 <= fold < 1 else 0
    return f"×{fold:.{digits}f}" if fold >= 0.0095 else "<×0.01"


def _box(axis: Axes, node: Node, fold: float, colours: ScalarMappable) -> None:
    level = math.log2(fold) if fold > 0 else -LIMIT
    known = math.isfinite(fold)
    face = colours.to_rgba(np.array([min(max(level, -LIMIT), LIMIT)]))[0] if known else "white"
    ink = "white" if known and abs(level) > 0.68 * LIMIT else "#222222"
    axis.add_patch(
        FancyBboxPatch(
            (node.x - WIDTH / 2, node.y - HEIGHT / 2),
            WIDTH,
            HEIGHT,
            facecolor=face,
            boxstyle="round,pad=0,rounding_size=1.3",
            edgecolor="#6b6b6b",
            linewidth=0.9,
            zorder=3,
        )
    )
    middle: dict[str, Any] = {"ha": "center", "va": "center", "color": ink, "zorder": 4}
    axis.text(node.x, node.y + 1.0, node.label, fontsize=8.6, **middle)
    axis.text(node.x, node.y - 1.25, _fold_text(fold), fontsize=9.2, weight="bold", **middle)


def _point(node: Node, side: str) -> Point:
    shift = float(side[1:] or 0)
    if side[0] in "lr":
        return node.x + (WIDTH / 2 if side[0] == "r" else -WIDTH / 2), node.y + shift
    return node.x + shift, node.y + (HEIGHT / 2 if side[0] == "t" else -HEIGHT / 2)


def _arrow(axis: Axes, start: Point, end: Point, inhibits: bool, bend: float = 0.0) -> None:
    head = "|-|,widthA=0,widthB=3.2" if inhibits else "-|>,head_width=2.6,head_length=5"
    axis.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle=head,
            connectionstyle=f"arc3,rad={bend}",
            color=INHIBITS if inhibits else ACTIVATES,
            linewidth=1.2,
            shrinkA=1,
            shrinkB=3,
            mutation_scale=1,
            zorder=2,
        )
    )


def _legend(figure: Figure, axis: Axes, colours: ScalarMappable) -> None:
    for y, label, inhibits in ((12.0, "raises", False), (8.5, "lowers", True)):
        _arrow(axis, (2, y), (8, y), inhibits)
        axis.text(9.5, y, label, va="center")
    bar = figure.colorbar(
        colours, ax=axis, orientation="horizontal", shrink=0.42, aspect=38, pad=0.01
    )
    bar.set_ticks([-2, -1, 0, 1, 2], labels=["×¼ or less", "×½", "unchanged", "×2", "×4 or more"])
    bar.outline.set_visible(False)
