"""Androgens and estrogens: made by gonad, adrenal and aromatase, carried by SHBG, cleared.

Androstenedione gives estrone, testosterone gives estradiol, estrone and estradiol convert into
each other, estrone sulfate is their store. Bone sees free estradiol from the blood plus what it
makes on site. Each level a tissue contributes is a parameter in field units, so a person's own
hormone results can replace it.
"""

from osteoaxis.process import Param, Site, State, as_unit, power, rate, reaction, sqrt

testosterone = State(
    "ng/dL", "total testosterone in serum", 100.0, set_by=("testosterone_secreted",)
)
androstenedione = State(
    "ng/dL", "androstenedione in serum", 80.0, set_by=("androstenedione_reference",)
)
estrone = State(
    "pg/mL",
    "estrone (E1) in serum",
    40.0,
    set_by=("estrone_peripheral",),
    set_by_gonad=("estrone_gonadal",),
)
estradiol = State(
    "pg/mL",
    "total estradiol (E2) in serum",
    30.0,
    set_by=("estradiol_peripheral",),
    set_by_gonad=("estradiol_gonadal", "estradiol_reference"),
)
estrone_sulfate = State(
    "pg/mL", "estrone sulfate (E1S) in serum", 300.0, set_by=("estrone_sulfate_ratio",)
)
shbg = State("nmol/L", "sex hormone-binding globulin in serum", 50.0, set_by=("shbg_reference",))
bone_estradiol = State(
    "pg/mL", "estradiol at bone cells, as the serum level at a free share of 2 %", 30.0
)

testosterone_supply = Site("supplies", "ug/day", "testosterone absorbed from drugs")
estradiol_supply = Site("supplies", "ug/day", "estradiol absorbed from drugs")
estrone_supply = Site("supplies", "ug/day", "estrone made from swallowed estradiol")

# Levels of the young adult and where they come from.
testosterone_reference = Param(
    27.0,
    "ng/dL",
    "testosterone in the young adult",
    "assumed: usual levels by mass spectrometry",
    (10.0, 60.0),
    men=550.0,
)
testosterone_secreted = Param(
    1.0,
    "1",
    "testosterone secreted, 1 = reference; set by a measured level",
    "assumed: the reference; below it estradiol made from testosterone is lower, too",
    (0.05, 4.0),
)
testosterone_gonadal_share = Param(
    0.25,
    "1",
    "share of testosterone that the gonad makes",
    "assumed: adrenal and peripheral sources dominate in women, the testis in men",
    (0.1, 0.99),
    men=0.95,
)
androstenedione_reference = Param(
    120.0,
    "ng/dL",
    "androstenedione in the young adult",
    "assumed: usual levels by mass spectrometry",
    (50.0, 200.0),
    men=95.0,
)
androstenedione_gonadal_share = Param(
    0.45,
    "1",
    "share of androstenedione that the gonad makes",
    "assumed: androstenedione about halves at menopause",
    (0.1, 0.7),
    men=0.2,
)
estrone_gonadal = Param(
    35.0,
    "pg/mL",
    "estrone the gonad contributes in the young adult",
    "assumed: premenopausal minus peripheral estrone",
    (1.0, 90.0),
    men=5.0,
)
estrone_peripheral = Param(
    25.0,
    "pg/mL",
    "estrone that adrenal androstenedione gives outside the gonad",
    "assumed: usual levels by mass spectrometry",
    (10.0, 50.0),
    men=18.0,
)
estradiol_gonadal = Param(
    90.0,
    "pg/mL",
    "estradiol the gonad contributes in the young adult",
    "assumed: mean over the cycle minus peripheral estradiol",
    (1.0, 150.0),
    men=9.0,
)
estradiol_peripheral = Param(
    5.0,
    "pg/mL",
    "estradiol made outside the gonad from reference precursors",
    "assumed: usual levels by mass spectrometry",
    (1.5, 30.0),
    men=15.0,
)
estradiol_reference = Param(
    100.0,
    "pg/mL",
    "estradiol of the young adult, set point of feedback and bone",
    "assumed: mean over the cycle; usual level in men",
    (10.0, 200.0),
    men=25.0,
)
estradiol_from_testosterone = Param(
    0.3,
    "1",
    "share of peripheral estradiol made directly from testosterone",
    "assumed: androstenedione and estrone dominate in women, testosterone in men",
    (0.1, 0.9),
    men=0.8,
)
aromatase_independent = Param(
    0.05,
    "1",
    "share of peripheral estrogens that aromatase inhibitors cannot reach",
    "fitted: GEISLER-2002; TAXEL2001 in men",
    (0.0, 0.12),
    men=0.15,
)
estrone_sulfate_ratio = Param(
    9.0, "1", "estrone sulfate for each estrone", "assumed: from baseline levels", (4.0, 20.0)
)
shbg_reference = Param(
    65.0,
    "nmol/L",
    "SHBG in the young adult",
    "assumed: usual levels by mass spectrometry",
    (15.0, 120.0),
    men=32.0,
)
shbg_estradiol_effect = Param(
    0.6,
    "1",
    "greatest rise of SHBG by estradiol",
    "assumed: SHBG falls a quarter at menopause",
    (0.0, 2.0),
)
shbg_estradiol_half = Param(
    50.0,
    "pg/mL",
    "estradiol of half the effect on SHBG",
    "assumed: physiological range",
    (20.0, 200.0),
)
shbg_testosterone_power = Param(
    0.15,
    "1",
    "power of testosterone by which SHBG falls",
    "assumed: SHBG falls a fifth when an inhibitor raises testosterone by half (Mauras 2003)",
    (0.02, 0.6),
)

# Turnover.
k_testosterone = Param(
    12.0, "1/day", "elimination of testosterone", "assumed: half-life 1 to 2 h", (4.0, 17.0)
)
k_androstenedione = Param(
    12.0, "1/day", "elimination of androstenedione", "assumed: as testosterone", (4.0, 24.0)
)
k_estrone = Param(6.0, "1/day", "elimination of estrone", "assumed: hours", (3.0, 24.0))
k_estradiol = Param(
    6.2,
    "1/day",
    "elimination of estradiol (half-life 161 min)",
    "assumed: half-life used by Nelson 2026",
    (3.0, 24.0),
)
k_estrone_sulfate = Param(
    0.77, "1/day", "elimination of estrone sulfate", "10.1111/j.1365-2125.2005.02335.x", (0.5, 1.5)
)
k_shbg = Param(0.1, "1/day", "turnover of SHBG", "assumed: half-life of a week", (0.05, 0.3))
k_bone_estradiol = Param(
    4.0, "1/day", "exchange of estradiol between blood and bone", "assumed: hours", (1.0, 24.0)
)
testosterone_clearance = Param(
    510.0,
    "L/day",
    "metabolic clearance rate of testosterone",
    "303 L/day/m2 in women, 516 in men (10.1172/JCI106917); on injections, from the level before"
    " the next, 1,390 to 1,821 L/day in men (10.1210/jc.2006-0822)",
    (450.0, 1850.0),
    men=1050.0,
)
estradiol_clearance = Param(
    1300.0,
    "L/day",
    "metabolic clearance rate of estradiol",
    "assumed: see hormones notes",
    (900.0, 1800.0),
    men=1600.0,
)
estrone_clearance = Param(
    2000.0,
    "L/day",
    "metabolic clearance rate of estrone",
    "assumed: see hormones notes",
    (1300.0, 2700.0),
)

# Binding.
testosterone_molar = Param(
    0.03467,
    "nmol*dL/(L*ng)",
    "nmol/L for each ng/dL of testosterone (288.42 g/mol)",
    "10.1210/jcem.84.10.6079",
    (0.0346, 0.0348),
)
shbg_affinity = Param(
    1.0,
    "L/nmol",
    "association constant of testosterone and SHBG",
    "10.1210/jcem.84.10.6079",
    (0.5, 2.0),
)
albumin_testosterone = Param(
    22.4,
    "1",
    "albumin-bound for each free testosterone at 43 g/L albumin",
    "10.1210/jcem.84.10.6079",
    (18.0, 30.0),
)
shbg_affinity_estradiol = Param(
    0.55,
    "L/nmol",
    "association constant of estradiol and SHBG",
    "assumed: 0.55 of that of testosterone, from the fractions of Sodergard 1982",
    (0.3, 0.7),
)
albumin_estradiol = Param(
    27.0,
    "1",
    "albumin-bound for each free estradiol",
    "assumed: from the fractions of Sodergard 1982",
    (20.0, 40.0),
)
free_share_reference = Param(
    0.02,
    "1",
    "free share of estradiol at which bone_estradiol equals the serum level",
    "assumed: a convention, near the middle of both sexes",
    (0.01, 0.03),
)
aromatisation_body_mass = Param(
    1.0,
    "1",
    "power of body mass index in peripheral aromatisation",
    "assumed: estrogens of postmenopausal women rise with fat mass",
    (0.3, 2.0),
    men=0.5,
)
body_mass_index_reference = Param(
    27.0,
    "kg/m^2",
    "body mass index of the reference levels",
    "assumed: trial populations",
    (24.0, 30.0),
)
half_aromatisation = Param(
    1.83,
    "nmol/L",
    "free testosterone of half-maximal conversion to estradiol",
    "10.1210/jc.2010-0102",
    (1.0, 3.5),
)
bone_local_estradiol = Param(
    2.0,
    "pg/mL",
    "estradiol that bone makes on site from reference androgens",
    "assumed: of the order of the peripheral level",
    (0.0, 10.0),
    men=4.0,
)


def free_hormone(total, carrier, affinity, albumin_bound):
    """Return the free concentration (nmol/L) of a hormone bound by SHBG and albumin.

    Closed form of the mass-action balance of Vermeulen 1999 (10.1210/jcem.84.10.6079).
    """
    bound = 1 + albumin_bound
    b = bound + affinity * (carrier - total)
    root = sqrt(b * b + 4 * bound * affinity * total)
    return (root - b) / (2 * bound * affinity)


@rate("nmol/L", "free testosterone in serum")
def free_testosterone(testosterone, shbg, testosterone_molar, shbg_affinity, albumin_testosterone):
    """Testosterone bound neither to SHBG nor to albumin."""
    return free_hormone(
        testosterone_molar * testosterone, shbg, shbg_affinity, albumin_testosterone
    )


@rate("nmol/L", "free testosterone of the young adult")
def free_testosterone_reference(
    testosterone_reference,
    shbg_reference,
    testosterone_molar,
    shbg_affinity,
    albumin_testosterone,
):
    """Free testosterone at the reference levels of testosterone and SHBG."""
    return free_hormone(
        testosterone_molar * testosterone_reference,
        shbg_reference,
        shbg_affinity,
        albumin_testosterone,
    )


@rate("1", "aromatisation of testosterone relative to the young adult, before inhibitors")
def testosterone_aromatisation(free_testosterone, free_testosterone_reference, half_aromatisation):
    """Conversion of testosterone to estradiol saturates (Lakshman 2010)."""
    return (
        free_testosterone
        / (half_aromatisation + free_testosterone)
        * (half_aromatisation + free_testosterone_reference)
        / free_testosterone_reference
    )


@rate("1", "free share of estradiol in serum")
def free_estradiol_share(
    free_testosterone, shbg, shbg_affinity, shbg_affinity_estradiol, albumin_estradiol
):
    """Estradiol competes with testosterone for SHBG and binds albumin weakly."""
    free_shbg = shbg / (1 + shbg_affinity * free_testosterone)
    return 1 / (1 + albumin_estradiol + shbg_affinity_estradiol * free_shbg)


@rate("pg/mL", "free estradiol in serum")
def free_estradiol(estradiol, free_estradiol_share):
    """Estradiol bound neither to SHBG nor to albumin."""
    return estradiol * free_estradiol_share


@reaction("-> testosterone")
def testosterone_secretion(
    k_testosterone,
    testosterone_reference,
    testosterone_secreted,
    testosterone_gonadal_share,
    gonadal_output,
):
    """Adrenal and gonad make testosterone."""
    share = 1 - testosterone_gonadal_share + testosterone_gonadal_share * gonadal_output
    return k_testosterone * testosterone_reference * testosterone_secreted * share


@reaction("-> testosterone")
def testosterone_from_drugs(testosterone_supply, k_testosterone, testosterone_clearance):
    """Testosterone given as a drug reaches the blood."""
    level = testosterone_supply * k_testosterone / testosterone_clearance
    return as_unit(level, "ug/L/day", "ng/dL/day")


@reaction("testosterone ->")
def testosterone_elimination(testosterone, k_testosterone):
    """Testosterone is cleared."""
    return k_testosterone * testosterone


@reaction("-> androstenedione")
def androstenedione_secretion(
    k_androstenedione, androstenedione_reference, androstenedione_gonadal_share, gonadal_output
):
    """Adrenal and gonad make androstenedione."""
    share = 1 - androstenedione_gonadal_share + androstenedione_gonadal_share * gonadal_output
    return k_androstenedione * androstenedione_reference * share


@reaction("androstenedione ->")
def androstenedione_elimination(androstenedione, k_androstenedione):
    """Androstenedione is cleared."""
    return k_androstenedione * androstenedione


@rate("1", "aromatisation outside the gonad relative to normal, by fat mass and inhibitors")
def peripheral_aromatisation(
    peripheral_aromatase_activity,
    body_mass_index,
    body_mass_index_reference,
    aromatisation_body_mass,
):
    """More fat holds more aromatase; inhibitors leave a part of it."""
    mass = power(body_mass_index / body_mass_index_reference, aromatisation_body_mass)
    return mass * peripheral_aromatase_activity


@reaction("-> estrone")
def gonadal_estrone(k_estrone, estrone_gonadal, gonadal_output, gonadal_aromatase_activity):
    """The gonad makes estrone with its own aromatase."""
    return k_estrone * estrone_gonadal * gonadal_output * gonadal_aromatase_activity


@reaction("-> estrone")
def peripheral_estrone(
    k_estrone,
    estrone_peripheral,
    aromatase_independent,
    androstenedione,
    androstenedione_reference,
    androstenedione_gonadal_share,
    peripheral_aromatisation,
):
    """Fat and muscle turn androstenedione into estrone."""
    adrenal = androstenedione_reference * (1 - androstenedione_gonadal_share)
    made = (1 - aromatase_independent) * peripheral_aromatisation * androstenedione / adrenal
    return k_estrone * estrone_peripheral * (made + aromatase_independent)


@reaction("-> estrone")
def estrone_from_drugs(estrone_supply, k_estrone, estrone_clearance):
    """Swallowed estradiol reaches the blood largely as estrone."""
    return as_unit(estrone_supply * k_estrone / estrone_clearance, "ug/L/day", "pg/mL/day")


@reaction("estrone ->")
def estrone_elimination(estrone, k_estrone):
    """Estrone is cleared."""
    return k_estrone * estrone


@reaction("-> estradiol")
def gonadal_estradiol(
    k_estradiol,
    estradiol_gonadal,
    gonadal_output,
    gonadal_aromatase_activity,
    testosterone_secreted,
    testosterone_gonadal_share,
):
    """The gonad makes estradiol with its own aromatase, less if it makes less testosterone."""
    precursor = power(testosterone_secreted, testosterone_gonadal_share)
    return k_estradiol * estradiol_gonadal * gonadal_output * gonadal_aromatase_activity * precursor


@reaction("-> estradiol")
def peripheral_estradiol(
    k_estradiol,
    estradiol_peripheral,
    estradiol_from_testosterone,
    aromatase_independent,
    testosterone_aromatisation,
    peripheral_aromatisation,
    estrone,
    estrone_peripheral,
):
    """Estradiol arises outside the gonad from testosterone by aromatase and from estrone."""
    from_estrone = 1 - estradiol_from_testosterone - aromatase_independent
    made = (
        estradiol_from_testosterone * testosterone_aromatisation * peripheral_aromatisation
        + from_estrone * estrone / estrone_peripheral
        + aromatase_independent
    )
    return k_estradiol * estradiol_peripheral * made


@reaction("-> estradiol")
def estradiol_from_drugs(estradiol_supply, k_estradiol, estradiol_clearance):
    """Estradiol given as a drug reaches the blood."""
    return as_unit(estradiol_supply * k_estradiol / estradiol_clearance, "ug/L/day", "pg/mL/day")


@reaction("estradiol ->")
def estradiol_elimination(estradiol, k_estradiol):
    """Estradiol is cleared."""
    return k_estradiol * estradiol


@reaction("-> estrone_sulfate")
def estrone_sulfation(k_estrone_sulfate, estrone_sulfate_ratio, estrone):
    """Estrone is stored as its sulfate."""
    return k_estrone_sulfate * estrone_sulfate_ratio * estrone


@reaction("estrone_sulfate ->")
def estrone_sulfate_elimination(estrone_sulfate, k_estrone_sulfate):
    """Estrone sulfate is hydrolysed and cleared."""
    return k_estrone_sulfate * estrone_sulfate


@reaction("-> shbg")
def shbg_synthesis(
    k_shbg,
    shbg_reference,
    shbg_estradiol_effect,
    shbg_estradiol_half,
    shbg_testosterone_power,
    estradiol,
    estradiol_reference,
    testosterone,
    testosterone_reference,
):
    """The liver makes SHBG, more under estradiol and less under testosterone."""
    now = 1 + shbg_estradiol_effect * estradiol / (shbg_estradiol_half + estradiol)
    young = 1 + shbg_estradiol_effect * estradiol_reference / (
        shbg_estradiol_half + estradiol_reference
    )
    androgen = power(testosterone / testosterone_reference + 1e-3, -shbg_testosterone_power)
    return k_shbg * shbg_reference * now / young * androgen


@reaction("shbg ->")
def shbg_elimination(shbg, k_shbg):
    """SHBG is cleared."""
    return k_shbg * shbg


@reaction("-> bone_estradiol")
def bone_estradiol_inflow(
    k_bone_estradiol,
    estradiol,
    free_estradiol_share,
    free_share_reference,
    bone_local_estradiol,
    testosterone_aromatisation,
    bone_aromatase_activity,
):
    """Free estradiol enters bone from the blood and is made there from androgens."""
    blood = estradiol * free_estradiol_share / free_share_reference
    local = bone_local_estradiol * testosterone_aromatisation * bone_aromatase_activity
    return k_bone_estradiol * (blood + local)


@reaction("bone_estradiol ->")
def bone_estradiol_outflow(bone_estradiol, k_bone_estradiol):
    """Estradiol leaves bone."""
    return k_bone_estradiol * bone_estradiol
