"""What a quantity is: its equations, what they are made of, and where every number comes from."""

from __future__ import annotations

import html
import re
import sys
from typing import TYPE_CHECKING, Any

from osteoaxis import fitted, outcomes
from osteoaxis.errors import did_you_mean
from osteoaxis.outcomes import dxa
from osteoaxis.process import Param, Rate, Reaction, Site, State
from osteoaxis.web.catalogue import Catalogue
from osteoaxis.web.problems import Unknown

if TYPE_CHECKING:
    import sympy

Answer = dict[str, Any]


def check(known: Catalogue, name: str) -> None:
    """Raise `Unknown` with near matches if there is no quantity of this name."""
    if name not in known.quantities:
        raise Unknown(f"unknown quantity '{name}'.{did_you_mean(name, known.quantities)}")


def described(known: Catalogue, name: str) -> Answer:
    """Return a quantity with its equation and parameters; a task of a worker.

    What follows from trajectories has no equation of the model, but the words of its module.
    """
    model, entry = known.ready.model, known.quantities[name]
    found: Answer = {
        "name": name, **entry, "about": _about(known, entry["process"]),
        "kind": "outcome", "equations": [], "reactions": [], "depends_on": [], "parameters": [],
    }  # fmt: skip
    quantity = model.quantities.get(name)
    if quantity is None:
        site = name.removesuffix("_t_score")
        if site != name:
            found["equations"] = _scores(name, site)
            found["depends_on"] = [f"{site}_bmd"]
        return found
    if isinstance(quantity, State):
        found["kind"] = "state"
        found["equations"] = [_equation(f"d({name})/dt", model.derivative(name))]
        found["reactions"] = [
            {"name": key, "meaning": declared.meaning}
            for _, key, declared in model.reactions
            if name in declared.consumes or name in declared.produces
        ]
    elif isinstance(quantity, Rate | Site):
        found["kind"] = "rate" if isinstance(quantity, Rate) else "site"
        found["equations"] = [_equation(name, model.assignments[name])]
    used = model.dependencies(name)
    found["depends_on"] = [full for full in used if full in model.quantities]
    found["parameters"] = [
        _parameter(full, model.parameters[full]) for full in used if full in model.parameters
    ]
    return found


def _scores(name: str, site: str) -> list[Answer]:
    """Return the equation of a T-score for women and for men."""
    import sympy

    density = sympy.Symbol(f"{site}_bmd")
    return [
        {**_equation(name, (density - mean) / deviation), "sex": sex}
        for sex, (mean, deviation) in dxa.YOUNG_ADULT[site].items()
    ]


def _about(known: Catalogue, process: str) -> str:
    """Return what a drug is, or what the module says in which a process is written."""
    if process in known.ready.drugs:
        return known.ready.drugs[process].summary
    name = f"{outcomes.__name__}.{process}"
    if process in known.ready.model.home.values():
        declared = known.ready.model.process(process).declarations.values()
        name = next(d.function.__module__ for d in declared if isinstance(d, Rate | Reaction))
    return (sys.modules[name].__doc__ or "").strip()


def _parameter(full: str, parameter: Param) -> Answer:
    low, high = parameter.range
    return {
        "name": full,
        "value": parameter.value,
        "men": parameter.men,
        "unit": parameter.unit,
        "meaning": parameter.meaning,
        "low": low,
        "high": high,
        "basis": parameter.basis,
        "source": parameter.source,
        "found": _found(full),
        "found_in_men": _found(full + fitted.MEN),
    }


def _found(name: str) -> Answer | None:
    """Return 90 % of what was believed of a parameter before the fit and after it, and a verdict.

    None for what was not fitted, moves with another parameter, or was fitted last.
    """
    row = fitted.identified().get(name)
    if row is None:
        return None
    limits = ("prior_low", "prior_high", "posterior_low", "posterior_high")
    return {limit: float(row[limit]) for limit in limits} | {"verdict": row["verdict"]}


def _equation(left: str, expression: sympy.Expr) -> Answer:
    """Return an equation as text, LaTeX and (the right side) presentation MathML."""
    import sympy

    powers = expression.rewrite(sympy.Pow)
    names = {symbol: _upright(symbol.name) for symbol in powers.free_symbols}
    return {
        "left": left,
        "text": str(powers),
        "latex": f"{_upright(left)} = {sympy.latex(powers, symbol_names=names, mul_symbol='dot')}",
        "mathml": _mathml(powers),
    }


def _upright(name: str) -> str:
    return r"\mathrm{" + name.replace("_", r"\_") + "}"


def _mathml(expression: sympy.Expr) -> str:
    from sympy.printing.mathml import MathMLPresentationPrinter

    class Printer(MathMLPresentationPrinter):  # type: ignore[misc]
        """Names stay whole; SymPy would make subscripts of them."""

        def _print_Symbol(self, symbol: sympy.Symbol, style: str = "plain") -> Any:  # noqa: ARG002
            element = self.dom.createElement("mi")
            element.appendChild(self.dom.createTextNode(symbol.name))
            return element

    inner = Printer({"mul_symbol": "dot"}).doprint(expression)
    # entities that HTML knows by name are unknown to XML
    plain = re.sub(r"&(?!amp;|lt;|gt;|quot;)\w+;", lambda found: html.unescape(found[0]), inner)
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML">{plain}</math>'
