"""The engine against its peers, side by side in one process: `python benchmarks/engine.py`.

Needs the extra `bench`. Every simulator gets the same equations, patients and doses; for each the
loosest tolerance is sought whose measured error meets the same bound, and then the median of
several runs is taken. Errors are the largest difference over states and output times, over the
largest size of the state, from our engine at rtol 1e-11, which in turn is held against
libRoadRunner by `osteoaxis verify`. Times are milliseconds for each patient.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent))
from machine import machine, only_ours
from peers import Case, Lsoda, RoadRunner, Sundae

from osteoaxis import engine
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.published import load
from osteoaxis.simulation import simulator
from osteoaxis.units import DAYS_PER_YEAR

BOUND = 1e-5
REFERENCE = 1e-11  # rtol of our engine
LADDER = (1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6, 3e-7, 1e-7, 1e-8, 1e-9)
RUNS = 5
SAMPLE = 3  # patients of a population that slow peers simulate
OFFSET = 0.3  # days; outputs lie between doses, whose convention differs between simulators

note = Console(stderr=True)


@dataclass(frozen=True)
class Study:
    """A case: patients of one system, how exact the reference is, and what error is asked for."""

    compiled: engine.CompiledSystem
    system: engine.OdeSystem
    parameters: np.ndarray
    initial: np.ndarray
    schedules: tuple[engine.Events, ...]
    schedule: np.ndarray
    times: np.ndarray
    reference: float = REFERENCE
    bound: float = BOUND

    def __len__(self) -> int:
        return len(self.parameters)

    def first(self, count: int) -> Study:
        return replace(
            self,
            parameters=self.parameters[:count],
            initial=self.initial[:count],
            schedule=self.schedule[:count],
        )

    def problem(self, rtol: float) -> engine.Problem:
        return engine.problem(
            self.compiled, self.parameters, self.initial, self.schedules, self.times,
            schedule=self.schedule, start=0.0, record=self.system.states, rtol=rtol,
            atol=0.1 * rtol,
        )  # fmt: skip

    def case(self, patient: int) -> Case:
        return Case(
            self.system, self.parameters[patient], self.initial[patient],
            self.schedules[self.schedule[patient]], np.append(0.0, self.times),
        )  # fmt: skip


def row(case: str, patients: int, cores: int, **found: Any) -> dict[str, Any]:
    """A row of the result; what a case does not measure is None."""
    columns = ("peer", "ours_ms", "peer_ms", "ratio", "ours_error", "peer_error")
    return {
        "case": case, "patients": patients, "cores": cores, **dict.fromkeys(columns), **found
    }  # fmt: skip


def ours(study: Study, rtol: float, threads: int = 1) -> tuple[np.ndarray, engine.Batch]:
    found = engine.solve_many(study.problem(rtol), threads=threads)
    assert not found.status.any(), found.messages
    return found.values, found


def error(found: np.ndarray, reference: np.ndarray, scales: np.ndarray) -> float:
    """Median over patients of the largest scaled difference."""
    size = np.maximum(np.abs(reference).max(axis=1), 1e-3 * scales)[:, None, :]
    return float(np.median((np.abs(found - reference) / size).max(axis=(1, 2))))


def clock(run: Callable[[], Any], runs: int = RUNS) -> float:
    """Median wall time in milliseconds."""
    taken = []
    gc.collect()
    for _ in range(runs):
        begin = time.perf_counter()
        run()
        taken.append(1e3 * (time.perf_counter() - begin))
    return statistics.median(taken)


def tolerance(
    solve: Callable[[float], np.ndarray], reference: np.ndarray, scales: np.ndarray, bound: float
) -> tuple[float, float]:
    """The loosest rtol of the ladder with an error below the bound, and that error.

    An error above the bound says that none is exact enough.
    """
    sizes: dict[int, float] = {}

    def meets(k: int) -> bool:
        try:
            sizes[k] = error(solve(LADDER[k]), reference, scales)
        except Exception as problem:
            note.print(f"    rtol {LADDER[k]:g}: {str(problem)[:80]}")
            sizes[k] = float("inf")
        return sizes[k] <= bound

    k = LADDER.index(1e-5)  # most answers are near
    if meets(k):
        while k > 0 and meets(k - 1):
            k -= 1
    else:
        k = next((j for j in range(k + 1, len(LADDER)) if meets(j)), k)
    return LADDER[k], sizes[k]


def our_model(patients: int, years: float = 5.0, *, dosing: str = "events") -> Study:
    """Daily anastrozole and half-yearly denosumab in postmenopausal women who differ."""
    ready = simulator()
    plan = Regimen.parse("anastrozole 1 mg po qd [d1-] + denosumab 60 mg sc q6mo [d1-]")
    names = [
        name for name, p in ready.model.parameters.items()
        if p.basis == "fitted" and p.value > 0 and name.startswith(("osteo", "rankl", "aromatase"))
    ] + ["anastrozole.CL", "anastrozole.V", "denosumab.CL", "denosumab.V1"]  # fmt: skip
    names = [name for name in names if name in ready.model.parameters]
    women = []
    for number in range(patients):
        rng = np.random.default_rng([7, number])
        spread = np.exp(rng.normal(0, 0.1, len(names)))
        changes = {n: ready.model.parameters[n].value * s
                   for n, s in zip(names, spread, strict=True)}  # fmt: skip
        women.append(
            Patient(f"woman {number}", age=float(rng.uniform(55, 75)), menopause_age=50.0,
                    parameters=changes if patients > 1 else {})
        )  # fmt: skip
    cohort = ready.start_all(women)
    solved = np.array([problem is None for problem in cohort.problems])
    zero = engine.solve_many(
        engine.problem(
            ready.compiled,
            cohort.parameters,
            cohort.state,
            None,
            [0.0],
            start=cohort.day,
            record=tuple(ready.model.states),
            rtol=1e-8,
            atol=1e-9,
        )
    )
    days = np.linspace(0, years * DAYS_PER_YEAR, 61)[1:]
    days = np.floor(days) - 1 + OFFSET
    doses = ready.doses(plan.doses(float(days[-1])), dosing)
    schedules, which = doses.schedules(cohort.parameters)
    return Study(
        ready.compiled, ready.model.system, cohort.parameters[solved], zero.values[solved, 0],
        schedules, which[solved], days,
    )  # fmt: skip


def published_model(patients: int, drug: str) -> Study:
    """Peterson & Riggs over four years; denosumab half-yearly or teriparatide daily."""
    model = load("peterson-riggs")
    scenario = model.scenarios[
        "denosumab-60-mg-stopped" if drug == "denosumab" else "teriparatide-20-ug"
    ]
    system = replace(model.model.system, name=model.name)
    values = model.model.parameter_values(male=False, changes=scenario.parameters)
    names = [n for n in values if n.startswith(("cytokines.k_", "osteoclasts.k_"))]
    parameters = np.tile(list(values.values()), (patients, 1))
    rng = np.random.default_rng(7)
    for name in names if patients > 1 else ():
        parameters[:, list(values).index(name)] *= np.exp(rng.normal(0, 0.1, patients))
    dose = scenario.doses[0]
    interval, count = (182.0, 8) if drug == "denosumab" else (1.0, 1461)
    when = 1.0 + interval * np.arange(count)
    where = np.full(count, system.states.index(dose.state))
    events = engine.Events(when, where, np.full(count, engine.ADD), np.full(count, dose.value))
    initial = np.array([model.initial[name] for name in system.states])
    scales = tuple(max(abs(v), s.typical * 1e-3) if v else s.typical
                   for v, s in zip(initial, model.model.states.values(), strict=True))  # fmt: skip
    system = replace(system, scales=scales)
    days = np.floor(np.linspace(0, 1461, 202)[1:]) - 0.5 + OFFSET
    return Study(
        engine.compile_system(system), system, parameters, np.tile(initial, (patients, 1)),
        (events,), np.zeros(patients, np.int64), days,
        # RUNX2 jumps under teriparatide: no engine without root finding gets far below 1e-4
        *((1e-8, 1.5e-4) if drug == "teriparatide" else (REFERENCE, BOUND)),
    )  # fmt: skip


def versus(case: str, study: Study, peers: tuple[type, ...], cores: tuple[int, ...] = (1,)
           ) -> list[dict[str, Any]]:  # fmt: skip
    """Time our engine and the peers at equal error."""
    scales = np.array(study.system.scales)
    sample = study.first(min(len(study), SAMPLE))
    reference = ours(sample, study.reference)[0]
    rtol, our_error = tolerance(lambda r: ours(sample, r)[0], reference, scales, study.bound)
    taken = {n: clock(lambda n=n: ours(study, rtol, n)) / len(study) for n in cores}
    batch = ours(study, rtol)[1]
    work = int((batch.steps + batch.rejected).sum())
    floor = 1e3 * taken[1] * len(study) / batch.lane_steps / min(8, max(4, len(study)))
    note.print(
        f"{case}: {len(study)} patients, ours rtol {rtol:g} error {our_error:.1e}, "
        f"{taken[1]:.3f} ms, {work / len(study):.0f} steps "
        f"({8 * work / len(study):.0f} right-hand sides), {floor:.2f} us a lane-step"
    )
    rows = []
    for kind in peers:
        peer = kind(sample.case(0))

        def solve(r: float, peer: Any = peer) -> np.ndarray:
            return np.array([peer.solve(sample.case(k), r)[1:] for k in range(len(sample))])

        loosest, peer_error = tolerance(solve, reference, scales, study.bound)
        if not peer_error <= study.bound:
            note.print(f"    {peer.name}: never within {study.bound:g}")
            rows += [row(case, len(study), n, peer=peer.name, ours_ms=taken[n],
                         ours_error=our_error) for n in cores]  # fmt: skip
            continue
        runs = RUNS if len(sample) == 1 else max(2, RUNS // len(sample))
        times = [
            clock(partial(peer.solve, sample.case(k), loosest), runs) for k in range(len(sample))
        ]
        peer_ms = statistics.median(times)
        note.print(f"    {peer.name}: rtol {loosest:g} error {peer_error:.1e}, {peer_ms:.1f} ms")
        for n in cores:
            both = peer_ms if n == 1 else two_processes(kind, sample, loosest)
            rows.append(
                row(case, len(study), n, peer=peer.name, ours_ms=taken[n], peer_ms=both,
                    ratio=both / taken[n], ours_error=our_error, peer_error=peer_error,
                    ours_rtol=rtol, peer_rtol=loosest, ours_steps=work / len(study),
                    ours_rates=8 * work / len(study), ours_us_per_lane_step=floor)
            )  # fmt: skip
    return rows


def _in_process(kind: type, case: Case, rtol: float, runs: int, barrier: Any, out: Any) -> None:
    peer = kind(case)
    peer.solve(case, rtol)
    barrier.wait()
    begin = time.perf_counter()
    for _ in range(runs):
        peer.solve(case, rtol)
    out.put(1e3 * (time.perf_counter() - begin) / runs)


def two_processes(kind: type, study: Study, rtol: float) -> float:
    """Milliseconds a patient when two processes simulate at once."""
    import multiprocessing

    context = multiprocessing.get_context("fork")
    barrier, out = context.Barrier(2), context.Queue()
    workers = [
        context.Process(target=_in_process, args=(kind, study.case(0), rtol, 2, barrier, out))
        for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    taken = [out.get() for _ in workers]
    for worker in workers:
        worker.join()
    return max(taken) / 2


def scaling(quick: bool) -> list[dict[str, Any]]:
    """Case e: our model with steady anastrozole, against patients and years."""
    rows = []
    sizes = (10, 100, 1000) if quick else (10, 100, 1000, 10_000, 100_000)
    base = our_model(min(1000, sizes[-1]), dosing="average")
    for patients in sizes:
        copies = -(-patients // len(base))
        study = replace(
            base,
            parameters=np.tile(base.parameters, (copies, 1))[:patients],
            initial=np.tile(base.initial, (copies, 1))[:patients],
            schedule=np.tile(base.schedule, copies)[:patients],
        )
        for cores in (1, 2):
            runs = RUNS if patients <= 1000 else 1  # minutes each
            taken = clock(partial(streamed, study, cores), runs) / patients
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            rows.append(
                row("e", patients, cores, years=5, ours_ms=taken, peak_memory_mib=round(peak))
            )
            note.print(f"e: {patients} patients, {cores} cores: {taken:.4f} ms a patient")
    for years in (1, 2, 5, 10, 20):
        study = our_model(200, years, dosing="average")
        taken = clock(partial(streamed, study, 1)) / len(study)
        rows.append(row("e", len(study), 1, years=years, ours_ms=taken))
        note.print(f"e: {years} years: {taken:.4f} ms a patient")
    return rows


def streamed(study: Study, threads: int) -> None:
    for _, batch in engine.stream(study.problem(1e-4), threads=threads):
        assert not batch.status.any()


START = """
from osteoaxis import simulation as s
import numpy as np
ready = s.simulator()
woman = ready.start(s.Patient.load("postmenopausal-breast-cancer"))
plan = s.Regimen.parse("anastrozole 1 mg po qd")
assert not ready.problem(woman, plan, s.month_grid(5)).run().status.any()
"""


def start() -> dict[str, Any]:
    """A new process, everything compiled before: from nothing to five simulated years."""
    run = [sys.executable, "-c", START]
    subprocess.run(run, check=True)
    taken = clock(lambda: subprocess.run(run, check=True))
    note.print(f"start: {taken:.0f} ms")
    return row("start", 1, 1, ours_ms=taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="smaller populations, fewer peers")
    parser.add_argument(
        "--cases", nargs="+", default=["start", *"abcde"], choices=["start", *"abcde"]
    )
    options = parser.parse_args()
    crowd, riggs = (64, 40) if options.quick else (1000, 200)
    every = (RoadRunner,) if options.quick else (RoadRunner, Sundae, Lsoda)
    cases: dict[str, Callable[[], list[dict[str, Any]]]] = {
        "start": lambda: [start()],
        "a": lambda: versus("a", our_model(1), every[:2]),
        "b": lambda: versus("b", our_model(crowd), (RoadRunner,), (1, 2)),
        "c": lambda: [
            *versus("c", published_model(1, "denosumab"), every),
            *versus("c", published_model(riggs, "denosumab"), every, (1, 2)),
        ],
        "d": lambda: [
            *versus("d", published_model(1, "teriparatide"), every[:2]),
            *versus("d", published_model(40, "teriparatide"), (RoadRunner,)),
        ],
        "e": lambda: scaling(options.quick),
    }
    with only_ours() as out:
        rows = [row for case in options.cases for row in cases[case]()]
        if options.json:
            out.write(json.dumps({"machine": machine(), "rows": rows}) + "\n")
    if options.json:
        return
    table = Table(title=f"{machine()['processor']}, {machine()['cores']} cores")
    for column in ("case", "patients", "cores", "years", "ours ms", "peer", "peer ms", "ratio",
                   "our error", "peer error"):  # fmt: skip
        table.add_column(column, justify="right")
    for each in rows:
        table.add_row(*(_cell(each.get(key)) for key in (
            "case", "patients", "cores", "years", "ours_ms", "peer", "peer_ms", "ratio",
            "ours_error", "peer_error")))  # fmt: skip
    Console().print(table)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
