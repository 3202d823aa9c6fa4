"""PTH and the gland that makes it; calcitriol and the enzyme that makes it."""

from osteoaxis.process import State, hill, power, ramp, rate, switch
from osteoaxis.published.peterson_riggs.language import anchored, hourly, number

plasma_pth = State("pmol", "PTH in plasma, teriparatide included, PTH", 50.0)
pth_pool = State("1", "PTH ready in the gland, S", 0.5)
gland_capacity = State("1", "capacity of the gland, PTmax", 1.0)
calcitriol = State("pmol", "calcitriol in plasma, B", 1000.0)
hydroxylase = State("pmol/h", "calcitriol made by 1-alpha-hydroxylase, AOH", 100.0)

plasma_pth_0 = number(53.9, "pmol", "PTH in plasma at the start, PTH_0")
pth_pool_0 = number(0.5, "1", "PTH ready in the gland at the start, S_0", range=(0.1, 0.9))
calcitriol_0 = number(1260.0, "pmol", "calcitriol at the start, B_0")
secretion_0 = number(385.0, "pmol/h", "secretion of PTH at the start")
secretion_most = number(6249.09, "pmol/h", "most secretion, without calcium, T58")
secretion_least = number(96.25, "pmol/h", "least secretion, at much calcium, T61")
secretion_exponent = number(11.7387, "1", "steepness of secretion with calcium, T59")
k_pth = number(100 / 14, "1/h", "elimination of PTH, kout")
k_pool = number(0.01, "1/h", "change of the pool, T70")
pool_share = number(0.85, "1", "share of that which calcitriol and calcium control")
pool_rest = number(0.15, "1", "share of that which nothing controls")
pool_slope = number(0.03, "1/pM", "steepness of control by calcitriol, T71")
pool_middle = number(90.0, "pM", "calcitriol at the middle of control")
pool_exponent = number(0.9, "1", "how calcium moves the middle, ScaEffGam")
k_capacity = number(1.604e-4, "1/h", "turnover of gland capacity, PTout")
growth_most = number(4.1029, "1", "growth of the gland without calcitriol, CtriolMax")
growth_least = number(0.9, "1", "growth of the gland at much calcitriol, CtriolMin")
growth_exponent = number(12.5033, "1", "steepness of growth with calcitriol, CtriolPTgam")
k_calcitriol = number(0.1, "1/h", "elimination of calcitriol, T69")
k_hydroxylase = number(0.05, "1/h", "turnover of 1-alpha-hydroxylase, T64")
hydroxylase_synthesis = number(6.3, "pmol/h**2", "synthesis of 1-alpha-hydroxylase, T65")
hydroxylase_half = number(1.54865, "pM", "PTH at half of the synthesis, T67")
hydroxylase_exponent = number(0.111241, "1", "steepness of synthesis with PTH, AlphOHgam")
phosphate_on_pth_exponent = number(
    0.0, "1", "phosphate on the effect of PTH, PO4inhPTHgam", range=(0.0, 2.0)
)
phosphate_normal = number(1.2, "mM", "phosphate above which it restrains synthesis")
restraint_top = number(1.52493, "1", "synthesis that phosphate starts from, PhosEff0")
restraint_half = number(1.3021, "mM", "phosphate at half of the restraint, PhosEff50")
restraint_exponent = number(8.25229, "1", "steepness of the restraint, PhosEffGam")


@rate("pM", "PTH in plasma, PTHpm")
def pth(plasma_pth, distribution_volume):
    return plasma_pth / distribution_volume


@rate("1", "PTH in plasma, relative")
def pth_relative(plasma_pth, plasma_pth_0):
    return plasma_pth / plasma_pth_0


@rate("pM", "calcitriol in plasma")
def calcitriol_concentration(calcitriol, distribution_volume):
    return calcitriol / distribution_volume


@rate("1", "calcitriol above what calcium asks for, as seen by the gland, T73")
def gland_signal(
    calcitriol_concentration, calcium_relative, pool_slope, pool_middle, pool_exponent
):
    asked = pool_middle * power(calcium_relative, -pool_exponent)
    return pool_slope * (calcitriol_concentration - asked)


@rate("1", "restraint of calcitriol synthesis by phosphate")
def phosphate_restraint(
    phosphate, phosphate_normal, restraint_top, restraint_half, restraint_exponent
):
    """1 up to the normal phosphate, falling above it."""
    here = hill(power(phosphate / restraint_half, restraint_exponent), 1)
    normal = hill(power(phosphate_normal / restraint_half, restraint_exponent), 1)
    return 1 - ramp((restraint_top - 1) * (here / normal - 1))


@hourly("-> plasma_pth")
def pth_secretion(
    calcium_relative, pth_pool, pth_pool_0, gland_capacity, secretion_0, secretion_most,
    secretion_least, secretion_exponent,
):  # fmt: skip
    """Falling calcium makes the gland secrete what it has."""
    span = (secretion_least - secretion_most) / secretion_0
    curve = anchored(calcium_relative, secretion_most / secretion_0, span, secretion_exponent)
    return secretion_0 * curve * pth_pool / pth_pool_0 * gland_capacity


@hourly("plasma_pth ->")
def pth_elimination(plasma_pth, k_pth):
    """PTH is eliminated in minutes."""
    return k_pth * plasma_pth


@hourly("-> pth_pool")
def pool_gain(pth_pool, gland_signal, k_pool, pool_share, pool_rest):
    """The gland fills when calcitriol or calcium is low."""
    return k_pool * (2 * pool_share * switch(-2 * gland_signal) + pool_rest) * (1 - pth_pool)


@hourly("pth_pool ->")
def pool_loss(pth_pool, gland_signal, k_pool, pool_share, pool_rest):
    """The gland empties when calcitriol or calcium is high."""
    return k_pool * (2 * pool_share * switch(2 * gland_signal) + pool_rest) * pth_pool


@hourly("-> gland_capacity")
def gland_growth(calcitriol, calcitriol_0, k_capacity, growth_most, growth_least, growth_exponent):
    """Lack of calcitriol makes the gland grow."""
    span = growth_least - growth_most
    return k_capacity * anchored(calcitriol / calcitriol_0, growth_most, span, growth_exponent)


@hourly("gland_capacity ->")
def gland_involution(gland_capacity, k_capacity):
    """The gland shrinks back."""
    return k_capacity * gland_capacity


@hourly("-> hydroxylase")
def hydroxylase_gain(
    pth_relative, plasma_pth_0, distribution_volume, phosphate, phosphate_normal,
    phosphate_restraint, hydroxylase_synthesis, hydroxylase_half, hydroxylase_exponent,
    phosphate_on_pth_exponent,
):  # fmt: skip
    """PTH raises the synthesis of 1-alpha-hydroxylase; phosphate restrains it."""
    half = power(hydroxylase_half * distribution_volume / plasma_pth_0, hydroxylase_exponent)
    resistance = power(phosphate / phosphate_normal, phosphate_on_pth_exponent)
    response = hill(power(pth_relative, hydroxylase_exponent), half * resistance) / hill(1, half)
    return hydroxylase_synthesis * response * phosphate_restraint


@hourly("hydroxylase ->")
def hydroxylase_loss(hydroxylase, k_hydroxylase):
    """The enzyme turns over."""
    return k_hydroxylase * hydroxylase


@hourly("-> calcitriol")
def calcitriol_synthesis(hydroxylase):
    """1-alpha-hydroxylase makes calcitriol."""
    return 1 * hydroxylase


@hourly("calcitriol ->")
def calcitriol_elimination(calcitriol, k_calcitriol):
    """Calcitriol is eliminated in hours."""
    return k_calcitriol * calcitriol
