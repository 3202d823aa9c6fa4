"""`osteoaxis verify` measures, writes what it measured, and fails when a demand is not met."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from osteoaxis import scenario, verification
from osteoaxis.cli import app
from osteoaxis.errors import InputError


def test_the_whole_document_of_one_scenario(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("roadrunner")
    plan = scenario.load("menopause")
    monkeypatch.setattr(verification, "VIRTUAL", 10)
    ruled = replace(scenario.load("delayed-zoledronate"), years=1.0)
    arms = [(plan, "estradiol", plan.arms["estradiol"]), (ruled, "delayed", ruled.arms["delayed"])]
    monkeypatch.setattr(verification, "_arms", lambda: iter(arms))
    with pytest.raises(SystemExit) as done:
        app(["verify", "-o", str(tmp_path / "v.md")])
    assert done.value.code in (0, None)
    text = (tmp_path / "v.md").read_text(encoding="utf-8")
    assert "All demands are met." in text
    assert "| menopause | estradiol |" in text
    assert "| delayed-zoledronate | delayed |" in text
    assert capsys.readouterr().out.count("holds") == 5


def test_a_demand_that_is_not_met_is_said_and_is_the_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = verification.Check("Title", "Text.", ("a",), [("1",)], "never", holds=False)
    monkeypatch.setattr(verification, "verify", lambda _progress: verification.Verification((bad,)))
    with pytest.raises(SystemExit) as done:
        app(["verify", "-o", str(tmp_path / "v.md")])
    assert done.value.code == 1
    assert "NOT MET" in (tmp_path / "v.md").read_text(encoding="utf-8")


def test_without_libroadrunner_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "roadrunner", None)
    with pytest.raises(InputError, match=r"requirements.lock '.\[verify\]'"):
        verification.verify()
