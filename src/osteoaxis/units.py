"""One unit registry, the field's spellings, and conversion between them.

Inside osteoaxis numbers are plain floats in the unit each declaration names; time is in days.
pint is used only at the edges: reading drug files, and checking that every rate agrees with its
declared unit.
"""

from __future__ import annotations

from functools import lru_cache
from tokenize import TokenError
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pint

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
def conversion_factor(source: str, target: str, molar_mass: float | None = None) -> float:
    """Return the factor that turns a number in `source` into one in `target`.

    With a `molar_mass` (g/mol) mass and amount of substance turn into each other, too. Raises
    `ValueError` when the units measure different things or one is unknown.
    """
    if source == target:
        return 1.0
    import pint

    known = registry()
    try:
        one = known.Quantity(1.0, unit(source))
        if molar_mass is None:
            return float(one.to(unit(target)).magnitude)
        mass = known.Quantity(molar_mass, "g/mol")
        return float(one.to(unit(target), "chemistry", mw=mass).magnitude)
    except pint.PintError as problem:
        raise ValueError(str(problem)) from problem
    except (AssertionError, TokenError, SyntaxError, TypeError) as problem:  # pint's parser
        raise ValueError("no unit can be read") from problem
