"""Plain words for numbers, times, people and regimens."""

from __future__ import annotations

import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from osteoaxis.patient import Patient
from osteoaxis.pharmacology.drug import catalogue
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.present import words
from osteoaxis.present.document import Run
from osteoaxis.present.progress import Steps

NUMBERS = st.floats(-1e6, 1e6)


@given(NUMBERS, st.integers(0, 3))
def test_a_number_reads_back_and_zero_has_no_sign(value: float, digits: int) -> None:
    told = words.number(value, digits, signed=True)
    assert "-" not in told
    assert float(told.replace("−", "-")) == pytest.approx(value, abs=0.51 * 10.0**-digits)
    assert told[0] in "+−" or not float(told)


@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=8))
def test_ranges_of_a_column_are_equally_wide(entries: list[tuple[float, float, float]]) -> None:
    ranges = [cell[1] for cell in words.ranged(entries)]
    assert all(isinstance(told, Run) for told in ranges)
    assert len({len(told.text) for told in ranges if isinstance(told, Run)}) == 1


@given(st.text(max_size=300), st.integers(2, 120))
def test_a_clipped_text_is_short_enough(text: str, limit: int) -> None:
    assert len(words.clipped(text, limit)) <= limit


@pytest.mark.parametrize(
    ("months", "length", "when"),
    [(1, "1 month", "month 1"), (6, "6 months", "month 6"), (12, "1 year", "year 1"),
     (18, "18 months", "month 18"), (30, "2½ years", "year 2½"), (60, "5 years", "year 5")],
)  # fmt: skip
def test_times(months: float, length: str, when: str) -> None:
    assert words.time(months) == length
    assert words.moment(months) == when


@pytest.mark.parametrize(
    ("regimen", "told"),
    [
        ("none", ["no medicine"]),
        ("anastrozole 1 mg po qd [m0-m60]", ["anastrozole 1 mg by mouth every day for 5 years"]),
        ("zoledronate 4 mg iv over 15 min q6mo [y2-y5]",
         ["zoledronate 4 mg into a vein every 6 months from year 2 to year 5"]),
        ("zoledronate 5 mg iv q12mo", ["zoledronate 5 mg into a vein every year, throughout"]),
        ("zoledronate 5 mg iv once [m66]", ["zoledronate 5 mg into a vein once, at year 5½"]),
        ("tamoxifen 20 mg po qd [m-30-m0] + exemestane 25 mg po qd [m0-m30]",
         ["tamoxifen 20 mg by mouth every day for 2½ years until the start",
          "exemestane 25 mg by mouth every day for 2½ years"]),
        ("anastrozole 0.5 mg po biw", ["anastrozole 0.5 mg by mouth twice a week, throughout"]),
    ],
)  # fmt: skip
def test_regimens(regimen: str, told: list[str]) -> None:
    assert words.regimen(regimen, 7.0) == told


@pytest.mark.parametrize("drug", catalogue().values(), ids=lambda drug: drug.name)
def test_every_drug_is_told(drug: object) -> None:
    (told,) = words.regimen(str(Regimen.parse(drug.typical)), 5.0)  # type: ignore[attr-defined]
    assert told.startswith(words.drug(drug.name))  # type: ignore[attr-defined]
    assert " every " in told or " a day" in told or " a week" in told


def test_people() -> None:
    she = Patient(age=62, menopause_age=50, history={"smoking": True, "falls": False})
    assert words.person(she) == "a woman of 62, 12 years after menopause; body mass index 27 kg/m²"
    assert words.history(she) == "smokes now"
    assert words.person(Patient(sex="male", age=48)).startswith("a man of 48;")
    assert "before menopause" in words.person(Patient(age=42, menopause_age=51))
    assert "before menopause" in words.person(Patient(age=45))
    assert "years after menopause at the usual age" in words.person(Patient(age=60))


def test_a_rule_that_never_started_a_drug_is_told() -> None:
    regimen = (
        "letrozole 2.5 mg po qd + zoledronate 4 mg iv q6mo [y0-y2; start when lumbar_spine_t_score "
        "< -2.5; checked q6mo]"
    )
    quiet = xr.Dataset(coords={"time": [0.0, 60.0]}, attrs={"regimen": regimen, "decisions": []})
    told = (
        "zoledronate if lumbar spine T-score below −2.5 (checked every 6 months): not reached "
        "within 2 years"
    )
    assert words.decisions(quiet) == [told]
    fired = "month 6: zoledronate started: lumbar_spine_t_score < -2.5 (lumbar_spine_t_score -2.6)"
    assert words.decisions(quiet.assign_attrs(decisions=[fired])) == [fired]


def test_names_of_arms() -> None:
    for typed in ("AI only", "none", "zoledronate-upfront"):
        assert words.label(typed) == typed
    assert len(words.label("x" * 500)) < 40


@pytest.mark.parametrize(
    ("value", "told"),
    [(1344.2, "1,344"), (123456.0, "123,456"), (99.96, "100"), (0.0012345, "0.00123"), (0.0, "0")],
)
def test_large_numbers_are_no_powers_of_ten(value: float, told: str) -> None:
    assert words.digits(value, 3) == told


def test_progress_leaves_no_blank_lines_where_nobody_looks(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with Steps() as steps:
        steps.update("Working", 0.5)
        steps.clear()
    assert capfd.readouterr() == ("", "")
