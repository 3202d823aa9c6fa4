"""What lies ahead of one person: each strategy with its range, and what would narrow it most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from osteoaxis.engine import Progress
from osteoaxis.forecast import particles as parts
from osteoaxis.forecast import posterior as beliefs
from osteoaxis.forecast.person import Person
from osteoaxis.forecast.posterior import Posterior
from osteoaxis.outcomes import fracture, numbers
from osteoaxis.outcomes.incidence import incidence
from osteoaxis.outcomes.person import People
from osteoaxis.pharmacology.drug import Drug
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.population.solve import hazards
from osteoaxis.simulation import Simulator
from osteoaxis.units import DAYS_PER_MONTH, DAYS_PER_YEAR

Array = NDArray[np.float64]

BAND = (0.05, 0.5, 0.95)
"""Quantiles shown: a range of 90 % around the median."""
SHOWN = (*parts.DENSITIES, "ctx", "p1np", "estradiol", "testosterone")
CAUSES = ("any", "vertebral", "hip")
STEP_MONTHS = 1.0
CANDIDATES = {
    "lumbar_spine_bmd": (12.0, 24.0),
    "total_hip_bmd": (12.0, 24.0),
    "ctx": (0.0, 6.0),
    "p1np": (0.0, 6.0),
    "estradiol": (0.0,),
    "testosterone": (0.0,),
    "vitamin_d": (0.0,),
}
"""Next measurements that are weighed up: months from today."""


@dataclass(frozen=True)
class Course:
    """One strategy: values (person, month) by variable, of people who could be this person.

    Densities in g/cm2, markers and hormones in their units, `<cause>_fracture_incidence` in
    percent with a first fracture from today on.
    """

    regimen: Regimen
    values: Mapping[str, Array]

    def band(self, name: str) -> Array:
        """Return 5, 50 and 95 % (quantile, month) of a variable."""
        return np.asarray(np.nanquantile(self.values[name], BAND, axis=0))


@dataclass(frozen=True)
class Value:
    """How much a next measurement would narrow the range of the change ahead, percent."""

    quantity: str
    month: float
    narrower: float


@dataclass(frozen=True)
class Forecast:
    """A forecast: `months` from time zero, `now` that of today. The first strategy leads.

    Where the model does not explain a person, `courses` are those of people like them of whom
    nothing was measured, and `next` is empty.
    """

    person: Person
    posterior: Posterior
    months: Array
    courses: Mapping[str, Course]
    before: Course
    """The first strategy in people like this one of whom nothing was measured."""
    next: tuple[Value, ...]
    drugs: Mapping[str, Drug]
    """The drugs that regimens may name."""

    @property
    def now(self) -> float:
        """Months from time zero to today."""
        return self.person.now / DAYS_PER_MONTH

    @cached_property
    def today(self) -> int:
        """Number of today in `months`."""
        return int(np.argmin(np.abs(self.months - self.now)))

    def change(self, course: Course, name: str) -> Array:
        """Return the change from today on in percent (person, month from today)."""
        values = course.values[name][:, self.today :]
        return np.asarray(100.0 * (values / values[:, :1] - 1.0))


def forecast(
    person: Person, ready: Simulator, *, seed: int = 1, progress: Progress | None = None
) -> Forecast:
    """Return the forecast of one person; equal seeds give equal results.

    Raises `InputError` for drugs that cannot be given, `SolverError` where nobody like this
    person could be simulated.
    """
    say = progress or (lambda _text, _share: None)
    for regimen in (person.past, *person.strategies.values()):
        ready.check(regimen)
    posterior = beliefs.infer(person, ready, seed=seed, progress=progress)
    months = _months(person)
    random = np.random.default_rng([seed, 2])
    noise = random.standard_normal(posterior.scale_mean.shape)
    unmeasured = parts.drawn(beliefs.KEPT, random)
    usual = noise @ _root(posterior.likelihood.prior).T
    luck = numbers.draws("fracture", beliefs.KEPT, seed)
    people, scales = unmeasured, usual
    if posterior.check.explained:
        people = posterior.particles
        scales = posterior.scale_mean + noise @ _root(posterior.scale_covariance).T
    courses = {}
    for k, (name, regimen) in enumerate(person.strategies.items()):
        say(f"Looking ahead: {name}", 0.6 + 0.35 * k / len(person.strategies))
        courses[name] = _course(person, people, scales, posterior, ready, regimen, months, luck)
    first, regimen = next(iter(person.strategies.items()))
    before = courses[first]
    if posterior.check.explained:
        before = _course(person, unmeasured, usual, posterior, ready, regimen, months, luck)
    say("Weighing up what to measure next", 0.97)
    worth = _values(person, posterior, courses[first], months) if posterior.check.explained else ()
    return Forecast(person, posterior, months, courses, before, worth, ready.drugs)


def _months(person: Person) -> Array:
    """Return the months looked at: every month ahead, and the past up to today as often."""
    now = person.now / DAYS_PER_MONTH
    ahead = now + np.append(np.arange(0.0, 12.0 * person.years - 0.1, STEP_MONTHS),
                            12.0 * person.years)  # fmt: skip
    return np.unique(np.concatenate([np.arange(0.0, now - 0.5, STEP_MONTHS), ahead]))


def _root(covariance: Array) -> Array:
    return np.asarray(np.linalg.cholesky(covariance + 1e-12 * np.eye(len(covariance))))


def _course(
    person: Person,
    particles: parts.Particles,
    scales: Array,
    posterior: Posterior,
    ready: Simulator,
    regimen: Regimen,
    months: Array,
    luck: Mapping[str, Array],
) -> Course:
    days = months * DAYS_PER_MONTH
    raw = parts.simulate(person.patient, particles, ready, regimen, days.tolist())
    columns = posterior.likelihood.scales
    # Hormones are shown as the body has them; their scale is that of the assay.
    own = (*parts.DENSITIES, "ctx", "p1np")
    factor = {name: np.exp(scales[:, [columns.index(name)]]) for name in own}
    values = {name: raw[name] * factor.get(name, 1.0) for name in parts.RECORDED}
    kept = {name: values[name] for name in (*SHOWN, "vitamin_d")}
    return Course(regimen, kept | _fractures(person, values, months, luck))


def _fractures(
    person: Person, values: Mapping[str, Array], months: Array, luck: Mapping[str, Array]
) -> dict[str, Array]:
    """Return the percent with a first fracture from today on; 0 until then."""
    patient, count = person.patient, len(values["ctx"])
    found = hazards(People.of([patient] * count), values, months, numbers=luck)
    today = int(np.argmin(np.abs(months - person.now / DAYS_PER_MONTH)))
    shares = incidence(
        {cause: hazard[:, today:] for cause, hazard in found.items()},
        months[today:] - months[today],
        sex=patient.sex,
        age=patient.age + person.now / DAYS_PER_YEAR,
        excess_mortality=fracture.excess_mortality(patient.history),
    )
    past = np.zeros((count, today))
    return {
        f"{cause}_fracture_incidence": np.hstack([past, 100.0 * shares[cause]]) for cause in CAUSES
    }


def _values(
    person: Person, posterior: Posterior, course: Course, months: Array
) -> tuple[Value, ...]:
    """Return how much each candidate would narrow the spine's change, the best first.

    The share of variance explained follows from the covariance with what would be measured; its
    error and what is not known of the person's usual level count against it.
    """
    today = person.now / DAYS_PER_MONTH
    density = np.log(course.values["lumbar_spine_bmd"])
    start, end = int(np.argmin(np.abs(months - today))), len(months) - 1
    outcome = density[:, end] - density[:, start]
    columns = posterior.likelihood.scales
    found = []
    for quantity, waits in CANDIDATES.items():
        if quantity == "testosterone" and not person.patient.male:
            continue
        scale = columns.index(quantity)
        unknown = posterior.scale_covariance[scale, scale]
        for wait in waits:
            if wait >= 12.0 * person.years:
                continue
            seen = _log_level(course, quantity, posterior, months, today + wait)
            error = beliefs.error_of(quantity, person) ** 2
            together = float(np.cov(outcome, seen)[0, 1])
            spread = float(np.var(seen)) + error
            if quantity in beliefs.ASSAYS:
                spread += unknown
            share = together**2 / (float(np.var(outcome)) * spread)
            found.append(Value(quantity, wait, 100.0 * (1.0 - np.sqrt(1.0 - min(share, 1.0)))))
    return tuple(sorted(found, key=lambda each: -each.narrower))


def _log_level(
    course: Course, quantity: str, posterior: Posterior, months: Array, month: float
) -> Array:
    """Return what would be measured of each person (log), the assay's own scale as expected."""
    values = np.log(course.values[quantity])
    at = np.array([np.interp(month, months, row) for row in values])
    if quantity in beliefs.ASSAYS:
        at = at + posterior.scale_mean[:, posterior.likelihood.scales.index(quantity)]
    return at
