"""A trial conducted: everybody in every arm, then one arm each, with errors and dropout.

Each participant is simulated in all arms with the same chance (errors of measurement, dropout,
luck with fractures and death), so that effects without noise are known, too; who is allocated where
is a draw of its own. Members are drawn in proportion to the weights of the population. Who is
eligible, and what rules of the arms decide, goes by what is measured.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from osteoaxis import engine, treatment
from osteoaxis.engine import Progress
from osteoaxis.errors import InputError, SolverError
from osteoaxis.outcomes import dxa, fracture
from osteoaxis.outcomes.incidence import cumulative, first_month, mortality
from osteoaxis.outcomes.person import People
from osteoaxis.pharmacology.decisions import Decision, uniforms
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.population.members import Member, members
from osteoaxis.population.named import HEAVIEST
from osteoaxis.population.solve import hazards
from osteoaxis.simulation import Cohort, Simulator
from osteoaxis.trials.design import FRACTURES, MEASURED, SCORES, Arm, Trial
from osteoaxis.workers import Each, Pace, here

Array = NDArray[np.float64]

PART = 256
"""Members drawn and simulated at once."""
DRAWN_MOST = 250
"""Members drawn for each participant at most."""
NONE = np.array([0.0, 1.0])
QUANTITIES = (*MEASURED, "egfr")
STEP = 3.0
"""Months between the times at which hazards of fracture are known."""


@dataclass(frozen=True)
class Conducted:
    """What happened: `truth` and `measured` are (arm, participant, visit) by variable.

    `model` is the fingerprint of what it was simulated with. `measured` holds what would be
    measured of everybody in every arm, `entry` what was known at screening by name. `stayed`
    (participant, visit) says who is still there: until they leave (`left_month`), by death in
    `died_month` (infinite if they live on), which follows the life table whatever is given;
    `alive` (participant, time) is the chance of being alive in `months`. `allocated` (participant)
    holds the arm, `events` the month of the first fracture by kind (arm, participant; infinite if
    none), `spent` the integral of its hazard (arm, participant, time) until the times of `months`,
    `decisions` what rules decided by arm and participant. `excluded` counts those screened
    who did not meet each criterion; one may miss several.
    """

    trial: Trial
    seed: int
    model: str
    people: tuple[Member, ...]
    screened: int
    excluded: Mapping[str, int]
    entry: dict[str, Array]
    truth: dict[str, Array]
    measured: dict[str, Array]
    stayed: NDArray[np.bool_]
    left_month: Array
    died_month: Array
    alive: Array
    allocated: NDArray[np.int64]
    events: dict[str, Array]
    months: Array
    spent: dict[str, Array]
    decisions: tuple[tuple[tuple[Decision, ...], ...], ...]

    @property
    def died(self) -> NDArray[np.bool_]:
        """Who died while they took part (participant)."""
        last = self.trial.visits[-1]
        return np.asarray((self.died_month <= self.left_month) & (self.died_month <= last))

    def staying(self, month: Array | float) -> Array:
        """Return the share of people like the participants who are still there in a month."""
        alive = np.interp(month, self.months, self._alive)
        return np.asarray(alive * np.exp(-self.trial.dropout / 1200.0 * np.asarray(month)))

    @cached_property
    def _alive(self) -> Array:
        return np.asarray(self.alive.mean(axis=0))

    def seen(self, variable: str, arm: int) -> Array:
        """Return what was measured of the participants of an arm (participant, visit).

        NaN after they have left.
        """
        own = self.allocated == arm
        return np.where(self.stayed[own], self.measured[variable][arm, own], np.nan)


@dataclass(frozen=True)
class Lives:
    """People in every arm: levels (arm, person, visit), first fractures (arm, person), see above.

    `messages` say what could not be solved of each person, "" where all could.
    """

    levels: dict[str, Array]
    events: dict[str, Array]
    spent: dict[str, Array]
    decisions: tuple[tuple[tuple[Decision, ...], ...], ...]
    messages: tuple[str, ...]

    def only(self, some: slice) -> Lives:
        """Return the lives of some of them."""
        levels, events, spent = (
            {name: values[:, some] for name, values in columns.items()}
            for columns in (self.levels, self.events, self.spent)
        )
        decisions = tuple(arm[some] for arm in self.decisions)
        return Lives(levels, events, spent, decisions, self.messages[some])


@dataclass(frozen=True)
class _Screened:
    """Members screened: their numbers, who met each criterion, and those eligible."""

    numbers: Array
    met: dict[str, NDArray[np.bool_]]
    entry: dict[str, Array]
    lives: Lives | None

    @property
    def eligible(self) -> NDArray[np.bool_]:
        everybody = np.ones(len(self.numbers), bool)
        return np.asarray(np.all([everybody, *self.met.values()], axis=0))


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
    parts = _enrolled(trial, ready, seed, progress, each)
    count = trial.participants
    eligible = np.concatenate([part.eligible for part in parts])
    drawn = np.concatenate([part.numbers for part in parts])
    numbers = drawn[eligible][:count]
    screened = drawn <= numbers[-1]
    lived = _joined([part.lives for part in parts if part.lives]).only(slice(count))
    people = members(trial.population, seed, map(int, numbers), ready.model.parameters)
    if any(lived.messages):
        worst = next(k for k, message in enumerate(lived.messages) if message)
        raise SolverError(f"{people[worst].patient.name}: {lived.messages[worst]}")
    left = np.array(
        [
            -np.log1p(-uniforms(seed, one.patient.name, "trial|dropout", 1)[0])
            / max(trial.dropout / 1200.0, 1e-12)
            for one in people
        ]
    )
    names, months = [one.patient.name for one in people], _months(trial)
    everybody = People.of([one.patient for one in people])
    excess = fracture.excess_mortality(everybody.history)
    dying = mortality(everybody.sex, everybody.age, months, excess)
    died = np.array(
        [
            first_month(hazard, months, float(uniforms(seed, name, "trial|death", 1)[0]))
            for name, hazard in zip(names, dying, strict=True)
        ]
    )
    left = np.minimum(left, died)
    return Conducted(
        trial=trial,
        seed=seed,
        model=ready.fingerprint,
        people=tuple(people),
        screened=int(screened.sum()),
        excluded={
            name: int((~np.concatenate([part.met[name] for part in parts]))[screened].sum())
            for name in trial.eligibility
        },
        entry={
            name: np.concatenate([part.entry[name] for part in parts])[eligible][:count]
            for name in parts[0].entry
        },
        truth=lived.levels,
        measured={
            name: lived.levels[name] * _factors(trial, seed, names, name, trial.visits)
            for name in MEASURED
        },
        stayed=np.array(trial.visits) <= left[:, None],
        left_month=left,
        died_month=died,
        alive=np.exp(-cumulative(dying, months)),
        allocated=_allocation(trial, count, seed),
        events=lived.events,
        months=months,
        spent=lived.spent,
        decisions=lived.decisions,
    )


def _factors(
    trial: Trial, seed: int, names: Sequence[str], variable: str, months: Sequence[float]
) -> Array:
    """Return by what measurements of each person (person, month) are off."""
    error = trial.errors[variable]
    factor = treatment.measured_factor
    return np.array([[factor(seed, one, variable, m, error) for m in months] for one in names])


def _allocation(trial: Trial, count: int, seed: int) -> NDArray[np.int64]:
    shares = np.array([arm.share for arm in trial.arms])
    places = np.floor(np.cumsum(shares) / shares.sum() * count + 1e-9).astype(int)
    arms = np.searchsorted(places, np.arange(count), side="right")
    return np.random.default_rng([seed, 7]).permutation(arms)


def _enrolled(
    trial: Trial, ready: Simulator, seed: int, progress: Progress | None, each: Each
) -> list[_Screened]:
    """Screen members in order until enough are eligible, those in every arm.

    In waves as large as those seen so far let hope for.
    """
    parts: dict[int, _Screened] = {}
    found = drawn = 0
    pace = Pace(progress, "people enrolled", trial.participants)
    while found < trial.participants:
        if drawn >= DRAWN_MOST * trial.participants + PART:
            screened = sum(len(part.numbers) for part in parts.values())
            raise InputError(
                f"trial '{trial.name}': eligibility: {found} of {screened:,} people screened "
                f"are eligible, {trial.participants} are needed."
            )
        share = found / drawn if found else 1.0
        wave = math.ceil((trial.participants - found) / (share * PART)) * PART
        batches = [range(k, k + PART) for k in range(drawn, drawn + wave, PART)]
        for batch, part in each(partial(_screened, trial, ready, seed), batches):
            parts[batch[0]] = part
            now = int(part.eligible.sum())
            pace.add(min(now, trial.participants - found))
            found = min(found + now, trial.participants)
        drawn += wave
    return [parts[first] for first in sorted(parts)]


def _screened(trial: Trial, ready: Simulator, seed: int, numbers: range) -> _Screened:
    """Screen these members and simulate those who are eligible in every arm."""
    batch = members(trial.population, seed, numbers, ready.model.parameters)
    cohort = ready.start_all([one.patient for one in batch])
    levels = _at_entry(cohort, ready)
    there = np.array([problem is None for problem in cohort.problems])
    for name, (low, high) in trial.population.plausible.items():
        there &= (low <= levels[name]) & (levels[name] <= high)
    if trial.population.marginals:
        luck = [uniforms(seed, one.patient.name, "trial|weight", 1)[0] for one in batch]
        there &= HEAVIEST * np.array(luck) < trial.population.weights(levels)
    chosen = np.flatnonzero(there)
    own = {name: values[chosen] for name, values in levels.items()}
    entry = _entry(trial, seed, [batch[k] for k in chosen], own)
    met = {
        name: (low <= entry[name]) & (entry[name] <= high)
        for name, (low, high) in trial.eligibility.items()
    }
    found = _Screened(np.array(numbers)[chosen], met, entry, None)
    if not found.eligible.any():
        return found
    eligible = cohort.only(chosen[found.eligible].tolist())
    return replace(found, lives=lives(trial, eligible, ready, seed))


def _at_entry(cohort: Cohort, ready: Simulator) -> dict[str, Array]:
    task = ready.problem(cohort, Regimen.parse("none"), NONE, record=QUANTITIES, dosing="average")
    return dict(zip(QUANTITIES, engine.solve_many(task).values[:, 0].T, strict=True))


def _entry(
    trial: Trial, seed: int, batch: Sequence[Member], levels: Mapping[str, Array]
) -> dict[str, Array]:
    """Return what is known of members at screening, levels as measured."""
    names = [one.patient.name for one in batch]
    known = dict(levels)
    for name in MEASURED:
        known[name] = levels[name] * _factors(trial, seed, names, name, (0.0,)).reshape(-1)
    sex = trial.population.sex
    for site in dxa.SITES:
        known[f"{site}_t_score"] = dxa.t_score(known[f"{site}_bmd"], site, sex)
    known["lowest_t_score"] = np.min([known[name] for name in SCORES], axis=0)
    known["age"] = np.array([one.patient.age for one in batch])
    known["body_mass_index"] = np.array([one.patient.body_mass_index for one in batch])
    if sex == "female":
        since = [one.patient.age - (one.patient.menopause_age or np.nan) for one in batch]
        known["years_since_menopause"] = np.array(since)
    return known


def _joined(some: Sequence[Lives]) -> Lives:
    """Return the people of all parts."""

    def put(columns: Sequence[dict[str, Array]]) -> dict[str, Array]:
        return {
            name: np.concatenate([each[name] for each in columns], axis=1) for name in columns[0]
        }

    return Lives(
        put([part.levels for part in some]),
        put([part.events for part in some]),
        put([part.spent for part in some]),
        tuple(sum(arm, ()) for arm in zip(*(part.decisions for part in some), strict=True)),
        sum((part.messages for part in some), ()),
    )


def lives(
    trial: Trial,
    cohort: Cohort,
    ready: Simulator,
    seed: int,
    numbers: Mapping[str, Array] | None = None,
) -> Lives:
    """Return what becomes of `cohort` in every arm.

    `numbers` are those of the fracture model for each person (default: central).
    """
    arms = [_in_arm(arm, trial, cohort, ready, seed, numbers) for arm in trial.arms]
    return Lives(
        {name: np.array([arm.levels[name][0] for arm in arms]) for name in MEASURED},
        {name: np.array([arm.events[name][0] for arm in arms]) for name in FRACTURES},
        {name: np.array([arm.spent[name][0] for arm in arms]) for name in FRACTURES},
        tuple(arm.decisions[0] for arm in arms),
        tuple(max(of_one) for of_one in zip(*(arm.messages for arm in arms), strict=True)),
    )


def _months(trial: Trial) -> Array:
    return np.unique(np.concatenate([trial.visits, np.arange(0.0, trial.visits[-1] + 0.5, STEP)]))


def _in_arm(
    arm: Arm,
    trial: Trial,
    cohort: Cohort,
    ready: Simulator,
    seed: int,
    numbers: Mapping[str, Array] | None,
) -> Lives:
    """Return one arm of the lives of `cohort`, everybody on the regimen of `arm`."""
    months = _months(trial)
    names = tuple(dict.fromkeys((*MEASURED, *dxa.NEEDS, *fracture.NEEDS)))
    found = treatment.run_all(
        ready, cohort, arm.regimen, months, names, seed=seed, errors=trial.errors
    )
    values = {name: found.values[:, :, k] for k, name in enumerate(names)}
    risks = hazards(People.of(cohort.patients), values, months, numbers=numbers)
    # The first is the luck that rules about fractures see, too.
    luck = [uniforms(seed, one.name, "fracture", len(FRACTURES)) for one in cohort.patients]
    events, spent = {}, {}
    for k, name in enumerate(FRACTURES):
        cause = name.removesuffix("_fracture")
        hazard = np.asarray(sum(risks.values()) if cause == "any" else risks[cause])
        own = zip(hazard, luck, strict=True)
        events[name] = np.array([[first_month(h, months, float(u[k])) for h, u in own]])
        spent[name] = cumulative(hazard, months)[None]
    visits = np.searchsorted(months, trial.visits)
    levels = {name: values[name][None, :, visits] for name in MEASURED}
    return Lives(levels, events, spent, (found.decisions,), found.messages)
