"""What the model predicts for rows of evidence, all of them in a few batches, for many draws.

Each row becomes a question about one or two arms, each arm one person or a few on a regimen.
People and regimens that rows share are simulated once. T-scores scale densities without changing
anything else, so they are put in afterwards, where fractures need them.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from osteoaxis import engine, fitted
from osteoaxis.engine import Progress
from osteoaxis.errors import InputError
from osteoaxis.evidence import endpoint, population, treatment
from osteoaxis.evidence.endpoint import Question
from osteoaxis.evidence.row import Row
from osteoaxis.evidence.study import Study
from osteoaxis.evidence.treatment import NotExecutable
from osteoaxis.outcomes import dxa, fracture
from osteoaxis.outcomes.incidence import cumulative
from osteoaxis.patient import MEASURABLE, Patient
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.simulation import Simulator
from osteoaxis.treatment import given as decided
from osteoaxis.units import DAYS_PER_MONTH

Array = NDArray[np.float64]
Changes = Mapping[str, float]
"""Parameters of the model by full name that replace its own."""
Levels = Mapping[tuple[str, str], Mapping[str, Row]]

HORIZONS = (1.0, 3.0, 6.5, 12.5, 24.5, 36.5, 61.0, 85.0, 121.0, 240.0)
"""Months; members of a batch are simulated to the end of theirs."""
FRACTURE_STEP = 3.0
T_SCORE_SPREAD = 0.7
"""Standard deviation of T-scores within a trial that selects by them (assumed)."""
LEAST_SHARE = 0.2
"""Share of a measured level that is there, however much the assay reads by itself (assumed)."""
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(5)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()
_BATCH = 20_000
LONGEST = 240.0
_VISITS = np.arange(0.0, 61.0, 6.0)


@dataclass(frozen=True)
class Member:
    """One person on one regimen, as simulated: without T-scores."""

    patient: Patient
    regimen: Regimen

    @property
    def key(self) -> tuple[str, str]:
        return repr(self.patient), str(self.regimen)


@dataclass(frozen=True)
class Planned:
    """A row with its question, the members of its arms, and what it is relative to.

    `people` are those whose fractures are counted and the share of each: they differ in earlier
    fractures alone. `reason` says why a row cannot be executed. `given` rows are levels at time
    zero, which the patient starts from.
    """

    row: Row
    question: Question | None = None
    arms: tuple[tuple[int, ...], ...] = ()
    people: tuple[tuple[Patient, float], ...] = ()
    baseline: float | None = None
    given: bool = False
    reason: str = ""
    regimens: tuple[Regimen, ...] = ()

    @property
    def executable(self) -> bool:
        return self.question is not None

    @property
    def taken(self) -> str:
        """Whom and what the words of the row were taken to mean, empty if they were not."""
        if not self.people:
            return ""
        (person, share), *others = self.people
        who = population.told(person, share if others else None)
        return f"{who}: {' vs '.join(map(str, self.regimens))}"


class Plan:
    """Rows ready to be predicted; `studies` states patients and regimens of known studies."""

    def __init__(
        self, rows: Sequence[Row], ready: Simulator, studies: Mapping[str, Study] | None = None
    ) -> None:
        self.ready = ready
        self.studies = studies or {}
        self.members: list[Member] = []
        self._numbers: dict[tuple[str, str], int] = {}
        self._regimens: dict[str, tuple[Regimen, ...]] = {}
        self._decided: dict[tuple[str, str], Regimen] = {}
        levels = _levels_at_entry(rows)
        self.rows = tuple(self._planned(row, levels) for row in rows)

    def _planned(self, row: Row, levels: Levels) -> Planned:
        try:
            person = self._patient(row, levels)
            plans = self._arms(row)
            asked = endpoint.question(row, plans[0])
            if asked.how in ("difference", "hazard_ratio", "risk_ratio") and len(plans) != 2:
                raise NotExecutable("a comparison needs two arms: 'drug ... vs placebo'")
            if asked.end > LONGEST or asked.start < 0:
                raise NotExecutable(f"month {asked.end:g} is outside 0 to {LONGEST:g}")
            known = levels.get((row.study_id, row.arm), {})
            first = known.get(row.endpoint) if row.statistic == "level" else None
            if asked.how == "level" and asked.end <= 0.0:
                return Planned(row, asked, baseline=row.value, given=True)
            baseline = self._baseline(row, first, asked) if asked.how == "level" else None
            arms = tuple(self._members(person, plan) for plan in plans)
            people = self._fractured(person, row)
            return Planned(row, asked, arms, people, baseline, regimens=plans)
        except NotExecutable as problem:
            return Planned(row, reason=str(problem))
        except InputError as problem:
            return Planned(row, reason=str(problem))

    def _baseline(self, row: Row, first: Row | None, asked: Question) -> float | None:
        """Return the level at time zero in the unit of `row`; raises `NotExecutable`."""
        if first is not None and endpoint.spelt(first.unit) == endpoint.spelt(row.unit):
            return first.value
        unit = self.ready.model.quantities[asked.quantity].unit
        one = endpoint.in_unit(row, 1.0, unit)
        if first is None or first.value is None:
            return None
        return first.value * one / endpoint.in_unit(first, 1.0, unit)

    def known(self, row: Row) -> bool:
        """Whether a row is of the study its name says, not of one that shares only the name."""
        study = self.studies.get(row.study_id)
        return study is None or study.of(row)

    def _study(self, row: Row) -> Study | None:
        return self.studies.get(row.study_id) if self.known(row) else None

    def _patient(self, row: Row, levels: Levels) -> Patient:
        study = self._study(row)
        person = study.patient(row) if study else None
        if person is None:
            person = population.patient(row.population, row.arm, row.note)
        if "aromatase deficiency" in row.population.lower():
            return person
        entry = {}
        for name, first in levels.get((row.study_id, row.arm), {}).items():
            if name not in MEASURABLE or first.value is None:
                continue
            unit = self.ready.model.quantities[name].unit
            read = first.value / endpoint.in_unit(first, 1.0, unit)
            level = max(read - endpoint.background(first), read * LEAST_SHARE)
            if MEASURABLE[name][0] <= level <= MEASURABLE[name][1]:
                entry[name] = level
        return replace(person, baseline={**person.baseline, **entry}) if entry else person

    def _fractured(self, person: Patient, row: Row) -> tuple[tuple[Patient, float], ...]:
        study = self._study(row)
        share = study.earlier_vertebral_fracture if study else population.fractured(row.population)
        if share is None:
            return ((person, 1.0),)
        had = {**person.history, "vertebral_fracture": True}
        not_had = {k: v for k, v in had.items() if k != "vertebral_fractures"}
        not_had["vertebral_fracture"] = False
        return (
            (replace(person, history=had), share),
            (replace(person, history=not_had), 1.0 - share),
        )

    def _arms(self, row: Row) -> tuple[Regimen, ...]:
        study = self._study(row)
        text = study.treatment(row) if study else None
        key = text or f"{row.population}|{row.treatment}"
        if key not in self._regimens:
            self._regimens[key] = (
                tuple(map(Regimen.parse, text.split(" vs ")))
                if text
                else treatment.regimens(row.treatment, self.ready, row.population)
            )
        return self._regimens[key]

    def _members(self, person: Patient, plan: Regimen) -> tuple[int, ...]:
        people = population.spread(person) if plan.ruled else (person,)
        found = []
        for each in people:
            regimen = plan
            if plan.ruled:
                key = repr(each), str(plan)
                if key not in self._decided:
                    cohort = self.ready.start(each)
                    self._decided[key] = decided(self.ready, cohort, plan, _VISITS)
                regimen = self._decided[key]
            member = Member(replace(each, name="typical", t_scores={}, history={}), regimen)
            number = self._numbers.setdefault(member.key, len(self.members))
            if number == len(self.members):
                self.members.append(member)
            found.append(number)
        return tuple(found)

    @cached_property
    def horizons(self) -> Array:
        """Month to which each member is simulated."""
        ends = np.zeros(len(self.members))
        for planned in self.rows:
            for number in itertools.chain(*planned.arms):
                assert planned.question is not None
                ends[number] = max(ends[number], planned.question.end)
        return np.array([next(h for h in HORIZONS if h >= end - 1e-9) for end in ends])

    def predict(
        self,
        changes: Sequence[Changes] = ({},),
        *,
        only: Iterable[int] | None = None,
        rtol: float = 1e-4,
        progress: Progress | None = None,
    ) -> Array:
        """Return predictions (row, draw) in the units of the rows; NaN where there is none.

        `changes` are the parameters of each draw; `only` numbers the rows wanted (default: all).
        """
        wanted = range(len(self.rows)) if only is None else list(only)
        asked = {k: self.rows[k] for k in wanted if self.rows[k].executable}
        predictions = np.full((len(self.rows), len(changes)), np.nan)
        for k, planned in asked.items():
            if planned.given and planned.row.value is not None:
                predictions[k] = planned.row.value
        rows_of: dict[float, list[int]] = defaultdict(list)
        for k, planned in asked.items():
            if not planned.given:
                horizon = max(self.horizons[m] for m in itertools.chain(*planned.arms))
                rows_of[float(horizon)].append(k)
        done = 0
        for horizon in sorted(rows_of):
            rows = rows_of[horizon]
            members = sorted({m for k in rows for m in itertools.chain(*asked[k].arms)})
            grid = _grid([asked[k] for k in rows])
            names = _needed([asked[k] for k in rows])
            step = max(1, _BATCH // len(members))
            for first in range(0, len(changes), step):
                some = changes[first : first + step]
                found = self._simulate(members, some, grid, names, rtol)
                for k in rows:
                    predictions[k, first : first + len(some)] = self._answer(asked[k], found, grid)
            done += len(rows)
            if progress:
                progress("Simulating the trials", done / max(len(asked), 1))
        return predictions

    def _simulate(
        self,
        members: Sequence[int],
        changes: Sequence[Changes],
        grid: Array,
        names: Sequence[str],
        rtol: float,
    ) -> dict[int, dict[str, Array]]:
        """Return (draw, time) of each quantity for each member."""
        ready, draws = self.ready, len(changes)
        people: dict[str, int] = {}
        kinds: list[Patient] = []
        for number in members:
            patient = self.members[number].patient
            if people.setdefault(repr(patient), len(kinds)) == len(kinds):
                kinds.append(patient)
        cohort = ready.start_all(
            [
                replace(
                    kind, parameters={**fitted.of_sex(change, male=kind.male), **kind.parameters}
                )
                for kind in kinds
                for change in changes
            ]
        )
        days = grid * DAYS_PER_MONTH
        rows: list[NDArray[np.int64]] = []
        which: list[NDArray[np.int64]] = []
        schedules: list[engine.Events] = []
        for number in members:
            member = self.members[number]
            first = people[repr(member.patient)] * draws
            own = np.arange(first, first + draws)
            doses = ready.doses(member.regimen.doses(float(days[-1]) + 1e-6), "average")
            records, chosen = doses.schedules(cohort.parameters[own])
            which.append(chosen + len(schedules))
            schedules.extend(records)
            rows.append(own)
        everyone = cohort.only(np.concatenate(rows))
        solved = engine.solve_many(
            ready.task(
                everyone,
                schedules,
                np.concatenate(which),
                days,
                record=tuple(names),
                rtol=rtol,
                atol=rtol / 10,
            )
        )
        values = solved.values
        failed = np.array([problem is not None for problem in everyone.problems])
        values[failed] = np.nan
        shaped = values.reshape(len(members), draws, len(grid), len(names))
        return {
            number: {name: shaped[k, :, :, j] for j, name in enumerate(names)}
            for k, number in enumerate(members)
        }

    def _answer(
        self, planned: Planned, found: Mapping[int, Mapping[str, Array]], grid: Array
    ) -> Array:
        asked, row = planned.question, planned.row
        assert asked is not None
        if asked.causes:
            return _fractures(planned, [[found[m] for m in arm] for arm in planned.arms], grid)
        values = [
            np.mean([_value(asked, found[m], grid) for m in arm], axis=0) for arm in planned.arms
        ]
        if asked.how == "difference":
            return np.asarray(values[0] - values[1])
        if asked.how == "level":
            if planned.baseline is not None:
                start = found[planned.arms[0][0]][asked.quantity][:, _at(grid, 0.0)]
                return np.asarray(planned.baseline * values[0] / (start + asked.background))
            unit = self.ready.model.quantities[asked.quantity].unit
            return np.asarray(values[0] * endpoint.in_unit(row, 1.0, unit))
        return np.asarray(values[0])


def _levels_at_entry(rows: Sequence[Row]) -> Levels:
    """Return the rows of levels at time zero by study and arm, and by endpoint."""
    found: dict[tuple[str, str], dict[str, Row]] = defaultdict(dict)
    for row in rows:
        known = row.quality != "memory" and row.uncertainty != "censored_upper"
        if known and row.statistic == "level" and row.time_months == 0.0 and row.value is not None:
            found[row.study_id, row.arm][row.endpoint] = row
    return found


def _grid(rows: Sequence[Planned]) -> Array:
    months = {0.0}
    for planned in rows:
        asked = planned.question
        assert asked is not None
        months |= set(asked.months)
        if asked.causes:
            months |= set(np.arange(0.0, asked.end, FRACTURE_STEP).tolist())
        if asked.how == "ever":
            months |= set(np.arange(0.0, min(asked.end, 24.0), 1.0).tolist())
    return np.unique(np.round(sorted(months), 9))


def _needed(rows: Sequence[Planned]) -> list[str]:
    names: dict[str, None] = {}
    for planned in rows:
        assert planned.question is not None
        if planned.question.causes:
            names |= dict.fromkeys((*dxa.NEEDS, *fracture.NEEDS))
        else:
            names[planned.question.quantity] = None
    return list(names)


def _at(grid: Array, month: float) -> int:
    return int(np.argmin(np.abs(grid - month)))


def _value(asked: Question, found: Mapping[str, Array], grid: Array) -> Array:
    values = found[asked.quantity] + asked.background
    now = values[:, _at(grid, asked.end)]
    if asked.how == "level":
        return now
    if asked.how == "prevalence":
        return 100.0 * now
    if asked.how == "ever":
        return np.asarray(100.0 * values[:, : _at(grid, asked.end) + 1].max(axis=1))
    change = 100.0 * (now / values[:, _at(grid, asked.start)] - 1.0)
    years = (asked.end - asked.start) / 12.0
    return np.asarray(change / years if asked.how == "annual" else change)


def _fractures(
    planned: Planned, arms: Sequence[Sequence[Mapping[str, Array]]], grid: Array
) -> Array:
    """Answer a question about fractures for people whose T-scores spread around the typical."""
    asked = planned.question
    assert asked is not None
    last = _at(grid, asked.end) + 1
    months, first = grid[:last], _at(grid, asked.start)
    years = (asked.end - asked.start) / 12.0
    results = []
    for arm in arms:
        counted, weights = [], []
        for member, (person, part), (node, weight) in itertools.product(
            arm, planned.people, zip(_NODES * T_SCORE_SPREAD, _WEIGHTS, strict=True)
        ):
            hazards = _hazards(person, member, months, node)
            total = np.sum([_of_cause(hazards, c, asked.quantity) for c in asked.causes], axis=0)
            if asked.how == "multiple_rate":
                total = total * fracture.multiple_share(
                    member["ctx"][:, :last], sex=person.sex, age=person.age, months=months,
                    menopause_age=person.menopause_age,
                )  # fmt: skip
            spent = cumulative(total, months)
            counted.append(spent[:, -1] - spent[:, first])
            weights.append(part * weight / len(arm))
        expected = np.array(counted)
        results.append(
            (np.tensordot(weights, expected, 1), np.tensordot(weights, -np.expm1(-expected), 1))
        )
    (expected, share), *other = results
    if asked.how == "hazard_ratio":
        return np.asarray(expected / other[0][0])
    if asked.how == "risk_ratio":
        return np.asarray(share / other[0][1])
    if asked.how == "incidence":
        return np.asarray(100.0 * share)
    return np.asarray(100.0 * expected / years)


def _of_cause(hazards: Mapping[str, Array], cause: str, name: str) -> Array:
    share = endpoint.MAJOR_SHARE if (name, cause) == ("major_osteoporotic_fracture", "other") else 1
    return hazards[cause] * share


def _hazards(
    person: Patient, found: Mapping[str, Array], months: Array, shift: float
) -> dict[str, Array]:
    last, age = months.size, person.age + months / 12.0
    scores = []
    for site in ("lumbar_spine", "femoral_neck", "total_hip"):
        bmd = found[f"{site}_bmd"][:, :last]
        entry = bmd[:, :1]
        own = dxa.t_score(entry, site, person.sex)
        wanted = dxa.density(1.0, site, person.sex) - dxa.density(0.0, site, person.sex)
        target = dxa.density(0.0, site, person.sex) + wanted * (
            person.t_scores.get(site, own) + shift
        )
        scores.append(dxa.z_score(bmd * target / entry, site, person.sex, age))
    texture = dxa.bone_score_z(found["trabecular_bone_score"][:, :last], person.sex, age)
    spine, neck, hip = scores
    return fracture.hazards(
        sex=person.sex, age=person.age, months=months, spine_z=spine, neck_z=neck, hip_z=hip,
        ctx=found["ctx"][:, :last], p1np=found["p1np"][:, :last], tbs_z=texture,
        menopause_age=person.menopause_age, history=person.history,
    )  # fmt: skip
