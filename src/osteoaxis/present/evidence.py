"""Evidence in the terminal: the studies, one study, and predictions beside what was observed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from osteoaxis import evidence
from osteoaxis.evidence import check
from osteoaxis.evidence.check import Scored
from osteoaxis.evidence.row import Row
from osteoaxis.present.progress import Steps

WIDTH = 150
NAMES = {
    "lumbar_spine_bmd": "spine", "total_hip_bmd": "hip", "femoral_neck_bmd": "neck",
    "vertebral_fracture_pct": "vertebral fracture", "fracture_any_pct": "fracture",
    "fracture_any_hr": "fracture", "arthralgia_pct": "joint pain",
}  # fmt: skip
UNITS = {"hazard_ratio": "", "level": ""}


def _console() -> Console:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    return console


def show_studies(*, json_only: bool = False) -> None:
    """Print every study of the package with its role and number of rows."""
    known = evidence.studies()
    if json_only:
        found = [
            {"study_id": s.id, "role": s.role, "rows": len(s.rows), "title": s.title,
             "read": sum(row.quality != "memory" for row in s.rows)}
            for s in known.values()
        ]  # fmt: skip
        typer.echo(json.dumps(found))
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("study", "role", "rows", "recalled", "population"):
        table.add_column(name, overflow="fold")
    for study in known.values():
        recalled = sum(row.quality == "memory" for row in study.rows)
        table.add_row(
            study.id, study.role, str(len(study.rows)), str(recalled or ""), study.population[:90]
        )
    console = _console()
    console.print(table)
    console.print(
        f"{len(known)} studies, {sum(len(s.rows) for s in known.values())} rows. "
        "Recalled rows were not read in a source and have no weight."
    )


def show_study(name: str, *, json_only: bool = False) -> None:
    """Print one study: whom, what each arm was given, and its results."""
    study = evidence.find(name)
    if json_only:
        typer.echo(
            json.dumps(
                {
                    "study_id": study.id,
                    "title": study.title,
                    "role": study.role,
                    "population": study.population,
                    "arms": dict(study.arms),
                    "rows": [_as_json(row) for row in study.rows],
                }
            )
        )
        return
    console = _console()
    console.print(f"[bold]{study.id}[/bold] {study.title}")
    console.print(f"{study.population}\nRole: {study.role}. {study.reason}", markup=False)
    for arm, person in study.people.items():
        scores = ", ".join(f"{site} {value:g}" for site, value in person.t_scores.items())
        who = f"{person.sex}, {person.age:g} years"
        console.print(f"  {arm or 'patient'}: {who}{f'; T-scores {scores}' if scores else ''}",
                      markup=False)  # fmt: skip
    for arm, text in study.arms.items():
        console.print(f"  {arm}: {text}", markup=False)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("arm", "endpoint", "month", "statistic", "value", "interval", "quality", "note"):
        table.add_column(column, overflow="fold")
    for row in study.rows:
        interval = "" if row.low is None else f"{row.low:g} to {row.high:g} ({row.uncertainty})"
        value = "" if row.value is None else f"{row.value:g}"
        table.add_row(row.arm, row.endpoint, f"{row.time_months:g}", row.statistic, value, interval,
                      row.quality, row.note[:60])  # fmt: skip
    console.print(table)


def _as_json(row: Row) -> dict[str, object]:
    return {
        name: getattr(row, name)
        for name in ("arm", "treatment", "endpoint", "time_months", "statistic", "value", "low",
                     "high", "uncertainty", "n", "unit", "quality", "doi", "note")
    }  # fmt: skip


def run_check(files: Sequence[Path], split: str | None, *, json_only: bool) -> None:
    """Predict the rows of `files` (default: the package's) and print how they stand."""
    with Steps(quiet=json_only) as steps:
        scored = evidence.verdicts(files, role=split, progress=steps.update)
    if json_only:
        typer.echo(json.dumps(check.as_json(scored), allow_nan=False))
        return
    show(scored)


def show(scored: Sequence[Scored]) -> None:
    """Print predictions beside observations, the summary, and what cannot be executed."""
    console = _console()
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("study", "arm", "endpoint"):
        table.add_column(column, overflow="ellipsis", no_wrap=True, max_width=34)
    for column in ("month", "observed", "predicted", "90 % interval", "difference", "in SE", ""):
        table.add_column(column, justify="right", no_wrap=True)
    for each in scored:
        if each.predicted is None:
            continue
        row = each.row
        observed = "" if row.value is None else f"{row.value:.4g}"
        interval = f"{each.low:.3g} to {each.high:.3g}"
        difference = "" if each.difference is None else f"{each.difference:+.2f}"
        errors = "" if each.standard_errors is None else f"{each.standard_errors:+.1f}"
        mark = "-" if not each.weight else "" if each.within else "off"
        table.add_row(
            row.study_id, row.arm, NAMES.get(row.endpoint, row.endpoint), f"{row.time_months:g}",
            observed, f"{each.predicted:.3g}", interval, difference, errors, mark,
        )  # fmt: skip
    console.print(table)
    console.print(
        "\nDifferences in percentage points; levels of hormones in percent, fractures in log units."
        "\n'-': no weight (recalled, context, or given to the patient); 'off': beyond the larger of"
        " 1.96 SE, the spread between studies, and 1 point of density or 15 of markers.\n"
    )
    console.print(summary_table(check.summary(scored)))
    stuck = [each for each in scored if not each.planned.executable]
    if stuck:
        share = 100.0 * len(stuck) / len(scored)
        console.print(f"\n{len(stuck)} of {len(scored)} rows ({share:.1f} %) cannot be executed:")
        for each in stuck:
            where = f"{each.row.study_id}, {each.row.arm}, {each.row.endpoint}"
            console.print(f"  {where}: {each.reason}", markup=False)


def summary_table(found: dict[str, dict[str, float]]) -> Table:
    """Return the statistics by endpoint as a table."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("endpoint")
    for column in ("rows", "bias", "RMSE", "within, %", "in 90 % interval, %"):
        table.add_column(column, justify="right")
    for name, values in found.items():
        table.add_row(
            name, f"{values['n']:.0f}", f"{values['bias']:+.2f}", f"{values['rmse']:.2f}",
            f"{100 * values['share_within']:.0f}", f"{100 * values['coverage']:.0f}",
        )  # fmt: skip
    return table
