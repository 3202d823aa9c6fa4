"""The design of a trial: a TOML file of population, arms, visits, endpoints and errors."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from osteoaxis import toml
from osteoaxis.errors import InputError, within
from osteoaxis.outcomes import markers
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.population import Population
from osteoaxis.population.named import LEVELS
from osteoaxis.simulation import MAX_YEARS
from osteoaxis.units import DAYS_PER_MONTH

HERE = Path(__file__).parent / "named"
MEASURED = LEVELS
SCORES = ("lumbar_spine_t_score", "total_hip_t_score", "femoral_neck_t_score")
SCREENED = ("age", "years_since_menopause", "body_mass_index", "egfr", "lowest_t_score", *SCORES,
            *MEASURED)  # fmt: skip
FRACTURES = ("any_fracture", "vertebral_fracture", "hip_fracture")
DENSITY_ERRORS = {"lumbar_spine_bmd": 1.2, "total_hip_bmd": 1.1, "femoral_neck_bmd": 1.7}
ERRORS = {q: DENSITY_ERRORS.get(q) or markers.error(q) for q in MEASURED}
"""Errors of one measurement in percent, where a trial gives none (density assumed: densitometers
of trials, better than the worst that a centre may have)."""
MOST = 20_000
ALPHA, POWER = 0.05, 0.8


@dataclass(frozen=True)
class Arm:
    """What an arm is given, and its share of the participants."""

    name: str
    regimen: Regimen
    share: float


@dataclass(frozen=True)
class Trial:
    """A trial, see docs/howto/trial.md.

    `contrasts` are pairs (arm, reference) by name; without any, each arm is compared with the
    first. `alpha` is two-sided and of each comparison alone.
    """

    name: str
    title: str
    population: Population
    participants: int
    arms: tuple[Arm, ...]
    visits: tuple[float, ...]
    eligibility: Mapping[str, tuple[float, float]]
    errors: Mapping[str, float]
    dropout: float
    endpoints: tuple[tuple[str, float], ...]
    contrasts: tuple[tuple[str, str], ...] = ()
    alpha: float = ALPHA
    power: float = POWER

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Numbers of the arms compared: (arm, reference)."""
        order = [arm.name for arm in self.arms]
        asked = self.contrasts or [(name, order[0]) for name in order[1:]]
        return [(order.index(one), order.index(other)) for one, other in asked]

    @property
    def confidence(self) -> float:
        """Level of intervals: that of the test, so that one speaks of what the other does."""
        return 1.0 - self.alpha

    def without_effect(self) -> list[str]:
        """Return what of the regimens begins too late to be seen, as sentences."""
        last = self.visits[-1]
        return [
            f"{arm.name}: {term} begins in month {term.start_day / DAYS_PER_MONTH:.3g}, not before "
            f"the last visit in month {last:g}: it changes nothing here."
            for arm in self.arms
            for term in arm.regimen.terms
            if term.start_day >= last * DAYS_PER_MONTH - 1e-6
        ]

    @classmethod
    def load(cls, name: str) -> Trial:
        """Return the built-in trial called `name`, or that of a TOML file of this path."""
        path, where = toml.find("trial", name, names())
        return cls.from_table(toml.read(path), where, path.stem, path)

    @classmethod
    def from_table(
        cls, table: Mapping[str, Any], where: str, name: str, path: Path = HERE
    ) -> Trial:
        """Make a trial of a TOML table; `where` names its file in errors.

        A population of one's own is looked for beside the file at `path` first.
        """
        toml.known_keys(table, _KEYS, where)
        visits = _numbers(table.get("visits"), f"{where}: visits")
        if visits[0] != 0.0 or any(b <= a for a, b in itertools.pairwise(visits)):
            told = ", ".join(f"{month:g}" for month in visits)
            raise InputError(f"{where}: visits: must begin at 0 and ascend, not {told}.")
        if len(visits) < 2:
            raise InputError(f"{where}: visits: a change needs a visit after month 0.")
        toml.number(visits[-1], 0.0, 12.0 * MAX_YEARS, "months", f"{where}: visits")
        arms = []
        for arm, given in toml.sub_table(table, "arms", where).items():
            place = f"{where}: arms.{arm}"
            plan = given if isinstance(given, dict) else {"regimen": given}
            toml.known_keys(plan, ("regimen", "share"), place)
            regimen = Regimen.parse(toml.text(plan.get("regimen"), f"{place}: regimen"))
            share = toml.number(plan.get("share", 1.0), 0.01, 100.0, "", f"{place}: share")
            arms.append(Arm(arm, regimen, share))
        if len(arms) < 2:
            raise InputError(f"{where}: arms: a trial needs two or more.")
        endpoints = []
        for text in _list(table.get("endpoints", ["lumbar_spine_bmd"]), f"{where}: endpoints"):
            variable, _, month = str(text).partition("@")
            toml.one_of(variable, (*MEASURED, *FRACTURES), f"{where}: endpoints: '{text}'")
            try:
                at = float(month or visits[-1])
            except ValueError:
                raise InputError(f"{where}: endpoints: '{text}': no month after '@'.") from None
            if at not in visits:
                raise InputError(
                    f"{where}: endpoints: '{text}': month {at:g} is no visit; visits are "
                    f"{', '.join(f'{v:g}' for v in visits)}."
                )
            if at == 0.0:
                raise InputError(
                    f"{where}: endpoints: '{text}': month 0 is the start, from which changes are "
                    f"counted; later visits are {', '.join(f'{v:g}' for v in visits[1:])}."
                )
            endpoints.append((variable, at))
        eligibility = {}
        for key, limits in toml.sub_table(table, "eligibility", where).items():
            toml.one_of(key, SCREENED, f"{where}: eligibility")
            low, high = _numbers(limits, f"{where}: eligibility.{key}", 2)
            if low >= high:
                raise InputError(f"{where}: eligibility.{key}: {low:g} is not below {high:g}.")
            eligibility[key] = (low, high)
        contrasts = []
        for pair in _list(table.get("contrasts", []), f"{where}: contrasts"):
            if not isinstance(pair, list) or len(pair) != 2 or pair[0] == pair[1]:
                raise InputError(f"{where}: contrasts: {pair!r} must be [arm, reference].")
            one, other = (toml.one_of(name, [a.name for a in arms], f"{where}: contrasts")
                          for name in pair)  # fmt: skip
            contrasts.append((one, other))
        errors = {
            toml.one_of(key, MEASURED, f"{where}: errors"): toml.number(
                value, 0.0, 100.0, "percent", f"{where}: errors.{key}"
            )
            for key, value in toml.sub_table(table, "errors", where).items()
        }
        given = toml.text(table.get("population"), f"{where}: population")
        with within(f"{where}: population"):
            population = Population.load(toml.beside(path, given))
        if population.sex == "male" and "years_since_menopause" in eligibility:
            raise InputError(f"{where}: eligibility: years_since_menopause is given for men.")
        return cls(
            name=name,
            title=toml.text(table.get("title", name), f"{where}: title"),
            population=population,
            participants=toml.whole(table.get("participants"), 4, MOST, "people",
                                    f"{where}: participants"),
            arms=tuple(arms),
            visits=visits,
            eligibility=eligibility,
            errors={**ERRORS, **errors},
            dropout=toml.number(table.get("dropout", 0.0), 0.0, 90.0, "percent a year",
                                f"{where}: dropout"),
            endpoints=tuple(endpoints),
            contrasts=tuple(contrasts),
            alpha=toml.number(table.get("alpha", ALPHA), 1e-4, 0.5, "", f"{where}: alpha"),
            power=toml.number(table.get("power", POWER), 0.5, 0.99, "", f"{where}: power"),
        )  # fmt: skip


_KEYS = ("title", "population", "participants", "arms", "visits", "eligibility", "errors",
         "dropout", "endpoints", "contrasts", "alpha", "power")  # fmt: skip


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise InputError(f"{where}: must be a list, not {value!r}.")
    return value


def _numbers(value: Any, where: str, count: int | None = None) -> tuple[float, ...]:
    if not isinstance(value, list) or not value or (count and len(value) != count):
        wanted = f"a list of {count} numbers" if count else "a list of numbers"
        problem = "is missing; it must be" if value is None else f"{value!r} must be"
        raise InputError(f"{where}: {problem} {wanted}.")
    return tuple(toml.number(v, -1e6, 1e6, "", where) for v in value)


def names() -> dict[str, Path]:
    """Return the file of each built-in trial by name."""
    return {path.stem: path for path in sorted(HERE.glob("*.toml"))}
