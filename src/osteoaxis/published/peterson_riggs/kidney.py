"""The kidney: filtration, its loss, and what leaves of calcium and phosphate."""

from osteoaxis.process import State, hill, log, ramp, rate
from osteoaxis.published.peterson_riggs.language import anchored, hourly, number

glomerular_filtration = State("L/h", "glomerular filtration, GFR", 6.0)
urinary_calcium = State("mmol", "calcium lost in urine since the start, UCA", 30.0, empty=True)

# The source turns 100 mL/min into L/h by 16.667.
filtration_0 = number(100 / 16.667, "L/h", "glomerular filtration at the start, GFR_0")
clearance_0 = number(100.0, "mL/min", "the same as a clearance")
clearance_lost = number(
    0.0, "mL/min", "clearance lost after `decline_time`, GFRdelta", range=(0.0, 99.0)
)
# Years here have 8766 hours, unlike those of the ages.
decline_time = number(10 * 8766.0, "h", "time in which it is lost, GFRtau")
unbound_calcium = number(0.6, "1", "share of calcium that is filtered")
hormonal_share = number(0.5, "1", "share of the filtered calcium that PTH controls")
spared_calcium = number(0.149997, "mmol/h", "calcium not reabsorbed at the start")
reabsorption_half = number(1.57322, "mM", "calcium at half of the reabsorption, Reabs50")
reabsorption_pth = number(1.06147, "1", "most PTH raises reabsorption to, T16")
reabsorption_low_estrogen = number(
    0.923737, "1", "reabsorption left at the estrogen of `low_estrogen`, maxTmESTkid"
)
low_estrogen = number(0.1, "1", "estrogen at which that holds")
sparing_most = number(2.0, "1", "most calcitriol spares calcium, T7")
sparing_half = number(90.0, "pM", "calcitriol at half of that, T9")
filtered_phosphate = number(0.88, "1", "share of phosphate that is filtered")
phosphate_threshold = number(1.142, "mM", "phosphate above which it is lost, T46")


@rate("1", "estrogen on renal reabsorption of calcium")
def estrogen_on_reabsorption(estrogen, reabsorption_low_estrogen, low_estrogen):
    slope = (1 - reabsorption_low_estrogen) / (1 - low_estrogen)
    return 1 - slope * (1 - estrogen)


@rate("mmol/h", "calcium lost in urine, J27")
def calcium_excretion(
    glomerular_filtration, calcium, calcium_relative, pth_relative, calcitriol_concentration,
    estrogen_on_reabsorption, unbound_calcium, hormonal_share, spared_calcium, reabsorption_half,
    reabsorption_pth, sparing_most, sparing_half,
):  # fmt: skip
    """What is filtered less what PTH and estrogen bring back; never below zero."""
    filtered = unbound_calcium * hormonal_share * glomerular_filtration
    calcium_0 = calcium / calcium_relative
    saturation = hill(calcium, reabsorption_half) / hill(calcium_0, reabsorption_half)
    most = estrogen_on_reabsorption * (filtered * calcium_0 - spared_calcium)
    returned = most * saturation * anchored(pth_relative, 0, reabsorption_pth)
    spared = sparing_most * hill(calcitriol_concentration, sparing_half)
    return ramp((2 - spared) * (filtered * calcium - returned))


@rate("mmol/h", "phosphate lost in urine, J48")
def phosphate_excretion(glomerular_filtration, phosphate, filtered_phosphate, phosphate_threshold):
    """Phosphate above a threshold is lost."""
    return filtered_phosphate * glomerular_filtration * ramp(phosphate - phosphate_threshold)


@hourly("plasma_calcium -> urinary_calcium")
def calcium_loss(calcium_excretion):
    """Calcium leaves with urine."""
    return 1 * calcium_excretion


@hourly("glomerular_filtration ->")
def filtration_loss(glomerular_filtration, clearance_lost, clearance_0, decline_time):
    """Filtration falls exponentially when kidneys fail."""
    return -log(1 - clearance_lost / clearance_0) / decline_time * glomerular_filtration
