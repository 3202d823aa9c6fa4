"""The command `serve`: the explorer and the API on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from osteoaxis.cli.app import app


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")] = 8000,
) -> None:
    """Serve the explorer for the browser, and the API it uses."""
    import uvicorn

    from osteoaxis.present.progress import Steps
    from osteoaxis.simulation import simulator
    from osteoaxis.web.app import create_app

    with Steps() as steps:
        ready = simulator(progress=steps.update)
    uvicorn.run(create_app(ready), host=host, port=port)
