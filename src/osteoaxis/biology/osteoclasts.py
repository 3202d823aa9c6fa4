"""Osteoclasts: precursors, the store of osteomorphs, active cells and how long they live.

Precursors and osteomorphs wait while RANK is empty and fuse when RANKL returns: the overshoot
after denosumab. Two pools are needed, since one cannot give both a lasting rise on an inhibitor
and an overshoot. Estrogen and cytokines also set the lifespan of osteoclasts, which does not adapt.
"""

from osteoaxis.biology.sources import FIRST_NUMBERS
from osteoaxis.process import Param, Site, State, power, rate, reaction, sqrt

osteoclast_precursors = State("1", "osteoclast precursors, 1 = young adult", 1.0)
osteomorphs = State("1", "osteomorphs and arrested precursors, 1 = young adult", 1.0)
osteoclasts = State("1", "active osteoclasts, 1 = young adult", 1.0)

osteoclast_apoptosis_stimulation = Site(
    "stimulates", "1", "drugs that make osteoclasts die, rise over the normal rate"
)

DIRECT = (
    "assumed: in the middle of the interval CTX stays 85 to 88 % down through two years of"
    " denosumab though precursors and osteomorphs wait (DMAB-PH2, DEFEND); after two to three"
    " years half of the biopsies hold no osteoclast (10.1002/jbmr.149)"
)

k_osteoclasts = Param(
    0.0714,
    "1/day",
    "death of osteoclasts (lifespan 14 d)",
    "assumed: 12 to 25 days",
    (0.03, 0.15),
)
k_precursors = Param(
    0.002928,
    "1/day",
    "turnover of osteoclast precursors",
    FIRST_NUMBERS,
    (0.001, 0.03),
)
precursor_store = Param(
    0.1111,
    "1",
    "how far precursors can accumulate above normal",
    FIRST_NUMBERS,
    (0.0, 1.0),
)
k_osteomorphs = Param(
    0.001572,
    "1/day",
    "filling of the osteomorph store while RANK is empty",
    FIRST_NUMBERS + "; range: over years, since more vertebrae break the longer denosumab was given"
    " before it was stopped (several in 7.5 of 100 a year after more than three years, in 2.9 after"
    " fewer: 10.1002/jbmr.4705)",
    (0.0007, 0.002),
)
osteomorph_store = Param(
    3.597,
    "1",
    "how far osteomorphs can accumulate above normal",
    FIRST_NUMBERS,
    (0.5, 15.0),
)
osteomorph_share = Param(
    0.4701,
    "1",
    "share of fusion that osteomorphs give in the young adult",
    FIRST_NUMBERS,
    (0.0, 0.6),
)
precursor_il6 = Param(
    0.05,
    "1",
    "rise of precursor supply for each doubling of IL-6",
    "assumed: IL-6 promotes precursors, a small part of the cytokine effect",
    (0.0, 0.3),
)
fusion_tnf_alpha = Param(
    0.05,
    "1",
    "rise of RANKL-driven fusion for each doubling of TNF-alpha",
    "assumed: synergy of TNF-alpha and RANKL",
    (0.0, 0.5),
)
direct_tnf_alpha = Param(
    0.0025,
    "1",
    "fusion that TNF-alpha drives without RANKL, for each doubling",
    DIRECT,
    (0.0, 0.005),
)
direct_il1 = Param(
    0.0025,
    "1",
    "fusion that IL-1 drives without RANKL, for each doubling",
    DIRECT,
    (0.0, 0.005),
)
survival_rank = Param(
    0.06746,
    "1",
    "power of RANK signal in osteoclast lifespan",
    FIRST_NUMBERS,
    (0.0, 0.5),
)
survival_tnf_alpha = Param(
    0.3937,
    "1",
    "power of TNF-alpha in osteoclast lifespan",
    FIRST_NUMBERS,
    (0.0, 1.0),
)
survival_il1 = Param(
    0.4515,
    "1",
    "power of IL-1 in osteoclast lifespan",
    FIRST_NUMBERS,
    (0.0, 1.0),
)
apoptosis_tgf_beta = Param(
    0.1593,
    "1",
    "power of TGF-beta in osteoclast death",
    FIRST_NUMBERS,
    (0.0, 0.6),
)

# Where RANK is empty the powers below stay finite; far below any effect.
TRACE = 1e-9
LEAST_DRIVE = 1e-4
"""Drive of fusion left where neither RANK nor cytokines drive it (assumed: next to none)."""


@reaction("-> osteoclast_precursors")
def precursor_supply(k_precursors, precursor_store, precursor_il6, il6_excess):
    """Marrow supplies precursors, more under IL-6."""
    return k_precursors * (1 + precursor_store) * (1 + precursor_il6 * il6_excess)


@reaction("osteoclast_precursors ->")
def precursor_loss(osteoclast_precursors, k_precursors, precursor_store, rank_drive):
    """Precursors fuse into osteoclasts as RANK tells them, or die."""
    return k_precursors * (1 + precursor_store * rank_drive) * osteoclast_precursors


@reaction("-> osteomorphs")
def osteomorph_supply(k_osteomorphs, osteomorph_store):
    """Osteoclasts split into osteomorphs and precursors stop half-way."""
    return k_osteomorphs * (1 + osteomorph_store)


@reaction("osteomorphs ->")
def osteomorph_fusion(osteomorphs, k_osteomorphs, osteomorph_store, rank_drive):
    """Osteomorphs fuse again as RANK tells them, or die."""
    return k_osteomorphs * (1 + osteomorph_store * rank_drive) * osteomorphs


@rate("1", "drive of osteoclast formation, 1 = young adult")
def fusion_drive(
    rank_drive, tnf_alpha_excess, il1_excess, fusion_tnf_alpha, direct_tnf_alpha, direct_il1
):
    """RANK drives fusion, TNF-alpha amplifies it, TNF-alpha and IL-1 act a little without it.

    Cytokines below those of the young adult take drive away, but never more than there is.
    """
    drive = (
        rank_drive * (1 + fusion_tnf_alpha * tnf_alpha_excess)
        + direct_tnf_alpha * tnf_alpha_excess
        + direct_il1 * il1_excess
    )
    return (drive + sqrt(drive * drive + 4 * LEAST_DRIVE**2)) / 2


@rate("1", "osteoclast death relative to the young adult")
def osteoclast_death(
    tgf_beta,
    tgf_beta_reference,
    apoptosis_tgf_beta,
    rank_drive,
    survival_rank,
    tnf_alpha_excess,
    survival_tnf_alpha,
    il1_excess,
    survival_il1,
    osteoclast_apoptosis_stimulation,
):
    """TGF-beta and bisphosphonates shorten osteoclast life; RANK and cytokines lengthen it."""
    survival = (
        power(rank_drive + TRACE, survival_rank)
        * power(1 + tnf_alpha_excess, survival_tnf_alpha)
        * power(1 + il1_excess, survival_il1)
    )
    stress = power(tgf_beta / tgf_beta_reference + TRACE, apoptosis_tgf_beta)
    return stress * (1 + osteoclast_apoptosis_stimulation) / survival


@reaction("-> osteoclasts")
def osteoclast_formation(
    k_osteoclasts, fusion_drive, osteoclast_precursors, osteomorphs, osteomorph_share
):
    """Precursors and osteomorphs fuse into osteoclasts."""
    pool = (1 - osteomorph_share) * osteoclast_precursors + osteomorph_share * osteomorphs
    return k_osteoclasts * fusion_drive * pool


@reaction("osteoclasts ->")
def osteoclast_apoptosis(osteoclasts, k_osteoclasts, osteoclast_death):
    """Osteoclasts die."""
    return k_osteoclasts * osteoclast_death * osteoclasts
