"""Plain words: numbers as people say them, times, people, and what they are given."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from osteoaxis.outcomes.person import USUAL_MENOPAUSE
from osteoaxis.patient import HISTORY, Patient
from osteoaxis.pharmacology.drug import ROUTES
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.pharmacology.terms import FREQUENCY_NAMES, Term
from osteoaxis.present.document import Run, Text
from osteoaxis.treatment import was_given
from osteoaxis.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    import xarray as xr

NO_BREAK = "\u00a0"
FIGURE_SPACE = "\u2007"  # as wide as a digit
DASH = "–"
_OFTEN = {
    "qd": "every day", "bid": "twice a day", "tid": "three times a day", "qw": "every week",
    "biw": "twice a week", "tiw": "three times a week", "qmo": "every month",
}  # fmt: skip
_ROUTES = ROUTES | {"in": "into the nose", "implant": "as an implant"}
_UNITS = {"ug": "µg", "min": "minutes"}
_COMPARED = {"<=": "at most", ">=": "at least", "<": "below", ">": "above", "==": "is"}


def number(value: float | None, digits: int = 1, *, signed: bool = False) -> str:
    """Return a number with a true minus sign, a dash where there is none; zero has no sign."""
    if value is None or value != value:
        return DASH
    text = f"{value:{'+' if signed else ''}.{digits}f}"
    return (text if float(text) else text.lstrip("+-")).replace("-", "−")


def span(low: float, high: float, digits: int = 1, *, signed: bool = False) -> str:
    """Return two limits as "low to high"."""
    return f"{number(low, digits, signed=signed)} to {number(high, digits, signed=signed)}"


def ranged(
    entries: Sequence[tuple[float, float, float]], digits: int = 1, *, signed: bool = False
) -> list[Text]:
    """Return the cells of one column, (value, low, high) each.

    Spaces as wide as digits follow the shorter ranges, so that values stand in line. A range that
    prints as its value is left out.
    """
    values = [number(value, digits, signed=signed) for value, *_ in entries]
    spans = [span(low, high, digits, signed=signed) for _, low, high in entries]
    ranges = [
        "" if told == f"{value} to {value}" else f" ({told})".replace(" ", NO_BREAK)
        for value, told in zip(values, spans, strict=True)
    ]
    width = max(map(len, ranges), default=0)
    return [
        (value, Run(told.ljust(width, FIGURE_SPACE), "soft"))
        for value, told in zip(values, ranges, strict=True)
    ]


def rounded(value: float) -> str:
    """Return a level with two digits that matter."""
    return number(float(f"{value:.2g}"), 0 if abs(value) >= 9.5 else 1 if abs(value) >= 0.95 else 2)


def digits(value: float, count: int) -> str:
    """Return a number with so many digits that matter; a large one in full, not as a power."""
    text = f"{value:.{count}g}"
    return f"{value:,.0f}" if "e+" in text else text


def joined(parts: Iterable[str], last: str = "and") -> str:
    """Return parts as a list in words; empty for none."""
    *first, final = [*parts] or [""]
    return f"{', '.join(first)} {last} {final}" if first else final


def clipped(text: str, limit: int) -> str:
    """Return a text of at most `limit` letters on one line, cut between words where it can be."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    cut = text[: limit - 1].rpartition(" ")[0]
    return f"{cut} …" if len(cut) > limit / 2 else f"{text[: limit - 1]}…"


def sentence(text: str) -> str:
    """Return a text with a capital at its start and a full stop at its end; nothing of nothing."""
    text = text.strip()
    if not text:
        return text
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")


def time(months: float) -> str:
    """Return how long, e.g. "6 months" or "2½ years"."""
    if months < 0.75:
        return counted(round(months * DAYS_PER_MONTH), "day")
    years = months / 12
    if months < 23.5 and abs(years - round(years)) > 1e-6:
        return counted(round(months), "month")
    whole, half = divmod(round(2 * years), 2)
    return counted(whole, "year") if not half else f"{whole}½ years"


def moment(months: float) -> str:
    """Return when, counted from the start, e.g. "month 6" or "year 2½"."""
    if abs(months) < 1e-6:
        return "the start"
    length = time(abs(months))
    amount, unit = length.split()
    return f"{unit.removesuffix('s')} {amount}" if months > 0 else f"{length} before the start"


def year(months: float) -> str:
    """Return a time of a table, in years."""
    return f"{months / 12:.3g}"


def counted(number: float, noun: str) -> str:
    """Return a count with its noun, e.g. "1 year" or "2 years"."""
    return f"{number:g} {noun}{'' if number == 1 else 's'}"


def label(arm: str) -> str:
    """Return the name of an arm as it was typed, clipped to what a table has room for."""
    return clipped(arm, 34)


def person(patient: Patient) -> str:
    """Return who somebody is: sex, age, menopause and body mass."""
    age = f"{patient.age:g}"
    menopause = USUAL_MENOPAUSE if patient.menopause_age is None else patient.menopause_age
    if patient.male:
        told = f"a man of {age}"
    elif patient.age < menopause:
        told = f"a woman of {age}, before menopause"
    else:
        since = round(patient.age - menopause)
        after = counted(since, "year") if since else "less than a year"
        usual = " at the usual age" if patient.menopause_age is None else ""
        told = f"a woman of {age}, {after} after menopause{usual}"
    return f"{told}; body mass index {patient.body_mass_index:g} kg/m²"


def history(patient: Patient) -> str:
    """Return what is known of the past; empty if nothing is."""
    before = " before the start"
    return "; ".join(
        HISTORY[key].removesuffix(before).replace("until shortly before the start", "until now")
        for key, value in patient.history.items()
        if key in HISTORY and value is True
    )


def regimen(text: str, years: float) -> list[str]:
    """Return what a regimen gives, a phrase for each term; one for no treatment, too."""
    terms = Regimen.parse(text).terms
    return [_term(term, 12 * years) for term in terms] or ["no medicine"]


def treatment(data: xr.Dataset, years: float) -> list[str]:
    """Return what a run gave, as `regimen`; drugs taken in part by chance as they were planned."""
    planned = Regimen.parse(data.attrs["regimen"]).terms
    partly = {term.drug for term in planned if term.rules and term.rules.taken < 100.0}
    terms = [term for term in planned if term.drug in partly]
    terms += [term for term in was_given(data).terms if term.drug not in partly]
    return [_term(term, 12 * years) for term in terms] or ["no medicine"]


def condition(text: str) -> str:
    """Return a condition of a rule in words, e.g. "total hip T-score below −2.5"."""
    told = re.sub(r"<=|>=|==|<|>", lambda sign: f" {_COMPARED[sign[0]]} ", text)
    told = told.replace("_", " ").replace("t score", "T-score").replace("-", "−")
    return " ".join(told.replace("T−score", "T-score").split())


def decisions(data: xr.Dataset) -> list[str]:
    """Return what rules of a run's regimen decided, and those that waited for what never came."""
    decided = [str(decision) for decision in data.attrs["decisions"]]
    return decided + waited(data)


def waited(data: xr.Dataset) -> list[str]:
    """Return the drugs of a run that a rule never started, each with its condition and how long."""
    end, told = float(data["time"].values[-1]), []
    for term in Regimen.parse(data.attrs["regimen"]).terms:
        if term.rules is None or term.rules.start is None:
            continue
        start = term.rules.start.text
        if any(f": {term.drug} started: {start}" in str(each) for each in data.attrs["decisions"]):
            continue
        looked = min(end, (term.stop_day or end * DAYS_PER_MONTH) / DAYS_PER_MONTH)
        told.append(
            f"{drug(term.drug)} if {condition(start)} (checked {_often(term.rules.checked)}): "
            f"not reached within {time(looked)}"
        )
    return told


def drug(name: str) -> str:
    """Return the name of a drug as written on a box."""
    return name.replace("_", " ")


def _term(term: Term, end: float) -> str:
    route = _ROUTES[term.route]
    dose = f"{drug(term.drug)} {term.amount:g} {_UNITS.get(term.unit, term.unit)} {route}"
    start = term.start_day / DAYS_PER_MONTH
    if term.every_days is None:
        return f"{dose} once, at {moment(start)}"
    dose += f" {_often(term.every_days)}"
    if term.rules and term.rules.taken < 100.0:
        dose += f" ({term.rules.taken:g} % of doses taken)"
    stop = None if term.stop_day is None else term.stop_day / DAYS_PER_MONTH
    if stop is not None and stop >= end - 1e-6:
        stop = None
    if start == 0:
        return f"{dose}, throughout" if stop is None else f"{dose} for {time(stop)}"
    if start < 0 and stop == 0:
        return f"{dose} for {time(-start)} until the start"
    return f"{dose} from {moment(start)}" + ("" if stop is None else f" to {moment(stop)}")


def _often(days: float) -> str:
    name = FREQUENCY_NAMES.get(days)
    if name is not None:
        return _OFTEN[name]
    for unit, length in (
        ("year", 12 * DAYS_PER_MONTH),
        ("month", DAYS_PER_MONTH),
        ("week", 7.0),
        ("day", 1.0),
    ):
        count = days / length
        if abs(count - round(count)) < 1e-6:
            return f"every {unit}" if round(count) == 1 else f"every {counted(round(count), unit)}"
    return f"every {24 * days:g} hours"
