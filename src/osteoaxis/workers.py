"""Chunks of work, one after another in this process or side by side on Dask.

What is computed from a chunk may depend on nothing else, so that the results are the same either
way, whatever the order and however often a chunk is begun anew.
"""

from __future__ import annotations

import logging
import pickle
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from osteoaxis import engine
from osteoaxis.engine import Progress
from osteoaxis.errors import InputError, StoppedError, not_installed

if TYPE_CHECKING:
    import distributed

C = TypeVar("C")
R = TypeVar("R")

LOCAL = "local"
_LOG_OF_WORKERS = "distributed.nanny.pre-spawn-environ.DASK_LOGGING__DISTRIBUTED"
PATIENCE, FIRST_WORKER = 10.0, 60.0
"""Seconds to wait for the scheduler to answer, and for its first worker."""


class Each(Protocol):
    """Applies a function to chunks and yields each chunk with its result, as they are done.

    Function, chunks and results must be picklable.
    """

    def __call__(self, function: Callable[[C], R], chunks: Iterable[C]) -> Iterator[tuple[C, R]]:
        """See the class."""
        ...


def here(function: Callable[[C], R], chunks: Iterable[C]) -> Iterator[tuple[C, R]]:
    """Work in this process, in order; see `Each`."""
    for chunk in chunks:
        yield chunk, function(chunk)


@contextmanager
def workers(where: str | None = None, progress: Progress | None = None) -> Iterator[Each]:
    """Give an `Each`: in this process (None) or on Dask.

    `where` is the address of a scheduler, a number of processes to start on this machine, or
    "local" for one a core. Each task uses one core. Raises `InputError` if Dask is not installed
    or `where` is nothing of the kind, `StoppedError` while working if the scheduler is lost or a
    chunk kills its workers again and again.
    """
    if where is None:
        yield here
        return
    with _client(where, progress or (lambda _text, _share: None)) as client:
        yield partial(_on_dask, client)


@contextmanager
def _client(where: str, say: Progress) -> Iterator[distributed.Client]:
    processes = _processes(where)
    try:
        import dask.config
        import distributed
    except ImportError:
        raise not_installed("--dask", "Dask", "dask") from None
    with _quiet():
        if processes is None:
            say(f"Looking for the scheduler at {where}, for up to {PATIENCE:g} s", 0.0)
            try:
                client = distributed.Client(where, timeout=PATIENCE, set_as_default=False)
            except (OSError, ValueError) as problem:
                raise InputError(
                    f"--dask {where}: no scheduler answers within {PATIENCE:g} s ({problem})."
                ) from None
            with client:
                say(f"Waiting for the first worker, for up to {FIRST_WORKER:g} s", 0.0)
                _await_workers(client, where)
                yield client
            return
        with dask.config.set({_LOG_OF_WORKERS: "critical"}):
            cluster = distributed.LocalCluster(
                n_workers=processes, threads_per_worker=1, dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,
            )  # fmt: skip
        with cluster, distributed.Client(cluster, set_as_default=False) as client:
            yield client


def _processes(where: str) -> int | None:
    """Return how many processes to start; None for an address."""
    if where == LOCAL:
        return engine.cores()
    if where.isdecimal() and int(where) > 0:
        return int(where)
    if "://" in where:
        return None
    raise InputError(
        f"--dask {where}: must be the address of a scheduler as tcp://HOST:PORT, a number of "
        f"processes, or '{LOCAL}'."
    )


def _await_workers(client: distributed.Client, where: str) -> None:
    try:
        client.wait_for_workers(1, timeout=FIRST_WORKER)
    except TimeoutError:
        raise InputError(
            f"--dask {where}: the scheduler has no workers; start some with 'dask worker {where}'."
        ) from None


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the log of Dask to itself: what matters is raised."""
    names = [name for name in logging.root.manager.loggerDict if name.startswith("distributed")]
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def _on_dask(
    client: distributed.Client, function: Callable[[C], R], chunks: Iterable[C]
) -> Iterator[tuple[C, R]]:
    import distributed

    packed, listed = pickle.dumps(function), list(chunks)
    chunk_of: dict[Any, C] = {}  # of what is not done; done results need not stay with workers
    try:
        tasks = client.map(partial(_one, packed), listed, pure=False)
        chunk_of = dict(zip(tasks, listed, strict=True))
        del tasks
        for future in distributed.as_completed(list(chunk_of), loop=client.loop):
            yield chunk_of.pop(future), future.result()
    except Exception as problem:
        raise _understood(problem, connected=client.status == "running") from None
    finally:
        if client.status == "running":
            client.cancel(list(chunk_of))


def _understood(problem: Exception, *, connected: bool) -> Exception:
    """Return what a failure on Dask means for the user, or the failure if it is of another kind."""
    import distributed

    if isinstance(problem, CancelledError) or not connected:
        return StoppedError(
            "the Dask scheduler was lost; run the same command again. A population goes on with "
            "what is missing, all else begins anew."
        )
    if isinstance(problem, distributed.KilledWorker):
        return StoppedError(
            f"a chunk of work stopped {problem.allowed_failures + 1} workers one after another, "
            "as when memory runs out. Give the workers more of it and run the same command again."
        )
    if isinstance(problem, ModuleNotFoundError):
        return InputError(
            f"the workers have no module '{problem.name}'; install the same osteoaxis there."
        )
    return problem


@lru_cache(maxsize=4)
def _unpacked(packed: bytes) -> Callable[[Any], Any]:
    """Return the function, with the model in it: loaded once in each worker."""
    function: Callable[[Any], Any] = pickle.loads(packed)
    return function


def _one(packed: bytes, chunk: Any) -> Any:
    with engine.on_threads(1):
        return _unpacked(packed)(chunk)


class Pace:
    """Tells how far work is, how fast it goes and how long it will take."""

    def __init__(self, progress: Progress | None, what: str, total: int, done: int = 0) -> None:
        self._say = progress or (lambda _text, _share: None)
        self._what, self._total, self._done, self._first = what, total, done, done
        self._begun = time.monotonic()

    def add(self, count: int) -> None:
        """Count what has been done."""
        self._done += count
        rate = (self._done - self._first) / max(time.monotonic() - self._begun, 1e-9)
        text = f"{self._done:,} of {self._total:,} {self._what}"
        if rate:
            left = duration((self._total - self._done) / rate)
            text += f", {rate:,.0f} a second, {left} left"
        self._say(text, self._done / self._total)


def duration(seconds: float) -> str:
    """Write a duration as a person would say it."""
    for unit, size in (("h", 3600.0), ("min", 60.0)):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.0f} s"
