"""The trade-off front of a search: a table, a picture, every strategy tried, one JSON object."""

from __future__ import annotations

import csv
import io
import json
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from rich.table import Table

from osteoaxis import DISCLAIMER, guidance, toml
from osteoaxis.errors import InputError
from osteoaxis.guidance import Finding
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.present import style
from osteoaxis.present.console import opened
from osteoaxis.present.strategies import text, title
from osteoaxis.present.terminal import WIDTH, ask
from osteoaxis.strategy.optimiser import Candidate, Found, Measured, worth

JSON = "front.json"
FAINT, UNMET = "#b5b5b5", "#dddddd"
PANEL = 4.1  # inches
LINE = 0.16  # inches of one line of the list below the picture
LETTERS = 110  # of a line in that list
LISTED = 30
PLAIN = (
    "No strategy of the front is better than another: each gives up something the other has. "
    "What to give up is a question for a person and their clinical team."
)


def said(found: Found) -> list[str]:
    """Return in sentences how far the search went."""
    tried, whole = len(found.candidates), found.distinct
    out_of = "" if whole is None else f" of {whole:,}"
    lines = [
        f"Tried {tried:,}{out_of} strategies in {found.trials:,} proposals, seed {found.seed}."
    ]
    if not found.complete:
        lines.append("INTERRUPTED: this is the front of what was tried so far, not confirmed with "
                     "every dose; go on with --resume.")  # fmt: skip
    elif found.exhausted:
        lines.append("That is every strategy of this space.")
    elif whole is not None:
        lines.append("The space is small enough to be tried completely: more --trials may do it.")
    unmet = sum(bool(c.unmet) for c in found.candidates.values())
    if unmet:
        lines.append(f"{unmet:,} of them do not meet a constraint.")
    return lines


def columns(found: Found) -> list[str]:
    """Return the metrics of the table: the objectives, then what the constraints name."""
    return list(found.space.names)


def numbered(found: Found) -> list[tuple[int, list[Candidate]]]:
    """Return the front by number; those that come to the same share one."""
    groups: dict[tuple[float, ...], list[Candidate]] = {}
    for candidate in found.front:
        key = tuple(worth(candidate.measured, found.space, found.metrics))
        groups.setdefault(key, []).append(candidate)
    return list(enumerate(groups.values(), 1))


def cautions(found: Found) -> dict[str, tuple[Finding, ...]]:
    """Return the safety flags and cautions of the front by number."""
    return {
        f"{number}": found.cautions.get(alike[0].regimen, ()) for number, alike in numbered(found)
    }


def _rows(found: Found) -> list[list[str]]:
    return [
        [str(number) if candidate is alike[0] else "or", candidate.label,
         *(text(candidate.measured.get(name), found.metrics[name]) for name in columns(found))]
        for number, alike in numbered(found)
        for candidate in alike
    ]  # fmt: skip


def _titles(found: Found) -> list[str]:
    arrows = {o.metric: " ↑" if o.sign > 0 else " ↓" for o in found.space.objectives}
    return [
        f"{_full(found, name)}{arrows.get(name, '')}"
        for name in columns(found)
    ]  # fmt: skip


def _full(found: Found, name: str) -> str:
    """Return the title of a metric that stands alone."""
    metric = found.metrics[name]
    change = ", % change" if metric.kind == "percent_change" else ""
    return title(metric) + change


def show(found: Found) -> None:
    """Print what was searched and the front."""
    console = opened(WIDTH)
    console.print(found.scenario.title, style="bold", markup=False)
    console.print(f"Always given: {found.space.base}", markup=False)
    for condition in found.space.constraints:
        console.print(f"Constraint: {condition.text}", markup=False)
    for sentence in said(found):
        console.print(sentence, markup=False)
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("")
    table.add_column("added to what is always given", min_width=34)
    for name in _titles(found)[: len(found.space.objectives)]:
        table.add_column("\n".join(textwrap.wrap(name, 14)), justify="right", no_wrap=True)
    for row in _rows(found):
        table.add_row(*row[: 2 + len(found.space.objectives)])
    console.print()
    console.print(table)
    ask(console, cautions(found))
    console.print(f"\n{PLAIN}\n\n{DISCLAIMER}")


def markdown(found: Found) -> str:
    """Return the front as Markdown, with what was searched."""
    lines = [f"# {found.scenario.title}: the trade-off front", "", *said(found), ""]
    lines += [f"- Always given: {found.space.base}"]
    lines += [f"- Objective: {objective}" for objective in found.space.objectives]
    lines += [f"- Constraint: `{condition.text}`" for condition in found.space.constraints]
    lines += ["", f"| # | added | {' | '.join(_titles(found))} |"]
    lines += [f"|---:|---|{'---:|' * len(columns(found))}"]
    lines += [f"| {' | '.join(row)} |" for row in _rows(found)]
    if asked := guidance.asked(cautions(found)):
        lines += ["", "Ask about, by number:", ""]
        lines += [f"- {text} ({'; '.join(where)})" for text, where in asked.items()]
    lines += ["", PLAIN, ""]
    lines += ["![The trade-off](front.png)", ""] if found.front else []
    lines += [DISCLAIMER]
    return "\n".join(lines) + "\n"


def table_csv(found: Found) -> str:
    """Return every strategy tried: on the front or not, what it does not meet, its metrics."""
    buffer = io.StringIO()
    write = csv.writer(buffer, lineterminator="\n").writerow
    names, front = columns(found), {candidate.regimen for candidate in found.front}
    write(["front", "confirmed", "added", "regimen", "unmet", *names])
    for candidate in found.candidates.values():
        values = (candidate.measured.get(name) for name in names)
        write(
            [int(candidate.regimen in front), int(candidate.confirmed), candidate.label,
             candidate.regimen, "; ".join(candidate.unmet) if candidate.measured else "not solved",
             *("" if value is None else f"{value:.6g}" for value in values)]
        )  # fmt: skip
    return buffer.getvalue()


def summary(found: Found) -> dict[str, Any]:
    """Return the front with all its metrics, and every strategy tried with those of the search."""
    return {
        "scenario": found.scenario.name,
        "of": found.digest,
        "seed": found.seed,
        "trials": found.trials,
        "complete": found.complete,
        "distinct": found.distinct,
        "exhausted": found.exhausted,
        "base": str(found.space.base),
        "objectives": [str(objective) for objective in found.space.objectives],
        "constraints": [condition.text for condition in found.space.constraints],
        "metrics": {
            name: {"unit": metric.unit, "kind": metric.kind, "meaning": metric.meaning}
            for name, metric in found.metrics.items()
            if name in found.space.names or any(name in whole for whole in found.whole.values())
        },
        "front": [
            {"added": c.label, "regimen": c.regimen, "confirmed": c.confirmed,
             "metrics": {k: float(f"{v:.6g}") for k, v in found.whole[c.regimen].items()},
             "cautions": [finding.brief() for finding in found.cautions.get(c.regimen, ())]}
            for c in found.front
        ],
        "tried": [
            {"regimen": c.regimen, "unmet": list(c.unmet), "metrics": dict(found.quick[c.regimen])}
            for c in found.candidates.values()
        ],
    }  # fmt: skip


def earlier(folder: Path) -> tuple[Mapping[str, Measured], str]:
    """Return what an earlier search in `folder` measured, by regimen, and of what.

    Raises `InputError` if there is none that can be read.
    """
    path = folder / JSON
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        known = {
            str(entry["regimen"]): _numbers(entry["metrics"], path) for entry in stored["tried"]
        }
        return known, str(stored["of"])
    except OSError as problem:
        raise InputError(f"--resume: {path}: cannot be read ({problem.strerror}).") from problem
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise InputError(f"--resume: {path}: is not the result of a search.") from problem


def _numbers(table: Mapping[str, Any], path: Path) -> dict[str, float]:
    return {
        name: toml.number(value, -1e12, 1e12, "", f"--resume: {path}: {name}")
        for name, value in table.items()
    }


PERHAPS = ("front.png", "front.svg")
"""What is not always written."""


def write(found: Found, folder: Path) -> None:
    """Write front.md, .png, .svg, .json and candidates.csv into `folder`."""
    texts = {
        "front.md": markdown(found),
        "candidates.csv": table_csv(found),
        JSON: json.dumps(summary(found), indent=1, allow_nan=False) + "\n",
    }
    if found.front:
        drawn = figure(found)
        (folder / "front.png").write_bytes(style.png(drawn))
        texts["front.svg"] = style.svg(drawn)
    for name, content in texts.items():
        (folder / name).write_text(content, encoding="utf-8", newline="\n")


@style.styled
def figure(found: Found) -> Figure:
    """Draw the front over all that was tried, numbered, with the strategies listed below."""
    first, *others = found.space.objectives
    numbers, listed = _listed(found)
    width = max(PANEL * len(others), 7.2)
    heights = [3.6, LINE * len(listed) + 0.15]
    drawn = Figure(figsize=(width, sum(heights) + 0.6), layout="constrained")
    drawn.get_layout_engine().set(w_pad=0.08, h_pad=0.06)  # type: ignore[union-attr,call-arg]
    upper, lower = drawn.subfigures(2, 1, height_ratios=heights, squeeze=False)[:, 0]
    colours = _colours(found)
    for axis, other in zip(upper.subplots(1, len(others), squeeze=False).flat, others, strict=True):
        _panel(axis, found, other.metric, first.metric, colours)
    axis = lower.subplots()
    axis.axis("off")
    axis.set_ylim(len(listed), 0)
    for row, (number, line) in enumerate(zip(numbers, listed, strict=True)):
        axis.text(0.03, row, number, va="top", ha="right", fontsize=8)
        axis.text(0.045, row, line, va="top", fontsize=8)
    handles = [
        Line2D([], [], marker="o", linestyle="none", color=colour, label=kind)
        for kind, colour in colours.items()
    ]
    handles += [
        Line2D([], [], marker="o", linestyle="none", color=FAINT, markersize=4, label="beaten"),
        Line2D([], [], marker="x", linestyle="none", color=UNMET, label="breaks a constraint"),
    ]
    drawn.legend(handles=handles, loc="outside lower center", ncols=max(2, int(width / 1.9)))
    return drawn


def _listed(found: Found) -> tuple[list[str], list[str]]:
    """Return the numbers of the front and its strategies, line by line."""
    numbers: list[str] = []
    lines: list[str] = []
    for number, (best, *others) in numbered(found):
        alike = f" (or {len(others)} more of the same worth)" if others else ""
        wrapped = textwrap.wrap(best.label + alike, LETTERS, break_on_hyphens=False)
        numbers += [str(number), *[""] * (len(wrapped) - 1)]
        lines += wrapped
    if len(lines) > LISTED:
        return numbers[:LISTED], [*lines[: LISTED - 1], "… and more in the table"]
    return numbers, lines


def _kind(found: Found, candidate: Candidate) -> str:
    terms = Regimen.parse(candidate.regimen).terms[len(found.space.base.terms) :]
    drugs = dict.fromkeys(term.drug.replace("_", " ") for term in terms)
    return ", then ".join(drugs) or "nothing added"


def _colours(found: Found) -> dict[str, str]:
    kinds = dict.fromkeys(_kind(found, candidate) for candidate in found.front)
    drugs = [kind for kind in kinds if kind != "nothing added"]
    cycle = [style.COLOURS[k % len(style.COLOURS)] for k in range(len(drugs))]
    colours = dict(zip(drugs, cycle, strict=True))
    return {kind: colours.get(kind, style.REFERENCE_COLOUR) for kind in kinds}


def _panel(axis: Axes, found: Found, across: str, up: str, colours: Mapping[str, str]) -> None:
    front = {candidate.regimen for candidate in found.front}
    others = [
        c for c in found.candidates.values()
        if c.regimen not in front and across in c.measured and up in c.measured
    ]  # fmt: skip
    for unmet, colour, marker, size in ((True, UNMET, "x", 14), (False, FAINT, "o", 9)):
        chosen = [c for c in others if bool(c.unmet) == unmet]
        axis.scatter([c.measured[across] for c in chosen], [c.measured[up] for c in chosen],
                     color=colour, marker=marker, s=size, linewidths=0.9)  # fmt: skip
    points = np.array([[c.measured[across], c.measured[up]] for c in found.front])
    if len(found.space.objectives) == 2:
        line = points[np.argsort(points[:, 0])]
        axis.plot(*line.T, color="#8a8a8a", linewidth=1, zorder=2)
    for number, (best, *_) in numbered(found):
        x, y = best.measured[across], best.measured[up]
        axis.scatter([x], [y], s=130, color=colours[_kind(found, best)], edgecolor="white",
                     linewidth=0.8, zorder=3)  # fmt: skip
        axis.annotate(str(number), (x, y), ha="center", va="center", color="white", weight="bold",
                      fontsize=7, zorder=4)  # fmt: skip
    signs = {objective.metric: objective.sign for objective in found.space.objectives}
    for name, label in ((across, axis.set_xlabel), (up, axis.set_ylabel)):
        label(f"{_full(found, name)}\n{'more' if signs[name] > 0 else 'less'} is better")
    axis.margins(0.07)
