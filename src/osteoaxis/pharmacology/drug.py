"""Drugs from their TOML files: read, checked, and turned into processes of the model."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from osteoaxis import toml
from osteoaxis.errors import InputError, did_you_mean
from osteoaxis.pharmacology.actions import VERBS, Term
from osteoaxis.pharmacology.pk import SHAPES, Built
from osteoaxis.pharmacology.terms import COUNTS
from osteoaxis.process import Declaration, Param, Process, Rate
from osteoaxis.units import conversion_factor

BUILT_IN = Path(__file__).parent / "drugs"
ROUTES = {
    "po": "by mouth",
    "iv": "into a vein",
    "sc": "under the skin",
    "im": "into a muscle",
    "td": "through the skin",
    "ex": "by exercise",
}
BONE_CLASSES = (
    "bisphosphonate",
    "RANKL antibody",
    "sclerostin antibody",
    "parathyroid hormone analogue",
)
"""Classes of drugs that are given to protect bone; stopping one is stopping bone protection."""
_TOP = (
    "name", "class", "summary", "typical", "dose_range", "units", "synonyms", "pk", "routes",
    "acts",
)  # fmt: skip
_NUMBER = ("value", "unit", "source", "range", "read")
_MAY_BE_ZERO = {"Vmax", "Q", "k_uptake", "kinact", "Emax", "efficacy", "share"}
"""Numbers that may be zero, so that something does not happen; all others are divided by."""
_AT_MOST = {"F": 1.0}  # no more is absorbed than is given


@dataclass(frozen=True)
class Route:
    """How a dose enters: the state it goes to, the parameter of its bioavailable share, the
    days over which it is released (zero-order), if any, and the dose of which half the share is
    absorbed, if more at once gives less for each mg."""

    target: str
    bioavailability: str
    release: str | None
    half_dose: str | None


@dataclass(frozen=True)
class Drug:
    """A drug as the catalogue holds it; `units_mg` holds what a count, such as IU, weighs."""

    name: str
    group: str
    summary: str
    typical: str
    dose_range_mg: tuple[float, float]
    units_mg: Mapping[str, float]
    synonyms: tuple[str, ...]
    routes: Mapping[str, Route]
    process: Process
    file: Path

    @property
    def built_in(self) -> bool:
        """Whether it comes with the package, not from a folder of the user."""
        return self.file.parent == BUILT_IN

    def mass_mg(self, amount: float, unit: str) -> float:
        """Return a dose in mg; raises `InputError` for units this drug is not measured in."""
        if unit not in COUNTS:
            return amount * conversion_factor(unit, "mg")
        if unit not in self.units_mg:
            raise InputError(f"give the dose of {self.name} in {', '.join(self.units_mg) or 'mg'}.")
        return amount * self.units_mg[unit]


class _Reader:
    """Reads one TOML table with errors that name the file and field."""

    def __init__(self, file: Path, drug: str) -> None:
        self.file = file
        self.drug = drug
        self.params: dict[str, Declaration] = {}

    def fail(self, where: str, problem: str) -> InputError:
        return InputError(f"{self.file}: {where}: {problem}")

    def known(self, table: Mapping[str, Any], allowed: Iterable[str], where: str) -> None:
        toml.known_keys(table, allowed, f"{self.file}: {where}")

    def text(self, table: Mapping[str, Any], key: str, where: str) -> str:
        return toml.text(table.get(key), f"{self.file}: {where}.{key}")

    def table(self, table: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
        """Return the table `key`, which must be there unless it is empty."""
        given = table.get(key, {})
        if not isinstance(given, dict):
            raise self.fail(where, f"must be a table, [{where}], not {given!r}.")
        return given

    def tables(self, table: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
        """Return the list of tables `key`; a drug that does nothing says so."""
        if key not in table:
            raise self.fail(
                key, f"is missing; write [[{key}]] for each effect, or {key} = [] for none."
            )
        given = table[key]
        if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
            shown = f"[{key}]" if isinstance(given, dict) else repr(given)
            raise self.fail(key, f"must be [[{key}]], once for each effect, not {shown}.")
        return given

    def name(self, given: Any, where: str) -> str:
        """Return what a regimen can call a drug."""
        name = toml.text(given, f"{self.file}: {where}")
        if not name.isidentifier() or name != name.lower():
            raise self.fail(where, f"'{name}' must be lower-case letters, digits and underscores.")
        return name

    def names(self, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
        """Return further names."""
        given = table.get(key, [])
        if not isinstance(given, list):
            raise self.fail(key, f"must be a list of texts, e.g. ['nz'], not {given!r}.")
        return tuple(self.name(each, key) for each in given)

    def masses(self, table: Mapping[str, Any]) -> dict[str, float]:
        """Read what each unit that is a count weighs, in mg."""
        self.known(table, COUNTS, "units")
        found = {}
        for unit in table:
            self.number(table, unit, "mg", unit, "units")
            weighed = self.params.pop(unit)
            assert isinstance(weighed, Param)
            found[unit] = weighed.value
        return found

    def ends(
        self, table: Mapping[str, Any], key: str, otherwise: list[float], where: str
    ) -> tuple[float, float]:
        """Return the two ends of a range, the lower first."""
        match table.get(key, otherwise):
            case [int() | float() as low, int() | float() as high] if low <= high:
                return float(low), float(high)
            case given:
                raise self.fail(where, f"{key} must be [low, high], not {given!r}.")

    def number(self, table: Mapping[str, Any], key: str, unit: str, name: str, where: str) -> None:
        """Read one sourced number into the parameter `name`, converted to `unit`."""
        entry = table.get(key)
        if entry is None:
            raise self.fail(where, f"'{key}' is missing; it needs value, unit and source.")
        if not isinstance(entry, dict) or not {"value", "unit", "source"} <= entry.keys():
            raise self.fail(f"{where}.{key}", "must be { value = ..., unit = ..., source = ... }.")
        self.known(entry, _NUMBER, f"{where}.{key}")
        value, given = entry["value"], str(entry["unit"])
        zero, most = key in _MAY_BE_ZERO, _AT_MOST.get(key, math.inf)
        wanted = "0 or more" if zero else "above 0"
        wanted += f" and at most {most:g}" if most < math.inf else ""

        def possible(number: float) -> bool:
            return (0 < number < math.inf or (zero and number == 0)) and number <= most

        if isinstance(value, bool) or not isinstance(value, int | float) or not possible(value):
            raise self.fail(f"{where}.{key}", f"value must be a number {wanted}, not {value!r}.")
        try:
            factor = conversion_factor(given, unit)
        except (ValueError, TypeError) as problem:
            raise self.fail(
                f"{where}.{key}", f"unit '{given}' cannot be read as '{unit}' ({problem})."
            ) from problem
        usual = [value / 2, min(value * 2, most)]
        low, high = self.ends(entry, "range", usual, f"{where}.{key}")
        if not low <= value <= high:
            raise self.fail(
                f"{where}.{key}", f"value {value:g} is outside its range, {low:g} to {high:g}."
            )
        if not (possible(low) and possible(high)):
            raise self.fail(f"{where}.{key}", f"range must be {wanted}, not {low:g} to {high:g}.")
        source = self.text(entry, "source", f"{where}.{key}")
        if not entry.get("read", True) and not source.startswith(("assumed:", "fitted:")):
            source = f"assumed: {source}"
        self.params[name] = Param(
            value * factor, unit, f"{key} of {self.drug}", source, (low * factor, high * factor)
        )


def _acts(reader: _Reader, acts: list[dict[str, Any]], built: Built) -> list[tuple[str, str]]:
    terms: list[tuple[str, str]] = []
    for act in acts:
        where = "acts"
        verb, site = reader.text(act, "how", where), reader.text(act, "on", where)
        if verb not in VERBS:
            raise reader.fail(
                where,
                f"how = '{verb}' is no verb; allowed are {', '.join(VERBS)}."
                f"{did_you_mean(verb, VERBS)}",
            )
        where = f"acts ({verb} {site})"
        keys = {key: unit for term in VERBS[verb] for key, unit in term.units.items()}
        reader.known(act, ["on", "how", "hill", "route", *keys], where)
        steepness = act.get("hill", 1)
        if steepness not in (1, 2, 3, 4) or steepness is True:
            raise reader.fail(where, f"hill must be 1, 2, 3 or 4, not {steepness!r}.")
        stem = f"{site}_{verb}" + (f"_{act['route']}" if "route" in act else "")
        defaults = {key: v for term in VERBS[verb] for key, v in term.defaults.items()}
        for key, unit in keys.items():
            default = {"value": defaults.get(key), "unit": "1", "source": "assumed: all of it"}
            table = act if key in act or key not in defaults else {key: default}
            wanted = built.acting_unit if unit == "acting" else unit
            reader.number(table, key, wanted, f"{stem}_{key}", where)
        reached = [a for a in built.acting if "route" not in act or a.endswith(f"_{act['route']}")]
        if not reached:
            raise reader.fail(
                where,
                f"route = {act['route']!r}: only a hormone (shape 'supply') acts by route, "
                "and by one of its own.",
            )
        for acting in reached:
            made = _terms(reader, VERBS[verb], steepness, site, stem, acting)
            if set(made) & set(terms):
                raise reader.fail(where, "is there twice; give one [[acts]] for each on and how.")
            terms += made
    return terms


def _terms(
    reader: _Reader, verb: tuple[Term, ...], steepness: int, site: str, stem: str, acting: str
) -> list[tuple[str, str]]:
    made = []
    for term in verb:
        name = f"{acting}_on_{site}{term.suffix}"
        first = "absorption" if "share" in term.arguments else "concentration"
        reader.params[name] = Rate(
            term.unit,
            f"{reader.drug} at {site.replace('_', ' ')}",
            term.function(steepness),
            {first: acting}
            | {arg: f"{reader.drug}.{stem}_{key}" for arg, key in term.arguments.items()},
        )
        made.append((site + term.suffix, name))
    return made


def load_drug(file: Path) -> Drug:
    """Read a drug from its TOML file; raises `InputError` naming the file and field."""
    table = toml.read(file)
    reader = _Reader(file, str(table.get("name", file.stem)))
    reader.known(table, _TOP, "drug")
    name = reader.name(table.get("name"), "name")
    pk, routes = reader.table(table, "pk", "pk"), reader.table(table, "routes", "routes")
    shape_name = reader.text(pk, "shape", "pk")
    if shape_name not in SHAPES:
        raise reader.fail(
            "pk.shape", f"'{shape_name}' is no shape.{did_you_mean(shape_name, SHAPES)}"
        )
    shape = SHAPES[shape_name]
    reader.known(pk, ["shape", *shape.parameters], "pk")
    for key, unit in shape.parameters.items():
        reader.number(pk, key, unit, key, "pk")
    if not routes:
        raise reader.fail("routes", "at least one of [routes.po], [routes.iv] ... is needed.")
    depots: list[str] = []
    entries: dict[str, Route] = {}
    for route in routes:
        where = f"routes.{route}"
        reader.known({route: {}}, ROUTES, "routes")
        given = reader.table(routes, route, where)
        reader.known(given, ["F", "ka", "duration", "half_dose"], where)
        reader.number(given, "F", "1", f"F_{route}", where)
        if "duration" in given:
            reader.number(given, "duration", "day", f"duration_{route}", where)
        if "half_dose" in given:
            reader.number(given, "half_dose", "mg", f"half_dose_{route}", where)
        if "ka" in given:
            reader.number(given, "ka", "1/day", f"ka_{route}", where)
            depots.append(route)
        elif shape_name == "supply":
            raise reader.fail(where, "'ka' is missing: a hormone is supplied from a depot.")
        entries[route] = Route(
            f"{name}_depot_{route}" if "ka" in given else f"{name}_central",
            f"{name}.F_{route}",
            f"{name}.duration_{route}" if "duration" in given else None,
            f"{name}.half_dose_{route}" if "half_dose" in given else None,
        )
    built = shape.build(name, tuple(depots))
    terms = _acts(reader, reader.tables(table, "acts"), built)
    return Drug(
        name=name,
        group=reader.text(table, "class", "drug"),
        summary=reader.text(table, "summary", "drug"),
        typical=reader.text(table, "typical", "drug"),
        dose_range_mg=reader.ends(table, "dose_range", [0.0, 1e6], "drug"),
        units_mg=reader.masses(reader.table(table, "units", "units")),
        synonyms=reader.names(table, "synonyms"),
        routes=entries,
        process=Process(name, built.declarations | reader.params, tuple(terms), built.linear),
        file=file,
    )


def by_any_name(drugs: Mapping[str, Drug]) -> dict[str, Drug]:
    """Return drugs by their names and synonyms; a name goes before a synonym."""
    other = {name: drug for drug in drugs.values() for name in drug.synonyms}
    return {**drugs, **{name: drug for name, drug in other.items() if name not in drugs}}


@lru_cache(maxsize=8)
def catalogue(*folders: Path) -> Mapping[str, Drug]:
    """Return all drugs by name: the built-in ones and those of `folders`, which may replace them.

    Raises `InputError` for an unreadable folder or drug, and for a name that two drugs have.
    """
    found: dict[str, Drug] = {}
    for folder in (BUILT_IN, *folders):
        if not folder.is_dir():
            raise InputError(f"drugs folder '{folder}' does not exist or is no folder.")
        for file in sorted(folder.glob("*.toml")):
            drug = load_drug(file)
            other = found.get(drug.name)
            if other and other.file.parent == folder:
                raise InputError(f"{file}: name: '{drug.name}' is the drug of {other.file}, too.")
            found[drug.name] = drug
    _refuse_shared_names(found)
    return found


def _refuse_shared_names(drugs: Mapping[str, Drug]) -> None:
    """Raise `InputError` where a synonym is the name or a synonym of another drug."""
    taken = dict(drugs)
    # Those of the user come last, so that the error names their file and not one of the package.
    for drug in sorted(drugs.values(), key=lambda drug: not drug.built_in):
        for name in drug.synonyms:
            other = taken.setdefault(name, drug)
            if other is drug:
                continue
            faulty, field = (drug, "synonyms") if not drug.built_in else (other, "name")
            of = other if faulty is drug else drug
            raise InputError(
                f"{faulty.file}: {field}: '{name}' is taken, it already means {of.name}."
            )
