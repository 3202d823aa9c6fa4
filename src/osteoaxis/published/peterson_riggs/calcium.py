"""Calcium in gut, plasma and bone, and the hydroxyapatite that draws it into bone."""

from osteoaxis.process import State, as_unit, hill, power, rate
from osteoaxis.published.peterson_riggs.language import anchored, hourly, number

plasma_calcium = State("mmol", "calcium in plasma, P", 30.0)
exchangeable_calcium = State("mmol", "bone calcium that exchanges with plasma, Q", 100.0)
deep_calcium = State("mmol", "bone calcium that does not, Qbone", 25000.0)
gut_calcium = State("mmol", "calcium in the gut, T", 1.5)
gut_transport = State("1", "capacity of the gut to absorb calcium, R", 0.5)
hydroxyapatite = State("1", "hydroxyapatite that takes up calcium, relative, HAp", 1.0)

distribution_volume = number(14.0, "L", "volume of calcium, phosphate, PTH and calcitriol, V1")
plasma_calcium_0 = number(32.9, "mmol", "calcium in plasma at the start, P_0")
exchangeable_calcium_0 = number(100.0, "mmol", "exchangeable bone calcium at the start, Q_0")
deep_calcium_0 = number(24900.0, "mmol", "other bone calcium at the start, Qbone_0")
gut_calcium_0 = number(1.58471, "mmol", "calcium in the gut at the start, T_0")
gut_transport_0 = number(0.5, "1", "capacity of the gut at the start, R_0", range=(0.1, 0.9))
bone_exchange = number(88.0, "mmol/day", "calcium that enters and leaves bone, CaDay")
resorbed_share = number(0.107763, "1", "share of release that osteoclasts do, FracJ14")
resorption_most = number(0.543488, "1/h", "fastest release by osteoclasts, J14OCmax")
resorption_exponent = number(1.6971, "1", "steepness of release with osteoclasts, J14OCgam")
activity_exponent = number(0.603754, "1", "release with RANK bound per osteoclast, MOCratioGam")
mineralised_share = number(0.114376, "1", "share of uptake by hydroxyapatite, FracJ15")
k_deep = number(2.44437e-5, "1/h", "return of deep bone calcium, k14a")
hydroxyapatite_residence = number(3.60609, "h", "mean residence of hydroxyapatite, HApMRT")
oral_calcium = number(24.055 / 24, "mmol/h", "calcium eaten, OralCa")
absorbable_share = number(0.909359, "1", "most of the eaten calcium that dissolves, T77")
absorbable_exponent = number(4.0, "1", "steepness of that with the capacity, T80")
# The source uses one number, T81, for two halves of different kind.
absorbable_half = number(0.75, "1", "capacity at half of that, T81")
transport_half = number(0.75, "mmol", "gut calcium at half saturation, T81")
transport_most = number(0.9, "mmol/h", "fastest active absorption, T28")
transport_0 = number(0.105929, "mmol/h", "active absorption at the start, T310")
k_passive = number(0.0495, "1/h", "passive absorption, T87")
capacity_least = number(0.003, "1/h", "gain of capacity without calcitriol, T33")
capacity_most = number(0.037, "1/h", "gain of capacity at much calcitriol, T34")
capacity_half = number(90.0, "pM", "calcitriol at half of the gain, T35")
capacity_exponent = number(1.0, "1", "steepness of the gain, CaPOgam")


@rate("mM", "calcium in plasma, CaC")
def calcium(plasma_calcium, distribution_volume):
    return plasma_calcium / distribution_volume


@rate("1", "calcium in plasma, relative")
def calcium_relative(plasma_calcium, plasma_calcium_0):
    return plasma_calcium / plasma_calcium_0


@rate("mmol/h", "calcium released from bone, J14")
def calcium_release(
    bone_exchange, resorbed_share, osteoclasts_relative, resorption_most, resorption_exponent,
    exchangeable_calcium_0, rank_rankl_relative, activity_exponent,
):  # fmt: skip
    """Osteoclasts release calcium, each the more the more of its RANK is bound."""
    exchange = as_unit(bone_exchange, "mmol/day", "mmol/h")
    most = resorption_most * exchangeable_calcium_0 / exchange
    number_of_cells = anchored(osteoclasts_relative, 0, most, resorption_exponent)
    activity = power(rank_rankl_relative / osteoclasts_relative, activity_exponent)
    return exchange * (1 - resorbed_share + resorbed_share * number_of_cells * activity)


@rate("mmol/h", "calcium taken up by bone, J15")
def calcium_uptake(bone_exchange, calcium_relative, mineralised_share, hydroxyapatite):
    exchange = as_unit(bone_exchange, "mmol/day", "mmol/h")
    matrix = 1 - mineralised_share + mineralised_share * hydroxyapatite
    return exchange * calcium_relative * matrix


@rate("1", "gain of gut capacity by calcitriol, 0 to 1")
def capacity_signal(calcitriol_concentration, capacity_half, capacity_exponent):
    return hill(power(calcitriol_concentration / capacity_half, capacity_exponent), 1)


@hourly("exchangeable_calcium -> plasma_calcium")
def release(calcium_release):
    """Bone gives calcium to plasma."""
    return 1 * calcium_release


@hourly("plasma_calcium -> exchangeable_calcium")
def uptake(calcium_uptake):
    """Bone takes calcium from plasma."""
    return 1 * calcium_uptake


@hourly("exchangeable_calcium -> deep_calcium")
def burial(exchangeable_calcium, k_deep, deep_calcium_0, exchangeable_calcium_0):
    """Exchangeable calcium becomes part of the mineral."""
    return k_deep * deep_calcium_0 * exchangeable_calcium / exchangeable_calcium_0


@hourly("deep_calcium -> exchangeable_calcium")
def exposure(deep_calcium, k_deep):
    """Mineral becomes exchangeable again."""
    return k_deep * deep_calcium


@hourly("-> hydroxyapatite")
def hydroxyapatite_formation(osteoblasts_relative, hydroxyapatite_residence):
    """Osteoblasts make the matrix on which hydroxyapatite forms."""
    return osteoblasts_relative / hydroxyapatite_residence


@hourly("hydroxyapatite ->")
def hydroxyapatite_loss(hydroxyapatite, hydroxyapatite_residence):
    """Hydroxyapatite leaves at a constant pace."""
    return hydroxyapatite / hydroxyapatite_residence


@hourly("-> gut_calcium")
def intake(oral_calcium, absorbable_share, gut_transport, absorbable_half, absorbable_exponent):
    """Calcium is eaten evenly; how much of it can be absorbed follows the capacity of the gut."""
    capacity = power(gut_transport / absorbable_half, absorbable_exponent)
    return oral_calcium * absorbable_share * hill(capacity, 1)


@hourly("gut_calcium -> plasma_calcium")
def absorption(
    gut_calcium, gut_calcium_0, transport_0, transport_most, gut_transport, gut_transport_0,
    transport_half, k_passive,
):  # fmt: skip
    """The gut absorbs calcium actively, as its capacity allows, and passively."""
    pace = transport_0 * anchored(gut_calcium / gut_calcium_0, 0, transport_most / transport_0)
    active = pace * hill(gut_calcium, transport_half) * gut_transport / gut_transport_0
    return active + k_passive * gut_calcium


@hourly("-> gut_transport")
def capacity_gain(gut_transport, capacity_least, capacity_most, capacity_signal):
    """Calcitriol raises the capacity of the gut."""
    pace = capacity_least + (capacity_most - capacity_least) * capacity_signal
    return pace * (1 - gut_transport)


@hourly("gut_transport ->")
def capacity_loss(gut_transport, capacity_least, capacity_most, capacity_signal):
    """Without calcitriol the capacity is lost."""
    pace = capacity_most - (capacity_most - capacity_least) * capacity_signal
    return pace * gut_transport
