"""What stands beside a trial: cautions that its arms meet, studies like it with their misses."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from osteoaxis import evidence, guidance
from osteoaxis.evidence import Study, check
from osteoaxis.evidence.check import Scored
from osteoaxis.evidence.endpoint import group
from osteoaxis.evidence.tested import trials_of
from osteoaxis.guidance import Finding
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.present.clinical.sources import nearest
from osteoaxis.scenario import trajectory
from osteoaxis.simulation import Simulator
from osteoaxis.trials import Conducted
from osteoaxis.trials.design import FRACTURES, SCORES

MOST = 3
"""Studies of each arm."""


@dataclass(frozen=True)
class Near:
    """A study of the drugs of some arms, and how far off the model is there by endpoint.

    `misses` holds `check.statistics` (points; fractures in log units), predicted minus observed.
    """

    study: Study
    arms: tuple[str, ...]
    misses: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Context:
    """Cautions by arm, of a typical participant with everything started, and the studies."""

    cautions: Mapping[str, tuple[Finding, ...]]
    near: tuple[Near, ...]


def context(found: Conducted, ready: Simulator) -> Context:
    """Return what stands beside `found`."""
    years, cohort = found.trial.visits[-1] / 12.0, ready.start(typical(found))
    cautions = {}
    for arm in found.trial.arms:
        plan = _begun(arm.regimen)
        data = trajectory(ready, cohort, plan, years, dosing="average")
        cautions[arm.name] = guidance.flags(cohort.patients[0], data, ready.drugs)
    return Context(cautions, _near(found, ready))


def typical(found: Conducted) -> Patient:
    """Return somebody with the mean age, body mass and T-scores of the participants."""
    first, mean = found.people[0].patient, {k: float(v.mean()) for k, v in found.entry.items()}
    since = mean.get("years_since_menopause")
    return replace(
        first,
        name="typical participant",
        age=mean["age"],
        menopause_age=None if since is None else mean["age"] - since,
        body_mass_index=mean["body_mass_index"],
        baseline={},
        t_scores={name.removesuffix("_t_score"): mean[name] for name in SCORES},
        parameters={},
    )


def _begun(regimen: Regimen) -> Regimen:
    """Return a regimen with what waits for a condition begun at once."""
    return Regimen(
        tuple(
            replace(term, rules=replace(term.rules, start=None)) if term.rules else term
            for term in regimen.terms
        )
    )


def _near(found: Conducted, ready: Simulator) -> tuple[Near, ...]:
    kinds = {"bmd"}
    kinds |= {"fracture" if v in FRACTURES else group(v) for v, _ in found.trial.endpoints}
    arms: dict[str, list[str]] = {}
    for arm in found.trial.arms:
        tested = trials_of(arm.regimen, ready.drugs, found.trial.population.sex)
        useful = [each.study.id for each in nearest(tested) if _tells(each.study, kinds)]
        for name in useful[:MOST]:
            arms.setdefault(name, []).append(arm.name)
    if not arms:
        return ()
    rows: dict[str, list[Scored]] = {}
    for scored in evidence.verdicts(only=arms, draws=0):
        if group(scored.row.endpoint) in kinds:
            rows.setdefault(scored.row.study_id, []).append(scored)
    return tuple(
        Near(study, tuple(arms[name]), check.summary(rows[name]))
        for name in arms
        if (study := evidence.find(name))
    )


def _tells(study: Study, kinds: Collection[str]) -> bool:
    """Whether a study has results of these kinds that were read and have a weight."""
    return study.role != "context" and any(
        group(row.endpoint) in kinds and row.quality != "memory" and row.value is not None
        for row in study.rows
    )
