"""What must be said where arms stand side by side, whatever the numbers are."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import numpy as np

from osteoaxis.guidance import Finding
from osteoaxis.guidance.facts import treatment
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.drug import Drug, by_any_name
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.units import DAYS_PER_MONTH

INHIBITORS = ("aromatase inhibitor", "aromatase inactivator")
LESS = 0.95  # of the longest time on an inhibitor
WORN_OFF = (
    "denosumab wears off before anything follows; the model predicts too few broken vertebrae then."
)
LEFT_OUT = "This leaves out why it is taken: fewer cancers coming back."


def given(regimen: Regimen, groups: Sequence[str], drugs: Mapping[str, Drug], end: float) -> float:
    """Return the days up to month `end` on which drugs of these classes are given."""
    named = by_any_name(drugs)
    return sum(
        (term.every_days or 1.0) * sum(day >= 0 for day in term.times(end * DAYS_PER_MONTH))
        for term in regimen.terms
        if named[term.drug].group in groups
    )


def less_inhibitor(
    patient: Patient, regimens: Mapping[str, Regimen], drugs: Mapping[str, Drug], end: float
) -> list[str]:
    """Return the arms with less of an inhibitor than another, where it is taken for cancer.

    In women it is unless their history says that there was none.
    """
    if not patient.history.get("breast_cancer", not patient.male):
        return []
    days = {arm: given(plan, INHIBITORS, drugs, end) for arm, plan in regimens.items()}
    return [arm for arm in days if days[arm] < LESS * max(days.values())]


def worn_off(regimen: Regimen, drugs: Mapping[str, Drug], end: float) -> bool:
    """Return whether in month `end` denosumab has worn off and nothing follows."""
    found = treatment(regimen, np.array([end]), drugs)
    return bool(found["denosumab_stopped"][0] and not found["denosumab_followed"][0])


def alike(given: Mapping[str, Hashable]) -> dict[str, str]:
    """Return the earlier arm that was given the very same, of each arm that has one."""
    first: dict[Hashable, str] = {}
    earlier = {arm: first.setdefault(doses, arm) for arm, doses in given.items()}
    return {arm: other for arm, other in earlier.items() if other != arm}


def unprotected(findings: Sequence[Finding]) -> float | None:
    """Return from which month denosumab has worn off and nothing follows, None if never."""
    return next((f.first for f in findings if f.rule.id == "denosumab-no-exit"), None)
