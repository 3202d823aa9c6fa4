"""What a person's own results say about them: weights of particles, refreshed where too few fit.

Logarithms of measurements are normal around the log level of a particle, plus a log scale of each
quantity (the person's usual level, or the assay's), plus an offset of each further densitometer,
plus the error of one measurement. Scales and offsets are integrated out exactly, so particles
differ only in what happens over time. The weights are those of importance sampling; where the
effective sample size is small, the measurements are let in step by step with moves between
(tempered sequential Monte Carlo, 10.1111/j.1467-9868.2006.00553.x).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from osteoaxis.engine import Progress
from osteoaxis.errors import SolverError
from osteoaxis.forecast import particles as parts
from osteoaxis.forecast.check import Check, check
from osteoaxis.forecast.particles import Particles
from osteoaxis.forecast.person import Measurement, Person
from osteoaxis.outcomes import dxa, markers
from osteoaxis.population.named import usual_between
from osteoaxis.simulation import Simulator

Array = NDArray[np.float64]

DRAWN = 1000
REFRESHED = 500
KEPT = 300
"""Particles drawn first, refreshed, and kept for what lies ahead."""
ENOUGH = 100.0
"""Effective sample size below which particles are refreshed."""
STAGES = 10
STEP = 0.5

SITES_CORRELATION = {(0, 1): 0.65, (0, 2): 0.6, (1, 2): 0.85}
"""Of usual densities at spine, hip and neck, as in the named populations."""
# Log units: how usual levels of hormones differ between laboratories, beside what particles hold.
ASSAYS = {"estradiol": 0.25, "testosterone": 0.1, "vitamin_d": 0.1}
DEVICE_ERROR = dxa.DEVICE_ERROR / 100.0


@dataclass(frozen=True)
class Likelihood:
    """Measurements as one normal vector around the log levels of a particle.

    `place` says which quantity of `scales` each measurement is of, `covariance` holds errors,
    offsets of densitometers and scales, `prior` the covariance of the log scales alone.
    """

    measured: tuple[Measurement, ...]
    scales: tuple[str, ...]
    place: NDArray[np.int64]
    prior: Array
    covariance: Array
    error: Array
    """Error of each measurement, log units."""

    @classmethod
    def of(cls, person: Person) -> Likelihood:
        """Return the likelihood of what was measured in a person."""
        measured = person.measurements
        scales = (*parts.DENSITIES, *markers.WITHIN, *ASSAYS)
        deviations = np.array([_spread(name, person.patient.sex) for name in scales])
        prior = np.diag(deviations**2)
        for (i, j), r in SITES_CORRELATION.items():
            prior[i, j] = prior[j, i] = r * deviations[i] * deviations[j]
        place = np.array([scales.index(m.quantity) for m in measured], dtype=np.int64)
        error = np.array([error_of(m.quantity, person) for m in measured])
        covariance = prior[np.ix_(place, place)] + np.diag(error**2)
        first = next((m.device for m in measured if m.device), "")
        for i, one in enumerate(measured):
            for j, other in enumerate(measured):
                if one.device and one.device != first and (one.device, one.quantity) == (
                    other.device, other.quantity
                ):  # fmt: skip
                    covariance[i, j] += DEVICE_ERROR**2
        return cls(measured, scales, place, prior, covariance, error)

    @property
    def days(self) -> list[float]:
        """Days of the measurements, each once and in order."""
        return sorted({m.day for m in self.measured})

    @property
    def observed(self) -> Array:
        """The logarithm of each measurement."""
        return np.log([m.value for m in self.measured])

    def residuals(self, levels: dict[str, Array], days: Sequence[float]) -> Array:
        """Return log measured over log level (particle, measurement); NaN where not solved."""
        columns = [levels[m.quantity][:, list(days).index(m.day)] for m in self.measured]
        return self.observed - np.log(np.array(columns).T)

    def misfit(self, residuals: Array) -> Array:
        """Return the squared distance of each particle; chi-square for the true one."""
        solved = np.linalg.solve(self.covariance, residuals.T)
        return np.asarray(np.einsum("pm,mp->p", residuals, solved))

    def scale(self, residuals: Array) -> tuple[Array, Array]:
        """Return mean (particle, scale) and covariance of the log scales, given each particle."""
        if not len(self.measured):
            return np.zeros((len(residuals), len(self.scales))), self.prior
        across = self.prior[:, self.place]
        gain = np.linalg.solve(self.covariance, across.T).T
        return residuals @ gain.T, self.prior - gain @ across.T


def error_of(quantity: str, person: Person) -> float:
    """Return the error of one measurement in log units, within a person and of the method."""
    if quantity in parts.DENSITIES:
        percent = person.precision[quantity.removesuffix("_bmd")]
    else:
        percent = markers.error(quantity)
    return math.sqrt(math.log1p((percent / 100.0) ** 2))


def _spread(quantity: str, sex: str) -> float:
    """Return how usual levels differ between people (or assays), log units."""
    if quantity in parts.DENSITIES:
        mean, deviation = dxa.YOUNG_ADULT[quantity.removesuffix("_bmd")][sex]
        return deviation / mean
    known = usual_between()
    return ASSAYS.get(quantity) or known.get(
        f"markers.{quantity}_reference", known["markers.ctx_reference"]
    )


@dataclass(frozen=True)
class Posterior:
    """People who could be this person, all of equal weight, and how well they fit.

    `effective_size` is that of the weights of the people drawn first, `stages` how often they were
    refreshed (0: not needed), `check` how odd the results are, `scale` the log scales
    (particle, scale).
    """

    particles: Particles
    likelihood: Likelihood
    scale_mean: Array
    scale_covariance: Array
    effective_size: float
    stages: int
    check: Check


def infer(
    person: Person, ready: Simulator, *, seed: int = 1, progress: Progress | None = None
) -> Posterior:
    """Return who could be this person, where the model explains them.

    Raises `InputError` for drugs that cannot be given, `SolverError` where none of the people
    drawn could be simulated.
    """
    say = progress or (lambda _text, _share: None)
    random = np.random.default_rng([seed, 20261129])
    likelihood = Likelihood.of(person)

    def residuals_of(some: Particles) -> Array:
        days = likelihood.days
        if not days:
            return np.zeros((len(some), 0))
        levels = parts.simulate(person.patient, some, ready, person.past, days)
        return likelihood.residuals(levels, days)

    say(f"Simulating {DRAWN:,} people who could be this person", 0.05)
    people = parts.drawn(DRAWN, random)
    residuals = residuals_of(people)
    energy = _energy(likelihood, residuals)
    if not np.isfinite(energy).any():
        raise SolverError("the past of this person could not be simulated.")
    checked = check(
        likelihood.observed,
        likelihood.observed - residuals[np.isfinite(energy)],
        likelihood.covariance,
        np.random.default_rng([seed, 3]),
    )
    weights = _normalised(-energy)
    size = 1.0 / float(np.sum(weights**2))
    stages = 0
    if size < ENOUGH and checked.explained:
        people, residuals, stages = _refreshed(
            people, residuals, likelihood, residuals_of, random, say
        )
        weights = np.full(len(people), 1.0 / len(people))
    rows = _resampled(weights, KEPT, random)
    people, residuals = people.take(rows), residuals[rows]
    mean, covariance = likelihood.scale(residuals)
    return Posterior(people, likelihood, mean, covariance, size, stages, checked)


def _energy(likelihood: Likelihood, residuals: Array) -> Array:
    """Return minus the log likelihood of each particle, infinite where it was not solved."""
    if not residuals.shape[1]:
        return np.zeros(len(residuals))
    found = np.full(len(residuals), np.inf)
    solved = np.isfinite(residuals).all(axis=1)
    found[solved] = 0.5 * likelihood.misfit(residuals[solved])
    return found


def _refreshed(
    people: Particles,
    residuals: Array,
    likelihood: Likelihood,
    residuals_of: Callable[[Particles], Array],
    random: np.random.Generator,
    say: Progress,
) -> tuple[Particles, Array, int]:
    """Return particles after letting the measurements in step by step, moved after each step."""
    energy, power, step, stage = _energy(likelihood, residuals), 0.0, STEP, 0
    while power < 1.0:
        stage += 1
        rise = _next_power(energy, power) if stage < STAGES else 1.0 - power
        rows = _resampled(_normalised(-rise * energy), REFRESHED, random)
        people, residuals, energy = people.take(rows), residuals[rows], energy[rows]
        power += rise
        say(f"Refreshing them: {100 * power:.0f} % of what was measured let in",
            0.15 + 0.45 * power)  # fmt: skip
        proposed = parts.neighbours(people, step, random)
        theirs = residuals_of(proposed)
        there = _energy(likelihood, theirs)
        gain = np.nan_to_num(power * (energy - there), nan=-np.inf)
        taken = np.log(random.random(len(people))) < gain
        people = Particles(
            np.where(taken, proposed.sets, people.sets),
            np.where(taken[:, None], proposed.scores, people.scores),
        )
        residuals = np.where(taken[:, None], theirs, residuals)
        energy = np.where(taken, there, energy)
        step = float(np.clip(step * (1.5 if taken.mean() > 0.3 else 0.6), 0.05, 0.95))
    return people, residuals, stage


def _next_power(energy: Array, power: float) -> float:
    """Return how much more can be let in while half of the particles stay effective."""
    low, high = 0.0, 1.0 - power
    for _ in range(40):
        middle = 0.5 * (low + high)
        weights = _normalised(-middle * energy)
        if 1.0 / np.sum(weights**2) < 0.5 * np.isfinite(energy).sum():
            high = middle
        else:
            low = middle
    return high if high >= 1.0 - power - 1e-9 else max(low, 1e-3)


def _normalised(log_weights: Array) -> Array:
    weights = np.exp(log_weights - np.max(log_weights[np.isfinite(log_weights)]))
    return np.asarray(weights / weights.sum())


def _resampled(weights: Array, count: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Return `count` rows drawn by weight, systematically."""
    points = (np.arange(count) + random.random()) / count
    rows = np.searchsorted(np.cumsum(weights), points)
    return np.minimum(rows, len(weights) - 1).astype(np.int64)
