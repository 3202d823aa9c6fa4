"""The whole model from its parts, checked before anything runs: biology, drugs, fitted values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from osteoaxis import fitted
from osteoaxis.biology import BIOLOGY
from osteoaxis.errors import InputError, did_you_mean
from osteoaxis.model import Model
from osteoaxis.pharmacology import prescribing
from osteoaxis.pharmacology.actions import place
from osteoaxis.pharmacology.drug import Drug, by_any_name, catalogue
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.process import Site


def build_model(
    folders: tuple[Path, ...] = (), *, calibrated: bool = True
) -> tuple[Model, Mapping[str, Drug]]:
    """Return the model with all biology and the drugs of the catalogue and `folders`.

    With `calibrated` the values of `osteoaxis.fitted` stand in place of those declared, but not of
    drugs of `folders`: there the file says what holds. Raises `InputError` for a drug whose name is
    taken or that acts where there is no place for it.
    """
    drugs = catalogue(*folders)
    _check_places(drugs.values())
    _check_typical(drugs.values())
    processes = tuple(
        fitted.applied(drug.process) if calibrated and drug.built_in else drug.process
        for drug in drugs.values()
    )
    biology = tuple(map(fitted.applied, BIOLOGY)) if calibrated else BIOLOGY
    try:
        model = Model((*biology, *processes))
    except ValueError as problem:
        raise InputError(f"drugs: {problem}") from problem
    return model, drugs


def _check_places(drugs: Iterable[Drug]) -> None:
    """Refuse a drug of the name of a process, or that acts on what no drug acts on that way."""
    sites = [
        n for p in BIOLOGY for n, declared in p.declarations.items() if isinstance(declared, Site)
    ]
    processes = [process.name for process in BIOLOGY]
    for drug in drugs:
        if drug.name in processes:
            raise InputError(f"{drug.file}: name: '{drug.name}' is a process of the model.")
        for site, _ in drug.process.site_terms:
            if site not in sites:
                on, how = place(site)
                there = [name for name, verb in map(place, sites) if verb == how]
                raise InputError(
                    f"{drug.file}: acts: on = '{on}' with how = '{how}' is no place of the model."
                    f"{did_you_mean(on, there)} With '{how}': {', '.join(there)}."
                )


def _check_typical(drugs: Iterable[Drug]) -> None:
    """Refuse a drug of the user whose usual regimen is no regimen of it."""
    for drug in drugs:
        if not drug.built_in:
            try:
                regimen = Regimen.parse(drug.typical)
                if not regimen.terms:
                    raise InputError(f"'{drug.typical}' gives no {drug.name}.")
                prescribing.check(regimen, by_any_name({drug.name: drug}))
            except InputError as problem:
                raise InputError(f"{drug.file}: typical: {problem}") from None
