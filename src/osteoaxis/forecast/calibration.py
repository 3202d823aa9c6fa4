"""Are the ranges right? Forecasts of simulated persons whose future is known.

Persons are drawn from what a forecast believes before anything is measured; what they show is
measured with error; the forecast sees only that. Its 90 % ranges must then hold 90 % of what
happens, and ranks of the truth among its people must be uniform (10.48550/arXiv.1804.06788). Slips
put into what was measured must be found.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from osteoaxis.engine import Progress
from osteoaxis.forecast import particles as parts
from osteoaxis.forecast import posterior as beliefs
from osteoaxis.forecast.ahead import Forecast, forecast
from osteoaxis.forecast.check import check
from osteoaxis.forecast.person import Measurement, Person, moved
from osteoaxis.outcomes import dxa
from osteoaxis.patient import MOLAR_MASS, Patient
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.simulation import Simulator
from osteoaxis.units import DAYS_PER_YEAR

Array = NDArray[np.float64]

TARGETS = ("lumbar_spine_bmd", "total_hip_bmd", "ctx")
START = date(2020, 1, 1)


@dataclass(frozen=True)
class Design:
    """Who is simulated, on what, measured in which years, and how far ahead is looked."""

    sex: str
    ages: tuple[float, float]
    past: str
    ahead: str
    scans: tuple[float, ...]
    samples: tuple[float, ...]
    levels: tuple[str, ...] = ("ctx",)
    menopause_age: float | None = None
    years: float = 2.0


LETROZOLE, ANASTROZOLE = "letrozole 2.5 mg po qd", "anastrozole 1 mg po qd"
DESIGNS = (
    Design("female", (55, 75), LETROZOLE, "", (0, 1, 2), (0, 1, 2), ("ctx", "p1np"), 50),
    Design("female", (55, 80), "none", ANASTROZOLE, (0, 2), (2,), ("ctx", "vitamin_d"), 50),
    Design("female", (60, 75), f"{ANASTROZOLE} + denosumab 60 mg sc q6mo [m0-m30]", "",
           (0, 1, 2, 3), (1, 3), ("ctx",), 51),
    Design("female", (36, 44), "goserelin 3.6 mg sc q28d + exemestane 25 mg po qd",
           "zoledronate 4 mg iv over 15 min q6mo", (0, 1), (0, 1), ("ctx", "estradiol")),
    Design("male", (40, 70), "testosterone_gel 50 mg td qd + anastrozole 0.5 mg po qd", "",
           (0, 2), (1, 2), ("estradiol", "testosterone", "ctx")),
)  # fmt: skip
"""Women on an inhibitor, before one, on denosumab, with ovaries suppressed; men on testosterone."""


@dataclass(frozen=True)
class Known:
    """A simulated person, the truth at the end by target, and their last measured value."""

    person: Person
    truth: dict[str, float]
    last: dict[str, float]


def simulated(number: int, ready: Simulator, seed: int = 1) -> Known:
    """Return simulated person `number`, whose design is the number's turn among `DESIGNS`."""
    design = DESIGNS[number % len(DESIGNS)]
    random = np.random.default_rng([seed, 3, number])
    patient = Patient(
        name="person",
        sex=design.sex,
        age=float(random.uniform(*design.ages)),
        menopause_age=design.menopause_age,
    )
    now = DAYS_PER_YEAR * max(*design.scans, *design.samples)
    past = Regimen.parse(design.past)
    added = Regimen.parse(design.ahead or "none").terms
    ahead = Regimen((*past.terms, *(moved(term, now) for term in added)))
    wanted = [(DAYS_PER_YEAR * y, f"{site}_bmd") for y in design.scans for site in dxa.SITES[:2]]
    wanted += [(DAYS_PER_YEAR * y, level) for y in design.samples for level in design.levels]
    person = Person(
        title=f"simulated {number}",
        patient=patient,
        start=START,
        today=START + timedelta(days=round(now)),
        years=design.years,
        past=past,
        measurements=tuple(
            Measurement(day, name, 1.0, "hologic" if name.endswith("_bmd") else "")
            for day, name in wanted
        ),
        strategies={"ahead": ahead},
        precision=dxa.PRECISION,
    )
    likelihood = beliefs.Likelihood.of(person)
    end = person.now + design.years * DAYS_PER_YEAR
    days = sorted({*likelihood.days, end})
    levels = parts.simulate(patient, parts.drawn(1, random), ready, ahead, days)
    if np.isnan(levels["ctx"]).any():
        return simulated(number, ready, seed + 1000)
    root = np.linalg.cholesky(likelihood.prior)
    scale = dict(zip(likelihood.scales, root @ random.standard_normal(len(root)), strict=True))
    measured = tuple(
        Measurement(
            m.day, m.quantity,
            float(levels[m.quantity][0, days.index(m.day)]
                  * np.exp(scale[m.quantity] + error * random.standard_normal())),
            m.device,
        )
        for m, error in zip(person.measurements, likelihood.error, strict=True)
    )  # fmt: skip
    truth = {name: float(levels[name][0, -1] * np.exp(scale[name])) for name in TARGETS}
    last = {m.quantity: m.value for m in measured}
    return Known(replace(person, measurements=measured), truth, last)


@dataclass(frozen=True)
class Outcome:
    """How forecasts of one target did: a number for each person.

    `rank` is the share of the forecast's people below the truth; errors are of the log: that of
    the median, of the last value carried forward, and of that changed as people on average do.
    """

    target: str
    rank: Array
    error: Array
    carried: Array
    average: Array

    @property
    def coverage(self) -> float:
        """Share of persons whose truth lies in the 90 % range."""
        return float(np.mean((self.rank >= 0.05) & (self.rank <= 0.95)))


def outcomes(
    count: int, ready: Simulator, *, seed: int = 1, progress: Progress | None = None
) -> tuple[dict[str, Outcome], int]:
    """Return how forecasts of `count` simulated persons did, and how many were not explained.

    Those are in no outcome, since no forecast is fitted to them.
    """
    rows: dict[str, list[tuple[float, float, float, float]]] = {name: [] for name in TARGETS}
    unexplained = 0
    for number in range(count):
        known = simulated(number, ready, seed)
        found = forecast(known.person, ready, seed=seed + number)
        if found.posterior.check.explained:
            for target in TARGETS:
                rows[target].append(_compared(found, known, target))
        else:
            unexplained += 1
        if progress:
            progress(f"{number + 1} of {count} simulated persons", (number + 1) / count)
    return {
        target: Outcome(target, *np.array(columns).T) for target, columns in rows.items()
    }, unexplained


def _compared(found: Forecast, known: Known, target: str) -> tuple[float, float, float, float]:
    ends = found.courses["ahead"].values[target][:, -1]
    truth, last = np.log(known.truth[target]), np.log(known.last[target])
    before = np.log(found.before.values[target])
    usual = float(np.nanmean(before[:, -1] - before[:, found.today]))
    rank = float(np.mean(ends < known.truth[target]))
    return rank, float(np.log(np.nanmedian(ends)) - truth), last - truth, last + usual - truth


LEAST_SCORE = 1.0
"""T-scores as far from 0 as this can have a sign that matters."""
MOLAR = {"estradiol": 1e3, "testosterone": 10.0, "vitamin_d": 1e3}
"""nmol/L (of estradiol pmol/L) in one unit of ours, times the molar mass in g/mol."""


def slips(person: Person, random: np.random.Generator) -> dict[str, tuple[Measurement, ...]]:
    """Return what a person would have typed with one slip, by the kind of the slip.

    A sign and a make of one scan drawn by chance; the other unit of hormones and vitamin D; a
    decimal point of a marker. Kinds that a person's results cannot have are left out.
    """
    found: dict[str, list[tuple[int, float]]] = {}
    sex = person.patient.sex
    for k, each in enumerate(person.measurements):
        name = each.quantity
        if name.endswith("_bmd"):
            site = name.removesuffix("_bmd")
            score = float(dxa.t_score(each.value, site, sex))
            if abs(score) >= LEAST_SCORE:
                found.setdefault("sign", []).append((k, dxa.density(-score, site, sex)))
            found.setdefault("make", []).append(
                (k, float(dxa.convert(each.value, site, "hologic", "lunar")))
            )
        elif name in MOLAR:
            factor = MOLAR[name] / MOLAR_MASS[name]
            found.setdefault(f"{name} molar", []).append((k, each.value * factor))
            found.setdefault(f"{name} by mass", []).append((k, each.value / factor))
        else:
            found.setdefault("point", []).append((k, each.value * random.choice((0.1, 10.0))))
    made = {}
    for kind, places in found.items():
        k, value = places[random.integers(len(places))]
        changed = list(person.measurements)
        changed[k] = replace(changed[k], value=value)
        made[kind] = tuple(changed)
    return made


@dataclass(frozen=True)
class Caught:
    """Of persons with one kind of slip: how many, not explained, and marked or not explained."""

    persons: int
    unexplained: int
    noticed: int


def caught(
    count: int, ready: Simulator, *, seed: int = 1, progress: Progress | None = None
) -> dict[str, Caught]:
    """Return how often each kind of slip is noticed in simulated persons; "none" are honest."""
    tally: dict[str, list[tuple[bool, bool]]] = {}
    for number in range(count):
        person = simulated(number, ready, seed).person
        random = np.random.default_rng([seed, 4, number])
        likelihood = beliefs.Likelihood.of(person)
        days = likelihood.days
        people = parts.drawn(beliefs.DRAWN, random)
        levels = parts.simulate(person.patient, people, ready, person.past, days)
        logs = likelihood.observed - likelihood.residuals(levels, days)
        logs = logs[np.isfinite(logs).all(axis=1)]
        for kind, typed in {"none": person.measurements, **slips(person, random)}.items():
            observed = np.log([each.value for each in typed])
            found = check(observed, logs, likelihood.covariance, random)
            noticed = not found.explained or bool(found.far_off.any())
            tally.setdefault(kind, []).append((not found.explained, noticed))
        if progress:
            progress(f"{number + 1} of {count} simulated persons", (number + 1) / count)
    return {
        kind: Caught(len(rows), *(int(n) for n in np.sum(rows, axis=0)))
        for kind, rows in tally.items()
    }
