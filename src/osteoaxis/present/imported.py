"""An SBML model of others on its own: its trajectories as table, picture and data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from matplotlib.figure import Figure
from rich.table import Table

from osteoaxis import DISCLAIMER, output, toml
from osteoaxis.errors import InputError
from osteoaxis.present import style
from osteoaxis.present.console import opened
from osteoaxis.present.terminal import WIDTH
from osteoaxis.sbml.importing import ImportedModel, load
from osteoaxis.sbml.running import Trajectory, simulate

DURATION, POINTS = 100.0, 501
LONGEST, MOST_POINTS = 1e12, 1_000_000
SHOWN = 5  # points in table and JSON
MOST_ROWS = 20  # quantities in the table
PANEL = (3.3, 2.3)  # inches
COLUMNS = 3
MOST_PANELS = 30


def run(
    path: Path,
    folder: Path | None,
    *,
    duration: float | None,
    points: int | None,
    json_only: bool,
) -> None:
    """Integrate the model in `path`, print a table or JSON, and write picture and data.

    Raises `InputError` and `SolverError`.
    """
    end = toml.number(DURATION if duration is None else duration, 1e-9, LONGEST,
                      "time units of the model", "--duration")  # fmt: skip
    count = int(
        toml.number(POINTS if points is None else points, 2, MOST_POINTS, "points", "--points")
    )
    place = folder or (None if json_only else Path("runs") / path.stem)
    if place is not None:
        output.check_folder(place)
    model = load(path)
    if not model.variables:
        raise InputError(f"{path}: nothing in this model changes in time.")
    found = simulate(model, np.linspace(0.0, end, count))
    if place is not None:
        with output.staged(place) as stage:
            write(model, found, stage)
    if json_only:
        print(json.dumps(summary(model, found), allow_nan=False))
        return
    show(model, found)
    print(f"Picture and data: {place}")


def write(model: ImportedModel, found: Trajectory, folder: Path) -> None:
    """Write trajectories.csv and .parquet (every quantity that may change), and a picture."""
    columns = {"time": found.times} | {name: found[name] for name in model.variables}
    table = pa.table([*columns.values()], names=[*columns])
    pyarrow.csv.write_csv(table, folder / "trajectories.csv")
    pyarrow.parquet.write_table(table, folder / "trajectories.parquet")
    drawn = figure(model, found)
    (folder / "trajectories.png").write_bytes(style.png(drawn))
    (folder / "trajectories.svg").write_text(style.svg(drawn), encoding="utf-8", newline="\n")


def summary(model: ImportedModel, found: Trajectory) -> dict[str, Any]:
    """Return the quantities at a few even times; what is no number is null."""
    rows = np.linspace(0, found.times.size - 1, SHOWN).round().astype(int)
    return {
        "model": model.name,
        "times": [float(f"{time:.7g}") for time in found.times[rows]],
        "quantities": {
            name: [float(f"{v:.7g}") if np.isfinite(v) else None for v in found[name][rows]]
            for name in model.variables
        },
    }


@style.styled
def figure(model: ImportedModel, found: Trajectory) -> Figure:
    """Draw the species, or whatever changes where there are none."""
    names = [name for name in model.variables if name in model.species] or model.variables
    names = list(names)[:MOST_PANELS]
    rows = -(-len(names) // COLUMNS)
    drawn = Figure(figsize=(PANEL[0] * COLUMNS, PANEL[1] * rows + 0.2), layout="constrained")
    axes = list(drawn.subplots(rows, COLUMNS, squeeze=False).flat)
    for axis, name in zip(axes, names, strict=False):
        axis.plot(found.times, found[name], color=style.COLOURS[1])
        axis.set_title(name, parse_math=False)
        axis.set_xlabel("time of the model")
    for axis in axes[len(names) :]:
        axis.set_visible(False)
    return drawn


def show(model: ImportedModel, found: Trajectory) -> None:
    """Print the first quantities at a few even times."""
    console = opened(WIDTH)
    data = summary(model, found)
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(model.name)
    for time in data["times"]:
        table.add_column(f"{time:g}", justify="right")
    for name, values in list(data["quantities"].items())[:MOST_ROWS]:
        table.add_row(name, *("–" if value is None else f"{value:.4g}" for value in values))
    console.print(table)
    if len(model.variables) > MOST_ROWS:
        console.print(f"… and {len(model.variables) - MOST_ROWS} more in the data.")
    console.print(f"\n{DISCLAIMER}")
