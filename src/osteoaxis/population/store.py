"""Populations on disk: written chunk by chunk, resumed after any stop, read with xarray.

`population.zarr` holds a value for each member and month; `status` is written last, so that a
chunk without one was not finished. A chunk simulated again is the same, so a run that was stopped
and resumed equals one that was not.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from osteoaxis import DISCLAIMER, engine
from osteoaxis.engine import Progress
from osteoaxis.errors import InputError
from osteoaxis.outcomes import dxa
from osteoaxis.population.solve import REASONS, SIMULATED, WAITING, Solved, Task, solve
from osteoaxis.simulation import Simulator
from osteoaxis.workers import Each, Pace, here

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

SMALLEST, LARGEST, CHUNKS = 256, 4096, 64
ROWS = 1 << 17
"""Rows of members.parquet written at once."""
STORE = "population.zarr"
PERSON = ("age", "menopause_age", "body_mass_index", *(f"{site}_t_score" for site in dxa.SITES))


@dataclass(frozen=True)
class Run:
    """A population on disk."""

    folder: Path
    data: xr.Dataset

    @property
    def kept(self) -> NDArray[np.bool_]:
        """Which members were simulated and are plausible."""
        return np.asarray(self.data["status"].values == SIMULATED)

    def reasons(self) -> dict[str, int]:
        """Return how many members are not kept, by reason."""
        codes, counts = np.unique(self.data["status"].values, return_counts=True)
        return {REASONS[int(c)]: int(n) for c, n in zip(codes, counts, strict=True) if c}


def simulate(
    task: Task,
    ready: Simulator,
    folder: Path,
    progress: Progress | None = None,
    *,
    each: Each = here,
) -> Run:
    """Simulate what is missing of `task` in `folder` and return all of it.

    Stopping is safe at any time. Whoever works writes: on other machines `folder` must be the
    same. Raises `InputError` if it holds another population or cannot be reached by a worker.
    """
    group = _prepared(task, ready, folder)
    status = group["status"]
    size = status.chunks[0]
    todo = [
        first
        for first in range(0, task.count, size)
        if not _finished(status, first, min(first + size, task.count))
    ]
    missing = sum(min(size, task.count - first) for first in todo)
    pace = Pace(progress, "people", task.count, task.count - missing)
    for _, count in each(partial(_one_chunk, task, ready, folder.resolve()), todo):
        pace.add(count)
    if not _finished(status, 0, task.count):
        raise InputError(f"{folder / STORE}: what workers have written is not there; {_SHARED}")
    run = open_run(folder)
    _summary(run, task.variables)
    return run


def _one_chunk(task: Task, ready: Simulator, folder: Path, first: int) -> int:
    """Simulate and write the chunk that begins with member `first`; returns its people."""
    import zarr

    path = folder / STORE
    try:
        group = zarr.open_group(path, mode="r+")
        _refuse_another(group, task, ready, path)
        last = min(first + int(group["status"].chunks[0]), task.count)
        _write(group, solve(task, ready, first, last), last)
    except OSError as problem:
        raise InputError(
            f"{path}: cannot be written to from {platform.node()} ({problem}); {_SHARED}"
        ) from problem
    return last - first


_SHARED = "workers write their chunks themselves, to a folder that all of them share."


def chunk_size(count: int) -> int:
    """Return how many people are simulated and written at once.

    Some dozens of chunks keep many workers busy; large ones are cheaper to write. Results do not
    depend on it. An earlier run keeps its own.
    """
    return min(max(count // (CHUNKS * SMALLEST), 1) * SMALLEST, LARGEST)


def open_run(folder: Path) -> Run:
    """Return the population in `folder`; raises `InputError` if there is none."""
    import xarray as xr

    path = folder / STORE
    if not path.exists():
        raise InputError(f"{folder}: holds no population ({STORE} is missing).")
    return Run(folder, xr.open_zarr(path, consolidated=False))


def _prepared(task: Task, ready: Simulator, folder: Path) -> Any:
    """Return the group to write into, made if it is not there."""
    import zarr

    path = folder / STORE
    if path.exists():
        group = zarr.open_group(path, mode="r+")
        _refuse_another(group, task, ready, path)
        if "status" in group:
            return group
    # What is wrong with the regimen is found before anything is written, and what many need is
    # compiled before many begin.
    solve(task, ready, 0, min(task.count, engine.MANY))
    folder.mkdir(parents=True, exist_ok=True)
    group = zarr.open_group(path, mode="w", attributes=_about(task, ready))
    months, size = np.array(task.months), chunk_size(task.count)
    axis = group.create_array("time", shape=months.shape, dtype="f8", dimension_names=("time",),
                              attributes={"unit": "month"})  # fmt: skip
    axis[:] = months
    for name, unit in task.variables.items():
        group.create_array(
            name, shape=(task.count, len(months)), chunks=(size, len(months)), dtype="f4",
            fill_value=np.nan, dimension_names=("member", "time"), attributes={"unit": unit},
        )  # fmt: skip
    for name in (*PERSON, "weight", "set"):
        group.create_array(name, shape=(task.count,), chunks=(size,), dtype="f4",
                           fill_value=np.nan, dimension_names=("member",))  # fmt: skip
    # Last, since its being there means that all others are.
    group.create_array("status", shape=(task.count,), chunks=(size,), dtype="i1",
                       fill_value=WAITING, dimension_names=("member",))  # fmt: skip
    return group


def _about(task: Task, ready: Simulator) -> dict[str, Any]:
    return {
        "identity": _identity(task, ready), "population": task.population.name,
        "title": task.population.title, "seed": task.seed, "regimen": str(task.regimen),
        "note": DISCLAIMER,
    }  # fmt: skip


def _identity(task: Task, ready: Simulator) -> str:
    return json.dumps(task.identity | {"model": ready.fingerprint}, sort_keys=True)


def _refuse_another(group: Any, task: Task, ready: Simulator, path: Path) -> None:
    if group.attrs.get("identity") != _identity(task, ready):
        raise InputError(
            f"{path}: holds another population (other members, regimen, months or model); "
            "choose an empty folder with -o."
        )


def _finished(status: Any, first: int, last: int) -> bool:
    try:
        return not bool((status[first:last] == WAITING).any())
    except Exception:  # a chunk cut short by a kill can fail in many ways
        return False


def _write(group: Any, solved: Solved, last: int) -> None:
    part = slice(solved.first, last)
    for name, values in solved.values.items():
        group[name][part] = values.astype("f4")
    patients = [each.patient for each in solved.people]
    people: dict[str, list[float | None]] = {
        "age": [p.age for p in patients],
        "menopause_age": [p.menopause_age for p in patients],
        "body_mass_index": [p.body_mass_index for p in patients],
        **{f"{s}_t_score": [p.t_scores.get(s) for p in patients] for s in dxa.SITES},
        "set": [each.set_number for each in solved.people],
    }
    for name, listed in people.items():
        group[name][part] = np.array(listed, dtype="f4")
    group["weight"][part] = solved.weight.astype("f4")
    group["status"][part] = solved.status


def _summary(run: Run, variables: Iterable[str]) -> None:
    """Write `members.parquet`: a row for each member, some at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path, data, count = run.folder / "members.parquet", run.data, run.data.sizes["member"]
    reasons = np.array([REASONS[code] for code in range(len(REASONS))])

    def rows(first: int) -> pa.Table:
        some = data.isel(member=slice(first, first + ROWS))
        columns: dict[str, Any] = {"member": np.arange(first, first + some.sizes["member"])}
        columns |= {name: some[name].values for name in (*PERSON, "set", "weight")}
        for name in variables:
            columns[f"{name}_start"] = some[name][:, 0].values
            columns[f"{name}_end"] = some[name][:, -1].values
        return pa.table(columns | {"reason": reasons[some["status"].values]})

    first = rows(0)
    part = path.with_suffix(".part")
    with pq.ParquetWriter(part, first.schema, compression="zstd") as file:
        file.write_table(first)
        for more in range(ROWS, count, ROWS):
            file.write_table(rows(more))
    part.replace(path)
