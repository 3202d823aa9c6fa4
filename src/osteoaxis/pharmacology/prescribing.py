"""Whether drugs can be given as a regimen says: known, by that route, in that dose."""

from __future__ import annotations

from collections.abc import Mapping

from osteoaxis.errors import InputError, did_you_mean
from osteoaxis.pharmacology.drug import Drug
from osteoaxis.pharmacology.regimen import Regimen


def drug(name: str, drugs: Mapping[str, Drug]) -> Drug:
    """Return the drug called `name` in `drugs`, by any name; raises `InputError` if none is."""
    if name not in drugs:
        known = dict.fromkeys(drug.name for drug in drugs.values())
        raise InputError(
            f"unknown drug '{name}'.{did_you_mean(name, drugs)} Known: {', '.join(known)}."
        )
    return drugs[name]


def check(regimen: Regimen, drugs: Mapping[str, Drug]) -> None:
    """Raise `InputError` if `drugs`, by any name, cannot be given as `regimen` says."""
    for term in regimen.terms:
        chosen = drug(term.drug, drugs)
        if term.route not in chosen.routes:
            raise InputError(
                f"regimen term '{term}': {chosen.name} is not given {term.route}; "
                f"its routes are {', '.join(chosen.routes)}."
            )
        try:
            dose = chosen.mass_mg(term.amount, term.unit)
        except InputError as problem:
            raise InputError(f"regimen term '{term}': {problem}") from None
        low, high = chosen.dose_range_mg
        if dose and not low <= dose <= high:
            gel = term.route == "td" and term.unit == "g"
            raise InputError(
                f"regimen term '{term}': {dose:g} mg of {chosen.name} is outside "
                f"{low:g} to {high:g} mg. A usual dose is '{chosen.typical}'."
                + f" Write what the gel holds: {term.amount:g} g of 1 % gel hold "
                f"{10 * term.amount:g} mg." * gel
            )
