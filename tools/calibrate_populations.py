"""Find how far people differ, and what members show on their own: run after each calibration.

    python tools/calibrate_populations.py

`scale` in between.toml, by process: each site's so that changes of density at 24 months of
denosumab spread as in DEFEND (n = 163), less the error of measurement; those of
markers and steroids so that CTX and estradiol of women after menopause spread as their reference
intervals; that of all others so that the spine of
women on an inhibitor spreads as in REBBeCA. Then it prints how far the mean of a population lies
from its typical member. What named populations have `made`: median and spread of unweighted members
at time zero, and how their levels go together.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from osteoaxis import toml
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.population.named import BETWEEN, Population, names
from osteoaxis.population.solve import SIMULATED, Task, solve
from osteoaxis.simulation import simulator

Array = NDArray[np.float64]
PEOPLE = 2000
MEMBERS = 4000
GENERAL, ON_INHIBITOR = "general-postmenopausal", "early-breast-cancer"
DENOSUMAB, LETROZOLE = "denosumab 60 mg sc q6mo", "letrozole 2.5 mg po qd"
SPREAD = {"lumbar_spine": (4.2, 1.7), "total_hip": (2.3, 1.4), "others": (3.4, 1.7)}
"""Standard deviation of the change observed, and of the error of two measurements (percent).

Sites: DEFEND. Others: the spine of women on an inhibitor, from the error 0.7 of a difference
between 95 who were followed for 24 months (REBBeCA, 10.1007/s00198-015-3100-7).
"""
ROUNDS = 6


def replaced(path: Path, pattern: str, values: dict[str, float]) -> None:
    text = path.read_text("utf-8")
    for key, value in values.items():
        text, count = re.subn(pattern.format(key=key), rf"\g<1>{value:.4g}", text)
        assert count == 1, (path, key)
    path.write_text(text, encoding="utf-8")


def changes(name: str, regimen: str, between: dict[str, float] | None = None) -> dict[str, Array]:
    """Return members' CTX and estradiol at time zero, and changes of density at 24 months."""
    people = replace(Population.load(name), marginals={}, made_correlations={})
    if between is not None:
        people = replace(people, between=between)
    task = Task(people, 1, PEOPLE, Regimen.parse(regimen), (0.0, 24.0))
    found = solve(task, simulator(), 0, PEOPLE)
    kept = found.status == SIMULATED
    densities = {site: found.values[f"{site}_bmd"][kept] for site in ("lumbar_spine", "total_hip")}
    changed = {site: 100.0 * (d[:, 1] / d[:, 0] - 1.0) for site, d in densities.items()}
    return {name: found.values[name][kept, 0] for name in ("ctx", "estradiol")} | changed


def spreads() -> dict[str, float]:
    """Return how far people differ now, by the scale that decides about it."""
    on_denosumab, on_inhibitor = changes(GENERAL, DENOSUMAB), changes(ON_INHIBITOR, LETROZOLE)
    return {
        "markers": float(np.std(np.log(on_denosumab["ctx"]))),
        "steroids": float(np.std(np.log(on_denosumab["estradiol"]))),
        "others": float(np.std(on_inhibitor["lumbar_spine"])),
        "lumbar_spine": float(np.std(on_denosumab["lumbar_spine"])),
        "total_hip": float(np.std(on_denosumab["total_hip"])),
    }


def means() -> None:
    """Print means and deviations of populations beside those of people alike but for who they are.

    The fit makes a typical person's course that of a trial's mean; people who differ skew it.
    """
    for name, regimen in ((ON_INHIBITOR, LETROZOLE), (ON_INHIBITOR, DENOSUMAB), (GENERAL, "none")):
        alike, differing = changes(name, regimen, {}), changes(name, regimen)
        for site in ("lumbar_spine", "total_hip"):
            print(
                f"{name}, {regimen}, {site} at 24 months: mean {differing[site].mean():.2f} "
                f"(SD {differing[site].std():.2f}); were all alike {alike[site].mean():.2f}"
            )


def scale() -> None:
    """Find the scales: each spread grows with its own."""
    known = Population.load(GENERAL).marginals
    wanted = {"markers": known["ctx"].log_sd, "steroids": known["estradiol"].log_sd} | {
        key: math.sqrt(seen**2 - error**2) for key, (seen, error) in SPREAD.items()
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
    means()
    made()


if __name__ == "__main__":
    main()
