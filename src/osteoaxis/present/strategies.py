"""Strategies side by side: one table in the terminal, as Markdown and as CSV, one JSON object."""

from __future__ import annotations

import csv
import io
import itertools
import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from osteoaxis import guidance
from osteoaxis.present import strategy_sheet, style
from osteoaxis.present.terminal import DISCLAIMER, WIDTH, ask
from osteoaxis.strategy import Metric, Strategies

ABSENT = "–"
DIGITS = {"SD": 2, "doses": 0, "visits": 0, "months": 1, "people": 0, "per 1,000": 0}
PLAIN = ("doses", "visits", "people", "yes/no")  # said by the title
HEADING = 12  # letters of a line in the heading of an arm
NOTES = (
    "Spine, hip and femoral neck as DXA would measure them. A bone drug is a bisphosphonate, "
    "denosumab, romosozumab or teriparatide; its last dose is the one stopping is counted from.",
    "– : has no meaning for this arm, such as loss after stopping where nothing was stopped or "
    "where fewer than 12 months follow.",
)


def text(value: float | None, metric: Metric) -> str:
    """Return a value as a person reads it; its unit stands beside the title."""
    if value is None:
        return ABSENT
    if metric.unit == "yes/no":
        return "yes" if value else "no"
    digits = DIGITS.get(metric.unit, 1)
    shown = f"{value:+,.{digits}f}" if metric.kind == "percent_change" else f"{value:,.{digits}f}"
    zero = not float(shown.replace(",", ""))
    return (shown.lstrip("+-") if zero else shown).replace("-", "−")


def cell(name: str, measured: Mapping[str, float], metric: Metric) -> str:
    """Return the value of one arm, with its 90 % interval where there is one."""
    shown = text(measured.get(name), metric)
    if f"{name}_low" not in measured:
        return shown
    low, high = measured[f"{name}_low"], measured.get(f"{name}_high")
    if high is None or high < low:  # through infinity: no difference is possible
        return f"{shown} ({text(low, metric)} up)"
    between = "–" if low >= 0 else " to "
    return f"{shown} ({text(low, metric)}{between}{text(high, metric)})"


def title(metric: Metric) -> str:
    """Return a title with what it is measured in."""
    plain = metric.unit in PLAIN or metric.kind == "percent_change"
    return (
        metric.title if plain else f"{metric.title} ({style.UNITS.get(metric.unit, metric.unit)})"
    )


def rows(result: Strategies) -> Iterator[tuple[str, Metric]]:
    """Yield the metrics of the table: those that say something about at least one arm."""
    for name, metric in result.metrics.items():
        values = [measured.get(name) for measured in result.measured.values()]
        empty = not any(values) if metric.zero_says_nothing else values.count(None) == len(values)
        if metric.shown and not empty:
            yield name, metric


def notes(result: Strategies) -> list[str]:
    """Return what must be known to read the table, extrapolations included."""
    said = {
        str(column.attrs["note"])
        for data in result.arms.values()
        for column in data.data_vars.values()
        if "note" in column.attrs
    }
    return [*NOTES, *(f"{note[:1].upper()}{note[1:]}." for note in sorted(said))]


def show(result: Strategies) -> None:
    """Print the arms and the table, a few arms at a time."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    console.print(f"[bold]{result.scenario.title}[/bold]")
    console.print(f"{result.scenario.summary}.", markup=False)
    for arm, regimen in result.scenario.arms.items():
        console.print(f"  {arm}: {regimen}", markup=False)
        for decision in result.arms[arm].attrs["decisions"]:
            console.print(f"    {decision}", markup=False)
    for arms in _columns(result, console.width):
        console.print()
        console.print(_table(result, arms))
    ask(console, result.cautions)
    for note in notes(result):
        console.print(f"\n{note}", markup=False)
    console.print(f"\n{DISCLAIMER}")


def _columns(result: Strategies, width: int) -> Iterator[list[str]]:
    """Yield as many arms as fit side by side, the reference always first among them."""
    first, *others = result.arms
    shown = list(rows(result))
    left = 2 + max(len(title(metric)) for _, metric in shown)

    def needed(arm: str) -> int:
        cells = [cell(name, result.measured[arm], metric) for name, metric in shown]
        return 2 + max(map(len, [*cells, *textwrap.wrap(arm, HEADING)]))

    while True:
        arms, used = [first], left + needed(first)
        while others and (len(arms) == 1 or used + needed(others[0]) <= width):
            used += needed(others[0])
            arms.append(others.pop(0))
        yield arms
        if not others:
            return


def _table(result: Strategies, arms: Sequence[str]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("", no_wrap=True)
    for arm in arms:
        table.add_column("\n".join(textwrap.wrap(arm, HEADING)), justify="right", no_wrap=True)
    for group, members in itertools.groupby(rows(result), key=lambda row: row[1].group):
        table.add_row(f"[bold]{group}[/bold]")
        for name, metric in members:
            cells = (cell(name, result.measured[arm], metric) for arm in arms)
            table.add_row(f"  {title(metric)}", *cells)
    return table


def markdown(result: Strategies) -> str:
    """Return the whole table as Markdown, with the arms, notes and what it is not."""
    plan = result.scenario
    lines = [f"# {plan.title}", "", f"{plan.summary}.", ""]
    for arm, regimen in plan.arms.items():
        lines.append(f"- **{arm}**: {regimen}")
        lines += [f"  - {decision}" for decision in result.arms[arm].attrs["decisions"]]
    lines += ["", f"The reference is **{result.reference}**.", ""]
    lines += [f"| | {' | '.join(result.arms)} |", f"|---|{'---:|' * len(result.arms)}"]
    for group, members in itertools.groupby(rows(result), key=lambda row: row[1].group):
        lines.append(f"| **{group}** |{' |' * len(result.arms)}")
        for name, metric in members:
            cells = (cell(name, measured, metric) for measured in result.measured.values())
            lines.append(f"| {title(metric)} | {' | '.join(cells)} |")
    if cautions := guidance.asked(result.cautions):
        lines += ["", "Ask about:", ""]
        lines += [f"- {text} ({'; '.join(where)})" for text, where in cautions.items()]
    lines += ["", *itertools.chain.from_iterable((note, "") for note in notes(result))]
    lines += ["![The strategies in pictures](strategies.png)", "", DISCLAIMER]
    return "\n".join(lines) + "\n"


def table_csv(result: Strategies) -> str:
    """Return every metric of every arm with unit and meaning; empty where absent."""
    buffer = io.StringIO()
    write = csv.writer(buffer, lineterminator="\n").writerow
    write(["metric", "group", "meaning", "unit", *result.arms])
    for name, metric in result.metrics.items():
        values = [measured.get(name) for measured in result.measured.values()]
        if any(value is not None for value in values):
            numbers = ("" if value is None else f"{value:.6g}" for value in values)
            write([name, metric.group, metric.meaning, metric.unit, *numbers])
    return buffer.getvalue()


def summary(result: Strategies) -> dict[str, Any]:
    """Return the arms with all their metrics, and what each metric is."""
    data = next(iter(result.arms.values()))
    found = {name for measured in result.measured.values() for name in measured}
    return {
        "scenario": result.scenario.name,
        "version": data.attrs["version"],
        "parameter_hash": data.attrs["parameter_hash"],
        "reference": result.reference,
        "notes": notes(result),
        "metrics": {
            name: {"unit": metric.unit, "kind": metric.kind, "meaning": metric.meaning}
            for name, metric in result.metrics.items()
            if name in found
        },
        "arms": {
            arm: {
                "regimen": result.scenario.arms[arm],
                "given": result.arms[arm].attrs["given"],
                "decisions": result.arms[arm].attrs["decisions"],
                "cautions": [finding.brief() for finding in result.cautions[arm]],
                "metrics": {name: float(f"{value:.6g}") for name, value in measured.items()},
            }
            for arm, measured in result.measured.items()
        },
    }


def write(result: Strategies, folder: Path) -> None:
    """Write strategies.md, .csv, .json, .png and .svg into `folder`."""
    drawn = strategy_sheet.figure(result)
    (folder / "strategies.png").write_bytes(style.png(drawn))
    texts = {
        "svg": style.svg(drawn),
        "md": markdown(result),
        "csv": table_csv(result),
        "json": json.dumps(summary(result), indent=1, allow_nan=False) + "\n",
    }
    for ending, content in texts.items():
        path = folder / f"strategies.{ending}"
        path.write_text(content, encoding="utf-8", newline="\n")
