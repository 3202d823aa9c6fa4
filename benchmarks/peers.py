"""Other simulators, given the very system our engine has: libRoadRunner, SciPy LSODA, SUNDIALS.

A peer gets parameters, initial states, doses and an output grid, and returns states; values at a
dose are avoided by the callers. Each is set up once, outside the clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy
from sympy.printing.str import StrPrinter

from osteoaxis.engine import ADD, Events, OdeSystem

MOST_STEPS = 10_000_000


@dataclass(frozen=True)
class Case:
    """One patient's initial value problem; times and doses in days."""

    system: OdeSystem
    parameters: np.ndarray
    initial: np.ndarray
    events: Events
    times: np.ndarray


class _Formula(StrPrinter):
    """SymPy expressions in the infix grammar of SBML level 3."""

    def _print_Pow(self, e: Any) -> str:
        return f"({self._print(e.base)})^({self._print(e.exp)})"

    def _print_log(self, e: Any) -> str:
        return f"ln({self._print(e.args[0])})"

    def _print_Float(self, e: Any) -> str:
        return repr(float(e))

    def _print_Rational(self, e: Any) -> str:
        return f"({e.p}/{e.q})"

    def _print_Piecewise(self, e: Any) -> str:
        parts = []
        for value, condition in e.args:
            parts.append(self._print(value))
            if condition != sympy.true:
                parts.append(self._print(condition))
        return f"piecewise({', '.join(parts)})"

    def _print_Symbol(self, e: Any) -> str:
        return e.name.replace(".", "__")


def sbml(case: Case) -> str:
    """The system as SBML with rate rules; equal doses at a constant interval are one clock."""
    import libsbml

    write = _Formula().doprint
    document = libsbml.SBMLDocument(3, 2)
    model = document.createModel()

    def parameter(name: str, value: float, constant: bool) -> None:
        element = model.createParameter()
        element.setId(name.replace(".", "__"))
        element.setConstant(constant)
        if np.isfinite(value):
            element.setValue(float(value))

    def math(formula: str) -> Any:
        tree = libsbml.parseL3Formula(formula)
        assert tree is not None, (formula, libsbml.getLastParseL3Error())
        return tree

    def rule(kind: str, name: str, formula: str) -> None:
        element = getattr(model, f"create{kind}Rule")()
        element.setVariable(name.replace(".", "__"))
        element.setMath(math(formula))

    system = case.system
    for name, value in zip(system.parameters, case.parameters, strict=True):
        parameter(name, value, constant=True)
    for name, value in zip(system.states, case.initial, strict=True):
        parameter(name, value, constant=False)
    for name, value in system.assignments.items():
        parameter(name, float("nan"), constant=False)
        rule("Assignment", name, write(value))
    for name, rate in zip(system.states, system.rates, strict=True):
        rule("Rate", name, write(rate))
    events = case.events
    assert (events.kind == ADD).all()
    for number, state in enumerate(np.unique(events.state)):
        chosen = events.state == state
        times, values = events.time[chosen], events.value[chosen]
        interval = float(times[1] - times[0]) if times.size > 1 else 1.0
        assert np.ptp(values) == 0.0
        assert np.allclose(np.diff(times), interval)
        clock, name = f"next_{number}", system.states[state].replace(".", "__")
        parameter(clock, times[0], constant=False)
        event = model.createEvent()
        event.setId(f"dose_{number}")
        event.setUseValuesFromTriggerTime(False)
        trigger = event.createTrigger()
        trigger.setInitialValue(False)
        trigger.setPersistent(True)
        last = float(times[-1]) + interval / 2
        trigger.setMath(math(f"time >= {clock} && {clock} < {last!r}"))
        for target, formula in (
            (clock, f"{clock} + {interval!r}"),
            (name, f"{name} + {float(values[0])!r}"),
        ):
            part = event.createEventAssignment()
            part.setVariable(target)
            part.setMath(math(formula))
    return str(libsbml.writeSBMLToString(document))


class RoadRunner:
    """libRoadRunner (CVODE, LLVM) through SBML."""

    name = "libroadrunner"

    def __init__(self, case: Case) -> None:
        import roadrunner

        roadrunner.Logger.setLevel(roadrunner.Logger.LOG_CRITICAL)
        self.scales = case.system.scales
        self.states = [name.replace(".", "__") for name in case.system.states]
        self.parameters = [name.replace(".", "__") for name in case.system.parameters]
        self.runner = roadrunner.RoadRunner(sbml(case))
        self.runner.timeCourseSelections = ["time", *self.states]
        self.runner.integrator.maximum_num_steps = MOST_STEPS

    def solve(self, case: Case, rtol: float) -> np.ndarray:
        """Return states (time, state)."""
        runner = self.runner
        runner.resetAll()
        for name, value in zip(self.parameters, case.parameters, strict=True):
            runner.setValue(name, float(value))
        for name, value in zip(self.states, case.initial, strict=True):
            runner.setValue(name, float(value))
        runner.integrator.relative_tolerance = rtol
        for name, scale in zip(self.states, self.scales, strict=True):
            runner.integrator.setIndividualTolerance(name, rtol * 0.1 * scale)
        return np.array(runner.simulate(times=list(case.times)))[:, 1:]


def _right_hand_side(system: OdeSystem) -> Any:
    """A Numba function (time, y, parameters, out), written from the symbolic system."""
    from numba import njit
    from sympy.printing.pycode import PythonCodePrinter

    class Code(PythonCodePrinter):
        def _print_Symbol(self, e: Any) -> str:
            return e.name.replace(".", "__")

    write = Code({"fully_qualified_modules": False}).doprint
    lines = ["def rhs(time, y, p, out):"]
    for array, names in (("p", system.parameters), ("y", system.states)):
        lines += [f"    {n.replace('.', '__')} = {array}[{k}]" for k, n in enumerate(names)]
    for name, value in system.assignments.items():
        lines.append(f"    {name.replace('.', '__')} = {write(value)}")
    lines += [f"    out[{k}] = {write(rate)}" for k, rate in enumerate(system.rates)]
    scope: dict[str, Any] = {}
    exec("from math import *\n" + "\n".join(lines), scope)
    return njit(scope["rhs"], error_model="numpy")


class _Pieces:
    """Integrates from dose to dose."""

    def __init__(self, case: Case) -> None:
        self.rhs = _right_hand_side(case.system)
        self.scales = np.array(case.system.scales)
        out = np.empty(len(case.system.states))
        self.rhs(0.0, case.initial, case.parameters, out)  # compile

    def solve(self, case: Case, rtol: float) -> np.ndarray:
        """Return states (time, state)."""
        found = np.empty((case.times.size, case.initial.size))
        state, now = case.initial.copy(), float(case.times[0])
        found[0] = state
        stops = np.unique(np.append(case.events.time, case.times[-1]))
        for stop in stops[stops > now]:
            inside = np.flatnonzero((case.times > now) & (case.times <= stop))
            grid = np.unique(np.concatenate(([now], case.times[inside], [stop])))
            values = self.piece(case.parameters, state, grid, rtol)
            found[inside] = values[np.searchsorted(grid, case.times[inside])]
            state, now = values[-1].copy(), stop
            for k in np.flatnonzero(case.events.time == stop):
                state[case.events.state[k]] += case.events.value[k]
        return found

    def piece(
        self, parameters: np.ndarray, state: np.ndarray, grid: np.ndarray, rtol: float
    ) -> np.ndarray:
        raise NotImplementedError


class Lsoda(_Pieces):
    """SciPy's odeint (LSODA of ODEPACK) with a Numba right-hand side."""

    name = "scipy-lsoda-numba"

    def piece(
        self, parameters: np.ndarray, state: np.ndarray, grid: np.ndarray, rtol: float
    ) -> np.ndarray:
        from scipy.integrate import odeint

        out = np.empty(state.size)

        def rates(t: float, y: np.ndarray) -> np.ndarray:
            self.rhs(t, y, parameters, out)
            return out

        return odeint(rates, state, grid, tfirst=True, rtol=rtol, atol=0.1 * rtol * self.scales,
                      mxstep=1_000_000)  # fmt: skip


class Sundae(_Pieces):
    """scikit-sundae (SUNDIALS CVODE) with a Numba right-hand side."""

    name = "scikit-sundae-cvode-numba"

    def piece(
        self, parameters: np.ndarray, state: np.ndarray, grid: np.ndarray, rtol: float
    ) -> np.ndarray:
        from sksundae.cvode import CVODE

        def rates(t: float, y: np.ndarray, yp: np.ndarray) -> None:
            self.rhs(t, y, parameters, yp)

        solver = CVODE(rates, rtol=rtol, atol=0.1 * rtol * self.scales, max_num_steps=1_000_000)
        return solver.solve(grid, state).y
