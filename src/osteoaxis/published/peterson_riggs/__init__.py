"""Peterson & Riggs: calcium, phosphate, PTH, bone cells and density, with later extensions.

The 2010 model of calcium homeostasis and bone with teriparatide, and what was added to it later:
the decline of estrogen, bone density and denosumab. Equations and numbers are those of its public
form, OpenBoneMin; each file here is one organ or process.
"""

from __future__ import annotations

from dataclasses import replace

from osteoaxis.errors import InputError
from osteoaxis.model import Model
from osteoaxis.patient import Patient
from osteoaxis.process import Process, State
from osteoaxis.published.model import Administration, Dose, PublishedModel, Scenario, Switch
from osteoaxis.published.peterson_riggs import (
    calcium,
    cytokines,
    density,
    drugs,
    hormones,
    kidney,
    menopause,
    osteoblasts,
    osteoclasts,
    phosphate,
)
from osteoaxis.published.peterson_riggs.language import DOI, YEAR
from osteoaxis.units import conversion_factor

HOUR = conversion_factor("h", "day")
_PER_MG = conversion_factor("mg/g*mol", "pmol")

TERIPARATIDE = Administration(
    "teriparatide_depot",
    drugs.teriparatide_share.value * _PER_MG / drugs.TERIPARATIDE,
    ("sc",),
)
# The source has numbers of its own for the spine under denosumab.
DENOSUMAB = Administration(
    "denosumab_depot",
    drugs.denosumab_share.value * conversion_factor("mg", "ng"),
    ("sc",),
    {
        "k_spine": density.k_spine_denosumab.value,
        "spine_exponent": density.spine_exponent_denosumab.value,
    },
)


def _doses(drug: Administration, mg: float, every_h: float, count: int) -> tuple[Dose, ...]:
    return tuple(Dose(k * every_h * HOUR, drug.state, mg * drug.per_mg) for k in range(count))


def _person(patient: Patient) -> Scenario:
    """A woman lives through the model's decline of estrogen, moved to her age of menopause."""
    if patient.male:
        raise InputError("peterson-riggs describes women; its decline of estrogen has no men.")
    if patient.menopause_age is None:
        raise InputError("peterson-riggs needs the age of menopause of the patient.")
    year = conversion_factor("year", "h")
    lead = (menopause.menopause_age.value - menopause.decline_age.value) / YEAR
    decline = patient.menopause_age - lead
    return Scenario(
        patient.name,
        0.0,
        parameters={
            "menopause": 1.0,
            "start_age": patient.age * year,
            "decline_age": decline * year,
            "menopause.menopause_age": patient.menopause_age * year,
        },
        start_day=min(0.0, (decline - patient.age) * conversion_factor("year", "day")),
    )


_MODULES = (
    calcium, phosphate, kidney, hormones, menopause, cytokines, osteoblasts, osteoclasts, density,
)  # fmt: skip

MODEL = PublishedModel(
    name="peterson-riggs",
    title="Calcium, phosphate, PTH and bone, with denosumab, teriparatide and loss of estrogen",
    citation="Peterson MC, Riggs MM. Bone 2010;46:49-63, as extended in OpenBoneMin",
    doi=DOI,
    model=Model(
        (
            *(Process.from_module(module) for module in _MODULES),
            replace(
                Process.from_module(drugs),
                linear=(("teriparatide_depot", "teriparatide_central"), ("denosumab_depot",)),
            ),
        )
    ),
    initial={
        "plasma_calcium": calcium.plasma_calcium_0.value,
        "exchangeable_calcium": calcium.exchangeable_calcium_0.value,
        "deep_calcium": calcium.deep_calcium_0.value,
        "gut_calcium": calcium.gut_calcium_0.value,
        "gut_transport": calcium.gut_transport_0.value,
        "hydroxyapatite": 1.0,
        "extracellular_phosphate": phosphate.extracellular_phosphate_0.value,
        "intracellular_phosphate": phosphate.intracellular_phosphate_0.value,
        "gut_phosphate": phosphate.gut_phosphate_0.value,
        "glomerular_filtration": kidney.filtration_0.value,
        "urinary_calcium": 0.0,
        "plasma_pth": hormones.plasma_pth_0.value,
        "pth_pool": hormones.pth_pool_0.value,
        "gland_capacity": 1.0,
        "calcitriol": hormones.calcitriol_0.value,
        "hydroxylase": hormones.calcitriol_0.value * hormones.k_calcitriol.value,
        "estrogen": 1.0,
        "rankl": cytokines.rankl_0.value,
        "rank": cytokines.rank_0.value,
        "opg": cytokines.opg_0.value,
        "rank_rankl": cytokines.k_rank_on.value / cytokines.k_rank_off.value
        * cytokines.rank_0.value * cytokines.rankl_0.value,
        "opg_rankl": cytokines.k_opg_on.value / cytokines.k_opg_off.value
        * cytokines.opg_0.value * cytokines.rankl_0.value,
        "latent_tgf_beta":
            cytokines.latent_per_active.value * cytokines.active_tgf_beta_0.value,
        "active_tgf_beta": cytokines.active_tgf_beta_0.value,
        "responding_osteoblasts": osteoblasts.responding_osteoblasts_0.value,
        "fast_osteoblasts": osteoblasts.osteoblasts_0.value * osteoblasts.fast_share.value,
        "slow_osteoblasts": osteoblasts.osteoblasts_0.value * (1 - osteoblasts.fast_share.value),
        "runx2": osteoblasts.runx2_0.value,
        "creb": osteoblasts.creb_0.value,
        "bcl2": osteoblasts.runx2_0.value * osteoblasts.creb_0.value,
        "osteoclasts": osteoclasts.osteoclasts_0.value,
        "lumbar_spine_bmd": 1.0,
        "lumbar_spine_bmd_denosumab": 1.0,
        "femoral_neck_bmd": 1.0,
        **{name: 0.0 for name, declared in vars(drugs).items() if isinstance(declared, State)},
    },
    scenarios={
        "untreated": Scenario("Nothing changes", 3650.0),
        "teriparatide-20-ug": Scenario(
            "Teriparatide 20 ug daily for 24 weeks", 168.0,
            doses=_doses(TERIPARATIDE, 0.020, 24.0, 168),
        ),
        "teriparatide-40-ug": Scenario(
            "Teriparatide 40 ug daily for 24 weeks", 168.0,
            doses=_doses(TERIPARATIDE, 0.040, 24.0, 168),
        ),
        "denosumab-10-mg-once": Scenario(
            "Denosumab 10 mg once", 336.0, doses=_doses(DENOSUMAB, 10.0, 0.0, 1)
        ),
        "denosumab-60-mg-once": Scenario(
            "Denosumab 60 mg once", 336.0, doses=_doses(DENOSUMAB, 60.0, 0.0, 1)
        ),
        "denosumab-60-mg-stopped": Scenario(
            "Denosumab 60 mg every 24 weeks four times, then none", 1344.0,
            doses=_doses(DENOSUMAB, 60.0, 4032.0, 4),
        ),
        "menopause": Scenario(
            "Estrogen declines from age 41", 7300.0, parameters={"menopause": 1.0}
        ),
        "estrogen-withdrawal": Scenario(
            "Estrogen declines from age 41, and to a tenth from year 15 to 20, as under an "
            "aromatase inhibitor",
            25 * 364.0,
            parameters={"menopause": 1.0},
            switches=(
                Switch(15 * 364.0, {"estrogen_factor": 0.1}),
                Switch(20 * 364.0, {"estrogen_factor": 1.0}),
            ),
        ),
        "kidney-50": Scenario(
            "Half of the filtration of the kidney lost in 10 years", 3650.0,
            parameters={"clearance_lost": 50.0},
        ),
        "kidney-80": Scenario(
            "Four fifths of the filtration of the kidney lost in 10 years", 3650.0,
            parameters={"clearance_lost": 80.0},
        ),
    },
    quantities={
        "osteoclasts": "osteoclasts",
        "osteoblasts": "osteoblasts",
        "osteoblast_precursors": "responding_osteoblasts",
        "rankl": "rankl",
        "opg": "opg",
        "tgf_beta": "active_tgf_beta",
        "estradiol": "estrogen",
        "ctx": "ctx",
        "bsap": "bsap",
        "lumbar_spine_bmd": "lumbar_spine_bmd",
        "femoral_neck_bmd": "femoral_neck_bmd",
    },
    drugs={"teriparatide": TERIPARATIDE, "denosumab": DENOSUMAB},
    person=_person,
    cannot=(
        "Its drugs are teriparatide and denosumab; it has no aromatase: an aromatase inhibitor can "
        "only be a fall of estrogen we impose, and below a tenth of youth that is outside what the "
        "effect of estrogen on the kidney was fitted to.",
        "It has no men, no cytokines, no sclerostin, no osteocytes, no total hip and no P1NP or "
        "NTX; its CTX and BSAP are the numbers of osteoclasts and osteoblasts.",
        "Its OPG has no lasting effect: all RANKL that OPG binds comes back.",
        "Its lumbar spine has two sets of numbers, one of them for denosumab only, under which "
        "menopause costs far less; and it falls under teriparatide, which patients' does not.",
    ),
)  # fmt: skip
