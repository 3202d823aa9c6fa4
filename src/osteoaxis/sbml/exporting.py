"""A model with one patient and regimen as an SBML document (Level 3 Version 2 core).

States and flows keep their own units, which differ from state to state; SBML gives all species of
a model one unit of substance. So states are parameters with rate rules, flows and rates are
parameters with assignment rules, and doses are events (docs/decisions/0004-sbml.md).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import libsbml
import numpy as np

from osteoaxis import toml
from osteoaxis.engine.events import ADD, RATE, Events
from osteoaxis.model import Model
from osteoaxis.process import Rate, Reaction, Site
from osteoaxis.sbml.formula import Term
from osteoaxis.units import registry, unit

LEVEL, VERSION = 3, 2
FEWEST_REPEATS = 3  # equal doses at a constant interval that become one clock event
STATE, FLOW, DOSE = "SBO:0000196", "SBO:0000064", "SBO:0000231"
PARAMETER = "SBO:0000002"
_IDENTIFIERS = "https://identifiers.org/"
_BASE = {
    "g": libsbml.UNIT_KIND_GRAM,
    "L": libsbml.UNIT_KIND_LITRE,
    "m": libsbml.UNIT_KIND_METRE,
    "s": libsbml.UNIT_KIND_SECOND,
    "mol": libsbml.UNIT_KIND_MOLE,
    "IU": libsbml.UNIT_KIND_ITEM,
    "1": libsbml.UNIT_KIND_DIMENSIONLESS,
}


@dataclass(frozen=True)
class Course:
    """What is exported besides the equations: numbers of one patient, and what is given."""

    name: str
    notes: str
    parameters: Mapping[str, float]
    initial: Mapping[str, float]
    """State at time zero."""
    events: Events = field(default_factory=Events)
    """Doses from time zero on; states numbered as in the model."""
    running: Mapping[str, float] = field(default_factory=dict)
    """Inputs that already run at time zero, per day, by state."""


def document(model: Model, course: Course) -> str:
    """Return the XML of `model` for one course; raises `ValueError` if libSBML refuses a part."""
    return _Writer(model, course).write()


class _Writer:
    def __init__(self, model: Model, course: Course) -> None:
        self.model, self.course = model, course
        self.document = libsbml.SBMLDocument(LEVEL, VERSION)
        self.sbml = self.document.createModel()
        self._units: dict[str, str] = {}
        self._flows: dict[int, str] = {}

    def write(self) -> str:
        """Return the document as text."""
        day = self._unit(unit("day"))
        self.sbml.setId(identifier(self.course.name))
        self.sbml.setName(self.course.name)
        self.sbml.setTimeUnits(day)
        self.sbml.setSubstanceUnits("mole")
        self.sbml.setExtentUnits("mole")
        _check(self.sbml.setNotes(_notes(self.course.notes)), "the notes")
        for name, declared in self.model.parameters.items():
            value = self.course.parameters[name]
            self._parameter(name, value, unit(declared.unit), declared.meaning, constant=True)
        env = self._environment()
        for name, state in self.model.states.items():
            element = self._parameter(name, self.course.initial[name], unit(state.unit),
                                      state.meaning, constant=False)  # fmt: skip
            element.setSBOTerm(STATE)
            self._annotate(element, name)
        for name in self.model.rate_order:
            self._rate(name, env)
        for process, name, flow in self.model.reactions:
            self._flow(name, flow, self.model.call(process, flow, env))
        inputs = self._events()
        for name in self.model.states:
            self._rate_rule(name, inputs.get(name, []))
        return str(libsbml.writeSBMLToString(self.document))

    # ---- units -------------------------------------------------------------------------------
    def _unit(self, measure: Any) -> str:
        """Identifier of a pint unit; its definition is made when first needed."""
        quantity = registry().Quantity(1.0, measure).to_root_units()
        powers = sorted(quantity.units.dimensionality.items())
        if not powers and quantity.magnitude == 1.0:
            return "dimensionless"
        key = f"{quantity.magnitude:.12g} {powers}"
        if key not in self._units:
            text = f"{measure:~C}".replace("/", "_per_").replace("*", "_").replace("%", "percent")
            name = f"unit_{identifier(text) or 'ratio'}".replace("__", "_")
            taken = set(self._units.values())
            self._units[key] = name if name not in taken else f"{name}_{len(taken)}"
            self._define(self._units[key], measure)
        return self._units[key]

    def _define(self, name: str, measure: Any) -> None:
        definition = self.sbml.createUnitDefinition()
        definition.setId(name)
        for part, power in measure._units.items():
            kind, base = next(
                (kind, base)
                for base, kind in _BASE.items()
                if registry().Unit(part).is_compatible_with(unit(base))
            )
            element = definition.createUnit()
            element.setKind(kind)
            element.setExponent(float(power))
            element.setScale(0)
            element.setMultiplier(float(registry().Quantity(1.0, part).to(unit(base)).magnitude))

    def _environment(self) -> dict[str, Term]:
        env = {"time": Term("time", unit("day"), self._unit)}
        for name, declared in [*self.model.parameters.items(), *self.model.quantities.items()]:
            env[name] = Term(identifier(name), unit(declared.unit), self._unit)
        return env

    # ---- parts -------------------------------------------------------------------------------
    def _parameter(
        self, name: str, value: float, measure: Any, meaning: str, *, constant: bool
    ) -> Any:
        element = self.sbml.createParameter()
        element.setId(identifier(name))
        element.setName(meaning)
        element.setConstant(constant)
        element.setUnits(self._unit(measure))
        element.setSBOTerm(PARAMETER)
        if np.isfinite(value):
            element.setValue(float(value))
        return element

    def _rate(self, name: str, env: Mapping[str, Term]) -> None:
        quantity = self.model.quantities[name]
        if isinstance(quantity, Site):
            terms = [env[term] for term in self.model.dependencies(name)]
            value: Any = sum(terms, start=0.0)
        else:
            assert isinstance(quantity, Rate)
            value = self.model.call(self.model.process(self.model.home[name]), quantity, env)
        element = self._parameter(
            name, float("nan"), unit(quantity.unit), quantity.meaning, constant=False
        )
        self._annotate(element, name)
        self._assign(name, value, unit(quantity.unit))

    def _assign(self, name: str, value: Any, measure: Any) -> None:
        rule = self.sbml.createAssignmentRule()
        rule.setVariable(identifier(name))
        if not isinstance(value, Term):  # a number has the unit of what it is assigned to
            text = f"{float(value)!r} {self._unit(measure)}"
        else:
            text = value.text
        rule.setMath(_math(text, name))
        rule.setSBOTerm(FLOW)

    def _flow(self, name: str, flow: Reaction, value: Any) -> None:
        state = next(iter([*flow.consumes, *flow.produces]))
        own = name if name not in self.model.quantities else f"{name}_flow"
        self._flows[id(flow)] = own
        measure = unit(self.model.states[state].unit) / unit("day")
        element = self._parameter(own, float("nan"), measure, flow.meaning, constant=False)
        self._annotate(element, name)
        self._assign(own, value, measure)

    def _rate_rule(self, name: str, inputs: list[str]) -> None:
        terms = []
        for _, _, flow in self.model.reactions:
            net = flow.produces.get(name, 0.0) - flow.consumes.get(name, 0.0)
            if net:
                text = identifier(self._flows[id(flow)])
                size = "" if abs(net) == 1.0 else f"{abs(net)!r} dimensionless * "
                terms.append(f" {'+' if net > 0 else '-'} {size}{text}")
        terms += [f" + {name_}" for name_ in inputs]
        measure = self._unit(unit(self.model.states[name].unit) / unit("day"))
        rule = self.sbml.createRateRule()
        rule.setVariable(identifier(name))
        rule.setMath(_math("".join(terms).removeprefix(" + ") or f"0 {measure}", name))
        rule.setSBOTerm(FLOW)

    def _annotate(self, element: Any, name: str) -> None:
        found = _annotations()["is"].get(name)
        if found:
            element.setMetaId(f"meta_{element.getId()}")
            term = libsbml.CVTerm()
            term.setQualifierType(libsbml.BIOLOGICAL_QUALIFIER)
            term.setBiologicalQualifierType(libsbml.BQB_IS_VERSION_OF)
            term.addResource(_IDENTIFIERS + found)
            _check(element.addCVTerm(term), f"the annotation of {name}")

    # ---- doses -------------------------------------------------------------------------------
    def _events(self) -> dict[str, list[str]]:
        """Write the doses; returns the inputs that the rate rule of each state adds."""
        events = self.course.events
        names = tuple(self.model.states)
        inputs: dict[str, list[str]] = {}
        series = _series(events)
        slow = {names[s.state] for s in series if s.kind == RATE} | set(self.course.running)
        for name in sorted(slow):
            measure = unit(self.model.states[name].unit) / unit("day")
            own = f"{identifier(name)}_input"
            self._parameter(own, self.course.running.get(name, 0.0), measure,
                            f"constant input into {name}", constant=False)  # fmt: skip
            inputs[name] = [own]
        for number, given in enumerate(series):
            name = identifier(names[given.state])
            measure = unit(self.model.states[names[given.state]].unit)
            if given.kind == RATE:
                name, measure = f"{name}_input", measure / unit("day")
            self._event(f"dose_{number}_{name}", name, given, measure)
        return inputs

    def _event(self, own: str, target: str, given: _Series, measure: Any) -> None:
        day = self._unit(unit("day"))
        event = self.sbml.createEvent()
        event.setId(own)
        event.setUseValuesFromTriggerTime(False)  # doses at one time add up
        event.setSBOTerm(DOSE)
        when = f"{given.times[0]!r} {day}"
        ready = f"time >= {when}"
        if len(given.times) > 1:
            clock = f"{own}_next"
            self._parameter(clock, given.times[0], unit("day"), "when the next dose is due",
                            constant=False)  # fmt: skip
            interval = (given.times[-1] - given.times[0]) / (len(given.times) - 1)
            last = f"{given.times[-1] + 0.5 * interval!r} {day}"
            ready = f"time >= {clock} && {clock} < {last}"
            _assignment(event, clock, f"{clock} + {interval!r} {day}")
        trigger = event.createTrigger()
        trigger.setInitialValue(False)
        trigger.setPersistent(True)
        trigger.setMath(_math(ready, own))
        _assignment(event, target, f"{target} + {given.value!r} {self._unit(measure)}")


@dataclass(frozen=True)
class _Series:
    """Equal events on one state, at one time or at a constant interval."""

    state: int
    kind: int
    value: float
    times: tuple[float, ...]


def _series(events: Events) -> list[_Series]:
    """Group `events`; raises `ValueError` for kinds that doses do not have."""
    if not np.isin(events.kind, (ADD, RATE)).all():
        raise ValueError("events that set a state cannot be exported")
    together: dict[tuple[int, int, float], list[float]] = {}
    for time, state, kind, value in zip(
        events.time, events.state, events.kind, events.value, strict=True
    ):
        together.setdefault((int(state), int(kind), float(value)), []).append(float(time))
    found = []
    for (state, kind, value), times in together.items():
        for run in _runs(times):
            if len(run) < FEWEST_REPEATS:
                found += [_Series(state, kind, value, (time,)) for time in run]
            else:
                found.append(_Series(state, kind, value, tuple(run)))
    return sorted(found, key=lambda s: (s.times[0], s.state, s.kind))


def _runs(times: list[float]) -> list[list[float]]:
    """Split ascending times where the interval changes."""
    runs: list[list[float]] = []
    for time in times:
        run = runs[-1] if runs else []
        if run and time > run[-1]:
            interval = run[1] - run[0] if len(run) > 1 else time - run[0]
            if abs(time - run[-1] - interval) <= 1e-9 * max(1.0, abs(time)):
                run.append(time)
                continue
        runs.append([time])
    return runs


def _assignment(event: Any, target: str, formula: str) -> None:
    part = event.createEventAssignment()
    part.setVariable(target)
    part.setMath(_math(formula, target))


def identifier(name: str) -> str:
    """Return the SBML identifier of one of our names."""
    text = re.sub(r"[^A-Za-z0-9_]", "_", name.replace(".", "__"))
    return f"_{text}" if text[:1].isdigit() else text


@lru_cache(maxsize=1)
def _annotations() -> Mapping[str, Mapping[str, str]]:
    return toml.read(Path(__file__).parent / "annotations.toml")


def _math(formula: str, where: str) -> Any:
    tree = libsbml.parseL3Formula(formula)
    if tree is None:
        raise ValueError(f"{where}: {libsbml.getLastParseL3Error()} in {formula}")
    return tree


def _notes(text: str) -> str:
    from html import escape

    return f'<body xmlns="http://www.w3.org/1999/xhtml"><p>{escape(text)}</p></body>'


def _check(code: int, what: str) -> None:
    if code != libsbml.LIBSBML_OPERATION_SUCCESS:
        raise ValueError(f"libSBML refuses {what}: {libsbml.OperationReturnValue_toString(code)}")
