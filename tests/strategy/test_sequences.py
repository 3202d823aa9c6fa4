"""The table of a search: what its steps give, and how its errors read."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from osteoaxis import scenario
from osteoaxis.errors import InputError
from osteoaxis.strategy.sequences import Space, read

PLAN = scenario.load("bone-protection")


def table(**changes: Any) -> dict[str, Any]:
    first = {"drugs": ["none", "denosumab 60 mg sc q6mo"], "start": [0, 12], "months": [12, 24]}
    then = {
        "drugs": ["none", "zoledronate 4 mg iv over 15 min q12mo"],
        "gap": [6, 9],
        "doses": [1, 2],
    }
    whole = {
        "base": "letrozole 2.5 mg po qd [y0-y5]",
        "objectives": ["maximise total_hip_bmd_change_end", "minimise bone_drug_months"],
        "constraints": ["zoledronate_doses <= 5"],
        "steps": [first, then],
    }
    return {**whole, **changes}


def space(**changes: Any) -> Space:
    return read(replace(PLAN, optimise=table(**changes)))


def added(found: Space, *choices: tuple[int, int, int]) -> str:
    text = str(found.regimen(choices))
    return text.removeprefix("letrozole 2.5 mg po qd [m0-m60]").removeprefix(" + ")


def test_steps_follow_each_other() -> None:
    found = space()
    assert added(found, (0, 0, 0), (0, 0, 0)) == ""
    assert added(found, (1, 0, 0), (0, 0, 0)) == "denosumab 60 mg sc once [m0,m6]"
    assert added(found, (1, 1, 1), (1, 0, 0)) == (
        "denosumab 60 mg sc q6mo [m12-m36] + zoledronate 4 mg iv over 15 min once [m36]"
    )
    assert added(found, (1, 0, 0), (1, 1, 1)) == (
        "denosumab 60 mg sc once [m0,m6] + zoledronate 4 mg iv over 15 min once [m15,m27]"
    )
    assert added(found, (0, 0, 0), (1, 0, 0)) == ""  # nothing came before, so nothing follows
    label = found.label(found.regimen([(1, 1, 1), (1, 0, 0)]))
    assert label == "denosumab ×4, m12, every 6 mo; zoledronate ×1, m36"
    assert found.label(found.regimen([(0, 0, 0), (0, 0, 0)])) == "nothing added"


def test_what_begins_after_the_end_is_not_given() -> None:
    late = {"drugs": ["denosumab 60 mg sc q6mo"], "start": [114, 130], "months": [24]}
    found = space(steps=[late])
    assert added(found, (0, 1, 0)) == ""
    assert added(found, (0, 0, 0)) == "denosumab 60 mg sc once [m114]"


def test_drugs_given_together_last_as_long_as_the_first() -> None:
    both = "zoledronate 4 mg iv q12mo + vitamin_d3 20 ug po qd"
    then = {"drugs": ["alendronate 70 mg po qw"], "gap": [3], "doses": [1]}
    found = space(steps=[{"drugs": [both], "start": [6], "doses": [2]}, then])
    assert added(found, (0, 0, 0), (0, 0, 0)) == (
        "vitamin_d3 20 ug po qd [m6-m30] + zoledronate 4 mg iv once [m6,m18]"
        " + alendronate 70 mg po once [m21]"
    )


def test_equal_doses_are_one_strategy() -> None:
    found = space()
    texts = {str(found.regimen(choices)) for choices in found.choices()}
    assert found.size == 64
    assert len(texts) == 1 + 4 * (1 + 4)


def test_one_drug_twice_is_impossible() -> None:
    twice = {"drugs": ["denosumab 60 mg sc q6mo"], "start": [0], "months": [12]}
    with pytest.raises(InputError, match="denosumab would be given twice"):
        space(steps=[twice, twice]).regimen([(0, 0, 0), (0, 0, 0)])


def test_the_example_of_the_page_is_a_space() -> None:
    page = (Path(__file__).parents[2] / "docs" / "strategies.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```toml\n(.*?)```", page, flags=re.S)
    found = read(replace(PLAN, optimise=tomllib.loads(block)["optimise"]))
    assert len(found.steps) == 2
    assert len(found.constraints) == 3


def test_the_names_a_search_needs() -> None:
    assert space().names == (
        "total_hip_bmd_change_end", "bone_drug_months", "zoledronate_doses",
    )  # fmt: skip


STEP = {"drugs": ["denosumab 60 mg sc q6mo"], "start": [0], "months": [12]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": []}, "steps: give 1 to 6 tables"),
        ({"steps": [{**STEP, "drugs": []}]}, r"steps\[1\].drugs: must be a list"),
        ({"steps": [{**STEP, "gap": [6]}]}, "give either 'start' or 'gap'"),
        ({"steps": [{"drugs": ["none"], "gap": [6]}]}, "first step has no step before"),
        ({"steps": [{**STEP, "months": "all"}]}, r"steps\[1\].months: must be a list"),
        ({"steps": [{**STEP, "month": [1]}]}, "Did you mean 'months'"),
        ({"steps": [{"drugs": STEP["drugs"], "start": [0]}]}, "say for how long"),
        ({"steps": [{**STEP, "drugs": ["denosumab 60 mg sc q6mo [m0-m6]"]}]}, "has a window"),
        ({"steps": [{"drugs": STEP["drugs"], "start": [0], "doses": [1.5]}]}, "whole numbers"),
        ({"base": "letrozole"}, "base: regimen term 'letrozole'"),
        ({"base": "letrozole 2.5 mg po qd [m0-m60; dropout 10 %/y]"}, "has rules"),
        ({"objectives": ["maximise total_hip_bmd_change_end"]}, "needs 2 to 4 different"),
        ({"objectives": ["total_hip_bmd_change_end", "x"]}, "is not 'maximise METRIC'"),
        ({"constraints": ["zoledronate_doses <="]}, "constraints: condition"),
        ({"constraints": "zoledronate_doses <= 5"}, "constraints: must be a list"),
        ({"objective": []}, "Did you mean 'objectives'"),
    ],
)
def test_errors_name_the_field(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        space(**changes)


def test_a_scenario_without_the_table_is_told() -> None:
    with pytest.raises(InputError, match=r"has no \[optimise\] table"):
        read(scenario.load("anastrozole-woman"))
