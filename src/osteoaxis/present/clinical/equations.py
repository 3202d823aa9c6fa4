"""Key equations of the model as pictures, made from the very functions that are solved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from osteoaxis.model import Model
from osteoaxis.present import style
from osteoaxis.present.document import Picture
from osteoaxis.process import State

if TYPE_CHECKING:
    import sympy

KEY = (
    "tnf_alpha_excess", "rankl", "opg", "rank_drive", "fusion_drive",
    "osteoclasts", "osteoblasts", "lumbar_spine_young_bone", "lumbar_spine_microarchitecture",
    "ctx", "p1np", "arthralgia_probability",
)  # fmt: skip
"""From loss of estrogen through cytokines, RANKL and cells to bone, markers and joints."""
CAPITALS = ("rankl", "rank", "opg", "pth", "ctx", "p1np", "tnf", "il1")
BACKSLASH = "\\"
WIDTH, LINE, SIZE = 7.2, 0.235, 8.5  # inches, inches, points
LONGEST = 120  # letters of a line


def pictures(model: Model) -> Iterator[Picture]:
    """Yield a picture of each key equation; its text alternative is the equation itself."""
    for name in KEY:
        lines = [*_lines(model, name)]
        told = "; ".join(_plain(model, name))
        yield Picture(style.svg(_drawn(lines)), f"Equation. {told}", plain=True)


def terms(model: Model, name: str) -> Iterator[tuple[str, str, sympy.Expr]]:
    """Yield sign, what it is, and the expression of each flow of a state, or of a rate."""
    if not isinstance(model.quantities[name], State):
        yield "", "", _powers(model.assignments[name])
        return
    for process, key, flow in model.reactions:
        net = flow.produces.get(name, 0.0) - flow.consumes.get(name, 0.0)
        if net:
            share = abs(int(net) if float(net).is_integer() else net)
            yield (
                "-" if net < 0 else "+",
                key,
                _powers(share * model.call(process, flow, model.symbols)),
            )


def _powers(expression: sympy.Expr) -> sympy.Expr:
    """Write exp(a log(x)) as a power of x, which is what it stands for."""
    import sympy

    def power(argument: sympy.Expr) -> sympy.Expr:
        logs = [part for part in sympy.Mul.make_args(argument) if isinstance(part, sympy.log)]
        return logs[0].args[0] ** (argument / logs[0]) if logs else sympy.exp(argument)

    return expression.replace(sympy.exp, power)


def _plain(model: Model, name: str) -> Iterator[str]:
    for sign, key, value in terms(model, name):
        left = f"{sign} {key}" if sign else name
        yield f"{left} = {value}"


def _lines(model: Model, name: str) -> Iterator[str]:
    flows = [*terms(model, name)]
    if flows[0][0]:
        net = " ".join(f"{sign} {_word(key)}" for sign, key, _ in flows)
        yield rf"$\frac{{d\;{_word(name)}}}{{dt}} = {net.removeprefix('+ ')}$"
    for sign, key, value in flows:
        first, *rest = _broken(value)
        yield rf"$\quad {_word(key)} = {first}$" if sign else rf"${_word(name)} = {first}$"
        yield from (rf"$\qquad\qquad {line}$" for line in rest)


def _word(name: str) -> str:
    parts = [p.upper() if p in CAPITALS else p for p in name.rpartition(".")[2].split("_")]
    return rf"\mathrm{{{(BACKSLASH + ' ').join(parts)}}}"


def _broken(value: sympy.Expr) -> Iterator[str]:
    """Yield an expression in lines that fit, broken between factors or terms."""
    import sympy

    names = {symbol: _word(symbol.name) for symbol in value.free_symbols}

    def latex(part: sympy.Expr) -> str:
        return str(sympy.latex(part, symbol_names=names, mul_symbol="dot"))

    if len(str(value)) <= LONGEST or sympy.fraction(value)[1] != 1:
        yield latex(value)
        return
    parts = value.args if isinstance(value, sympy.Mul | sympy.Add) else (value,)
    joint = r"\cdot " if isinstance(value, sympy.Mul) else "+ "
    line: list[sympy.Expr] = []
    lines = [line]
    for part in parts:
        if line and len(str(type(value)(*line, part))) > LONGEST:
            line = []
            lines.append(line)
        line.append(part)
    for number, members in enumerate(lines):
        told = latex(type(value)(*members))
        if isinstance(value, sympy.Mul) and isinstance(members[0], sympy.Add):
            told = rf"\left({told}\right)" if len(members) == 1 else told
        joins = number and not (isinstance(value, sympy.Add) and told.startswith("-"))
        yield (joint if joins else "") + told


@style.styled
def _drawn(lines: list[str]) -> Figure:
    """Draw lines of mathematics one below the other."""
    figure = Figure(figsize=(WIDTH, LINE * len(lines)))
    for number, line in enumerate(lines):
        figure.text(0.0, 1 - (number + 0.5) / len(lines), line, fontsize=SIZE, va="center",
                    math_fontfamily="stix")  # fmt: skip
    return figure
