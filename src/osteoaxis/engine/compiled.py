"""An OdeSystem as machine code: compiled once per machine, then loaded from disk."""

from __future__ import annotations

import ctypes
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from osteoaxis.engine import machine
from osteoaxis.engine.machine import Machine
from osteoaxis.engine.signature import Signature

if TYPE_CHECKING:  # SymPy is slow to import and needed only to compile
    from osteoaxis.engine.system import OdeSystem

Array = NDArray[np.float64]
Places = NDArray[np.int64]
Progress = Callable[[str, float], None]

FEW, MANY = 4, 8  # lanes for a handful of patients, and for many

_HERE = Path(__file__).parent
_GENERATOR = ("codegen", "elimination", "graph", "layout", "system", "tableau", "vector")


@dataclass(frozen=True)
class CompiledSystem:
    """Generated functions of a system, with the places of its states."""

    system: Signature
    key: str = field(repr=False)
    equations: Callable[[], OdeSystem] = field(repr=False)
    nonlinear: Places = field(repr=False)  # where the numerically integrated are in system.states
    linear: Places = field(repr=False)  # where those of the linear groups are, group after group
    bounds: Places = field(repr=False)  # group g is linear[bounds[g]:bounds[g + 1]]
    _machines: dict[int, Machine] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def machine(self, patients: int) -> Machine:
        """The program for this number of patients; the number of lanes never changes a result."""
        lanes = FEW if patients <= FEW else MANY

        def write() -> machine.Written:
            from osteoaxis.engine.codegen import generate

            return generate(self.equations(), lanes)

        with self._lock:
            if lanes not in self._machines:
                self._machines[lanes] = machine.load_program(self.key, lanes, write)
        return self._machines[lanes]

    @property
    def vector_start(self) -> Places:
        """Where the matrix of each linear group starts among those of all groups."""
        return np.cumsum(np.concatenate(([0], np.diff(self.bounds) ** 2))).astype(np.int64)

    def diagonal(self, machine_: Machine) -> Places:
        """Number of d(rate)/d(own state) among the Jacobian's entries, or -1, for each state."""
        number = {entry: k for k, entry in enumerate(machine_.entries)}
        return np.array([number.get((i, i), -1) for i in range(self.nonlinear.size)], np.int64)

    def couplings(self, parameters: Array) -> tuple[list[Array], Array]:
        """Coefficient matrices (1/day) of each linear group, (patient, size, size), and the
        constant inputs, (patient, linear state), for parameters (patient, parameter)."""
        loaded = self.machine(len(parameters))
        sizes = np.diff(self.bounds)
        found = np.empty((len(parameters), int((sizes**2).sum()) + self.linear.size))
        block = loaded.block()
        for first in range(0, len(parameters) if self.linear.size else 0, loaded.lanes):
            chunk = parameters[first : first + loaded.lanes]
            rows = block[loaded.layout.parameters :][: chunk.shape[1]]
            rows[:, : len(chunk)] = chunk.T
            call(loaded, "couplings", block)
            values = block[loaded.layout.outputs :][: found.shape[1], : len(chunk)]
            found[first : first + len(chunk)] = values.T
        starts = self.vector_start
        matrices = [
            found[:, lo:hi].reshape(-1, size, size)
            for (lo, hi), size in zip(itertools.pairwise(starts), sizes, strict=True)
        ]
        return matrices, found[:, starts[-1] :]

    def rates(self, time: float, state: Array, parameters: Array) -> Array:
        """d(state)/d(time) of all states, per day."""
        loaded, block = self._at(time, state, parameters)
        call(loaded, "rates", block)
        result = np.empty(len(self.system.states))
        result[self.nonlinear] = block[loaded.layout.f :][: self.nonlinear.size, 0]
        matrices, inputs = self.couplings(np.asarray(parameters, dtype=float)[None])
        for g, matrix in enumerate(matrices):
            group = self.linear[self.bounds[g] : self.bounds[g + 1]]
            entering = inputs[0, self.bounds[g] : self.bounds[g + 1]]
            result[group] = matrix[0] @ np.asarray(state, dtype=float)[group] + entering
        return result

    def jacobian(self, time: float, state: Array, parameters: Array) -> tuple[Array, Array]:
        """Of the non-linear states: d(rate)/d(state), dense, and the time derivative of the rates
        (explicit, and through the linear states)."""
        slopes = self.rates(time, state, parameters)[self.linear]
        loaded, block = self._at(time, state, parameters)
        at, n = loaded.layout, self.nonlinear.size
        block[at.x_slope : at.x_slope + slopes.size, 0] = slopes
        block[at.y : at.y + n] = block[at.stage : at.stage + n]
        call(loaded, "linearise", block)
        matrix = np.zeros((n, n))
        for k, entry in enumerate(loaded.entries):
            matrix[entry] = block[at.jacobian + k, 0]
        return matrix, block[at.slope : at.slope + n, 0].copy()

    def outputs(self, time: float, state: Array, parameters: Array) -> Array:
        """Values of system.outputs."""
        loaded, block = self._at(time, state, parameters)
        call(loaded, "evaluate", block)
        return block[loaded.layout.outputs :][: len(self.system.outputs), 0].copy()

    def _at(self, time: float, state: Array, parameters: Array) -> tuple[Machine, Array]:
        state, parameters = np.asarray(state, dtype=float), np.asarray(parameters, dtype=float)
        for name, given, wanted in (
            ("state", state, len(self.system.states)),
            ("parameters", parameters, len(self.system.parameters)),
        ):
            if given.shape != (wanted,):
                raise ValueError(
                    f"{self.system.name}: {name} has shape {given.shape}, expected ({wanted},)"
                )
        loaded = self.machine(1)
        block, at = loaded.block(), loaded.layout
        block[at.moment] = time
        block[at.parameters : at.parameters + parameters.size, 0] = parameters
        block[at.stage : at.stage + self.nonlinear.size, 0] = state[self.nonlinear]
        block[at.x : at.x + self.linear.size, 0] = state[self.linear]
        call(loaded, "prepare", block)
        return loaded, block


def call(loaded: Machine, name: str, block: Array) -> None:
    """Run a function of the program on a block."""
    kind = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
    kind(loaded.address(name)[0])(block.ctypes.data)


def compile_system(system: OdeSystem, progress: Progress | None = None) -> CompiledSystem:
    """Return the compiled system, from the cache if it was compiled before on this machine.

    `progress(stage, fraction)` hears "load", "compile" when something is new, and "ready".
    """
    from osteoaxis.engine.codegen import lower

    digest = lower(system).digest(system)
    return load_system(system.signature, digest, lambda: system, progress)


def load_system(
    names: Signature,
    digest: str,
    equations: Callable[[], OdeSystem],
    progress: Progress | None = None,
) -> CompiledSystem:
    """Return the compiled system of this digest; `equations` is called only if it is new here."""
    report = progress or (lambda _stage, _fraction: None)
    report("load", 0.0)
    machine.driver(lambda: report("compile", 0.1))
    generator = [(_HERE / f"{part}.py").read_text(encoding="utf-8") for part in _GENERATOR]
    place = {state: index for index, state in enumerate(names.states)}

    def written() -> OdeSystem:
        report("compile", 0.5)
        return equations()

    compiled = CompiledSystem(
        names,
        "\n".join((*generator, digest)),
        written,
        np.array([place[state] for state in names.nonlinear_states], dtype=np.int64),
        np.array([place[state] for state in names.linear_states], dtype=np.int64),
        np.cumsum([0, *(len(group) for group in names.linear)]).astype(np.int64),
    )
    compiled.machine(1)
    report("ready", 1.0)
    return compiled
