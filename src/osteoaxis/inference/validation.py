"""Calibration and validation side by side: what was asked, what was met, what was missed."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from osteoaxis import fitted, intervals, toml
from osteoaxis.engine import Progress
from osteoaxis.evidence import DRAWS, check
from osteoaxis.evidence.check import Scored
from osteoaxis.evidence.endpoint import group
from osteoaxis.evidence.prediction import Plan, Planned
from osteoaxis.evidence.row import Row
from osteoaxis.evidence.study import Study, studies
from osteoaxis.simulation import simulator
from osteoaxis.units import DAYS_PER_MONTH

Array = NDArray[np.float64]

FROZEN = fitted.HERE / "frozen.toml"
CAUSES = Path(__file__).parents[1] / "evidence" / "causes.toml"
KINDS = {
    "gonadotropin-releasing hormone agonist": "GnRH agonist",
    "aromatase inhibitor": "aromatase inhibitor",
    "aromatase inactivator": "aromatase inhibitor",
    "androgen": "testosterone",
    "estrogen": "estrogen or SERM",
    "progestogen": "estrogen or SERM",
    "selective estrogen receptor modulator": "estrogen or SERM",
    "bisphosphonate": "bisphosphonate",
    "RANKL antibody": "denosumab",
    "parathyroid hormone analogue": "anabolic",
    "sclerostin antibody": "anabolic",
    "TNF inhibitor": "cytokine blocker",
    "IL-1 receptor antagonist": "cytokine blocker",
    "IL-6 receptor antibody": "cytokine blocker",
}
"""Classes of drugs that make a treatment, as they are told apart in tables by treatment."""
ENDPOINTS = {
    "lumbar_spine_bmd": "spine", "total_hip_bmd": "hip", "femoral_neck_bmd": "neck",
    "marker": "markers", "hormone": "hormones", "fracture": "fractures",
    "arthralgia": "joint pain", "other": "other",
}  # fmt: skip
FEWEST_POINTS = 4
"""Points a curve needs to be drawn as a course."""


@dataclass(frozen=True)
class Goal:
    """Something that was asked of the model, what was found, and whether it is met.

    `perfect` is what a model without error would be expected to show, see `perfect_share`.
    """

    what: str
    asked: str
    found: float
    rows: int
    met: bool
    perfect: float


@dataclass(frozen=True)
class Course:
    """An arm over time: predicted with its 90 % interval, and what was observed."""

    study: str
    arm: str
    endpoint: str
    role: str
    months: Array
    predicted: Array
    low: Array
    high: Array
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Group:
    """How rows with weight of one treatment, endpoint and role stand, see `check.statistics`."""

    treatment: str
    endpoint: str
    role: str
    statistics: Mapping[str, float]

    def as_json(self) -> dict[str, Any]:
        """Return everything by name, on one level."""
        found = {"treatment": self.treatment, "endpoint": self.endpoint, "role": self.role}
        return found | {k: v if k == "n" else round(v, 4) for k, v in self.statistics.items()}


@dataclass(frozen=True)
class Validation:
    """Everything the report shows."""

    scored: tuple[Scored, ...]
    goals: tuple[Goal, ...]
    courses: tuple[Course, ...]
    treatments: tuple[Group, ...]
    criticism: tuple[dict[str, Any], ...]
    identified: tuple[Mapping[str, str], ...]
    shares: tuple[dict[str, Any], ...]
    fit: Mapping[str, Any]
    model_error: Mapping[str, float]
    commit: str
    causes: Mapping[str, str]

    def of_role(self, role: str) -> list[Scored]:
        return [each for each in self.scored if each.role == role]

    @property
    def misses(self) -> list[tuple[Scored, str]]:
        """Rows with weight beyond what counts as agreement, and the likely cause."""
        return [
            (each, cause(self.causes, each.row))
            for each in self.scored
            if each.weight > 0 and not each.within
        ]


def frozen_commit() -> str:
    """Return the commit that froze the parameters; says so when they are others now."""
    if not FROZEN.exists():
        return "not frozen"
    table = toml.read(FROZEN)
    if table.get("sha256") != fitted.digest():
        return f"not those frozen in {table.get('commit')}"
    return str(table.get("commit"))


def cause(causes: Mapping[str, str], row: Row) -> str:
    """Return the likely cause of a miss: of the row's endpoint in its study, or of the study."""
    return causes.get(f"{row.study_id}/{row.endpoint}", causes.get(row.study_id, "not understood"))


def validate(progress: Progress | None = None) -> Validation:
    """Predict every row of every study with the fitted model and hold it against the goals."""
    known = studies()
    ready = simulator(progress=progress)
    roles = {name: study.role for name, study in known.items()}
    rows = [row for study in known.values() for row in study.rows]
    plan = Plan(rows, ready, known)
    chosen = intervals.sets(DRAWS)
    scored = check.score(plan, plan.predict([{}, *chosen], progress=progress), roles)
    return Validation(
        scored=tuple(scored),
        goals=tuple(goals(scored, men_of(plan))),
        courses=tuple(_courses(known, plan, chosen)),
        treatments=tuple(by_treatment(plan, scored)),
        criticism=tuple(_criticism(plan, roles, scored)),
        identified=tuple(fitted.identified().values()),
        shares=tuple(_json(fitted.HERE / "shares.json")),
        fit=fitted.record()["fit"],
        model_error=fitted.model_error(),
        commit=frozen_commit(),
        causes=toml.read(CAUSES) if CAUSES.exists() else {},
    )


def men_of(plan: Plan) -> set[str]:
    """Return the studies of men."""
    return {p.row.study_id for p in plan.rows if p.people and p.people[0][0].male}


def by_treatment(plan: Plan, scored: Sequence[Scored]) -> list[Group]:
    """Return how rows with weight stand by what was given, women first, then by most rows."""
    rows: dict[str, dict[tuple[str, str], list[Scored]]] = {}
    for each in scored:
        if each.weight > 0:
            of = rows.setdefault(treatment_of(plan, each.planned), {})
            of.setdefault((endpoint_of(each.row), each.role), []).append(each)
    order = sorted(rows, key=lambda name: (name.startswith("men"),
                                           -sum(map(len, rows[name].values()))))  # fmt: skip
    return [
        Group(name, endpoint, role, check.statistics(rows[name][endpoint, role]))
        for name in order
        for endpoint, role in sorted(
            rows[name], key=lambda key: (list(ENDPOINTS.values()).index(key[0]), key[1])
        )
    ]


def treatment_of(plan: Plan, planned: Planned) -> str:
    """Return who was given what, in classes of drugs, between the months of a row's question.

    Of a comparison it is the first arm. What is given beside a treatment does not count.
    """
    asked = planned.question
    assert asked is not None
    members = [plan.members[number] for number in planned.arms[0]]
    given, earlier = set(), False
    for term in itertools.chain.from_iterable(member.regimen.terms for member in members):
        kind = KINDS.get(plan.ready.drug(term.drug).group)
        stop = math.inf if term.stop_day is None else term.stop_day / DAYS_PER_MONTH
        start = term.start_day / DAYS_PER_MONTH
        if kind is not None and start < asked.end and stop > asked.start:
            given.add(kind)
        elif kind is not None and stop <= asked.start:
            earlier = True
    who = "men" if members[0].patient.male else "women"
    what = [kind for kind in dict.fromkeys(KINDS.values()) if kind in given]
    return f"{who}: {' + '.join(what) or ('treatment stopped' if earlier else 'no drug')}"


def endpoint_of(row: Row) -> str:
    """Return the site of density, or the kind of endpoint, in words."""
    return ENDPOINTS.get(row.endpoint) or ENDPOINTS[group(row.endpoint)]


def error_without_model(each: Scored) -> float:
    """Return the standard deviation (points) of a row about a model without error.

    Sampling and the spread between studies of one treatment, as they are in the intervals.
    """
    return math.hypot(check.sampling_error(each.row), check.between_studies(each.row))


def perfect_share(rows: Sequence[Scored]) -> float:
    """Return the share (percent) of rows that would be within under a model without error."""
    assert all(each.allowed is not None for each in rows)
    chances = [
        math.erf((each.allowed or 0.0) / error_without_model(each) / math.sqrt(2.0))
        for each in rows
    ]
    return 100.0 * float(np.mean(chances)) if chances else math.nan


def goals(scored: Sequence[Scored], men: set[str]) -> list[Goal]:
    """Return what was asked of calibration and validation, and what was found."""
    weighed = [each for each in scored if each.weight > 0]

    def chosen(role: str, *groups: str) -> list[Scored]:
        return [e for e in weighed if e.role == role and group(e.row.endpoint) in groups]

    def share(what: str, rows: Sequence[Scored], least: float, most: float = 1.0,
              of: Callable[[Scored], bool] = lambda e: e.within) -> Goal:  # fmt: skip
        value = float(np.mean([of(e) for e in rows])) if rows else math.nan
        asked = f"at least {100 * least:.0f} %" if most == 1.0 else (
            f"{100 * least:.0f} to {100 * most:.0f} %"
        )  # fmt: skip
        perfect = perfect_share(rows) if most == 1.0 else 90.0
        return Goal(what, asked, 100.0 * value, len(rows), bool(least <= value <= most), perfect)

    def spine(role: str) -> list[Scored]:
        return [e for e in chosen(role, "bmd") if e.row.endpoint == "lumbar_spine_bmd"]

    found = []
    for role, bmd, markers, most in (("calibration", 0.9, 0.8, 1.2), ("validation", 0.8, 0.7, 1.6)):
        found.append(share(f"{role}: density within", chosen(role, "bmd"), bmd))
        found.append(
            share(f"{role}: markers and hormones within", chosen(role, "marker", "hormone"),
                  markers)
        )  # fmt: skip
        values = check.statistics(spine(role))
        perfect = math.sqrt(float(np.mean([error_without_model(e) ** 2 for e in spine(role)])))
        found.append(Goal(f"{role}: spine RMSE, points", f"at most {most:g}", values["rmse"],
                          int(values["n"]), values["rmse"] <= most, perfect))  # fmt: skip
        values = check.statistics(chosen(role, "bmd"))
        found.append(Goal(f"{role}: density bias, points", "within ±0.5", values["bias"],
                          int(values["n"]), abs(values["bias"]) <= 0.5, 0.0))  # fmt: skip
        own = [e for e in chosen(role, "bmd") if e.row.study_id in men]
        found.append(share(f"{role}, men: density within", own, bmd))
        own = [e for e in chosen(role, "marker", "hormone") if e.row.study_id in men]
        found.append(share(f"{role}, men: markers and hormones within", own, markers))
        found.append(share(f"{role}: fractures inside the interval", chosen(role, "fracture"), 0.7))
    rows = [e for e in weighed if e.role == "validation"]
    found.append(share("validation: coverage of 90 % intervals", rows, 0.80, 0.97,
                       lambda e: e.covered))  # fmt: skip
    return found


def _courses(
    known: Mapping[str, Study], plan: Plan, sets: Sequence[Mapping[str, float]]
) -> list[Course]:
    """Return arms that were measured often, as curves."""
    arms: dict[tuple[str, str, str], list[Row]] = {}
    for planned in plan.rows:
        row, asked = planned.row, planned.question
        plain = asked is not None and asked.how == "change" and asked.start == 0.0
        if plain and row.value is not None and row.quality != "memory":
            arms.setdefault((row.study_id, row.arm, row.endpoint), []).append(row)
    wanted = {key: rows for key, rows in arms.items() if len(rows) >= FEWEST_POINTS}
    grids = {key: np.linspace(0.25, max(r.time_months for r in rows), 73)
             for key, rows in wanted.items()}  # fmt: skip
    curves = [
        replace(rows[0], time_months=float(month))
        for key, rows in wanted.items()
        for month in grids[key]
    ]
    if not curves:
        return []
    values = Plan(curves, plan.ready, known).predict([{}, *sets])
    found, first = [], 0
    for (study, arm, name), rows in wanted.items():
        months = grids[study, arm, name]
        own = values[first : first + len(months)]
        first += len(months)
        low, high = np.percentile(own, (5, 95), axis=1)
        found.append(
            Course(study, arm, name, known[study].role, months, own[:, 0], low, high, tuple(rows))
        )
    return found


def _criticism(
    plan: Plan, roles: Mapping[str, str], scored: Sequence[Scored]
) -> list[dict[str, Any]]:
    """Return each refit with what it does to the cost and to validation."""
    refits = _json(fitted.HERE / "refits.json")
    if not refits:
        return []
    predicted = plan.predict([refit["changes"] for refit in refits])
    found = [{"name": "everything", "removed": 0, "worse": 0.0, **_bone(scored)}]
    for k, refit in enumerate(refits):
        again = check.score(plan, predicted[:, k : k + 1], roles)
        found.append(
            {key: refit[key] for key in ("name", "removed", "worse")} | _bone(again)
        )  # fmt: skip
    return found


def _bone(scored: Sequence[Scored]) -> dict[str, float]:
    result = {}
    for role in ("calibration", "validation"):
        rows = [e for e in scored if e.role == role and e.weight > 0
                and group(e.row.endpoint) == "bmd"]  # fmt: skip
        values = check.statistics(rows)
        result[f"{role}_rmse"] = values["rmse"]
        result[f"{role}_within"] = values["share_within"]
    return result


def _json(path: Path) -> list[dict[str, Any]]:
    return list(json.loads(path.read_text("utf-8"))) if path.exists() else []
