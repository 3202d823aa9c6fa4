"""Nelson 2026: natural and surgical menopause at the lumbar spine."""

from __future__ import annotations

import math
import sys
from functools import partial

from osteoaxis.errors import InputError
from osteoaxis.model import Model
from osteoaxis.patient import Patient
from osteoaxis.process import Process, State, as_unit, exp, hill, inhibit, ramp, rate, reaction
from osteoaxis.published.model import PublishedModel, Scenario, Switch, constant
from osteoaxis.units import conversion_factor

DOI = "10.3389/fsysb.2026.1729027"
JOERG = "10.7554/eLife.76228"
YEAR = 365.0  # days in the paper's year
number, of_joerg = partial(constant, source=DOI), partial(constant, source=JOERG)

# Cell densities are in multiples of what the constant supply of precursors brings in a day.
preosteoblasts = State("1", "pre-osteoblasts", 200.0)
osteoblasts = State("1", "osteoblasts", 100.0)
osteocytes = State("1", "osteocytes", 600.0)
preosteoclasts = State("1", "pre-osteoclasts", 4000.0)
osteoclasts = State("1", "osteoclasts", 40.0)
sclerostin = State("1", "sclerostin", 1e4)
lumbar_spine_bmd = State("1", "bone density of the lumbar spine, relative", 1.0)

menopause_day = number(0.0, "day", "day of menopause after time zero", range=(-4e4, 4e4))
estrogen_fall = of_joerg(949.0, "day", "time scale of the fall of estrogen, natural, tau_E")
surgical = number(0.0, "1", "whether menopause is surgical, 0 or 1", range=(0.0, 1.0))
half_life_estrogen = number(161.0, "min", "half-life of estrogen after surgery")
estrogen_before = number(156.0, "pg/mL", "estrogen before surgery")
estrogen_synthesis = number(0.065, "pg/mL/min", "synthesis of estrogen outside the ovary")
estrogen_factor = constant(
    1.0, "1", "estrogen relative to what menopause leaves",
    "assumed: ours, for a fall of estrogen that is not in the paper", range=(0.1, 10.0),
)  # fmt: skip
after_surgery = number(0.0, "1", "whether the ovaries are gone, 0 or 1", range=(0.0, 1.0))
eta_surgery = number(0.0, "1", "most that surgery adds to osteocyte apoptosis", range=(0.0, 20.0))
omega_surgery = number(0.0, "1/day", "most that surgery adds to fusion", range=(0.0, 20.0))
k_surgery = number(0.0, "1/day", "decay of what surgery adds, tau", range=(0.0, 1.0))
precursor_supply = of_joerg(1.0, "1/day", "supply of precursors of either kind, unit of scale")
omega_preosteoblast = of_joerg(0.319241069, "1/day", "differentiation of pre-osteoblasts")
omega_osteoblast = of_joerg(0.000624353, "1/day", "embedding of osteoblasts")
omega_preosteoclast = of_joerg(0.930890444, "1/day", "differentiation of pre-osteoclasts")
eta_osteoblast = of_joerg(0.00867806, "1/day", "apoptosis of osteoblasts")
eta_osteocyte = of_joerg(0.000109589, "1/day", "apoptosis of osteocytes")
eta_osteoclast = of_joerg(0.023815993, "1/day", "apoptosis of osteoclasts")
s_preosteoblast = of_joerg(163.2824648, "1", "sclerostin, half effect on pre-osteoblasts")
s_preosteoclast = of_joerg(8603687.044, "1", "sclerostin, half effect on pre-osteoclasts")
s_formation = of_joerg(3039.645954, "1", "sclerostin, half effect on formation")
e_preosteoclast = number(0.25463819775760055, "1", "estrogen, half effect on pre-osteoclasts")
e_sclerostin = number(9.776879488474847, "1", "estrogen, half effect on sclerostin")
r_formation = of_joerg(1024.4198, "1", "osteoclasts, half effect on formation")
nu_formation = of_joerg(107.5332737, "1", "most that resorption adds to formation")
sclerostin_release = of_joerg(1.0, "1/day", "sclerostin of each osteocyte, unit of scale")
kappa_sclerostin = of_joerg(0.05, "1/day", "loss of sclerostin")
lambda_formation = of_joerg(1.29e-6, "1/day", "formation by each osteoblast")
lambda_resorption = of_joerg(3.82e-6, "1/day", "resorption by each osteoclast")


@rate("day", "time since menopause")
def since_menopause(time, menopause_day):
    return ramp(time - menopause_day)


@rate("1/day", "loss of estrogen after surgery")
def estrogen_loss(half_life_estrogen):
    return math.log(2) / as_unit(half_life_estrogen, "min", "day")


@rate("1", "estrogen, 1 = before menopause")
def estrogen(
    since_menopause, estrogen_fall, surgical, estrogen_loss, estrogen_synthesis, estrogen_before,
    estrogen_factor,
):  # fmt: skip
    natural = 1 / (1 + since_menopause / estrogen_fall)
    made = as_unit(estrogen_synthesis, "pg/mL/min", "pg/mL/day")
    left = made / (estrogen_before * estrogen_loss)
    operated = left + (1 - left) * exp(-estrogen_loss * since_menopause)
    return estrogen_factor * (surgical * operated + (1 - surgical) * natural)


@rate("1", "share of what surgery adds that is left")
def surgical_effect(since_menopause, after_surgery, k_surgery):
    return after_surgery * exp(-k_surgery * since_menopause)


@rate("1/day", "differentiation of each pre-osteoblast")
def preosteoblast_rate(sclerostin, omega_preosteoblast, s_preosteoblast):
    return omega_preosteoblast * inhibit(sclerostin / s_preosteoblast)


@rate("1/day", "fusion of each pre-osteoclast")
def preosteoclast_rate(
    estrogen, sclerostin, omega_preosteoclast, e_preosteoclast, s_preosteoclast, surgical_effect,
    omega_surgery,
):  # fmt: skip
    signals = inhibit(estrogen / e_preosteoclast) * hill(sclerostin, s_preosteoclast)
    return (omega_preosteoclast + omega_surgery * surgical_effect) * signals


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
def osteoblast_loss(osteoblasts, eta_osteoblast):
    """Osteoblasts die."""
    return eta_osteoblast * osteoblasts


@reaction("osteocytes ->")
def osteocyte_loss(osteocytes, eta_osteocyte, eta_surgery, surgical_effect):
    """Osteocytes die, faster for a while after surgery."""
    return eta_osteocyte * (1 + eta_surgery * surgical_effect) * osteocytes


@reaction("-> preosteoclasts")
def preosteoclast_supply(precursor_supply):
    """Pre-osteoclasts come at a constant pace, so their fusion adapts to any signal."""
    return 1 * precursor_supply


@reaction("preosteoclasts -> osteoclasts")
def fusion(preosteoclasts, preosteoclast_rate):
    """Estrogen holds fusion back, sclerostin drives it."""
    return preosteoclast_rate * preosteoclasts


@reaction("osteoclasts ->")
def osteoclast_loss(osteoclasts, eta_osteoclast):
    """Osteoclasts die."""
    return eta_osteoclast * osteoclasts


@reaction("-> sclerostin")
def sclerostin_production(osteocytes, estrogen, sclerostin_release, e_sclerostin):
    """Osteocytes make sclerostin; estrogen restrains them."""
    return sclerostin_release * inhibit(estrogen / e_sclerostin) * osteocytes


@reaction("sclerostin ->")
def sclerostin_loss(sclerostin, kappa_sclerostin):
    """Sclerostin is cleared."""
    return kappa_sclerostin * sclerostin


@reaction("-> lumbar_spine_bmd")
def bone_formation(
    osteoblasts, osteoclasts, sclerostin, lambda_formation, s_formation, nu_formation, r_formation
):
    """Osteoblasts form bone; sclerostin restrains and resorption drives them."""
    called = 1 + nu_formation * hill(osteoclasts, r_formation)
    return lambda_formation * inhibit(sclerostin / s_formation) * called * osteoblasts


@reaction("lumbar_spine_bmd ->")
def bone_resorption(osteoclasts, lambda_resorption):
    """Osteoclasts resorb bone."""
    return lambda_resorption * osteoclasts


YEARS = 50.0
# The paper's woman lives 30 years at full estrogen before menopause, and slowly loses bone.
BEFORE = -30 * YEAR


def _surgery(title: str, **effects: float) -> Scenario:
    """Return a surgical menopause at time zero, with what surgery adds to the loss of ovaries."""
    return Scenario(
        title,
        YEARS * YEAR,
        parameters={"surgical": 1.0, **effects},
        switches=(Switch(0.0, {"after_surgery": 1.0}),),
        start_day=BEFORE,
    )


def _person(patient: Patient) -> Scenario:
    if patient.male:
        raise InputError("nelson-2026 describes women; it has no men.")
    if patient.menopause_age is None:
        raise InputError("nelson-2026 needs the age of menopause of the patient.")
    day = (patient.menopause_age - patient.age) * conversion_factor("year", "day")
    return Scenario(
        patient.name, 0.0, parameters={"menopause_day": day}, start_day=min(day, 0.0) + BEFORE
    )


MODEL = PublishedModel(
    name="nelson-2026",
    title="Natural and surgical menopause at the lumbar spine",
    citation="Nelson AC, Yeo E, et al. Front Syst Biol 2026;6:1729027",
    doi=DOI,
    model=Model((Process.from_module(sys.modules[__name__]),)),
    initial={
        "preosteoblasts": 200.0,
        "osteoblasts": 107.0,
        "osteocytes": 612.0,
        "preosteoclasts": 4000.0,
        "osteoclasts": 42.0,
        "sclerostin": 1.1e4,
        "lumbar_spine_bmd": 1.0,
    },
    steady={"lambda_formation": 0.0, "lambda_resorption": 0.0},
    scenarios={
        "natural": Scenario("Natural menopause", YEARS * YEAR, start_day=BEFORE),
        "surgical": _surgery("Surgical menopause, by the fall of estrogen alone"),
        "surgical-short-fit": _surgery(
            "Surgical menopause, effects fitted to the first 15 years",
            eta_surgery=5.0, k_surgery=0.009745805433299216, omega_surgery=1.86289302804691,
        ),
        "surgical-long-fit": _surgery(
            "Surgical menopause, effects fitted to 30 years",
            eta_surgery=0.4174487709182692, k_surgery=0.0, omega_surgery=0.21551756624852234,
        ),
        "estrogen-withdrawal": Scenario(
            "Natural menopause, and estrogen at a tenth from year 15 to 20, as under an "
            "aromatase inhibitor",
            YEARS * YEAR,
            switches=(
                Switch(15 * YEAR, {"estrogen_factor": 0.1}),
                Switch(20 * YEAR, {"estrogen_factor": 1.0}),
            ),
            start_day=BEFORE,
        ),
    },
    quantities={
        "estradiol": "estrogen",
        "osteoclasts": "osteoclasts",
        "osteoblasts": "osteoblasts",
        "lumbar_spine_bmd": "lumbar_spine_bmd",
    },
    person=_person,
    cannot=(
        "It describes women only, and of bone only the lumbar spine; it has no markers.",
        "It has no drugs at all.",
        "Its estrogen falls with time since menopause alone, without aromatase: an aromatase "
        "inhibitor can only be a fall of estrogen we impose.",
        "A constant supply of precursors makes its turnover adapt to any lasting signal.",
    ),
)  # fmt: skip
