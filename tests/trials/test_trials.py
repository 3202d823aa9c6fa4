"""Virtual trials: design, conduct, effects and their truth, power, tables, bad input."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from typer.testing import CliRunner

from osteoaxis import fitted, output, trials
from osteoaxis.cli import app
from osteoaxis.errors import InputError
from osteoaxis.outcomes import dxa, markers
from osteoaxis.outcomes.incidence import cumulative, mortality
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.population import Population
from osteoaxis.population import names as populations
from osteoaxis.present import style, trial_sheet, trial_tables
from osteoaxis.present import trials as shown
from osteoaxis.present.trial_context import Context
from osteoaxis.simulation import Simulator
from osteoaxis.trials import Conducted, Effect, Plan, Trial
from osteoaxis.trials.analysis import changes, times, welch
from osteoaxis.trials.design import MEASURED, Arm
from osteoaxis.trials.planning import basis, needed, power
from osteoaxis.units import DAYS_PER_MONTH


@pytest.fixture(scope="module")
def men(ready: Simulator) -> Conducted:
    plan = Trial.load("anastrozole-older-men")
    endpoints = (*plan.endpoints, ("any_fracture", 12.0))
    return trials.conduct(replace(plan, participants=60, endpoints=endpoints), ready, seed=3)


@pytest.fixture(scope="module")
def plans(men: Conducted, ready: Simulator) -> dict[str, Plan]:
    found = trials.plans(men, trials.effects(men), ready)
    return {plan.effect.endpoint: plan for plan in found}


def effect_on(found: Conducted, endpoint: str) -> Effect:
    return next(e for e in trials.effects(found) if e.endpoint == endpoint)


@pytest.mark.parametrize("name", list(trials.names()))
def test_built_in_trials_can_be_read_and_given(ready: Simulator, name: str) -> None:
    plan = Trial.load(name)
    for arm in plan.arms:
        ready.check(arm.regimen)


def test_everybody_is_in_every_arm_with_the_same_chance(men: Conducted) -> None:
    start = men.truth["lumbar_spine_bmd"][:, :, 0]
    assert np.allclose(start[0], start[1], rtol=1e-5)
    noise = men.measured["ctx"] / men.truth["ctx"]
    assert np.allclose(noise[0], noise[1])
    assert np.std(np.log(noise)) == pytest.approx(0.15, rel=0.2)
    assert sorted(np.bincount(men.allocated)) == [30, 30]
    seen = men.measured["testosterone"][0, :, 0]
    assert np.allclose(seen, men.entry["testosterone"])
    low, high = men.trial.eligibility["testosterone"]
    assert ((low <= seen) & (seen <= high)).all()


def test_who_has_left_is_not_measured_again(men: Conducted) -> None:
    gone = ~men.stayed
    assert gone.any()
    for arm in (0, 1):
        own = men.allocated == arm
        assert (np.isnan(men.seen("ctx", arm)) == gone[own]).all()
    assert (np.diff(men.stayed.astype(int), axis=1) <= 0).all()


def test_a_trial_is_reproducible_and_another_seed_is_another(
    ready: Simulator, men: Conducted
) -> None:
    again = trials.conduct(men.trial, ready, seed=3)
    for name, values in men.measured.items():
        assert np.array_equal(values, again.measured[name])
    other = trials.conduct(men.trial, ready, seed=4)
    assert not np.array_equal(men.allocated, other.allocated)


def test_effects_hold_the_truth_about_as_often_as_they_say(men: Conducted) -> None:
    """Allocated again and again, 95 % intervals hold what everybody shows in both arms."""
    random = np.random.default_rng(1)
    held = 0
    for _ in range(200):
        drawn = replace(men, allocated=random.permutation(men.allocated))
        effect = effect_on(drawn, "total_hip_bmd")
        held += effect.low <= effect.true <= effect.high
    assert held / 200 > 0.9


def test_hormones_of_older_men_on_anastrozole_move_as_they_should(men: Conducted) -> None:
    found = {e.endpoint: e for e in trials.effects(men)}
    assert found["estradiol"].high < -10
    assert found["testosterone"].low > 5
    assert found["lumbar_spine_bmd"].true < 0


def test_what_is_true_of_fractures_does_not_depend_on_luck(men: Conducted) -> None:
    none = {name: np.full_like(months, np.inf) for name, months in men.events.items()}
    effect, lucky = (effect_on(each, "any_fracture") for each in (men, replace(men, events=none)))
    spent = men.spent["any_fracture"][:, :, -1].mean(axis=1)
    assert effect.true == lucky.true == pytest.approx(spent[1] / spent[0])
    assert lucky.events == (0, 0)
    assert np.isnan([lucky.value, lucky.low, lucky.high, lucky.p]).all()


def test_power_is_that_of_trials_drawn_from_everybody(men: Conducted) -> None:
    effect = effect_on(men, "total_hip_bmd")
    random = np.random.default_rng(1)
    seen = changes(men, "total_hip_bmd", 12.0, men.measured)
    whole = basis(men, effect)
    for n in (15, 40):
        drawn = [random.choice(seen[k], (2000, n)) for k in (1, 0)]
        p = stats.ttest_ind(*drawn, axis=1, equal_var=False).pvalue
        kept = men.staying(12.0)
        assert power(whole, n / kept, n / kept, 0.05) == pytest.approx((p < 0.05).mean(), abs=0.06)


@pytest.mark.parametrize("endpoint", ["total_hip_bmd", "ctx", "any_fracture"])
def test_power_grows_with_size_from_alpha_and_falls_with_dropout(
    men: Conducted, endpoint: str
) -> None:
    effect = effect_on(men, endpoint)
    own = basis(men, effect)
    shares = [float(power(own, n, n, 0.05)) for n in (5, 10, 100, 1000, 100_000)]
    assert shares == sorted(shares)
    assert shares[0] >= 0.05
    assert float(power(replace(own, effect=0.0), 50, 50, 0.05)) == pytest.approx(0.05, abs=1e-6)
    many = replace(men, trial=replace(men.trial, dropout=60.0))
    assert power(basis(many, effect), 100, 100, 0.05) < power(own, 100, 100, 0.05)


def test_the_size_needed_has_the_power_wanted(men: Conducted) -> None:
    own = replace(basis(men, effect_on(men, "total_hip_bmd")), effect=1.0)
    for wanted, alpha in ((0.8, 0.05), (0.9, 0.01)):
        n = needed(own, alpha, wanted)
        assert power(own, n, n, alpha) == pytest.approx(wanted, abs=1e-3)
    assert np.isinf(needed(replace(own, effect=0.0), 0.05, 0.8))


def test_plans_hold_what_the_model_leaves_open(plans: dict[str, Plan]) -> None:
    for plan in plans.values():
        assert plan.low < plan.effect.true < plan.high
        assert 0.0 <= plan.assurance <= 1.0
        assert plan.needed_low <= plan.needed <= plan.needed_high
        assert len(plan.curve) > 20
    assert plans["any_fracture"].effect.kind == "hazard ratio"


def test_markers_are_geometric_in_figure_and_effects(
    men: Conducted, plans: dict[str, Plan]
) -> None:
    figure = trial_sheet.sheet(men, list(plans.values()))
    (axes,) = (a for a in figure.axes if a.get_title("left").startswith("CTX: change"))
    at = list(men.trial.visits).index(12.0)
    drawn = [container.lines[0].get_ydata()[at] for container in axes.containers]
    assert drawn == pytest.approx(list(reversed(plans["ctx"].effect.means)))


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


@pytest.fixture(scope="module")
def women(ready: Simulator) -> Conducted:
    plan = Trial.load("zoledronate-upfront-delayed")
    visits = tuple(np.arange(0.0, 61.0, 6.0).tolist())
    return trials.conduct(replace(plan, participants=24, visits=visits), ready)


def test_a_rule_gives_people_different_treatment(women: Conducted) -> None:
    found = women
    spine = changes(found, "lumbar_spine_bmd", 60.0, found.truth)
    assert (spine[1] > spine[0] - 1e-6).mean() > 0.9
    assert spine[1].mean() > spine[0].mean() + 2.0
    ctx = changes(found, "ctx", 12.0, found.truth)
    assert (ctx[0] > 0).any()  # not begun within a year
    assert (ctx[1] < 0).mean() > 0.9


def test_rules_see_what_is_measured(women: Conducted) -> None:
    begun = [decision for one in women.decisions[0] for decision in one]
    assert begun
    for k, one in enumerate(women.decisions[0]):
        for decision in one:
            visit = women.trial.visits.index(round(decision.day / DAYS_PER_MONTH, 3))
            bmd = women.measured["lumbar_spine_bmd"][0, k, visit]
            seen = dxa.t_score(bmd, "lumbar_spine", "female")
            assert decision.values["lumbar_spine_t_score"] == pytest.approx(seen, abs=0.01)


def test_who_is_screened_by_a_measurement_regresses_to_the_mean(ready: Simulator) -> None:
    low = {"lumbar_spine_t_score": (-10.0, -2.5)}
    plan = replace(
        Trial.load("zoledronate-upfront-delayed"), participants=60, visits=(0.0, 1.0),
        endpoints=(("lumbar_spine_bmd", 1.0),), eligibility=low,
        errors=dict.fromkeys(MEASURED, 10.0),
        arms=(Arm("a", Regimen.parse("none"), 1.0), Arm("b", Regimen.parse("none"), 1.0)),
    )  # fmt: skip
    found = trials.conduct(plan, ready)
    first, second = (found.measured["lumbar_spine_bmd"] / found.truth["lumbar_spine_bmd"])[0].T
    assert first.mean() < 0.97
    assert abs(second.mean() - 1.0) < 0.05
    assert found.excluded["lumbar_spine_t_score"] == found.screened - 60


def test_members_are_drawn_by_the_weights_of_the_population(
    ready: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Population, "weights", lambda _, levels: 5.0 * (levels["ctx"] > 0.3))
    table = TABLE | {"population": "early-breast-cancer"}
    plan = Trial.from_table(table, "mine.toml", "mine")
    assert (trials.conduct(plan, ready).truth["ctx"][:, :, 0] > 0.3).all()


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
        ({"visits": [0]}, "a change needs a visit after month 0"),
        ({"visits": [0, 12, 24, 2400]}, "visits: 2400 is outside 0 to 720 months"),
        ({"endpoints": ["lumbar_spine_bmd@0"]}, "month 0 is the start"),
        ({"arms": {"a": "none", "b": {"regimen": "none", "share": -1}}}, r"0.01 to 100\.$"),
        ({"endpoints": ["lumbar_spine_bmd@9"]}, "is no visit"),
        ({"endpoints": ["lumbar_spin_bmd"]}, "Did you mean 'lumbar_spine_bmd'"),
        ({"eligibility": {"agee": [1, 2]}}, "Did you mean 'age'"),
        ({"eligibility": {"age": [1]}}, "a list of 2 numbers"),
        ({"population": "older-man"}, "Did you mean 'older-men'"),
        ({"participants": 1}, "outside"),
        ({"participants": 30.5}, "participants: must be a whole number in people, not 30.5"),
        ({"visits": None}, "visits: is missing; it must be a list of numbers"),
        ({"participants": None}, "participants: is missing"),
        ({"population": None}, "population: is missing"),
        ({"eligibility": {"age": [75, 50]}}, "age: 75 is not below 50"),
        ({"eligibility": {"years_since_menopause": [1, 9]}}, "is given for men"),
        ({"contrasts": [["b", "c"]]}, "contrasts: 'c' is not allowed"),
        ({"contrasts": [["b", "b"]]}, r"must be \[arm, reference\]"),
        ({"contrasts": "b"}, "must be a list"),
        ({"alpha": 0}, "alpha: 0 is outside"),
        ({"power": 1}, "power: 1 is outside"),
        ({"dropout": -1}, "outside"),
        ({"armz": {}}, "Did you mean 'arms'"),
    ],
)
def test_faulty_trials_are_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Trial.from_table(TABLE | change, "mine.toml", "mine")


def test_contrasts_are_pairs_of_arms_and_against_the_first_without(ready: Simulator) -> None:
    arms = {"a": "none", "b": "anastrozole 1 mg po qd", "c": "letrozole 2.5 mg po qd"}
    plain = Trial.from_table(TABLE | {"arms": arms}, "mine.toml", "mine")
    assert plain.pairs == [(1, 0), (2, 0)]
    asked = Trial.from_table(TABLE | {"arms": arms, "contrasts": [["c", "b"]]}, "mine.toml", "mine")
    assert asked.pairs == [(2, 1)]
    (effect,) = trials.effects(trials.conduct(asked, ready))
    assert (effect.arm, effect.reference) == ("c", "b")


def test_eligibility_knows_kidneys_menopause_and_the_lowest_score(ready: Simulator) -> None:
    limits = {"egfr": [60, 200], "years_since_menopause": [5, 20], "lowest_t_score": [-2.5, 0]}
    table = TABLE | {"population": "early-breast-cancer", "eligibility": limits}
    found = trials.conduct(Trial.from_table(table, "mine.toml", "mine"), ready)
    for name, (low, high) in limits.items():
        assert ((low <= found.entry[name]) & (found.entry[name] <= high)).all()
    lowest = np.min([found.entry[f"{site}_t_score"] for site in dxa.SITES], axis=0)
    assert np.allclose(found.entry["lowest_t_score"], lowest)


def test_too_few_eligible_people_are_an_error(ready: Simulator) -> None:
    plan = Trial.from_table(
        TABLE | {"eligibility": {"age": [20, 21]}, "participants": 4}, "mine.toml", "mine"
    )
    with pytest.raises(InputError, match="0 of"):
        trials.conduct(plan, ready)


def test_the_command_writes_design_course_and_tidy_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text(
        'population = "older-men"\nparticipants = 20\nvisits = [0, 6]\nendpoints = ["ctx"]\n'
        '[arms]\na = "none"\nb = "anastrozole 1 mg po qd [start when ctx > 0.01; checked q3mo]"\n'
    )
    result = CliRunner().invoke(app, ["trial", "mine.toml", "--seed", "2"])
    assert result.exit_code == 0, result.output
    for said in ("What this trial found", "What such a trial needs", "how far off the model is"):
        assert said in result.output
    folder = Path("trials") / "mine-seed2"
    people = read(folder / "adsl.csv")
    assert len(people) == 20
    assert {row["ARM"] for row in people} == {"a", "b"}
    assert all(-6 < float(row["LSTBL"]) < 6 for row in people)
    rows = read(folder / "adbmd.csv")
    assert {row["USUBJID"] for row in rows} <= {row["USUBJID"] for row in people}
    assert {row["PARAMCD"] for row in rows} >= {"LSBMD", "CTX"}
    assert read(folder / "adtte.csv")[0]["CNSR"] in ("0", "1")
    assert {row["ACTION"] for row in read(folder / "adex.csv")} == {"STARTED"}
    found = json.loads((folder / "summary.json").read_text())
    assert found["seed"] == 2
    assert found["fitted"] == fitted.digest()
    assert found["design"]["arms"]["a"]["regimen"] == "none"
    assert found["design"]["errors"]["ctx"] == markers.error("ctx")
    assert found["flow"]["arms"]["a"]["allocated"] == 10
    assert set(found["baseline"]["age"]) == {"a", "b"}
    (started,) = found["decisions"]
    assert started["people"] == started["of"] == 10
    (effect,) = found["effects"]
    assert effect["curve"]
    assert effect["true_low"] < effect["true"] < effect["true_high"]
    assert found["studies"]
    assert (folder / "trial.png").stat().st_size > 20_000


@pytest.mark.parametrize("name", ["anastrozole-older-men", "early-breast-cancer"])
def test_show_prints_a_built_in_file(name: str) -> None:
    result = CliRunner().invoke(app, ["show", name])
    assert result.exit_code == 0
    assert "title = " in result.output


def trial_of(**changes: object) -> Trial:
    return Trial.from_table(TABLE | changes, "mine.toml", "mine")


def test_an_arm_that_loses_its_people_is_told_and_not_a_fault(
    ready: Simulator, tmp_path: Path
) -> None:
    gel = {name: f"testosterone_gel {dose} mg td qd" for name, dose in (("a", 50), ("b", 100))}
    asked = trial_of(population="men-on-testosterone", participants=8, visits=[0, 12, 24],
                     dropout=90, arms=gel, endpoints=["ctx@24", "any_fracture@24"])  # fmt: skip
    found = trials.conduct(asked, ready)
    alone = replace(found, stayed=found.stayed & (np.arange(8) == 0)[:, None])
    effects = trials.effects(alone)
    plans = trials.plans(alone, effects, ready)
    assert not any(effect.known for effect in effects)
    beside = Context({}, ())
    shown.write(alone, plans, beside, tmp_path)
    told = json.loads((tmp_path / "summary.json").read_text())["effects"][0]
    assert told["value"] is None
    assert None in told["means"]
    assert told["sds"] == [None, None]
    shown.show(alone, plans, beside)


def test_intervals_have_the_level_of_the_test(men: Conducted) -> None:
    broken = np.where(np.arange(60) % 3, np.inf, 3.0 + np.arange(60) / 10.0)
    usual = replace(men, events=dict.fromkeys(men.events, np.array([broken, broken])))
    strict = replace(usual, trial=replace(men.trial, alpha=0.01))
    for endpoint in ("total_hip_bmd", "any_fracture"):
        one, other = (effect_on(each, endpoint) for each in (usual, strict))
        assert one.p == other.p
        assert other.high - other.low > 1.2 * (one.high - one.low)
    assert trial_sheet.mean_interval(np.array([1.0, 2.0, 3.0, np.nan]), 0.05) == pytest.approx(
        (2.0 - 4.303 / 3**0.5, 2.0, 2.0 + 4.303 / 3**0.5), rel=1e-3
    )


def test_arms_that_are_the_same_need_no_size(
    ready: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    arms = {"a": "none", "late": "anastrozole 1 mg po qd [m12-]"}
    asked = trial_of(arms=arms, endpoints=["ctx@12", "hip_fracture@12"])
    assert asked.without_effect() == [
        "late: anastrozole 1 mg po qd [m12-] begins in month 12, not before the last visit in "
        "month 12: it changes nothing here."
    ]
    found = trials.conduct(asked, ready)
    plans = trials.plans(found, trials.effects(found), ready)
    for plan in plans:
        assert plan.effect.none
        assert plan.curve == ()
        assert np.isinf(plan.needed)
    shown.show(found, plans, Context({}, ()))
    told = capsys.readouterr().out
    assert told.count("none: both arms the same") == 2
    assert "changes nothing here" in told
    trial_sheet.sheet(found, plans)
    assert shown.summary(found, plans, Context({}, ()))["design"]["warnings"]


def test_people_die_as_the_life_table_says(ready: Simulator) -> None:
    asked = trial_of(population="older-men", participants=300, visits=[0, 60, 120],
                     arms={"a": "none", "b": "none"})  # fmt: skip
    found = trials.conduct(asked, ready)
    ages = [one.patient.age for one in found.people]
    chance = [-np.expm1(-cumulative(mortality("male", a, found.months), found.months)[-1])
              for a in ages]  # fmt: skip
    assert 40 < found.died.sum() == pytest.approx(sum(chance), rel=0.25)
    assert (found.stayed[:, -1] == ~found.died).all()
    assert found.staying(120.0) == pytest.approx(1.0 - np.mean(chance), abs=1e-3)
    assert (found.left_month[found.died] == found.died_month[found.died]).all()


def test_a_population_is_looked_for_beside_the_trial(tmp_path: Path) -> None:
    people = populations()["older-men"]
    (tmp_path / "mypop.toml").write_text(people.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "mine.toml").write_text(
        'population = "mypop.toml"\nparticipants = 20\nvisits = [0, 6]\n'
        '[arms]\na = "none"\nb = "anastrozole 1 mg po qd"\n'
    )
    assert Trial.load(str(tmp_path / "mine.toml")).population.name == "mypop"


def test_contrasts_of_one_arm_look_different(men: Conducted) -> None:
    arms = tuple(Arm(name, Regimen.parse("none"), 1.0) for name in "abcd")
    asked = replace(men.trial, arms=arms, contrasts=(("b", "a"), ("d", "c"), ("d", "a")))
    looks = trial_sheet._contrasts(asked, style.arm_styles("abcd"))
    assert len({(str(look["color"]), str(look["linestyle"])) for look in looks.values()}) == 3
    long = trial_sheet._named("a long name of an arm that goes on and on", "reference", "12")
    assert long.endswith("… v reference")
    assert len(long) <= trial_sheet.LONGEST


def test_what_was_written_before_does_not_stay_beside_new_results(tmp_path: Path) -> None:
    folder = tmp_path / "t"
    for names in (("adsl.csv", "adex.csv"), ("adsl.csv",)):
        with output.staged(folder, "trial", trial_tables.PERHAPS) as stage:
            for name in names:
                (stage / name).write_text("x")
    (folder / "mine.txt").write_text("x")
    assert {path.name for path in folder.iterdir()} == {"adsl.csv", "mine.txt"}
    for kind in ("population", "run"):
        with pytest.raises(InputError, match=f"'osteoaxis trial' wrote .*'osteoaxis {kind}'"):
            output.check_folder(folder, kind)
    output.check_folder(folder, "trial")
    output.check_folder(folder)


def test_when_something_was_decided_is_told_plainly() -> None:
    assert shown._when(None) == ""
    assert shown._when([0.0, 0.0, 0.0]) == ", at the start"
    assert shown._when([6.0, 6.0, 6.0]) == ", in month 6"
    assert shown._when([0.0, 6.0, 18.0]) == ", month 0 to 18, half by month 6"


def test_a_misspelt_drug_names_file_and_arm(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    built_in = next(iter(trials.names()))
    text = (Path(trials.__file__).parent / "named" / f"{built_in}.toml").read_text("utf-8")
    file.write_text(text.replace("letrozole ", "letrozol ").replace("anastrozole ", "anastrozol "))
    done = CliRunner().invoke(app, ["trial", str(file), "-o", str(tmp_path / "out")])
    assert isinstance(done.exception, InputError)
    assert str(done.exception).startswith(f"{file}: arms.")
    assert not (tmp_path / "out").exists()
