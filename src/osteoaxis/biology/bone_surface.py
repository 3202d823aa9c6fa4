"""What bisphosphonates meet on bone: one law for the class, wired into each drug by its shape.

A dose passes the fluid of bone and osteoid and settles where mineral is bare: more of it where
bone is being resorbed when turnover is high, the rest on quiet surfaces. On the resorbing surface
it acts. It leaves by letting go, the sooner the weaker its affinity, by being covered with new
bone, and with the bone that osteoclasts take away; what new bone has covered or quiet surfaces
hold comes back with resorption, years later. Drugs differ only in affinity, potency and dose.
"""

from osteoaxis.process import Param, rate

k_entry = Param(
    0.7,
    "1/day",
    "passage of what bone has taken up from its fluid into osteoid",
    "assumed: plasma is clear within hours, resorption falls over days",
    (0.3, 3.0),
)
k_settling = Param(
    0.4,
    "1/day",
    "passage from osteoid to mineral and the osteoclasts on it",
    "assumed: as k_entry",
    (0.2, 3.0),
)
k_desorption = Param(
    0.0012,
    "1/day",
    "letting go at the affinity of zoledronate",
    "fitted: GREY-ZOL5, GREY-ZOL-DOSE, HORIZON-PFT",
    (0.0, 0.01),
)
desorption_power = Param(
    2.0,
    "1",
    "power of weaker affinity in letting go",
    "assumed: letting go and settling again repeat on the way out",
    (1.0, 4.0),
)
k_burial = Param(
    0.0008,
    "1/day",
    "covering with new bone in the young adult",
    "fitted: GREY-ZOL5, GREY-ZOL-DOSE, HORIZON-PFT",
    (0.0, 0.005),
)
k_surface_resorption = Param(
    0.002,
    "1/day",
    "release from the resorbing surface in the young adult",
    "fitted: GREY-ZOL5, GREY-ZOL-DOSE, HORIZON-PFT",
    (0.0, 0.01),
)
resorbing_share = Param(
    0.6,
    "1",
    "share of what bone takes up that settles where it is resorbed, in the young adult",
    "assumed: label of pamidronate and zoledronate: preferentially at sites of high turnover",
    (0.2, 0.9),
)
turnover = Param(
    0.00022,
    "1/day",
    "bone replaced per day in the young adult, whole skeleton",
    "assumed: 8 % a year, see lumbar_spine.turnover and total_hip.turnover",
    (0.0001, 0.0004),
)


@rate("1", "share of a bisphosphonate taken up that settles where bone is resorbed")
def settling_share(resorption_rate, resorbing_share):
    """High turnover offers more resorbing surface beside the quiet ones."""
    resorbing = resorbing_share * resorption_rate
    return resorbing / (1 - resorbing_share + resorbing)


@rate("1/day", "covering of the bone surface with new bone")
def burial_rate(k_burial, formation_rate):
    """New bone covers what lies on the surface."""
    return k_burial * formation_rate


@rate("1/day", "release from the bone surface with resorption")
def surface_release(k_surface_resorption, resorption_rate):
    """Osteoclasts take up what lies where they work."""
    return k_surface_resorption * resorption_rate


@rate("1/day", "bone that resorption opens, share of the skeleton")
def reopening(turnover, resorption_rate):
    """Resorption reaches what was covered."""
    return turnover * resorption_rate
