"""One person's forecast in pictures, a page, a table in the terminal, and JSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from rich.markup import escape
from rich.table import Table

from osteoaxis import DISCLAIMER
from osteoaxis.forecast import Forecast
from osteoaxis.forecast.ahead import SHOWN
from osteoaxis.forecast.plain import at_end, unit
from osteoaxis.forecast.posterior import error_of
from osteoaxis.outcomes import change, dxa
from osteoaxis.present import pages, style, told, words
from osteoaxis.present.console import opened
from osteoaxis.present.told import TITLES, UNEXPLAINED
from osteoaxis.units import DAYS_PER_YEAR

Array = NDArray[np.float64]

LIMITS = {-1.0: "low bone mass", -2.5: "osteoporosis"}
WIDE = 110
"""Characters of the table where nobody's screen says how wide it is."""


def _panels(found: Forecast) -> list[str]:
    measured = [m.quantity for m in found.person.measurements]
    bone = [s for s in found.posterior.likelihood.scales if s.endswith("_bmd")]
    shown = [s for s in bone[:2] if s in measured or s == bone[0]] + ["ctx"]
    hormone = "testosterone" if found.person.patient.male else "estradiol"
    others = [s for s in SHOWN if s in measured and s not in shown]
    return (shown + others + ([] if hormone in others else [hormone]))[:6]


@style.styled
def sheet(found: Forecast) -> Figure:
    """Draw what was measured, and each strategy with its 90 % range, over the years."""
    names = _panels(found)
    rows = -(-len(names) // 2)
    figure = Figure(figsize=(10.5, 0.7 + 3.1 * rows), layout="constrained")
    panels = figure.subplots(rows, 2, squeeze=False).flat
    for axes, name in zip(panels, names, strict=False):
        _panel(axes, found, name)
    for axes in list(figure.axes)[len(names) :]:
        axes.set_visible(False)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=min(4, len(labels)), fontsize=8)
    return figure


def _panel(axes: Axes, found: Forecast, name: str) -> None:
    person, today = found.person, found.today
    years = found.months / 12.0 + _year(found, 0.0)
    styles = style.arm_styles(found.courses)
    first = next(iter(found.courses.values()))
    low, middle, high = first.band(name)[:, : today + 1]
    axes.fill_between(years[: today + 1], low, high, color="#8a8a8a", alpha=0.25, linewidth=0)
    axes.plot(years[: today + 1], middle, color="#4d4d4d", linewidth=1.2)
    for arm, course in found.courses.items():
        low, middle, high = course.band(name)[:, today:]
        axes.fill_between(years[today:], low, high, color=styles[arm]["color"], alpha=0.16,
                          linewidth=0)  # fmt: skip
        axes.plot(years[today:], middle, label=arm, **styles[arm])
    for each in person.measurements:
        if each.quantity == name:
            ends = change.spread(each.value, error_of(name, person))
            at = _year(found, each.day)
            axes.plot([at, at], ends, color="#111111", linewidth=0.9)
            axes.plot([at], [each.value], "o", color="#111111", markersize=4.5)
    axes.axvline(_year(found, person.now), color="#555555", linewidth=0.8, linestyle=":")
    axes.set_title(f"{TITLES[name]} ({unit(name)})")
    if name.endswith("_bmd"):
        _scores(axes, name.removesuffix("_bmd"), person.patient.sex)
    else:
        axes.set_ylim(bottom=0.0)


def _scores(axes: Axes, site: str, sex: str) -> None:
    """Draw the limits of T-scores where they fall within the picture."""
    bottom, top = axes.get_ylim()
    for limit, word in LIMITS.items():
        at = dxa.density(limit, site, sex)
        if bottom < at < top:
            axes.axhline(at, color="#a03a2c", linewidth=0.7, linestyle=(0, (4, 3)))
            said = f"T {limit:g}: {word} ".replace("-", "−")
            axes.text(1.0, at, said, fontsize=6.8, ha="right", va="bottom", color="#a03a2c",
                      transform=axes.get_yaxis_transform())  # fmt: skip
    axes.set_ylim(bottom, top)


def _year(found: Forecast, day: float) -> float:
    start = found.person.start
    return start.year + (start.timetuple().tm_yday - 1 + day) / DAYS_PER_YEAR


def write(found: Forecast, plain: Mapping[str, Any], folder: Path) -> None:
    """Write the page, the picture, the numbers as JSON and as CSV into `folder`."""
    drawn = sheet(found)
    text = style.svg(drawn)
    (folder / "forecast.svg").write_text(text, encoding="utf-8", newline="\n")
    (folder / "forecast.png").write_bytes(style.png(drawn))
    (folder / "forecast.json").write_text(
        json.dumps(plain, indent=1, allow_nan=False) + "\n", encoding="utf-8"
    )
    with (folder / "forecast.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("strategy", "variable", "months_from_today", "low", "median", "high"))
        for name, strategy in plain["strategies"].items():
            for variable, band in strategy["bands"].items():
                for k, month in enumerate(plain["months_from_today"]):
                    ends = (f"{band[end][k]:.6g}" for end in ("low", "median", "high"))
                    writer.writerow((name, variable, f"{month:.4g}", *ends))
    page = pages.render(
        "forecast.html.j2", found=found, plain=plain, picture=text, titles=TITLES,
        unexplained=UNEXPLAINED, share=told.share, taken=[told.taken(t) for t in plain["taken"]],
    )  # fmt: skip
    (folder / "forecast.html").write_text(page, encoding="utf-8")


def show(found: Forecast, plain: Mapping[str, Any], folder: Path | None) -> None:
    """Print the forecast: each strategy at its end, the fit, and what to measure next."""
    console = opened(WIDE)
    person = found.person
    console.print(
        f"[bold]{escape(person.title)}[/bold]: {person.years:g} years from {person.today}"
    )
    explained = found.posterior.check.explained
    said = plain["told"]
    console.print(said["lead"] if explained else f"[bold]{UNEXPLAINED}[/bold]")
    for text in (*said["makes"], *(doubt["text"] for doubt in said["doubts"])):
        console.print(f"[bold]{text}[/bold]")
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("strategy")
    scores = ("spine T-score", "T ≤ −2.5*") if explained else ()
    for title in ("spine, %", "hip, %", *scores, "fracture"):
        table.add_column(title, justify="right")
    for row in at_end(found):
        table.add_row(
            row["strategy"],
            _range(row["lumbar_spine_change_percent"]),
            _range(row["total_hip_change_percent"]),
            *((_range(row["lumbar_spine_t_score"]),
               told.share(row["osteoporosis_percent"])) if explained else ()),
            _range(row["any_fracture_percent"]),
        )  # fmt: skip
    console.print(table)
    whom = "could be this person" if explained else "are of this age and treatment"
    console.print(
        f"Median and the range of 90 % of people who {whom}; T-scores and fractures: of 100."
        + (f" * At {told.WHERE}." if explained else "")
    )
    for text in (*said["left_out"], *said["warnings"]):
        console.print(f"[bold]{text}[/bold]")
    for note in (*said["notes"], said["next"]):
        if note:
            console.print(note)
    console.print(DISCLAIMER)
    if folder is not None:
        console.print(f"Page, picture and numbers: {folder / 'forecast.html'}")


def _range(found: dict[str, float], digits: int = 1) -> str:
    middle, low, high = (words.number(found[end], digits) for end in ("median", "low", "high"))
    return f"{middle} ({low} to {high})"
