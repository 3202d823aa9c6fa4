"""Virtual populations: the same person in any company, resumed runs, weights, bad input."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri
from typer.testing import CliRunner

from osteoaxis import population
from osteoaxis.cli import app
from osteoaxis.errors import InputError
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.population import store
from osteoaxis.population.named import Marginal, Population, Spread
from osteoaxis.population.solve import REASONS, SIMULATED, Task, solve
from osteoaxis.present import population as shown
from osteoaxis.simulation import Simulator

MONTHS = (0.0, 12.0, 24.0)


def task(name: str = "early-breast-cancer", count: int = 40, **changes: object) -> Task:
    found = Population.load(name)
    made = Task(found, 1, count, Regimen.parse(found.regimen), MONTHS)
    return replace(made, **changes)


def test_the_promised_populations_exist() -> None:
    assert set(population.names()) >= {
        "early-breast-cancer", "premenopausal-ovarian-suppression", "men-on-testosterone",
        "older-men", "general-postmenopausal",
    }  # fmt: skip


@pytest.mark.parametrize("name", list(population.names()))
def test_nearly_everybody_is_simulated_and_covariates_are_as_published(
    ready: Simulator, name: str
) -> None:
    asked = task(name, 300)
    people = population.members(asked.population, 1, range(3000), ready.model.parameters)
    spread = asked.population.covariates["age"]
    ages = np.array([each.patient.age for each in people])
    scores = ndtri((np.arange(1000) + 0.5) / 1000)
    assert ages.mean() == pytest.approx(np.mean([spread.at(z) for z in scores]), abs=0.3)
    assert spread.low <= ages.min() <= ages.max() <= spread.high
    found = solve(asked, ready, 0, 300)
    assert (found.status == SIMULATED).mean() > 0.97
    assert set(found.status) <= set(REASONS)
    kept = found.status == SIMULATED
    assert np.isfinite(found.values["lumbar_spine_bmd"][kept]).all()
    assert np.isnan(found.values["lumbar_spine_bmd"][~kept]).all()
    assert (found.weight[kept] > 0).all()
    assert (found.weight[~kept] == 0).all()


def test_a_person_is_the_same_alone_and_in_company(ready: Simulator) -> None:
    asked = task()
    crowd = solve(asked, ready, 0, 40)
    for number in (0, 17, 39):
        alone = solve(asked, ready, number, number + 1)
        assert alone.people[0].patient == crowd.people[number].patient
        assert alone.weight[0] == crowd.weight[number]
        for name, values in alone.values.items():
            assert np.array_equal(values[0], crowd.values[name][number], equal_nan=True), name


def test_seeds_and_numbers_make_other_people(ready: Simulator) -> None:
    found = Population.load("older-men")
    parameters = ready.model.parameters
    one = population.member(found, 1, 5, parameters)
    assert one.patient == population.member(found, 1, 5, parameters).patient
    for seed, number in ((2, 5), (1, 6)):
        assert population.member(found, seed, number, parameters).patient.age != one.patient.age


def test_a_run_that_was_stopped_goes_on_to_the_same_end(
    ready: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "SMALLEST", 8)
    asked = task(count=28)
    whole = population.simulate(asked, ready, tmp_path / "whole")

    class Stopped(Exception):
        pass

    def stop(_text: str, share: float) -> None:
        if share > 0.5:
            raise Stopped

    with pytest.raises(Stopped):
        population.simulate(asked, ready, tmp_path / "part", stop)
    cut = next((tmp_path / "part" / store.STORE / "status" / "c").iterdir())
    cut.write_bytes(cut.read_bytes()[:3])  # as a kill in the middle of writing leaves it
    calls: list[int] = []
    kept = store.solve
    monkeypatch.setattr(store, "solve", lambda t, r, a, b: (calls.append(a), kept(t, r, a, b))[1])
    resumed = population.simulate(asked, ready, tmp_path / "part")
    assert 0 < len(calls) < 4
    for name in whole.data.data_vars:
        assert np.array_equal(whole.data[name].values, resumed.data[name].values, equal_nan=True), (
            name
        )
    with pytest.raises(InputError, match="another population"):
        population.simulate(replace(asked, seed=2), ready, tmp_path / "part")
    with pytest.raises(InputError, match="another population"):
        population.simulate(asked, replace(ready, calibrated=False), tmp_path / "part")
    rows = pq.read_table(tmp_path / "whole" / "members.parquet")
    monkeypatch.setattr(store, "ROWS", 11)
    population.simulate(asked, ready, tmp_path / "part")
    assert pq.read_table(tmp_path / "part" / "members.parquet").equals(rows)
    assert rows["member"].to_pylist() == list(range(28))
    with pytest.raises(InputError, match="holds no population"):
        population.open_run(tmp_path)


@settings(deadline=None, max_examples=40)
@given(st.floats(-5, 5), st.booleans())
def test_a_covariate_stays_within_its_limits_and_rises_with_its_score(
    score: float, log: bool
) -> None:
    spread = Spread(mean=3.0, sd=1.0, low=1.0, high=7.0, source="x", log=log)
    assert 1.0 <= spread.at(score) <= 7.0
    assert spread.at(score) <= spread.at(score + 0.5)


@pytest.mark.parametrize("together", [0.0, 0.6, -0.5])
def test_weights_restore_marginals_and_leave_how_they_go_together(together: float) -> None:
    random = np.random.default_rng(1)
    scores = random.multivariate_normal([0, 0], [[1, together], [together, 1]], 400_000).T
    made = np.exp([[np.log(0.5)], [np.log(40.0)]] + np.array([[0.6], [0.5]]) * scores)
    found = replace(
        Population.load("older-men"),
        marginals={
            "ctx": Marginal(0.4, 0.5, 0.5, 0.6, "x"),
            "p1np": Marginal(42, 0.45, 40, 0.5, "x"),
        },
        made_correlations={("ctx", "p1np"): together},
    )
    weights = found.weights({"ctx": made[0], "p1np": made[1]})
    logs = np.log(made)
    mean = np.average(logs, axis=1, weights=weights)
    covariance = np.cov(logs, aweights=weights)
    assert np.exp(mean) == pytest.approx([0.4, 42.0], rel=0.02)
    assert np.sqrt(np.diag(covariance)) == pytest.approx([0.5, 0.45], rel=0.03)
    assert np.corrcoef(scores)[0, 1] == pytest.approx(together, abs=0.01)
    assert covariance[0, 1] / np.sqrt(np.diag(covariance).prod()) == pytest.approx(
        together, abs=0.03
    )


@pytest.mark.parametrize("name", ["general-postmenopausal", "early-breast-cancer"])
def test_weighted_members_have_the_published_levels(ready: Simulator, name: str) -> None:
    asked = task(name, 1200, regimen=Regimen.parse("none"), months=(0.0, 1.0))
    found = solve(asked, ready, 0, 1200)
    kept = found.status == SIMULATED
    weights = found.weight[kept]
    assert weights.sum() ** 2 / (weights**2).sum() > 0.65 * kept.sum()
    for variable, marginal in asked.population.marginals.items():
        logs = np.log(found.values[variable][kept, 0])
        mean = np.average(logs, weights=weights)
        sd = np.sqrt(np.average((logs - mean) ** 2, weights=weights))
        assert np.exp(mean) == pytest.approx(marginal.median, rel=0.1), variable
        assert sd == pytest.approx(marginal.log_sd, rel=0.1), variable


@pytest.mark.parametrize(("site", "spread"), [("lumbar_spine", 3.84), ("total_hip", 1.82)])
def test_people_differ_on_denosumab_as_in_defend(
    ready: Simulator, site: str, spread: float
) -> None:
    people = replace(Population.load("general-postmenopausal"), marginals={}, made_correlations={})
    asked = Task(people, 5, 1500, Regimen.parse("denosumab 60 mg sc q6mo"), (0.0, 24.0))
    density = solve(asked, ready, 0, 1500).values[f"{site}_bmd"]
    changes = 100.0 * (density[:, 1] / density[:, 0] - 1.0)
    assert np.nanstd(changes) == pytest.approx(spread, rel=0.08)


TABLE = {
    "title": "mine", "sex": "female",
    "covariates": {"age": {"mean": 60, "sd": 5, "low": 50, "high": 80, "source": "x"}},
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"covariates": {}}, "'age' is missing"),
        ({"covariates": {"agee": TABLE["covariates"]["age"]}}, "Did you mean 'age'"),
        ({"covariates": {"age": TABLE["covariates"]["age"] | {"low": 90}}}, "not below high"),
        ({"sex": "mal"}, "Did you mean 'male'"),
        ({"correlations": {"age ~ bmi": 0.3}}, "correlations"),
        ({"correlations": {"age ~ age": 0.3}}, "must name two"),
        ({"made_correlations": {"ctx ~ p1np": 0.3}}, "made_correlations"),
        ({"history": {"smokng": True}}, "Did you mean 'smoking'"),
        ({"titel": "x"}, "Did you mean 'title'"),
        ({"plausible": {"foo": 1}}, "plausible.foo: 'foo' is not allowed"),
        ({"plausible": {"ctxx": [0, 1]}}, "Did you mean 'ctx'"),
        ({"plausible": {"ctx": 1}}, "plausible.ctx: must be a list of the lowest and the highest"),
        ({"plausible": {"ctx": [1, 0]}}, "1 is not below 0"),
        ({"marginals": {"ctx": {"median": 1}}}, "marginals.ctx: log_sd: is missing"),
        ({"marginals": {"ctx": 1}}, "must be a table"),
    ],
)
def test_faulty_populations_are_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Population.from_table(TABLE | change, "mine.toml", "mine")


def test_an_unknown_parameter_is_refused(ready: Simulator) -> None:
    found = Population.from_table(TABLE | {"between": {"rankl.k_rank": 0.3}}, "mine.toml", "mine")
    with pytest.raises(InputError, match="Did you mean 'rankl.k_rankl'"):
        population.member(found, 1, 0, ready.model.parameters)


RULED = (
    "letrozole 2.5 mg po qd + denosumab 60 mg sc q6mo "
    "[start when total_hip_t_score < -1 or fracture; checked q6mo; dropout 20 %/y]"
)


def test_rules_are_decided_member_by_member(ready: Simulator) -> None:
    """The same for each alone and in company, and of use to those whom they concern."""
    asked = task(count=30, regimen=Regimen.parse(RULED))
    crowd = solve(asked, ready, 0, 30)
    without = solve(replace(asked, regimen=Regimen.parse("letrozole 2.5 mg po qd")), ready, 0, 30)
    hip, bare = (found.values["total_hip_bmd"][:, -1] for found in (crowd, without))
    assert 3 < (hip > 1.01 * bare).sum() < 27
    for number in (0, 13, 29):
        alone = solve(asked, ready, number, number + 1)
        for name, values in alone.values.items():
            assert np.array_equal(values[0], crowd.values[name][number], equal_nan=True), name


def test_a_regimen_that_cannot_be_given_leaves_nothing_behind(
    ready: Simulator, tmp_path: Path
) -> None:
    wrong = Regimen.parse("denosumab 60 mg sc q6mo [start when total_hip_t_scor < -1]")
    with pytest.raises(InputError, match="Did you mean 'total_hip_t_score'"):
        population.simulate(task(count=4, regimen=wrong), ready, tmp_path / "p")
    assert not list(tmp_path.iterdir())


def test_the_command_writes_pictures_tables_and_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    arguments = ["population", "older-men", "-n", "30", "--years", "2", "--step", "12",
                 "-o", str(folder)]  # fmt: skip
    first = CliRunner().invoke(app, arguments)
    assert first.exit_code == 0, first.output
    assert "older-men on: anastrozole 1 mg po qd" in first.output
    assert "of 30 people" in first.output
    assert (folder / "population.png").stat().st_size > 20_000
    assert (folder / "members.parquet").exists()
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["members"] == 30
    again = CliRunner().invoke(app, [*arguments, "--json"])
    assert json.loads(again.stdout) == summary
    unknown = CliRunner().invoke(app, ["population", "old-men"])
    assert isinstance(unknown.exception, InputError)
    assert "Did you mean 'older-men'" in str(unknown.exception)


def test_nobody_who_is_plausible_is_told_and_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = population.names()["older-men"].read_text(encoding="utf-8")
    Path("mine.toml").write_text(text.replace("ctx = [0.02, 2.5]", "ctx = [2.4, 2.5]"))
    done = CliRunner().invoke(app, ["population", "mine.toml", "-n", "8", "--years", "1", "--json"])
    assert isinstance(done.exception, InputError)
    assert "nobody is kept: 8 a level at time zero is beyond" in str(done.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.toml"]


def test_json_alone_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["population", "older-men", "-n", "8", "--years", "1", "--json"])
    assert json.loads(done.stdout)["members"] == 8
    assert not list(tmp_path.iterdir())


def test_a_long_regimen_stays_within_the_picture(ready: Simulator, tmp_path: Path) -> None:
    long = " + ".join(
        ["anastrozole 1 mg po qd", *(f"zoledronate 4 mg iv once [m{k}]" for k in range(5))]
    )
    asked = task("older-men", 8, regimen=Regimen.parse(long))
    run = population.simulate(asked, ready, tmp_path)
    drawn = shown.sheet(run, {name: shown.variable(run, name) for name in shown.PANELS})
    drawn.canvas.draw()
    assert drawn._suptitle is not None
    assert drawn._suptitle.get_window_extent().x1 < drawn.bbox.x1 * 0.99


def test_an_interruption_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_given: object, **_named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(population, "simulate", stop)
    asked = ["population", "older-men", "-n", "8"]
    for more, told in (
        (["-o", str(tmp_path)], "what is finished was kept, and the same command goes on"),
        (["--json"], "nothing half-written was left"),
    ):
        done = CliRunner().invoke(app, [*asked, *more])
        assert done.exit_code == 130
        assert f"osteoaxis: interrupted; {told}" in done.stderr
