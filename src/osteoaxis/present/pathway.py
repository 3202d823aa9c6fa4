"""The pathway as one picture: what the last arm does to each quantity, from aromatase to bone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from osteoaxis.present import style
from osteoaxis.scenario import ScenarioResult

WIDTH, HEIGHT = 11.0, 5.4  # of a node, in the units of the drawing
PAGE = (124.0, 64.5)
LIMIT = 2.0  # log2 of the fold change at which colours end
ACTIVATES, INHIBITS = "#5a5a5a", "#a03a2c"

Point = tuple[float, float]


@dataclass(frozen=True)
class Node:
    """One quantity of the model in the picture: its label and the centre of its box."""

    label: str
    x: float
    y: float


NODES: dict[str, Node] = {
    "lh": Node("LH", 7, 56),
    "testosterone": Node("testosterone", 7, 42),
    "peripheral_aromatase_activity": Node("aromatase", 7, 26),
    "estradiol": Node("serum estradiol", 23, 42),
    "bone_estradiol": Node("bone estradiol", 23, 26),
    "arthralgia_probability": Node("joint pain", 23, 58),
    "estrogen_signal": Node("estrogen signal", 39, 26),
    "activated_immune_cells": Node("immune cells", 39, 54),
    "tnf_alpha": Node("TNF-α", 55, 60),
    "il1": Node("IL-1", 55, 51.5),
    "il6": Node("IL-6", 55, 43),
    "rankl": Node("RANKL", 55, 32),
    "opg": Node("OPG", 55, 20),
    "sclerostin": Node("sclerostin", 55, 9),
    "osteoclast_precursors": Node("precursors", 71, 42),
    "rank_occupancy": Node("RANK occupied", 71, 32),
    "tgf_beta": Node("TGF-β", 87, 26),
    "osteomorphs": Node("osteomorphs", 87, 56),
    "osteoclasts": Node("osteoclasts", 87, 42),
    "osteoblasts": Node("osteoblasts", 87, 9),
    "resorption_rate": Node("resorption", 101, 42),
    "formation_rate": Node("formation", 101, 9),
    "trabecular_bone_score": Node("trabecular score", 117, 56),
    "lumbar_spine_bmd": Node("spine BMD", 117, 36),
    "total_hip_bmd": Node("hip BMD", 117, 26),
    "femoral_neck_bmd": Node("neck BMD", 117, 16),
}


@dataclass(frozen=True)
class Link:
    """One action, from a point on the edge of a box to one of another; `bend` curves it.

    Sides are l, r, t, b with an optional shift along the side in units of the drawing, e.g. "r+1".
    """

    source: str
    from_side: str
    target: str
    to_side: str
    inhibits: bool = False
    bend: float = 0.0


LINKS = (
    Link("lh", "b", "testosterone", "t"),
    Link("testosterone", "r", "estradiol", "l"),
    Link("estradiol", "t-4", "lh", "r", inhibits=True, bend=0.15),
    Link("peripheral_aromatase_activity", "r+1.2", "estradiol", "l-1.4"),
    Link("peripheral_aromatase_activity", "r", "bone_estradiol", "l"),
    Link("estradiol", "b", "bone_estradiol", "t"),
    Link("estradiol", "t+1", "arthralgia_probability", "b+1", inhibits=True),
    Link("tnf_alpha", "l+1.2", "arthralgia_probability", "r+1.2"),
    Link("bone_estradiol", "r", "estrogen_signal", "l"),
    Link("estrogen_signal", "t", "activated_immune_cells", "b", inhibits=True),
    Link("estrogen_signal", "r+1.2", "rankl", "l", inhibits=True),
    Link("estrogen_signal", "r-1.2", "opg", "l"),
    Link("estrogen_signal", "b", "sclerostin", "l", inhibits=True, bend=0.2),
    Link("activated_immune_cells", "r+1.2", "tnf_alpha", "l"),
    Link("activated_immune_cells", "r", "il1", "l"),
    Link("activated_immune_cells", "r-1.2", "il6", "l"),
    Link("il1", "l-1", "rankl", "l+1.6", bend=0.35),
    Link("il6", "r", "osteoclast_precursors", "l"),
    Link("rankl", "r", "rank_occupancy", "l"),
    Link("opg", "t", "rankl", "b", inhibits=True),
    Link("tnf_alpha", "r", "osteoclasts", "t-4", bend=-0.3),
    Link("il1", "r", "osteoclasts", "l+1.6", bend=-0.1),
    Link("osteoclast_precursors", "r", "osteoclasts", "l"),
    Link("rank_occupancy", "r", "osteoclasts", "b-3", bend=0.2),
    Link("osteomorphs", "b-1", "osteoclasts", "t-1"),
    Link("osteoclasts", "t+2", "osteomorphs", "b+2"),
    Link("osteoclasts", "r", "resorption_rate", "l"),
    Link("resorption_rate", "b-2", "tgf_beta", "r", bend=-0.2),
    Link("tgf_beta", "b", "osteoblasts", "t"),
    Link("sclerostin", "r", "osteoblasts", "l", inhibits=True),
    Link("osteoblasts", "r", "formation_rate", "l"),
    Link("resorption_rate", "t", "trabecular_bone_score", "l", inhibits=True, bend=-0.25),
    *(
        Link("resorption_rate", "b+2", site, "l+1", inhibits=True)
        for site in ("lumbar_spine_bmd", "total_hip_bmd", "femoral_neck_bmd")
    ),
    *(
        Link("formation_rate", "t+2", site, "l-1")
        for site in ("lumbar_spine_bmd", "total_hip_bmd", "femoral_neck_bmd")
    ),
)


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
