"""How many people a trial needs: power by formula, and averaged over what the model leaves open.

Density, markers and hormones: Welch's test with means and spreads of everybody in both arms, as
measured. Fractures: Schoenfeld's formula (10.1093/biomet/68.1.316) on expected numbers. Both count
people randomised: of those who leave, what is measured before they do.

The true effect is uncertain for all people together. The same people are simulated with other sets
of the ensemble and numbers of the fracture model; on top comes the error of the model itself
(`fitted.model_error`; none of hazard ratios, since that of fractures is one of rates, which arms
share). Assurance is the power averaged over these effects, significance in the direction of the
true effect only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats
from scipy.optimize import brentq

from osteoaxis import fitted
from osteoaxis.engine import Progress
from osteoaxis.outcomes import numbers
from osteoaxis.population.members import member
from osteoaxis.simulation import Simulator
from osteoaxis.trials.analysis import Effect, change, changes, expected, shown
from osteoaxis.trials.conduct import Conducted, Lives, lives
from osteoaxis.trials.design import FRACTURES, Trial
from osteoaxis.workers import Each, Pace, here

Array = NDArray[np.float64]

SETS, PEOPLE = 30, 16
"""Sets of the ensemble, and participants simulated with each."""
BATCH = 10
"""Sets simulated at once."""
DRAWS = 300
"""Effects drawn from what the model leaves open, and samples of the bootstrap."""
SMALLEST, LARGEST = 4.0, 100_000.0
"""People in an arm between which a size is looked for."""
SIZES = np.geomspace(SMALLEST, 10_000.0, 60)
CLOSE = 30.0
"""Standard errors beyond which power is one."""
KINDS = {"lumbar_spine_bmd": "spine", "total_hip_bmd": "bmd", "femoral_neck_bmd": "bmd",
         "ctx": "marker", "p1np": "marker", "estradiol": "hormone",
         "testosterone": "hormone"}  # fmt: skip
"""By which error of the model an endpoint is widened."""


@dataclass(frozen=True)
class Plan:
    """What a contrast at an endpoint needs.

    `low` and `high` hold 90 % of what the model leaves open about the true effect (None without an
    ensemble; nor has one whose arms are the same, which no size would show: no curve, `needed` is
    infinite). `needed` are people to be randomised to each arm for the power wanted (infinite if
    over 100,000), with 90 % limits of the chance of who was simulated. `power` and `assurance` are
    those of the trial as planned, `curve` holds (people an arm, power, assurance).
    """

    effect: Effect
    low: float | None
    high: float | None
    needed: float
    needed_low: float
    needed_high: float
    power: float
    assurance: float | None
    curve: tuple[tuple[float, float, float | None], ...]


def plans(
    found: Conducted,
    effects: Sequence[Effect],
    ready: Simulator,
    *,
    progress: Progress | None = None,
    each: Each = here,
) -> list[Plan]:
    """Return what each of `effects` needs."""
    sets = _with_other_sets(found, ready, progress, each)
    return [_plan(found, effect, sets) for effect in effects]


@dataclass(frozen=True)
class Basis:
    """What power follows from: the effect in its own scale, and what its error is made of.

    Scale: points of density, log ratios of markers and hormones, log hazard ratios. `noise` is the
    standard deviation in each arm; of fractures, `noise` is None and `kept` the share of people
    with one while watched.
    """

    effect: float
    kept: tuple[float, float]
    noise: tuple[float, float] | None

    @property
    def variance(self) -> float:
        """Variance of the effect with one person randomised to each arm."""
        parts = (1.0, 1.0) if self.noise is None else self.noise
        return sum(sd**2 / kept for sd, kept in zip(parts, self.kept, strict=True))


def power(
    basis: Basis, one: float, other: float, alpha: float, effect: Array | float | None = None
) -> Array:
    """Return the power with `one` and `other` people randomised, of both tails.

    `effect` replaces that of `basis`.
    """
    effect = basis.effect if effect is None else effect
    n = np.array([one, other]) * basis.kept
    if basis.noise is None:
        # D p q of Schoenfeld, with the events of each arm in place of its share of people
        far = np.abs(effect) * math.sqrt(n[0] * n[1] / n.sum())
        edge = stats.norm.ppf(1.0 - alpha / 2.0)
        return np.asarray(stats.norm.cdf(far - edge) + stats.norm.cdf(-far - edge))
    parts = np.square(basis.noise) / n
    free = parts.sum() ** 2 / (parts**2 / np.maximum(n - 1.0, 0.5)).sum()
    far = np.minimum(np.abs(effect) / math.sqrt(parts.sum()), CLOSE)
    edge = stats.t.ppf(1.0 - alpha / 2.0, free)
    return np.asarray(2.0 - special.nctdtr(free, far, edge) - special.nctdtr(free, -far, edge))


def needed(basis: Basis, alpha: float, wanted: float) -> float:
    """Return how many people to randomise to each arm; infinite if over 100,000."""

    def lacking(log: float) -> float:
        return float(power(basis, math.exp(log), math.exp(log), alpha)) - wanted

    first, last = math.log(SMALLEST), math.log(LARGEST)
    if lacking(last) < 0.0:
        return math.inf
    return SMALLEST if lacking(first) >= 0.0 else math.exp(brentq(lacking, first, last, xtol=1e-4))


def basis(
    found: Conducted, effect: Effect, chosen: NDArray[np.int64] | slice = slice(None)
) -> Basis:
    """Return what power for `effect` follows from, by the participants `chosen` in both arms."""
    trial, variable, month = found.trial, effect.endpoint, effect.month
    order = [arm.name for arm in trial.arms]
    pair = [order.index(effect.arm), order.index(effect.reference)]
    if variable in FRACTURES:
        mean = expected(found, variable, month)[pair][:, chosen].mean(axis=1)
        share = _watched(found, variable, month)[pair][:, chosen].mean(axis=1)
        return Basis(math.log(mean[0] / mean[1]), (share[0], share[1]), None)
    one, other = changes(found, variable, month, found.truth)[pair][:, chosen]
    sds = changes(found, variable, month, found.measured)[pair][:, chosen].std(axis=1, ddof=1)
    kept = float(found.staying(month))
    return Basis(float((one - other).mean()), (kept, kept), (sds[0], sds[1]))


def _watched(found: Conducted, variable: str, month: float) -> Array:
    """Return the chance of a first fracture before leaving (arm, participant)."""
    last = np.searchsorted(found.months, month) + 1
    months = found.months[:last]
    first = -np.diff(np.exp(-found.spent[variable][:, :, :last]), axis=-1)
    there = found.staying((months[1:] + months[:-1]) / 2.0)
    return np.asarray((first * there).sum(axis=-1))


def _plan(found: Conducted, effect: Effect, sets: Sequence[Lives]) -> Plan:
    trial, own = found.trial, basis(found, effect)
    if effect.none:
        most = math.inf
        return Plan(effect, None, None, most, most, most, trial.alpha, None, ())
    random = np.random.default_rng([found.seed, 11])
    size = needed(own, trial.alpha, trial.power)
    spread = []
    count = len(found.people)
    for _ in range(DRAWS):
        again = basis(found, effect, random.integers(0, count, count))
        spread.append(again.variance / max(again.effect**2, 1e-12))
    ratio = np.percentile(spread, (5.0, 95.0)) / (own.variance / max(own.effect**2, 1e-12))
    low, high = (max(size * r, SMALLEST) for r in ratio)
    whole = sum(arm.share for arm in trial.arms)
    planned = {arm.name: trial.participants * arm.share / whole for arm in trial.arms}
    one, other = planned[effect.arm], planned[effect.reference]
    drawn = _drawn(found, effect, own, sets, random)

    def averaged(one: float, other: float) -> float | None:
        if drawn is None:
            return None
        found = power(own, one, other, trial.alpha, drawn)
        return float((found * (drawn * own.effect > 0.0)).mean())

    ends = [None, None] if drawn is None else [
        _told(float(x), effect.endpoint) for x in np.percentile(drawn, (5.0, 95.0))
    ]  # fmt: skip
    return Plan(
        effect, ends[0], ends[1], size, low, high if high <= LARGEST else math.inf,
        float(power(own, one, other, trial.alpha)), averaged(one, other),
        tuple((n, float(power(own, n, n, trial.alpha)), averaged(n, n)) for n in SIZES),
    )  # fmt: skip


def _told(value: float, variable: str) -> float:
    return math.exp(value) if variable in FRACTURES else shown(value, variable)


def _drawn(
    found: Conducted, effect: Effect, own: Basis, sets: Sequence[Lives], random: np.random.Generator
) -> Array | None:
    """Return true effects in the scale of `own`, drawn from what the model leaves open."""
    if not sets:
        return None
    order = [arm.name for arm in found.trial.arms]
    one, other = order.index(effect.arm), order.index(effect.reference)
    variable, month = effect.endpoint, effect.month
    if variable in FRACTURES:
        place = np.searchsorted(found.months, month)
        mean = np.array([each.spent[variable][:, :, place].mean(axis=1) for each in sets])
        shifts = np.log(mean[:, one] / mean[:, other])
    else:
        visit = found.trial.visits.index(month)
        mean = np.array(
            [change(each.levels[variable], variable)[:, :, visit].mean(axis=1) for each in sets]
        )
        shifts = mean[:, one] - mean[:, other]
    kind = KINDS.get(variable, "")
    error = fitted.model_error().get(kind, 0.0)
    if kind in ("marker", "hormone"):  # points in percent, those of markers of the level at entry
        error /= 100.0 * (math.exp(own.effect) if kind == "marker" else 1.0)
    chosen = random.choice(shifts - shifts.mean(), DRAWS)
    return np.asarray(own.effect + chosen + error * random.standard_normal(DRAWS))


def _with_other_sets(
    found: Conducted, ready: Simulator, progress: Progress | None, each: Each
) -> list[Lives]:
    """Return some participants in every arm with each of some sets; none without an ensemble."""
    known = len(fitted.ensemble())
    if not known:
        return []
    sets = np.linspace(0, known - 1, min(SETS, known)).astype(int)
    people = [one.number for one in found.people[:PEOPLE]]
    batches = [range(k, min(k + BATCH, len(sets))) for k in range(0, len(sets), BATCH)]
    pace = Pace(progress, "sets of the ensemble", len(sets))
    task = partial(_of_sets, found.trial, found.seed, people, ready, sets)
    result: dict[int, list[Lives]] = {}
    for batch, some in each(task, batches):
        result[batch[0]] = some
        pace.add(len(batch))
    return [one for first in sorted(result) for one in result[first]]


def _of_sets(
    trial: Trial,
    seed: int,
    people: Sequence[int],
    ready: Simulator,
    sets: NDArray[np.int64],
    batch: range,
) -> list[Lives]:
    """Return the lives of `people` with each set of a batch that can be solved for all of them."""
    parameters, count = ready.model.parameters, len(people)
    patients = [
        member(trial.population, seed, number, parameters, set_number=int(sets[k])).patient
        for k in batch
        for number in people
    ]
    known = numbers.draws("fracture", len(sets), seed)
    own = {name: np.repeat(values[batch], count, axis=0) for name, values in known.items()}
    cohort = ready.start_all(patients)
    found = lives(trial, cohort, ready, seed, own)
    bad = [bool(m or p) for m, p in zip(found.messages, cohort.problems, strict=True)]
    places = [slice(k, k + count) for k in range(0, len(patients), count)]
    return [found.only(place) for place in places if not any(bad[place])]
