"""Which studies tested a treatment: the same drugs in one of their arms, or the same classes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from osteoaxis.errors import InputError, did_you_mean
from osteoaxis.evidence import population
from osteoaxis.evidence.endpoint import group
from osteoaxis.evidence.study import Study, studies
from osteoaxis.guidance.facts import slug
from osteoaxis.pharmacology.drug import Drug, by_any_name
from osteoaxis.pharmacology.regimen import Regimen

BESIDE = ("mineral", "vitamin", "exercise", "pain reliever")
"""Classes that are given beside a treatment."""
Match = Literal["same drugs", "same class", "with others", ""]
"""How a study tested a treatment, the nearest first."""


@dataclass(frozen=True)
class Tested:
    """A study that gave an arm these drugs, drugs of the same classes, or these with others.

    `match` is empty where no drugs are asked for.
    """

    study: Study
    match: Match

    @property
    def same(self) -> bool:
        return self.match == "same drugs"


@dataclass(frozen=True)
class Reference:
    """Where a study was published: its DOI or another number, and an address, if known."""

    text: str
    link: str


def trials_of(regimen: Regimen, drugs: Mapping[str, Drug], sex: str) -> list[Tested]:
    """Return the studies in people of `sex` of a treatment, of the same drugs or classes alone."""
    return [
        each
        for each in ranked(regimen.drugs, drugs, sex)
        if sex in sexes(each.study) and each.match != "with others"
    ]


def ranked(
    asked: Collection[str], drugs: Mapping[str, Drug], sex: str | None = None
) -> list[Tested]:
    """Return the studies in which an arm was given the drugs `asked`; none of no drug.

    Those of people of `sex` are first, of these the ones of the same drugs, then of the same
    classes, then of the same drugs with others; of equals the ones of which most results on bone
    were read. Doses and how long they are given may differ. What is given beside a treatment does
    not count, unless nothing else is asked. Raises `InputError` for a drug that is unknown.
    """
    named = by_any_name(drugs)
    for name in asked:
        if name not in named:
            raise InputError(
                f"unknown drug '{name}'.{did_you_mean(name, named)} Known: {', '.join(drugs)}."
            )
    everything = _only_beside([asked], named)
    wanted = _given(asked, named, everything=everything)
    if not wanted:
        return []
    found = []
    for study in studies().values():
        arms = {_given(names, named, everything=everything) for names in _arms(study)}
        match: Match = (
            "same drugs" if wanted in arms
            else "same class" if _classes(wanted, named) in [_classes(arm, named) for arm in arms]
            else "with others" if any(wanted < arm for arm in arms)
            else ""
        )  # fmt: skip
        if match:
            found.append(Tested(study, match))

    def order(each: Tested) -> tuple[bool, int, int]:
        other = sex is not None and sex not in sexes(each.study)
        return other, get_args(Match).index(each.match), -_read(each.study)

    return sorted(found, key=order)


def listed(
    asked: Collection[str],
    drugs: Mapping[str, Drug],
    sex: str | None = None,
    endpoint: str | None = None,
) -> list[Tested]:
    """Return the studies `ranked` by drugs, or all if none is asked for, that report `endpoint`.

    Raises `InputError` for a drug or an endpoint that is unknown.
    """
    if endpoint is not None and endpoint not in endpoints():
        raise InputError(
            f"unknown endpoint '{endpoint}'.{did_you_mean(endpoint, endpoints())}"
            f" Known: {', '.join(endpoints())}."
        )
    everything = [Tested(study, "") for study in studies().values()]
    return [
        each
        for each in (ranked(asked, drugs, sex) if asked else everything)
        if endpoint is None or any(row.endpoint == endpoint for row in each.study.rows)
    ]


def endpoints() -> list[str]:
    """Return the endpoints that studies report, in alphabetical order."""
    return sorted({row.endpoint for study in studies().values() for row in study.rows})


def treatments(study: Study, drugs: Mapping[str, Drug]) -> list[str]:
    """Return what the arms of a study were given, e.g. "letrozole + zoledronate", or "none".

    What is given beside is left out, unless the study gave nothing else.
    """
    named, arms = by_any_name(drugs), list(_arms(study))
    everything = _only_beside(arms, named)
    given = [(names, _given(names, named, everything=everything)) for names in arms]
    texts = (" + ".join(n for n in names if n in own) or "none" for names, own in given)
    return list(dict.fromkeys(texts))


def sexes(study: Study) -> tuple[str, ...]:
    """Return the sexes of the people a study stands for: female, male or both."""
    people = study.people.values() or [population.patient(study.population)]
    return tuple(sorted({person.sex for person in people}))


def _only_beside(arms: Iterable[Collection[str]], named: Mapping[str, Drug]) -> bool:
    return all(named[name].group in BESIDE for names in arms for name in names if name in named)


def _given(
    names: Collection[str], named: Mapping[str, Drug], *, everything: bool
) -> frozenset[str]:
    known = (named[name] for name in names if name in named)
    return frozenset(drug.name for drug in known if everything or drug.group not in BESIDE)


def _classes(names: Collection[str], named: Mapping[str, Drug]) -> Counter[str]:
    return Counter(slug(named[name].group) for name in names)


def _read(study: Study) -> int:
    kinds = (group(row.endpoint) for row in study.rows if row.quality != "memory")
    return sum(kind in ("bmd", "fracture") for kind in kinds)


def _arms(study: Study) -> Iterator[tuple[str, ...]]:
    for text in study.arms.values():
        for part in text.split(" vs "):
            yield Regimen.parse(part).drugs


def reference(study: Study) -> Reference:
    """Return where a study was published, by its own paper if a row says so."""
    own = [row.doi for row in study.rows if row.citation == study.title]
    for doi, _ in Counter([*own * len(study.rows), *(row.doi for row in study.rows)]).most_common():
        if found := referred(doi):
            return found
    return Reference("", "")


def referred(text: str) -> Reference | None:
    """Return the DOI, PMID or PMC number in a text with its address, None without one."""
    if number := re.search(r"\b10\.\d{4,}/\S+", text):
        return Reference(number[0], f"https://doi.org/{number[0]}")
    if number := re.fullmatch(r"(?:PMID )?(\d{7,8})", text):
        return Reference(f"PMID {number[1]}", f"https://pubmed.ncbi.nlm.nih.gov/{number[1]}/")
    if number := re.search(r"\bPMC\d+", text):
        return Reference(number[0], f"https://pmc.ncbi.nlm.nih.gov/articles/{number[0]}/")
    return None
