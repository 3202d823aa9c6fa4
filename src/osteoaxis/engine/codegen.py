"""From an OdeSystem to LLVM code for a block of lanes: rates, Jacobian, sparse LU, whole steps.

As the Kinetic PreProcessor does for atmospheric chemistry (Damian et al. 2002,
doi:10.1016/S0098-1354(02)00128-X): straight-line code from the symbolic system, the matrix
eliminated symbolically. See vector.py for how lanes are laid out, layout.py for what lies where.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]

from osteoaxis.engine import tableau
from osteoaxis.engine.elimination import Elimination, plan
from osteoaxis.engine.expressions import Expressions
from osteoaxis.engine.graph import Graph
from osteoaxis.engine.layout import Layout
from osteoaxis.engine.system import TIME, OdeSystem, linear_coefficients, symbol
from osteoaxis.engine.vector import INT64, Block, Code

MOST_GROUPS = 63  # a bit each in the mask of those in use


@dataclass(frozen=True)
class Plan:
    """Everything derived from a system that its generated functions need to agree on."""

    graph: Graph
    rates: list[int]
    outputs: list[int]
    aliases: list[int]
    couplings: list[int]
    inputs: list[int]
    groups: tuple[int, ...]
    """Size of each linear group."""

    def digest(self, system: OdeSystem) -> str:
        """A hash of the system that does not depend on process or platform."""
        text = repr(
            (
                self.graph.nodes,
                self.rates,
                self.outputs,
                self.couplings,
                self.inputs,
                system.states,
                system.linear,
                system.parameters,
                system.outputs,
            )
        )
        return hashlib.sha256(text.encode()).hexdigest()


def lower(system: OdeSystem) -> Plan:
    """Lower a system to its graph."""
    graph, names = Graph(), system.signature
    for index, name in enumerate(system.parameters):
        graph.symbols[symbol(name)] = graph.leaf("param", index)
    for index, name in enumerate(names.nonlinear_states):
        graph.symbols[symbol(name)] = graph.leaf("state", index)
    for index, name in enumerate(names.linear_states):
        graph.symbols[symbol(name)] = graph.leaf("linear", index)
    graph.symbols[TIME] = graph.leaf("time")
    aliases = []
    for name, value in system.assignments.items():
        aliases.append(graph.alias(graph.lower(value)))
        graph.symbols[symbol(name)] = aliases[-1]
    rate_of = dict(zip(system.states, system.rates, strict=True))
    couplings, inputs = [], []
    for group in system.linear:
        matrix, offset = linear_coefficients(system, group)
        couplings += [graph.lower(entry) for row in matrix for entry in row]
        inputs += [graph.lower(entry) for entry in offset]
    if len(system.linear) > MOST_GROUPS:
        raise ValueError(f"{system.name}: more than {MOST_GROUPS} linear groups")
    return Plan(
        graph,
        [graph.lower(rate_of[name]) for name in names.nonlinear_states],
        [graph.symbols[symbol(name)] for name in system.outputs],
        aliases,
        couplings,
        inputs,
        tuple(len(group) for group in system.linear),
    )


def generate(system: OdeSystem, lanes: int) -> tuple[str, Layout, tuple[tuple[int, int], ...]]:
    """Write the code of a system for `lanes` patients at a time; with it, what lies where, and
    the (row, column) of each stored entry of the Jacobian.

    Its functions take the block: prepare (constants from parameters), couplings (matrices and
    inputs of the linear groups into the outputs), rates, outputs, start (rates and Jacobian at the
    start of the step; with the mask of linear groups in use), newton (one linear solve), step and
    advance (take over the end of the step).
    """
    plan_ = lower(system)
    graph = plan_.graph
    known: dict[int, dict[object, int]] = {}
    for alias in plan_.aliases:
        if graph.nodes[alias][0] == "alias":
            known[alias] = graph.totals(alias, known)
    jacobian: dict[tuple[int, int], int] = {}
    slopes: list[int] = []
    for row, rate in enumerate(plan_.rates):
        totals = graph.totals(rate, known)
        slopes.append(totals.pop("time", graph.zero))
        jacobian |= {(row, column): node for column, node in totals.items()}  # type: ignore[misc]
    entries = tuple(sorted(jacobian))
    elimination = plan(len(plan_.rates), entries)
    constants = _Constants(graph)
    values = [jacobian[entry] for entry in entries]
    constants.collect([*plan_.rates, *plan_.outputs, *values, *slopes])
    sizes = Layout.sizes(
        states=len(plan_.rates),
        entries=len(entries),
        factors=len(elimination.slots),
        linear=sum(plan_.groups),
        vectors=sum(size**2 for size in plan_.groups),
        parameters=len(system.parameters),
        constants=len(constants.slots),
        outputs=max(len(plan_.outputs), len(plan_.couplings) + len(plan_.inputs)),
    )
    writer = _Functions(
        Code(system.name, lanes), plan_, Layout.of(sizes), constants.slots, elimination, entries
    )
    writer.write(values, slopes)
    return str(writer.code.module), writer.layout, entries


@dataclass
class _Constants:
    """The largest values that depend on parameters only, and where each lies."""

    graph: Graph
    slots: dict[int, int] = field(default_factory=dict)

    def collect(self, roots: Iterable[int]) -> None:
        seen: set[int] = set()
        stack = list(roots)
        while stack:
            number = stack.pop()
            if number in seen:
                continue
            seen.add(number)
            condition = self.graph.nodes[number][0] in ("compare", "and", "or", "not")
            if self.graph.fixed[number] and not condition:
                if self.graph.value(number) is None:
                    self.slots.setdefault(number, len(self.slots))
            else:
                stack.extend(self.graph.operands(number))


@dataclass
class _Functions:
    """Writes the functions of a system."""

    code: Code
    plan: Plan
    layout: Layout
    constants: dict[int, int]
    elimination: Elimination
    entries: tuple[tuple[int, int], ...]

    def write(self, jacobian: list[int], slopes: list[int]) -> None:
        at, plan, zero = self.layout, self.plan, self.code.splat(0.0)
        n = len(plan.rates)
        with self.code.function("prepare") as block:
            writer = self._expressions(block, {})
            writer.write([(at.constants + k, node) for node, k in self.constants.items()])
        with self.code.function("couplings") as block:
            nodes = [*plan.couplings, *plan.inputs]
            self._expressions(block, {}).write([(at.outputs + k, v) for k, v in enumerate(nodes)])
        with self.code.function("rates") as block:
            self._expressions(block).write([(at.f + i, v) for i, v in enumerate(plan.rates)])
            block.each_row(n, self._add_infusion(block, at.f))
        with self.code.function("evaluate") as block:
            nodes = plan.outputs
            self._expressions(block).write([(at.outputs + k, v) for k, v in enumerate(nodes)])
        with self.code.function("linearise") as block:
            self._expressions(block, states=at.y).write(
                [(at.f0 + i, v) for i, v in enumerate(plan.rates)]
                + [(at.jacobian + k, v) for k, v in enumerate(jacobian)]
                + [(at.slope + i, v) for i, v in enumerate(slopes)]
            )
            block.each_row(n, self._add_infusion(block, at.f0))
        for group in range(len(plan.groups)):
            self._modes(group)
        with self.code.function("start", 1) as block:
            time = block.load(at.time)
            block.store(at.moment, time)
            self._each_group(block)
            self._call(block, "linearise")
        self._factor()
        self._solve()
        with self.code.function("newton") as block:
            block.store(at.weight, zero)
            block.store(at.pace, zero)
            self._call(block, "factor")
            self._call(block, "solve", at.f0, at.u)
        with self.code.function("step", 1) as block:
            self._step(block, n)
        with self.code.function("advance") as block:
            accepted = block.builder.fcmp_ordered(">", block.load(at.accepted), zero)
            block.each_row(n, partial(self._advance, block, accepted))

    def _expressions(
        self, block: Block, constants: dict[int, int] | None = None, states: int | None = None
    ) -> Expressions:
        return Expressions(
            block,
            self.plan.graph,
            self.layout,
            self.layout.stage if states is None else states,
            self.constants if constants is None else constants,
        )

    def _call(self, block: Block, name: str, *rows: int) -> None:
        function = self.code.module.get_global(name)
        block.builder.call(function, [block.function.args[0], *(_at(row) for row in rows)])

    def _add_infusion(self, block: Block, rates: int) -> Callable[[Any], None]:
        def add(i: Any) -> None:
            row = block.shifted(rates, i)
            extra = block.load(block.shifted(self.layout.extra, i))
            block.store(row, block.builder.fadd(block.load(row), extra))

        return add

    # ---- linear groups -----------------------------------------------------------------------
    def _modes(self, group: int) -> None:
        """x and its slope of one group, `age` after its amplitudes were fixed."""
        at, size = self.layout, self.plan.groups[group]
        first = sum(self.plan.groups[:group])
        vectors = at.mode_vectors + sum(k**2 for k in self.plan.groups[:group])
        with self.code.function(f"modes{group}") as block:
            b = block.builder
            age = block.load(at.age)
            amounts, slopes = [], []
            for k in range(first, first + size):
                rate, drift = block.load(at.mode_rate + k), block.load(at.mode_drift + k)
                moving = b.fmul(block.load(at.mode_amplitude + k), block.exp(b.fmul(rate, age)))
                rest = block.fma(drift, age, b.fneg(block.load(at.mode_offset + k)))
                amounts.append(b.fadd(moving, rest))
                slopes.append(block.fma(rate, moving, drift))
            for i in range(size):
                row = [block.load(vectors + i * size + k) for k in range(size)]
                for target, terms in ((at.x, amounts), (at.x_slope, slopes)):
                    total = b.fmul(row[0], terms[0])
                    for factor, term in zip(row[1:], terms[1:], strict=True):
                        total = block.fma(factor, term, total)
                    block.store(target + first + i, total)

    def _each_group(self, block: Block) -> None:
        """Call the groups whose bit is set in the mask."""
        b, mask = block.builder, block.function.args[1]
        for group in range(len(self.plan.groups)):
            bit = b.and_(mask, _at(1 << group))
            with b.if_then(b.icmp_unsigned("!=", bit, _at(0))):
                self._call(block, f"modes{group}")

    # ---- linear algebra ----------------------------------------------------------------------
    def _factor(self) -> None:
        """LU factors of d I - J; pivots are stored as reciprocals."""
        at, plan = self.layout, self.elimination
        number = {entry: k for k, entry in enumerate(self.entries)}
        with self.code.function("factor") as block:
            b = block.builder
            diagonal = block.load(at.diagonal)
            m: dict[tuple[int, int], Any] = {}
            for i, j in plan.slots:
                entry = number.get((i, j))
                if i == j:
                    m[i, j] = diagonal
                if entry is not None:
                    value = block.load(at.jacobian + entry)
                    m[i, j] = b.fsub(diagonal, value) if i == j else b.fneg(value)
            for pivot in plan.order:
                m[pivot, pivot] = b.fdiv(self.code.splat(1.0), m[pivot, pivot])
                for i in plan.below[pivot]:
                    m[i, pivot] = b.fmul(m[i, pivot], m[pivot, pivot])
                    for j in plan.right[pivot]:
                        minus = b.fneg(m[i, pivot])
                        if (i, j) in m:
                            m[i, j] = block.fma(minus, m[pivot, j], m[i, j])
                        else:
                            m[i, j] = b.fmul(minus, m[pivot, j])
            for place, k in plan.slots.items():
                block.store(at.factors + k, m[place])

    def _solve(self) -> None:
        """Solve for a stage: right-hand side = rates + pace * memory + weight * slope.

        Arguments are the first rows of the rates and of the result.
        """
        at, plan = self.layout, self.elimination
        place = {pivot: k for k, pivot in enumerate(plan.order)}
        with self.code.function("solve", 2) as block:
            b = block.builder
            rates, result = block.function.args[1:]
            pace, weight = block.load(at.pace), block.load(at.weight)

            def factor(i: int, j: int) -> Any:
                return block.load(at.factors + plan.slots[i, j])

            x = {}
            for i in sorted(plan.order):
                right = block.fma(pace, block.load(at.memory + i), block.load(b.add(rates, _at(i))))
                x[i] = block.fma(weight, block.load(at.slope + i), right)
            for pivot in plan.order:
                for i in plan.below[pivot]:
                    x[i] = block.fma(b.fneg(factor(i, pivot)), x[pivot], x[i])
            for pivot in reversed(plan.order):
                # what was solved for last comes last, so that little waits for it
                for j in sorted(plan.right[pivot], key=place.__getitem__, reverse=True):
                    x[pivot] = block.fma(b.fneg(factor(pivot, j)), x[j], x[pivot])
                x[pivot] = b.fmul(x[pivot], factor(pivot, pivot))
            for i in sorted(plan.order):
                block.store(b.add(result, _at(i)), x[i])

    # ---- the step ----------------------------------------------------------------------------
    def _step(self, block: Block, n: int) -> None:
        """Rodas5P: `new` at the end of the step, its error in tolerances, the hardest state."""
        at, b, splat = self.layout, block.builder, self.code.splat
        h = block.load(at.step)
        pace = b.fdiv(splat(1.0), h)
        age0, time0 = block.load(at.age), block.load(at.time)
        block.store(at.diagonal, b.fmul(splat(1.0 / tableau.GAMMA), pace))
        block.store(at.pace, pace)
        self._call(block, "factor")
        for stage in range(tableau.STAGES):
            block.each_row(n, partial(self._sums, block, n, stage))
            alpha = tableau.ALPHA[stage]
            if stage and alpha != tableau.ALPHA[stage - 1]:
                block.store(at.age, block.fma(splat(alpha), h, age0))
                block.store(at.moment, block.fma(splat(alpha), h, time0))
                self._each_group(block)
            if stage:
                self._call(block, "rates")
            block.store(at.weight, b.fmul(splat(tableau.G[stage]), h))
            self._call(block, "solve", at.f if stage else at.f0, at.u + stage * n)
        block.store(at.age, age0)
        self._accept(block, n)

    def _increments(self, block: Block, n: int, count: int, i: Any) -> list[Any]:
        return [block.load(block.shifted(self.layout.u + k * n, i)) for k in range(count)]

    def _sums(self, block: Block, n: int, stage: int, i: Any) -> None:
        """State of the stage, and what the stages before add to its right-hand side."""
        at = self.layout
        total = self.code.splat(0.0)
        if stage:
            increments = self._increments(block, n, stage, i)
            weights, start = list(zip(tableau.A[stage], increments, strict=True)), at.y
            if tableau.A[stage] == (*tableau.A[stage - 1], 1.0):  # the state before, and one more
                weights, start = weights[-1:], at.stage
            y = block.load(block.shifted(start, i))
            block.store(block.shifted(at.stage, i), block.combine(weights, y))
            total = block.combine(list(zip(tableau.C[stage], increments, strict=True)))
        block.store(block.shifted(at.memory, i), total)

    def _accept(self, block: Block, n: int) -> None:
        """new = argument of the last stage + its increment, which is also the error."""
        at, b, splat = self.layout, block.builder, self.code.splat
        worst, hardest, infinity = splat(0.0), splat(0.0), splat(math.inf)
        rtol = block.load(at.rtol)
        for i in range(n):
            increment = block.load(at.u + (tableau.STAGES - 1) * n + i)
            new = b.fadd(block.load(at.stage + i), increment)
            block.store(at.new + i, new)
            sizes = [block.intrinsic("fabs", v) for v in (increment, block.load(at.y + i), new)]
            larger = b.select(b.fcmp_ordered(">", sizes[1], sizes[2]), sizes[1], sizes[2])
            error = b.fdiv(sizes[0], block.fma(rtol, larger, block.load(at.atol + i)))
            error = b.select(b.fcmp_ordered("<", error, infinity), error, infinity)
            harder = b.fcmp_ordered(">", error, worst)
            worst = b.select(harder, error, worst)
            hardest = b.select(harder, splat(float(i)), hardest)
        block.store(at.error, worst)
        block.store(at.hardest, hardest)

    def _advance(self, block: Block, accepted: Any, i: Any) -> None:
        y = block.shifted(self.layout.y, i)
        new = block.load(block.shifted(self.layout.new, i))
        block.store(y, block.builder.select(accepted, new, block.load(y)))


def _at(number: int) -> Any:
    return ir.Constant(INT64, number)
