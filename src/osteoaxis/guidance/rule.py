"""Rules from their TOML files, one file for each body or topic."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from osteoaxis import toml
from osteoaxis.conditions import Condition
from osteoaxis.errors import InputError, did_you_mean

FOLDER = Path(__file__).parent / "rules"
KINDS = ("guideline", "safety", "caution")
_HEAD = ("body", "year", "citation", "link", "rules")
_RULE = (
    "id", "kind", "question", "who", "when", "text", "strength", "hazard", "rates", "supersedes",
    "note", "forbids", "read", "source", "link",
)  # fmt: skip
_RATE = ("exposure", "events", "low", "high", "people", "years", "source")


@dataclass(frozen=True)
class Rate:
    """How many of `people` an exposure harmed, with bounds and over how many years if known."""

    exposure: str
    events: float | None
    low: float | None
    high: float | None
    people: int
    years: float | None
    source: str

    def __str__(self) -> str:
        known = self.low is not None and self.high is not None
        bounds = f"{self.low:g} to {self.high:g}" if known else ""
        count = bounds if self.events is None else f"{self.events:g}"
        if bounds and self.events is not None:
            count += f" ({bounds})"
        over = "" if self.years is None else f" over {self.years:g} year{'s' * (self.years != 1)}"
        return f"{self.exposure}: {count} in {self.people:,}{over}"


@dataclass(frozen=True)
class Rule:
    """What a body says, for whom and when, in words to take to the clinical team.

    `hazard` names what can happen and `rates` how often by exposure; `supersedes` names the rules
    that this one updates; a `note` advises nothing itself, so that it is never counted as met.
    `read` says whether what it says was read in the source named, or recalled; what osteoaxis says
    of itself counts as read. `forbids` where a label forbids the drug to just these people, or
    warns of it in a box: told first, and never left out for want of room.
    """

    id: str
    kind: str
    body: str
    year: int | None
    question: str
    who: Condition | None
    when: Condition
    text: str
    strength: str
    hazard: str
    rates: tuple[Rate, ...]
    supersedes: tuple[str, ...]
    note: bool
    forbids: bool
    citation: str
    link: str
    read: bool

    @property
    def standing(self) -> str:
        """Whether what it says was read, is recalled, or is osteoaxis's own word."""
        if not self.read:
            return "recalled"
        return "own" if self.body == "osteoaxis" and not self.link else "read"

    @property
    def stated_by(self) -> str:
        """Who says it, with the year."""
        return f"{self.body} {self.year}" if self.year else self.body

    @property
    def names(self) -> frozenset[str]:
        """The facts that it asks about."""
        return self.when.names | (self.who.names if self.who else frozenset())


@lru_cache
def rules(folder: Path = FOLDER) -> tuple[Rule, ...]:
    """Return the rules of every file in `folder`, by file name.

    Raises `InputError` naming the file and field of what is wrong.
    """
    found = [rule for file in sorted(folder.glob("*.toml")) for rule in _rules(file)]
    known = [rule.id for rule in found]
    for rule in found:
        if known.count(rule.id) > 1:
            raise InputError(f"{folder}: the id '{rule.id}' is given twice.")
        for old in rule.supersedes:
            if old not in known:
                raise InputError(
                    f"{folder}: rule '{rule.id}': supersedes: there is no rule '{old}'."
                    f"{did_you_mean(old, known)}"
                )
    return tuple(found)


def updates(folder: Path = FOLDER) -> dict[str, Rule]:
    """Return the newer rule by the id of each rule that it supersedes."""
    return {old: rule for rule in rules(folder) for old in rule.supersedes}


def _rules(file: Path) -> list[Rule]:
    table = toml.read(file)
    where = file.name
    toml.known_keys(table, _HEAD, where)
    given = table.get("rules", [])
    if not isinstance(given, list) or not given:
        raise InputError(f"{where}: at least one [[rules]] is needed.")
    return [_rule(entry, table, f"{where}: rules[{k}]") for k, entry in enumerate(given)]


def _rule(entry: dict[str, Any], head: dict[str, Any], where: str) -> Rule:
    toml.known_keys(entry, _RULE, where)

    def text(key: str) -> str:
        return toml.text(entry.get(key), f"{where}: {key}")

    def condition(key: str) -> Condition:
        try:
            return Condition.parse(text(key))
        except InputError as problem:
            raise InputError(f"{where}: {key}: {problem}") from problem

    def entries(key: str, kind: type, what: str) -> list[Any]:
        found = entry.get(key, [])
        if not isinstance(found, list) or not all(isinstance(x, kind) for x in found):
            raise InputError(f"{where}: {key}: must be a list of {what}.")
        return found

    year = head.get("year")
    if not isinstance(entry.get("read"), bool):
        raise InputError(f"{where}: read: must be true or false.")
    rates = entries("rates", dict, "tables")
    return Rule(
        id=text("id"),
        kind=toml.one_of(entry.get("kind"), KINDS, f"{where}: kind"),
        body=toml.text(head.get("body"), f"{where}: body"),
        year=None if year is None else int(toml.number(year, 1990, 2100, "year", f"{where}: year")),
        question=text("question"),
        who=condition("who") if "who" in entry else None,
        when=condition("when"),
        text=text("text"),
        strength=text("strength") if "strength" in entry else "",
        hazard=text("hazard") if entry.get("kind") == "safety" or "hazard" in entry else "",
        rates=tuple(_rate(rate, f"{where}: rates[{k}]") for k, rate in enumerate(rates)),
        supersedes=tuple(entries("supersedes", str, "ids of rules")),
        note=entry.get("note") is True,
        forbids=entry.get("forbids") is True,
        citation=text("source") if "source" in entry else toml.text(head.get("citation"), where),
        link=text("link") if "link" in entry else str(head.get("link", "")),
        read=entry["read"],
    )


def _rate(entry: dict[str, Any], where: str) -> Rate:
    toml.known_keys(entry, _RATE, where)

    def number(key: str, low: float, high: float, unit: str) -> float | None:
        if key not in entry:
            return None
        return toml.number(entry[key], low, high, unit, f"{where}: {key}")

    people = int(toml.number(entry.get("people"), 1, 1e7, "people", f"{where}: people"))
    rate = Rate(
        exposure=toml.text(entry.get("exposure"), f"{where}: exposure"),
        events=number("events", 0, people, "people"),
        low=number("low", 0, people, "people"),
        high=number("high", 0, people, "people"),
        people=people,
        years=number("years", 0.01, 30, "years"),
        source=toml.text(entry.get("source"), f"{where}: source"),
    )
    if (rate.low is None) != (rate.high is None) or (rate.events is None and rate.low is None):
        raise InputError(f"{where}: give events, or low and high, or all three.")
    return rate
