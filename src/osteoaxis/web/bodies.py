"""Bodies of requests: JSON that is JSON, and not too deep."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from osteoaxis.web.asked import MOST_DEPTH


class JsonRoute(APIRoute):
    """A route that refuses what is not JSON before its body is looked at."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler with the check before it."""
        handle = super().get_route_handler()

        async def checked(request: Request) -> Response:
            kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind != "application/json":
                raise HTTPException(
                    415, "Send JSON, with the header 'Content-Type: application/json'."
                )
            if fault := _fault(await request.body()):
                raise HTTPException(400, fault)
            return await handle(request)

        return checked


def _fault(body: bytes) -> str:
    """Return why a body is not taken as JSON; empty if it is. NaN and infinity are not JSON."""
    try:
        layer = [orjson.loads(body)]
    except orjson.JSONDecodeError:
        return "The body is not JSON (NaN and infinity are not, either)."
    for _ in range(MOST_DEPTH):
        layer = [
            inner
            for outer in layer
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not layer:
            return ""
    return f"The JSON is nested deeper than {MOST_DEPTH} levels."
