"""Every study of the package, its predictions, and how they are scored."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from osteoaxis import evidence, simulate
from osteoaxis.cli import app
from osteoaxis.errors import InputError
from osteoaxis.evidence import check
from osteoaxis.evidence.prediction import Plan
from osteoaxis.evidence.row import parse
from osteoaxis.patient import Patient
from osteoaxis.present import evidence as shown
from osteoaxis.present.console import opened
from osteoaxis.simulation import simulator

KEYS = {"study_id", "arm", "endpoint", "time_months", "observed", "predicted", "low", "high",
        "executable", "reason"}  # fmt: skip


def table(**changes: str) -> dict[str, str]:
    return {
        "study_id": "MINE", "population": "postmenopausal; mean age 62", "arm": "a",
        "treatment": "anastrozole 1mg po qd", "endpoint": "lumbar_spine_bmd", "time_months": "12",
        "statistic": "mean_pct_change", "value": "-2.5", "n": "100",
        "source_quality": "abstract",
    } | changes  # fmt: skip


@pytest.mark.parametrize("name", list(evidence.studies()))
def test_every_study_states_patient_or_time_zero_role_and_source(name: str):
    study = evidence.studies()[name]
    assert study.rows
    assert study.role in ("calibration", "validation", "context")
    assert all(row.study_id == study.id for row in study.rows)
    assert all(row.citation or row.doi for row in study.rows)
    assert study.people or any("FMP" in row.note for row in study.rows)


def test_a_study_is_found_in_any_case_or_suggested():
    assert evidence.find("atac").id == "ATAC"
    with pytest.raises(InputError, match="Did you mean 'ATAC'"):
        evidence.find("ATACC")


def test_predictions_are_those_of_a_simulation():
    rows = [parse(table(), "x"), parse(table(endpoint="ctx", time_months="6"), "x")]
    predicted = Plan(rows, simulator()).predict()
    data = simulate(
        Patient("typical", age=62.0, menopause_age=50.0), "anastrozole 1 mg po qd", 1.0,
        dosing="average",
    )  # fmt: skip
    for value, name, month in ((predicted[0], "lumbar_spine_bmd", 12), (predicted[1], "ctx", 6)):
        levels = data[name].values
        assert value[0] == pytest.approx(100 * (levels[month] / levels[0] - 1), abs=2e-2)


def test_a_difference_is_of_two_arms_and_equal_arms_do_not_differ():
    same = table(statistic="difference_pct", treatment="none vs none")
    two = table(statistic="difference_pct", treatment="denosumab 60mg sc q6mo vs none")
    one = [table(treatment="denosumab 60mg sc q6mo"), table(treatment="none")]
    hazards = table(statistic="hazard_ratio", endpoint="fracture_any_hr", treatment="none vs none",
                    value="0.8")  # fmt: skip
    plan = Plan([parse(r, "x") for r in (same, two, *one, hazards)], simulator())
    equal, difference, first, second, ratio = plan.predict()[:, 0]
    assert equal == pytest.approx(0.0, abs=1e-9)
    assert difference == pytest.approx(first - second, abs=1e-9)
    assert ratio == pytest.approx(1.0)


def test_draws_are_independent_of_company():
    rows = [parse(table(), "x"), parse(table(treatment="none", time_months="24"), "x")]
    plan = Plan(rows, simulator())
    sets = [{}, {"estrogen.half_estradiol": 30.0}]
    together = plan.predict(sets)
    alone = np.hstack([plan.predict([s]) for s in sets])
    assert np.allclose(together, alone, rtol=0, atol=1e-9)
    assert abs(together[0, 0] - together[0, 1]) > 0.01


def test_levels_at_entry_are_given_to_the_patient_and_followed_as_ratios():
    entry = {"population": "men 62-74 y", "statistic": "mean_abs", "unit": "pg/ml",
             "endpoint": "estradiol"}  # fmt: skip
    rows = [parse(table(**entry, time_months="0", value="26"), "x"),
            parse(table(**entry, time_months="3", value="17"), "x")]  # fmt: skip
    plan = Plan(rows, simulator())
    assert plan.rows[0].given
    start, later = plan.predict()[:, 0]
    assert start == 26.0
    assert 5.0 < later < 26.0
    scored = check.score(plan, plan.predict(), {})
    assert scored[0].weight == 0.0
    assert scored[1].weight == 1.0
    assert scored[1].difference == pytest.approx(100 * (later / 17 - 1))


def test_immunoassays_read_estradiol_where_there_is_hardly_any():
    """The same women on letrozole: -58 % by radioimmunoassay, more than -89 % by mass spectrometry.

    Santen 2007, 10.1016/j.steroids.2007.05.003; without the drug their assays differ by 8 pg/mL, on
    it by 5, so no constant meets both.
    """
    asked = {"population": "postmenopausal women with breast cancer", "treatment": "letrozole",
             "endpoint": "estradiol", "time_months": "3", "statistic": "percent_change",
             "value": "-58"}  # fmt: skip
    rows = [parse(table(**asked, note=note), "x") for note in ("", "by mass spectrometry")]
    by_antibody, by_mass = Plan(rows, simulator()).predict()[:, 0]
    assert -70.0 < by_antibody < -40.0
    assert by_mass < -89.0


def test_an_estradiol_measured_by_antibody_is_not_all_there():
    asked = {"population": "men; mean age 65", "treatment": "anastrozole", "endpoint": "estradiol",
             "statistic": "level", "unit": "pg/mL"}  # fmt: skip
    rows = [
        parse(table(**asked, time_months=month, value=value), "x")
        for month, value in (("0", "26"), ("3", "17"))
    ]
    plan = Plan(rows, simulator())
    member = plan.members[plan.rows[1].arms[0][0]]
    assert member.patient.baseline["estradiol"] == pytest.approx(26.0 - 5.2)


def test_scores():
    rows = [parse(r, "x") for r in (
        table(), table(value=""), table(source_quality="memory"), table(endpoint="moon"),
    )]  # fmt: skip
    plan = Plan(rows, simulator())
    scored = check.score(plan, plan.predict([{}, {}]), {})
    assert [each.weight for each in scored] == [1.0, 0.0, 0.0, 0.0]
    assert scored[0].role == "external"
    assert scored[0].allowed == pytest.approx(1.0)
    assert scored[0].difference == pytest.approx(scored[0].predicted + 2.5)
    assert scored[0].low < scored[0].predicted < scored[0].high
    assert not scored[3].planned.executable
    assert "moon" in scored[3].reason
    found = check.summary(scored)["lumbar_spine_bmd"]
    assert found["n"] == 1
    assert found["bias"] == pytest.approx(scored[0].difference)
    assert found["rmse"] == pytest.approx(abs(scored[0].difference))


def test_one_person_is_judged_by_the_spread_between_people():
    row = parse(table(n="1"), "x")
    assert check.sampling_error(row) == pytest.approx(4.0)
    assert check.sampling_error(parse(table(n="100"), "x")) == pytest.approx(0.4)
    ratio = parse(table(statistic="hazard_ratio", endpoint="fracture_any_hr", value="1.5",
                        low="1.25", high="1.77", uncertainty_kind="95ci"), "x")  # fmt: skip
    assert check.sampling_error(ratio) == pytest.approx(math.log(1.77 / 1.25) / 3.92, rel=1e-3)


def test_fractures_of_a_mixed_population_lie_between_those_of_its_parts():
    known = evidence.studies()["FREEDOM"]
    rows = [
        parse(
            table(study_id="FREEDOM", population=known.population, treatment="none", value="7",
                  endpoint="vertebral_fracture_pct", time_months="36", statistic="incidence_pct"),
            "x",
        )
    ]  # fmt: skip
    assert known.earlier_vertebral_fracture == pytest.approx(0.23)

    def predicted(share: float) -> float:
        study = replace(known, earlier_vertebral_fracture=share)
        return float(Plan(rows, simulator(), {"FREEDOM": study}).predict()[0, 0])

    none, some, everybody = (predicted(share) for share in (0.0, 0.25, 1.0))
    assert none < some < everybody
    assert some == pytest.approx(0.75 * none + 0.25 * everybody)


def test_intervals_hold_the_error_of_the_model(monkeypatch: pytest.MonkeyPatch):
    plan = Plan([parse(table(), "x")], simulator())

    def width(error: dict[str, float]) -> float:
        monkeypatch.setattr(check.fitted, "model_error", lambda: error)
        (scored,) = check.score(plan, np.array([[-2.0, -2.0]]), {})
        return float(scored.high - scored.low)

    narrow, wide = width({}), width({"spine": 3.0})
    assert width({"bmd": 3.0}) == narrow  # of other sites
    assert wide**2 == pytest.approx(narrow**2 + (2 * 1.644854 * 3.0) ** 2, rel=1e-6)


@pytest.mark.parametrize(
    ("how", "lowest", "highest"),
    [("change", -100.0, math.inf), ("annual", -100.0, math.inf), ("incidence", 0.0, 100.0),
     ("ever", 0.0, 100.0), ("prevalence", 0.0, 100.0)],
)  # fmt: skip
def test_intervals_hold_nothing_impossible(how: str, lowest: float, highest: float):
    top = min(highest, 300.0)
    for part in (0.0, 1e-6, 0.01, 0.1, 0.5, 0.9, 1.0):
        centre = lowest + part * (top - lowest)
        for spread in (0.1, 10.0, 60.0):
            low, high = check.interval(how, centre, spread)
            assert lowest <= low <= centre <= high <= highest
            assert low < high
    far = check.interval(how, 40.0, 2.0)
    assert far == pytest.approx((40.0 - 1.644854 * 2.0, 40.0 + 1.644854 * 2.0), abs=1e-3)


def test_intervals_of_ratios_are_even_in_logarithms():
    low, high = check.interval("hazard_ratio", 0.5, 0.4, logarithmic=True)
    assert low * high == pytest.approx(0.25)
    assert low == pytest.approx(0.5 * math.exp(-1.644854 * 0.4), rel=1e-5)
    low, high = check.interval("incidence", 60.0, 0.9, logarithmic=True)
    assert 0.0 < low < 60.0 < high <= 100.0


def test_no_interval_of_the_package_holds_what_cannot_be():
    for each in evidence.verdicts(role="validation", draws=5):
        if each.low is None or each.planned.given:
            continue
        assert each.planned.question is not None
        how = each.planned.question.how
        assert how == "difference" or each.low > (-100.0 if how in ("change", "annual") else 0.0)
        assert how not in ("incidence", "ever", "prevalence") or each.high < 100.0
        assert each.low <= each.predicted <= each.high


def test_the_statistics_tell_coverage_and_width_of_the_intervals():
    rows = [parse(table(), "x"), parse(table(value="-9"), "x")]
    scored = check.score(Plan(rows, simulator()), np.array([[-2.0, -2.0]] * 2), {})
    found = check.summary(scored)["lumbar_spine_bmd"]
    assert found["coverage"] == 0.5
    assert found["width"] == pytest.approx(scored[0].high - scored[0].low)


def test_check_of_a_strangers_table(tmp_path: Path):
    path = tmp_path / "mine.csv"
    rows = [table(), table(treatment="moonshine 5mg po qd", arm="b")]
    path.write_text("\n".join([",".join(rows[0]), *(",".join(r.values()) for r in rows)]))
    result = CliRunner().invoke(app, ["evidence", "check", str(path), "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert set(found) == {"rows", "summary"}
    assert all(set(row) >= KEYS for row in found["rows"])
    assert [row["executable"] for row in found["rows"]] == [True, False]
    assert "moonshine" in found["rows"][1]["reason"]
    assert found["rows"][1]["predicted"] is None
    assert set(found["summary"]["lumbar_spine_bmd"]) >= {"n", "bias", "rmse", "share_within"}
    text = CliRunner().invoke(app, ["evidence", "check", str(path)])
    assert text.exit_code == 0
    assert "1 of 2 rows (50.0 %) cannot be executed" in text.output


def planned(*changes: dict[str, str]) -> Plan:
    rows = [parse(table(**change), "x") for change in changes]
    return Plan(rows, simulator(), evidence.studies())


def test_a_unit_that_does_not_fit_is_a_reason_not_a_failure():
    level = {"statistic": "mean_abs", "low": "", "high": "", "uncertainty_kind": "none"}
    plan = planned({**level, "endpoint": "testosterone", "unit": "furlong", "value": "5"})
    assert "unit 'furlong' does not fit" in plan.rows[0].reason


def test_levels_of_two_units_are_put_into_one():
    level = {"study_id": "MINE", "population": "men; mean age 60", "statistic": "mean_abs",
             "treatment": "testosterone_gel 50 mg td qd", "endpoint": "testosterone",
             "low": "", "high": "", "uncertainty_kind": "none"}  # fmt: skip
    entry = {**level, "time_months": "0", "value": "8", "unit": "nmol/l"}
    later = {**level, "time_months": "6", "value": "500"}
    plan = planned(entry, {**later, "unit": "ng/dl"}, {**later, "unit": "nM"})
    _, mass, molar = plan.predict()[:, 0]
    assert 300 < mass < 900
    assert mass / molar == pytest.approx(28.84, rel=1e-3)


def test_a_study_that_shares_only_its_name_is_taken_by_its_own_words():
    plan = planned({"study_id": "ATAC", "population": "men; mean age 30", "treatment": "none"})
    assert plan.rows[0].people[0][0].male
    assert check.score(plan, plan.predict(), {"ATAC": "calibration"})[0].role == "external"
    ours = evidence.studies()["ATAC"]
    assert ours.of(ours.rows[0])


def test_the_check_says_what_words_were_taken_to_mean(tmp_path: Path):
    path = tmp_path / "mine.csv"
    rows = [table(study_id="MINE", population="men on ADT; mean age 72", treatment="none")]
    path.write_text("\n".join([",".join(rows[0]), *(",".join(r.values()) for r in rows)]))
    text = CliRunner().invoke(app, ["evidence", "check", str(path)]).output
    assert "man of 72" in text
    assert "goserelin 3.6 mg sc q4w [m-12-]" in text


def test_fewer_than_a_tenth_of_rows_cannot_be_executed():
    rows = [row for study in evidence.studies().values() for row in study.rows]
    plan = Plan(rows, simulator(), evidence.studies())
    stuck = [each for each in plan.rows if not each.executable]
    assert all(each.reason for each in stuck)
    assert len(stuck) < 0.1 * len(rows)


def invoked(*words: str) -> str:
    result = CliRunner().invoke(app, ["evidence", *words])
    assert result.exit_code == 0, result.output
    return result.output


def test_listing():
    assert "BURNETT2009" in invoked("list")
    everything = json.loads(invoked("list", "--json"))
    assert [s["study_id"] for s in everything] == list(evidence.studies())
    men = json.loads(invoked("list", "--drug", "arimidex", "--sex", "male", "--json"))
    assert men[0]["study_id"] == "BURNETT2009"
    assert {"male"} == {sex for s in men for sex in s["sex"]}
    both = ("list", "--drug", "letrozole", "--drug", "zoledronate")
    found = json.loads(invoked(*both, "--endpoint", "fracture_any_pct", "--json"))
    assert {"Z-FAST", "ZO-FAST"} >= {s["study_id"] for s in found if s["match"] == "same drugs"}
    assert "letrozole + zoledronate" in invoked(*both)
    for wrong, hint in (("--drug", "letrozole"), ("--endpoint", "total_hip_bmd")):
        failed = CliRunner().invoke(app, ["evidence", "list", wrong, hint[:-1]])
        assert isinstance(failed.exception, InputError)
        assert f"Did you mean '{hint}'" in str(failed.exception)


def test_one_study_with_its_predictions_verdicts_and_sources():
    text = " ".join(invoked("show", "Z-FAST").split())
    for told in ("letrozole 2.5 mg po qd [m0-m60]", "602", "agrees", "off", "recalled, not read",
                 "10.1200/JCO.2005.05.3744", "10.3816/CBC.2009.n.015", "predicted",
                 "what such a study would observe"):  # fmt: skip
        assert told in text
    assert all(word in text for word in ("adjusted;", "25%", "delayed", "started", "ZA"))
    rows = json.loads(invoked("show", "Z-FAST", "--json"))["rows"]
    assert {"observed", "predicted", "difference", "allowed", "within", "doi", "n"} <= set(rows[0])
    missing = CliRunner().invoke(app, ["evidence", "show", "NOPE"])
    assert isinstance(missing.exception, InputError)


def test_notes_are_whole_and_stand_once(monkeypatch: pytest.MonkeyPatch):
    """A column of notes was cut in a pipe, and `COLUMNS` counted for nothing."""
    study = evidence.find("ATAC")
    lines = invoked("show", "ATAC").splitlines()
    for note in {row.note for row in study.rows} - {""}:
        assert sum(line.endswith(note) for line in lines) == 1
    assert any("(1.25 to 1.77, 95ci)" in line and line.strip()[-1].isdigit() for line in lines)
    head = next(line for line in lines if line.startswith("arm"))
    assert head.split()[-1] == "note"
    monkeypatch.setenv("COLUMNS", "300")
    assert opened(80).width == 300


def test_verdicts_are_whole_in_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "40")
    rows = [parse(table(arm="a very long name of an arm " * 3, value=v), "x") for v in ("-2", "9")]
    shown.show(check.score(Plan(rows, simulator()), np.array([[-2.0, -2.0]] * 2), {}))
    text = capsys.readouterr().out
    assert "agrees" in text
    assert re.search(r"\boff\s*$", text, re.M)
    assert "external" in text
    assert "…" not in text


def test_a_row_has_one_verdict_everywhere():
    rows = [parse(table(value=value), "x") for value in ("-2.5", "-9")]
    recalled = parse(table(source_quality="memory"), "x")
    plan = Plan([*rows, recalled], simulator())
    scored = check.score(plan, np.array([[-2.0, -2.0]] * 3), {})
    assert [shown.verdict(each) for each in scored] == ["agrees", "off", "recalled, not read"]
    assert [each.as_json()["within"] for each in scored] == [True, False, True]
    assert [shown.off_by(each) for each in scored[:2]] == ["+0.5", "+7.0"]
    context = check.score(plan, np.array([[-2.0, -2.0]] * 3), {"MINE": "context"})
    assert shown.verdict(context[0]) == "of a study for context"


def test_recalled_rows_have_no_weight():
    scored = evidence.verdicts(role="context", draws=2)
    assert all(each.weight == 0.0 for each in scored)
