"""Guidelines, labels and cautions as data: which of them a person meets, and when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from osteoaxis.guidance.facts import facts
from osteoaxis.guidance.finding import Finding, evaluate
from osteoaxis.guidance.rule import KINDS, Rate, Rule, rules, updates

if TYPE_CHECKING:
    import xarray as xr

    from osteoaxis.patient import Patient
    from osteoaxis.pharmacology.drug import Drug

__all__ = [
    "KINDS", "Finding", "Rate", "Rule", "asked", "evaluate", "facts", "findings", "flags", "rules",
    "updates", "withheld",
]  # fmt: skip


def findings(
    patient: Patient,
    data: xr.Dataset,
    drugs: Mapping[str, Drug],
    kinds: Iterable[str] = KINDS,
    *,
    unread: bool = False,
) -> tuple[Finding, ...]:
    """Return what became of the rules of these kinds that are for this person at some time.

    `data` are trajectories as `treatment.run` makes them. Rules nobody has read stay out unless
    `unread`.
    """
    chosen = [rule for rule in rules() if rule.kind in kinds and (rule.read or unread)]
    return evaluate(chosen, *facts(patient, data, drugs))


def withheld(patient: Patient, data: xr.Dataset, drugs: Mapping[str, Drug]) -> tuple[str, ...]:
    """Return who states the rules that are for this person but stay out, since nobody read them."""
    chosen = [rule for rule in rules() if not rule.read]
    found = evaluate(chosen, *facts(patient, data, drugs))
    return tuple(dict.fromkeys(finding.rule.stated_by for finding in found))


def flags(patient: Patient, data: xr.Dataset, drugs: Mapping[str, Drug]) -> tuple[Finding, ...]:
    """Return the safety flags and cautions that are met at some time."""
    found = findings(patient, data, drugs, ("caution", "safety"))
    return tuple(finding for finding in found if finding.met)


def asked(found: Mapping[str, Iterable[Finding]]) -> dict[str, list[str]]:
    """Return what each flag of these arms says, with the arms that meet it and when."""
    arms: dict[str, list[str]] = {}
    for arm, flagged in found.items():
        for finding in flagged:
            arms.setdefault(finding.rule.text, []).append(f"{arm} {finding.when}")
    return arms
