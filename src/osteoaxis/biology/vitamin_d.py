"""Vitamin D: 25-hydroxyvitamin D in blood, and calcitriol made from it by the kidney.

Structure after Peterson and Riggs 2010 (10.1016/j.bone.2009.08.053): PTH raises the kidney's
1-alpha-hydroxylase, phosphate and calcitriol itself hold it back. The substrate and the share of
the kidney that is left are ours, so that vitamin D status and kidney disease matter.
"""

from osteoaxis.process import Param, Site, State, as_unit, exp, log, power, rate, reaction

vitamin_d = State("ng/mL", "25-hydroxyvitamin D in serum", 28.0, set_by=("vitamin_d_reference",))
alpha_hydroxylase = State("1", "1-alpha-hydroxylase of the kidney, 1 = young adult", 1.0)
calcitriol = State("pg/mL", "calcitriol (1,25-dihydroxyvitamin D) in serum", 45.0)

vitamin_d_supply = Site("supplies", "ug/day", "cholecalciferol absorbed from drugs")
calcitriol_supply = Site("supplies", "ug/day", "calcitriol absorbed from drugs")

vitamin_d_reference = Param(
    28.0,
    "ng/mL",
    "25-hydroxyvitamin D from sun and food",
    "assumed: usual level, set by each patient",
    (4.0, 60.0),
)
vitamin_d_replete = Param(
    28.0,
    "ng/mL",
    "25-hydroxyvitamin D of the young adult whose calcitriol is the reference",
    "assumed: usual level",
    (20.0, 40.0),
)
half_vitamin_d = Param(
    15.0,
    "ng/mL",
    "25-hydroxyvitamin D of half-maximal making of calcitriol",
    "assumed: PTH rises below 20 to 30 ng/mL",
    (4.0, 20.0),
)
k_vitamin_d = Param(
    0.046,
    "1/day",
    "turnover of 25-hydroxyvitamin D (half-life 15.1 d)",
    "Jones 2014, J Clin Endocrinol Metab 99:3373",
    (0.03, 0.06),
)
vitamin_d_clearance = Param(
    3.3,
    "L/day",
    "cholecalciferol supplied for each level of 25-hydroxyvitamin D",
    "10.1371/journal.pone.0111265; 10.7326/0003-4819-156-6-201203200-00005 (0.5 to 0.9 ng/mL for"
    " each 100 IU, 2.5 ug, a day)",
    (2.0, 5.0),
)
calcitriol_reference = Param(
    45.0, "pg/mL", "calcitriol of the young adult", "assumed: range 20 to 75", (25.0, 65.0)
)
k_calcitriol = Param(
    2.0, "1/day", "elimination of calcitriol", "assumed: half-life 5 to 8 h", (1.5, 4.0)
)
calcitriol_clearance = Param(
    20.0,
    "L/day",
    "metabolic clearance of calcitriol",
    "assumed: 0.5 ug a day raise calcitriol by about half",
    (10.0, 40.0),
)
k_hydroxylase = Param(
    0.5, "1/day", "turnover of 1-alpha-hydroxylase", "assumed: a day or two", (0.1, 1.2)
)
hydroxylase_pth = Param(
    0.5, "1", "power of PTH in 1-alpha-hydroxylase", "assumed: Peterson and Riggs 2010", (0.2, 1.0)
)
hydroxylase_phosphate = Param(
    0.7,
    "1",
    "power of phosphate that holds it back",
    "assumed: Peterson and Riggs 2010",
    (0.0, 1.5),
)
hydroxylase_calcitriol = Param(
    0.3, "1", "power of calcitriol that holds it back", "assumed: feedback is weak", (0.0, 1.0)
)
kidney_hydroxylation = Param(
    0.5,
    "1",
    "power of kidney function in making calcitriol",
    "assumed: calcitriol falls by half at an eGFR of about 25",
    (0.2, 1.0),
)


@rate("1", "vitamin D available to make calcitriol, 1 = young adult")
def calcitriol_substrate(vitamin_d, vitamin_d_replete, half_vitamin_d):
    """Making of calcitriol saturates with 25-hydroxyvitamin D."""
    full = (half_vitamin_d + vitamin_d_replete) / vitamin_d_replete
    return full * vitamin_d / (half_vitamin_d + vitamin_d)


@reaction("-> vitamin_d")
def vitamin_d_intake(k_vitamin_d, vitamin_d_reference, vitamin_d_supply, vitamin_d_clearance):
    """Sun, food and drugs supply vitamin D, which the liver hydroxylates."""
    given = as_unit(vitamin_d_supply / vitamin_d_clearance, "ug/L", "ng/mL")
    return k_vitamin_d * (vitamin_d_reference + given)


@reaction("vitamin_d ->")
def vitamin_d_loss(vitamin_d, k_vitamin_d):
    """25-hydroxyvitamin D is degraded."""
    return k_vitamin_d * vitamin_d


@reaction("-> alpha_hydroxylase")
def hydroxylase_synthesis(
    k_hydroxylase,
    pth_signal,
    phosphate,
    phosphate_reference,
    calcitriol,
    calcitriol_reference,
    hydroxylase_pth,
    hydroxylase_phosphate,
    hydroxylase_calcitriol,
):
    """PTH raises 1-alpha-hydroxylase; phosphate and calcitriol hold it back."""
    raised = hydroxylase_pth * log(pth_signal)
    held = hydroxylase_phosphate * log(phosphate / phosphate_reference)
    held += hydroxylase_calcitriol * log(calcitriol / calcitriol_reference)
    return k_hydroxylase * exp(raised - held)


@reaction("alpha_hydroxylase ->")
def hydroxylase_loss(alpha_hydroxylase, k_hydroxylase):
    """1-alpha-hydroxylase turns over."""
    return k_hydroxylase * alpha_hydroxylase


@reaction("-> calcitriol")
def calcitriol_production(
    k_calcitriol,
    calcitriol_reference,
    alpha_hydroxylase,
    calcitriol_substrate,
    egfr,
    egfr_young,
    kidney_hydroxylation,
):
    """What kidney is left makes calcitriol of 25-hydroxyvitamin D."""
    kidney = power(egfr / egfr_young, kidney_hydroxylation)
    return k_calcitriol * calcitriol_reference * alpha_hydroxylase * calcitriol_substrate * kidney


@reaction("-> calcitriol")
def calcitriol_from_drugs(calcitriol_supply, k_calcitriol, calcitriol_clearance):
    """Calcitriol given as a drug reaches the blood."""
    return as_unit(calcitriol_supply * k_calcitriol / calcitriol_clearance, "ug/L/day", "pg/mL/day")


@reaction("calcitriol ->")
def calcitriol_loss(calcitriol, k_calcitriol):
    """Calcitriol is degraded."""
    return k_calcitriol * calcitriol
