"""MathML of SBML, as libSBML holds it, to SymPy expressions over the engine's symbols."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Collection, Mapping
from typing import Any

import libsbml
import sympy
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanAtom, BooleanFunction

from osteoaxis.engine import TIME, symbol
from osteoaxis.engine.graph import RealPower
from osteoaxis.errors import InputError, did_you_mean
from osteoaxis.sbml.reading import UnsupportedError

MAX_NODES = 300_000
"""Operations of a model with its functions written out."""

AVOGADRO = 6.02214179e23  # fixed by SBML Level 3, section 3.4.6 of the specification
INFINITE = symbol("positive infinity")
UNDEFINED = symbol("undefined")
SPECIAL = {INFINITE: math.inf, UNDEFINED: math.nan}
"""Numbers kept as parameters: SymPy would simplify with them by rules of its own."""

Names = Mapping[str, sympy.Basic]


def quantity(name: str) -> sympy.Symbol:
    """Return the symbol of an SBML identifier, which may be called as the engine's time is."""
    return symbol(engine_name(name))


def engine_name(name: str) -> str:
    """Return the engine's name for an SBML identifier."""
    return "time (of the model)" if name == TIME.name else name


def rate_of(name: str) -> sympy.Symbol:
    """Return the symbol of d(name)/d(time)."""
    return symbol(f"rate of {name}")


def number(e: sympy.Basic) -> sympy.Expr:
    """Return `e`, with true as 1 and false as 0."""
    if isinstance(e, BooleanAtom):
        return sympy.Float(1 if e else 0)
    if _is_boolean(e):
        return sympy.Piecewise((sympy.Float(1), e), (sympy.Float(0), True), evaluate=False)
    return e


def boolean(e: sympy.Basic) -> sympy.Basic:
    """Return `e` as a condition: a number is true unless it is 0."""
    return e if _is_boolean(e) else sympy.Ne(e, sympy.Float(0), evaluate=False)


def _is_boolean(e: sympy.Basic) -> bool:
    return isinstance(e, Relational | BooleanFunction | BooleanAtom)


def replaced(e: sympy.Basic, table: Mapping[sympy.Basic, sympy.Basic]) -> sympy.Basic:
    """Return `e` with parts replaced; conditions stay as written, which SymPy's own way changes."""
    if e in table:
        return table[e]
    args = [replaced(a, table) for a in e.args]
    if all(new is old for new, old in zip(args, e.args, strict=True)):
        return e
    if isinstance(e, sympy.Piecewise | Relational | BooleanFunction):
        return e.func(*args, evaluate=False)
    return e.func(*args)


class Maths:
    """Converts the formulas of one model; remembers whose rates they ask for."""

    def __init__(self, known: Collection[str], functions: Mapping[str, Any]) -> None:
        self.known, self.functions = known, functions
        self.rates_asked: set[str] = set()
        self._left = MAX_NODES

    def expression(self, node: Any, where: str, local: Names | None = None) -> sympy.Expr:
        """Return a formula as a number; raises `InputError` naming `where`."""
        return number(self._node(node, where, local or {}, ()))

    def condition(self, node: Any, where: str) -> sympy.Basic:
        """Return a formula as a condition; raises `InputError` naming `where`."""
        return boolean(self._node(node, where, {}, ()))

    def _node(self, node: Any, where: str, local: Names, inside: tuple[str, ...]) -> sympy.Basic:
        self._left -= 1
        if self._left < 0:
            raise InputError(f"{where}: the model has more than {MAX_NODES:,} operations.")
        kind = node.getType()
        if node.isNumber() and not node.isName():
            return _constant(node)
        if kind == libsbml.AST_NAME_TIME:
            return TIME
        if kind == libsbml.AST_NAME_AVOGADRO:
            return sympy.Float(AVOGADRO)
        if kind == libsbml.AST_NAME:
            return self._name(node.getName(), where, local)
        if kind in _CONSTANTS:
            return _CONSTANTS[kind]
        if kind == libsbml.AST_FUNCTION_DELAY:
            raise UnsupportedError(where, "delay")
        if kind == libsbml.AST_FUNCTION_RATE_OF:
            return self._rate(node.getChild(0), where, local)
        args = [
            self._node(node.getChild(k), where, local, inside) for k in range(node.getNumChildren())
        ]
        if kind == libsbml.AST_FUNCTION:
            return self._call(node.getName(), args, where, inside)
        name = node.getName() or node.getOperatorName() or "?"
        if kind == libsbml.AST_FUNCTION_FACTORIAL and not all(a.is_Number for a in args):
            raise UnsupportedError(where, "factorial of what is not a number")
        try:
            return _applied(kind, args)
        except KeyError as problem:
            raise UnsupportedError(where, f"'{name}' in maths") from problem
        except TypeError as problem:
            raise InputError(f"{where}: '{name}' is given {len(args)} arguments.") from problem

    def _name(self, name: str, where: str, local: Names) -> sympy.Basic:
        if name in local:
            return local[name]
        if name not in self.known:
            raise InputError(f"{where}: unknown '{name}'.{did_you_mean(name, self.known)}")
        return quantity(name)

    def _rate(self, node: Any, where: str, local: Names) -> sympy.Expr:
        of = self._node(node, where, local, ())
        name = node.getName()
        if name in local and of.is_Symbol and of.name in self.known:
            name = of.name  # a function was given the name of a quantity
        elif name in local:
            return sympy.Float(0)
        self.rates_asked.add(name)
        return rate_of(name)

    def _call(
        self, name: str, args: list[sympy.Basic], where: str, inside: tuple[str, ...]
    ) -> sympy.Basic:
        definition = self.functions.get(name)
        if definition is None:
            raise InputError(f"{where}: unknown function '{name}'.")
        if name in inside:
            raise InputError(f"{where}: function '{name}' calls itself.")
        if not definition.isSetMath() or definition.getBody() is None:
            return UNDEFINED
        wanted = [definition.getArgument(k).getName() for k in range(definition.getNumArguments())]
        if len(wanted) != len(args):
            raise InputError(
                f"{where}: function '{name}' takes {len(wanted)} arguments, {len(args)} are given."
            )
        given = dict(zip(wanted, args, strict=True))
        return self._node(definition.getBody(), where, given, (*inside, name))


def _applied(kind: int, args: list[sympy.Basic]) -> sympy.Basic:
    if kind in _LOGICAL:
        return _LOGICAL[kind](*(boolean(a) for a in args))
    if kind in _COMPARISONS:
        return _compare(_COMPARISONS[kind], [number(a) for a in args])
    if kind == libsbml.AST_FUNCTION_PIECEWISE:
        return _piecewise(args)
    return _real(_FUNCTIONS[kind](*(number(a) for a in args)))


def _constant(node: Any) -> sympy.Expr:
    if node.isRational():
        value = node.getNumerator() / node.getDenominator() if node.getDenominator() else math.nan
    else:
        value = float(node.getInteger() if node.isInteger() else node.getReal())
    return _float(value)


def _float(value: float) -> sympy.Expr:
    if math.isnan(value):
        return UNDEFINED
    if math.isinf(value):
        return INFINITE if value > 0 else -INFINITE
    return sympy.Float(value)


def _real(e: sympy.Expr) -> sympy.Expr:
    """What SymPy computed of plain numbers: real, or else infinite or undefined as in C."""
    if not e.is_number:
        return e.xreplace({sympy.oo: INFINITE}) if e.has(sympy.oo) else e
    if e in (sympy.oo, -sympy.oo):
        return INFINITE if e is sympy.oo else -INFINITE
    if e in (sympy.zoo, sympy.nan):
        return UNDEFINED
    value = complex(e)
    return _float(value.real if value.imag == 0 else math.nan)


def _compare(relation: Any, args: list[sympy.Expr]) -> sympy.Basic:
    return _and(
        *(
            relation(a, b) if a.is_Number and b.is_Number else relation(a, b, evaluate=False)
            for a, b in itertools.pairwise(args)
        )
    )


def _and(*args: sympy.Basic) -> sympy.Basic:
    return _joined(sympy.And, sympy.true, args)


def _or(*args: sympy.Basic) -> sympy.Basic:
    return _joined(sympy.Or, sympy.false, args)


def _joined(kind: Any, neutral: sympy.Basic, args: tuple[sympy.Basic, ...]) -> sympy.Basic:
    """And, Or: without what SymPy would find out about relations, which can take long."""
    parts = [a for a in args if a != neutral]
    if any(isinstance(a, BooleanAtom) for a in parts):
        return sympy.Not(neutral)
    if len(parts) < 2:
        return parts[0] if parts else neutral
    return kind(*parts, evaluate=False)


def _piecewise(args: list[sympy.Basic]) -> sympy.Expr:
    otherwise = number(args[-1]) if len(args) % 2 else UNDEFINED
    pairs = []
    for value, condition in zip(args[::2], args[1::2], strict=False):
        holds = boolean(condition)
        if holds == sympy.true:
            otherwise = number(value)
            break
        if holds != sympy.false:
            pairs.append((number(value), holds))
    return sympy.Piecewise(*pairs, (otherwise, True), evaluate=False) if pairs else otherwise


def _divided(above: sympy.Expr, below: sympy.Expr) -> sympy.Expr:
    if not _is_zero(below):
        return above / below
    return UNDEFINED if _is_zero(above) else above * INFINITE


def _is_zero(e: sympy.Expr) -> bool:
    return bool(e.is_Number and float(e) == 0.0)


def _inverse(x: sympy.Expr) -> sympy.Expr:
    return _divided(sympy.Float(1), x)


def _power(base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
    if exponent.is_Number and float(exponent).is_integer() and abs(exponent) <= 12:
        whole = int(exponent)
        return base**whole if whole >= 0 else _inverse(base**-whole)
    if base.is_Number and exponent.is_Number:
        try:
            value = float(base) ** float(exponent)
        except (OverflowError, ZeroDivisionError):
            return INFINITE
        return _float(value if isinstance(value, float) else math.nan)
    return RealPower(base, exponent)


def _root(degree: sympy.Expr, x: sympy.Expr | None = None) -> sympy.Expr:
    """sqrt(x), or root(degree, x)."""
    if x is None:
        return sympy.sqrt(degree)
    if degree.is_Number and float(degree) == 2.0:
        return sympy.sqrt(x)
    return _power(x, _inverse(degree))


def _ln(x: sympy.Expr) -> sympy.Expr:
    return -INFINITE if _is_zero(x) else sympy.log(x)


def _log(base: sympy.Expr, x: sympy.Expr | None = None) -> sympy.Expr:
    """log10(x), or log(base, x)."""
    return _divided(_ln(base), _ln(sympy.Float(10))) if x is None else _divided(_ln(x), _ln(base))


def _factorial(n: sympy.Expr) -> sympy.Expr:
    value = float(n)
    if value < 0 or not value.is_integer():
        return UNDEFINED
    return sympy.Float(math.factorial(int(value))) if value <= 170 else INFINITE


def _truncated(x: sympy.Expr) -> sympy.Expr:
    down, up = sympy.floor(x), sympy.ceiling(x)
    below = sympy.Lt(x, sympy.Float(0), evaluate=False)
    return sympy.Piecewise((up, below), (down, True), evaluate=False)


def _odd(positive: Callable[[sympy.Expr], sympy.Expr], x: sympy.Expr) -> sympy.Expr:
    """An odd function known where it is accurate, for x >= 0."""
    below = sympy.Lt(x, sympy.Float(0), evaluate=False)
    return sympy.Piecewise((-positive(-x), below), (positive(x), True), evaluate=False)


def _arcsinh(x: sympy.Expr) -> sympy.Expr:
    return _odd(lambda a: sympy.log(a + sympy.sqrt(a**2 + 1)), x)


def _arccosh(x: sympy.Expr) -> sympy.Expr:
    return sympy.log(x + sympy.sqrt(x - 1) * sympy.sqrt(x + 1))


def _arctanh(x: sympy.Expr) -> sympy.Expr:
    return _ln(_divided(1 + x, 1 - x)) / 2


def _exclusive_or(*args: sympy.Basic) -> sympy.Basic:
    result: sympy.Basic = sympy.false
    for a in args:
        result = _or(_and(result, _not(a)), _and(_not(result), a))
    return result


def _not(a: sympy.Basic) -> sympy.Basic:
    return sympy.Not(a, evaluate=False) if isinstance(a, Relational) else sympy.Not(a)


_CONSTANTS = {
    libsbml.AST_CONSTANT_E: sympy.Float(math.e),
    libsbml.AST_CONSTANT_PI: sympy.Float(math.pi),
    libsbml.AST_CONSTANT_TRUE: sympy.true,
    libsbml.AST_CONSTANT_FALSE: sympy.false,
}
_LOGICAL: dict[int, Callable[..., sympy.Basic]] = {
    libsbml.AST_LOGICAL_AND: _and,
    libsbml.AST_LOGICAL_OR: _or,
    libsbml.AST_LOGICAL_NOT: _not,
    libsbml.AST_LOGICAL_XOR: _exclusive_or,
    libsbml.AST_LOGICAL_IMPLIES: lambda a, b: _or(_not(a), b),
}
_COMPARISONS = {
    libsbml.AST_RELATIONAL_EQ: sympy.Eq,
    libsbml.AST_RELATIONAL_NEQ: sympy.Ne,
    libsbml.AST_RELATIONAL_GT: sympy.Gt,
    libsbml.AST_RELATIONAL_LT: sympy.Lt,
    libsbml.AST_RELATIONAL_GEQ: sympy.Ge,
    libsbml.AST_RELATIONAL_LEQ: sympy.Le,
}
_FUNCTIONS: dict[int, Callable[..., sympy.Expr]] = {
    libsbml.AST_PLUS: lambda *a: sympy.Add(*a),
    libsbml.AST_TIMES: lambda *a: sympy.Mul(*a),
    libsbml.AST_MINUS: lambda a, b=None: -a if b is None else a - b,
    libsbml.AST_DIVIDE: _divided,
    libsbml.AST_POWER: _power,
    libsbml.AST_FUNCTION_POWER: _power,
    libsbml.AST_FUNCTION_ROOT: _root,
    libsbml.AST_FUNCTION_EXP: sympy.exp,
    libsbml.AST_FUNCTION_LN: _ln,
    libsbml.AST_FUNCTION_LOG: _log,
    libsbml.AST_FUNCTION_ABS: sympy.Abs,
    libsbml.AST_FUNCTION_FLOOR: sympy.floor,
    libsbml.AST_FUNCTION_CEILING: sympy.ceiling,
    libsbml.AST_FUNCTION_FACTORIAL: _factorial,
    libsbml.AST_FUNCTION_MAX: lambda *a: sympy.Max(*a, evaluate=False),
    libsbml.AST_FUNCTION_MIN: lambda *a: sympy.Min(*a, evaluate=False),
    libsbml.AST_FUNCTION_QUOTIENT: lambda a, b: _truncated(_divided(a, b)),
    libsbml.AST_FUNCTION_REM: lambda a, b: a - b * _truncated(_divided(a, b)),
    libsbml.AST_FUNCTION_SIN: sympy.sin,
    libsbml.AST_FUNCTION_COS: sympy.cos,
    libsbml.AST_FUNCTION_TAN: sympy.tan,
    libsbml.AST_FUNCTION_SEC: lambda x: _inverse(sympy.cos(x)),
    libsbml.AST_FUNCTION_CSC: lambda x: _inverse(sympy.sin(x)),
    libsbml.AST_FUNCTION_COT: lambda x: _divided(sympy.cos(x), sympy.sin(x)),
    libsbml.AST_FUNCTION_SINH: sympy.sinh,
    libsbml.AST_FUNCTION_COSH: sympy.cosh,
    libsbml.AST_FUNCTION_TANH: sympy.tanh,
    libsbml.AST_FUNCTION_SECH: lambda x: _inverse(sympy.cosh(x)),
    libsbml.AST_FUNCTION_CSCH: lambda x: _inverse(sympy.sinh(x)),
    libsbml.AST_FUNCTION_COTH: lambda x: _inverse(sympy.tanh(x)),
    libsbml.AST_FUNCTION_ARCSIN: sympy.asin,
    libsbml.AST_FUNCTION_ARCCOS: sympy.acos,
    libsbml.AST_FUNCTION_ARCTAN: sympy.atan,
    libsbml.AST_FUNCTION_ARCSEC: lambda x: sympy.acos(_inverse(x)),
    libsbml.AST_FUNCTION_ARCCSC: lambda x: sympy.asin(_inverse(x)),
    libsbml.AST_FUNCTION_ARCCOT: lambda x: sympy.atan(_inverse(x)),
    libsbml.AST_FUNCTION_ARCSINH: _arcsinh,
    libsbml.AST_FUNCTION_ARCCOSH: _arccosh,
    libsbml.AST_FUNCTION_ARCTANH: _arctanh,
    libsbml.AST_FUNCTION_ARCSECH: lambda x: _arccosh(_inverse(x)),
    libsbml.AST_FUNCTION_ARCCSCH: lambda x: _arcsinh(_inverse(x)),
    libsbml.AST_FUNCTION_ARCCOTH: lambda x: _arctanh(_inverse(x)),
}
