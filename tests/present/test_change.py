"""`osteoaxis change` from the command line."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from osteoaxis.cli import app
from osteoaxis.errors import InputError

RUN = CliRunner()


def test_says_what_is_real() -> None:
    done = RUN.invoke(app, ["change", "ctx", "0.40", "0.20"])
    assert done.exit_code == 0
    assert "beyond that, so it is likely real" in done.output
    assert "not a medical device" in done.output
    done = RUN.invoke(app, ["change", "lumbar_spine", "0.95", "0.93", "--json"])
    found = json.loads(done.output)
    assert found["real"] is False
    assert found["change_percent"] == pytest.approx(-2.11)


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
