"""Guidelines and cautions in words: on the terminal, as plain data, and for reports."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from rich.markup import escape
from rich.table import Table

from osteoaxis import DISCLAIMER, guidance
from osteoaxis.errors import within
from osteoaxis.guidance import Finding
from osteoaxis.patient import Patient
from osteoaxis.present import words
from osteoaxis.present.console import opened
from osteoaxis.present.terminal import WIDTH

ADVICE = "Not advice: things to ask your clinical team about."


def as_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as plain data."""
    rule = finding.rule
    newer = guidance.updates().get(rule.id)
    return {
        "id": rule.id,
        "kind": rule.kind,
        "question": rule.question,
        "body": rule.body,
        "year": rule.year,
        "text": rule.text,
        "strength": rule.strength,
        "hazard": rule.hazard,
        "rates": [asdict(rate) for rate in rule.rates],
        "citation": rule.citation,
        "link": rule.link,
        "read": rule.read,
        "note": rule.note,
        "superseded_by": newer.id if newer else None,
        "superseded_in": newer.year if newer else None,
        "met": finding.met,
        "when": finding.when,
        "months": [list(span) for span in finding.spans],
        "because": {name: value for name, value in finding.seen.items() if value is not None},
        "reason": finding.because,
        "missing": list(finding.missing),
    }


def not_shown(bodies: Iterable[str]) -> str:
    """Return the sentence on rules that stay out since nobody read them; empty without any."""
    named = words.joined(dict.fromkeys(bodies))
    if not named:
        return ""
    return (
        f"Not shown, because we could not read them: rules of {named} that are for this person. "
        "Look there yourself, or ask your team."
    )


def by_question(found: Iterable[Finding]) -> Iterable[tuple[str, Iterable[Finding]]]:
    """Return findings by question: guidelines first, then safety flags and cautions."""
    ordered = sorted(found, key=lambda f: (f.rule.kind != "guideline", f.rule.question))
    return itertools.groupby(ordered, key=lambda f: f.rule.question)


def table() -> str:
    """Return all rules as a table in Markdown, the one of docs/guidelines.md."""
    lines = ["| rule | kind | body | for | when | read | source |", "|---|---|---|---|---|---|---|"]
    for rule in guidance.rules():
        who = f"`{rule.who.text}`" if rule.who else "everyone"
        sources = dict.fromkeys([rule.citation, *(rate.source for rate in rule.rates)])
        lines.append(
            f"| `{rule.id}` | {rule.kind} | {rule.stated_by} | {who} | `{rule.when.text}` "
            f"| {rule.standing} | {'; '.join(sources)} |"
        )
    return "\n".join(lines) + "\n"


def show(
    patient: Patient, regimen: str, found: Iterable[Finding], left_out: Iterable[str] = ()
) -> None:
    """Print findings by question, bodies side by side, what is met first.

    Of safety flags and cautions, only those that are met or cannot be decided. `left_out` says
    whose rules stay out.
    """
    console = opened(WIDTH)
    sex = "man" if patient.male else "woman"
    console.print(f"{patient.name}, {sex} of {patient.age:g}, on: {regimen}", markup=False)
    told = [f for f in found if f.rule.kind == "guideline" or f.met or f.missing]
    updates = guidance.updates()
    for question, group in by_question(told):
        console.print(f"\n[bold]{question}[/bold]")
        table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 1, 0))
        table.add_column("who says it", min_width=18)
        table.add_column("what", ratio=1)
        table.add_column("met", min_width=16)
        for finding in sorted(group, key=lambda f: (not f.met, f.rule.body)):
            rule = finding.rule
            marks = [] if rule.read else ["recalled, not read"]
            if rule.id in updates:
                marks.append(f"renewed in {updates[rule.id].year}")
            who = rule.stated_by + (f" ({'; '.join(marks)})" if marks else "")
            what = "\n".join([rule.text, *(f"- {rate}" for rate in rule.rates), rule.citation])
            because = f"\n({finding.because})" if finding.because else ""
            table.add_row(*map(escape, (who, what, finding.when + because)))
        console.print(table)
    if sentence := not_shown(left_out):
        console.print(f"\n{sentence} --unverified prints what we recall.", markup=False)
    console.print(f"{ADVICE} {DISCLAIMER}")


def run(
    name: str,
    regimen: str,
    *,
    years: float,
    unread: bool = False,
    json_only: bool = False,
) -> None:
    """Simulate a patient on a regimen and print which rules are met, and when."""
    import json

    from osteoaxis.pharmacology.regimen import Regimen
    from osteoaxis.present.progress import Steps
    from osteoaxis.scenario import trajectory
    from osteoaxis.simulation import simulator

    patient = Patient.load(name)
    with within("--regimen"):
        plan = Regimen.parse(regimen)
    with Steps(quiet=json_only) as steps:
        ready = simulator((), steps.update)
        with within("--regimen"):
            ready.check(plan)
        data = trajectory(ready, ready.start(patient), plan, years)
    found = guidance.findings(patient, data, ready.drugs, unread=unread)
    left_out = () if unread else guidance.withheld(patient, data, ready.drugs)
    if json_only:
        plain = {
            "patient": patient.name,
            "regimen": str(plan),
            "disclaimer": f"{ADVICE} {DISCLAIMER}",
            "findings": [as_json(finding) for finding in found],
            "not_shown": not_shown(left_out),
        }
        print(json.dumps(plain, allow_nan=False))
        return
    show(patient, str(plan), found, left_out)
