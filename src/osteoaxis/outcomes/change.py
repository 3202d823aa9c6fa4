"""Is a change between two measurements real, or within what measuring alone would give?"""

from __future__ import annotations

import math
from dataclasses import dataclass

Z95 = 1.959964


@dataclass(frozen=True)
class Change:
    """A change in percent of the first value, and the limits measuring alone would stay within.

    `least_fall` and `least_rise` (percent) bound 95 % of the differences between two measurements
    of someone who did not change; `falling` is the probability that the true value fell.
    """

    percent: float
    least_fall: float
    least_rise: float
    falling: float

    @property
    def real(self) -> bool:
        """Whether the change is beyond what measuring alone would give in 19 of 20."""
        return not self.least_fall <= self.percent <= self.least_rise


def spread(value: float, sd: float) -> tuple[float, float]:
    """Return the 95 % limits of a log-normal measurement whose log has this deviation."""
    return value * math.exp(-Z95 * sd), value * math.exp(Z95 * sd)


def ordinary(before: float, after: float, error: float) -> Change:
    """Judge a difference when each value has the same error `error`, in percent of the first."""
    percent = 100 * (after / before - 1)
    sd = math.sqrt(2.0) * error
    return Change(percent, -Z95 * sd, Z95 * sd, _normal(-percent / sd))


def ratio(before: float, after: float, error: float) -> Change:
    """Judge a ratio when each value has a log-normal error of `error` percent (Fokkema 2006).

    Rises need to be larger than falls, in percent: 10.1373/clinchem.2005.064907.
    """
    sd = math.sqrt(2.0 * math.log1p((error / 100) ** 2))
    logarithm = math.log(after / before)
    fall, rise = (100 * (math.exp(sign * Z95 * sd) - 1) for sign in (-1, 1))
    return Change(100 * (after / before - 1), fall, rise, _normal(-logarithm / sd))


def _normal(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2.0))
