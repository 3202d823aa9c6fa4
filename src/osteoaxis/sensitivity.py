"""Which parameters move an outcome: Morris screening, Sobol indices, local derivatives.

Parameters vary on a log scale within 90 % of the ensemble (what the data leave open) or, for names
the ensemble does not have, within their plausible range. Sampling and indices are SALib's (Morris
1991, 10.1080/00401706.1991.10484804; Saltelli 2010, 10.1016/j.cpc.2009.09.018); the model runs in
batches. Outcomes are changes of density from time zero, T-scores, and levels of all else.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from osteoaxis import engine, fitted
from osteoaxis.engine import Progress
from osteoaxis.errors import InputError, SolverError, did_you_mean
from osteoaxis.outcomes import dxa
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.simulation import Simulator
from osteoaxis.workers import Each, Pace, here

Array = NDArray[np.float64]

METHODS = ("morris", "sobol", "local")
LIMITS = (5.0, 95.0)
TRAJECTORIES = 16
LEVELS = 8
SAMPLES = 256
BATCH = 256
MOST_FAILED = 0.05
STEP = 0.01
T_SCORES = {f"{site}_t_score": f"{site}_bmd" for site in dxa.SITES}
"""T-scores that may be asked for, and the density each is made of."""


@dataclass(frozen=True)
class Range:
    """A parameter and the limits between which it varies."""

    name: str
    low: float
    high: float


@dataclass(frozen=True)
class Question:
    """What is asked: outcomes of one person on one regimen at `month`."""

    patient: Patient
    regimen: Regimen
    outputs: tuple[str, ...]
    month: float


@dataclass(frozen=True)
class Sensitivity:
    """Indices (parameter, output) by name, `main` first; `failed` runs were left out.

    morris: `mu_star` (mean absolute effect over the range, units of the output) and `sigma`;
    sobol: `total` and `first` (shares of the variance) with `total_conf` (95 %);
    local: `effect` of going over the range along the derivative at the middle.
    `units` are those of the outcomes, and so of effects; shares have none.
    """

    method: str
    question: Question
    ranges: tuple[Range, ...]
    indices: Mapping[str, Array]
    main: str
    runs: int
    failed: int
    units: tuple[str, ...]

    def ranked(self, output: int) -> list[int]:
        """Return numbers of parameters, the one that moves `output` most first."""
        return [int(k) for k in np.argsort(-np.abs(self.indices[self.main][:, output]))]


def ranges(ready: Simulator, patterns: Sequence[str] = (), *, male: bool) -> tuple[Range, ...]:
    """Return the parameters that match `patterns` (shell style; default: those of the ensemble).

    Raises `InputError` for a pattern that nothing matches.
    """
    sets = [fitted.of_sex(s, male=male) for s in fitted.ensemble()]
    open_ = {
        name: tuple(float(x) for x in np.percentile([s[name] for s in sets], LIMITS))
        for name in (sets[0] if sets else {})
    }
    parameters = ready.model.parameters
    names: dict[str, None] = dict.fromkeys(open_) if not patterns else {}
    for pattern in patterns:
        found = fnmatch.filter(parameters, pattern) or fnmatch.filter(parameters, f"*.{pattern}")
        if not found:
            raise InputError(f"no parameter '{pattern}'.{did_you_mean(pattern, parameters)}")
        names |= dict.fromkeys(found)
    result = []
    for name in names:
        low, high = open_.get(name, parameters[name].range)
        if low < high and (low > 0 or high < 0):
            result.append(Range(name, float(low), float(high)))
    if not result:
        raise InputError("none of these parameters has a range of one sign to vary in.")
    return tuple(result)


def analyse(
    ready: Simulator,
    question: Question,
    varied: Sequence[Range],
    method: str = "morris",
    *,
    samples: int | None = None,
    seed: int = 1,
    progress: Progress | None = None,
    each: Each = here,
) -> Sensitivity:
    """Return how `varied` parameters move the outcomes of `question`.

    `samples` are trajectories (morris) or base samples (sobol). Raises `InputError` for an unknown
    outcome or method, `SolverError` if more than a twentieth of the runs fail.
    """
    if method not in METHODS:
        raise InputError(f"method: '{method}' given, allowed are {', '.join(METHODS)}.")
    known = [*ready.model.quantities, *T_SCORES]
    for name in question.outputs:
        if name not in known:
            raise InputError(
                f"unknown output '{name}'.{did_you_mean(name, known)} Outputs are the quantities "
                "of the model and T-scores."
            )
    signs = np.array([np.sign(r.low) for r in varied])
    ends = np.log([sorted((abs(r.low), abs(r.high))) for r in varied])
    problem = {
        "num_vars": len(varied), "names": [r.name for r in varied], "bounds": ends.tolist(),
    }  # fmt: skip

    def run(logs: Array) -> Array:
        names = [r.name for r in varied]
        return _run(ready, question, names, signs * np.exp(logs), progress, each)

    if method == "local":
        logs = ends.mean(axis=1) + np.vstack(
            [np.zeros(len(varied)), STEP * np.eye(len(varied)), -STEP * np.eye(len(varied))]
        )
        values = run(logs)
        up, down = values[1 : 1 + len(varied)], values[1 + len(varied) :]
        effect = (up - down) / (2 * STEP) * np.ptp(ends, axis=1)[:, None] * signs[:, None]
        indices, main, logs_run = {"effect": effect}, "effect", logs
    else:
        indices, main, values, logs_run = _designed(method, problem, run, samples, seed)
    failed = int(np.isnan(values).any(axis=1).sum())
    units = tuple(_unit(ready, name) for name in question.outputs)
    return Sensitivity(method, question, tuple(varied), indices, main, len(logs_run), failed, units)


def _unit(ready: Simulator, output: str) -> str:
    if output.endswith("_bmd"):
        return "% change"
    return "1" if output in T_SCORES else ready.model.quantities[output].unit


def _designed(
    method: str,
    problem: dict[str, Any],
    run: Callable[[Array], Array],
    samples: int | None,
    seed: int,
) -> tuple[dict[str, Array], str, Array, Array]:
    """Return the indices of a design of SALib, the main one, the outcomes and the runs."""
    from SALib.analyze import morris as analyze_morris
    from SALib.analyze import sobol as analyze_sobol
    from SALib.sample import morris as sample_morris
    from SALib.sample import sobol as sample_sobol

    if method == "morris":
        names = {"mu_star": "mu_star", "mu": "mu", "sigma": "sigma"}
        logs = sample_morris.sample(problem, samples or TRAJECTORIES, num_levels=LEVELS, seed=seed)
        analyze = partial(analyze_morris.analyze, problem, logs, num_levels=LEVELS)
    else:
        names = {"total": "ST", "total_conf": "ST_conf", "first": "S1", "first_conf": "S1_conf"}
        logs = sample_sobol.sample(problem, samples or SAMPLES, calc_second_order=False, seed=seed)
        analyze = partial(analyze_sobol.analyze, problem, calc_second_order=False)
    values = run(logs)
    found = [analyze(column, seed=seed) for column in _filled(values).T]
    indices = {ours: np.array([f[key] for f in found], dtype=float).T for ours, key in
               names.items()}  # fmt: skip
    return indices, next(iter(names)), values, logs


def _filled(values: Array) -> Array:
    """Return outcomes with failed runs at the mean, so that designs stay whole."""
    bad = np.asarray(np.isnan(values).any(axis=1))
    if bad.mean() > MOST_FAILED:
        raise SolverError(f"{bad.sum()} of {len(bad)} runs could not be solved.")
    return np.where(bad[:, None], np.nanmean(values, axis=0), values)


def _run(
    ready: Simulator,
    question: Question,
    names: Sequence[str],
    points: Array,
    progress: Progress | None,
    each: Each = here,
) -> Array:
    """Return outcomes (run, output) at `points` (run, parameter); NaN where a run failed."""
    found = np.full((len(points), len(question.outputs)), np.nan)
    parts = [(first, points[first : first + BATCH]) for first in range(0, len(points), BATCH)]
    pace = Pace(progress, "runs", len(points))
    for (first, part), outcomes in each(partial(_outcomes, ready, question, names), parts):
        found[first : first + len(part)] = outcomes
        pace.add(len(part))
    return found


def _outcomes(
    ready: Simulator, question: Question, names: Sequence[str], part: tuple[int, Array]
) -> Array:
    """Return the outcomes (run, output) of a part of the points."""
    _, points = part
    patient = question.patient
    cohort = ready.start_all(
        [
            replace(
                patient,
                parameters={**patient.parameters, **dict(zip(names, row.tolist(), strict=True))},
            )
            for row in points
        ]
    )
    months = np.array([0.0, question.month])
    record = tuple(dict.fromkeys(T_SCORES.get(name, name) for name in question.outputs))
    task = ready.problem(cohort, question.regimen, months, record=record, dosing="average")
    values = engine.solve_many(task).values
    values[[problem is not None for problem in cohort.problems]] = np.nan
    found = np.empty((len(points), len(question.outputs)))
    for k, name in enumerate(question.outputs):
        before, after = values[:, (0, -1), record.index(T_SCORES.get(name, name))].T
        if name in T_SCORES:
            found[:, k] = dxa.t_score(after, name.removesuffix("_t_score"), patient.sex)
        else:
            found[:, k] = 100.0 * (after / before - 1.0) if name.endswith("_bmd") else after
    return found
