"""osteoaxis: what aromatase inhibitors do to bone, computed mechanism by mechanism."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from osteoaxis.errors import InputError, OsteoaxisError, SolverError
    from osteoaxis.patient import Patient
    from osteoaxis.pharmacology.regimen import Regimen
    from osteoaxis.treatment import simulate

DISCLAIMER = "For research and education; not a medical device."

# Loaded on first use, so that the command line answers at once.
_HOME = {
    "InputError": "osteoaxis.errors",
    "OsteoaxisError": "osteoaxis.errors",
    "Patient": "osteoaxis.patient",
    "Regimen": "osteoaxis.pharmacology.regimen",
    "SolverError": "osteoaxis.errors",
    "simulate": "osteoaxis.treatment",
}

__all__ = [
    "DISCLAIMER",
    "InputError",
    "OsteoaxisError",
    "Patient",
    "Regimen",
    "SolverError",
    "simulate",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'osteoaxis' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)
