"""What stands beside the numbers of a course: what is met on it, and where the model is off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from osteoaxis import guidance
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.drug import Drug
from osteoaxis.present.asked import asked

if TYPE_CHECKING:
    import xarray as xr

DECISIVE = ("Unusual combination", "Kidney and calcium", "After denosumab", "How long")
"""Questions of cautions that may speak against a strategy as it stands."""


def noted(
    patient: Patient, data: xr.Dataset, drugs: Mapping[str, Drug], origin: float = 0.0
) -> dict[str, list[Any]]:
    """Return the safety flags and cautions that are met, and known weaknesses of the model with
    these treatments; none where the run failed.

    `data` are trajectories of `patient` as `treatment.run` makes them, from month `origin` on, from
    which months are counted.
    """
    if data.attrs["status"]:
        return {"cautions": [], "limits": []}
    found = (each.since(origin) for each in guidance.flags(patient, data, drugs))
    cautions = [
        {**each.brief(), "months": each.spans, "decisive": each.rule.question in DECISIVE}
        for each in found
    ]
    return {
        "cautions": cautions,
        "limits": [*asked("weaknesses", patient, {"": data}, drugs)],
    }
