"""What a published model is to us: its equations, its own scenarios, and what it cannot express."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.metadata import version
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from osteoaxis import accessor as _accessor  # noqa: F401 - registers Dataset.osteoaxis
from osteoaxis import engine
from osteoaxis.errors import InputError, SolverError, did_you_mean
from osteoaxis.model import Model
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.process import Param
from osteoaxis.units import conversion_factor

Array = NDArray[np.float64]

RTOL, ATOL = 1e-8, 1e-10
POINTS = 200
"""How many times `simulate` records when none are given."""
_KINDS = {"add": engine.ADD, "rate": engine.RATE, "set": engine.SET}


def constant(
    value: float,
    unit: str,
    meaning: str,
    source: str,
    *,
    range: tuple[float, float] | None = None,
) -> Param:
    """Return a number of a published model as a parameter.

    Papers rarely give a range: without one, a factor of two either way counts as plausible.
    """
    return Param(value, unit, meaning, source, range or _factor_of_two(value))


def _factor_of_two(value: float) -> tuple[float, float]:
    low, high = sorted((value / 2, value * 2))
    return low, high


@dataclass(frozen=True)
class Dose:
    """A change of one state at `day`: add to it, set it, or change its constant input by `value`.

    The unit of `value` is that of the state, or that per day for a rate; an infusion ends with the
    opposite rate.
    """

    day: float
    state: str
    value: float
    kind: Literal["add", "rate", "set"] = "add"


@dataclass(frozen=True)
class Switch:
    """Parameters (by their short name) that take other values from `day` on."""

    day: float
    parameters: Mapping[str, float]


@dataclass(frozen=True)
class Scenario:
    """What happens to whom in one run of a published model; days are counted from time zero.

    `parameters` hold from the beginning, the steady state included; `switches` change them on the
    way. `initial` replaces initial values of the model. `start_day`, if below zero, lets the
    model live from there to time zero first.
    """

    title: str
    days: float
    parameters: Mapping[str, float] = field(default_factory=dict)
    initial: Mapping[str, float] = field(default_factory=dict)
    switches: tuple[Switch, ...] = ()
    doses: tuple[Dose, ...] = ()
    start_day: float = 0.0


@dataclass(frozen=True)
class Administration:
    """Where a dose goes that a regimen of ours gives: `state` rises by `per_mg` for each mg.

    `parameters` take other values for whoever is given the drug.
    """

    state: str
    per_mg: float
    routes: tuple[str, ...]
    parameters: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class PublishedModel:
    """A published model, rewritten from its paper; the engine's time is days.

    `initial` are its initial values. With `steady` they are only the guess from which the steady
    state is solved; it holds the parameters that take other values for that alone, such as a
    growth rate of bone that never rests. `quantities` names, for each quantity of ours that the
    model has too, its own name of it; levels are compared relative to time zero. `drugs` and
    `person` say how a regimen and a patient of ours are put to the model; without `person` it
    knows no patients.
    """

    name: str
    title: str
    citation: str
    doi: str
    model: Model
    initial: Mapping[str, float]
    scenarios: Mapping[str, Scenario]
    quantities: Mapping[str, str]
    cannot: tuple[str, ...]
    steady: Mapping[str, float] | None = None
    drugs: Mapping[str, Administration] = field(default_factory=dict)
    person: Callable[[Patient], Scenario] | None = None

    @cached_property
    def compiled(self) -> engine.CompiledSystem:
        """The machine code of the model, compiled on first use."""
        return engine.compile_system(replace(self.model.system, name=self.name))

    def scenario(self, name: str) -> Scenario:
        """Return its own scenario called `name`; raises `InputError` with the near matches."""
        if name not in self.scenarios:
            raise InputError(
                f"{self.name} has no scenario '{name}'.{did_you_mean(name, self.scenarios)}"
                f" Its own: {', '.join(self.scenarios)}."
            )
        return self.scenarios[name]

    def express(self, patient: Patient, regimen: Regimen, years: float) -> Scenario:
        """Return a patient and regimen of ours as a scenario of this model.

        Raises `InputError` saying what the model does not know.
        """
        if self.person is None:
            raise InputError(f"{self.name} knows no patients: {' '.join(self.cannot)}")
        plan = self.person(patient)
        days = years * conversion_factor("year", "day")
        doses, parameters = [], dict(plan.parameters)
        for dose in regimen.doses(days):
            given = self.drugs.get(dose.drug)
            if given is None:
                known = ", ".join(self.drugs)
                others = f"; its drugs are: {known}." if known else " and no other drug of ours."
                raise InputError(f"{self.name} has no {dose.drug}{others}")
            if dose.route not in given.routes:
                raise InputError(
                    f"{self.name}: {dose.drug} is given {' or '.join(given.routes)}, "
                    f"not {dose.route}."
                )
            parameters |= given.parameters
            amount = given.per_mg * dose.amount * conversion_factor(dose.unit, "mg")
            if dose.duration_day:
                pace = amount / dose.duration_day
                doses.append(Dose(dose.time_day, given.state, pace, "rate"))
                doses.append(Dose(dose.time_day + dose.duration_day, given.state, -pace, "rate"))
            else:
                doses.append(Dose(dose.time_day, given.state, amount))
        return replace(plan, days=days, parameters=parameters, doses=(*plan.doses, *doses))


def simulate(
    published: PublishedModel,
    scenario: Scenario | str,
    times: ArrayLike | None = None,
    *,
    rtol: float = RTOL,
    atol: float = ATOL,
) -> xr.Dataset:
    """Run a scenario and return every state and rate with unit and meaning along `time` (days).

    `scenario` is a `Scenario` or the name of one of the model's own; `times` are days after time
    zero, by default evenly over the whole scenario. A value at a switch or dose is that before
    it. Raises `InputError` for a bad scenario and `SolverError` when it cannot be solved.
    """
    plan = published.scenario(scenario) if isinstance(scenario, str) else scenario
    grid = np.linspace(0.0, plan.days, POINTS + 1) if times is None else np.asarray(times, float)
    system = published.compiled.system
    parameters = _parameters(published, plan)
    state = _initial(published, plan, parameters)
    states = np.empty((grid.size, len(system.states)))
    outputs = np.empty((grid.size, len(system.outputs)))
    for begin, end, here in _pieces(plan, grid):
        for switch in plan.switches:
            if switch.day == begin:
                parameters.update(_named(published, switch.parameters))
        solution = engine.solve(
            published.compiled,
            np.array(list(parameters.values())),
            state,
            _events(published, plan, begin, end),
            np.append(grid[here], end),
            rtol=rtol,
            atol=atol,
            start=begin,
        )
        if not solution.success:
            raise SolverError(solution.message)
        states[here], outputs[here] = solution.states[:-1], solution.outputs[:-1]
        state = solution.states[-1]
    columns = {
        **dict(zip(system.states, states.T, strict=True)),
        **dict(zip(system.outputs, outputs.T, strict=True)),
    }
    return xr.Dataset(
        {
            name: ("time", values, {"unit": quantity.unit, "long_name": quantity.meaning})
            for name, values in columns.items()
            if (quantity := published.model.quantities[name])
        },
        coords={"time": ("time", grid, {"unit": "day", "long_name": "time"})},
        attrs={
            "model": published.name,
            "scenario": plan.title,
            "source": published.doi,
            "version": version("osteoaxis"),
            "rtol": rtol,
            "atol": atol,
        },
    )


def _named(published: PublishedModel, changes: Mapping[str, float]) -> dict[str, float]:
    return {published.model.find_parameter(name): value for name, value in changes.items()}


def _parameters(published: PublishedModel, plan: Scenario) -> dict[str, float]:
    return published.model.parameter_values(male=False, changes=plan.parameters)


def _initial(published: PublishedModel, plan: Scenario, parameters: Mapping[str, float]) -> Array:
    chosen = {**published.initial, **plan.initial}
    state = np.array([chosen[name] for name in published.model.states])
    if published.steady is None:
        return state
    given = np.array(list({**parameters, **_named(published, published.steady)}.values()))
    return engine.steady_state(published.compiled, given, state, plan.start_day)


def _pieces(plan: Scenario, grid: Array) -> Iterator[tuple[float, float, NDArray[np.bool_]]]:
    """Yield beginning, end and recorded times of each stretch between two switches."""
    last = max(plan.days, float(grid[-1]))
    inside = {switch.day for switch in plan.switches if plan.start_day < switch.day < last}
    edges = [plan.start_day, *sorted(inside), last]
    for number, (begin, end) in enumerate(itertools.pairwise(edges)):
        after = grid >= begin if number == 0 else grid > begin
        yield begin, end, after & (grid <= end)


def _events(published: PublishedModel, plan: Scenario, begin: float, end: float) -> engine.Events:
    """Return the doses of one stretch; infusions that began earlier go on."""
    place = {name: index for index, name in enumerate(published.model.states)}
    doses = [
        dose if dose.day >= begin else replace(dose, day=begin)
        for dose in plan.doses
        if begin <= dose.day < end or (dose.day < begin and dose.kind == "rate")
    ]
    return engine.Events(
        time=np.array([dose.day for dose in doses], dtype=float),
        state=np.array([place[dose.state] for dose in doses], dtype=np.int64),
        kind=np.array([_KINDS[dose.kind] for dose in doses], dtype=np.int64),
        value=np.array([dose.value for dose in doses], dtype=float),
    )
