"""Rules of a term: when its doses begin and end by what is measured, and how many are taken.

Written after the window, parted by `;`, in any order:

    zoledronate 4 mg iv q6mo [start when lumbar_spine_t_score < -2.0 or fracture; checked q12mo]
    alendronate 70 mg po qw [m0-m60; stop when egfr < 35; taken 80 %; dropout 20 %/y]
    denosumab 60 mg sc q6mo [max 4 doses]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

from osteoaxis.conditions import Condition
from osteoaxis.errors import InputError
from osteoaxis.units import DAYS_PER_YEAR

_NUMBER = r"(\d+(?:\.\d+)?)"
_CLAUSES = {
    "start": re.compile(r"start when (.+)"),
    "stop": re.compile(r"stop when (.+)"),
    "checked": re.compile(r"checked (q\S+)"),
    "most": re.compile(r"max (\d+) doses?"),
    "taken": re.compile(rf"taken {_NUMBER} ?%"),
    "dropout": re.compile(rf"dropout {_NUMBER} ?%/y"),
}
KNOWN = "start when ..., stop when ..., checked q12mo, max 5 doses, taken 80 %, dropout 20 %/y"


@dataclass(frozen=True)
class Rules:
    """What decides about the doses of a term, beside its window.

    Conditions are looked at on visits: from the start of the window (not before time zero) every
    `checked` days. `taken` is the share of doses taken (percent), each by chance; `dropout` the
    hazard of giving up for good (percent a year).
    """

    start: Condition | None = None
    stop: Condition | None = None
    checked: float = DAYS_PER_YEAR
    most: int | None = None
    taken: float = 100.0
    dropout: float = 0.0

    def __post_init__(self) -> None:
        if not 1.0 <= self.checked <= 20 * DAYS_PER_YEAR:
            raise InputError(f"visits every {self.checked:g} days; allowed are 1 day to 20 years.")
        if self.most is not None and self.most < 1:
            raise InputError("'max 0 doses' is no treatment; leave the term out.")
        if not 0.0 <= self.taken <= 100.0:
            raise InputError(f"'taken {self.taken:g} %' is not 0 to 100 %.")
        if not 0.0 <= self.dropout <= 1000.0:
            raise InputError(f"'dropout {self.dropout:g} %/y' is not 0 to 1000 %/y.")

    def clauses(self, plain: Callable[[float], str], frequency: Callable[[float], str]) -> str:
        """Write the rules as text that reads back the same, given how to write numbers and days."""
        parts = []
        if self.start:
            parts.append(f"start when {self.start.text}")
        if self.stop:
            parts.append(f"stop when {self.stop.text}")
        if self.checked != DAYS_PER_YEAR:
            parts.append(f"checked {frequency(self.checked)}")
        if self.most is not None:
            parts.append(f"max {self.most} dose{'s' if self.most > 1 else ''}")
        if self.taken != 100.0:
            parts.append(f"taken {plain(self.taken)} %")
        if self.dropout:
            parts.append(f"dropout {plain(self.dropout)} %/y")
        return "; ".join(parts)


def is_clause(text: str) -> bool:
    """Whether a part of the brackets is a rule, not a window."""
    return text.split(" ")[0] in ("start", "stop", "checked", "max", "taken", "dropout")


def parse_rules(clauses: Sequence[str], interval: Callable[[str], float | None]) -> Rules | None:
    """Read rules, None if there are none; `interval` turns q6mo into days.

    Raises `InputError` naming the clause that is not understood.
    """
    given: dict[str, str] = {}
    for clause in clauses:
        found = [(name, m[1]) for name, r in _CLAUSES.items() if (m := r.fullmatch(clause))]
        if not found:
            raise InputError(f"'{clause}' is no rule; write {KNOWN}.")
        name, value = found[0]
        if name in given:
            raise InputError(f"'{clause}' is the second rule of its kind; join with and, or.")
        given[name] = value
    if not given:
        return None
    rules: dict[str, object] = {}
    for field in fields(Rules):
        if (text := given.get(field.name)) is None:
            continue
        if field.name in ("start", "stop"):
            rules[field.name] = Condition.parse(text)
        elif field.name == "checked":
            rules[field.name] = interval(text)
        elif field.name == "most":
            rules[field.name] = int(text)
        else:
            rules[field.name] = float(text)
    return Rules(**rules)  # type: ignore[arg-type]
