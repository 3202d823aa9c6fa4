"""PTH: calcium holds it back within minutes; the gland grows over months; drugs imitate it.

Bone tells pulses from a lasting rise. `pth_tone` is the level bone has got used to: what lies
above it for some hours activates osteoblasts and their lining cells, while the lasting level
raises RANKL. So one injection a day builds bone and hyperparathyroidism costs it. Structure of
the gland after Peterson and Riggs 2010 (10.1016/j.bone.2009.08.053); the tone is ours.
"""

from osteoaxis.biology.sources import ANABOLIC
from osteoaxis.process import (
    Param,
    Site,
    State,
    exp,
    hill,
    log,
    positive_part,
    power,
    rate,
    reaction,
)

pth = State("pg/mL", "intact parathyroid hormone in serum", 40.0, set_by=("pth_reference",))
parathyroid_capacity = State("1", "capacity of the parathyroid glands, 1 = young adult", 1.0)
pth_tone = State("1", "PTH signal that bone is used to, 1 = young adult", 1.0)

pth_imitation = Site("imitates", "1", "PTH analogues, sum of concentration over K")

pth_reference = Param(
    40.0, "pg/mL", "PTH of the young adult", "assumed: range 10 to 65", (25.0, 55.0)
)
k_pth = Param(
    50.0, "1/day", "turnover of PTH, faster pulses smoothed", "assumed: minutes", (20.0, 200.0)
)
pth_steepness = Param(
    20.0,
    "1",
    "steepness of PTH against calcium",
    "assumed: a fall of calcium by a tenth raises PTH three- to fivefold",
    (10.0, 50.0),
)
pth_most = Param(
    6.0, "1", "largest secretion over the normal", "assumed: range 4 to 10", (3.0, 12.0)
)
pth_least = Param(0.1, "1", "secretion that calcium cannot stop", "assumed: small", (0.0, 0.3))
k_capacity = Param(
    0.01, "1/day", "growth of the parathyroid glands", "assumed: months", (0.003, 0.03)
)
capacity_calcitriol = Param(
    1.0,
    "1",
    "power of calcitriol that holds growth back",
    "assumed: PTH rises below 20 ng/mL of 25-hydroxyvitamin D",
    (0.0, 2.0),
)
capacity_phosphate = Param(
    2.0,
    "1",
    "power of phosphate in growth",
    "assumed: PTH rises with falling kidney function",
    (0.0, 3.0),
)
k_tone = Param(
    3.7,
    "1/day",
    "rate at which bone gets used to a PTH level",
    ANABOLIC,
    (0.5, 6.0),
)
half_pulse = Param(
    7.2,
    "1",
    "pulse of PTH of half-maximal effect",
    ANABOLIC,
    (0.5, 20.0),
)
pulse_width = Param(
    0.05, "1", "pulse below which bone feels nothing", "assumed: a smooth start", (0.01, 0.2)
)


@rate("1", "PTH signal, 1 = young adult")
def pth_signal(pth, pth_young, pth_imitation):
    """The body's own PTH and drugs that imitate it."""
    return pth / pth_young + pth_imitation


pth_young = Param(
    40.0,
    "pg/mL",
    "PTH at which the signal is one",
    "assumed: PTH of the young adult",
    (25.0, 55.0),
)


@rate("1", "drive of PTH secretion by calcium, 1 = young adult")
def pth_drive(calcium, calcium_reference, pth_steepness, pth_most, pth_least):
    """The calcium-sensing receptor turns secretion down steeply."""
    height = (pth_most - 1) / (1 - pth_least)
    stopped = height * power(calcium / calcium_reference, pth_steepness)
    return pth_least + (pth_most - pth_least) / (1 + stopped)


@reaction("-> pth")
def pth_secretion(k_pth, pth_reference, parathyroid_capacity, pth_drive):
    """The glands secrete PTH."""
    return k_pth * pth_reference * parathyroid_capacity * pth_drive


@reaction("pth ->")
def pth_clearance(pth, k_pth):
    """Liver and kidney clear PTH."""
    return k_pth * pth


@reaction("-> parathyroid_capacity")
def capacity_growth(
    k_capacity,
    calcitriol,
    calcitriol_reference,
    capacity_calcitriol,
    phosphate,
    phosphate_reference,
    capacity_phosphate,
):
    """Low calcitriol and high phosphate make the glands grow."""
    grown = capacity_phosphate * log(phosphate / phosphate_reference)
    held = capacity_calcitriol * log(calcitriol / calcitriol_reference)
    return k_capacity * exp(grown - held)


@reaction("parathyroid_capacity ->")
def capacity_loss(parathyroid_capacity, k_capacity):
    """Parathyroid cells turn over."""
    return k_capacity * parathyroid_capacity


@reaction("-> pth_tone")
def tone_gain(k_tone, pth_signal):
    """Bone gets used to the PTH it sees."""
    return k_tone * pth_signal


@reaction("pth_tone ->")
def tone_loss(pth_tone, k_tone):
    """What bone is used to fades."""
    return k_tone * pth_tone


@rate("1", "pulse of PTH that bone feels, from 0 to 1")
def pth_pulse(pth_signal, pth_tone, half_pulse, pulse_width):
    """PTH above the level that bone is used to; slow rises are not felt."""
    pulse = positive_part(pth_signal - pth_tone, pulse_width)
    return hill(pulse**2, half_pulse**2)
