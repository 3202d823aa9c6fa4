"""A population in pictures and numbers: percentiles, people one by one, who was left out."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from osteoaxis.errors import InputError
from osteoaxis.population import Run
from osteoaxis.present import style, words

Array = NDArray[np.float64]

LEVELS = (5.0, 25.0, 50.0, 75.0, 95.0)
LINE = 125
"""Letters of a line of the title."""
PEOPLE = 60
"""People drawn one by one."""
CHANGES = {"lumbar_spine_bmd": "Lumbar spine", "total_hip_bmd": "Total hip",
           "femoral_neck_bmd": "Femoral neck"}  # fmt: skip
PANELS = CHANGES | {
    "ctx": "CTX", "p1np": "P1NP", "estradiol": "Estradiol", "testosterone": "Testosterone",
    "vertebral_fracture_incidence": "Vertebral fracture", "any_fracture_incidence": "Any fracture",
}  # fmt: skip


@dataclass(frozen=True)
class Variable:
    """A variable of those kept: weighted percentiles (level, time), some people, its end."""

    unit: str
    levels: Array
    some: Array
    mean: float
    sd: float


def percentiles(values: Array, weights: Array) -> Array:
    """Return weighted percentiles (level, time) of `values` (member, time)."""
    columns = []
    for column in values.T:  # one at a time: there may be millions of members
        order = np.argsort(column)
        own = weights[order]
        cumulative = np.cumsum(own)
        middle = (cumulative - 0.5 * own) / cumulative[-1]
        columns.append(np.interp(np.array(LEVELS) / 100.0, middle, column[order]))
    return np.array(columns).T


def variable(run: Run, name: str) -> Variable:
    """Return what is shown of a variable; densities as change in percent."""
    data, kept = run.data[name], run.kept
    values = data.values[kept].astype(float)
    weights = run.data["weight"].values[kept].astype(float)
    unit = style.UNITS.get(data.unit, data.unit)
    if name in CHANGES:
        values, unit = 100.0 * (values / values[:, :1] - 1.0), "% change"
    mean = float(np.average(values[:, -1], weights=weights))
    sd = float(np.sqrt(np.average((values[:, -1] - mean) ** 2, weights=weights)))
    return Variable(unit, percentiles(values, weights), values[_some(weights)], mean, sd)


def _some(weights: Array) -> NDArray[np.int64]:
    """Return numbers of members spread over the population by weight."""
    share = np.cumsum(weights) / weights.sum()
    return np.unique(np.searchsorted(share, (np.arange(PEOPLE) + 0.5) / PEOPLE))


@style.styled
def sheet(run: Run, variables: Mapping[str, Variable]) -> Figure:
    """Draw every variable: percentiles as bands, and some people as lines."""
    figure = Figure(figsize=(10.5, 8.2), layout="constrained")
    years = run.data["time"].values / 12.0
    for axes, (name, title) in zip(figure.subplots(3, 3).flat, PANELS.items(), strict=True):
        drawn = variables[name]
        low, quarter, middle, three, high = drawn.levels
        colour = style.COLOURS[1]
        axes.plot(years, drawn.some.T, color="#8a8a8a", linewidth=0.4, alpha=0.5)
        axes.fill_between(years, low, high, color=colour, alpha=0.18, linewidth=0)
        axes.fill_between(years, quarter, three, color=colour, alpha=0.3, linewidth=0)
        axes.plot(years, middle, color=colour)
        axes.set_title(f"{title} ({drawn.unit})")
        if name in ("ctx", "p1np", "estradiol", "testosterone"):
            axes.set_yscale("log")
            axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axes.yaxis.set_major_formatter("{x:g}")
            axes.yaxis.set_minor_formatter("")
    for axes in figure.axes[-3:]:
        axes.set_xlabel("years")
    title = (
        f"{run.data.attrs['title']} on {run.data.attrs['regimen']}: median, middle half and 90 % "
        f"of {int(run.kept.sum()):,} people, and some of them"
    )
    figure.suptitle(textwrap.fill(title, LINE), fontsize=9.5, x=0.01, ha="left")
    return figure


def summary(run: Run, variables: Mapping[str, Variable]) -> dict[str, Any]:
    """Return the population at its end as JSON: counts, reasons, percentiles."""
    data, weights = run.data, run.data["weight"].values[run.kept].astype(float)
    return {
        "population": data.attrs["population"],
        "regimen": data.attrs["regimen"],
        "seed": int(data.attrs["seed"]),
        "members": int(data.sizes["member"]),
        "kept": int(run.kept.sum()),
        "left_out": run.reasons(),
        "effective_size": round(float(weights.sum() ** 2 / (weights**2).sum()), 1),
        "months": float(data["time"][-1]),
        "variables": {
            name: {"unit": v.unit, "mean": v.mean, "sd": v.sd,
                   **{f"p{level:g}": float(value) for level, value in
                      zip(LEVELS, v.levels[:, -1], strict=True)}}
            for name, v in variables.items()
        },
    }  # fmt: skip


def write(run: Run) -> dict[str, Any]:
    """Write pictures and `summary.json` beside the population; returns the summary.

    Raises `InputError` where nobody was kept.
    """
    if not run.kept.any():
        reasons = "; ".join(f"{count:,} {reason}" for reason, count in run.reasons().items())
        raise InputError(f"population '{run.data.attrs['population']}': nobody is kept: {reasons}.")
    variables = {name: variable(run, name) for name in PANELS}
    found, drawn = summary(run, variables), sheet(run, variables)
    (run.folder / "population.svg").write_text(style.svg(drawn), encoding="utf-8", newline="\n")
    (run.folder / "population.png").write_bytes(style.png(drawn))
    text = json.dumps(found, indent=1, allow_nan=False)
    (run.folder / "summary.json").write_text(text + "\n", encoding="utf-8")
    return found


def show(found: dict[str, Any], folder: Path) -> None:
    """Print the population at its end."""
    console = Console(highlight=False)
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(f"after {found['months'] / 12.0:g} years")
    for column in ("mean", "SD", "5 %", "median", "95 %"):
        table.add_column(column, justify="right")
    for name, v in found["variables"].items():
        numbers = (v["mean"], v["sd"], v["p5"], v["p50"], v["p95"])
        table.add_row(f"{PANELS[name]}, {v['unit']}", *(words.digits(x, 3) for x in numbers))
    console.print(f"{found['population']} on: {found['regimen']}", markup=False)
    console.print(table)
    left = found["members"] - found["kept"]
    reasons = "; ".join(f"{n:,} {reason}" for reason, n in found["left_out"].items())
    console.print(
        f"{found['kept']:,} of {found['members']:,} people, as good as "
        f"{found['effective_size']:,.0f} of equal weight"
        + (f"; {left:,} left out: {reasons}." if left else ".")
    )
    console.print(f"Everything: {folder} (population.zarr, members.parquet, population.png)")
