"""Conditions: read, refused with a reason, and decided by Kleene's logic."""

import itertools

import pytest

from osteoaxis.conditions import Condition, column
from osteoaxis.errors import InputError


def test_reads_names_and_decides():
    rule = Condition.parse("total_hip_t_score < -2.0 or (fracture and age >= 65)")
    assert rule.names == {"total_hip_t_score", "fracture", "age"}
    assert rule({"total_hip_t_score": -2.1}) is True
    assert rule({"total_hip_t_score": -1.0, "fracture": False}) is False
    assert rule({"total_hip_t_score": -1.0, "fracture": True}) is None
    assert rule({"total_hip_t_score": -1.0, "fracture": True, "age": 65}) is True


def test_chained_comparison():
    rule = Condition.parse("50 <= age < 70")
    assert [rule({"age": age}) for age in (49, 50, 69.9, 70)] == [False, True, True, False]


@pytest.mark.parametrize(("a", "b"), list(itertools.product([True, False, None], repeat=2)))
def test_kleene_laws(a, b):
    values = {"a": a, "b": b}
    both, either = Condition.parse("a and b")(values), Condition.parse("a or b")(values)
    assert Condition.parse("not (a and b)")(values) is Condition.parse("not a or not b")(values)
    order = {False: 0, None: 1, True: 2}
    assert order[both] == min(order[a], order[b])
    assert order[either] == max(order[a], order[b])


def test_bare_name_is_yes_or_no():
    assert Condition.parse("not fracture")({"fracture": 0.0}) is True


def test_not_a_number_is_unknown():
    assert Condition.parse("egfr < 35")({"egfr": float("nan")}) is None


def test_many_times_at_once_are_each_alone():
    rule = Condition.parse("not (50 <= age < 70) or (1 < 2 and fracture)")
    ages, broken = [40.0, 60.0, 60.0, 60.0, None], [None, True, False, None, False]
    held, failed = rule.over({"age": column(ages), "fracture": column(broken)})
    alone = [rule({"age": a, "fracture": f}) for a, f in zip(ages, broken, strict=True)]
    assert alone == [True, True, False, None, None]
    assert held.tolist() == [one is True for one in alone]
    assert failed.tolist() == [one is False for one in alone]


@pytest.mark.parametrize(
    "text",
    ["", "egfr <", "__import__('os')", "a.b < 1", "egfr < 'x'", "egfr in a", "egfr + 1 < 2",
     "3", "a if b else c", "x" * 2000, "(" * 500, "egfr < True", "-egfr < 3", "\0"],
)  # fmt: skip
def test_refuses_with_a_reason(text):
    with pytest.raises(InputError, match="condition"):
        Condition.parse(text)
