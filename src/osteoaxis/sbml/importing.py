"""An SBML document as a system of the engine, with initial values and events.

Species that reactions change are integrated as amounts, whatever their unit in the model, so that
compartments may change their size. What events change and nothing else does is a parameter.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sympy

from osteoaxis.engine import OdeSystem, symbol
from osteoaxis.errors import InputError
from osteoaxis.sbml.equations import Equations
from osteoaxis.sbml.maths import SPECIAL, Maths, engine_name, number, quantity, rate_of
from osteoaxis.sbml.reading import UnsupportedError, parse, read


@dataclass(frozen=True)
class Event:
    """What happens when a trigger becomes true; names are outputs of the system."""

    name: str
    trigger: str
    initially: bool
    persistent: bool
    values_from_trigger: bool
    priority: str | None
    assignments: Mapping[str, str]
    """For each identifier that is set, the output that holds its new value."""


@dataclass(frozen=True)
class Species:
    """Names of a species' amount and concentration among the quantities of the system."""

    compartment: str
    amount: str
    concentration: str


@dataclass(frozen=True)
class ImportedModel:
    """An SBML model ready to be integrated, time in its own unit."""

    name: str
    system: OdeSystem
    parameters: Mapping[str, float]
    initial: Mapping[str, float]
    events: tuple[Event, ...]
    switches: tuple[str, ...]
    """Outputs that jump where the equations do: the integration stops there."""
    margins: tuple[str, ...]
    """Outputs of which the sign decides a switch."""
    crossings: tuple[str, ...]
    """Outputs that say at what time a switch jumps, for switches of time alone."""
    species: Mapping[str, Species]
    variables: tuple[str, ...]
    """Identifiers of what may change in time, in the order of the file: species first."""


def load(path: Path) -> ImportedModel:
    """Return the model of a file; raises `InputError`, `UnsupportedError` for what it may not use.

    What is supported is listed in docs/sbml.md.
    """
    return _built(read(path), str(path))


def loads(text: str, where: str = "model") -> ImportedModel:
    """Return the model of a text; raises as `load`."""
    return _built(parse(text.encode(), where), where)


def _built(document: Any, where: str) -> ImportedModel:
    try:
        return _Builder(document.getModel(), where).build()
    except RecursionError as problem:
        raise InputError(f"{where}: formulas are nested too deeply.") from problem


class _Builder:
    def __init__(self, model: Any, where: str) -> None:
        self.model, self.where = model, where
        references = [
            reference
            for reaction in model.getListOfReactions()
            for reference in (*reaction.getListOfReactants(), *reaction.getListOfProducts())
        ]
        self.references = [r for r in references if r.isSetIdAttribute()]
        self.elements = [
            *model.getListOfSpecies(),
            *model.getListOfCompartments(),
            *model.getListOfParameters(),
            *self.references,
        ]
        known = [e.getIdAttribute() for e in (*self.elements, *model.getListOfReactions())]
        functions = {f.getIdAttribute(): f for f in model.getListOfFunctionDefinitions()}
        self.maths = Maths(frozenset(known), functions)
        self.equations = Equations(where)
        self.definitions, self.rates = self.equations.definitions, self.equations.rates
        self.values = self.equations.values
        self.species: dict[str, Species] = {}
        self.assigned, self.rate_rules = self._rules()
        self.started = {
            a.getSymbol(): self._expression(a, f"initial assignment of '{a.getSymbol()}'")
            for a in model.getListOfInitialAssignments()
            if a.isSetMath()
        }

    def build(self) -> ImportedModel:
        """Return the model."""
        for compartment in self.model.getListOfCompartments():
            size = compartment.getSize() if compartment.isSetSize() else math.nan
            self._plain(compartment.getId(), size)
        for parameter in self.model.getListOfParameters():
            value = parameter.getValue() if parameter.isSetValue() else math.nan
            self._plain(parameter.getId(), value)
        for reference in self.references:
            value = reference.getStoichiometry() if reference.isSetStoichiometry() else math.nan
            self._plain(reference.getIdAttribute(), value)
        changes = self._reactions()
        for species in self.model.getListOfSpecies():
            self._species(species, changes.get(species.getId()))
        events = tuple(
            self._event(number, event) for number, event in enumerate(self.model.getListOfEvents())
        )
        self._rates_of()
        triggers = [event.trigger for event in events]
        at_once = [name for event in events for name in (*event.assignments.values(),
                   *filter(None, [event.priority]))]  # fmt: skip
        switches = self.equations.add_switches(triggers, at_once)
        self.equations.keep_conditions_moving()
        order = self.equations.ordered()
        values = self.equations.initial()
        used = set().union(*(e.free_symbols for e in (*order.values(), *self.rates.values())))
        values |= {special.name: v for special, v in SPECIAL.items() if special in used}
        for state in self.rates:
            if not math.isfinite(values[state]):
                raise InputError(
                    f"{self.where}: '{state}' starts at {values[state]}, not a number."
                )
        parameters = {name: value for name, value in values.items() if name not in self.rates}
        states = {name: values[name] for name in self.rates}
        changing = {*self.rates, *order, *(t for event in events for t in event.assignments)}
        system = OdeSystem(
            name=self.model.getIdAttribute() or "model",
            states=tuple(self.rates),
            parameters=tuple(parameters),
            assignments=order,
            rates=tuple(self.rates.values()),
            scales=_scales(states.values()),
            outputs=tuple(order),
        )
        return ImportedModel(
            name=system.name,
            system=system,
            parameters=parameters,
            initial=states,
            events=events,
            switches=tuple(switches.jumping),
            margins=tuple(switches.margins),
            crossings=tuple(switches.crossings),
            species=self.species,
            variables=tuple(
                name
                for e in (*self.elements, *self.model.getListOfReactions())
                if (name := engine_name(e.getIdAttribute())) in changing
            ),
        )

    # ---- elements ----------------------------------------------------------------------------
    def _expression(self, element: Any, what: str, local: Any = None) -> sympy.Expr:
        return self.maths.expression(element.getMath(), f"{self.where}: {what}", local)

    def _rules(self) -> tuple[dict[str, sympy.Expr], dict[str, sympy.Expr]]:
        """Assignment rules and rate rules; a rule without maths says nothing."""
        assigned: dict[str, sympy.Expr] = {}
        rates: dict[str, sympy.Expr] = {}
        for rule in self.model.getListOfRules():
            if not rule.isSetMath():
                continue
            if rule.isAlgebraic():
                raise UnsupportedError(self.where, "algebraic rule")
            name = rule.getVariable()
            kind = "assignment rule" if rule.isAssignment() else "rate rule"
            chosen = assigned if rule.isAssignment() else rates
            chosen[name] = self._expression(rule, f"{kind} of '{name}'")
        return assigned, rates

    def _plain(self, identifier: str, value: float) -> None:
        """A compartment, parameter or stoichiometry."""
        name = engine_name(identifier)
        if identifier in self.assigned:
            self.definitions[name] = self.assigned[identifier]
            return
        if identifier in self.rate_rules:
            self.rates[name] = self.rate_rules[identifier]
        self.values[name] = self.started.get(identifier, value)

    def _species(self, element: Any, change: sympy.Expr | None) -> None:
        identifier = element.getId()
        name = engine_name(identifier)
        compartment = self.model.getCompartment(element.getCompartment())
        home = engine_name(compartment.getId())
        volume = symbol(home)
        in_amount = element.getHasOnlySubstanceUnits()
        amount = name if in_amount else f"amount of {name}"
        concentration = f"concentration of {name}" if in_amount else name
        self.species[name] = Species(home, amount, concentration)
        if identifier in self.assigned:
            self.definitions[name] = self.assigned[identifier]
            kept = name
        elif identifier in self.rate_rules:
            kept = name
            self.rates[kept] = self.rate_rules[identifier]
        else:
            kept = amount
            if change is not None:
                self.rates[kept] = change
        if identifier not in self.assigned:
            if identifier in self.started:
                value, given = self.started[identifier], name
            elif element.isSetInitialConcentration():
                value, given = sympy.Float(element.getInitialConcentration()), concentration
            else:
                start = element.getInitialAmount() if element.isSetInitialAmount() else math.nan
                value, given = start, amount
            if given != kept:
                value = value * volume if kept == amount else value / volume
            self.values[kept] = value
        if kept == amount:
            self.definitions[concentration] = symbol(amount) / volume
        else:
            self.definitions[amount] = symbol(concentration) * volume

    def _reactions(self) -> dict[str, sympy.Expr]:
        """Define the rate of each reaction; return the change of each species, amount/time."""
        changes: dict[str, list[sympy.Expr]] = {}
        for reaction in self.model.getListOfReactions():
            name = reaction.getId()
            law = reaction.getKineticLaw()
            if law is None or not law.isSetMath():
                raise UnsupportedError(self.where, f"reaction without a kinetic law ('{name}')")
            local = {}
            for parameter in law.getListOfLocalParameters():
                own = f"{name}.{parameter.getId()}"
                value = parameter.getValue() if parameter.isSetValue() else math.nan
                self.values[own], local[parameter.getId()] = value, symbol(own)
            self.definitions[engine_name(name)] = self._expression(
                law, f"the kinetic law of '{name}'", local
            )
            for sign, references in (
                (-1, reaction.getListOfReactants()),
                (1, reaction.getListOfProducts()),
            ):
                for reference in references:
                    change = sign * self._stoichiometry(reference) * quantity(name)
                    changes.setdefault(reference.getSpecies(), []).append(change)
        return {
            species: sympy.Add(*terms) * self._conversion(element)
            for species, terms in changes.items()
            if not (element := self.model.getSpecies(species)).getBoundaryCondition()
            and not element.getConstant()
        }

    def _stoichiometry(self, reference: Any) -> sympy.Expr:
        if reference.isSetIdAttribute():
            return quantity(reference.getIdAttribute())
        if not reference.isSetStoichiometry():
            raise InputError(
                f"{self.where}: a stoichiometry of '{reference.getSpecies()}' has no value."
            )
        return sympy.Float(reference.getStoichiometry())

    def _conversion(self, species: Any) -> sympy.Expr:
        for element in (species, self.model):
            if element.isSetConversionFactor():
                return quantity(element.getConversionFactor())
        return sympy.Integer(1)

    def _event(self, place: int, event: Any) -> Event:
        name = event.getId() or f"event {place + 1}"
        where = f"{self.where}: event '{name}'"
        if event.isSetDelay() and event.getDelay().isSetMath():
            raise UnsupportedError(where, "event delay")
        trigger = event.getTrigger()
        if trigger is None or not trigger.isSetMath():
            condition: sympy.Basic = sympy.false
        else:
            condition = self.maths.condition(trigger.getMath(), f"{where}, trigger")
        own = f"event {place}"
        self.definitions[f"{own} trigger"] = number(condition)
        priority = None
        if event.isSetPriority() and event.getPriority().isSetMath():
            priority = f"{own} priority"
            self.definitions[priority] = self._expression(
                event.getPriority(), f"'{name}', priority"
            )
        assignments = {}
        for assignment in event.getListOfEventAssignments():
            if assignment.isSetMath():
                target = engine_name(assignment.getVariable())
                assignments[target] = f"{own} value of {target}"
                self.definitions[assignments[target]] = self._expression(
                    assignment, f"event '{name}', assignment of '{target}'"
                )
        return Event(
            name=name,
            trigger=f"{own} trigger",
            initially=trigger is None or trigger.getInitialValue(),
            persistent=trigger is None or trigger.getPersistent(),
            values_from_trigger=event.getUseValuesFromTriggerTime(),
            priority=priority,
            assignments=assignments,
        )

    def _rates_of(self) -> None:
        """Define the rates that formulas ask for."""
        for identifier in sorted(self.maths.rates_asked):
            name = engine_name(identifier)
            rate: sympy.Expr = sympy.Float(0)
            species = self.species.get(name)
            if name in self.rates:
                rate = self.rates[name]
            elif species is not None and species.concentration == name:
                if species.compartment in self.definitions or identifier in self.assigned:
                    raise UnsupportedError(self.where, "rateOf of what follows an assignment rule")
                volume, growth = symbol(species.compartment), self.rates.get(species.compartment, 0)
                change = self.rates.get(species.amount, 0)
                rate = sympy.sympify((change - symbol(name) * growth) / volume)
            elif name in self.definitions:
                raise UnsupportedError(self.where, "rateOf of what follows an assignment rule")
            self.definitions[rate_of(identifier).name] = rate


def _scales(values: Iterable[float]) -> tuple[float, ...]:
    """Magnitudes for the absolute tolerance: what starts at zero is as small as the smallest."""
    values = list(values)
    smallest = min((abs(v) for v in values if v), default=1.0)
    return tuple(abs(v) or min(smallest, 1.0) for v in values)
