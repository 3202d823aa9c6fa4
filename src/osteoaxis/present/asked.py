"""Questions, signs that cannot wait and limits: short texts, each shown where it applies.

They are written like rules of guidance, in `texts`: what to ask the team, what to call it for, and
where the model falls short, always (`limits`) or with these treatments (`weaknesses`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from osteoaxis import guidance
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.drug import Drug

if TYPE_CHECKING:
    import xarray as xr

Kind = Literal["questions", "signs", "limits", "weaknesses"]
TEXTS = Path(__file__).parent / "texts"


def asked(
    kind: Kind,
    patient: Patient,
    arms: Mapping[str, xr.Dataset],
    drugs: Mapping[str, Drug],
) -> tuple[str, ...]:
    """Return the texts of a kind that apply in any arm at any time, in the order of the file."""
    rules = [rule for rule in guidance.rules(TEXTS) if rule.question == kind]
    met = {
        finding.rule.id
        for data in arms.values()
        for finding in guidance.evaluate(rules, *guidance.facts(patient, data, drugs))
        if finding.met
    }
    return tuple(rule.text for rule in rules if rule.id in met)
