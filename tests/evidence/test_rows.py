"""Tables of evidence: read, refused with the place, and put in the words of the model."""

from __future__ import annotations

from pathlib import Path

import pytest

from osteoaxis.errors import InputError
from osteoaxis.evidence import endpoint, population, treatment
from osteoaxis.evidence.endpoint import question
from osteoaxis.evidence.row import COLUMNS, QUALITIES, STATISTICS, UNCERTAINTIES, parse, read_table
from osteoaxis.evidence.treatment import NotExecutable
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.present.evidence import run_check
from osteoaxis.simulation import simulator

ROW = {
    "study_id": "X", "population": "postmenopausal osteoporosis; mean age 70", "arm": "drug",
    "treatment": "denosumab 60mg sc q6mo [m0-m24]", "n": "50", "endpoint": "lumbar_spine_bmd",
    "time_months": "24", "statistic": "mean_pct_change", "value": "6.5", "low": "6.0",
    "high": "7.0", "uncertainty_kind": "95ci", "source_quality": "abstract", "note": "",
}  # fmt: skip


def row(**changes: str):
    return parse(ROW | changes, "here")


def test_a_row_is_normalised():
    assert row().statistic == "percent_change"
    assert row(statistic="median_abs").statistic == "level"
    assert row(statistic="median_abs").median
    assert row().standard_error == pytest.approx(0.5 / 1.959964)
    assert row(uncertainty_kind="SD").standard_error == pytest.approx(0.5 / 50**0.5)
    assert row(uncertainty_kind="SE_assumed").standard_error == pytest.approx(0.5)
    assert row(value="").value is None
    assert row(note="ref_month=12; off").reference_month == 12.0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"statistic": "mean_change"}, "statistic"),
        ({"value": "six"}, "value: must be a number, not 'six'"),
        ({"time_months": ""}, "time_months"),
        ({"source_quality": "rumour"}, "source_quality"),
        ({"uncertainty_kind": "maybe"}, "uncertainty_kind"),
        ({"endpoint": ""}, "endpoint"),
        ({"high": "inf"}, "high"),
        ({"n": "-60"}, "n: -60 given; people are at least 1"),
        ({"time_months": "-12"}, "time_months: -12 given; it must not be below 0"),
        (
            {"value": "-2.6", "low": "5", "high": "9"},
            "value: -2.6 is outside low to high, 5 to 9",
        ),
        ({"value": "", "low": "9", "high": "5"}, "low: 9 is above high, 5"),
        ({"low": ""}, "low: is empty; with '95ci' low and high are the ends of the 95 %"),
        ({"high": "", "uncertainty_kind": "SD"}, "high: is empty; .*value - SD and value"),
        ({"low": "", "high": "", "uncertainty_kind": "se"}, "low: is empty; .*value - SE and"),
        ({"uncertainty_kind": ""}, "uncertainty_kind: must say what low and high are: 95ci, se"),
    ],
)
def test_a_faulty_row_names_its_field(change: dict[str, str], said: str):
    with pytest.raises(InputError, match=said):
        row(**change)


def test_a_population_nobody_is_of_is_named():
    with pytest.raises(InputError, match="population 'premenopausal women; mean age 64': no such"):
        population.patient("premenopausal women; mean age 64")


def test_men_enter_under_a_heading_and_chemotherapy_may_end_ovarian_function():
    assert population.patient("men; osteoporosis").t_scores["lumbar_spine"] == -2.8
    assert population.patient("men; low bone density").t_scores["lumbar_spine"] == -1.7
    assert not population.patient("men with prostate cancer on ADT; osteoporosis excluded").t_scores
    words = "premenopausal women who develop ovarian failure on chemotherapy"
    woman = population.patient(words)
    assert woman.menopause_age == pytest.approx(woman.age + 0.1)


def test_a_table_names_file_line_and_column(tmp_path: Path):
    table = tmp_path / "mine.csv"
    table.write_text("study_id,arm\nX,a\n")
    with pytest.raises(InputError, match=r"mine\.csv: column 'population' is missing"):
        read_table(table)
    head = ",".join(ROW)
    table.write_text(head + "\n" + ",".join(ROW.values()) + "\n" + ",".join(
        (ROW | {"value": "x"}).values()) + "\n")  # fmt: skip
    with pytest.raises(InputError, match=r"mine\.csv: line 3: value"):
        read_table(table)
    with pytest.raises(InputError, match="cannot be read"):
        read_table(tmp_path / "nothing.csv")


@pytest.mark.parametrize(
    ("words", "regimens"),
    [
        ("AI (any) po qd [m0-m24]", ["anastrozole 1 mg po qd [m0-m24]"]),
        ("none", ["none"]),
        ("placebo sc q6mo [m0-m36]", ["none"]),
        ("letrozole po qd [m0-m6] vs placebo", ["letrozole 2.5 mg po qd [m0-m6]", "none"]),
        ("goserelin 3.6mg sc q4w [m0-m4]; testosterone gel 1% 2.5g td qd [m0-m4]",
         ["goserelin 3.6 mg sc q4w [m0-m4] + testosterone_gel 25 mg td qd [m0-m4]"]),
        ("zoledronate 5mg iv [m0,m60] vs placebo", ["zoledronate 5 mg iv once [m0,m60]", "none"]),
        ("leuprolide+flutamide [m0-m9]", ["leuprolide 7.5 mg im q4w [m0-m9]"]),
        ("goserelin 3.6mg; anastrozole 5mg po qd; T+,E2+ [m0-m1]",
         ["goserelin 3.6 mg sc q4w + anastrozole 5 mg po qd + testosterone_gel 50 mg td qd [m0-m1]"
          " + estradiol 0.0375 mg td qd [m0-m1]"]),
        ("goserelin 3.6mg; anastrozole 5mg po qd; T-,E2- [m0-m1]",
         ["goserelin 3.6 mg sc q4w + anastrozole 5 mg po qd"]),
        ("estradiol patch 50ug td 2x/wk [m0-m6]; 25ug 2x/wk [m6-m15]",
         ["estradiol 0.05 mg td qd [m0-m6] + estradiol 0.025 mg td qd [m6-m15]"]),
        ("orchiectomy [m0]", ["goserelin 3.6 mg sc q4w"]),
        ("teriparatide 40mcg sc qd [m0-m18]", ["teriparatide 40 ug sc qd [m0-m18]"]),
    ],
)  # fmt: skip
def test_treatments_in_words_become_regimens(words: str, regimens: list[str]):
    found = treatment.regimens(words, simulator())
    assert [str(each) for each in found] == [str(Regimen.parse(text)) for text in regimens]


@pytest.mark.parametrize(
    ("words", "regimens"),
    [
        ("placebo -> zoledronate 5 mg iv q12mo [m6-m24]", ["zoledronate 5 mg iv q12mo [m6-m24]"]),
        ("teriparatide 20 μg/day SC → denosumab 60 mg s.c. every six months [m24–m48]",
         ["teriparatide 20 ug sc qd [m0-m24] + denosumab 60 mg sc q6mo [m24-m48]"]),
        ("tamoxifen 20 mg/day for 2.5 years then exemestane 25 mg once daily",
         ["tamoxifen 20 mg po qd [m0-m30] + exemestane 25 mg po qd [m30-]"]),
        ("chemotherapy then letrozole 2.5 mg po qd [m6-m24]", ["letrozole 2.5 mg po qd [m6-m24]"]),
        ("control (letrozole 2.5 mg po qd)", ["letrozole 2.5 mg po qd"]),
        ("AI letrozole 2.5mg po qd [m0-m24]", ["letrozole 2.5 mg po qd [m0-m24]"]),
        ("bisphosphonate (zoledronate 4mg iv q6mo)", ["zoledronate 4 mg iv q6mo"]),
        ("letrozole + zoledronate 4 mg iv q6mo [m12-m24]",
         ["letrozole 2.5 mg po qd + zoledronate 4 mg iv q6mo [m12-m24]"]),
        ("goserelin + anastrozole [m0-m36]",
         ["goserelin 3.6 mg sc q28d [m0-m36] + anastrozole 1 mg po qd [m0-m36]"]),
        ("testosterone gel 5g bid", ["testosterone_gel 50 mg td bid"]),
        ("Femara 2.5 mg daily VS Arimidex 1 mg q.d.",
         ["letrozole 2.5 mg po qd", "anastrozole 1 mg po qd"]),
        ("zoledronic acid 4 mg IV q 6 months", ["zoledronate 4 mg iv q6mo"]),
        ("denosumab 60 mg SC biannually versus placebo", ["denosumab 60 mg sc q6mo", "none"]),
        ("alendronic acid 70 mg once weekly + vitamin D 800 IU/d + calcium 1,000 mg/d",
         ["alendronate 70 mg po qw + vitamin_d3 800 IU po qd + calcium 1000 mg po qd"]),
        ("anastrozole 1 mg twice weekly", ["anastrozole 1 mg po biw"]),
        ("OFS + exemestane 25 mg po qd [m0-m60]",
         ["goserelin 3.6 mg sc q28d [m0-m60] + exemestane 25 mg po qd [m0-m60]"]),
        ("goserelin 10.8 mg sc q12w [m0-m24]", ["goserelin 3.6 mg sc q28d [m0-m24]"]),
        ("degarelix 240 mg sc once [m0] + degarelix 80 mg sc q28d [m1-m12]",
         ["goserelin 3.6 mg sc q28d [m0-m1] + goserelin 3.6 mg sc q28d [m1-m12]"]),
        ("zoledronate 4 mg iv q6mo [start when lumbar_spine_t_score < -2.0; checked q12mo]",
         ["zoledronate 4 mg iv q6mo [start when lumbar_spine_t_score < -2.0; checked q12mo]"]),
        ("placebo matching denosumab sc q6mo", ["none"]),
    ],
)  # fmt: skip
def test_papers_write_treatments_in_many_ways(words: str, regimens: list[str]):
    found = treatment.regimens(words, simulator())
    assert [str(each) for each in found] == [str(Regimen.parse(text)) for text in regimens]


@pytest.mark.parametrize(
    ("population", "words", "regimens"),
    [
        ("men with prostate cancer on ADT", "denosumab 60 mg sc q6mo [m0-m24] vs placebo",
         ["denosumab 60 mg sc q6mo [m0-m24] + goserelin 3.6 mg sc q28d [m-12-]",
          "goserelin 3.6 mg sc q28d [m-12-]"]),
        ("men starting androgen deprivation therapy", "none", ["goserelin 3.6 mg sc q28d [m0-]"]),
        ("men on ADT", "ADT [m0-m12] vs none", ["goserelin 3.6 mg sc q28d [m0-m12]", "none"]),
        ("postmenopausal, on letrozole for 2 years", "placebo", ["letrozole 2.5 mg po qd [m-24-]"]),
        ("postmenopausal, after 2–3 years of tamoxifen", "exemestane 25 mg po qd [m0-m24]",
         ["exemestane 25 mg po qd [m0-m24] + tamoxifen 20 mg po qd [m-30-m0]"]),
        ("postmenopausal women not on an aromatase inhibitor", "none", ["none"]),
        ("women starting an aromatase inhibitor or tamoxifen", "tamoxifen 20 mg po qd [m0-m60]",
         ["tamoxifen 20 mg po qd [m0-m60]"]),
        ("men with prostate cancer treated with androgen deprivation", "none",
         ["goserelin 3.6 mg sc q28d [m-12-]"]),
        ("postmenopausal osteoporosis; previously treated with tamoxifen", "none", ["none"]),
    ],
)  # fmt: skip
def test_what_people_of_a_population_are_on_is_given_to_all_arms(
    population: str, words: str, regimens: list[str]
):
    found = treatment.regimens(words, simulator(), population)
    assert [str(each) for each in found] == [str(Regimen.parse(text)) for text in regimens]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("fulvestrant 500 mg im qmo + goserelin", "not in the catalogue"),
        ("denosumab 60 mg sc q6mo then stop", "when it was stopped is not said"),
        ("letrozole then exemestane", "when one treatment gives way to the next is not said"),
        ("bicalutamide [m0-m12]", "androgen receptor"),
        ("wonderdrug 5mg po qd", "no drug called 'wonderdrug'"),
        ("anastrozol 1mg po qd", "Did you mean 'anastrozole'"),
        ("anastrozole 900mg po qd", "outside"),
        ("", "no treatment"),
        ("mixed", "mixture"),
    ],
)
def test_what_cannot_be_given_says_why(words: str, reason: str):
    with pytest.raises(NotExecutable, match=reason):
        treatment.regimens(words, simulator())


def test_what_all_were_given_besides_is_added_to_every_arm():
    extra = treatment.beside("postmenopausal breast cancer; Ca+VitD; n=100")
    assert extra == "calcium 1000 mg po qd [m0-] + vitamin_d3 800 IU po qd [m0-]"
    assert treatment.beside("postmenopausal breast cancer") == ""
    found = treatment.regimens("letrozole 2.5mg po qd vs placebo", simulator(), extra=extra)
    assert [str(each) for each in found] == [
        str(Regimen.parse(text)) for text in (f"letrozole 2.5 mg po qd + {extra}", extra)
    ]


def test_delayed_treatment_is_a_rule_for_people_who_differ():
    (plan,) = treatment.regimens(
        "letrozole 2.5mg po qd [m0-m60] + zoledronate 4mg iv q6mo [start if T<-2.0 or fracture]",
        simulator(),
    )
    assert plan.ruled
    people = population.spread(population.patient("postmenopausal breast cancer; T >= -2.0"))
    assert len({person.t_scores["lumbar_spine"] for person in people}) == 4
    assert all(person.t_scores["lumbar_spine"] > -2.0 for person in people)


@pytest.mark.parametrize(
    ("words", "arm", "sex", "age", "after_menopause"),
    [
        ("postmenopausal osteoporosis; mean age 73; 3889", "a", "female", 73, True),
        ("premenopausal HR+ breast cancer; mean age 42", "a", "female", 42, False),
        ("postmenopausal osteoporosis; age 55-81; existing vertebral fracture", "", "female", 68,
         True),
        ("postmenopausal osteoporosis; age 42 to 95", "", "female", 68.5, True),
        ("postmenopausal osteoporosis; age 50 or more", "", "female", 70, True),
        ("women aged 70 and over; late postmenopausal", "", "female", 75, True),
        ("men; population sample; age 66 to 93", "", "male", 79.5, None),
        ("eugonadal men >65 y", "", "male", 70, None),
        ("men 62-74 y, T<350 ng/dl", "", "male", 68, None),
        ("healthy men young n=10, elderly n=10", "young", "male", 28, None),
        ("men 60+ y with low testosterone", "", "male", 65, None),
        ("breast cancer starting tamoxifen; by menopausal status", "tamoxifen premenopausal",
         "female", 43, False),
    ],
)  # fmt: skip
def test_populations_in_words_become_people(words, arm, sex, age, after_menopause):
    person = population.patient(words, arm)
    assert (person.sex, person.age) == (sex, age)
    if after_menopause is not None:
        assert (person.menopause_age < person.age) is after_menopause


@pytest.mark.parametrize(
    ("words", "sex", "age", "menopause"),
    [
        ("postmenopausal; after 5 y of tamoxifen, mean 5.3 y", "female", 62, 50),
        ("women aged 55–75 y", "female", 65, 50),
        ("men aged 20–50", "male", 35, None),
        ("pre-menopausal breast cancer", "female", 43, 51),
        ("oophorectomised women, mean age 44", "female", 44, 43),
        ("63-year-old postmenopausal women", "female", 63, 50),
        ("postmenopausal women, mean age: 63 (SD 6)", "female", 63, 50),
        ("women ≥65 years", "female", 70, 50),
        ("women 50 to 79 years of age", "female", 64.5, 50),
        ("women <3 years after menopause", "female", 52.5, 51),
        ("women 2-5 years after menopause, mean age 54", "female", 54, 50.5),
        ("men with prostate cancer on ADT, mean age 71±8 years", "male", 71, None),
    ],
)
def test_papers_write_ages_in_many_ways(words, sex, age, menopause):
    person = population.patient(words)
    assert (person.sex, person.age, person.menopause_age) == (sex, age, menopause)


@pytest.mark.parametrize(
    ("words", "spine"),
    [
        ("T-score < -2.5", -2.8),
        ("T-score −3.1", -3.1),
        ("mean lumbar spine T-score was -2.7", -2.7),
        ("osteopaenia", -1.7),
        ("low bone mineral density", -1.7),
        ("T < -2.5 excluded", None),
        ("osteoporosis was an exclusion", None),
        ("lumbar spine T -2.5 to -5.0", None),
    ],
)
def test_papers_write_t_scores_in_many_ways(words, spine):
    scores = population.patient(f"postmenopausal women; {words}").t_scores
    assert scores.get("lumbar_spine") == spine
    assert population.patient("osteoporotic women").t_scores["lumbar_spine"] == -2.8


@pytest.mark.parametrize(
    ("words", "level"),
    [
        ("men with low testosterone", 250.0),
        ("men; testosterone <300 ng/dL", 255.0),
        ("men; testosterone 320 ng/dl or less", 272.0),
        ("men; T < 9 nmol/L", 220.6413),
        ("men; mean testosterone 8 nmol/L", 230.736),
        ("men; primary or hypogonadism-associated osteoporosis", None),
    ],
)
def test_papers_write_low_testosterone_in_many_ways(words, level):
    found = population.patient(words).baseline.get("testosterone")
    assert found == (None if level is None else pytest.approx(level))


def test_a_share_with_earlier_fractures_is_no_fracture_of_all():
    words = "postmenopausal women; 40% with a prior vertebral fracture"
    assert population.fractured(words) == 0.4
    assert not population.patient(words).history
    assert population.fractured("postmenopausal women") is None
    woman = population.patient("breast cancer, existing vertebral fracture")
    assert "breast cancer" in population.told(woman, 0.4)
    assert population.told(woman, 0.4).count("vertebral") == 1


def test_words_of_entry_become_t_scores_and_history():
    assert population.patient("postmenopausal; T LS -2.96, TH -2.80, FN -2.90").t_scores == {
        "lumbar_spine": -2.96, "total_hip": -2.8, "femoral_neck": -2.9,
    }  # fmt: skip
    assert not population.patient("postmenopausal; osteoporosis excluded").t_scores
    assert population.patient("postmenopausal; existing vertebral fracture").history[
        "vertebral_fracture"
    ]
    assert "breast_cancer" not in population.patient("at raised breast cancer risk").history
    assert not population.patient("women at raised risk of breast cancer").history


@pytest.mark.parametrize(
    ("words", "history"),
    [
        ("one to four vertebral fractures", {"vertebral_fracture": True}),
        ("two moderate or one severe vertebral fracture", {"vertebral_fracture": True}),
        (
            "two or more vertebral fractures",
            {"vertebral_fracture": True, "vertebral_fractures": 2.0},
        ),
        (
            "with one earlier vertebral fracture",
            {"vertebral_fracture": True, "vertebral_fractures": 1.0},
        ),
        ("one or more earlier vertebral fractures", {"vertebral_fracture": True}),
        ("at least one vertebral fracture", {"vertebral_fracture": True}),
        (
            "at least two vertebral fractures",
            {"vertebral_fracture": True, "vertebral_fractures": 2.0},
        ),
        ("recent pertrochanteric hip fracture", {"hip_fracture": True}),
        ("T <= -2.5 or vertebral fractures", {}),
        ("no osteoporosis (T > -2.5, no fragility fracture)", {}),
        ("at least one risk factor for hip fracture", {}),
        ("hip fracture within 90 days before", {"hip_fracture": True}),
    ],
)
def test_earlier_fractures_are_read_and_their_absence_too(words, history):
    assert population.patient(f"postmenopausal women; {words}").history == history


def test_a_comparison_with_the_young_makes_nobody_young():
    man = population.patient("men; low bone density (spine more than 2 SD below young men)")
    assert man.age == population.ASSUMED["men"]
    assert man.t_scores["lumbar_spine"] == -2.8
    assert population.patient("healthy young men").age == population.ASSUMED["young men"]


def test_the_least_time_since_menopause_is_not_the_usual_one():
    woman = population.patient("postmenopausal women; age 55-80; at least 5 years after menopause")
    assert woman.menopause_age == population.MENOPAUSE


def test_questions():
    plan = Regimen.parse("denosumab 60 mg sc q6mo [m0-m36]")
    asked = question(row(note="ref_month=12"), plan)
    assert (asked.how, asked.start, asked.end) == ("change", 12.0, 24.0)
    asked = question(row(note="metric=annual rate, FMP 0..+24"), plan)
    assert (asked.how, asked.start, asked.end) == ("annual", 0.0, 24.0)
    asked = question(
        row(endpoint="vertebral_fracture_pct", statistic="incidence_pct", time_months="12",
            note="metric=rate per 100 participant-years after stop"), plan,
    )  # fmt: skip
    assert (asked.how, asked.start, asked.end) == ("rate", 36.0, 48.0)
    asked = question(row(endpoint="fracture_any_hr", statistic="hazard_ratio",
                         note="metric=RR; type=nonvertebral"), plan)  # fmt: skip
    assert (asked.how, asked.causes) == ("risk_ratio", ("hip", "other"))
    assert question(row(note="Ref_month = 12"), plan).start == 12.0
    for note, causes in (
        ("type=hip", ("hip",)),
        ("non-vertebral", ("hip", "other")),
        ("type=vertebral; morphometric, not clinical", ("morphometric",)),
    ):
        assert question(row(endpoint="fracture_any_hr", statistic="hazard_ratio", note=note),
                        plan).causes == causes  # fmt: skip
    ratio = row(endpoint="fracture_any_hr", statistic="hazard_ratio", note="metric=risk ratio")
    assert question(ratio, plan).how == "risk_ratio"
    assert question(row(unit="%/year"), plan).how == "annual"
    for change, said in (
        ({"endpoint": "fracture_any_pct", "statistic": "incidence_pct",
          "note": "metric=rate per 1,000 person-years"}, "per 100"),
        ({"statistic": "difference", "unit": "g/cm2"}, "difference in 'g/cm2'"),
        ({"value": "-3000", "low": "", "high": "", "uncertainty_kind": ""}, "-3000 cannot be"),
        ({"endpoint": "fracture_any_pct", "statistic": "incidence_pct", "value": "130",
          "low": "", "high": "", "uncertainty_kind": ""}, "130 cannot be"),
        ({"statistic": "difference", "unit": "T-score"}, "difference in 'T-score'"),
    ):  # fmt: skip
        with pytest.raises(NotExecutable, match=said):
            question(row(**change), plan)
    for name, statistic in (("moon", "mean_pct_change"), ("ctx", "incidence_pct")):
        with pytest.raises(NotExecutable):
            question(row(endpoint=name, statistic=statistic), plan)


HEAD = "study_id,population,arm,treatment,endpoint,time_months,statistic,value"


def test_a_misspelt_column_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(f"{HEAD},low,hi,uncertainty,N\nX,women,a,none,ctx,12,mean_pct_change,1,,,,\n")
    with pytest.raises(InputError, match=r"mine\.csv: unknown column 'hi'\. .*Taken: study_id"):
        read_table(path)
    path.write_text(f"{HEAD},N\nX,women,a,none,ctx,12,mean_pct_change,1,5\n")
    with pytest.raises(InputError, match=r"unknown column 'N'\. Did you mean 'n'"):
        read_table(path)


def test_a_comma_without_quotes_is_refused_and_empty_lines_are_not(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    whole = "X,women,a,none,ctx,12,mean_pct_change,−0.6"
    path.write_text(f"{HEAD}\n{whole},ref_month=6\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 2: has more values than there are columns"):
        read_table(path)
    path.write_text(f"{HEAD}\n{whole}\n,,,,,,,\n", encoding="utf-8")
    (only,) = read_table(path)
    assert only.value == -0.6


def test_a_table_of_which_nothing_can_be_executed_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(f"{HEAD}\nX,women,a,none,qct_spine,12,mean_pct_change,1\n")
    run_check([path], None, json_only=False)
    told = capsys.readouterr().out
    assert "Nothing is predicted: no row can be executed." in told
    assert "By endpoint" not in told
    assert "1 of 1 rows (100.0 %) cannot be executed" in told


def test_the_docs_list_what_a_table_may_say() -> None:
    page = (Path(__file__).parents[2] / "docs" / "evidence.md").read_text(encoding="utf-8")
    for word in (*COLUMNS, *STATISTICS, *filter(None, UNCERTAINTIES), *QUALITIES):
        assert f"`{word}`" in page, word


def test_the_docs_list_every_endpoint() -> None:
    page = (Path(__file__).parents[2] / "docs" / "evidence.md").read_text(encoding="utf-8")
    for name in (*endpoint.QUANTITIES, *endpoint.FRACTURES):
        assert f"`{name}`" in page, name


def test_every_endpoint_has_points_of_its_own_kind() -> None:
    """Vitamin D was held to the points of density."""
    assert {endpoint.group(name) for name in endpoint.QUANTITIES} == {
        "bmd", "marker", "hormone", "other",
    }  # fmt: skip
    assert [n for n in endpoint.QUANTITIES if endpoint.group(n) == "other"] == ["tbs"]
