"""Coupling: resorption frees TGF-beta from the matrix, which calls osteoblast precursors."""

from osteoaxis.process import Param, State, rate, reaction

tgf_beta = State("ng/mL", "active TGF-beta freed by resorption", 1.0)

tgf_beta_reference = Param(
    1.0, "ng/mL", "active TGF-beta in the young adult", "assumed: a unit of scale", (0.1, 10.0)
)
k_tgf_beta = Param(
    0.1,
    "1/day",
    "turnover of the coupling signal in the remodelling unit",
    "assumed: backbone of the design",
    (0.03, 1.0),
)


@rate("1", "resorption, 1 = young adult")
def resorption_rate(osteoclasts, resorbing_surface):
    """Osteoclasts resorb what surface they find."""
    return osteoclasts * resorbing_surface


@rate("1", "formation, 1 = young adult")
def formation_rate(osteoblasts, woken_osteoblasts):
    """Osteoblasts form bone where bone was resorbed, woken ones where it was quiet."""
    return osteoblasts + woken_osteoblasts


@rate("1", "coupling ratio at the spine: bone formed for each bone resorbed, 1 = balance")
def coupling_ratio(lumbar_spine_formation_rate, lumbar_spine_resorption_rate):
    """The gap between formation and resorption, not turnover, loses bone."""
    return lumbar_spine_formation_rate / lumbar_spine_resorption_rate


@reaction("-> tgf_beta")
def tgf_beta_release(k_tgf_beta, tgf_beta_reference, resorption_rate):
    """Resorption frees TGF-beta from the matrix."""
    return k_tgf_beta * tgf_beta_reference * resorption_rate


@reaction("tgf_beta ->")
def tgf_beta_loss(tgf_beta, k_tgf_beta):
    """TGF-beta is cleared."""
    return k_tgf_beta * tgf_beta
