"""Which studies tested a treatment: the same drugs in one of their arms, or the same classes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from osteoaxis.evidence import population
from osteoaxis.evidence.endpoint import group
from osteoaxis.evidence.study import Study, studies
from osteoaxis.guidance.facts import slug
from osteoaxis.pharmacology.drug import Drug
from osteoaxis.pharmacology.regimen import Regimen

BESIDE = ("mineral", "vitamin", "exercise", "pain reliever")
"""Classes that are given beside a treatment."""


@dataclass(frozen=True)
class Tested:
    """A study that gave an arm these drugs, or, if not `same`, drugs of the same classes."""

    study: Study
    same: bool


@dataclass(frozen=True)
class Reference:
    """Where a study was published: its DOI or another number, and an address, if known."""

    text: str
    link: str


def trials_of(regimen: Regimen, drugs: Mapping[str, Drug], sex: str) -> list[Tested]:
    """Return the studies in people of `sex` of a treatment; none of no treatment.

    Those of the same drugs are first, and of these the ones of which most results on bone were
    read. Doses and how long they are given may differ; what is given beside does not count.
    """
    named = {name: drug for drug in drugs.values() for name in (drug.name, *drug.synonyms)}

    def given(names: Iterable[str]) -> frozenset[str]:
        known = (named[name] for name in names if name in named)
        return frozenset(drug.name for drug in known if drug.group not in BESIDE)

    def classes(names: Collection[str]) -> Counter[str]:
        return Counter(slug(named[name].group) for name in names)

    asked = given(regimen.drugs)
    if not asked:
        return []
    found = []
    for study in studies().values():
        if _sex(study) != sex:
            continue
        arms = {given(names) for names in _arms(study)}
        if asked in arms or classes(asked) in map(classes, arms):
            found.append(Tested(study, asked in arms))
    return sorted(found, key=lambda each: (not each.same, -_read(each.study)))


def _read(study: Study) -> int:
    kinds = (group(row.endpoint) for row in study.rows if row.quality != "memory")
    return sum(kind in ("bmd", "fracture") for kind in kinds)


def _arms(study: Study) -> Iterator[tuple[str, ...]]:
    for text in study.arms.values():
        for part in text.split(" vs "):
            yield Regimen.parse(part).drugs


def _sex(study: Study) -> str:
    person = next(iter(study.people.values()), None) or population.patient(study.population)
    return person.sex


def reference(study: Study) -> Reference:
    """Return where a study was published, by its own paper if a row says so."""
    own = [row.doi for row in study.rows if row.citation == study.title]
    for doi, _ in Counter([*own * len(study.rows), *(row.doi for row in study.rows)]).most_common():
        if number := re.search(r"\b10\.\d{4,}/\S+", doi):
            return Reference(number[0], f"https://doi.org/{number[0]}")
        if number := re.fullmatch(r"(?:PMID )?(\d{7,8})", doi):
            address = f"https://pubmed.ncbi.nlm.nih.gov/{number[1]}/"
            return Reference(f"PMID {number[1]}", address)
        if number := re.search(r"\bPMC\d+", doi):
            return Reference(number[0], f"https://pmc.ncbi.nlm.nih.gov/articles/{number[0]}/")
    return Reference("", "")
