"""Scenarios as SBML documents: the patient at time zero, one document for each arm."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from osteoaxis import DISCLAIMER, treatment
from osteoaxis.engine import RATE, Events, Progress
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.sbml.exporting import Course, document
from osteoaxis.scenario import Scenario, output_months
from osteoaxis.simulation import Cohort, Simulator, simulator
from osteoaxis.units import DAYS_PER_YEAR

RTOL, ATOL = 1e-10, 1e-11  # of the life before time zero


def course(
    ready: Simulator, cohort: Cohort, regimen: Regimen, years: float, name: str, notes: str = ""
) -> Course:
    """Return what is exported of one person on a regimen over `years` from time zero."""
    ready.check(regimen)
    doses = ready.doses(regimen.doses(years * DAYS_PER_YEAR)).events(cohort.parameters[0])
    task = ready.problem(cohort, regimen, np.zeros(1), rtol=RTOL, atol=ATOL)
    lived = task.run()
    running: dict[str, float] = {}
    names = tuple(ready.model.states)
    before = doses.time < 0.0
    for state, value in zip(
        doses.state[before & (doses.kind == RATE)],
        doses.value[before & (doses.kind == RATE)],
        strict=True,
    ):
        running[names[state]] = running.get(names[state], 0.0) + float(value)
    later = ~before
    return Course(
        name=name,
        notes=f"{notes} {DISCLAIMER}".strip(),
        parameters=dict(zip(ready.model.parameters, cohort.parameters[0], strict=True)),
        initial=dict(zip(lived.quantities, lived.values[0, 0], strict=True)),
        events=Events(doses.time[later], doses.state[later], doses.kind[later], doses.value[later]),
        running=running,
    )


def documents(
    scenario: Scenario, *, drugs_folder: Path | None = None, progress: Progress | None = None
) -> Iterator[tuple[str, str]]:
    """Yield the name and XML of each arm; rules are replaced by the doses they lead to.

    Raises `InputError` for an impossible regimen.
    """
    ready = simulator((drugs_folder,) if drugs_folder else (), progress)
    cohort = ready.start(scenario.patient)
    for number, (arm, text) in enumerate(scenario.arms.items()):
        if progress is not None:
            progress(f"Writing {arm}", number / len(scenario.arms))
        months = output_months(scenario.years)
        plan = treatment.given(ready, cohort, Regimen.parse(text), months)
        notes = f"{scenario.title}. {scenario.summary}. Arm {arm}: {text}."
        name = f"{scenario.name}-{arm}"
        yield (
            name,
            document(
                ready.model,
                course(ready, cohort, plan, scenario.years, name, notes),
            ),
        )
