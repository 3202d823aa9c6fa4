"""Named populations: how the people of a group differ, each number with its source.

Covariates follow truncated normal distributions joined by correlations (a Gaussian copula);
parameters of the biology and of drugs differ between people by log-normal factors on top of a set
of the ensemble. Levels that a population is known by are restored by weights: `made` is what
members show on their own, so that the weight of a member depends on nobody else.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from osteoaxis import toml
from osteoaxis.errors import InputError
from osteoaxis.patient import HISTORY, MEASURABLE, SEXES

Array = NDArray[np.float64]

HERE = Path(__file__).parent / "named"
BETWEEN = Path(__file__).parent / "between.toml"
PEOPLE = ("age", "years_since_menopause", "body_mass_index")
SCORES = tuple(
    f"{letter}_{site}" for letter in "tz" for site in ("lumbar_spine", "total_hip", "femoral_neck")
)
COVARIATES = (*PEOPLE, *SCORES, *MEASURABLE)
LEVELS = (
    "lumbar_spine_bmd", "total_hip_bmd", "femoral_neck_bmd", "ctx", "p1np", "estradiol",
    "testosterone",
)  # fmt: skip
"""Levels of members that are known everywhere: what `marginals` and `plausible` are of."""
HEAVIEST = 5.0
"""Largest weight of a member: one person never stands for a crowd."""


@dataclass(frozen=True)
class Spread:
    """A normal distribution (of the logarithm where `log`), cut off at `low` and `high`."""

    mean: float
    sd: float
    low: float
    high: float
    source: str
    log: bool = False

    def at(self, score: float) -> float:
        """Return the value at a standard normal `score`."""
        middle, ends = self.mean, np.array([self.low, self.high])
        if self.log:
            middle, ends = math.log(middle), np.log(ends)
        first, last = ndtr((ends - middle) / self.sd)
        value = middle + self.sd * float(ndtri(first + (last - first) * ndtr(score)))
        value = math.exp(value) if self.log else value
        return min(max(value, self.low), self.high)


@dataclass(frozen=True)
class Marginal:
    """A published level at time zero: median and spread of its logarithm, and those `made`."""

    median: float
    log_sd: float
    made_median: float
    made_log_sd: float
    source: str

    def scores(self, level: Array) -> tuple[Array, Array]:
        """Return how many deviations `level` is from the middle wanted, and from that made."""
        log = np.log(level)
        wanted = (log - math.log(self.median)) / self.log_sd
        return wanted, (log - math.log(self.made_median)) / self.made_log_sd


@dataclass(frozen=True)
class Population:
    """A group of people, see the module; `plausible` are levels beyond which nobody is kept."""

    name: str
    title: str
    sex: str
    regimen: str
    history: Mapping[str, bool]
    covariates: Mapping[str, Spread]
    correlations: Mapping[tuple[str, str], float]
    between: Mapping[str, float]
    marginals: Mapping[str, Marginal]
    made_correlations: Mapping[tuple[str, str], float]
    plausible: Mapping[str, tuple[float, float]]

    @cached_property
    def root(self) -> Array:
        """Return what turns independent scores of the covariates into correlated ones."""
        return self._root("correlations", list(self.covariates), self.correlations)

    def _root(self, key: str, order: list[str], pairs: Mapping[tuple[str, str], float]) -> Array:
        matrix = np.eye(len(order))
        for (one, other), value in pairs.items():
            i, j = order.index(one), order.index(other)
            matrix[i, j] = matrix[j, i] = value
        try:
            return np.asarray(np.linalg.cholesky(matrix), dtype=float)
        except np.linalg.LinAlgError:
            raise InputError(
                f"population '{self.name}': {key}: nobody can be correlated like this."
            ) from None

    def weights(self, levels: Mapping[str, Array]) -> Array:
        """Return the weight of each member from its `levels` at time zero.

        The density wanted over that made, both log-normal; how levels go together stays as made.
        """
        log = np.zeros(len(next(iter(levels.values()))))
        root = self._root("made_correlations", list(self.marginals), self.made_correlations)
        alone = np.linalg.inv(root)  # turns correlated scores into independent ones
        scores = [m.scores(levels[name]) for name, m in self.marginals.items()]
        for row, marginal in zip(alone, self.marginals.values(), strict=True):
            # Term by term, since sums of a library may depend on how many members there are.
            wanted = sum(
                float(factor) * score for factor, (score, _) in zip(row, scores, strict=True)
            )
            made = sum(
                float(factor) * score for factor, (_, score) in zip(row, scores, strict=True)
            )
            log += 0.5 * (made**2 - wanted**2) + math.log(marginal.made_log_sd / marginal.log_sd)
        return np.asarray(np.minimum(np.exp(log), HEAVIEST))

    @classmethod
    def load(cls, name: str) -> Population:
        """Return the population called `name`, or that of a TOML file of this path.

        Raises `InputError` for an unknown name or a faulty file.
        """
        path, where = toml.find("population", name, names())
        return cls.from_table(toml.read(path), where, path.stem)

    @classmethod
    def from_table(cls, table: Mapping[str, Any], where: str, name: str) -> Population:
        """Make a population of a TOML table; `where` names its file in errors."""
        toml.known_keys(table, _KEYS, where)
        covariates = {
            key: _spread(key, toml.sub_table({key: value}, key, where), where)
            for key, value in toml.sub_table(table, "covariates", where).items()
        }
        if "age" not in covariates:
            raise InputError(f"{where}: covariates: 'age' is missing.")
        sex = toml.one_of(table.get("sex"), SEXES, f"{where}: sex")
        if sex == "male" and "years_since_menopause" in covariates:
            raise InputError(f"{where}: years_since_menopause is given for men.")
        marginals = {
            key: _marginal(key, toml.sub_table({key: value}, key, f"{where}: marginals"), where)
            for key, value in toml.sub_table(table, "marginals", where).items()
        }
        history = toml.sub_table(table, "history", where)
        for key in history:
            toml.one_of(key, tuple(HISTORY), f"{where}: history")
        return cls(
            name=name,
            title=toml.text(table.get("title"), f"{where}: title"),
            sex=sex,
            regimen=toml.text(table.get("regimen", "none"), f"{where}: regimen"),
            history=history,
            covariates=covariates,
            correlations=_pairs(table, "correlations", tuple(covariates), where),
            between=usual_between()
            | {
                full: toml.number(value, 0.0, 2.0, "log units", f"{where}: between: {full}")
                for full, value in toml.sub_table(table, "between", where).items()
            },
            marginals=marginals,
            made_correlations=_pairs(table, "made_correlations", tuple(marginals), where),
            plausible={
                key: _limits(key, limits, where)
                for key, limits in toml.sub_table(table, "plausible", where).items()
            },
        )


_KEYS = ("title", "sex", "regimen", "history", "covariates", "correlations", "between",
         "marginals", "made_correlations", "plausible")  # fmt: skip


def _pairs(
    table: Mapping[str, Any], key: str, known: tuple[str, ...], where: str
) -> dict[tuple[str, str], float]:
    """Read a table of correlations between two of `known`, written "a ~ b"."""
    found = {}
    for pair, value in toml.sub_table(table, key, where).items():
        both = tuple(part.strip() for part in pair.split("~"))
        for part in both:
            toml.one_of(part, known, f"{where}: {key}: '{pair}'")
        if len(both) != 2 or both[0] == both[1]:
            raise InputError(f"{where}: {key}: '{pair}' must name two, as 'a ~ b'.")
        found[both[0], both[1]] = toml.number(value, -0.99, 0.99, "", f"{where}: {key}: '{pair}'")
    return found


def _spread(key: str, table: Mapping[str, Any], where: str) -> Spread:
    where = f"{where}: covariates.{key}"
    toml.one_of(key, COVARIATES, where)
    toml.known_keys(table, ("mean", "sd", "low", "high", "source", "log"), where)
    low, high = (toml.number(table.get(end), -1e6, 1e6, "", f"{where}: {end}")
                 for end in ("low", "high"))  # fmt: skip
    if low >= high:
        raise InputError(f"{where}: low {low:g} is not below high {high:g}.")
    return Spread(
        mean=toml.number(table.get("mean"), low, high, "", f"{where}: mean"),
        sd=toml.number(table.get("sd"), 1e-6, 1e6, "", f"{where}: sd"),
        low=low,
        high=high,
        source=toml.text(table.get("source"), f"{where}: source"),
        log=bool(table.get("log", False)),
    )


def _marginal(key: str, table: Mapping[str, Any], where: str) -> Marginal:
    where = f"{where}: marginals.{key}"
    toml.one_of(key, LEVELS, where)
    numbers = ("median", "log_sd", "made_median", "made_log_sd")
    toml.known_keys(table, (*numbers, "source"), where)
    found = {n: toml.number(table.get(n), 1e-6, 1e6, "", f"{where}: {n}") for n in numbers}
    return Marginal(**found, source=toml.text(table.get("source"), f"{where}: source"))


def _limits(key: str, value: Any, where: str) -> tuple[float, float]:
    where = f"{where}: plausible.{key}"
    toml.one_of(key, LEVELS, where)
    if not isinstance(value, list) or len(value) != 2:
        raise InputError(f"{where}: must be a list of the lowest and the highest, not {value!r}.")
    low, high = (toml.number(each, -1e6, 1e6, "", where) for each in value)
    if low >= high:
        raise InputError(f"{where}: {low:g} is not below {high:g}.")
    return low, high


def usual_between() -> dict[str, float]:
    """Return how parameters differ between people of any population, in log units."""
    table = toml.read(BETWEEN)
    scale = table["scale"]
    return {
        full: float(scale.get(full.partition(".")[0], scale["others"])) * float(sd)
        for full, sd in table["log_sd"].items()
    }


def names() -> dict[str, Path]:
    """Return the file of each named population by name."""
    return {path.stem: path for path in sorted(HERE.glob("*.toml"))}
