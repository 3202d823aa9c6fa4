"""Generated code computes what the symbolic system says."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

from osteoaxis import engine
from osteoaxis.engine import TIME, CompiledSystem, OdeSystem, symbol
from osteoaxis.engine.compiled import call
from osteoaxis.engine.elimination import plan
from osteoaxis.engine.graph import RealPower

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


@pytest.mark.parametrize("patients", [1, 9])
def test_factors_solve_the_newton_matrix(compiled: CompiledSystem, patients: int) -> None:
    rng = np.random.default_rng(3)
    loaded = compiled.machine(patients)
    block, at, n = loaded.block(), loaded.layout, 14
    entries, right = rng.normal(size=(len(loaded.entries), loaded.lanes)), rng.normal(size=n)
    block[at.diagonal] = 20.0
    block[at.jacobian : at.jacobian + len(entries)] = entries
    block[at.f0 : at.f0 + n] = right[:, None]
    call(loaded, "newton", block)
    for lane in range(loaded.lanes):
        matrix = 20.0 * np.eye(n)
        for (i, j), value in zip(loaded.entries, entries[:, lane], strict=True):
            matrix[i, j] -= value
        found = block[at.u : at.u + n, lane]
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


def test_exp_and_log_agree_with_numpy() -> None:
    s = symbol("s")
    compiled = engine.compile_system(
        make("functions", {"s": s}, assignments={"e": sympy.exp(s), "l": sympy.log(s)},
             outputs=("e", "l"))
    )  # fmt: skip
    loaded = compiled.machine(9)
    block, at = loaded.block(), loaded.layout

    def values(x: np.ndarray) -> np.ndarray:
        found = []
        for part in x.reshape(-1, loaded.lanes):
            block[at.stage] = part
            call(loaded, "evaluate", block)
            found.append(block[at.outputs : at.outputs + 2].copy())
        return np.concatenate(found, axis=1)

    x = np.random.default_rng(0).uniform(-700, 700, 8000)
    np.testing.assert_allclose(values(x)[0], np.exp(x), rtol=5e-16)
    np.testing.assert_allclose(values(np.exp(x))[1], x, rtol=1e-15, atol=1e-15)
    nan, inf = np.nan, np.inf
    exp, log = values(np.array([nan, 0.0, -1.0, inf, -inf, 1.0, -0.0, 1e-310]))
    assert np.isnan(exp[0])
    assert exp[1] == 1
    assert exp[3] > 1e300
    assert 0 < exp[4] < 1e-300
    assert np.isnan(log[[0, 1, 2, 3, 4, 6]]).all()
    assert log[5] == 0


FUNCTIONS = {
    "tan": sympy.tan, "asin": sympy.asin, "acos": sympy.acos, "atan": sympy.atan,
    "sinh": sympy.sinh, "cosh": sympy.cosh, "floor": sympy.floor, "ceiling": sympy.ceiling,
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_further_functions_and_their_derivatives(name: str) -> None:
    s = symbol("s")
    compiled = engine.compile_system(make(name, {"s": FUNCTIONS[name](s)}))
    for x in (-0.7, 0.3):
        assert compiled.rates(0, np.array([x]), np.zeros(0))[0] == pytest.approx(
            float(FUNCTIONS[name](x)), rel=1e-14
        )
        slope = (
            0.0 if name in ("floor", "ceiling") else float(FUNCTIONS[name](s).diff(s).subs(s, x))
        )
        assert compiled.jacobian(0, np.array([x]), np.zeros(0))[0][0, 0] == pytest.approx(slope)


def test_real_powers_know_negative_bases() -> None:
    a, b = symbol("a"), symbol("b")
    compiled = engine.compile_system(
        make("powers", {"a": RealPower(a, b), "b": sympy.Integer(0) * b})
    )
    state = np.array([-2.0, 3.0])
    assert compiled.rates(0, state, np.zeros(0))[0] == -8
    assert compiled.jacobian(0, state, np.zeros(0))[0][0, 0] == 12
    matrix, _ = compiled.jacobian(0, np.array([2.0, 3.0]), np.zeros(0))
    np.testing.assert_allclose(matrix[0], [12, 8 * np.log(2)])


def test_a_choice_keeps_what_is_undefined_to_itself() -> None:
    s = symbol("s")
    compiled = engine.compile_system(
        make("choice", {"s": 3 * sympy.Piecewise((sympy.log(s) / s, s > 0), (2 * s, True))})
    )
    for value, slope in ((0.0, 6.0), (-1.0, 6.0), (2.0, 3 * (1 - np.log(2)) / 4)):
        matrix, _ = compiled.jacobian(0, np.array([value]), np.zeros(0))
        assert matrix[0, 0] == pytest.approx(slope)


def test_a_condition_of_parameters_alone() -> None:
    s, k = symbol("s"), symbol("k")
    positive = (k > 0) & (s > 0)
    rate = sympy.Piecewise((s, k > 1), (-s, True)) * sympy.Piecewise((2, positive), (3, True))
    compiled = engine.compile_system(make("switch", {"s": rate}, "k"))
    for value, expected in ((2.0, 10.0), (0.5, -10.0), (-1.0, -15.0)):
        assert compiled.rates(0, np.array([5.0]), np.array([value]))[0] == expected
