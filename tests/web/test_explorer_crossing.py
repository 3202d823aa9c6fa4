"""How many people like one cross a line: asked for when seen and at rest, told in words."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from explorer_browser import Explorer, violations

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

LOW = "&".join(f"who.t_scores.{site}=-1.9" for site in ("lumbar_spine", "total_hip"))
PLANS = "plan=0~no treatment~none&plan=1~letrozole~letrozole 2.5 mg po qd [m0-m60]"


def seen(page: playwright.Page) -> playwright.Locator:
    """Bring the panel into view and wait until it shows what belongs to the state."""
    page.locator("#crossing-panel").scroll_into_view_if_needed()
    settle(page)
    return page.locator("#crossing-key")


def settle(page: playwright.Page) -> None:
    page.wait_for_timeout(50)
    playwright.expect(page.locator("#crossing-panel[aria-busy]")).to_have_count(0)


def test_people_are_counted_when_the_panel_is_seen(explorer: Explorer) -> None:
    asked = []
    explorer.page.on("request", lambda one: asked.append(one) if "/people" in one.url else None)
    page = explorer.open(f"{LOW}&years=7&month=60&{PLANS}")
    page.wait_for_timeout(1500)
    assert asked == []
    page.get_by_role("button", name="see how many would cross a line").click()
    playwright.expect(page.locator("#chart-crossing")).to_be_in_viewport()
    told = seen(page).inner_text()
    found = re.search(r"after 5 years: (\d+) \(letrozole\), (\d+) \(no treatment\)", told)
    assert found
    assert int(found[2]) < 10 < int(found[1]) < 70
    assert re.search(r"in 90 of 100 \(letrozole\) the spine changes by −\d+ to −\d %", told)
    small = page.locator("#crossing-panel .small").all_inner_texts()
    started = r"spine −1\.9, hip −1\.9, hip neck −\d\.\d \(not given: typical\)\. They share"
    assert any(re.search(started, text) for text in small)
    assert any("200 such people" in text for text in small)
    chart = page.locator("#chart-crossing")
    assert chart.locator("path.line").count() == 2
    assert chart.locator("path.interval").count() == 0
    said = chart.locator("svg").get_attribute("aria-label")
    assert "letrozole: 0 at the start, " in said
    assert page.locator("#chart-people-spine").is_hidden()

    # The time cursor moves what is told; nothing is asked for it, a colour or a name of a tab.
    before = len(asked)
    slider = page.get_by_label("Time since the start, months")
    slider.focus()
    slider.press("Home")
    playwright.expect(page.locator("#crossing-key")).to_contain_text(
        "at the start: 0 (letrozole), 0 (no treatment)."
    )
    page.locator(".top .switch").click()
    page.locator("#chart-people-spine").scroll_into_view_if_needed()
    playwright.expect(page.locator("#chart-people-spine path.interval")).to_have_count(2)
    assert len(asked) == before == 1

    chart.locator("summary").click()
    chart.get_by_role("button", name="Show table").click()
    assert "with 90 % range" not in chart.locator("caption").inner_text()
    chart.locator("summary").click()
    with page.expect_download() as download:
        chart.get_by_role("button", name="Save CSV").click()
    _, head, *rows = csv.reader(Path(download.value.path()).read_text("utf-8").splitlines())
    assert head[2] == "letrozole: T-score −2.5 or below (of 100 people)"
    assert [rows[0], rows[-1][0]] == [["0", "0", "0"], "84"]
    assert violations(page) == []


def test_a_change_marks_the_count_as_one_of_before_until_it_is_asked_again(
    explorer: Explorer,
) -> None:
    page = explorer.open(f"{LOW}&years=3&month=36&{PLANS}")
    before = seen(page).inner_text()
    age = page.get_by_label("Spine T-score", exact=True)
    age.fill("-2.5")
    age.press("Enter")
    playwright.expect(page.locator("#crossing-panel.old")).to_have_count(1)
    assert page.locator("#crossing-wait").is_visible()
    assert page.locator("#crossing-key").inner_text() == before
    playwright.expect(page.locator("#crossing-panel.old")).to_have_count(0)
    page.get_by_label("Time since the start, months").press("Home")
    playwright.expect(page.locator("#crossing-key")).to_contain_text("at the start: 100")


def test_what_is_refused_is_said_and_what_comes_next_is_asked(explorer: Explorer) -> None:
    daily = "plan=1~daily~teriparatide 20 ug sc qd"
    page = explorer.open(f"years=20&month=36&{daily}")
    seen(page)
    error = page.locator("#crossing-error")
    playwright.expect(error).to_contain_text("too many doses")
    page.get_by_label("Years", exact=True).fill("1")
    page.get_by_label("Years", exact=True).press("Enter")
    playwright.expect(page.locator("#crossing-key")).to_contain_text("(daily)")
    assert error.is_hidden()


def test_names_from_an_address_do_no_harm(explorer: Explorer) -> None:
    page = explorer.open("years=1&plan=0~__proto__~none&plan=1~constructor~none&plan=2~<b>~none")
    told = seen(page)
    playwright.expect(told).to_contain_text("0 (<b>)")
    assert "0 (__proto__), 0 (constructor)" in told.inner_text()
    assert told.locator("b").count() == 0
