"""Runs of the model that a request asks for, as plain data of NumPy arrays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from osteoaxis import DISCLAIMER, guidance, intervals, treatment
from osteoaxis import forecast as one
from osteoaxis.dosing import read_at
from osteoaxis.errors import InputError, SolverError, did_you_mean, within
from osteoaxis.forecast import Person
from osteoaxis.guidance.facts import SIMULATED
from osteoaxis.patient import Patient, presets
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.present import guidance as shown
from osteoaxis.present import told, words
from osteoaxis.present.noted import noted
from osteoaxis.simulation import Simulator, month_grid
from osteoaxis.web.asked import MOST_POINTS, Comparison, Course, Forecast, Simulation
from osteoaxis.web.catalogue import Catalogue

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]
Answer = dict[str, Any]


def patient(given: str | Mapping[str, Any]) -> Patient:
    """Return the preset of this name or the patient of a table; never reads another file.

    Raises `InputError`.
    """
    if not isinstance(given, str):
        return Patient.from_table({"name": "patient", **given}, "patient")
    if given not in presets():
        raise InputError(
            f"unknown patient '{given}'.{did_you_mean(given, presets())}"
            f" Known: {', '.join(presets())}; or give a table."
        )
    return Patient.load(given)


def simulate(catalogue: Catalogue, asked: Simulation) -> Answer:
    """Return one person on one regimen; raises `InputError` or `SolverError`."""
    answer = _run(catalogue, asked, {"regimen": asked.regimen})
    (only,) = answer.pop("strategies").values()
    return {"time": answer.pop("time"), **only, **answer}


def compare(catalogue: Catalogue, asked: Comparison) -> Answer:
    """Return one person on several regimens; raises `InputError` or `SolverError`."""
    return _run(catalogue, asked, asked.strategies)


def guidelines(catalogue: Catalogue, asked: Simulation) -> Answer:
    """Return every rule that is for this person at some time, and when it is met."""
    ready = catalogue.ready
    person, plan = patient(asked.patient), regimen(ready, "regimen", asked.regimen)
    months = month_grid(asked.years, asked.step)
    read = read_at([plan], months)
    data = treatment.run(
        ready, ready.start(person), plan, read, seed=asked.seed, dosing=asked.dosing
    )
    data = treatment.labelled(data, months)
    if data.attrs["status"]:
        raise SolverError(data.attrs["message"])
    found = guidance.findings(person, data, ready.drugs)
    return {
        "regimen": str(plan),
        "given": data.attrs["given"],
        "findings": [shown.as_json(finding) for finding in found],
        "not_shown": shown.not_shown(guidance.withheld(person, data, ready.drugs)),
        "note": f"{shown.ADVICE} {DISCLAIMER}",
    }


def forecast(catalogue: Catalogue, asked: Forecast) -> Answer:
    """Return the forecast of one person from their own results, as `osteoaxis forecast --json`.

    Raises `InputError` or `SolverError`.
    """
    person = Person.from_table(asked.person, "person")
    found = one.forecast(person, catalogue.ready, seed=asked.seed)
    return told.as_json(found, catalogue.ready)


def nothing(catalogue: Catalogue, asked: None) -> None:
    """Do nothing, which waits for a process that is ready."""


def _run(catalogue: Catalogue, asked: Course, texts: Mapping[str, str]) -> Answer:
    months = month_grid(asked.years, asked.step)
    points = len(months) * len(asked.quantities) * len(texts)
    if points > MOST_POINTS:
        raise InputError(
            f"{points:,} values asked for; the limit is {MOST_POINTS:,}. Ask for fewer quantities, "
            "fewer years or longer steps."
        )
    ready, known = catalogue.ready, catalogue.quantities
    for name in asked.quantities:
        if name not in known:
            raise InputError(
                f"unknown quantity '{name}'.{did_you_mean(name, known)} /api/catalogue lists all."
            )
    person = patient(asked.patient)
    plans = {name: regimen(ready, name, text) for name, text in texts.items()}
    read = {name: read_at([plan], months).round(9) for name, plan in plans.items()}
    found = {
        name: treatment.labelled(data, months)
        for name, data in _trajectories(ready, person, plans, read, asked).items()
    }
    warnings = [*ready.model.implausible(person.parameters), *_warnings(found)]
    return {
        "time": months,
        "strategies": {
            name: {
                "regimen": data.attrs["regimen"],
                "words": words.regimen(data.attrs["regimen"], asked.years),
                "given": data.attrs["given"],
                "decisions": words.decisions(data),
                **noted(person, data, ready.drugs),
                "quantities": _quantities(ready, person, data, asked, read[name]),
            }
            for name, data in found.items()
        },
        "warnings": warnings,
        "note": DISCLAIMER,
    }


def regimen(ready: Simulator, name: str, text: str) -> Regimen:
    """Return the regimen of a strategy; raises `InputError` that names it."""
    with within(name):
        plan = Regimen.parse(text)
        ready.check(plan)
    return plan


def _trajectories(
    ready: Simulator,
    person: Patient,
    plans: Mapping[str, Regimen],
    read: Mapping[str, Array],
    asked: Course,
) -> dict[str, xr.Dataset]:
    """Solve plans without rules that are read at the same times in one batch, others alone."""
    cohort = ready.start(person)
    found: dict[str, xr.Dataset] = {}
    batches: dict[bytes, list[str]] = defaultdict(list)
    for name, plan in plans.items():
        if not plan.ruled:
            batches[read[name].tobytes()].append(name)
    record = _recorded(ready, asked.quantities)
    for names in batches.values():
        some = [plans[name] for name in names]
        batch = ready.run_each(cohort, some, read[names[0]], record=record, dosing=asked.dosing)
        for name, data in zip(names, batch, strict=True):
            data.attrs |= {"given": str(plans[name]), "decisions": []}
            found[name] = data
    for name, plan in plans.items():
        if plan.ruled:
            found[name] = treatment.run(
                ready, cohort, plan, read[name], seed=asked.seed, dosing=asked.dosing
            )
    return {name: found[name] for name in plans}


def _recorded(ready: Simulator, names: Sequence[str]) -> list[str]:
    """Return what of the model is to be kept: what is wanted, and what cautions ask about."""
    wanted = dict.fromkeys((*names, *SIMULATED))
    return [name for name in wanted if name in ready.model.quantities]


def _quantities(
    ready: Simulator, person: Patient, data: xr.Dataset, asked: Course, read: Array
) -> dict[str, Answer]:
    found: dict[str, Answer] = {
        name: {
            "unit": column.attrs["unit"],
            "meaning": column.attrs["long_name"],
            "values": column.values,
        }
        for name, column in ((name, data.variables[name]) for name in asked.quantities)
    }
    if not asked.intervals or data.attrs["status"]:
        return found
    drawn = intervals.runs(
        ready,
        person,
        treatment.was_given(data),
        read,
        _recorded(ready, asked.quantities),
        count=asked.intervals,
    )
    for name, entry in found.items() if drawn else ():
        courses = np.array([run.variables[name].values for run in drawn])
        entry["low"], entry["high"] = intervals.between(courses)
        # What a change may be does not follow from the limits of levels: starts differ, too.
        starts = courses[:, :1]
        if starts.min() > 0:
            change = 100.0 * (courses / starts - 1.0)
            entry["change_low"], entry["change_high"] = intervals.between(change)
    return found


def _warnings(found: Mapping[str, xr.Dataset]) -> list[str]:
    """Return what could not be solved, and where ages lie outside those of sources."""
    told = [
        f"{name}: {data.attrs['message']}; no values from there on."
        for name, data in found.items()
        if data.attrs["status"]
    ]
    notes = (data["any_fracture_incidence"].attrs.get("note") for data in found.values())
    return [*told, *dict.fromkeys(note for note in notes if note)]
