"""Conditions on named quantities, as clinics write them: `total_hip_t_score < -2.0 or fracture`.

What is not known stays unknown (Kleene's logic): `a or b` holds if either is known to hold.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from osteoaxis.errors import InputError

_COMPARE: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
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
        return _truth(self._tree, values)


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


def _truth(node: ast.expr, values: Values) -> bool | None:
    match node:
        case ast.BoolOp(op=op, values=parts):
            found = [_truth(part, values) for part in parts]
            decisive = isinstance(op, ast.Or)
            if decisive in found:
                return decisive
            return None if None in found else not decisive
        case ast.UnaryOp(operand=operand):
            inner = _truth(operand, values)
            return None if inner is None else not inner
        case ast.Compare(left=left, ops=ops, comparators=rest):
            numbers = [_number(value, values) for value in (left, *rest)]
            steps = [
                None if a is None or b is None else _COMPARE[type(op)](a, b)
                for op, a, b in zip(ops, numbers, numbers[1:], strict=False)
            ]
            return False if False in steps else None if None in steps else True
        case ast.Name(id=name):
            value = values.get(name)
            return None if value is None or value != value else bool(value)
    raise AssertionError(node)


def _number(node: ast.expr, values: Values) -> float | None:
    match node:
        case ast.Name(id=name):
            value = values.get(name)
            return None if value is None or value != value else float(value)
        case ast.UnaryOp(operand=ast.Constant(value=value)):
            return -float(value)  # type: ignore[arg-type]
        case ast.Constant(value=value):
            return float(value)  # type: ignore[arg-type]
    raise AssertionError(node)
