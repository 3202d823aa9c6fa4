"""What trajectories mean for people: densities in scores, fractures, joint pain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from osteoaxis.outcomes import arthralgia, dxa, fracture

if TYPE_CHECKING:
    import xarray as xr

    from osteoaxis.outcomes.person import Person

OUTCOMES = (dxa, arthralgia, fracture)
"""In this order: fracture uses the Z-scores of dxa."""
NEEDS = tuple(dict.fromkeys(name for outcome in OUTCOMES for name in outcome.NEEDS))
"""Quantities of the model that outcomes are made of."""


def add(data: xr.Dataset, person: Person) -> xr.Dataset:
    """Return a trajectory (`time` in months) with every outcome beside what the model computes."""
    for outcome in OUTCOMES:
        data = data.assign(outcome.add(data, person))
    return data
