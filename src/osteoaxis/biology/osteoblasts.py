"""Osteoblasts, osteocytes and sclerostin: formation follows resorption late and too little.

Estrogen deficit and TNF-alpha shorten osteoblast life and sclerostin holds recruitment back: the
uncoupling. A part of recruitment needs no resorption before it (modelling), so bone goes on being
formed when resorption is silenced. Lining cells are a store: PTH pulses and the loss of sclerostin
wake them, the store empties within weeks to months and refills slowly, so anabolic drugs wear off.
"""

from osteoaxis.biology.sources import ANABOLIC, FIRST_NUMBERS
from osteoaxis.process import Param, Site, State, exp, positive_part, power, rate, reaction

osteoblast_precursors = State("1", "responding osteoblast precursors, 1 = young adult", 1.0)
osteoblasts = State("1", "active osteoblasts, 1 = young adult", 1.0)
osteocytes = State("1", "living osteocytes, 1 = young adult", 1.0)
sclerostin = State("pmol/L", "sclerostin in serum", 30.0, set_by=("sclerostin_reference",))

woken_osteoblasts = State(
    "1", "osteoblasts woken from lining cells, 1 = active cells of the young adult", 0.1, empty=True
)
lining_cells = State("1", "lining cells that can wake as osteoblasts, 1 = young adult", 1.0)
pth_lineage = State("1", "osteoblast lineage that PTH pulses have expanded", 0.1, empty=True)

dkk1 = State("1", "DKK1 in serum beyond normal, 1 = twice normal", 0.1, empty=True)

sclerostin_binding = Site("binds", "1", "drugs that bind sclerostin, sum of concentration over K")
recruitment_stimulation = Site("stimulates", "1", "rise of recruitment, as by mechanical loading")

k_osteoblast_precursors = Param(
    0.03857,
    "1/day",
    "turnover of responding precursors",
    FIRST_NUMBERS,
    (0.015, 0.1),
)
k_osteoblasts = Param(
    0.01833,
    "1/day",
    "death of osteoblasts",
    FIRST_NUMBERS,
    (0.008, 0.05),
)
k_osteocytes = Param(
    0.00011,
    "1/day",
    "turnover of osteocytes (25 years)",
    "assumed: value used by Jorg 2022",
    (0.00005, 0.0005),
)
k_sclerostin = Param(0.1, "1/day", "turnover of sclerostin", "assumed: days", (0.03, 1.0))
modelling_share = Param(
    0.1095,
    "1",
    "share of recruitment without resorption before it",
    FIRST_NUMBERS,
    (0.0, 0.25),
)
coupling_power = Param(
    0.9274,
    "1",
    "power of TGF-beta in recruitment",
    FIRST_NUMBERS,
    (0.6, 1.2),
)
apoptosis_estrogen = Param(
    0.08231,
    "1",
    "rise of osteoblast death at complete estrogen deficit",
    FIRST_NUMBERS,
    (0.0, 0.5),
)
apoptosis_tnf_alpha = Param(
    0.01621,
    "1",
    "rise of osteoblast death for each doubling of TNF-alpha",
    FIRST_NUMBERS,
    (0.0, 0.2),
)
apoptosis_il1 = Param(
    0.005,
    "1",
    "rise of osteoblast death for each doubling of IL-1",
    "assumed: a quarter of TNF",
    (0.0, 0.1),
)
sclerostin_reference = Param(
    23.1,
    "pmol/L",
    "sclerostin in the young adult",
    "10.3803/EnM.2015.30.1.58; men 10.1002/jbmr.217",
    (15.0, 40.0),
    men=33.3,
)
sclerostin_estrogen = Param(
    0.6,
    "1",
    "rise of sclerostin at complete estrogen deficit",
    "10.1002/jbmr.128 (estradiol lowers it by 27 %); 10.3803/EnM.2015.30.1.58 (more on an AI)",
    (0.2, 1.2),
)
sclerostin_tnf_alpha = Param(
    0.05,
    "1",
    "rise of sclerostin for each doubling of TNF-alpha",
    "assumed: small",
    (0.0, 0.3),
)
sclerostin_sensitivity = Param(
    0.2095, "1", "power of sclerostin in holding recruitment back", FIRST_NUMBERS, (0.0, 0.5)
)
lining_store = Param(
    3.7,
    "1",
    "osteoblasts that all lining cells would give, 1 = active cells of the young adult",
    ANABOLIC,
    (1.0, 10.0),
)
k_lining_sclerostin = Param(
    0.0465,
    "1/day",
    "waking of lining cells when all sclerostin is neutralised",
    ANABOLIC,
    (0.01, 0.3),
)
k_lining_pth = Param(
    1.29,
    "1/day",
    "waking of lining cells by a lasting full pulse of PTH",
    ANABOLIC,
    (0.1, 5.0),
)
pth_modelling = Param(
    0.3,
    "1",
    "share of waking by PTH that needs no resorption nearby",
    "assumed: on teriparatide most new bone lies on or beside resorbed surface, but all kinds of "
    "formation rise (biopsies, 10.1002/jbmr.3309)",
    (0.05, 0.8),
)
k_lining_refill = Param(
    0.0026,
    "1/day",
    "refilling of lining cells",
    ANABOLIC,
    (0.001, 0.01),
)
k_pth_lineage = Param(
    0.011,
    "1/day",
    "expansion of the osteoblast lineage by PTH pulses",
    ANABOLIC,
    (0.002, 0.05),
)
recruitment_pth = Param(
    10.4,
    "1",
    "rise of recruitment with the lineage that PTH pulses expand",
    ANABOLIC,
    (0.0, 40.0),
)
other_antagonists = Param(
    3.58,
    "1",
    "restraint by DKK1 and others beside sclerostin, 1 = as much as sclerostin",
    ANABOLIC,
    (0.0, 6.0),
)
k_dkk1 = Param(
    0.004,
    "1/day",
    "rise and return of DKK1",
    "assumed: on teriparatide unchanged at 6 months, up at 12 and no further at 18 (PMID 21367927)",
    (0.002, 0.01),
)
dkk1_pth = Param(
    10.0,
    "1",
    "rise of DKK1 with the lineage that PTH pulses expand",
    "DKK1 27 to 30 % up after 12 and 18 months of teriparatide (PMID 21367927)",
    (0.0, 20.0),
)
androgen_recruitment = Param(
    0.1,
    "1",
    "share of recruitment that depends on the direct androgen signal",
    "assumed: Falahati-Nini 2000: testosterone supports formation",
    (0.0, 0.3),
)
ageing = Param(
    0.005975,
    "1/year",
    "fall of recruitment with age after 40",
    FIRST_NUMBERS,
    (0.0, 0.006),
    men=0.002,
)
ageing_onset = Param(
    40.0,
    "year",
    "age at which recruitment starts to fall",
    "assumed: after peak bone mass",
    (30.0, 55.0),
)


@rate("1", "recruitment left at this age")
def age_recruitment(age_now, ageing, ageing_onset, ageing_width):
    """Recruitment of osteoblasts falls slowly with age."""
    return exp(-ageing * positive_part(age_now - ageing_onset, ageing_width))


ageing_width = Param(
    1.0, "year", "width of the onset of ageing", "assumed: a smooth start", (0.5, 3.0)
)


@rate("1", "share of sclerostin that drugs neutralise")
def sclerostin_neutralised(sclerostin_binding):
    """Sclerostin bound by an antibody does not act."""
    return sclerostin_binding / (1 + sclerostin_binding)


@rate("pmol/L", "sclerostin that acts")
def free_sclerostin(sclerostin, sclerostin_neutralised):
    """Sclerostin that no drug holds."""
    return sclerostin * (1 - sclerostin_neutralised)


@rate("1", "response to PTH pulses that resorption allows, 1 = young adult")
def pth_reach(pth_modelling, tgf_beta, tgf_beta_reference):
    """Pulses of PTH work mostly near resorption."""
    return pth_modelling + (1 - pth_modelling) * tgf_beta / tgf_beta_reference


@rate("1/day", "waking of lining cells")
def lining_activation(
    k_lining_sclerostin, sclerostin_neutralised, k_lining_pth, pth_pulse, pth_reach
):
    """Lining cells wake without sclerostin and with pulses of PTH."""
    return k_lining_sclerostin * sclerostin_neutralised + k_lining_pth * pth_pulse * pth_reach


@reaction("-> lining_cells")
def lining_refill(k_lining_refill):
    """Resting osteoblasts become lining cells."""
    return 1 * k_lining_refill


@reaction("lining_cells ->")
def lining_loss(lining_cells, k_lining_refill, lining_activation):
    """Lining cells leave or wake."""
    return (k_lining_refill + lining_activation) * lining_cells


@reaction("-> woken_osteoblasts")
def waking(lining_cells, lining_activation, lining_store):
    """Lining cells that wake form bone at once, without resorption before it."""
    return lining_store * lining_activation * lining_cells


@reaction("woken_osteoblasts ->")
def woken_apoptosis(woken_osteoblasts, k_osteoblasts, osteoblast_death):
    """Woken osteoblasts die or rest as others do."""
    return k_osteoblasts * osteoblast_death * woken_osteoblasts


@reaction("-> pth_lineage")
def lineage_expansion(k_pth_lineage, pth_pulse):
    """Pulses of PTH expand the osteoblast lineage."""
    return k_pth_lineage * pth_pulse


@reaction("pth_lineage ->")
def lineage_return(pth_lineage, k_pth_lineage):
    """Without pulses the lineage returns to its size."""
    return k_pth_lineage * pth_lineage


@reaction("-> dkk1")
def dkk1_rise(k_dkk1, dkk1_pth, pth_lineage):
    """The lineage that PTH pulses expand makes DKK1, which wears their effect off."""
    return k_dkk1 * dkk1_pth * pth_lineage


@reaction("dkk1 ->")
def dkk1_return(k_dkk1, dkk1):
    """Without pulses DKK1 returns to normal over months."""
    return k_dkk1 * dkk1


@reaction("-> osteoblast_precursors")
def recruitment(
    k_osteoblast_precursors,
    modelling_share,
    tgf_beta,
    tgf_beta_reference,
    coupling_power,
    free_sclerostin,
    sclerostin_reference,
    sclerostin_sensitivity,
    other_antagonists,
    dkk1,
    androgen_recruitment,
    androgen_signal,
    age_recruitment,
    recruitment_pth,
    pth_lineage,
    recruitment_stimulation,
):
    """TGF-beta, PTH pulses and load call precursors, sclerostin holds them back, androgens help."""
    coupled = power(tgf_beta / tgf_beta_reference + 1e-9, coupling_power)
    called = modelling_share + (1 - modelling_share) * coupled
    # The power acts on sclerostin alone, however much of the restraint is not sclerostin.
    others = other_antagonists * (1 + dkk1)
    restraint = (others + free_sclerostin / sclerostin_reference) / (other_antagonists + 1)
    tone = power(restraint, -sclerostin_sensitivity * (other_antagonists + 1))
    androgen = 1 - androgen_recruitment + androgen_recruitment * androgen_signal
    pulses = (1 + recruitment_pth * pth_lineage) * (1 + recruitment_stimulation)
    return k_osteoblast_precursors * called * pulses * tone * androgen * age_recruitment


@reaction("osteoblast_precursors ->")
def precursor_turnover(osteoblast_precursors, k_osteoblast_precursors):
    """Precursors become osteoblasts or leave."""
    return k_osteoblast_precursors * osteoblast_precursors


@rate("1", "osteoblast death relative to the young adult")
def osteoblast_death(
    estrogen_deficit,
    apoptosis_estrogen,
    tnf_alpha_excess,
    apoptosis_tnf_alpha,
    il1_excess,
    apoptosis_il1,
):
    """Estrogen deficit and cytokines shorten osteoblast life."""
    return (
        1
        + apoptosis_estrogen * estrogen_deficit
        + apoptosis_tnf_alpha * tnf_alpha_excess
        + apoptosis_il1 * il1_excess
    )


@reaction("-> osteoblasts")
def osteoblast_formation(k_osteoblasts, osteoblast_precursors):
    """Precursors mature into osteoblasts."""
    return k_osteoblasts * osteoblast_precursors


@reaction("osteoblasts ->")
def osteoblast_apoptosis(osteoblasts, k_osteoblasts, osteoblast_death):
    """Osteoblasts die or are buried."""
    return k_osteoblasts * osteoblast_death * osteoblasts


@reaction("-> osteocytes")
def osteocyte_burial(k_osteocytes, formation_rate):
    """Osteoblasts are buried as osteocytes."""
    return k_osteocytes * formation_rate


@reaction("osteocytes ->")
def osteocyte_loss(osteocytes, k_osteocytes, osteoclasts, osteoblast_death):
    """Osteocytes are resorbed with their bone and die as osteoblasts do."""
    return k_osteocytes * osteoclasts * osteoblast_death * osteocytes


@reaction("-> sclerostin")
def sclerostin_production(
    k_sclerostin,
    sclerostin_reference,
    osteocytes,
    sclerostin_estrogen,
    estrogen_deficit,
    sclerostin_tnf_alpha,
    tnf_alpha_excess,
):
    """Osteocytes make sclerostin; estrogen restrains it, TNF-alpha raises it."""
    drive = 1 + sclerostin_estrogen * estrogen_deficit + sclerostin_tnf_alpha * tnf_alpha_excess
    return k_sclerostin * sclerostin_reference * osteocytes * drive


@reaction("sclerostin ->")
def sclerostin_loss(sclerostin, k_sclerostin):
    """Sclerostin is cleared."""
    return k_sclerostin * sclerostin
