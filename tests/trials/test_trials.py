"""Virtual trials: design, conduct, effects and their truth, power, tables, bad input."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from osteoaxis import trials
from osteoaxis.cli import app
from osteoaxis.errors import InputError
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.simulation import Simulator
from osteoaxis.trials import Conducted, Trial
from osteoaxis.trials.analysis import changes, times, welch
from osteoaxis.trials.design import Arm


@pytest.fixture(scope="module")
def men(ready: Simulator) -> Conducted:
    plan = replace(Trial.load("anastrozole-older-men"), participants=60)
    return trials.conduct(plan, ready, seed=3)


@pytest.mark.parametrize("name", list(trials.names()))
def test_built_in_trials_can_be_read_and_given(ready: Simulator, name: str) -> None:
    plan = Trial.load(name)
    for arm in plan.arms:
        ready.check(arm.regimen)


def test_everybody_is_in_every_arm_with_the_same_chance(men: Conducted) -> None:
    start = men.truth["lumbar_spine_bmd"][:, :, 0]
    assert np.allclose(start[0], start[1], rtol=1e-5)
    noise = men.measured["ctx"] / men.truth["ctx"]
    assert np.allclose(noise[0], noise[1], equal_nan=True)
    assert np.nanstd(np.log(noise)) == pytest.approx(0.15, rel=0.2)
    assert sorted(np.bincount(men.allocated)) == [30, 30]
    low, high = men.trial.eligibility["testosterone"]
    assert ((low <= men.truth["testosterone"][0, :, 0])
            & (men.truth["testosterone"][0, :, 0] <= high)).all()  # fmt: skip


def test_who_has_left_is_not_measured_again(men: Conducted) -> None:
    gone = ~men.stayed
    assert gone.any()
    assert np.isnan(men.measured["ctx"][:, gone]).all()
    assert (np.diff(men.stayed.astype(int), axis=1) <= 0).all()


def test_a_trial_is_reproducible_and_another_seed_is_another(
    ready: Simulator, men: Conducted
) -> None:
    again = trials.conduct(men.trial, ready, seed=3)
    for name, values in men.measured.items():
        assert np.array_equal(values, again.measured[name], equal_nan=True)
    other = trials.conduct(men.trial, ready, seed=4)
    assert not np.array_equal(men.allocated, other.allocated)


def test_effects_hold_the_truth_about_as_often_as_they_say(men: Conducted) -> None:
    """Allocated again and again, 95 % intervals hold what everybody shows in both arms."""
    random = np.random.default_rng(1)
    held = 0
    for _ in range(200):
        drawn = replace(men, allocated=random.permutation(men.allocated))
        effect = next(e for e in trials.effects(drawn) if e.endpoint == "total_hip_bmd")
        held += effect.low <= effect.true <= effect.high
    assert held / 200 > 0.9


def test_hormones_of_older_men_on_anastrozole_move_as_they_should(men: Conducted) -> None:
    found = {e.endpoint: e for e in trials.effects(men)}
    assert found["estradiol"].high < -10
    assert found["testosterone"].low > 5
    assert found["lumbar_spine_bmd"].true < 0


def test_power_grows_with_size_and_is_five_percent_without_an_effect(men: Conducted) -> None:
    effect = next(e for e in trials.effects(men) if e.endpoint == "testosterone")
    curve = trials.power(men, effect, (5, 20, 80))
    shares = [share for _, share in curve]
    assert shares == sorted(shares)
    none = replace(
        men, truth={k: np.array([v[0], v[0]]) for k, v in men.truth.items()}
    )  # both arms the same
    flat = trials.power(none, effect, (20, 80))
    assert all(share < 0.12 for _, share in flat)


def test_welch_is_that_of_known_numbers() -> None:
    difference, low, high, p = welch(np.array([1.0, 2, 3, 4]), np.array([1.0, 2, 3, 4]))
    assert difference == 0.0
    assert low == -high
    assert p == 1.0


def test_fractures_are_watched_until_people_leave(men: Conducted) -> None:
    duration, event = times(men, "any_fracture", 12.0)
    assert (duration <= np.minimum(men.left_month, 12.0) + 1e-9).all()
    own = men.events["any_fracture"][men.allocated, np.arange(len(men.people))]
    assert (duration[event] == own[event]).all()


def test_a_rule_gives_people_different_treatment(ready: Simulator) -> None:
    plan = replace(Trial.load("zoledronate-upfront-delayed"), participants=24)
    found = trials.conduct(plan, ready)
    spine = changes(found, "lumbar_spine_bmd", 60.0, found.truth)
    assert (spine[1] > spine[0] - 1e-6).mean() > 0.9
    assert spine[1].mean() > spine[0].mean() + 2.0
    ctx = changes(found, "ctx", 12.0, found.truth)
    assert (ctx[0] > 0).any()  # not begun within a year
    assert (ctx[1] < 0).mean() > 0.9


def test_a_fracture_that_a_rule_sees_is_the_one_that_is_counted(ready: Simulator) -> None:
    plan = replace(
        Trial.load("zoledronate-upfront-delayed"),
        participants=150,
        visits=(0.0, 12.0, 24.0, 36.0, 48.0, 60.0),
        endpoints=(("any_fracture", 60.0),),
        arms=(
            Arm("none", Regimen.parse("none"), 1.0),
            Arm("after", Regimen.parse("zoledronate 5 mg iv q12mo [start when fracture]"), 1.0),
        ),
    )
    found = trials.conduct(plan, ready, seed=2)
    none, after = found.events["any_fracture"]
    treated = (found.truth["ctx"][1] < 0.9 * found.truth["ctx"][0]).any(axis=1)
    assert 2 < treated.sum() < 75
    # the dose is given on the visit after the fracture and seen on the next
    assert (treated == (none <= 48.0)).all()
    assert after[none <= 12.0] == pytest.approx(none[none <= 12.0], abs=0.01)


def read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


TABLE = {
    "population": "older-men", "participants": 20, "visits": [0, 12],
    "arms": {"a": "none", "b": "anastrozole 1 mg po qd"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"arms": {"a": "none"}}, "two or more"),
        ({"visits": [0, 12, 6]}, "ascend"),
        ({"visits": [6, 12]}, "begin at 0"),
        ({"endpoints": ["lumbar_spine_bmd@9"]}, "is no visit"),
        ({"endpoints": ["lumbar_spin_bmd"]}, "Did you mean 'lumbar_spine_bmd'"),
        ({"eligibility": {"agee": [1, 2]}}, "Did you mean 'age'"),
        ({"eligibility": {"age": [1]}}, "a list of 2 numbers"),
        ({"population": "older-man"}, "Did you mean 'older-men'"),
        ({"participants": 1}, "outside"),
        ({"dropout": -1}, "outside"),
        ({"armz": {}}, "Did you mean 'arms'"),
    ],
)
def test_faulty_trials_are_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Trial.from_table(TABLE | change, "mine.toml", "mine")


def test_too_few_eligible_people_are_an_error(ready: Simulator) -> None:
    plan = Trial.from_table(
        TABLE | {"eligibility": {"age": [20, 21]}, "participants": 4}, "mine.toml", "mine"
    )
    with pytest.raises(InputError, match="0 of"):
        trials.conduct(plan, ready)


def test_the_command_writes_tidy_tables(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'population = "older-men"\nparticipants = 20\nvisits = [0, 6]\nendpoints = ["ctx"]\n'
        '[arms]\na = "none"\nb = "anastrozole 1 mg po qd"\n'
    )
    folder = tmp_path / "t"
    result = CliRunner().invoke(app, ["trial", str(path), "-o", str(folder)])
    assert result.exit_code == 0, result.output
    people = read(folder / "adsl.csv")
    assert len(people) == 20
    assert {row["ARM"] for row in people} == {"a", "b"}
    rows = read(folder / "adbmd.csv")
    assert {row["USUBJID"] for row in rows} <= {row["USUBJID"] for row in people}
    assert {row["PARAMCD"] for row in rows} >= {"LSBMD", "CTX"}
    assert read(folder / "adtte.csv")[0]["CNSR"] in ("0", "1")
    found = json.loads((folder / "summary.json").read_text())
    assert found["effects"][0]["power"]
    assert (folder / "trial.png").stat().st_size > 20_000
