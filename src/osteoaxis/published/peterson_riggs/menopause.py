"""Estrogen, which stays as it is until `menopause` is switched on."""

from functools import partial

from osteoaxis.process import State, as_unit, power, ramp, rate
from osteoaxis.published.model import constant
from osteoaxis.published.peterson_riggs.language import YEAR, hourly, number

OURS = partial(constant, source="assumed: ours, not in the source, where it changes nothing")

estrogen = State("1", "estrogen, relative, EST", 1.0)

menopause = number(0.0, "1", "whether estrogen declines, 0 or 1, ESTON", range=(0.0, 1.0))
k_estrogen = number(0.05776227, "1/h", "turnover of estrogen, koutEST")
decline_age = number(41 * YEAR, "h", "age at which estrogen begins to decline, ageENTER")
menopause_age = number(51 * YEAR, "h", "age of menopause, ageDONE")
transition = number(1.66 * YEAR, "h", "duration of the late transition, menoDUR")
ageing_exponent = number(-2.3, "1", "decline with age, ageGAM")
transition_fall = number(0.64, "1", "share lost in the late transition, age50")
start_age = OURS(41 * YEAR, "h", "age at time zero")
estrogen_factor = OURS(1.0, "1", "estrogen that a drug leaves, relative", range=(0.0, 1.0))


@rate("1", "estrogen that age leaves, relative")
def estrogen_drive(
    time, start_age, decline_age, menopause_age, transition, ageing_exponent, transition_fall
):
    """A slow decline with age, and a steeper one around menopause."""
    age = start_age + as_unit(time, "day", "h")
    late = ramp(age - (menopause_age - transition))
    slow = power(1 + ramp(age - decline_age) / decline_age, ageing_exponent)
    return slow * (1 - transition_fall * late**2 / ((transition / 2) ** 2 + late**2))


@hourly("-> estrogen")
def estrogen_production(menopause, k_estrogen, estrogen_drive, estrogen_factor):
    """The ovary makes what its age allows."""
    return menopause * k_estrogen * estrogen_drive * estrogen_factor


@hourly("estrogen ->")
def estrogen_elimination(menopause, k_estrogen, estrogen):
    """Estrogen is eliminated."""
    return menopause * k_estrogen * estrogen
