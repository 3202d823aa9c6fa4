"""`osteoaxis change` from the command line."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from typer.testing import CliRunner

from osteoaxis.cli import app
from osteoaxis.errors import InputError
from osteoaxis.outcomes import dxa
from osteoaxis.present import change

RUN = CliRunner()


def test_says_what_is_real() -> None:
    done = RUN.invoke(app, ["change", "ctx", "0.40", "0.20"])
    assert done.exit_code == 0
    assert "beyond that, so it is likely real" in done.output
    assert "not a medical device" in done.output
    done = RUN.invoke(app, ["change", "lumbar_spine", "0.95", "0.93", "--json"])
    found = json.loads(done.output)
    assert found["real"] is False
    assert found["change_percent"] == pytest.approx(100 * (0.93 / 0.95 - 1))


def test_a_marker_in_another_unit_is_the_same_change() -> None:
    one, other = (
        json.loads(RUN.invoke(app, ["change", "ctx", *values, "--json"]).output)
        for values in (("0.5", "0.62"), ("500", "620", "--unit", "pg/mL"))
    )
    assert other["unit"] == "pg/mL"
    assert other["change_percent"] == one["change_percent"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["lumbar", "1", "1"], "lumbar_spine"),
        (["total_hip", "950", "920"], "0.2 to 2.5 g/cm2"),
        (["total_hip", "0.9", "nan"], "must be a number"),
        (["total_hip", "0.9", "0.9", "--device", "lunr"], "lunar"),
        (["ctx", "0.3", "0.3", "--precision", "1"], "for density"),
        (["p1np", "0", "30"], "outside"),
        (["ctx", "500", "620"], "Is it pg/mL? Then add --unit pg/mL."),
        (["ctx", "0.5", "0.6", "--unit", "pg/mL"], "Is it ng/mL?"),
        (["ctx", "0.5", "0.6", "--unit", "g/L"], "Allowed: ng/mL, pg/mL"),
    ],
)
def test_refuses_with_a_reason(arguments: list[str], reason: str) -> None:
    done = RUN.invoke(app, ["change", *arguments])
    assert isinstance(done.exception, InputError)
    assert reason in str(done.exception)


@pytest.mark.parametrize(("site", "device"), [*itertools.product(dxa.SITES, dxa.DEVICES)])
def test_t_scores_are_not_taken_for_densities(site: str, device: str) -> None:
    with pytest.raises(InputError, match=r"after: 2.3 g/cm2 would be a T-score of"):
        change.judge(site, 1.2, 2.3, device=device)
    assert "is rare" in change.judge(site, 1.0, 1.3, device=device)["text"]
    assert "is rare" not in change.judge(site, 1.0, 0.9, device=device)["text"]


def test_the_number_beside_the_sentence_rounds_as_in_it() -> None:
    for after in np.linspace(0.8, 1.2, 401):
        found = change.judge("lumbar_spine", 1.0371, float(after))
        assert f"The change is {found['change_percent']:+.1f} %." in found["text"]
