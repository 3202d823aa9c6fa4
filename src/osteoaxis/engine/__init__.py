"""The numerical engine: symbolic systems in, compiled code and trajectories out."""

from osteoaxis.engine.compiled import CompiledSystem, compile_system
from osteoaxis.engine.rosenbrock import ADD, RATE, SET, Events, Solution, solve
from osteoaxis.engine.steady import steady_state
from osteoaxis.engine.system import TIME, OdeSystem, symbol

__all__ = [
    "ADD",
    "RATE",
    "SET",
    "TIME",
    "CompiledSystem",
    "Events",
    "OdeSystem",
    "Solution",
    "compile_system",
    "solve",
    "steady_state",
    "symbol",
]
