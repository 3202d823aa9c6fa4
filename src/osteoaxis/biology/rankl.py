"""RANKL, its decoy OPG, and how much of RANK on osteoclast precursors is occupied.

RANKL leaves with OPG, so OPG lowers free RANKL at the steady state. Serum assays of RANKL and OPG
move opposite to the marrow and are no target; these are marrow values in the units of serum.
"""

from osteoaxis.biology.sources import ANABOLIC, FIRST_NUMBERS
from osteoaxis.process import Param, Site, State, power, rate, reaction

rankl = State("pmol/L", "free RANKL in marrow", 0.3)
opg = State("pmol/L", "osteoprotegerin in marrow", 4.0)

rankl_binding = Site("binds", "1", "drugs that bind RANKL, sum of concentration over K")

rankl_reference = Param(
    0.3,
    "pmol/L",
    "free RANKL in the young adult",
    "assumed: assays differ fifteenfold",
    (0.05, 2.0),
)
opg_reference = Param(
    4.0, "pmol/L", "OPG in the young adult", "assumed: assays differ fifteenfold", (1.0, 10.0)
)
k_rankl = Param(
    4.0, "1/day", "loss of free RANKL in the young adult", "assumed: hours", (1.0, 12.0)
)
k_opg = Param(0.35, "1/day", "turnover of OPG", "assumed: value used by Pivonka 2008", (0.1, 1.0))
opg_share = Param(
    0.9,
    "1",
    "share of the loss of RANKL that goes through OPG in the young adult",
    "assumed: OPG must matter at the steady state",
    (0.5, 1.0),
)
rankl_estrogen = Param(
    0.1525,
    "1",
    "rise of RANKL production at complete estrogen deficit",
    FIRST_NUMBERS,
    (0.0, 2.5),
)
opg_estrogen = Param(
    0.2455,
    "1",
    "fall of OPG production with estrogen deficit, 1 / (1 + this)",
    FIRST_NUMBERS,
    (0.0, 1.0),
)
rankl_tnf_alpha = Param(
    0.04123,
    "1",
    "rise of RANKL production for each doubling of TNF-alpha",
    FIRST_NUMBERS,
    (0.0, 0.5),
)
rankl_il1 = Param(
    0.02051,
    "1",
    "rise of RANKL production for each doubling of IL-1",
    FIRST_NUMBERS,
    (0.0, 0.5),
)
rankl_pth = Param(
    0.5,
    "1",
    "power of the body's own PTH in RANKL production",
    "assumed: resorption rises by a fifth to a half in hyperparathyroidism",
    (0.05, 1.5),
)
rankl_pth_lineage = Param(
    52.0,
    "1",
    "rise of RANKL production with the lineage that PTH pulses expand",
    ANABOLIC,
    (0.0, 150.0),
)
opg_sclerostin = Param(
    3.65,
    "1",
    "rise of OPG production when all sclerostin is neutralised",
    ANABOLIC,
    (0.0, 20.0),
)
half_occupancy = Param(
    2.431,
    "pmol/L",
    "free RANKL of half-maximal occupancy of RANK",
    FIRST_NUMBERS,
    (0.3, 6.0),
)


@reaction("-> rankl")
def rankl_production(
    k_rankl,
    rankl_reference,
    rankl_estrogen,
    estrogen_deficit,
    rankl_tnf_alpha,
    tnf_alpha_excess,
    rankl_il1,
    il1_excess,
    rankl_pth,
    pth,
    pth_young,
    rankl_pth_lineage,
    pth_lineage,
):
    """The osteoblast lineage makes RANKL; estrogen restrains it, TNF-alpha, IL-1 and PTH raise it.

    The body's own PTH, which lasts, acts at once; pulses of drugs that imitate it act through the
    lineage they expand, so later.
    """
    parathyroid = power(pth / pth_young, rankl_pth) * (1 + rankl_pth_lineage * pth_lineage)
    return (
        k_rankl
        * rankl_reference
        * parathyroid
        * (
            1
            + rankl_estrogen * estrogen_deficit
            + rankl_tnf_alpha * tnf_alpha_excess
            + rankl_il1 * il1_excess
        )
    )


@reaction("rankl ->")
def rankl_loss(rankl, k_rankl, opg, opg_reference, opg_share, rankl_binding):
    """Free RANKL is lost by itself, with OPG, and to drugs that bind it."""
    return k_rankl * rankl * (1 - opg_share + opg_share * opg / opg_reference + rankl_binding)


@reaction("-> opg")
def opg_production(
    k_opg, opg_reference, opg_estrogen, estrogen_deficit, opg_sclerostin, sclerostin_neutralised
):
    """The osteoblast lineage makes OPG, more under estrogen and without sclerostin."""
    wnt = 1 + opg_sclerostin * sclerostin_neutralised
    return k_opg * opg_reference * wnt / (1 + opg_estrogen * estrogen_deficit)


@reaction("opg ->")
def opg_loss(opg, k_opg):
    """OPG is cleared."""
    return k_opg * opg


@rate("1", "RANKL/OPG ratio")
def rankl_opg_ratio(rankl, opg):
    """Free RANKL for each OPG in marrow."""
    return rankl / opg


@rate("1", "share of RANK occupied")
def rank_occupancy(rankl, half_occupancy):
    """RANKL occupies RANK on precursors and osteoclasts."""
    return rankl / (half_occupancy + rankl)


@rate("1", "occupied RANK relative to the young adult")
def rank_drive(rank_occupancy, rankl_reference, half_occupancy):
    """What RANK signals, 1 in the young adult."""
    return rank_occupancy * (half_occupancy + rankl_reference) / rankl_reference
