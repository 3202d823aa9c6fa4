"""The credibility report: predictions beside every study, goals, misses, and what fixes what."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from rich.table import Table

from osteoaxis.evidence import check
from osteoaxis.evidence.check import Scored
from osteoaxis.evidence.endpoint import group
from osteoaxis.inference.posterior import VERDICTS
from osteoaxis.inference.validation import FEWEST_POINTS, Course, Goal, Group, Validation
from osteoaxis.present import pages, style
from osteoaxis.present.console import opened

FORESTS = {
    "lumbar_spine_bmd": "Density of the lumbar spine",
    "total_hip_bmd": "Density of the total hip",
    "femoral_neck_bmd": "Density of the femoral neck",
    "marker": "Markers of turnover",
    "hormone": "Hormones",
    "fracture": "Fractures",
    "arthralgia": "Joint pain",
}
ROLE_COLOURS = {"calibration": "#0072B2", "validation": "#D55E00", "context": "#8a8a8a",
                "external": "#8a8a8a"}  # fmt: skip
ROW_HEIGHT = 0.17  # inches
COLUMNS = 3


def key(each: Scored) -> str:
    """Return the forest a row belongs to."""
    return each.row.endpoint if each.row.endpoint in FORESTS else group(each.row.endpoint)


@style.styled
def forest(rows: Sequence[Scored], title: str) -> Figure:
    """Draw every row: what was observed with its interval, and what was predicted with its."""
    figure = Figure(figsize=(10.5, 1.2 + ROW_HEIGHT * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    ratio = rows[0].row.statistic == "hazard_ratio" or group(rows[0].row.endpoint) == "fracture"
    values = np.array([_as_change(e, [e.low, e.high, e.predicted, e.row.value]) for e in rows])
    edges = np.array([-np.inf, np.inf]) if ratio else _edges(values)
    for k, (each, drawn) in enumerate(zip(rows, values, strict=True)):
        y = -k
        colour = ROLE_COLOURS[each.role]
        axes.plot(drawn[:2].clip(*edges), [y, y],
                  color=colour, alpha=0.3, linewidth=4, solid_capstyle="butt")  # fmt: skip
        observed = _as_change(each, _observed(each)).clip(*edges)
        axes.plot(observed, [y, y], color="#222222", linewidth=0.8)
        filled = "white" if each.weight == 0 else "#222222"
        for x, inside, edge, face, size in (
            (drawn[2], "D", colour, colour, 3.6), (drawn[3], "o", "#222222", filled, 3.2)
        ):  # fmt: skip
            marker = "<" if x < edges[0] else ">" if x > edges[1] else inside
            axes.plot([x.clip(*edges)], [y], marker=marker, color=edge, markerfacecolor=face,
                      markersize=size)  # fmt: skip
    labels = [_label(each) for each in rows]
    axes.set_yticks(-np.arange(len(rows)), labels, fontsize=6.8)
    axes.set_ylim(-len(rows) + 0.3, 0.7)
    axes.tick_params(axis="y", length=0)
    if ratio:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter("")
    axes.set_title(title)
    axes.set_xlabel(
        "black: observed with its 95 % interval (open: no weight)\n"
        "diamonds: predicted with the 90 % interval of such a study; triangles: beyond the edge\n"
        "blue: calibration, orange: validation, grey: context; levels as change from the start",
        fontsize=8,
    )
    return figure


def _edges(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where a forest ends: a few results far out do not squeeze the others."""
    points = values[:, 2:]
    low, high = np.nanpercentile(points, (1.0, 99.0))
    room = 0.25 * (high - low)
    return np.asarray([low - room, high + room]).clip(np.nanmin(values), np.nanmax(values))


def _as_change(each: Scored, values: Sequence[float | None]) -> NDArray[np.float64]:
    """Return values as drawn: levels as percent of where they started (or of the observed)."""
    found = np.array(values, dtype=float)
    if each.row.statistic != "level":
        return found
    start = each.planned.baseline if each.planned.baseline is not None else each.row.value
    return np.asarray(100.0 * (found / start - 1.0)) if start else found


def _observed(each: Scored) -> list[float]:
    row = each.row
    assert row.value is not None
    error = row.standard_error
    if row.uncertainty == "95ci" and row.low is not None and row.high is not None:
        return [row.low, row.high]
    if error is None or each.row.statistic == "hazard_ratio":
        return [row.value, row.value]
    return [row.value - 1.96 * error, row.value + 1.96 * error]


def _label(each: Scored) -> str:
    row = each.row
    arm = row.arm if len(row.arm) <= 34 else row.arm[:33] + "…"
    what = "" if row.endpoint in FORESTS else f" {row.endpoint}"
    return f"{row.study_id}: {arm},{what} m{row.time_months:g}"


@style.styled
def scatter(rows: Sequence[Scored]) -> Figure:
    """Draw predicted against observed for density, markers, hormones and joint pain."""
    groups = ("bmd", "marker", "hormone", "arthralgia")
    titles = ("Density (points)", "Markers (points)", "Hormones (% change)", "Joint pain (%)")
    figure = Figure(figsize=(10.5, 3.2), layout="constrained")
    for axes, name, title in zip(figure.subplots(1, 4), groups, titles, strict=True):
        own = [e for e in rows if group(e.row.endpoint) == name and e.weight > 0
               and e.row.statistic != "level"]  # fmt: skip
        seen = [e.row.value for e in own if e.row.value is not None]
        room = 0.5 * (max(seen) - min(seen)) if seen else 1.0
        for role in ("calibration", "validation"):
            points = [(e.row.value, e.predicted) for e in own if e.role == role]
            if points:
                x, y = np.array(points, dtype=float).T
                edge = np.clip(y, min(seen) - room, max(seen) + room)
                colour = ROLE_COLOURS[role]
                for marker, drawn in (("o", edge == y), ("^", edge < y), ("v", edge > y)):
                    axes.plot(x[drawn], edge[drawn], marker, markersize=3, alpha=0.7,
                              color=colour, label=role if marker == "o" else None)  # fmt: skip
        ends = np.array(axes.get_xlim())
        axes.plot(ends, ends, color="#777777", linewidth=0.8)
        axes.set_title(title)
        axes.set_xlabel("observed")
    figure.axes[0].set_ylabel("predicted")
    figure.axes[0].legend(fontsize=7)
    return figure


@style.styled
def courses(drawn: Sequence[Course], title: str) -> Figure:
    """Draw the arms that were measured often, with what was measured."""
    lines = math.ceil(len(drawn) / COLUMNS)
    figure = Figure(figsize=(3.5 * COLUMNS, 2.3 * lines), layout="constrained")
    panels = list(figure.subplots(lines, COLUMNS, squeeze=False).flat)
    for axes, course in zip(panels, drawn, strict=False):
        _course(axes, course)
    for axes in panels[len(drawn) :]:
        axes.set_visible(False)
    figure.suptitle(title, fontsize=9.5, x=0.01, ha="left")
    return figure


def _course(axes: Axes, course: Course) -> None:
    colour = ROLE_COLOURS[course.role]
    axes.axhline(0, color="#9a9a9a", linewidth=0.8)
    axes.fill_between(course.months, course.low, course.high, color=colour, alpha=0.25,
                      linewidth=0)  # fmt: skip
    axes.plot(course.months, course.predicted, color=colour)
    for row in course.rows:
        assert row.value is not None
        error = row.standard_error
        axes.errorbar([row.time_months], [row.value], None if error is None else 1.96 * error,
                      fmt="o", color="#222222", markersize=3.5, linewidth=0.8)  # fmt: skip
    arm = course.arm if len(course.arm) <= 26 else course.arm[:25] + "…"
    axes.set_title(f"{course.study}: {arm}\n{course.endpoint} (% change)", fontsize=7.5)
    axes.set_xlabel("months", fontsize=8)


def figures(found: Validation) -> dict[str, tuple[Figure, str]]:
    """Return every figure of the report by name, with its caption."""
    observed = [e for e in found.scored if e.predicted is not None and e.row.value is not None
                and not e.planned.given]  # fmt: skip
    drawn: dict[str, tuple[Figure, str]] = {
        "calibration": (
            scatter(observed),
            "Predicted against observed; the line is equality. Triangles lie further out.",
        ),
    }
    for role in ("calibration", "validation"):
        own = [course for course in found.courses if course.role == role]
        if own:
            drawn[f"courses-{role}"] = (
                courses(own, f"Arms measured {FEWEST_POINTS} times or more: {role}"),
                "Lines: the fitted model with the 90 % interval of its parameters.",
            )
    for name, title in FORESTS.items():
        rows = [e for e in observed if key(e) == name]
        if name == "marker":
            rows.sort(key=lambda e: e.row.endpoint)
        rows.sort(key=lambda e: list(ROLE_COLOURS).index(e.role))
        if rows:
            drawn[f"forest-{name}"] = (forest(rows, title), f"{title}: every row of every study.")
    return drawn


def write(found: Validation, folder: Path) -> None:
    """Write credibility.html, its figures, tables (CSV) and summary.json into `folder`."""
    pictures = []
    for name, (figure, caption) in figures(found).items():
        text = style.svg(figure)
        (folder / f"{name}.svg").write_text(text, encoding="utf-8", newline="\n")
        (folder / f"{name}.png").write_bytes(style.png(figure))
        pictures.append({"name": name, "caption": caption, "svg": text})
    for name, rows in (
        ("verdicts", [each.as_json() for each in found.scored]),
        ("by_treatment", [each.as_json() for each in found.treatments]),
    ):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    text = json.dumps(summary(found), indent=1, allow_nan=False)
    (folder / "summary.json").write_text(text + "\n", encoding="utf-8")
    page = pages.render(
        "credibility.html.j2",
        found=found,
        number=goal_number,
        pictures=pictures,
        tables={role: check.summary(found.of_role(role)) for role in ("calibration", "validation")},
        treatments=side_by_side(found.treatments),
        stuck=[each for each in found.scored if not each.planned.executable],
        verdicts=verdict_counts(found),
    )
    (folder / "credibility.html").write_text(page, encoding="utf-8")


def side_by_side(
    groups: Sequence[Group],
) -> dict[str, dict[str, dict[str, Mapping[str, float]]]]:
    """Return statistics by treatment, endpoint and role, in the order given."""
    found: dict[str, dict[str, dict[str, Mapping[str, float]]]] = {}
    for each in groups:
        of = found.setdefault(each.treatment, {}).setdefault(each.endpoint, {})
        of[each.role] = each.statistics
    return found


def verdict_counts(found: Validation) -> dict[str, int]:
    """Return how many parameters have each verdict of `Identified`."""
    return {name: sum(i["verdict"] == name for i in found.identified) for name in VERDICTS}


def summary(found: Validation) -> dict[str, object]:
    """Return goals and statistics as JSON."""
    return {
        "commit": found.commit,
        "fit": dict(found.fit),
        "goals": [
            {"goal": g.what, "asked": g.asked, "found": None if math.isnan(g.found) else
             round(g.found, 3), "perfect": None if math.isnan(g.perfect) else round(g.perfect, 3),
             "rows": g.rows, "met": g.met}
            for g in found.goals
        ],
        "endpoints": {
            role: {
                name: {k: round(v, 4) for k, v in values.items()}
                for name, values in check.summary(found.of_role(role)).items()
            }
            for role in ("calibration", "validation")
        },
        "treatments": [each.as_json() for each in found.treatments],
        "identifiability": verdict_counts(found),
        "misses": len(found.misses),
    }  # fmt: skip


def goal_number(goal: Goal, value: float) -> str:
    """Return a number of a goal in its unit."""
    if math.isnan(value):
        return "–"
    return f"{value:.2f}" if "points" in goal.what else f"{value:.0f} %"


def show(found: Validation) -> None:
    """Print the goals and how they stand."""
    console = opened(110)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("goal", "asked", "found", "perfect model", "rows", ""):
        table.add_column(column, justify="left" if column in ("goal", "asked", "") else "right")
    for goal in found.goals:
        table.add_row(
            goal.what, goal.asked, goal_number(goal, goal.found), goal_number(goal, goal.perfect),
            str(goal.rows), "" if goal.met else "missed",
        )  # fmt: skip
    console.print(table)
    met = sum(goal.met for goal in found.goals)
    console.print(f"{met} of {len(found.goals)} goals met. Parameters of commit {found.commit}.")
