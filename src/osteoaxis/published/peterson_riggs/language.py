"""What the files of this model share: sources, its clock in hours, and its anchored Hill curves.

The name at the end of a meaning, as in "gut calcium, T", is the short name in OpenBoneMin.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import numpy as np

from osteoaxis.process import Reaction, Value, power, reaction
from osteoaxis.published.model import constant
from osteoaxis.units import conversion_factor

DOI = "10.1016/j.bone.2009.08.053"
# The paper itself was not at hand: equations and values are those of its public form.
OPENBONEMIN = f"{DOI}, as in github.com/metrumresearchgroup/OpenBoneMin (9dfb1892)"
YEAR = 8736.0  # hours in the year of the model's ages, 52 weeks

number = partial(constant, source=OPENBONEMIN)


def hourly(equation: str) -> Callable[[Callable[..., Value]], Reaction]:
    """Declare the decorated function, a flow per hour as in the source, as a reaction per day."""

    def declare(function: Callable[..., Value]) -> Reaction:
        @wraps(function)
        def per_day(*args: Value, **kwargs: Value) -> Value:
            flow = function(*args, **kwargs)
            if hasattr(flow, "dimensionality"):
                return flow
            return flow * conversion_factor("day", "h")

        return reaction(equation)(per_day)

    return declare


def anchored(x: Value, at_zero: Value, span: Value, exponent: Any = 1) -> Value:
    """Return a Hill curve of a relative quantity, from `at_zero` by at most `span`, 1 at x = 1.

    The half point follows from the anchor, so the baseline holds whatever the other numbers are.
    """
    raised = power(x, exponent)
    return at_zero + span * raised / (raised + span / (1 - at_zero) - 1)


def step(x: Value) -> Value:
    """Return 1 above zero and 0 elsewhere, with the jump."""
    if hasattr(x, "free_symbols"):
        import sympy

        return sympy.Piecewise((1, x > 0), (0, True))
    return np.where(x > 0, 1.0, 0.0)
