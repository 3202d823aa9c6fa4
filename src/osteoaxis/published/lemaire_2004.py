"""Lemaire 2004: osteoblasts and osteoclasts coupled by RANKL, OPG, PTH and TGF-beta."""

from __future__ import annotations

import sys
from functools import partial

from osteoaxis.model import Model
from osteoaxis.process import Process, State, rate, reaction
from osteoaxis.published.model import Dose, PublishedModel, Scenario, Switch, constant

DOI = "10.1016/j.jtbi.2004.03.023"
number = partial(constant, source=DOI)

responding_osteoblasts = State("pM", "responding osteoblasts, R", 8e-4)
osteoblasts = State("pM", "active osteoblasts, B", 7e-4)
osteoclasts = State("pM", "active osteoclasts, C", 9e-4)

half_coupling = number(0.005, "pM", "osteoclasts at half of the TGF-beta effect, C^s")
least_coupling = number(0.05, "1", "share of the TGF-beta effect without osteoclasts, f0")
D_responding = number(7e-4, "pM/day", "differentiation of osteoblast progenitors, D_R")
d_osteoblast = number(0.7, "1/day", "differentiation of responding osteoblasts, d_B")
k_osteoblast = number(0.189, "1/day", "removal of active osteoblasts, k_B")
D_osteoclast = number(0.0021, "pM/day", "differentiation of osteoclast precursors, D_C")
D_apoptosis = number(0.7, "1/day", "osteoclast apoptosis caused by TGF-beta, D_A")
rank = number(10.0, "pM", "RANK, fixed, K")
k_opg_on = number(0.01, "1/pM/day", "binding of OPG to RANKL, k_1")
k_opg_off = number(10.0, "1/day", "unbinding of OPG from RANKL, k_2")
k_rank_on = number(5.8e-4, "1/pM/day", "binding of RANK to RANKL, k_3")
k_rank_off = number(0.017, "1/day", "unbinding of RANK from RANKL, k_4")
k_pth_on = number(0.02, "1/pM/day", "binding of PTH to its receptor, k_5")
k_pth_off = number(3.0, "1/day", "unbinding of PTH from its receptor, k_6")
rankl_per_cell = number(3e6, "1", "most RANKL on each active osteoblast, K_L^P")
opg_per_cell = number(2e5, "1/day", "least OPG made by each responding osteoblast, K_O^P")
k_opg = number(0.35, "1/day", "degradation of OPG, k_O")
k_pth = number(86.0, "1/day", "degradation of PTH, k_P")
r_rankl = number(1000.0, "pM/day", "production and elimination of RANKL, r_L")
pth_synthesis = number(250.0, "pM/day", "synthesis of PTH, S_P")
rankl_infusion = number(0.0, "pM/day", "RANKL given, I_L", range=(0.0, 1e6))
opg_infusion = number(0.0, "pM/day", "OPG given, I_O", range=(0.0, 1e6))
pth_infusion = number(0.0, "pM/day", "PTH given, I_P", range=(0.0, 1e6))


@rate("1", "TGF-beta receptors occupied, pi_C")
def tgf_beta_occupancy(osteoclasts, half_coupling, least_coupling):
    return (osteoclasts + least_coupling * half_coupling) / (osteoclasts + half_coupling)


@rate("1", "PTH receptors occupied, pi_P")
def pth_occupancy(pth_infusion, pth_synthesis, k_pth, k_pth_on, k_pth_off):
    pth = (pth_infusion + pth_synthesis) / k_pth
    return pth / (pth_infusion / k_pth + k_pth_off / k_pth_on)


@rate("1", "RANK occupied by RANKL, relative, pi_L")
def rank_occupancy(
    osteoblasts, responding_osteoblasts, pth_occupancy, rank, k_rank_on, k_rank_off, k_opg_on,
    k_opg_off, k_opg, rankl_per_cell, opg_per_cell, opg_infusion, rankl_infusion, r_rankl,
):  # fmt: skip
    affinity = k_rank_on / k_rank_off
    opg = (opg_per_cell * responding_osteoblasts / pth_occupancy + opg_infusion) / k_opg
    rankl = rankl_per_cell * pth_occupancy * osteoblasts * (1 + rankl_infusion / r_rankl)
    return affinity * rankl / (1 + affinity * rank + k_opg_on / k_opg_off * opg)


@reaction("-> responding_osteoblasts")
def recruitment(D_responding, tgf_beta_occupancy):
    """TGF-beta freed by resorption calls progenitors."""
    return D_responding * tgf_beta_occupancy


@reaction("responding_osteoblasts -> osteoblasts")
def maturation(responding_osteoblasts, least_coupling, d_osteoblast, tgf_beta_occupancy):
    """TGF-beta holds responding osteoblasts back."""
    return least_coupling * d_osteoblast * responding_osteoblasts / tgf_beta_occupancy


@reaction("osteoblasts ->")
def osteoblast_loss(osteoblasts, k_osteoblast):
    """Active osteoblasts die or become osteocytes and lining cells."""
    return k_osteoblast * osteoblasts


@reaction("-> osteoclasts")
def activation(D_osteoclast, rank_occupancy):
    """RANKL activates osteoclast precursors."""
    return D_osteoclast * rank_occupancy


@reaction("osteoclasts ->")
def osteoclast_loss(osteoclasts, D_apoptosis, tgf_beta_occupancy):
    """TGF-beta kills osteoclasts."""
    return D_apoptosis * tgf_beta_occupancy * osteoclasts


def _between(title: str, start: float = 20.0, stop: float = 80.0, **parameters: float) -> Scenario:
    """Return a scenario in which parameters take other values from day 20 to 80."""
    back = dict.fromkeys(parameters, 0.0)
    return Scenario(title, 140.0, switches=(Switch(start, parameters), Switch(stop, back)))


def _infusion(title: str, state: str, pace: float) -> Scenario:
    """Return a scenario in which cells are added or taken away from day 20 to 80."""
    return Scenario(
        title, 140.0, doses=(Dose(20.0, state, pace, "rate"), Dose(80.0, state, -pace, "rate"))
    )


MODEL = PublishedModel(
    name="lemaire-2004",
    title="Osteoblasts and osteoclasts coupled by RANKL, OPG, PTH and TGF-beta",
    citation="Lemaire V, Tobin FL, Greller LD, Cho CR, Suva LJ. J Theor Biol 2004;229:293-309",
    doi=DOI,
    model=Model((Process.from_module(sys.modules[__name__]),)),
    initial={"responding_osteoblasts": 7.7e-4, "osteoblasts": 7.3e-4, "osteoclasts": 9.1e-4},
    steady={},
    scenarios={
        "baseline": Scenario("Steady state", 140.0),
        "rankl-infusion": _between("RANKL given, 10 pM a day", rankl_infusion=10.0),
        "pth-infusion": _between("PTH given, 1000 pM a day", pth_infusion=1000.0),
        "opg-infusion": _between("OPG given, 200,000 pM a day", opg_infusion=2e5),
        "opg-degradation-halved": Scenario(
            "OPG lives twice as long", 140.0, switches=(Switch(20.0, {"k_opg": 0.175}),)
        ),
        "osteoblasts-added": _infusion("Active osteoblasts added", "osteoblasts", 1e-4),
        "osteoblasts-removed": _infusion("Active osteoblasts removed", "osteoblasts", -8.3e-5),
        "osteoclasts-added": _infusion("Osteoclasts added", "osteoclasts", 1e-4),
        "osteoclasts-removed": _infusion("Osteoclasts removed", "osteoclasts", -2.9e-4),
        "responding-osteoblasts-added": _infusion(
            "Responding osteoblasts added", "responding_osteoblasts", 1e-4
        ),
    },
    quantities={"osteoclasts": "osteoclasts", "osteoblasts": "osteoblasts"},
    cannot=(
        "It has no drugs: RANKL, OPG and PTH can only be infused.",
        "It has no bone: neither density nor markers of turnover.",
        "It has no estrogen, no age and no sex, so no menopause and no aromatase inhibitor.",
        "It has no pool of osteoclast precursors, so osteoclasts do not overshoot when a "
        "blockade of RANKL ends.",
    ),
)
