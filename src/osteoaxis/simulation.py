"""From patients and regimens to trajectories of everything the model knows."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from osteoaxis import engine, fitted, outcomes, toml
from osteoaxis.assembly import build_model
from osteoaxis.dosing import DOSINGS, Doses, Dosing, average
from osteoaxis.engine import Progress
from osteoaxis.errors import InputError, OsteoaxisError, SolverError
from osteoaxis.model import Model
from osteoaxis.outcomes import dxa
from osteoaxis.outcomes.person import Person
from osteoaxis.patient import NUMBERS, Patient
from osteoaxis.pharmacology import prescribing
from osteoaxis.pharmacology.drug import Drug, by_any_name
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.pharmacology.terms import Dose
from osteoaxis.process import State
from osteoaxis.units import DAYS_PER_MONTH, DAYS_PER_YEAR

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

YOUNG_ADULT_AGE = 35.0
"""Age (years) at which the skeleton is at its solved steady state; life after it is simulated."""
YEARS_BEFORE_MENOPAUSE = 4.0
MAX_YEARS = 60.0
RTOL, ATOL = engine.RTOL, engine.ATOL
_MATCH_ROUNDS = 60
_MATCH_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Cohort:
    """People ready to be simulated: the parameters of each, and the young adult in the past.

    `problems` holds what could not be solved or met for each, None where all is well.
    """

    patients: tuple[Patient, ...]
    parameters: Array  # (patient, parameter)
    day: Array  # (patient,) of the state, days after time zero
    state: Array  # (patient, state)
    problems: tuple[OsteoaxisError | None, ...]

    def __len__(self) -> int:
        return len(self.patients)

    def only(self, chosen: Sequence[int] | NDArray[np.int64]) -> Cohort:
        """Return the people of these numbers."""
        return Cohort(
            tuple(self.patients[k] for k in chosen),
            self.parameters[chosen],
            self.day[chosen],
            self.state[chosen],
            tuple(self.problems[k] for k in chosen),
        )


@dataclass(frozen=True)
class Simulator:
    """The model with its drugs, compiled; travels to other processes as what it is made of."""

    drugs: Mapping[str, Drug]
    model: Model
    compiled: engine.CompiledSystem
    digest: str
    folders: tuple[Path, ...] = ()
    calibrated: bool = True

    def __reduce__(self) -> tuple[Any, ...]:
        return _same_simulator, (self.folders, self.calibrated, self.fingerprint)

    @cached_property
    def fingerprint(self) -> str:
        """A hash of version, equations, drugs and fitted values: equal results have equal ones."""
        parts = (version("osteoaxis"), self.digest, str(self.calibrated), fitted.digest())
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @cached_property
    def column(self) -> Mapping[str, int]:
        """Number of each parameter by full name."""
        return {name: i for i, name in enumerate(self.model.parameters)}

    @cached_property
    def row(self) -> Mapping[str, int]:
        """Number of each state by name."""
        return {name: i for i, name in enumerate(self.model.states)}

    @cached_property
    def _by_any_name(self) -> Mapping[str, Drug]:
        return by_any_name(self.drugs)

    def start(self, patient: Patient) -> Cohort:
        """Make one person ready, see `start_all`; raises `SolverError` or `InputError`."""
        self._check_parameters(patient)
        cohort = self.start_all([patient])
        if cohort.problems[0] is not None:
            raise cohort.problems[0]
        return cohort

    def _check_parameters(self, patient: Patient) -> None:
        """Refuse parameters that a field of the patient sets, and those of the wrong sign."""
        for full, value in patient.parameters.items():
            where = f"patient '{patient.name}': parameters.{full}"
            if (field := full.removeprefix("person.")) in NUMBERS:
                raise InputError(f"{where}: give '{field}' of the patient instead.")
            low, high = self.model.parameters[self.model.find_parameter(full)].range
            if value < 0.0 <= low or value > 0.0 >= high:
                raise InputError(
                    f"{where}: {value:g} has the wrong sign; plausible is {low:g} to {high:g}."
                )

    def start_all(self, patients: Sequence[Patient]) -> Cohort:
        """Solve the young adult of each patient and match what was measured at time zero.

        Levels and T-scores that a patient gives are met by scaling the parameters that set them,
        repeatedly, since hormones act on each other; sites that were not measured follow the
        others (`dxa.follows`). Who cannot be solved is marked.
        """
        parameters = np.empty((len(patients), len(self.model.parameters)))
        day = np.empty(len(patients))
        for k, patient in enumerate(patients):
            parameters[k], day[k] = self._young(patient)
        guess = np.array([0.0 if s.empty else s.typical for s in self.model.states.values()])
        states = np.tile(guess, (len(patients), 1))
        targets = [{**one.baseline, **self._densities(one)} for one in patients]
        problems: list[OsteoaxisError | None] = [None] * len(patients)
        left = list(range(len(patients)))
        worst = np.zeros(len(patients))
        for _ in range(_MATCH_ROUNDS):
            found, reasons = engine.steady_states(
                self.compiled, parameters[left], states[left], day[left]
            )
            states[left] = found
            for k, reason in zip(left, reasons, strict=True):
                if reason:
                    problems[k] = SolverError(
                        f"patient '{patients[k].name}': no steady state: {reason}"
                    )
            left = [k for k in left if targets[k] and not problems[k]]
            if not left:
                break
            now = self._now(parameters[left], states[left], day[left])
            for k, message, values in zip(left, now.messages, now.values[:, 0], strict=True):
                if message:
                    problems[k] = SolverError(f"patient '{patients[k].name}': {message}")
                    continue
                level = dict(zip(now.quantities, values, strict=True))
                ratios = {name: target / level[name] for name, target in targets[k].items()}
                worst[k] = max(abs(ratio - 1) for ratio in ratios.values())
                if worst[k] >= _MATCH_TOLERANCE:
                    self._scale(parameters[k], ratios, level["gonadal_capacity"])
            left = [k for k in left if not problems[k] and worst[k] >= _MATCH_TOLERANCE]
            if not left:
                break
        for k in left:
            problems[k] = InputError(
                f"patient '{patients[k].name}': the baseline values cannot be met together; "
                f"the worst is off by {100 * worst[k]:.1f} %."
            )
        return Cohort(tuple(patients), parameters, day, states, tuple(problems))

    def _young(self, patient: Patient) -> tuple[Array, float]:
        """Parameters of a patient, and the day on which the young adult is solved."""
        values = self.model.parameter_values(male=patient.male, changes=patient.parameters)
        values["person.age"] = patient.age
        values["person.body_mass_index"] = patient.body_mass_index
        if patient.menopause_age is not None:
            values["person.menopause_age"] = patient.menopause_age
        young = min(
            YOUNG_ADULT_AGE, patient.age, values["person.menopause_age"] - YEARS_BEFORE_MENOPAUSE
        )
        return np.array(list(values.values())), -(patient.age - young) * DAYS_PER_YEAR

    @staticmethod
    def _densities(patient: Patient) -> dict[str, float]:
        return {
            f"{site}_bmd": dxa.density(score, site, patient.sex)
            for site, score in patient.t_scores.items()
        }

    def _scale(self, parameters: Array, ratios: Mapping[str, float], capacity: float = 1.0) -> None:
        for name, ratio in ratios.items():
            for parameter, weight in self._setters(name, capacity):
                parameters[self.column[parameter]] *= ratio**weight
        measured = [site for site in dxa.SITES if f"{site}_bmd" in ratios]
        for site, (other, weight) in dxa.follows(measured).items():
            parameters[self.column[f"{site}.peak_bmd"]] *= ratios[f"{other}_bmd"] ** weight

    def _setters(self, name: str, capacity: float) -> Iterable[tuple[str, float]]:
        if name.endswith("_bmd"):
            yield f"{name.removesuffix('_bmd')}.peak_bmd", 1.0
            return
        state = self.model.quantities[name]
        assert isinstance(state, State)
        home = self.model.home[name]
        yield from ((f"{home}.{parameter}", 1.0) for parameter in state.set_by)
        yield from ((f"{home}.{parameter}", capacity) for parameter in state.set_by_gonad)

    def _now(self, parameters: Array, states: Array, day: Array) -> engine.Batch:
        """Return everything at time zero without treatment."""
        return engine.solve_many(
            engine.problem(
                self.compiled, parameters, states, None, [0.0], start=day, rtol=RTOL, atol=ATOL
            )
        )

    def drug(self, name: str) -> Drug:
        """Return the drug of this name or synonym; raises `InputError` with near matches."""
        return prescribing.drug(name, self._by_any_name)

    def check(self, regimen: Regimen) -> None:
        """Raise `InputError` if a drug, route or dose of `regimen` is unknown or impossible."""
        prescribing.check(regimen, self._by_any_name)

    def doses(self, doses: Sequence[Dose], dosing: Dosing = "events") -> Doses:
        """Return `doses` in the terms of the model, as they are or as steady inputs."""
        if dosing not in DOSINGS:
            raise InputError(f"dosing: '{dosing}' given, allowed are {', '.join(DOSINGS)}.")
        planned = doses if dosing == "events" else average(doses, dosing)
        return Doses.of(planned, self._by_any_name, self.row, self.column)

    def _planned(
        self, cohort: Cohort, regimen: Regimen, until_day: float, doses: Sequence[Dose] | None
    ) -> Sequence[Dose]:
        """Return `doses`, or those of `regimen`; raises `InputError` if they cannot be given."""
        self.check(regimen)
        if doses is None:
            doses = regimen.doses(until_day)
        if doses and doses[0].time_day < cohort.day.max():
            raise InputError(
                f"regimen '{regimen}': the first dose, {-doses[0].time_day / DAYS_PER_YEAR:.1f} "
                f"years before time zero, is before the simulated life begins."
            )
        return doses

    def problem(
        self,
        cohort: Cohort,
        regimen: Regimen,
        months: Array,
        *,
        doses: Sequence[Sequence[Dose]] | None = None,
        record: Sequence[str] | None = None,
        dosing: Dosing = "events",
        rtol: float = RTOL,
        atol: float = ATOL,
    ) -> engine.Problem:
        """Return what the engine is to solve for `cohort` on `regimen`.

        `doses` are those given to each person, where rules of the regimen decided about them
        (default: all that it says to everybody). `record` names the states and rates wanted at
        `months` after time zero (default: all).
        Raises `InputError` if the regimen is impossible or begins before a simulated life.
        """
        days = months * DAYS_PER_MONTH
        having: dict[int, list[int]] = {}  # numbers of the people with the very same doses
        for k in range(len(cohort)):
            having.setdefault(id(doses[k]) if doses else 0, []).append(k)
        schedules: list[engine.Events] = []
        schedule = np.empty(len(cohort), np.int64)
        for who in having.values():
            given = doses[who[0]] if doses else None
            planned = self._planned(cohort, regimen, float(days[-1]), given)
            records, which = self.doses(planned, dosing).schedules(cohort.parameters[who])
            schedule[who] = which + len(schedules)
            schedules += records
        return self.task(cohort, schedules, schedule, days, record=record, rtol=rtol, atol=atol)

    def task(
        self,
        cohort: Cohort,
        schedules: Sequence[engine.Events],
        schedule: NDArray[np.int64],
        days: Array,
        *,
        record: Sequence[str] | None,
        rtol: float,
        atol: float,
    ) -> engine.Problem:
        """Return the task of people with these doses; densities typed in hold at time zero.

        Where doses come before time zero, the person's peak density is scaled so that the T-scores
        are met after them: density is in proportion to it, and nothing else depends on it.
        """
        task = partial(engine.problem, self.compiled, events=schedules, rtol=rtol, atol=atol)
        parameters = cohort.parameters
        past = [
            k for k, patient in enumerate(cohort.patients)
            if patient.t_scores and (schedules[schedule[k]].time < 0.0).any()
        ]  # fmt: skip
        if past:
            parameters = parameters.copy()
            density = [f"{site}_bmd" for site in dxa.SITES]
            before = engine.solve_many(
                task(
                    parameters[past], cohort.state[past], times=[0.0], schedule=schedule[past],
                    start=cohort.day[past], record=density,
                )
            )  # fmt: skip
            for k, status, values in zip(past, before.status, before.values[:, 0], strict=True):
                if status:
                    continue  # fails once more below, where it is told
                level = dict(zip(before.quantities, values, strict=True))
                targets = self._densities(cohort.patients[k])
                self._scale(parameters[k], {n: target / level[n] for n, target in targets.items()})
        return task(
            parameters, cohort.state, times=days, schedule=schedule, start=cohort.day, record=record
        )

    def run(
        self,
        cohort: Cohort,
        regimen: Regimen | str,
        months: Array,
        *,
        doses: Sequence[Dose] | None = None,
        dosing: Dosing = "events",
        rtol: float = RTOL,
        atol: float = ATOL,
    ) -> xr.Dataset:
        """Simulate one person on one regimen and return every quantity and outcome at `months`.

        `doses` are those given, where rules of the regimen decided about them.
        A solver failure leaves NaN from there on and `status` other than 0 in the attributes.
        """
        planned = None if doses is None else [doses]
        plan = regimen if isinstance(regimen, Regimen) else Regimen.parse(regimen)
        (data,) = self.run_each(
            cohort, [plan], months, doses=planned, dosing=dosing, rtol=rtol, atol=atol
        )
        return data

    def run_each(
        self,
        cohort: Cohort,
        regimens: Sequence[Regimen],
        months: Array,
        *,
        doses: Sequence[Sequence[Dose] | None] | None = None,
        record: Sequence[str] | None = None,
        dosing: Dosing = "events",
        rtol: float = RTOL,
        atol: float = ATOL,
    ) -> list[xr.Dataset]:
        """Simulate one person on each of `regimens` in one batch, see `run`; the same numbers.

        `doses` are those given in each; `record` names the states and rates to keep beside those
        that outcomes are made of (default: all).
        """
        kept = None if record is None else tuple(dict.fromkeys((*record, *outcomes.NEEDS)))
        (patient,) = cohort.patients
        days, count = months * DAYS_PER_MONTH, len(regimens)
        plans = [
            self._planned(cohort, regimen, float(days[-1]), given)
            for regimen, given in zip(regimens, doses or [None] * count, strict=True)
        ]
        solved = engine.solve_many(
            self.task(
                Cohort(
                    (patient,) * count,
                    np.tile(cohort.parameters, (count, 1)),
                    np.tile(cohort.day, count),
                    np.tile(cohort.state, (count, 1)),
                    cohort.problems * count,
                ),
                [self.doses(plan, dosing).events(cohort.parameters[0]) for plan in plans],
                np.arange(count),
                days,
                record=kept,
                rtol=rtol,
                atol=atol,
            )
        )
        digest = hashlib.sha256(self.digest.encode() + cohort.parameters.tobytes())
        shared = {
            "patient": patient.name,
            "version": version("osteoaxis"),
            "parameter_hash": digest.hexdigest()[:12],
            "dosing": dosing,
            "rtol": rtol,
            "atol": atol,
        }
        whole = self.dataset(patient, solved, slice(None), months)
        runs = [whole.isel(person=k) for k in range(count)]
        for run, regimen, status, message in zip(
            runs, regimens, solved.status, solved.messages, strict=True
        ):
            about = {"regimen": str(regimen), "status": int(status)}
            run.attrs = {**shared, **about, "message": message or "solved"}
        return runs

    def dataset(
        self, person: Person, solved: engine.Batch, rows: int | slice, months: Array
    ) -> xr.Dataset:
        """Return rows of a batch with units and meanings, and what follows from them.

        Of one row, variables are (time); of a slice, for one person or `People`, (person, time).
        """
        import xarray as xr

        from osteoaxis import accessor as _accessor  # noqa: F401 - registers Dataset.osteoaxis

        values = solved.values[rows]
        axes = ("person", "time")[-(values.ndim - 1) :]
        columns = dict(zip(solved.quantities, np.moveaxis(values, -1, 0).copy(), strict=True))
        variables = {
            name: (axes, column, {"unit": quantity.unit, "long_name": quantity.meaning})
            for name, column in columns.items()
            if (quantity := self.model.quantities[name])
        }
        data = xr.Dataset(
            variables,
            coords={"time": ("time", months, {"unit": "month", "long_name": "time"})},
        )
        return outcomes.add(data, person)

    def sensitivities(
        self,
        cohort: Cohort,
        regimen: Regimen,
        months: Array,
        names: Sequence[str],
        *,
        record: Sequence[str] | None = None,
        dosing: Dosing = "events",
        rtol: float = RTOL,
        atol: float = ATOL,
    ) -> tuple[Array, Array]:
        """Return values (time, quantity) of one person and their derivatives to parameters.

        Derivatives are (parameter, time, quantity), per unit of each parameter in `names`,
        through the young adult's steady state and the doses, too; what was matched to the
        person's own levels stays as it was matched. Raises as `engine.sensitivities` does.
        """
        full = [self.model.find_parameter(name) for name in names]

        def adapt(parameters: Array) -> engine.Problem:
            count = len(parameters)
            day, guess = np.tile(cohort.day, count), np.tile(cohort.state, (count, 1))
            states, reasons = engine.steady_states(self.compiled, parameters, guess, day)
            if any(reasons):
                raise SolverError(next(filter(None, reasons)))
            people = cohort.patients * count
            each = Cohort(people, parameters, day, states, cohort.problems * count)
            return self.problem(
                each, regimen, months, record=record, dosing=dosing, rtol=rtol, atol=atol
            )

        return engine.sensitivities(adapt(cohort.parameters), full, adapt=adapt)


@lru_cache(maxsize=4)
def simulator(
    folders: tuple[Path, ...] = (), progress: Progress | None = None, *, calibrated: bool = True
) -> Simulator:
    """Return the compiled simulator; the first one on a machine takes a while to compile."""
    model, drugs = build_model(folders, calibrated=calibrated)
    digest = _digest(drug.file for drug in drugs.values())
    compiled = engine.load_system(model.signature, digest, lambda: model.system, progress)
    return Simulator(drugs, model, compiled, digest, folders, calibrated)


def _same_simulator(folders: tuple[Path, ...], calibrated: bool, fingerprint: str) -> Simulator:
    """Return this process's own simulator if it is that of the fingerprint."""
    own = simulator(folders, calibrated=calibrated)
    if own.fingerprint != fingerprint:
        raise InputError(
            f"{platform.node()}: has another model than the process that asked it; install the "
            "same osteoaxis on all machines."
        )
    return own


def _digest(files: Iterable[Path]) -> str:
    """Hash the files the equations are written in: known without tracing the equations."""
    here = Path(__file__).parent
    code = [here / "model.py", here / "process.py", here / "units.py"]
    code += sorted((here / "biology").glob("*.py")) + sorted((here / "pharmacology").glob("*.py"))
    text = hashlib.sha256()
    for file in (*code, *files):
        text.update(f"{file.name}\n".encode() + file.read_bytes())
    return text.hexdigest()


def month_grid(years: float, step_months: float = 1.0) -> Array:
    """Return months from zero to the end of `years`, the end included.

    Raises `InputError` for a duration that is not above 0 or too long.
    """
    if toml.number(years, 0.0, MAX_YEARS, "years", "years") == 0.0:
        raise InputError("years: must be above 0.")
    end = years * 12.0
    grid = np.arange(0.0, end, step_months)
    return np.append(grid[end - grid > 1e-9], end)
