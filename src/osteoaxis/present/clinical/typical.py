"""A report on the arms of a scenario, in a typical person."""

from __future__ import annotations

from osteoaxis import DISCLAIMER, scenario
from osteoaxis.engine import Progress
from osteoaxis.errors import SolverError
from osteoaxis.present import words
from osteoaxis.present.clinical import ahead, appendix, expect, held
from osteoaxis.present.clinical.case import Case
from osteoaxis.present.document import Document
from osteoaxis.scenario import Scenario
from osteoaxis.simulation import Simulator
from osteoaxis.strategy.metrics import HORMONES


def report(plan: Scenario, ready: Simulator, seed: int, progress: Progress) -> Document:
    """Return the report on a scenario; raises as `simulated` does."""
    return written(simulated(plan, ready, seed, progress), progress)


def written(case: Case, progress: Progress) -> Document:
    """Return the report on what was simulated."""
    progress("Predicting the trials", 0.6)
    held.scored(case)
    attrs = next(iter(case.arms.values())).attrs
    return Document(
        title=case.title,
        parts=(expect.page(case), ahead.page(case), appendix.page(case, progress)),
        footer=DISCLAIMER,
        mark=f"osteoaxis {attrs['version']} · parameters {attrs['parameter_hash']}",
    )


def simulated(plan: Scenario, ready: Simulator, seed: int, progress: Progress) -> Case:
    """Simulate the arms of a scenario, each also with sets of the ensemble.

    Raises `InputError` for an impossible arm and `SolverError` for one that cannot be solved.
    """
    progress("Simulating the arms", 0.2)
    arms = scenario.run_arms(plan, ready, seed=seed)
    for arm, data in arms.items():
        if data.attrs["status"]:
            raise SolverError(f"arm '{arm}': {data.attrs['message']}", partial=data)
    progress("Simulating what else the data allow", 0.4)
    drawn = scenario.draw(plan, arms, ready, tuple(HORMONES))
    return Case(
        words.clipped(plan.title, 110), words.clipped(plan.summary, 260), plan.patient,
        plan.years, arms, drawn, arms, ready.drugs, ready.model, precision=plan.precision,
        warnings=ready.model.implausible(plan.patient.parameters),
    )  # fmt: skip
