"""What rules of a plan decide, visit by visit: a coroutine that asks what is measured.

Chance is one stream for each patient, drug and purpose, so that it is the same alone and in
company and does not shift when another drug is added.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from osteoaxis.conditions import Values
from osteoaxis.errors import InputError, did_you_mean
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.pharmacology.terms import Dose, Term, dose_times, term_doses
from osteoaxis.units import DAYS_PER_MONTH, DAYS_PER_YEAR

Array = NDArray[np.float64]

Given = tuple[Dose, ...]
Measured = Callable[[float], Values]
"""What is measured on a day."""


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
        month = round(self.day / DAYS_PER_MONTH, 1)
        return f"month {month:g}: {self.term.drug} {self.action}: {because}"


Decided = tuple[Given, tuple[Decision, ...]]
Deciding = Generator[Given, Measured, Decided]


@dataclass(frozen=True)
class _Course:
    """What has been decided about one term."""

    term: Term
    started: float | None
    stopped: float | None = None
    gives_up: float = np.inf
    taken: tuple[float, ...] | None = None  # uniform draw of each dose

    def end(self, until_day: float) -> float:
        """Day on which the window, a rule or the run ends the doses."""
        return min(x for x in (until_day, self.term.stop_day, self.stopped) if x is not None)

    def doses(self, until_day: float) -> Iterator[Dose]:
        term, rules = self.term, self.term.rules
        if self.started is None:
            return
        if rules is None:
            yield from term_doses(term, until_day)
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


@dataclass(frozen=True)
class _Dosed:
    """Doses in order, and the days of each drug."""

    doses: Given
    days: Mapping[str, Sequence[float]]

    def counts(self, day: float) -> Values:
        """Doses of each drug before `day`, and days since the last."""
        facts: dict[str, float | bool | None] = {}
        for drug, days in self.days.items():
            before = bisect_left(days, day)
            facts[f"{drug}_doses"] = before
            facts[f"{drug}_days"] = day - days[before - 1] if before else None
        return facts


@lru_cache(maxsize=64)
def _dosed(courses: tuple[_Course, ...], until_day: float) -> _Dosed:
    """Return what `courses` give; people about whom the same was decided share it."""
    doses = sorted((d for each in courses for d in each.doses(until_day)), key=_ORDER)
    drugs = {course.term.drug for course in courses}
    return _Dosed(tuple(doses), {n: [d.time_day for d in doses if d.drug == n] for n in drugs})


_ORDER = attrgetter("time_day", "drug", "amount", "unit", "route", "duration_day")


def uniforms(seed: int, patient: str, purpose: str, count: int) -> Array:
    """Return `count` uniform numbers of a patient's stream for a purpose, the same on every machine
    and whatever else is drawn."""
    name = hashlib.sha256(f"{patient}|{purpose}".encode()).digest()
    sequence = np.random.SeedSequence([seed, *np.frombuffer(name, np.uint32).tolist()])
    return np.random.Generator(np.random.Philox(sequence)).random(count)


def decide(plan: Regimen, until_day: float, *, seed: int = 1, patient: str = "patient") -> Deciding:
    """Decide about the doses of `plan` before `until_day`: a coroutine.

    It yields the doses it wants looked at and is sent what is measured with them; the last it
    yields are those it returns, with the decisions. Raises `InputError` if a condition asks for
    what is not measured.
    """
    courses = [_course(term, until_day, seed, patient) for term in plan.terms]
    decisions: list[Decision] = []
    looks = sorted(
        (day, k) for k, course in enumerate(courses) for day in visits(course.term, until_day)
    )
    dosed = _dosed(tuple(courses), until_day)
    measured = yield dosed.doses
    for day, k in looks:
        decision = _at_visit(courses[k], day, {**measured(day), **dosed.counts(day)})
        if decision is None:
            continue
        decisions.append(decision)
        if decision.action == "started":
            courses[k] = _luck(replace(courses[k], started=day), seed, patient)
        else:
            courses[k] = replace(courses[k], stopped=day)
        dosed = _dosed(tuple(courses), until_day)
        measured = yield dosed.doses
    decisions += [
        Decision(c.gives_up, c.term, "given up", f"dropout {c.term.rules.dropout:g} %/y", {})
        for c in courses
        if c.term.rules and c.gives_up < c.end(until_day)
    ]
    return dosed.doses, tuple(sorted(decisions, key=lambda d: d.day))


def _course(term: Term, until_day: float, seed: int, patient: str) -> _Course:
    rules = term.rules
    waits = rules is not None and rules.start is not None
    course = _Course(term, None if waits else term.start_day)
    if rules and rules.taken < 100.0:
        most = int((until_day - term.start_day) / (term.every_days or DAYS_PER_YEAR)) + 2
        purpose = f"{term.drug}|{term.route}|{term.start_day:g}|taken"
        draws = uniforms(seed, patient, purpose, max(most, 1))
        course = replace(course, taken=tuple(draws.tolist()))
    return course if waits else _luck(course, seed, patient)


def _luck(course: _Course, seed: int, patient: str) -> _Course:
    """Return the course with the day drawn on which the patient gives up, from its start on."""
    term = course.term
    if course.started is None or term.rules is None or not term.rules.dropout:
        return course
    purpose = f"{term.drug}|{term.route}|{term.start_day:g}|dropout"
    (u,) = uniforms(seed, patient, purpose, 1)
    day = float(course.started - np.log1p(-u) / (term.rules.dropout / 100.0) * DAYS_PER_YEAR)
    return replace(course, gives_up=day)


def visits(term: Term, until_day: float) -> Iterator[float]:
    """Yield the days on which rules of a term are looked at."""
    rules = term.rules
    if rules is None or not (rules.start or rules.stop):
        return
    day, end = term.start_day, min(until_day, term.stop_day or until_day)
    while day < end:
        if day >= 0.0:
            yield day
        day = round(day + rules.checked, 7)


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
        return Decision(day, course.term, "started", rules.start.text, _seen(rules.start, facts))
    if stops:
        assert rules.stop is not None
        return Decision(day, course.term, "stopped", rules.stop.text, _seen(rules.stop, facts))
    return None


def _seen(condition: object, facts: Values) -> Values:
    return {name: facts[name] for name in getattr(condition, "names", ())}
