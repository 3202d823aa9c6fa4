"""Evidence in the terminal: the studies, one study, and predictions beside what was observed."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Literal

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from osteoaxis import evidence
from osteoaxis.evidence import check, tested
from osteoaxis.evidence.check import Scored
from osteoaxis.evidence.row import Row
from osteoaxis.pharmacology.drug import catalogue
from osteoaxis.present import words
from osteoaxis.present.console import opened
from osteoaxis.present.progress import Steps

WIDTH = 150
"""Letters of a line where there is no terminal."""
LEAST_WIDTH = 16
"""Letters below which a column that may be folded is not folded further."""
NAMES = {
    "lumbar_spine_bmd": "spine", "total_hip_bmd": "hip", "femoral_neck_bmd": "neck",
    "vertebral_fracture_pct": "vertebral fracture", "fracture_any_pct": "fracture",
    "fracture_any_hr": "fracture", "arthralgia_pct": "joint pain",
}  # fmt: skip
NUMBERS = ("month", "observed", "n", "predicted", "range", "off by", "results", "recalled", "rows",
           "bias", "RMSE", "within, %", "in 90 % range, %", "median width")  # fmt: skip
KINDS = {"percent_change": "% change", "difference": "difference", "incidence": "% of people",
         "hazard_ratio": "ratio"}  # fmt: skip
RANGE = (
    "90 % of what such a study would observe: parameters, error of the model, spread between "
    "studies, sampling"
)
AGREES = (
    "off by at most the largest of 1.96 standard errors, the spread between studies, and 1 point "
    "of density, 15 of markers and hormones, 10 of joint pain; fractures inside the printed "
    "interval, or by counts, or within a quarter"
)


def off_by(each: Scored) -> str:
    """Return predicted minus observed in its unit; of fractures predicted over observed."""
    if each.difference is None:
        return ""
    if check.relative(each.row):
        return f"×{math.exp(each.difference):.2f}"
    unit = " %" if each.row.statistic == "level" else ""
    return words.number(each.difference, signed=True) + unit


def verdict(each: Scored) -> str:
    """Return "agrees" or "off" of a row that is counted, of others why they are not."""
    if each.weight:
        return "agrees" if each.within else "off"
    return each.reason


def _printed(table: Table) -> None:
    """Print a table whole: lines go on over the edge of a terminal that is too narrow."""
    console = opened(WIDTH)
    needed = console.measure(table, options=console.options.update(width=10 * WIDTH)).minimum
    gaps = 2 * len(table.columns)  # rich forgets them
    console.width = max(console.width, needed + gaps)
    console.print(table)


def _table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], folded: Collection[str] = ()
) -> Table:
    """Return a table of which only the columns `folded` may be narrower than what they hold."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for head, *cells in zip(heads, *rows, strict=True):
        widest = max(map(cell_len, (head, *cells)))
        least = min(widest, LEAST_WIDTH) if head in folded else widest
        align: Literal["left", "right"] = "right" if head in NUMBERS else "left"
        table.add_column(head, overflow="fold", min_width=least, justify=align)
    for row in rows:
        table.add_row(*map(escape, row))
    return table


def _say(text: str) -> None:
    Console(highlight=False).print(text, markup=False, soft_wrap=True)


def show_studies(
    drugs: Sequence[str] = (),
    sex: str | None = None,
    endpoint: str | None = None,
    *,
    json_only: bool = False,
) -> None:
    """Print the studies of the package: whom, what was given, role, and how many results.

    `drugs` keeps those of which an arm was given all of these, or drugs of their classes, the
    nearest first; `sex` those of these people, `endpoint` those that report it. Raises
    `InputError` for what is unknown.
    """
    known = catalogue()
    found = [
        each
        for each in tested.listed(drugs, known, sex, endpoint)
        if sex is None or sex in tested.sexes(each.study)
    ]
    recalled = {
        each.study.id: sum(row.quality == "memory" for row in each.study.rows) for each in found
    }
    given = {each.study.id: tested.treatments(each.study, known) for each in found}
    if json_only:
        told = [
            {"study_id": s.id, "role": s.role, "sex": list(tested.sexes(s)), "match": each.match,
             "treatments": given[s.id], "rows": len(s.rows), "read": len(s.rows) - recalled[s.id],
             "title": s.title, "population": s.population}
            for each in found for s in [each.study]
        ]  # fmt: skip
        typer.echo(json.dumps(told))
        return
    rows = [
        (s.id, s.role, " and ".join(tested.sexes(s)), each.match, "; ".join(given[s.id]),
         str(len(s.rows)), str(recalled[s.id] or ""), s.population)
        for each in found for s in [each.study]
    ]  # fmt: skip
    heads = ("study", "role", "sex", "match", "treatments", "results", "recalled", "population")
    _printed(_table(heads, rows, ("treatments", "population")))
    _say(
        f"{len(found)} of {len(evidence.studies())} studies. Recalled results were not read in a "
        "source and have no weight. Every result with its source beside its prediction: "
        "osteoaxis evidence show STUDY"
    )


def show_study(name: str, *, json_only: bool = False) -> None:
    """Print one study: whom, what each arm was given, and its results beside predictions."""
    study = evidence.find(name)
    with Steps(quiet=json_only) as steps:
        scored = evidence.verdicts(only={study.id}, progress=steps.update)
    sources = list(dict.fromkeys(map(_source, study.rows)))
    notes = list(dict.fromkeys(row.note for row in study.rows if row.note))
    if json_only:
        typer.echo(
            json.dumps(
                {
                    "study_id": study.id,
                    "title": study.title,
                    "role": study.role,
                    "reason": study.reason,
                    "population": study.population,
                    "arms": dict(study.arms),
                    "rows": [each.as_json() for each in scored],
                },
                allow_nan=False,
            )
        )
        return
    Console(highlight=False).print(f"[bold]{study.id}[/bold] {escape(study.title)}")
    _say(f"{study.population}\nRole: {study.role}. {study.reason}")
    for arm, person in study.people.items():
        scores = ", ".join(f"{site} {value:g}" for site, value in person.t_scores.items())
        who = f"{person.sex}, {person.age:g} years"
        _say(f"  {arm or 'patient'}: {who}{f'; T-scores {scores}' if scores else ''}")
    for arm, text in study.arms.items():
        _say(f"  {arm}: {text}")
    rows = [
        (each.row.arm, _result(each.row), f"{each.row.time_months:g}", _observed(each.row),
         "" if each.row.n is None else f"{each.row.n:g}", *_predicted(each), off_by(each),
         verdict(each), str(1 + sources.index(_source(each.row))),
         str(1 + notes.index(each.row.note)) if each.row.note else "")
        for each in scored
    ]  # fmt: skip
    heads = ("arm", "result", "month", "observed", "n", "predicted", "range", "off by", "verdict",
             "source", "note")  # fmt: skip
    _printed(_table(heads, rows, ("arm", "verdict")))
    for number, note in enumerate(notes, start=1):
        _say(f"  note {number}: {note}")
    for number, (citation, doi, url, quality) in enumerate(sources, start=1):
        _say(f"  source {number}: {', '.join(filter(None, (citation, doi, url, quality)))}")
    _say(_LEGEND)


_LEGEND = (
    f"\nRange: {RANGE}. Off by: predicted less observed in percentage points, of levels in "
    f"percent, of fractures as a factor. Agrees: {AGREES}."
)


def _source(row: Row) -> tuple[str, str, str, str]:
    return row.citation, row.doi, row.source_url, row.quality.replace("_", " ")


def _result(row: Row) -> str:
    kind = row.unit if row.statistic == "level" else KINDS.get(row.statistic, row.statistic)
    return f"{NAMES.get(row.endpoint, row.endpoint)}, {kind}".rstrip(", ")


def _observed(row: Row) -> str:
    value = "" if row.value is None else f"{row.value:.4g}"
    if row.low is None or row.high is None:
        return value
    return f"{value} ({row.low:g} to {row.high:g}, {row.uncertainty})"


def _predicted(each: Scored) -> tuple[str, str]:
    """Return the prediction and its range."""
    if each.predicted is None or each.low is None or each.high is None:
        return "", ""
    if each.planned.given:
        return words.digits(each.predicted, 3), ""
    predicted, low, high = (words.digits(x, 3) for x in (each.predicted, each.low, each.high))
    return predicted, f"{low} to {high}"


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
    rows = [
        (each.row.study_id, each.role, each.row.arm, _result(each.row),
         f"{each.row.time_months:g}", "" if each.row.value is None else f"{each.row.value:.4g}",
         *_predicted(each), off_by(each), verdict(each))
        for each in scored if each.predicted is not None
    ]  # fmt: skip
    heads = ("study", "role", "arm", "result", "month", "observed", "predicted", "range", "off by",
             "verdict")  # fmt: skip
    if rows:
        _printed(_table(heads, rows, ("arm", "verdict")))
        _say(_LEGEND)
    else:
        _say("Nothing is predicted: no row can be executed.")
    if found := check.summary(scored):
        _say("\nBy endpoint; bias, RMSE and width in points (levels: %; fractures: log units):")
        _printed(summary_table(found))
    elif rows:
        _say("\nNo row has a weight, so that there is no summary.")
    taken = {
        (each.row.study_id, each.row.arm, each.planned.taken): None
        for each in scored if each.role == check.EXTERNAL and each.planned.taken
    }  # fmt: skip
    if taken:
        _say("\nWhat the words of studies the package has not were taken to mean:")
        for study, arm, words_taken in taken:
            _say(f"  {study}, {arm}: {words_taken}")
    stuck = [each for each in scored if not each.planned.executable]
    if stuck:
        share = 100.0 * len(stuck) / len(scored)
        _say(f"\n{len(stuck)} of {len(scored)} rows ({share:.1f} %) cannot be executed:")
        for each in stuck:
            _say(f"  {each.row.study_id}, {each.row.arm}, {each.row.endpoint}: {each.reason}")


def summary_table(found: Mapping[str, Mapping[str, float]]) -> Table:
    """Return the statistics by endpoint as a table."""
    heads = ("endpoint", "rows", "bias", "RMSE", "within, %", "in 90 % range, %", "median width")
    rows = [
        (name, f"{values['n']:.0f}", f"{values['bias']:+.2f}", f"{values['rmse']:.2f}",
         f"{100 * values['share_within']:.0f}", f"{100 * values['coverage']:.0f}",
         f"{values['width']:.3g}")
        for name, values in found.items()
    ]  # fmt: skip
    return _table(heads, rows)
