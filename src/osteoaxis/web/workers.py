"""Processes that compute, so that the server stays free and a task that takes too long is ended."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

from pebble import ProcessExpired, ProcessPool

from osteoaxis.errors import OsteoaxisError
from osteoaxis.web.catalogue import Catalogue
from osteoaxis.web.faults import Fault

Task = Callable[[Catalogue, Any], Any]
Encoder = Callable[[Any], bytes]
TASKS_OF_A_LIFE = 20_000
"""After so many tasks a process is replaced by a new one."""

_here: list[Catalogue] = []


class TooLong(Exception):
    """A task took more than its time and was ended."""


class TooBusy(Exception):
    """No process became free in time."""


class Stopped(Exception):
    """The process of a task ended."""


@dataclass
class Workers:
    """`count` processes with the model loaded, each with one task at a time.

    A task has `seconds` once it runs, and waits for at most `patience` (s) before; more than
    `most_waiting` do not wait at all.
    """

    count: int = os.cpu_count() or 1
    seconds: float = 30.0
    patience: float = 30.0
    most_waiting: int = 64

    def __post_init__(self) -> None:
        self._pool = self._new()
        self._free = asyncio.Semaphore(self.count)
        self._waiting = 0

    def _new(self) -> ProcessPool:
        # what is forked from a program with threads may hang
        context = multiprocessing.get_context("spawn")
        return ProcessPool(self.count, TASKS_OF_A_LIFE, _begin, context=context)

    async def run(self, task: Task, asked: Any, encode: Encoder) -> bytes:
        """Return what `encode` makes of `task`, both functions of modules, computed elsewhere.

        Raises what the task raises, `TooBusy`, `TooLong` and `Stopped`.
        """
        if self._waiting >= self.most_waiting:
            raise TooBusy
        self._waiting += 1
        try:
            await asyncio.wait_for(self._free.acquire(), self.patience)
        except TimeoutError:
            raise TooBusy from None
        finally:
            self._waiting -= 1
        try:
            return await self._computed(task, asked, encode)
        finally:
            self._free.release()

    async def _computed(self, task: Task, asked: Any, encode: Encoder) -> bytes:
        if not self._pool.active:
            self._pool = self._new()
        future = self._pool.schedule(_perform, (task, asked, encode), timeout=self.seconds)
        try:
            return await asyncio.wrap_future(future)
        except TimeoutError:
            raise TooLong from None
        except (ProcessExpired, BrokenProcessPool):
            raise Stopped from None

    def close(self) -> None:
        """End all processes."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()


def _begin() -> None:
    """Load the model into a new process, and leave Ctrl-C to the server."""
    from osteoaxis.simulation import simulator

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.disable()
    _here.append(Catalogue(simulator()))
    _ = _here[0].quantities


def _perform(task: Task, asked: Any, encode: Encoder) -> bytes:
    try:
        return encode(task(_here[0], asked))
    except OsteoaxisError:
        raise
    except Exception as raised:
        raise Fault.of(raised) from None
