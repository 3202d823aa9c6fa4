"""The list of studies of the evidence, by role."""

from __future__ import annotations

from collections import Counter

from _generate.text import identifier, plain, sourced
from osteoaxis.evidence import Study, studies
from osteoaxis.evidence.study import ROLES

MEANINGS = {
    "calibration": "Parameters are fitted to these.",
    "validation": "Never fitted; the calibrated model is held against them.",
    "context": "Never fitted and not scored as validation, each for the reason given.",
}


def page() -> str:
    """Return how many there are, and a table for each role."""
    known = list(studies().values())
    rows = sum(len(study.rows) for study in known)
    text = f"{len(known)} studies with {rows} results.\n\n"
    for role in ROLES:
        of = [study for study in known if study.role == role]
        text += f"## {role.capitalize()}: {len(of)} studies\n\n{MEANINGS[role]}\n\n"
        text += "".join(map(_study, of))
    return text


def _study(study: Study) -> str:
    """Return a study: whom it studied, why it is here, where it was read, arms, results."""
    read = {row.citation or study.title: row.doi for row in study.rows}
    citations = "; ".join(_citation(words, number) for words, number in read.items())
    arms = dict.fromkeys(row.arm for row in study.rows if " vs " not in row.arm)
    counts = Counter(row.endpoint for row in study.rows)
    results = ", ".join(f"{n} `{name}`" for name, n in counts.items())
    reason = f" *{plain(study.reason)}.*" if study.reason else ""
    return (
        f"{{#{identifier('study', study.id)} .quantity}}\n"
        f"**{plain(study.id)}**. {plain(study.population)}.{reason}\n\n"
        f"- Read in: {citations}\n"
        f"- Arms: {plain('; '.join(arms)) or 'compared only'}\n"
        f"- Results: {results}\n\n"
    )


def _citation(words: str, number: str) -> str:
    """Return a citation with its number as a link."""
    link = sourced(f"PMID {number}" if number.isdigit() else number, "")
    return f"{plain(words)} {link}".strip()
