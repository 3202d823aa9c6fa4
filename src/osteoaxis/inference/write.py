"""The whole calibration as one job, and what it leaves: values, ensemble, tables.

`fitted.toml`, `ensemble.parquet` and `model_error.toml` are what `osteoaxis.fitted` reads; the
tables say what the data fix and which mechanism earns its place.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from osteoaxis.engine import Progress
from osteoaxis.evidence.study import studies
from osteoaxis.inference import criticism, fit, leftout, posterior
from osteoaxis.inference.fit import Fit
from osteoaxis.inference.objective import Objective
from osteoaxis.inference.posterior import Ensemble, Identified

DRAWS = 600
QUICK_DRAWS = 60
SHARE_SETS = 200


@dataclass(frozen=True)
class Calibration:
    """Everything a calibration found."""

    fit: Fit
    ensemble: Ensemble
    identified: list[Identified]
    refits: list[criticism.Refit]
    shares: list[criticism.Share]


def run(
    folder: Path, *, quick: bool = False, seed: int = 1, progress: Progress | None = None
) -> Calibration:
    """Calibrate, sample, profile and criticise; writes everything into `folder`.

    What is finished stays in `folder` and is not done again.
    """
    known = studies()
    roles = {name: study.role for name, study in known.items()}
    plan = fit.plan_of(known)
    base = fit.QUICK if quick else fit.FULL
    settings = replace(base, seed=seed)
    found = fit.calibrate(plan, roles, folder, settings, _part(progress, 0.0, 0.6))
    objective = Objective.of(plan, found.space, fit.ALL, roles)
    drawn = posterior.sample(
        objective, found.theta, QUICK_DRAWS if quick else DRAWS, seed, _part(progress, 0.6, 0.73)
    )
    last = Objective.of(
        plan, found.apart, fit.ALL, roles, found.space.changes(found.theta), apart=True
    )
    others = _laplace(last, found.rest, len(drawn.thetas), seed)
    values = found.space.changes(found.theta) | found.apart.changes(found.rest)
    sets = [
        found.space.changes(theta) | found.apart.changes(other)
        for theta, other in zip(drawn.thetas, others, strict=True)
    ]
    used = {plan.rows[k].row.study_id for k in (*objective.used, *last.used)}
    record = {
        "studies": sorted(used),
        "rows": objective.count + last.count,
        "parameters": len(values),
        "cost": round(found.cost, 2),
        "seed": seed,
        "draws": len(sets),
        "excess": round(float(drawn.excess.mean()), 1),
        "excess_expected": drawn.expected,
    }
    write_values(folder / "fitted.toml", values, record)
    write_ensemble(folder / "ensemble.parquet", sets)
    errors = leftout.model_error(
        objective, found.theta, drawn.thetas, _part(progress, 0.73, 0.75)
    ) | leftout.fracture_error(plan, values, sets)
    write_model_error(folder / "model_error.toml", errors)
    parameters = fit.declared()
    units = [parameters[f.short.removesuffix("@men")].unit for f in found.space.free]
    identified = posterior.identify(
        objective, found.theta, drawn.thetas, units, _part(progress, 0.75, 0.85)
    )
    _table(
        folder / "identifiability.csv",
        ({**asdict(each), "verdict": each.verdict} for each in identified),
    )
    refits = [] if quick else criticism.refits(plan, roles, values, _part(progress, 0.85, 0.99))
    _json(folder / "refits.json", [asdict(each) for each in refits])
    shares = criticism.shares(plan.ready, sets[:SHARE_SETS])
    _json(folder / "shares.json", [asdict(each) for each in shares])
    if progress:
        progress("Calibrated", 1.0)
    return Calibration(found, drawn, identified, refits, shares)


def _part(progress: Progress | None, first: float, last: float) -> Progress | None:
    if progress is None:
        return None
    return lambda text, share: progress(text, first + share * (last - first))


def _laplace(objective: Objective, theta: Any, count: int, seed: int) -> Any:
    """Return draws of few parameters from the normal approximation, inside their limits."""
    jacobian = objective.jacobian(theta)
    root = np.linalg.cholesky(np.linalg.inv(jacobian.T @ jacobian))
    normal = np.random.default_rng(seed + 1).standard_normal((count, len(theta)))
    return np.clip(theta + normal @ root.T, objective.space.low, objective.space.high)


def write_values(path: Path, values: Mapping[str, float], record: Mapping[str, Any]) -> None:
    """Write fitted values and the record of the fit as TOML."""
    lines = ["# written by osteoaxis calibrate; do not edit", "[fit]"]
    lines += [f"{name} = {json.dumps(value)}" for name, value in record.items()]
    lines += ["", "[values]"]
    lines += [f'"{name}" = {value:.6g}' for name, value in values.items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_ensemble(path: Path, sets: list[dict[str, float]]) -> None:
    """Write sets of parameters, a row each, in single precision."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {
        name: pa.array(np.array([s[name] for s in sets], dtype=np.float32)) for name in sets[0]
    }
    pq.write_table(pa.table(columns), path, compression="zstd")


def write_model_error(path: Path, errors: Mapping[str, float]) -> None:
    """Write the error of the model by kind of endpoint as TOML."""
    lines = ["# written by osteoaxis calibrate; do not edit. Points; levels in hundredths of log"
             " units, fractures in log units."]  # fmt: skip
    lines += [f"{kind} = {value:.3g}" for kind, value in errors.items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _table(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    listed = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(listed[0]), lineterminator="\n")
        writer.writeheader()
        for row in listed:
            writer.writerow({k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()})


def _json(path: Path, found: Any) -> None:
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
