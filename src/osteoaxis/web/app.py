"""One ASGI application: the explorer at `/`, the API at `/api`."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from fastapi import APIRouter, FastAPI, Response
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool

from osteoaxis.present.terminal import DISCLAIMER
from osteoaxis.simulation import Simulator
from osteoaxis.web import runs
from osteoaxis.web.asked import Comparison, Simulation
from osteoaxis.web.catalogue import Catalogue

STATIC = Path(__file__).parent / "static"


def answered(content: Any) -> Response:
    """Return plain data and NumPy arrays as JSON; what is not finite becomes null."""
    body = orjson.dumps(content, np.ascontiguousarray, orjson.OPT_SERIALIZE_NUMPY)
    return Response(body, media_type="application/json")


def create_app(ready: Simulator) -> FastAPI:
    """Return the application that answers with this simulator."""
    known = Catalogue(ready)
    api = APIRouter(prefix="/api")

    @api.get("/health")
    async def health() -> Response:
        return answered({"status": "ok"})

    @api.get("/version")
    async def version_() -> Response:
        return answered(
            {"version": version("osteoaxis"), "model": ready.digest[:12], "note": DISCLAIMER}
        )

    @api.get("/catalogue")
    async def catalogue() -> Response:
        return answered(known.table)

    @api.post("/simulate")
    async def simulate(asked: Simulation) -> Response:
        return answered(await run_in_threadpool(runs.simulate, known, asked))

    @api.post("/compare")
    async def compare(asked: Comparison) -> Response:
        return answered(await run_in_threadpool(runs.compare, known, asked))

    app = FastAPI(title="osteoaxis", version=version("osteoaxis"), docs_url=None, redoc_url=None)
    app.include_router(api)
    app.mount("/", StaticFiles(directory=STATIC, html=True))
    return app
