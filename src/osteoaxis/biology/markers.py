"""Turnover markers: CTX and NTX from resorption, P1NP and BSAP from formation."""

from osteoaxis.biology.sources import FIRST_NUMBERS
from osteoaxis.process import Param, State, power, rate, reaction

ctx = State(
    "ng/mL",
    "C-terminal telopeptide of collagen I in serum, morning",
    0.3,
    set_by=("ctx_reference",),
)
ntx = State(
    "nmol/mmol",
    "N-terminal telopeptide (BCE) for each creatinine in urine",
    30.0,
    set_by=("ntx_reference",),
)
p1np = State(
    "ng/mL", "N-terminal propeptide of procollagen I in serum", 40.0, set_by=("p1np_reference",)
)
bsap = State(
    "ug/L", "bone-specific alkaline phosphatase in serum", 10.0, set_by=("bsap_reference",)
)

ctx_reference = Param(
    0.27,
    "ng/mL",
    "CTX in the young adult",
    "10.1016/j.bone.2012.02.003; PMID 24076251",
    (0.1, 0.8),
    men=0.32,
)
ntx_reference = Param(
    27.0,
    "nmol/mmol",
    "NTX in the young adult",
    "10.1016/j.bone.2012.02.003",
    (12.0, 60.0),
    men=27.0,
)
p1np_reference = Param(
    38.0,
    "ng/mL",
    "P1NP in the young adult",
    "10.1016/j.bone.2012.02.003; PMID 24076251",
    (17.0, 85.0),
    men=55.0,
)
bsap_reference = Param(
    11.0,
    "ug/L",
    "BSAP in the young adult",
    "10.1016/j.bone.2012.02.003; PMID 24076251",
    (5.0, 20.0),
    men=14.3,
)
k_ctx = Param(4.0, "1/day", "clearance of CTX", "assumed: hours", (2.0, 20.0))
k_ntx = Param(0.7, "1/day", "clearance of NTX", "assumed: a day", (0.3, 2.0))
k_p1np = Param(0.5, "1/day", "clearance of P1NP", "assumed: one to two days", (0.3, 1.0))
k_bsap = Param(0.3, "1/day", "clearance of BSAP", "assumed: two to three days", (0.15, 0.6))
ctx_power = Param(0.8359, "1", "power of resorption in CTX", FIRST_NUMBERS, (0.7, 1.3))
ntx_power = Param(0.6982, "1", "power of resorption in NTX", FIRST_NUMBERS, (0.4, 1.2))
p1np_background = Param(
    0.2,
    "1",
    "share of P1NP that is not from bone",
    "assumed: other tissues make type I collagen too; denosumab leaves a quarter to a third of it",
    (0.05, 0.4),
)
p1np_power = Param(1.0, "1", "power of formation in P1NP", "assumed: in proportion", (0.7, 1.4))
p1np_pth = Param(
    30.0,
    "1",
    "rise of P1NP for the same new bone with the lineage that PTH pulses expand",
    "assumed: on teriparatide P1NP rises far more than BSAP and bone do (10.1002/jbmr.3309)",
    (3.0, 120.0),
)
bsap_background = Param(
    0.3,
    "1",
    "share of BSAP that is not from bone",
    FIRST_NUMBERS,
    (0.0, 0.5),
)
bsap_power = Param(1.2, "1", "power of formation in BSAP", FIRST_NUMBERS, (0.4, 1.2))


@rate("1", "resorption that markers report, 1 = young adult")
def marker_resorption(resorption_rate):
    """Markers see resorption of the whole skeleton; never below zero."""
    return resorption_rate + 1e-9


@reaction("-> ctx")
def ctx_release(k_ctx, ctx_reference, marker_resorption, ctx_power):
    """Resorption releases CTX."""
    return k_ctx * ctx_reference * power(marker_resorption, ctx_power)


@reaction("ctx ->")
def ctx_clearance(ctx, k_ctx):
    """The kidney clears CTX."""
    return k_ctx * ctx


@reaction("-> ntx")
def ntx_release(k_ntx, ntx_reference, marker_resorption, ntx_power):
    """Resorption releases NTX."""
    return k_ntx * ntx_reference * power(marker_resorption, ntx_power)


@reaction("ntx ->")
def ntx_clearance(ntx, k_ntx):
    """NTX leaves with urine."""
    return k_ntx * ntx


@reaction("-> p1np")
def p1np_release(
    k_p1np,
    p1np_reference,
    formation_rate,
    p1np_power,
    p1np_background,
    p1np_pth,
    pth_lineage,
    pth_reach,
):
    """New collagen releases P1NP, most of it in bone; PTH pulses release more for the same bone."""
    bone = (1 - p1np_background) * power(formation_rate, p1np_power)
    bone = bone * (1 + p1np_pth * pth_lineage * pth_reach)
    return k_p1np * p1np_reference * (p1np_background + bone)


@reaction("p1np ->")
def p1np_clearance(p1np, k_p1np):
    """The liver clears P1NP."""
    return k_p1np * p1np


@reaction("-> bsap")
def bsap_release(k_bsap, bsap_reference, formation_rate, bsap_power, bsap_background):
    """Osteoblasts shed BSAP."""
    bone = (1 - bsap_background) * power(formation_rate, bsap_power)
    return k_bsap * bsap_reference * (bsap_background + bone)


@reaction("bsap ->")
def bsap_clearance(bsap, k_bsap):
    """BSAP is cleared."""
    return k_bsap * bsap
