"""Guidelines, labels and cautions: read, decided, and shown side by side."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

from osteoaxis import guidance
from osteoaxis.cli import app
from osteoaxis.conditions import Condition
from osteoaxis.errors import InputError
from osteoaxis.guidance.facts import names
from osteoaxis.outcomes import dxa
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.drug import catalogue
from osteoaxis.present import guidance as guidelines

DRUGS = catalogue()
MONTHS = np.arange(0.0, 121.0)
NOTHING = dict.fromkeys(
    ("parent_hip_fracture", "glucocorticoids", "smoking", "vertebral_fracture", "hip_fracture",
     "other_fracture"),
    False,
)  # fmt: skip
HER = Patient(age=60, menopause_age=50, history=NOTHING | {"breast_cancer": True})
HIM = Patient(sex="male", age=62)
INHIBITOR = "letrozole 2.5 mg po qd [y0-y5]"


def course(given: str, t_score: float = -1.0, person: Patient = HER, **levels: float) -> xr.Dataset:
    """A flat trajectory of 120 months with these levels."""
    usual = {"egfr": 85.0, "calcium": 2.35, "vitamin_d": 30.0, "ctx": 0.4, "estradiol": 3.0,
             "testosterone": 20.0}  # fmt: skip
    flat = {name: ("time", np.full(MONTHS.size, value)) for name, value in (usual | levels).items()}
    for site in dxa.SITES:
        flat[f"{site}_t_score"] = ("time", np.full(MONTHS.size, t_score))
        bmd = dxa.density(t_score, site, person.sex)
        flat[f"{site}_bmd"] = ("time", np.full(MONTHS.size, bmd))
    return xr.Dataset(flat, {"time": MONTHS}, {"given": given})


def findings(given: str, person: Patient = HER, **levels: float) -> dict[str, guidance.Finding]:
    found = guidance.findings(person, course(given, person=person, **levels), DRUGS, unread=True)
    return {finding.rule.id: finding for finding in found}


def met(given: str, person: Patient = HER, **levels: float) -> set[str]:
    return {name for name, f in findings(given, person, **levels).items() if f.met}


def test_every_condition_asks_about_a_known_fact() -> None:
    known = names(DRUGS)
    for rule in guidance.rules():
        assert rule.names <= known, rule.id


def test_every_fact_named_is_a_fact_given() -> None:
    _, facts = guidance.facts(HER, course(INHIBITOR), DRUGS)
    assert set(facts) == names(DRUGS)
    assert all(len(values) == MONTHS.size for values in facts.values())


def test_bodies_disagree_and_both_are_shown() -> None:
    """A T-score of -2.2 without a risk factor: treat by the joint statement, not by ASCO alone."""
    found = findings(INHIBITOR, t_score=-2.2)
    assert found["joint-2017-low-density"].met
    assert not found["asco-2019-osteoporosis"].met
    assert found["asco-2019-osteoporosis"].missing == ("frax_hip", "frax_major")
    questions = {found[name].rule.question for name in
                 ("joint-2017-low-density", "asco-2019-osteoporosis")}  # fmt: skip
    assert questions == {"Start bone protection?"}


def test_frax_is_typed_in_and_decides() -> None:
    person = Patient(age=60, menopause_age=50, history={"frax_major": 21.0})
    assert "asco-2019-osteoporosis" in met(INHIBITOR, person)
    person = Patient(age=60, menopause_age=50, history={"frax_major": 5.0, "frax_hip": 1.0})
    assert findings(INHIBITOR, person)["asco-2019-osteoporosis"].when == "not met"
    unknown = findings(INHIBITOR)["asco-2019-osteoporosis"]
    assert unknown.when == "cannot be decided: needs FRAX (hip), FRAX (major)"


def test_a_rule_holds_while_the_inhibitor_is_taken() -> None:
    found = findings(INHIBITOR, t_score=-2.2)["joint-2017-low-density"]
    assert found.spans == ((0.0, 60.0),)
    assert found.when == "now to month 60"
    assert found.because == "lowest T-score -2.2"


def test_what_a_bone_drug_adds_does_not_undo_the_reason_for_it() -> None:
    """Above the threshold only by the drug: the rule is met on; without a bone drug it is not."""
    rising = np.linspace(-2.2, -1.61, MONTHS.size)
    for given, spans in ((f"{INHIBITOR} + denosumab 60 mg sc q6mo", ((0.0, 60.0),)),
                         (INHIBITOR, ((0.0, 41.0),))):  # fmt: skip
        data = course(given)
        for site in dxa.SITES:
            data[f"{site}_t_score"] = ("time", rising)
        found = {f.rule.id: f for f in guidance.findings(HER, data, DRUGS)}
        assert found["joint-2017-low-density"].spans == spans


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("jaw", "denosumab 60 mg sc q6mo [y0-y3]"),
        ("femur-early", "alendronate 70 mg po qw [y0-y3]"),
        ("femur-early", "zoledronate 4 mg iv q6mo [y0-y3]"),
        ("femur-late", "alendronate 70 mg po qw [y0-y8]"),
    ],
)
def test_a_course_of_three_years_has_three_years(name: str, given: str) -> None:
    """What the last dose lasts counts in full: no year is missed by a day."""
    assert name in met(given)


def test_the_dental_check_comes_before_the_first_dose() -> None:
    found = findings("denosumab 60 mg sc q6mo [y0-y3]")["dental-check-first"]
    assert found.when == "now to month 6"
    assert "before the first dose" in found.rule.text


def test_denosumab_without_an_exit_is_flagged_while_it_is_given() -> None:
    found = findings(f"{INHIBITOR} + denosumab 60 mg sc q6mo [y0-y3]")["denosumab-plan-the-exit"]
    assert found.when == "now to month 36"


CAUTIONS = {
    "two-bisphosphonates": (
        "zoledronate 4 mg iv q6mo + alendronate 70 mg po qw", "zoledronate 4 mg iv q6mo"),
    "bisphosphonate-and-denosumab": (
        "alendronate 70 mg po qw + denosumab 60 mg sc q6mo",
        "denosumab 60 mg sc q6mo [y0-y2] + zoledronate 5 mg iv once [m24]"),
    "denosumab-often": ("denosumab 60 mg sc qw", "denosumab 60 mg sc q6mo"),
    "zoledronate-often": ("zoledronate 4 mg iv q1mo", "zoledronate 4 mg iv q6mo"),
    "jaw-oncology": ("zoledronate 4 mg iv q3mo", "zoledronate 4 mg iv q6mo"),
    "jaw": ("denosumab 60 mg sc q6mo", "denosumab 60 mg sc q6mo [y0-y2]"),
    "denosumab-late": ("denosumab 60 mg sc q9mo", "denosumab 60 mg sc q6mo"),
    "denosumab-plan-the-exit": (
        "zoledronate 5 mg iv once [m0] + denosumab 60 mg sc q6mo [y1-y3]",
        "denosumab 60 mg sc q6mo [y0-y2] + zoledronate 5 mg iv once [m24]"),
    "romosozumab-heart": ("romosozumab 210 mg sc qmo [m0-m12]", "none"),
    "raloxifene-clots": ("raloxifene 60 mg po qd", "tamoxifen 20 mg po qd"),
    "tamoxifen-clots": ("tamoxifen 20 mg po qd", "raloxifene 60 mg po qd"),
    "estrogen-clots": ("conjugated_estrogens 0.625 mg po qd", "raloxifene 60 mg po qd"),
    "gnrh-after-menopause": ("goserelin 3.6 mg sc q28d", "none"),
    "testosterone-in-a-woman": ("testosterone_gel 5 mg td qd", "none"),
    "two-inhibitors": ("anastrozole 1 mg po qd + exemestane 25 mg po qd", INHIBITOR),
    "inhibitor-and-estrogen": (f"{INHIBITOR} + estradiol 1 mg po qd", INHIBITOR),
    "estrogen-in-breast-cancer": ("estradiol 1 mg po qd", "none"),
    "inhibitor-and-tamoxifen": (f"{INHIBITOR} + tamoxifen 20 mg po qd",
                                "tamoxifen 20 mg po qd [y0-y2] + anastrozole 1 mg po qd [y2-]"),
    "two-receptor-drugs": (
        "tamoxifen 20 mg po qd + raloxifene 60 mg po qd", "raloxifene 60 mg po qd"),
    "romosozumab-too-long": ("romosozumab 210 mg sc qmo", "romosozumab 210 mg sc qmo [m0-m12]"),
    "denosumab-no-exit": ("denosumab 60 mg sc q6mo [y0-y2]",
                          "denosumab 60 mg sc q6mo [y0-y2] + alendronate 70 mg po qw [y2-]"),
    "femur-early": ("alendronate 70 mg po qw [y0-y4]", "alendronate 70 mg po qw [y0-y2]"),
    "femur-late": ("alendronate 70 mg po qw", "alendronate 70 mg po qw [y0-y5]"),
    "femur-denosumab": ("denosumab 60 mg sc q6mo", "alendronate 70 mg po qw"),
    "dental-check-first": ("zoledronate 4 mg iv q6mo", "alendronate 70 mg po qw"),
    "duloxetine-and-tamoxifen": ("duloxetine 60 mg po qd + tamoxifen 20 mg po qd",
                                 f"duloxetine 60 mg po qd + {INHIBITOR}"),
    "first-infusion": ("zoledronate 4 mg iv q6mo", "denosumab 60 mg sc q6mo"),
    "canada-2023-short": ("denosumab 60 mg sc q6mo [y0-y2]", "denosumab 60 mg sc q6mo [y0-y3]"),
    "far-more-than-usual": ("alendronate 70 mg po qd", "estradiol 2 mg po qd"),
    "drug-not-reached": ("letrozole 2.5 mg po qd [y40-y45]", "letrozole 2.5 mg po qd [y1-]"),
    "teriparatide-long": ("teriparatide 20 ug sc qd [y0-y3]", "teriparatide 20 ug sc qd [y0-y2]"),
}  # fmt: skip


@pytest.mark.parametrize("name", CAUTIONS)
def test_a_caution_is_met_by_one_regimen_and_not_by_another(name: str) -> None:
    unusual, usual = CAUTIONS[name]
    assert name in met(unusual)
    assert name not in met(usual)


@pytest.mark.parametrize(
    ("name", "given", "level", "met_at", "not_at"),
    [
        ("label-denosumab-kidney", "denosumab 60 mg sc q6mo", "egfr", 29.9, 30.0),
        ("label-zoledronate-kidney", "zoledronate 4 mg iv q6mo", "egfr", 34.9, 35.0),
        ("label-alendronate-kidney", "alendronate 70 mg po qw", "egfr", 34.9, 35.0),
        ("label-risedronate-kidney", "risedronate 35 mg po qw", "egfr", 29.9, 30.0),
        ("label-ibandronate-kidney", "ibandronate 150 mg po q1mo", "egfr", 29.9, 30.0),
        ("label-pamidronate-kidney", "pamidronate 60 mg iv over 3 h q3mo", "egfr", 29.9, 30.0),
        ("label-zoledronate-reduced", "zoledronate 4 mg iv q6mo", "egfr", 60.0, 60.1),
        ("label-zoledronate-none", "zoledronate 4 mg iv q6mo", "egfr", 29.9, 30.0),
        ("low-calcium-first", "zoledronate 4 mg iv q6mo", "calcium", 2.09, 2.10),
        ("low-vitamin-d-first", "denosumab 60 mg sc q6mo", "vitamin_d", 19.9, 20.0),
        ("low-vitamin-d-first", "alendronate 70 mg po qw", "vitamin_d", 19.9, 20.0),
        ("low-vitamin-d-inhibitor", INHIBITOR, "vitamin_d", 19.9, 20.0),
        ("simulated-low-calcium", "none", "calcium", 2.09, 2.10),
    ],
)
def test_thresholds(name: str, given: str, level: str, met_at: float, not_at: float) -> None:
    assert name in met(given, **{level: met_at})
    assert name not in met(given, **{level: not_at})
    assert name not in met("none", **{level: met_at}) or name == "simulated-low-calcium"


@pytest.mark.parametrize(
    ("name", "person"),
    [
        ("outside-age", Patient(age=88, menopause_age=50)),
        ("outside-menopause", Patient(age=60, menopause_age=38)),
        ("outside-body-mass", Patient(age=60, body_mass_index=50)),
    ],
)
def test_people_outside_what_was_studied_are_flagged(name: str, person: Patient) -> None:
    assert name in met("none", person)
    assert name not in met("none", HER)


@pytest.mark.parametrize(
    ("name", "levels"),
    [("outside-density", {"t_score": -4.6}), ("outside-kidney", {"egfr": 14.0})],
)
def test_levels_outside_what_was_studied_are_flagged(name: str, levels: dict[str, float]) -> None:
    assert name in met("none", **levels)
    assert name not in met("none")


def test_every_safety_flag_and_caution_is_tested_or_needs_its_own_person() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    for rule in guidance.rules():
        assert rule.kind == "guideline" or f'"{rule.id}"' in source, rule.id


def test_young_women_are_asked_about_pregnancy() -> None:
    young = Patient(age=40)
    assert {"pregnancy"} <= met("anastrozole 1 mg po qd", young)
    assert {"pregnancy-bisphosphonate"} <= met("zoledronate 4 mg iv q6mo [y0-y1]", young)
    assert not {"pregnancy", "pregnancy-bisphosphonate"} & met(
        "anastrozole 1 mg po qd + zoledronate 4 mg iv q6mo [y0-y1]"
    )


def test_dental_surgery_during_a_bone_drug() -> None:
    person = Patient(age=60, menopause_age=50, history={"dental_surgery": True})
    assert "dental-surgery" in met("denosumab 60 mg sc q6mo", person)
    assert "dental-surgery" not in met("none", person)
    assert "dental-surgery" not in met("denosumab 60 mg sc q6mo")


def test_creatinine_clearance_is_typed_in_and_moves_with_egfr() -> None:
    person = Patient(age=60, menopause_age=50, history={"creatinine_clearance": 34.0})
    assert "label-zoledronate-kidney" in met("zoledronate 4 mg iv q6mo", person)
    data = course("none", person=person)
    data["egfr"] = data["egfr"] * np.linspace(1.0, 0.5, MONTHS.size)
    _, facts = guidance.facts(person, data, DRUGS)
    assert facts["creatinine_clearance"][-1] == pytest.approx(17.0)


@pytest.mark.parametrize(
    ("history", "one", "two"),
    [
        ({}, None, None),
        (NOTHING, False, False),
        ({"smoking": True}, True, None),
        ({"smoking": True, "hip_fracture": True}, True, True),
        ({"smoking": True, "parent_hip_fracture": False, "glucocorticoids": False,
          "other_fracture": False}, True, False),
    ],
)  # fmt: skip
def test_risk_factors_unknown_stay_unknown_until_they_cannot_matter(
    history: dict[str, bool], one: bool | None, two: bool | None
) -> None:
    person = Patient(age=60, menopause_age=50, history=history)
    _, facts = guidance.facts(person, course("none", person=person), DRUGS)
    assert facts["one_risk_factor"][0] is one
    assert facts["two_risk_factors"][0] is two


def test_age_and_body_mass_count_as_risk_factors_on_an_inhibitor() -> None:
    old = Patient(age=68, menopause_age=50, history=NOTHING)
    thin = Patient(age=58, menopause_age=50, body_mass_index=21.0, history=NOTHING)
    for person in (old, thin):
        assert "joint-2017-density-and-risk" in met(INHIBITOR, person, t_score=-1.7)
        assert "joint-2017-two-risks" not in met(INHIBITOR, person, t_score=-1.7)
    both = Patient(age=68, menopause_age=50, body_mass_index=21.0, history=NOTHING)
    assert "joint-2017-two-risks" in met(INHIBITOR, both, t_score=-0.5)
    assert "joint-2017-density-and-risk" not in met(INHIBITOR, t_score=-1.7)


def test_rules_of_cancer_are_not_for_a_man_without_it() -> None:
    given = "testosterone_gel 50 mg td qd + anastrozole 1 mg po qd"
    him = Patient(sex="male", age=44, history={"breast_cancer": False})
    for person in (him, Patient(sex="male", age=44)):
        found = met(given, person, t_score=-2.6)
        assert not {name for name in found if name.startswith(("asco", "esmo", "nccn", "joint"))}
        assert "men-inhibitor-no-guideline" in found
    assert "asco-2019-osteoporosis" in met(
        given, Patient(sex="male", age=44, history={"breast_cancer": True}), t_score=-2.6
    )
    assert "outside-menopause" not in findings("none", him)
    assert "men-inhibitor-no-guideline" not in met(INHIBITOR)


def test_nothing_of_cancer_is_open_for_a_man_of_whom_it_is_not_said() -> None:
    found = findings("anastrozole 1 mg po qd", Patient(sex="male", age=44))
    assert not [name for name, one in found.items() if "breast_cancer" in one.missing]


def test_large_values_are_told_without_powers_of_ten() -> None:
    rule = replace(guidance.rules()[0], when=Condition.parse("testosterone > 100"))
    assert guidance.Finding(rule, ((0.0, None),), {"testosterone": 1030.4}, ()).because == (
        "testosterone 1030"
    )


def test_ovaries_may_work_again_after_chemotherapy() -> None:
    young = Patient(age=52, menopause_age=51.5, history={"chemotherapy": True})
    assert "ovaries-after-chemotherapy" in met(INHIBITOR, young)
    assert "ovaries-after-chemotherapy" not in met(f"{INHIBITOR} + goserelin 3.6 mg sc q28d", young)
    older = Patient(age=60, menopause_age=50, history={"chemotherapy": True})
    without = Patient(age=52, menopause_age=51.5, history={"chemotherapy": False})
    for other in (older, without):
        assert "ovaries-after-chemotherapy" not in met(INHIBITOR, other)


def test_guidelines_say_when_the_scan_is_repeated() -> None:
    said = {rule.id: rule for rule in guidance.rules()}
    for name in ("asco-2019-repeat", "joint-2017-scan"):
        assert name in met(INHIBITOR)
        assert said[name].read
    assert all("when yours is due" not in rule.text for rule in guidance.rules())


def test_what_is_missing_is_named_by_what_can_be_given() -> None:
    person = Patient(age=60, menopause_age=50, history={"smoking": False})
    found = findings(INHIBITOR, person, t_score=-1.7)["joint-2017-density-and-risk"]
    assert found.missing == ("fragility_fracture", "glucocorticoids", "parent_hip_fracture")


def test_a_late_dose_is_not_a_stop() -> None:
    late = findings("denosumab 60 mg sc q9mo [y0-y3]")
    assert late["denosumab-late"].spans[0] == (8.0, 9.0)
    assert late["denosumab-late"].when.count("to month") == 3
    assert late["denosumab-no-exit"].spans == ((35.0, None),)


def test_a_statement_that_was_renewed_says_so() -> None:
    assert guidance.updates()["joint-2017-low-density"].year == 2025
    assert "joint-2025-update" in met(INHIBITOR)
    assert guidance.updates()["acog-2012-treat"].year == 2022
    assert "acog-2022-treat" in met("none", t_score=-2.5)
    assert "acog-2022-treat" not in met("none", t_score=-2.4)


def test_rates_by_exposure_rise_with_exposure() -> None:
    rules = {rule.id: rule for rule in guidance.rules()}
    short, long, _ = rules["femur-early"].rates
    assert str(short).endswith("less than 3 years: 27 (8 to 46) in 100,000 over 5 years")
    assert short.events is not None
    assert long.events is not None
    assert short.events / short.people < long.events / long.people
    first, *_, last = rules["jaw-oncology"].rates
    assert str(first) == "zoledronate for bone metastases: 8 in 1,000 over 1 year"
    assert (last.events, last.years) == (28, 3)


SUPPRESSED = "goserelin 3.6 mg sc q28d [y0-y5] + exemestane 25 mg po qd [y0-y5]"
YOUNG = Patient(age=52, menopause_age=54, history=NOTHING | {"breast_cancer": True})


def test_menopause_by_treatment_counts_as_menopause_on_an_inhibitor() -> None:
    found = findings(SUPPRESSED, YOUNG, t_score=-2.2)
    for name in ("joint-2017-low-density", "joint-2017-which", "joint-2017-basics",
                 "joint-2017-scan", "asco-oh-2022-adjuvant", "joint-2017-adjuvant"):  # fmt: skip
        assert found[name].first == 0.0, name
    alone = findings("exemestane 25 mg po qd", YOUNG, t_score=-2.2)
    assert alone["joint-2017-low-density"].first == 24.0


def test_suppression_that_began_before_menopause_is_no_caution() -> None:
    assert "gnrh-after-menopause" not in met(SUPPRESSED, YOUNG)
    assert "gnrh-after-menopause" in met("goserelin 3.6 mg sc q28d [y3-y5]", YOUNG)
    changed = "goserelin 3.6 mg sc q28d [y0-y3] + leuprolide 7.5 mg im q28d [y3-y5]"
    assert "gnrh-after-menopause" not in met(changed, YOUNG)
    assert "gnrh-after-menopause" not in met("leuprolide 7.5 mg im q28d", HIM)


@pytest.mark.parametrize(
    "name", ["asco-oh-2022-adjuvant", "joint-2017-adjuvant", "australia-adjuvant"]
)
def test_a_bisphosphonate_against_the_cancer_is_for_while_adjuvant_treatment_goes_on(
    name: str,
) -> None:
    assert findings(INHIBITOR)[name].spans == ((0.0, 60.0),)
    assert findings("tamoxifen 20 mg po qd [m12-m24]")[name].spans == ((6.0, 24.0),)
    assert name not in met("none")
    assert name not in met(INHIBITOR, Patient(sex="male", age=62, history={"breast_cancer": True}))


def test_when_to_start_a_bisphosphonate_against_the_cancer_is_said() -> None:
    said = {rule.id: rule.text for rule in guidance.rules()}
    assert "start early" in said["asco-oh-2022-adjuvant"]
    assert "begun together with" in said["joint-2017-adjuvant"]


def test_months_in_words_are_whole_but_for_the_first() -> None:
    rule = guidance.rules()[0]
    found = guidance.Finding(rule, ((0.25, 5.0), (24.84, 35.87)), {}, ())
    assert found.when == "from month 0.2 to month 5, from month 25 to month 36"


def test_the_reaction_to_zoledronate_is_that_to_the_first_infusion() -> None:
    found = findings("zoledronate 4 mg iv q6mo [m12-m36]")["first-infusion"]
    assert found.when == "from month 12 to month 13"
    assert str(found.rule.rates[0]).endswith("424 in 1,000")


def test_men_and_women() -> None:
    assert "testosterone-in-a-woman" not in met("testosterone_gel 5 mg td qd", HIM)
    assert "men-joint-pain" in met("anastrozole 1 mg po qd", HIM)
    assert "inhibitor-before-menopause" in met("anastrozole 1 mg po qd", Patient(age=40))
    both = "anastrozole 1 mg po qd + goserelin 3.6 mg sc q28d"
    assert "inhibitor-before-menopause" not in met(both, Patient(age=40))
    assert "men-on-bone-drugs" in met("romosozumab 210 mg sc qmo", HIM)
    assert "men-on-bone-drugs" not in met("zoledronate 4 mg iv q6mo", HIM)
    assert "panel-2021-treat" in met("leuprolide 7.5 mg im q28d", HIM, t_score=-2.5)
    assert "panel-2021-treat" not in met("leuprolide 7.5 mg im q28d", HIM, t_score=-2.4)


def test_one_infusion_follows_denosumab_for_good() -> None:
    """Zoledronate acts on for years, so denosumab has its exit although no dose is due."""
    once = "denosumab 60 mg sc q6mo [y0-y2] + zoledronate 5 mg iv once [m24]"
    assert "denosumab-no-exit" not in met(once)
    late = "denosumab 60 mg sc q6mo [y0-y2] + zoledronate 5 mg iv once [m36]"
    found = findings(late)["denosumab-no-exit"]
    assert found.spans == ((26.0, 36.0),)


def test_recalled_rules_stay_out_unless_wanted() -> None:
    data = course(INHIBITOR, -2.2)
    assert all(f.rule.read for f in guidance.findings(HER, data, DRUGS))
    assert not all(f.rule.read for f in guidance.findings(HER, data, DRUGS, unread=True))


def test_whose_rules_stay_out_is_said() -> None:
    bodies = guidance.withheld(HER, course(INHIBITOR), DRUGS)
    assert bodies == ("AACE and ACE 2020", "ESMO 2020", "NCCN task force 2013", "NOGG 2024")
    told = guidelines.not_shown(bodies)
    assert told.startswith("Not shown, because we could not read them: rules of AACE and ACE 2020")
    him = Patient(sex="male", age=62, history={"breast_cancer": False})
    assert guidance.withheld(him, course("none", person=him), DRUGS) == ("NOGG 2024",)
    assert guidelines.not_shown(()) == ""


HEAD = 'body = "us"\ncitation = "here"\n[[rules]]\n'
RULE = 'id = "a"\nkind = "caution"\nquestion = "q"\nwhen = "age > 90"\ntext = "t"\nread = true\n'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('body = "us"\n', "at least one"),
        (HEAD + RULE.replace("caution", "cation"), "caution"),
        (HEAD + RULE.replace("age > 90", "age >"), r"a.toml: rules\[0\]: when: .* not understood"),
        (HEAD + RULE.replace("read = true", 'read = "yes"'), "read: must be true or false"),
        (HEAD + RULE.replace("text", "txt"), "unknown key 'txt'"),
        (HEAD + RULE + "[[rules]]\n" + RULE, "given twice"),
        (HEAD + RULE.replace("caution", "safety"), r"a.toml: rules\[0\]: hazard: is missing"),
        (HEAD + RULE + 'supersedes = ["b"]\n', "supersedes: there is no rule 'b'"),
        (HEAD + RULE + "supersedes = [1]\n", "supersedes: must be a list of ids"),
        (
            HEAD + RULE + 'rates = [{exposure = "e", people = 9, source = "s"}]\n',
            r"rates\[0\]: give events",
        ),
        (
            HEAD + RULE + 'rates = [{exposure = "e", people = 9, events = 10, source = "s"}]\n',
            r"rates\[0\]: events: 10 is outside",
        ),
    ],
)
def test_a_faulty_rule_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(InputError, match=reason):
        guidance.rules(tmp_path)


def test_an_unknown_fact_is_refused_with_near_matches(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(HEAD + RULE.replace("age > 90", "egrf < 30"))
    facts = guidance.facts(HER, course("none"), DRUGS)
    with pytest.raises(InputError, match="Did you mean 'egfr'"):
        guidance.evaluate(guidance.rules(tmp_path), *facts)


def test_the_page_is_the_table_of_the_rules() -> None:
    """Made by `python -c "from osteoaxis.present.guidance import table; print(table())"`."""
    page = (Path(__file__).parents[2] / "docs" / "guidelines.md").read_text(encoding="utf-8")
    assert page.endswith(guidelines.table())
    read = sum(rule.standing == "read" for rule in guidance.rules())
    assert f"{read} of {len(guidance.rules())} rules were read" in page


def test_from_the_command_line() -> None:
    run = CliRunner()
    done = run.invoke(
        app,
        [
            "guidelines",
            "postmenopausal-breast-cancer",
            "--regimen",
            "letrozole 2.5 mg po qd + denosumab 60 mg sc q6mo [y0-y1]",
            "--json",
        ],
    )
    assert done.exit_code == 0, done.output
    found = {f["id"]: f for f in json.loads(done.stdout)["findings"]}
    assert found["denosumab-no-exit"]["met"]
    assert found["denosumab-no-exit"]["months"] == [[14, None]]
    assert found["joint-2017-low-density"]["superseded_by"] == "joint-2025-update"
    assert "ESMO 2020" in json.loads(done.stdout)["not_shown"]
    done = run.invoke(app, ["guidelines", "postmenopausal-breast-cancer", "--years", "1"])
    assert done.exit_code == 0
    assert "Start bone protection?" in done.output
    assert "Not advice" in done.output
    assert "--unverified" in done.output
    every = ["guidelines", "postmenopausal-breast-cancer", "--years", "1", "--unverified"]
    assert "Not shown" not in run.invoke(app, every).output
    assert isinstance(run.invoke(app, ["guidelines", "nobody"]).exception, InputError)


def test_low_calcium_is_simulated_and_flagged(tmp_path: Path) -> None:
    """Failing kidneys and little vitamin D: calcium falls in the weeks after denosumab."""
    file = tmp_path / "her.toml"
    file.write_text(
        'sex = "female"\nage = 70\nmenopause_age = 50\n[baseline]\negfr = 18\nvitamin_d = 9\n'
    )
    given = ["--regimen", "denosumab 60 mg sc q6mo", "--years", "1", "--json"]
    done = CliRunner().invoke(app, ["guidelines", str(file), *given])
    found = {f["id"]: f for f in json.loads(done.stdout)["findings"]}
    ((start, end),) = found["low-calcium-first"]["months"]
    assert 0.25 < start < end < 5
    assert found["label-denosumab-kidney"]["rates"][0]["events"] == 411
