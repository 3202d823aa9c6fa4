"""What the data leave open: an ensemble of parameter sets, and what fixes each parameter.

The ensemble is drawn by randomise-then-optimise (Bardsley and others 2014, 10.1137/140964023):
the data and the priors are each moved by a draw of their errors and the best set for them is
found by Gauss-Newton steps with the derivatives at the optimum. For a linear model this is the
posterior exactly; for ours the excess of the cost over the optimum is held against the chi-square
it should follow. Profiles fix one parameter and find the best of all others in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from osteoaxis.engine import Progress
from osteoaxis.inference.objective import Objective

Array = NDArray[np.float64]

CHORD_STEPS = 3
OFFSETS = (-3.0, -2.0, -1.0, 1.0, 2.0, 3.0)
"""Where profiles are taken, in standard deviations of the posterior."""
LIMIT_95 = float(stats.chi2.ppf(0.95, 1)) / 2.0
FIXED, INFORMED = 0.75, 0.2
"""Share of the prior's variance that the data take away: fixed by them, informed by them."""
VERDICTS = ("fixed by data", "informed", "at its prior", "at its limit")


@dataclass(frozen=True)
class Ensemble:
    """Sets of parameters (draw, parameter) and how far their cost is above the optimum.

    The excess should have a mean of half the number of parameters; `expected` says which.
    """

    thetas: Array
    excess: Array
    expected: float


def sample(
    objective: Objective,
    theta: Array,
    count: int,
    seed: int = 1,
    progress: Progress | None = None,
) -> Ensemble:
    """Return `count` sets; those that could not be solved or are far off the mark are redrawn."""
    jacobian = objective.jacobian(theta)
    q, r = np.linalg.qr(jacobian)
    best = objective.residuals(theta)[0]
    minimum = 0.5 * float(best @ best)
    low, high = objective.space.low, objective.space.high
    most = float(stats.chi2.ppf(0.999, len(theta))) / 2.0
    random = np.random.default_rng(seed)
    kept: list[Array] = []
    excesses: list[Array] = []
    while sum(map(len, kept)) < count:
        wanted = q.T @ random.standard_normal((len(best), count))
        points = np.clip(theta[:, None] + np.linalg.solve(r, wanted), low[:, None], high[:, None]).T
        residuals = objective.residuals(points)
        for step in range(CHORD_STEPS):
            if progress:
                progress("Drawing the ensemble", (step + 1) / (CHORD_STEPS + 1))
            off = (residuals - best) @ q - wanted.T
            moved = np.clip(points - np.linalg.solve(r, off.T).T, low, high)
            tried = objective.residuals(moved)
            nearer = _norm((tried - best) @ q - wanted.T) < _norm(off)
            points = np.where(nearer[:, None], moved, points)
            residuals = np.where(nearer[:, None], tried, residuals)
        excess = 0.5 * (residuals**2).sum(axis=1) - minimum
        good = np.isfinite(excess) & (excess < most)
        kept.append(points[good])
        excesses.append(excess[good])
        if not good.any():
            raise RuntimeError("no parameter set of the ensemble is near the optimum")
    return Ensemble(np.vstack(kept)[:count], np.concatenate(excesses)[:count], 0.5 * len(theta))


def _norm(values: Array) -> Array:
    return np.asarray(np.linalg.norm(values, axis=1))


@dataclass(frozen=True)
class Identified:
    """How well the data fix one parameter.

    `contraction` is the share of the prior's variance within the plausible range (in logarithms)
    that the data take away, `prior_low` and `prior_high` 90 % of that prior; `low` and `high`
    are the 95 % limits of the profile likelihood where they lie within the range, else None.
    """

    name: str
    stage: str
    unit: str
    prior: float
    prior_low: float
    prior_high: float
    value: float
    posterior_low: float
    posterior_high: float
    contraction: float
    low: float | None
    high: float | None
    at_limit: bool

    @property
    def verdict(self) -> str:
        """Whether the data fix it, inform it, leave it at its prior, or press on its range."""
        if self.at_limit:
            return "at its limit"
        if self.contraction >= FIXED:
            return "fixed by data"
        return "informed" if self.contraction >= INFORMED else "at its prior"


def identify(
    objective: Objective,
    theta: Array,
    thetas: Array,
    units: Sequence[str],
    progress: Progress | None = None,
) -> list[Identified]:
    """Return how well each parameter is fixed, from the ensemble `thetas` and from profiles."""
    where = objective.space
    jacobian = objective.jacobian(theta)
    covariance = np.linalg.inv(jacobian.T @ jacobian)
    sd = np.sqrt(np.diag(covariance))
    best = objective.costs(theta)[0]
    profiles = _profiles(objective, theta, jacobian, np.asarray(covariance), progress)
    found = []
    for k, free in enumerate(where.free):

        def value(x: float, k: int = k) -> float:
            return float(where.free[k].sign * np.exp(where.middle[k] + x))

        own = thetas[:, k]
        spread = np.percentile(own, (5, 95))
        low, high = _limits(np.asarray(OFFSETS) * sd[k], np.asarray(profiles[k] - best))
        within = [
            None
            if x is None or not where.low[k] < theta[k] + x < where.high[k]
            else value(float(theta[k] + x))
            for x in (low, high)[:: int(free.sign)]
        ]
        ends = _ordered(value(float(spread[0])), value(float(spread[1])))
        # the ensemble keeps within the plausible range: so must what it is compared with
        known = where.prior(k)
        prior = _ordered(*(value(float(known.ppf(share))) for share in (0.05, 0.95)))
        edge = float(np.minimum(theta[k] - where.low[k], where.high[k] - theta[k]))
        found.append(
            Identified(
                name=free.short,
                stage=free.stage,
                unit=units[k],
                prior=value(0.0),
                prior_low=prior[0],
                prior_high=prior[1],
                value=value(float(theta[k])),
                posterior_low=ends[0],
                posterior_high=ends[1],
                contraction=1.0 - min(float(np.var(own) / known.var()), 1.0),
                low=within[0],
                high=within[1],
                at_limit=bool(edge < 1e-3),
            )
        )
    return found


def _ordered(one: float, other: float) -> tuple[float, float]:
    return (one, other) if one <= other else (other, one)


def _profiles(
    objective: Objective,
    theta: Array,
    jacobian: Array,
    covariance: Array,
    progress: Progress | None,
) -> Array:
    """Return the cost (parameter, offset) with one parameter held and all others at their best."""
    where, count = objective.space, len(theta)
    points, others = [], []
    for k in range(count):
        direction = covariance[:, k] / np.sqrt(covariance[k, k])
        rest = np.delete(np.arange(count), k)
        inverse = np.linalg.pinv(jacobian[:, rest])
        for offset in OFFSETS:
            points.append(np.clip(theta + offset * direction, where.low, where.high))
            others.append((rest, inverse))
    at = np.array(points)
    residuals = objective.residuals(at)
    costs = 0.5 * (residuals**2).sum(axis=1)
    for step in range(2):
        if progress:
            progress("Profile likelihoods", (step + 1) / 3)
        moved = at.copy()
        for row, (rest, inverse) in enumerate(others):
            moved[row, rest] -= inverse @ residuals[row]
        moved = np.clip(moved, where.low, where.high)
        tried = objective.residuals(moved)
        cost = 0.5 * (tried**2).sum(axis=1)
        better = cost < costs
        at[better], residuals[better], costs[better] = moved[better], tried[better], cost[better]
    return np.asarray(costs.reshape(count, len(OFFSETS)))


def _limits(offsets: Array, rises: Array) -> tuple[float | None, float | None]:
    """Return where a profile crosses its 95 % limit on either side, None where it does not."""
    sides: list[float | None] = []
    for sign in (-1.0, 1.0):
        own = np.sign(offsets) == sign
        order = np.argsort(np.abs(offsets[own]))
        x = np.concatenate([[0.0], offsets[own][order]])
        y = np.maximum.accumulate(np.concatenate([[0.0], np.maximum(rises[own][order], 0.0)]))
        sides.append(float(np.interp(LIMIT_95, y, x)) if y[-1] > LIMIT_95 else None)
    return sides[0], sides[1]
