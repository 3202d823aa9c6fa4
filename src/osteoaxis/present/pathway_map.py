"""The map of the pathway: which quantities it shows, where each stands, what acts on what.

Coordinates are those of a page `PAGE` wide and high with the origin at the lower left; a node is
`WIDTH` by `HEIGHT` around its centre.
"""

from __future__ import annotations

from dataclasses import dataclass

WIDTH, HEIGHT = 11.0, 5.4
PAGE = (124.0, 64.5)


@dataclass(frozen=True)
class Node:
    """One quantity of the model in the map: its label and the centre of its box."""

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
