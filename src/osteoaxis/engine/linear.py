"""Linear groups (drug pharmacokinetics) as independent exponentials, once per patient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from osteoaxis.engine.compiled import CompiledSystem
from osteoaxis.errors import SolverError

Array = NDArray[np.float64]

NEARLY_EQUAL = 1e-7  # relative shift that separates equal rate constants, e.g. ka = ke


@dataclass(frozen=True)
class Modes:
    """x = vectors @ z with dz/dt = rates * z + inverse @ (inputs + infusions)."""

    rates: Array
    vectors: Array
    inverse: Array
    inputs: Array


def modes(compiled: CompiledSystem, parameters: Array) -> Modes:
    """Diagonalise every linear group for one patient."""
    size = compiled.linear.size
    rates, vectors, inverse = np.zeros(size), np.zeros((size, size)), np.zeros((size, size))
    matrices, inputs = compiled.couplings(parameters)
    for g, matrix in enumerate(matrices):
        group = slice(compiled.bounds[g], compiled.bounds[g + 1])
        rates[group], vectors[group, group] = _diagonalise(matrix, compiled.system.linear[g])
        inverse[group, group] = np.linalg.inv(vectors[group, group])
    return Modes(rates, vectors, inverse, np.concatenate(inputs) if inputs else np.zeros(0))


def _diagonalise(matrix: Array, group: tuple[str, ...]) -> tuple[Array, Array]:
    if not np.isfinite(matrix).all():
        raise SolverError(f"the rate constants of {', '.join(group)} are not finite: {matrix}")
    size = len(matrix)
    # a defective matrix (ka = ke) has no full set of modes: shift its diagonal by parts in 1e7
    for shift in (0.0, NEARLY_EQUAL):
        shifted = matrix * (1.0 + shift * np.diag(np.arange(size)))
        values, vectors = np.linalg.eig(shifted)
        if np.abs(np.imag(values)).max() <= 1e-9 * np.abs(values).max():
            real, vectors = np.real(values), np.real(vectors)
            if np.linalg.cond(vectors) < (1e6 if shift == 0.0 else 1e9):
                real[np.abs(real) <= 1e-13 * np.abs(real).max()] = 0.0
                return real, vectors
    raise SolverError(
        f"the linear group {', '.join(group)} has oscillating or too many equal rate constants; "
        "leave it out of `linear` and it is integrated numerically"
    )


def resting_state(compiled: CompiledSystem, parameters: Array, x: Array) -> Array:
    """Where the linear groups come to rest without doses; what only accumulates stays as in x."""
    mode = modes(compiled, parameters)
    z, inputs = mode.inverse @ x, mode.inverse @ mode.inputs
    for k, rate in enumerate(mode.rates):
        if rate < 0.0:
            z[k] = -inputs[k] / rate
        elif rate > 0.0 or inputs[k] != 0.0:
            raise SolverError(f"{compiled.system.name}: a linear group grows without end")
    return mode.vectors @ z
