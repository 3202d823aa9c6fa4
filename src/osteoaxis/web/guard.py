"""What stands between the network and the application: limits, headers of security, the log."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from osteoaxis.web.asked import MOST_BYTES
from osteoaxis.web.faults import Fault
from osteoaxis.web.problems import MISTAKE, problem

MOST_CLIENTS = 10_000
SECONDS_TO_SEND = 20.0
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
log = logging.getLogger("osteoaxis.web")


@dataclass
class Buckets:
    """How much each client may still ask: `rate` requests a second, up to `burst` at once.

    A rate of 0 is no limit. Clients are forgotten, the one unheard of longest first.
    """

    rate: float
    burst: float
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def take(self, client: str, now: float) -> float:
        """Take one request of `client` at `now` (s); return the seconds to wait, 0 if it may."""
        if not self.rate:
            return 0.0
        left, before = self._left.pop(client, (self.burst, now))
        left = min(self.burst, left + (now - before) * self.rate)
        allowed = left >= 1.0
        self._left[client] = (left - 1.0 if allowed else left, now)
        if len(self._left) > MOST_CLIENTS:
            self._left.popitem(last=False)
        return 0.0 if allowed else (1.0 - left) / self.rate


@dataclass
class Guard:
    """An ASGI application around `app`; what it logs holds no address, no query and no body."""

    app: ASGIApp
    buckets: Buckets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0
        api = scope["path"].startswith("/api/")

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY.items():
                    headers[name] = value
                kept = "no-store" if api and scope["method"] != "GET" else "no-cache"
                headers.setdefault("Cache-Control", kept)
            await send(message)

        try:
            await self._guarded(scope, receive, sent, limited=api)
        except Exception as raised:
            log.error("%s", Fault.of(raised))
            if not status:
                await problem(500, MISTAKE)(scope, receive, sent)
        route = getattr(scope.get("route"), "path", "") or "-"
        took = 1000.0 * (time.perf_counter() - began)
        log.info("%s %s %d %.0f ms", _method(scope), route, status, took)

    async def _guarded(self, scope: Scope, receive: Receive, send: Send, *, limited: bool) -> None:
        wait = 0.0
        if limited:
            client = (scope.get("client") or ("",))[0]
            wait = self.buckets.take(client, time.monotonic())
        if wait:
            later = {"Retry-After": str(int(wait) + 1)}
            refused = problem(429, "Too many requests; try again in a moment.", later)
            await refused(scope, receive, send)
            return
        try:
            async with asyncio.timeout(SECONDS_TO_SEND):
                body = await _body(scope, receive)
        except TimeoutError:
            body = 408, f"The request took longer than {SECONDS_TO_SEND:g} s to arrive."
        if isinstance(body, bytes):
            await self.app(scope, _once(body, receive), send)
        else:
            status, detail = body
            await problem(status, detail)(scope, receive, send)


def _method(scope: Scope) -> str:
    """Return the method for the log; one that nobody knows is a text of the client's."""
    method = str(scope["method"])
    return method if method in ("GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE") else "-"


async def _body(scope: Scope, receive: Receive) -> bytes | tuple[int, str]:
    """Return the body of a request, or status and reason of why it is not taken."""
    too_large = 413, f"The body is larger than {MOST_BYTES:,} bytes."
    length = Headers(scope=scope).get("content-length", "0")
    if not length.isdecimal():
        return 400, "Content-Length is not a number."
    if int(length) > MOST_BYTES:
        return too_large
    found = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return 400, "The request ended early."
        found += message.get("body", b"")
        if len(found) > MOST_BYTES:
            return too_large
        if not message.get("more_body", False):
            break
    return bytes(found)


def _once(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives `body`, then what comes after it."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
