"""How the variables and numbers of a trial are called."""

from __future__ import annotations

import math

NAMES = {
    "lumbar_spine_bmd": "Spine density", "total_hip_bmd": "Hip density",
    "femoral_neck_bmd": "Femoral neck density", "ctx": "CTX", "p1np": "P1NP",
    "estradiol": "Estradiol", "testosterone": "Testosterone", "any_fracture": "Any fracture",
    "vertebral_fracture": "Vertebral fracture", "hip_fracture": "Hip fracture",
}  # fmt: skip
SAME = "none: both arms the same"


def people(count: float) -> str:
    """Return a number of people, rounded up."""
    return f"{math.ceil(count):,}" if math.isfinite(count) else "over 100,000"
