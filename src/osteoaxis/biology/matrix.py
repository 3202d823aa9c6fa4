"""Bone at three sites: volume by age class, mineral, microarchitecture and trabecular bone score.

The sites share one cell core and differ in turnover and in how strongly surface holds resorption
back. Young bone carries less mineral, so less turnover raises density by filling the remodelling
space and by secondary mineralisation. Elements lost by perforation do not come back: that part of
the loss stays after an inhibitor is stopped.
"""

from osteoaxis.biology.sources import ANABOLIC, FIRST_NUMBERS
from osteoaxis.process import (
    Param,
    Process,
    Rate,
    Reaction,
    State,
    exp,
    positive_part,
    power,
)

MINERAL_MIDDLE = 1.37
MINERAL_OLD = 1.60


def formation(
    turnover,
    unclosed_turnover,
    osteoblasts,
    woken_osteoblasts,
    waking_share,
    volume,
    formation_surface_power,
):
    """Osteoblasts lay down new bone on the surface there is; woken ones where surface is quiet."""
    cells = osteoblasts + waking_share * woken_osteoblasts
    return turnover * unclosed_turnover * cells * power(volume, formation_surface_power)


def resorption(turnover, unclosed_turnover, osteoclasts, surface, share):
    """Osteoclasts resorb bone of every age alike."""
    return turnover * unclosed_turnover * osteoclasts * surface * share


def ageing(share, k_ageing):
    """Bone takes up mineral and passes into the next age class."""
    return k_ageing * share


def volume(young, middle, old):
    """All bone of the site, 1 = young adult."""
    return young + middle + old


def surface(volume, microarchitecture, resorption_surface_power):
    """Thinner bone of the same architecture offers less to resorb."""
    return power(volume / microarchitecture, resorption_surface_power)


def resorption_flow(turnover, unclosed_turnover, osteoclasts, surface, volume):
    """Bone of every age that osteoclasts take away."""
    return turnover * unclosed_turnover * osteoclasts * surface * volume


def net_loss(resorption_flow, formation_flow):
    """Resorption minus formation, share of young adult bone."""
    return resorption_flow - formation_flow


def perforation(net_loss, perforation_share, perforation_width):
    """A share of net loss takes whole elements away, which do not return."""
    return perforation_share * positive_part(net_loss, perforation_width)


def microarchitecture(perforated):
    """Elements left after those lost, each loss being a share of what was there."""
    return exp(-perforated)


def bone_mineral_density(
    young,
    middle,
    old,
    turnover,
    k_young,
    k_middle,
    peak_bmd,
    degeneration,
    age_now,
    degeneration_onset,
    degeneration_width,
):
    """Density from mineral, scaled to the person's own young adult value.

    Osteophytes and hardened end plates of the ageing spine lie in the beam, too: what DXA sees
    there rises slowly though no bone is gained.
    """
    to_middle = k_young / (k_middle + turnover)
    to_old = k_middle / turnover
    share_young = 1 / (1 + to_middle * (1 + to_old))
    peak = share_young * (1 + to_middle * (MINERAL_MIDDLE + to_old * MINERAL_OLD))
    seen = 1 + degeneration * positive_part(age_now - degeneration_onset, degeneration_width)
    return peak_bmd * seen * (young + MINERAL_MIDDLE * middle + MINERAL_OLD * old) / peak


def bone_site(
    site: str,
    title: str,
    *,
    turnover: Param,
    k_young_years: float,
    k_middle_years: float,
    peak_bmd: Param,
    resorption_surface_power: Param,
    formation_surface_power: Param,
    perforation_share: Param,
    waking_share: Param,
    degeneration: Param,
) -> Process:
    """Return the process of one skeletal site; its states carry the site's name."""
    young, middle, old = (f"{site}_{age}_bone" for age in ("young", "middle", "old"))
    wires = {
        "young": young,
        "middle": middle,
        "old": old,
        "volume": f"{site}_volume",
        "surface": f"{site}_surface",
        "microarchitecture": f"{site}_microarchitecture",
        "perforated": f"{site}_perforated",
        "resorption_flow": f"{site}_resorption_rate",
        "formation_flow": f"{site}_formation_rate",
        "net_loss": f"{site}_net_loss",
    }

    def resorb(state: str) -> Reaction:
        return Reaction(
            {state: 1}, {}, f"{title}: resorption", resorption, wires | {"share": state}
        )

    return Process(
        site,
        {
            "turnover": turnover,
            "peak_bmd": peak_bmd,
            "resorption_surface_power": resorption_surface_power,
            "formation_surface_power": formation_surface_power,
            "perforation_share": perforation_share,
            "waking_share": waking_share,
            "degeneration": degeneration,
            "perforation_width": Param(
                2e-6,
                "1/day",
                "net loss below which nothing perforates",
                "assumed: far below the loss at menopause",
                (1e-6, 1e-5),
            ),
            "k_young": Param(
                1 / (k_young_years * 365.25),
                "1/day",
                "primary mineralisation of young bone",
                FIRST_NUMBERS,
                (0.003, 0.03),
            ),
            "k_middle": Param(
                1 / (k_middle_years * 365.25),
                "1/day",
                "secondary mineralisation",
                FIRST_NUMBERS,
                (0.0002, 0.002),
            ),
            young: State("1", f"{title}: bone of less than some months", 0.1),
            middle: State("1", f"{title}: bone of some years", 0.5),
            old: State("1", f"{title}: old, fully mineralised bone", 0.5),
            wires["perforated"]: State(
                "1",
                f"{title}: elements lost, as minus the logarithm of the share left",
                0.1,
                empty=True,
            ),
            wires["microarchitecture"]: Rate(
                "1", f"{title}: elements left, 1 = young adult", microarchitecture, wires
            ),
            wires["volume"]: Rate("1", f"{title}: bone volume, 1 = young adult", volume, wires),
            wires["surface"]: Rate("1", f"{title}: surface open to resorption", surface, wires),
            wires["resorption_flow"]: Rate(
                "1/day",
                f"{title}: bone resorbed, share of young adult bone",
                resorption_flow,
                wires,
            ),
            wires["formation_flow"]: Rate(
                "1/day", f"{title}: bone formed, share of young adult bone", formation, wires
            ),
            wires["net_loss"]: Rate("1/day", f"{title}: net loss of bone", net_loss, wires),
            f"{site}_bmd": Rate(
                "g/cm^2", f"{title}: bone mineral density (DXA)", bone_mineral_density, wires
            ),
            f"{site}_formation": Reaction({}, {young: 1}, f"{title}: formation", formation, wires),
            f"{site}_resorption_young": resorb(young),
            f"{site}_resorption_middle": resorb(middle),
            f"{site}_resorption_old": resorb(old),
            f"{site}_mineralisation": Reaction(
                {young: 1},
                {middle: 1},
                f"{title}: primary mineralisation",
                ageing,
                {"share": young, "k_ageing": f"{site}.k_young"},
            ),
            f"{site}_secondary_mineralisation": Reaction(
                {middle: 1},
                {old: 1},
                f"{title}: secondary mineralisation",
                ageing,
                {"share": middle, "k_ageing": f"{site}.k_middle"},
            ),
            f"{site}_perforation": Reaction(
                {}, {wires["perforated"]: 1}, f"{title}: loss of elements", perforation, wires
            ),
        },
    )


def _waking_share(value: float) -> Param:
    return Param(
        value,
        "1",
        "formation by woken osteoblasts for each of the spine",
        ANABOLIC,
        (0.02, 1.5),
    )


def _degeneration(value: float, source: str) -> Param:
    return Param(
        value,
        "1/year",
        "rise of what DXA sees by degeneration of the joints around, from middle age on",
        source,
        (0.0, 0.02),
    )


_UNTOUCHED = _degeneration(0.0, "assumed: no degenerating joint lies in the beam")


def _turnover(per_year: float, source: str) -> Param:
    low, high = per_year / 2.5, per_year * 2.5
    return Param(
        per_year / 365.25,
        "1/day",
        "bone replaced per day in the young adult",
        source,
        (low / 365.25, high / 365.25),
    )


LUMBAR_SPINE = bone_site(
    "lumbar_spine",
    "lumbar spine",
    turnover=_turnover(0.1011, FIRST_NUMBERS),
    k_young_years=0.2349,
    k_middle_years=6.219,
    peak_bmd=Param(
        1.047,
        "g/cm^2",
        "density of the young adult (Hologic, L1-L4)",
        "assumed: manufacturer reference",
        (0.7, 1.5),
        men=1.091,
    ),
    resorption_surface_power=Param(
        3.082, "1", "power of thickness in resorption", FIRST_NUMBERS, (0.5, 6.0)
    ),
    formation_surface_power=Param(
        0.02975, "1", "power of volume in formation", FIRST_NUMBERS, (0.0, 0.5)
    ),
    perforation_share=Param(
        0.1317,
        "1",
        "share of net loss that is irreversible",
        FIRST_NUMBERS,
        (0.0, 0.8),
    ),
    waking_share=_waking_share(1.0),
    degeneration=_degeneration(
        0.004,
        "assumed: spine density of older people stays or rises while the hip falls, which is"
        " explained by osteoarthritis (Dubbo, Rotterdam 10.1016/s0169-6009(08)80203-6); in men with"
        " large osteophytes it does not fall with age (10.1148/radiology.189.2.8210380)",
    ),
)
TOTAL_HIP = bone_site(
    "total_hip",
    "total hip",
    turnover=_turnover(0.05162, FIRST_NUMBERS),
    k_young_years=0.3875,
    k_middle_years=4.213,
    peak_bmd=Param(
        0.942,
        "g/cm^2",
        "density of the young adult (NHANES III)",
        "10.1007/s001980050093",
        (0.6, 1.4),
        men=1.041,
    ),
    resorption_surface_power=Param(
        3.992, "1", "power of thickness in resorption", FIRST_NUMBERS, (0.5, 6.0)
    ),
    formation_surface_power=Param(
        0.0293, "1", "power of volume in formation", FIRST_NUMBERS, (0.0, 0.5)
    ),
    perforation_share=Param(
        0.3793,
        "1",
        "share of net loss that is irreversible",
        FIRST_NUMBERS,
        (0.0, 0.9),
    ),
    waking_share=_waking_share(0.67),
    degeneration=_UNTOUCHED,
)
FEMORAL_NECK = bone_site(
    "femoral_neck",
    "femoral neck",
    turnover=_turnover(0.0714, FIRST_NUMBERS),
    k_young_years=0.30,
    k_middle_years=6.0,
    peak_bmd=Param(
        0.858,
        "g/cm^2",
        "density of the young adult (NHANES III)",
        "10.1007/s001980050093",
        (0.5, 1.3),
        men=0.934,
    ),
    resorption_surface_power=Param(
        3.504, "1", "power of thickness in resorption", FIRST_NUMBERS, (0.5, 6.0)
    ),
    formation_surface_power=Param(
        0.03, "1", "power of volume in formation", "assumed: as the spine", (0.0, 0.5)
    ),
    perforation_share=Param(
        0.4225,
        "1",
        "share of net loss that is irreversible",
        FIRST_NUMBERS,
        (0.0, 0.9),
    ),
    waking_share=_waking_share(0.1),
    degeneration=_UNTOUCHED,
)


def mean_surface(lumbar_spine_surface, total_hip_surface, trabecular_weight):
    """The skeleton's surface open to resorption, from its two kinds of bone."""
    return trabecular_weight * lumbar_spine_surface + (1 - trabecular_weight) * total_hip_surface


def bone_score(
    score_reference,
    lumbar_spine_microarchitecture,
    lumbar_spine_volume,
    score_architecture,
    score_volume,
):
    """Texture of the spine image follows lost elements first, volume second."""
    return (
        score_reference
        * power(lumbar_spine_microarchitecture, score_architecture)
        * power(lumbar_spine_volume, score_volume)
    )


SKELETON = Process(
    "skeleton",
    {
        "degeneration_onset": Param(
            55.0,
            "year",
            "age from which joints of the spine degenerate",
            "assumed: middle age",
            (45.0, 65.0),
        ),
        "degeneration_width": Param(
            2.0, "year", "width of that onset", "assumed: a smooth start", (1.0, 5.0)
        ),
        "unclosed_turnover": Param(
            1.0,
            "1",
            "turnover of a skeleton whose growth plates are open, 1 = closed",
            "assumed: closed in adults; congenital aromatase deficiency leaves them open "
            "(PMC4383300)",
            (1.0, 6.0),
        ),
        "trabecular_weight": Param(
            0.6,
            "1",
            "weight of trabecular sites in whole-body resorption",
            "assumed: trabecular bone does most of the remodelling",
            (0.3, 0.9),
        ),
        "score_reference": Param(
            1.42,
            "1",
            "trabecular bone score of the young adult",
            "assumed: published norms",
            (1.3, 1.5),
            men=1.38,
        ),
        "score_architecture": Param(
            1.305,
            "1",
            "power of lost elements in the trabecular bone score",
            FIRST_NUMBERS,
            (0.0, 4.0),
        ),
        "score_volume": Param(
            0.2951, "1", "power of volume in the trabecular bone score", FIRST_NUMBERS, (0.0, 1.0)
        ),
        "resorbing_surface": Rate("1", "surface open to resorption, 1 = young adult", mean_surface),
        "trabecular_bone_score": Rate("1", "trabecular bone score (lumbar spine)", bone_score),
    },
)

SITES = (LUMBAR_SPINE, TOTAL_HIP, FEMORAL_NECK, SKELETON)
