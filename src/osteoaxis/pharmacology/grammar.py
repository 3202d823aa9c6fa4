"""Reading one term of a regimen from text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from osteoaxis.errors import InputError, did_you_mean
from osteoaxis.pharmacology.drug import by_any_name, catalogue
from osteoaxis.pharmacology.rules import is_clause, parse_rules
from osteoaxis.pharmacology.terms import FREQUENCY_NAMES, ROUTES, UNITS, Term, in_days
from osteoaxis.units import DAYS_PER_MONTH, DAYS_PER_YEAR

_UNIT_WORDS = {unit.lower(): unit for unit in UNITS} | {"mcg": "ug"}
_ROUTE_WORDS = {route: route for route in ROUTES} | {
    "oral": "po", "orally": "po", "p.o.": "po", "subcut": "sc", "subcutaneous": "sc", "s.c.": "sc",
    "sq": "sc", "intramuscular": "im", "i.m.": "im", "intravenous": "iv", "i.v.": "iv",
    "transdermal": "td", "topical": "td", "patch": "td", "intranasal": "in", "nasal": "in",
    "exercise": "ex",
}  # fmt: skip
_TIME_WORDS = {"min": "min", "h": "h", "hr": "h", "d": "d", "day": "d", "w": "w", "wk": "w",
               "week": "w", "m": "m", "mo": "m", "month": "m", "y": "y", "yr": "y",
               "year": "y"}  # fmt: skip
_FREQUENCY_WORDS = {name: days for days, name in FREQUENCY_NAMES.items()} | {
    "daily": 1.0, "weekly": 7.0, "monthly": DAYS_PER_MONTH,
    **dict.fromkeys(("qy", "yearly", "annually"), DAYS_PER_YEAR),
}  # fmt: skip

_NUMBER = r"-?\d+(?:\.\d+)?"
_DOSE = re.compile(r"(-?[\d.,]+(?:e-?\d+)?)((?!x)[a-z]+(?:/[a-z]+)?)?")
_OVER = re.compile(r"\bover (\S+?) ?(min|hr|h|days?|d)\b")
_EVERY = re.compile(rf"q({_NUMBER})(h|d|wk|w|mo|m|yr|y)")
_TIMES_PER = re.compile(rf"({_NUMBER})x/(day|d|week|wk|w|month|mo|year|yr|y)")
_PHRASE = re.compile(
    r"\b(once|twice|(\d+)(?: times|x)) (?:(?:an?|per) )?(dai|day|week|month|year)(?:ly)?\b"
)
_EVERY_PHRASE = re.compile(r"\bevery (\d+ )?(d|w|m|y)(?:ay|eek|onth|ear)s?\b")
_EDGE = rf"(?:mo|m|wk|w|yr|y|d) ?{_NUMBER}"
_RANGE = re.compile(rf"({_EDGE}) ?- ?({_EDGE})?")
_LIST = re.compile(rf"{_EDGE}(?: ?, ?{_EDGE})*")


def parse_term(text: str) -> Iterator[Term]:
    """Read `drug dose unit route frequency [window; rules]` into terms: several for `[m0,m60]`."""
    head, brackets = _split_window(text)
    clauses = [clause.strip() for clause in brackets.split(";")]
    window = "" if is_clause(clauses[0]) else clauses.pop(0)
    rules = parse_rules(clauses, _interval)
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
        yield Term(drug, amount, unit, route, every, start, stop, infusion, rules)
        return
    if window and not days:
        raise InputError(f"'[{window}]' is not a day for a single dose; write e.g. 'once [m0]'.")
    if rules and len(days) > 1:
        raise InputError("rules go with one day, from which on they are looked at, not a list.")
    for day in days or [0.0]:
        yield Term(drug, amount, unit, route, None, day, None, infusion, rules)


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
    words = _shortened(head).split()
    found = [match for match in map(_DOSE.fullmatch, words[:1]) if match]
    if found and (found[0][2] is None or found[0][2] in _UNIT_WORDS):
        raise InputError("no drug name; write it before the dose, e.g. 'anastrozole 1 mg po qd'.")
    stop = words.index("over") if "over" in words else len(words)
    at = next((i for i in range(1, stop) if _DOSE.fullmatch(words[i])), None)
    if at is None:
        unit_at = next((i for i in range(2, stop) if words[i] in _UNIT_WORDS), None)
        if unit_at is not None:
            raise InputError(f"dose '{words[unit_at - 1]}' is not a number.")
        raise InputError(f"no dose; {_usual(words)}.")
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


def _shortened(head: str) -> str:
    """Return `head` with 'twice a week' as '2x/week' and 'every 6 months' as 'q6m'."""

    def times(found: re.Match[str]) -> str:
        count = found[2] or {"once": "1", "twice": "2"}[found[1]]
        return f"{count}x/{found[3].replace('dai', 'day')}"

    def every(found: re.Match[str]) -> str:
        return f"q{(found[1] or '1').strip()}{found[2]}"

    return _EVERY_PHRASE.sub(every, _PHRASE.sub(times, head))


def _usual(words: list[str]) -> str:
    """Return how a drug named without a dose is written, also for a brand name."""
    known = by_any_name(catalogue())
    name = "_".join(words).replace("-", "_")
    if name not in known:
        return "write amount and unit after the drug name, e.g. '1 mg'"
    brand = "" if name == known[name].name else f"{name} is {known[name].name}: "
    return f"{brand}write e.g. '{known[name].typical}'"


def _parse_infusion(text: str) -> tuple[float, list[str]]:
    """Return the infusion time (d, 0 = at once) and the words of `text` beside it."""
    match = _OVER.search(text)
    rest = (text[: match.start()] + text[match.end() :] if match else text).split()
    if "over" in rest:
        raise InputError(f"'{' '.join(rest)}' has no infusion time; write e.g. 'over 15 min'.")
    if match is None:
        return 0.0, rest
    days = in_days(_number(match[1], "infusion time"), _TIME_WORDS[match[2].removesuffix("s")])
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
        return in_days(float(every[1]), _TIME_WORDS[every[2]])
    if (times := _TIMES_PER.fullmatch(word)) and float(times[1]) > 0:
        return in_days(1.0, _TIME_WORDS[times[2]]) / float(times[1])
    raise InputError(
        f"unknown frequency '{word}'; use qd, bid, tid, qw, biw, tiw, q28d, q6mo, 2x/wk, once, "
        "or words: daily, weekly, monthly, annually, twice a week, every 6 months."
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
    return in_days(float(number), _TIME_WORDS[word])


def _number(text: str, what: str) -> float:
    if "," in text:
        raise InputError(f"{what} '{text}' has a comma; write 1000 or 2.5 with a point.")
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{what} '{text}' is not a number.") from None
