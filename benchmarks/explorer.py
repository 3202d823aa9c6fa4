"""How soon the explorer shows something, and how soon new curves follow a slider.

    python benchmarks/explorer.py                # starts a server of its own and Chromium
    python benchmarks/explorer.py --moves 10

Of the first paints only the first has nothing in the cache. Curves are new when the line of the
chart of the spine differs from the one before the slider moved and has been painted. Beside it
stands what the server alone takes for the same question, asked over loopback in the same run: the
rest is the browser's and the page's.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import time
from urllib.parse import urlencode

import httpx
from load import busy, busy_since, started, tell
from playwright.sync_api import Page, sync_playwright

STRATEGIES = [
    "none",
    "anastrozole 1 mg po qd [y0-y5]",
    "anastrozole 1 mg po qd [y0-y5] + zoledronate 4 mg iv q6mo [y0-y3]",
    "anastrozole 1 mg po qd [y0-y5] + denosumab 60 mg sc q6mo [y0-y5]",
]
# Resolves with the milliseconds from the slider's event to the frame with another line.
MOVE = """([label, value]) => new Promise((found, fail) => {
  const slider = document.querySelector(`input[type=range][aria-label="${label}"]`);
  const line = () => [...document.querySelectorAll("#chart-lumbar_spine_bmd path.line")]
    .map((one) => one.getAttribute("d")).join();
  const before = line();
  if (!before) return fail(new Error("no chart of the spine"));
  const watch = new MutationObserver(() => {
    if (document.body.dataset.ready === "asking" || line() === before) return;
    watch.disconnect();
    requestAnimationFrame(() => setTimeout(() => found(performance.now() - began)));
  });
  watch.observe(document.body, { subtree: true, childList: true, attributes: true });
  setTimeout(() => fail(new Error(`no new curves after ${label} ${value}`)), 20_000);
  const began = performance.now();
  slider.value = value;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
})"""
PAINT = """() => performance.getEntriesByName("first-contentful-paint")[0].startTime"""


def asked(url: str, strategies: int, moves: int, random_: random.Random) -> list[float]:
    """Seconds of the server for people it has not met, asked one after another."""
    taken = []
    with httpx.Client(base_url=url, timeout=60.0) as client:
        for _ in range(moves):
            body = {
                "patient": {"age": round(random_.uniform(58.0, 80.0), 2), "menopause_age": 50.0},
                "strategies": {str(k): text for k, text in enumerate(STRATEGIES[:strategies])},
                "years": 5,
            }
            began = time.perf_counter()
            client.post("/api/compare", json=body).raise_for_status()
            taken.append(time.perf_counter() - began)
    return taken


def fragment(strategies: int) -> str:
    plans = [("plan", f"{k}~plan {k}~{text}") for k, text in enumerate(STRATEGIES[:strategies])]
    return urlencode([("who", "healthy-postmenopausal"), ("years", "5"), *plans])


def moved(page: Page, moves: int, rest: float, random_: random.Random) -> list[float]:
    """Seconds from a slider's event to painted new curves, each time of a person not met before."""
    taken = []
    for k, age in enumerate(random_.sample(range(58, 85), moves)):
        menopause = 44 + 5 * k % 12
        page.evaluate(MOVE, ["Age, slider", age])
        page.wait_for_timeout(1000 * rest)
        taken.append(page.evaluate(MOVE, ["Age at menopause, slider", menopause]) / 1000)
        page.wait_for_timeout(1000 * rest)
    return taken


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--moves", type=int, default=25, help="of the slider, at most 27")
    options.add_argument("--rest", type=float, default=2.5, help="seconds between moves")
    given = options.parse_args()
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    random_ = random.Random(0)
    with started(0) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        machine = busy()
        for strategies in (1, 2, 4):
            page.goto("about:blank")
            page.goto(f"{url}/#{fragment(strategies)}")
            page.wait_for_function("() => document.body.dataset.ready === 'banded'")
            # a chart out of sight is not drawn
            page.locator("#chart-lumbar_spine_bmd").scroll_into_view_if_needed()
            page.wait_for_selector("#chart-lumbar_spine_bmd path.line", state="attached")
            tell(f"strategies: {strategies}; first paint", [page.evaluate(PAINT) / 1000])
            moved(page, 3, given.rest, random_)
            tell("  slider to new curves", moved(page, given.moves, given.rest, random_))
            tell("  the server alone", asked(url, strategies, given.moves, random_))
        print(f"processors of this machine in use meanwhile: {busy_since(machine):.0f} %")
        browser.close()


if __name__ == "__main__":
    main()
