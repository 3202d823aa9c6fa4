"""Members of a population: from a number to a person, by a random stream of its own."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from osteoaxis import fitted
from osteoaxis.errors import InputError, did_you_mean
from osteoaxis.outcomes import dxa
from osteoaxis.patient import MEASURABLE, Patient
from osteoaxis.population.named import Population
from osteoaxis.process import Param

MENOPAUSE = (30.0, 60.0)
"""Ages at menopause that members have; others are moved to these ends."""
SITES = dxa.SITES
LARGEST = 5.5
"""Largest T-score of a member, up or down."""


@dataclass(frozen=True)
class Member:
    """One person of a population: its number, the set of the ensemble, and the patient."""

    number: int
    set_number: int
    patient: Patient


def member(
    population: Population,
    seed: int,
    number: int,
    parameters: Mapping[str, Param],
    *,
    set_number: int | None = None,
) -> Member:
    """Return member `number` of a population; `parameters` are those of the model.

    Everything random about it comes from its own stream: the key is made of `seed` and the
    population's name, the counter of `number`. `set_number` replaces the set of the ensemble that
    was drawn. Raises `InputError` for a parameter in `between` that the model does not have.
    """
    key = (zlib.crc32(population.name.encode()) << 64) | seed
    random = np.random.Generator(np.random.Philox(key=key, counter=number << 192))
    chosen = int(random.random() * max(len(fitted.ensemble()), 1))
    chosen = chosen if set_number is None else set_number
    scores = population.root @ random.standard_normal(len(population.covariates))
    found = {
        name: spread.at(float(score))
        for (name, spread), score in zip(population.covariates.items(), scores, strict=True)
    }
    male = population.sex == "male"
    for full in population.between:
        if full not in parameters:
            raise InputError(
                f"population '{population.name}': between: no parameter '{full}'."
                f"{did_you_mean(full, parameters)}"
            )
    own = own_parameters(
        chosen,
        population.between,
        random.standard_normal(len(population.between)),
        parameters,
        male=male,
    )
    age = found["age"]
    menopause = None
    if not male:
        since = found.get("years_since_menopause")
        menopause = 51.0 if since is None else min(max(age - since, MENOPAUSE[0]), MENOPAUSE[1])
    scores_of = {}
    for site in SITES:
        if f"t_{site}" in found:
            scores_of[site] = found[f"t_{site}"]
        elif f"z_{site}" in found:
            at_zero = dxa.z_score(0.0, site, population.sex, age)
            deviation = 1.0 / (dxa.z_score(1.0, site, population.sex, age) - at_zero)
            density = deviation * (found[f"z_{site}"] - at_zero)
            scores_of[site] = float(dxa.t_score(density, site, population.sex))
    scores_of = {site: min(max(score, -LARGEST), LARGEST) for site, score in scores_of.items()}
    patient = Patient(
        name=f"{population.name} {number}",
        sex=population.sex,
        age=age,
        menopause_age=menopause,
        body_mass_index=found.get("body_mass_index", 27.0),
        history=population.history,
        baseline={name: found[name] for name in MEASURABLE if name in found},
        t_scores=scores_of,
        parameters=own,
    )
    return Member(number, chosen, patient)


def own_parameters(
    set_number: int,
    between: Mapping[str, float],
    scores: NDArray[np.float64],
    parameters: Mapping[str, Param],
    *,
    male: bool,
) -> dict[str, float]:
    """Return a person's parameters: a set of the ensemble, and on top of it how people differ.

    `between` are standard deviations in log units by full name, `scores` standard normal numbers
    in the same order; nothing leaves its plausible range.
    """
    sets = fitted.ensemble()
    own = fitted.of_sex(sets[set_number], male=male) if sets else {}
    for (full, sd), score in zip(between.items(), scores, strict=True):
        declared = parameters[full]
        usual = declared.men if male and declared.men is not None else declared.value
        low, high = declared.range
        own[full] = min(max(own.get(full, usual) * float(np.exp(sd * score)), low), high)
    return own


def members(
    population: Population, seed: int, numbers: Iterable[int], parameters: Mapping[str, Param]
) -> list[Member]:
    """Return the members of these numbers, see `member`."""
    return [member(population, seed, number, parameters) for number in numbers]
