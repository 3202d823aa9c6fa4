"""Graham 2013: targeted remodelling of a damaged site, steered by its osteocytes."""

from __future__ import annotations

import sys
from functools import partial

from osteoaxis.model import Model
from osteoaxis.process import Process, State, rate, reaction
from osteoaxis.published.model import PublishedModel, Scenario, constant

DOI = "10.1371/journal.pone.0063884"
number = partial(constant, source=DOI)

osteocytes = State("1", "osteocytes at the site, S", 200.0)
preosteoblasts = State("1", "pre-osteoblasts, P", 100.0, empty=True)
osteoblasts = State("1", "osteoblasts, B", 100.0, empty=True)
osteoclasts = State("1", "osteoclasts, C", 10.0, empty=True)
bone_volume = State("percent", "bone volume at the site, z", 100.0)

alpha_embedding = number(0.5, "1/day", "embedding of osteoblasts, alpha_1")
alpha_stromal = number(0.1, "1/day", "differentiation of stromal cells, alpha_2")
alpha_proliferation = number(0.1, "1/day", "proliferation of pre-osteoblasts, alpha_3")
beta_maturation = number(0.1, "1/day", "differentiation of pre-osteoblasts, beta_1")
delta_preosteoblast = number(0.1, "1/day", "apoptosis of pre-osteoblasts, delta")
beta_osteoblast = number(0.1, "1/day", "apoptosis of osteoblasts, beta_2")
alpha_osteoclast = number(0.1, "1/day", "differentiation of osteoclasts, alpha_4")
beta_osteoclast = number(0.1, "1/day", "apoptosis of osteoclasts, beta_3")
osteocyte_capacity = number(200.0, "1", "osteocytes of the whole site, K_S")
opg_offset = number(1.0, "1", "keeps the OPG term finite without osteoblasts, epsilon")
k_resorption = number(0.7, "percent/day", "bone resorbed by each osteoclast, k_1")
k_formation = number(0.015445, "percent/day", "bone formed by each osteoblast, k_2")


@rate("1", "share of osteocytes that the damage has killed")
def damage(osteocytes, osteocyte_capacity):
    return 1 - osteocytes / osteocyte_capacity


@reaction("osteoblasts -> osteocytes")
def embedding(osteoblasts, alpha_embedding, damage):
    """Osteoblasts embed themselves while osteocytes are missing."""
    return alpha_embedding * osteoblasts * damage


@reaction("-> preosteoblasts")
def stromal_differentiation(osteocytes, alpha_stromal, damage):
    """Osteocytes lift their sclerostin brake and stromal cells differentiate."""
    return alpha_stromal * osteocytes**2 * damage


@reaction("-> preosteoblasts")
def proliferation(preosteoblasts, alpha_proliferation, damage):
    """Pre-osteoblasts divide while osteocytes are missing."""
    return alpha_proliferation * preosteoblasts * damage


@reaction("preosteoblasts -> osteoblasts")
def maturation(preosteoblasts, osteoclasts, beta_maturation):
    """Osteoclasts call pre-osteoblasts to mature."""
    return beta_maturation * preosteoblasts * osteoclasts


@reaction("preosteoblasts ->")
def preosteoblast_loss(preosteoblasts, delta_preosteoblast):
    """Pre-osteoblasts die."""
    return delta_preosteoblast * preosteoblasts


@reaction("osteoblasts ->")
def osteoblast_loss(osteoblasts, beta_osteoblast):
    """Osteoblasts die."""
    return beta_osteoblast * osteoblasts


@reaction("-> osteoclasts")
def osteoclast_differentiation(
    osteocytes, preosteoblasts, osteoblasts, alpha_osteoclast, opg_offset, damage
):
    """RANKL of osteocytes and pre-osteoblasts makes osteoclasts; OPG of osteoblasts restrains."""
    return alpha_osteoclast * osteocytes * preosteoblasts / (opg_offset + osteoblasts) * damage


@reaction("osteoclasts ->")
def osteoclast_loss(osteoclasts, beta_osteoclast):
    """Osteoclasts die."""
    return beta_osteoclast * osteoclasts


@reaction("bone_volume ->")
def resorption(osteoclasts, k_resorption):
    """Osteoclasts resorb bone."""
    return k_resorption * osteoclasts


@reaction("-> bone_volume")
def formation(osteoblasts, k_formation):
    """Osteoblasts form bone."""
    return k_formation * osteoblasts


MODEL = PublishedModel(
    name="graham-2013",
    title="Targeted remodelling of a damaged site, steered by its osteocytes",
    citation="Graham JM, Ayati BP, Holstein SA, Martin JA. PLoS One 2013;8:e63884",
    doi=DOI,
    model=Model((Process.from_module(sys.modules[__name__]),)),
    initial={
        "osteocytes": 180.0,
        "preosteoblasts": 0.0,
        "osteoblasts": 0.0,
        "osteoclasts": 0.0,
        "bone_volume": 100.0,
    },
    scenarios={
        "damage": Scenario("Repair after damage has killed a tenth of the osteocytes", 400.0)
    },
    # At rest it has no bone cells, so nothing of ours is comparable relative to time zero.
    quantities={},
    cannot=(
        "It is one damaged site, not a skeleton: no bone mineral density and no markers, and at "
        "rest no osteoclasts or osteoblasts.",
        "It has no drugs; sclerostin, RANKL and OPG act through its exponents only.",
        "It has no estrogen, no age and no sex, so no menopause and no aromatase inhibitor.",
    ),
)
