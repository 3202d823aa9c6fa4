"""What a rate called with names instead of numbers leaves behind: its formula as written.

A rate is a plain function, so it can be called with `Term`s. SymPy would put sums and products in
an order of its own; here they keep that of the author.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, eq=False)
class Term:
    """A name, a number, or `kind` applied to `parts`: + - * / ^ neg exp log."""

    kind: str
    parts: tuple[Term, ...] = ()
    name: str = ""
    number: float = 0.0

    def __add__(self, other: Any) -> Term:
        return _apply("+", self, other)

    def __radd__(self, other: Any) -> Term:
        return _apply("+", other, self)

    def __sub__(self, other: Any) -> Term:
        return _apply("-", self, other)

    def __rsub__(self, other: Any) -> Term:
        return _apply("-", other, self)

    def __mul__(self, other: Any) -> Term:
        return _apply("*", self, other)

    def __rmul__(self, other: Any) -> Term:
        return _apply("*", other, self)

    def __truediv__(self, other: Any) -> Term:
        return _apply("/", self, other)

    def __rtruediv__(self, other: Any) -> Term:
        return _apply("/", other, self)

    def __pow__(self, other: Any) -> Term:
        return _apply("^", self, other)

    def __neg__(self) -> Term:
        return _apply("neg", self)

    def log(self) -> Term:
        """Called by numpy.log."""
        return _apply("log", self)

    def exp(self) -> Term:
        """Called by numpy.exp; exp(c log x), the power of the process language, is x to the c."""
        if self.kind in "+-" and all(map(_has_logarithm, self.parts)):
            left, right = (part.exp() for part in self.parts)
            return left * right if self.kind == "+" else left / right
        factors = factors_of(self)
        logs = [factor for factor in factors if factor.kind == "log"]
        if len(logs) != 1:
            return _apply("exp", self)
        exponent = product([factor for factor in factors if factor is not logs[0]])
        return _apply("^", logs[0].parts[0], exponent)


def name(full: str) -> Term:
    """Return the term of a full name."""
    return Term("name", name=full)


def term(value: Any) -> Term:
    """Return a value as a term."""
    return value if isinstance(value, Term) else Term("number", number=float(value))


def factors_of(whole: Term) -> list[Term]:
    """Return the factors of a product, the sign of the whole as the factor -1."""
    if whole.kind == "neg":
        return [term(-1), *factors_of(whole.parts[0])]
    if whole.kind == "*":
        return [factor for part in whole.parts for factor in factors_of(part)]
    return [whole]


def product(factors: list[Term]) -> Term:
    """Return the product of factors; a factor -1 is a sign."""
    negative = sum(factor.kind == "number" and factor.number == -1 for factor in factors) % 2
    rest = [factor for factor in factors if not (factor.kind == "number" and factor.number == -1)]
    found = rest[0] if rest else term(1)
    for factor in rest[1:]:
        found = found * factor
    return -found if negative else found


def _has_logarithm(whole: Term) -> bool:
    """Whether every term of a sum is a logarithm times something."""
    if whole.kind in "+-":
        return all(map(_has_logarithm, whole.parts))
    return sum(factor.kind == "log" for factor in factors_of(whole)) == 1


def _apply(kind: str, *parts: Any) -> Term:
    nothing = {"+": 0, "*": 1}.get(kind)
    if nothing in parts:  # what a rate hands to a shared formula, or a whole share
        return term(next((part for part in parts if part != nothing), nothing))
    return Term(kind, tuple(map(term, parts)))
