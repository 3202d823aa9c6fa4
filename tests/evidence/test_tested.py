"""Which studies tested a treatment."""

from __future__ import annotations

from typing import get_args

import pytest

from osteoaxis.evidence import studies
from osteoaxis.evidence.tested import Match, ranked, reference, sexes, treatments, trials_of
from osteoaxis.pharmacology.drug import catalogue
from osteoaxis.pharmacology.regimen import Regimen


def found(*drugs: str, sex: str | None = "female") -> dict[str, str]:
    return {each.study.id: each.match for each in ranked(drugs, catalogue(), sex)}


def test_the_same_drugs_come_first_then_the_same_classes_then_others_with_them() -> None:
    alone = found("letrozole", sex=None)
    assert alone["BIG-1-98"] == "same drugs"
    assert alone["ATAC"] == "same class"
    order = [get_args(Match).index(match) for match in alone.values()]
    assert order == sorted(order)
    assert set(order) == {0, 1, 2}
    both = found("letrozole", "zoledronate")
    assert both["ZO-FAST"] == "same drugs"
    assert "ATAC" not in both
    assert "ATAC" in found("arimidex")


def test_people_of_the_same_sex_come_first() -> None:
    for sex in ("female", "male"):
        own = [sex in sexes(studies()[name]) for name in found("anastrozole", sex=sex)]
        assert own == sorted(own, reverse=True)
        assert set(own) == {True, False}
    assert next(iter(found("anastrozole", sex="male"))) == "BURNETT2009"
    assert sexes(studies()["DUBBO1994"]) == ("female", "male")


def test_what_is_given_beside_does_not_count_unless_nothing_else_is_asked() -> None:
    assert found("anastrozole") == found("anastrozole", "calcium")
    assert "TAI2015" in found("calcium")
    assert found() == {}


def test_a_drug_that_no_study_gave_has_its_class() -> None:
    trials = found("pamidronate", sex="male")
    assert trials
    assert "same drugs" not in trials.values()
    assert "same class" in trials.values()


def test_a_treatment_has_trials_of_the_same_sex_and_without_other_drugs() -> None:
    trials = trials_of(Regimen.parse("anastrozole 1 mg po qd [m0-m60]"), catalogue(), "male")
    assert trials[0].study.id == "BURNETT2009"
    assert {each.match for each in trials} <= {"same drugs", "same class"}
    assert all("male" in sexes(each.study) for each in trials)
    assert trials_of(Regimen.parse("none"), catalogue(), "male") == []


def test_treatments_of_arms() -> None:
    assert treatments(studies()["BIG-1-98"], catalogue()) == ["letrozole", "tamoxifen"]
    assert "letrozole + zoledronate" in treatments(studies()["ZO-FAST"], catalogue())
    assert any("calcium" in each for each in treatments(studies()["TAI2015"], catalogue()))


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
