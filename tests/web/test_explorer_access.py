"""The explorer is for everybody: axe, narrow and wide, light and dark, on paper."""

from __future__ import annotations

import io

import pypdf
import pytest
from explorer_browser import Explorer, seen, violations

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


def check(explorer: Explorer) -> None:
    page = explorer.page
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert violations(page) == []


@pytest.mark.parametrize(
    "explorer", [seen(360, "light"), seen(820, "dark"), seen(1440, "light")], indirect=True
)
def test_nothing_serious_for_axe_and_nothing_too_wide(explorer: Explorer) -> None:
    page = explorer.open("question=stop-denosumab&expert=1")
    explorer.settle("banded")
    page.locator("#evidence").scroll_into_view_if_needed()
    playwright.expect(page.locator(".forest").first).to_be_visible()
    check(explorer)


@pytest.mark.parametrize("explorer", [seen(360, "dark"), seen(1440, "dark")], indirect=True)
def test_nothing_serious_with_all_open_and_a_forecast(explorer: Explorer) -> None:
    page = explorer.open("question=bone-protection&expert=1")
    page.evaluate("() => document.querySelectorAll('details').forEach(one => one.open = true)")
    page.get_by_role("button", name="Load an invented example").click()
    page.get_by_role("button", name="Update the forecast with my results").click()
    ready = page.get_by_text("The forecast is ready.")
    playwright.expect(ready).to_be_visible(timeout=120_000)
    for place, drawn in (
        ("#chart-own-ctx", "#chart-own-ctx path.line"),
        ("#crossing-figures", "#chart-crossing path.line"),
        ("#guidelines", "#guidelines .rules"),
        ("#evidence", ".forest"),
    ):
        page.locator(place).scroll_into_view_if_needed()
        playwright.expect(page.locator(drawn).first).to_be_attached()
    check(explorer)


def test_a_button_prints(explorer: Explorer) -> None:
    page = explorer.open()
    page.evaluate("() => { window.print = () => { document.body.dataset.printed = 1; }; }")
    page.get_by_role("button", name="Print").click()
    assert page.evaluate("document.body.dataset.printed") == "1"


def test_on_paper_there_is_who_and_what_and_nothing_for_the_hand(explorer: Explorer) -> None:
    page = explorer.open(
        "who.history.smoking=true&took=2023-05-31~2026-05-31~letrozole 2.5 mg po qd"
        "&plan=0~none~none&plan=1~ana~anastrozole 1 mg po qd [m0-m60]"
    )
    sheet = page.locator("#sheet")
    assert sheet.is_hidden()
    page.set_viewport_size({"width": 703, "height": 1000})  # A4 within its margins
    page.emulate_media(media="print")
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    told = sheet.inner_text().replace("\n\n", "\n")
    assert told.startswith("Woman, aged 62, menopause at 50, BMI 27\nT-scores: spine −0.9")
    assert "Known: breast cancer, smokes" in told
    assert "Taken so far: letrozole 2.5 mg po qd from 2023-05-31 until 2026-05-31" in told
    assert (
        "none: no medicine\nana: anastrozole 1 mg by mouth every day for 5 years\nPrinted" in told
    )
    for hidden in (".controls", ".hero", ".time", "#check", "#guidelines", ".swipe", "#print"):
        assert page.locator(hidden).first.is_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 703
    width = "(query) => document.querySelector(query).getBoundingClientRect().width"
    assert page.evaluate(width, ".map") <= 703
    assert 200 < page.evaluate(width, "#chart-lumbar_spine_bmd .chart") < 352
    assert page.locator("#notes-panel").get_attribute("open") is not None
    page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    assert page.locator("#notes-panel").get_attribute("open") is None


def test_what_cannot_be_simulated_is_not_printed_with_older_results(explorer: Explorer) -> None:
    """The new regimen stood above the curves of the last that could be simulated."""
    page = explorer.open("plan=0~a~letrozole 2.5 mg po qd")
    page.locator("#regimen").fill("letrozol 2.5 mg po qd")
    playwright.expect(page.locator("body.stale")).to_be_attached()
    page.emulate_media(media="print")
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    assert "No result: this cannot be simulated" in page.locator("#sheet").inner_text()
    assert page.locator("#results").is_hidden()


def test_every_printed_page_says_what_it_is_not(explorer: Explorer) -> None:
    pages = pypdf.PdfReader(io.BytesIO(explorer.open().pdf(prefer_css_page_size=True))).pages
    assert len(pages) > 1
    for number, page in enumerate(pages, 1):
        text = page.extract_text()
        assert "For research and education; not a medical device." in text
        assert f"{number} / {len(pages)}" in text


@pytest.mark.parametrize("explorer", [seen(360, "light"), seen(1280, "light")], indirect=True)
def test_pictures_fit_and_what_does_not_is_in_shadow(explorer: Explorer) -> None:
    page = explorer.open()
    page.locator("#evidence").scroll_into_view_if_needed()
    playwright.expect(page.locator(".forest").first).to_be_visible()
    wide = page.locator(".forest").evaluate_all(
        "all => all.filter((one) => one.clientWidth > one.parentElement.clientWidth).length"
    )
    assert wide == 0
    assert "…" not in "".join(page.locator(".forest text").all_text_contents())
    shade = "one => getComputedStyle(one).backgroundAttachment"
    assert page.locator(".scroll").first.evaluate(shade) == "local, local, scroll, scroll"
    clipped = page.locator("#map").evaluate("one => one.scrollWidth > one.clientWidth")
    assert clipped == (page.viewport_size["width"] == 360)
