"""The table and the figure sheet of strategies."""

from __future__ import annotations

from dataclasses import replace

import pytest

from osteoaxis import guidance, scenario
from osteoaxis.present import strategies, strategy_sheet
from osteoaxis.strategy import Metric, Strategies, compare


@pytest.fixture(scope="module")
def result() -> Strategies:
    plan = scenario.load("bone-protection")
    return compare(replace(plan, years=3.0))


def metric(unit: str, kind: str = "level") -> Metric:
    return Metric("g", "t", unit, "m", lambda _arm: None, kind=kind)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "unit", "kind", "text"),
    [
        (None, "percent", "level", "–"),
        (-2.345, "percent", "percent_change", "−2.3"),
        (2.345, "percent", "percent_change", "+2.3"),
        (-0.04, "percent", "percent_change", "0.0"),
        (1827.0, "doses", "level", "1,827"),
        (1.0, "yes/no", "level", "yes"),
        (0.0, "yes/no", "level", "no"),
        (-1.904, "SD", "level", "−1.90"),
    ],
)
def test_values_as_a_person_reads_them(
    value: float | None, unit: str, kind: str, text: str
) -> None:
    assert strategies.text(value, metric(unit, kind)) == text


def test_intervals_stand_in_brackets() -> None:
    per = metric("per 1,000")
    assert strategies.cell("x", {"x": 30, "x_low": 20, "x_high": 45}, per) == "30 (20–45)"
    assert strategies.cell("x", {"x": -3, "x_low": -9, "x_high": 4}, per) == "−3 (−9 to 4)"
    people = metric("people")
    assert strategies.cell("x", {"x": 40, "x_low": 18, "x_high": -90}, people) == "40 (18 up)"


def test_the_table_leaves_out_what_says_nothing(result: Strategies) -> None:
    shown = dict(strategies.rows(result))
    assert "zoledronate_doses" in shown
    assert "anastrozole_doses" not in shown
    assert "femoral_neck_bmd_change_y1" not in shown
    text = strategies.markdown(result)
    assert text.count("\n| ") > 20
    assert all(arm in text for arm in result.arms)


def test_cautions_are_said_once_with_the_arms_that_meet_them(result: Strategies) -> None:
    cautions = guidance.asked(result.cautions)
    assert cautions
    assert all(caution in strategies.markdown(result) for caution in cautions)
    said = strategies.summary(result)["arms"]
    assert not said["unprotected"]["cautions"]
    assert all(entry["source"] for arm in said.values() for entry in arm["cautions"])


def test_the_terminal_shows_every_arm_beside_the_reference(
    result: Strategies, capsys: pytest.CaptureFixture[str]
) -> None:
    strategies.show(result)
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= strategies.WIDTH
    assert "…" not in text
    assert text.count("unprotected") > 2


def test_the_sheet_draws_every_arm(result: Strategies) -> None:
    drawn = strategy_sheet.figure(result)
    titled = {axis.get_title(loc="left"): axis for axis in drawn.get_axes()}
    assert len(titled["Lumbar spine BMD (% change)"].lines) == len(result.arms) + 1
    plan, *_ = drawn.get_axes()
    lanes = [tick.get_text() for tick in plan.get_yticklabels()]
    assert lanes[0] == "every arm: letrozole"
    assert "denosumab-exit: denosumab" in lanes


def test_one_arm_alone_is_drawn(result: Strategies) -> None:
    plan = replace(result.scenario, years=1.0, arms={"only": "none"})
    strategy_sheet.figure(compare(plan))
