"""Reading one person's file: dates, units, devices, and what is wrong with a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteoaxis.errors import InputError
from osteoaxis.forecast import Person, persons
from osteoaxis.outcomes import dxa

SPINE = {"date": "2023-02-20", "site": "lumbar_spine", "t_score": -1.0, "device": "hologic"}


def table(**changes: Any) -> dict[str, Any]:
    """A person who has taken letrozole since March 2023."""
    whole = {
        "today": "2026-06-01",
        "person": {"sex": "female", "born": 1961, "menopause_age": 50},
        "taken": [{"drug": "letrozole 2.5 mg po qd", "from": "2023-03-01"}],
        "density": [SPINE],
        "sample": [{"date": "2025-02-25", "ctx": "0.61 ng/mL"}],
    }
    return {key: value for key, value in (whole | changes).items() if value is not None}


def read(**changes: Any) -> Person:
    return Person.from_table(table(**changes), "mary.toml")


def test_time_zero_is_the_first_date_and_days_count_from_it() -> None:
    person = read()
    assert person.start.isoformat() == "2023-02-20"
    assert str(person.past) == "letrozole 2.5 mg po qd [d9-]"
    assert [m.day for m in person.measurements] == [0.0, 736.0]
    assert person.patient.age == pytest.approx(61.64, abs=0.02)


def test_age_is_that_of_today() -> None:
    person = read(person={"sex": "male", "age": 50})
    assert person.patient.age == pytest.approx(50 - person.now / 365.25)


def test_without_strategies_going_on_is_compared_with_stopping() -> None:
    person = read()
    assert str(person.strategies["as now"]) == "letrozole 2.5 mg po qd [d9-]"
    assert str(person.strategies["stop"]) == "letrozole 2.5 mg po qd [d9-d1197]"


def test_a_strategy_goes_on_and_adds_from_today_on() -> None:
    person = read(strategies={"both": "As now + zoledronate 4 mg iv over 15 min q6mo [m0-m12]"})
    zoledronate = person.strategies["both"].terms[1]
    assert zoledronate.start_day == person.now
    assert zoledronate.stop_day == pytest.approx(person.now + 365.25)


def test_units_are_converted() -> None:
    person = read(
        sample=[{"date": "2024-01-01", "estradiol": "10 pmol/L", "vitamin_d": "50 nmol/L",
                 "ctx": "610 ng/L", "bsap": "12 µg/L"}]
    )  # fmt: skip
    found = {m.quantity: m.value for m in person.measurements}
    assert found["estradiol"] == pytest.approx(2.7238)
    assert found["vitamin_d"] == pytest.approx(20.032)
    assert found["ctx"] == pytest.approx(0.61)
    assert found["bsap"] == pytest.approx(12.0)
    assert person.measurements[-4].typed == "10 pmol/L"


def test_a_t_score_of_one_digit_is_taken_as_such() -> None:
    (found,) = read(density=[{**SPINE, "t_score": 0.9}], sample=None).measurements
    assert found.typed == "T-score 0.9"


@given(st.floats(0.5, 1.4), st.sampled_from(dxa.SITES), st.sampled_from(dxa.DEVICES))
def test_densities_become_those_of_a_hologic_device(value: float, site: str, device: str) -> None:
    row = {"date": "2023-02-20", "site": site, "value": f"{value:.6f} g/cm²", "device": device}
    (found,) = read(density=[row], sample=None).measurements
    back = dxa.convert(found.value, site, "hologic", device)
    assert back == pytest.approx(value, abs=1e-5)


SCAN_AFTER = {**SPINE, "date": "2025-01-01"}
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"person": None}, "no [person]"),
    ({"person": {"sex": "female"}}, "born"),
    ({"person": {"sex": "female", "born": 1961, "age": 60}}, "one of them"),
    ({"person": {"sex": "female", "born": 2020}}, "20 to 100 years"),
    ({"person": {"sex": "femal", "born": 1961}}, "Did you mean 'female'"),
    ({"person": {"born": 1961}, "density": None}, "sex is missing"),
    ({"person": {"sex": "female", "born": 1961, "parameters": {}}}, "unknown key 'parameters'"),
    ({"taken": [{"drug": "letrozole 2.5 mg po qd", "from": "2023-13-01"}]}, "taken 1: from: must"),
    ({"taken": [{"drug": "letrozole", "from": "2023-03-01"}]}, "taken 1: drug: "),
    ({"taken": [{"drug": "letrozole 2.5 mg po qd", "from": "2027-03-01"}]}, "is after today"),
    ({"taken": [{"drug": "letrozole 2.5 mg po qd", "from": "2024-03-01", "until": "2024-02-01"}]},
     "is not after 'from'"),
    ({"taken": [{"drug": "letrozole 2.5 mg po qd [m0-m3]", "from": "2024-03-01"}]}, "not a window"),
    ({"taken": [{"drug": "letrozole 2.5 mg po qd", "from": "2023-03-01"}] * 2}, "overlap"),
    ({"taken": "letrozole"}, "must be a list of tables"),
    ({"density": [SCAN_AFTER, SPINE]}, "density 2: date: 2023-02-20 is before 2025-01-01"),
    ({"density": [SPINE, SPINE]}, "lumbar_spine was already given for 2023-02-20"),
    ({"density": [{k: v for k, v in SPINE.items() if k != "device"}]}, "device is missing"),
    ({"density": [{"date": "2023-02-20", "site": "total_hip", "device": "unknown",
                   "value": "0.9 g/cm2"}]}, "give the T-score"),
    ({"density": [{**SPINE, "device": "holgic"}]}, "Did you mean 'hologic'?"),
    ({"density": [{**SPINE, "site": "spine"}]}, "site"),
    ({"density": [{**SPINE, "t_score": -25}]}, "-25 is outside -6 to 6"),
    ({"density": [{**SPINE, "value": "0.9 g/cm2"}]}, "or 't_score'"),
    ({"density": [{**SPINE, "t_score": None, "date": "2027-01-01"}]}, "is after today"),
    ({"density": [{"date": "2023-02-20", "site": "total_hip", "device": "lunar",
                   "value": "0.9 mg/mL"}]}, "'mg/mL' is not a unit of it"),
    ({"density": [{"date": "2023-02-20", "site": "total_hip", "device": "lunar",
                   "value": 0.9}]}, "write number and unit"),
    ({"sample": [{"date": "2025-02-25"}]}, "holds no value"),
    ({"sample": [{"date": "2025-02-25", "ctx": 0.61}]}, "write number and unit"),
    ({"sample": [{"date": "2025-02-25", "ctxx": "0.6 ng/mL"}]}, "Did you mean 'ctx'"),
    ({"sample": [{"date": "2025-02-25", "ctx": "610 ng/mL"}]}, "is the unit right?"),
    ({"sample": [{"date": "2025-02-25", "ctx": "620"}]}, "It looks like pg/mL."),
    ({"sample": [{"date": "2025-02-25", "ctx": "620 ng/mL"}]}, "It looks like pg/mL."),
    ({"sample": [{"date": "2025-02-25", "vitamin_d": "60"}]}, "It looks like ng/mL or nmol/L."),
    ({"sample": [{"date": "2025-02-25", "estradiol": "3000 pg/mL"}]}, "It looks like pmol/L."),
    ({"sample": [{"date": "2025-02-25", "shbg": "30 nmol/L"}]}, "shbg is not used"),
    ({"density": [{**SPINE, "t_score": 0.98}]}, "density 1: t_score: 0.98 looks like g/cm2"),
    ({"density": [{"date": "2023-02-20", "site": "total_hip", "device": "lunar",
                   "value": "0.98"}]}, "It looks like g/cm2."),
    ({"density": [{"date": "2023-02-20", "site": "total_hip", "device": "lunar",
                   "value": "-1.2"}]}, "value: -1.2 looks like a T-score"),
    ({"density": [{"date": "2023-02-20", "site": "total_hip", "device": "lunar",
                   "value": "-1.2 g/cm2"}]}, "value: -1.2 looks like a T-score"),
    ({"density": [{"date": "2023-02-20", "site": "total_hip", "device": "lunar",
                   "value": "2.2 g/cm2"}]}, "would be a T-score of 9"),
    ({"sample": [{"date": "2025-02-25", "ctx": "0.6 nmol/L"}]}, "use ng/mL or pg/mL"),
    ({"sample": [{"date": "2025-02-25", "ctx": "nan ng/mL"}]}, "write number and unit"),
    ({"sample": [{"date": "2025-02-25", "ctx": "1" * 100_000}]}, "write number and unit"),
    ({"sample": [{"date": "2025-02-25", "ctx": "1 " + "ng" * 100_000}]}, "write number and unit"),
    ({"sample": [{"date": "2025-02-25", "ctx": "0.6 ng/mL"}] * 2}, "already given"),
    ({"sample": [{"date": "1975-02-25", "ctx": "0.6 ng/mL"}]}, "more than 40 years"),
    ({"strategies": {"x": "as now + letrozole 2.5 mg po qd"}}, "strategies.x: regimen:"),
    ({"strategies": {"x": "denosumab 60 mg sc q6mo [start when ctx > 0.4]"}}, "rules"),
    ({"strategies": {str(k): "none" for k in range(9)}}, "at most 6"),
    ({"years": 300}, "300 is outside"),
    ({"precision": {"lumbar_spine": 40}}, "precision.lumbar_spine"),
    ({"weight": 70}, "unknown key 'weight'"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "words"), WRONG)
def test_what_is_wrong_is_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as problem:
        read(**changes)
    assert str(problem.value).startswith("mary.toml")
    assert words in str(problem.value)


def test_files_that_are_no_person(tmp_path: Path) -> None:
    path = tmp_path / "empty.toml"
    path.write_text("")
    with pytest.raises(InputError, match="no \\[person\\]"):
        Person.load(str(path))
    with path.open("wb") as file:
        file.truncate(200_000_000)
    with pytest.raises(InputError, match="larger than"):
        Person.load(str(path))
    with pytest.raises(InputError, match="cannot be read"):
        Person.load(str(tmp_path / "absent.toml"))


@pytest.mark.parametrize("name", list(persons()))
def test_every_built_in_person_can_be_read(name: str) -> None:
    person = Person.load(name)
    assert person.title.startswith("Invented: ")
    assert person.measurements
