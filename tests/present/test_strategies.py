"""The table and the figure sheet of strategies."""

from __future__ import annotations

from dataclasses import replace

import pytest

from osteoaxis import guidance, scenario
from osteoaxis.present import strategies, strategy_sheet
from osteoaxis.present.arms import LEFT_OUT, WORN_OFF
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
    change = metric("percent", "percent_change")
    assert strategies.cell("x", {"x": 3, "x_low": 2, "x_high": 4}, change) == "+3.0 (+2.0 to +4.0)"
    assert strategies.cell("x", {"x": 0, "x_low": 0, "x_high": 0.01}, change) == "0.0"


@pytest.mark.parametrize(
    ("value", "low", "high", "told"),
    [
        (40, 18, 60, "40 (18–60)"),
        (-1193, -2109, -563, "one more: 1,193 (563–2,109)"),
        (40, 18, -90, "–"),
        (-40, 60, -20, "–"),
        (40, 18, None, "–"),
    ],
)
def test_needed_to_treat_is_told_where_there_is_an_effect(
    value: float, low: float, high: float | None, told: str
) -> None:
    measured = {"needed_to_treat": value, "needed_to_treat_low": low}
    measured |= {} if high is None else {"needed_to_treat_high": high}
    assert strategies.needed(measured) == told


def test_density_and_markers_have_bands(result: Strategies) -> None:
    for measured in result.measured.values():
        for name in ("lumbar_spine_bmd_change_y1", "ctx_change_m12", "lowest_t_score"):
            assert measured[f"{name}_low"] <= measured[f"{name}_high"]
    assert "lumbar_spine_bmd_change_y1_low" in strategies.table_csv(result)
    assert "estradiol_m12" not in result.measured[result.reference]


def test_an_arm_that_stops_denosumab_alone_is_not_promised_fewer_fractures() -> None:
    plan = scenario.load("denosumab-stop")
    plain = "letrozole 2.5 mg po qd"
    stopped = compare(
        replace(
            plan,
            years=3.0,
            patient=replace(plan.patient, history={"breast_cancer": True}),
            arms={
                "AI": plain,
                "stop": f"{plain} + denosumab 60 mg sc q6mo [y0-y1]",
                "again": f"{plain} [m0-m36]",
                "none": "none",
                "waits": f"{plain} + zoledronate 4 mg iv q6mo [start when lumbar_spine_t_score < "
                "-5.5]",
            },
        )
    )
    for name in strategies.UNTOLD:
        assert strategies.shown(stopped, "stop", name) == strategies.ABSENT
    text = strategies.markdown(stopped)
    assert f"Less of the inhibitor in none. {LEFT_OUT}" in text
    assert "again is as AI: the same was given." in text
    assert "waits is as AI: the same was given." in text
    assert "zoledronate if lumbar spine T-score below −5.5" in text
    assert "not reached within 3 years" in text
    assert WORN_OFF in text


def test_hormones_of_men_on_treatment_are_told() -> None:
    plan = scenario.load("testosterone-anastrozole")
    found = compare(replace(plan, years=1.0, arms=dict([*plan.arms.items()][-1:])))
    (measured,) = found.measured.values()
    assert measured["estradiol_end_low"] <= measured["estradiol_end_high"]
    assert "Testosterone, month 12 (ng/dL)" in strategies.markdown(found)


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
