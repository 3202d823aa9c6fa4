"""The equations of an imported model as a whole: their order, initial values and jumps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

import numpy as np
import sympy
from sympy.core.relational import Equality, Relational, Unequality

from osteoaxis.engine import TIME, symbol
from osteoaxis.engine.graph import RealPower
from osteoaxis.errors import InputError
from osteoaxis.sbml.maths import SPECIAL, replaced
from osteoaxis.sbml.reading import UnsupportedError

ALWAYS_ONE = RealPower(TIME, sympy.Float(0))


@dataclass
class Switches:
    """Names of the definitions that tell where equations jump."""

    jumping: list[str] = field(default_factory=list)
    """What is constant between jumps."""
    margins: list[str] = field(default_factory=list)
    """Of which the sign decides a switch."""
    crossings: list[str] = field(default_factory=list)
    """Times when a switch jumps that depends on time alone."""


@dataclass
class Equations:
    """Named expressions that always hold, rates of states, and what holds at time zero."""

    where: str
    definitions: dict[str, sympy.Expr] = field(default_factory=dict)
    rates: dict[str, sympy.Expr] = field(default_factory=dict)
    values: dict[str, sympy.Expr | float] = field(default_factory=dict)
    """Of parameters and states, at time zero."""

    def ordered(self) -> dict[str, sympy.Expr]:
        """Return the definitions, each after those it uses; raises `InputError` for a circle."""
        graph = {
            name: sorted(s.name for s in value.free_symbols if s.name in self.definitions)
            for name, value in self.definitions.items()
        }
        try:
            return {n: self.definitions[n] for n in TopologicalSorter(graph).static_order()}
        except CycleError as problem:
            raise InputError(f"{self.where}: {_circle(problem.args[1])}") from problem

    def initial(self) -> dict[str, float]:
        """Return the values at time zero; raises `InputError` for a circle."""
        known: dict[str, float] = {s.name: v for s, v in SPECIAL.items()} | {TIME.name: 0.0}
        formulas = {**self.definitions, **self.values}
        graph = dict(_needed(formulas, self.values))
        try:
            for name in TopologicalSorter(graph).static_order():
                if name not in known:
                    known[name] = _computed(formulas[name], known)
        except CycleError as problem:
            raise InputError(f"{self.where}: {_circle(problem.args[1])}") from problem
        return {name: known[name] for name in self.values}

    def add_switches(self, triggers: Iterable[str], at_once: Iterable[str]) -> Switches:
        """Define what tells where triggers, definitions and rates jump.

        Definitions `at_once` matter at events only. Raises `UnsupportedError` for triggers that
        are true for an instant that cannot be computed.
        """
        order = self.ordered()
        moving = self._moving(order)
        unread = set(at_once)
        scanned = [e for name, e in self.definitions.items() if name not in unread]
        kinds = (Relational, sympy.floor, sympy.ceiling)
        atoms = set().union(*(e.atoms(*kinds) for e in (*scanned, *self.rates.values())))
        found = Switches(list(triggers))
        instants = {
            equality
            for trigger in found.jumping
            for equality in _expanded(self.definitions[trigger], order).atoms(Equality, Unequality)
        }
        for atom in sorted((a for a in atoms if a.free_symbols & moving), key=str):
            place = len(found.jumping)
            found.jumping.append(f"switch {place}")
            if not isinstance(atom, Relational):
                self.definitions[f"switch {place}"] = atom
                continue
            margin = atom.lhs - atom.rhs
            self.definitions[f"switch {place}"] = sympy.Piecewise(
                (sympy.Float(-1), sympy.Lt(margin, 0, evaluate=False)),
                (sympy.Float(1), sympy.Gt(margin, 0, evaluate=False)),
                (sympy.Float(0), True),
                evaluate=False,
            )
            self.definitions[f"margin {place}"] = margin
            found.margins.append(f"margin {place}")
            when = self._crossing(_expanded(margin, order))
            if when is not None:
                self.definitions[f"crossing {place}"] = when
                found.crossings.append(f"crossing {place}")
            elif _expanded(atom, order) in instants:
                feature = "a trigger that asks whether changing quantities are equal"
                raise UnsupportedError(self.where, feature)
        return found

    def keep_conditions_moving(self) -> None:
        """Make conditions of parameters alone depend on time, by name only.

        The engine computes what depends on parameters alone beforehand and stores it as a number,
        which a condition is not.
        """
        moving = self._moving(self.ordered())
        for table in (self.definitions, self.rates):
            for name, value in table.items():
                still = (a for a in value.atoms(Relational) if not a.free_symbols & moving)
                table[name] = replaced(
                    value, {a: a.func(a.lhs * ALWAYS_ONE, a.rhs, evaluate=False) for a in still}
                )

    def _moving(self, order: Mapping[str, sympy.Expr]) -> set[sympy.Symbol]:
        """Symbols of what changes continuously."""
        moving = {TIME} | {symbol(name) for name in self.rates}
        for name, value in order.items():
            if value.free_symbols & moving:
                moving.add(symbol(name))
        return moving

    def _crossing(self, margin: sympy.Expr) -> sympy.Expr | None:
        """When `margin` is zero, if it is a straight line in time and depends on no state."""
        if any(s.name in self.rates for s in margin.free_symbols):
            return None
        if TIME not in margin.free_symbols or margin.has(sympy.Function):
            return None
        slope = sympy.diff(margin, TIME)
        if TIME in slope.free_symbols or slope.is_zero:
            return None
        return -replaced(margin, {TIME: sympy.Float(0)}) / slope


def _expanded(expression: sympy.Basic, order: Mapping[str, sympy.Expr]) -> sympy.Basic:
    """`expression` without the names of definitions."""
    for name, value in reversed(list(order.items())):
        if symbol(name) in expression.free_symbols:
            expression = replaced(expression, {symbol(name): value})
    return expression


def _needed(
    formulas: Mapping[str, sympy.Expr | float], wanted: Iterable[str]
) -> Iterator[tuple[str, list[str]]]:
    """What each of `wanted`, and what that needs in turn, is computed from."""
    seen: set[str] = set()
    stack = list(wanted)
    while stack:
        name = stack.pop()
        if name in seen:
            continue
        seen.add(name)
        formula = formulas[name]
        symbols = formula.free_symbols if isinstance(formula, sympy.Basic) else ()
        uses = sorted(s.name for s in symbols if s.name in formulas)
        stack += uses
        yield name, uses


def _computed(formula: sympy.Expr | float, known: Mapping[str, float]) -> float:
    if not isinstance(formula, sympy.Basic) or formula.is_Number:
        return float(formula)
    names = sorted(formula.free_symbols, key=str)
    exact = {f: sympy.Dummy() for f in formula.atoms(sympy.Float)}  # printed, they lose digits
    function = sympy.lambdify(
        [*names, *exact.values()], replaced(formula, exact), [{"RealPower": np.power}, "numpy"]
    )
    with np.errstate(all="ignore"):
        return float(function(*(np.float64(known[s.name]) for s in names), *map(np.float64, exact)))


def _circle(names: Iterable[str]) -> str:
    return "defined in a circle: " + " -> ".join(f"'{name}'" for name in names) + "."
