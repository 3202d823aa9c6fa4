"""SBML files read safely: what could harm is refused before libSBML sees a byte of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.parsers import expat

import libsbml

from osteoaxis.errors import InputError

LEVEL, VERSION = 3, 2
MAX_BYTES = 30_000_000
MAX_DEPTH = 200
"""Elements inside elements; real models stay below 40."""
KNOWN_PACKAGES = ("comp", "l3v2extendedmath")
"""Packages that change numbers and are computed."""


class UnsupportedError(InputError):
    """A correct model that uses what osteoaxis does not compute; `feature` is its name."""

    def __init__(self, where: str, feature: str) -> None:
        super().__init__(f"{where}: {feature} is not supported (docs/sbml.md lists what is).")
        self.feature = feature


def read(path: Path) -> Any:
    """Return the libSBML document of a file, as Level 3 Version 2 without submodels.

    Raises `InputError` for files that are not safe or not valid SBML, `UnsupportedError` for
    packages and fast reactions.
    """
    return parse(_bytes(path), str(path))


def parse(text: bytes, where: str) -> Any:
    """Return the libSBML document of a text; `where` names it in errors. Raises as `read`."""
    _check_safe(text, where)
    document = libsbml.readSBMLFromString(text.decode("utf-8-sig"))
    _check(document, where)
    _check_packages(document, where)
    document.setConsistencyChecks(libsbml.LIBSBML_CAT_UNITS_CONSISTENCY, False)
    document.setConsistencyChecks(libsbml.LIBSBML_CAT_MODELING_PRACTICE, False)
    document.checkConsistency()
    _check(document, where)
    model = document.getModel()
    if model is None:
        raise InputError(f"{where}: holds no model.")
    if any(reaction.isSetFast() and reaction.getFast() for reaction in model.getListOfReactions()):
        raise UnsupportedError(where, "fast reaction")
    if document.getPlugin("comp") is not None:
        _flatten(document, where)
    _measure_in_amounts(document.getModel())  # flattening made a new one
    if (document.getLevel(), document.getVersion()) != (LEVEL, VERSION):
        document.setLevelAndVersion(LEVEL, VERSION, False)
        _check(document, where)
        if (document.getLevel(), document.getVersion()) != (LEVEL, VERSION):
            raise InputError(f"{where}: libSBML cannot convert it to Level 3 Version 2.")
    return document


def _bytes(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise InputError(f"{path}: is a folder, an SBML file is needed.")
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path}: is larger than {MAX_BYTES:,} bytes.")
        return path.read_bytes()
    except OSError as problem:
        raise InputError(f"{path}: cannot be read ({problem.strerror}).") from problem


def _check_safe(text: bytes, where: str) -> None:
    if len(text) > MAX_BYTES:
        raise InputError(f"{where}: is larger than {MAX_BYTES:,} bytes.")
    parser = expat.ParserCreate()
    depth = 0
    first = ""

    def declaration(_version: str, encoding: str | None, _alone: int) -> None:
        if encoding is not None and encoding.upper() not in ("UTF-8", "US-ASCII", "ASCII"):
            raise InputError(f"{where}: is encoded in {encoding}; SBML must be in UTF-8.")

    def doctype(*_: Any) -> None:
        raise InputError(f"{where}: has a DOCTYPE, which SBML has no use for; remove it.")

    def start(name: str, _attributes: Any) -> None:
        nonlocal depth, first
        local = name.rpartition(":")[2]
        first = first or local
        if local == "externalModelDefinition":  # libSBML would open the other file
            raise UnsupportedError(where, "external model definition (package 'comp')")
        depth += 1
        if depth > MAX_DEPTH:
            line = parser.CurrentLineNumber
            raise InputError(f"{where}: line {line} is more than {MAX_DEPTH} elements deep.")

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    parser.XmlDeclHandler = declaration
    parser.StartDoctypeDeclHandler = doctype
    parser.EntityDeclHandler = doctype
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    try:
        text.decode("utf-8")
        parser.Parse(text, True)
    except UnicodeDecodeError as problem:
        raise InputError(f"{where}: is not a text in UTF-8.") from problem
    except expat.ExpatError as problem:
        raise InputError(f"{where}: is not valid XML: {problem}.") from problem
    if first != "sbml":
        raise InputError(f"{where}: is not SBML; its outermost element is '{first}'.")


def _check(document: Any, where: str) -> None:
    """Raise `InputError` with the first error libSBML has found."""
    log = document.getErrorLog()
    for number in range(log.getNumErrors()):
        error = log.getError(number)
        if error.getErrorId() == libsbml.DanglingUnitReference:  # units change no number
            continue
        if error.getSeverity() >= libsbml.LIBSBML_SEV_ERROR:
            message = " ".join(error.getMessage().split())
            raise InputError(f"{where}: line {error.getLine()} is not valid SBML: {message}")


def _check_packages(document: Any, where: str) -> None:
    if document.getLevel() < LEVEL:
        return
    for number in range(document.getNumPlugins()):
        package = document.getPlugin(number).getPackageName()
        if package not in KNOWN_PACKAGES and document.getPackageRequired(package):
            raise UnsupportedError(where, f"package '{package}'")
    names = document.getNamespaces()
    for number in range(names.getNumNamespaces()):  # packages libSBML was built without
        prefix = names.getPrefix(number)
        if document.hasUnknownPackage(names.getURI(number)) and document.getPackageRequired(prefix):
            raise UnsupportedError(where, f"package '{prefix}'")
    fluxes = document.getModel() and document.getModel().getPlugin("fbc")
    if fluxes and fluxes.getNumObjectives():
        raise UnsupportedError(where, "flux balance (package 'fbc')")


def _measure_in_amounts(model: Any) -> None:
    """Species in a compartment without dimensions and size have no concentration."""
    for species in model.getListOfSpecies():
        compartment = model.getCompartment(species.getCompartment())
        name = compartment.getId()
        sized = compartment.isSetSize() or model.getRule(name) or model.getInitialAssignment(name)
        if compartment.getSpatialDimensionsAsDouble() == 0 and not sized:
            species.setHasOnlySubstanceUnits(True)


def _flatten(document: Any, where: str) -> None:
    """Replace submodels by their parts."""
    wanted = libsbml.ConversionProperties()
    wanted.addOption("flatten comp", True)
    wanted.addOption("performValidation", False)
    wanted.addOption("leavePorts", False)
    if document.convert(wanted) != libsbml.LIBSBML_OPERATION_SUCCESS:
        _check(document, where)
        raise UnsupportedError(where, "this use of submodels (package 'comp')")
