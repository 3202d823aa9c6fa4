"""The command `serve`: the explorer and the API on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from osteoaxis.cli.app import app


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 8000,
    workers: Annotated[
        int, typer.Option(min=0, max=64, help="Processes that compute; 0: one for each core.")
    ] = 0,
    rate: Annotated[
        float, typer.Option(min=0, help="Requests a second of each client; 0: no limit.")
    ] = 50.0,
) -> None:
    """Serve the explorer for the browser, and its API (docs/api.md). Ctrl-C ends it.

    Nothing that is sent is stored, and the log holds no personal data.
    """
    from osteoaxis.web import server

    server.serve(host, port, workers=workers, rate=rate)
