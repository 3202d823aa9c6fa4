"""Questions, signs that cannot wait and limits: short texts, each shown where it applies.

They are written like rules of guidance, in `texts`: what to ask the team, what to call it for, and
where the model falls short, always (`limits`) or with these treatments (`weaknesses`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from osteoaxis import guidance
from osteoaxis.guidance.facts import slug
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


def signs(drugs: Mapping[str, Drug]) -> list[dict[str, Any]]:
    """Return the signs that cannot wait, each with the drugs it goes with (None: with any or none).

    Raises `InputError` where a sign asks about more than what is taken.
    """
    rules = [rule for rule in guidance.rules(TEXTS) if rule.question == "signs"]
    groups = {name: slug(drug.group) for name, drug in drugs.items()}
    nothing = dict.fromkeys((*drugs, *groups.values()), False)

    def met(*taken: str) -> set[str]:
        facts = {
            f"on_{name}": [on] for name, on in {**nothing, **dict.fromkeys(taken, True)}.items()
        }
        found = guidance.evaluate(rules, np.zeros(1), {"age": [60.0], **facts})
        return {finding.rule.id for finding in found if finding.met}

    always = met()
    of_drug = {name: met(name, group) for name, group in groups.items()}
    return [
        {
            "text": rule.text,
            "drugs": None
            if rule.id in always
            else [name for name, signs in of_drug.items() if rule.id in signs],
        }
        for rule in rules
    ]
