"""A stretch of a population simulated: plain arrays in, plain arrays out, the same anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from osteoaxis import engine
from osteoaxis.errors import InputError
from osteoaxis.outcomes import dxa, fracture
from osteoaxis.outcomes.incidence import incidence
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.population.members import Member, members
from osteoaxis.population.named import Population
from osteoaxis.simulation import Simulator

Array = NDArray[np.float64]

QUANTITIES = (
    *(f"{site}_bmd" for site in dxa.SITES), "ctx", "p1np", "estradiol", "testosterone",
)  # fmt: skip
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
WITHOUT_MENOPAUSE = 200.0


@dataclass(frozen=True)
class Task:
    """What is simulated: `count` members from `seed` on one regimen, looked at in `months`."""

    population: Population
    seed: int
    count: int
    regimen: Regimen
    months: tuple[float, ...]

    def __post_init__(self) -> None:
        if self.regimen.ruled:
            raise InputError(
                f"regimen '{self.regimen}': rules that decide on the way are not for populations."
            )

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
    problem = ready.problem(cohort, task.regimen, months, record=names, dosing="average")
    solved = engine.solve_many(problem)
    values = {name: solved.values[:, :, k] for k, name in enumerate(names)}
    status = np.zeros(len(people), dtype=np.int8)
    status[solved.status != 0] = FAILED
    for k, problem_found in enumerate(cohort.problems):
        if problem_found is not None:
            status[k] = NOT_MET if isinstance(problem_found, InputError) else NO_STEADY_STATE
    for name, (low, high) in task.population.plausible.items():
        start = values[name][:, 0]
        status[(status == SIMULATED) & ~((low <= start) & (start <= high))] = IMPLAUSIBLE
    kept = {name: values[name] for name in QUANTITIES} | _fractures(people, values, months)
    off = status != SIMULATED
    for array in kept.values():
        array[off] = np.nan
    weight = task.population.weights({name: kept[name][:, 0] for name in QUANTITIES})
    weight = np.where(off, 0.0, np.broadcast_to(weight, off.shape))
    return Solved(first, people, status, weight, kept)


def hazards(
    patients: Sequence[Patient],
    values: Mapping[str, Array],
    months: Array,
    *,
    numbers: Mapping[str, Array] | None = None,
) -> dict[str, Array]:
    """Return the fracture hazards (1/year; person, month) of people of one sex and history.

    `values` (person, month) hold densities, `trabecular_bone_score`, `ctx` and `p1np`; `numbers`
    are those of the fracture model, drawn for each person (default: central).
    """
    sex, history = patients[0].sex, patients[0].history
    age = np.array([p.age for p in patients])[:, None]
    now = age + months / 12.0
    menopause = None
    if sex == "female":
        menopause = np.array([p.menopause_age or WITHOUT_MENOPAUSE for p in patients])[:, None]
    z = {site: dxa.z_score(values[f"{site}_bmd"], site, sex, now) for site in dxa.SITES}
    with np.errstate(invalid="ignore"):
        found = fracture.hazards(
            sex=sex, age=age, months=months, spine_z=z["lumbar_spine"], neck_z=z["femoral_neck"],
            hip_z=z["total_hip"], ctx=values["ctx"], p1np=values["p1np"],
            tbs_z=dxa.bone_score_z(values["trabecular_bone_score"], sex, now),
            menopause_age=menopause, history=history, values=numbers,
        )  # fmt: skip
    return {cause: found[cause] for cause in fracture.CAUSES}


def _fractures(people: list[Member], values: dict[str, Array], months: Array) -> dict[str, Array]:
    """Return the percent of people like each member with a fracture until each month."""
    patients = [each.patient for each in people]
    with np.errstate(invalid="ignore"):
        shares = incidence(
            hazards(patients, values, months),
            months,
            sex=patients[0].sex,
            age=np.array([p.age for p in patients])[:, None],
            excess_mortality=fracture.excess_mortality(patients[0].history),
        )
    return {f"{cause}_fracture_incidence": 100.0 * shares[cause] for cause in FRACTURES}
