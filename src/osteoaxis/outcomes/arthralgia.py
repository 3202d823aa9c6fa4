"""Joint pain as people report it: severity, onset, and stopping the inhibitor because of it.

The model gives the share of people like this one with worst pain of at least 3 of 10. Pain over
such people is taken as logistic, so that the same share fixes its mean and the share in severe
pain. Placebo answers of 1.5 to 2 points, which trials of pain relief see, are not in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from osteoaxis.outcomes.incidence import cumulative
from osteoaxis.outcomes.person import Person

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

NEEDS = ("arthralgia_probability",)

PAIN = 3.0  # of 10: worst pain that counts as arthralgia
SEVERE = 7.0  # of 10
SPREAD = 1.3
"""Scale of the logistic, points: standard deviation 2.4 of worst pain in women on inhibitors
(assumed from trials of pain relief, 10.1200/JCO.2014.59.5595)."""
STOPPING = 1.2
"""Hazard (1/year) of stopping the inhibitor for each person with joint pain beyond those who had it
at time zero: a fifth to a quarter stop within two years (assumed from ELPh, 24.3 %, recalled)."""


def location(share: Any) -> Any:
    """Return the middle of worst pain (points, may be below 0) where `share` reach 3 of 10."""
    return PAIN + SPREAD * np.log(share / (1 - share))


def mean_pain(share: Any) -> Any:
    """Return the mean worst pain (0 to 10) where `share` of people reach 3 of 10."""
    middle = location(share)
    # integral of the share above each level from 0 to 10
    return SPREAD * (np.logaddexp(0, middle / SPREAD) - np.logaddexp(0, (middle - 10.0) / SPREAD))


def severe_share(share: Any) -> Any:
    """Return the share in severe pain (7 of 10) where `share` of people reach 3 of 10."""
    return 1 / (1 + np.exp((SEVERE - location(share)) / SPREAD))


def stopped(share: Array, months: Array) -> Array:
    """Return the share who have stopped the inhibitor because of pain by each month (last axis)."""
    hazard = STOPPING * np.maximum(share - share[..., :1], 0.0)
    return np.asarray(1 - np.exp(-cumulative(hazard, months)))


def add(data: xr.Dataset, person: Person) -> dict[str, xr.Variable]:  # noqa: ARG001 - all alike
    """Return worst pain, severe pain and stopping along a trajectory."""
    import xarray as xr

    column = data.variables["arthralgia_probability"].transpose(..., "time")
    share = column.values
    made = {
        "joint_pain_score": (mean_pain(share), "1", "mean worst joint pain, 0 to 10"),
        "severe_joint_pain": (severe_share(share), "1", "share with worst pain of 7 of 10 or more"),
        "stopped_for_joint_pain": (
            stopped(share, data["time"].values),
            "1",
            "share who would have stopped an inhibitor because of joint pain",
        ),
    }
    return {
        name: xr.Variable(column.dims, values, {"unit": unit, "long_name": title})
        for name, (values, unit, title) in made.items()
    }
