"""The built-in scenarios against the published ranges of their results (first numbers)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from osteoaxis import guidance, scenario
from osteoaxis.errors import InputError
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.scenario import ScenarioResult
from osteoaxis.simulation import month_grid, simulator
from osteoaxis.treatment import simulate


@cache
def result(name: str) -> ScenarioResult:
    return scenario.run(scenario.load(name))


def at(data: xr.Dataset, quantity: str, month: float) -> float:
    return float(data[quantity].sel(time=month, method="nearest"))


def change(data: xr.Dataset, quantity: str, month: float, since: float = 0.0) -> float:
    return 100 * (at(data, quantity, month) / at(data, quantity, since) - 1)


@pytest.mark.parametrize("name", scenario.scenarios())
def test_every_scenario_runs_and_stays_finite(name: str) -> None:
    outcome = result(name)
    assert not outcome.failures
    for data in outcome.arms.values():
        for quantity in data.data_vars:
            assert np.isfinite(data[quantity]).all(), quantity
            assert data[quantity].attrs["unit"]
            assert data[quantity].attrs["long_name"]


def test_the_promised_scenarios_exist() -> None:
    assert set(scenario.scenarios()) == {
        "anastrozole-woman", "letrozole-zoledronate", "denosumab-stop", "ovarian-suppression",
        "testosterone-anastrozole", "exemestane-switch", "menopause",
        "delayed-zoledronate", "bone-protection",
    }  # fmt: skip


def test_anastrozole_in_a_woman() -> None:
    on = result("anastrozole-woman").arms["anastrozole"]
    assert 85 <= -change(on, "estradiol", 12) <= 97
    assert -3.8 <= change(on, "lumbar_spine_bmd", 12) <= -1.5
    assert -5.5 <= change(on, "lumbar_spine_bmd", 24) <= -2.8
    assert -8.5 <= change(on, "lumbar_spine_bmd", 60) <= -4.5
    assert -3.8 <= change(on, "total_hip_bmd", 12) <= -1.5
    assert -5.5 <= change(on, "total_hip_bmd", 24) <= -2.8
    assert -8.5 <= change(on, "total_hip_bmd", 60) <= -4.5
    assert 12 <= change(on, "ctx", 12) <= 40
    assert 12 <= change(on, "ntx", 12) <= 40
    assert 10 <= change(on, "bsap", 12) <= 35
    assert 0.8 <= change(on, "lumbar_spine_bmd", 72, since=60) <= 3.5
    for quantity in ("rankl_opg_ratio", "tnf_alpha", "il1", "il6", "osteoclasts"):
        assert change(on, quantity, 12) > 1, quantity
    # The loss is the gap between resorption and formation.
    assert at(on, "coupling_ratio", 6) < at(on, "coupling_ratio", 0)


def test_stopping_denosumab() -> None:
    on = result("denosumab-stop").arms["denosumab"]
    assert -93 <= change(on, "ctx", 1) <= -80
    effect_ends = 36  # the last of six doses is at month 30
    off = on.sel(time=slice(effect_ends, None))
    overshoot = 100 * (float(off["ctx"].max()) / at(on, "ctx", 0) - 1)
    assert overshoot >= 25
    assert -10 <= change(on, "lumbar_spine_bmd", effect_ends + 12, since=effect_ends) <= -4


def test_letrozole_with_and_without_zoledronate() -> None:
    arms = result("letrozole-zoledronate").arms
    upfront = change(arms["upfront"], "lumbar_spine_bmd", 12)
    assert 1.5 <= upfront <= 5
    assert 4 <= upfront - change(arms["letrozole"], "lumbar_spine_bmd", 12) <= 8


def with_anastrozole_over_without(hormone: str) -> float:
    arms = result("testosterone-anastrozole").arms
    ratio = arms["testosterone-anastrozole"][hormone] / arms["testosterone"][hormone]
    return float(ratio.sel(time=slice(6, 24)).mean())


@pytest.mark.xfail(strict=True, reason="a known miss: 0.61")
def test_estradiol_on_testosterone_falls_with_anastrozole() -> None:
    assert 0.25 <= with_anastrozole_over_without("estradiol") <= 0.60


def test_testosterone_with_and_without_anastrozole() -> None:
    arms = result("testosterone-anastrozole").arms
    alone, both = arms["testosterone"], arms["testosterone-anastrozole"]
    assert with_anastrozole_over_without("testosterone") >= 1
    assert at(both, "lumbar_spine_bmd", 24) < at(alone, "lumbar_spine_bmd", 24)


def older_man_on_anastrozole() -> xr.Dataset:
    ready = simulator()
    start = ready.start(Patient.load("older-man"))
    return ready.run(start, Regimen.parse("anastrozole 1 mg po qd [m0-m12]"), month_grid(1))


def test_anastrozole_in_an_older_man() -> None:
    """Substrate rises with LH: that is why men fall less than women."""
    on = older_man_on_anastrozole()
    assert -50 <= change(on, "estradiol", 3) <= -20
    assert 20 <= change(on, "testosterone", 3) <= 90
    assert change(on, "lh", 3) > 10


def test_testosterone_rises_as_in_older_men_on_anastrozole() -> None:
    assert change(older_man_on_anastrozole(), "testosterone", 3) >= 40


def test_menopause() -> None:
    natural = result("menopause").arms["natural"]
    assert -9.5 <= change(natural, "lumbar_spine_bmd", 36) <= -5.5
    assert at(result("menopause").arms["estradiol"], "lumbar_spine_bmd", 48) > at(
        natural, "lumbar_spine_bmd", 48
    )


def test_blocking_a_cytokine_spares_resorption() -> None:
    outcome = result("anastrozole-woman")
    on = outcome.arms["anastrozole"]
    for cytokine in ("tnf_alpha", "il1"):
        assert at(outcome.blocked[cytokine][1], "ctx", 6) < 0.95 * at(on, "ctx", 6)
    assert at(outcome.blocked["il6"][1], "ctx", 6) < at(on, "ctx", 6)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("years = 5", "patient: give the name"),
        ('patient = "older-man"', "arms: give 1 to 12 arms, not 0"),
        ('patient = "older-men"\n[arms]\na = "none"', "Did you mean 'older-man'"),
        ('patient = "older-man"\nyear = 5\n[arms]\na = "none"', "unknown key 'year'"),
        ('patient = "older-man"\nyears = 500\n[arms]\na = "none"', "years: 500 is outside"),
        ('patient = "older-man"\n[arms]\na = ""', "arms.a: must be a text"),
        ('patient = "older-man"\n[arms]\na = "letrozole 2.5 mg po"', "arms.a: .*letrozole"),
        ('[patient]\nage = 300\n[arms]\na = "none"', "age: 300 is outside"),
        ('sex = "male"\nage = 60', "unknown key 'sex'. The file looks like a patient"),
        ("today = 2026-01-01", "looks like a person with results .osteoaxis forecast"),
        ('population = "older-men"\nparticipants = 40', "looks like a trial .osteoaxis trial"),
    ],
)
def test_faulty_scenarios_name_file_and_field(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        scenario.load(str(file))
    assert "mine.toml" in str(caught.value) or "older-men" in str(caught.value)


def test_an_unknown_drug_in_an_arm_is_named(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('patient = "older-man"\n[arms]\na = "letrozol 2.5 mg po qd"')
    with pytest.raises(InputError, match=r"arms\.a: .*Did you mean 'letrozole'"):
        scenario.run(scenario.load(str(file)))


def test_an_arm_does_not_change_with_its_company_and_is_read_as_by_simulate() -> None:
    """Weekly doses in one arm moved when all arms were read, also across a dose."""
    late = "letrozole 2.5 mg po qd + denosumab 60 mg sc q6mo [m24-m36]"
    texts = {"daily": late, "weekly": f"{late} + etanercept 50 mg sc qw [m35-m36]"}
    patient = Patient.load("postmenopausal-breast-cancer")

    def arms(**chosen: str) -> dict[str, xr.Dataset]:
        plan = scenario.Scenario("s", "", "", patient, 3.0, chosen)
        return scenario.run_arms(plan, simulator())

    both = arms(**texts)
    assert both["daily"].identical(arms(daily=late)["daily"])
    for arm, text in texts.items():
        expected = simulate(patient, text, 3.0)
        found = both[arm].sel(time=expected["time"].values, method="nearest")
        assert found["ctx"].values == pytest.approx(expected["ctx"].values, rel=1e-3)


def test_cautions_of_weekly_regimens_have_the_months_of_the_doses() -> None:
    ready, person = simulator(), Patient.load("postmenopausal-breast-cancer")
    plan = "alendronate 70 mg po qw [m0-m12] + zoledronate 5 mg iv once [m12]"
    data = scenario.trajectory(ready, ready.start(person), Regimen.parse(plan), 2.0)
    told = [f for f in guidance.flags(person, data, ready.drugs) if "fever" in f.rule.text]
    assert [finding.first for finding in told] == [12.0]
