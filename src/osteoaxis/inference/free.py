"""Which parameters are fitted, in which stage, and what is believed of each before the fit.

The prior of each is log-normal around the value the biology declares, with a standard deviation
of a quarter of the logarithm of its plausible range (at most `WIDEST`), and nothing outside the
range. A name ends in `@men` where men have a value of their own. Names joined by `=` move together.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from osteoaxis.errors import did_you_mean
from osteoaxis.process import Param

Array = NDArray[np.float64]

WIDEST = 0.7
MEN = "@men"
BISPHOSPHONATES = ("zoledronate", "alendronate", "risedronate", "ibandronate", "pamidronate")

STAGES: dict[str, tuple[str, ...]] = {
    "hormones": (
        "steroids.aromatase_independent",
        "steroids.aromatase_independent@men",
        "steroids.estradiol_from_testosterone",
        "steroids.estradiol_from_testosterone@men",
        "steroids.shbg_estradiol_effect",
        "steroids.shbg_testosterone_power",
        "aromatase.potency_gonad",
        "axis.lh_reserve@men",
        "axis.estradiol_feedback_power",
        "axis.testosterone_feedback_power",
        "axis.half_gonadotropin_drive",
        "anastrozole.aromatase_inhibits_IC50",
        "letrozole.aromatase_inhibits_IC50",
        "exemestane.aromatase_inactivates_kinact",
        "testosterone_gel.F_td",
        "testosterone_gel.half_dose_td",
        "steroids.testosterone_clearance@men",
        "tamoxifen.estrogen_feedback_inhibits_IC50",
        "testosterone_enanthate.ka_im",
    ),
    "bone": (
        "person.transition_width",
        "person.transition_lead",
        "estrogen.half_estradiol",
        "estrogen.estrogen_hill",
        "steroids.bone_local_estradiol",
        "steroids.bone_local_estradiol@men",
        "aromatase.potency_bone",
        "cytokines.k_immune_cells",
        "cytokines.immune_restraint",
        "rankl.rankl_estrogen",
        "rankl.opg_estrogen",
        "rankl.rankl_tnf_alpha",
        "rankl.rankl_il1",
        "rankl.rankl_pth",
        "rankl.half_occupancy",
        "osteoclasts.k_osteoclasts",
        "osteoclasts.k_precursors",
        "osteoclasts.precursor_store",
        "osteoclasts.k_osteomorphs",
        "osteoclasts.osteomorph_store",
        "osteoclasts.osteomorph_share",
        "osteoclasts.fusion_tnf_alpha",
        "osteoclasts.direct_tnf_alpha",
        "osteoclasts.direct_il1",
        "osteoclasts.survival_rank",
        "osteoclasts.survival_tnf_alpha",
        "osteoclasts.survival_il1",
        "osteoclasts.apoptosis_tgf_beta",
        "osteoblasts.k_osteoblast_precursors",
        "osteoblasts.k_osteoblasts",
        "osteoblasts.modelling_share",
        "osteoblasts.coupling_power",
        "osteoblasts.apoptosis_estrogen",
        "osteoblasts.apoptosis_tnf_alpha",
        "osteoblasts.sclerostin_sensitivity",
        "osteoblasts.androgen_recruitment",
        "osteoblasts.ageing",
        "osteoblasts.ageing@men",
        "markers.ctx_power",
        "markers.ntx_power",
        "markers.p1np_background",
        "markers.p1np_power",
        "markers.bsap_background",
        "markers.bsap_power",
        "lumbar_spine.turnover",
        "lumbar_spine.k_young",
        "lumbar_spine.k_middle",
        "lumbar_spine.resorption_surface_power",
        "lumbar_spine.formation_surface_power",
        "lumbar_spine.perforation_share",
        "lumbar_spine.degeneration",
        "lumbar_spine.degeneration@men",
        "total_hip.turnover",
        "total_hip.k_young",
        "total_hip.k_middle",
        "total_hip.resorption_surface_power",
        "total_hip.formation_surface_power",
        "total_hip.perforation_share",
        "femoral_neck.turnover",
        "femoral_neck.k_young",
        "femoral_neck.k_middle",
        "femoral_neck.resorption_surface_power",
        "femoral_neck.formation_surface_power",
        "femoral_neck.perforation_share",
        "skeleton.score_architecture",
        "denosumab.rankl_binds_K",
        "denosumab.Vmax",
        "denosumab.Km",
    ),
    "drugs": (
        "=".join(f"{drug}.osteoclast_apoptosis_stimulates_Emax" for drug in BISPHOSPHONATES),
        "zoledronate.osteoclast_apoptosis_stimulates_EC50",
        "alendronate.osteoclast_apoptosis_stimulates_EC50",
        "risedronate.osteoclast_apoptosis_stimulates_EC50",
        "ibandronate.osteoclast_apoptosis_stimulates_EC50",
        "bone_surface.k_desorption",
        "bone_surface.k_burial",
        "bone_surface.k_surface_resorption",
        "tamoxifen.estrogen_receptor_agonises_efficacy",
        "tamoxifen.estrogen_receptor_agonises_K",
        "conjugated_estrogens.estradiol_supplies_share",
    ),
    "joints": (
        "joints.k_set_point",
        "joints.k_joint_pain",
        "joints.pain_withdrawal",
        "joints.pain_cytokines",
        "joints.pain_background",
    ),
    "apart": (
        "raloxifene.estrogen_receptor_agonises_efficacy",
        "raloxifene.estrogen_feedback_inhibits_IC50",
        "osteoblasts.k_lining_pth",
        "markers.p1np_pth",
        "osteoblasts.recruitment_pth",
        "osteoblasts.k_pth_lineage",
        "rankl.rankl_pth_lineage",
        "osteoblasts.k_lining_sclerostin",
        "osteoblasts.lining_store",
        "rankl.opg_sclerostin",
        "total_hip.waking_share",
        "femoral_neck.waking_share",
    ),
}  # fmt: skip
"""In the order of fitting: what drugs do to hormones, bone and markers, drugs on bone, joints; and
last, with all else held, drugs with few rows of their own."""
JOINT = ("hormones", "bone", "drugs", "joints")
"""Stages that are fitted jointly in the end."""


@dataclass(frozen=True)
class Free:
    """A fitted parameter: full names that move together, prior and limits, and its scale.

    `sign` is -1 for a parameter that is negative throughout its range.
    """

    name: str
    stage: str
    value: float
    low: float
    high: float
    sd: float
    sign: float = 1.0

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.name.split("="))

    @property
    def short(self) -> str:
        """The first of the names that move together."""
        return self.names[0]

    def log(self, value: float) -> float:
        return float(np.log(self.sign * value))


class Space:
    """Fitted parameters as one vector: the logarithm of each over its prior value."""

    def __init__(self, free: Sequence[Free]) -> None:
        self.free = tuple(free)
        self.sd = np.array([f.sd for f in free])
        self.middle = np.array([f.log(f.value) for f in free])
        limits = [sorted((f.log(f.low), f.log(f.high))) for f in free]
        self.low, self.high = (np.array(limits) - self.middle[:, None]).T

    def __len__(self) -> int:
        return len(self.free)

    def prior(self, k: int) -> Any:
        """Return the prior of parameter `k` within its range: a frozen truncated normal."""
        ends = np.array([self.low[k], self.high[k]]) / self.sd[k]
        return stats.truncnorm(*ends, scale=self.sd[k])

    def changes(self, theta: Array) -> dict[str, float]:
        """Return the parameters of the model at `theta`, by full name."""
        return {
            name: free.sign * float(np.exp(middle + x))
            for free, middle, x in zip(self.free, self.middle, theta, strict=True)
            for name in free.names
        }

    def theta(self, changes: Mapping[str, float]) -> Array:
        """Return the vector of `changes`; what they do not name is at its prior value."""
        return np.array(
            [
                f.log(changes[f.short]) - m if f.short in changes else 0.0
                for f, m in zip(self.free, self.middle, strict=True)
            ]
        )


def space(
    parameters: Mapping[str, Param],
    stages: Sequence[str] = JOINT,
    *,
    without: Collection[str] = (),
    more: Sequence[str] = (),
) -> Space:
    """Return the fitted parameters of `stages` with the priors that `parameters` declare.

    `parameters` are those of the model before any fit; `without` leaves names out, `more` adds.
    """
    found = []
    names = {stage: [n for n in STAGES[stage] if n not in without] for stage in stages}
    for stage, listed in (*names.items(), ("more", list(more))):
        for name in listed:
            first = name.split("=")[0]
            full, _, men = first.partition("@")
            if full not in parameters:
                raise KeyError(f"{full}: no such parameter.{did_you_mean(full, parameters)}")
            declared = parameters[full]
            value = declared.men if men and declared.men is not None else declared.value
            low, high = declared.range
            sign = -1.0 if high <= 0.0 else 1.0
            smallest = sign * max(abs(value) / 30.0, 1e-6)
            if low == 0.0:
                low = smallest
            if high == 0.0:
                high = smallest
            if men and not low <= value <= high:
                low, high = min(low, value / 2), max(high, value * 2)
            sd = min(abs(np.log(high / low)) / 4.0, WIDEST)
            found.append(Free(name, stage, value, low, high, float(sd), sign))
    return Space(found)
