"""LLVM code for straight-line arithmetic on vectors of lanes, one patient a lane.

Every function works on one block of float64, rows of `lanes` values at constant offsets. Nothing
is reassociated or contracted behind our back, so a lane's result does not depend on the number of
lanes, on its neighbours or on the vector width of the machine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]

DOUBLE = ir.DoubleType()
INT64 = ir.IntType(64)
POINTER = ir.PointerType(DOUBLE)

_SHIFTER = 6755399441055744.0  # 1.5 * 2**52: adding it rounds to an integer in the low bits
_SHIFTER_BITS = 0x4338000000000000
_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10
_LOG2_E = 1.4426950408889634
_EXP_TAYLOR = [1.0 / math.factorial(k) for k in range(14)]
# coefficients of fdlibm's e_log.c (Sun Microsystems 1993)
_LOG_ODD = (0.6666666666666735130, 0.2857142874366239149, 0.1818357216161805012,
            0.1479819860511658591)  # fmt: skip
_LOG_EVEN = (0.3999999999940941908, 0.2222219843214978396, 0.1531383769920937332)


class Code:
    """An LLVM module under construction, for vectors of `lanes` float64."""

    def __init__(self, name: str, lanes: int) -> None:
        self.lanes = lanes
        self.module = ir.Module(name)
        self.vector = ir.VectorType(DOUBLE, lanes)
        self.integers = ir.VectorType(INT64, lanes)
        self._exp = self._helper("exp_lanes", 2, _exp)
        self._log = self._helper("log_lanes", 2, _log)

    def splat(self, value: float) -> Any:
        """A constant vector."""
        return ir.Constant(self.vector, [value] * self.lanes)

    def splat_integer(self, value: int) -> Any:
        return ir.Constant(self.integers, [value] * self.lanes)

    @contextmanager
    def function(self, name: str, integers: int = 0) -> Iterator[Block]:
        """Write a function of the block and some integers that returns nothing."""
        kind = ir.FunctionType(ir.VoidType(), [POINTER] + [INT64] * integers)
        function = ir.Function(self.module, kind, name)
        function.args[0].add_attribute("noalias")
        set.add(function.attributes, '"stackrealign"')  # else spills straddle cache lines
        block = Block(self, ir.IRBuilder(function.append_basic_block()), function)
        yield block
        block.builder.ret_void()

    def _helper(self, name: str, count: int, body: Callable[..., Any]) -> Any:
        function = ir.Function(
            self.module, ir.FunctionType(self.vector, [self.vector] * count), name
        )
        function.attributes.add("alwaysinline")
        function.linkage = "internal"
        builder = ir.IRBuilder(function.append_basic_block())
        builder.ret(body(Block(self, builder, function), *function.args))
        return function


class Block:
    """Loads, stores and arithmetic inside one function."""

    def __init__(self, code: Code, builder: Any, function: Any) -> None:
        self.code = code
        self.builder = builder
        self.function = function

    def row(self, offset: int | Any) -> Any:
        """Pointer to a row; `offset` may be a value computed by the code."""
        b, lanes = self.builder, self.code.lanes
        if isinstance(offset, int):
            index = ir.Constant(INT64, offset * lanes)
        else:
            index = b.mul(offset, ir.Constant(INT64, lanes))
        pointer = b.gep(self.function.args[0], [index], inbounds=True, source_etype=DOUBLE)
        return b.bitcast(pointer, ir.PointerType(self.code.vector))

    def load(self, offset: int | Any) -> Any:
        return self.builder.load(self.row(offset), align=8 * self.code.lanes, typ=self.code.vector)

    def store(self, offset: int | Any, value: Any) -> None:
        self.builder.store(value, self.row(offset), align=8 * self.code.lanes)

    def fma(self, a: Any, b: Any, c: Any) -> Any:
        """a * b + c, rounded once."""
        return self.intrinsic("fma", a, b, c)

    def combine(self, terms: Sequence[tuple[float, Any]], start: Any = None) -> Any:
        """start + sum of constant * value."""
        total = start
        for factor, value in terms:
            scale = self.code.splat(factor)
            if total is None:
                total = value if factor == 1.0 else self.builder.fmul(scale, value)
            elif factor == 1.0:
                total = self.builder.fadd(total, value)
            else:
                total = self.fma(scale, value, total)
        return total

    def exp(self, x: Any, top: float = 709.0) -> Any:
        """e to the x, arguments limited to [-708, top]."""
        return self.builder.call(self.code._exp, [x, self.code.splat(top)])

    def log(self, x: Any, bottom: float = -1.0) -> Any:
        """Natural logarithm, arguments raised to `bottom`; NaN where not positive or infinite."""
        return self.builder.call(self.code._log, [x, self.code.splat(bottom)])

    def intrinsic(self, name: str, *values: Any) -> Any:
        """An LLVM intrinsic; without vector form it calls the C library lane by lane."""
        full = f"llvm.{name}.v{self.code.lanes}f64"
        function = self.code.module.globals.get(full)
        if function is None:
            kind = ir.FunctionType(self.code.vector, [self.code.vector] * len(values))
            function = ir.Function(self.code.module, kind, full)
        return self.builder.call(function, values)

    def each_row(self, count: int, body: Callable[[Any], None]) -> None:
        """Run `body(row)` for row = 0 … count - 1, as a loop."""
        if not count:
            return
        b = self.builder
        before, loop = b.block, b.append_basic_block()
        after = b.append_basic_block()
        b.branch(loop)
        b.position_at_end(loop)
        index = b.phi(INT64)
        index.add_incoming(ir.Constant(INT64, 0), before)
        body(index)
        following = b.add(index, ir.Constant(INT64, 1))
        index.add_incoming(following, b.block)
        b.cbranch(b.icmp_signed("<", following, ir.Constant(INT64, count)), loop, after)
        b.position_at_end(after)

    def shifted(self, offset: int, index: Any) -> Any:
        """Row number `offset` + `index`; the index is a value of the code."""
        return self.builder.add(ir.Constant(INT64, offset), index)


def _exp(k: Block, x: Any, top: Any) -> Any:
    b, splat = k.builder, k.code.splat
    x = b.select(b.fcmp_ordered(">", x, top), top, x)
    x = b.select(b.fcmp_ordered("<", x, splat(-708.0)), splat(-708.0), x)
    shifted = k.fma(x, splat(_LOG2_E), splat(_SHIFTER))
    n = b.fsub(shifted, splat(_SHIFTER))
    r = k.fma(n, splat(-_LN2_LOW), k.fma(n, splat(-_LN2_HIGH), x))
    # Taylor to degree 13 (below 1e-17 for |r| <= ln(2)/2), in pairs so that chains stay short
    square = b.fmul(r, r)
    fourth = b.fmul(square, square)
    pairs = [k.fma(r, splat(_EXP_TAYLOR[i + 1]), splat(_EXP_TAYLOR[i])) for i in range(0, 14, 2)]
    low = k.fma(square, pairs[1], pairs[0])
    middle = k.fma(square, pairs[3], pairs[2])
    high = k.fma(square, pairs[5], pairs[4])
    polynomial = k.fma(fourth, k.fma(fourth, k.fma(fourth, pairs[6], high), middle), low)
    bits = b.add(b.bitcast(shifted, k.code.integers), k.code.splat_integer(1023))
    power = b.bitcast(b.shl(bits, k.code.splat_integer(52)), k.code.vector)
    return b.fmul(polynomial, power)


def _log(k: Block, x: Any, bottom: Any) -> Any:
    b, splat, integer = k.builder, k.code.splat, k.code.splat_integer
    x = b.select(b.fcmp_ordered("<", x, bottom), bottom, x)
    bits = b.bitcast(x, k.code.integers)  # x = m 2**e with sqrt(1/2) <= m < sqrt(2)
    e = b.ashr(b.sub(bits, integer(0x3FE6A09E667F3BCD)), integer(52))
    m = b.bitcast(b.sub(bits, b.shl(e, integer(52))), k.code.vector)
    exponent = b.fsub(b.bitcast(b.add(e, integer(_SHIFTER_BITS)), k.code.vector), splat(_SHIFTER))
    f = b.fsub(m, splat(1.0))
    s = b.fdiv(f, b.fadd(splat(2.0), f))
    z = b.fmul(s, s)
    z2 = b.fmul(z, z)
    odd = splat(_LOG_ODD[-1])
    for c in reversed(_LOG_ODD[:-1]):
        odd = k.fma(z2, odd, splat(c))
    even = splat(_LOG_EVEN[-1])
    for c in reversed(_LOG_EVEN[:-1]):
        even = k.fma(z2, even, splat(c))
    series = k.fma(z, odd, b.fmul(z2, even))
    half = b.fmul(b.fmul(splat(0.5), f), f)
    correction = k.fma(exponent, splat(_LN2_LOW), b.fmul(s, b.fadd(half, series)))
    value = k.fma(exponent, splat(_LN2_HIGH), b.fsub(f, b.fsub(half, correction)))
    value = b.fadd(value, b.fsub(x, x))  # NaN for NaN and infinity
    return b.select(b.fcmp_ordered(">", x, splat(0.0)), value, splat(math.nan))
