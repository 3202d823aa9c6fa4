"""Two arms side by side: fractures in 1,000 people and the number needed to treat, with intervals.

The numbers of `reference/fracture.toml` are drawn once and used in both arms, so that what is
uncertain about both alike does not blur their difference. Intervals hold 90 % of the draws: what
is uncertain of the fracture model and, where runs of the ensemble are given, of the trajectories,
not the luck of each person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.interpolate import make_interp_spline

from osteoaxis import toml
from osteoaxis.outcomes import fracture, numbers
from osteoaxis.outcomes.incidence import NumberNeeded, interval, number_needed

Array = NDArray[np.float64]

DRAWS = 500
OUTCOMES = (*fracture.CAUSES, "any")


@dataclass(frozen=True)
class Estimate:
    """A value with its 90 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Benefit:
    """People with a fracture in 1,000 of each arm, and how many are treated for one less."""

    reference_per_1000: Estimate
    treated_per_1000: Estimate
    fewer_per_1000: Estimate
    needed: NumberNeeded


def benefit(
    reference: xr.Dataset,
    treated: xr.Dataset,
    month: float,
    *,
    sex: str,
    age: float,
    menopause_age: float | None = None,
    history: Mapping[str, float | bool] | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    drawn: tuple[Sequence[xr.Dataset], Sequence[xr.Dataset]] = ((), ()),
) -> dict[str, Benefit]:
    """Return the benefit of one trajectory over another until `month`, by cause and for `any`.

    `drawn` are runs of both arms with sets of the ensemble, made with the same seed.

    Deterministic for a seed. Raises `InputError` when a trajectory has no Z-scores or ends
    before `month`.
    """
    for data in (reference, treated):
        last = float(data["time"][-1])
        toml.number(month, float(data["time"][0]), last, "months", "month of the comparison")
    fractures = numbers.draws("fracture", draws, seed)
    central = numbers.central("fracture")
    found = {}
    for arm, data in (("reference", reference), ("treated", treated)):
        for kind, values in (("value", central), ("draws", fractures)):
            shares = fracture.shares(
                data, sex=sex, age=age, menopause_age=menopause_age, history=history,
                values=values,
            )  # fmt: skip
            found[arm, kind] = {
                cause: make_interp_spline(data["time"].values, share, k=1, axis=-1)(month)
                for cause, share in shares.items()
                if cause in OUTCOMES
            }
    if all(drawn):
        for arm, own in zip(("reference", "treated"), drawn, strict=True):
            found[arm, "draws"] = {
                cause: np.array([_share(data, cause, month) for data in own]) for cause in OUTCOMES
            }
    result = {}
    for cause in OUTCOMES:
        before, after = (float(found[arm, "value"][cause]) for arm in ("reference", "treated"))
        befores, afters = (found[arm, "draws"][cause] for arm in ("reference", "treated"))
        result[cause] = Benefit(
            _per_1000(before, befores),
            _per_1000(after, afters),
            _per_1000(before - after, befores - afters),
            number_needed(before, after, befores, afters),
        )
    return result


def _share(data: xr.Dataset, cause: str, month: float) -> float:
    """Return the share with a fracture by `month` of one run."""
    shares = data[f"{cause}_fracture_incidence"].values
    return float(np.interp(month, data["time"].values, shares)) / 100.0


def _per_1000(value: float, drawn: Array) -> Estimate:
    low, high = interval(drawn)
    return Estimate(1000.0 * value, 1000.0 * float(low), 1000.0 * float(high))
