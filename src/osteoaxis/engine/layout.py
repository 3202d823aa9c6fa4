"""Where everything about the patients in the lanes lies: rows of one block of float64."""

from __future__ import annotations

from typing import NamedTuple

from osteoaxis.engine import tableau


class Layout(NamedTuple):
    """First row of each part of the block; a row holds one number for every lane."""

    time: int  # of the start of the step, days
    step: int  # its length
    age: int  # days since the amplitudes of the linear modes were fixed
    moment: int  # time at which rates and outputs are evaluated
    rtol: int
    error: int  # of the step, in tolerances
    hardest: int  # number of the state with the largest error
    pace: int  # 1 / step
    weight: int  # of `slope` on the right-hand side of a stage
    diagonal: int  # d in the matrix d I - J of `newton`
    accepted: int  # above 0 where `advance` takes over the end of the step
    y: int  # non-linear states at the start of the step
    stage: int  # non-linear states at `moment`
    new: int  # at the end of the step
    f: int  # rates at `moment`
    f0: int  # rates at the start of the step
    memory: int  # what earlier stages add to the right-hand side of a stage, times step
    slope: int  # their explicit and drug-borne derivative with time
    extra: int  # infusions into non-linear states
    atol: int
    u: int  # increments of the stages, one after another
    jacobian: int
    factors: int
    x: int  # linear states at `moment`
    x_slope: int
    mode_rate: int  # modes: w = amplitude * exp(rate * age) + drift * age - offset
    mode_amplitude: int
    mode_offset: int
    mode_drift: int
    mode_vectors: int  # x = vectors w, group after group
    parameters: int
    constants: int  # everything that depends on parameters only
    outputs: int
    rows: int

    @classmethod
    def of(cls, sizes: dict[str, int]) -> Layout:
        """Lay out parts of these sizes (1 where none is given)."""
        starts, at = {}, 0
        for part in cls._fields:
            starts[part] = at
            at += sizes.get(part, 1)
        return cls(**starts)

    @classmethod
    def sizes(
        cls, *, states: int, entries: int, factors: int, linear: int, vectors: int,
        parameters: int, constants: int, outputs: int,
    ) -> dict[str, int]:  # fmt: skip
        """Sizes of the parts for a system of these dimensions."""
        by_state = ("y", "stage", "new", "f", "f0", "memory", "slope", "extra", "atol")
        by_mode = ("x", "x_slope", "mode_rate", "mode_amplitude", "mode_offset", "mode_drift")
        return {
            **dict.fromkeys(by_state, states),
            **dict.fromkeys(by_mode, linear),
            "u": tableau.STAGES * states,
            "jacobian": entries,
            "factors": factors,
            "mode_vectors": vectors,
            "parameters": parameters,
            "constants": constants,
            "outputs": outputs,
        }
