"""Processes that hang, end or fail do not take the server with them."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

import tasks_of_workers as tasks  # isort: skip
from osteoaxis.errors import InputError
from osteoaxis.web.app import _while_there
from osteoaxis.web.catalogue import Catalogue
from osteoaxis.web.encode import to_json
from osteoaxis.web.faults import Fault
from osteoaxis.web.workers import Stopped, Task, TooBusy, TooLong, Workers

Aside = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture(scope="module")
def workers(aside: Aside) -> Iterator[Workers]:
    """One process that gives a task one second, and one waiting task half of it."""

    async def made() -> Workers:
        return Workers(count=1, seconds=1.0, patience=0.5, most_waiting=1)

    workers = aside(made())
    yield workers
    workers.close()


async def run(workers: Workers, task: Task, asked: object = None) -> bytes:
    """Run a task, waiting until a process is there."""
    for _ in range(100):
        try:
            return await workers.run(task, asked, to_json)
        except TooBusy:
            await asyncio.sleep(0.1)
    raise AssertionError("no process")


def test_what_ends_or_hangs_is_replaced(aside: Aside, workers: Workers, known: Catalogue) -> None:
    expected = str(len(known.quantities)).encode()
    assert aside(run(workers, tasks.count)) == expected
    for task, asked, error in (
        (tasks.sleep, 60.0, TooLong),
        (tasks.end, 3, Stopped),
        (tasks.wrong, "a reason", InputError),
        (tasks.fault, "secret", Fault),
    ):
        with pytest.raises(error) as raised:
            aside(run(workers, task, asked))
        assert "secret" not in str(raised.value)
        assert aside(run(workers, tasks.count)) == expected


def test_who_cannot_be_served_soon_is_told(aside: Aside, workers: Workers) -> None:
    async def together() -> list[bytes | BaseException]:
        each = (workers.run(tasks.sleep, 0.8, to_json) for _ in range(3))
        return await asyncio.gather(*each, return_exceptions=True)

    aside(run(workers, tasks.count))
    first, *others = aside(together())
    assert first == b"0.8"
    assert all(isinstance(other, TooBusy) for other in others)


def test_work_of_a_client_that_went_away_is_ended(aside: Aside, workers: Workers) -> None:
    """Else the only process would be busy for its whole second, longer than the next one waits."""

    class Gone:
        async def receive(self) -> dict[str, str]:
            await asyncio.sleep(0.1)
            return {"type": "http.disconnect"}

    async def left() -> bytes:
        return await _while_there(Gone(), workers.run(tasks.sleep, 60.0, to_json))  # type: ignore[arg-type]

    aside(run(workers, tasks.count))
    before = {process.pid for process in multiprocessing.active_children()}
    assert aside(left()) == b""
    aside(run(workers, tasks.count))
    assert before - {process.pid for process in multiprocessing.active_children()}
