"""Many patients at once: the same numbers as one by one, whoever their neighbours are."""

from __future__ import annotations

import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osteoaxis import engine
from osteoaxis.engine import ADD, RATE, CompiledSystem, Events, symbol
from osteoaxis.errors import InputError

from .conftest import make

PATIENTS = 37
TIMES = np.linspace(0, 60, 31)
GUT, CENTRAL = 1, 3


def population(seed: int = 0) -> dict[str, Any]:
    """Parameters, initial states and dose records that all differ."""
    rng = np.random.default_rng(seed)
    parameters = np.array([24, 0.35, 0.8, 5.0, 1.6]) * np.exp(rng.normal(0, 0.4, (PATIENTS, 5)))
    initial = np.array([1.0, 0, 1, 0]) * np.exp(rng.normal(0, 0.3, (PATIENTS, 4)))
    events = []
    for k in range(PATIENTS):
        count = int(rng.integers(0, 40))
        start, length = rng.uniform(0, 30, 2)
        events.append(
            Events(
                np.r_[rng.uniform(0, 60, count), start, start + length],
                np.r_[np.full(count, GUT), CENTRAL, CENTRAL],
                np.r_[np.full(count, ADD), RATE, RATE],
                np.r_[rng.uniform(0, 3, count), 0.1 * (k % 3), -0.1 * (k % 3)],
            )
        )
    return {"parameters": parameters, "initial": initial, "events": events, "times": TIMES}


@pytest.fixture(scope="module")
def together(inhibited: CompiledSystem) -> engine.Batch:
    return engine.solve_many(engine.problem(inhibited, **population()), threads=1)


def test_batch_equals_one_by_one_bitwise(inhibited: CompiledSystem, together: engine.Batch) -> None:
    given_ = population()
    for k in range(PATIENTS):
        alone = engine.solve(
            inhibited, given_["parameters"][k], given_["initial"][k], given_["events"][k], TIMES
        )
        np.testing.assert_array_equal(together.values[k, :, :4], alone.states)
        np.testing.assert_array_equal(together.values[k, :, 4:], alone.outputs)
        assert (together.steps[k], together.rejected[k]) == (alone.steps, alone.rejected)


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(range(PATIENTS)), threads=st.integers(1, 4), chunk=st.integers(5, 40))
def test_order_threads_and_chunks_change_nothing(
    inhibited: CompiledSystem,
    together: engine.Batch,
    order: list[int],
    threads: int,
    chunk: int,
) -> None:
    given_ = population()
    shuffled = engine.problem(
        inhibited,
        given_["parameters"][order],
        given_["initial"][order],
        given_["events"],
        TIMES,
        schedule=order,
    )
    rows = np.concatenate(
        [b.values for _, b in engine.stream(shuffled, threads=threads, chunk=chunk)]
    )
    np.testing.assert_array_equal(rows, together.values[order])


def test_threads_can_be_limited_from_outside(
    inhibited: CompiledSystem, together: engine.Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    class Pool(ThreadPoolExecutor):
        def __init__(self, count: int) -> None:
            asked.append(count)
            super().__init__(count)

    monkeypatch.setattr(sys.modules[engine.stream.__module__], "ThreadPoolExecutor", Pool)
    task = engine.problem(inhibited, **population())
    with engine.on_threads(1):
        alone = engine.solve_many(task)
    assert not asked
    with engine.on_threads(3):
        engine.solve_many(task)
    assert asked == [3]
    np.testing.assert_array_equal(alone.values, together.values)


def test_lanes_stay_busy(together: engine.Batch) -> None:
    work = int((together.steps + together.rejected).sum())
    assert together.lane_steps < 1.5 * work / 8


def test_one_that_fails_is_marked_and_the_others_finish() -> None:
    quiet, wild, push = symbol("quiet"), symbol("wild"), symbol("push")
    compiled = engine.compile_system(
        make("some_blow_up", {"quiet": -quiet, "wild": push * wild**2}, "push")
    )
    pushes = np.zeros((20, 1))
    pushes[[3, 11], 0] = 1.0, 0.5
    task = engine.problem(compiled, pushes, np.ones((20, 2)), None, np.linspace(0, 4, 41))
    found = engine.solve_many(task)
    assert np.flatnonzero(found.status).tolist() == [3, 11]
    assert found.failed_state[3] == found.failed_state[11] == "wild"
    np.testing.assert_allclose(found.failed_time[[3, 11]], [1, 2], atol=0.02)
    assert "wild" in found.messages[3]
    assert np.isfinite(found.values[3, :9]).all()
    assert np.isnan(found.values[3, 11:]).all()
    others = np.delete(found.values, [3, 11], axis=0)
    assert np.isfinite(others).all()
    assert set(np.delete(np.array(found.messages), [3, 11])) == {""}


def test_only_what_is_asked_for_is_recorded(
    inhibited: CompiledSystem, together: engine.Batch
) -> None:
    task = engine.problem(inhibited, **population(), record=("effect", "gut", "marker"))
    found = engine.solve_many(task)
    assert found.quantities == ("effect", "gut", "marker")
    columns = [together.quantities.index(name) for name in found.quantities]
    np.testing.assert_array_equal(found.values, together.values[:, :, columns])
    with pytest.raises(InputError, match="Did you mean 'marker'"):
        engine.problem(inhibited, **population(), record=("markr",))


def test_each_patient_may_start_on_another_day(inhibited: CompiledSystem) -> None:
    given_ = population()
    starts = -np.arange(PATIENTS, dtype=float)
    found = engine.solve_many(engine.problem(inhibited, **given_, start=starts))
    alone = engine.solve(
        inhibited, given_["parameters"][9], given_["initial"][9], given_["events"][9], TIMES,
        start=-9.0,
    )  # fmt: skip
    np.testing.assert_array_equal(found.values[9, :, :4], alone.states)


def test_memory_is_bounded_by_the_chunks(inhibited: CompiledSystem) -> None:
    patients, times = 20_000, np.linspace(0, 60, 61)
    task = engine.problem(
        inhibited,
        np.tile([24, 0.35, 0.8, 5.0, 1.6], (patients, 1)),
        np.tile([1.0, 0, 1, 0], (patients, 1)),
        None,
        times,
        record=("marker", "pool"),
    )
    tracemalloc.start()
    seen = 0
    for _, batch in engine.stream(task, threads=2, chunk=500):
        seen += len(batch.status)
        held = batch.values.nbytes
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seen == patients
    assert peak < 12 * held + 20e6  # of 40 chunks


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"parameters": np.ones(5)}, "parameters"),
        ({"initial": np.ones((3, 4))}, "initial"),
        ({"events": [Events(), Events()]}, "2 records do not fit 37 patients"),
        ({"start": np.arange(PATIENTS)}, "before the start"),
        ({"rtol": 0.0}, "rtol"),
    ],
)
def test_what_does_not_fit_is_refused(
    inhibited: CompiledSystem, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        engine.problem(inhibited, **{**population(), **change})


def test_steady_states_of_many(inhibited: CompiledSystem) -> None:
    given_ = population()
    moments = np.linspace(0, 10, PATIENTS)
    found, reasons = engine.steady_states(
        inhibited, given_["parameters"], given_["initial"], moments
    )
    assert set(reasons) == {""}
    for k in (0, 17):
        alone = engine.steady_state(
            inhibited, given_["parameters"][k], given_["initial"][k], moments[k]
        )
        np.testing.assert_array_equal(found[k], alone)


def test_some_without_a_steady_state() -> None:
    s, push = symbol("s"), symbol("push")
    compiled = engine.compile_system(make("some_drift", {"s": push + 0 * s}, "push"))
    _, reasons = engine.steady_states(compiled, [[0.0], [1.0], [0.0]], np.ones((3, 1)), np.zeros(3))
    assert [bool(reason) for reason in reasons] == [False, True, False]
    assert "'s'" in reasons[1]
