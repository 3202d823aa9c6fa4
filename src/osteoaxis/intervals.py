"""What else the data allow: one person on one regimen with many parameter sets of the ensemble.

Every interval of the product comes from these runs: 90 % of the sets of `osteoaxis.fitted`, with
the numbers of the fracture model drawn beside them. They hold what is uncertain about a typical
person like this one, not how people differ. Drugs swallowed daily are taken as steady inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from osteoaxis import engine, fitted, outcomes
from osteoaxis.outcomes import fracture, numbers
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.simulation import Simulator

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

SETS = 60
PERCENTILES = (5.0, 95.0)
"""Limits of the intervals: 90 % of the sets."""


def sets(count: int = SETS) -> list[Mapping[str, float]]:
    """Return `count` sets spread over the shipped ensemble; none without one."""
    known = fitted.ensemble()
    if not known:
        return []
    return [known[k] for k in np.linspace(0, len(known) - 1, min(count, len(known))).astype(int)]


def runs(
    ready: Simulator,
    patient: Patient,
    regimen: Regimen,
    months: Array,
    record: Sequence[str] = (),
    *,
    count: int = SETS,
    seed: int = 0,
) -> tuple[xr.Dataset, ...]:
    """Return the trajectories of one person for each set, with every outcome at `months`.

    `record` names quantities of the model to keep beside those that outcomes are made of. The same
    sets and fracture numbers are used for every regimen, so that differences keep what is certain
    about them. Parameters the patient gives, and those of a drug that a file of the user replaces,
    stay as given; sets that cannot be solved are left out.
    """
    chosen = sets(count)
    if not chosen:
        return ()
    people = [
        replace(
            patient,
            parameters={**_open(ready, changes, male=patient.male), **patient.parameters},
        )
        for changes in chosen
    ]
    cohort = ready.start_all(people)
    names = tuple(dict.fromkeys((*record, *outcomes.NEEDS)))
    task = ready.problem(cohort, regimen, months, record=names, dosing="average")
    solved = engine.solve_many(task)
    data = ready.dataset(patient, solved, slice(None), months)
    shares = fracture.shares(
        data,
        sex=patient.sex,
        age=patient.age,
        menopause_age=patient.menopause_age,
        history=patient.history,
        values=numbers.draws("fracture", len(chosen), seed),
    )
    for cause in (*fracture.CAUSES, "any"):
        data[f"{cause}_fracture_incidence"] = (("person", "time"), 100.0 * shares[cause])
    return tuple(
        data.isel(person=k)
        for k, problem in enumerate(cohort.problems)
        if problem is None and not solved.status[k]
    )


def _open(ready: Simulator, changes: Mapping[str, float], *, male: bool) -> dict[str, float]:
    """Return a set of the ensemble without the drugs that a file of the user replaces."""
    replaced = {drug.name for drug in ready.drugs.values() if not drug.built_in}
    own = fitted.of_sex(changes, male=male)
    return {name: value for name, value in own.items() if name.partition(".")[0] not in replaced}


def limits(
    drawn: Sequence[xr.Dataset], values: Callable[[xr.Dataset], Array]
) -> tuple[Array, Array] | None:
    """Return the 90 % limits of what `values` makes of each run; None without runs."""
    if not drawn:
        return None
    return between(np.array([values(data) for data in drawn]))


def between(courses: Array) -> tuple[Array, Array]:
    """Return the 90 % limits over the first axis, that of the runs."""
    low, high = np.percentile(courses, PERCENTILES, axis=0)
    return low, high
