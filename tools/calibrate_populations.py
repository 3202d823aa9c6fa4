"""Find how far people differ, and what members show on their own: run after each calibration.

    python tools/calibrate_populations.py

`scale` in between.toml, by process: each site's so that changes of density at 24 months of
denosumab spread as in DEFEND (n = 163), less the error of measurement; that of all others so that
CTX of women after menopause spreads as its reference interval. What named populations have `made`:
median and spread of unweighted members at time zero, and how their levels go together.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from osteoaxis import toml
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.population.named import BETWEEN, Population, names
from osteoaxis.population.solve import SIMULATED, Task, solve
from osteoaxis.simulation import simulator

PEOPLE = 2000
MEMBERS = 4000
GENERAL = "general-postmenopausal"
SPREAD = {"lumbar_spine": (4.2, 1.7), "total_hip": (2.3, 1.4)}
"""Standard deviation of the change observed, and of the error of two measurements (percent)."""
ROUNDS = 6


def replaced(path: Path, pattern: str, values: dict[str, float]) -> None:
    text = path.read_text("utf-8")
    for key, value in values.items():
        text, count = re.subn(pattern.format(key=key), rf"\g<1>{value:.4g}", text)
        assert count == 1, (path, key)
    path.write_text(text, encoding="utf-8")


def spreads() -> dict[str, float]:
    """Return how far people differ now, by the scale that decides about it."""
    people = replace(Population.load(GENERAL), marginals={})
    task = Task(people, 1, PEOPLE, Regimen.parse("denosumab 60 mg sc q6mo"), (0.0, 24.0))
    found = solve(task, simulator(), 0, PEOPLE)
    kept = found.status == SIMULATED
    densities = {site: found.values[f"{site}_bmd"][kept] for site in SPREAD}
    changes = {site: 100.0 * (d[:, 1] / d[:, 0] - 1.0) for site, d in densities.items()}
    return {"others": float(np.std(np.log(found.values["ctx"][kept, 0])))} | {
        site: float(np.std(change)) for site, change in changes.items()
    }


def scale() -> None:
    """Find the scales: each spread grows with its own."""
    wanted = {"others": Population.load(GENERAL).marginals["ctx"].log_sd} | {
        site: math.sqrt(seen**2 - error**2) for site, (seen, error) in SPREAD.items()
    }
    now = {key: float(value) for key, value in toml.read(BETWEEN)["scale"].items()}
    for _ in range(ROUNDS):
        found = spreads()
        print(
            {key: f"scale {now[key]:.3f}: {found[key]:.3g} of {wanted[key]:.3g}" for key in found}
        )
        now |= {key: now[key] * wanted[key] / found[key] for key in found}
        now["femoral_neck"] = now["total_hip"]
        replaced(BETWEEN, r"(?m)(^{key} = )[\d.e-]+", now)


def made() -> None:
    """Write what members of the named populations show without weights."""
    for name, path in names().items():
        population = Population.load(name)
        if not population.marginals:
            continue
        task = Task(population, 2, MEMBERS, Regimen.parse("none"), (0.0, 1.0))
        solved = solve(task, simulator(), 0, MEMBERS)
        kept = solved.status == SIMULATED
        logs = {key: np.log(solved.values[key][kept, 0]) for key in population.marginals}
        for key, log in logs.items():
            shown = {"made_median": math.exp(np.median(log)), "made_log_sd": float(np.std(log))}
            replaced(path, rf"(?m)(^{key} = .*{{key}} = )[\d.e-]+", shown)
            print(name, key, shown, f"{kept.mean():.1%} kept")
        together = {
            f"{one} ~ {other}": float(np.corrcoef(logs[one], logs[other])[0, 1])
            for one, other in population.made_correlations
        }
        replaced(path, r'("{key}" = )[-\d.e]+', together)
        weights = Population.load(name).weights(
            {key: solved.values[key][kept, 0] for key in population.marginals}
        )
        effective = weights.sum() ** 2 / (weights**2).sum() / len(weights)
        print(name, together, f"effective size {effective:.1%}")


def main() -> None:
    scale()
    made()


if __name__ == "__main__":
    main()
