"""Numbers typed into the explorer: commas, minus signs, and what is asked about them."""

from __future__ import annotations

import pytest
from explorer_browser import Explorer

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

OWN = "scan=2025-05-20~lumbar_spine~~t~hologic"
PARSE = """texts => import("/js/typed.js").then(({ parsed }) => texts.map((text) =>
    Number.isFinite(parsed(text)) ? parsed(text) : null))"""


def test_numbers_are_read_with_a_comma_and_any_minus(explorer: Explorer) -> None:
    page = explorer.open()
    texts = ["12,5", "12.5", "−2.3", "–2,3", "- 2.3", "+0.4", ".9", " 7 "]
    texts += ["1.234,5", "1,234.5", "12e3", "abc", "", "-", "2.3.1"]
    assert page.evaluate(PARSE, texts) == [
        12.5, 12.5, -2.3, -2.3, None, 0.4, 0.9, 7, *[None] * 7,
    ]  # fmt: skip


def test_every_number_typed_takes_a_comma(explorer: Explorer) -> None:
    page = explorer.open(OWN)
    field = page.get_by_label("Body mass index", exact=True)
    field.fill("24,5")
    field.press("Enter")
    explorer.settle()
    assert explorer.aside("who.body_mass_index") == "24.5"
    value = page.get_by_role("group", name="Scan 1").get_by_label("Value")
    value.fill("−1,3")
    assert value.input_value() == "−1,3"  # as typed, while it is typed
    assert explorer.aside("scan").split("~")[2] == "-1.3"
    page.locator("#check-scan > summary").press("Enter")
    tool = page.locator("#check-scan")
    tool.get_by_label("Density").fill("1,05")
    tool.get_by_label("Machine").select_option("Lunar")
    playwright.expect(tool.get_by_role("status")).to_contain_text("T-score −1.1")
    tool.get_by_label("Density").fill("1,05 g")
    playwright.expect(tool.get_by_label("Density")).to_have_attribute("aria-invalid", "true")
    numbers = page.locator("input[type=number]")
    assert [one.get_attribute("id") for one in numbers.all()] == ["years"]


def test_a_positive_t_score_is_asked_about(explorer: Explorer) -> None:
    page = explorer.open(OWN)
    field = page.get_by_label("Spine T-score", exact=True)
    assert field.get_attribute("inputmode") is None  # decimal keyboards of phones lack the minus
    for typed, meant in (("2.3", "2.3"), ("−2.3", "-2.3"), ("0", "0")):
        field.fill(typed)
        field.press("Enter")
        explorer.settle()
        assert explorer.aside("who.t_scores.lumbar_spine") == meant
        assert page.get_by_text("Did you mean −2.3?").is_visible() == (meant == "2.3")
    field.fill("2,3")
    field.press("Enter")
    page.get_by_role("button", name="I meant −2.3").press("Enter")
    explorer.settle()
    assert page.evaluate("document.activeElement.id") == field.get_attribute("id")
    assert explorer.aside("who.t_scores.lumbar_spine") == "-2.3"
    assert field.input_value() == "-2.3"

    scan = page.get_by_role("group", name="Scan 1")
    scan.get_by_label("Value").fill("1.4")
    scan.get_by_label("Unit").select_option("g/cm²")
    assert scan.get_by_role("button", name="I meant").count() == 0
    scan.get_by_label("Unit").select_option("T-score")
    scan.get_by_role("button", name="I meant −1.4").press("Enter")
    assert scan.get_by_label("Value").input_value() == "-1.4"
    assert scan.get_by_role("button", name="I meant").count() == 0
    assert explorer.aside("scan").split("~")[2] == "-1.4"


def test_two_t_scores_above_0_are_asked_about(explorer: Explorer) -> None:
    page = explorer.open()
    tool = page.locator("#check-scans")
    tool.locator("summary").press("Enter")
    tool.get_by_label("Given as").select_option("T-score")
    tool.get_by_label("First scan").fill("1.5")
    tool.get_by_label("Second scan").fill("2.3")
    tool.get_by_label("Machine of the first").select_option("Hologic")
    answer = tool.get_by_role("status")
    playwright.expect(answer).to_contain_text("A T-score above 0 is rare here: is a minus missing?")
    tool.get_by_label("First scan").fill("−1.5")
    tool.get_by_label("Second scan").fill("−2.3")
    playwright.expect(answer).not_to_contain_text("minus")


def test_a_value_that_is_no_number_is_said(explorer: Explorer) -> None:
    page = explorer.open(f"{OWN}&untaken=1")
    page.get_by_role("group", name="Scan 1").get_by_label("Value").fill("low")
    page.get_by_role("button", name="Update the forecast with my results").click()
    playwright.expect(page.locator("#own-error")).to_have_text("Scan 1: “low” is not a number.")


def test_the_unit_in_use_is_not_asked_about(explorer: Explorer) -> None:
    page = explorer.open("who=man-on-testosterone")
    field = page.get_by_label("Testosterone", exact=True)
    for typed in ("850", "30", "850"):
        field.fill(typed)
        field.press("Enter")
        explorer.settle()
        asked = page.get_by_role("button", name="I meant")
        assert asked.all_inner_texts() == (["I meant nmol/L"] if typed == "30" else [])


def test_what_a_row_lacks_is_said_in_the_words_of_the_form(explorer: Explorer) -> None:
    took = "took=~~letrozole 2.5 mg po qd"
    cases = {
        f"scan=~lumbar_spine~-1.2~t~hologic&{took}": "Scan 1: choose the date.",
        f"{OWN}&{took}": "Scan 1: type the value.",
        f"lab=2025-05-20~ctx~0.3~&{took}": "Test 1: choose the unit.",
        took: "Medicine 1: choose the date from which it was taken.",
    }
    for fragment, said in cases.items():
        page = explorer.open(fragment)
        page.get_by_role("button", name="Update the forecast with my results").click()
        playwright.expect(page.locator("#own-error")).to_have_text(said)


def test_a_machine_may_be_unknown_for_a_t_score(explorer: Explorer) -> None:
    page = explorer.open("scan=2025-05-20~lumbar_spine~0.95~g~unknown&untaken=1")
    scan = page.get_by_role("group", name="Scan 1")
    assert scan.get_by_label("Machine").input_value() == "unknown"
    page.get_by_role("button", name="Update the forecast with my results").click()
    playwright.expect(page.locator("#own-error")).to_have_text(
        "Scan 1: a density needs its machine; type the T-score of the report instead."
    )
    scan.get_by_label("Unit").select_option("T-score")
    scan.get_by_label("Value").fill("−0,9")
    page.get_by_role("button", name="Update the forecast with my results").click()
    playwright.expect(page.locator("#own-headline")).to_be_visible()
    page.get_by_text("The results as they were used").click()
    assert "T-score −0.9, machine not known" in page.locator("#forecast-used").inner_text()
