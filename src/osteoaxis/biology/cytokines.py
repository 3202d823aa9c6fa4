"""TNF-alpha, IL-1 and IL-6 from activated immune cells of the marrow, which estrogen restrains.

No published bone model holds these cytokines in human units: this layer is new, its gains are
fitted or assumed, and every loop gain is held below one. Levels are activity at the marrow in the
unit of serum at the young adult; serum itself moves far less (TNF-alpha by a sixth at menopause).
The slow time constant belongs to the cells that make cytokines, the proteins last hours. Each
cytokine has actions of its own elsewhere: TNF-alpha and IL-1 on RANKL and osteoclasts, IL-6 on
precursors only, TNF-alpha on osteoblasts and sclerostin. Drugs against a cytokine take away what is
above the level of the young adult: no effect on bone without inflammation was found.
"""

from osteoaxis.biology.sources import FIRST_NUMBERS
from osteoaxis.process import Param, Site, State, exp, inhibit, rate, reaction, sqrt

activated_immune_cells = State(
    "1", "activated T cells and macrophages of the marrow, 1 = young adult", 1.0
)
tnf_alpha = State(
    "pg/mL", "TNF-alpha at the marrow, in serum units", 1.5, set_by=("tnf_alpha_reference",)
)
il1 = State("pg/mL", "IL-1 beta at the marrow, in serum units", 0.5, set_by=("il1_reference",))
il6 = State("pg/mL", "IL-6 at the marrow, in serum units", 1.5, set_by=("il6_reference",))

tnf_alpha_binding = Site("binds", "1", "drugs that bind TNF-alpha, sum of concentration over K")
il1_binding = Site("binds", "1", "drugs that hold IL-1 off its receptor, concentration over K")
il6_binding = Site("binds", "1", "drugs that hold IL-6 off its receptor, concentration over K")

tnf_alpha_reference = Param(
    1.9,
    "pg/mL",
    "TNF-alpha in the young adult",
    "10.1371/journal.pone.0021002 (2.9 in all adults); 1.91 in a cohort of 69 women",
    (1.0, 3.0),
)
il1_reference = Param(
    0.8,
    "pg/mL",
    "IL-1 beta in the young adult",
    "10.1371/journal.pone.0021002 (1.2 where detectable)",
    (0.5, 1.2),
)
il6_reference = Param(
    1.2,
    "pg/mL",
    "IL-6 in the young adult",
    "10.1371/journal.pone.0021002 (1.5 in all adults)",
    (0.5, 1.5),
)
k_immune_cells = Param(
    0.06286,
    "1/day",
    "turnover of activated immune cells",
    FIRST_NUMBERS,
    (0.03, 0.15),
)
k_cytokine = Param(
    2.0, "1/day", "turnover of cytokines at the marrow", "assumed: hours to a day", (0.5, 50.0)
)
immune_restraint = Param(
    1.5,
    "1",
    "logarithm of the rise of activated immune cells at complete estrogen deficit",
    FIRST_NUMBERS,
    (0.4, 3.0),
)
immune_resorption = Param(
    0.1,
    "1",
    "rise of activated immune cells with resorption, bounded",
    "assumed: loop gain below 0.2",
    (0.0, 0.3),
)
tnf_alpha_gain = Param(
    1.0,
    "1",
    "rise of TNF-alpha with activated immune cells",
    "assumed: in proportion",
    (0.3, 1.5),
)
il1_gain = Param(
    0.8, "1", "rise of IL-1 with activated immune cells", "assumed: in proportion", (0.3, 1.5)
)
il6_gain = Param(
    0.4,
    "1",
    "rise of IL-6 with activated immune cells",
    "assumed: mostly induced by TNF-alpha and IL-1",
    (0.0, 1.5),
)
il1_to_tnf_alpha = Param(
    0.1, "1", "rise of TNF-alpha with IL-1", "assumed: loop gain below 0.2", (0.0, 0.3)
)
tnf_alpha_to_il1 = Param(
    0.2, "1", "rise of IL-1 with TNF-alpha", "assumed: loop gain below 0.2", (0.0, 0.4)
)
tnf_alpha_to_il6 = Param(
    0.3, "1", "rise of IL-6 with TNF-alpha", "assumed: TNF-alpha induces IL-6", (0.0, 0.8)
)
il1_to_il6 = Param(0.3, "1", "rise of IL-6 with IL-1", "assumed: IL-1 induces IL-6", (0.0, 0.8))
tnf_alpha_block = Param(
    0.0,
    "1",
    "share of TNF-alpha action blocked from time zero",
    "assumed: an experiment",
    (0.0, 1.0),
)
il1_block = Param(
    0.0, "1", "share of IL-1 action blocked from time zero", "assumed: an experiment", (0.0, 1.0)
)
il6_block = Param(
    0.0, "1", "share of IL-6 action blocked from time zero", "assumed: an experiment", (0.0, 1.0)
)
block_onset = Param(
    1.0, "day", "time over which a block sets in", "assumed: a sharp but smooth start", (0.1, 7.0)
)


@rate("1", "share of the time after zero: 0 before, 1 after")
def after_time_zero(time, block_onset):
    """Blocks of cytokine action start at time zero."""
    x = time / block_onset
    return (1 + x / sqrt(1 + x * x)) / 2


@rate("1", "TNF-alpha excess over the young adult that cells feel")
def tnf_alpha_excess(
    tnf_alpha, tnf_alpha_reference, tnf_alpha_block, after_time_zero, tnf_alpha_binding
):
    """Relative rise of TNF-alpha, as far as its action is neither blocked nor held off by drugs."""
    open_ = 1 - tnf_alpha_block * after_time_zero
    return open_ * inhibit(tnf_alpha_binding) * (tnf_alpha / tnf_alpha_reference - 1)


@rate("1", "IL-1 excess over the young adult that cells feel")
def il1_excess(il1, il1_reference, il1_block, after_time_zero, il1_binding):
    """Relative rise of IL-1, as far as its action is neither blocked nor held off by drugs."""
    open_ = 1 - il1_block * after_time_zero
    return open_ * inhibit(il1_binding) * (il1 / il1_reference - 1)


@rate("1", "IL-6 excess over the young adult that cells feel")
def il6_excess(il6, il6_reference, il6_block, after_time_zero, il6_binding):
    """Relative rise of IL-6, as far as its action is neither blocked nor held off by drugs."""
    open_ = 1 - il6_block * after_time_zero
    return open_ * inhibit(il6_binding) * (il6 / il6_reference - 1)


@reaction("-> activated_immune_cells")
def immune_activation(
    k_immune_cells, immune_restraint, estrogen_deficit, immune_resorption, resorption_rate
):
    """Estrogen deficit frees T cells and macrophages; products of resorption add to it.

    Exponential, so that more estrogen than the young adult has silences but never inverts it.
    """
    products = immune_resorption * (resorption_rate - 1) / (resorption_rate + 1)
    return k_immune_cells * (exp(immune_restraint * estrogen_deficit) + products)


@reaction("activated_immune_cells ->")
def immune_loss(activated_immune_cells, k_immune_cells):
    """Activated immune cells return to rest or die."""
    return k_immune_cells * activated_immune_cells


@reaction("-> tnf_alpha")
def tnf_alpha_production(
    k_cytokine,
    tnf_alpha_reference,
    activated_immune_cells,
    tnf_alpha_gain,
    il1_to_tnf_alpha,
    il1_excess,
):
    """Immune cells make TNF-alpha; IL-1 adds to it."""
    return (
        k_cytokine
        * tnf_alpha_reference
        * (1 + tnf_alpha_gain * (activated_immune_cells - 1) + il1_to_tnf_alpha * il1_excess)
    )


@reaction("tnf_alpha ->")
def tnf_alpha_loss(tnf_alpha, k_cytokine):
    """TNF-alpha is cleared."""
    return k_cytokine * tnf_alpha


@reaction("-> il1")
def il1_production(
    k_cytokine,
    il1_reference,
    activated_immune_cells,
    il1_gain,
    tnf_alpha_to_il1,
    tnf_alpha_excess,
):
    """Macrophages make IL-1; TNF-alpha adds to it."""
    return (
        k_cytokine
        * il1_reference
        * (1 + il1_gain * (activated_immune_cells - 1) + tnf_alpha_to_il1 * tnf_alpha_excess)
    )


@reaction("il1 ->")
def il1_loss(il1, k_cytokine):
    """IL-1 is cleared."""
    return k_cytokine * il1


@reaction("-> il6")
def il6_production(
    k_cytokine,
    il6_reference,
    activated_immune_cells,
    il6_gain,
    tnf_alpha_to_il6,
    tnf_alpha_excess,
    il1_to_il6,
    il1_excess,
):
    """IL-6 is made by immune and stromal cells that TNF-alpha and IL-1 drive."""
    return (
        k_cytokine
        * il6_reference
        * (
            1
            + il6_gain * (activated_immune_cells - 1)
            + tnf_alpha_to_il6 * tnf_alpha_excess
            + il1_to_il6 * il1_excess
        )
    )


@reaction("il6 ->")
def il6_loss(il6, k_cytokine):
    """IL-6 is cleared."""
    return k_cytokine * il6
