"""Aromatase in fat, muscle, bone and gonad: enzyme turnover and what inhibitors leave of it.

Reversible inhibitors compete at the enzyme; exemestane destroys it, so recovery waits for new
enzyme. Inside the testis the substrate is far above its serum level, which out-competes a
reversible inhibitor: one reason why men keep part of their estradiol on an inhibitor.
"""

from osteoaxis.process import Param, Site, State, as_unit, inhibit, rate, reaction

aromatase_fat = State("1", "aromatase enzyme in fat, share of normal", 1.0)
aromatase_muscle = State("1", "aromatase enzyme in muscle and skin, share of normal", 1.0)
aromatase_bone = State("1", "aromatase enzyme in bone, share of normal", 1.0)
aromatase_gonad = State("1", "aromatase enzyme in ovary or testis, share of normal", 1.0)

aromatase_inhibitor_load = Site(
    "inhibits", "1", "reversible inhibitors at aromatase, sum of concentration over IC50"
)
aromatase_inactivation = Site("inactivates", "1/day", "irreversible loss of aromatase to drugs")

k_turnover = Param(
    0.6,
    "1/day",
    "aromatase enzyme turnover (half-life 28 h)",
    "assumed: estrogens recover over 4 to 5 days after one dose of exemestane",
    (0.3, 1.2),
)
fat_share = Param(
    0.5,
    "1",
    "share of aromatisation outside gonads and bone that is in fat",
    "assumed: fat and muscle are the two large tissues",
    (0.2, 0.8),
)
potency_bone = Param(
    0.5,
    "1",
    "potency of reversible inhibitors in bone relative to fat",
    "assumed: suppression in tissue is less complete than in plasma",
    (0.2, 1.0),
)
potency_gonad = Param(
    0.008,
    "1",
    "potency of reversible inhibitors in the gonad relative to fat",
    "fitted: LEDER2004 (testicular substrate is about a hundredfold higher than in serum)",
    (0.001, 0.2),
)


@reaction("-> aromatase_fat")
def fat_synthesis(k_turnover):
    """New aromatase is made in fat."""
    return k_turnover


@reaction("aromatase_fat ->")
def fat_loss(aromatase_fat, k_turnover, aromatase_inactivation):
    """Aromatase in fat is degraded and inactivated."""
    return (k_turnover + aromatase_inactivation) * aromatase_fat


@reaction("-> aromatase_muscle")
def muscle_synthesis(k_turnover):
    """New aromatase is made in muscle."""
    return k_turnover


@reaction("aromatase_muscle ->")
def muscle_loss(aromatase_muscle, k_turnover, aromatase_inactivation):
    """Aromatase in muscle is degraded and inactivated."""
    return (k_turnover + aromatase_inactivation) * aromatase_muscle


@reaction("-> aromatase_bone")
def bone_synthesis(k_turnover):
    """New aromatase is made in bone."""
    return k_turnover


@reaction("aromatase_bone ->")
def bone_loss(aromatase_bone, k_turnover, aromatase_inactivation, potency_bone):
    """Aromatase in bone is degraded and inactivated."""
    return (k_turnover + potency_bone * aromatase_inactivation) * aromatase_bone


@reaction("-> aromatase_gonad")
def gonad_synthesis(k_turnover):
    """New aromatase is made in the gonad."""
    return k_turnover


@reaction("aromatase_gonad ->")
def gonad_loss(aromatase_gonad, k_turnover, aromatase_inactivation, potency_gonad):
    """Aromatase in the gonad is degraded and, where substrate lets it, inactivated."""
    return (k_turnover + potency_gonad * aromatase_inactivation) * aromatase_gonad


@rate("1", "aromatase activity in fat, muscle and skin, share of normal")
def peripheral_aromatase_activity(
    aromatase_fat, aromatase_muscle, aromatase_inhibitor_load, fat_share
):
    """What inhibitors leave of aromatisation outside gonads and bone."""
    enzyme = fat_share * aromatase_fat + (1 - fat_share) * aromatase_muscle
    return enzyme * inhibit(aromatase_inhibitor_load)


@rate("1", "aromatase activity in bone, share of normal")
def bone_aromatase_activity(aromatase_bone, aromatase_inhibitor_load, potency_bone):
    """What inhibitors leave of aromatisation in bone."""
    return aromatase_bone * inhibit(potency_bone * aromatase_inhibitor_load)


@rate("1", "aromatase activity in the gonad, share of normal")
def gonadal_aromatase_activity(aromatase_gonad, aromatase_inhibitor_load, potency_gonad):
    """What inhibitors leave of aromatisation in the gonad."""
    return aromatase_gonad * inhibit(potency_gonad * aromatase_inhibitor_load)


@rate("percent", "inhibition of whole-body aromatisation outside the gonad")
def aromatase_inhibition(peripheral_aromatase_activity):
    """The share of aromatisation that drugs remove, as tracer studies measure it."""
    return as_unit(1 - peripheral_aromatase_activity, "1", "percent")
