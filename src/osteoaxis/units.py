"""One unit registry, the field's spellings, and conversion between them.

Inside osteoaxis numbers are plain floats in the unit each declaration names; time is in days.
pint is used only at the edges: reading drug files, and checking that every rate agrees with its
declared unit.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pint

DAYS_PER_WEEK = 7.0
DAYS_PER_YEAR = 365.25
DAYS_PER_MONTH = DAYS_PER_YEAR / 12.0


@lru_cache(maxsize=1)
def registry() -> pint.UnitRegistry[Any]:
    """Return the shared pint registry, made on first use because importing pint is slow."""
    import pint

    units: pint.UnitRegistry[Any] = pint.UnitRegistry(cache_folder=":auto:")
    units.define("international_unit = [enzyme_activity] = IU = U")
    units.define("bone_collagen_equivalent = mole = BCE")
    return units


def unit(text: str) -> pint.Unit:
    """Return the pint unit of a declaration, where "1" stands for a bare number."""
    return registry().Unit("dimensionless" if text == "1" else text)


@lru_cache(maxsize=512)
def conversion_factor(source: str, target: str) -> float:
    """Return the factor that turns a number in `source` into one in `target`.

    Raises `ValueError` when the units measure different things or one is unknown.
    """
    if source == target:
        return 1.0
    import pint

    try:
        return float(registry().Quantity(1.0, unit(source)).to(unit(target)).magnitude)
    except pint.PintError as problem:
        raise ValueError(str(problem)) from problem
