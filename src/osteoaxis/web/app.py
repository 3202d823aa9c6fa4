"""One ASGI application: the explorer at `/`, the API at `/api`."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, FastAPI, Query, Request, Response
from fastapi.staticfiles import StaticFiles
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Match, Mount
from starlette.types import Scope

from osteoaxis import DISCLAIMER
from osteoaxis.web import answers, checks, crowd, docs, equations, problems, runs, studies
from osteoaxis.web.asked import Check, Comparison, Forecast, Name, People, Simulation
from osteoaxis.web.bodies import JsonRoute
from osteoaxis.web.catalogue import Catalogue
from osteoaxis.web.encode import ARROW, JSON, to_arrow, to_json
from osteoaxis.web.guard import Buckets, Guard
from osteoaxis.web.workers import Task, Workers

STATIC = Path(__file__).parent / "static"
ERRORS = problems.documented(400, 404, 408, 413, 415, 422, 429, 500, 503)
MOST_KEPT = 512
MOST_DRUGS = 10
GZIP_LEVEL = 4


@dataclass(frozen=True)
class Settings:
    """What one server allows.

    `rate` requests a second of each client (0: no limit), up to `burst` at once; `seconds` of
    computing for a request; `workers` processes (0: one for each core).
    """

    rate: float = 50.0
    burst: float = 200.0
    seconds: float = 30.0
    workers: int = 0


def create_app(known: Catalogue, settings: Settings = Settings()) -> Guard:
    """Return the application; its processes start with its lifespan."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        workers = Workers(seconds=settings.seconds, **_count(settings))
        app.state.workers, app.state.kept = workers, OrderedDict()
        try:
            await workers.run(runs.nothing, None, to_json)
            yield
        finally:
            await asyncio.to_thread(workers.close)

    app = FastAPI(
        title="osteoaxis",
        summary="What aromatase inhibitors do to bone, computed mechanism by mechanism.",
        description=DISCLAIMER,
        version=version("osteoaxis"),
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=life,
    )
    problems.install(app)
    app.include_router(_information(known))
    app.include_router(_computation())
    app.include_router(docs.router(app))
    app.router.routes.append(_Files("/", StaticFiles(directory=STATIC, html=True)))
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=GZIP_LEVEL)
    return Guard(app, Buckets(settings.rate, settings.burst))


class _Files(Mount):
    """Files at every address that is not the API's, so that its errors stay its own."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        api = f"{scope['path']}/".startswith("/api/")
        return (Match.NONE, {}) if api else super().matches(scope)


def _count(settings: Settings) -> dict[str, int]:
    return {"count": settings.workers} if settings.workers else {}


def _json(answer: Any) -> Response:
    return Response(to_json(answer), media_type=JSON)


def _information(known: Catalogue) -> APIRouter:
    """What is known without computing."""
    api = APIRouter(prefix="/api", responses=problems.documented(400, 404, 422, 429, 500, 503))

    @api.get("/health", tags=["server"])
    async def health() -> Response:
        """Whether the server is there."""
        return _json({"status": "ok"})

    @api.get("/version", tags=["server"])
    async def version_() -> Response:
        """The version of osteoaxis, and the digest of the model."""
        return _json(
            {"version": version("osteoaxis"), "model": known.ready.digest[:12], "note": DISCLAIMER}
        )

    @api.get("/catalogue", tags=["catalogue"])
    async def catalogue() -> Response:
        """Patients, drugs, scenarios, quantities, the map of the pathway, and limits."""
        return _json(known.table)

    @api.get("/quantities/{name}", tags=["catalogue"])
    async def quantity(name: str, request: Request) -> Response:
        """A quantity: its equation, its parameters and their sources."""
        equations.check(known, name)
        return await _kept(request, equations.described, name)

    @api.get("/evidence", tags=["evidence"])
    async def evidence(
        drug: Annotated[list[Name] | None, Query(max_length=MOST_DRUGS)] = None,
        sex: Annotated[Literal["female", "male"] | None, Query(description="Comes first.")] = None,
        endpoint: Annotated[str | None, Query(max_length=100)] = None,
    ) -> Response:
        """The published studies of drugs given together, the nearest first, and of an endpoint."""
        asked = (known.ready, drug or (), sex, endpoint)
        return _json(await asyncio.to_thread(studies.listed, *asked))

    @api.get("/evidence/{study:path}", tags=["evidence"])
    async def study(study: str, request: Request) -> Response:
        """Every result of a study beside what the model predicts, with its 90 % interval."""
        found = await asyncio.to_thread(studies.find, study)
        return await _kept(request, studies.predicted, found.id)

    return api


def _computation() -> APIRouter:
    """What is computed for a person."""
    api = APIRouter(prefix="/api", tags=["simulation"], responses=ERRORS, route_class=JsonRoute)

    @api.post("/simulate", response_model=answers.Simulated, responses={200: _ARROW})
    async def simulate(asked: Simulation, request: Request) -> Response:
        """One patient on one regimen."""
        return await _computed(request, runs.simulate, asked)

    @api.post("/compare", response_model=answers.Compared, responses={200: _ARROW})
    async def compare(asked: Comparison, request: Request) -> Response:
        """One patient on one to four regimens, solved together."""
        return await _computed(request, runs.compare, asked)

    @api.post("/people", response_model=answers.Alike)
    async def people(asked: People, request: Request) -> Response:
        """How many people like one patient are osteoporotic by year, and how they differ."""
        body = await request.app.state.workers.run(crowd.people, asked, to_json)
        return Response(body, media_type=JSON)

    @api.post("/forecast")
    async def forecast(asked: Forecast, request: Request) -> Response:
        """One person from their own dated scans, samples and drugs; takes several seconds."""
        workers = request.app.state.workers
        body = await _while_there(request, workers.run(runs.forecast, asked, to_json))
        return Response(body, media_type=JSON)

    @api.post("/guidelines")
    async def guidelines(asked: Simulation, request: Request) -> Response:
        """Which guidelines, labels and cautions a person meets on a regimen, and when."""
        body = await request.app.state.workers.run(runs.guidelines, asked, to_json)
        return Response(body, media_type=JSON)

    @api.post("/check", tags=["tests"])
    async def check(asked: Check) -> Response:
        """A bone scan on other machines, a level in other units, and whether a change is real."""
        return _json(checks.check(asked))

    return api


_ARROW: dict[str, Any] = {
    "description": "JSON, or an Arrow stream of one table if the header Accept asks for it.",
    "content": {ARROW: {"schema": {"type": "string", "format": "binary"}}},
}


async def _computed(request: Request, task: Task, asked: Any) -> Response:
    arrow = ARROW in request.headers.get("accept", "")
    encode: Callable[[Any], bytes] = to_arrow if arrow else to_json
    body = await request.app.state.workers.run(task, asked, encode)
    return Response(body, media_type=ARROW if arrow else JSON, headers={"Vary": "Accept"})


async def _while_there(request: Request, work: Coroutine[Any, Any, bytes]) -> bytes:
    """Return what long work gives; it is ended where the client goes away, then nothing is."""
    working = asyncio.create_task(work)
    gone = asyncio.ensure_future(request.receive())  # the body is read: next is the disconnect
    try:
        await asyncio.wait((working, gone), return_when=asyncio.FIRST_COMPLETED)
        return await working if working.done() else b""
    finally:
        working.cancel()
        gone.cancel()


async def _kept(request: Request, task: Task, asked: str) -> Response:
    """Return what `task` makes of a name, from memory if it was asked for before."""
    kept: OrderedDict[tuple[str, str], bytes] = request.app.state.kept
    key = task.__qualname__, asked
    if key not in kept:
        kept[key] = await request.app.state.workers.run(task, asked, to_json)
        if len(kept) > MOST_KEPT:
            kept.popitem(last=False)
    return Response(kept[key], media_type=JSON)
