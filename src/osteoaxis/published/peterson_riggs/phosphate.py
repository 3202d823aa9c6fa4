"""Phosphate in gut, plasma and cells; it goes with calcium into bone and out."""

from osteoaxis.process import State, rate
from osteoaxis.published.peterson_riggs.language import hourly, number

extracellular_phosphate = State("mmol", "phosphate outside cells, ECCPhos", 15.0)
intracellular_phosphate = State("mmol", "phosphate in cells, IntraPO", 3000.0)
gut_phosphate = State("mmol", "phosphate in the gut, PhosGut", 1.0)

extracellular_phosphate_0 = number(16.8, "mmol", "phosphate outside cells at the start, ECCPhos_0")
intracellular_phosphate_0 = number(3226.0, "mmol", "phosphate in cells at the start, IntraPO_0")
gut_phosphate_0 = number(0.839, "mmol", "phosphate in the gut at the start, PhosGut_0")
phosphate_per_calcium = number(0.464, "1", "phosphate for each calcium in hydroxyapatite")
oral_phosphate = number(10.5 / 24, "mmol/h", "phosphate eaten, OralPhos")
phosphate_absorbed = number(0.7, "1", "share of it that is absorbed, F12")
k_gut_phosphate = number(0.365, "1/h", "absorption of phosphate, T52")
cell_uptake = number(51.8, "L/h", "clearance of phosphate into cells, T49")
k_cell_release = number(0.019268, "1/h", "return of phosphate from cells, T55")


@rate("mM", "phosphate outside cells")
def phosphate(extracellular_phosphate, distribution_volume):
    return extracellular_phosphate / distribution_volume


@hourly("-> gut_phosphate")
def phosphate_intake(oral_phosphate, phosphate_absorbed):
    """Phosphate is eaten evenly."""
    return oral_phosphate * phosphate_absorbed


@hourly("gut_phosphate -> extracellular_phosphate")
def phosphate_absorption(gut_phosphate, k_gut_phosphate):
    """The gut absorbs phosphate."""
    return k_gut_phosphate * gut_phosphate


@hourly("extracellular_phosphate -> intracellular_phosphate")
def phosphate_into_cells(phosphate, cell_uptake):
    """Cells take up phosphate."""
    return cell_uptake * phosphate


@hourly("intracellular_phosphate -> extracellular_phosphate")
def phosphate_from_cells(intracellular_phosphate, k_cell_release):
    """Cells release phosphate."""
    return k_cell_release * intracellular_phosphate


@hourly("-> extracellular_phosphate")
def phosphate_from_bone(calcium_release, phosphate_per_calcium):
    """Phosphate leaves bone with calcium."""
    return phosphate_per_calcium * calcium_release


@hourly("extracellular_phosphate ->")
def phosphate_into_bone(calcium_uptake, phosphate_per_calcium):
    """Phosphate enters bone with calcium."""
    return phosphate_per_calcium * calcium_uptake


@hourly("extracellular_phosphate ->")
def phosphate_loss(phosphate_excretion):
    """Phosphate leaves with urine."""
    return 1 * phosphate_excretion
