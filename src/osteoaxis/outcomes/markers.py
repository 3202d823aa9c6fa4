"""Turnover markers against reference intervals, and whether a change is real.

Intervals (95 %) are in `reference/markers.csv`. Samples are meant fasting in the morning: CTX
falls by about half after food and through the day.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from osteoaxis.outcomes import change
from osteoaxis.outcomes.person import USUAL_MENOPAUSE

REFERENCE = Path(__file__).parent / "reference" / "markers.csv"

# Percent: variation within a person, and of the assay. CTX and P1NP: EuBIVAS
# (10.1007/s00198-020-05362-8), recalled; NTX and BSAP: assumed from urine and serum markers.
WITHIN = {"ctx": 15.1, "p1np": 8.8, "bsap": 7.0, "ntx": 20.0}
ASSAY = {"ctx": 4.0, "p1np": 3.0, "bsap": 4.0, "ntx": 6.0}
# The same of hormones, both in one (assumed; immunoassays of estradiol differ most).
HORMONES = {"estradiol": 15.0, "testosterone": 12.0, "vitamin_d": 10.0}


def error(quantity: str) -> float:
    """Return the error of one measurement of a marker or hormone, percent, person and assay."""
    return HORMONES.get(quantity) or math.hypot(WITHIN[quantity], ASSAY[quantity])


@dataclass(frozen=True)
class Interval:
    """A 95 % reference interval, in `unit`, and who measured it."""

    low: float
    high: float
    unit: str
    source: str

    def z(self, value: float) -> float:
        """Return the place of `value`: 0 in the (geometric) middle, ±1.96 at the ends."""
        low, high = math.log(self.low), math.log(self.high)
        return (math.log(value) - (low + high) / 2) / ((high - low) / (2 * change.Z95))


def interval(
    marker: str, sex: str, age: float, menopause_age: float | None = None
) -> Interval | None:
    """Return the reference interval of `marker`; None where none was found.

    Women by menopause; men interpolated between the youngest and the oldest published group.
    """
    rows = [row for row in _rows() if row["marker"] == marker and row["sex"] == sex]
    if sex == "female":
        menopause = USUAL_MENOPAUSE if menopause_age is None else menopause_age
        rows = [
            row for row in rows if row["menopause"] == ("after" if age >= menopause else "before")
        ]
    if not rows:
        return None
    middles = [(float(row["youngest"]) + float(row["oldest"])) / 2 for row in rows]
    low, high = (
        float(np.exp(np.interp(age, middles, [math.log(float(row[end])) for row in rows])))
        for end in ("low", "high")
    )
    return Interval(low, high, rows[0]["unit"], rows[0]["source"])


@lru_cache
def _rows() -> tuple[Mapping[str, str], ...]:
    with REFERENCE.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def compare(marker: str, before: float, after: float) -> change.Change:
    """Judge whether a change of `marker` is real, from its variation within people and assay."""
    return change.ratio(before, after, math.hypot(WITHIN[marker], ASSAY[marker]))
