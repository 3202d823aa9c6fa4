"""Search among strategies: NSGA-II proposes, whole generations are solved in one batch.

The answer is the trade-off front: the strategies that meet every constraint and that no other
beats in one objective without losing in another. Why Optuna: docs/decisions/0005-optimiser.md.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from osteoaxis import guidance, intervals
from osteoaxis.dosing import Dosing
from osteoaxis.engine import Progress
from osteoaxis.errors import InputError
from osteoaxis.guidance import Finding
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.scenario import Scenario, reading, recorded
from osteoaxis.simulation import Cohort, Simulator, simulator
from osteoaxis.strategy.arm import Metric, check_names, given, measure
from osteoaxis.strategy.metrics import metrics
from osteoaxis.strategy.sequences import Choice, Space, read

if TYPE_CHECKING:
    import optuna

Array = NDArray[np.float64]
Measured = Mapping[str, float]

GENERATION = 64  # strategies solved in one batch
TRIALS = 2000
COUNTABLE = 4000  # combinations that are counted one by one, in seconds
UNSOLVED: Measured = {}


@dataclass(frozen=True)
class Candidate:
    """One strategy that was tried: what it comes to, and which constraints it does not meet.

    Without `measured` it could not be solved. `confirmed`: every dose was simulated as given.
    """

    label: str
    regimen: str
    measured: Measured
    unmet: tuple[str, ...]
    confirmed: bool = False


@dataclass(frozen=True)
class Found:
    """What a search found, all of it or as far as it went (`complete` False)."""

    scenario: Scenario
    space: Space
    metrics: Mapping[str, Metric]
    candidates: Mapping[str, Candidate]  # by regimen
    front: tuple[Candidate, ...]
    trials: int
    distinct: int | None  # strategies in the space, where they could be counted
    impossible: int  # proposals that would give one drug twice
    digest: str
    seed: int
    complete: bool = True
    quick: Mapping[str, Measured] = field(default_factory=dict)
    """What each strategy came to with drugs swallowed daily as a steady input, by regimen."""
    whole: Mapping[str, Measured] = field(default_factory=dict)
    """All metrics of each strategy of the front, by regimen."""
    cautions: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    """Safety flags and cautions of each strategy of the front, by regimen."""

    @property
    def exhausted(self) -> bool:
        """Whether every strategy of the space was tried."""
        return self.distinct is not None and len(self.candidates) >= self.distinct


def non_dominated(values: Array) -> NDArray[np.bool_]:
    """Return which rows no other row beats; in every column higher is better."""
    at_least = (values[None] >= values[:, None]).all(axis=2)
    above = (values[None] > values[:, None]).any(axis=2)
    beaten = np.asarray(np.any(at_least & above, axis=1), dtype=np.bool_)
    return ~beaten


def worth(measured: Measured, space: Space, known: Mapping[str, Metric]) -> list[float]:
    """Return the objectives so that higher is better, without differences that do not matter."""
    return [g.sign * known[g.metric].rounded(measured[g.metric]) for g in space.objectives]


def front_of(
    candidates: Sequence[Candidate], space: Space, known: Mapping[str, Metric]
) -> list[Candidate]:
    """Return the candidates that meet every constraint and that none of them beats."""
    feasible = [c for c in candidates if c.measured and not c.unmet]
    if not feasible:
        return []
    values = [worth(c.measured, space, known) for c in feasible]
    kept = itertools.compress(zip(values, feasible, strict=True), non_dominated(np.array(values)))
    # Of those that come to the same, the simplest is first.
    return [c for _, c in sorted(kept, key=lambda k: (k[0], len(k[1].label), k[1].regimen))]


@dataclass(frozen=True)
class Trier:
    """Solves strategies of one person in batches and measures them."""

    ready: Simulator
    cohort: Cohort
    space: Space
    metrics: Mapping[str, Metric]
    years: float
    read: Array  # months
    reference: Mapping[Dosing, xr.Dataset]  # the base alone, by dosing

    @classmethod
    def of(cls, plan: Scenario, space: Space, ready: Simulator) -> Trier:
        """Make ready; raises `InputError` for a drug or metric that is unknown or impossible."""
        where = f"scenario '{plan.name}': optimise"
        _check_drugs(space, ready, where)
        known = metrics(plan.years, ready.drugs)
        cohort, read = ready.start(plan.patient), reading(space.base, plan.years)
        dosings: tuple[Dosing, ...] = ("events", "average")

        def alone(dosing: Dosing) -> xr.Dataset:
            data = ready.run(cohort, space.base, np.unique(read), dosing=dosing)
            return recorded(data, read, plan.years)

        base = {dosing: alone(dosing) for dosing in dosings}
        for objective in space.objectives:
            check_names([objective.metric], known, base["average"], f"{where}.objectives")
        for condition in space.constraints:
            names = sorted(condition.names)
            check_names(names, known, base["average"], f"{where}.constraints: '{condition.text}'")
        return cls(ready, cohort, space, known, plan.years, read, base)

    @cached_property
    def recorded(self) -> list[str]:
        """The quantities of the model that metrics need."""
        needs = {need for metric in self.metrics.values() for need in metric.needs}
        return [name for name in self.ready.model.quantities if name in needs]

    @property
    def digest(self) -> str:
        """What the results depend on beside the strategy: person, model, base, horizon, names."""
        base = self.reference["average"]
        parts = (base.attrs["parameter_hash"], base.attrs["version"], str(self.space.base))
        return "; ".join((*parts, f"{12.0 * self.years:g} months", ", ".join(self.space.names)))

    def candidate(self, regimen: Regimen, measured: Measured, *, confirmed: bool) -> Candidate:
        """Judge what a strategy comes to; an objective that has no value is not met."""
        lost = [str(g) for g in self.space.objectives if g.metric not in measured]
        broken = [c.text for c in self.space.constraints if c(measured) is not True]
        return Candidate(
            self.space.label(regimen), str(regimen), measured, (*lost, *broken), confirmed
        )

    @cached_property
    def base_drawn(self) -> tuple[xr.Dataset, ...]:
        """The base alone with sets of the ensemble."""
        return self.drawn(self.space.base)

    def drawn(self, regimen: Regimen) -> tuple[xr.Dataset, ...]:
        """Return the runs of a strategy with sets of the ensemble, for intervals."""
        (person,) = self.cohort.patients
        found = intervals.runs(self.ready, person, regimen, np.unique(self.read))
        return tuple(recorded(data, self.read, self.years) for data in found)

    def _each(
        self, regimens: Sequence[Regimen], dosing: Dosing, record: Sequence[str] | None = None
    ) -> list[xr.Dataset]:
        solved = self.ready.run_each(
            self.cohort, regimens, np.unique(self.read), record=record, dosing=dosing
        )
        return [recorded(data, self.read, self.years) for data in solved]

    def solve(
        self, regimens: Sequence[Regimen], dosing: Dosing, names: Sequence[str] | None
    ) -> list[Measured]:
        """Return the metrics `names` (default: all) of each strategy; empty where unsolved.

        All metrics have intervals from the ensemble; those asked for by name in a search do not
        need them.
        """
        solved = self._each(regimens, dosing, self.recorded)
        return [
            UNSOLVED
            if data.attrs["status"]
            else measure(
                data,
                given(self.ready, regimen, 12.0 * self.years),
                self.ready.drugs,
                self.cohort.patients[0],
                known=self.metrics,
                names=names,
                reference=self.reference[dosing],
                drawn=(self.base_drawn, self.drawn(regimen)) if names is None else ((), ()),
            )
            for regimen, data in zip(regimens, solved, strict=True)
        ]

    def cautions(self, regimens: Sequence[str]) -> dict[str, tuple[Finding, ...]]:
        """Return the safety flags and cautions of each strategy, drugs as steady inputs."""
        plans = [Regimen.parse(regimen) for regimen in regimens]
        solved = self._each(plans, "average")
        (person,) = self.cohort.patients
        return {
            regimen: guidance.flags(person, data.assign_attrs(given=regimen), self.ready.drugs)
            for regimen, data in zip(regimens, solved, strict=True)
        }


_CHOICE = ("drug", "time", "length")


def _check_drugs(space: Space, ready: Simulator, where: str) -> None:
    parts = [("base", space.base)]
    parts += [(step.name, Regimen(drug)) for step in space.steps for drug in step.drugs]
    for name, regimen in parts:
        try:
            ready.check(regimen)
        except InputError as problem:
            raise InputError(f"{where}: {name}: {problem}") from problem


def strategies(space: Space) -> dict[tuple[Choice, ...], Regimen | None] | None:
    """Return what each combination of choices gives, None if impossible; None if too many."""
    if space.size > COUNTABLE:
        return None
    return {choices: _possible(space, choices) for choices in space.choices()}


def _possible(space: Space, choices: Sequence[Choice]) -> Regimen | None:
    try:
        return space.regimen(choices)
    except InputError:
        return None


def search(
    plan: Scenario,
    *,
    trials: int = TRIALS,
    seed: int = 0,
    known: Mapping[str, Measured] | None = None,
    digest: str | None = None,
    drugs_folder: Path | None = None,
    progress: Progress | None = None,
) -> Found:
    """Search the space of `plan` for its trade-off front.

    NSGA-II makes `trials` proposals in generations, fewer if it has tried everything. Each is
    simulated with drugs swallowed daily as a steady input; the front is then simulated with every
    dose as given, and what no longer belongs to it is dropped. Equal seeds give equal results.
    `known` are results of an earlier search of the same space by regimen, taken instead of
    simulating; `digest` says of what. A Ctrl-C returns what was computed so far.

    Raises `InputError` for a bad table and when no strategy meets every constraint.
    """
    space = read(plan)
    tell = progress or (lambda _stage, _share: None)
    tell("Preparing", 0.0)
    trier = Trier.of(plan, space, simulator((drugs_folder,) if drugs_folder else (), progress))
    if digest is not None and digest != trier.digest:
        raise InputError(
            f"scenario '{plan.name}': the earlier search was of something else; run it anew "
            "without --resume."
        )
    run = _Run(trier, trials, seed, strategies(space), known or {})
    distinct = None if run.each is None else len(run.each)
    whole: dict[str, Measured] = {}
    complete = False
    try:
        for _ in run.generations():
            share = run.done / trials if distinct is None else len(run.tried) / distinct
            tell(f"Tried {len(run.tried)} strategies in {run.done} proposals", 0.9 * share)
        tell("Simulating every dose of the front", 0.92)
        whole = confirm(trier, run.tried)
        complete = True
    except KeyboardInterrupt:
        pass
    front = tuple(front_of([*run.tried.values()], space, trier.metrics))
    if complete and not front:
        raise InputError(_nothing(plan, space, run.tried))
    return Found(
        plan, space, trier.metrics, run.tried, front, run.done, distinct, run.impossible,
        trier.digest, seed, complete, run.quick,
        {c.regimen: whole.get(c.regimen, c.measured) for c in front},
        trier.cautions([c.regimen for c in front]),
    )  # fmt: skip


@dataclass
class _Run:
    """The state of a search: what was tried so far, by regimen."""

    trier: Trier
    trials: int
    seed: int
    everything: Mapping[tuple[Choice, ...], Regimen | None] | None
    known: Mapping[str, Measured]
    tried: dict[str, Candidate] = field(default_factory=dict)
    quick: dict[str, Measured] = field(default_factory=dict)
    done: int = 0
    impossible: int = 0

    def generations(self) -> Iterator[None]:
        """Let NSGA-II propose generation after generation, and try each in one batch."""
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        space = self.trier.space
        study = optuna.create_study(
            directions=["maximize"] * len(space.objectives),
            sampler=optuna.samplers.NSGAIISampler(population_size=GENERATION, seed=self.seed),
        )
        random = np.random.default_rng(self.seed)
        while self.done < self.trials and self._left() != []:
            asked = [study.ask() for _ in range(min(GENERATION, self.trials - self.done))]
            regimens = [self._regimen(self._choices(trial)) for trial in asked]
            before = len(self.tried)
            self._try({str(regimen): regimen for regimen in regimens if regimen is not None})
            for trial, regimen in zip(asked, regimens, strict=True):
                self._tell(study, trial, regimen)
            self.done += len(asked)
            # What was proposed again makes room for strangers in the next generation.
            left = self._left() or []
            again = min(len(asked) - (len(self.tried) - before), len(left))
            for number in random.choice(len(left), again, replace=False) if again else ():
                study.enqueue_trial(self._parameters(left[number]))
            yield

    @cached_property
    def each(self) -> Mapping[str, tuple[Choice, ...]] | None:
        """Choices of each different strategy by regimen; None if there are too many to count."""
        if self.everything is None:
            return None
        return {str(r): choices for choices, r in self.everything.items() if r is not None}

    def _left(self) -> list[tuple[Choice, ...]] | None:
        """Return the choices not tried yet; None if there are too many to count."""
        if self.each is None:
            return None
        return [choices for text, choices in self.each.items() if text not in self.tried]

    def _regimen(self, choices: tuple[Choice, ...]) -> Regimen | None:
        if self.everything is None:
            return _possible(self.trier.space, choices)
        return self.everything[choices]

    def _tell(self, study: optuna.Study, trial: optuna.Trial, regimen: Regimen | None) -> None:
        import optuna

        space = self.trier.space
        candidate = None if regimen is None else self.tried[str(regimen)]
        self.impossible += regimen is None
        if candidate is None or any(g.metric not in candidate.measured for g in space.objectives):
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
            return
        for condition in space.constraints:
            trial.set_constraint(condition.text, float(condition.text in candidate.unmet))
        study.tell(trial, worth(candidate.measured, space, self.trier.metrics))

    def _parameters(self, choices: Sequence[Choice]) -> dict[str, int]:
        return {
            f"{name} {k}": value
            for k, choice in enumerate(choices)
            for name, value in zip(_CHOICE, choice, strict=True)
        }

    def _choices(self, trial: optuna.Trial) -> tuple[Choice, ...]:
        """Drugs are names, times and lengths are in order."""
        return tuple(
            (
                int(trial.suggest_categorical(f"drug {k}", range(drugs))),
                trial.suggest_int(f"time {k}", 0, times - 1),
                trial.suggest_int(f"length {k}", 0, lengths - 1),
            )
            for k, (drugs, times, lengths) in enumerate(s.sizes for s in self.trier.space.steps)
        )

    def _try(self, regimens: Mapping[str, Regimen]) -> None:
        """Measure what was not tried before; what is known from earlier is not simulated."""
        new = {text: regimen for text, regimen in regimens.items() if text not in self.tried}
        found = {text: self.known[text] for text in new if text in self.known}
        left = {text: regimen for text, regimen in new.items() if text not in found}
        if left:
            solved = self.trier.solve([*left.values()], "average", self.trier.space.names)
            found |= dict(zip(left, solved, strict=True))
        self.quick |= found
        for text, regimen in new.items():
            self.tried[text] = self.trier.candidate(regimen, found[text], confirmed=False)


def confirm(trier: Trier, tried: dict[str, Candidate]) -> dict[str, Measured]:
    """Simulate every dose of the front as given until all of it is confirmed.

    Replaces what was found with steady inputs in `tried`, so a strategy may leave the front and
    another join it. Returns all metrics of each confirmed strategy by regimen.
    """
    whole: dict[str, Measured] = {}
    while left := [
        c for c in front_of([*tried.values()], trier.space, trier.metrics) if not c.confirmed
    ]:
        regimens = [Regimen.parse(candidate.regimen) for candidate in left]
        for candidate, regimen, measured in zip(
            left, regimens, trier.solve(regimens, "events", None), strict=True
        ):
            named = {name: measured[name] for name in trier.space.names if name in measured}
            whole[candidate.regimen] = measured
            tried[candidate.regimen] = trier.candidate(regimen, named, confirmed=True)
    return whole


def _nothing(plan: Scenario, space: Space, tried: Mapping[str, Candidate]) -> str:
    """Say how many strategies met each constraint when none meets them all."""
    lines = [
        f"'{text}' was met by {sum(text not in c.unmet for c in tried.values() if c.measured)}"
        for text in (*(c.text for c in space.constraints), *map(str, space.objectives))
        if any(text in c.unmet for c in tried.values())
    ]
    unsolved = sum(not candidate.measured for candidate in tried.values())
    if unsolved:
        lines.append(f"{unsolved} could not be solved")
    return (
        f"scenario '{plan.name}': optimise: none of the {len(tried)} strategies tried meets every "
        f"constraint: {'; '.join(lines) or 'none could be given at all'}. Nothing was written."
    )
