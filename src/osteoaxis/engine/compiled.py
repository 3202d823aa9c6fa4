"""An OdeSystem as machine code: compiled once per machine, then loaded from disk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from osteoaxis.engine import cache, codegen, elimination, graph, vectormath
from osteoaxis.engine.system import OdeSystem

Array = NDArray[np.float64]
Progress = Callable[[str, float], None]

_DIRECTORY = Path(__file__).parent


@dataclass(frozen=True)
class CompiledSystem:
    """Generated functions of a system, with the places of its states."""

    system: OdeSystem
    module: ModuleType
    kernel: ModuleType
    nonlinear: NDArray[np.int64]  # where the numerically integrated states are in system.states
    linear: NDArray[np.int64]  # where the states of the linear groups are, group after group
    bounds: NDArray[np.int64]  # group g is linear[bounds[g]:bounds[g + 1]]
    diagonal: NDArray[np.int64]  # where d(rate)/d(own state) is among the Jacobian's entries, or -1

    def prepare(self, parameters: Array) -> Array:
        """Everything that depends on parameters only, computed once per patient."""
        given = np.ascontiguousarray(parameters, dtype=float)
        if given.shape != (len(self.system.parameters),):
            raise ValueError(
                f"{self.system.name}: parameters have shape {given.shape}, "
                f"expected ({len(self.system.parameters)},)"
            )
        constants = np.zeros(self.module.CONSTANTS)
        self.module.prepare(given, constants)
        return constants

    def couplings(self, parameters: Array) -> tuple[list[Array], list[Array]]:
        """Coefficient matrix (1/day) and constant input of each linear group."""
        sizes = np.diff(self.bounds)
        matrix, inputs = np.zeros(int((sizes**2).sum())), np.zeros(self.linear.size)
        self.module.couplings(np.ascontiguousarray(parameters, dtype=float), matrix, inputs)
        if not sizes.size:
            return [], []
        blocks = np.split(matrix, np.cumsum(sizes**2)[:-1])
        square = [block.reshape(size, size) for block, size in zip(blocks, sizes, strict=True)]
        return square, np.split(inputs, self.bounds[1:-1])

    def rates(self, time: float, state: Array, parameters: Array) -> Array:
        """d(state)/d(time) of all states, per day."""
        y, x, c = self._split(state, parameters)
        f = np.zeros(y.size)
        self.module.rates(float(time), y, x, c, f, self._work())
        result = np.empty(len(self.system.states))
        result[self.nonlinear] = f
        matrices, inputs = self.couplings(parameters)
        for g, (matrix, constant) in enumerate(zip(matrices, inputs, strict=True)):
            group = slice(self.bounds[g], self.bounds[g + 1])
            result[self.linear[group]] = matrix @ x[group] + constant
        return result

    def jacobian(self, time: float, state: Array, parameters: Array) -> tuple[Array, Array]:
        """Of the non-linear states: d(rate)/d(state), dense, and the time derivative of the rates
        (explicit, and through the linear states)."""
        y, x, c = self._split(state, parameters)
        slopes = self.rates(time, state, parameters)[self.linear]
        entries, slope = np.zeros(len(self.module.ENTRIES)), np.zeros(y.size)
        self.module.jacobian(float(time), y, x, slopes, c, entries, slope, self._work())
        matrix = np.zeros((y.size, y.size))
        for (row, column), value in zip(self.module.ENTRIES, entries, strict=True):
            matrix[row, column] = value
        return matrix, slope

    def outputs(self, time: float, state: Array, parameters: Array) -> Array:
        """Values of system.outputs."""
        y, x, c = self._split(state, parameters)
        values = np.zeros(len(self.system.outputs))
        self.module.evaluate(float(time), y, x, c, values, self._work())
        return values

    def _work(self) -> Array:
        return np.ones(self.module.WORK)

    def _split(self, state: Array, parameters: Array) -> tuple[Array, Array, Array]:
        state = np.asarray(state, dtype=float)
        if state.shape != (len(self.system.states),):
            raise ValueError(
                f"{self.system.name}: state has shape {state.shape}, "
                f"expected ({len(self.system.states)},)"
            )
        return state[self.nonlinear], state[self.linear], self.prepare(parameters)


def compile_system(system: OdeSystem, progress: Progress | None = None) -> CompiledSystem:
    """Return the compiled system, from the cache if it was compiled before on this machine.

    `progress(stage, fraction)` hears "load" when nothing needs compiling, else "generate",
    "compile" and a final "ready".
    """
    report = progress or (lambda _stage, _fraction: None)
    report("load", 0.0)
    lowered = codegen.lower(system)
    kernel_text = (_DIRECTORY / "kernel.py").read_text(encoding="utf-8")
    tableau_text = (_DIRECTORY / "tableau.py").read_text(encoding="utf-8")
    kernel = cache.load(
        "kernel",
        cache.key(kernel_text, tableau_text),
        lambda: kernel_text,
        lambda: report("compile", 0.1),
    )
    generator = "".join(
        Path(str(part.__file__)).read_text(encoding="utf-8")
        for part in (codegen, elimination, graph, vectormath)
    )

    def source() -> str:
        report("generate", 0.3)
        text = codegen.generate(system, lowered)
        report("compile", 0.35)
        return text

    module = cache.load(
        "system", cache.key(generator, lowered.digest(system)), source, lambda: None
    )
    report("ready", 1.0)
    place = {state: index for index, state in enumerate(system.states)}
    entries = {entry: index for index, entry in enumerate(module.ENTRIES)}
    return CompiledSystem(
        system,
        module,
        kernel,
        np.array([place[state] for state in system.nonlinear_states], dtype=np.int64),
        np.array([place[state] for state in system.linear_states], dtype=np.int64),
        np.cumsum([0, *(len(group) for group in system.linear)]).astype(np.int64),
        np.array(
            [entries.get((row, row), -1) for row in range(len(system.nonlinear_states))], np.int64
        ),
    )
