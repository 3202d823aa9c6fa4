"""Bone mineral density, which follows osteoblasts and osteoclasts and acts on nothing."""

from osteoaxis.process import State, power, rate
from osteoaxis.published.peterson_riggs.language import hourly, number

lumbar_spine_bmd = State("1", "density of the lumbar spine, relative, BMDls", 1.0)
lumbar_spine_bmd_denosumab = State(
    "1", "the same with the numbers fitted to denosumab, BMDlsDEN", 1.0
)
femoral_neck_bmd = State("1", "density of the femoral neck, relative, BMDfn", 1.0)

formation_exponent = number(0.0793, "1", "formation with osteoblasts, gamOB")
k_spine = number(3.97e-4, "1/h", "turnover of the lumbar spine, koutBMDls")
spine_exponent = number(0.14, "1", "its resorption with osteoclasts, gamOCls")
k_spine_denosumab = number(1.45e-4, "1/h", "turnover fitted to denosumab, koutBMDlsDEN")
spine_exponent_denosumab = number(0.0679, "1", "resorption fitted to it, gamOClsDEN")
k_neck = number(5.651e-6, "1/h", "turnover of the femoral neck, koutBMDfnBAS")
neck_exponent = number(0.3101, "1", "its resorption with osteoclasts, gamOCfnBAS")


@rate("1", "formation of bone, relative")
def formation(osteoblasts_relative, formation_exponent):
    return power(osteoblasts_relative, formation_exponent)


@hourly("-> lumbar_spine_bmd")
def spine_formation(formation, k_spine):
    """Osteoblasts form bone in the spine."""
    return k_spine * formation


@hourly("lumbar_spine_bmd ->")
def spine_resorption(lumbar_spine_bmd, osteoclasts_relative, k_spine, spine_exponent):
    """Osteoclasts resorb bone in the spine."""
    return k_spine * power(osteoclasts_relative, spine_exponent) * lumbar_spine_bmd


@hourly("-> lumbar_spine_bmd_denosumab")
def spine_formation_denosumab(formation, k_spine_denosumab):
    """The same with the numbers fitted to denosumab."""
    return k_spine_denosumab * formation


@hourly("lumbar_spine_bmd_denosumab ->")
def spine_resorption_denosumab(
    lumbar_spine_bmd_denosumab, osteoclasts_relative, k_spine_denosumab, spine_exponent_denosumab
):
    """The same with the numbers fitted to denosumab."""
    resorption = power(osteoclasts_relative, spine_exponent_denosumab)
    return k_spine_denosumab * resorption * lumbar_spine_bmd_denosumab


@hourly("-> femoral_neck_bmd")
def neck_formation(formation, k_neck):
    """Osteoblasts form bone in the femoral neck."""
    return k_neck * formation


@hourly("femoral_neck_bmd ->")
def neck_resorption(femoral_neck_bmd, osteoclasts_relative, k_neck, neck_exponent):
    """Osteoclasts resorb bone in the femoral neck."""
    return k_neck * power(osteoclasts_relative, neck_exponent) * femoral_neck_bmd
