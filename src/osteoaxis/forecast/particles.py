"""Virtual people who could be this person: what may differ, drawn and simulated.

A particle is a set of the ensemble and standard normal scores of how people differ
(`population/between.toml`). What only scales a level (a person's usual density or marker, a
laboratory's assay) is no part of it: `posterior` treats it exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from osteoaxis import engine, fitted
from osteoaxis.outcomes import dxa, fracture
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.population import own_parameters
from osteoaxis.population.named import usual_between
from osteoaxis.simulation import Simulator
from osteoaxis.units import DAYS_PER_MONTH

Array = NDArray[np.float64]

SCALED = ("markers.ctx_reference", "markers.p1np_reference")
"""Differences between people that only scale a level."""
VITAMIN_D_SD = 0.35
"""How people differ in 25-hydroxyvitamin D, log units (assumed)."""
DENSITIES = tuple(f"{site}_bmd" for site in dxa.SITES)
RECORDED = tuple(
    dict.fromkeys((*DENSITIES, "ctx", "ntx", "p1np", "bsap", "estradiol", "testosterone",
                   "vitamin_d", *dxa.NEEDS, *fracture.NEEDS))
)  # fmt: skip


@lru_cache
def differences() -> Mapping[str, float]:
    """Return how people differ by parameter, log units; in the order of the scores."""
    found = {name: sd for name, sd in usual_between().items() if name not in SCALED}
    return found | {"vitamin_d.vitamin_d_reference": VITAMIN_D_SD}


@dataclass(frozen=True)
class Particles:
    """`sets` (particle) are numbers in the ensemble, `scores` (particle, difference)."""

    sets: NDArray[np.int64]
    scores: Array

    def __len__(self) -> int:
        return len(self.sets)

    def take(self, rows: NDArray[np.int64]) -> Particles:
        """Return these rows."""
        return Particles(self.sets[rows], self.scores[rows])


def drawn(count: int, random: np.random.Generator) -> Particles:
    """Return `count` particles before anything was measured."""
    sets = random.integers(max(len(fitted.ensemble()), 1), size=count)
    return Particles(sets, random.standard_normal((count, len(differences()))))


def neighbours(particles: Particles, step: float, random: np.random.Generator) -> Particles:
    """Return particles near these, in a move that leaves the distribution of `drawn` as it is.

    A preconditioned Crank-Nicolson step of the scores (10.1214/13-STS421); half get a new set.
    """
    noise = random.standard_normal(particles.scores.shape)
    others = random.integers(max(len(fitted.ensemble()), 1), size=len(particles))
    keep = random.random(len(particles)) < 0.5
    return Particles(
        np.where(keep, particles.sets, others),
        np.sqrt(1.0 - step**2) * particles.scores + step * noise,
    )


def people(patient: Patient, particles: Particles, ready: Simulator) -> list[Patient]:
    """Return the person once for each particle, with its parameters."""
    return [
        replace(
            patient,
            parameters=own_parameters(
                int(chosen), differences(), scores, ready.model.parameters, male=patient.male
            ),
        )
        for chosen, scores in zip(particles.sets, particles.scores, strict=True)
    ]


def simulate(
    patient: Patient,
    particles: Particles,
    ready: Simulator,
    regimen: Regimen,
    days: Sequence[float],
) -> dict[str, Array]:
    """Return `RECORDED` (particle, day) of every particle; NaN where it could not be solved.

    What is taken at least weekly is a steady input.
    """
    cohort = ready.start_all(people(patient, particles, ready))
    at = np.array(days, dtype=float) / DAYS_PER_MONTH
    solved = engine.solve_many(ready.problem(cohort, regimen, at, record=RECORDED, dosing="weekly"))
    lost = np.array([problem is not None for problem in cohort.problems]) | (solved.status != 0)
    values = np.where(lost[:, None, None], np.nan, solved.values)
    return {name: values[:, :, k] for k, name in enumerate(RECORDED)}
