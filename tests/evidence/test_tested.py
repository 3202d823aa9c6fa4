"""Which studies tested a treatment."""

from __future__ import annotations

import pytest

from osteoaxis.evidence import studies
from osteoaxis.evidence.tested import reference, trials_of
from osteoaxis.pharmacology.drug import catalogue
from osteoaxis.pharmacology.regimen import Regimen


def found(regimen: str, sex: str = "female") -> dict[str, bool]:
    each = trials_of(Regimen.parse(regimen), catalogue(), sex)
    return {one.study.id: one.same for one in each}


def test_the_same_drugs_come_first_then_the_same_classes() -> None:
    alone = found("anastrozole 1 mg po qd [m0-m60]")
    assert alone["ATAC"]
    assert not alone["BIG-1-98"]
    order = list(alone.values())
    assert order == sorted(order, reverse=True)
    both = found("letrozole 2.5 mg po qd + zoledronate 4 mg iv q6mo")
    assert both["ZO-FAST"]
    assert "ATAC" not in both


def test_what_is_given_beside_does_not_count() -> None:
    assert found("anastrozole 1 mg po qd") == found(
        "anastrozole 1 mg po qd + calcium 500 mg po bid"
    )


def test_sex_and_no_treatment() -> None:
    assert found("none") == {}
    assert "ATAC" not in found("anastrozole 1 mg po qd", "male")
    assert "BURNETT2009" in found("anastrozole 1 mg po qd", "male")


@pytest.mark.parametrize(
    ("study", "text", "link"),
    [
        ("ATAC", "10.1359/jbmr.060508", "https://doi.org/10.1359/jbmr.060508"),
        ("GREENSPAN2005", "PMID 16189261", "https://pubmed.ncbi.nlm.nih.gov/16189261/"),
        ("META-TSENG2018", "PMC5871065", "https://pmc.ncbi.nlm.nih.gov/articles/PMC5871065/"),
        ("HARA2024", "", ""),
    ],
)
def test_references(study: str, text: str, link: str) -> None:
    where = reference(studies()[study])
    assert (where.text, where.link) == (text, link)


def test_every_reference_is_whole() -> None:
    for study in studies().values():
        where = reference(study)
        assert bool(where.text) == bool(where.link)
        assert " " not in where.link
