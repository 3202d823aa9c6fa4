"""Errors as RFC 9457 says: `application/problem+json`, for every status."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from osteoaxis.errors import InputError, OsteoaxisError
from osteoaxis.web.workers import Stopped, TooBusy, TooLong

MEDIA = "application/problem+json"
RETRY_SECONDS = 2
MISTAKE = "The server made a mistake; it is not what you sent."


class Problem(BaseModel):
    """What went wrong."""

    type: str = Field("about:blank")
    title: str = Field(examples=["Unprocessable Content"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["unknown drug 'letrozol'. Did you mean 'letrozole'?"])


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return the answer of an error."""
    title = HTTPStatus(status).phrase
    content = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return Response(orjson.dumps(content), status, headers, MEDIA)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the errors of these statuses for the description of an endpoint."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA: {"schema": schema}},
        }
        for status in statuses
    }


def install(app: FastAPI) -> None:
    """Make `app` answer with problems whatever is raised."""

    @app.exception_handler(HTTPException)
    async def http(_: Request, raised: HTTPException) -> Response:
        return problem(
            raised.status_code, _SAID.get(raised.status_code, raised.detail), raised.headers
        )

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, raised: RequestValidationError) -> Response:
        return problem(422, "; ".join(map(_told, raised.errors())))

    @app.exception_handler(OsteoaxisError)
    async def refused(_: Request, raised: OsteoaxisError) -> Response:
        return problem(422, str(raised))

    @app.exception_handler(Unknown)
    async def unknown(_: Request, raised: Unknown) -> Response:
        return problem(404, str(raised))

    @app.exception_handler(Exception)
    async def fault(_: Request, __: Exception) -> Response:
        return problem(500, MISTAKE)

    @app.exception_handler(TooBusy)
    async def busy(_: Request, __: TooBusy) -> Response:
        later = {"Retry-After": str(RETRY_SECONDS)}
        return problem(503, "The server is busy; try again in a moment.", later)

    @app.exception_handler(TooLong)
    async def too_long(_: Request, __: TooLong) -> Response:
        return problem(
            503, "This took too long and was ended. Ask for fewer years, doses or intervals."
        )

    @app.exception_handler(Stopped)
    async def stopped(_: Request, __: Stopped) -> Response:
        return problem(503, "The computation ended unexpectedly; try again.")


class Unknown(InputError):
    """There is nothing of this name."""


_BRANCHES = ("constrained-str", "dict[str,any]")
"""Parts of a place that only say which of several types was tried."""
_SAID = {
    404: "There is nothing here. /api/docs lists what there is.",
    405: "This method is not allowed here. /api/docs lists what is.",
}


def _told(error: Mapping[str, Any]) -> str:
    """Return where and what an error of validation is, without what was given."""
    where = ".".join(str(part) for part in error["loc"][1:] if part not in _BRANCHES)
    return f"{where}: {error['msg']}" if where else str(error["msg"])
