"""Joint pain: driven by how far estradiol falls below what the body was used to.

A slow set point follows the logarithm of estradiol; its distance drives a latent severity, and
cytokines add a little. The probability of arthralgia (worst pain of 3 or more on 0 to 10) is a
logistic function of severity over a population.
"""

from osteoaxis.process import Param, Site, State, log, positive_part, rate, reaction, switch

estrogen_set_point = State(
    "1", "logarithm of the estradiol (pg/mL) the body is used to", 3.0, signed=True
)
joint_pain = State("1", "latent severity of joint pain", 1.0, signed=True)

pain_relief_stimulation = Site(
    "stimulates", "1", "relief of joint pain that leaves its cause, in units of severity"
)

k_set_point = Param(
    0.00091,
    "1/day",
    "adaptation to a new estradiol level (3 years)",
    "assumed: 2 to 4 years, so that recent menopause is a risk (Mao 2009)",
    (0.0005, 0.002),
)
k_joint_pain = Param(
    0.02,
    "1/day",
    "build-up and relief of joint pain (50 days)",
    "fitted: TEXT-MSK",
    (0.01, 0.05),
)
pain_withdrawal = Param(
    0.32,
    "1",
    "severity for each unit of estrogen withdrawal (natural logarithm)",
    "fitted: TEXT-MSK",
    (0.1, 1.0),
)
pain_cytokines = Param(
    0.1,
    "1",
    "severity for each doubling of TNF-alpha and IL-6 together",
    "assumed: a minor modifier",
    (0.0, 0.5),
)
pain_background = Param(
    -1.73,
    "1",
    "log odds of arthralgia without withdrawal",
    "fitted: TEXT-MSK at entry (15 %)",
    (-2.5, -0.5),
)
estradiol_unit = Param(1.0, "pg/mL", "unit of the logarithm", "assumed: a unit", (1.0, 1.0))
withdrawal_width = Param(
    0.1, "1", "width below which withdrawal is not felt", "assumed: a smooth start", (0.02, 0.5)
)


@rate("1", "logarithm of estradiol in pg/mL")
def log_estradiol(estradiol, estradiol_unit):
    """Joints feel ratios of estradiol."""
    return log(estradiol / estradiol_unit + 1e-3)


@rate("1", "estrogen withdrawal, natural logarithm of the fall")
def estrogen_withdrawal(estrogen_set_point, log_estradiol, withdrawal_width):
    """How far estradiol is below what the body was used to."""
    return positive_part(estrogen_set_point - log_estradiol, withdrawal_width)


@reaction("-> estrogen_set_point")
def set_point_adaptation(k_set_point, log_estradiol, estrogen_set_point):
    """The body gets used to its estradiol."""
    return k_set_point * (log_estradiol - estrogen_set_point)


@reaction("-> joint_pain")
def joint_pain_onset(
    k_joint_pain,
    pain_withdrawal,
    estrogen_withdrawal,
    pain_cytokines,
    tnf_alpha_excess,
    il6_excess,
):
    """Estrogen withdrawal and cytokines build up joint pain."""
    cytokines = (tnf_alpha_excess + il6_excess) / 2
    return k_joint_pain * (pain_withdrawal * estrogen_withdrawal + pain_cytokines * cytokines)


@reaction("joint_pain ->")
def joint_pain_relief(joint_pain, k_joint_pain):
    """Joint pain settles."""
    return k_joint_pain * joint_pain


@rate("1", "probability of arthralgia (worst pain at least 3 of 10)")
def arthralgia_probability(pain_background, joint_pain, pain_relief_stimulation):
    """Share of people like this one who have joint pain, less what relief takes away."""
    return switch(pain_background + joint_pain - pain_relief_stimulation)
