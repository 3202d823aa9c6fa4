"""Osteoblasts: responding cells, active cells of short and long life, and what PTH does to them."""

from osteoaxis.process import State, as_unit, power, rate
from osteoaxis.published.peterson_riggs.language import anchored, hourly, number, step

responding_osteoblasts = State("pM", "responding osteoblasts, ROB1", 1e-3)
fast_osteoblasts = State("pM", "active osteoblasts that die soon, OBfast", 4e-3)
slow_osteoblasts = State("pM", "active osteoblasts that live long, OBslow", 1e-3)
runx2 = State("1", "RUNX2, RX2", 10.0)
creb = State("1", "CREB, CREB", 10.0)
bcl2 = State("1", "BCL2, BCL2", 100.0)

responding_osteoblasts_0 = number(0.00104122, "pM", "responding osteoblasts at the start, ROB1_0")
osteoblasts_0 = number(0.00501324, "pM", "active osteoblasts at the start, OBtot0")
fast_share = number(0.797629, "1", "share that dies soon, FracOBfast", range=(0.5, 0.95))
runx2_0 = number(10.0, "1", "RUNX2 at the start, RX2_0")
creb_0 = number(10.0, "1", "CREB at the start, CREB_0")
k_osteoblast = number(0.000605516, "1/h", "loss of osteoblasts at the start, kb")
recruitment_least = number(0.883824, "1", "recruitment without TGF-beta, relative, FracPicROB",
                           range=(0.5, 0.99))  # fmt: skip
recruitment_span = number(3.9745, "1", "most TGF-beta adds to recruitment, EmaxPicROB")
recruitment_exponent = number(1.80968, "1", "steepness of that, PicROBgam")
recruitment_estrogen = number(0.16, "1", "estrogen on recruitment, robGAM")
retention_least = number(0.000244818, "1", "retention without TGF-beta, relative, FracPicOB")
retention_span = number(0.251636, "1", "most TGF-beta adds to retention, EmaxPicOB")
retention_exponent = number(0.122313, "1", "steepness of that, PicOBgam")
slow_loss = number(0.313186, "1", "loss of long-lived cells, relative to all, Frackb")
death_top = number(3.11842, "1", "apoptosis without TGF-beta, relative, MultPicOBkb",
                   range=(1.1, 6.0))  # fmt: skip
death_bottom = number(0.764028, "1", "apoptosis at much TGF-beta, relative, FracPic0kb",
                      range=(0.2, 0.95))  # fmt: skip
death_exponent = number(2.92375, "1", "steepness of that, PicOBgamkb")
death_estrogen = number(1.16832e-5, "1", "estrogen on apoptosis, E2scalePicB1")
survival_top = number(1.01, "1", "apoptosis without RUNX2, relative, E0RUNX2kbEffFACT",
                      range=(1.001, 1.1))  # fmt: skip
survival_span = number(0.638114, "1", "share of that which RUNX2 can take off, RUNkbMaxFact")
survival_exponent = number(3.81644, "1", "steepness of that, RUNkbGAM")
survival_runx2_0 = number(10.0, "1", "RUNX2 at which apoptosis is normal, RUNX20")
bcl2_threshold = number(105.0, "1", "BCL2 above which it protects")
bcl2_offset = number(90.0, "1", "what is taken off BCL2 then")
k_runx2 = number(0.693, "1/h", "loss of RUNX2 at the start, RX2Kout0")
runx2_loss_least = number(0.125, "1/h", "loss of RUNX2 without PTH, E0rx2Kout")
runx2_loss_span = number(5.0, "1/h", "most PTH adds to the loss of RUNX2, EmaxPTHRX2x")
k_creb = number(0.00279513, "1/h", "loss of CREB, crebKout")
creb_least = number(0.5, "1", "synthesis of CREB without PTH, relative, E0crebKin",
                    range=(0.1, 0.9))  # fmt: skip
creb_span = number(3.39745, "1", "most PTH adds to that, EmaxPTHcreb")
k_bcl2 = number(0.693, "1/h", "turnover of BCL2, bcl2Kout")


@rate("pM", "active osteoblasts, OBtot")
def osteoblasts(fast_osteoblasts, slow_osteoblasts):
    return fast_osteoblasts + slow_osteoblasts


@rate("1", "active osteoblasts, relative, OBfrac")
def osteoblasts_relative(osteoblasts, osteoblasts_0):
    return osteoblasts / osteoblasts_0


@rate("percent", "bone-specific alkaline phosphatase, percent of the start, OBchange")
def bsap(osteoblasts_relative):
    return as_unit(osteoblasts_relative, "1", "percent")


@rate("1/h", "maturation of each responding osteoblast, KPT")
def maturation_rate(
    active_tgf_beta_relative, active_tgf_beta_0, k_osteoblast, osteoblasts_0,
    responding_osteoblasts_0, retention_least, retention_span, retention_exponent,
):  # fmt: skip
    """TGF-beta holds responding osteoblasts back."""
    span = retention_span / active_tgf_beta_0
    held = anchored(active_tgf_beta_relative, retention_least, span, retention_exponent)
    return k_osteoblast * osteoblasts_0 / responding_osteoblasts_0 / held


@rate("1", "RUNX2 that protects osteoblasts, RUNX2")
def protective_runx2(bcl2, survival_runx2_0, bcl2_threshold, bcl2_offset):
    """It jumps when BCL2 passes a threshold."""
    return survival_runx2_0 + step(bcl2 - bcl2_threshold) * (bcl2 - bcl2_offset - survival_runx2_0)


@rate("1", "apoptosis of osteoblasts, relative")
def osteoblast_apoptosis(
    active_tgf_beta_relative, estrogen, protective_runx2, survival_runx2_0, death_top,
    death_bottom, death_exponent, death_estrogen, survival_top, survival_span, survival_exponent,
):  # fmt: skip
    """TGF-beta and PTH, through BCL2, protect osteoblasts."""
    span = death_bottom - death_top
    death = anchored(active_tgf_beta_relative, death_top, span, death_exponent)
    protected = anchored(
        protective_runx2 / survival_runx2_0, survival_top, -survival_top * survival_span,
        survival_exponent,
    )  # fmt: skip
    return protected + survival_top * (death * power(estrogen, -death_estrogen) - 1)


@rate("1/h", "loss of long-lived osteoblasts, kbslow")
def slow_loss_rate(k_osteoblast, osteoblast_apoptosis, slow_loss):
    return k_osteoblast * slow_loss * osteoblast_apoptosis


@rate("1/h", "loss of short-lived osteoblasts, kbfast")
def fast_loss_rate(k_osteoblast, slow_loss_rate, fast_share):
    """At the start the two losses weigh up to that of all."""
    return (k_osteoblast - slow_loss_rate * (1 - fast_share)) / fast_share


@hourly("-> responding_osteoblasts")
def recruitment(
    active_tgf_beta_relative, active_tgf_beta_0, estrogen, k_osteoblast, osteoblasts_0,
    recruitment_least, recruitment_span, recruitment_exponent, recruitment_estrogen,
):  # fmt: skip
    """TGF-beta recruits osteoblasts; lack of estrogen adds to it."""
    span = recruitment_span / active_tgf_beta_0
    signal = anchored(active_tgf_beta_relative, recruitment_least, span, recruitment_exponent)
    return k_osteoblast * osteoblasts_0 * signal * power(estrogen, -recruitment_estrogen)


@hourly("responding_osteoblasts ->")
def maturation(responding_osteoblasts, maturation_rate):
    """Responding osteoblasts mature."""
    return maturation_rate * responding_osteoblasts


@hourly("-> fast_osteoblasts")
def fast_maturation(
    responding_osteoblasts, maturation_rate, fast_share, fast_loss_rate, k_osteoblast,
    osteoblast_apoptosis,
):  # fmt: skip
    """Some become active osteoblasts that die soon."""
    weight = fast_share * fast_loss_rate / (k_osteoblast * osteoblast_apoptosis)
    return weight * maturation_rate * responding_osteoblasts


@hourly("-> slow_osteoblasts")
def slow_maturation(responding_osteoblasts, maturation_rate, fast_share, slow_loss):
    """Some become active osteoblasts that live long."""
    return (1 - fast_share) * slow_loss * maturation_rate * responding_osteoblasts


@hourly("fast_osteoblasts ->")
def fast_death(fast_osteoblasts, fast_loss_rate):
    """Short-lived osteoblasts die."""
    return fast_loss_rate * fast_osteoblasts


@hourly("slow_osteoblasts ->")
def slow_death(slow_osteoblasts, slow_loss_rate):
    """Long-lived osteoblasts die."""
    return slow_loss_rate * slow_osteoblasts


@hourly("-> runx2")
def runx2_synthesis(k_runx2, runx2_0):
    """RUNX2 is made at a constant pace."""
    return k_runx2 * runx2_0


@hourly("runx2 ->")
def runx2_loss(runx2, pth_relative, k_runx2, runx2_loss_least, runx2_loss_span):
    """PTH speeds the loss of RUNX2."""
    curve = anchored(pth_relative, runx2_loss_least / k_runx2, runx2_loss_span / k_runx2)
    return k_runx2 * curve * runx2


@hourly("-> creb")
def creb_synthesis(pth_relative, k_creb, creb_0, creb_least, creb_span):
    """PTH drives CREB."""
    return k_creb * creb_0 * anchored(pth_relative, creb_least, creb_span)


@hourly("creb ->")
def creb_loss(creb, k_creb):
    """CREB turns over."""
    return k_creb * creb


@hourly("-> bcl2")
def bcl2_synthesis(runx2, creb, k_bcl2):
    """RUNX2 and CREB together make BCL2."""
    return k_bcl2 * runx2 * creb


@hourly("bcl2 ->")
def bcl2_loss(bcl2, k_bcl2):
    """BCL2 turns over."""
    return k_bcl2 * bcl2
