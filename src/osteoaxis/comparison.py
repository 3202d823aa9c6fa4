"""A scenario of ours put to published models: what both can express, and what they cannot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from osteoaxis import guidance
from osteoaxis import scenario as scenarios
from osteoaxis.engine import Progress
from osteoaxis.errors import InputError
from osteoaxis.guidance import Finding
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.published import PUBLISHED, load
from osteoaxis.published.model import PublishedModel, simulate
from osteoaxis.simulation import simulator
from osteoaxis.units import conversion_factor

Array = NDArray[np.float64]
OURS = "osteoaxis"
STEP_DAYS = 7.0


@dataclass(frozen=True)
class Comparison:
    """The arms of one scenario in our model and in published ones.

    `runs` are trajectories by model and arm, ours first; `refused` says by model and arm why a
    model cannot run it; `models` are the published models asked; `cautions` are the safety flags
    and cautions of each arm, as our model runs it.
    """

    scenario: scenarios.Scenario
    runs: Mapping[str, Mapping[str, xr.Dataset]]
    refused: Mapping[str, Mapping[str, str]]
    models: Mapping[str, PublishedModel]
    cautions: Mapping[str, tuple[Finding, ...]]

    @property
    def quantities(self) -> tuple[str, ...]:
        """Our names of what at least one published model in the comparison computes, too."""
        theirs = [self.models[name].quantities for name in self.runs if name != OURS]
        return tuple(dict.fromkeys(name for found in theirs for name in found))

    def change(self, model: str, arm: str, quantity: str) -> tuple[Array, Array] | None:
        """Return years and percent change since time zero; None if the model has no such thing."""
        data = self.runs[model][arm]
        name = quantity if model == OURS else self.models[model].quantities.get(quantity)
        if name is None:
            return None
        years = data["time"].values * conversion_factor(data["time"].attrs["unit"], "year")
        values = data[name].values
        return years, 100 * (values / values[0] - 1)


def express(
    published: PublishedModel, plan: scenarios.Scenario
) -> tuple[dict[str, xr.Dataset], dict[str, str]]:
    """Run the arms of our scenario that `published` can express; return them and why not others."""
    end = plan.years * conversion_factor("year", "day")
    days = np.append(np.arange(0.0, end, STEP_DAYS), end)
    runs, refused = {}, {}
    for arm, regimen in plan.arms.items():
        try:
            its_own = published.express(plan.patient, Regimen.parse(regimen), plan.years)
        except InputError as problem:
            refused[arm] = str(problem)
        else:
            runs[arm] = simulate(published, its_own, days)
    return runs, refused


def compare(
    plan: scenarios.Scenario,
    names: Iterable[str] = (),
    *,
    drugs_folder: Path | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Run `plan` in our model and in the published models `names` (default: all that can).

    Raises `InputError` for an unknown model, a named model that can express no arm, and when no
    published model can.
    """
    chosen = tuple(dict.fromkeys(names))
    models = {name: load(name) for name in chosen or PUBLISHED}
    runs: dict[str, Mapping[str, xr.Dataset]] = {}
    refused: dict[str, Mapping[str, str]] = {}
    for number, (name, published) in enumerate(models.items()):
        if progress is not None:
            progress(f"Solving {name}", number / len(models))
        found, refused[name] = express(published, plan)
        if found:
            runs[name] = found
        elif chosen:
            raise InputError(f"scenario '{plan.name}': {next(iter(refused[name].values()))}")
    if not runs:
        raise InputError(f"scenario '{plan.name}': no published model can express any of its arms.")
    ready = simulator((drugs_folder,) if drugs_folder else (), progress)
    ours = scenarios.run_arms(plan, ready)
    cautions = {arm: guidance.flags(plan.patient, data, ready.drugs) for arm, data in ours.items()}
    return Comparison(plan, {OURS: ours, **runs}, refused, models, cautions)
