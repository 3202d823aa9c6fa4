"""Equations as MathML: no script, no picture and nothing from the network is needed to read them.

A name stands as it is in the code and links to where it is declared; what is too long for a line is
broken at its sums and products; a long part that occurs twice gets a letter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from html import escape

from _generate.term import Term

Link = Callable[[str], tuple[str, str]]
"""Gives of a full name what to show and the address it leads to ("" for nowhere)."""
ROOM = 64
"""Letters in a line of an equation."""
REPEATED = 20
"""Letters from which on a part that occurs again gets a letter of its own."""
SUM, PRODUCT, POWER, ATOM = 1, 2, 3, 4
MINUS = "−"


def equation(right: Term, link: Link) -> str:
    """Return the block "= right"."""
    layout = _Layout(link, _letters(right, link))
    rows = _aligned("", layout.lines(right, ROOM))
    for part, letter in layout.letters.items():
        rows += _aligned(_letter(letter), layout.lines(part, ROOM, whole=True))
    return _block(rows)


def balance(of: str, flows: list[tuple[bool, float, str]], link: Link) -> str:
    """Return the block "d of/dt = flows": each flow with whether it takes away, and how much."""
    derivative = (
        f'<mfrac><mrow><mi>d</mi><mspace width="0.2em"></mspace>{_name(of, link)}</mrow>'
        "<mrow><mi>d</mi><mi>t</mi></mrow></mfrac>"
    )
    lines = []
    for taken, count, flow in flows:
        sign = _operator(MINUS if taken else "+")
        times = "" if count == 1 else f"<mn>{count:g}</mn>{_operator('·')}"
        lines.append(f"<mrow>{sign}{times}{_name(flow, link)}</mrow>")
    return _block(_aligned(derivative, lines or ["<mn>0</mn>"]))


def _block(rows: str) -> str:
    return f'<math displaystyle="true"><mtable displaystyle="true">{rows}</mtable></math>'


def _aligned(left: str, lines: list[str]) -> str:
    cells = [(left, _operator("="))] + [("", "")] * (len(lines) - 1)
    return "".join(
        f"<mtr><mtd>{first}</mtd><mtd>{sign}</mtd><mtd>{line}</mtd></mtr>"
        for (first, sign), line in zip(cells, lines, strict=True)
    )


def _operator(sign: str) -> str:
    return f'<mo stretchy="false">{sign}</mo>'


def _letter(letter: str) -> str:
    return f"<mi>{letter}</mi>"


def _name(full: str, link: Link) -> str:
    shown, address = link(full)
    text = escape(shown)
    inside = f'<a href="{address}">{text}</a>' if address else text
    return f'<mi class="name" mathvariant="normal">{inside}</mi>'


def _number(value: float) -> str:
    mantissa, e, exponent = f"{value:.4g}".partition("e")
    if not e:
        return f"<mn>{mantissa}</mn>"
    power = str(int(exponent)).replace("-", MINUS)
    ten = f"<msup><mn>10</mn><mn>{power}</mn></msup>"
    return ten if mantissa == "1" else f"<mrow><mn>{mantissa}</mn>{_operator('×')}{ten}</mrow>"


def walk(whole: Term) -> Iterator[Term]:
    """Yield a term and all its parts, as often as they occur."""
    yield whole
    for part in whole.parts:
        yield from walk(part)


def _letters(right: Term, link: Link) -> dict[Term, str]:
    """Return a letter for each long part that occurs again, the inner parts of these aside."""
    layout = _Layout(link, {})
    times = Counter(walk(right))
    again = [p for p, n in times.items() if n > 1 and p.parts and layout.width(p) >= REPEATED]
    inner = {part for whole in again for part in list(walk(whole))[1:]}
    return dict(zip((part for part in again if part not in inner), "abcdef", strict=False))


class _Layout:
    """Sets terms: `width` counts letters, `line` sets on one line, `lines` breaks what is long.

    `flat` writes fractions with a stroke, for exponents.
    """

    def __init__(self, link: Link, letters: dict[Term, str], *, flat: bool = False) -> None:
        self.link = link
        self.letters = letters
        self.flat = flat

    def width(self, of: Term, *, whole: bool = False) -> int:
        """Return about how many letters wide `of` is on one line."""
        if of in self.letters and not whole:
            return 1
        if of.kind == "name":
            return len(self.link(of.name)[0])
        if of.kind == "number":
            return len(f"{of.number:.4g}")
        wide = [self.width(part) for part in of.parts]
        if of.kind == "/":
            return max(wide)
        return sum(wide) + {"^": 0, "neg": 1, "exp": 1, "log": 4}.get(of.kind, 3)

    def lines(self, of: Term, room: int, *, whole: bool = False) -> list[str]:
        """Return `of` on lines of about `room` letters; `whole` spells out what has a letter."""
        if self.width(of, whole=whole) <= room:
            return [self.line(of, whole=whole)]
        if of.kind in "+-":
            return self._sum_lines(of, room, whole=whole)
        if of.kind == "*":
            return self._product_lines(self._factors(of, whole=whole), room)
        if of.kind == "/":
            top, low = (self.lines(part, room - 4) for part in _fraction(of))
            return [f"<mfrac>{_stack(top)}{_stack(low)}</mfrac>"]
        return [self.line(of, whole=whole)]

    def _sum_lines(self, of: Term, room: int, *, whole: bool = False) -> list[str]:
        rows: list[str] = []
        for k, (taken, part) in enumerate(self._terms(of, whole=whole)):
            sign = _operator(MINUS if taken else "+") if k or taken else ""
            first, *rest = self.lines(part, room - 2)
            rows += [f"<mrow>{sign}{first}</mrow>", *map(_indented, rest)]
        return rows

    def _product_lines(self, factors: list[Term], room: int) -> list[str]:
        rows: list[str] = []
        row, used = "", 0
        for factor in factors:
            dot = _operator("·") if rows or row else ""
            wide = self.width(factor) + 3
            if row and used + wide > room:
                rows.append(f"<mrow>{row}</mrow>")
                row, used = "", 0
            if wide > room and factor.kind in "+-" and factor not in self.letters:
                first, *rest = self._sum_lines(factor, room - 4)
                inner = [f"<mrow>{dot}{_operator('(')}{first}</mrow>", *map(_indented, rest)]
                rows += [*inner[:-1], f"<mrow>{inner[-1]}{_operator(')')}</mrow>"]
            else:
                row += dot + self.line(factor, PRODUCT)
                used += wide
        return [*rows, f"<mrow>{row}</mrow>"] if row else rows

    def line(self, of: Term, tight: int = 0, *, whole: bool = False) -> str:
        """Return `of` on one line, in brackets if it binds less than `tight`."""
        if of in self.letters and not whole:
            return _letter(self.letters[of])
        text, binds = self._set(of, whole=whole)
        return f"<mrow><mo>(</mo>{text}<mo>)</mo></mrow>" if binds < tight else text

    def _set(self, of: Term, *, whole: bool) -> tuple[str, int]:
        """Return `of` as MathML and how tightly it binds."""
        if of.kind == "name":
            return _name(of.name, self.link), ATOM
        if of.kind == "number":
            sign = _operator(MINUS) if of.number < 0 else ""
            return f"<mrow>{sign}{_number(abs(of.number))}</mrow>", SUM if sign else ATOM
        if of.kind in "+-":
            terms = self._terms(of, whole=whole)
            signs = [_operator(MINUS if taken else "+") for taken, _ in terms]
            signs[0] = signs[0] if terms[0][0] else ""
            parts = [self.line(part, PRODUCT if taken else SUM) for taken, part in terms]
            return f"<mrow>{''.join(map(''.join, zip(signs, parts, strict=True)))}</mrow>", SUM
        if of.kind == "*":
            parts = [self.line(part, PRODUCT) for part in self._factors(of, whole=whole)]
            return f"<mrow>{_operator('·').join(parts)}</mrow>", PRODUCT
        if of.kind == "/":
            above, below = _fraction(of)
            if self.flat:
                top, low = self.line(above, PRODUCT), self.line(below, POWER)
                return f"<mrow>{top}{_operator('/')}{low}</mrow>", PRODUCT
            top, low = self.line(above), self.line(below)
            return f"<mfrac><mrow>{top}</mrow><mrow>{low}</mrow></mfrac>", PRODUCT
        if of.kind == "neg":
            return f"<mrow>{_operator(MINUS)}{self.line(of.parts[0], PRODUCT)}</mrow>", SUM
        if of.kind == "^":
            return self._power(*of.parts), POWER
        if of.kind == "exp":
            power = self._exponent(of.parts[0])
            return f'<msup><mi mathvariant="normal">e</mi>{power}</msup>', POWER
        inside = self.line(of.parts[0])
        return f'<mrow><mi mathvariant="normal">ln</mi><mo>(</mo>{inside}<mo>)</mo></mrow>', POWER

    def _power(self, base: Term, exponent: Term) -> str:
        if exponent.kind == "number" and exponent.number == 0.5:
            return f"<msqrt>{self.line(base)}</msqrt>"
        return f"<msup>{self.line(base, ATOM)}{self._exponent(exponent)}</msup>"

    def _exponent(self, of: Term) -> str:
        return _Layout(self.link, self.letters, flat=True).line(of)

    def _terms(self, of: Term, *, whole: bool = False) -> list[tuple[bool, Term]]:
        """Return the terms of a sum and whether each is taken away."""
        if of.kind not in "+-" or (of in self.letters and not whole):
            return [(False, of)]
        left, right = of.parts
        if of.kind == "+" and right.kind == "neg":
            return [*self._terms(left), (True, right.parts[0])]
        return [*self._terms(left), *(self._terms(right) if of.kind == "+" else [(True, right)])]

    def _factors(self, of: Term, *, whole: bool = False) -> list[Term]:
        """Return the factors of a product."""
        if of.kind != "*" or (of in self.letters and not whole):
            return [of]
        return [factor for part in of.parts for factor in self._factors(part)]


def _fraction(of: Term) -> tuple[Term, Term]:
    """Return what stands above and below the line; a / b / c is a over b c."""
    above, below = of.parts
    if above.kind == "/":
        above, first = _fraction(above)
        below = first * below
    return above, below


def _stack(rows: list[str]) -> str:
    if len(rows) == 1:
        return f"<mrow>{rows[0]}</mrow>"
    lines = "".join(f"<mtr><mtd>{row}</mtd></mtr>" for row in rows)
    return f'<mtable displaystyle="true">{lines}</mtable>'


def _indented(row: str) -> str:
    return f'<mrow><mspace width="1.2em"></mspace>{row}</mrow>'
