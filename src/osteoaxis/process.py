"""How biology is written down: states, parameters, rates, reactions and the sites where drugs act.

A rate is a plain function whose argument names are its wiring. The same function runs on floats,
arrays, SymPy symbols and pint quantities, so it can be called in a notebook, traced into the
equations of the model, and checked for units, without being written twice.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Literal

import numpy as np

from osteoaxis.units import conversion_factor

Value = Any
"""A float, an array, a SymPy expression or a pint quantity."""

Verb = Literal[
    "inhibits",
    "inactivates",
    "stimulates",
    "agonises",
    "binds",
    "supplies",
    "desensitises",
    "imitates",
]


@dataclass(frozen=True, eq=False)
class State:
    """A quantity with a memory: it changes by reactions and starts from the solved steady state."""

    unit: str
    meaning: str
    typical: float
    """Usual magnitude, the scale of the absolute tolerance."""
    empty: bool = False
    """Whether it is zero in the untreated young adult: drugs, and what has been lost since."""
    signed: bool = False
    """Whether the quantity may be negative, as a logarithm or a latent score may."""
    set_by: tuple[str, ...] = ()
    """Parameters to scale so that the level meets a person's own measurement at time zero."""
    set_by_gonad: tuple[str, ...] = ()
    """The same, for the part the gonad makes: scaled only as far as the gonad still works."""


@dataclass(frozen=True, eq=False)
class Param:
    """A number with its unit, meaning, source and plausible range.

    `men` replaces `value` in men. `source` is a DOI, a PMID, `fitted: STUDY, STUDY` or
    `assumed: reason`; only the first two are numbers somebody read.
    """

    value: float
    unit: str
    meaning: str
    source: str
    range: tuple[float, float]
    men: float | None = None

    @property
    def basis(self) -> Literal["read", "fitted", "assumed"]:
        """Where the number comes from, by the first word of its source."""
        if self.source.startswith("fitted:"):
            return "fitted"
        return "assumed" if self.source.startswith("assumed:") else "read"


@dataclass(frozen=True, eq=False)
class Site:
    """A place where drugs act: the sum of the terms of all drugs there, zero without a drug."""

    how: Verb
    unit: str
    meaning: str


@dataclass(frozen=True, eq=False)
class Rate:
    """An algebraic quantity, computed at every instant from states, parameters and other rates."""

    unit: str
    meaning: str
    function: Callable[..., Value]
    wiring: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, *args: Value, **kwargs: Value) -> Value:
        return self.function(*args, **kwargs)


@dataclass(frozen=True, eq=False)
class Reaction:
    """A flow per day that takes from some states and gives to others."""

    consumes: Mapping[str, float]
    produces: Mapping[str, float]
    meaning: str
    function: Callable[..., Value]
    wiring: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, *args: Value, **kwargs: Value) -> Value:
        return self.function(*args, **kwargs)


Declaration = State | Param | Site | Rate | Reaction


@dataclass(frozen=True)
class Process:
    """A named set of declarations: one file of biology, or one drug."""

    name: str
    declarations: Mapping[str, Declaration]
    site_terms: tuple[tuple[str, str], ...] = ()
    """(site quantity, rate added to it), for drugs."""
    linear: tuple[tuple[str, ...], ...] = ()
    """Groups of states with linear, constant-coefficient dynamics of their own."""

    @classmethod
    def from_module(cls, module: ModuleType) -> Process:
        """Collect the declarations of a Python module under its short name."""
        found = {
            name: value
            for name, value in vars(module).items()
            if isinstance(value, State | Param | Site | Rate | Reaction)
        }
        return cls(module.__name__.rpartition(".")[2], found)


def arguments(declared: Rate | Reaction) -> tuple[tuple[str, str], ...]:
    """Return (argument name, quantity name it is wired to) of a rate or reaction."""
    names = inspect.signature(declared.function).parameters
    return tuple((name, declared.wiring.get(name, name)) for name in names)


def rate(unit: str, meaning: str = "") -> Callable[[Callable[..., Value]], Rate]:
    """Declare the decorated function as an algebraic quantity in `unit`."""

    def declare(function: Callable[..., Value]) -> Rate:
        return Rate(unit, meaning or first_sentence(function), function)

    return declare


_TERM = re.compile(r"^(?:(?P<count>\d+(?:\.\d+)?)\s+)?(?P<state>[A-Za-z_]\w*)$")


def _side(text: str, equation: str) -> dict[str, float]:
    terms: dict[str, float] = {}
    for term in filter(None, (part.strip() for part in text.split("+"))):
        match = _TERM.match(term)
        if match is None:
            raise ValueError(f"reaction '{equation}': cannot read the term '{term}'")
        terms[match["state"]] = float(match["count"] or 1.0)
    return terms


def reaction(equation: str) -> Callable[[Callable[..., Value]], Reaction]:
    """Declare the decorated function as the flow of `equation`, e.g. ``"precursors -> cells"``.

    The flow is in the unit of the states it moves, per day. An empty side is the outside world.
    """
    left, arrow, right = equation.partition("->")
    if not arrow:
        raise ValueError(f"reaction '{equation}' has no '->'")

    def declare(function: Callable[..., Value]) -> Reaction:
        return Reaction(
            _side(left, equation), _side(right, equation), first_sentence(function), function
        )

    return declare


def first_sentence(function: Callable[..., Any]) -> str:
    """Return the first sentence of a docstring on one line."""
    text = " ".join((function.__doc__ or "").split())
    return text.split(". ")[0].rstrip(".")


# The functions rates are made of. Each runs on every kind of Value.


def _apply(name: str, x: Value) -> Value:
    if hasattr(x, "free_symbols"):
        import sympy

        return getattr(sympy, name)(x)
    if hasattr(x, "dimensionality"):
        return getattr(np, name)(x.to("").magnitude)
    return getattr(np, name)(x)


def exp(x: Value) -> Value:
    """Return e to the power of a dimensionless quantity."""
    return _apply("exp", x)


def log(x: Value) -> Value:
    """Return the natural logarithm of a dimensionless, positive quantity."""
    return _apply("log", x)


def sqrt(x: Value) -> Value:
    """Return the square root."""
    return x**0.5


def power(x: Value, exponent: Value) -> Value:
    """Return a positive, dimensionless quantity to any power."""
    return exp(exponent * log(x))


def hill(x: Value, half: Value) -> Value:
    """Return x / (half + x), from 0 to 1; safe at x = 0."""
    return x / (half + x)


def inhibit(load: Value) -> Value:
    """Return the share of activity left under a competitive inhibitor, 1 / (1 + load)."""
    return 1 / (1 + load)


def switch(x: Value) -> Value:
    """Return a smooth step from 0 (x far below 0) to 1 (far above) of a dimensionless quantity."""
    return 1 / (1 + exp(-x))


def ramp(x: Value) -> Value:
    """Return x where it is above zero and 0 elsewhere, with the kink; see `positive_part`."""
    if hasattr(x, "free_symbols"):
        import sympy

        return sympy.Max(x, 0)
    if hasattr(x, "dimensionality"):
        return np.maximum(x.magnitude, 0.0) * x.units
    return np.maximum(x, 0.0)


def positive_part(x: Value, width: Value) -> Value:
    """Return x where it is well above `width`, about 0 below, smoothly, and exactly 0 at x = 0."""
    return x * switch(x / width)


def as_unit(x: Value, source: str, target: str) -> Value:
    """Return `x`, given in `source`, as a number of `target`; a pint quantity is converted."""
    if hasattr(x, "dimensionality"):
        return x.to(target)
    return x * conversion_factor(source, target)
