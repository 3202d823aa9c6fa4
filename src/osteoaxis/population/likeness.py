"""People like one person: the same start, then as differently as people differ.

Sex, age, menopause, body mass, history, measured levels and T-scores at time zero are the same;
T-scores that were not measured are those of a typical person. Each has a set of the ensemble and
parameters of their own (`between.toml`), so that shares hold what studies leave open and how
people differ. Densities are true ones: a scan adds its error.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from osteoaxis import fitted, treatment
from osteoaxis.errors import SolverError
from osteoaxis.outcomes import dxa
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.population.members import own_parameters
from osteoaxis.population.named import usual_between
from osteoaxis.population.solve import REASONS, SIMULATED, statuses
from osteoaxis.simulation import Simulator

Array = NDArray[np.float64]

COUNT = 200
BAND = (5.0, 50.0, 95.0)
"""Percentiles of how people differ."""
DIGITS = 2
"""Of T-scores that are held against a line, so that a start on it counts as reached."""


@dataclass(frozen=True)
class Alike:
    """`count` people like one: `densities` (g/cm2; person, month) by strategy and site.

    The people are the same in each strategy. `t_scores` are those that all start with, `typical`
    the sites of which none was given, `left_out` counts who could not be simulated, and why.
    """

    sex: str
    count: int
    t_scores: Mapping[str, float]
    typical: tuple[str, ...]
    densities: Mapping[str, Mapping[str, Array]]
    left_out: Mapping[str, int]

    def below(self, strategy: str, line: float) -> dict[str, Array]:
        """Return the percent at or below a T-score by month: by site, and at `any` of them."""
        low = {
            site: np.round(dxa.t_score(density, site, self.sex), DIGITS) <= line
            for site, density in self.densities[strategy].items()
        }
        low["any"] = np.any([*low.values()], axis=0)
        return {site: 100.0 * there.mean(axis=0) for site, there in low.items()}

    def change(self, strategy: str) -> dict[str, Array]:
        """Return the change since time zero, percent (percentile of `BAND`, month), by site."""
        return {
            site: 100.0 * (np.percentile(density / density[:, :1], BAND, axis=0) - 1.0)
            for site, density in self.densities[strategy].items()
        }


def alike(
    ready: Simulator,
    patient: Patient,
    plans: Mapping[str, Regimen],
    months: Array,
    *,
    count: int = COUNT,
    seed: int = 1,
) -> Alike:
    """Simulate `count` people like `patient` on each of `plans`, looked at in `months` from 0 on.

    Equal seeds give equal people. Drugs taken at least weekly are steady inputs. Raises
    `InputError` for what cannot be given or met even in a typical person, `SolverError` where
    nobody could be simulated.
    """
    typical = ready.run(ready.start(patient), Regimen(), np.zeros(1))
    t_scores = {site: float(typical[f"{site}_t_score"].item()) for site in dxa.SITES}
    t_scores |= patient.t_scores
    people = _drawn(replace(patient, t_scores=t_scores), ready, count, seed)
    cohort = ready.start_all(people)
    names = [f"{site}_bmd" for site in dxa.SITES]
    courses, status = {}, np.full(count, SIMULATED)
    for name, plan in plans.items():
        found = treatment.run_all(ready, cohort, plan, months, names, seed=seed, dosing="weekly")
        courses[name] = found.values
        status = np.where(status == SIMULATED, statuses(cohort, found.status), status)
    kept = status == SIMULATED
    if not kept.any():
        raise SolverError(f"patient '{patient.name}': nobody like this could be simulated.")
    return Alike(
        sex=patient.sex,
        count=int(kept.sum()),
        t_scores=t_scores,
        typical=tuple(site for site in dxa.SITES if site not in patient.t_scores),
        densities={
            name: {site: course[kept, :, k] for k, site in enumerate(dxa.SITES)}
            for name, course in courses.items()
        },
        left_out=Counter(REASONS[code] for code in status[~kept].tolist()),
    )


def _drawn(patient: Patient, ready: Simulator, count: int, seed: int) -> list[Patient]:
    """Return people with parameters of their own; what the patient gives stays as given.

    Latin hypercube: each of `count` equal parts of every distribution once, which halves the chance
    in shares.
    """
    between, random = usual_between(), np.random.default_rng(seed)
    rows = random.permuted(np.tile(np.arange(count), (1 + len(between), 1)), axis=1)
    places = (rows.T + random.random(rows.T.shape)) / count
    sets = (places[:, 0] * max(len(fitted.ensemble()), 1)).astype(int).tolist()
    return [
        replace(
            patient,
            name=f"{patient.name} {number}",  # chance in rules of a regimen goes by name
            parameters={
                **own_parameters(
                    chosen, between, scores, ready.model.parameters, male=patient.male
                ),
                **patient.parameters,
            },
        )
        for number, (chosen, scores) in enumerate(zip(sets, ndtri(places[:, 1:]), strict=True))
    ]
