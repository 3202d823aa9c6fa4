"""Rules from their TOML files, one file for each body or topic."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from osteoaxis import toml
from osteoaxis.conditions import Condition
from osteoaxis.errors import InputError

FOLDER = Path(__file__).parent / "rules"
KINDS = ("guideline", "safety", "caution")
_HEAD = ("body", "year", "citation", "link", "rules")
_RULE = ("id", "kind", "question", "who", "when", "text", "strength", "read", "source")


@dataclass(frozen=True)
class Rule:
    """What a body says, for whom and when, in words to take to the clinical team.

    `read` says whether the threshold was read in the source named, or recalled.
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
    citation: str
    link: str
    read: bool


@lru_cache
def rules(folder: Path = FOLDER) -> tuple[Rule, ...]:
    """Return the rules of every file in `folder`, by file name.

    Raises `InputError` naming the file and field of what is wrong.
    """
    found = [rule for file in sorted(folder.glob("*.toml")) for rule in _rules(file)]
    for rule in found:
        if sum(other.id == rule.id for other in found) > 1:
            raise InputError(f"{folder}: the id '{rule.id}' is given twice.")
    return tuple(found)


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

    year = head.get("year")
    if not isinstance(entry.get("read"), bool):
        raise InputError(f"{where}: read: must be true or false.")
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
        citation=text("source") if "source" in entry else toml.text(head.get("citation"), where),
        link=str(head.get("link", "")),
        read=entry["read"],
    )
