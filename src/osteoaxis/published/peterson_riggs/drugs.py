"""Pharmacokinetics of teriparatide, denosumab, and a drug of one's own that does nothing yet."""

from osteoaxis.process import State, as_unit, hill, rate
from osteoaxis.published.peterson_riggs.language import hourly, number

teriparatide_depot = State("pmol", "teriparatide under the skin, TERISC", 5000.0, empty=True)
teriparatide_central = State("pmol", "teriparatide in blood, TERICENT", 100.0, empty=True)
denosumab_depot = State("ng", "denosumab under the skin that is absorbed, DENSC", 4e7, empty=True)
denosumab_central = State("ng", "denosumab in plasma, DENCENT", 2e7, empty=True)
denosumab_peripheral = State("ng", "denosumab in tissue, DENPER", 1e7, empty=True)
other_gut = State("mg", "a drug of one's own in the gut, PKGUT", 1.0, empty=True)
other_central = State("mg", "the same in plasma, PKCENT", 1.0, empty=True)
other_peripheral_1 = State("mg", "the same in a first tissue, PKPER1", 1.0, empty=True)
other_peripheral_2 = State("mg", "the same in a second tissue, PKPER2", 1.0, empty=True)

TERIPARATIDE = 4117.8  # g/mol

# Absorption is clearance over volume, and elimination is what the source calls KA; only the first
# matters, because teriparatide acts as PTH.
teriparatide_clearance = number(62.2, "L/h", "over the volume: absorption, TERICL")
teriparatide_volume = number(94.4, "L", "volume of teriparatide, TERIVC")
k_teriparatide = number(10.4, "1/h", "elimination of teriparatide, TERIKA")
teriparatide_share = number(1.0, "1", "teriparatide that is absorbed, TERIF", range=(0.5, 1.0))
k_denosumab = number(0.00592, "1/h", "absorption of denosumab, DENKA")
denosumab_share = number(0.729, "1", "denosumab that is absorbed, DENF", range=(0.4, 1.0))
denosumab_volume = number(2340.0, "mL", "central volume of denosumab, DENVC")
denosumab_volume_2 = number(1324.0, "mL", "peripheral volume of denosumab, DENVP")
denosumab_exchange = number(18.67, "mL/h", "exchange between the two, DENQ")
denosumab_clearance = number(2.75, "mL/h", "linear clearance of denosumab, DENCL")
denosumab_vmax = number(3110.0, "ng/h", "fastest saturable elimination, DENVMAX")
denosumab_km = number(188.0, "ng/mL", "denosumab at half of that, DENKM")
denosumab_mass = number(150000.0, "g/mol", "molar mass of denosumab")
k_other = number(0.0, "1/h", "absorption of a drug of one's own, PKKA", range=(0.0, 10.0))
other_volume = number(10.0, "L", "its central volume, PKVC")
other_volume_1 = number(1.0, "L", "its first peripheral volume, PKVP1")
other_volume_2 = number(1.0, "L", "its second peripheral volume, PKVP2")
other_exchange_1 = number(0.0, "L/h", "its exchange with the first, PKQ1", range=(0.0, 1e3))
other_exchange_2 = number(0.0, "L/h", "its exchange with the second, PKQ2", range=(0.0, 1e3))
other_clearance = number(0.0, "L/h", "its linear clearance, PKCL", range=(0.0, 1e3))
other_vmax = number(0.0, "mg/h", "its fastest saturable elimination, PKVMAX", range=(0.0, 1e3))
other_km = number(1.0, "mg/L", "its level at half of that, PKKM")


@rate("ng/mL", "denosumab in plasma, DENCP")
def denosumab(denosumab_central, denosumab_volume):
    return denosumab_central / denosumab_volume


@rate("pM", "denosumab in plasma, DENMOL")
def denosumab_molar(denosumab, denosumab_mass):
    return as_unit(denosumab / denosumab_mass, "ng*mol/mL/g", "pM")


@rate("mg/L", "a drug of one's own in plasma")
def other_concentration(other_central, other_volume):
    return other_central / other_volume


@hourly("teriparatide_depot -> plasma_pth + teriparatide_central")
def teriparatide_absorption(teriparatide_depot, teriparatide_clearance, teriparatide_volume):
    """Teriparatide enters blood and acts as PTH."""
    return teriparatide_clearance / teriparatide_volume * teriparatide_depot


@hourly("teriparatide_central ->")
def teriparatide_elimination(teriparatide_central, k_teriparatide):
    """Teriparatide is eliminated, here only to be counted."""
    return k_teriparatide * teriparatide_central


@hourly("denosumab_depot -> denosumab_central")
def denosumab_absorption(denosumab_depot, k_denosumab):
    """Denosumab is absorbed over weeks."""
    return k_denosumab * denosumab_depot


@hourly("denosumab_central -> denosumab_peripheral")
def denosumab_to_tissue(denosumab, denosumab_exchange):
    """Denosumab goes into tissue."""
    return denosumab_exchange * denosumab


@hourly("denosumab_peripheral -> denosumab_central")
def denosumab_from_tissue(denosumab_peripheral, denosumab_volume_2, denosumab_exchange):
    """Denosumab comes back from tissue."""
    return denosumab_exchange * denosumab_peripheral / denosumab_volume_2


@hourly("denosumab_central ->")
def denosumab_elimination(denosumab, denosumab_clearance, denosumab_vmax, denosumab_km):
    """Denosumab is cleared, and bound by its saturable target."""
    return denosumab_clearance * denosumab + denosumab_vmax * hill(denosumab, denosumab_km)


@hourly("other_gut -> other_central")
def other_absorption(other_gut, k_other):
    """It is absorbed."""
    return k_other * other_gut


@hourly("other_central -> other_peripheral_1")
def other_to_first(other_concentration, other_exchange_1):
    """It goes into the first tissue."""
    return other_exchange_1 * other_concentration


@hourly("other_peripheral_1 -> other_central")
def other_from_first(other_peripheral_1, other_volume_1, other_exchange_1):
    """It comes back from the first tissue."""
    return other_exchange_1 * other_peripheral_1 / other_volume_1


@hourly("other_central -> other_peripheral_2")
def other_to_second(other_concentration, other_exchange_2):
    """It goes into the second tissue."""
    return other_exchange_2 * other_concentration


@hourly("other_peripheral_2 -> other_central")
def other_from_second(other_peripheral_2, other_volume_2, other_exchange_2):
    """It comes back from the second tissue."""
    return other_exchange_2 * other_peripheral_2 / other_volume_2


@hourly("other_central ->")
def other_elimination(other_concentration, other_clearance, other_vmax, other_km):
    """It is cleared, linearly and saturably."""
    return other_clearance * other_concentration + other_vmax * hill(other_concentration, other_km)
