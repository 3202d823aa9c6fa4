"""Populations on disk: written chunk by chunk, resumed after any stop, read with xarray.

`population.zarr` holds a value for each member and month; `status` is written last, so that a
chunk without one was not finished. A chunk simulated again is the same, so a run that was stopped
and resumed equals one that was not.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from osteoaxis.errors import InputError
from osteoaxis.outcomes import dxa
from osteoaxis.population.solve import REASONS, SIMULATED, WAITING, Solved, Task, solve
from osteoaxis.simulation import Simulator

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]
Progress = Callable[[str, float], None]

CHUNK = 512
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


def simulate(task: Task, ready: Simulator, folder: Path, progress: Progress | None = None) -> Run:
    """Simulate what is missing of `task` in `folder` and return all of it.

    Stopping is safe at any time. Raises `InputError` if `folder` holds another population.
    """
    import zarr

    group = _prepared(task, ready, folder)
    status = group["status"]
    assert isinstance(status, zarr.Array)
    todo = [
        first for first in range(0, task.count, CHUNK) if not _finished(status, first, task.count)
    ]
    begun, done = time.monotonic(), 0
    for first in todo:
        last = min(first + CHUNK, task.count)
        _write(group, solve(task, ready, first, last), last)
        done += last - first
        if progress:
            rate = done / max(time.monotonic() - begun, 1e-9)
            finished = task.count - sum(min(CHUNK, task.count - f) for f in todo) + done
            progress(
                f"{finished:,} of {task.count:,} people, {rate:,.0f} a second",
                finished / task.count,
            )
    run = open_run(folder)
    _summary(run)
    return run


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
    identity = json.dumps(task.identity | {"model": ready.digest}, sort_keys=True)
    if path.exists():
        group = zarr.open_group(path, mode="r+")
        if group.attrs.get("identity") != identity:
            raise InputError(
                f"{path}: holds another population (other members, regimen, months or model); "
                "choose an empty folder with -o."
            )
        if "status" in group:
            return group
    solve(task, ready, 0, 1)  # what is wrong with the regimen is found before anything is written
    folder.mkdir(parents=True, exist_ok=True)
    group = zarr.open_group(path, mode="w", attributes={"identity": identity, **_about(task)})
    months = np.array(task.months)
    axis = group.create_array("time", shape=months.shape, dtype="f8", dimension_names=("time",),
                              attributes={"unit": "month"})  # fmt: skip
    axis[:] = months
    for name, unit in task.variables.items():
        group.create_array(
            name, shape=(task.count, len(months)), chunks=(CHUNK, len(months)), dtype="f4",
            fill_value=np.nan, dimension_names=("member", "time"), attributes={"unit": unit},
        )  # fmt: skip
    for name in (*PERSON, "weight", "set"):
        group.create_array(name, shape=(task.count,), chunks=(CHUNK,), dtype="f4",
                           fill_value=np.nan, dimension_names=("member",))  # fmt: skip
    # Last, since its being there means that all others are.
    group.create_array("status", shape=(task.count,), chunks=(CHUNK,), dtype="i1",
                       fill_value=WAITING, dimension_names=("member",))  # fmt: skip
    return group


def _about(task: Task) -> dict[str, Any]:
    return {
        "population": task.population.name, "title": task.population.title, "seed": task.seed,
        "regimen": str(task.regimen), "note": "For research and education; not a medical device.",
    }  # fmt: skip


def _finished(status: Any, first: int, count: int) -> bool:
    try:
        return not bool((status[first : min(first + CHUNK, count)] == WAITING).any())
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


def _summary(run: Run) -> None:
    """Write `members.parquet`: a row for each member."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    data = run.data
    columns: dict[str, Any] = {"member": np.arange(data.sizes["member"])}
    columns |= {name: data[name].values for name in (*PERSON, "set", "weight")}
    for name in data.data_vars:
        if data[name].dims == ("member", "time"):
            columns[f"{name}_start"] = data[name][:, 0].values
            columns[f"{name}_end"] = data[name][:, -1].values
    columns["reason"] = [REASONS[int(code)] for code in data["status"].values]
    path = run.folder / "members.parquet"
    pq.write_table(pa.table(columns), path.with_suffix(".part"), compression="zstd")
    path.with_suffix(".part").replace(path)
