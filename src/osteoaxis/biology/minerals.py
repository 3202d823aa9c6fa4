"""Calcium and phosphate: gut, kidney and bone; kidney function.

Structure after Peterson and Riggs 2010 (10.1016/j.bone.2009.08.053), reduced: the kidney lets pass
what is above a threshold that PTH shifts, and calcium that exchanges quickly with bone surfaces
counts as volume. FGF23 and sweat are not modelled. Calcium is total serum calcium at normal
albumin. At the levels of the young adult every flow balances, whatever the parameters.
"""

from osteoaxis.process import (
    Param,
    Site,
    State,
    as_unit,
    exp,
    hill,
    log,
    positive_part,
    rate,
    reaction,
)

calcium = State("mmol/L", "calcium in serum, total at normal albumin", 2.35)
phosphate = State("mmol/L", "phosphate in serum", 1.1)
osteoid = State("1", "new bone that takes up mineral, 1 = young adult", 1.0)
egfr = State(
    "mL/min",
    "estimated glomerular filtration rate, for 1.73 m2 of body surface",
    90.0,
    set_by=("egfr_reference",),
)

calcium_supply = Site("supplies", "ug/day", "calcium that drugs bring into the gut")

# Kidney function.
egfr_reference = Param(
    105.0, "mL/min", "eGFR in youth", "assumed: usual level, set by each patient", (10.0, 140.0)
)
egfr_young = Param(
    105.0, "mL/min", "eGFR of the healthy young adult", "assumed: usual level", (90.0, 120.0)
)
egfr_decline = Param(
    0.008,
    "1/year",
    "share of eGFR lost with each year after its onset",
    "assumed: usual",
    (0.004, 0.012),
)
egfr_onset = Param(40.0, "year", "age at which eGFR begins to fall", "assumed: usual", (30.0, 50.0))
egfr_width = Param(1.0, "year", "width of that onset", "assumed: a smooth start", (0.5, 3.0))
k_egfr = Param(0.1, "1/day", "follow-up of kidney function", "assumed: days", (0.03, 0.5))

# Calcium.
calcium_reference = Param(
    2.35, "mmol/L", "calcium of the young adult", "assumed: range 2.15 to 2.55", (2.25, 2.45)
)
calcium_volume = Param(
    45.0,
    "L",
    "volume of calcium: extracellular water and what exchanges quickly with bone surfaces",
    "assumed: about 100 mmol exchange within a day",
    (20.0, 80.0),
)
calcium_diet = Param(20.0, "mmol/day", "calcium in food", "assumed: 800 mg a day", (7.0, 40.0))
calcium_diet_young = Param(
    20.0, "mmol/day", "calcium in food of the young adult", "assumed: 800 mg a day", (15.0, 30.0)
)
calcium_passive = Param(
    0.1, "1", "share of calcium absorbed without calcitriol", "assumed: a tenth", (0.05, 0.15)
)
calcium_active = Param(
    10.0,
    "mmol/day",
    "largest absorption that calcitriol drives in the young adult",
    "assumed: about a third of 20 mmol is absorbed",
    (6.0, 15.0),
)
half_calcium_intake = Param(
    20.0,
    "mmol/day",
    "intake of half the largest active absorption",
    "assumed: about the intake with food",
    (8.0, 40.0),
)
half_calcitriol = Param(
    1.0,
    "1",
    "calcitriol, relative, of half its largest effect in the gut",
    "assumed: the normal level; absorption falls to half in advanced kidney disease",
    (0.5, 2.0),
)
calcium_secretion = Param(
    2.5, "mmol/day", "calcium secreted into the gut", "assumed: 100 mg a day", (1.5, 4.0)
)
calcium_ultrafilterable = Param(
    0.55, "1", "share of calcium that the kidney filters", "assumed: usual", (0.5, 0.6)
)
calcium_threshold_pth = Param(
    0.05,
    "mmol/L",
    "rise of the kidney's threshold for filtered calcium with each e-fold PTH",
    "assumed: hyperparathyroidism raises calcium by a tenth",
    (0.01, 0.15),
)
calcium_threshold_width = Param(
    0.02, "mmol/L", "width of the threshold for calcium", "assumed: nephrons differ", (0.01, 0.1)
)
skeletal_calcium_flow = Param(
    5.0,
    "mmol/day",
    "calcium that resorption frees and formation takes in the young adult",
    "assumed: a tenth of 1 kg of calcium a year",
    (4.0, 12.0),
)
k_osteoid = Param(
    0.05,
    "1/day",
    "maturation and primary mineralisation of new bone",
    "assumed: osteoid waits two weeks, most mineral enters in the weeks after",
    (0.015, 0.1),
)
woken_mineral_share = Param(
    0.35,
    "1",
    "mineral that woken osteoblasts take for each of other osteoblasts",
    "assumed: calcium falls by a few percent in the first months of romosozumab",
    (0.1, 1.0),
)
calcium_mass = Param(
    40078.0, "ug/mmol", "molar mass of calcium", "assumed: a constant", (40077.0, 40079.0)
)

# Phosphate.
phosphate_reference = Param(
    1.12, "mmol/L", "phosphate of the young adult", "assumed: range 0.8 to 1.45", (1.0, 1.25)
)
phosphate_volume = Param(
    40.0, "L", "volume of phosphate", "assumed: about body water", (15.0, 60.0)
)
phosphate_absorbed = Param(
    22.0, "mmol/day", "phosphate absorbed by the young adult", "assumed: usual", (15.0, 35.0)
)
phosphate_passive = Param(
    0.7, "1", "share of phosphate absorbed without calcitriol", "assumed: most", (0.4, 0.9)
)
phosphate_threshold_pth = Param(
    0.15,
    "mmol/L",
    "fall of the kidney's threshold for phosphate with each e-fold PTH",
    "assumed: hyperparathyroidism lowers phosphate",
    (0.05, 0.4),
)
phosphate_threshold_width = Param(
    0.1, "mmol/L", "width of the threshold for phosphate", "assumed: nephrons differ", (0.03, 0.3)
)
phosphate_in_mineral = Param(
    0.6, "1", "phosphate for each calcium in bone mineral", "assumed: hydroxyapatite", (0.5, 0.66)
)


@reaction("-> egfr")
def kidney_function(k_egfr, egfr_reference, egfr_decline, egfr_onset, egfr_width, age_now):
    """Kidney function of youth, less with age."""
    years = positive_part(age_now - egfr_onset, egfr_width)
    return k_egfr * egfr_reference * (1 - egfr_decline * years)


@reaction("egfr ->")
def kidney_follow_up(egfr, k_egfr):
    """Kidney function follows what age lets it be."""
    return k_egfr * egfr


@rate("L/day", "glomerular filtration")
def filtration(egfr):
    """Filtered volume of a day."""
    return as_unit(egfr, "mL/min", "L/day")


@rate("L/day", "glomerular filtration of the healthy young adult")
def filtration_young(egfr_young):
    """Filtered volume of a day at the reference."""
    return as_unit(egfr_young, "mL/min", "L/day")


def absorbed(intake, drive, calcium_passive, calcium_active, half_calcium_intake):
    """Return calcium absorbed of `intake`: a passive share and a saturable, driven part."""
    return calcium_passive * intake + calcium_active * drive * hill(intake, half_calcium_intake)


@rate("1", "drive of the gut by calcitriol, 1 = young adult")
def gut_drive(calcitriol, calcitriol_reference, half_calcitriol):
    """Calcitriol opens the gut to calcium and phosphate, saturating."""
    square = (calcitriol / calcitriol_reference) ** 2
    return (1 + half_calcitriol**2) * hill(square, half_calcitriol**2)


@reaction("-> calcium")
def calcium_absorption(
    calcium_diet,
    calcium_supply,
    calcium_mass,
    gut_drive,
    calcium_passive,
    calcium_active,
    half_calcium_intake,
    calcium_volume,
):
    """The gut absorbs calcium of food and tablets."""
    intake = calcium_diet + calcium_supply / calcium_mass
    taken = absorbed(intake, gut_drive, calcium_passive, calcium_active, half_calcium_intake)
    return taken / calcium_volume


@reaction("calcium ->")
def calcium_gut_secretion(calcium, calcium_reference, calcium_secretion, calcium_volume):
    """Digestive juices carry calcium away."""
    return calcium_secretion * calcium / calcium_reference / calcium_volume


@rate("mmol/day", "calcium in urine of the young adult in balance")
def urinary_calcium_young(
    calcium_diet_young, calcium_passive, calcium_active, half_calcium_intake, calcium_secretion
):
    """What is absorbed and not secreted into the gut leaves with urine."""
    taken = absorbed(calcium_diet_young, 1, calcium_passive, calcium_active, half_calcium_intake)
    return taken - calcium_secretion


def threshold(level, excreted, filtration, width):
    """Return the threshold at which the kidney lets `excreted` pass of a filtered `level`."""
    passing = exp(excreted / (filtration * width))
    return width * log((exp(level / width) - passing) / (passing - 1))


def passed(level, threshold, filtration, width):
    """Return what the kidney lets pass: the level above the threshold, smoothly, 0 at level 0."""
    open_ = log(1 + exp((level - threshold) / width)) - log(1 + exp(-threshold / width))
    return filtration * width * open_


@rate("mmol/day", "calcium in urine")
def urinary_calcium(
    calcium,
    calcium_reference,
    calcium_ultrafilterable,
    urinary_calcium_young,
    filtration,
    filtration_young,
    pth_signal,
    calcium_threshold_pth,
    calcium_threshold_width,
):
    """Filtered calcium above a threshold that PTH raises."""
    width = calcium_threshold_width
    young = calcium_ultrafilterable * calcium_reference
    held = threshold(young, urinary_calcium_young, filtration_young, width)
    held += calcium_threshold_pth * log(pth_signal)
    return passed(calcium_ultrafilterable * calcium, held, filtration, width)


@reaction("calcium ->")
def calcium_excretion(urinary_calcium, calcium_volume):
    """Calcium leaves with urine."""
    return urinary_calcium / calcium_volume


@rate("mmol/day", "calcium that resorption frees")
def calcium_from_bone(skeletal_calcium_flow, resorption_rate):
    """Osteoclasts free mineral."""
    return skeletal_calcium_flow * resorption_rate


@reaction("-> osteoid")
def osteoid_formation(k_osteoid, osteoblasts, woken_osteoblasts, woken_mineral_share):
    """Osteoblasts lay down osteoid; woken ones mostly on trabecular bone, a part of the mineral."""
    return k_osteoid * (osteoblasts + woken_mineral_share * woken_osteoblasts)


@reaction("osteoid ->")
def osteoid_mineralisation(osteoid, k_osteoid):
    """Osteoid becomes mineralised bone."""
    return k_osteoid * osteoid


@rate("mmol/day", "calcium that new bone takes up")
def calcium_into_bone(
    skeletal_calcium_flow,
    osteoid,
    calcium,
    calcium_reference,
    phosphate,
    phosphate_reference,
):
    """New bone takes up mineral as calcium and phosphate allow."""
    limit = 2 * hill(phosphate / phosphate_reference, 1)
    return skeletal_calcium_flow * osteoid * limit * calcium / calcium_reference


@reaction("-> calcium")
def calcium_release(calcium_from_bone, calcium_volume):
    """Calcium of resorbed bone reaches the blood."""
    return calcium_from_bone / calcium_volume


@reaction("calcium ->")
def calcium_deposition(calcium_into_bone, calcium_volume):
    """Calcium of the blood becomes bone."""
    return calcium_into_bone / calcium_volume


@reaction("-> phosphate")
def phosphate_absorption(phosphate_absorbed, phosphate_passive, gut_drive, phosphate_volume):
    """The gut absorbs most phosphate, somewhat more under calcitriol."""
    share = phosphate_passive + (1 - phosphate_passive) * gut_drive
    return phosphate_absorbed * share / phosphate_volume


@reaction("phosphate ->")
def phosphate_excretion(
    phosphate,
    phosphate_reference,
    phosphate_absorbed,
    filtration,
    filtration_young,
    pth_signal,
    phosphate_threshold_pth,
    phosphate_threshold_width,
    phosphate_volume,
):
    """Phosphate above a threshold that PTH lowers leaves with urine."""
    width = phosphate_threshold_width
    held = threshold(phosphate_reference, phosphate_absorbed, filtration_young, width)
    held -= phosphate_threshold_pth * log(pth_signal)
    return passed(phosphate, held, filtration, width) / phosphate_volume


@reaction("-> phosphate")
def phosphate_release(calcium_from_bone, phosphate_in_mineral, phosphate_volume):
    """Phosphate of resorbed bone reaches the blood."""
    return phosphate_in_mineral * calcium_from_bone / phosphate_volume


@reaction("phosphate ->")
def phosphate_deposition(calcium_into_bone, phosphate_in_mineral, phosphate_volume):
    """Phosphate of the blood becomes bone."""
    return phosphate_in_mineral * calcium_into_bone / phosphate_volume
