"""Which mechanism earns its place: the fit again with each taken away, and shares of the loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from osteoaxis import engine, fitted
from osteoaxis.biology import osteoclasts, rankl
from osteoaxis.engine import Progress
from osteoaxis.evidence.prediction import Changes, Plan
from osteoaxis.inference import fit
from osteoaxis.inference.free import Space, space
from osteoaxis.inference.objective import Objective
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.simulation import Simulator

Array = NDArray[np.float64]

STEPS = 8
NOTHING = 1e-9
"""In place of zero, where a parameter is a divisor."""

MECHANISMS: dict[str, tuple[str, ...]] = {
    "local bone aromatase": (
        "steroids.bone_local_estradiol", "steroids.bone_local_estradiol@men",
    ),
    "direct cytokine action on osteoclasts": (
        "osteoclasts.direct_tnf_alpha", "osteoclasts.direct_il1",
        "osteoclasts.survival_tnf_alpha", "osteoclasts.survival_il1",
    ),
    "cytokine amplification of RANKL": (
        "rankl.rankl_tnf_alpha", "rankl.rankl_il1", "osteoclasts.fusion_tnf_alpha",
    ),
    "osteoblast apoptosis": (
        "osteoblasts.apoptosis_estrogen", "osteoblasts.apoptosis_tnf_alpha",
        "osteoblasts.apoptosis_il1",
    ),
    "precursor store": (
        "osteoclasts.precursor_store", "osteoclasts.osteomorph_share",
        "osteoclasts.osteomorph_store", "osteoclasts.k_osteomorphs", "osteoclasts.k_precursors",
    ),
    "irreversible microarchitecture": (
        "lumbar_spine.perforation_share", "total_hip.perforation_share",
        "femoral_neck.perforation_share",
    ),
    "modelling without resorption": ("osteoblasts.modelling_share",),
}  # fmt: skip
"""Parameters that are set to nothing when a mechanism is taken away."""
KEPT = ("osteoclasts.osteomorph_store", "osteoclasts.k_osteomorphs", "osteoclasts.k_precursors")
"""Of those, what is held as it is: without its store it has no effect."""
TWO_CURVES = ("estrogen.half_estradiol@men", "estrogen.estrogen_hill@men")


@dataclass(frozen=True)
class Refit:
    """A fit of bone and markers without a mechanism (or with men's own estrogen curve).

    `worse` is the rise of the cost (half the squared residuals and priors) over the fit with
    everything; `changes` are all parameters.
    """

    name: str
    removed: int
    worse: float
    changes: dict[str, float]


def refits(
    plan: Plan, roles: dict[str, str], best: Mapping[str, float], progress: Progress | None = None
) -> list[Refit]:
    """Refit bone, markers and drugs without each mechanism, from the best fit on."""
    parameters = fit.declared()
    stages = ("bone", "drugs")

    def search(where: Space, fixed: Mapping[str, float]) -> tuple[float, dict[str, float]]:
        objective = Objective.of(plan, where, fit.BONE, roles, {**best, **fixed})
        start = where.theta({**best, **fixed})
        result = fit.minimise(objective, start, STEPS)
        changes = where.changes(np.array(result["theta"]))
        return float(result["cost"]), {**best, **fixed, **changes}

    full, _ = search(space(parameters, stages), {})
    found = []
    for number, (name, gone) in enumerate(MECHANISMS.items()):
        if progress:
            progress(f"Refitting without {name}", number / (len(MECHANISMS) + 1))
        fixed = {n: NOTHING for n in gone if n not in KEPT}
        cost, changes = search(space(parameters, stages, without=gone), fixed)
        found.append(Refit(name, len(fixed), cost - full, changes))
    if progress:
        progress("Refitting with two estrogen curves", len(MECHANISMS) / (len(MECHANISMS) + 1))
    cost, changes = search(space(parameters, stages, more=TWO_CURVES), {})
    found.append(Refit("men with an estrogen curve of their own", -len(TWO_CURVES), cost - full,
                       changes))  # fmt: skip
    return found


@dataclass(frozen=True)
class Share:
    """A share (percent) of the rise of osteoclasts on an inhibitor, with its 90 % interval."""

    name: str
    value: float
    low: float
    high: float


def shares(
    ready: Simulator,
    sets: Sequence[Changes],
    *,
    month: float = 24.0,
    patient: Patient | None = None,
) -> list[Share]:
    """Return what carries the rise of osteoclasts on anastrozole, for each set of parameters.

    Osteoclasts are formation over death times the pools they come from, so the logarithm of their
    rise is a sum: RANK (in fusion and survival), TNF-alpha and IL-1 on osteoclasts themselves, and
    pools and TGF-beta, which hold it back. Shares are of the part that drives. What TNF-alpha and
    IL-1 do through RANKL is its share of what is made more of it.
    """
    person = patient or Patient("typical", age=62.0, menopause_age=50.0)
    names = ("rank_drive", "tnf_alpha_excess", "il1_excess", "estrogen_deficit")
    before, after = np.moveaxis(_courses(ready, person, sets, names, month), 1, 0)
    rank0, tnf0, il10, deficit0 = before.T
    rank, tnf, il1, deficit = after.T

    def value(process: str, name: str) -> Array:
        full = f"{process}.{name}"
        return np.array([s.get(full, ready.model.parameters[full].value) for s in sets])

    own = {
        name: value("osteoclasts", name)
        for name in ("fusion_tnf_alpha", "direct_tnf_alpha", "direct_il1", "survival_rank",
                     "survival_tnf_alpha", "survival_il1", "apoptosis_tgf_beta")
    }  # fmt: skip

    def drive(rank: Array, tnf: Array, il1: Array) -> Array:
        """Logarithm of formation over death, without what holds it back."""
        felt = {"rank_drive": rank, "tnf_alpha_excess": tnf, "il1_excess": il1}
        formed = osteoclasts.fusion_drive(
            **felt, **{n: own[n] for n in ("fusion_tnf_alpha", "direct_tnf_alpha", "direct_il1")}
        )
        lost = osteoclasts.osteoclast_death(
            **felt, tgf_beta=1.0, tgf_beta_reference=1.0, osteoclast_apoptosis_stimulation=0.0,
            **{n: own[n] for n in own if n.startswith(("survival", "apoptosis"))},
        )  # fmt: skip
        return np.asarray(np.log(formed / lost))

    def made(deficit: Array, tnf: Array, il1: Array) -> Array:
        """Logarithm of RANKL made."""
        return np.asarray(
            np.log(
                rankl.rankl_production(
                    k_rankl=1.0,
                    rankl_reference=1.0,
                    rankl_pth=0.0,
                    pth=1.0,
                    pth_young=1.0,
                    rankl_pth_lineage=0.0,
                    pth_lineage=0.0,
                    estrogen_deficit=deficit,
                    tnf_alpha_excess=tnf,
                    il1_excess=il1,
                    **{
                        n: value("rankl", n)
                        for n in ("rankl_estrogen", "rankl_tnf_alpha", "rankl_il1")
                    },
                )
            )
        )

    opg = np.log1p(value("rankl", "opg_estrogen") * deficit) - np.log1p(
        value("rankl", "opg_estrogen") * deficit0
    )
    parts = {
        "RANKL and OPG": drive(rank, tnf0, il10) - drive(rank0, tnf0, il10),
        "TNF-alpha on osteoclasts": drive(rank, tnf, il10) - drive(rank, tnf0, il10),
        "IL-1 on osteoclasts": drive(rank, tnf, il1) - drive(rank, tnf, il10),
    }
    total = drive(rank, tnf, il1) - drive(rank0, tnf0, il10)
    start = made(deficit0, tnf0, il10)
    cytokines = (made(deficit0, tnf, il1) - start) / (made(deficit, tnf, il1) - start + opg)
    parts["of RANKL and OPG: raised by TNF-alpha and IL-1"] = parts["RANKL and OPG"] * cytokines
    return [_share(name, 100.0 * part / total) for name, part in parts.items()]


def _share(name: str, values: Array) -> Share:
    low, middle, high = np.percentile(values, (5, 50, 95))
    return Share(name, float(middle), float(low), float(high))


def _courses(
    ready: Simulator, person: Patient, sets: Sequence[Changes], names: Sequence[str], month: float
) -> Array:
    """Return (set, start or month, quantity) on anastrozole."""
    people = [
        replace(person, parameters={**person.parameters, **fitted.of_sex(s, male=person.male)})
        for s in sets
    ]
    cohort = ready.start_all(people)
    task = ready.problem(
        cohort, Regimen.parse("anastrozole 1 mg po qd"), np.array([0.0, month]), record=names,
        dosing="average",
    )  # fmt: skip
    return engine.solve_many(task).values
