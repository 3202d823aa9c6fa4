"""How the server does under load: users of the explorer, each asking again at once.

    python benchmarks/load.py --users 20 --seconds 60            # starts a server of its own
    python benchmarks/load.py --url http://127.0.0.1:8000        # uses one that runs
    python benchmarks/load.py --requests 10000                   # and does its memory grow?

First one user alone asks for one strategy over ten years; then all ask for a mixture. Prints
latencies, errors, the share of the machine that others used, and memory before and after.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import os
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

LETROZOLE = "letrozole 2.5 mg po qd [y0-y5]"
STRATEGIES = {
    "none": "none",
    "letrozole": LETROZOLE,
    "zoledronate": f"{LETROZOLE} + zoledronate 4 mg iv q6mo [y0-y3]",
    "denosumab": f"{LETROZOLE} + denosumab 60 mg sc q6mo [y0-y5]",
}
WARM = 20
ALONE = 100


def compared(random_: random.Random, strategies: int, **more: Any) -> dict[str, Any]:
    """A request of a person nobody has asked for before."""
    patient = {"age": round(random_.uniform(52, 80), 2), "menopause_age": 50}
    chosen = dict(random_.sample(sorted(STRATEGIES.items()), strategies))
    return {"patient": patient, "strategies": chosen, "years": 10} | more


def mixture(random_: random.Random) -> tuple[str, str, Any]:
    """Method, path and body of what a user of the explorer asks for."""
    die = random_.random()
    if die < 0.70:
        return "POST", "/api/compare", compared(random_, random_.choice((1, 1, 2)))
    if die < 0.75:
        return "POST", "/api/compare", compared(random_, 1, intervals=20)
    if die < 0.85:
        return "GET", random_.choice(("/", "/api/catalogue")), None
    if die < 0.95:
        return "GET", "/api/quantities/" + random_.choice(("rankl", "ctx", "osteoclasts")), None
    return "GET", "/api/evidence?drug=letrozole", None


async def ask(client: httpx.AsyncClient, method: str, path: str, body: Any) -> tuple[float, int]:
    began = time.perf_counter()
    answer = await client.request(method, path, json=body)
    return time.perf_counter() - began, answer.status_code


async def user(
    client: httpx.AsyncClient, seed: int, until: float, budget: Iterator[int],
    found: list[tuple[str, float, int]],
) -> None:  # fmt: skip
    """Ask one thing after another until the time or the budget of requests is over."""
    random_ = random.Random(seed)
    while time.perf_counter() < until and next(budget, None) is not None:
        method, path, body = mixture(random_)
        seconds, status = await ask(client, method, path, body)
        kind = path.partition("?")[0] + (" with intervals" if body and "intervals" in body else "")
        found.append((kind, seconds, status))


async def measure(url: str, users: int, seconds: float, requests: int | None) -> bool:
    limits = httpx.Limits(max_connections=users, max_keepalive_connections=users)
    async with httpx.AsyncClient(base_url=url, timeout=120.0, limits=limits) as client:
        random_ = random.Random(0)
        alone = [
            await ask(client, "POST", "/api/compare", compared(random_, 1))
            for _ in range(WARM + ALONE)
        ]
        tell("one user, one strategy, ten years", [each for each, _ in alone[WARM:]])
        held, spent, machine = memory(), spending(), busy()
        found: list[tuple[str, float, int]] = []
        began = time.perf_counter()
        budget = iter(range(requests)) if requests else itertools.count()
        end = began + (seconds if requests is None else float("inf"))
        await asyncio.gather(*(user(client, k, end, budget, found) for k in range(users)))
        took = time.perf_counter() - began
    print(
        f"\n{users} users for {took:.0f} s: {len(found)} requests, {len(found) / took:.1f} a second"
    )
    print("statuses:", dict(Counter(status for _, _, status in found)))
    tell("all", [each for _, each, _ in found])
    for kind in sorted({kind for kind, _, _ in found}):
        tell(kind, [each for name, each, _ in found if name == kind])
    if server:
        spent, held = spending() - spent, (held, memory())
        print(f"computing for each request, all processes: {1000 * spent / len(found):.0f} ms")
        print(f"memory of all processes, MiB: {held[0]:.0f} before, {held[1]:.0f} after")
    print(f"processors of this machine in use meanwhile: {busy_since(machine):.0f} %")
    return all(status == 200 for _, _, status in found)


def tell(title: str, seconds: list[float]) -> None:
    ordered = sorted(seconds)
    at = {
        q: 1000.0 * ordered[min(int(q * len(ordered)), len(ordered) - 1)] for q in (0.5, 0.95, 0.99)
    }
    print(f"{title:45s} n {len(ordered):6d}  median {at[0.5]:6.0f} ms  p95 {at[0.95]:6.0f} ms"
          f"  p99 {at[0.99]:6.0f} ms")  # fmt: skip


server: list[int] = []


def family() -> Iterator[Path]:
    """Entries in /proc of the server we started and of all its children; none elsewhere."""
    waiting = [str(pid) for pid in server]
    while waiting and Path("/proc/self/task").exists():
        entry = Path("/proc", waiting.pop())
        with contextlib.suppress(OSError):
            for task in (entry / "task").iterdir():
                waiting += (task / "children").read_text().split()
            yield entry


def memory() -> float:
    """Resident MiB of the server with its children."""
    sizes = (re.search(r"VmRSS:\s+(\d+)", (e / "status").read_text()) for e in family())
    return sum(int(size[1]) / 1024 for size in sizes if size)


def spending() -> float:
    """Seconds of computing of the server with its children."""
    fields = ((e / "stat").read_text().rpartition(")")[2].split() for e in family())
    return sum(int(field[11]) + int(field[12]) for field in fields) / os.sysconf("SC_CLK_TCK")


def busy() -> tuple[float, float]:
    """Busy and all time of the processors, in ticks."""
    if not Path("/proc/stat").exists():
        return 0.0, 0.0
    ticks = [float(x) for x in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


def busy_since(before: tuple[float, float]) -> float:
    now = busy()
    return 100.0 * (now[0] - before[0]) / max(now[1] - before[1], 1.0)


@contextlib.contextmanager
def started(workers: int) -> Iterator[str]:
    """Start a server of our own, without a limit of requests."""
    command = [sys.executable, "-m", "osteoaxis.cli", "serve", "--port", "0", "--rate", "0",
               "--workers", str(workers)]  # fmt: skip
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    server.append(process.pid)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"http://\S+", line):
                yield found[0]
                return
        raise SystemExit("the server did not start")
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--url", help="of a server that runs (default: start one)")
    options.add_argument("--users", type=int, default=20)
    options.add_argument("--seconds", type=float, default=60.0)
    options.add_argument("--requests", type=int, help="stop after so many instead of by time")
    options.add_argument("--workers", type=int, default=0)
    given = options.parse_args()
    context = contextlib.nullcontext(given.url) if given.url else started(given.workers)
    with context as url:
        good = asyncio.run(measure(url, given.users, given.seconds, given.requests))
    if not good:
        raise SystemExit("some requests failed")


if __name__ == "__main__":
    main()
