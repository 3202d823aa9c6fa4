"""Patients: presets, files, measured baselines, and every kind of impossible input."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from osteoaxis import scenario, simulate
from osteoaxis.errors import InputError
from osteoaxis.patient import MEASURABLE, SITES, Patient, presets
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.population.named import Population
from osteoaxis.simulation import Simulator
from osteoaxis.trials.design import Trial

NONE = Regimen.parse("none")
NOW = np.array([0.0, 1.0])


def test_the_promised_presets_exist() -> None:
    assert set(presets()) == {
        "postmenopausal-breast-cancer",
        "premenopausal-ovarian-suppression",
        "healthy-postmenopausal",
        "man-on-testosterone",
        "older-man",
        "young-man",
    }


@pytest.mark.parametrize("name", presets())
def test_a_preset_starts_from_what_it_states(ready: Simulator, name: str) -> None:
    patient = Patient.load(name)
    now = ready.run(ready.start(patient), NONE, NOW).isel(time=0)
    for quantity, level in patient.baseline.items():
        assert float(now[quantity]) == pytest.approx(level, rel=2e-3)
    for site, score in patient.t_scores.items():
        assert float(now[f"{site}_t_score"]) == pytest.approx(score, abs=0.01)
    assert float(now["age_now"]) == pytest.approx(patient.age)


def test_every_measurable_quantity_can_be_met_together(ready: Simulator) -> None:
    baseline = {
        "estradiol": 3.0, "estrone": 20.0, "testosterone": 18.0, "androstenedione": 55.0,
        "estrone_sulfate": 150.0, "shbg": 60.0, "lh": 35.0, "fsh": 70.0, "tnf_alpha": 5.0,
        "il1": 2.0, "il6": 3.0, "sclerostin": 30.0, "ctx": 0.6, "ntx": 60.0, "p1np": 60.0,
        "bsap": 16.0, "vitamin_d": 15.0, "pth": 60.0, "egfr": 50.0,
    }  # fmt: skip
    assert set(baseline) == set(MEASURABLE)
    patient = Patient(age=64, menopause_age=50, baseline=baseline, t_scores={"total_hip": -2.1})
    now = ready.run(ready.start(patient), NONE, NOW).isel(time=0)
    for quantity, level in baseline.items():
        assert float(now[quantity]) == pytest.approx(level, rel=2e-3), quantity
    assert float(now["total_hip_t_score"]) == pytest.approx(-2.1, abs=0.01)


def test_a_man_with_little_testosterone_has_less_estradiol_and_less_androgen_signal(
    ready: Simulator,
) -> None:
    """Not that of the average man from a fifth of the testosterone."""
    usual, low = (
        ready.run(ready.start(Patient(sex="male", age=60, baseline=levels)), NONE, NOW)
        for levels in ({}, {"testosterone": 100.0})
    )
    assert float(low["testosterone"][0]) == pytest.approx(100.0, rel=2e-3)
    for quantity in ("estradiol", "androgen_signal"):
        assert float(low[quantity][0]) < 0.9 * float(usual[quantity][0])


@pytest.mark.parametrize("plan", ["estradiol 0.4 mg td qd", "testosterone_enanthate 400 mg im qw"])
def test_more_estrogen_than_the_young_adult_has_leaves_everything_positive(
    ready: Simulator, plan: str
) -> None:
    """Cytokines once went below zero, and the equations could not be solved any further."""
    man = Patient(sex="male", age=60, baseline={"testosterone": 78.0})
    found = ready.run(ready.start(man), Regimen.parse(plan), np.arange(0.0, 37.0, 3.0))
    for name in ("activated_immune_cells", "tnf_alpha", "il1", "il6", "sclerostin", "rankl", "opg"):
        assert float(found[name].min()) > 0.0, name


def test_bone_at_time_zero_is_what_life_left(ready: Simulator) -> None:
    """Years since menopause, lived through before time zero, leave less bone."""
    bone = [
        float(ready.run(ready.start(Patient(age=a, menopause_age=50)), NONE, NOW)[q][0])
        for a, q in ((49, "lumbar_spine_bmd"), (55, "lumbar_spine_bmd"), (70, "lumbar_spine_bmd"))
    ]
    assert bone[0] > bone[1] > bone[2]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"sex": "woman"}, "sex: 'woman' is not allowed.*female, male"),
        ({"age": 7}, "age: 7 is outside 20 to 100 years"),
        ({"age": float("nan")}, "age: must be a number"),
        ({"age": "old"}, "age: must be a number in years, not 'old'"),
        ({"menopause_age": 70}, "menopause_age: 70 is outside"),
        ({"sex": "male", "menopause_age": 50}, "menopause_age is given for a man"),
        ({"body_mass_index": 5}, "body_mass_index: 5 is outside"),
        ({"baseline": {"estradol": 5}}, r"baseline\.estradol.*Did you mean 'estradiol'"),
        ({"baseline": {"estradiol": -5}}, r"baseline\.estradiol: -5 is outside 0.1 to 1000 pg/mL"),
        ({"t_scores": {"spine": -1}}, "t_scores: 'spine' is not allowed"),
        ({"t_scores": {"total_hip": -12}}, "total_hip: -12 is outside"),
        ({"parameters": {"rankl.rankl_il1": "0.1"}}, "rankl_il1: must be a number, not '0.1'"),
        ({"parameters": {"rankl.rankl_il1": float("nan")}}, "rankl_il1: must be a number"),
    ],
)
def test_impossible_patients_are_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Patient(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("agee = 60", "unknown key 'agee'. Did you mean 'age'"),
        ('patient = "older-man"', "looks like a scenario .osteoaxis run"),
        ("age = ", "not valid TOML"),
        ("baseline = 3", "'baseline' must be a table"),
        ("[parameters]\nrankl = 3", "write 'process.name'"),
        ("[parameters.rankl]\nk_rankl = 'fast'", "k_rankl: must be a number"),
    ],
)
def test_faulty_files_name_file_and_field(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "person.toml"
    file.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        Patient.load(str(file))
    assert "person.toml" in str(caught.value)


def test_the_place_of_a_fault_is_said_once() -> None:
    with pytest.raises(InputError, match=r"^patient: age: 400 is outside 20 to 100 years"):
        Patient.from_table({"age": 400}, "patient")


def test_unreadable_files_are_refused(tmp_path: Path) -> None:
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(InputError, match="not a text file"):
        Patient.load(str(binary))
    with pytest.raises(InputError, match="cannot be read"):
        Patient.load(str(tmp_path / "missing.toml"))
    with pytest.raises(InputError, match="unknown patient 'older-mann'.*Did you mean 'older-man'"):
        Patient.load("older-mann")


def test_an_unknown_parameter_is_refused(ready: Simulator) -> None:
    with pytest.raises(InputError, match="unknown parameter 'rankl.k_rank'.*rankl.k_rankl"):
        ready.start(Patient(parameters={"rankl.k_rank": 1.0}))


@pytest.mark.parametrize(
    ("kind", "load"),
    [
        ("patient", Patient.load),
        ("scenario", scenario.load),
        ("population", Population.load),
        ("trial", Trial.load),
    ],
)
def test_a_name_that_is_not_built_in_says_what_is(
    kind: str, load: Callable[[str], object], tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=f"unknown {kind} 'nothing'.*Built in: .*or give a .toml"):
        load("nothing")
    missing = tmp_path / "missing.toml"
    with pytest.raises(InputError, match=r"missing\.toml: cannot be read"):
        load(str(missing))


def test_sites_that_were_not_measured_follow_those_that_were() -> None:
    def scores(**measured: float) -> dict[str, float]:
        woman = Patient(age=68, menopause_age=50, t_scores=measured)
        data = simulate(woman, "none", years=0.5)
        return {site: float(data[f"{site}_t_score"][0]) for site in SITES}

    usual, low = scores(), scores(total_hip=-2.5)
    assert low["total_hip"] == pytest.approx(-2.5, abs=0.01)
    assert -2.5 < low["femoral_neck"] < usual["femoral_neck"] - 0.8
    assert usual["lumbar_spine"] - 1.2 < low["lumbar_spine"] < usual["lumbar_spine"] - 0.4
    both = scores(total_hip=-2.5, lumbar_spine=0.5)
    assert both["femoral_neck"] == pytest.approx(low["femoral_neck"])
    assert both["lumbar_spine"] == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"person.age": 80.0}, "give 'age' of the patient instead"),
        ({"rankl.k_rankl": -4.0}, "-4 has the wrong sign; plausible is"),
        ({"rankl.rankl_ill": 1.0}, "unknown parameter 'rankl.rankl_ill'. Did you mean"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(
    ready: Simulator, parameters: dict[str, float], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        ready.start(Patient(menopause_age=50, parameters=parameters))


def test_parameters_are_written_either_way() -> None:
    nested = Patient.from_table({"parameters": {"rankl": {"rankl_il1": 0.4}}}, "a.toml")
    dotted = Patient.from_table({"parameters": {"rankl.rankl_il1": 0.4}}, "a.toml")
    assert nested.parameters == dotted.parameters == {"rankl.rankl_il1": 0.4}
    with pytest.raises(InputError, match="parameters.rankl_il1: write 'process.name'"):
        Patient.from_table({"parameters": {"rankl_il1": 0.4}}, "a.toml")


def test_a_table_is_a_patient() -> None:
    with pytest.raises(InputError, match=r"patient: unknown key 'agee'. Did you mean 'age'"):
        simulate({"sex": "male", "agee": 72})
    data = simulate({"sex": "male", "age": 72}, "none", 0.1)
    assert float(data["testosterone"][0]) > 100.0


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"age": 60, "history": {"years_since_fracture": 80}}, "80 given; the age is 60"),
        (
            {"age": 60, "history": {"years_since_fracture": 3, "vertebral_fracture": False,
                                    "hip_fracture": False, "other_fracture": False}},
            "every fracture is false",
        ),
        ({"age": 60, "history": {"frax_major": 5, "frax_hip": 50}}, "part of frax_major, 5"),
    ],
)  # fmt: skip
def test_patients_who_contradict_themselves_are_refused(table, said) -> None:
    with pytest.raises(InputError, match=said):
        Patient.from_table(table, "her.toml")


def test_an_empty_file_is_nobody(tmp_path: Path) -> None:
    """It was a woman of 60."""
    file = tmp_path / "her.toml"
    file.write_text("")
    with pytest.raises(InputError, match=r"her.toml: is empty; give at least sex and age"):
        Patient.load(str(file))
