"""Work on Dask: the same results as in one process, whoever dies meanwhile."""

from __future__ import annotations

import filecmp
import json
import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import distributed
import numpy as np
import pytest
from typer.testing import CliRunner

from osteoaxis import cli, population, sensitivity, simulation, trials
from osteoaxis.errors import InputError, StoppedError
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.population import store
from osteoaxis.population.named import Population
from osteoaxis.population.solve import Task
from osteoaxis.simulation import Simulator
from osteoaxis.workers import Pace, _understood, duration, here, workers

PEOPLE = 44
TASK = Task(Population.load("older-men"), 1, PEOPLE, Regimen.parse("none"), (0.0, 12.0))


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A scheduler with two processes to work in."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0"
    ) as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def plain(ready: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What one process makes of `TASK`, in chunks of four people."""
    monkeypatch.setattr(store, "SMALLEST", 4)
    monkeypatch.setattr(store, "LARGEST", 4)
    population.simulate(TASK, ready, tmp_path / "plain")
    return tmp_path / "plain"


def once(act: Callable[[], Any]) -> Callable[[str, float], None]:
    """Progress that acts when a quarter is done."""
    acted: list[bool] = []

    def progress(_text: str, share: float) -> None:
        if share > 0.25 and not acted:
            acted.append(True)
            act()

    return progress


def assert_same(one: Path, other: Path) -> None:
    """Every file is the same, byte for byte."""
    names = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(other) for path in other.rglob("*") if path.is_file())
    assert len(names) > 200
    for name in names:
        assert filecmp.cmp(one / name, other / name, shallow=False), name


def test_a_population_is_the_same(
    ready: Simulator, address: str, plain: Path, tmp_path: Path
) -> None:
    heard: list[str] = []
    with workers(address) as each:
        population.simulate(
            TASK, ready, tmp_path / "dask", lambda text, _: heard.append(text), each=each
        )
    assert_same(plain, tmp_path / "dask")
    assert len(heard) == PEOPLE // 4
    assert heard[-1].startswith(f"{PEOPLE} of {PEOPLE} people, ")
    assert all("a second, " in text and text.endswith(" left") for text in heard)


def test_a_killed_worker_costs_nothing_but_time(
    ready: Simulator, address: str, plain: Path, tmp_path: Path
) -> None:
    with distributed.Client(address, set_as_default=False) as client, workers(address) as each:
        before = client.run(os.getpid)
        victim = next(iter(before.values()))
        population.simulate(
            TASK, ready, tmp_path / "dask", once(lambda: os.kill(victim, signal.SIGKILL)),
            each=each,
        )  # fmt: skip
        client.wait_for_workers(2, timeout=30)
        assert victim not in client.run(os.getpid).values()
    assert_same(plain, tmp_path / "dask")


def test_a_lost_scheduler_is_said_and_the_same_command_goes_on(
    ready: Simulator, plain: Path, tmp_path: Path
) -> None:
    lost = distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0"
    )
    with (
        pytest.raises(StoppedError, match="run the same command again"),
        workers(lost.scheduler_address) as each,
    ):
        population.simulate(TASK, ready, tmp_path / "dask", once(lost.close), each=each)
    finished = len(list((tmp_path / "dask" / store.STORE / "status" / "c").iterdir()))
    assert 0 < finished < PEOPLE // 4
    assert not (tmp_path / "dask" / "members.parquet").exists()
    population.simulate(TASK, ready, tmp_path / "dask")
    assert_same(plain, tmp_path / "dask")


def test_a_trial_is_the_same(
    ready: Simulator, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["osteoaxis.trials.conduct"], "PART", 8)
    plan = replace(trials.Trial.load("anastrozole-older-men"), participants=20)
    alone = trials.conduct(plan, ready, seed=5)
    with workers(address) as each:
        together = trials.conduct(plan, ready, seed=5, each=each)
    assert [p.number for p in alone.people] == [p.number for p in together.people]
    assert alone.screened == together.screened
    for one, other in (
        (alone.truth, together.truth), (alone.measured, together.measured),
        (alone.events, together.events),
    ):  # fmt: skip
        for name, values in one.items():
            np.testing.assert_array_equal(values, other[name])


def test_a_sensitivity_is_the_same(
    ready: Simulator, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sensitivity, "BATCH", 7)
    asked = sensitivity.Question(
        Patient("w", age=62.0, menopause_age=50.0), Regimen.parse("none"), ("ctx",), 6.0
    )
    varied = sensitivity.ranges(ready, ["rankl.*"], male=False)
    alone = sensitivity.analyse(ready, asked, varied, samples=4)
    with workers(address) as each:
        together = sensitivity.analyse(ready, asked, varied, samples=4, each=each)
    for name, values in alone.indices.items():
        np.testing.assert_array_equal(values, together.indices[name])


def test_errors_of_workers_reach_the_user(ready: Simulator, address: str, tmp_path: Path) -> None:
    with (
        workers(address) as each,
        pytest.raises(
            InputError, match="cannot be written to from .* folder that all of them share"
        ),
    ):
        list(each(partial(store._one_chunk, TASK, ready, tmp_path / "elsewhere"), [0]))


def test_a_folder_that_is_not_shared_is_noticed(ready: Simulator, tmp_path: Path) -> None:
    """Workers that write to disks of their own leave nothing in the folder."""

    def elsewhere(_function: Any, chunks: Any) -> Iterator[tuple[int, int]]:
        return ((chunk, 4) for chunk in chunks)

    with pytest.raises(InputError, match="is not there; workers write"):
        population.simulate(TASK, ready, tmp_path / "p", each=elsewhere)
    population.simulate(replace(TASK, count=4), ready, tmp_path / "other")
    with pytest.raises(InputError, match="another population"):
        store._one_chunk(TASK, ready, tmp_path / "other", 0)


def test_a_scheduler_lost_between_two_stretches_of_work_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("osteoaxis.workers.PATIENCE", 1.0)
    lost = distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0"
    )
    with workers(lost.scheduler_address) as each:
        assert sorted(each(abs, [1, -2])) == [(-2, 2), (1, 1)]
        lost.close()
        with pytest.raises(StoppedError, match="scheduler was lost"):
            list(each(abs, [1]))


def test_a_chunk_that_kills_its_workers_is_named(address: str) -> None:
    killed = distributed.KilledWorker("chunk", None, 3)
    assert "stopped 4 workers" in str(_understood(killed, connected=True))
    missing = ModuleNotFoundError("no", name="osteoaxis")
    assert "install the same osteoaxis" in str(_understood(missing, connected=True))
    with workers(address) as each, pytest.raises(ValueError, match="invalid literal"):
        list(each(int, ["1", "x"]))


def test_the_command_works_on_dask(address: str) -> None:
    arguments = ["sensitivity", "anastrozole-woman", "--parameters", "rankl.*", "--samples", "2",
                 "--at", "3", "--json"]  # fmt: skip
    found = [
        CliRunner().invoke(cli.app, [*arguments, *where]) for where in ([], ["--dask", address])
    ]
    assert [each.exit_code for each in found] == [0, 0]
    assert json.loads(found[0].stdout) == json.loads(found[1].stdout)


@pytest.mark.parametrize("where", ["0", "-1", "localhost", "loca", ""])
def test_what_is_no_place_to_work_is_refused(where: str) -> None:
    with pytest.raises(InputError, match="tcp://HOST:PORT"), workers(where):
        pass


def test_a_scheduler_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("osteoaxis.workers.PATIENCE", 0.2)
    with pytest.raises(InputError, match="no scheduler answers"), workers("tcp://127.0.0.1:9"):
        pass
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0") as idle,
        pytest.raises(InputError, match="has no workers"),
        workers(idle.scheduler_address),
    ):
        pass


def test_without_dask_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(InputError, match="pip install -c requirements.lock '..dask.'"),
        workers("local"),
    ):
        pass


def test_stopped_work_has_an_exit_code_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped() -> None:
        raise StoppedError("the scheduler was lost")

    monkeypatch.setattr(cli, "app", stopped)
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 75
    assert capsys.readouterr().err == "osteoaxis: the scheduler was lost\n"


def test_a_simulator_travels_as_what_it_is_made_of(
    ready: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = pickle.dumps(ready)
    assert len(packed) < 1000
    assert pickle.loads(packed).fingerprint == ready.fingerprint
    monkeypatch.setattr(simulation.fitted, "digest", lambda: "other numbers")
    simulation.simulator.cache_clear()
    try:
        with pytest.raises(InputError, match="another model"):
            pickle.loads(packed)
    finally:
        simulation.simulator.cache_clear()


def test_in_one_process_work_is_done_in_order() -> None:
    assert list(here(lambda x: x * x, [3, 1, 2])) == [(3, 9), (1, 1), (2, 4)]


def test_pace_tells_rate_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("osteoaxis.workers.time.monotonic", lambda: now[0])
    heard: list[tuple[str, float]] = []
    pace = Pace(lambda text, share: heard.append((text, share)), "people", 10_000, 1000)
    now[0] += 30.0
    pace.add(0)
    pace.add(3000)
    assert heard[0] == ("1,000 of 10,000 people", 0.1)
    assert heard[1:] == [("4,000 of 10,000 people, 100 a second, 60 s left", 0.4)]
    assert [duration(s) for s in (0.2, 89, 95, 5000, 5500)] == [
        "0 s", "89 s", "1.58 min", "83.3 min", "1.53 h",
    ]  # fmt: skip
