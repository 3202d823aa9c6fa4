"""Pivonka 2008: bone cells with TGF-beta, RANKL on precursors and OPG from active osteoblasts."""

from __future__ import annotations

import sys
from functools import partial

from osteoaxis.model import Model
from osteoaxis.process import Process, State, hill, rate, reaction
from osteoaxis.published.model import PublishedModel, Scenario, Switch, constant

DOI = "10.1016/j.bone.2008.03.025"
number = partial(constant, source=DOI)

osteoblast_precursors = State("pM", "osteoblast precursors, OB_p", 6e-4)
osteoblasts = State("pM", "active osteoblasts, OB_a", 6e-4)
osteoclasts = State("pM", "active osteoclasts, OC_a", 8e-4)
bone_volume_change = State("percent", "change of bone volume, BV", 1e-2, empty=True, signed=True)

D_uncommitted = number(7e-4, "pM/day", "differentiation of uncommitted osteoblasts, D_OBu")
# Lemaire's 5.348 per day times its f0 of 0.05.
D_precursor = number(0.2674077909527713, "1/day", "differentiation of precursors, D_OBp")
A_osteoblast = number(0.189, "1/day", "removal of active osteoblasts, A_OBa")
D_osteoclast = number(2.1e-3, "pM/day", "differentiation of osteoclast precursors, D_OCp")
A_osteoclast = number(0.7, "1/day", "apoptosis of osteoclasts, A_OCa")
K_tgf_beta_activation = number(4.545454545454545e-3, "pM", "TGF-beta, activation, K_D1 and K_D3")
K_tgf_beta_repression = number(1.415624253823446e-3, "pM", "TGF-beta, repression, K_D2")
K_pth_activation = number(150.0, "pM", "PTH, RANKL production, K_D4 and K_D5")
K_pth_repression = number(0.2225814277099542, "pM", "PTH, OPG production, K_D6 and K_D7")
K_rank = number(4.457452802710724, "pM", "occupied RANK at half activation, K_D8")
rank = number(10.0, "pM", "RANK, fixed")
K_rankl_opg = number(1e-3, "1/pM", "affinity of RANKL and OPG, K_A1")
K_rankl_rank = number(3.411764705882353e-2, "1/pM", "affinity of RANKL and RANK, K_A2")
pth_synthesis = number(250.0, "pM/day", "synthesis of PTH, beta_PTH")
k_pth = number(86.0, "1/day", "degradation of PTH")
opg_per_cell = number(1.624900337835679e8, "1/day", "OPG made by each active osteoblast, beta_OPG")
opg_most = number(2e8, "pM", "most OPG")
k_opg = number(0.35, "1/day", "degradation of OPG")
rankl_synthesis = number(168.4195714712206, "pM/day", "intrinsic synthesis of RANKL, beta_RANKL")
k_rankl = number(10.132471014805027, "1/day", "degradation of RANKL")
rankl_per_cell = number(2.703476379131062e6, "1", "most RANKL on each precursor, R_RANKL")
tgf_beta_release = number(1.0, "1/day", "TGF-beta freed by each osteoclast, alpha k_res")
k_tgf_beta = number(1.0, "1/day", "degradation of TGF-beta")
k_form = number(1.571, "percent/pM/day", "bone formed by each active osteoblast, k_form")
k_res = constant(
    1.08708221975862, "percent/pM/day", "bone resorbed by each osteoclast, k_res",
    "assumed: the paper's 1.0 does not balance its own steady state; this does",
)  # fmt: skip
rankl_infusion = number(0.0, "pM/day", "RANKL given", range=(0.0, 1e6))
opg_infusion = number(0.0, "pM/day", "OPG given", range=(0.0, 1e6))
pth_infusion = number(0.0, "pM/day", "PTH given", range=(0.0, 1e6))


@rate("pM", "active TGF-beta")
def tgf_beta(osteoclasts, tgf_beta_release, k_tgf_beta):
    return tgf_beta_release * osteoclasts / k_tgf_beta


@rate("pM", "PTH")
def pth(pth_synthesis, pth_infusion, k_pth):
    return (pth_synthesis + pth_infusion) / k_pth


@rate("pM", "osteoprotegerin")
def opg(osteoblasts, pth, K_pth_repression, opg_per_cell, opg_infusion, opg_most, k_opg):
    made = opg_per_cell * osteoblasts * K_pth_repression / (K_pth_repression + pth)
    return (made + opg_infusion) * opg_most / (made + k_opg * opg_most)


@rate("pM", "free RANKL")
def rankl(
    osteoblast_precursors, pth, K_pth_activation, rankl_per_cell, opg, rank, K_rankl_opg,
    K_rankl_rank, rankl_synthesis, rankl_infusion, k_rankl,
):  # fmt: skip
    places = rankl_per_cell * osteoblast_precursors * hill(pth, K_pth_activation)
    filled = (rankl_synthesis + rankl_infusion) / (rankl_synthesis + k_rankl * places)
    return places * filled / (1 + K_rankl_opg * opg + K_rankl_rank * rank)


@rate("1", "activation of osteoclast precursors by RANKL")
def rank_activation(rankl, rank, K_rankl_rank, K_rank):
    return hill(K_rankl_rank * rankl * rank, K_rank)


@reaction("-> osteoblast_precursors")
def recruitment(D_uncommitted, tgf_beta, K_tgf_beta_activation):
    """TGF-beta calls uncommitted cells."""
    return D_uncommitted * hill(tgf_beta, K_tgf_beta_activation)


@reaction("osteoblast_precursors -> osteoblasts")
def maturation(osteoblast_precursors, D_precursor, tgf_beta, K_tgf_beta_repression):
    """TGF-beta holds precursors back."""
    held = K_tgf_beta_repression / (K_tgf_beta_repression + tgf_beta)
    return D_precursor * osteoblast_precursors * held


@reaction("osteoblasts ->")
def osteoblast_loss(osteoblasts, A_osteoblast):
    """Active osteoblasts die or become osteocytes and lining cells."""
    return A_osteoblast * osteoblasts


@reaction("-> osteoclasts")
def activation(D_osteoclast, rank_activation):
    """RANKL activates osteoclast precursors."""
    return D_osteoclast * rank_activation


@reaction("osteoclasts ->")
def osteoclast_loss(osteoclasts, A_osteoclast, tgf_beta, K_tgf_beta_activation):
    """TGF-beta kills osteoclasts."""
    return A_osteoclast * osteoclasts * hill(tgf_beta, K_tgf_beta_activation)


@reaction("-> bone_volume_change")
def formation(osteoblasts, k_form):
    """Active osteoblasts form bone."""
    return k_form * osteoblasts


@reaction("bone_volume_change ->")
def resorption(osteoclasts, k_res):
    """Osteoclasts resorb bone."""
    return k_res * osteoclasts


def _infusion(title: str, parameter: str, pace: float) -> Scenario:
    switches = (Switch(20.0, {parameter: pace}), Switch(80.0, {parameter: 0.0}))
    return Scenario(title, 140.0, switches=switches)


MODEL = PublishedModel(
    name="pivonka-2008",
    title="Bone cells with TGF-beta, RANKL on precursors and OPG from active osteoblasts",
    citation="Pivonka P, Zimak J, Smith DW, et al. Bone 2008;43:249-263",
    doi=DOI,
    model=Model((Process.from_module(sys.modules[__name__]),)),
    initial={
        "osteoblast_precursors": 6.2e-4,
        "osteoblasts": 5.6e-4,
        "osteoclasts": 8.1e-4,
        "bone_volume_change": 0.0,
    },
    steady={"k_form": 0.0, "k_res": 0.0},
    scenarios={
        "baseline": Scenario("Steady state", 140.0),
        "pth-infusion": _infusion("PTH given, 1000 pM a day", "pth_infusion", 1000.0),
        "opg-infusion": _infusion("OPG given, 200,000 pM a day", "opg_infusion", 2e5),
        "rankl-infusion": _infusion("RANKL given, 10,000 pM a day", "rankl_infusion", 1e4),
        "estrogen-deficiency": Scenario(
            "RANKL given for ever, 300 pM a day, in place of estrogen deficiency",
            2000.0,
            switches=(Switch(20.0, {"rankl_infusion": 300.0}),),
        ),
    },
    quantities={
        "osteoclasts": "osteoclasts",
        "osteoblasts": "osteoblasts",
        "rankl": "rankl",
        "opg": "opg",
    },
    cannot=(
        "It has no drugs: RANKL, OPG and PTH can only be infused.",
        "It has a balance of bone volume, but neither density nor markers of turnover.",
        "It has no estrogen, no age and no sex, so no menopause and no aromatase inhibitor.",
        "It has no pool of osteoclast precursors, so osteoclasts do not overshoot when a "
        "blockade of RANKL ends.",
    ),
)
