"""The names of a system, without its equations: enough to run a compiled one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

MOST_GROUPS = 62
"""Linear groups a system may have: which are in use is one 64-bit mask."""


@dataclass(frozen=True)
class Signature:
    """What `OdeSystem` calls its parts; see there."""

    name: str
    states: tuple[str, ...]
    parameters: tuple[str, ...]
    scales: tuple[float, ...]
    linear: tuple[tuple[str, ...], ...]
    outputs: tuple[str, ...]

    @cached_property
    def linear_states(self) -> tuple[str, ...]:
        """States of all linear groups, group after group."""
        return tuple(state for group in self.linear for state in group)

    @cached_property
    def nonlinear_states(self) -> tuple[str, ...]:
        """States integrated numerically, in the order of `states`."""
        linear = set(self.linear_states)
        return tuple(state for state in self.states if state not in linear)
