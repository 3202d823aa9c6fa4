"""The pituitary and the gonad: LH and FSH, their feedback, and what they make the gonad do.

One set of equations for both sexes. Feedback is by estradiol and testosterone; how far the
pituitary can rise when feedback is gone (its reserve) differs by sex and age.
"""

from osteoaxis.process import Param, Site, State, inhibit, positive_part, power, rate, reaction

lh = State("IU/L", "luteinising hormone in serum", 5.0, set_by=("lh_reference",))
fsh = State("IU/L", "follicle-stimulating hormone in serum", 5.0, set_by=("fsh_reference",))
pituitary_sensitivity = State("1", "response of the pituitary to GnRH, 1 = normal", 1.0)
lasting_suppression = State(
    "1", "feedback beyond normal that the hypothalamus still remembers", 0.1, empty=True
)

estrogen_feedback_inhibitor_load = Site(
    "inhibits",
    "1",
    "modulators that take estradiol's place at the pituitary, sum of concentration over IC50",
)
pituitary_desensitisation = Site(
    "desensitises", "1", "GnRH agonists at the pituitary, sum of concentration over EC50"
)

lh_reference = Param(
    5.5, "IU/L", "LH in the young adult", "assumed: usual level", (2.0, 10.0), men=4.5
)
fsh_reference = Param(
    5.8, "IU/L", "FSH in the young adult", "assumed: usual level", (2.0, 10.0), men=4.0
)
lh_reserve = Param(
    0.22,
    "1",
    "pituitary reserve of LH: LH can rise to (1 + reserve) / reserve times normal",
    "fitted: menopausal LH; letrozole in young men (T'Sjoen 2005)",
    (0.05, 2.0),
    men=0.15,
)
fsh_reserve = Param(
    0.095,
    "1",
    "pituitary reserve of FSH",
    "fitted: menopausal FSH",
    (0.03, 2.0),
    men=0.15,
)
k_gonadotropin = Param(
    4.0,
    "1/day",
    "turnover of LH and FSH, pulses smoothed",
    "assumed: hours to a day",
    (1.0, 20.0),
)
k_sensitivity = Param(
    0.25,
    "1/day",
    "rate at which the pituitary loses and regains response to GnRH",
    "assumed: GnRH agonists suppress LH within two to three weeks",
    (0.1, 0.5),
)
estradiol_feedback_power = Param(
    2.0,
    "1",
    "power of estradiol in the feedback on gonadotropins",
    "assumed: LH trebles when estradiol halves in men (T'Sjoen 2005)",
    (1.0, 5.0),
)
testosterone_feedback_power = Param(
    0.8,
    "1",
    "power of testosterone in the feedback on gonadotropins",
    "assumed: LH 14.5 to 8.0 IU/L when testosterone doubled at unchanged estradiol (Marynick 1979)",
    (0.2, 2.0),
)
k_suppression = Param(
    0.025,
    "1/day",
    "rate at which suppression by feedback beyond normal is forgotten",
    "12 weeks after two years of testosterone undecanoate LH is still suppressed, at 36 its mean is"
    " back (abstract 71615 of esa-virtual-2020; median to a man's own LH 51 weeks, PMID 35000898)",
    (0.01, 0.06),
)
suppression_width = Param(
    0.02, "1", "feedback beyond normal that leaves nothing behind", "assumed: small", (0.01, 0.1)
)
half_gonadotropin_drive = Param(
    3.0,
    "1",
    "LH, relative to normal, beyond which the gonad stops responding in proportion",
    "fitted: testosterone against LH on letrozole in men (T'Sjoen 2005)",
    (1.0, 10.0),
)


@rate("1", "feedback on the pituitary at this moment, 1 = normal")
def feedback_now(
    estradiol,
    estradiol_reference,
    testosterone,
    testosterone_reference,
    testosterone_secreted,
    estradiol_from_testosterone,
    estradiol_feedback_power,
    testosterone_feedback_power,
    estrogen_feedback_inhibitor_load,
):
    """Estradiol and testosterone hold LH and FSH back, each more where the other is there.

    With hardly any testosterone not even much estradiol brings LH to normal
    (10.1111/j.1365-2265.2009.03573.x), and without estradiol testosterone does not. Tamoxifen and
    raloxifene keep estradiol from its receptor there: LH and testosterone of men rise.

    Normal is what the person has: most men whose testosterone is low have LH in the normal range
    (10.1210/jc.2009-1796), so their set point is low, and the estradiol made from it, too.
    """
    own_estradiol = estradiol_reference * power(testosterone_secreted, estradiol_from_testosterone)
    felt = estradiol / own_estradiol * inhibit(estrogen_feedback_inhibitor_load)
    by_estradiol = power(felt + 1e-9, estradiol_feedback_power)
    own_testosterone = testosterone_reference * testosterone_secreted
    by_testosterone = power(testosterone / own_testosterone + 1e-9, testosterone_feedback_power)
    return by_estradiol * by_testosterone


@rate("1", "feedback beyond normal at this moment")
def excess_feedback(feedback_now, suppression_width):
    """What steroids from outside add to the feedback of normal levels."""
    return positive_part(feedback_now - 1, suppression_width)


@reaction("-> lasting_suppression")
def suppression(k_suppression, excess_feedback):
    """Feedback beyond normal is remembered."""
    return k_suppression * excess_feedback


@reaction("lasting_suppression ->")
def suppression_forgotten(k_suppression, lasting_suppression):
    """The hypothalamus wakes again over weeks."""
    return k_suppression * lasting_suppression


@rate("1", "feedback on the pituitary, 1 = normal")
def gonadotropin_feedback(feedback_now, excess_feedback, lasting_suppression, suppression_width):
    """Suppression acts at once and outlasts the steroids that caused it."""
    return feedback_now + positive_part(lasting_suppression - excess_feedback, suppression_width)


@reaction("-> lh")
def lh_secretion(
    k_gonadotropin, lh_reference, lh_reserve, gonadotropin_feedback, pituitary_sensitivity
):
    """The pituitary secretes LH against the feedback, up to its reserve."""
    drive = (1 + lh_reserve) / (lh_reserve + gonadotropin_feedback)
    return k_gonadotropin * lh_reference * pituitary_sensitivity * drive


@reaction("lh ->")
def lh_clearance(lh, k_gonadotropin):
    """LH is cleared."""
    return k_gonadotropin * lh


@reaction("-> fsh")
def fsh_secretion(
    k_gonadotropin, fsh_reference, fsh_reserve, gonadotropin_feedback, pituitary_sensitivity
):
    """The pituitary secretes FSH against the feedback, up to its reserve."""
    drive = (1 + fsh_reserve) / (fsh_reserve + gonadotropin_feedback)
    return k_gonadotropin * fsh_reference * pituitary_sensitivity * drive


@reaction("fsh ->")
def fsh_clearance(fsh, k_gonadotropin):
    """FSH is cleared."""
    return k_gonadotropin * fsh


@reaction("-> pituitary_sensitivity")
def sensitivity_recovery(k_sensitivity, pituitary_desensitisation):
    """The pituitary regains its response unless a GnRH agonist keeps it away."""
    return k_sensitivity * inhibit(pituitary_desensitisation)


@reaction("pituitary_sensitivity ->")
def sensitivity_loss(pituitary_sensitivity, k_sensitivity):
    """The pituitary's response turns over."""
    return k_sensitivity * pituitary_sensitivity


@rate("1", "steroid output of the gonad, 1 = young adult")
def gonadal_output(gonadal_capacity, lh, lh_reference, half_gonadotropin_drive):
    """What gonadal capacity and LH make together."""
    drive = lh / lh_reference
    return (
        gonadal_capacity * (1 + half_gonadotropin_drive) * drive / (half_gonadotropin_drive + drive)
    )
