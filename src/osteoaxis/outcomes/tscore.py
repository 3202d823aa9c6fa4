"""T-scores: a density in standard deviations from the young adult mean of the same sex.

Total hip and femoral neck: NHANES III, women and men of 20 to 29 years (10.1007/s001980050093).
Lumbar spine: the reference of Hologic densitometers for L1 to L4, which NHANES does not cover.
"""

from __future__ import annotations

from typing import Any

SITES = ("lumbar_spine", "total_hip", "femoral_neck")

# (mean, standard deviation) in g/cm2 by site, women and men.
YOUNG_ADULT: dict[str, dict[str, tuple[float, float]]] = {
    "lumbar_spine": {"female": (1.047, 0.110), "male": (1.091, 0.110)},
    "total_hip": {"female": (0.942, 0.122), "male": (1.041, 0.144)},
    "femoral_neck": {"female": (0.858, 0.120), "male": (0.934, 0.137)},
}


def t_score(bmd: Any, site: str, sex: str) -> Any:
    """Return the T-score of `bmd` (g/cm2; a number or an array) at `site` for `sex`."""
    mean, deviation = YOUNG_ADULT[site][sex]
    return (bmd - mean) / deviation


def density(score: float, site: str, sex: str) -> float:
    """Return the density in g/cm2 that has this T-score."""
    mean, deviation = YOUNG_ADULT[site][sex]
    return mean + score * deviation
