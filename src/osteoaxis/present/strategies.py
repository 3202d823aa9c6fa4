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

import numpy as np
from rich.table import Table

from osteoaxis import DISCLAIMER, guidance
from osteoaxis.present import arms, strategy_sheet, style, words
from osteoaxis.present.asked import asked
from osteoaxis.present.console import opened
from osteoaxis.present.terminal import WIDTH, ask
from osteoaxis.strategy import Metric, Strategies
from osteoaxis.treatment import was_given
from osteoaxis.units import DAYS_PER_MONTH

ABSENT = "–"
DIGITS = {"SD": 2, "doses": 0, "visits": 0, "months": 1, "people": 0, "per 1,000": 0}
PLAIN = ("doses", "visits", "people", "yes/no")  # said by the title
HEADING = 12  # letters of a line in the heading of an arm
LIMITS = {"": "", "_low": ": lower limit of 90 %", "_high": ": upper limit of 90 %"}
NEEDED = "needed_to_treat"
UNTOLD = ("fractures_avoided_per_1000", NEEDED)
"""Not told of an arm in which denosumab has worn off and nothing follows, nor against it."""
UNSAID = "Fractures avoided are therefore not told of it, nor against it."
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
    """Return the value of one arm, with its 90 % interval where it prints as one."""
    value = text(measured.get(name), metric)
    ends = [text(measured.get(f"{name}{end}"), metric) for end in ("_low", "_high")]
    if ABSENT in ends or {value} == {*ends}:
        return value
    plain = metric.kind == "level" and measured[f"{name}_low"] >= 0
    return f"{value} ({('–' if plain else ' to ').join(ends)})"


def shown(result: Strategies, arm: str, name: str) -> str:
    """Return a cell of the table; what cannot be told of an arm is absent."""
    measured = result.measured[arm]
    first = next(iter(result.arms))
    if name in UNTOLD and any(_open(result, each) for each in (first, arm)):
        return ABSENT
    if name == NEEDED and name in measured:
        return needed(measured)
    return cell(name, measured, result.metrics[name])


def needed(measured: Mapping[str, float]) -> str:
    """Return how many are treated for one fracture less; a dash where no effect is possible.

    Negative numbers are told as those treated for one more.
    """
    value, *ends = (measured.get(f"{NEEDED}{end}", np.inf) for end in ("", "_low", "_high"))
    low, high = sorted(map(abs, ends))
    if np.isinf(high) or len({value > 0, *(end > 0 for end in ends)}) > 1:
        return ABSENT
    return f"{'' if value > 0 else 'one more: '}{abs(value):,.0f} ({low:,.0f}–{high:,.0f})"


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
    plan, plans = result.scenario, {arm: was_given(data) for arm, data in result.arms.items()}
    less = arms.less_inhibitor(plan.patient, plans, result.drugs, 12.0 * plan.years)
    open_ = [arm for arm in result.arms if _open(result, arm)]
    return [
        *result.warnings,
        *([f"Less of the inhibitor in {words.joined(less)}. {arms.LEFT_OUT}"] if less else []),
        *([f"{words.joined(open_)}: {arms.WORN_OFF} {UNSAID}"] if open_ else []),
        *(f"{arm} is as {other}: the same was given." for arm, other in alike(result).items()),
        *(f"Known to be off: {text}" for text in _weaknesses(result)),
        *NOTES,
        *(f"{note[:1].upper()}{note[1:]}." for note in sorted(said)),
    ]


def _weaknesses(result: Strategies) -> tuple[str, ...]:
    return asked("weaknesses", result.scenario.patient, result.arms, result.drugs)


def _open(result: Strategies, arm: str) -> bool:
    return arms.unprotected(result.cautions[arm]) is not None


def alike(result: Strategies) -> dict[str, str]:
    """Return the earlier arm that was given the very same, of each arm that has one."""
    end = 12.0 * DAYS_PER_MONTH * result.scenario.years
    return arms.alike({arm: was_given(data).doses(end) for arm, data in result.arms.items()})


def show(result: Strategies) -> None:
    """Print the arms and the table, a few arms at a time."""
    console = opened(WIDTH)
    console.print(result.scenario.title, style="bold", markup=False)
    if result.scenario.summary:
        console.print(words.sentence(result.scenario.summary), markup=False)
    for arm, regimen in result.scenario.arms.items():
        console.print(f"  {arm}: {regimen}", markup=False)
        for decision in words.decisions(result.arms[arm]):
            console.print(f"    {decision}", markup=False)
    for beside in _columns(result, console.width):
        console.print()
        console.print(_table(result, beside))
    ask(console, result.cautions)
    for note in notes(result):
        console.print(f"\n{note}", markup=False)
    console.print(f"\n{DISCLAIMER}")


def _columns(result: Strategies, width: int) -> Iterator[list[str]]:
    """Yield as many arms as fit side by side, the reference always first among them.

    What was given alike is shown once.
    """
    again = alike(result)
    first, *others = (arm for arm in result.arms if arm not in again)
    lines = list(rows(result))
    left = 2 + max(len(title(metric)) for _, metric in lines)

    def wide(arm: str) -> int:
        cells = [shown(result, arm, name) for name, _ in lines]
        return 2 + max(map(len, [*cells, *textwrap.wrap(arm, HEADING)]))

    while True:
        beside, used = [first], left + wide(first)
        while others and (len(beside) == 1 or used + wide(others[0]) <= width):
            used += wide(others[0])
            beside.append(others.pop(0))
        yield beside
        if not others:
            return


def _table(result: Strategies, beside: Sequence[str]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("", no_wrap=True)
    for arm in beside:
        table.add_column("\n".join(textwrap.wrap(arm, HEADING)), justify="right", no_wrap=True)
    for group, members in itertools.groupby(rows(result), key=lambda row: row[1].group):
        table.add_row(f"[bold]{group}[/bold]")
        for name, metric in members:
            cells = (shown(result, arm, name) for arm in beside)
            table.add_row(f"  {title(metric)}", *cells)
    return table


def markdown(result: Strategies) -> str:
    """Return the whole table as Markdown, with the arms, notes and what it is not."""
    plan = result.scenario
    lines = [f"# {plan.title}", ""]
    lines += [words.sentence(plan.summary), ""] if plan.summary else []
    for arm, regimen in plan.arms.items():
        lines.append(f"- **{arm}**: {regimen}")
        lines += [f"  - {decision}" for decision in words.decisions(result.arms[arm])]
    lines += ["", f"The reference is **{result.reference}**.", ""]
    lines += [f"| | {' | '.join(result.arms)} |", f"|---|{'---:|' * len(result.arms)}"]
    for group, members in itertools.groupby(rows(result), key=lambda row: row[1].group):
        lines.append(f"| **{group}** |{' |' * len(result.arms)}")
        for name, metric in members:
            cells = (shown(result, arm, name) for arm in result.arms)
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
        for end, limit in LIMITS.items():
            values = [measured.get(f"{name}{end}") for measured in result.measured.values()]
            if (not end or f"{name}{end}" not in result.metrics) and any(
                value is not None for value in values
            ):
                numbers = ("" if value is None else f"{value:.6g}" for value in values)
                write([f"{name}{end}", metric.group, metric.meaning + limit, metric.unit, *numbers])
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
                "decisions": words.decisions(result.arms[arm]),
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
