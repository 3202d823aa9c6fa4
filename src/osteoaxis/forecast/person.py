"""One person as a file: who they are, what they took and what was measured, each with its date.

Time zero is the earliest date of the file. Densities are kept as those of a Hologic device; levels
in the units of `osteoaxis.patient.MEASURABLE`. See docs/forecast.md.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from osteoaxis import toml
from osteoaxis.errors import InputError, did_you_mean
from osteoaxis.outcomes import dxa
from osteoaxis.patient import MEASURABLE, MOLAR_MASS, Patient
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.pharmacology.terms import Term
from osteoaxis.units import DAYS_PER_YEAR, conversion_factor

PERSONS = Path(__file__).parents[1] / "presets" / "persons"
LEVELS = ("ctx", "ntx", "p1np", "bsap", "estradiol", "testosterone", "vitamin_d")
"""What a blood or urine sample may hold."""
AS_NOW = "as now"
MOST = 200
"""Measurements, drugs taken or strategies of one file at most."""
MAX_STRATEGIES = 6
T_SCORES = dxa.T_SCORES
LIKE_DENSITY = (0.4, 1.7)
"""Positive T-scores with more than one digit after the point that look like g/cm2: reports give
T-scores with one digit, densities with three (ISCD official positions; recalled)."""
UNITS = {
    "ctx": ("ng/mL", "pg/mL"), "ntx": ("nmol/mmol",), "p1np": ("ng/mL", "ug/L"),
    "bsap": ("ug/L", "ng/mL"), "estradiol": ("pg/mL", "pmol/L"),
    "testosterone": ("ng/dL", "nmol/L"), "vitamin_d": ("ng/mL", "nmol/L"),
}  # fmt: skip
"""Units in which laboratories give a sample; the model's first."""
_KEYS = ("title", "today", "years", "person", "taken", "density", "sample", "strategies",
         "precision")  # fmt: skip
_PERSON = ("sex", "born", "age", "menopause_age", "body_mass_index", "ethnicity", "history")
_NUMBER = re.compile(r"-?\d{1,9}(?:\.\d{1,9})?", re.A)
_AMOUNT = re.compile(r"(\d{1,9}(?:\.\d{1,9})?) ?([A-Za-zµμ]{1,9}/[A-Za-zµμ]{1,9}(?:\^?2|²)?)", re.A)


@dataclass(frozen=True)
class Measurement:
    """A value measured on a day; `device` is of densitometry only, `typed` what the file says."""

    day: float
    quantity: str
    value: float
    device: str = ""
    typed: str = ""


@dataclass(frozen=True)
class Person:
    """A person's file, read and checked.

    `past` is what was taken until today, days counted from time zero, `taken` the same in words.
    `strategies` are regimens from time zero on by name, `asked` what the file says of each from
    today on. `precision` is the precision error of densitometry in percent by site.
    """

    title: str
    patient: Patient
    start: date
    today: date
    years: float
    past: Regimen
    measurements: tuple[Measurement, ...]
    strategies: Mapping[str, Regimen]
    precision: Mapping[str, float]
    taken: tuple[str, ...] = ()
    asked: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def now(self) -> float:
        """Days from time zero to today."""
        return float((self.today - self.start).days)

    @classmethod
    def load(cls, name: str) -> Person:
        """Return the built-in person called `name`, or that of a TOML file of this path.

        Raises `InputError` naming the file and the field.
        """
        path, where = toml.find("person", name, persons())
        return cls.from_table(toml.read(path), where, path.stem)

    @classmethod
    def from_table(cls, table: Mapping[str, Any], where: str, title: str = "person") -> Person:
        """Make a person of a TOML table; `where` names its file in errors."""
        toml.known_keys(table, _KEYS, where)
        if "person" not in table:
            raise InputError(
                f"{where}: no [person]; give at least sex and born (docs/forecast.md)."
            )
        taken = _rows(table, "taken", where)
        scans = _rows(table, "density", where)
        samples = _rows(table, "sample", where)
        dates = [_date(row.get("from"), f"{at}: from") for at, row in taken]
        dates += [_date(row.get("date"), f"{at}: date") for at, row in (*scans, *samples)]
        ends = [_date(row["until"], f"{at}: until") for at, row in taken if "until" in row]
        if not dates and "today" not in table:
            raise InputError(f"{where}: nothing with a date; give 'today', or what was measured.")
        today = _date(table.get("today", max([*dates, *ends], default=None)), f"{where}: today")
        start = min([*dates, today])
        if (today - start).days > 40 * DAYS_PER_YEAR:
            raise InputError(f"{where}: {start} is more than 40 years before today, {today}.")
        for at, row in (*scans, *samples):
            if _date(row["date"], at) > today:
                raise InputError(f"{at}: date: {row['date']} is after today, {today}.")
        past, current = _taken(taken, start, today)
        asked = _asked(table, bool(current), where)
        measurements = _scans(scans, start, table, where) + _samples(samples, start)
        if len(measurements) > MOST:
            raise InputError(f"{where}: {len(measurements)} values; at most {MOST} are taken.")
        return cls(
            title=toml.text(table.get("title", title), f"{where}: title"),
            patient=_patient(toml.sub_table(table, "person", where), start, today, where),
            start=start,
            today=today,
            years=toml.number(table.get("years", 5.0), 0.25, 30.0, "years", f"{where}: years"),
            past=past,
            measurements=measurements,
            strategies={
                name: _strategy(text, past, (today - start).days, f"{where}: strategies.{name}")
                for name, text in asked.items()
            },
            taken=tuple(
                f"{row['drug']} from {row['from']}"
                + (f" until {row['until']}" if "until" in row else "")
                for _, row in taken
            ),
            asked=asked,
            precision=dxa.precision(table, where),
        )


def persons() -> dict[str, Path]:
    """Return the file of each built-in person, all invented, by name."""
    return {path.stem: path for path in sorted(PERSONS.glob("*.toml"))}


def _rows(table: Mapping[str, Any], key: str, where: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the rows of an array of tables, with what errors call each."""
    rows = table.get(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError(f"{where}: '{key}' must be a list of tables, written [[{key}]].")
    if len(rows) > MOST:
        raise InputError(f"{where}: {len(rows)} times [[{key}]]; at most {MOST} are taken.")
    return [(f"{where}: {key} {number}", row) for number, row in enumerate(rows, 1)]


def _date(given: Any, where: str) -> date:
    if isinstance(given, str):
        try:
            return date.fromisoformat(given)
        except ValueError:
            pass
    if type(given) is not date:
        raise InputError(f"{where}: must be a date such as 2024-03-31, not {given!r}.")
    return given


def _in_order(rows: list[tuple[str, dict[str, Any]]]) -> None:
    """Raise `InputError` where a date is before the one above: often a slip of the year."""
    for (_, earlier), (at, later) in itertools.pairwise(rows):
        if _date(later["date"], at) < _date(earlier["date"], at):
            raise InputError(
                f"{at}: date: {later['date']} is before {earlier['date']} above it; "
                "list them in order of time."
            )


def _patient(table: Mapping[str, Any], start: date, today: date, where: str) -> Patient:
    where = f"{where}: person"
    toml.known_keys(table, _PERSON, where)
    given = {key: value for key, value in table.items() if key not in ("born", "age")}
    if ("born" in table) == ("age" in table):
        raise InputError(f"{where}: give 'born' (a date or a year) or 'age' (today), one of them.")
    if "age" in table:
        age = toml.number(table["age"], 20, 100, "years", f"{where}: age")
        age -= (today - start).days / DAYS_PER_YEAR
    else:
        born = table["born"]
        if isinstance(born, int) and not isinstance(born, bool) and 1900 <= born <= today.year:
            born = date(born, 7, 1)
        age = (start - _date(born, f"{where}: born")).days / DAYS_PER_YEAR
        if not 20 <= age <= 100:
            raise InputError(f"{where}: born: {table['born']} makes them {age:.0f} on {start}; "
                             "20 to 100 years are taken.")  # fmt: skip
    if "sex" not in table:
        raise InputError(f"{where}: sex is missing; write 'female' or 'male'.")
    return Patient.from_table({**given, "age": age, "name": "person"}, where)


def _taken(
    rows: list[tuple[str, dict[str, Any]]], start: date, today: date
) -> tuple[Regimen, tuple[Term, ...]]:
    """Return what was taken, and what of it goes on."""
    past: list[Term] = []
    current: list[Term] = []
    for at, row in rows:
        toml.known_keys(row, ("drug", "from", "until"), at)
        try:
            terms = Regimen.parse(toml.text(row.get("drug"), f"{at}: drug")).terms
        except InputError as problem:
            raise InputError(f"{at}: drug: {problem}") from None
        first = _date(row.get("from"), f"{at}: from")
        if first > today:
            raise InputError(f"{at}: from: {first} is after today, {today}.")
        for term in terms:
            if term.rules or term.start_day or term.stop_day is not None:
                raise InputError(f"{at}: drug: '{term}': write dates in 'from' and 'until', "
                                 "not a window or a rule.")  # fmt: skip
            moved = replace(term, start_day=float((first - start).days))
            if "until" not in row:
                current += [moved] if moved.every_days is not None else []
            else:
                last = _date(row["until"], f"{at}: until")
                if last <= first:
                    raise InputError(f"{at}: until: {last} is not after 'from', {first}.")
                if moved.every_days is None:
                    raise InputError(f"{at}: until: a single dose has no end.")
                moved = replace(moved, stop_day=float((last - start).days))
                if last > today:
                    current.append(moved)
            past.append(moved)
    try:
        return Regimen(tuple(past)), tuple(current)
    except InputError as problem:
        raise InputError(f"{rows[0][0].rsplit(' ', 1)[0]}: {problem}") from None


def _scans(
    rows: list[tuple[str, dict[str, Any]]], start: date, table: Mapping[str, Any], where: str
) -> tuple[Measurement, ...]:
    sex = toml.sub_table(table, "person", where).get("sex", "")
    if rows:
        toml.one_of(sex, ("female", "male"), f"{where}: person: sex")
    found: dict[tuple[float, str], Measurement] = {}
    _in_order(rows)
    for at, row in rows:
        toml.known_keys(row, ("date", "site", "value", "t_score", "device"), at)
        site = toml.one_of(row.get("site"), dxa.SITES, f"{at}: site")
        if "device" not in row:
            raise InputError(f"{at}: device is missing; write one of {', '.join(dxa.DEVICES)}: "
                             "densities of different makes differ by up to a tenth. For a T-score "
                             f"it may be '{dxa.UNKNOWN}'.")  # fmt: skip
        device = toml.one_of(row["device"], (*dxa.DEVICES, dxa.UNKNOWN), f"{at}: device")
        if device == dxa.UNKNOWN and "value" in row:
            raise InputError(f"{at}: a density in g/cm2 means nothing without its machine; give "
                             "the T-score of the report instead.")  # fmt: skip
        if ("value" in row) == ("t_score" in row):
            raise InputError(f"{at}: give 'value' such as \"0.912 g/cm2\", or 't_score'.")
        if "t_score" in row:
            score = toml.number(row["t_score"], *T_SCORES, "(T-score)", f"{at}: t_score")
            if LIKE_DENSITY[0] <= score <= LIKE_DENSITY[1] and round(score, 1) != score:
                raise InputError(f"{at}: t_score: {score:g} looks like g/cm2, not like a T-score, "
                                 "which has one digit after the point.")  # fmt: skip
            value, typed = dxa.density(score, site, sex), f"T-score {score:g}"
        else:
            value = _density(row["value"], site, sex, device, f"{at}: value")
            typed = row["value"]
        day = float((_date(row["date"], at) - start).days)
        if (day, site) in found:
            raise InputError(f"{at}: {site} was already given for {row['date']}.")
        found[day, site] = Measurement(day, f"{site}_bmd", value, device, typed)
    return tuple(found.values())


def _samples(rows: list[tuple[str, dict[str, Any]]], start: date) -> tuple[Measurement, ...]:
    found: dict[tuple[float, str], Measurement] = {}
    _in_order(rows)
    for at, row in rows:
        names = [key for key in row if key != "date"]
        if not names:
            raise InputError(f"{at}: holds no value; give one or more of {', '.join(LEVELS)}.")
        day = float((_date(row["date"], at) - start).days)
        for name in names:
            if name in MEASURABLE and name not in LEVELS:
                raise InputError(f"{at}: {name} is not used: the virtual people of a forecast do "
                                 "not differ in it by themselves. Leave it out.")  # fmt: skip
            if name not in LEVELS:
                raise InputError(f"{at}: unknown quantity '{name}'.{did_you_mean(name, LEVELS)}"
                                 f" Allowed: {', '.join(LEVELS)}.")  # fmt: skip
            value = _amount(
                row[name], UNITS[name], MEASURABLE[name][:2], MOLAR_MASS.get(name), f"{at}: {name}"
            )
            if (day, name) in found:
                raise InputError(f"{at}: {name} was already given for {row['date']}.")
            found[day, name] = Measurement(day, name, value, typed=row[name])
    return tuple(found.values())


def _density(given: Any, site: str, sex: str, device: str, where: str) -> float:
    """Return a text such as "0.912 g/cm2" of a device as a density of a Hologic device."""
    number = _number(given)
    if number is not None and T_SCORES[0] <= number < 0:
        raise InputError(f"{where}: {number:g} looks like a T-score, not like g/cm2.")
    value = _amount(given, ("g/cm2",), dxa.LIMITS, None, where)
    return dxa.measured(value, site, device, where, (sex,))


def readings(each: Measurement, sex: str) -> Iterator[tuple[str, float]]:
    """Yield what a value could have been meant to be, in words and in the unit of the model."""
    site, number = each.quantity.removesuffix("_bmd"), _number(each.typed.removeprefix("T-score "))
    if number is None:
        return
    if each.typed.startswith("T-score"):
        yield "with the other sign", dxa.density(-number, site, sex)
    elif each.device:
        for other in dxa.DEVICES:
            if other != each.device:
                value = float(dxa.convert(number, site, other, "hologic"))
                yield f"by {other.capitalize()}", value
    else:
        units, molar_mass = UNITS[each.quantity], MOLAR_MASS.get(each.quantity)
        for other in units:
            yield f"as {number:g} {other}", number * _factor(other, units[0], molar_mass)


def _number(given: Any) -> float | None:
    """Return the number at the start of a text; None without one."""
    match = _NUMBER.match(given.strip()) if isinstance(given, str) else None
    return float(match[0]) if match else None


def _amount(
    given: Any,
    units: Sequence[str],
    limits: tuple[float, float],
    molar_mass: float | None,
    where: str,
) -> float:
    """Return a text such as "18 pg/mL" in the first of `units`; amounts of substance by mass.

    Where the number would be possible in another of `units`, what is raised asks about it.
    """
    unit, (low, high) = units[0], limits
    number = _number(given)
    possible = [
        other for other in units
        if number is not None and low <= number * _factor(other, unit, molar_mass) <= high
    ]  # fmt: skip
    asked = f" It looks like {' or '.join(possible)}." if possible else ""
    if isinstance(given, str) and _NUMBER.fullmatch(given.strip()):
        raise InputError(f"{where}: {given} has no unit; use {' or '.join(units)}.{asked}")
    match = _AMOUNT.fullmatch(given.strip()) if isinstance(given, str) else None
    if match is None:
        raise InputError(f"{where}: write number and unit, such as \"{low:g} {unit}\", "
                         f"not {given!r:.60}.")  # fmt: skip
    try:
        value = float(match[1]) * _factor(match[2], unit, molar_mass)
    except (ValueError, AttributeError):
        raise InputError(
            f"{where}: '{match[2]}' is not a unit of it; use {' or '.join(units)}."
        ) from None
    if not low <= value <= high:
        raise InputError(f"{where}: {given} is {value:.4g} {unit}, outside {low:g} to {high:g}; "
                         f"is the unit right?{asked}")  # fmt: skip
    return value


def _factor(written: str, unit: str, molar_mass: float | None) -> float:
    """Return what turns a number in a unit as written into one in `unit`; raises `ValueError`."""
    source, target = (
        re.sub(r"cm(2|²)$", "cm^2", re.sub("[µμ]", "u", each)) for each in (written, unit)
    )
    return conversion_factor(source, target, molar_mass)


def _asked(table: Mapping[str, Any], goes_on: bool, where: str) -> dict[str, str]:
    """Return what is asked about by name; without any, to go on and to stop."""
    asked = toml.sub_table(table, "strategies", where)
    if len(asked) > MAX_STRATEGIES:
        raise InputError(f"{where}: {len(asked)} strategies; at most {MAX_STRATEGIES} are taken.")
    if not asked:
        return {AS_NOW: AS_NOW, "stop": "none"} if goes_on else {"none": "none"}
    return {name: toml.text(text, f"{where}: strategies.{name}") for name, text in asked.items()}


def _strategy(text: str, past: Regimen, now: float, where: str) -> Regimen:
    """Return a strategy as a regimen from time zero on; "as now" goes on with what is taken."""
    parts = [part.strip() for part in text.split("+")]
    goes_on = AS_NOW in (part.lower() for part in parts)
    rest = [part for part in parts if part.lower() != AS_NOW]
    try:
        added = Regimen.parse(" + ".join(rest)).terms if rest else ()
        if any(term.rules for term in added):
            raise InputError("rules that decide on the way are not for forecasts.")
        kept = [term if goes_on else _ended(term, now) for term in past.terms]
        return Regimen((*filter(None, kept), *(moved(term, now) for term in added)))
    except InputError as problem:
        raise InputError(f"{where}: {problem}") from None


def _ended(term: Term, now: float) -> Term | None:
    """Return a term that stops today."""
    if term.every_days is None or (term.stop_day is not None and term.stop_day <= now):
        return term
    return replace(term, stop_day=now) if term.start_day < now else None


def moved(term: Term, now: float) -> Term:
    """Return a term that begins so many days later."""
    stop = None if term.stop_day is None else term.stop_day + now
    return replace(term, start_day=term.start_day + now, stop_day=stop)
