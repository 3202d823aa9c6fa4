"""Report, summary and terminal of a real result."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from osteoaxis import scenario, strategy
from osteoaxis.patient import Patient
from osteoaxis.present import figures, report, strategies, terminal, writers
from osteoaxis.present.clinical import typical
from osteoaxis.present.summary import QUANTITIES, summary_json
from osteoaxis.present.tables import marker_rows
from osteoaxis.scenario import ScenarioResult
from osteoaxis.simulation import simulator

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def result() -> ScenarioResult:
    plan = scenario.load("anastrozole-woman")
    patient = replace(plan.patient, name=HOSTILE)
    return scenario.run(replace(plan, years=1.5, patient=patient))


@pytest.fixture(scope="module")
def page(result: ScenarioResult, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder: Path = tmp_path_factory.mktemp("report")
    return report.render(result, figures.save_all(result, folder))


def test_the_report_stands_alone(page: str) -> None:
    for outside in ("<script", "<link", "src=", "@import", "url(http"):
        assert outside not in page, outside
    assert page.count("<svg") == len(figures.FIGURES)
    assert "not a medical device" in page


def test_what_a_user_writes_is_escaped(page: str) -> None:
    assert "&lt;script&gt;" in page


def test_the_report_is_the_same_twice(result: ScenarioResult, page: str, tmp_path: Path) -> None:
    assert report.render(result, figures.save_all(result, tmp_path)) == page


def test_the_summary_is_plain_json(result: ScenarioResult) -> None:
    summary = summary_json(result)
    assert summary["months"] == [0, 6, 12, 18]
    assert set(summary["arms"]["anastrozole"]) == set(QUANTITIES)
    json.dumps(summary, allow_nan=False)
    data = result.arms["anastrozole"]
    found = summary["arms"]["anastrozole"]["ctx_change"]["values"][2]
    level = data["ctx"].sel(time=12, method="nearest")
    assert found == pytest.approx(float(100 * (level / data["ctx"][0] - 1)), abs=0.01)


def test_one_arm_alone_is_shown_without_comparison(capsys: pytest.CaptureFixture[str]) -> None:
    alone = scenario.Scenario("alone", "Alone", "One arm", Patient(age=60), 1.0, {"none": "none"})
    result = scenario.run(alone)
    terminal.show(result)
    shown = capsys.readouterr().out
    assert "against" not in shown
    assert "not a medical device" in shown
    assert max(map(len, shown.splitlines())) <= 96


def test_markers_stand_against_their_intervals(result: ScenarioResult) -> None:
    rows = marker_rows(result)
    assert {row.marker for row in rows} == {"ctx", "p1np", "bsap"}
    assert {row.month for row in rows} >= {0.0}
    for row in rows:
        inside = row.interval.low <= row.value <= row.interval.high
        assert (row.place == "within") == inside


def quiet(_stage: str, _share: float) -> None:
    """Show no progress."""


def test_parameters_beyond_what_is_plausible_are_told_everywhere(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """They are taken, but no table, report or file is silent about them."""
    patient = Patient(menopause_age=50, parameters={"ctx_power": 50.0, "rankl.rankl_il1": 0.1})
    plan = scenario.Scenario("far", "Far", "", patient, 1.0, {"none": "none"})
    told = "Outside the plausible range: markers.ctx_power = 50 ("
    result = scenario.run(plan)
    assert result.warnings[0].startswith(told)
    assert "rankl_il1" not in result.warnings[0]
    terminal.show(result)
    assert told in " ".join(capsys.readouterr().out.split())
    assert told in report.render(result, ())
    assert summary_json(result)["warnings"] == [*result.warnings]
    assert strategies.notes(strategy.compare(plan))[0] == result.warnings[0]
    case = typical.simulated(plan, simulator(), 1, quiet)
    assert told in writers.html(typical.written(case, quiet))
