"""A real browser for the tests of the explorer, and what a person does in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
NAMES = ("chromium", "chromium-browser", "google-chrome")
WAIT = 30_000  # ms


def executable() -> str:
    """Return the browser on this machine; `CHROMIUM` names another. Skips the tests without one."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Chromium on this machine (apt-get install chromium)")
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless browser with a fresh profile."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    playwright.expect.set_options(timeout=WAIT)
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=executable(), args=list(ARGUMENTS))
        yield browser
        browser.close()


def seen(width: int, scheme: str) -> dict[str, Any]:
    """Return how a page of so many pixels is seen, `scheme` light or dark; for `explorer`."""
    return {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}


def violations(page: Page) -> list[str]:
    """Return the serious findings of axe."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe")
    return [
        f"{one['id']}: {[node['target'] for node in one['nodes']][:4]}"
        for one in axe.Axe().run(page).response["violations"]
        if one["impact"] in ("serious", "critical")
    ]


@pytest.fixture
def explorer(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Explorer]:
    """A page of 1,280 pixels, or as `seen`; after the test nothing may have gone wrong in it."""
    context = browser.new_context(**getattr(request, "param", seen(1280, "light")))
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    explorer = Explorer(context, address)
    yield explorer
    context.close()
    assert explorer.faults == []


class Explorer:
    """The page in one tab; it fails on errors of scripts and on requests to elsewhere."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.address = address
        self.page = context.new_page()
        self.page.set_default_timeout(WAIT)
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._heard)
        self.page.on("request", self._asked)

    def _heard(self, message: ConsoleMessage) -> None:
        # Chromium reports every refused request; a regimen with a fault is one.
        if message.type in ("error", "warning") and "422" not in message.text:
            self.faults.append(message.text)

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).scheme not in ("blob", "data") and not request.url.startswith(
            self.address
        ):
            self.faults.append(f"asked {request.url}")

    def open(self, fragment: str = "") -> Page:
        """Load the page and wait for curves."""
        self.page.goto(f"{self.address}/#{fragment}" if fragment else self.address)
        self.settle()
        return self.page

    def settle(self, state: str = "curves") -> None:
        """Wait until what was changed last is drawn; `banded` waits for the intervals."""
        wanted = ["banded"] if state == "banded" else ["curves", "banded"]
        self.page.wait_for_function(
            "wanted => wanted.includes(document.body.dataset.ready)", arg=wanted
        )

    def key(self) -> str:
        """Return the key result."""
        return self.page.locator("#key").inner_text()

    def aside(self, name: str) -> str:
        """Return one part of the state in the address."""
        self.page.locator("#copy").click()
        return self.page.evaluate(
            "name => new URLSearchParams(location.hash.slice(1)).getAll(name).join('|')", name
        )
