"""Our model and published ones side by side: one figure, one table, what each cannot express."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from rich.markup import escape
from rich.table import Table

from osteoaxis import DISCLAIMER
from osteoaxis.comparison import OURS, Comparison
from osteoaxis.present import style
from osteoaxis.present.console import opened
from osteoaxis.present.terminal import WIDTH, ask

TITLES = {
    "lumbar_spine_bmd": "Lumbar spine BMD",
    "total_hip_bmd": "Total hip BMD",
    "femoral_neck_bmd": "Femoral neck BMD",
    "ctx": "CTX: resorption",
    "p1np": "P1NP: formation",
    "bsap": "BSAP: formation",
    "osteoclasts": "Osteoclasts",
    "osteoblasts": "Osteoblasts",
    "rankl": "Free RANKL",
    "estradiol": "Estradiol or estrogen",
}
"""The quantities that are compared, in the order of the panels."""
PANEL = (3.3, 2.5)  # inches
MONTHS = (6.0, 12.0, 24.0, 36.0, 48.0, 60.0, 84.0, 120.0)


def shown(result: Comparison) -> list[str]:
    """Return our names of what is compared, in the order of the panels."""
    return [name for name in TITLES if name in result.quantities]


@style.styled
def figure(result: Comparison) -> Figure:
    """Draw percent change since time zero: a colour for each model, a dash for each arm."""
    names = shown(result)
    columns = 4 if len(names) in (4, 7, 8) or len(names) > 9 else min(3, len(names))
    rows = -(-len(names) // columns)
    drawn = Figure(figsize=(PANEL[0] * columns, PANEL[1] * rows + 0.7), layout="constrained")
    drawn.get_layout_engine().set(w_pad=0.08, h_pad=0.08)  # type: ignore[union-attr,call-arg]
    axes = list(drawn.subplots(rows, columns, squeeze=False).flat)
    for axis, name in zip(axes, names, strict=False):
        _panel(axis, result, name)
    for axis in axes[max(len(names) - columns, 0) : len(names)]:
        axis.set_xlabel("years")
    for axis in axes[len(names) :]:
        axis.set_visible(False)
    models = [
        Line2D([], [], color=colour, linewidth=2.4, label=model)
        for model, colour in _colours(result).items()
    ]
    arms = [
        Line2D([], [], color="#777777", linestyle=dash, label=arm)
        for arm, dash in _dashes(result).items()
    ]
    drawn.legend(
        handles=[*models, *arms], loc="outside lower center", ncols=min(6, len(models) + len(arms)),
        handlelength=3,
    )  # fmt: skip
    return drawn


def _colours(result: Comparison) -> dict[str, str]:
    theirs = [name for name in result.runs if name != OURS]
    return {OURS: "#000000", **dict(zip(theirs, style.COLOURS, strict=False))}


def _dashes(result: Comparison) -> dict[str, Any]:
    *others, focus = result.scenario.arms
    return {
        **dict(zip(others, (style.REFERENCE_DASH, *style.DASHES[2:]), strict=False)),
        focus: "solid",
    }


def _panel(axis: Axes, result: Comparison, name: str) -> None:
    axis.axhline(0, color="#9a9a9a", linewidth=0.8)
    dashes = _dashes(result)
    for model, colour in _colours(result).items():
        for arm in result.runs[model]:
            found = result.change(model, arm, name)
            if found is not None:
                axis.plot(*found, color=colour, linestyle=dashes[arm], linewidth=1.5)
    axis.set_title(f"{TITLES[name]} (% change)")
    axis.set_xlim(0, result.scenario.years)


def summary(result: Comparison) -> dict[str, Any]:
    """Return changes by model, arm and quantity, and what each published model cannot express."""
    months = _months(result)
    models: dict[str, Any] = {}
    for model, arms in result.runs.items():
        models[model] = {
            "arms": {
                arm: {
                    name: {"unit": "percent", "kind": "percent_change", "values": values}
                    for name in shown(result)
                    if (values := _values(result, model, arm, name, months)) is not None
                }
                for arm in arms
            }
        }
    for name, published in result.models.items():
        models.setdefault(name, {"arms": {}})
        models[name] |= {
            "citation": published.citation,
            "doi": published.doi,
            "refused": dict(result.refused[name]),
            "cannot": list(published.cannot),
        }
    return {
        "scenario": result.scenario.name,
        "version": version("osteoaxis"),
        "months": months,
        "cautions": {
            arm: [finding.brief() for finding in found] for arm, found in result.cautions.items()
        },
        "models": models,
    }


def _months(result: Comparison) -> list[float]:
    end = 12 * result.scenario.years
    return [0.0, *(month for month in MONTHS if month < end), end]


def _values(
    result: Comparison, model: str, arm: str, name: str, months: Sequence[float]
) -> list[float] | None:
    found = result.change(model, arm, name)
    if found is None:
        return None
    return [round(float(v), 4) for v in np.interp(np.array(months) / 12, *found)]


def write(result: Comparison, folder: Path) -> None:
    """Write comparison.png, comparison.svg and comparison.json into `folder`."""
    drawn = figure(result)
    (folder / "comparison.png").write_bytes(style.png(drawn))
    (folder / "comparison.svg").write_text(style.svg(drawn), encoding="utf-8", newline="\n")
    text = json.dumps(summary(result), indent=1, allow_nan=False)
    (folder / "comparison.json").write_text(text + "\n", encoding="utf-8")


def show(result: Comparison) -> None:
    """Print the changes by month, then what each published model cannot express."""
    console = opened(WIDTH)
    console.print(f"[bold]{escape(result.scenario.title)}[/bold]: percent change since time zero")
    months = _months(result)[1:]
    for name in shown(result):
        table = Table(box=None, header_style="bold", pad_edge=False)
        table.add_column(TITLES[name], no_wrap=True, min_width=34)
        for month in months:
            table.add_column(f"{month:g} mo", justify="right")
        for model, arms in result.runs.items():
            for arm in arms:
                values = _values(result, model, arm, name, months)
                if values is not None:
                    table.add_row(f"{model}: {arm}", *(f"{value:+.1f}" for value in values))
        console.print()
        console.print(table)
    for name, published in result.models.items():
        console.print(f"\n[bold]{name}[/bold] ({published.citation}) cannot:")
        # What keeps it from every arm stands in its own sentences.
        for arm, why in result.refused[name].items() if name in result.runs else ():
            console.print(f"  - arm '{arm}': {why}", markup=False)
        for sentence in published.cannot:
            console.print(f"  - {sentence}", markup=False)
    ask(console, result.cautions)
    console.print(f"\n{DISCLAIMER}")
