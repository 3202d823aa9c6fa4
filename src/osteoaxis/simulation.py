"""From a patient and a regimen to trajectories of everything the model knows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from osteoaxis import accessor as _accessor  # noqa: F401 - registers Dataset.osteoaxis
from osteoaxis import engine
from osteoaxis.biology import BIOLOGY
from osteoaxis.errors import InputError, SolverError, did_you_mean
from osteoaxis.model import Model
from osteoaxis.outcomes import tscore
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.drug import Drug, catalogue
from osteoaxis.pharmacology.regimen import Dose, Regimen
from osteoaxis.process import State
from osteoaxis.units import DAYS_PER_MONTH, DAYS_PER_YEAR, conversion_factor

Array = NDArray[np.float64]
Progress = Callable[[str, float], None]

YOUNG_ADULT_AGE = 35.0
"""Age (years) at which the skeleton is at its solved steady state; life after it is simulated."""
YEARS_BEFORE_MENOPAUSE = 4.0
MAX_YEARS = 60.0
RTOL = 1e-3
ATOL = 1e-4
_MATCH_ROUNDS = 12
_MATCH_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Start:
    """A person ready to be simulated: parameters, and the state of the young adult in the past."""

    patient: Patient
    parameters: Array
    day: float
    state: Array


@dataclass(frozen=True)
class Simulator:
    """The model with its drugs, compiled."""

    drugs: Mapping[str, Drug]
    model: Model
    compiled: engine.CompiledSystem

    @cached_property
    def _column(self) -> Mapping[str, int]:
        return {name: i for i, name in enumerate(self.model.parameters)}

    @cached_property
    def _row(self) -> Mapping[str, int]:
        return {name: i for i, name in enumerate(self.model.states)}

    @cached_property
    def _by_any_name(self) -> Mapping[str, Drug]:
        names = {name: drug for drug in self.drugs.values() for name in drug.synonyms}
        return names | dict(self.drugs)

    def start(self, patient: Patient) -> Start:
        """Solve the young adult of `patient` and match what was measured at time zero.

        Levels and T-scores that the patient gives are met by scaling the parameters that set
        them, repeatedly, since hormones act on each other. Raises `SolverError`.
        """
        values = self.model.parameter_values(male=patient.male, changes=patient.parameters)
        values["person.age"] = patient.age
        values["person.body_mass_index"] = patient.body_mass_index
        if patient.menopause_age is not None:
            values["person.menopause_age"] = patient.menopause_age
        young = min(
            YOUNG_ADULT_AGE, patient.age, values["person.menopause_age"] - YEARS_BEFORE_MENOPAUSE
        )
        day = -(patient.age - young) * DAYS_PER_YEAR
        parameters = np.array(list(values.values()))
        guess = np.array([0.0 if s.empty else s.typical for s in self.model.states.values()])
        targets = self._targets(patient)
        for _ in range(_MATCH_ROUNDS):
            guess = self._steady(patient, parameters, guess, day)
            if not targets:
                break
            now = self._now(patient, parameters, guess, day)
            ratios = {name: target / now[name] for name, target in targets.items()}
            error = max(abs(ratio - 1) for ratio in ratios.values())
            if error < _MATCH_TOLERANCE:
                break
            for name, ratio in ratios.items():
                for parameter, weight in self._setters(name, now["gonadal_capacity"]):
                    parameters[self._column[parameter]] *= ratio**weight
        else:
            raise InputError(
                f"patient '{patient.name}': the baseline values cannot be met together; "
                f"the worst is off by {100 * error:.1f} %."
            )
        return Start(patient, parameters, day, guess)

    def _targets(self, patient: Patient) -> dict[str, float]:
        densities = {
            f"{site}_bmd": tscore.density(score, site, patient.sex)
            for site, score in patient.t_scores.items()
        }
        return {**patient.baseline, **densities}

    def _setters(self, name: str, capacity: float) -> Iterable[tuple[str, float]]:
        if name.endswith("_bmd"):
            yield f"{name.removesuffix('_bmd')}.peak_bmd", 1.0
            return
        state = self.model.quantities[name]
        assert isinstance(state, State)
        home = self.model.home[name]
        yield from ((f"{home}.{parameter}", 1.0) for parameter in state.set_by)
        yield from ((f"{home}.{parameter}", capacity) for parameter in state.set_by_gonad)

    def _steady(self, patient: Patient, parameters: Array, guess: Array, day: float) -> Array:
        try:
            return engine.steady_state(self.compiled, parameters, guess, day)
        except SolverError as problem:
            raise SolverError(f"patient '{patient.name}': no steady state: {problem}") from problem

    def _now(
        self, patient: Patient, parameters: Array, state: Array, day: float
    ) -> dict[str, float]:
        """Return everything at time zero without treatment."""
        solution = engine.solve(
            self.compiled, parameters, state, None, np.array([0.0]), rtol=RTOL, atol=ATOL, start=day
        )
        if solution.status:
            raise SolverError(f"patient '{patient.name}': {solution.message}")
        return {
            **dict(zip(self.model.states, solution.states[-1], strict=True)),
            **dict(zip(self.compiled.system.outputs, solution.outputs[-1], strict=True)),
        }

    def drug(self, name: str) -> Drug:
        """Return the drug of this name or synonym; raises `InputError` with near matches."""
        if name not in self._by_any_name:
            raise InputError(
                f"unknown drug '{name}'.{did_you_mean(name, self._by_any_name)}"
                f" Known: {', '.join(self.drugs)}."
            )
        return self._by_any_name[name]

    def check(self, regimen: Regimen) -> None:
        """Raise `InputError` if a drug, route or dose of `regimen` is unknown or impossible."""
        for term in regimen.terms:
            drug = self.drug(term.drug)
            if term.route not in drug.routes:
                raise InputError(
                    f"regimen term '{term}': {drug.name} is not given {term.route}; "
                    f"its routes are {', '.join(drug.routes)}."
                )
            if term.unit == "IU":
                raise InputError(f"regimen term '{term}': give the dose of {drug.name} in mg.")
            dose = term.amount * conversion_factor(term.unit, "mg")
            low, high = drug.dose_range_mg
            if dose and not low <= dose <= high:
                raise InputError(
                    f"regimen term '{term}': {dose:g} mg of {drug.name} is outside "
                    f"{low:g} to {high:g} mg. A usual dose is '{drug.typical}'."
                )

    def events(self, doses: Iterable[Dose], parameters: Array) -> engine.Events:
        """Return `doses` as changes of the drugs' compartments, in ug."""
        rows: list[tuple[float, int, int, float]] = []
        for dose in doses:
            route = self.drug(dose.drug).routes[dose.route]
            amount = dose.amount * conversion_factor(dose.unit, "ug")
            amount *= parameters[self._column[route.bioavailability]]
            target = self._row[route.target]
            duration = dose.duration_day
            if not duration and route.release is not None:
                duration = parameters[self._column[route.release]]
            if duration:
                pace = amount / duration
                rows.append((dose.time_day, target, engine.RATE, pace))
                rows.append((dose.time_day + duration, target, engine.RATE, -pace))
            elif amount:
                rows.append((dose.time_day, target, engine.ADD, amount))
        time, state, kind, value = zip(*rows, strict=True) if rows else ((), (), (), ())
        return engine.Events(
            time=np.array(time, dtype=float),
            state=np.array(state, dtype=np.int64),
            kind=np.array(kind, dtype=np.int64),
            value=np.array(value, dtype=float),
        )

    def run(
        self,
        start: Start,
        regimen: Regimen,
        months: Array,
        *,
        rtol: float = RTOL,
        atol: float = ATOL,
    ) -> xr.Dataset:
        """Simulate one regimen and return every quantity at `months` after time zero.

        A solver failure leaves NaN from there on and `status` other than 0 in the attributes.
        """
        self.check(regimen)
        days = months * DAYS_PER_MONTH
        doses = regimen.doses(float(days[-1]))
        if doses and doses[0].time_day < start.day:
            raise InputError(
                f"regimen '{regimen}': the first dose, {-doses[0].time_day / DAYS_PER_YEAR:.1f} "
                f"years before time zero, is before the simulated life begins."
            )
        solution = engine.solve(
            self.compiled,
            start.parameters,
            start.state,
            self.events(doses, start.parameters),
            days,
            rtol=rtol,
            atol=atol,
            start=start.day,
        )
        return self._dataset(start, regimen, months, solution, rtol, atol)

    def _dataset(
        self,
        start: Start,
        regimen: Regimen,
        months: Array,
        solution: engine.Solution,
        rtol: float,
        atol: float,
    ) -> xr.Dataset:
        columns = {
            **dict(zip(self.model.states, solution.states.T, strict=True)),
            **dict(zip(self.compiled.system.outputs, solution.outputs.T, strict=True)),
        }
        variables = {
            name: ("time", values, {"unit": quantity.unit, "long_name": quantity.meaning})
            for name, values in columns.items()
            if (quantity := self.model.quantities[name])
        }
        for site in tscore.SITES:
            score = tscore.t_score(columns[f"{site}_bmd"], site, start.patient.sex)
            title = f"{site.replace('_', ' ')} T-score"
            variables[f"{site}_t_score"] = ("time", score, {"unit": "1", "long_name": title})
        digest = hashlib.sha256(self.model.hash.encode() + start.parameters.tobytes())
        return xr.Dataset(
            variables,
            coords={"time": ("time", months, {"unit": "month", "long_name": "time"})},
            attrs={
                "patient": start.patient.name,
                "regimen": str(regimen),
                "version": version("osteoaxis"),
                "parameter_hash": digest.hexdigest()[:12],
                "dosing": "events",
                "rtol": rtol,
                "atol": atol,
                "status": solution.status,
                "message": solution.message,
            },
        )


def build_model(folders: tuple[Path, ...] = ()) -> tuple[Model, Mapping[str, Drug]]:
    """Return the model with all biology and the drugs of the catalogue and `folders`."""
    drugs = catalogue(*folders)
    try:
        model = Model((*BIOLOGY, *(drug.process for drug in drugs.values())))
    except ValueError as problem:
        raise InputError(f"drugs: {problem}") from problem
    return model, drugs


@lru_cache(maxsize=4)
def simulator(folders: tuple[Path, ...] = (), progress: Progress | None = None) -> Simulator:
    """Return the compiled simulator; the first one on a machine takes a while to compile."""
    model, drugs = build_model(folders)
    return Simulator(drugs, model, engine.compile_system(model.system, progress))


def month_grid(years: float, step_months: float = 1.0) -> Array:
    """Return months from zero to the end of `years`, the end included.

    Raises `InputError` for a duration that is not above 0 or too long.
    """
    if not 0 < years <= MAX_YEARS:
        raise InputError(f"years: {years:g} is outside 0 to {MAX_YEARS:g}.")
    end = years * 12.0
    grid = np.arange(0.0, end, step_months)
    return np.append(grid[end - grid > 1e-9], end)


def simulate(
    patient: Patient | str = "postmenopausal-breast-cancer",
    regimen: Regimen | str = "none",
    years: float = 10.0,
    *,
    step_months: float = 1.0,
    drugs_folder: Path | None = None,
    rtol: float = RTOL,
    atol: float = ATOL,
) -> xr.Dataset:
    """Simulate one patient on one regimen.

    `patient` is a `Patient`, the name of a preset or the path of a TOML file; `regimen` is text
    such as ``"anastrozole 1 mg po qd [m0-m60]"`` or ``"none"``. Returns every state and rate of
    the model, with unit and meaning, along `time` (months); the attributes say how it was made.
    Raises `InputError` for bad input and `SolverError`, which carries what was computed as
    `partial`, when the equations cannot be solved.
    """
    person = patient if isinstance(patient, Patient) else Patient.load(patient)
    plan = regimen if isinstance(regimen, Regimen) else Regimen.parse(regimen)
    months = month_grid(years, step_months)
    ready = simulator((drugs_folder,) if drugs_folder else ())
    result = ready.run(ready.start(person), plan, months, rtol=rtol, atol=atol)
    if result.attrs["status"]:
        raise SolverError(f"patient '{person.name}': {result.attrs['message']}", partial=result)
    return result
