"""What the calibration found: fitted parameters, and an ensemble of sets the data allow.

`fitted.toml` replaces values of the biology and of drugs, `ensemble.parquet` holds sets of the
same parameters drawn from the posterior, `model_error.toml` how far off results of studies are that
were left out. All are written by `osteoaxis calibrate`; a name that ends in `@men` is the value of
men.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from osteoaxis import toml
from osteoaxis.process import Param, Process

HERE = Path(__file__).parent
VALUES = HERE / "fitted.toml"
ENSEMBLE = HERE / "ensemble.parquet"
MODEL_ERROR = HERE / "model_error.toml"
IDENTIFIED = HERE / "identifiability.csv"
MEN = "@men"


@lru_cache(maxsize=1)
def record() -> Mapping[str, Any]:
    """Return the record of the fit: `fit` (studies, rows, cost, seed) and `values` by name."""
    return toml.read(VALUES) if VALUES.exists() else {"fit": {}, "values": {}}


def values() -> Mapping[str, float]:
    """Return fitted values by full name."""
    return {name: float(value) for name, value in record()["values"].items()}


@lru_cache(maxsize=1)
def ensemble() -> tuple[Mapping[str, float], ...]:
    """Return the sets of the posterior, in the order they were drawn; empty without a fit."""
    if not ENSEMBLE.exists():
        return ()
    import pyarrow.parquet as pq

    table = pq.read_table(ENSEMBLE)
    columns = [table[name].to_numpy() for name in table.column_names]
    return tuple(
        dict(zip(table.column_names, map(float, row), strict=True))
        for row in zip(*columns, strict=True)
    )


@lru_cache(maxsize=1)
def model_error() -> Mapping[str, float]:
    """Return the standard deviation of the model's own error in points, by kind of endpoint."""
    if not MODEL_ERROR.exists():
        return {}
    return {kind: float(value) for kind, value in toml.read(MODEL_ERROR).items()}


@lru_cache(maxsize=1)
def identified() -> Mapping[str, Mapping[str, str]]:
    """Return what the data say of each parameter by full name: the rows of `identifiability.csv`.

    Those that move with another parameter, or were fitted last, have none.
    """
    if not IDENTIFIED.exists():
        return {}
    with IDENTIFIED.open(encoding="utf-8", newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


@lru_cache(maxsize=1)
def digest() -> str:
    """Return the hash of fitted values, ensemble and error of the model."""
    found = hashlib.sha256()
    for path in (VALUES, ENSEMBLE, MODEL_ERROR):
        found.update(path.read_bytes() if path.exists() else b"")
    return found.hexdigest()


def of_sex(changes: Mapping[str, float], *, male: bool) -> dict[str, float]:
    """Return a set of parameters for a man or a woman: `name@men` is a man's own."""
    shared = {name: value for name, value in changes.items() if not name.endswith(MEN)}
    if not male:
        return shared
    own = {n.removesuffix(MEN): v for n, v in changes.items() if n.endswith(MEN)}
    return shared | own


def applied(process: Process) -> Process:
    """Return a process with fitted values in place of those it declares."""
    found = values()
    studies = len(record()["fit"].get("studies", ()))
    declared = dict(process.declarations)
    for name, param in process.declarations.items():
        full = f"{process.name}.{name}"
        if not isinstance(param, Param) or (full not in found and full + MEN not in found):
            continue
        declared[name] = replace(
            param,
            value=found.get(full, param.value),
            men=found.get(full + MEN, param.men),
            source=f"fitted: joint fit ({studies} studies); before the fit: {param.source}",
        )
    return replace(process, declarations=declared)
