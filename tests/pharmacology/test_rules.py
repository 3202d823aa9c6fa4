"""Rules of a regimen: read, written back the same, and refused with a reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteoaxis.conditions import Condition
from osteoaxis.errors import InputError
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.pharmacology.rules import Rules
from osteoaxis.pharmacology.terms import Term
from osteoaxis.units import DAYS_PER_MONTH as MONTH
from osteoaxis.units import DAYS_PER_YEAR as YEAR

CONDITIONS = st.sampled_from(
    ["t_score < -2.0 or fracture", "egfr < 35", "not (age >= 65)", "zoledronate_doses >= 3"]
)
RULES = st.builds(
    Rules,
    start=st.none() | CONDITIONS.map(Condition.parse),
    stop=st.none() | CONDITIONS.map(Condition.parse),
    checked=st.sampled_from([YEAR, 6 * MONTH, 91.0, 7.0]),
    most=st.none() | st.integers(1, 50),
    taken=st.just(100.0) | st.floats(0, 100),
    dropout=st.just(0.0) | st.floats(0, 1000),
)


@given(RULES, st.sampled_from([None, 6 * MONTH]), st.sampled_from([0.0, 12 * MONTH]))
def test_rules_are_written_back_the_same(rules: Rules, every: float | None, start: float) -> None:
    stop = 60 * MONTH if every else None
    term = Term("zoledronate", 4.0, "mg", "iv", every, start, stop, 0.0, rules)
    again = Regimen.parse(str(Regimen((term,)))).terms
    assert again == (term,)


def test_reads_the_example_of_the_issue() -> None:
    text = (
        "zoledronate 4 mg iv q6mo [start when lumbar_spine_t_score < -2.0 or fracture;"
        " checked q12mo]"
    )
    (term,) = Regimen.parse(text).terms
    assert term.rules is not None
    assert term.rules.start is not None
    assert term.rules.start.names == {"lumbar_spine_t_score", "fracture"}
    assert term.rules.checked == pytest.approx(365.25)
    assert term.every_days == pytest.approx(6 * MONTH)


@pytest.mark.parametrize(
    ("brackets", "reason"),
    [
        ("begin when egfr < 35", "window"),
        ("m0-m60; begin when egfr < 35", "no rule"),
        ("start when egfr <", "not understood"),
        ("start when egfr < 35; start when age > 60", "second rule of its kind"),
        ("stop when egfr < 35; checked qd6", "unknown frequency"),
        ("taken 120 %", "not 0 to 100"),
        ("dropout 2000 %/y", "not 0 to 1000"),
        ("max 0 doses", "no treatment"),
        ("checked q30y", "1 day to 20 years"),
        ("m0-m60;", "no rule"),
    ],
)
def test_refuses_with_a_reason(brackets: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        Regimen.parse(f"zoledronate 4 mg iv q6mo [{brackets}]")


def test_rules_stand_with_one_day_only() -> None:
    with pytest.raises(InputError, match="not a list"):
        Regimen.parse("zoledronate 4 mg iv once [m0,m12; start when egfr > 35]")


def test_doses_need_a_run() -> None:
    with pytest.raises(InputError, match="a run is needed"):
        Regimen.parse("denosumab 60 mg sc q6mo [max 3 doses]").doses(1000.0)
