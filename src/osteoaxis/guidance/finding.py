"""Rules held against facts: which are met, when, by what, and which cannot be decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from osteoaxis.errors import InputError, did_you_mean
from osteoaxis.guidance.facts import Array, Fact
from osteoaxis.guidance.rule import Rule

Value = float | bool | None


@dataclass(frozen=True)
class Finding:
    """What became of one rule.

    `first` is the month from which it is met (None if never), `met` the share of months; `seen`
    are the values in that month, of those the rule asks about; `missing` names what would be
    needed where it cannot be decided.
    """

    rule: Rule
    first: float | None
    last: float | None
    seen: Mapping[str, Value]
    missing: tuple[str, ...]

    @property
    def met(self) -> bool:
        """Whether the rule is met at some time."""
        return self.first is not None

    @property
    def when(self) -> str:
        """When the rule is met, in words."""
        if self.first is None:
            return f"needs {', '.join(self.missing)}" if self.missing else "not met"
        start = "now" if self.first == 0 else f"from month {self.first:.4g}"
        return start if self.last is None else f"{start} to month {self.last:.4g}"

    @property
    def because(self) -> str:
        """The values that met the rule, in words."""
        return ", ".join(
            name.replace("_", " ") + ("" if value is True else f" {value:.3g}")
            for name, value in sorted(self.seen.items())
            if name in self.rule.when.names and value is not None and value is not False
        )


def evaluate(
    chosen: Iterable[Rule], months: Array, facts: Mapping[str, Fact]
) -> tuple[Finding, ...]:
    """Return a finding for every rule that is for this person at some time, met or not.

    Raises `InputError` if a rule asks about a fact there is none of.
    """
    return tuple(found for rule in chosen if (found := _finding(rule, months, facts)) is not None)


def _finding(rule: Rule, months: Array, facts: Mapping[str, Fact]) -> Finding | None:
    conditions = [c for c in (rule.who, rule.when) if c is not None]
    asked = sorted({name for condition in conditions for name in condition.names})
    for name in asked:
        if name not in facts:
            raise InputError(
                f"rule '{rule.id}': nothing is known as '{name}'.{did_you_mean(name, facts)}"
            )
    rows = [{name: _value(facts[name][k]) for name in asked} for k in range(len(months))]
    concerned = [rule.who is None or rule.who(row) is not False for row in rows]
    if not any(concerned):
        return None
    verdicts = [_both(rule.who(row) if rule.who else True, rule.when(row)) for row in rows]
    met = [k for k, verdict in enumerate(verdicts) if verdict is True]
    if not met:
        open_ = [k for k, verdict in enumerate(verdicts) if verdict is None]
        missing = {n for k in open_ for n, value in rows[k].items() if value is None}
        return Finding(rule, None, None, {}, tuple(sorted(missing)))
    first = met[0]
    ends = [k for k in range(first, len(months)) if verdicts[k] is not True]
    last = float(months[ends[0]]) if ends else None
    return Finding(rule, float(months[first]), last, rows[first], ())


def _both(one: bool | None, other: bool | None) -> bool | None:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _value(value: object) -> Value:
    if value is None or isinstance(value, bool | np.bool_):
        return None if value is None else bool(value)
    number = float(value)  # type: ignore[arg-type]
    return None if number != number else number
