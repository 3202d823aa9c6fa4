"""The server on this machine: from an address to a running application."""

from __future__ import annotations

import ipaddress
import logging
import os
import socket

import typer
import uvicorn

from osteoaxis.errors import InputError
from osteoaxis.present.progress import Steps
from osteoaxis.simulation import simulator
from osteoaxis.web.app import Settings, create_app
from osteoaxis.web.catalogue import Catalogue
from osteoaxis.web.guard import Guard

BACKLOG = 2048
SECONDS_TO_FINISH = 5
"""How long requests under way may take after Ctrl-C."""


def serve(host: str, port: int, *, workers: int, rate: float) -> None:
    """Serve until Ctrl-C; raises `InputError` if nothing can listen at this address."""
    listening = _listen(host, port)
    with listening:
        if not _loopback(host):
            typer.echo(
                f"osteoaxis: {host} can be reached by other machines, without password and "
                "encryption. Put a reverse proxy with TLS before it.",
                err=True,
            )
        with Steps() as steps:
            known = Catalogue(simulator(progress=steps.update))
            steps.update("Reading the catalogue", 0.9)
            app = create_app(known, Settings(rate=rate, workers=workers))
            _ = known.table
        logging.basicConfig(format="%(asctime)s %(message)s", level=logging.WARNING)
        logging.getLogger("osteoaxis.web").setLevel(logging.INFO)
        _Server(configured(app), listening).run(sockets=[listening])


def configured(app: Guard) -> uvicorn.Config:
    """Return how the application is served: without a log of addresses."""
    return uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=SECONDS_TO_FINISH,
        lifespan="on",
    )


class _Server(uvicorn.Server):
    """Says where it listens once it answers."""

    def __init__(self, config: uvicorn.Config, listening: socket.socket) -> None:
        super().__init__(config)
        name, port = listening.getsockname()[:2]
        self._url = f"http://{f'[{name}]' if ':' in name else name}:{port}"

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            typer.echo(f"Explorer: {self._url}   API: {self._url}/api/docs   (Ctrl-C ends it)")


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as problem:
        raise InputError(f"--host: '{host}' is no address of this machine.") from problem
    listening = socket.socket(family, kind, protocol)
    if os.name == "posix":  # elsewhere it lets two programs listen at once
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as problem:
        listening.close()
        raise InputError(
            f"--host {host} --port {port}: cannot listen there ({problem.strerror}). "
            "Give another --port; 0 takes a free one."
        ) from problem
    return listening


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
