"""Rules held against facts: which are met, when, by what, and which cannot be decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from osteoaxis.conditions import Truth, column
from osteoaxis.errors import InputError, did_you_mean
from osteoaxis.guidance.facts import PARTS, Array, Fact, words
from osteoaxis.guidance.rule import Rule

Value = float | bool | None
Span = tuple[float, float | None]
MOST_SPANS = 3  # told in words
WHOLE_MONTHS = 6.0  # after these, months are told without a fraction
LARGE = 100.0  # from here on values are told as whole numbers


@dataclass(frozen=True)
class Finding:
    """What became of one rule.

    `spans` are the months from which to which it is met; the end is None where it still is at the
    end of the run. `seen` are the values in the first such month, of those the rule asks about;
    `missing` names what would be needed where, before that month, it cannot be decided.
    """

    rule: Rule
    spans: tuple[Span, ...]
    seen: Mapping[str, Value]
    missing: tuple[str, ...]

    @property
    def met(self) -> bool:
        """Whether the rule is met at some time."""
        return bool(self.spans)

    @property
    def first(self) -> float | None:
        """The first month in which the rule is met."""
        return self.spans[0][0] if self.spans else None

    @property
    def needs(self) -> str:
        """What is not known and would decide, in words."""
        return ", ".join(map(words, self.missing))

    @property
    def when(self) -> str:
        """When the rule is met, in words."""
        needs = self.needs
        if not self.spans:
            return f"cannot be decided: needs {needs}" if needs else "not met"
        told = ", ".join(_span(*span) for span in self.spans[:MOST_SPANS])
        told += " and again" if len(self.spans) > MOST_SPANS else ""
        return f"{told} (whether earlier: needs {needs})" if needs else told

    @property
    def because(self) -> str:
        """The values that met the rule, in words."""
        return ", ".join(
            words(name) + ("" if value is True else f" {_amount(value)}")
            for name, value in sorted(self.seen.items())
            if name in self.rule.when.names and value is not None and value is not False
        )

    def since(self, month: float) -> Finding:
        """Return the same with months counted from `month`."""
        spans = tuple(
            (round(start - month, 6), None if end is None else round(end - month, 6))
            for start, end in self.spans
        )
        return replace(self, spans=spans)

    def brief(self) -> dict[str, object]:
        """Return what a summary says of it, as plain data."""
        rule = self.rule
        return {
            "id": rule.id,
            "kind": rule.kind,
            "hazard": rule.hazard,
            "text": rule.text,
            "rates": [str(rate) for rate in rule.rates],
            "source": rule.citation,
            "when": self.when,
        }


def evaluate(
    chosen: Iterable[Rule], months: Array, facts: Mapping[str, Fact]
) -> tuple[Finding, ...]:
    """Return a finding for every rule that is for this person at some time, met or not.

    Raises `InputError` if a rule asks about a fact there is none of.
    """
    columns: dict[str, Array] = {}
    found = (_finding(rule, months, facts, columns) for rule in chosen)
    return tuple(finding for finding in found if finding is not None)


def _finding(
    rule: Rule, months: Array, facts: Mapping[str, Fact], columns: dict[str, Array]
) -> Finding | None:
    """Hold a rule against facts; `columns` keeps them as numbers for the next rule."""
    asked = sorted(rule.names)
    for name in asked:
        if name not in facts:
            raise InputError(
                f"rule '{rule.id}': nothing is known as '{name}'.{did_you_mean(name, facts)}"
            )
        if name not in columns:
            columns[name] = column(facts[name])
    everyone = np.ones(len(months), bool), np.zeros(len(months), bool)
    belongs, other = rule.who.over(columns) if rule.who else everyone
    if other.all():
        return None
    held, failed = rule.when.over(columns)
    met = everyone[0] & belongs & held
    first = int(np.argmax(met)) if met.any() else len(months)
    open_ = ~(met | other | failed)[:first]
    unknown = {name for name in asked if np.isnan(columns[name][:first][open_]).any()}
    parts = {part for name in unknown for part in PARTS.get(name, (name,))}
    missing = {name for name in parts if np.isnan(column(facts[name])).any()}
    seen = {name: _value(facts[name][first]) for name in asked} if met.any() else {}
    return Finding(rule, _spans(met, months), seen, tuple(sorted(missing)))


def _spans(met: Truth, months: Array) -> tuple[Span, ...]:
    """Return the stretches of months in which a rule is met; each ends when it no longer is."""
    held = np.array([False, *met, False])
    starts, ends = np.flatnonzero(held[1:] & ~held[:-1]), np.flatnonzero(held[:-1] & ~held[1:])
    return tuple(
        (float(months[start]), float(months[end]) if end < len(months) else None)
        for start, end in zip(starts, ends, strict=True)
    )


def _span(start: float, end: float | None) -> str:
    since = "now" if start == 0 else f"from month {_month(start)}"
    return since if end is None else f"{since} to month {_month(end)}"


def _month(month: float) -> str:
    """Return a month as people count it: whole, in the first half year to a tenth."""
    return f"{month:.0f}" if month > WHOLE_MONTHS else f"{month:.1f}".removesuffix(".0")


def _amount(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= LARGE else f"{value:.3g}"


def _value(value: object) -> Value:
    if value is None or isinstance(value, bool | np.bool_):
        return None if value is None else bool(value)
    number = float(value)  # type: ignore[arg-type]
    return None if number != number else number
