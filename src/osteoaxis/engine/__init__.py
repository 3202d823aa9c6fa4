"""The numerical engine: symbolic systems in, compiled code and trajectories out."""

from typing import TYPE_CHECKING, Any

from osteoaxis.engine.compiled import (
    MANY,
    CompiledSystem,
    Progress,
    compile_system,
    load_system,
)
from osteoaxis.engine.events import ADD, RATE, SET, Events
from osteoaxis.engine.sensitivity import sensitivities
from osteoaxis.engine.signature import Signature
from osteoaxis.engine.solve import (
    ATOL,
    RTOL,
    Batch,
    Problem,
    Solution,
    cores,
    on_threads,
    problem,
    solve,
    solve_many,
    stream,
)
from osteoaxis.engine.steady import steady_state, steady_states

if TYPE_CHECKING:
    from osteoaxis.engine.system import TIME, OdeSystem, symbol

__all__ = [
    "ADD",
    "ATOL",
    "MANY",
    "RATE",
    "RTOL",
    "SET",
    "TIME",
    "Batch",
    "CompiledSystem",
    "Events",
    "OdeSystem",
    "Problem",
    "Progress",
    "Signature",
    "Solution",
    "compile_system",
    "cores",
    "load_system",
    "on_threads",
    "problem",
    "sensitivities",
    "solve",
    "solve_many",
    "steady_state",
    "steady_states",
    "stream",
    "symbol",
]


def __getattr__(name: str) -> Any:
    """Import what needs SymPy, which is slow to import, only when it is asked for."""
    if name in ("TIME", "OdeSystem", "symbol"):
        from osteoaxis.engine import system

        return getattr(system, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
