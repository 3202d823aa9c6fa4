"""A stretch of a population simulated: plain arrays in, plain arrays out, the same anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from osteoaxis import treatment
from osteoaxis.errors import InputError
from osteoaxis.outcomes import dxa, fracture
from osteoaxis.outcomes.incidence import incidence
from osteoaxis.outcomes.person import People
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.population.members import Member, members
from osteoaxis.population.named import LEVELS, Population
from osteoaxis.simulation import Cohort, Simulator

Array = NDArray[np.float64]

QUANTITIES = LEVELS
FRACTURES = ("any", "vertebral")
SIMULATED, NO_STEADY_STATE, NOT_MET, FAILED, IMPLAUSIBLE, WAITING = 0, 1, 2, 3, 4, -1
REASONS = {
    SIMULATED: "",
    NO_STEADY_STATE: "no steady state as a young adult",
    NOT_MET: "levels at time zero cannot be met together",
    FAILED: "the equations could not be solved to the end",
    IMPLAUSIBLE: "a level at time zero is beyond what is plausible",
}
"""Why a member is not kept."""


@dataclass(frozen=True)
class Task:
    """What is simulated: `count` members from `seed` on one regimen, looked at in `months`."""

    population: Population
    seed: int
    count: int
    regimen: Regimen
    months: tuple[float, ...]

    @property
    def identity(self) -> dict[str, Any]:
        """What must be the same for results to belong together."""
        return {
            "population": repr(self.population),
            "seed": self.seed,
            "count": self.count,
            "regimen": str(self.regimen),
            "months": list(self.months),
        }

    @cached_property
    def variables(self) -> dict[str, str]:
        """Variables over time by name, with their units."""
        units = {"ctx": "ng/mL", "p1np": "ng/mL", "estradiol": "pg/mL", "testosterone": "ng/dL"}
        found = {name: units.get(name, "g/cm^2") for name in QUANTITIES}
        return found | {f"{cause}_fracture_incidence": "percent" for cause in FRACTURES}


@dataclass(frozen=True)
class Solved:
    """Members `first` on: variables (member, time), status, weight, and who they are."""

    first: int
    people: list[Member]
    status: NDArray[np.int8]
    weight: Array
    values: dict[str, Array]


def solve(task: Task, ready: Simulator, first: int, last: int) -> Solved:
    """Simulate members `first` to `last` - 1. No member depends on any other.

    One that cannot be simulated, or is implausible, has a status other than 0, NaN and weight 0.
    """
    people = members(task.population, task.seed, range(first, last), ready.model.parameters)
    cohort = ready.start_all([each.patient for each in people])
    months = np.array(task.months)
    names = tuple(dict.fromkeys((*QUANTITIES, *dxa.NEEDS, *fracture.NEEDS)))
    solved = treatment.run_all(ready, cohort, task.regimen, months, names, seed=task.seed)
    values = {name: solved.values[:, :, k] for k, name in enumerate(names)}
    status = statuses(cohort, solved.status)
    for name, (low, high) in task.population.plausible.items():
        start = values[name][:, 0]
        status[(status == SIMULATED) & ~((low <= start) & (start <= high))] = IMPLAUSIBLE
    alike = People.of([each.patient for each in people])
    kept = {name: values[name] for name in QUANTITIES} | _fractures(alike, values, months)
    off = status != SIMULATED
    for array in kept.values():
        array[off] = np.nan
    weight = task.population.weights({name: kept[name][:, 0] for name in QUANTITIES})
    return Solved(first, people, status, np.where(off, 0.0, weight), kept)


def statuses(cohort: Cohort, solved: NDArray[np.int64]) -> NDArray[np.int8]:
    """Return the status of each person from how they started and how they were `solved`."""
    status = np.where(solved, FAILED, SIMULATED).astype(np.int8)
    for k, problem in enumerate(cohort.problems):
        if problem is not None:
            status[k] = NOT_MET if isinstance(problem, InputError) else NO_STEADY_STATE
    return status


def hazards(
    people: People,
    values: Mapping[str, Array],
    months: Array,
    *,
    numbers: Mapping[str, Array] | None = None,
) -> dict[str, Array]:
    """Return the fracture hazards (1/year; person, month).

    `values` (person, month) hold densities, `trabecular_bone_score`, `ctx` and `p1np`; `numbers`
    are those of the fracture model, drawn for each person (default: central).
    """
    sex, now = people.sex, people.age + months / 12.0
    z = {site: dxa.z_score(values[f"{site}_bmd"], site, sex, now) for site in dxa.SITES}
    with np.errstate(invalid="ignore"):
        found = fracture.hazards(
            sex=sex, age=people.age, months=months, spine_z=z["lumbar_spine"],
            neck_z=z["femoral_neck"], hip_z=z["total_hip"], ctx=values["ctx"], p1np=values["p1np"],
            tbs_z=dxa.bone_score_z(values["trabecular_bone_score"], sex, now),
            menopause_age=people.menopause_age, history=people.history, values=numbers,
        )  # fmt: skip
    return {cause: found[cause] for cause in fracture.CAUSES}


def _fractures(people: People, values: dict[str, Array], months: Array) -> dict[str, Array]:
    """Return the percent of people like each member with a fracture until each month."""
    with np.errstate(invalid="ignore"):
        shares = incidence(
            hazards(people, values, months),
            months,
            sex=people.sex,
            age=people.age,
            excess_mortality=fracture.excess_mortality(people.history),
        )
    return {f"{cause}_fracture_incidence": 100.0 * shares[cause] for cause in FRACTURES}
