"""The published results: the studies, and one study beside what the model predicts for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from osteoaxis import DISCLAIMER, evidence, intervals
from osteoaxis.errors import InputError
from osteoaxis.evidence import Plan, Study, tested
from osteoaxis.evidence.check import Scored, score
from osteoaxis.present.evidence import AGREES, RANGE, off_by, verdict
from osteoaxis.simulation import Simulator
from osteoaxis.web.catalogue import Catalogue
from osteoaxis.web.problems import Unknown

Answer = dict[str, Any]


def listed(
    ready: Simulator, asked: Sequence[str], sex: str | None = None, endpoint: str | None = None
) -> Answer:
    """Return the studies of the drugs `asked` (default: all) that report `endpoint`.

    An arm was given all of these, or drugs of their classes; people of `sex` come first. Raises
    `InputError` for a drug or endpoint that is unknown.
    """
    return {
        "studies": [
            {**_study(each.study), "match": each.match,
             "treatments": tested.treatments(each.study, ready.drugs)}
            for each in tested.listed(asked, ready.drugs, sex, endpoint)
        ],
        "endpoints": tested.endpoints(),
    }  # fmt: skip


def _study(study: Study) -> Answer:
    sources = {(row.citation, row.doi, row.source_url): None for row in study.rows}
    return {
        "id": study.id,
        "citation": study.title,
        "doi": next((row.doi for row in study.rows if row.doi), ""),
        "role": study.role,
        "reason": study.reason,
        "population": study.population,
        "sex": list(tested.sexes(study)),
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

    `low` and `high` hold the 90 % interval of what such a study would observe; `verdict` is
    "agrees" or "off", or why a result is not counted.
    """
    study = evidence.find(name)
    plan = Plan(study.rows, known.ready, evidence.studies())
    values = plan.predict([{}, *intervals.sets(evidence.DRAWS)])
    scored = score(plan, values, {study.id: study.role})
    return {
        **_study(study),
        "results": [_result(each) for each in scored],
        "range": RANGE,
        "agrees": AGREES,
        "note": DISCLAIMER,
    }


def _result(scored: Scored) -> Answer:
    told = scored.as_json()
    del told["study_id"], told["role"]
    return told | {"off_by": off_by(scored), "verdict": verdict(scored)}
