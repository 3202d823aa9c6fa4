"""A trial conducted: everybody in every arm, then one arm each, with errors and dropout.

Each participant is simulated in all arms with the same chance (errors of measurement, dropout,
luck with fractures), so that effects without noise are known, too; who is allocated where is a
draw of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

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
from osteoaxis.workers import Each, Pace, here

Array = NDArray[np.float64]
Progress = Callable[[str, float], None]

PART = 256
"""People screened and simulated at once."""
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


@dataclass(frozen=True)
class _Lives:
    """Eligible members in every arm: levels (arm, person, visit), first fractures (arm, person).

    `messages` say what could not be solved of each person, "" where all could.
    """

    numbers: list[int]
    levels: dict[str, Array]
    events: dict[str, Array]
    messages: list[str]


def conduct(
    trial: Trial,
    ready: Simulator,
    *,
    seed: int = 1,
    progress: Progress | None = None,
    each: Each = here,
) -> Conducted:
    """Conduct `trial`.

    Raises `InputError` if too few people are eligible, `SolverError` if one cannot be simulated.
    """
    for arm in trial.arms:
        ready.check(arm.regimen)
    lives = _enrolled(trial, ready, seed, progress, each)
    people = members(trial.population, seed, lives.numbers, ready.model.parameters)
    if any(lives.messages):
        worst = next(k for k, message in enumerate(lives.messages) if message)
        raise SolverError(f"{people[worst].patient.name}: {lives.messages[worst]}")
    left = np.array(
        [
            -np.log1p(-_uniforms(seed, one, "dropout", 1)[0]) / max(trial.dropout / 1200.0, 1e-12)
            for one in people
        ]
    )
    stayed = np.array(trial.visits) <= left[:, None]
    measured = {}
    for k, name in enumerate(MEASURED):
        noise = np.array([_normal(seed, one, k, len(trial.visits)) for one in people])
        factor = np.exp(noise * trial.errors[name] / 100.0)
        measured[name] = np.where(stayed, lives.levels[name] * factor, np.nan)
    return Conducted(
        trial, tuple(people), lives.numbers[-1] + 1, lives.levels, measured, stayed, left,
        _allocation(trial, len(people), seed), lives.events,
    )  # fmt: skip


def _allocation(trial: Trial, count: int, seed: int) -> NDArray[np.int64]:
    shares = np.array([arm.share for arm in trial.arms])
    places = np.floor(np.cumsum(shares) / shares.sum() * count + 1e-9).astype(int)
    arms = np.searchsorted(places, np.arange(count), side="right")
    return np.random.default_rng([seed, 7]).permutation(arms)


def _enrolled(
    trial: Trial, ready: Simulator, seed: int, progress: Progress | None, each: Each
) -> _Lives:
    """Return the first people of the population who are eligible, in every arm.

    Members are screened in waves as large as those seen so far let hope for.
    """
    parts: dict[int, _Lives] = {}
    found = screened = 0
    pace = Pace(progress, "people enrolled", trial.participants)
    while found < trial.participants:
        if screened >= SCREENED_MOST * trial.participants + PART:
            raise InputError(
                f"trial '{trial.name}': eligibility: {found} of {screened:,} people screened "
                f"are eligible, {trial.participants} are needed."
            )
        share = found / screened if found else 1.0
        wave = math.ceil((trial.participants - found) / (share * PART)) * PART
        batches = [range(k, k + PART) for k in range(screened, screened + wave, PART)]
        for batch, part in each(partial(_lives, trial, ready, seed), batches):
            parts[batch[0]] = part
            pace.add(min(len(part.numbers), trial.participants - found))
            found = min(found + len(part.numbers), trial.participants)
        screened += wave
    return _joined([parts[first] for first in sorted(parts)], trial.participants)


def _lives(trial: Trial, ready: Simulator, seed: int, numbers: range) -> _Lives:
    """Screen these members and simulate those who are eligible in every arm."""
    batch = members(trial.population, seed, numbers, ready.model.parameters)
    cohort = ready.start_all([one.patient for one in batch])
    levels = _at_entry(batch, cohort, ready)
    ok = np.array([problem is None for problem in cohort.problems])
    for name, (low, high) in {**trial.population.plausible, **trial.eligibility}.items():
        ok &= (low <= levels[name]) & (levels[name] <= high)
    chosen = np.flatnonzero(ok).tolist()
    if not chosen:
        return _Lives([], {}, {}, [])
    eligible = cohort.only(chosen)
    arms = [_in_arm(arm, trial, eligible, ready, seed) for arm in trial.arms]
    return _Lives(
        [numbers[k] for k in chosen],
        {name: np.array([arm.levels[name][0] for arm in arms]) for name in MEASURED},
        {name: np.array([arm.events[name][0] for arm in arms]) for name in FRACTURES},
        [max(of_one) for of_one in zip(*(arm.messages for arm in arms), strict=True)],
    )


def _joined(parts: Sequence[_Lives], count: int) -> _Lives:
    """Return the first `count` people of all parts."""
    some = [part for part in parts if part.numbers]

    def put(columns: Sequence[dict[str, Array]]) -> dict[str, Array]:
        return {
            name: np.concatenate([each[name] for each in columns], axis=1)[:, :count]
            for name in columns[0]
        }

    return _Lives(
        [number for part in some for number in part.numbers][:count],
        put([part.levels for part in some]),
        put([part.events for part in some]),
        [message for part in some for message in part.messages][:count],
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


def _in_arm(arm: Arm, trial: Trial, cohort: Cohort, ready: Simulator, seed: int) -> _Lives:
    """Return one arm of the lives of `cohort`, everybody on the regimen of `arm`."""
    months = np.unique(np.concatenate([trial.visits, np.arange(0.0, trial.visits[-1] + 0.5, 3.0)]))
    names = tuple(dict.fromkeys((*MEASURED, *dxa.NEEDS, *fracture.NEEDS)))
    found = treatment.run_all(ready, cohort, arm.regimen, months, names, seed=seed)
    values = {name: found.values[:, :, k] for k, name in enumerate(names)}
    risks = hazards(People.of(cohort.patients), values, months)
    # The first is the luck that rules about fractures see, too.
    luck = [uniforms(seed, one.name, "fracture", len(FRACTURES)) for one in cohort.patients]
    events = {}
    for k, name in enumerate(FRACTURES):
        cause = name.removesuffix("_fracture")
        hazard = np.asarray(sum(risks.values()) if cause == "any" else risks[cause])
        own = zip(hazard, luck, strict=True)
        events[name] = np.array([[first_fracture_month(h, months, float(u[k])) for h, u in own]])
    visits = np.searchsorted(months, trial.visits)
    levels = {name: values[name][None, :, visits] for name in MEASURED}
    return _Lives([], levels, events, list(found.messages))


def _uniforms(seed: int, each: Member, purpose: str, count: int) -> Array:
    return uniforms(seed, each.patient.name, f"trial|{purpose}", count)


def _normal(seed: int, each: Member, variable: int, count: int) -> Array:
    return np.asarray(ndtri(_uniforms(seed, each, f"error|{variable}", count)))
