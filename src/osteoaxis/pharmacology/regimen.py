"""A regimen says in one line which drugs a patient gets, how much, by which route and when.

    anastrozole 1 mg po qd [m0-m60] + zoledronate 4 mg iv over 15 min q6mo [m0-m36]

Each term is `drug dose unit route [over N min|h|d] frequency [window]`. A window `[m0-m60]` leaves
out its end: doses fall at start + k * interval < end, so ten six-monthly doses. `[m3-]` lasts to
the end of the run, no window from day 0 to the end; `once [m0,m60]` lists single doses. Nothing
here knows what a drug does in the body. Times are days, kept to 1e-7 d (9 ms), so that text and
doses turn into each other exactly; 1 month = 365.25 / 12 days.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from osteoaxis.errors import InputError, did_you_mean

MONTH = 365.25 / 12  # d
DECIMALS = 7  # of a dose time in days
MARGIN = 2 * 10.0**-DECIMALS  # d, what rounding a start and an end may add up to
SHORTEST_INTERVAL = 1 / 1440  # d
MAX_DOSES = 100_000
MAX_TEXT = 10_000
MAX_DAY = 200 * 365.25
MAX_MILLIGRAMS = 1e6
MAX_IU = 1e9

MILLIGRAMS = {"ng": 1e-6, "ug": 1e-3, "mg": 1.0, "g": 1e3}
UNITS = (*MILLIGRAMS, "IU")
ROUTES = ("po", "sc", "im", "iv", "td", "in", "implant")

_UNIT_WORDS = {unit.lower(): unit for unit in UNITS} | {"mcg": "ug"}
_ROUTE_WORDS = {route: route for route in ROUTES} | {
    "oral": "po", "orally": "po", "p.o.": "po", "subcut": "sc", "subcutaneous": "sc", "s.c.": "sc",
    "sq": "sc", "intramuscular": "im", "i.m.": "im", "intravenous": "iv", "i.v.": "iv",
    "transdermal": "td", "topical": "td", "patch": "td", "intranasal": "in", "nasal": "in",
}  # fmt: skip
# (multiplier, divisor): days = number * multiplier / divisor, exact where the calendar is exact.
_TIME = {"min": (1.0, 1440.0), "h": (1.0, 24.0), "d": (1.0, 1.0), "w": (7.0, 1.0),
         "m": (MONTH, 1.0), "y": (365.25, 1.0)}  # fmt: skip
_TIME_WORDS = {"min": "min", "h": "h", "hr": "h", "d": "d", "day": "d", "w": "w", "wk": "w",
               "week": "w", "m": "m", "mo": "m", "month": "m", "y": "y", "yr": "y",
               "year": "y"}  # fmt: skip
_FREQUENCY_NAMES = {1.0: "qd", 0.5: "bid", 8 / 24: "tid", 7.0: "qw", 3.5: "biw", 7 / 3: "tiw",
                    MONTH: "qmo"}  # fmt: skip
_FREQUENCY_WORDS = {name: days for days, name in _FREQUENCY_NAMES.items()} | {
    "daily": 1.0, "weekly": 7.0, "monthly": MONTH, "qy": 365.25, "yearly": 365.25,
}  # fmt: skip

_NUMBER = r"-?\d+(?:\.\d+)?"
_DOSE = re.compile(r"(-?[\d.,]+(?:e-?\d+)?)((?!x)[a-z]+(?:/[a-z]+)?)?")
_OVER = re.compile(r"\bover (\S+?) ?(min|hr|h|days?|d)\b")
_EVERY = re.compile(rf"q({_NUMBER})(h|d|wk|w|mo|m|yr|y)")
_TIMES_PER = re.compile(rf"({_NUMBER})x/(day|d|week|wk|w|month|mo|year|yr|y)")
_EDGE = rf"(?:mo|m|wk|w|yr|y|d) ?{_NUMBER}"
_RANGE = re.compile(rf"({_EDGE}) ?- ?({_EDGE})?")
_LIST = re.compile(rf"{_EDGE}(?: ?, ?{_EDGE})*")
_NAME = re.compile(r"[a-z0-9_]*[a-z][a-z0-9_]*")
_NO_DRUG = re.compile(r"placebo\b.*", re.I)
_NONE = re.compile(r"(none|no treatment)( ?\[[^]]*\])?", re.I)


def _days(number: float, unit: str) -> float:
    multiplier, divisor = _TIME[unit]
    return number * multiplier / divisor


def _snap(day: float) -> float:
    return round(day, DECIMALS) + 0.0  # + 0.0 turns -0.0 into 0.0


def dose_times(start: float, every: float, count: int) -> NDArray[np.float64]:
    """Return `count` days from `start` on, `every` days apart, kept to 1e-7 d."""
    return np.round(start + np.arange(count) * every, DECIMALS) + 0.0


def _plain(number: float) -> str:
    text = format(Decimal(repr(float(number))), "f")
    return text.removesuffix(".0")


def _in_unit(days: float, unit: str) -> str | None:
    """Return the number that reads back as exactly `days`, or None when this unit has none."""
    multiplier, divisor = _TIME[unit]
    number = days * divisor / multiplier
    return next((_plain(x) for x in (round(number, 9), number) if _days(x, unit) == days), None)


def _shortest(days: Sequence[float], units: str) -> tuple[str, list[str]]:
    """Return the unit, days being exact in days, in which all of `days` are shortest to write."""
    options = []
    for unit in units.split():
        texts = [_in_unit(day, unit) for day in days]
        if None not in texts:
            options.append((unit, [text for text in texts if text is not None]))
    return min(options, key=lambda option: sum(map(len, option[1])))


@dataclass(frozen=True, order=True)
class Dose:
    """One administration: `amount` given at `time_day`, over `duration_day` (0 = at once)."""

    time_day: float
    drug: str
    amount: float
    unit: str
    route: str
    duration_day: float = 0.0


@dataclass(frozen=True)
class Term:
    """One drug by one route: a single dose (`every_days` None) or doses at a constant interval.

    Regular doses are given at start_day + k * every_days < stop_day (None = the end of the run).
    """

    drug: str
    amount: float
    unit: str
    route: str
    every_days: float | None
    start_day: float = 0.0
    stop_day: float | None = None
    infusion_days: float = 0.0

    def __post_init__(self) -> None:
        dose = f"dose {self.amount:g} {self.unit} of {self.drug}"
        if not _NAME.fullmatch(self.drug):
            raise InputError(
                f"drug name '{self.drug}' may have only letters a-z, digits, spaces, hyphens and "
                "underscores."
            )
        if self.unit not in UNITS:
            raise InputError(f"unknown unit '{self.unit}'; use {', '.join(UNITS)}.")
        if self.route not in ROUTES:
            raise InputError(f"unknown route '{self.route}'; use {', '.join(ROUTES)}.")
        if not (math.isfinite(self.amount) and self.amount >= 0):
            raise InputError(f"{dose} is not allowed; a dose is a finite number, 0 or more.")
        mass = MILLIGRAMS.get(self.unit)
        if self.amount > MAX_IU if mass is None else self.amount * mass > MAX_MILLIGRAMS:
            raise InputError(f"{dose} is absurd; the limit is 1e6 mg or 1e9 IU.")
        for day in (self.start_day, self.stop_day or 0.0):
            if not abs(day) <= MAX_DAY:
                raise InputError(f"day {day:g} is out of range; the limit is 200 years.")
        if not 0 <= self.infusion_days <= MAX_DAY:
            raise InputError(f"infusion time {self.infusion_days:g} d is not 0 to 200 years.")
        object.__setattr__(self, "start_day", _snap(self.start_day))
        if self.every_days is None:
            if self.stop_day is not None:
                raise InputError("a single dose has a day, not an end; write e.g. 'once [m0]'.")
            return
        if not SHORTEST_INTERVAL <= self.every_days <= MAX_DAY:
            raise InputError(f"interval {self.every_days:g} d is not 1 min to 200 years.")
        if self.stop_day is not None:
            object.__setattr__(self, "stop_day", _snap(self.stop_day))
            if self.stop_day <= self.start_day + MARGIN:
                raise InputError(
                    f"the window ends on day {self.stop_day:g}, not after its start on day "
                    f"{self.start_day:g}."
                )
            self.times(self.stop_day)

    def times(self, until_day: float) -> tuple[float, ...]:
        """Return the days (d) of the doses before `until_day`."""
        if self.every_days is None:
            return (self.start_day,) if self.start_day < until_day else ()
        end = until_day if self.stop_day is None else min(until_day, self.stop_day)
        # A dose within the margin of the end is at the end, so it is not given.
        count = max(0, math.ceil((end - self.start_day - MARGIN) / self.every_days))
        if count > MAX_DOSES:
            raise InputError(
                f"{self.drug} would be dosed {count} times; the limit is {MAX_DOSES} doses."
            )
        return tuple(dose_times(self.start_day, self.every_days, count).tolist())

    def __str__(self) -> str:
        return _text([self])


@lru_cache(maxsize=64)
def term_doses(term: Term, until_day: float) -> tuple[Dose, ...]:
    """Return the doses of one term before `until_day` (d); terms are shared by many regimens."""
    return tuple(
        Dose(time, term.drug, term.amount, term.unit, term.route, term.infusion_days)
        for time in term.times(until_day)
    )


@dataclass(frozen=True)
class Regimen:
    """What one patient is given: terms in the order they were written; no terms = no treatment."""

    terms: tuple[Term, ...] = ()

    def __post_init__(self) -> None:
        _refuse_overlap(self.terms)

    @classmethod
    def parse(cls, text: str) -> Regimen:
        """Read a regimen from text; `none` and `placebo ...` are no drug."""
        if len(text) > MAX_TEXT:
            raise InputError(f"regimen: {len(text)} characters; the limit is {MAX_TEXT}.")
        plain = " ".join(re.sub("[µμ]", "u", re.sub("[–—−]", "-", text)).split())
        if not plain:
            raise InputError(
                "regimen: the text is empty; write 'none' for no treatment, or e.g. "
                "'anastrozole 1 mg po qd [m0-m60]'."
            )
        parts = [part.strip() for part in plain.split("+")]
        terms: list[Term] = []
        for part in parts:
            try:
                if _NONE.fullmatch(part):
                    if len(parts) > 1:
                        raise InputError("stands alone; it cannot be joined with '+'.")
                elif not _NO_DRUG.fullmatch(part):
                    terms.extend(_parse_term(part.lower()))
            except InputError as error:
                raise InputError(f"regimen term '{_short(part)}': {error}") from None
        return cls(tuple(terms))

    @classmethod
    def from_doses(cls, doses: Iterable[Dose]) -> Regimen:
        """Rebuild a regimen that gives `doses`; runs of equal intervals become one term.

        Exact for dose times with up to seven decimals, as every regimen gives; others are rounded.
        """
        groups: dict[tuple[str, str], list[Dose]] = defaultdict(list)
        for dose in sorted(replace(dose, time_day=_snap(dose.time_day)) for dose in doses):
            groups[dose.drug, dose.route].append(dose)
        return cls(tuple(term for group in groups.values() for term in _terms(group)))

    @property
    def drugs(self) -> tuple[str, ...]:
        """Names of the drugs given, each once, in the order written."""
        return tuple(dict.fromkeys(term.drug for term in self.terms))

    def doses(self, until_day: float) -> tuple[Dose, ...]:
        """Return every dose before `until_day` (d), sorted by time, then drug and amount."""
        if not abs(until_day) <= MAX_DAY:
            raise InputError(f"until_day: {until_day} is not a day within 200 years.")
        doses = sorted(dose for term in self.terms for dose in term_doses(term, until_day))
        if len(doses) > MAX_DOSES:
            raise InputError(f"regimen: {len(doses)} doses; the limit is {MAX_DOSES}.")
        return tuple(doses)

    def __str__(self) -> str:
        # Neighbouring single doses that differ only in their day share one list window.
        runs = itertools.groupby(
            self.terms, key=lambda t: replace(t, start_day=0.0) if t.every_days is None else t
        )
        return " + ".join(_text(list(run)) for _, run in runs) or "none"


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."


def _text(terms: Sequence[Term]) -> str:
    """Write one term, or several single doses that differ only in their day."""
    term = terms[0]
    words = [term.drug, _plain(term.amount), term.unit, term.route]
    if term.infusion_days:
        unit, (number,) = _shortest([term.infusion_days], "min h d")
        words += ["over", number, unit]
    if term.every_days is None:
        unit, numbers = _shortest([t.start_day for t in terms], "m w d")
        words += ["once", f"[{','.join(unit + number for number in numbers)}]"]
        return " ".join(words)
    unit, (number,) = _shortest([term.every_days], "m w d h")
    regular = f"q{number}{'mo' if unit == 'm' else unit}"
    words.append(_FREQUENCY_NAMES.get(term.every_days, regular))
    if term.stop_day is not None:
        unit, (start, stop) = _shortest([term.start_day, term.stop_day], "m w d")
        words.append(f"[{unit}{start}-{unit}{stop}]")
    elif term.start_day:
        unit, (start,) = _shortest([term.start_day], "m w d")
        words.append(f"[{unit}{start}-]")
    return " ".join(words)


def _refuse_overlap(terms: Sequence[Term]) -> None:
    """Refuse a drug dosed twice by one route, but for one loading dose at the start of a term."""
    groups: dict[tuple[str, str], list[Term]] = defaultdict(list)
    for term in terms:
        groups[term.drug, term.route].append(term)
    for group in groups.values():
        group.sort(key=lambda term: (term.start_day, term.every_days is not None))
        before: Term | None = None
        for earlier, later in itertools.pairwise(group):
            if earlier.every_days is None:
                loading = before is None or before.start_day < later.start_day
                same = replace(later, every_days=None, stop_day=None) == earlier
                clear = earlier.start_day < later.start_day or (loading and not same)
            else:
                clear = earlier.stop_day is not None and earlier.stop_day <= later.start_day
            if not clear:
                raise InputError(
                    f"regimen: '{earlier}' and '{later}' overlap, so {later.drug} would be dosed "
                    "twice; end one window where the other starts (only a single 'once' loading "
                    "dose of another amount may fall on the first dose of a term)."
                )
            before = earlier


def _parse_term(text: str) -> Iterator[Term]:
    head, window = _split_window(text)
    drug, amount, unit, words = _parse_dose(head)
    if not words or words[0] == "over" or _is_frequency(words[0]):
        raise InputError("no route; write e.g. 'po' after the dose.")
    route = _ROUTE_WORDS.get(words[0])
    if route is None:
        raise InputError(
            f"unknown route '{words[0]}'; use {', '.join(ROUTES)}."
            + did_you_mean(words[0], _ROUTE_WORDS)
        )
    infusion, words = _parse_infusion(" ".join(words[1:]))
    days = [_edge(edge) for edge in window.split(",")] if _LIST.fullmatch(window) else []
    if not words and not days:
        raise InputError("no frequency; write e.g. 'qd', 'q6mo' or 'once'.")
    every = _interval(words[0]) if words else None
    if words[1:]:
        rest = " ".join(words[1:])
        raise InputError(f"unexpected '{rest}' after the frequency; join terms with ' + '.")
    if every is not None:
        start, stop = _parse_range(window)
        yield Term(drug, amount, unit, route, every, start, stop, infusion)
        return
    if window and not days:
        raise InputError(f"'[{window}]' is not a day for a single dose; write e.g. 'once [m0]'.")
    for day in days or [0.0]:
        yield Term(drug, amount, unit, route, None, day, None, infusion)


def _split_window(text: str) -> tuple[str, str]:
    head, bracket, rest = text.partition("[")
    window, closed, after = rest.partition("]")
    if bracket and not closed:
        raise InputError(f"the window '[{window}' is not closed with ']'.")
    if after.strip():
        raise InputError(f"unexpected '{after.strip()}' after the window; join terms with ' + '.")
    if bracket and not window.strip():
        raise InputError("the window '[]' is empty; write e.g. [m0-m60].")
    return head.strip(), window.strip()


def _parse_dose(head: str) -> tuple[str, float, str, list[str]]:
    """Split `drug dose unit ...` into drug name, amount, unit and the words that follow."""
    if "%" in head:
        raise InputError("a strength in % is not a dose; write the drug in mg, e.g. '50 mg'.")
    words = head.split()
    found = [match for match in map(_DOSE.fullmatch, words[:1]) if match]
    if found and (found[0][2] is None or found[0][2] in _UNIT_WORDS):
        raise InputError("no drug name; write it before the dose, e.g. 'anastrozole 1 mg po qd'.")
    stop = words.index("over") if "over" in words else len(words)
    at = next((i for i in range(1, stop) if _DOSE.fullmatch(words[i])), None)
    if at is None:
        unit_at = next((i for i in range(2, stop) if words[i] in _UNIT_WORDS), None)
        if unit_at is not None:
            raise InputError(f"dose '{words[unit_at - 1]}' is not a number.")
        raise InputError("no dose; write amount and unit after the drug name, e.g. '1 mg'.")
    drug = "_".join(words[:at]).replace("-", "_")
    match = _DOSE.fullmatch(words[at])
    number, word = match.groups() if match else ("", None)
    tail = words[at + 1 :]
    if word is None:
        if not tail or tail[0] in _ROUTE_WORDS or tail[0] == "over" or _is_frequency(tail[0]):
            raise InputError(f"no unit after the dose '{number}'; use {', '.join(UNITS)}.")
        word = tail.pop(0)
    unit = _UNIT_WORDS.get(word)
    if unit is None:
        raise InputError(
            f"unknown unit '{word}'; use {', '.join(UNITS)}." + did_you_mean(word, _UNIT_WORDS)
        )
    return drug, _number(number, "dose"), unit, tail


def _parse_infusion(text: str) -> tuple[float, list[str]]:
    """Return the infusion time (d, 0 = at once) and the words of `text` beside it."""
    match = _OVER.search(text)
    rest = (text[: match.start()] + text[match.end() :] if match else text).split()
    if "over" in rest:
        raise InputError(f"'{' '.join(rest)}' has no infusion time; write e.g. 'over 15 min'.")
    if match is None:
        return 0.0, rest
    days = _days(_number(match[1], "infusion time"), _TIME_WORDS[match[2].removesuffix("s")])
    if days <= 0:
        raise InputError(f"infusion time '{match[1]} {match[2]}' is not above 0.")
    return days, rest


def _is_frequency(word: str) -> bool:
    known = word == "once" or word in _FREQUENCY_WORDS
    return known or bool(_EVERY.fullmatch(word) or _TIMES_PER.fullmatch(word))


def _interval(word: str) -> float | None:
    """Return days between doses, None for a single dose."""
    if word == "once":
        return None
    if word in _FREQUENCY_WORDS:
        return _FREQUENCY_WORDS[word]
    if every := _EVERY.fullmatch(word):
        return _days(float(every[1]), _TIME_WORDS[every[2]])
    if (times := _TIMES_PER.fullmatch(word)) and float(times[1]) > 0:
        return _days(1.0, _TIME_WORDS[times[2]]) / float(times[1])
    raise InputError(
        f"unknown frequency '{word}'; use qd, bid, tid, qw, biw, tiw, q28d, q6mo, 2x/wk or once."
        + did_you_mean(word, (*_FREQUENCY_WORDS, "once"))
    )


def _parse_range(window: str) -> tuple[float, float | None]:
    if not window:
        return 0.0, None
    edges = _RANGE.fullmatch(window)
    if edges is None:
        raise InputError(
            f"window '[{window}]' is not understood for repeated doses; each edge is one of d, w, "
            "m, y and a number, e.g. [m0-m60], [w0-m3] or [m3-] to the end of the run."
        )
    return _edge(edges[1]), _edge(edges[2]) if edges[2] else None


def _edge(text: str) -> float:
    word, number = re.findall(rf"[a-z]+|{_NUMBER}", text)
    return _days(float(number), _TIME_WORDS[word])


def _number(text: str, what: str) -> float:
    if "," in text:
        raise InputError(f"{what} '{text}' has a comma; write 1000 or 2.5 with a point.")
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{what} '{text}' is not a number.") from None


def _terms(doses: Sequence[Dose]) -> Iterator[Term]:
    """Turn the sorted doses of one drug and route into terms that do not overlap."""
    slots = [list(slot) for _, slot in itertools.groupby(doses, key=lambda dose: dose.time_day)]
    main: list[Dose] = []
    loaded: set[float] = set()
    for number, slot in enumerate(slots, 1):
        # Of two doses at one time, the one that goes on is the term; the other is its loading dose.
        kinds = {_kind(dose) for after in slots[number : number + 1] for dose in after}
        main.append(next((dose for dose in slot if _kind(dose) in kinds), slot[-1]))
        slot.remove(main[-1])
        loaded |= {dose.time_day for dose in slot}
        yield from map(_once, slot)
    at = 0
    while at < len(main):
        length, every = _run(main, at, loaded)
        following = main[at + length].time_day if at + length < len(main) else math.inf
        if length >= 3 and following - main[at + length - 1].time_day > 2 * MARGIN:
            stop = min(main[at].time_day + length * every, following, MAX_DAY)
            # Daily doses end anywhere in a day: prefer the whole month a person would write.
            month = math.floor(stop / MONTH) * MONTH
            if every <= 1 and month - main[at + length - 1].time_day > 2 * MARGIN:
                stop = month
            yield replace(_once(main[at]), every_days=every, stop_day=stop)
            at += length
        else:
            yield _once(main[at])
            at += 1


def _once(dose: Dose) -> Term:
    return Term(
        dose.drug, dose.amount, dose.unit, dose.route, None, dose.time_day, None, dose.duration_day
    )


def _kind(dose: Dose) -> Dose:
    return replace(dose, time_day=0.0)


def _run(doses: Sequence[Dose], at: int, breaks: set[float]) -> tuple[int, float]:
    """Return how many doses from `at` on repeat at one interval (d) exactly, and that interval."""
    kind, start = _kind(doses[at]), doses[at].time_day
    low, high, count = 0.0, math.inf, 1
    # Each rounded time leaves a range of possible intervals; go on while the ranges intersect.
    half = 0.501 * 10.0**-DECIMALS  # a little wide, for times that fall between two roundings
    for dose in itertools.islice(doses, at + 1, None):
        least = max(low, (dose.time_day - start - half) / count)
        most = min(high, (dose.time_day - start + half) / count)
        if least > most or dose.time_day in breaks or _kind(dose) != kind:
            break
        low, high, count = least, most, count + 1
    if count < 3:
        return 1, 0.0
    given = np.array([dose.time_day for dose in doses[at : at + count]])
    best, every = 0, math.nan
    for days in _intervals((low + high) / 2):
        if low <= days <= high and best < count:
            wrong = np.flatnonzero(dose_times(start, days, count) != given)
            length = int(wrong[0]) if len(wrong) else count
            if length > best:
                best, every = length, days
    return best, every


def _intervals(middle: float) -> Iterator[float]:
    """Yield intervals (d) near `middle` and at last `middle`, those a person would write first."""
    yield from _FREQUENCY_NAMES
    for digits in range(10):
        for unit in "mwdh":
            multiplier, divisor = _TIME[unit]
            yield _days(round(middle * divisor / multiplier, digits), unit)
    yield middle
