"""Rule-based treatment: what is given depends on what is measured at visits, and on chance.

A plan becomes doses by simulating with the doses decided so far, going through the visits in
order, and simulating again after each decision: no run knows its future, and the last run is the
result. `decide` asks for such runs, one person at a time; those of many people are made together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from osteoaxis import engine
from osteoaxis.conditions import Values
from osteoaxis.dosing import Dosing, read_at
from osteoaxis.errors import SolverError
from osteoaxis.outcomes import dxa
from osteoaxis.outcomes.incidence import first_month
from osteoaxis.outcomes.person import People
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.decisions import (
    Decided,
    Decision,
    Given,
    Measured,
    decide,
    uniforms,
    visits,
)
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.simulation import ATOL, RTOL, Array, Cohort, Simulator, month_grid, simulator
from osteoaxis.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    import xarray as xr

FRACTURE_SITES = ("vertebral", "hip", "other")


def _decided(
    plan: Regimen,
    patients: Sequence[Patient],
    until_day: float,
    seed: int,
    look: Callable[[Sequence[int], Sequence[Given]], Sequence[Measured]],
) -> list[Decided]:
    """Decide about everybody; each round looks at all who wait for an answer at once."""
    people = [decide(plan, until_day, seed=seed, patient=each.name) for each in patients]
    waiting = {k: next(each) for k, each in enumerate(people)}
    found: dict[int, Decided] = {}
    while waiting:
        answers = look(list(waiting), list(waiting.values()))
        for k, measured in zip(list(waiting), answers, strict=True):
            try:
                waiting[k] = people[k].send(measured)
            except StopIteration as end:
                found[k] = end.value
                del waiting[k]
    return [found[k] for k in range(len(people))]


def run(
    ready: Simulator,
    cohort: Cohort,
    plan: Regimen,
    months: Array,
    *,
    seed: int = 1,
    dosing: Dosing = "events",
    rtol: float = RTOL,
    atol: float = ATOL,
) -> xr.Dataset:
    """Simulate one person on a plan that may have rules; see `Simulator.run` for the result.

    The attribute `given` is the regimen without rules that was given, `decisions` lists what was
    decided about it.
    """
    if not plan.ruled:
        data = ready.run(cohort, plan, months, dosing=dosing, rtol=rtol, atol=atol)
        data.attrs |= {"given": str(plan), "decisions": [], "seed": seed}
        return data
    ready.check(plan)
    grid = _with_visits(plan, months)
    runs: list[xr.Dataset] = []

    def look(_: Sequence[int], given: Sequence[Given]) -> Sequence[Measured]:
        (doses,) = given
        runs[:] = [ready.run(cohort, plan, grid, doses=doses, dosing=dosing, rtol=rtol, atol=atol)]
        return _measured(plan, runs[0].expand_dims("person"), cohort.patients, seed, {})

    ((doses, decisions),) = _decided(plan, cohort.patients, _end(months), seed, look)
    data = runs[0].isel(time=_places(grid, months))
    data.attrs |= {
        "given": str(Regimen.from_doses(doses)),
        "decisions": [str(decision) for decision in decisions],
        "seed": seed,
    }
    return data


@dataclass(frozen=True)
class Treated:
    """Many people on a plan: what was recorded, whether it was solved, what was decided."""

    values: Array  # (person, month, quantity)
    status: NDArray[np.int64]  # (person,): 0 solved
    messages: tuple[str, ...]
    decisions: tuple[tuple[Decision, ...], ...]


def run_all(
    ready: Simulator,
    cohort: Cohort,
    plan: Regimen,
    months: Array,
    record: Sequence[str],
    *,
    seed: int = 1,
    errors: Mapping[str, float] | None = None,
    dosing: Dosing = "average",
    rtol: float = RTOL,
    atol: float = ATOL,
) -> Treated:
    """Simulate people of one sex, ethnicity and history on a plan that may have rules.

    `record` names the states and rates wanted at `months`, see `dosing.read_at`. Rules see them
    with `errors` of measurement (percent, see `measured_factor`; default: none). Nobody depends on
    anybody else: without errors, decisions and values are those that `run` finds with the same
    `dosing`. Raises `InputError` as `Simulator.problem` does and for a rule about what is not
    measured.
    """
    exact: dict[str, Any] = {"dosing": dosing, "rtol": rtol, "atol": atol}
    months = read_at([plan], months)
    if not plan.ruled:
        batch = engine.solve_many(ready.problem(cohort, plan, months, record=record, **exact))
        return Treated(batch.values, batch.status, batch.messages, ((),) * len(cohort))
    ready.check(plan)
    grid = _with_visits(plan, months)
    values = np.empty((len(cohort), len(months), len(record)))
    status, messages = np.zeros(len(cohort), np.int64), [""] * len(cohort)

    def look(who: Sequence[int], given: Sequence[Given]) -> Sequence[Measured]:
        some = cohort.only(who)
        batch = engine.solve_many(ready.problem(some, plan, grid, doses=given, **exact))
        columns = [batch.quantities.index(name) for name in record]
        values[who] = batch.values[:, _places(grid, months)][:, :, columns]
        status[who] = batch.status
        for k, message in zip(who, batch.messages, strict=True):
            messages[k] = message
        with np.errstate(all="ignore"):  # of people who could not be solved
            data = ready.dataset(People.of(some.patients), batch, slice(None), grid)
        return _measured(plan, data, some.patients, seed, errors or {})

    decided = _decided(plan, cohort.patients, _end(months), seed, look)
    return Treated(values, status, tuple(messages), tuple(decisions for _, decisions in decided))


def _end(months: Array) -> float:
    return float(months[-1]) * DAYS_PER_MONTH


def _with_visits(plan: Regimen, months: Array) -> Array:
    looks = [day / DAYS_PER_MONTH for term in plan.terms for day in visits(term, _end(months))]
    read = [_read(plan, month) for month in looks]
    return np.unique(np.concatenate([months, looks, read]).round(9))


def _read(plan: Regimen, month: float) -> float:
    """Return the month at which what is measured at a visit is read."""
    return float(read_at([plan], np.array([month]))[0])


def _places(grid: Array, months: Array) -> NDArray[np.int64]:
    return np.searchsorted(grid, np.asarray(months).round(9))


def measured_factor(seed: int, patient: str, name: str, month: float, percent: float) -> float:
    """Return by what a quantity is mismeasured whose errors have a log SD of `percent` / 100.

    It is the same for everybody who looks at that person, quantity and month.
    """
    (u,) = uniforms(seed, patient, f"error|{name}|{month:g}", 1)
    return float(np.exp(percent / 100.0 * ndtri(u)))


def _measured(
    plan: Regimen,
    data: xr.Dataset,
    patients: Sequence[Patient],
    seed: int,
    errors: Mapping[str, float],
) -> list[Measured]:
    """Return what is measured of each person of a trajectory (person, time)."""
    months = data["time"].values
    names = [str(name) for name in data.data_vars]
    values = np.stack([data[name].values for name in names], axis=-1)
    hazards = [f"{site}_fracture_hazard" for site in FRACTURE_SITES]
    total = np.sum([data[name].values for name in hazards], axis=0)

    def measuring(k: int) -> Measured:
        person = patients[k]
        (luck,) = uniforms(seed, person.name, "fracture", 1)
        broken = first_month(total[k], months, luck)

        def measured(day: float) -> Values:
            month = day / DAYS_PER_MONTH
            row = int(np.argmin(np.abs(months - _read(plan, month))))
            seen = dict(zip(names, values[k, row].tolist(), strict=True))
            for name, percent in errors.items():
                seen[name] *= measured_factor(seed, person.name, name, month, percent)
                if (site := name.removesuffix("_bmd")) in dxa.SITES:
                    age = person.age + month / 12.0
                    of = site, person.sex
                    seen[f"{site}_t_score"] = float(dxa.t_score(seen[name], *of))
                    seen[f"{site}_z_score"] = float(
                        dxa.z_score(seen[name], *of, age, person.ethnicity)
                    )
            return {**seen, "fracture": broken <= month}

        return measured

    return [measuring(k) for k in range(len(patients))]


def given(ready: Simulator, cohort: Cohort, plan: Regimen, months: Array) -> Regimen:
    """Return the regimen without rules that `plan` leads to for one person."""
    if not plan.ruled:
        return plan
    return was_given(run(ready, cohort, plan, months))


def was_given(data: xr.Dataset) -> Regimen:
    """Return the regimen without rules that was given in a run; it may list many single doses."""
    return Regimen.parse(data.attrs["given"], most=np.inf)


def simulate(
    patient: Patient | str | Mapping[str, Any] = "postmenopausal-breast-cancer",
    regimen: Regimen | str = "none",
    years: float = 10.0,
    *,
    step_months: float = 1.0,
    drugs_folder: Path | str | None = None,
    dosing: Dosing = "events",
    seed: int = 1,
    rtol: float = RTOL,
    atol: float = ATOL,
) -> xr.Dataset:
    """Simulate one patient on one regimen.

    `patient` is a `Patient`, the name of a preset, the path of a TOML file or a table as such a
    file holds; `regimen` is text such as ``"anastrozole 1 mg po qd [m0-m60]"`` or ``"none"``. With
    `dosing` "average", drugs swallowed at least daily are given as the steady input of the same
    amount. `seed` decides chance where rules of the regimen leave doses to it. Returns every state
    and rate of the model, with unit and meaning, along `time` (months; where doses are weekly, read
    as `dosing.read_at` says); the attributes say how it was made. Raises `InputError` for bad input
    and `SolverError`, which carries what was computed as `partial`, when the equations cannot be
    solved.
    """
    person = _person(patient)
    plan = regimen if isinstance(regimen, Regimen) else Regimen.parse(regimen)
    months = month_grid(years, step_months)
    read = read_at([plan], months)
    ready = simulator((Path(drugs_folder),) if drugs_folder else ())
    found = run(
        ready, ready.start(person), plan, read, seed=seed, dosing=dosing, rtol=rtol, atol=atol
    )
    result = labelled(found, months)
    if result.attrs["status"]:
        raise SolverError(f"patient '{person.name}': {result.attrs['message']}", partial=result)
    return result


def labelled(data: xr.Dataset, months: Array) -> xr.Dataset:
    """Return what was read at `read_at` of `months` with these months as its times."""
    return data.assign_coords(time=("time", months, data["time"].attrs))


def _person(given: Patient | str | Mapping[str, Any]) -> Patient:
    if isinstance(given, Patient):
        return given
    if isinstance(given, Mapping):
        return Patient.from_table({"name": "patient", **given}, "patient")
    return Patient.load(given)
