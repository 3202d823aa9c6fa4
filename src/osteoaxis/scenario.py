"""A scenario: one patient, several arms, one duration; built in or from a TOML file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from osteoaxis import intervals, toml, treatment
from osteoaxis.dosing import WEEK, Dosing, read_at
from osteoaxis.engine import Progress
from osteoaxis.errors import InputError, within
from osteoaxis.outcomes import dxa
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.drug import Drug
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.simulation import (
    MAX_YEARS,
    Cohort,
    Simulator,
    month_grid,
    simulator,
)
from osteoaxis.units import DAYS_PER_MONTH

Array = NDArray[np.float64]

SCENARIOS = Path(__file__).parent / "presets" / "scenarios"
CYTOKINES = ("tnf_alpha", "il1", "il6")
MAX_ARMS = 12
DRAWN = (
    "estradiol", "estrone", "estrone_sulfate", "bone_estradiol", "testosterone", "androstenedione",
    "shbg", "lh", "fsh", "aromatase_inhibition", "activated_immune_cells", "tnf_alpha", "il1",
    "il6", "rankl", "opg", "rankl_opg_ratio", "rank_occupancy", "osteoclast_precursors",
    "osteomorphs", "osteoclasts", "osteoblasts", "osteocytes", "sclerostin", "tgf_beta",
    "resorption_rate", "formation_rate", "coupling_ratio", "calcium", "phosphate", "pth",
    "vitamin_d", "calcitriol", "egfr", "ctx", "ntx", "p1np", "bsap",
)  # fmt: skip
"""What has intervals beside what outcomes are made of."""
# Weekly points for half a year show what is fast; months show the rest.
FAST_MONTHS = np.arange(0.0, 183.0, WEEK) / DAYS_PER_MONTH


@dataclass(frozen=True)
class Scenario:
    """What is compared: the first arm is the reference, the last the focus of the pictures.

    `optimise` is the table of that name as it was read, for `osteoaxis.strategy.sequences`;
    `precision` the precision error of densitometry in percent by site.
    """

    name: str
    title: str
    summary: str
    patient: Patient
    years: float
    arms: Mapping[str, str]
    optimise: Mapping[str, Any] = field(default_factory=dict)
    precision: Mapping[str, float] = field(default_factory=lambda: dxa.PRECISION)


@dataclass(frozen=True)
class ScenarioResult:
    """The trajectories of every arm, and the catalogue of drugs they were made with.

    `blocked` holds, for each cytokine, the first and the last arm with its action blocked from
    time zero: what the cytokine explains of the difference between them. `drawn` holds the runs of
    `osteoaxis.intervals` of each arm, which intervals are made of. `warnings` say what results rest
    on that is not plausible.
    """

    scenario: Scenario
    arms: Mapping[str, xr.Dataset]
    blocked: Mapping[str, tuple[xr.Dataset, xr.Dataset]]
    drugs: Mapping[str, Drug]
    drawn: Mapping[str, Sequence[xr.Dataset]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def failures(self) -> list[str]:
        """What went wrong, by arm; empty when all arms were solved."""
        return [
            f"arm '{arm}': patient '{self.scenario.patient.name}': {data.attrs['message']}"
            for arm, data in self.arms.items()
            if data.attrs["status"]
        ]


def scenarios() -> dict[str, Path]:
    """Return the file of each built-in scenario by name."""
    return {path.stem: path for path in sorted(SCENARIOS.glob("*.toml"))}


def load(name: str) -> Scenario:
    """Return the built-in scenario called `name`, or that of the TOML file at this path.

    Raises `InputError` naming the file and field of what is wrong.
    """
    path, where = toml.find("scenario", name, scenarios())
    table = toml.read(path)
    toml.known_keys(
        table, ("title", "summary", "patient", "years", "arms", "optimise", "precision"), where
    )
    years = toml.number(table.get("years", 5), 0.01, MAX_YEARS, "years", f"{where}: years")
    patient, arms = _patient(table.get("patient"), path, where), _arms(table, where)
    title = f"{', '.join(arms)}: {years:g} year{'s' * (years != 1)}"
    return Scenario(
        name=path.stem,
        title=toml.text(table.get("title", title), f"{where}: title"),
        summary=toml.text(table["summary"], f"{where}: summary") if "summary" in table else "",
        patient=patient,
        years=years,
        arms=arms,
        optimise=toml.sub_table(table, "optimise", where),
        precision=dxa.precision(table, where),
    )


def _patient(given: Any, path: Path, where: str) -> Patient:
    if isinstance(given, dict):
        return Patient.from_table({"name": path.stem, **given}, f"{where}: patient")
    if not isinstance(given, str):
        raise InputError(f"{where}: patient: give the name of a preset, a file or a table.")
    return Patient.load(toml.beside(path, given))


def _arms(table: Mapping[str, Any], where: str) -> dict[str, str]:
    arms = toml.sub_table(table, "arms", where)
    if not 1 <= len(arms) <= MAX_ARMS:
        raise InputError(f"{where}: arms: give 1 to {MAX_ARMS} arms, not {len(arms)}.")
    for arm, regimen in arms.items():
        text = toml.text(regimen, f"{where}: arms.{arm}")
        with within(f"{where}: arms.{arm}"):
            Regimen.parse(text)
    return {arm: str(regimen) for arm, regimen in arms.items()}


def output_months(years: float) -> Array:
    """Return the months a scenario records: every month, and weeks in the first half year."""
    months = month_grid(years)
    fast = FAST_MONTHS[months[-1] > FAST_MONTHS]
    return np.unique(np.concatenate([months, fast]).round(9))


def reading(plan: Regimen, years: float) -> Array:
    """Return when what `output_months` records is read: where doses are weekly, see `read_at`."""
    months, read = month_grid(years), output_months(years)
    read[np.searchsorted(read, months.round(9))] = read_at([plan], months)
    return read.round(9)


def trajectory(
    ready: Simulator,
    cohort: Cohort,
    plan: Regimen,
    years: float,
    *,
    dosing: Dosing = "events",
    seed: int = 1,
) -> xr.Dataset:
    """Return what `treatment.run` does at `output_months`, whatever else is simulated beside."""
    read = reading(plan, years)
    data = treatment.run(ready, cohort, plan, np.unique(read), seed=seed, dosing=dosing)
    return recorded(data, read, years)


def recorded(data: xr.Dataset, read: Array, years: float) -> xr.Dataset:
    """Return a run at the distinct times of `read` with `output_months` as its times."""
    at = np.searchsorted(data["time"].values, read)
    return treatment.labelled(data.isel(time=at), output_months(years))


def run(
    scenario: Scenario,
    *,
    drugs_folder: Path | None = None,
    dosing: Dosing = "events",
    seed: int = 1,
    progress: Progress | None = None,
) -> ScenarioResult:
    """Simulate every arm of `scenario`; an arm that fails is marked and the others finish.

    With `dosing` "average", drugs swallowed at least daily are steady inputs; `seed` decides chance
    where rules leave doses to it. Raises `InputError`
    before anything is simulated if a regimen is impossible.
    """
    ready = simulator((drugs_folder,) if drugs_folder else (), progress)
    arms = run_arms(scenario, ready, dosing=dosing, seed=seed)
    first, *_, last = [*scenario.arms.values()] * 2
    blocked = {}
    for cytokine in CYTOKINES:
        without = ready.start(_without(scenario.patient, cytokine))

        def course(text: str, who: Cohort = without) -> xr.Dataset:
            plan = Regimen.parse(text)
            return trajectory(ready, who, plan, scenario.years, seed=seed, dosing=dosing)

        blocked[cytokine] = (course(first), course(last))
    if progress:
        progress("Simulating what else the data allow", 0.3)
    drawn = draw(scenario, arms, ready, DRAWN)
    warnings = ready.model.implausible(scenario.patient.parameters)
    return ScenarioResult(scenario, arms, blocked, ready.drugs, drawn, warnings)


def draw(
    scenario: Scenario,
    arms: Mapping[str, xr.Dataset],
    ready: Simulator,
    record: Sequence[str] = (),
) -> dict[str, tuple[xr.Dataset, ...]]:
    """Return the runs with parameter sets of the ensemble of every arm that was solved."""

    def runs(arm: str, data: xr.Dataset) -> tuple[xr.Dataset, ...]:
        read = reading(Regimen.parse(scenario.arms[arm]), scenario.years)
        given = treatment.was_given(data)
        found = intervals.runs(ready, scenario.patient, given, np.unique(read), record)
        return tuple(recorded(each, read, scenario.years) for each in found)

    return {arm: runs(arm, data) for arm, data in arms.items() if not data.attrs["status"]}


def run_arms(
    scenario: Scenario, ready: Simulator, *, dosing: Dosing = "events", seed: int = 1
) -> dict[str, xr.Dataset]:
    """Return the trajectories of every arm alone; raises as `run` does."""
    plans = {arm: Regimen.parse(text) for arm, text in scenario.arms.items()}
    arms = {}
    for arm, plan in plans.items():
        with within(f"scenario '{scenario.name}': arms.{arm}"):
            ready.check(plan)
    start = ready.start(scenario.patient)
    for arm, plan in plans.items():
        with within(f"scenario '{scenario.name}': arms.{arm}"):
            arms[arm] = trajectory(ready, start, plan, scenario.years, seed=seed, dosing=dosing)
    return arms


def _without(patient: Patient, cytokine: str) -> Patient:
    return replace(patient, parameters={**patient.parameters, f"cytokines.{cytokine}_block": 1.0})
