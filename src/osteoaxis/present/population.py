"""A population in pictures and numbers: percentiles, people one by one, who was left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from osteoaxis.population import Run
from osteoaxis.present import style

Array = NDArray[np.float64]

LEVELS = (5.0, 25.0, 50.0, 75.0, 95.0)
PEOPLE = 60
"""People drawn one by one."""
CHANGES = {"lumbar_spine_bmd": "Lumbar spine", "total_hip_bmd": "Total hip",
           "femoral_neck_bmd": "Femoral neck"}  # fmt: skip
PANELS = CHANGES | {
    "ctx": "CTX", "p1np": "P1NP", "estradiol": "Estradiol", "testosterone": "Testosterone",
    "vertebral_fracture_incidence": "Vertebral fracture", "any_fracture_incidence": "Any fracture",
}  # fmt: skip


def percentiles(values: Array, weights: Array, levels: tuple[float, ...] = LEVELS) -> Array:
    """Return weighted percentiles (level, time) of `values` (member, time)."""
    order = np.argsort(values, axis=0)
    sorted_values = np.take_along_axis(values, order, axis=0)
    cumulative = np.cumsum(weights[order], axis=0)
    middle = (cumulative - 0.5 * weights[order]) / cumulative[-1]
    return np.array(
        [
            [np.interp(level / 100.0, middle[:, k], sorted_values[:, k]) for k in
             range(values.shape[1])]
            for level in levels
        ]
    )  # fmt: skip


def shown(run: Run, name: str) -> tuple[Array, Array, str]:
    """Return values (member, time) of those kept as drawn, their weights and the unit."""
    kept = run.kept
    values = run.data[name].values[kept].astype(float)
    weights = run.data["weight"].values[kept].astype(float)
    if name in CHANGES:
        return 100.0 * (values / values[:, :1] - 1.0), weights, "% change"
    return values, weights, style.UNITS.get(run.data[name].unit, run.data[name].unit)


@style.styled
def sheet(run: Run) -> Figure:
    """Draw every variable: percentiles as bands, and some people as lines."""
    figure = Figure(figsize=(10.5, 8.2), layout="constrained")
    years = run.data["time"].values / 12.0
    for axes, (name, title) in zip(figure.subplots(3, 3).flat, PANELS.items(), strict=True):
        values, weights, unit = shown(run, name)
        low, quarter, middle, three, high = percentiles(values, weights)
        colour = style.COLOURS[1]
        axes.plot(years, values[_some(weights)].T, color="#8a8a8a", linewidth=0.4, alpha=0.5)
        axes.fill_between(years, low, high, color=colour, alpha=0.18, linewidth=0)
        axes.fill_between(years, quarter, three, color=colour, alpha=0.3, linewidth=0)
        axes.plot(years, middle, color=colour)
        axes.set_title(f"{title} ({unit})")
        if name in ("ctx", "p1np", "estradiol", "testosterone"):
            axes.set_yscale("log")
            axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axes.yaxis.set_major_formatter("{x:g}")
            axes.yaxis.set_minor_formatter("")
    for axes in figure.axes[-3:]:
        axes.set_xlabel("years")
    figure.suptitle(
        f"{run.data.attrs['title']} on {run.data.attrs['regimen']}: median, middle half and 90 % "
        f"of {int(run.kept.sum()):,} people, and some of them",
        fontsize=9.5, x=0.01, ha="left",
    )  # fmt: skip
    return figure


def _some(weights: Array) -> NDArray[np.int64]:
    """Return numbers of members spread over the population by weight."""
    share = np.cumsum(weights) / weights.sum()
    return np.unique(np.searchsorted(share, (np.arange(PEOPLE) + 0.5) / PEOPLE))


def summary(run: Run) -> dict[str, Any]:
    """Return the population at its end as JSON: counts, reasons, percentiles."""
    data, weights = run.data, run.data["weight"].values[run.kept].astype(float)
    found: dict[str, Any] = {
        "population": data.attrs["population"],
        "regimen": data.attrs["regimen"],
        "seed": int(data.attrs["seed"]),
        "members": int(data.sizes["member"]),
        "kept": int(run.kept.sum()),
        "left_out": run.reasons(),
        "effective_size": round(float(weights.sum() ** 2 / (weights**2).sum()), 1),
        "months": float(data["time"][-1]),
        "variables": {},
    }
    for name in PANELS:
        values, own, unit = shown(run, name)
        mean = float(np.average(values[:, -1], weights=own))
        found["variables"][name] = {
            "unit": unit,
            "mean": mean,
            "sd": float(np.sqrt(np.average((values[:, -1] - mean) ** 2, weights=own))),
            **{f"p{level:g}": float(v) for level, v in
               zip(LEVELS, percentiles(values, own)[:, -1], strict=True)},
        }  # fmt: skip
    return found


def write(run: Run) -> dict[str, Any]:
    """Write pictures and `summary.json` beside the population; returns the summary."""
    found = summary(run)
    drawn = sheet(run)
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
        table.add_row(f"{PANELS[name]}, {v['unit']}", *(f"{x:.3g}" for x in numbers))
    console.print(table)
    left = found["members"] - found["kept"]
    reasons = "; ".join(f"{n:,} {reason}" for reason, n in found["left_out"].items())
    console.print(
        f"{found['kept']:,} of {found['members']:,} people, as good as "
        f"{found['effective_size']:,.0f} of equal weight"
        + (f"; {left:,} left out: {reasons}." if left else ".")
    )
    console.print(f"Everything: {folder} (population.zarr, members.parquet, population.png)")
