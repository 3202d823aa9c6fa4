"""Reports of courses that differ: denosumab stopped, rules that never fire, shares of doses."""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import replace
from typing import Any

import pypdf
import pytest
from clinical_pages import plain, quiet

from osteoaxis import guidance, scenario
from osteoaxis.present import asked, writers
from osteoaxis.present.arms import LEFT_OUT
from osteoaxis.present.clinical import ahead, expect, held, typical
from osteoaxis.present.clinical.case import Case
from osteoaxis.present.document import (
    Document,
    Items,
    Paragraph,
    Table,
)
from osteoaxis.present.terminal import DISCLAIMER
from osteoaxis.simulation import Simulator


@pytest.fixture(scope="module")
def stopped(ready: Simulator) -> Case:
    """Denosumab stopped alone, a rule that never fires, an arm without the inhibitor."""
    plan = scenario.load("anastrozole-woman")
    plain = "anastrozole 1 mg po qd"
    plan = replace(
        plan,
        years=3.0,
        patient=replace(plan.patient, history={"breast_cancer": True, "chemotherapy": True}),
        arms={
            "AI only": plain,
            "waits": f"{plain} + zoledronate 4 mg iv q6mo [start when lumbar_spine_t_score < -5.5]",
            "stop": f"{plain} + denosumab 60 mg sc q6mo [y0-y1]",
            "none": "none",
        },
    )
    return typical.simulated(plan, ready, 1, quiet)


def test_signs_of_denosumab_that_was_stopped(stopped: Case) -> None:
    signs = " ".join(stopped.asked("signs"))
    for words_ in ("back pain", "denosumab missed or late", "Tingling", "the jaw", "the thigh"):
        assert words_ in signs


def test_what_applies_now_comes_before_what_may_later(stopped: Case) -> None:
    later = [
        min(stopped.since(finding) for finding in met.values()) > 0
        for met in ahead.merged(stopped)
        if next(iter(met.values())).rule.kind == "guideline"
    ]
    assert {*later} == {False, True}
    assert later == sorted(later)


def test_four_courses_are_readable(stopped: Case) -> None:
    """Most letters of both pages have 8 points or more."""
    parts = (expect.page(stopped), ahead.page(stopped))
    made = writers.pdf(Document(stopped.title, parts, DISCLAIMER, "mark"))
    for page in pypdf.PdfReader(io.BytesIO(made)).pages:
        letters: Counter[float] = Counter()

        def count(text: str, _: Any, matrix: Any, __: Any, size: float, of: Any = letters) -> None:
            of[size * abs(matrix[0])] += len(text.strip())

        page.extract_text(visitor_text=count)
        ((size, _),) = letters.most_common(1)
        assert size >= 8.0


def test_in_short_has_a_line_for_each_arm(stopped: Case) -> None:
    lines = [plain(line) for line in expect.ends(stopped)]
    assert [line[0] for line in lines] == ["A", "B", "C", "D", stopped.left_out[0]]
    assert lines[1] == "B waits: no difference to A (AI only); the same was given."
    assert "But denosumab wears off before anything follows" in lines[2]
    assert lines[3].startswith("D no treatment: after 3 years")


def test_the_rebound_after_denosumab_is_shown(stopped: Case) -> None:
    assert stopped.stops == {"stop": 12.0}
    assert stopped.months == [12.0, 18.0, 24.0, 36.0]
    table = expect.expectations(stopped, stopped.apart, stopped.months)
    assert "Broken vertebra\nof 100" in [column.title for column in table.columns]
    changes = next(block for block in ahead.changes(stopped) if isinstance(block, Table))
    for row in changes.rows:
        untold = plain(row[0]).startswith("C") and float(plain(row[1])) > 1
        assert (ahead.NOT_TOLD in row) == untold


def test_several_broken_vertebrae_are_told_of_stopped_denosumab_alone(stopped: Case) -> None:
    told = " ".join(plain(block.text) for block in expect.expected(stopped)
                    if isinstance(block, Paragraph))  # fmt: skip
    several = told.partition("several break in ")[2].partition(";")[0]
    assert re.fullmatch(r"\d+ with C", several)
    assert "after a placebo was stopped it was 39" in told


def test_options_that_are_the_same_are_not_called_one_course(stopped: Case) -> None:
    same = replace(stopped, arms={arm: stopped.arms[arm] for arm in ("AI only", "waits")})
    told = [plain(b.text) for b in ahead.changes(same) if isinstance(b, Paragraph)]
    assert told == ["B waits is as A: the same was given. So there is no difference."]


def test_tables_have_a_row_where_a_course_ends(ready: Simulator) -> None:
    plan = replace(
        scenario.load("anastrozole-woman"),
        years=12.0,
        arms={f"{years} years": f"letrozole 2.5 mg po qd [y0-y{years}]" for years in (5, 10)},
    )
    case = typical.simulated(plan, ready, 1, quiet)
    assert case.months == [12.0, 24.0, 60.0, 120.0, 144.0]


def test_a_share_of_doses_is_told_as_planned(ready: Simulator) -> None:
    plan = replace(
        scenario.load("anastrozole-woman"),
        years=3.0,
        arms={"some": "letrozole 2.5 mg po qd [y0-y2; taken 60 %] + denosumab 60 mg sc q6mo"},
    )
    case = typical.simulated(plan, ready, 1, quiet)
    told = " ".join(plain(item) for block in expect.compared(case) if isinstance(block, Items)
                    for item in block.items)  # fmt: skip
    assert "letrozole 2.5 mg by mouth every day (60 % of doses taken) for 2 years" in told
    assert "denosumab 60 mg" in told
    assert "Every dose is taken as planned." not in map(plain, expect.assumed(case))


def test_what_numbers_leave_out_is_said(stopped: Case) -> None:
    assert stopped.left_out == f"Less of the inhibitor with D. {LEFT_OUT}"
    assert any(stopped.left_out in plain(line) for line in expect.brief(stopped))
    he = replace(stopped, patient=replace(stopped.patient, sex="male", menopause_age=None,
                                          history={}))  # fmt: skip
    assert he.left_out == ""


def test_a_rule_that_never_fired_is_told(stopped: Case) -> None:
    told = " ".join(
        plain(item) for block in expect.compared(stopped) if isinstance(block, Items)
        for item in block.items
    )  # fmt: skip
    assert "; zoledronate if lumbar spine T-score below −5.5" in told.partition("B waits")[2]
    assert "not reached within 3 years" in told


def test_limits_count_the_misses_of_the_nearest_trials(stopped: Case) -> None:
    told = list(held.limits(stopped))
    for arm, title in (("AI only", "anastrozole"), ("stop", "anastrozole and denosumab")):
        rows = held.results(stopped, arm)
        spine = [each for each in rows if each.row.endpoint == "lumbar_spine_bmd"]
        missed = sum(not each.within for each in spine)
        wanted = f"Spine density with {title}: {missed} of {len(spine)} results of trials missed"
        found = any(line.startswith(wanted) for line in told)
        assert found == (missed >= held.MISSED * len(spine)), (arm, told)
    compared = any(each.row.statistic == "hazard_ratio" for each in rows)
    assert any("fewer break a bone is not confirmed" in line for line in told) != compared
    longer = replace(stopped, years=12.0, told={
        arm: data.assign_coords(time=data["time"] * 4) for arm, data in stopped.told.items()
    })  # fmt: skip
    assert any(line.startswith("No result beyond") for line in held.limits(longer))


def test_limits_are_those_of_this_person(stopped: Case) -> None:
    weak = " ".join(stopped.asked("weaknesses"))
    assert "Chemotherapy changes nothing in the model by itself" in weak
    assert "age 50" not in weak
    assert "deprivation" not in weak
    rules = {rule.id: rule for rule in guidance.rules(asked.TEXTS)}
    assert "male" in rules["limit-zoledronate"].names


def test_scans_are_told_by_guidelines_and_not_by_noise(stopped: Case) -> None:
    blocks = list(ahead.measure(stopped))
    told = " ".join(
        plain(item) for block in blocks if isinstance(block, Items) for item in block.items
    )
    assert "12 to 24 months" in told
    assert "ESMO" not in told  # recalled; named among those that are not shown
    assert "no interval between scans" in " ".join(
        plain(block.text) for block in blocks if isinstance(block, Paragraph)
    )


def test_bodies_whose_rules_nobody_read_are_named(stopped: Case) -> None:
    told = " ".join(
        plain(block.text) for block in ahead.said(stopped) if isinstance(block, Paragraph)
    )
    assert "Not shown, because we could not read them: rules of " in told
    assert "ESMO 2020" in told
    assert "ECTS 2021" in told


def test_warnings_leave_room_for_guidelines(stopped: Case) -> None:
    rules = {finding.rule.id: finding for finding in next(iter(stopped.findings.values()))}
    warnings = [f for f in rules.values() if f.rule.kind == "safety"]
    many = {arm: (*found, *(replace(w, rule=replace(w.rule, id=f"{w.rule.id}-{n}"))
                            for w in warnings for n in range(9)))
            for arm, found in stopped.findings.items()}  # fmt: skip
    case = replace(stopped)
    case.__dict__["findings"] = many
    items = next(block for block in ahead.said(case) if isinstance(block, Items)).items
    told = [plain(item) for item in items]
    assert len(told) == ahead.MOST_FINDINGS
    bodies = {f.rule.body for f in rules.values() if f.rule.kind == "guideline"}
    assert any(line.startswith(tuple(bodies)) for line in told)
