"""Evidence that the engine is right, measured anew: what `osteoaxis verify` writes down."""

from __future__ import annotations

import itertools
import platform
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from osteoaxis import engine, scenario, treatment
from osteoaxis.engine import Progress
from osteoaxis.errors import InputError, not_installed
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.sbml.exporting import document
from osteoaxis.sbml.scenarios import course
from osteoaxis.simulation import ATOL, RTOL, Cohort, Simulator, simulator
from osteoaxis.units import DAYS_PER_MONTH

Array = NDArray[np.float64]

TIGHT = 1e-10
OFFSET = 0.3  # days: outputs lie between doses, whose convention differs between simulators
VIRTUAL = 64
DEFAULT_BOUND, TIGHT_BOUND = 1e-4, 1e-7


@dataclass(frozen=True)
class Check:
    """One kind of evidence: a table, what must hold, and whether it does."""

    title: str
    text: str
    header: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    demand: str
    holds: bool


@dataclass(frozen=True)
class Verification:
    """All checks, in the order of the document."""

    checks: tuple[Check, ...] = field(default=())

    @property
    def holds(self) -> bool:
        """Whether every demand is met."""
        return all(check.holds for check in self.checks)

    def markdown(self) -> str:
        """Return the document."""
        lines = [
            "# Verification of the engine",
            "",
            f"Written by `osteoaxis verify`, version {version('osteoaxis')}, on Python "
            f"{platform.python_version()}, {platform.machine()}. Do not edit: run it again.",
            "",
            f"All demands are {'met' if self.holds else '**not** met'}.",
        ]
        for check in self.checks:
            lines += ["", f"## {check.title}", "", check.text, ""]
            lines.append("| " + " | ".join(check.header) + " |")
            lines.append("|" + "---|" * len(check.header))
            lines += ["| " + " | ".join(row) + " |" for row in check.rows]
            met = "met" if check.holds else "**NOT MET**"
            lines += ["", f"Demand: {check.demand} — {met}."]
        return "\n".join(lines) + "\n"


def verify(progress: Progress | None = None) -> Verification:
    """Run every check; raises `InputError` when libRoadRunner is not installed."""
    report = progress or (lambda _stage, _share: None)
    _roadrunner()
    ready = simulator()
    parts: tuple[tuple[str, Callable[[], Check]], ...] = (
        ("Order of convergence", _order),
        ("Tolerance", partial(_tolerances, ready)),
        ("Conservation", _conservation),
        ("Batches", partial(_batches, ready)),
        ("libRoadRunner", partial(_independent, ready, report)),
    )
    checks = []
    for number, (stage, run) in enumerate(parts):
        report(stage, number / len(parts))
        checks.append(run())
    return Verification(tuple(checks))


def _roadrunner() -> Any:
    try:
        import roadrunner
    except ImportError as problem:
        raise not_installed(
            "verify", "libRoadRunner, the independent simulator", "verify"
        ) from problem
    roadrunner.Logger.setLevel(roadrunner.Logger.LOG_CRITICAL)
    return roadrunner


# ---- the method ----------------------------------------------------------------------------------


def _pools() -> engine.CompiledSystem:
    """An oral drug (linear, exact) slows the turnover of a pool that a second one follows."""
    import sympy

    names = ("gut", "central", "pool", "follower")
    gut, central, pool, follower = map(engine.symbol, names)
    effect = 1 / (1 + central**2)
    forcing = sympy.sin(engine.TIME) / 5
    rates = (
        -1.1 * gut,
        1.1 * gut - 0.4 * central,
        0.9 * (effect - pool**2) + forcing,
        0.5 * (pool - follower * sympy.sqrt(follower)),
    )
    return engine.compile_system(
        engine.OdeSystem("pools", names, (), {}, rates, (1.0,) * 4, (("gut", "central"),))
    )


def _order() -> Check:
    compiled = _pools()
    start, times = [2.0, 0.3, 0.4, 0.7], [0.0, 4.0]
    exact = engine.solve(compiled, [], start, None, times, rtol=1e-12, atol=1e-14).states[-1]
    counts, errors = (16, 32, 64, 128), []
    for count in counts:
        stops = np.linspace(0, 4, count + 1)[:-1]
        nothing = engine.Events(stops, np.full(count, 2), np.full(count, engine.ADD),
                                np.zeros(count))  # fmt: skip
        run = engine.solve(compiled, [], start, nothing, times, rtol=1e6, atol=1e6)
        errors.append(float(np.abs(run.states[-1] - exact).max()))
    orders = [np.log2(a / b) for a, b in itertools.pairwise(errors)]
    rows = [
        (str(count), f"{error:.1e}", f"{order:.2f}" if order else "")
        for count, error, order in zip(counts, errors, [0.0, *orders], strict=True)
    ]
    return Check(
        "Order of convergence",
        "Equal steps on a non-linear system with time and drug forcing; the method has order 5.",
        ("steps", "error at the end", "order"),
        rows,
        "the order seen in the last halving is at least 4.6",
        orders[-1] >= 4.6,
    )


def _tolerances(ready: Simulator) -> Check:
    woman = ready.start(Patient.load("postmenopausal-breast-cancer"))
    plan = Regimen.parse("anastrozole 1 mg po qd [m0-m60] + denosumab 60 mg sc q6mo")
    months = np.arange(0.0, 61.0)
    task = ready.problem(woman, plan, months, record=tuple(ready.model.states))
    exact = replace(task, rtol=1e-11, atol=1e-12).run().values[0]
    scale = np.maximum(np.abs(exact).max(axis=0), _typical(ready))
    rows, errors, ladder = [], [], (1e-2, 1e-3, 1e-4, RTOL, 1e-5, 1e-6, 1e-8)
    for rtol in ladder:
        run = replace(task, rtol=rtol, atol=0.1 * rtol).run()
        errors.append(float((np.abs(run.values[0] - exact) / scale).max()))
        rows.append((f"{rtol:g}", f"{errors[-1]:.1e}", str(run.steps[0]), str(run.rejected[0])))
    return Check(
        "Error against tolerance",
        f"Five years of daily anastrozole with half-yearly denosumab, all states, monthly, from a "
        f"run at 1e-11; the absolute tolerance is a tenth of the relative one, of each state's "
        f"typical size. Defaults are rtol {RTOL:g} and atol {ATOL:g}.",
        ("rtol", "largest scaled error", "steps", "rejected"),
        rows,
        f"the error at rtol {RTOL:g} is below {DEFAULT_BOUND:g} and at 1e-8 below {TIGHT_BOUND:g}",
        errors[ladder.index(RTOL)] <= DEFAULT_BOUND and errors[-1] <= TIGHT_BOUND,
    )


def _conservation() -> Check:
    """Doses of a drug with saturable loss, every loss counted: nothing appears or vanishes."""
    names = ("depot", "blood", "tissue", "bound", "gone")
    depot, blood, tissue, bound, gone = map(engine.symbol, names)
    absorbed, out, back = 2.5 * depot, 0.8 * blood, 0.3 * tissue
    taken, lost = 3.0 * blood / (0.7 + blood), 0.002 * bound
    rates = (
        -absorbed,
        absorbed - out + back - taken,
        out - back,
        taken - lost,
        lost + 0 * gone,
    )
    doses = engine.Events(np.arange(0, 3650, 7.0), np.zeros(522, np.int64),
                          np.full(522, engine.ADD), np.linspace(0.5, 2, 522))  # fmt: skip
    times = np.linspace(0, 3650, 41)
    given = np.array([doses.value[doses.time < t].sum() for t in times])

    def gap(linear: tuple[tuple[str, ...], ...], rtol: float) -> float:
        system = engine.OdeSystem("doses", names, (), {}, rates, (1.0,) * 5, linear)
        run = engine.solve(engine.compile_system(system), [], np.zeros(5), doses, times,
                           rtol=rtol, atol=0.1 * rtol)  # fmt: skip
        return float((np.abs(run.states.sum(axis=1) - given)[1:] / given[1:]).max())

    whole, exact, tight = gap((), RTOL), gap((("depot",),), RTOL), gap((("depot",),), TIGHT)
    return Check(
        "Conservation",
        "522 doses over ten years through a depot, exchange, saturable binding and loss: amounts "
        "and what was lost must sum to what was given. The method keeps linear invariants to "
        "rounding; where the depot is solved exactly and the rest numerically, to the tolerance.",
        ("depot", "rtol", "largest relative gap"),
        [
            ("integrated", f"{RTOL:g}", f"{whole:.1e}"),
            ("exact", f"{RTOL:g}", f"{exact:.1e}"),
            ("exact", f"{TIGHT:g}", f"{tight:.1e}"),
        ],
        f"below 1e-12; below {DEFAULT_BOUND:g}; below {TIGHT_BOUND:g}",
        whole < 1e-12 and exact < DEFAULT_BOUND and tight < TIGHT_BOUND,
    )


# ---- batches -------------------------------------------------------------------------------------


def _women(ready: Simulator) -> Cohort:
    rng = np.random.default_rng(11)
    names = ("osteoclasts.k_osteoclasts", "anastrozole.CL", "rankl.k_rankl")
    return ready.start_all(
        [
            Patient(
                f"woman {k}",
                age=float(rng.uniform(52, 80)),
                menopause_age=50.0,
                parameters={
                    n: ready.model.parameters[n].value * float(np.exp(rng.normal(0, 0.2)))
                    for n in names
                },
            )
            for k in range(VIRTUAL)
        ]
    )


def _batches(ready: Simulator) -> Check:
    women = _women(ready)
    plan = Regimen.parse("anastrozole 1 mg po qd [m0-m6] + denosumab 60 mg sc q6mo")
    task = ready.problem(women, plan, np.arange(0.0, 13.0))
    together = engine.solve_many(task, threads=1).values

    def differing(other: Array) -> str:
        return str(int((other != together).sum()))

    alone = np.concatenate([_part(task, [k]).run().values for k in range(VIRTUAL)])
    order = np.random.default_rng(5).permutation(VIRTUAL)
    shuffled = engine.solve_many(_part(task, order), threads=1).values[np.argsort(order)]
    chunks = np.concatenate([b.values for _, b in engine.stream(task, threads=3, chunk=9)])
    rows = [
        ("one by one", differing(alone)),
        ("in another order", differing(shuffled)),
        ("in chunks of 9 on three threads", differing(chunks)),
    ]
    return Check(
        "Batches",
        f"{VIRTUAL} virtual women who differ in age, kinetics and drug clearance, one year of daily"
        f" anastrozole and denosumab: {together.size} numbers, compared bit by bit with the batch "
        "on one thread.",
        ("the same patients", "numbers that differ"),
        rows,
        "none differs",
        all(row[1] == "0" for row in rows),
    )


def _part(task: engine.Problem, patients: ArrayLike) -> engine.Problem:
    rows = np.asarray(patients, dtype=np.int64)
    return replace(
        task,
        parameters=task.parameters[rows],
        initial=task.initial[rows],
        start=task.start[rows],
        schedule=task.schedule[rows],
    )


# ---- an independent simulator --------------------------------------------------------------------


def _typical(ready: Simulator) -> Array:
    return np.array([state.typical for state in ready.model.states.values()])


def _independent(ready: Simulator, report: Progress) -> Check:
    rows, holds = [], True
    arms = list(_arms())
    for number, (plan, arm, text) in enumerate(arms):
        report(f"libRoadRunner: {plan.name}, {arm}", 0.5 + 0.5 * number / len(arms))
        default, tight, state, rtol = _compare(ready, plan, text)
        holds &= default <= DEFAULT_BOUND and tight <= TIGHT_BOUND
        rows.append((plan.name, arm, f"{default:.1e}", f"{tight:.1e}", state, f"{rtol:g}"))
    return Check(
        "Against libRoadRunner",
        "Every arm of every built-in scenario, exported as SBML and solved by libRoadRunner "
        f"(CVODE); all states, monthly, at day {OFFSET} after a whole one; difference over the "
        "larger of a state's own maximum and its typical size. Its absolute tolerance is, for each "
        "state, a hundredth of its rtol times that typical size; with one for all states it fails "
        "where zoledronate is given.",
        ("scenario", "arm", "at default tolerance", f"at {TIGHT:g}", "in", "their rtol"),
        rows,
        f"at most {DEFAULT_BOUND:g} at default tolerance and {TIGHT_BOUND:g} at {TIGHT:g}",
        holds,
    )


def _arms() -> Iterator[tuple[scenario.Scenario, str, str]]:
    for name in scenario.scenarios():
        plan = scenario.load(name)
        for arm, text in plan.arms.items():
            yield plan, arm, text


def _compare(
    ready: Simulator, plan: scenario.Scenario, text: str
) -> tuple[float, float, str, float]:
    """Largest differences at default and tight tolerance, the state, and libRoadRunner's rtol."""
    cohort = ready.start(plan.patient)
    months = scenario.output_months(plan.years)
    regimen = treatment.given(ready, cohort, Regimen.parse(text), months)
    days = np.floor(np.arange(1, int(12 * plan.years) + 1) * DAYS_PER_MONTH) - 1 + OFFSET
    months = days / DAYS_PER_MONTH
    theirs, rtol = _theirs(ready, document(ready.model, course(ready, cohort, regimen, plan.years,
                                                               "verify")), days)  # fmt: skip
    names = tuple(ready.model.states)
    sizes = []
    for rtol_, atol in ((RTOL, ATOL), (TIGHT, 0.1 * TIGHT)):
        task = ready.problem(cohort, regimen, months, record=names, rtol=rtol_, atol=atol)
        ours = task.run().values[0]
        scale = np.maximum(np.abs(theirs).max(axis=0), _typical(ready))
        sizes.append((np.abs(ours - theirs) / scale).max(axis=0))
    worst = names[int(sizes[0].argmax())].replace("_", " ")
    return float(sizes[0].max()), float(sizes[1].max()), worst, rtol


def _theirs(ready: Simulator, text: str, days: Array) -> tuple[Array, float]:
    """States by libRoadRunner at the tightest tolerance it manages, and that tolerance."""
    roadrunner = _roadrunner()
    runner = roadrunner.RoadRunner(text)
    runner.timeCourseSelections = ["time", *ready.model.states]
    runner.integrator.maximum_num_steps = 1_000_000
    for rtol in (0.1 * TIGHT, TIGHT, 10 * TIGHT):
        runner.integrator.relative_tolerance = rtol
        for name, state in ready.model.states.items():
            runner.integrator.setIndividualTolerance(name, 0.01 * rtol * state.typical)
        try:
            return np.array(runner.simulate(times=[0.0, *days]))[1:, 1:], rtol
        except RuntimeError:  # too much accuracy asked for
            runner.resetToOrigin()
    raise InputError("verify: libRoadRunner cannot solve a scenario at any tolerance tried.")
