"""The model: biology and drugs composed, every name resolved, traced once to equations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from osteoaxis.engine.signature import MOST_GROUPS, Signature
from osteoaxis.errors import InputError, did_you_mean
from osteoaxis.process import (
    Param,
    Process,
    Rate,
    Reaction,
    Site,
    State,
    Value,
    arguments,
)

if TYPE_CHECKING:  # SymPy is slow to import and needed only to trace equations
    import sympy

    from osteoaxis.engine.system import OdeSystem

Quantity = State | Rate | Site


@dataclass(frozen=True)
class Model:
    """A set of processes whose names all resolve.

    Raises `ValueError` on construction when two processes have one name or declare the same
    quantity, a name is unknown, a reaction moves what is no state, or rates depend on each other
    in a circle: these are mistakes of the author of a process, found before anything runs.
    """

    processes: tuple[Process, ...]

    def __post_init__(self) -> None:
        names = [process.name for process in self.processes]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two processes are called '{name}'; give one another name")
        for process, name, declared in self._declared(Rate, Reaction):
            for _, wire in arguments(declared):
                self.resolve(process, wire, f"{process.name}.{name}")
        for process in self.processes:
            for site, term in process.site_terms:
                if not isinstance(self.quantities.get(site), Site):
                    raise ValueError(f"{process.name}: no site '{site}' for the rate '{term}'")
                if not isinstance(self.quantities.get(term), Rate):
                    raise ValueError(f"{process.name}: no rate '{term}' for the site '{site}'")
        for process, name, flow in self.reactions:
            for moved in (*flow.consumes, *flow.produces):
                if moved not in self.states:
                    raise ValueError(
                        f"{process.name}.{name}: the reaction moves '{moved}', which is no state."
                        f"{did_you_mean(moved, self.states)}"
                    )
        _ = self.rate_order  # refuses circles

    def _declared(self, *kinds: type) -> Iterator[tuple[Process, str, Any]]:
        for process in self.processes:
            for name, declared in process.declarations.items():
                if isinstance(declared, kinds):
                    yield process, name, declared

    @cached_property
    def quantities(self) -> Mapping[str, Quantity]:
        """All states, rates and sites by name."""
        found: dict[str, Quantity] = {}
        for process, name, declared in self._declared(State, Rate, Site):
            if name in found:
                raise ValueError(f"'{name}' is declared twice, the second time in {process.name}")
            found[name] = declared
        return found

    @cached_property
    def states(self) -> Mapping[str, State]:
        """All states by name, in order of declaration."""
        return {name: declared for _, name, declared in self._declared(State)}

    @cached_property
    def parameters(self) -> Mapping[str, Param]:
        """All parameters by full name, ``process.parameter``."""
        return {f"{process.name}.{name}": p for process, name, p in self._declared(Param)}

    @cached_property
    def home(self) -> Mapping[str, str]:
        """Which process declares each quantity."""
        return {name: process.name for process, name, _ in self._declared(State, Rate, Site)}

    @cached_property
    def reactions(self) -> tuple[tuple[Process, str, Reaction], ...]:
        """All reactions with the process and name that declare them."""
        return tuple(self._declared(Reaction))

    def resolve(self, process: Process, wire: str, where: str) -> str:
        """Return the full name that `wire` means inside `process`.

        A process sees its own names first, then all quantities, then a parameter that only one
        process calls so. Raises `ValueError` with the near matches otherwise.
        """
        if wire == "time":
            return wire
        if isinstance(process.declarations.get(wire), Param):
            return f"{process.name}.{wire}"
        if wire in self.quantities or wire in self.parameters:
            return wire
        matches = [name for name in self.parameters if name.rpartition(".")[2] == wire]
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise ValueError(f"{where}: '{wire}' could be {', '.join(matches)}; wire it in full")
        known = [*self.quantities, *process.declarations, *self.parameters]
        raise ValueError(f"{where}: unknown name '{wire}'.{did_you_mean(wire, known)}")

    def find_parameter(self, name: str) -> str:
        """Return the full name of the parameter a user calls `name`; raises `InputError`."""
        if name in self.parameters:
            return name
        matches = [full for full in self.parameters if full.rpartition(".")[2] == name]
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise InputError(f"parameter '{name}' is ambiguous: {', '.join(matches)}.")
        raise InputError(f"unknown parameter '{name}'.{did_you_mean(name, self.parameters)}")

    def implausible(self, changes: Mapping[str, float]) -> tuple[str, ...]:
        """Say which of these values of parameters lie outside what is plausible, if any do."""
        told = []
        for name, value in changes.items():
            full = self.find_parameter(name)
            low, high = self.parameters[full].range
            if not low <= value <= high:
                told.append(f"{full} = {value:g} ({low:g} to {high:g})")
        if not told:
            return ()
        return (f"Outside the plausible range: {'; '.join(told)}. What follows rests on it.",)

    def dependencies(self, name: str) -> tuple[str, ...]:
        """Return the full names a rate, site or state's reactions depend on directly."""
        quantity = self.quantities[name]
        if isinstance(quantity, Site):
            return tuple(t for p in self.processes for s, t in p.site_terms if s == name)
        if isinstance(quantity, Rate):
            process = self.process(self.home[name])
            return tuple(self.resolve(process, wire, name) for _, wire in arguments(quantity))
        touching = (
            (process, key, r)
            for process, key, r in self.reactions
            if name in r.consumes or name in r.produces
        )
        return tuple(
            dict.fromkeys(
                self.resolve(process, wire, key)
                for process, key, r in touching
                for _, wire in arguments(r)
            )
        )

    def process(self, name: str) -> Process:
        return next(process for process in self.processes if process.name == name)

    @cached_property
    def rate_order(self) -> tuple[str, ...]:
        """All rates and sites, each after everything it depends on."""
        order: dict[str, None] = {}
        path: list[str] = []

        def visit(name: str) -> None:
            quantity = self.quantities.get(name)
            if name in order or not isinstance(quantity, Rate | Site):
                return
            if name in path:
                raise ValueError("rates in a circle: " + " -> ".join([*path, name]))
            path.append(name)
            for dependency in self.dependencies(name):
                visit(dependency)
            path.pop()
            order[name] = None

        for name, quantity in self.quantities.items():
            if isinstance(quantity, Rate | Site):
                visit(name)
        return tuple(order)

    def call(self, process: Process, declared: Rate | Reaction, env: Mapping[str, Value]) -> Value:
        """Call a rate or reaction with its arguments taken from `env` by full name."""
        return declared.function(
            **{
                argument: env[self.resolve(process, wire, process.name)]
                for argument, wire in arguments(declared)
            }
        )

    def _traced(self, process: Process, declared: Rate | Reaction) -> sympy.Expr:
        """Return a rate or reaction as an expression of the names it is wired to.

        Raises `ValueError` for a function that does not run on symbols.
        """
        import sympy

        try:
            return sympy.sympify(self.call(process, declared, self.symbols), strict=True)
        except (TypeError, AttributeError, sympy.SympifyError) as problem:
            name = next(n for n, each in process.declarations.items() if each is declared)
            raise ValueError(
                f"{process.name}.{name}: cannot be traced to an equation ({problem}). Write it "
                "with exp, log, sqrt, power, hill, switch, ramp and positive_part of "
                "osteoaxis.process, in place of math, NumPy and 'if'."
            ) from problem

    def evaluate_rates(self, env: dict[str, Value]) -> dict[str, Value]:
        """Add every rate and site to `env` (states, parameters and time by name) and return it."""
        for name in self.rate_order:
            quantity = self.quantities[name]
            if isinstance(quantity, Site):
                env[name] = sum((env[term] for term in self.dependencies(name)), start=0.0)
            elif isinstance(quantity, Rate):
                env[name] = self.call(self.process(self.home[name]), quantity, env)
        return env

    @cached_property
    def symbols(self) -> Mapping[str, sympy.Symbol]:
        """The symbol of every state, parameter, rate and site, and of time."""
        from osteoaxis.engine.system import TIME, symbol

        names = [*self.states, *self.parameters, *self.rate_order]
        return {"time": TIME, **{name: symbol(name) for name in names}}

    @cached_property
    def assignments(self) -> Mapping[str, sympy.Expr]:
        """Every rate and site as an expression of the names it is wired to."""
        import sympy

        found: dict[str, sympy.Expr] = {}
        for name in self.rate_order:
            quantity = self.quantities[name]
            if isinstance(quantity, Site):
                terms = [self.symbols[term] for term in self.dependencies(name)]
                found[name] = sympy.Add(*terms)
            elif isinstance(quantity, Rate):
                process = self.process(self.home[name])
                found[name] = self._traced(process, quantity)
        return found

    def derivative(self, name: str) -> sympy.Expr:
        """Return d(state)/d(time) per day as an expression."""
        import sympy

        terms = []
        for process, _, declared in self.reactions:
            net = declared.produces.get(name, 0.0) - declared.consumes.get(name, 0.0)
            if net:
                factor = int(net) if float(net).is_integer() else net
                terms.append(factor * self._traced(process, declared))
        return sympy.Add(*terms)

    @cached_property
    def signature(self) -> Signature:
        """What the engine calls the parts of the model."""
        return Signature(
            name="osteoaxis",
            states=tuple(self.states),
            parameters=tuple(self.parameters),
            scales=tuple(state.typical for state in self.states.values()),
            # what is beyond the engine's limit is integrated numerically: slower, not wrong
            linear=tuple(g for process in self.processes for g in process.linear)[:MOST_GROUPS],
            outputs=self.rate_order,
        )

    @cached_property
    def system(self) -> OdeSystem:
        """The equations of the model in the one form the engine knows."""
        from osteoaxis.engine.system import OdeSystem

        names = self.signature
        return OdeSystem(
            name=names.name,
            states=names.states,
            parameters=names.parameters,
            assignments=self.assignments,
            rates=tuple(self.derivative(name) for name in self.states),
            scales=names.scales,
            linear=names.linear,
            outputs=names.outputs,
        )

    @cached_property
    def _women(self) -> Mapping[str, float]:
        return {name: p.value for name, p in self.parameters.items()}

    @cached_property
    def _men(self) -> Mapping[str, float]:
        return {n: p.value if p.men is None else p.men for n, p in self.parameters.items()}

    def parameter_values(
        self, *, male: bool, changes: Mapping[str, float] | None = None
    ) -> dict[str, float]:
        """Return the value of every parameter for a woman or a man, with `changes` on top."""
        values = dict(self._men if male else self._women)
        for name, value in (changes or {}).items():
            values[self.find_parameter(name)] = float(value)
        return values
