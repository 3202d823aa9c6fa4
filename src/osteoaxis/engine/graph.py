"""Expressions as a shared graph: lowering from SymPy, and gradients by the chain rule.

Every distinct value is one node (common subexpressions come for free), nodes that depend on
parameters only are marked so that they are computed once per patient, and powers become
exp(n log x) with shared logarithms.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import sympy
from sympy.core.relational import Relational
from sympy.logic.boolalg import And, BooleanFalse, BooleanTrue, Not, Or

Node = tuple[Any, ...]

LEAVES = frozenset({"state", "linear", "slope", "time", "alias"})
UNARY = {
    sympy.exp: "exp",
    sympy.log: "log",
    sympy.sin: "sin",
    sympy.cos: "cos",
    sympy.tan: "tan",
    sympy.asin: "asin",
    sympy.acos: "acos",
    sympy.atan: "atan",
    sympy.sinh: "sinh",
    sympy.cosh: "cosh",
    sympy.tanh: "tanh",
    sympy.floor: "floor",
    sympy.ceiling: "ceil",
}


class RealPower(sympy.Function):  # type: ignore[misc]
    """base ** exponent as the C library's pow has it, negative bases and all.

    Powers of the biology are written with `**`: their bases are positive, and cheaper so.
    """


class Graph:
    """A growing list of nodes; a node's operands always have smaller numbers than itself."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.fixed: list[bool] = []
        self.symbols: dict[sympy.Symbol, int] = {}
        self._numbers: dict[Node, int] = {}
        self._lowered: dict[sympy.Basic, int] = {}
        self._partials: dict[int, dict[int, int]] = {}
        self.zero = self.const(0.0)
        self.one = self.const(1.0)

    # ---- building ----------------------------------------------------------------------------
    def _make(self, *node: Any) -> int:
        number = self._numbers.get(node)
        if number is None:
            number = self._numbers[node] = len(self.nodes)
            self.nodes.append(node)
            operands = self.operands(number)
            self.fixed.append(
                node[0] in ("const", "param")
                or (node[0] not in LEAVES and all(self.fixed[k] for k in operands))
            )
        return number

    def operands(self, number: int) -> tuple[int, ...]:
        """Numbers of the nodes that node `number` is computed from."""
        op, *rest = self.nodes[number]
        if op in ("const", "param", "state", "linear", "slope", "time"):
            return ()
        return tuple(rest[1:] if op == "compare" else rest)

    def value(self, number: int) -> float | None:
        """The number a constant node stands for, else None."""
        node = self.nodes[number]
        return float(node[1]) if node[0] == "const" else None

    def const(self, value: float) -> int:
        return self._make("const", float(value))

    def leaf(self, kind: str, index: int = 0) -> int:
        """A parameter, state, linear state, its slope, or time."""
        return self._make(kind, index)

    def alias(self, number: int) -> int:
        """Name a value, so that gradients stop there and continue by the chain rule."""
        if self.fixed[number] or self.nodes[number][0] in LEAVES:
            return number
        return self._make("alias", number)

    def add(self, terms: Iterable[int]) -> int:
        constant = 0.0
        fixed: list[int] = []
        moving: list[int] = []
        for term in terms:
            number = self.value(term)
            if number is not None:
                constant += number
            else:
                (fixed if self.fixed[term] else moving).append(term)
        if constant != 0.0:
            fixed.append(self.const(constant))
        fixed.sort()
        if len(fixed) > 1 and moving:
            fixed = [self._make("add", *fixed)]
        total = fixed + sorted(moving)
        if not total:
            return self.zero
        return total[0] if len(total) == 1 else self._make("add", *total)

    def mul(self, factors: Iterable[int]) -> int:
        constant = 1.0
        fixed: list[int] = []
        moving: list[int] = []
        for factor in factors:
            number = self.value(factor)
            if number is not None:
                constant *= number
            else:
                (fixed if self.fixed[factor] else moving).append(factor)
        if constant == 0.0:
            return self.zero
        fixed.sort()
        if constant != 1.0:
            fixed.insert(0, self.const(constant))
        if len(fixed) > 1 and moving:
            fixed = [self._make("mul", *fixed)]
        total = fixed + sorted(moving)
        if not total:
            return self.one
        return total[0] if len(total) == 1 else self._make("mul", *total)

    def neg(self, number: int) -> int:
        return self.mul((self.const(-1.0), number))

    def inverse(self, number: int) -> int:
        constant = self.value(number)
        if constant:
            return self.const(1.0 / constant)
        return self._make("inverse", number)

    def power(self, base: int, exponent: int) -> int:
        """An integer power, by repeated squaring."""
        if exponent < 0:
            return self.inverse(self.power(base, -exponent))
        if exponent == 0:
            return self.one
        if exponent == 1:
            return base
        half = self.power(base, exponent // 2)
        square = self._make("square", half)
        return self.mul((square, base)) if exponent % 2 else square

    def apply(self, op: str, *operands: int) -> int:
        """A function of one or more values (exp, log, where, max, ...)."""
        return self._make(op, *operands)

    def compare(self, op: str, left: int, right: int) -> int:
        return self._make("compare", op, left, right)

    # ---- lowering from SymPy -----------------------------------------------------------------
    def lower(self, expression: sympy.Basic) -> int:
        """Return the node of a SymPy expression over the known symbols."""
        known = self._lowered.get(expression)
        if known is None:
            known = self._lowered[expression] = self._lower(expression)
        return known

    def _lower(self, e: sympy.Basic) -> int:
        if isinstance(e, sympy.Symbol):
            return self.symbols[e]
        if e.is_number and not e.has(sympy.I):
            return self.const(float(e))
        if isinstance(e, sympy.Add):
            return self.add([self.lower(a) for a in e.args])
        if isinstance(e, sympy.Mul):
            return self._product(e)
        if isinstance(e, sympy.Pow):
            return self._power(e.base, e.exp)
        if isinstance(e, sympy.exp):
            return self.apply("exp", self.lower(e.args[0]))
        if isinstance(e, RealPower):
            return self.apply("pow", *(self.lower(a) for a in e.args))
        for kind, op in UNARY.items():
            if isinstance(e, kind):
                return self.apply(op, self.lower(e.args[0]))
        if isinstance(e, sympy.Abs):
            a = self.lower(e.args[0])
            return self.apply("where", self.compare("<", a, self.zero), self.neg(a), a)
        if isinstance(e, sympy.Max | sympy.Min):
            op = ">" if isinstance(e, sympy.Max) else "<"
            result, *others = [self.lower(a) for a in sorted(e.args, key=sympy.default_sort_key)]
            for other in others:
                result = self.apply("where", self.compare(op, other, result), other, result)
            return result
        if isinstance(e, sympy.Piecewise):
            return self._piecewise(e)
        if isinstance(e, sympy.Heaviside):
            inside = self.lower(e.args[0])
            return self.apply("where", self.compare("<", inside, self.zero), self.zero, self.one)
        raise ValueError(f"the engine has no code for {type(e).__name__} in {e}")

    def _product(self, e: sympy.Mul) -> int:
        above, below = [], []
        for factor in e.args:
            power = isinstance(factor, sympy.Pow) and _small_integer(factor.exp)
            if power and power < 0:
                below.append(self.power(self.lower(factor.base), -power))
            else:
                above.append(self.lower(factor))
        if below:  # one division for the moving denominators, one (per patient) for the fixed
            fixed = [b for b in below if self.fixed[b]]
            moving = [b for b in below if not self.fixed[b]]
            above += [self.inverse(self.mul(group)) for group in (fixed, moving) if group]
        return self.mul(above)

    def _power(self, base: sympy.Expr, exponent: sympy.Expr) -> int:
        small = _small_integer(exponent)
        if small is not None:
            return self.power(self.lower(base), small)
        if exponent == sympy.Rational(1, 2):
            return self.apply("sqrt", self.lower(base))
        b, n = self.lower(base), self.lower(exponent)
        if self.fixed[b] and self.fixed[n]:
            return self.apply("pow", b, n)
        return self.apply("powexp", self.mul((n, self._safe_log(base))))

    def _safe_log(self, base: sympy.Expr) -> int:
        """log(base) for powers: split over products (shared logs), finite at and below zero."""
        if isinstance(base, sympy.Mul) and all(not a.is_number or a.is_positive for a in base.args):
            return self.add([self._safe_log(a) for a in base.args])
        if isinstance(base, sympy.Pow) and isinstance(base.exp, sympy.Integer) and base.exp % 2:
            return self.mul((self.lower(base.exp), self._safe_log(base.base)))
        return self.apply("log", self.apply("clamp", self.lower(base)))

    def _piecewise(self, e: sympy.Piecewise) -> int:
        pairs = list(e.args)
        if pairs[-1].cond != sympy.true:
            result = self.const(math.nan)
        else:
            result = self.lower(pairs.pop().expr)
        for pair in reversed(pairs):
            result = self.apply("where", self._condition(pair.cond), self.lower(pair.expr), result)
        return result

    def _condition(self, c: sympy.Basic) -> int:
        if isinstance(c, BooleanTrue | BooleanFalse):
            return self.compare("<", self.zero, self.one if c else self.zero)
        if isinstance(c, Relational):
            return self.compare(c.rel_op, self.lower(c.lhs), self.lower(c.rhs))
        if isinstance(c, And | Or):
            op = "and" if isinstance(c, And) else "or"
            first, *others = [self._condition(a) for a in sorted(c.args, key=str)]
            for other in others:
                first = self.apply(op, first, other)
            return first
        if isinstance(c, Not):
            return self.apply("not", self._condition(c.args[0]))
        raise ValueError(f"the engine has no code for the condition {c}")

    # ---- gradients ---------------------------------------------------------------------------
    def partials(self, root: int) -> dict[int, int]:
        """Reverse mode: derivative of `root` with respect to each leaf it directly contains.

        The branches of a choice are differentiated apart, so that what is undefined in the one
        not taken never meets the other.
        """
        start = self.nodes[root][1] if self.nodes[root][0] == "alias" else root
        if start in self._partials:
            return self._partials[start]
        reached, stack = set(), [start]
        while stack:
            number = stack.pop()
            if number in reached or self.fixed[number]:
                continue
            reached.add(number)
            if self.nodes[number][0] not in LEAVES and self.nodes[number][0] != "where":
                stack.extend(self.operands(number))
        adjoints: dict[int, list[int]] = {start: [self.one]}
        found: dict[int, list[int]] = {}
        for number in sorted(reached, reverse=True):
            if number not in adjoints:
                continue
            adjoint = self.add(adjoints[number])
            if self.nodes[number][0] in LEAVES:
                found.setdefault(number, []).append(adjoint)
            elif self.nodes[number][0] == "where":
                for leaf, local in self._choice(number).items():
                    found.setdefault(leaf, []).append(self.mul((adjoint, local)))
            else:
                for operand, local in self._locals(number):
                    if operand in reached:
                        adjoints.setdefault(operand, []).append(self.mul((adjoint, local)))
        self._partials[start] = {leaf: self.add(terms) for leaf, terms in found.items()}
        return self._partials[start]

    def _choice(self, number: int) -> dict[int, int]:
        condition, yes, no = self.operands(number)
        sides = [
            {branch: self.one} if self.nodes[branch][0] in LEAVES else self.partials(branch)
            for branch in (yes, no)
        ]
        leaves = dict.fromkeys([*sides[0], *sides[1]])
        return {
            leaf: self.apply("where", condition, *(side.get(leaf, self.zero) for side in sides))
            for leaf in leaves
        }

    def _locals(self, number: int) -> list[tuple[int, int]]:
        """Operands of a node with the derivative of the node with respect to each."""
        op = self.nodes[number][0]
        args = self.operands(number)
        if op == "add":
            return [(a, self.one) for a in args]
        if op == "mul":
            return [(a, self.mul(args[:k] + args[k + 1 :])) for k, a in enumerate(args)]
        if op in ("compare", "and", "or", "not", "floor", "ceil"):
            return []
        a = args[0]
        match op:
            case "square":
                local = self.mul((self.const(2.0), a))
            case "inverse":
                local = self.neg(self._make("square", number))
            case "exp" | "powexp":
                local = number
            case "log":
                local = self.inverse(a)
            case "clamp":
                local = self.one
            case "sqrt":
                local = self.mul((self.const(0.5), self.inverse(number)))
            case "sin":
                local = self.apply("cos", a)
            case "cos":
                local = self.neg(self.apply("sin", a))
            case "tan":
                local = self.add((self.one, self._make("square", number)))
            case "asin" | "acos":
                below = self.add((self.one, self.neg(self._make("square", a))))
                local = self.inverse(self.apply("sqrt", below))
                local = local if op == "asin" else self.neg(local)
            case "atan":
                local = self.inverse(self.add((self.one, self._make("square", a))))
            case "sinh":
                local = self.apply("cosh", a)
            case "cosh":
                local = self.apply("sinh", a)
            case "tanh":
                local = self.add((self.one, self.neg(self._make("square", number))))
            case "pow":
                exponent = args[1]
                less = self.apply("pow", a, self.add((exponent, self.const(-1.0))))
                slope = self.mul((number, self.apply("log", a)))
                return [(a, self.mul((exponent, less))), (exponent, slope)]
            case _:
                raise ValueError(f"no derivative for {op}")
        return [(a, local)]

    def totals(self, root: int, known: Mapping[int, Mapping[object, int]]) -> dict[object, int]:
        """Total derivatives of `root`: by state index, and by "time" (linear states move too)."""
        terms: dict[object, list[int]] = {}
        for leaf, partial in self.partials(root).items():
            kind, index = self.nodes[leaf]
            if kind == "state":
                terms.setdefault(index, []).append(partial)
            elif kind == "time":
                terms.setdefault("time", []).append(partial)
            elif kind == "linear":
                slope = self.leaf("slope", index)
                terms.setdefault("time", []).append(self.mul((partial, slope)))
            else:
                for column, total in known[leaf].items():
                    terms.setdefault(column, []).append(self.mul((partial, total)))
        summed = {column: self.add(parts) for column, parts in terms.items()}
        return {column: total for column, total in summed.items() if total != self.zero}


def _small_integer(exponent: sympy.Expr) -> int | None:
    if exponent.is_number and exponent.is_real and float(exponent).is_integer():
        small = int(exponent)
        return small if abs(small) <= 12 else None
    return None
