"""A regimen says in one line which drugs a patient gets, how much, by which route and when.

    anastrozole 1 mg po qd [m0-m60] + zoledronate 4 mg iv over 15 min q6mo [m0-m36]

Each term is `drug dose unit route [over N min|h|d] frequency [window; rules]`. A window `[m0-m60]`
leaves out its end: doses fall at start + k * interval < end, so ten six-monthly doses. `[m3-]`
lasts to the end of the run, no window from day 0 to the end; `once [m0,m60]` lists single doses.
Rules let doses depend on what is measured, see rules.py. Nothing here knows what a drug does.
Times are days, kept to 1e-7 d (9 ms), so that text and doses turn into each other exactly;
1 month = 365.25 / 12 days.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from osteoaxis.errors import InputError
from osteoaxis.pharmacology.grammar import parse_term
from osteoaxis.pharmacology.rebuild import rebuilt
from osteoaxis.pharmacology.terms import (
    MAX_DAY,
    MAX_DOSES,
    Dose,
    Term,
    refuse_overlap,
    snap,
    term_doses,
    write,
)

MAX_TEXT = 10_000
_NO_DRUG = re.compile(r"placebo\b.*", re.I)
_NONE = re.compile(r"(none|no treatment)( ?\[[^]]*\])?", re.I)


@dataclass(frozen=True)
class Regimen:
    """What one patient is given: terms in the order they were written; no terms = no treatment."""

    terms: tuple[Term, ...] = ()

    def __post_init__(self) -> None:
        refuse_overlap(self.terms)

    @classmethod
    def parse(cls, text: str, *, most: float = MAX_TEXT) -> Regimen:
        """Read a regimen from text of at most `most` characters; `none`, `placebo ...`: no drug."""
        if not isinstance(text, str):
            raise InputError(f"regimen: must be a text, not {text!r}.")
        if len(text) > most:
            raise InputError(f"regimen: {len(text)} characters; the limit is {most}.")
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
                    terms.extend(parse_term(part.lower()))
            except InputError as error:
                raise InputError(f"regimen term '{_short(part)}': {error}") from None
        return cls(tuple(terms))

    @classmethod
    def from_doses(cls, doses: Iterable[Dose]) -> Regimen:
        """Rebuild a regimen that gives `doses`; runs of equal intervals become one term.

        Exact for dose times with up to seven decimals, as every regimen gives; others are rounded.
        """
        groups: dict[tuple[str, str], list[Dose]] = defaultdict(list)
        for dose in sorted(replace(dose, time_day=snap(dose.time_day)) for dose in doses):
            groups[dose.drug, dose.route].append(dose)
        return cls(tuple(term for group in groups.values() for term in rebuilt(group)))

    @property
    def drugs(self) -> tuple[str, ...]:
        """Names of the drugs given, each once, in the order written."""
        return tuple(dict.fromkeys(term.drug for term in self.terms))

    @property
    def ruled(self) -> bool:
        """Whether doses depend on what is measured or on chance."""
        return any(term.rules for term in self.terms)

    def refuse_rules(self) -> None:
        """Raise `InputError` if doses are known only after a run."""
        if self.ruled:
            raise InputError(
                f"regimen '{self}': rules decide about its doses, so a run is needed; what was "
                "given in it is in `data.attrs['given']`."
            )

    def doses(self, until_day: float) -> tuple[Dose, ...]:
        """Return every dose before `until_day` (d), sorted by time, then drug and amount.

        Raises `InputError` if rules decide about doses: see `osteoaxis.treatment`.
        """
        self.refuse_rules()
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
        return " + ".join(write(list(run)) for _, run in runs) or "none"


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."
