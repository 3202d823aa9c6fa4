"""The calibration: stages, many starts, then everything jointly; resumable and seeded.

Optimisation is pyPESTO's, with SciPy's trust-region least squares; residuals and their
derivatives come from batches of virtual patients. Each finished start is kept in the folder, so
that a fit that was stopped goes on where it was.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from osteoaxis.assembly import build_model
from osteoaxis.engine import Progress
from osteoaxis.errors import InputError
from osteoaxis.evidence.prediction import Plan
from osteoaxis.evidence.study import Study
from osteoaxis.inference.free import Space, space
from osteoaxis.inference.objective import Objective
from osteoaxis.process import Param
from osteoaxis.simulation import simulator

Array = NDArray[np.float64]

BONE = ("bmd", "marker", "other")
ALL = (*BONE, "hormone", "arthralgia")
SPREAD = 0.8
"""Starts are drawn from the priors, narrowed by this factor."""


@dataclass(frozen=True)
class Settings:
    """How long to search: starts, and evaluations of residuals in each stage."""

    starts: int = 50
    hormone_steps: int = 25
    start_steps: int = 8
    joint_steps: int = 25
    best: int = 3
    seed: int = 1


FULL = Settings()
QUICK = Settings(starts=2, hormone_steps=6, start_steps=4, joint_steps=4, best=1)


@dataclass(frozen=True)
class Fit:
    """Where the search ended: theta in the space of what is fitted jointly, and all starts.

    `rest` is theta in the space `apart`, fitted with all else held.
    """

    space: Space
    theta: Array
    cost: float
    apart: Space
    rest: Array
    starts: tuple[dict[str, Any], ...]


def declared() -> Mapping[str, Param]:
    """Return the parameters of the model as they are before any fit."""
    return build_model(calibrated=False)[0].parameters


def plan_of(studies: Mapping[str, Study]) -> Plan:
    """Return the rows of calibration studies, ready to be predicted by the model before the fit."""
    return Plan(rows_of(studies), simulator(calibrated=False), studies)


def rows_of(studies: Mapping[str, Study]) -> list[Any]:
    """Return the rows of calibration studies; no other study is looked at in a fit."""
    return [row for s in studies.values() if s.role == "calibration" for row in s.rows]


def calibrate(
    plan: Plan,
    roles: dict[str, str],
    folder: Path,
    settings: Settings = FULL,
    progress: Progress | None = None,
) -> Fit:
    """Fit all free parameters to the calibration rows of `plan`; see the module.

    `folder` holds finished starts; raises `InputError` if they are of another fit.
    """
    say = progress or (lambda _text, _share: None)
    model = declared()
    kept = _Kept(folder / "starts.jsonl", settings, Objective.of(plan, space(model), ALL, roles))
    hormones = space(model, ("hormones",))
    objective = Objective.of(plan, hormones, ("hormone",), roles)
    first = kept.get("hormones") or kept.put(
        "hormones", minimise(objective, np.zeros(len(hormones)), settings.hormone_steps)
    )
    fixed = hormones.changes(np.array(first["theta"]))
    say("Fitting bone", 0.03)

    bone = space(model, ("bone", "drugs"))
    objective = Objective.of(plan, bone, BONE, roles, fixed)
    found = []
    for number, start in enumerate(starting_points(bone, settings)):
        name = f"bone {number}"
        found.append(
            kept.get(name) or kept.put(name, minimise(objective, start, settings.start_steps))
        )
        best = min(f["cost"] for f in found)
        say(f"Start {number + 1} of {settings.starts}, best {best:.1f}",
            0.03 + 0.55 * (number + 1) / settings.starts)  # fmt: skip

    joints = space(model, ("joints",))
    found.sort(key=lambda f: f["cost"])
    fixed |= bone.changes(np.array(found[0]["theta"]))
    objective = Objective.of(plan, joints, ("arthralgia",), roles, fixed)
    last = kept.get("joints") or kept.put(
        "joints", minimise(objective, np.zeros(len(joints)), settings.hormone_steps)
    )

    everything = space(model)
    objective = Objective.of(plan, everything, ALL, roles)
    results = []
    for number, begun in enumerate(found[: settings.best]):
        say(f"Fitting everything jointly, {number + 1} of {settings.best}",
            0.6 + 0.38 * number / settings.best)  # fmt: skip
        start = np.concatenate([first["theta"], begun["theta"], last["theta"]])
        name = f"joint {number}"
        results.append(
            kept.get(name) or kept.put(name, minimise(objective, start, settings.joint_steps))
        )
    best = min(results, key=lambda f: f["cost"])
    theta = np.array(best["theta"])
    say("Fitting drugs with few rows", 0.98)
    apart = space(model, ("apart",))
    objective = Objective.of(plan, apart, ALL, roles, everything.changes(theta), apart=True)
    rest = kept.get("apart") or kept.put(
        "apart", minimise(objective, np.zeros(len(apart)), settings.hormone_steps)
    )
    say("Fitted", 1.0)
    return Fit(everything, theta, best["cost"], apart, np.array(rest["theta"]), tuple(kept.all))


def starting_points(where: Space, settings: Settings) -> Array:
    """Return starts: the priors' middle, and draws from the priors within their limits."""
    draws = np.random.default_rng(settings.seed).standard_normal((settings.starts, len(where)))
    draws[0] = 0.0
    return np.asarray(np.clip(SPREAD * draws * where.sd, where.low * 0.98, where.high * 0.98))


def minimise(objective: Objective, start: Array, steps: int) -> dict[str, Any]:
    """Minimise from one start within `steps` evaluations; returns theta, cost and what ended it."""
    import pypesto
    import pypesto.optimize

    logging.getLogger("pypesto").setLevel(logging.ERROR)
    where = objective.space
    problem = pypesto.Problem(
        objective=pypesto.Objective(
            res=lambda x: objective.residuals(x)[0], sres=lambda x: objective.jacobian(x)
        ),
        lb=where.low,
        ub=where.high,
        x_names=[free.short for free in where.free],
    )
    optimizer = pypesto.optimize.ScipyOptimizer(
        method="ls_trf", tol=2e-4, options={"maxfun": steps, "tr_solver": "exact"}
    )
    inside = np.clip(start, where.low + 1e-6, where.high - 1e-6)
    history = pypesto.HistoryOptions(trace_record=False)
    result = optimizer.minimize(problem, inside, id="0", history_options=history)
    theta = inside if result.x is None else np.asarray(result.x)
    return {
        "theta": [float(x) for x in theta],
        "cost": float(objective.costs(theta)[0]),
        "start": [float(x) for x in inside],
        "message": str(result.message),
    }


class _Kept:
    """Finished parts of a fit in a file of JSON lines, and what they belong to."""

    def __init__(self, path: Path, settings: Settings, objective: Objective) -> None:
        self.path = path
        key = {
            "settings": vars(settings),
            "names": [free.name for free in objective.space.free],
            "observed": [float(x) for x in objective.observed],
            "code": objective.plan.ready.digest,
        }
        self.found: dict[str, dict[str, Any]] = {}
        if path.exists():
            lines = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]
            if not lines or lines[0] != key:
                raise InputError(
                    f"{path}: holds starts of another fit (other settings, evidence or model); "
                    "choose an empty folder with -o."
                )
            self.found = {line["name"]: line for line in lines[1:]}
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(key) + "\n", encoding="utf-8")

    def get(self, name: str) -> dict[str, Any] | None:
        return self.found.get(name)

    def put(self, name: str, result: dict[str, Any]) -> dict[str, Any]:
        self.found[name] = {"name": name, **result}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(self.found[name]) + "\n")
        return self.found[name]

    @property
    def all(self) -> Sequence[dict[str, Any]]:
        return list(self.found.values())
