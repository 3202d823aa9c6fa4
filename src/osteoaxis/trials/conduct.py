"""A trial conducted: everybody in every arm, then one arm each, with errors and dropout.

Each participant is simulated in all arms with the same chance (errors of measurement, dropout,
luck with fractures), so that effects without noise are known, too; who is allocated where is a
draw of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from osteoaxis import engine, treatment
from osteoaxis.errors import InputError, SolverError
from osteoaxis.outcomes import dxa, fracture
from osteoaxis.outcomes.incidence import first_fracture_month
from osteoaxis.outcomes.person import People
from osteoaxis.pharmacology.decisions import uniforms
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.population.members import Member, members
from osteoaxis.population.solve import hazards
from osteoaxis.simulation import Cohort, Simulator
from osteoaxis.trials.design import FRACTURES, MEASURED, Arm, Trial

Array = NDArray[np.float64]
Progress = Callable[[str, float], None]

SCREEN_CHUNK = 512
SCREENED_MOST = 50
"""People screened for each participant at most."""
NONE = np.array([0.0, 1.0])


@dataclass(frozen=True)
class Conducted:
    """What happened: `truth` and `measured` are (arm, participant, visit) by variable.

    `stayed` (participant, visit) says who is still there, `allocated` (participant) the arm,
    `events` the month of the first fracture by kind (arm, participant; infinite if none).
    """

    trial: Trial
    people: tuple[Member, ...]
    screened: int
    truth: dict[str, Array]
    measured: dict[str, Array]
    stayed: NDArray[np.bool_]
    left_month: Array
    allocated: NDArray[np.int64]
    events: dict[str, Array]


def conduct(
    trial: Trial, ready: Simulator, *, seed: int = 1, progress: Progress | None = None
) -> Conducted:
    """Conduct `trial`. Raises `InputError` if too few people are eligible."""
    say = progress or (lambda _text, _share: None)
    for arm in trial.arms:
        ready.check(arm.regimen)
    people, cohort, screened = _enrolled(trial, ready, seed, say)
    months = np.unique(np.concatenate([trial.visits, np.arange(0.0, trial.visits[-1] + 0.5, 3.0)]))
    visits = np.searchsorted(months, trial.visits)
    truth: dict[str, list[Array]] = {name: [] for name in MEASURED}
    events: dict[str, list[Array]] = {name: [] for name in FRACTURES}
    # The first is the luck that rules about fractures see, too.
    luck = [uniforms(seed, each.patient.name, "fracture", len(FRACTURES)) for each in people]
    for number, arm in enumerate(trial.arms):
        say(f"Arm '{arm.name}' of {len(people):,} people", 0.3 + 0.6 * number / len(trial.arms))
        values = _arm(arm, cohort, ready, months, seed)
        for name in MEASURED:
            truth[name].append(values[name][:, visits])
        risks = hazards(People.of(cohort.patients), values, months)
        for k, name in enumerate(FRACTURES):
            cause = name.removesuffix("_fracture")
            hazard = sum(risks.values()) if cause == "any" else risks[cause]
            events[name].append(
                np.array([first_fracture_month(h, months, float(u[k])) for h, u in
                          zip(np.asarray(hazard), luck, strict=True)])
            )  # fmt: skip
    whole = {name: np.array(found) for name, found in truth.items()}
    left = np.array(
        [
            -np.log1p(-_uniforms(seed, each, "dropout", 1)[0]) / max(trial.dropout / 1200.0, 1e-12)
            for each in people
        ]
    )
    stayed = np.array(trial.visits) <= left[:, None]
    measured = {}
    for k, name in enumerate(MEASURED):
        noise = np.array([_normal(seed, each, k, len(trial.visits)) for each in people])
        factor = np.exp(noise * trial.errors[name] / 100.0)
        measured[name] = np.where(stayed, whole[name] * factor, np.nan)
    return Conducted(
        trial, tuple(people), screened, whole, measured, stayed, left,
        _allocation(trial, len(people), seed), {n: np.array(e) for n, e in events.items()},
    )  # fmt: skip


def _allocation(trial: Trial, count: int, seed: int) -> NDArray[np.int64]:
    shares = np.array([arm.share for arm in trial.arms])
    places = np.floor(np.cumsum(shares) / shares.sum() * count + 1e-9).astype(int)
    arms = np.searchsorted(places, np.arange(count), side="right")
    return np.random.default_rng([seed, 7]).permutation(arms)


def _enrolled(
    trial: Trial, ready: Simulator, seed: int, say: Progress
) -> tuple[list[Member], Cohort, int]:
    """Return the first people of the population who are eligible, and their state."""
    found: list[Member] = []
    parts: list[Cohort] = []
    first = 0
    while len(found) < trial.participants:
        if first >= SCREENED_MOST * trial.participants + SCREEN_CHUNK:
            raise InputError(
                f"trial '{trial.name}': eligibility: {len(found)} of {first:,} people screened "
                f"are eligible, {trial.participants} are needed."
            )
        batch = members(trial.population, seed, range(first, first + SCREEN_CHUNK),
                        ready.model.parameters)  # fmt: skip
        cohort = ready.start_all([each.patient for each in batch])
        levels = _at_entry(batch, cohort, ready)
        ok = np.array([problem is None for problem in cohort.problems])
        for name, (low, high) in {**trial.population.plausible, **trial.eligibility}.items():
            ok &= (low <= levels[name]) & (levels[name] <= high)
        chosen = np.flatnonzero(ok)[: trial.participants - len(found)].tolist()
        found += [batch[k] for k in chosen]
        parts.append(cohort.only(chosen))
        first += SCREEN_CHUNK
        say(f"{len(found):,} of {trial.participants:,} enrolled",
            0.3 * len(found) / trial.participants)  # fmt: skip
    return found, _joined(parts), first


def _joined(parts: list[Cohort]) -> Cohort:
    return Cohort(
        tuple(patient for c in parts for patient in c.patients),
        np.vstack([c.parameters for c in parts]),
        np.concatenate([c.day for c in parts]),
        np.vstack([c.state for c in parts]),
        tuple(problem for c in parts for problem in c.problems),
    )


def _at_entry(batch: list[Member], cohort: Cohort, ready: Simulator) -> dict[str, Array]:
    task = ready.problem(cohort, Regimen.parse("none"), NONE, record=MEASURED, dosing="average")
    values = engine.solve_many(task).values[:, 0]
    levels = dict(zip(MEASURED, values.T, strict=True))
    for site in dxa.SITES:
        sex = batch[0].patient.sex
        levels[f"{site}_t_score"] = dxa.t_score(levels[f"{site}_bmd"], site, sex)
    levels["age"] = np.array([each.patient.age for each in batch])
    levels["body_mass_index"] = np.array([each.patient.body_mass_index for each in batch])
    return levels


def _arm(arm: Arm, cohort: Cohort, ready: Simulator, months: Array, seed: int) -> dict[str, Array]:
    """Return what is recorded (participant, month) by name, everybody on the regimen of `arm`."""
    names = tuple(dict.fromkeys((*MEASURED, *dxa.NEEDS, *fracture.NEEDS)))
    found = treatment.run_all(ready, cohort, arm.regimen, months, names, seed=seed)
    if found.status.any():
        worst = int(np.argmax(found.status != 0))
        raise SolverError(f"{cohort.patients[worst].name}: {found.messages[worst]}")
    return {name: found.values[:, :, k] for k, name in enumerate(names)}


def _uniforms(seed: int, each: Member, purpose: str, count: int) -> Array:
    return uniforms(seed, each.patient.name, f"trial|{purpose}", count)


def _normal(seed: int, each: Member, variable: int, count: int) -> Array:
    return np.asarray(ndtri(_uniforms(seed, each, f"error|{variable}", count)))
