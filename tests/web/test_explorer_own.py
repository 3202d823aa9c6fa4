"""Own results in the explorer: typed in or loaded, forecast, kept in the address."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from explorer_browser import Explorer, violations

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

ASK = "Update the forecast with my results"
SCAN = "scan=2025-05-20~lumbar_spine~-1.2~t~hologic"


def ask(page: playwright.Page) -> None:
    """Press the button by the keyboard and wait for the forecast."""
    page.get_by_role("button", name=ASK).press("Enter")
    playwright.expect(page.locator("#own-headline")).to_be_visible()


def test_results_are_typed_in_and_forecast(explorer: Explorer) -> None:
    page = explorer.open("years=1&today=2026-06-01&plan=1~letrozole~letrozole 2.5 mg po qd")
    page.locator("#own-details > summary").press("Enter")
    page.get_by_role("button", name="+ Add a scan").press("Enter")
    scan = page.get_by_role("group", name="Scan 1")
    assert page.evaluate("document.activeElement.name") == "date"
    page.keyboard.type("05202025")
    assert scan.get_by_label("Date").input_value() == "2025-05-20"
    scan.get_by_label("Value").fill("-1.2")
    error = page.locator("#own-error")
    page.get_by_role("button", name=ASK).press("Enter")
    playwright.expect(error).to_contain_text(
        "Scan 1: choose the unit. You listed no medicine: none taken so far?"
    )
    page.get_by_label("None taken so far").check()
    page.get_by_role("button", name=ASK).press("Enter")
    playwright.expect(error).to_contain_text("Scan 1: choose the unit.")
    scan.get_by_label("Unit").select_option("g/cm²")
    page.get_by_role("button", name=ASK).press("Enter")
    playwright.expect(error).to_have_text("Scan 1: choose the machine.")
    assert scan.get_by_label("Machine").get_attribute("aria-describedby") == "own-error"
    scan.get_by_label("Machine").select_option("Hologic")
    scan.get_by_label("Value").fill("0.98")
    scan.get_by_label("Unit").select_option("T-score")
    page.get_by_role("button", name=ASK).press("Enter")
    playwright.expect(error).to_contain_text("0.98 looks like g/cm2")
    scan.get_by_label("Value").fill("-12")
    page.get_by_role("button", name=ASK).press("Enter")
    playwright.expect(error).to_contain_text("Scan 1: t_score")
    scan.get_by_label("Value").fill("-1.2")
    page.get_by_role("button", name="+ Add a test").click()
    test = page.get_by_role("group", name="Test 1")
    test.get_by_label("Date").fill("2025-11-20")
    test.get_by_role("combobox", name="Test").select_option("Vitamin D")
    test.get_by_label("Value").fill("60")
    assert test.get_by_label("Unit").input_value() == ""
    test.get_by_label("Unit").select_option("nmol/L")
    page.get_by_label("Add a medicine I took").select_option("letrozole")
    taken = page.get_by_role("group", name="Medicine 1")
    assert page.get_by_label("None taken so far").is_hidden()
    assert taken.get_by_label("Medicine and dose").input_value() == "letrozole 2.5 mg po qd"
    taken.get_by_label("From").fill("2025-06-01")
    ask(page)
    assert error.is_hidden()
    playwright.expect(page.locator("#typical-note")).to_be_visible()
    # The forecast leads, what a typical person may expect follows under its title.
    assert page.evaluate("document.activeElement.id") == "own-headline-title"
    assert "“letrozole”, in 1 year: spine density" in page.locator("#own-key").inner_text()
    order = "[...document.querySelectorAll('main h2')].filter(e => e.offsetParent).map(e => e.id)"
    assert page.evaluate(order)[:4] == [
        "own-headline-title", "forecast-title", "typical-title", "headline-title",
    ]  # fmt: skip
    spine = page.locator("#chart-own-lumbar_spine_bmd svg")
    playwright.expect(spine.locator("circle.own-dot")).to_have_count(1)
    assert spine.locator("path.interval.past").count() == 1
    assert spine.locator("path.line.series-1").count() == 1
    assert "2026" in spine.locator("text.tick").all_text_contents()
    said = spine.get_attribute("aria-label")
    assert re.search(r"letrozole: 0\.\d{3} today, .* in Jun 2027\. Measured 20 May 2025: ", said)
    rows = page.locator("#forecast-end tbody tr").all_inner_texts()
    assert len(rows) == 6
    assert re.match(r"Spine density, change %\s+[−+]?\d", rows[0])
    assert "What to measure next" in page.locator("#forecast-notes").inner_text()
    page.get_by_text("The results as they were used").click()
    used = page.locator("#forecast-used").inner_text()
    assert "20 May 2025, Spine density: T-score −1.2 by Hologic (0.915 g/cm²)" in used
    assert "20 Nov 2025, Vitamin D: 60 nmol/L (24 ng/mL)" in used

    figure = page.locator("#chart-own-lumbar_spine_bmd")
    figure.locator("summary").click()
    figure.get_by_role("button", name="Show table").click()
    playwright.expect(figure).to_contain_text("Measured: 20 May 2025: ")
    figure.locator("summary").click()
    with page.expect_download() as download:
        figure.get_by_role("button", name="Save CSV").click()
    _, *rows = csv.reader(Path(download.value.path()).read_text("utf-8").splitlines())
    assert rows[0][0] == "months from 2026-06-01"
    assert {len(row) for row in rows} == {1 + 3 * 3}  # until today, letrozole, measured
    assert rows[-1][:7] == ["-12.386", *[""] * 6]  # 377 days
    assert float(rows[-1][8]) < float(rows[-1][7]) < float(rows[-1][9])

    # A change makes it one of before; going back to what was asked makes it the present one.
    test.get_by_label("Value").fill("70")
    test.get_by_label("Value").press("Tab")
    playwright.expect(page.locator("#forecast-stale")).to_be_visible()
    assert page.evaluate(order)[:2] == ["headline-title", "forecast-title"]
    test.get_by_label("Value").fill("60")
    test.get_by_label("Value").press("Tab")
    playwright.expect(page.locator("#forecast-stale")).to_be_hidden()
    # A request under way ends when something is changed; this one is never answered.
    page.route("**/api/forecast", lambda _route: None)
    test.get_by_label("Value").fill("80")
    page.get_by_role("button", name=ASK).click()
    playwright.expect(page.locator("#own-progress")).to_be_visible()
    test.get_by_label("Value").fill("60")
    test.get_by_label("Value").press("Tab")
    playwright.expect(page.locator("#own-told")).to_contain_text("Stopped")
    assert page.locator("#own-progress").is_hidden()
    page.get_by_role("button", name="Remove Test 1").press("Enter")
    assert page.evaluate("document.activeElement.id") == "add-samples"


def test_an_example_goes_round_by_the_address(explorer: Explorer) -> None:
    page = explorer.open()
    page.locator("#own-details > summary").click()
    page.get_by_role("button", name="Load an invented example").click()
    explorer.settle()
    assert page.locator("#person-line").inner_text().startswith("Woman, aged 65")
    tabs = page.locator(".tab").all_inner_texts()
    assert tabs == ["as now", "with zoledronate", "with denosumab"]
    live = page.locator("#live")
    playwright.expect(live).to_contain_text("A typical person, without your results: ")
    page.get_by_role("button", name="Copy link").click()
    link = page.evaluate("navigator.clipboard.readText()")
    assert "scan=2023-02-20%7Elumbar_spine%7E0.952%7Eg%7Ehologic" in link
    values = "[...document.querySelectorAll('#own-form [name]')].map(one => one.value).join('|')"
    before = page.evaluate(values)
    page.goto("about:blank")
    explorer.open(link.partition("#")[2])
    assert page.evaluate(values) == before
    assert page.locator("#own-details").get_attribute("open") is not None
    banner = page.locator("#own-waiting")
    assert "This link holds own results" in banner.inner_text()
    banner.get_by_role("button").click()
    playwright.expect(page.locator("#own-headline")).to_be_visible()
    assert banner.is_hidden()
    # The forecast's T-scores of today go to the typical person, and leave the forecast as it is.
    page.get_by_role("button", name="Put my T-scores of today under").click()
    explorer.settle()
    spine, hip = (
        page.get_by_label(f"{site} T-score", exact=True).input_value() for site in ("Spine", "Hip")
    )
    notes = page.locator("#forecast-notes").inner_text()
    assert f"Spine T-score today: {spine.replace('-', '−')}" in notes
    assert -1.6 <= float(spine) <= -1.1
    assert -1.3 <= float(hip) <= -0.7
    assert page.locator("#forecast-stale").is_hidden()
    page.get_by_role("button", name="Go to it").click()
    assert page.evaluate("document.activeElement.id") == "own-headline-title"
    assert page.locator("#own-scans > div").count() == 4
    page.get_by_role("button", name="Clear").click()
    assert page.locator("#own-form .own-row").count() == 0
    assert explorer.aside("scan") == ""


def test_what_denosumab_of_the_past_does_is_said_beside_the_forecast(explorer: Explorer) -> None:
    page = explorer.open(
        "years=2&today=2026-11-30&untaken=0&who.age=66"
        "&took=2023-05-31~2026-05-31~denosumab 60 mg sc q6mo"
        "&took=2023-05-31~2026-05-31~anastrozole 1 mg po qd"
        "&plan=1~go on~denosumab 60 mg sc q6mo %2B anastrozole 1 mg po qd"
        "&plan=2~stop~none&plan=3~zoledronate at once~zoledronate 5 mg iv over 15 min once [m0]"
        "&focus=1"
    )
    ask(page)
    assert "“go on”, in 2 years" in page.locator("#own-key").inner_text()
    # The strategy in focus follows the one that leads, and what it leaves out stands there, too.
    other = page.locator("#own-other")
    assert re.match("“stop” instead: spine density −", other.inner_text())
    assert "(too low after denosumab wore off)" in other.inner_text()
    left = page.locator("#own-left-out").inner_text()
    assert "fewer cancers coming back" in left
    assert "“stop”: denosumab wears off before anything follows" in left
    warned = page.locator("#own-warnings li", has_text="Denosumab has worn off")
    assert "stop from month 1." in warned.inner_text()
    assert "zoledronate" not in warned.inner_text()
    assert "vertebrae break too rarely" in page.locator("#forecast-known").inner_text()
    assert page.locator("#forecast-end .missed").count() == 1
    page.get_by_role("button", name="go on", exact=True).click()
    playwright.expect(other).to_be_hidden()
    page.get_by_role("button", name="stop", exact=True).click()
    # Guidelines count what was taken before, too.
    asked = []
    page.on("request", lambda one: asked.append(one.url))
    page.locator("#guidelines").scroll_into_view_if_needed()
    lead = page.locator("#guidelines-lead")
    playwright.expect(lead).to_contain_text("with your own results and what you took before")
    page.get_by_text("After denosumab", exact=True).click()
    ects = page.locator("#guidelines .rule.met", has_text="If denosumab ends")
    playwright.expect(ects).to_be_visible()
    assert not any("guidelines" in url for url in asked)
    assert violations(page) == []


def test_results_that_contradict_each_other_get_no_forecast(explorer: Explorer) -> None:
    page = explorer.open(
        f"years=1&today=2026-06-01&{SCAN}&scan=2025-09-20~lumbar_spine~2.4~t~hologic"
        "&plan=1~none~none&untaken=1"
    )
    ask(page)
    told = page.locator("#forecast-unexplained")
    playwright.expect(told).to_contain_text("The model does not explain these results together")
    assert "or the model itself can be wrong here" in told.inner_text()
    assert "makes no forecast" in page.locator("#own-key").inner_text()
    assert "T-score" not in page.locator("#forecast-end").inner_text()
    assert page.locator("#chart-own-osteoporosis").is_hidden()
    assert "measure next" not in page.locator("#forecast-notes").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert violations(page) == []


def test_one_odd_result_can_be_left_out_and_what_is_taken_goes_on(explorer: Explorer) -> None:
    page = explorer.open(
        "who=man-on-testosterone&years=1&today=2026-06-01&plan=1~none~none"
        "&lab=2025-09-20~testosterone~25~ng/dL&lab=2026-05-20~estradiol~25~pg/mL"
        "&lab=2025-09-20~vitamin_d~25~ng/mL&took=2024-06-01~~testosterone_gel 50 mg td qd"
    )
    ask(page)
    assert "“as now” goes on with what you take now" in page.locator("#forecast-lead").inner_text()
    doubt = page.locator("#forecast-doubts")
    assert "Testosterone of 20 Sep 2025 is 25 ng/dL." in doubt.inner_text()
    assert "It would fit as 25 nmol/L: is it right?" in doubt.inner_text()
    assert violations(page) == []
    doubt.get_by_role("button", name="Forecast without this result").click()
    playwright.expect(page.locator("#own-key")).to_contain_text("“as now”, in 1 year: spine")
    assert page.locator("#own-samples > div").count() == 2
    assert violations(page) == []


@pytest.mark.parametrize(
    "fragment",
    [
        "scan=a~b~c&scan=12~lumbar_spine~-1.3&scan=2025-99-99~total_hip~1~t~lunar&today=never",
        "scan=2025-01-01~__proto__~1~t~lunar&lab=2025-01-01~constructor~1~x&lab=~ctx~1e999~ng/mL",
        "took=1~~x&took=1~2~3~4&today=9999-12-31&years=nan",
    ],
)
def test_faulty_results_in_an_address_do_no_harm(explorer: Explorer, fragment: str) -> None:
    page = explorer.open(f"{fragment}&took=~~%3Cimg src=x onerror=alert(1)%3E")
    assert page.locator("img").count() == 0
    assert page.locator("#own-form .own-row").count() == 1


def test_what_goes_on_with_what_is_taken_leads(explorer: Explorer) -> None:
    explorer.open()
    names = explorer.page.evaluate(
        """async () => {
          const [{ none, request }, { catalogue }] = await Promise.all(
            ["own", "api"].map((name) => import(`/js/${name}.js`)));
          const own = { ...none(), today: "2026-11-30",
            taken: [{ drug: "letrozole 2.5 mg po qd", from: "2024-01-01", until: "" }] };
          const plan = (name, regimen) => ({ name, regimen });
          const state = { preset: "postmenopausal-breast-cancer", changes: {}, years: 5, own };
          const asked = async (...strategies) => Object.keys(
            request({ ...state, strategies }, await catalogue()).body.person.strategies);
          const stop = plan("stop", "none");
          const on = plan("letrozole on", "letrozole 2.5 mg po qd");
          const half = plan("half a dose", "letrozole 1.25 mg po qd");
          return [await asked(stop, on), await asked(stop), await asked(half)];
        }"""
    )
    assert names == [["letrozole on", "stop"], ["as now", "stop"], ["as now", "half a dose"]]


def test_clear_brings_back_what_an_example_replaced(explorer: Explorer) -> None:
    page = explorer.open(f"who=healthy-postmenopausal&who.age=71&{SCAN}&plan=2~mine~none")
    before = page.evaluate("location.hash")
    line = page.locator("#person-line")
    for _ in range(2):  # twice: what came first is what comes back
        page.get_by_role("button", name="Load an invented example").click()
    playwright.expect(line).to_contain_text("aged 65")
    page.get_by_role("button", name="Clear", exact=True).click()
    playwright.expect(line).to_contain_text("aged 71")
    assert explorer.aside("scan") in before.replace("%7E", "~")
    assert explorer.aside("plan") == "2~mine~none"
    page.get_by_role("button", name="Clear", exact=True).click()
    assert explorer.aside("scan") == ""
    assert "aged 71" in line.inner_text()


@pytest.mark.parametrize(
    ("cut", "said"),
    [
        ("~t~hologic", "One result of this link could not be read"),
        ("&scan=2026", "One result of this link could not be read"),
        ("&scan=2025", "2 results of this link could not be read"),
    ],
)
def test_a_link_that_was_cut_says_so(explorer: Explorer, cut: str, said: str) -> None:
    page = explorer.open(f"{SCAN}&scan=2026-05-20~lumbar_spine~-1.3~t~hologic&untaken=1")
    page.locator("#copy").click()
    link = page.evaluate("decodeURIComponent(location.hash.slice(1))")
    assert "results=2" in link
    assert "today=20" in link  # the day of the forecast
    page.goto("about:blank")
    page = explorer.open(link[: link.rindex(cut)])
    playwright.expect(page.locator("#copied")).to_contain_text(said)


def test_a_link_of_another_day_can_be_brought_up_to_date(explorer: Explorer) -> None:
    page = explorer.open(f"today=2025-06-01&{SCAN}")
    page.get_by_role("button", name="Use the date of now").click()
    assert explorer.aside("today") != "2025-06-01"
    assert page.get_by_role("button", name="Use the date of now").is_hidden()
