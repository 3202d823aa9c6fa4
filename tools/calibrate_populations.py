"""Find how far people differ, and what members show on their own: run after each calibration.

    python tools/calibrate_populations.py

`scale` in between.toml: change of density at 24 months of denosumab spreads as in DEFEND (n = 163),
less the error of measurement, spine and hip alike. `made_median` and `made_log_sd` of the named
populations: what unweighted members show at time zero.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.population.named import BETWEEN, Population, names
from osteoaxis.population.solve import SIMULATED, Task, solve
from osteoaxis.simulation import simulator

PEOPLE = 1000
MEMBERS = 2000
SPREAD = {"lumbar_spine_bmd": (4.2, 1.7), "total_hip_bmd": (2.3, 1.4)}
"""Standard deviation of the change observed, and of the error of two measurements (percent)."""
STEPS = 6


def replaced(path: Path, pattern: str, values: dict[str, float]) -> None:
    text = path.read_text("utf-8")
    for key, value in values.items():
        text = re.sub(pattern.format(key=key), rf"\g<1>{value:.4g}", text)
    path.write_text(text, encoding="utf-8")


def spread_at(scale: float) -> dict[str, float]:
    """Return the standard deviation of 24-month changes on denosumab at this scale."""
    replaced(BETWEEN, r"({key} = )[\d.e-]+", {"scale": scale})
    people = replace(Population.load("general-postmenopausal"), marginals={})
    task = Task(people, 1, PEOPLE, Regimen.parse("denosumab 60 mg sc q6mo"), (0.0, 24.0))
    found = solve(task, simulator(), 0, PEOPLE)
    kept = found.status == SIMULATED
    return {
        name: float(np.std(100 * (found.values[name][kept, 1] / found.values[name][kept, 0] - 1)))
        for name in SPREAD
    }


def main() -> None:
    wanted = {name: math.sqrt(seen**2 - error**2) for name, (seen, error) in SPREAD.items()}
    low, high = 0.1, 3.0
    for _ in range(STEPS):
        middle = math.sqrt(low * high)
        found = spread_at(middle)
        ratio = float(np.mean([math.log(found[name] / wanted[name]) for name in SPREAD]))
        low, high = (low, middle) if ratio > 0 else (middle, high)
        print(f"scale {middle:.3f}: {found}, wanted {wanted}")
    for name, path in names().items():
        population = Population.load(name)
        if not population.marginals:
            continue
        task = Task(population, 2, MEMBERS, Regimen.parse("none"), (0.0, 1.0))
        solved = solve(task, simulator(), 0, MEMBERS)
        kept = solved.status == SIMULATED
        for variable in population.marginals:
            logs = np.log(solved.values[variable][kept, 0])
            made = {"made_median": math.exp(np.median(logs)), "made_log_sd": float(np.std(logs))}
            replaced(path, r"({key} = )[\d.e-]+", made)
            print(name, variable, made, f"{kept.mean():.1%} kept")


if __name__ == "__main__":
    main()
