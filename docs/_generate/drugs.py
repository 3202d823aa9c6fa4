"""The page of the drugs: class, routes, kinetics with sources, and where each acts."""

from __future__ import annotations

from collections import defaultdict

from _generate import biology
from _generate.text import number, plain, table, unit
from osteoaxis import toml
from osteoaxis.pharmacology.drug import ROUTES, Drug, catalogue
from osteoaxis.pharmacology.pk import SHAPES
from osteoaxis.process import Param, first_sentence

KINETICS = (
    "Amounts are in ug and volumes in L, so concentrations in ng/mL. Every route has a bioavailable"
    " share `F` and, where there is a depot, a rate of absorption `ka` or a `duration` of release."
)


def page() -> str:
    """Return all drugs: a table of them, what the shapes of kinetics are, and each in turn."""
    groups: dict[str, list[Drug]] = defaultdict(list)
    for drug in catalogue().values():
        groups[drug.group].append(drug)
    text = _overview(groups) + _shapes()
    for group in sorted(groups, key=str.lower):
        text += f"## {group[:1].upper()}{group[1:]}\n\n"
        text += "".join(_drug(drug) for drug in groups[group])
    return text


def _overview(groups: dict[str, list[Drug]]) -> str:
    rows = [
        (_link(drug), group, ", ".join(drug.routes), f"`{drug.typical}`", ", ".join(_sites(drug)))
        for group in sorted(groups, key=str.lower)
        for drug in groups[group]
    ]
    return table(("drug", "class", "routes", "a usual regimen", "acts on"), rows)


def _link(drug: Drug) -> str:
    return f'<a href="#{biology.drug_place(drug.name)}">{drug.name}</a>'


def _sites(drug: Drug) -> list[str]:
    sites = dict.fromkeys(site for site, _ in drug.process.site_terms)
    return [biology.named(site, biology.DRUGS) for site in sites]


def _shapes() -> str:
    rows = []
    for name, shape in SHAPES.items():
        numbers = ", ".join(f"`{parameter}`" for parameter in shape.parameters)
        rows.append((f"`{name}`", f"{first_sentence(shape.build)}.", numbers))
    return f"## Shapes of kinetics\n\n{KINETICS}\n\n" + table(
        ("shape", "what it is", "numbers"), rows
    )


def _drug(drug: Drug) -> str:
    written = toml.read(drug.file)
    routes = ", ".join(f"{ROUTES[route]} (`{route}`)" for route in drug.routes)
    low, high = map(number, drug.dose_range_mg)
    also = f" Also called {', '.join(drug.synonyms)}." if drug.synonyms else ""
    counts = "".join(f" 1 {name} is {number(mg)} mg." for name, mg in drug.units_mg.items())
    acts = "; ".join(_act(act, drug) for act in written.get("acts", ()))
    facts = (
        f"**Usual regimen** `{drug.typical}`; doses of {low} to {high} mg are taken.{counts}",
        f"**Given** {routes}.",
        f"**Kinetics** `{written['pk']['shape']}`.",
        f"**Acts**: {acts or 'on nothing; its presence is followed'}.",
    )
    title = drug.name.replace("_", " ").capitalize()
    text = f"({biology.drug_place(drug.name)})=\n\n### {title}\n\n"
    text += f"{plain(drug.summary)}.{plain(also)}\n\n"
    return text + "".join(f"- {fact}\n" for fact in facts) + "\n" + _numbers(drug)


def _act(act: dict[str, str], drug: Drug) -> str:
    sites = dict.fromkeys(
        site for site, term in drug.process.site_terms if f"_on_{act['on']}" in term
    )
    where = ", ".join(biology.named(site, biology.DRUGS) for site in sites)
    return f"{act['how']} {act['on'].replace('_', ' ')} ({where})"


def _numbers(drug: Drug) -> str:
    rows = []
    for name, declared in drug.process.declarations.items():
        if isinstance(declared, Param):
            full = f"{drug.name}.{name}"
            low, high = declared.range
            rows.append(
                (
                    f"`{name}`",
                    biology.value(full),
                    unit(declared.unit),
                    f"{number(low)} to {number(high)}",
                    biology.source(full),
                )
            )
    return table(("number", "value", "unit", "plausible", "source"), rows)
