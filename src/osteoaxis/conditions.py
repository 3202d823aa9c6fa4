"""Conditions on named quantities, as clinics write them: `total_hip_t_score < -2.0 or fracture`.

What is not known stays unknown (Kleene's logic): `a or b` holds if either is known to hold.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from osteoaxis.errors import InputError

Array = NDArray[np.float64]
Truth = NDArray[np.bool_]

_COMPARE: dict[type[ast.cmpop], Callable[[Array, Array], Truth]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
MAX_TEXT = 1000
Values = Mapping[str, float | bool | None]


@dataclass(frozen=True)
class Condition:
    """A condition as written, and the names of the quantities in it."""

    text: str
    names: frozenset[str]
    _tree: ast.expr = field(compare=False, repr=False)

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Read a condition: names, numbers, `< <= > >= == !=`, `and`, `or`, `not`, brackets.

        Raises `InputError` saying what cannot be understood.
        """
        if len(text) > MAX_TEXT:
            raise InputError(f"condition: {len(text)} characters; the limit is {MAX_TEXT}.")
        text = " ".join(text.split())
        try:
            tree = ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise InputError(
                f"condition '{text}' is not understood; write e.g. 'total_hip_t_score < -2.0'."
            ) from None
        _check(tree, text, truth=True)
        names = frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
        return cls(text, names, tree)

    def __call__(self, values: Values) -> bool | None:
        """Return whether the condition holds; None if `values` leave it open."""
        held, failed = self.over({n: column([values.get(n)]) for n in self.names})
        return True if held.all() else False if failed.all() else None

    def over(self, columns: Mapping[str, Array]) -> tuple[Truth, Truth]:
        """Return where the condition holds and where it does not; elsewhere it is open.

        `columns` are arrays of equal length, NaN where a quantity is not known.
        """
        return _truth(self._tree, columns)


def column(values: Sequence[float | bool | None] | NDArray[Any]) -> Array:
    """Return values as numbers, NaN where they are not known."""
    if isinstance(values, np.ndarray):
        return values.astype(float)
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def _check(node: ast.expr, text: str, *, truth: bool) -> None:
    """Refuse what is not a truth value (`truth`) or a number where one is needed."""
    match node:
        case ast.BoolOp(values=values) if truth:
            for value in values:
                _check(value, text, truth=True)
        case ast.UnaryOp(op=ast.Not(), operand=operand) if truth:
            _check(operand, text, truth=True)
        case ast.Compare(left=left, ops=ops, comparators=rest) if truth:
            if all(type(op) in _COMPARE for op in ops):
                for value in (left, *rest):
                    _check(value, text, truth=False)
                return
            raise InputError(f"condition '{text}': allowed comparisons are < <= > >= == !=.")
        case ast.Name():
            return
        case ast.Constant(value=value) if not truth and type(value) in (int, float):
            return
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=value)) if not truth:
            _check(node.operand, text, truth=False)
        case _:
            wanted = "a comparison or a yes-or-no quantity" if truth else "a quantity or a number"
            raise InputError(f"condition '{text}': '{ast.unparse(node)}' is not {wanted}.")


def _truth(node: ast.expr, columns: Mapping[str, Array]) -> tuple[Truth, Truth]:
    match node:
        case ast.BoolOp(op=op, values=parts):
            sides = zip(*(_truth(part, columns) for part in parts), strict=True)
            joins = (np.logical_or, np.logical_and)
            held, failed = map(reduce, joins if isinstance(op, ast.Or) else joins[::-1], sides)
            return held, failed
        case ast.UnaryOp(operand=operand):
            held, failed = _truth(operand, columns)
            return failed, held
        case ast.Compare(left=left, ops=ops, comparators=rest):
            numbers = [_number(value, columns) for value in (left, *rest)]
            steps = [
                (known := ~(np.isnan(a) | np.isnan(b)), known & _COMPARE[type(op)](a, b))
                for op, a, b in zip(ops, numbers, numbers[1:], strict=False)
            ]
            return (
                reduce(np.logical_and, [true for _, true in steps]),
                reduce(np.logical_or, [known & ~true for known, true in steps]),
            )
        case ast.Name(id=name):
            value = columns[name]
            known = ~np.isnan(value)
            return known & (value != 0.0), known & (value == 0.0)
    raise AssertionError(node)


def _number(node: ast.expr, columns: Mapping[str, Array]) -> Array:
    match node:
        case ast.Name(id=name):
            return columns[name]
        case ast.UnaryOp(operand=ast.Constant(value=value)):
            return np.array(-float(value))  # type: ignore[arg-type]
        case ast.Constant(value=value):
            return np.array(float(value))  # type: ignore[arg-type]
    raise AssertionError(node)
