"""Could these results be those of people like this one, and does one of them not fit the others?

Results are held against what would be measured of virtual people of this age and treatment, before
anything is fitted to them (the prior predictive check of Box, 10.2307/2982063): people who are as
the model believes are called odd as often as `UNEXPLAINED` says, however many results they have.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, ndtr

Array = NDArray[np.float64]

UNEXPLAINED = 0.01
"""Share of virtual people with results as odd below which the model does not explain a person."""
FAR_OFF = 0.005
"""Two-sided probability, given the other results, below which a value is marked."""
MOST_LEFT_OUT = 5
"""Values that are left out one by one, to find the one without which the others are explained."""


@dataclass(frozen=True)
class Check:
    """How results stand among those of virtual people; logarithms of what is measured.

    `probability` is the share of people like this one whose results are as odd or odder. `usual`
    (person, result) is what would be measured of such people, `expected` (draw, result) what the
    other results let one expect, `tails` the probability of values as far off as each. `alone` is
    the result without which the others are explained, where these are not.
    """

    probability: float
    usual: Array
    expected: Array
    tails: Array
    alone: int | None

    @property
    def explained(self) -> bool:
        """Whether the model can explain what was measured."""
        return self.probability >= UNEXPLAINED

    @property
    def far_off(self) -> NDArray[np.bool_]:
        """Which results are far from what the others let one expect: that alone, if one is."""
        alone = np.arange(len(self.tails)) == self.alone
        return np.asarray(alone if alone.any() else self.tails < FAR_OFF)


def check(observed: Array, levels: Array, covariance: Array, random: np.random.Generator) -> Check:
    """Check results `observed` (result) against log `levels` (person, result) of virtual people.

    `covariance` (result, result) is that of results around the levels of a person.
    """
    usual = levels + random.standard_normal(levels.shape) @ np.linalg.cholesky(covariance).T
    probability = _probability(observed, levels, usual, covariance)
    expected, tails = _from_others(observed, levels, covariance, random)
    alone = None
    if probability < UNEXPLAINED and len(observed) > 1:
        for left_out in np.argsort(tails)[:MOST_LEFT_OUT]:
            rest = np.arange(len(observed)) != left_out
            fits = _probability(
                observed[rest], levels[:, rest], usual[:, rest], covariance[np.ix_(rest, rest)]
            )
            if fits >= UNEXPLAINED:
                alone = int(left_out)
                break
    return Check(probability, usual, expected, tails, alone)


def _probability(observed: Array, levels: Array, usual: Array, covariance: Array) -> float:
    """Return the share of people whose results are as improbable among the other people's."""
    if not len(observed):
        return 1.0
    root = np.linalg.cholesky(covariance)
    people, theirs, own = (
        np.linalg.solve(root, values.T).T for values in (levels, usual, observed[None])
    )
    between = _likelihoods(theirs, people)
    np.fill_diagonal(between, -np.inf)
    density = logsumexp(between, axis=1)
    return float((1 + np.sum(density <= logsumexp(_likelihoods(own, people)))) / (1 + len(people)))


def _likelihoods(values: Array, people: Array) -> Array:
    """Return the log likelihood (value, person) of whitened values but for a constant."""
    squares = np.sum(values**2, axis=1)[:, None] + np.sum(people**2, axis=1)
    return np.asarray(values @ people.T - 0.5 * squares)


def _from_others(
    observed: Array, levels: Array, covariance: Array, random: np.random.Generator
) -> tuple[Array, Array]:
    """Return what each result is expected to be (draw, result), given the others, and its tail."""
    precision = np.linalg.inv(covariance)
    own = np.diag(precision)
    residuals = observed - levels
    pull = residuals @ precision
    energy = 0.5 * np.sum(pull * residuals, axis=1)[:, None] - 0.5 * pull**2 / own
    weights = np.exp(-energy - logsumexp(-energy, axis=0))
    below = np.sum(weights * ndtr(pull / np.sqrt(own)), axis=0)
    means = observed - pull / own
    expected = np.empty_like(levels)
    for k in range(len(observed)):
        rows = random.choice(len(levels), len(levels), p=weights[:, k])
        noise = random.standard_normal(len(levels)) / np.sqrt(own[k])
        expected[:, k] = means[rows, k] + noise
    return expected, 2.0 * np.minimum(below, 1.0 - below)
