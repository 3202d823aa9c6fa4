"""What the engine integrates: named states, parameters, assignments and rates, all symbolic."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sympy

from osteoaxis.engine.signature import MOST_GROUPS, Signature

TIME: sympy.Symbol = sympy.Symbol("time", real=True)


def symbol(name: str) -> sympy.Symbol:
    """Return the symbol of a state, parameter or assignment; the one way to make one."""
    return sympy.Symbol(name, real=True)


@dataclass(frozen=True)
class OdeSystem:
    """A system of ordinary differential equations, d(state)/d(time) = rate, time in days.

    `assignments` are named intermediates; each may use states, parameters, TIME and earlier
    assignments. `scales` are typical magnitudes of the states (absolute tolerance = atol * scale).
    Each group of `linear` states has constant-coefficient dynamics that depend on nothing outside
    the group (drug pharmacokinetics) and is integrated exactly. `outputs` are states or
    assignments recorded besides the states.
    """

    name: str
    states: tuple[str, ...]
    parameters: tuple[str, ...]
    assignments: Mapping[str, sympy.Expr]
    rates: tuple[sympy.Expr, ...]
    scales: tuple[float, ...]
    linear: tuple[tuple[str, ...], ...] = ()
    outputs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_names(self)
        _check_symbols(self)
        if len(self.scales) != len(self.states):
            raise ValueError(f"{self.name}: {len(self.scales)} scales, {len(self.states)} states")
        for state, scale in zip(self.states, self.scales, strict=True):
            if not (math.isfinite(scale) and scale > 0):
                raise ValueError(f"{self.name}: the scale of '{state}' is {scale}, must be > 0")
        for group in self.linear:
            linear_coefficients(self, group)

    @property
    def signature(self) -> Signature:
        """The names without the equations."""
        return Signature(
            self.name, self.states, self.parameters, self.scales, self.linear, self.outputs
        )


def linear_coefficients(
    system: OdeSystem, group: tuple[str, ...]
) -> tuple[list[list[sympy.Expr]], list[sympy.Expr]]:
    """Return K and b of a linear group, d(group)/d(time) = K group + b; both of parameters only."""
    symbols = [symbol(state) for state in group]
    allowed = {symbol(name) for name in system.parameters}
    matrix: list[list[sympy.Expr]] = []
    inputs: list[sympy.Expr] = []
    for state in group:
        rate = _without_assignments(system, system.rates[system.states.index(state)])
        strangers = rate.free_symbols - allowed - set(symbols)
        if strangers:
            raise ValueError(
                f"{system.name}: linear state '{state}' depends on {_listed(strangers)}, "
                f"which is outside its group {group}"
            )
        row = [sympy.diff(rate, other) for other in symbols]
        for other, coefficient in zip(group, row, strict=True):
            if coefficient.free_symbols - allowed:
                raise ValueError(
                    f"{system.name}: the rate of '{state}' is not linear in '{other}': {rate}"
                )
        matrix.append(row)
        inputs.append(rate.subs(dict.fromkeys(symbols, 0)))
    return matrix, inputs


def _without_assignments(system: OdeSystem, expression: sympy.Expr) -> sympy.Expr:
    for name, value in reversed(list(system.assignments.items())):
        if symbol(name) in expression.free_symbols:
            expression = expression.subs(symbol(name), value)
    return expression


def _check_names(system: OdeSystem) -> None:
    seen: set[str] = {TIME.name}
    for name in (*system.states, *system.parameters, *system.assignments):
        if name in seen:
            raise ValueError(f"{system.name}: the name '{name}' is used twice")
        seen.add(name)
    linear = system.signature.linear_states
    if len(set(linear)) != len(linear):
        raise ValueError(f"{system.name}: a state is in two linear groups: {linear}")
    if len(system.linear) > MOST_GROUPS:
        raise ValueError(
            f"{system.name}: {len(system.linear)} linear groups, at most {MOST_GROUPS}"
        )
    for state in linear:
        if state not in system.states:
            raise ValueError(f"{system.name}: linear group names '{state}', which is not a state")
    for output in system.outputs:
        if output not in system.states and output not in system.assignments:
            raise ValueError(f"{system.name}: output '{output}' is no state and no assignment")


def _check_symbols(system: OdeSystem) -> None:
    if len(system.rates) != len(system.states):
        raise ValueError(f"{system.name}: {len(system.rates)} rates, {len(system.states)} states")
    known = {symbol(name) for name in (*system.states, *system.parameters)} | {TIME}
    assigned = {symbol(name) for name in system.assignments}
    for name, value in system.assignments.items():
        unknown = sympy.sympify(value).free_symbols - known
        if unknown & assigned:
            raise ValueError(
                f"{system.name}: assignment '{name}' uses {_listed(unknown & assigned)} "
                "before it is assigned"
            )
        _refuse(system, f"assignment '{name}'", unknown)
        known.add(symbol(name))
    for state, rate in zip(system.states, system.rates, strict=True):
        _refuse(system, f"the rate of '{state}'", sympy.sympify(rate).free_symbols - known)


def _refuse(system: OdeSystem, where: str, unknown: set[sympy.Basic]) -> None:
    if unknown:
        raise ValueError(
            f"{system.name}: {where} uses unknown symbols {_listed(unknown)} "
            "(make symbols with engine.symbol)"
        )


def _listed(symbols: Iterable[sympy.Basic]) -> str:
    return ", ".join(sorted(f"'{item}'" for item in symbols))
