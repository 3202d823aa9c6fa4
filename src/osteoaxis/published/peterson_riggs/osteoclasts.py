"""Osteoclasts, which bound RANK makes and keeps alive and TGF-beta kills."""

from osteoaxis.process import State, as_unit, rate
from osteoaxis.published.peterson_riggs.language import anchored, hourly, number

osteoclasts = State("pM", "active osteoclasts, OC", 1e-3)

osteoclasts_0 = number(0.00115398, "pM", "osteoclasts at the start, OC_0")
death_rate = number(0.7 / 24, "1/h", "loss of osteoclasts at TGF-beta of 1, Da")
formation_least = number(0.388267, "1", "formation without RANKL, relative, E0Meff",
                         range=(0.1, 0.9))  # fmt: skip
formation_span = number(3.15667, "1", "most RANKL adds to formation, EmaxMeffOC")
formation_exponent = number(8.53065, "1", "steepness of that, kinOCgam")
killing_least = number(0.878215, "1", "loss without TGF-beta, relative, FracPicOC",
                       range=(0.5, 0.99))  # fmt: skip
killing_span = number(1.9746, "1", "most TGF-beta adds to loss, EmaxPicOC")
killing_exponent = number(1.0168, "1", "steepness of that, PicOCgam")
starved_loss = number(3.80338, "1", "loss without RANKL, relative, E0RANKL", range=(1.1, 8.0))
fed_loss = number(0.469779, "1", "loss at much RANKL, relative, EmaxL", range=(0.1, 0.9))
starved_exponent = number(3.09023, "1", "steepness of that, LsurvOCgam")


@rate("1", "osteoclasts, relative, OCfrac")
def osteoclasts_relative(osteoclasts, osteoclasts_0):
    return osteoclasts / osteoclasts_0


@rate("percent", "CTX in serum, percent of the start, OCchange")
def ctx(osteoclasts_relative):
    return as_unit(osteoclasts_relative, "1", "percent")


@hourly("-> osteoclasts")
def osteoclast_formation(
    rank_rankl_relative, osteoclasts_0, death_rate, active_tgf_beta_0, formation_least,
    formation_span, formation_exponent,
):  # fmt: skip
    """Bound RANK makes osteoclasts."""
    curve = anchored(rank_rankl_relative, formation_least, formation_span, formation_exponent)
    return death_rate * active_tgf_beta_0 * osteoclasts_0 * curve


@hourly("osteoclasts ->")
def osteoclast_death(
    osteoclasts, rank_rankl_relative, active_tgf_beta_relative, active_tgf_beta_0, death_rate,
    killing_least, killing_span, killing_exponent, starved_loss, fed_loss, starved_exponent,
):  # fmt: skip
    """TGF-beta kills osteoclasts; bound RANK keeps them alive."""
    span = killing_span / active_tgf_beta_0
    killed = anchored(active_tgf_beta_relative, killing_least, span, killing_exponent)
    starved = anchored(rank_rankl_relative, starved_loss, fed_loss - starved_loss, starved_exponent)
    return death_rate * active_tgf_beta_0 * killed * starved * osteoclasts
