"""Rule-based treatment: what is given depends on what is measured at visits, and on chance.

A plan becomes doses by simulating with the doses decided so far, going through the visits in
order, and simulating again after each decision: no run knows its future, and the last run is the
result. Chance is one stream for each patient, drug and purpose, so that it is the same alone and
in company and does not shift when another drug is added.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from osteoaxis.dosing import Dosing
from osteoaxis.errors import InputError, SolverError, did_you_mean
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.pharmacology.rules import YEAR
from osteoaxis.pharmacology.terms import Dose, Term, dose_times
from osteoaxis.simulation import ATOL, RTOL, Array, Cohort, Simulator, month_grid, simulator
from osteoaxis.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    import xarray as xr

Values = Mapping[str, float | bool | None]
Look = Callable[[Sequence[Dose]], Callable[[float], Values]]
"""Simulates doses and returns what is measured on a day."""
FRACTURE_SITES = ("vertebral", "hip", "other")


@dataclass(frozen=True)
class Decision:
    """What was decided about a term, on which day and why; `values` are those of the condition."""

    day: float
    term: Term
    action: str
    reason: str
    values: Values

    def __str__(self) -> str:
        found = ", ".join(
            name if value is True else f"{name} {value:.3g}"
            for name, value in sorted(self.values.items())
            if value is not None and value is not False
        )
        because = f"{self.reason} ({found})" if found else self.reason
        return f"month {self.day / DAYS_PER_MONTH:.4g}: {self.term.drug} {self.action}: {because}"


@dataclass
class _Course:
    """What has been decided about one term."""

    term: Term
    started: float | None
    stopped: float | None = None
    gives_up: float = np.inf
    taken: Array | None = None  # uniform draw of each dose

    def end(self, until_day: float) -> float:
        """Day on which the window, a rule or the run ends the doses."""
        return min(x for x in (until_day, self.term.stop_day, self.stopped) if x is not None)

    def doses(self, until_day: float) -> Iterator[Dose]:
        term, rules = self.term, self.term.rules
        if self.started is None:
            return
        if rules is None:
            yield from map(term.dose, term.times(until_day))
            return
        end = min(self.end(until_day), self.gives_up)
        if term.every_days is None:
            days = np.array([self.started])
        else:
            count = max(0, int(np.ceil((end - self.started) / term.every_days)) + 1)
            days = dose_times(self.started, term.every_days, min(count, rules.most or count))
        for k, day in enumerate(days):
            if day < end and (self.taken is None or 100.0 * self.taken[k] < rules.taken):
                yield term.dose(float(day))


def uniforms(seed: int, patient: str, purpose: str, count: int) -> Array:
    """Return `count` uniform numbers of a patient's stream for a purpose, the same on every machine
    and whatever else is drawn."""
    name = hashlib.sha256(f"{patient}|{purpose}".encode()).digest()
    sequence = np.random.SeedSequence([seed, *np.frombuffer(name, np.uint32).tolist()])
    return np.random.Generator(np.random.Philox(sequence)).random(count)


def decide(
    plan: Regimen, look: Look, until_day: float, *, seed: int = 1, patient: str = "patient"
) -> tuple[tuple[Dose, ...], tuple[Decision, ...]]:
    """Return the doses before `until_day` that the rules of `plan` lead to, and the decisions.

    Raises `InputError` if a condition asks for what `look` does not measure.
    """
    courses = [_course(term, until_day, seed, patient) for term in plan.terms]
    decisions: list[Decision] = []
    visits = sorted(
        (day, k) for k, course in enumerate(courses) for day in _visits(course.term, until_day)
    )

    def given() -> tuple[Dose, ...]:
        return tuple(sorted(d for course in courses for d in course.doses(until_day)))

    measured = look(given()) if visits else None
    for day, k in visits:
        assert measured is not None
        facts = dict(measured(day))
        facts |= _counts(given(), plan, day)
        decision = _at_visit(courses[k], day, facts)
        if decision is None:
            continue
        decisions.append(decision)
        if decision.action == "started":
            _draw_giving_up(courses[k], seed, patient)
        measured = look(given())
    decisions += [
        Decision(c.gives_up, c.term, "given up", f"dropout {c.term.rules.dropout:g} %/y", {})
        for c in courses
        if c.term.rules and c.gives_up < c.end(until_day)
    ]
    return given(), tuple(sorted(decisions, key=lambda d: d.day))


def _course(term: Term, until_day: float, seed: int, patient: str) -> _Course:
    rules = term.rules
    waits = rules is not None and rules.start is not None
    course = _Course(term, None if waits else term.start_day)
    if rules and rules.taken < 100.0:
        most = int((until_day - term.start_day) / (term.every_days or YEAR)) + 2
        purpose = f"{term.drug}|{term.route}|{term.start_day:g}|taken"
        course.taken = uniforms(seed, patient, purpose, max(most, 1))
    if not waits:
        _draw_giving_up(course, seed, patient)
    return course


def _draw_giving_up(course: _Course, seed: int, patient: str) -> None:
    """Draw when the patient gives up a drug, from its start on."""
    term = course.term
    if course.started is None or term.rules is None or not term.rules.dropout:
        return
    purpose = f"{term.drug}|{term.route}|{term.start_day:g}|dropout"
    (u,) = uniforms(seed, patient, purpose, 1)
    course.gives_up = float(course.started - np.log1p(-u) / (term.rules.dropout / 100.0) * YEAR)


def _visits(term: Term, until_day: float) -> Iterator[float]:
    rules = term.rules
    if rules is None or not (rules.start or rules.stop):
        return
    day, end = term.start_day, min(until_day, term.stop_day or until_day)
    while day < end:
        if day >= 0.0:
            yield day
        day = round(day + rules.checked, 7)


def _counts(given: Sequence[Dose], plan: Regimen, day: float) -> Values:
    """Doses of each drug before `day`, and days since the last."""
    facts: dict[str, float | bool | None] = {}
    for drug in plan.drugs:
        before = [dose.time_day for dose in given if dose.drug == drug and dose.time_day < day]
        facts[f"{drug}_doses"] = len(before)
        facts[f"{drug}_days"] = day - max(before) if before else None
    return facts


def _at_visit(course: _Course, day: float, facts: Values) -> Decision | None:
    rules = course.term.rules
    assert rules is not None
    if course.gives_up <= day or (course.stopped is not None and course.stopped <= day):
        return None
    for condition in filter(None, (rules.start, rules.stop)):
        for name in condition.names:
            if name not in facts:
                raise InputError(
                    f"regimen term '{course.term}': nothing called '{name}' is measured."
                    f"{did_you_mean(name, facts)} See 'osteoaxis list quantities'."
                )
    stops = rules.stop is not None and rules.stop(facts) is True
    if course.started is None:
        assert rules.start is not None
        if rules.start(facts) is not True or stops:
            return None
        course.started = day
        return Decision(day, course.term, "started", rules.start.text, _seen(rules.start, facts))
    if stops:
        assert rules.stop is not None
        course.stopped = day
        return Decision(day, course.term, "stopped", rules.stop.text, _seen(rules.stop, facts))
    return None


def _seen(condition: object, facts: Values) -> Values:
    return {name: facts[name] for name in getattr(condition, "names", ())}


def run(
    ready: Simulator,
    cohort: Cohort,
    plan: Regimen,
    months: Array,
    *,
    seed: int = 1,
    dosing: Dosing = "events",
    rtol: float = RTOL,
    atol: float = ATOL,
) -> xr.Dataset:
    """Simulate one person on a plan that may have rules; see `Simulator.run` for the result.

    The attribute `given` is the regimen without rules that was given, `decisions` lists what was
    decided about it.
    """
    if not plan.ruled:
        data = ready.run(cohort, plan, months, dosing=dosing, rtol=rtol, atol=atol)
        data.attrs |= {"given": str(plan), "decisions": [], "seed": seed}
        return data
    ready.check(plan)
    end = float(months[-1]) * DAYS_PER_MONTH
    visits = [day / DAYS_PER_MONTH for term in plan.terms for day in _visits(term, end)]
    grid = np.unique(np.concatenate([months, visits]).round(9))
    (person,) = cohort.patients
    (luck,) = uniforms(seed, person.name, "fracture", 1)
    runs: list[xr.Dataset] = []

    def look(doses: Sequence[Dose]) -> Callable[[float], Values]:
        data = ready.run(cohort, plan, grid, doses=doses, dosing=dosing, rtol=rtol, atol=atol)
        runs.append(data)
        columns = {str(name): column.values for name, column in data.data_vars.items()}
        broken = _first_fracture(columns, grid, luck)

        def measured(day: float) -> Values:
            month = day / DAYS_PER_MONTH
            row = int(np.argmin(np.abs(grid - month)))
            seen: dict[str, float | bool | None] = {n: float(v[row]) for n, v in columns.items()}
            return seen if broken is None else seen | {"fracture": broken <= month}

        return measured

    doses, decisions = decide(plan, look, end, seed=seed, patient=person.name)
    data = (
        runs[-1]
        if runs
        else ready.run(cohort, plan, grid, doses=doses, dosing=dosing, rtol=rtol, atol=atol)
    )
    wanted = np.searchsorted(grid, np.asarray(months).round(9))
    data = data.isel(time=wanted)
    data.attrs |= {
        "given": str(Regimen.from_doses(doses)),
        "decisions": [str(decision) for decision in decisions],
        "seed": seed,
    }
    return data


def given(ready: Simulator, cohort: Cohort, plan: Regimen, months: Array) -> Regimen:
    """Return the regimen without rules that `plan` leads to for one person."""
    if not plan.ruled:
        return plan
    return was_given(run(ready, cohort, plan, months))


def was_given(data: xr.Dataset) -> Regimen:
    """Return the regimen without rules that was given in a run; it may list many single doses."""
    return Regimen.parse(data.attrs["given"], most=np.inf)


def _first_fracture(columns: Mapping[str, Array], months: Array, luck: float) -> float | None:
    """Month of the first fracture by chance; None where fractures are not computed."""
    hazards = [columns.get(f"{site}_fracture_hazard") for site in FRACTURE_SITES]
    if any(hazard is None for hazard in hazards):
        return None
    total = np.sum([h for h in hazards if h is not None], axis=0)
    steps = np.diff(months) / 12.0 * (total[1:] + total[:-1]) / 2
    cumulative = np.concatenate([[0.0], np.cumsum(steps)])
    return float(np.interp(-np.log1p(-luck), cumulative, months, right=np.inf))


def simulate(
    patient: Patient | str = "postmenopausal-breast-cancer",
    regimen: Regimen | str = "none",
    years: float = 10.0,
    *,
    step_months: float = 1.0,
    drugs_folder: Path | None = None,
    dosing: Dosing = "events",
    seed: int = 1,
    rtol: float = RTOL,
    atol: float = ATOL,
) -> xr.Dataset:
    """Simulate one patient on one regimen.

    `patient` is a `Patient`, the name of a preset or the path of a TOML file; `regimen` is text
    such as ``"anastrozole 1 mg po qd [m0-m60]"`` or ``"none"``. With `dosing` "average", drugs
    swallowed at least daily are given as the steady input of the same amount. `seed` decides chance
    where rules of the regimen leave doses to it. Returns every state
    and rate of the model, with unit and meaning, along `time` (months); the attributes say how it
    was made. Raises `InputError` for bad input and `SolverError`, which carries what was computed
    as `partial`, when the equations cannot be solved.
    """
    person = patient if isinstance(patient, Patient) else Patient.load(patient)
    plan = regimen if isinstance(regimen, Regimen) else Regimen.parse(regimen)
    months = month_grid(years, step_months)
    ready = simulator((drugs_folder,) if drugs_folder else ())
    result = run(
        ready, ready.start(person), plan, months, seed=seed, dosing=dosing, rtol=rtol, atol=atol
    )
    if result.attrs["status"]:
        raise SolverError(f"patient '{person.name}': {result.attrs['message']}", partial=result)
    return result
