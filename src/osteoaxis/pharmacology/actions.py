"""What drugs do at a site: each verb turns a concentration into a term added to that site.

Every term is zero without drug, so a drug that is not given is no drug.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from osteoaxis.process import Value, hill


def load(steepness: int) -> Callable[..., Value]:
    """Return the function (concentration / half) ** steepness."""

    def term(concentration: Value, half: Value) -> Value:
        """Concentration over its half-maximal value."""
        return (concentration / half) ** steepness

    return term


def agonism(steepness: int) -> Callable[..., Value]:
    """Return the load weighted with the efficacy of a partial agonist."""

    def term(concentration: Value, half: Value, efficacy: Value) -> Value:
        """Load weighted with efficacy."""
        return efficacy * (concentration / half) ** steepness

    return term


def saturating(steepness: int) -> Callable[..., Value]:
    """Return the function that rises to `maximum`, half-way at `half`."""

    def term(concentration: Value, half: Value, maximum: Value) -> Value:
        """Saturating effect of the concentration."""
        return maximum * hill(concentration**steepness, half**steepness)

    return term


def supply(steepness: int) -> Callable[..., Value]:  # noqa: ARG001 - all verbs alike
    """Return the function that passes a share of what is absorbed on to a hormone."""

    def term(absorption: Value, share: Value) -> Value:
        """Absorbed amount that becomes the body's own hormone."""
        return absorption * share

    return term


@dataclass(frozen=True)
class Term:
    """One addition to a site: the suffix of the site, its function, and TOML key of each argument.

    `units` gives the unit of each key, where "acting" is the unit of the quantity that acts: a
    concentration in ng/mL, or an amount in bone in ug.
    """

    suffix: str
    function: Callable[[int], Callable[..., Value]]
    arguments: dict[str, str]
    units: dict[str, str]
    unit: str = "1"
    defaults: dict[str, float] = field(default_factory=dict)


def _load(suffix: str, key: str) -> Term:
    return Term(suffix, load, {"half": key}, {key: "acting"})


VERBS: dict[str, tuple[Term, ...]] = {
    "inhibits": (_load("_inhibitor_load", "IC50"),),
    "binds": (_load("_binding", "K"),),
    "desensitises": (_load("_desensitisation", "EC50"),),
    "imitates": (_load("_imitation", "K"),),
    "agonises": (
        _load("_load", "K"),
        Term(
            "_agonism",
            agonism,
            {"half": "K", "efficacy": "efficacy"},
            {"K": "acting", "efficacy": "1"},
        ),
    ),
    "stimulates": (
        Term(
            "_stimulation",
            saturating,
            {"half": "EC50", "maximum": "Emax"},
            {"EC50": "acting", "Emax": "1"},
        ),
    ),
    "inactivates": (
        Term(
            "_inactivation",
            saturating,
            {"half": "KI", "maximum": "kinact"},
            {"KI": "acting", "kinact": "1/day"},
            "1/day",
        ),
    ),
    "supplies": (
        Term("_supply", supply, {"share": "share"}, {"share": "1"}, "ug/day", {"share": 1.0}),
    ),
}


def place(site: str) -> tuple[str, str]:
    """Return `on` and `how` of a drug file that reach a site of the model."""
    suffix, verb = max(
        ((term.suffix, verb) for verb, terms in VERBS.items() for term in terms
         if site.endswith(term.suffix)),
        key=lambda found: len(found[0]),
    )  # fmt: skip
    return site.removesuffix(suffix), verb
