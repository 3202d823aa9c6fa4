"""Patients per core, and what Dask costs: `python benchmarks/scale.py`. Needs the extra `dask`.

Times of a shared machine say little, so processor time is what counts: that of this process, of
the workers and of the scheduler, each read apart. Medians of several repetitions; wall times are
given beside.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import distributed
import psutil
from machine import machine, only_ours
from rich.console import Console
from rich.table import Table

from osteoaxis import engine
from osteoaxis import population as people
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.population import Population, store
from osteoaxis.population.solve import Task, solve
from osteoaxis.simulation import Simulator, simulator
from osteoaxis.workers import Each, here, workers

PORT = 8833
RULED = (
    "letrozole 2.5 mg po qd + zoledronate 4 mg iv q6mo "
    "[start when lumbar_spine_t_score < -2.0; checked q6mo]"
)
CASES = {
    "women, none": ("early-breast-cancer", "none", 5),
    "women, none, 10 years": ("early-breast-cancer", "none", 10),
    "women, anastrozole": ("early-breast-cancer", "anastrozole 1 mg po qd", 5),
    "women, denosumab": ("early-breast-cancer", "denosumab 60 mg sc q6mo", 5),
    "women, rules": ("early-breast-cancer", RULED, 5),
    "men, none": ("older-men", "none", 5),
}
STUB = {"as large as the task of a population": os.urandom(3000)}.get
"""Does nothing, and is as long on the wire as what a population sends."""

note = Console(stderr=True)


def task_of(name: str, regimen: str, years: int, count: int) -> Task:
    months = tuple(float(month) for month in range(0, 12 * years + 1, 6))
    return Task(Population.load(name), 1, count, Regimen.parse(regimen), months)


def used(processes: list[psutil.Process]) -> float:
    """Seconds of processor time that processes have used."""
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def patients(ready: Simulator, count: int, runs: int) -> list[dict[str, Any]]:
    """What a patient costs on one core, by population and regimen, and by size of the chunk."""
    rows = []
    sizes = [(case, count) for case in CASES]
    sizes += [("women, anastrozole", size) for size in (64, 256, 1024, 4096)]
    for case, size in sizes:
        task = task_of(*CASES[case], count=size)
        taken = []
        with engine.on_threads(1):
            solve(task, ready, 0, min(size, 64))
            for _ in range(runs):
                begin = time.process_time()
                solve(task, ready, 0, size)
                taken.append(1e3 * (time.process_time() - begin) / size)
        resident = psutil.Process().memory_info().rss / 2**20
        rows.append(
            {"case": "patients", "what": case, "patients": size, "least_cpu_ms": min(taken),
             "cpu_ms": statistics.median(taken), "resident_mib": resident}
        )  # fmt: skip
        note.print(rows[-1])
    return rows


def ways(ready: Simulator, count: int, runs: int) -> list[dict[str, Any]]:
    """The same population by threads in one process and by processes on Dask, disk included."""
    task = task_of(*CASES["women, anastrozole"], count=count)
    store.SMALLEST = store.LARGEST = count // 8

    def once(each: Each, others: list[psutil.Process]) -> tuple[float, float]:
        every = [psutil.Process(), *others]
        with tempfile.TemporaryDirectory() as folder:
            store._prepared(task, ready, Path(folder))
            wall, cpu = time.perf_counter(), used(every)
            people.simulate(task, ready, Path(folder), each=each)
            return time.perf_counter() - wall, used(every) - cpu

    rows = []
    for what, cores in (("threads", 1), ("threads", 2), ("dask", 1), ("dask", 2)):
        with ExitStack() as stack:
            each, others = here, []
            if what == "dask":
                cluster = stack.enter_context(
                    distributed.LocalCluster(
                        n_workers=cores, threads_per_worker=1, dashboard_address="127.0.0.1:0"
                    )
                )
                each = stack.enter_context(workers(cluster.scheduler_address))
                others = [psutil.Process(w.pid) for w in cluster.workers.values()]
            stack.enter_context(engine.on_threads(cores))
            once(each, others)
            found = [once(each, others) for _ in range(runs)]
            memory = max(p.memory_info().rss for p in others or [psutil.Process()]) / 2**20
        wall, cpu = (statistics.median(column) for column in zip(*found, strict=True))
        rows.append(
            {"case": "ways", "what": f"{what}, {cores}", "patients": count,
             "a_second": count / wall, "cpu_ms": 1e3 * cpu / count, "resident_mib": memory}
        )  # fmt: skip
        note.print(rows[-1])
    return rows


@contextmanager
def apart(nworkers: int) -> Iterator[tuple[str, psutil.Process, psutil.Process]]:
    """A scheduler and a process with `nworkers` workers, each process by itself."""
    command = [sys.executable, "-m"]
    address = f"tcp://127.0.0.1:{PORT}"
    quiet = {"stderr": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    scheduler = subprocess.Popen(
        [*command, "distributed.cli.dask_scheduler", "--port", str(PORT), "--dashboard-address",
         "127.0.0.1:0"], **quiet,
    )  # fmt: skip
    crowd = subprocess.Popen(
        [sys.executable, "-c", CROWD.format(address=address, count=nworkers)], **quiet
    )
    try:
        with distributed.Client(address, set_as_default=False, timeout=60) as client:
            client.wait_for_workers(nworkers, timeout=300)
        yield address, psutil.Process(scheduler.pid), psutil.Process(crowd.pid)
    finally:
        for process in (crowd, scheduler):
            process.terminate()
            process.wait()


CROWD = """
import asyncio
from distributed import Worker
async def main():
    crowd = [Worker("{address}", nthreads=1, dashboard_address=None, memory_limit=0)
             for _ in range({count})]
    await asyncio.gather(*crowd)
    await asyncio.gather(*(worker.finished() for worker in crowd))
asyncio.run(main())
"""


def scheduler(sizes: tuple[int, ...], crowds: tuple[int, ...]) -> list[dict[str, Any]]:
    """What tasks that do nothing, and workers that do nothing, cost the scheduler."""
    rows = []
    for count in sizes:
        with apart(8) as (address, busy, crowd), workers(address) as each:
            list(each(STUB, range(200)))
            every = [[busy], [crowd], [psutil.Process()]]
            before, held = [used(one) for one in every], busy.memory_info().rss
            wall, most = time.perf_counter(), held
            for number, _ in enumerate(each(STUB, range(count))):
                if number % 200 == 0:
                    most = max(most, busy.memory_info().rss)
            wall = time.perf_counter() - wall
            spent = [1e3 * (used(one) - b) / count for one, b in zip(every, before, strict=True)]
        rows.append(
            {"case": "scheduler", "what": f"{count} tasks", "a_second": count / wall,
             "cpu_ms": spent[0], "worker_cpu_ms": spent[1], "client_cpu_ms": spent[2],
             "resident_mib": most / 2**20, "kib_a_task": (most - held) / 1024 / count}
        )  # fmt: skip
        note.print(rows[-1])
    for count in crowds:
        with apart(count) as (_, busy, _):
            time.sleep(5)
            before, begin = used([busy]), time.perf_counter()
            time.sleep(30)
            share = (used([busy]) - before) / (time.perf_counter() - begin)
            held = busy.memory_info().rss / 2**20
        rows.append(
            {"case": "scheduler", "what": f"{count} idle workers", "share_of_a_core": share,
             "resident_mib": held}
        )  # fmt: skip
        note.print(rows[-1])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="fewer people and tasks")
    parser.add_argument("--runs", type=int, default=5)
    names = ("patients", "ways", "scheduler")
    parser.add_argument("--cases", nargs="+", default=names, choices=names)
    options = parser.parse_args()
    quick, runs = options.quick, options.runs
    ready = simulator()
    cases: dict[str, Callable[[], list[dict[str, Any]]]] = {
        "patients": lambda: patients(ready, 256 if quick else 2048, runs),
        "ways": lambda: ways(ready, 1024 if quick else 16_384, runs),
        "scheduler": lambda: scheduler(
            (1000,) if quick else (1000, 10_000, 100_000), (10,) if quick else (10, 100, 300)
        ),
    }
    with only_ours() as out:
        rows = [row for case in options.cases for row in cases[case]()]
        if options.json:
            out.write(json.dumps({"machine": machine(), "rows": rows}) + "\n")
    if options.json:
        return
    console = Console(width=120)
    console.print(f"{machine()['processor']}, {machine()['cores']} cores")
    for case in options.cases:
        own = [row for row in rows if row["case"] == case]
        columns = list(dict.fromkeys(column for row in own for column in row))[1:]
        table = Table(title=case)
        for column in columns:
            table.add_column(column.replace("_", " "), justify="right")
        for row in own:
            table.add_row(*(_cell(row.get(column)) for column in columns))
        console.print(table)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
