"""Errors of the default tolerance with every drug's usual regimen, against a tight one.

Where small doses meet a large store, errors that each step allows add up dose by dose.
"""

from __future__ import annotations

import numpy as np
import pytest

from osteoaxis.patient import Patient
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.simulation import simulator

MONTHS = np.arange(0.0, 37.0, 3.0) + 0.01


def errors(regimen: str) -> dict[str, float]:
    """Largest difference over a state's own maximum or typical size."""
    ready = simulator()
    start = ready.start(Patient(age=65, menopause_age=50))
    typical = {name: state.typical for name, state in ready.model.states.items()}
    names = [*typical, "lumbar_spine_bmd", "total_hip_bmd", "femoral_neck_bmd"]

    def solve(**tolerance: float) -> np.ndarray:
        task = ready.problem(start, Regimen.parse(regimen), MONTHS, record=names, **tolerance)
        return task.run().values[0]

    fine = solve(rtol=1e-8, atol=1e-9)
    size = np.maximum(np.abs(fine).max(0), [typical.get(name, 0.0) for name in names])
    return dict(zip(names, (np.abs(solve() - fine) / size).max(0), strict=True))


TYPICAL = [
    drug.typical for drug in sorted(simulator().drugs.values(), key=lambda drug: drug.typical)
]


@pytest.mark.parametrize("regimen", TYPICAL)
def test_density_is_within_three_thousandths_of_a_percent(regimen):
    found = errors(regimen)
    density = {name: error for name, error in found.items() if name.endswith("_bmd")}
    assert max(density.values()) < 3e-5
    assert max(found.values()) < 1e-3


@pytest.mark.parametrize("regimen", ["alendronate 10 mg po qd", "risedronate 5 mg po qd"])
def test_daily_tablets_add_up_in_bone(regimen):
    assert max(errors(regimen).values()) < 1e-4
