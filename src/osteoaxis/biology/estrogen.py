"""What bone cells read from estrogens: one curve for both sexes, on estradiol at the bone cell.

The curve is shallow over two decades, so that both the fall at menopause and the further fall on
an inhibitor matter. Selective modulators (tamoxifen) compete for the receptor as partial agonists.
"""

from osteoaxis.biology.sources import FIRST_NUMBERS
from osteoaxis.process import Param, Site, power, rate

estrogen_receptor_load = Site(
    "agonises", "1", "modulators at the estrogen receptor, sum of concentration over K"
)
estrogen_receptor_agonism = Site(
    "agonises", "1", "the same, each weighted with its efficacy in bone"
)

half_estradiol = Param(
    59.62,
    "pg/mL",
    "estradiol at the bone cell of half-maximal signal",
    FIRST_NUMBERS,
    (5.0, 60.0),
)
estrogen_hill = Param(
    0.4573,
    "1",
    "steepness of the estrogen signal",
    FIRST_NUMBERS,
    (0.4, 1.5),
)
androgen_half = Param(
    0.2,
    "nmol/L",
    "free testosterone of half-maximal direct androgen signal",
    "assumed: inside the range of healthy men",
    (0.05, 0.5),
)

# Keeps the power finite when estradiol is zero (aromatase deficiency); far below any assay.
TRACE = 1e-6


def occupancy(bone_estradiol, half_estradiol, estrogen_hill, load, agonism):
    """Return the share of the maximal estrogen signal under a partial agonist."""
    ratio = power(bone_estradiol / half_estradiol + TRACE, estrogen_hill)
    return (ratio + agonism) / (1 + ratio + load)


@rate("pg/mL", "estradiol at the bone cell in the young adult")
def bone_estradiol_reference(
    estradiol_reference,
    bone_local_estradiol,
    free_share_reference,
    free_testosterone_reference,
    shbg_reference,
    shbg_affinity,
    shbg_affinity_estradiol,
    albumin_estradiol,
):
    """Free estradiol of the young adult plus what bone makes on site."""
    free_shbg = shbg_reference / (1 + shbg_affinity * free_testosterone_reference)
    free = 1 / (1 + albumin_estradiol + shbg_affinity_estradiol * free_shbg)
    return estradiol_reference * free / free_share_reference + bone_local_estradiol


@rate("1", "estrogen signal in bone, share of maximal")
def estrogen_signal(
    bone_estradiol,
    half_estradiol,
    estrogen_hill,
    estrogen_receptor_load,
    estrogen_receptor_agonism,
):
    """Estradiol and receptor modulators share the receptor."""
    return occupancy(
        bone_estradiol,
        half_estradiol,
        estrogen_hill,
        estrogen_receptor_load,
        estrogen_receptor_agonism,
    )


@rate("1", "estrogen deficit in bone: 0 = young adult, 1 = no signal")
def estrogen_deficit(estrogen_signal, bone_estradiol_reference, half_estradiol, estrogen_hill):
    """How far the signal is below that of the same person as a young adult."""
    young = occupancy(bone_estradiol_reference, half_estradiol, estrogen_hill, 0, 0)
    return 1 - estrogen_signal / young


@rate("1", "direct androgen signal in bone relative to the young adult")
def androgen_signal(free_testosterone, free_testosterone_reference, androgen_half):
    """Testosterone supports formation directly, less than estradiol does."""
    return (
        free_testosterone
        / (androgen_half + free_testosterone)
        * (androgen_half + free_testosterone_reference)
        / free_testosterone_reference
    )
