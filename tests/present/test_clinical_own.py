"""The report of one person from their own results."""

from __future__ import annotations

from dataclasses import replace

import pytest
from clinical_pages import pages, plain, quiet

from osteoaxis.forecast import Forecast, Person, forecast
from osteoaxis.forecast.plain import at_end
from osteoaxis.present import words, writers
from osteoaxis.present.clinical import expect, own
from osteoaxis.present.document import (
    Document,
)
from osteoaxis.present.terminal import DISCLAIMER
from osteoaxis.present.told import UNEXPLAINED
from osteoaxis.simulation import Simulator


@pytest.fixture(scope="module")
def forecasted(ready: Simulator) -> Forecast:
    person = Person.load("woman-on-letrozole")
    return forecast(replace(person, title="<b>Mary</b> #1"), ready, seed=1)


@pytest.fixture(scope="module")
def own_document(forecasted: Forecast, ready: Simulator) -> Document:
    return own.written(forecasted, ready, quiet)


def test_a_persons_report_has_the_same_pages(own_document: Document) -> None:
    texts = pages(writers.pdf(own_document))
    assert [number for number, text in enumerate(texts) if "Appendix for experts" in text] == [2]
    assert all(DISCLAIMER in text for text in texts)
    for wanted in (
        "<b>Mary</b> #1",
        "2023-02-20: Lumbar spine 0.952 g/cm² by Hologic",
        "breast cancer",
        "letrozole 2.5 mg by mouth every day, from 2023-03-01",
        "it may be chance",
    ):
        assert wanted in texts[0]
    assert "What to measure next: " in texts[1]
    assert "How well this person is explained" in texts[2]
    assert "&lt;b&gt;Mary&lt;/b&gt; #1" in writers.html(own_document)


def test_a_persons_numbers_are_those_of_the_forecast(
    forecasted: Forecast, ready: Simulator
) -> None:
    case = own.case_of(forecasted, ready)
    table = expect.expectations(case, tuple(case.arms), [case.end])
    for row, wanted in zip(table.rows, at_end(forecasted), strict=True):
        for column, key, signed in (
            (2, "lumbar_spine_change_percent", True),
            (3, "total_hip_change_percent", True),
            (6, "any_fracture_percent", False),
        ):
            told = wanted[key]
            ranges = words.span(told["low"], told["high"], signed=signed)
            assert plain(row[column]) == (
                f"{words.number(told['median'], signed=signed)} ({ranges})"
            )
    assert plain(table.columns[-1].title) == "Broken bone of 100"


def test_results_that_are_not_explained_are_said_to_be_so(
    forecasted: Forecast, ready: Simulator
) -> None:
    posterior = forecasted.posterior
    checked = replace(posterior.check, probability=0.001)
    odd = replace(forecasted, posterior=replace(posterior, check=checked))
    text = pages(writers.pdf(own.written(odd, ready, quiet)))[0]
    assert UNEXPLAINED[:60] in text
    assert "who could be this person" not in text
    assert "T-score" not in text
