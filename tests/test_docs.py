"""The code in the documents runs, and what they promise of the set-up is what is there."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib as mpl
import pytest

from osteoaxis import scenario
from osteoaxis.pharmacology.drug import load_drug

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.S)


@pytest.mark.parametrize("code", blocks(README, "python"))
def test_python_blocks_of_the_readme_run(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mpl.use("Agg")
    monkeypatch.chdir(tmp_path)
    assert len(code.strip().splitlines()) <= 9
    exec(compile(code, "README.md", "exec"), {})
    assert (tmp_path / "overview.png").stat().st_size > 10_000


def test_the_scenario_of_the_readme_runs(tmp_path: Path) -> None:
    (code,) = blocks(README, "toml")
    (tmp_path / "mine.toml").write_text(code)
    assert not scenario.run(scenario.load(str(tmp_path / "mine.toml"))).failures


def test_the_drug_of_the_contributing_page_loads(tmp_path: Path) -> None:
    (code,) = blocks(CONTRIBUTING, "toml")
    (tmp_path / "newzole.toml").write_text(code)
    assert load_drug(tmp_path / "newzole.toml").name == "newzole"


def test_ci_runs_the_very_commands_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for command in blocks(README, "console"):
        if command.startswith("python3 -m venv"):
            assert command.strip() in script


def test_the_lock_file_holds_names_and_versions_only() -> None:
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9._+!-]+", line), line
