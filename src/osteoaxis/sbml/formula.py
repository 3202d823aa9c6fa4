"""The rates of the process language written as SBML formulas, every number with its unit.

A rate is a plain function; called with `Term`s it leaves behind its formula in the infix grammar
of libSBML's level 3 parser. Where pint quantities are converted, so are terms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from osteoaxis.units import registry, unit

if TYPE_CHECKING:
    import pint

NameUnit = Callable[["pint.Unit"], str]


class Term:
    """A piece of formula with its unit; `name` gives units their identifiers in the document."""

    def __init__(self, text: str, measure: pint.Unit, name: NameUnit) -> None:
        self.text = text
        self.measure = measure
        self._name = name

    @property
    def dimensionality(self) -> Any:
        """Its presence makes the functions of the process language treat this as a quantity."""
        return self.measure.dimensionality

    @property
    def magnitude(self) -> Term:
        """Itself: what pint quantities are asked for after conversion."""
        return self

    def to(self, target: str) -> Term:
        """Return the same in another unit: times a number that has the unit of the ratio."""
        wanted = unit(target or "1")
        factor = registry().Quantity(1.0, self.measure).to(wanted).magnitude
        if abs(factor - 1.0) < 1e-12:
            return Term(self.text, wanted, self._name)
        ratio = self._name(wanted / self.measure)
        return Term(f"({float(factor)!r} {ratio} * {self.text})", wanted, self._name)

    def _bare(self, text: str) -> Term:
        return Term(text, unit("1"), self._name)

    def _other(self, other: Any) -> Term:
        if isinstance(other, Term):
            return other
        text = f"{float(other)!r} {self._name(unit('1'))}"
        return self._bare(f"({text})" if other < 0 else text)

    def __add__(self, other: Any) -> Term:
        if not isinstance(other, Term) and other == 0:
            return self
        return Term(f"({self.text} + {self._other(other).text})", self.measure, self._name)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Term:
        return Term(f"({self.text} - {self._other(other).text})", self.measure, self._name)

    def __rsub__(self, other: Any) -> Term:
        return Term(f"({self._other(other).text} - {self.text})", self.measure, self._name)

    def __mul__(self, other: Any) -> Term:
        right = self._other(other)
        return Term(f"({self.text} * {right.text})", self.measure * right.measure, self._name)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Term:
        right = self._other(other)
        return Term(f"({self.text} / {right.text})", self.measure / right.measure, self._name)

    def __rtruediv__(self, other: Any) -> Term:
        return self._other(other) / self

    def __pow__(self, exponent: Any) -> Term:
        right = self._other(exponent)
        measure = unit("1") if isinstance(exponent, Term) else self.measure**exponent
        return Term(f"({self.text} ^ {right.text})", measure, self._name)

    def __neg__(self) -> Term:
        return Term(f"(-{self.text})", self.measure, self._name)

    def exp(self) -> Term:
        """Called by numpy.exp."""
        return self._bare(f"exp({self.text})")

    def log(self) -> Term:
        """Called by numpy.log."""
        return self._bare(f"ln({self.text})")
