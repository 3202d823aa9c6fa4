"""The arms of a scenario side by side, measured against the first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from osteoaxis import guidance
from osteoaxis import scenario as scenarios
from osteoaxis.engine import Progress
from osteoaxis.errors import SolverError
from osteoaxis.guidance import Finding
from osteoaxis.pharmacology.drug import Drug
from osteoaxis.simulation import simulator
from osteoaxis.strategy.arm import Given, Metric, given, measure
from osteoaxis.strategy.metrics import HORMONES, metrics
from osteoaxis.treatment import was_given


@dataclass(frozen=True)
class Strategies:
    """The arms of a scenario, measured; the first is the reference.

    `cautions` are the safety flags and cautions that each arm meets; `warnings` say what results
    rest on that is not plausible.
    """

    scenario: scenarios.Scenario
    arms: Mapping[str, xr.Dataset]
    doses: Mapping[str, Given]
    drugs: Mapping[str, Drug]
    metrics: Mapping[str, Metric]
    measured: Mapping[str, Mapping[str, float]]
    cautions: Mapping[str, tuple[Finding, ...]]
    warnings: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        return next(iter(self.arms))


def compare(
    plan: scenarios.Scenario,
    *,
    drugs_folder: Path | None = None,
    seed: int = 1,
    progress: Progress | None = None,
) -> Strategies:
    """Simulate and measure every arm of `plan` against the first.

    `seed` decides chance where rules leave doses to it.
    Raises `InputError` for an impossible arm and `SolverError` for one that cannot be solved.
    """
    ready = simulator((drugs_folder,) if drugs_folder else (), progress)
    if progress is not None:
        progress("Simulating the arms", 0.3)
    arms = scenarios.run_arms(plan, ready, seed=seed)
    for arm, data in arms.items():
        if data.attrs["status"]:
            raise SolverError(f"arm '{arm}': {data.attrs['message']}", partial=data)
    known = metrics(plan.years, ready.drugs)
    doses = {arm: given(ready, was_given(data), 12.0 * plan.years) for arm, data in arms.items()}
    if progress is not None:
        progress("Simulating what else the data allow", 0.6)
    drawn = scenarios.draw(plan, arms, ready, tuple(HORMONES))
    first, reference = next(iter(arms.items()))
    measured = {
        arm: measure(
            data, doses[arm], ready.drugs, plan.patient, known=known, reference=reference,
            drawn=(drawn[first], drawn[arm]),
        )
        for arm, data in arms.items()
    }  # fmt: skip
    cautions = {arm: guidance.flags(plan.patient, data, ready.drugs) for arm, data in arms.items()}
    warnings = ready.model.implausible(plan.patient.parameters)
    return Strategies(plan, arms, doses, ready.drugs, known, measured, cautions, warnings)
