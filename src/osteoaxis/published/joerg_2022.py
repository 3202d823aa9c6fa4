"""Jörg 2022: ageing, estrogen, sclerostin and four classes of drugs at the hip."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from typing import Any

from osteoaxis.errors import InputError
from osteoaxis.model import Model
from osteoaxis.patient import Patient
from osteoaxis.process import Process, State, hill, inhibit, power, ramp, rate, reaction
from osteoaxis.published.model import (
    Administration,
    Dose,
    PublishedModel,
    Scenario,
    Switch,
    constant,
)

DOI = "10.7554/eLife.76228"
YEAR = 365.0  # days in the paper's year
number = partial(constant, source=DOI)

# Cell densities are in multiples of what the constant supply of precursors brings in a day.
preosteoblasts = State("1", "pre-osteoblasts", 200.0)
osteoblasts = State("1", "osteoblasts", 100.0)
osteocytes = State("1", "osteocytes", 600.0)
preosteoclasts = State("1", "pre-osteoclasts", 1000.0)
osteoclasts = State("1", "osteoclasts", 40.0)
sclerostin = State("1", "free sclerostin", 1e4)
bound_sclerostin = State("1", "sclerostin bound by an antibody", 1e3, empty=True)
bone_density = State("1", "bone density, 1 = at birth", 1.0)
mineral_fraction = State("1", "mineral fraction of bone", 0.8)
denosumab = State("mg", "denosumab in the body", 60.0, empty=True)
romosozumab = State("mg", "romosozumab in the body", 200.0, empty=True)
alendronate = State("mg", "alendronate at the bone", 1000.0, empty=True)
teriparatide = State("mg", "teriparatide in the body", 1e-3, empty=True)

age = number(65.0, "year", "age at time zero", range=(0.0, 120.0))
menopause_age = number(
    50.0, "year", "age at which estrogen begins to fall, a_e", range=(20.0, 70.0)
)
estrogen_fall = number(2.6, "year", "time scale of the fall of estrogen, tau_e")
year = number(YEAR, "day/year", "days in a year of the paper", range=(365.0, 365.25))
estrogen_factor = constant(
    1.0, "1", "estrogen relative to what age leaves",
    "assumed: ours, for a fall of estrogen that is not in the paper", range=(0.1, 10.0),
)  # fmt: skip
precursor_supply = number(1.0, "1/day", "supply of precursors of either kind, the unit of scale")
omega_preosteoblast = number(0.319241069, "1/day", "differentiation of pre-osteoblasts")
omega_osteoblast = number(0.000624353, "1/day", "embedding of osteoblasts")
omega_preosteoclast = number(0.930890444, "1/day", "differentiation of pre-osteoclasts")
eta_osteoblast = number(0.00867806, "1/day", "apoptosis of osteoblasts")
eta_osteocyte = number(0.000109589, "1/day", "apoptosis of osteocytes")
eta_osteoclast = number(0.023815993, "1/day", "apoptosis of osteoclasts")
nu_osteoclast = number(0.000123164, "1", "most that estrogen and resorption add to apoptosis")
s_preosteoblast = number(163.2824648, "1", "sclerostin, half effect on pre-osteoblasts")
s_preosteoclast = number(8603687.044, "1", "sclerostin, half effect on pre-osteoclasts")
s_formation = number(3039.645954, "1", "sclerostin, half effect on formation")
e_preosteoclast = number(0.937654795, "1", "estrogen, half effect on pre-osteoclasts")
e_osteoclast = number(0.990728213, "1", "estrogen, half effect on osteoclast apoptosis")
e_sclerostin = number(9.595406602, "1", "estrogen, half effect on sclerostin")
r_osteoclast = number(10.12488334, "1", "osteoclasts, half effect on their own apoptosis")
r_formation = number(1024.4198, "1", "osteoclasts, half effect on formation")
nu_formation = number(107.5332737, "1", "most that resorption adds to formation")
sclerostin_release = number(1.0, "1/day", "sclerostin of each osteocyte, the unit of scale")
kappa_sclerostin = number(0.05, "1/day", "loss of sclerostin, free or bound")
delta_sclerostin = number(0.05, "1/day", "release of sclerostin from the antibody")
lambda_formation = number(1.29e-6, "1/day", "formation by each osteoblast")
lambda_resorption = number(3.82e-6, "1/day", "resorption by each osteoclast")
gamma_mineral = number(0.006654662, "1/day", "turnover of the mineral fraction")
mineral_reference = number(0.8, "1", "mineral fraction without treatment")
half_life_denosumab = number(10.0, "day", "half-life of denosumab")
half_life_romosozumab = number(7.0, "day", "half-life of romosozumab")
half_life_alendronate = number(152.710497, "day", "effective half-life of alendronate")
half_life_teriparatide = number(0.0417, "day", "half-life of teriparatide")
E_denosumab = number(4339.630194, "1/mg", "effectiveness of denosumab")
E_romosozumab = number(0.013104958, "1/mg", "effectiveness of romosozumab")
E_alendronate = number(2.97e-5, "1/mg", "effectiveness of alendronate")
E_teriparatide = number(265.529542, "1/mg", "effectiveness of teriparatide")
beta_denosumab_preosteoclast = number(0.873373525, "1", "most denosumab takes off fusion")
beta_denosumab_mineral = number(0.015764123, "1", "most denosumab adds to the mineral fraction")
eta_alendronate = number(1.000665052, "1/day", "most alendronate adds to osteoclast apoptosis")
beta_teriparatide_preosteoclast = number(4.282514877, "1", "most teriparatide adds to fusion")
beta_teriparatide_osteoblast = number(
    1.305332076, "1", "most teriparatide takes off osteoblast apoptosis"
)
q_ctx = number(1.160526444, "1", "exponent of CTX")
q_p1np = number(1.453273548, "1", "exponent of P1NP")
q_bsap = number(0.923890022, "1", "exponent of BSAP")
LOG_2 = 0.6931471805599453


@rate("1", "estrogen, 1 = before menopause")
def estrogen(time, age, year, menopause_age, estrogen_fall, estrogen_factor):
    since = ramp(age + time / year - menopause_age)
    return estrogen_factor / (1 + since / estrogen_fall)


@rate("1/day", "differentiation of each pre-osteoblast")
def preosteoblast_rate(sclerostin, omega_preosteoblast, s_preosteoblast):
    return omega_preosteoblast * inhibit(sclerostin / s_preosteoblast)


@rate("1/day", "fusion of each pre-osteoclast")
def preosteoclast_rate(
    estrogen, sclerostin, omega_preosteoclast, e_preosteoclast, s_preosteoclast, denosumab,
    E_denosumab, beta_denosumab_preosteoclast, teriparatide, E_teriparatide,
    beta_teriparatide_preosteoclast,
):  # fmt: skip
    signals = inhibit(estrogen / e_preosteoclast) * hill(sclerostin, s_preosteoclast)
    held = 1 - beta_denosumab_preosteoclast * hill(E_denosumab * denosumab, 1)
    driven = 1 + beta_teriparatide_preosteoclast * hill(E_teriparatide * teriparatide, 1)
    return omega_preosteoclast * signals * held * driven


@rate("1/day", "resorption")
def resorption_rate(osteoclasts, lambda_resorption):
    return lambda_resorption * osteoclasts


@rate("1/day", "formation")
def formation_rate(
    osteoblasts, osteoclasts, sclerostin, lambda_formation, s_formation, nu_formation, r_formation
):
    called = 1 + nu_formation * hill(osteoclasts, r_formation)
    return lambda_formation * inhibit(sclerostin / s_formation) * called * osteoblasts


@rate("1", "CTX, 1 = what a single osteoclast leaves")
def ctx(resorption_rate, lambda_resorption, q_ctx):
    return power(resorption_rate / lambda_resorption, q_ctx)


@rate("1", "P1NP, 1 = what a single unrestrained osteoblast leaves")
def p1np(formation_rate, lambda_formation, q_p1np):
    return power(formation_rate / lambda_formation, q_p1np)


@rate("1", "BSAP, 1 = what a single unrestrained osteoblast leaves")
def bsap(formation_rate, lambda_formation, q_bsap):
    return power(formation_rate / lambda_formation, q_bsap)


@rate("1", "bone mineral density of the total hip, relative")
def total_hip_bmd(bone_density, mineral_fraction):
    return bone_density * mineral_fraction


@reaction("-> preosteoblasts")
def preosteoblast_supply(precursor_supply):
    """Pre-osteoblasts come at a constant pace."""
    return 1 * precursor_supply


@reaction("preosteoblasts -> osteoblasts")
def osteoblast_maturation(preosteoblasts, preosteoblast_rate):
    """Sclerostin holds pre-osteoblasts back."""
    return preosteoblast_rate * preosteoblasts


@reaction("osteoblasts -> osteocytes")
def embedding(osteoblasts, omega_osteoblast):
    """Some osteoblasts embed themselves in the matrix."""
    return omega_osteoblast * osteoblasts


@reaction("osteoblasts ->")
def osteoblast_loss(
    osteoblasts, eta_osteoblast, beta_teriparatide_osteoblast, E_teriparatide, teriparatide
):
    """Osteoblasts die; teriparatide saves them, at high doses more of them than die."""
    saved = beta_teriparatide_osteoblast * hill(E_teriparatide * teriparatide, 1)
    return eta_osteoblast * (1 - saved) * osteoblasts


@reaction("osteocytes ->")
def osteocyte_loss(osteocytes, eta_osteocyte):
    """Osteocytes die."""
    return eta_osteocyte * osteocytes


@reaction("-> preosteoclasts")
def preosteoclast_supply(precursor_supply):
    """Pre-osteoclasts come at a constant pace, so their fusion adapts to any signal."""
    return 1 * precursor_supply


@reaction("preosteoclasts -> osteoclasts")
def fusion(preosteoclasts, preosteoclast_rate):
    """Estrogen and denosumab hold fusion back, sclerostin and teriparatide drive it."""
    return preosteoclast_rate * preosteoclasts


@reaction("osteoclasts ->")
def osteoclast_loss(
    osteoclasts, estrogen, eta_osteoclast, nu_osteoclast, e_osteoclast, r_osteoclast,
    alendronate, E_alendronate, eta_alendronate,
):  # fmt: skip
    """Osteoclasts die, faster with estrogen, resorption and alendronate."""
    signals = hill(estrogen, e_osteoclast) * hill(osteoclasts, r_osteoclast)
    poisoned = eta_alendronate * hill(E_alendronate * alendronate, 1)
    return (eta_osteoclast * (1 + nu_osteoclast * signals) + poisoned) * osteoclasts


@reaction("-> sclerostin")
def sclerostin_production(osteocytes, estrogen, sclerostin_release, e_sclerostin):
    """Osteocytes make sclerostin; estrogen restrains them."""
    return sclerostin_release * inhibit(estrogen / e_sclerostin) * osteocytes


@reaction("sclerostin ->")
def sclerostin_loss(sclerostin, kappa_sclerostin):
    """Sclerostin is cleared."""
    return kappa_sclerostin * sclerostin


@reaction("sclerostin -> bound_sclerostin")
def sclerostin_capture(sclerostin, kappa_sclerostin, romosozumab, E_romosozumab):
    """Romosozumab binds sclerostin."""
    return kappa_sclerostin * E_romosozumab * romosozumab * sclerostin


@reaction("bound_sclerostin -> sclerostin")
def sclerostin_release_from_antibody(bound_sclerostin, delta_sclerostin):
    """Romosozumab lets sclerostin go."""
    return delta_sclerostin * bound_sclerostin


@reaction("bound_sclerostin ->")
def bound_sclerostin_loss(bound_sclerostin, kappa_sclerostin):
    """Bound sclerostin is cleared."""
    return kappa_sclerostin * bound_sclerostin


@reaction("-> bone_density")
def bone_formation(formation_rate):
    """Osteoblasts add bone."""
    return 1 * formation_rate


@reaction("bone_density ->")
def bone_resorption(resorption_rate):
    """Osteoclasts take bone away."""
    return 1 * resorption_rate


@reaction("-> mineral_fraction")
def mineralisation(
    mineral_fraction, gamma_mineral, mineral_reference, denosumab, E_denosumab,
    beta_denosumab_mineral,
):  # fmt: skip
    """The mineral fraction follows its target, which denosumab raises."""
    target = mineral_reference + beta_denosumab_mineral * hill(E_denosumab * denosumab, 1)
    return gamma_mineral * (target - mineral_fraction)


@reaction("denosumab ->")
def denosumab_loss(denosumab, half_life_denosumab):
    """Denosumab is cleared."""
    return LOG_2 / half_life_denosumab * denosumab


@reaction("romosozumab ->")
def romosozumab_loss(romosozumab, half_life_romosozumab):
    """Romosozumab is cleared."""
    return LOG_2 / half_life_romosozumab * romosozumab


@reaction("alendronate ->")
def alendronate_loss(alendronate, half_life_alendronate):
    """Alendronate leaves the bone surface."""
    return LOG_2 / half_life_alendronate * alendronate


@reaction("teriparatide ->")
def teriparatide_loss(teriparatide, half_life_teriparatide):
    """Teriparatide is cleared."""
    return LOG_2 / half_life_teriparatide * teriparatide


DRUGS = ("denosumab", "romosozumab", "alendronate", "teriparatide")


def _woman(title: str, years: float, at: float = 65.0, **more: Any) -> Scenario:
    """Return a woman who has lived from birth to the age `at` when time zero comes."""
    return Scenario(title, years * YEAR, parameters={"age": at}, start_day=-at * YEAR, **more)


def _injections(drug: str, dose: float, every: float, count: int) -> tuple[Dose, ...]:
    return tuple(Dose(every * number, drug, dose) for number in range(count))


def _daily(drug: str, dose: float, years: float) -> tuple[Dose, ...]:
    """Return a daily dose as the constant flow the paper takes it for."""
    return (Dose(0.0, drug, dose, "rate"), Dose(years * YEAR, drug, -dose, "rate"))


def _person(patient: Patient) -> Scenario:
    if patient.male:
        raise InputError("joerg-2022 describes women; it has no men.")
    plan = _woman(patient.name, 0.0, patient.age)
    if patient.menopause_age is None:
        return plan
    return replace(plan, parameters={**plan.parameters, "menopause_age": patient.menopause_age})


MODEL = PublishedModel(
    name="joerg-2022",
    title="Ageing, estrogen, sclerostin and four classes of drugs at the hip",
    citation="Jörg DJ, Fuertinger DH, Cherif A, et al. eLife 2022;11:e76228",
    doi=DOI,
    model=Model(
        (
            replace(
                Process.from_module(sys.modules[__name__]),
                linear=tuple((drug,) for drug in DRUGS),
            ),
        )
    ),
    initial={
        "preosteoblasts": 200.0,
        "osteoblasts": 107.0,
        "osteocytes": 612.0,
        "preosteoclasts": 1700.0,
        "osteoclasts": 42.0,
        "sclerostin": 1.1e4,
        "bound_sclerostin": 0.0,
        "bone_density": 1.0,
        "mineral_fraction": 0.8,
        **dict.fromkeys(DRUGS, 0.0),
    },
    steady={"lambda_formation": 0.0, "lambda_resorption": 0.0},
    scenarios={
        "ageing": _woman("Ageing from birth to 90", 90.0, 0.0),
        "untreated": _woman("From 65 on, untreated", 10.0),
        "denosumab": _woman(
            "Denosumab 60 mg every half year for three years, then nothing", 10.0,
            doses=_injections("denosumab", 60.0, YEAR / 2, 6),
        ),
        "romosozumab": _woman(
            "Romosozumab 210 mg monthly for a year, then nothing", 10.0,
            doses=_injections("romosozumab", 210.0, YEAR / 12, 12),
        ),
        "alendronate": _woman(
            "Alendronate 10 mg daily for five years, then nothing", 10.0,
            doses=_daily("alendronate", 10.0, 5.0),
        ),
        "teriparatide": _woman(
            "Teriparatide 20 ug daily for two years, then nothing", 10.0,
            doses=_daily("teriparatide", 0.02, 2.0),
        ),
        "estrogen-withdrawal": _woman(
            "Estrogen at a tenth for five years, as under an aromatase inhibitor", 10.0,
            switches=(
                Switch(0.0, {"estrogen_factor": 0.1}), Switch(5 * YEAR, {"estrogen_factor": 1.0}),
            ),
        ),
    },
    quantities={
        "estradiol": "estrogen",
        "osteoclasts": "osteoclasts",
        "osteoblasts": "osteoblasts",
        "ctx": "ctx",
        "p1np": "p1np",
        "bsap": "bsap",
        "total_hip_bmd": "total_hip_bmd",
    },
    drugs={"denosumab": Administration("denosumab", 1.0, ("sc",))},
    person=_person,
    cannot=(
        "It describes women only, and of bone only the total hip: no spine, no neck, no T-score.",
        "Its estrogen falls with age alone, without units and without aromatase: an aromatase "
        "inhibitor can only be a fall of estrogen we impose.",
        "A constant supply of precursors makes its turnover adapt to any lasting signal, so "
        "resorption drifts back to normal on an aromatase inhibitor.",
        "It has no zoledronate, no tamoxifen and no estradiol treatment.",
    ),
)  # fmt: skip
