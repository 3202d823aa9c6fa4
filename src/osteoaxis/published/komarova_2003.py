"""Komarova 2003: one remodelling site as a power law of osteoclasts and osteoblasts."""

from __future__ import annotations

import sys
from functools import partial

from osteoaxis.model import Model
from osteoaxis.process import Process, State, power, ramp, rate, reaction
from osteoaxis.published.model import PublishedModel, Scenario, constant

DOI = "10.1016/S8756-3282(03)00157-1"
number = partial(constant, source=DOI)

osteoclasts = State("1", "osteoclasts at the site, x1", 1.0)
osteoblasts = State("1", "osteoblasts at the site, x2", 200.0)
bone_mass = State("percent", "bone mass at the site, z", 100.0)

alpha_osteoclast = number(3.0, "1/day", "production of osteoclasts, alpha_1")
alpha_osteoblast = number(4.0, "1/day", "production of osteoblasts, alpha_2")
beta_osteoclast = number(0.2, "1/day", "removal of osteoclasts, beta_1")
beta_osteoblast = number(0.02, "1/day", "removal of osteoblasts, beta_2")
g_autocrine_osteoclast = number(0.5, "1", "osteoclasts on osteoclasts, g_11", range=(-1.0, 1.3))
g_osteoblast_on_osteoclast = number(-0.5, "1", "osteoblasts on osteoclasts, g_21")
g_osteoclast_on_osteoblast = number(1.0, "1", "osteoclasts on osteoblasts, g_12")
g_autocrine_osteoblast = number(0.0, "1", "osteoblasts on osteoblasts, g_22", range=(-1.0, 1.0))
k_resorption = number(0.24, "percent/day", "bone resorbed by each active osteoclast, k_1")
k_formation = number(0.0017, "percent/day", "bone formed by each active osteoblast, k_2")


@rate("1", "exponent of the steady state, gamma")
def gamma(
    g_osteoclast_on_osteoblast, g_osteoblast_on_osteoclast, g_autocrine_osteoclast,
    g_autocrine_osteoblast,
):  # fmt: skip
    own = (1 - g_autocrine_osteoclast) * (1 - g_autocrine_osteoblast)
    return g_osteoclast_on_osteoblast * g_osteoblast_on_osteoclast - own


@rate("1", "osteoclasts at the steady state")
def steady_osteoclasts(
    alpha_osteoclast, alpha_osteoblast, beta_osteoclast, beta_osteoblast, gamma,
    g_osteoblast_on_osteoclast, g_autocrine_osteoblast,
):  # fmt: skip
    own = power(beta_osteoclast / alpha_osteoclast, (1 - g_autocrine_osteoblast) / gamma)
    return own * power(beta_osteoblast / alpha_osteoblast, g_osteoblast_on_osteoclast / gamma)


@rate("1", "osteoblasts at the steady state")
def steady_osteoblasts(
    alpha_osteoclast, alpha_osteoblast, beta_osteoclast, beta_osteoblast, gamma,
    g_osteoclast_on_osteoblast, g_autocrine_osteoclast,
):  # fmt: skip
    own = power(beta_osteoblast / alpha_osteoblast, (1 - g_autocrine_osteoclast) / gamma)
    return own * power(beta_osteoclast / alpha_osteoclast, g_osteoclast_on_osteoblast / gamma)


@reaction("-> osteoclasts")
def osteoclast_production(
    osteoclasts, osteoblasts, alpha_osteoclast, g_autocrine_osteoclast, g_osteoblast_on_osteoclast
):
    """Osteoclasts call more of themselves; osteoblasts restrain them."""
    own = power(osteoclasts, g_autocrine_osteoclast)
    return alpha_osteoclast * own * power(osteoblasts, g_osteoblast_on_osteoclast)


@reaction("osteoclasts ->")
def osteoclast_loss(osteoclasts, beta_osteoclast):
    """Osteoclasts die."""
    return beta_osteoclast * osteoclasts


@reaction("-> osteoblasts")
def osteoblast_production(
    osteoclasts, osteoblasts, alpha_osteoblast, g_osteoclast_on_osteoblast, g_autocrine_osteoblast
):
    """Osteoclasts call osteoblasts."""
    called = power(osteoclasts, g_osteoclast_on_osteoblast)
    return alpha_osteoblast * called * power(osteoblasts, g_autocrine_osteoblast)


@reaction("osteoblasts ->")
def osteoblast_loss(osteoblasts, beta_osteoblast):
    """Osteoblasts die, become osteocytes or line the bone."""
    return beta_osteoblast * osteoblasts


@reaction("bone_mass ->")
def resorption(osteoclasts, steady_osteoclasts, k_resorption):
    """Only osteoclasts above the steady state resorb bone."""
    return k_resorption * ramp(osteoclasts - steady_osteoclasts)


@reaction("-> bone_mass")
def formation(osteoblasts, steady_osteoblasts, k_formation):
    """Only osteoblasts above the steady state form bone."""
    return k_formation * ramp(osteoblasts - steady_osteoblasts)


MODEL = PublishedModel(
    name="komarova-2003",
    title="One remodelling site as a power law of osteoclasts and osteoblasts",
    citation="Komarova SV, Smith RJ, Dixon SJ, Sims SM, Wahl LM. Bone 2003;33:206-215",
    doi=DOI,
    model=Model((Process.from_module(sys.modules[__name__]),)),
    initial={"osteoclasts": 11.0, "osteoblasts": 212.0, "bone_mass": 100.0},
    scenarios={
        "single-cycle": Scenario("One remodelling cycle after ten osteoclasts arrive", 1000.0)
    },
    quantities={"osteoclasts": "osteoclasts", "osteoblasts": "osteoblasts"},
    cannot=(
        "It is one remodelling site, not a skeleton: no bone mineral density and no markers.",
        "It has no drugs and no RANKL: all regulation is in its exponents.",
        "It has no estrogen, no age and no sex, so no menopause and no aromatase inhibitor.",
        "Its powers with negative exponents have no value when a cell number reaches zero.",
    ),
)
