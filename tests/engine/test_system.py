"""A system that makes no sense is refused when it is made, with a sentence that says why."""

from __future__ import annotations

import pytest
import sympy

from osteoaxis.engine import TIME, symbol
from osteoaxis.engine.system import linear_coefficients

from .conftest import make

A, B, K = symbol("a"), symbol("b"), symbol("k")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rates": {"a": K}}, "'k'"),
        ({"rates": {"a": sympy.Symbol("a")}}, "engine.symbol"),
        ({"rates": {"a": A}, "parameters": "a"}, "'a' is used twice"),
        ({"rates": {"a": A, "time": A}}, "'time' is used twice"),
        ({"rates": {"a": A}, "outputs": ("x",)}, "output 'x'"),
        ({"rates": {"a": A}, "scales": (0.0,)}, "scale of 'a'"),
        ({"rates": {"a": A}, "scales": (1.0, 2.0)}, "2 scales"),
        ({"rates": {"a": A}, "linear": (("x",),)}, "'x', which is not a state"),
        ({"rates": {"a": A}, "linear": (("a",), ("a",))}, "two linear groups"),
        ({"rates": {"a": A**2}, "linear": (("a",),)}, "not linear in 'a'"),
        (
            {
                "rates": {f"x{i}": -symbol(f"x{i}") for i in range(63)},
                "linear": tuple((f"x{i}",) for i in range(63)),
            },
            "63 linear groups, at most 62",
        ),
        ({"rates": {"a": A * TIME}, "linear": (("a",),)}, "'time'"),
        ({"rates": {"a": A + B, "b": -B}, "linear": (("a",),)}, "'b'"),
        (
            {"rates": {"a": A}, "assignments": {"u": symbol("v"), "v": A}},
            "'v' before it is assigned",
        ),
    ],
)
def test_refused(arguments: dict, message: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(ValueError, match=message):
        make("wrong", **arguments)


def test_linear_through_assignments() -> None:
    flow = {"speed": 2 * K, "flow": symbol("speed") * A}
    system = make("flow", {"a": -symbol("flow"), "b": symbol("flow") + K}, "k", flow,
                  (("a", "b"),))  # fmt: skip
    matrix, inputs = linear_coefficients(system, ("a", "b"))
    assert matrix == [[-2 * K, 0], [2 * K, 0]]
    assert inputs == [0, K]
