"""Run the public SBML semantic test suite: passed, refused by reason, wrong.

    git clone https://github.com/sbmlteam/sbml-test-suite
    python benchmarks/sbml_suite.py --suite sbml-test-suite/cases/semantic

Each case is run from the file of its newest level and version and compared with the results the
suite gives, by the suite's rule: |x - y| <= absolute + relative * |y|.
"""

from __future__ import annotations

import argparse
import csv
import json
import multiprocessing
import re
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from osteoaxis.errors import OsteoaxisError
from osteoaxis.sbml.importing import ImportedModel, load
from osteoaxis.sbml.reading import UnsupportedError
from osteoaxis.sbml.running import Trajectory, simulate

Array = NDArray[np.float64]

SECONDS = 600
RENEWED = 100  # cases after which a worker is replaced: compiled code stays in its memory
PASSED, REFUSED, WRONG, FAILED = "passed", "refused", "wrong", "failed"


@dataclass(frozen=True)
class Outcome:
    case: str
    result: str
    reason: str = ""


def settings(path: Path) -> dict[str, str]:
    """Return the keys of a settings file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    pairs = (line.split(":", 1) for line in lines if ":" in line)
    return {key.strip(): value.strip() for key, value in pairs}


def newest(folder: Path) -> Path:
    """Return the model file of the newest level and version."""
    return max(folder.glob("*-sbml-l?v?.xml"), key=lambda path: path.stem[-4:])


def listed(text: str) -> list[str]:
    """Split a list of names."""
    return [name for name in re.split(r"[,\s]+", text) if name]


def column(
    model: ImportedModel, found: Trajectory, name: str, wanted: dict[str, str]
) -> np.ndarray:
    """Return a variable of the suite: species as amount or concentration, as its settings say."""
    species = model.species.get(name)
    if species is not None and name in listed(wanted["amount"]):
        return found[species.amount]
    if species is not None and name in listed(wanted["concentration"]):
        return found[species.concentration]
    return found[name]


def check(folder: Path) -> Outcome:
    """Run one case."""
    case = folder.name
    wanted = settings(folder / f"{case}-settings.txt")
    try:
        model = load(newest(folder))
        if not wanted["start"]:
            return Outcome(case, REFUSED, "not a time course")
        start, duration = float(wanted["start"]), float(wanted["duration"])
        times = np.linspace(start, start + duration, int(wanted["steps"]) + 1)
        found = simulate(model, times)
        with (folder / f"{case}-results.csv").open(encoding="utf-8-sig") as lines:
            header, *rows = [row for row in csv.reader(lines) if row]
        expected = np.array(rows, dtype=float)
        names = [name.strip() for name in header]
        for name in listed(wanted["variables"]):
            y = expected[:, names.index(name, 1)]  # the first is time
            x = column(model, found, name, wanted)
            allowed = float(wanted["absolute"]) + float(wanted["relative"]) * np.abs(y)
            with np.errstate(invalid="ignore"):  # infinite minus infinite
                near = (np.abs(x - y) <= allowed) & np.isfinite(y)
            same = near | (x == y) | (np.isnan(x) & np.isnan(y))
            if not same.all():
                k = int(np.argmin(same))
                return Outcome(case, WRONG, f"{name} at {times[k]:g}: {x[k]!r}, expected {y[k]!r}")
        return Outcome(case, PASSED)
    except UnsupportedError as problem:
        return Outcome(case, REFUSED, re.sub(r" \('.*'\)$", "", problem.feature))
    except OsteoaxisError as problem:
        return Outcome(case, FAILED, str(problem))
    except Exception as problem:
        return Outcome(case, FAILED, f"{type(problem).__name__}: {problem}")


def _work(folders: Connection) -> None:
    while True:
        folders.send(check(folders.recv()))


def watched(folders: Iterator[Path]) -> Iterator[Outcome]:
    """Run cases in a process of its own, started anew after a case that crashes or hangs."""
    worker = None
    for number, folder in enumerate(folders):
        if worker is not None and number % RENEWED == 0:
            worker.kill()
            worker = None
        if worker is None:
            context = multiprocessing.get_context("spawn")
            line, far = context.Pipe()
            worker = context.Process(target=_work, args=(far,), daemon=True)
            worker.start()
            far.close()
        line.send(folder)
        try:
            if line.poll(SECONDS):
                yield line.recv()
                continue
            reason = f"took more than {SECONDS} s"
        except EOFError:
            reason = "crashed"
        yield Outcome(folder.name, FAILED, reason)
        worker.kill()
        worker = None


def run(folders: list[Path], processes: int) -> list[Outcome]:
    """Run all cases; outcomes in the order of the cases."""
    waiting, lock, outcomes = iter(folders), threading.Lock(), []

    def following() -> Iterator[Path]:
        while True:
            with lock:
                folder = next(waiting, None)
            if folder is None:
                return
            yield folder

    def collect() -> None:
        for outcome in watched(following()):
            outcomes.append(outcome)
            print(f"\r{len(outcomes)} of {len(folders)}", end="", file=sys.stderr, flush=True)

    threads = [threading.Thread(target=collect) for _ in range(processes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(file=sys.stderr)
    return sorted(outcomes, key=lambda outcome: outcome.case)


def main() -> int:
    """Print the counts; the exit code is 1 if any case is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--suite", type=Path, required=True, help="the folder cases/semantic")
    parser.add_argument("--cases", nargs="*", help="only these")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    folders = sorted(p for p in options.suite.iterdir() if p.is_dir() and p.name.isdigit())
    if options.cases:
        folders = [p for p in folders if p.name in options.cases]
    outcomes = run(folders, options.processes)
    counts = Counter(outcome.result for outcome in outcomes)
    supported = len(outcomes) - counts[REFUSED]
    refused = Counter(o.reason for o in outcomes if o.result == REFUSED)
    if options.json:
        summary = {
            "cases": len(outcomes),
            "supported": supported,
            **{result: counts[result] for result in (PASSED, REFUSED, WRONG, FAILED)},
            "refused for": dict(refused.most_common()),
            "outcomes": [asdict(o) for o in outcomes if o.result in (WRONG, FAILED)],
        }
        print(json.dumps(summary, indent=1))
        return int(counts[WRONG] > 0)
    print(f"{len(outcomes)} cases, {supported} of supported features only:")
    share = counts[PASSED] / max(supported, 1)
    print(f"  passed  {counts[PASSED]:5} ({share:.1%} of the supported)")
    print(f"  wrong   {counts[WRONG]:5}")
    print(f"  failed  {counts[FAILED]:5}  (an error, no result)")
    print(f"  refused {counts[REFUSED]:5}")
    for reason, count in refused.most_common():
        print(f"    {count:5}  {reason}")
    for outcome in outcomes:
        if outcome.result in (WRONG, FAILED):
            print(f"{outcome.case} {outcome.result}: {outcome.reason}")
    return int(counts[WRONG] > 0)


if __name__ == "__main__":
    sys.exit(main())
