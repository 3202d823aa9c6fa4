"""Linear groups (drug pharmacokinetics) as independent exponentials, for every patient."""

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
    """x = vectors @ z with dz/dt = rates * z + inverse @ inputs, group after group.

    `rates` and `inputs` are (patient, linear state); `vectors` and `inverse` hold the square
    matrices of all groups flattened one after another, (patient, all entries).
    """

    rates: Array
    vectors: Array
    inverse: Array
    inputs: Array


def modes(compiled: CompiledSystem, parameters: Array, used: NDArray[np.bool_]) -> Modes:
    """Diagonalise the groups `used` for parameters (patient, parameter); others stay zero."""
    matrices, inputs = compiled.couplings(parameters)
    count, starts = len(parameters), compiled.vector_start
    rates = np.zeros((count, compiled.linear.size))
    vectors, inverse = np.zeros((count, starts[-1])), np.zeros((count, starts[-1]))
    for g, matrix in enumerate(matrices):
        if used[g]:
            group, flat = slice(*compiled.bounds[g : g + 2]), slice(*starts[g : g + 2])
            values, sides = _diagonalise(matrix, compiled.system.linear[g])
            rates[:, group] = values
            vectors[:, flat] = sides.reshape(count, -1)
            inverse[:, flat] = np.linalg.inv(sides).reshape(count, -1)
    return Modes(rates, vectors, inverse, inputs)


def _diagonalise(matrix: Array, group: tuple[str, ...]) -> tuple[Array, Array]:
    """Eigenvalues (patient, mode) and eigenvectors (patient, state, mode) of a group's matrices."""
    if not np.isfinite(matrix).all():
        raise SolverError(f"the rate constants of {', '.join(group)} are not finite")
    values, vectors = np.zeros(matrix.shape[:2]), np.zeros(matrix.shape)
    left = np.arange(len(matrix))
    # a defective matrix (ka = ke) has no full set of modes: shift its diagonal by parts in 1e7
    for shift, worst in ((0.0, 1e6), (NEARLY_EQUAL, 1e9)):
        shifted = matrix[left] * (1.0 + shift * np.diag(np.arange(matrix.shape[1])))
        found, sides = np.linalg.eig(shifted)
        largest = np.abs(found).max(axis=1)
        real = np.abs(found.imag).max(axis=1) <= 1e-9 * largest
        good = real & (np.linalg.cond(sides) < worst)
        kept = found.real[good]
        kept[np.abs(kept) <= 1e-13 * largest[good, None]] = 0.0
        values[left[good]], vectors[left[good]] = kept, sides.real[good]
        left = left[~good]
        if not left.size:
            return values, vectors
    raise SolverError(
        f"the linear group {', '.join(group)} has oscillating or too many equal rate constants; "
        "leave it out of `linear` and it is integrated numerically"
    )


def resting_state(compiled: CompiledSystem, parameters: Array, x: Array) -> Array:
    """Where the linear groups come to rest without doses, (patient, linear state); what only
    accumulates stays as in x."""
    _, inputs = compiled.couplings(parameters)
    used = np.array(
        [
            bool((x[:, lo:hi] != 0.0).any() or (inputs[:, lo:hi] != 0.0).any())
            for lo, hi in zip(compiled.bounds[:-1], compiled.bounds[1:], strict=True)
        ],
        dtype=bool,
    )
    if not used.any():
        return x
    mode = modes(compiled, parameters, used)
    result = x.copy()
    for g in np.flatnonzero(used):
        group, flat = (
            slice(*compiled.bounds[g : g + 2]),
            slice(*compiled.vector_start[g : g + 2]),
        )
        size = group.stop - group.start
        vectors = mode.vectors[:, flat].reshape(-1, size, size)
        inverse = mode.inverse[:, flat].reshape(-1, size, size)
        z = np.einsum("pki,pi->pk", inverse, x[:, group])
        entering = np.einsum("pki,pi->pk", inverse, mode.inputs[:, group])
        rates = mode.rates[:, group]
        if ((rates > 0.0) | ((rates == 0.0) & (entering != 0.0))).any():
            raise SolverError(f"{compiled.system.name}: a linear group grows without end")
        moving = rates < 0.0
        z[moving] = -entering[moving] / rates[moving]
        result[:, group] = np.einsum("pik,pk->pi", vectors, z)
    return result
