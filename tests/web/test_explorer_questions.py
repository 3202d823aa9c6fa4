"""The 15 questions of the explorer: each loads, and what its answer says is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from explorer_browser import Explorer

from osteoaxis.outcomes import dxa

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


def test_every_question_loads_its_scenario_and_says_its_limits(explorer: Explorer) -> None:
    page = explorer.open()
    buttons = page.locator("button.question")
    assert buttons.count() == 15
    seen = set()
    for index in range(15):
        buttons.nth(index).click()
        explorer.settle()
        assert page.locator("#fault").is_hidden()
        assert page.locator("#regimen-error").is_hidden()
        answer = page.locator("#answer").inner_text()
        assert buttons.nth(index).inner_text() in answer
        assert "Look here." in answer
        assert "What it cannot say." in answer
        for slip in ("NaN", "undefined"):
            assert slip not in page.locator("#results").inner_text()
        seen.add(page.locator("table.outcomes").inner_text())
    assert len(seen) >= 13
    page.get_by_role("button", name="Go to the chart").click()
    playwright.expect(page.locator("#chart-estradiol")).to_be_in_viewport()


ASK = """async (id) => {
  const [{ QUESTIONS }, { catalogue, compare }, { payload }] = await Promise.all(
    ["questions", "api", "patient"].map((name) => import(`/js/${name}.js`)));
  const { preset, changes = {}, years, strategies } = QUESTIONS.find((one) => one.id === id);
  const patient = payload({ preset, changes }, await catalogue());
  const plans = Object.fromEntries(strategies.map((one) => [one.name, one.regimen]));
  const quantities = ["lumbar_spine_bmd", "ctx", "estradiol", "arthralgia_probability"];
  const found = await compare({ patient, years, step: 1, quantities, strategies: plans });
  return Object.values(found.strategies).map((one) =>
    Object.fromEntries(quantities.map((name) => [name, one.quantities[name].values])));
}"""


def test_what_the_answers_tell_to_look_at_is_what_is_drawn(explorer: Explorer) -> None:
    page = explorer.open()
    spine, ctx, estradiol, pain = (
        "lumbar_spine_bmd", "ctx", "estradiol", "arthralgia_probability",
    )  # fmt: skip

    _, course = page.evaluate(ASK, "how-much")
    assert course[spine][0] - course[spine][12] > course[spine][12] - course[spine][24] > 0
    _, course = page.evaluate(ASK, "after")
    assert course[spine][0] > course[spine][120] > course[spine][60]
    _, stopped, followed, _ = page.evaluate(ASK, "stop-denosumab")
    assert max(stopped[ctx][37:43]) > 1.2 * stopped[ctx][0]
    gained = stopped[spine][36] - stopped[spine][0]
    assert 0.5 < (stopped[spine][36] - stopped[spine][42]) / gained < 0.75
    assert followed[spine][42] > stopped[spine][42]
    _, upfront, _, exit_ = page.evaluate(ASK, "which")
    assert upfront[spine][84] > upfront[spine][36]
    assert exit_[spine][84] > exit_[spine][60]
    _, course = page.evaluate(ASK, "pain-when")
    peak = course[pain].index(max(course[pain]))
    assert 3 <= peak <= 6
    assert course[pain][60] < course[pain][12]
    assert course[pain][66] < course[pain][60] - 0.02
    stay, pause, switch = page.evaluate(ASK, "pain-switch")
    assert pause[pain][15] < 0.8 * stay[pain][15]
    assert pause[pain][24] == pytest.approx(stay[pain][24], abs=0.01)
    assert max(abs(a - b) for a, b in zip(switch[pain], stay[pain], strict=True)) < 0.02
    alone, exercise, duloxetine, omega3 = page.evaluate(ASK, "pain-help")
    assert max(exercise[pain][12], duloxetine[pain][12]) < 0.8 * alone[pain][12]
    assert omega3[pain] == pytest.approx(alone[pain], rel=1e-3)
    without, with_ = page.evaluate(ASK, "men-estradiol")
    assert with_[estradiol][36] < without[estradiol][36]
    assert with_[ctx][36] > without[ctx][36]
    assert with_[spine][36] < without[spine][36]
    without, brief, _ = page.evaluate(ASK, "men-need")
    assert brief[estradiol][6] < 0.5 * without[estradiol][6]
    assert brief[estradiol][7] == pytest.approx(without[estradiol][7], rel=0.1)


@pytest.mark.parametrize(
    ("question", "told"),
    [("pain-when", "have joint pain"), ("fracture", "have broken a bone"), ("assay", "pmol/L")],
)
def test_the_key_result_is_that_of_the_question(
    explorer: Explorer, question: str, told: str
) -> None:
    page = explorer.open()
    assert told not in explorer.key()
    ask = page.evaluate(
        """id => import("/js/questions.js").then(
            ({ QUESTIONS }) => QUESTIONS.find((one) => one.id === id).ask)""",
        question,
    )
    page.get_by_role("button", name=ask).click()
    explorer.settle()
    assert told in explorer.key()


def test_the_question_of_the_line_counts_people_at_once(explorer: Explorer) -> None:
    page = explorer.open()
    page.get_by_role("button", name="Will I cross the line of osteoporosis, and when?").click()
    key = page.locator("#crossing-key")
    playwright.expect(key).to_contain_text(
        re.compile(r"at or below −2\.5 after 5 years: \d+ \(letrozole\), \d+ \(no treatment\)")
    )
    page.get_by_role("button", name="Go to the chart").click()
    playwright.expect(page.locator("#chart-crossing")).to_be_in_viewport()


def test_numbers_in_the_answers_are_those_of_the_outcomes() -> None:
    source = Path(dxa.__file__).parents[1] / "web" / "static" / "js" / "questions.js"
    least = {site: 2.77 * dxa.PRECISION[site] for site in ("lumbar_spine", "total_hip")}
    said = f"{least['lumbar_spine']:.1f} % at the spine and {least['total_hip']:.1f} % at the hip"
    assert said in source.read_text(encoding="utf-8")


LANDED = """id => {
  const { top, bottom, height } = document.getElementById(id).getBoundingClientRect();
  return height > innerHeight ? Math.abs(top) < 100 : top >= -1 && bottom <= innerHeight + 1;
}"""


@pytest.mark.parametrize(
    ("question", "jump", "target"),
    [
        ("How often should I be scanned", "Check your two scans", "check-scans"),
        ("Should bone protection start now?", "See what guidelines say", "guidelines"),
        ("What happens if I stop or miss denosumab?", "Go to the chart", "chart-ctx"),
        ("What happens if I stop or miss denosumab?", "see how many", "crossing-panel"),
    ],
)
def test_a_jump_lands_though_parts_above_it_grow(
    explorer: Explorer, question: str, jump: str, target: str
) -> None:
    page = explorer.open()
    page.get_by_role("button", name=question).click()
    explorer.settle()
    page.get_by_role("button", name=jump).click()
    page.wait_for_timeout(6000)  # parts that were passed have filled
    page.wait_for_function(LANDED, arg=target)
