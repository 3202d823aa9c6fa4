"""Sensitivities in pictures: a tornado for each outcome, and all of them as a heat map."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from rich.table import Table

from osteoaxis.present import style
from osteoaxis.present.console import opened
from osteoaxis.sensitivity import Sensitivity

SHOWN = 15
ALONE = (
    "Each parameter moves by itself over what the data leave of it. The data tie many of them "
    "together and these runs do not, so effects can exceed the bands of figures."
)
WORDS = {
    "mu_star": "mean absolute effect of going over the range, in the outcome's unit (Morris)",
    "total": "share of the variance, with all others (Sobol, total)",
    "effect": "effect of going over the range, along the derivative, in the outcome's unit",
}


@style.styled
def tornado(found: Sensitivity) -> Figure:
    """Draw the parameters that move each outcome most."""
    outputs = found.question.outputs
    figure = Figure(figsize=(5.4 * min(len(outputs), 2), 4.0 * -(-len(outputs) // 2)),
                    layout="constrained")  # fmt: skip
    panels = figure.subplots(-(-len(outputs) // 2), min(len(outputs), 2), squeeze=False).flat
    for k, axes in enumerate(panels):
        if k >= len(outputs):
            axes.set_visible(False)
            continue
        top = found.ranked(k)[:SHOWN][::-1]
        values = found.indices[found.main][top, k]
        axes.barh(range(len(top)), values, color=np.where(values < 0, style.COLOURS[0],
                                                          style.COLOURS[1]))  # fmt: skip
        axes.set_yticks(range(len(top)), [found.ranges[p].name for p in top], fontsize=7)
        axes.axvline(0, color="#555555", linewidth=0.8)
        axes.set_title(_title(found, k))
    figure.supxlabel(WORDS[found.main], fontsize=8.5)
    return figure


def _title(found: Sensitivity, output: int) -> str:
    name, unit = found.question.outputs[output], found.units[output]
    return f"{name}{'' if unit == '1' else f' ({unit})'} at month {found.question.month:g}"


@style.styled
def heat(found: Sensitivity) -> Figure:
    """Draw every parameter against every outcome, each outcome scaled to its largest."""
    values = np.abs(found.indices[found.main])
    scaled = values / np.maximum(values.max(axis=0), 1e-300)
    top = np.argsort(-scaled.max(axis=1))[: 2 * SHOWN]
    figure = Figure(figsize=(2.8 + 1.1 * values.shape[1], 1.2 + 0.2 * len(top)),
                    layout="constrained")  # fmt: skip
    axes = figure.add_subplot()
    image = axes.imshow(scaled[top], cmap="cividis", aspect="auto", vmin=0, vmax=1)
    axes.grid(visible=False)
    axes.set_yticks(range(len(top)), [found.ranges[p].name for p in top], fontsize=7)
    axes.set_xticks(range(values.shape[1]), found.question.outputs, rotation=30, ha="right")
    figure.colorbar(image, label="relative to the largest", shrink=0.6)
    axes.set_title(f"At month {found.question.month:g}")
    return figure


def write(found: Sensitivity, folder: Path) -> None:
    """Write the table of indices and both pictures into `folder`."""
    with (folder / "sensitivity.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("parameter", "low", "high", "output", "unit", *found.indices))
        for k, varied in enumerate(found.ranges):
            for j, output in enumerate(zip(found.question.outputs, found.units, strict=True)):
                numbers = [f"{table[k, j]:.6g}" for table in found.indices.values()]
                ends = (f"{varied.low:.6g}", f"{varied.high:.6g}")
                writer.writerow((varied.name, *ends, *output, *numbers))
    for name, figure in (("tornado", tornado(found)), ("heat", heat(found))):
        text = style.svg(figure)
        (folder / f"{name}.svg").write_text(text, encoding="utf-8", newline="\n")
        (folder / f"{name}.png").write_bytes(style.png(figure))
    text = json.dumps(summary(found), indent=1, allow_nan=False)
    (folder / "summary.json").write_text(text + "\n", encoding="utf-8")


def summary(found: Sensitivity) -> dict[str, Any]:
    """Return the parameters that move each outcome most as JSON."""
    return {
        "method": found.method,
        "regimen": str(found.question.regimen),
        "month": found.question.month,
        "note": ALONE,
        "runs": found.runs,
        "failed": found.failed,
        "units": dict(zip(found.question.outputs, found.units, strict=True)),
        "outputs": {
            output: [
                {"parameter": found.ranges[p].name}
                | {name: float(table[p, k]) for name, table in found.indices.items()}
                for p in found.ranked(k)[:SHOWN]
            ]
            for k, output in enumerate(found.question.outputs)
        },
    }


def show(found: Sensitivity) -> None:
    """Print the ten parameters that move each outcome most."""
    console = opened(160)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for k in range(len(found.question.outputs)):
        table.add_column(_title(found, k))
        table.add_column(found.main, justify="right")
    orders = [found.ranked(k)[:10] for k in range(len(found.question.outputs))]
    for place in range(min(10, len(found.ranges))):
        cells = []
        for k, order in enumerate(orders):
            cells += [found.ranges[order[place]].name,
                      f"{found.indices[found.main][order[place], k]:.3g}"]  # fmt: skip
        table.add_row(*cells)
    console.print(table)
    console.print(f"{found.main}: {WORDS[found.main]}. {ALONE}")
    console.print(f"{found.runs:,} runs, {found.failed} failed; {WORDS[found.main]}.")
