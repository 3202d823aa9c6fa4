"""Which strategies a search may choose from: the table `[optimise]` of a scenario.

    [optimise]
    base = "letrozole 2.5 mg po qd [y0-y5]"
    objectives = ["maximise total_hip_bmd_change_end", "minimise bone_drug_months"]
    constraints = ["zoledronate_doses <= 5", "not denosumab_without_exit"]
    [[optimise.steps]]
    drugs = ["none", "denosumab 60 mg sc q6mo"]
    start = [0, 12]
    months = [24, 36]
    [[optimise.steps]]
    drugs = ["zoledronate 4 mg iv over 15 min q12mo"]
    gap = [6, 9]
    doses = [1, 2]

Each step gives one of its drugs, or none, from one of its `start` months on, or one of its `gap`
months after the last dose of the step before (and then nothing if nothing came before); for one of
its `months` or a number of `doses`; where a step gives several drugs at once, the first of them
counts. Steps that give the same doses are one strategy.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from osteoaxis import toml
from osteoaxis.conditions import Condition
from osteoaxis.errors import InputError
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.pharmacology.terms import Term, term_doses
from osteoaxis.scenario import Scenario
from osteoaxis.units import DAYS_PER_MONTH

MAX_STEPS = 6
MAX_CHOICES = 100
MAX_OBJECTIVES = 4
DIRECTIONS = {"maximise": 1.0, "maximize": 1.0, "minimise": -1.0, "minimize": -1.0}
NONE = "none"

Choice = tuple[int, int, int]
"""Which drug, which start or gap, and which length of a step, by number."""


@dataclass(frozen=True)
class Objective:
    """A metric to be as high (`sign` 1) or as low (-1) as can be."""

    metric: str
    sign: float

    def __str__(self) -> str:
        return f"{'maximise' if self.sign > 0 else 'minimise'} {self.metric}"


@dataclass(frozen=True)
class Step:
    """A choice among drugs, times and lengths; a drug is its terms, none of them for none."""

    name: str
    drugs: tuple[tuple[Term, ...], ...]
    timing: Literal["start", "gap"]
    times: tuple[float, ...]  # months
    unit: Literal["months", "doses"]
    lengths: tuple[float, ...]

    @property
    def sizes(self) -> Choice:
        """How many drugs, times and lengths there are."""
        return len(self.drugs), len(self.times), len(self.lengths)

    def terms(self, choice: Choice, last_day: float | None) -> tuple[Term, ...]:
        """Return what `choice` gives; `last_day` is that of the last dose before, if any."""
        drug, when, length = self.drugs[choice[0]], self.times[choice[1]], self.lengths[choice[2]]
        if self.timing == "gap" and last_day is None:
            return ()
        start = when * DAYS_PER_MONTH + (last_day or 0.0 if self.timing == "gap" else 0.0)
        # What is given together lasts as long as its first drug.
        every = next((term.every_days for term in drug if term.every_days is not None), 0.0)
        stop = start + length * (DAYS_PER_MONTH if self.unit == "months" else every)
        return tuple(
            replace(term, start_day=start, stop_day=None if term.every_days is None else stop)
            for term in drug
        )


@dataclass(frozen=True)
class Space:
    """All strategies a search may choose from, and what it is after."""

    base: Regimen
    steps: tuple[Step, ...]
    objectives: tuple[Objective, ...]
    constraints: tuple[Condition, ...]
    until_day: float

    @property
    def names(self) -> tuple[str, ...]:
        """The metrics that objectives and constraints need, each once."""
        named = [objective.metric for objective in self.objectives]
        for condition in self.constraints:
            named += sorted(condition.names)
        return tuple(dict.fromkeys(named))

    @property
    def size(self) -> int:
        """Number of combinations, those that come to the same counted apart."""
        return math.prod(math.prod(step.sizes) for step in self.steps)

    def choices(self) -> Iterator[tuple[Choice, ...]]:
        """Yield every combination."""
        each = [itertools.product(*map(range, step.sizes)) for step in self.steps]
        yield from itertools.product(*each)

    def added(self, choices: Sequence[Choice]) -> tuple[Term, ...]:
        """Return the terms `choices` add to the base, without what begins after the end."""
        terms: list[Term] = []
        last: float | None = None
        for step, choice in zip(self.steps, choices, strict=True):
            given = [term for term in step.terms(choice, last) if term.times(self.until_day)]
            if given:
                last = given[0].times(self.until_day)[-1]
                terms += given
        return tuple(terms)

    def regimen(self, choices: Sequence[Choice]) -> Regimen:
        """Return base and added terms, written so that equal strategies are equal.

        Raises `InputError` when one drug would be given twice at a time.
        """
        added = self.added(choices)
        doses = sorted(dose for term in added for dose in term_doses(term, self.until_day))
        for one, other in itertools.pairwise(doses):
            if (one.time_day, one.drug) == (other.time_day, other.drug):
                raise InputError(f"{one.drug} would be given twice on day {one.time_day:g}.")
        terms = sorted(Regimen.from_doses(doses).terms, key=lambda term: term.start_day)
        return Regimen((*self.base.terms, *terms))

    def label(self, regimen: Regimen) -> str:
        """Return in short what `regimen` adds to the base, e.g. `denosumab ×6, m0, every 6 mo`."""
        runs = itertools.groupby(regimen.terms[len(self.base.terms) :], key=_single)
        return "; ".join(self._words(list(run)) for _, run in runs) or "nothing added"

    def _words(self, terms: Sequence[Term]) -> str:
        """Return one repeated term, or single doses of one drug, in short."""
        term = terms[0]
        drug, start = term.drug.replace("_", " "), _month(term.start_day)
        if term.every_days is None:
            return f"{drug} ×{len(terms)}, m{', m'.join(_month(t.start_day) for t in terms)}"
        times = term.times(self.until_day)
        if term.every_days <= DAYS_PER_MONTH:
            return f"{drug}, m{start}–m{_month(times[-1] + term.every_days)}"
        return f"{drug} ×{len(times)}, m{start}, every {_month(term.every_days)} mo"


def _single(term: Term) -> tuple[str, float | None, float]:
    """Key under which single doses of one drug belong together."""
    return term.drug, term.every_days, 0.0 if term.every_days is None else term.start_day


def _month(day: float) -> str:
    return f"{day / DAYS_PER_MONTH:.1f}".removesuffix(".0")


def read(plan: Scenario) -> Space:
    """Return the space of the `[optimise]` table of `plan`; raises `InputError` by field."""
    where = f"scenario '{plan.name}': optimise"
    table = plan.optimise
    if not table:
        raise InputError(
            f"scenario '{plan.name}': has no [optimise] table; see 'docs/strategies.md' or the "
            "built-in scenario 'bone-protection'."
        )
    toml.known_keys(table, ("base", "steps", "objectives", "constraints"), where)
    steps = table.get("steps")
    if not isinstance(steps, list) or not 1 <= len(steps) <= MAX_STEPS:
        raise InputError(f"{where}: steps: give 1 to {MAX_STEPS} tables [[optimise.steps]].")
    return Space(
        base=_regimen(table.get("base", NONE), f"{where}.base"),
        steps=tuple(_step(step, k, where) for k, step in enumerate(steps)),
        objectives=_objectives(table.get("objectives"), f"{where}.objectives"),
        constraints=tuple(
            _condition(text, f"{where}.constraints")
            for text in _list(table.get("constraints", []), f"{where}.constraints", least=0)
        ),
        until_day=plan.years * 12 * DAYS_PER_MONTH,
    )


def _list(value: Any, where: str, *, least: int = 1) -> list[Any]:
    if not isinstance(value, list) or not least <= len(value) <= MAX_CHOICES:
        raise InputError(f"{where}: must be a list of {least} to {MAX_CHOICES}, not {value!r}.")
    return value


def _regimen(text: Any, where: str) -> Regimen:
    try:
        regimen = Regimen.parse(toml.text(text, where))
    except InputError as problem:
        raise InputError(f"{where}: {problem}") from problem
    if regimen.ruled:
        raise InputError(
            f"{where}: '{text}' has rules; a search decides itself when a drug is given."
        )
    return regimen


def _condition(text: Any, where: str) -> Condition:
    try:
        return Condition.parse(toml.text(text, where))
    except InputError as problem:
        raise InputError(f"{where}: {problem}") from problem


def _objectives(value: Any, where: str) -> tuple[Objective, ...]:
    made = []
    for text in _list(value if value is not None else [], where, least=0):
        words = toml.text(text, where).split()
        if len(words) != 2 or words[0] not in DIRECTIONS:
            raise InputError(f"{where}: '{text}' is not 'maximise METRIC' or 'minimise METRIC'.")
        made.append(Objective(words[1], DIRECTIONS[words[0]]))
    if not 2 <= len({o.metric for o in made}) == len(made) <= MAX_OBJECTIVES:
        raise InputError(
            f"{where}: a trade-off needs 2 to {MAX_OBJECTIVES} different metrics, e.g. "
            '["maximise total_hip_bmd_change_end", "minimise bone_drug_months"]. '
            "What has a limit and no price is a constraint."
        )
    return tuple(made)


def _step(table: Any, number: int, where: str) -> Step:
    where = f"{where}.steps[{number + 1}]"
    if not isinstance(table, Mapping):
        raise InputError(f"{where}: must be a table, not {table!r}.")
    toml.known_keys(table, ("name", "drugs", "start", "gap", "months", "doses"), where)
    drugs = tuple(
        _drug(text, f"{where}.drugs") for text in _list(table.get("drugs"), f"{where}.drugs")
    )
    timing: Literal["start", "gap"] = _either(table, "start", "gap", where)  # type: ignore[assignment]
    if timing == "gap" and number == 0:
        raise InputError(f"{where}: the first step has no step before it; give 'start', not 'gap'.")
    times = _numbers(table[timing], 0.0, 720.0, "months", f"{where}.{timing}")
    unit: Literal["months", "doses"] = "doses"
    lengths: tuple[float, ...] = (1.0,)
    if "months" in table or "doses" in table:
        unit = _either(table, "months", "doses", where)  # type: ignore[assignment]
        low, high = (0.25, 720.0) if unit == "months" else (1.0, 10000.0)
        lengths = _numbers(table[unit], low, high, unit, f"{where}.{unit}")
        if unit == "doses" and any(length % 1 for length in lengths):
            raise InputError(f"{where}.doses: must be whole numbers, not {table[unit]!r}.")
    elif any(term.every_days is not None for drug in drugs for term in drug):
        raise InputError(f"{where}: say for how long, by 'months' or 'doses'.")
    name = toml.text(table.get("name", f"step {number + 1}"), f"{where}.name")
    return Step(name, drugs, timing, times, unit, lengths)


def _either(table: Mapping[str, Any], one: str, other: str, where: str) -> str:
    if (one in table) == (other in table):
        raise InputError(f"{where}: give either '{one}' or '{other}'.")
    return one if one in table else other


def _numbers(value: Any, low: float, high: float, unit: str, where: str) -> tuple[float, ...]:
    given = [toml.number(number, low, high, unit, where) for number in _list(value, where)]
    return tuple(dict.fromkeys(given))


def _drug(text: Any, where: str) -> tuple[Term, ...]:
    if isinstance(text, str) and "[" in text:
        raise InputError(f"{where}: '{text}' has a window; the step's own keys say when.")
    return _regimen(text, where).terms
