"""Small systems with known answers, compiled once per test session."""

from __future__ import annotations

import pytest
import sympy

from osteoaxis import engine
from osteoaxis.engine import TIME, CompiledSystem, OdeSystem, symbol


def make(
    name: str,
    rates: dict[str, object],
    parameters: str = "",
    assignments: dict[str, sympy.Expr] | None = None,
    linear: tuple[tuple[str, ...], ...] = (),
    outputs: tuple[str, ...] = (),
    scales: tuple[float, ...] | None = None,
) -> OdeSystem:
    """An OdeSystem from a mapping of states to rates."""
    return OdeSystem(
        name,
        tuple(rates),
        tuple(parameters.split()),
        assignments or {},
        tuple(sympy.sympify(rate) for rate in rates.values()),
        scales or (1.0,) * len(rates),
        linear,
        outputs,
    )


@pytest.fixture(scope="session")
def oral() -> CompiledSystem:
    """Depot, central compartment and an accumulator of what was eliminated; all linear."""
    gut, central, ka, ke = (symbol(k) for k in ("gut", "central", "ka", "ke"))
    return engine.compile_system(
        make(
            "oral",
            {"gut": -ka * gut, "central": ka * gut - ke * central, "gone": ke * central},
            "ka ke",
            linear=(("gut", "central", "gone"),),
        )
    )


@pytest.fixture(scope="session")
def inhibited() -> CompiledSystem:
    """An oral drug inhibits the production of a marker, which a slow non-linear pool follows."""
    gut, central, marker, pool = (symbol(k) for k in ("gut", "central", "marker", "pool"))
    ka, ke, potency, turnover, hill = (
        symbol(k) for k in ("ka", "ke", "potency", "turnover", "hill")
    )
    effect = 1 / (1 + (central / potency) ** hill)
    return engine.compile_system(
        make(
            "inhibited",
            {
                "marker": turnover * (symbol("effect") - marker),
                "gut": -ka * gut,
                "pool": 0.1 * (marker**2 - pool * sympy.sqrt(pool)) + 0.01 * sympy.sin(TIME),
                "central": ka * gut - ke * central,
            },
            "ka ke potency turnover hill",
            {"effect": effect},
            (("gut", "central"),),
            ("effect", "pool"),
        )
    )
