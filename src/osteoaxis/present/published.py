"""A published model on its own: its trajectories as table, figure and data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from rich.table import Table

from osteoaxis import DISCLAIMER, output, toml
from osteoaxis import scenario as scenarios
from osteoaxis.comparison import express
from osteoaxis.errors import InputError
from osteoaxis.present import style
from osteoaxis.present.console import opened
from osteoaxis.present.terminal import WIDTH
from osteoaxis.published import load
from osteoaxis.published.model import PublishedModel, simulate
from osteoaxis.simulation import MAX_YEARS
from osteoaxis.units import conversion_factor

PANEL = (3.3, 2.3)  # inches
COLUMNS = 3
POINTS = 9  # in table and JSON
DAYS_BEFORE_YEARS = 800.0  # the longest run drawn in days


@dataclass(frozen=True)
class Run:
    """The arms of one scenario in one published model, and why it cannot run the others."""

    published: PublishedModel
    name: str
    title: str
    arms: Mapping[str, xr.Dataset]
    refused: Mapping[str, str]

    @property
    def shown(self) -> list[str]:
        """Names of the states that are not always zero, and of what corresponds to ours."""
        states = [
            name
            for name in self.published.model.states
            if any((data[name] != 0).any() for data in self.arms.values())
        ]
        return list(dict.fromkeys([*states, *self.published.quantities.values()]))


def simulated(model: str, scenario: str, years: float | None) -> Run:
    """Run a scenario of the model's own, or one of ours that it can express."""
    published = load(model)
    if scenario in published.scenarios:
        plan = published.scenarios[scenario]
        if years is not None:
            toml.number(years, 0.01, MAX_YEARS, "years", "--years")
            plan = replace(plan, days=years * conversion_factor("year", "day"))
        return Run(published, scenario, plan.title, {scenario: simulate(published, plan)}, {})
    if scenario not in scenarios.scenarios() and not scenario.endswith(".toml"):
        published.scenario(scenario)  # raises with its near matches
    ours = scenarios.load(scenario)
    if years is not None:
        toml.number(years, 0.01, MAX_YEARS, "years", "--years")
        ours = replace(ours, years=years)
    arms, refused = express(published, ours)
    if not arms:
        raise InputError(f"scenario '{ours.name}': {next(iter(refused.values()))}")
    return Run(published, ours.name, ours.title, arms, refused)


def run(
    model: str, scenario: str, folder: Path | None, *, years: float | None, json_only: bool
) -> None:
    """Simulate, then print a table or JSON and write figure and data; see `osteoaxis run`."""
    found = simulated(model, scenario, years)
    place = folder or (None if json_only else Path("runs") / f"{found.name}-{model}")
    if place is not None:
        with output.staged(place) as stage:
            write(found, stage)
    if json_only:
        print(json.dumps(summary(found), allow_nan=False))
        return
    show(found)
    print(f"Figure and data: {place}")


def write(found: Run, folder: Path) -> None:
    """Write trajectories.json (all quantities at all times) and figures into `folder`."""
    drawn = figure(found)
    (folder / "states.png").write_bytes(style.png(drawn))
    (folder / "states.svg").write_text(style.svg(drawn), encoding="utf-8", newline="\n")
    text = json.dumps(summary(found, points=None), allow_nan=False)
    (folder / "trajectories.json").write_text(text + "\n", encoding="utf-8")


def summary(found: Run, points: int | None = POINTS) -> dict[str, Any]:
    """Return levels by arm and quantity at `points` even times, or at all that were recorded."""
    first = next(iter(found.arms.values()))
    days = first["time"].values
    if points is not None:
        days = np.linspace(days[0], days[-1], points)
    return {
        "model": found.published.name,
        "citation": found.published.citation,
        "doi": found.published.doi,
        "scenario": found.name,
        "version": first.attrs["version"],
        "days": [round(float(day), 6) for day in days],
        "arms": {
            arm: {
                str(name): {
                    "unit": data[name].attrs["unit"],
                    "kind": "level",
                    "values": [
                        float(f"{value:.7g}")
                        for value in np.interp(days, data["time"].values, data[name].values)
                    ],
                }
                for name in data.data_vars
            }
            for arm, data in found.arms.items()
        },
        "refused": dict(found.refused),
        "cannot": list(found.published.cannot),
    }


@style.styled
def figure(found: Run) -> Figure:
    """Draw the states of every arm."""
    names = found.shown
    rows = -(-len(names) // COLUMNS)
    drawn = Figure(figsize=(PANEL[0] * COLUMNS, PANEL[1] * rows + 0.4), layout="constrained")
    axes = list(drawn.subplots(rows, COLUMNS, squeeze=False).flat)
    looks = style.arm_styles(found.arms) if len(found.arms) > 1 else {next(iter(found.arms)): {}}
    for axis, name in zip(axes, names, strict=False):
        for arm, look in looks.items():
            data = found.arms[arm]
            days = data["time"].values
            long = days[-1] > DAYS_BEFORE_YEARS
            time = days * conversion_factor("day", "year") if long else days
            axis.plot(time, data[name].values, label=arm, **look)
        axis.set_title(style.with_unit(name.replace("_", " "), data[name].attrs["unit"]))
        axis.set_xlabel("years" if long else "days")
    for axis in axes[len(names) :]:
        axis.set_visible(False)
    if len(found.arms) > 1:
        handles, labels = axes[0].get_legend_handles_labels()
        drawn.legend(handles, labels, loc="outside lower center", ncols=len(found.arms))
    return drawn


def show(found: Run) -> None:
    """Print the states at even times, and what the model cannot express."""
    console = opened(WIDTH)
    published = found.published
    console.print(found.title, style="bold", markup=False)
    console.print(f"{published.name}: {published.title} ({published.citation})", markup=False)
    data = summary(found, points=5)
    for arm, levels in data["arms"].items():
        table = Table(box=None, header_style="bold", pad_edge=False)
        table.add_column(arm)
        for day in data["days"]:
            table.add_column(f"day {day:g}", justify="right")
        for name in found.shown:
            entry = levels[name]
            unit = "" if entry["unit"] == "1" else f" ({entry['unit']})"
            table.add_row(name + unit, *(f"{value:.4g}" for value in entry["values"]))
        console.print()
        console.print(table)
    console.print("\nIt cannot:")
    for sentence in (*found.refused.values(), *published.cannot):
        console.print(f"  - {sentence}", markup=False)
    console.print(f"\n{DISCLAIMER}")
