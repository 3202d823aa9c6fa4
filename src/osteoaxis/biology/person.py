"""Who is simulated: age now and how much of gonadal function is left."""

from osteoaxis.process import Param, as_unit, rate, switch

age = Param(60.0, "year", "age at time zero", "assumed: set by each patient", (18.0, 100.0))
menopause_age = Param(
    51.0,
    "year",
    "age at the final menstrual period; far beyond a lifetime in men",
    "assumed: the usual median",
    (30.0, 62.0),
    men=1000.0,
)
transition_width = Param(
    0.4,
    "year",
    "time scale of the fall of ovarian function around the final menstrual period",
    "assumed: most of the fall of estradiol lies within two years of it (SWAN)",
    (0.1, 1.5),
)
transition_lead = Param(
    0.5,
    "year",
    "how long before the final menstrual period half of ovarian function is gone",
    "assumed: estradiol falls from two years before the final period on (SWAN)",
    (0.1, 1.5),
)
body_mass_index = Param(
    27.0, "kg/m^2", "body mass index", "assumed: set by each patient", (15.0, 60.0)
)


@rate("year", "age now")
def age_now(age, time):
    """Age at this instant."""
    return age + as_unit(time, "day", "year")


@rate("1", "gonadal capacity left, 1 = young adult")
def gonadal_capacity(age_now, menopause_age, transition_lead, transition_width):
    """Ovarian follicles run out around the final menstrual period; the testis goes on."""
    return switch((menopause_age - transition_lead - age_now) / transition_width)
