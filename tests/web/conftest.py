"""What the tests of the web share: one server on a free port of this machine, in this process."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import httpx
import pytest
import uvicorn
from explorer_browser import browser, explorer  # noqa: F401

from osteoaxis.simulation import Simulator
from osteoaxis.web.app import Settings, create_app
from osteoaxis.web.catalogue import Catalogue
from osteoaxis.web.server import configured


@pytest.fixture(scope="session")
def aside() -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """Runs a coroutine in a loop of another thread; the browser's tests keep one in this."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield lambda asked: asyncio.run_coroutine_threadsafe(asked, loop).result(300.0)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture(scope="session")
def known(ready: Simulator) -> Catalogue:
    """The catalogue of the simulator."""
    return Catalogue(ready)


@pytest.fixture(scope="session")
def address(known: Catalogue) -> Iterator[str]:
    """The URL of a server without a limit of requests."""
    app = create_app(known, Settings(rate=0.0, workers=2))
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(configured(app))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.05)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listening.close()


@pytest.fixture(scope="session")
def client(address: str) -> Iterator[httpx.Client]:
    """A client of that server."""
    with httpx.Client(base_url=address, timeout=60.0) as client:
        yield client
