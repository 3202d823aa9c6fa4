"""People like one patient: how many cross a line and how they differ, in a few seconds at most."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

from osteoaxis import DISCLAIMER, population
from osteoaxis.dosing import AVERAGED
from osteoaxis.errors import InputError
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.pharmacology.terms import Term
from osteoaxis.population.likeness import COUNT
from osteoaxis.simulation import month_grid
from osteoaxis.units import DAYS_PER_YEAR
from osteoaxis.web import asked as fields
from osteoaxis.web import runs
from osteoaxis.web.catalogue import Catalogue

LINES = (-2.5, -2.0)
"""T-scores whose crossing is counted: osteoporosis (WHO 1994), and where guidelines treat."""
FEWEST = 40
SPENT = 2000.0
"""Milliseconds of computing for an answer, about; `_cost` has them as measured."""
NORMAL_90 = 1.645


def people(catalogue: Catalogue, asked: fields.People) -> dict[str, Any]:
    """Return shares at or below each line, and how density changes in people like a patient.

    Raises `InputError` or `SolverError`.
    """
    ready = catalogue.ready
    person = runs.patient(asked.patient)
    plans = {name: runs.regimen(ready, name, text) for name, text in asked.strategies.items()}
    months = month_grid(asked.years, asked.step)
    count = _affordable(plans.values(), asked.years)
    found = population.alike(ready, person, plans, months, count=count, seed=asked.seed)
    return {
        "time": months,
        "people": found.count,
        "left_out": found.left_out,
        "off_by": 100.0 * NORMAL_90 * math.sqrt(0.25 / found.count),
        "t_scores": found.t_scores,
        "typical": found.typical,
        "strategies": {
            name: {
                "regimen": str(plan),
                "at_or_below": {f"{line:g}": found.below(name, line) for line in LINES},
                "change": {
                    site: dict(zip(("low", "median", "high"), band, strict=True))
                    for site, band in found.change(name).items()
                },
            }
            for name, plan in plans.items()
        },
        "note": DISCLAIMER,
    }


def _affordable(plans: Collection[Regimen], years: float) -> int:
    """Return how many people there is time for; raises `InputError` where they are too few."""
    count = int(SPENT / sum(_cost(plan, years) for plan in plans))
    if count < FEWEST:
        raise InputError(
            "strategies: too many doses or decisions for so many people. Ask for fewer years, "
            "strategies or doses."
        )
    return min(count, COUNT)


def _cost(plan: Regimen, years: float) -> float:
    """Return milliseconds of one person on a plan: for each year and dose, again for decisions."""
    doses = sum(_doses(term, years * DAYS_PER_YEAR) for term in plan.terms)
    return (4.0 if plan.ruled else 1.0) * (0.5 + 0.2 * years + 0.03 * doses)


def _doses(term: Term, until_day: float) -> float:
    """Return how many doses are given one by one, about; a steady input is one."""
    if term.every_days is None:
        return 1.0
    longest, routes = AVERAGED["weekly"]
    missed = term.rules is not None and term.rules.taken < 100.0
    if term.every_days <= longest and term.route in routes and not missed:
        return 1.0
    end = until_day if term.stop_day is None else min(term.stop_day, until_day)
    return max(end - term.start_day, 0.0) / term.every_days
