"""Generated code computes what the symbolic system says."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

from osteoaxis import engine
from osteoaxis.engine import TIME, CompiledSystem, OdeSystem, symbol
from osteoaxis.engine.elimination import plan
from osteoaxis.engine.vectormath import exp_all, log_all

from .conftest import make

NAMES = [f"s{k}" for k in range(14)]
PARAMETERS = [f"p{k}" for k in range(16)]


def everything() -> OdeSystem:
    """Every construct the generator knows, chained assignments, and enough powers to batch."""
    s = [symbol(k) for k in NAMES]
    p = [symbol(k) for k in PARAMETERS]
    drug = symbol("drug")
    assignments = {
        "fixed": p[0] ** p[1] + 2,
        "alone": s[3],
        **{f"hill{k}": 1 / (1 + (p[k] / s[k]) ** p[k + 1]) for k in range(14)},
        "sum": sum((symbol(f"hill{k}") for k in range(14)), symbol("fixed") * TIME / 100),
        "product": symbol("hill1") * symbol("hill2") * symbol("sum") ** 2 / (1 + s[4] ** 3),
        "powered": symbol("product") ** p[3] + (s[0] * s[1] / p[2]) ** sympy.Float(1.7),
        "switched": sympy.Piecewise(
            (s[2] ** 2, (s[2] > p[4]) & (TIME < 50)), (s[2] + s[1], s[0] > 9), (s[2], True)
        ),
        "bounded": sympy.Max(s[5], p[5], s[6] * 2) + sympy.Min(s[7], p[6]) + sympy.Abs(s[8] - 5),
        "smooth": sympy.tanh(s[6]) + sympy.exp(-s[7] / 3) * sympy.log(1 + s[8]) + sympy.sqrt(s[0]),
        "dosed": drug / (drug + p[7] + s[1]),
        "waves": sympy.sin(TIME / 7) * s[0] + sympy.cos(s[1]) - s[2] ** -4,
    }
    a = {k: symbol(k) for k in assignments}
    rates = [
        a["sum"] - s[0] * a["dosed"],
        a["product"] / s[1] - a["alone"],
        a["powered"] * s[0] - s[2] ** p[8],
        a["switched"] - s[3] * p[9],
        a["bounded"] * a["smooth"] - s[4],
        a["waves"] + a["fixed"] - s[5] ** 12,
        s[6] * sympy.exp(-TIME / p[10]) - p[11] * s[6] * s[7],
        a["hill3"] * drug - s[7] / (1 + s[7]) ** 2,
        sympy.Integer(0),
        *(a[f"hill{k}"] * s[k - 1] - s[k] for k in range(9, 14)),
        -p[0] * drug + p[1],
    ]
    return OdeSystem(
        "everything",
        (*NAMES, "drug"),
        tuple(PARAMETERS),
        assignments,
        tuple(sympy.sympify(r) for r in rates),
        (1.0,) * 15,
        (("drug",),),
        (*assignments, "s4", "drug"),
    )


@pytest.fixture(scope="module")
def system() -> OdeSystem:
    return everything()


@pytest.fixture(scope="module")
def compiled(system: OdeSystem) -> CompiledSystem:
    return engine.compile_system(system)


@pytest.fixture(scope="module")
def exact(system: OdeSystem):  # type: ignore[no-untyped-def]
    """Rates, outputs, Jacobian and slope by SymPy, everything substituted."""
    known: dict[sympy.Symbol, sympy.Expr] = {}
    for name, value in system.assignments.items():
        known[symbol(name)] = sympy.sympify(value).subs(known)
    rates = [rate.subs(known) for rate in system.rates]
    outputs = [symbol(k).subs(known) for k in system.outputs]
    free = [symbol(k) for k in NAMES]
    jacobian = [[sympy.diff(rate, k) for k in free] for rate in rates[:-1]]
    drug = symbol("drug")
    slope = [sympy.diff(r, TIME) + sympy.diff(r, drug) * rates[-1] for r in rates[:-1]]
    arguments = [TIME, *(symbol(k) for k in (*system.states, *system.parameters))]
    return sympy.lambdify(arguments, [rates, outputs, jacobian, slope], ["numpy", "scipy"])


@pytest.mark.parametrize("seed", range(5))
def test_generated_code_equals_sympy(compiled: CompiledSystem, exact, seed: int) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(seed)
    state, parameters = rng.uniform(0.3, 3, 15), rng.uniform(0.3, 3, 16)
    time = float(rng.uniform(0, 100))
    rates, outputs, jacobian, slope = exact(time, *state, *parameters)
    np.testing.assert_allclose(compiled.rates(time, state, parameters), rates, rtol=1e-12)
    np.testing.assert_allclose(compiled.outputs(time, state, parameters), outputs, rtol=1e-12)
    found, found_slope = compiled.jacobian(time, state, parameters)
    np.testing.assert_allclose(found, jacobian, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(found_slope, slope, rtol=1e-11, atol=1e-12)


def test_factors_solve_the_newton_matrix(compiled: CompiledSystem) -> None:
    rng = np.random.default_rng(3)
    code = compiled.module
    entries, factors = rng.normal(size=len(code.ENTRIES)), np.zeros(code.FACTORS)
    right, found = rng.normal(size=14), np.zeros(14)
    code.factor(20.0, entries, factors)
    code.backsolve(factors, right, found)
    matrix = 20.0 * np.eye(14)
    for (i, j), value in zip(code.ENTRIES, entries, strict=True):
        matrix[i, j] -= value
    np.testing.assert_allclose(matrix @ found, right, rtol=1e-12, atol=1e-13)


def test_elimination_of_an_arrow_fills_nothing() -> None:
    size = 20
    arrow = [(0, k) for k in range(size)] + [(k, 0) for k in range(size)]
    assert len(plan(size, arrow).slots) == 3 * size - 2


@pytest.mark.parametrize("state", [0.0, -1e-9, 1e-200, 1e200])
def test_powers_stay_finite_where_a_state_touches_zero(state: float) -> None:
    s, k, n = symbol("s"), symbol("k"), symbol("n")
    compiled = engine.compile_system(
        make("zero", {"s": 1 / (1 + (k / s) ** n) + s**n / (k**n + s**n) - s}, "k n")
    )
    parameters = np.array([2.0, 2.3])
    rate = compiled.rates(0, np.array([state]), parameters)
    jacobian, _ = compiled.jacobian(0, np.array([state]), parameters)
    if state < 1e-6:
        np.testing.assert_allclose(rate, -state, atol=1e-20)
        np.testing.assert_allclose(jacobian, -1, atol=1e-9)
    assert np.isfinite(rate).all()
    assert np.isfinite(jacobian).all() or state > 1


def test_vector_exp_and_log_agree_with_numpy() -> None:
    x = np.random.default_rng(0).uniform(-700, 700, 20_000)
    values = x.copy()
    exp_all(values, 0, x.size, 709.0)
    np.testing.assert_allclose(values, np.exp(x), rtol=5e-16)
    log_all(values, 0, x.size, -1.0)
    np.testing.assert_allclose(values, x, rtol=1e-15, atol=1e-15)
    special = np.array([np.nan, 0.0, -1.0, np.inf])
    log_all(special, 0, 4, -1.0)
    assert np.isnan(special).all()
    special = np.array([np.nan, -np.inf, np.inf])
    exp_all(special, 0, 3, 709.0)
    assert np.isnan(special[0])
    assert special[1] < 1e-300
    assert special[2] > 1e300
