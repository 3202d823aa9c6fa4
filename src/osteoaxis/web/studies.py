"""The published results: the studies, and one study beside what the model predicts for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from osteoaxis import evidence, intervals
from osteoaxis.errors import InputError, did_you_mean
from osteoaxis.evidence import Plan, Study
from osteoaxis.evidence.check import Scored, score
from osteoaxis.pharmacology.drug import Drug
from osteoaxis.present.terminal import DISCLAIMER
from osteoaxis.simulation import Simulator
from osteoaxis.web.catalogue import Catalogue
from osteoaxis.web.problems import Unknown

Answer = dict[str, Any]


def listed(ready: Simulator, drug: str | None = None, endpoint: str | None = None) -> Answer:
    """Return the studies in which `drug` was given and `endpoint` reported (default: all).

    Raises `InputError` for a drug or endpoint that is unknown.
    """
    known = evidence.studies()
    endpoints = sorted({row.endpoint for study in known.values() for row in study.rows})
    if endpoint is not None and endpoint not in endpoints:
        raise InputError(
            f"unknown endpoint '{endpoint}'.{did_you_mean(endpoint, endpoints)}"
            f" Known: {', '.join(endpoints)}."
        )
    given = None if drug is None else ready.drug(drug)
    return {
        "studies": [
            _study(study)
            for study in known.values()
            if (given is None or _gives(study, given))
            and (endpoint is None or any(row.endpoint == endpoint for row in study.rows))
        ],
        "endpoints": endpoints,
    }


def _gives(study: Study, drug: Drug) -> bool:
    names = "|".join(map(re.escape, (drug.name, *drug.synonyms)))
    word = re.compile(rf"\b(?:{names})\b", re.I)
    return any(word.search(regimen) for regimen in study.arms.values())


def _study(study: Study) -> Answer:
    sources = {(row.citation, row.doi, row.source_url): None for row in study.rows}
    return {
        "id": study.id,
        "citation": study.title,
        "doi": next((row.doi for row in study.rows if row.doi), ""),
        "role": study.role,
        "reason": study.reason,
        "population": study.population,
        "arms": dict(study.arms),
        "endpoints": sorted({row.endpoint for row in study.rows}),
        "rows": len(study.rows),
        "sources": [{"citation": c, "doi": d, "url": url} for c, d, url in sources if c or d],
    }


def find(name: str) -> Study:
    """Return a study; raises `Unknown` with near matches."""
    try:
        return evidence.find(name)
    except InputError as problem:
        raise Unknown(str(problem)) from None


def predicted(known: Catalogue, name: str) -> Answer:
    """Return every result of a study beside its prediction; a task of a worker.

    `low` and `high` hold the 90 % interval of what such a study would observe.
    """
    study = evidence.find(name)
    plan = Plan(study.rows, known.ready, evidence.studies())
    values = plan.predict([{}, *intervals.sets(evidence.DRAWS)])
    scored = score(plan, values, {study.id: study.role})
    return {**_study(study), "results": [_result(each) for each in scored], "note": DISCLAIMER}


def _result(scored: Scored) -> Mapping[str, Any]:
    row, told = scored.row, scored.as_json()
    del told["study_id"], told["role"]
    return told | {
        "treatment": row.treatment,
        "unit": row.unit,
        "observed_low": row.low,
        "observed_high": row.high,
        "uncertainty": row.uncertainty,
        "n": row.n,
        "quality": row.quality,
        "doi": row.doi,
        "note": row.note,
    }
