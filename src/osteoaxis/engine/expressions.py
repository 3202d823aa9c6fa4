"""Values of graph nodes as vector code, each computed once in a function."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from osteoaxis.engine.graph import Graph
from osteoaxis.engine.layout import Layout
from osteoaxis.engine.vector import Block


class Expressions:
    """Writes the values of graph nodes into one function."""

    def __init__(
        self, block: Block, graph: Graph, layout: Layout, states: int, constants: dict[int, int]
    ) -> None:
        self.block = block
        self.graph = graph
        self.known: dict[int, Any] = {}
        self.uses: dict[int, int] = {}
        self.constants = {n: layout.constants + k for n, k in constants.items()}
        self.leaves = {
            "param": layout.parameters,
            "state": states,
            "linear": layout.x,
            "slope": layout.x_slope,
        }
        self.moment = layout.moment

    def write(self, targets: Sequence[tuple[int, int]]) -> None:
        """Store the value of each (row, node)."""
        self._count(node for _, node in targets)
        for row, node in targets:
            self.block.store(row, self.value(node))

    def value(self, root: int) -> Any:
        stack = [root]
        while stack:
            number = stack[-1]
            if number in self.known:
                stack.pop()
                continue
            waiting = [k for k in self._needed(number) if k not in self.known]
            if waiting:
                stack.extend(reversed(waiting))
                continue
            stack.pop()
            self.known[number] = self._leaf(number) or self._operation(number)
        return self.known[root]

    def _is_leaf(self, number: int) -> bool:
        kind = self.graph.nodes[number][0]
        return number in self.constants or kind == "const" or not self.graph.operands(number)

    def _count(self, roots: Iterable[int]) -> None:
        stack = list(roots)
        while stack:
            number = stack.pop()
            self.uses[number] = self.uses.get(number, 0) + 1
            if self.uses[number] == 1 and not self._is_leaf(number):
                stack.extend(self.graph.operands(number))

    def _fused(self, number: int) -> bool:
        """Whether a product is needed once, by a sum, and can be fused into it."""
        return (
            self.graph.nodes[number][0] == "mul"
            and self.uses.get(number) == 1
            and number not in self.known
            and not self._is_leaf(number)
        )

    def _needed(self, number: int) -> list[int]:
        if self._is_leaf(number):
            return []
        operands: list[int] = []
        for k in self.graph.operands(number):
            if self.graph.nodes[number][0] == "add" and self._fused(k):
                operands.extend(self.graph.operands(k))
            else:
                operands.append(k)
        return operands

    def _leaf(self, number: int) -> Any:
        if number in self.constants:
            return self.block.load(self.constants[number])
        kind, *rest = self.graph.nodes[number]
        if kind == "const":
            return self.block.code.splat(rest[0])
        if kind == "time":
            return self.block.load(self.moment)
        return self.block.load(self.leaves[kind] + rest[0]) if kind in self.leaves else None

    def _operation(self, number: int) -> Any:
        op = self.graph.nodes[number][0]
        args = self.graph.operands(number)
        b, splat = self.block.builder, self.block.code.splat
        if op == "add":
            return self._sum(args)
        if op == "mul":
            *factors, last = self._factors(args)
            for factor in factors:
                last = b.fmul(last, factor)
            return last
        v = [self.known[k] for k in args]
        match op:
            case "alias":
                return v[0]
            case "inverse":
                return b.fdiv(splat(1.0), v[0])
            case "square":
                return b.fmul(v[0], v[0])
            case "exp":
                return self.block.exp(v[0])
            case "powexp":
                return self.block.exp(v[0], 300.0)
            case "log":
                return self.block.log(v[0])
            case "clamp":  # written so that NaN passes through
                low = splat(1e-100)
                return b.select(b.fcmp_ordered("<", v[0], low), low, v[0])
            case "where":
                return b.select(*v)
            case "compare":
                sign = self.graph.nodes[number][1]
                if sign == "!=":
                    return b.fcmp_unordered("!=", *v)
                return b.fcmp_ordered(sign, *v)
            case "and":
                return b.and_(*v)
            case "or":
                return b.or_(*v)
            case "not":
                return b.not_(v[0])
        return self.block.intrinsic(op, *v)

    def _factors(self, args: Iterable[int]) -> list[Any]:
        """Values of the factors of a product; a factor -1 becomes a sign."""
        negative, values = False, []
        for k in args:
            if self.graph.value(k) == -1.0:
                negative = not negative
            else:
                values.append(self.known[k])
        if negative:
            values[0] = self.block.builder.fneg(values[0])
        return values

    def _sum(self, args: Sequence[int]) -> Any:
        b = self.block.builder
        fused = [k for k in args if self._fused(k)]
        total = None
        for k in args:
            if k not in fused:
                total = self.known[k] if total is None else b.fadd(total, self.known[k])
        for k in fused:
            first, *factors = self._factors(self.graph.operands(k))
            for factor in factors[:-1]:
                first = b.fmul(first, factor)
            if not factors:
                total = first if total is None else b.fadd(total, first)
            elif total is None:
                total = b.fmul(first, factors[-1])
            else:
                total = self.block.fma(first, factors[-1], total)
        return total
