"""The code in the documents runs, and what they promise of the set-up is what is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import matplotlib as mpl
import pytest
from typer.testing import CliRunner

from osteoaxis import scenario
from osteoaxis.cli import app
from osteoaxis.pharmacology.drug import load_drug

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
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
    commands = "".join(blocks(README, "console")).splitlines()
    whole = [line for line in commands if line.startswith(("python3 -m venv", ".venv/bin/"))]
    assert len(whole) == 3
    assert all(line in script for line in whole)


def test_the_lock_file_holds_names_and_versions_only() -> None:
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9._+!-]+", line), line


PAGES = ("tutorial", "howto/parameter", "howto/own-drug", "howto/own-process", "howto/own-data",
         "howto/trial", "howto/nonmem", "howto/r", "engine", "guidelines", "published")  # fmt: skip
"""Pages of docs/ whose blocks run in the order in which they stand."""
FENCE = re.compile(
    r"^```(?:\{code-block\} )?(\w+)\n(?::caption: (\S+)\n\n?)?(.*?)^```$", re.S | re.M
)


@pytest.mark.parametrize("page", PAGES)
def test_every_block_of_a_page_runs(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files are written, Python and commands run, and commands print the text after them."""
    mpl.use("Agg")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    printed = ""
    for language, caption, code in FENCE.findall((DOCS / f"{page}.md").read_text("utf-8")):
        if caption:
            (tmp_path / caption).parent.mkdir(exist_ok=True)
            (tmp_path / caption).write_text(code, "utf-8")
        elif language == "python":
            exec(compile(code, page, "exec"), names)
        elif language == "console":
            commands = re.findall(r"^\$ osteoaxis (.*)$", code, flags=re.M)
            printed = "".join(map(command, commands))
        elif language == "text":
            lines = {" ".join(line.split()) for line in printed.splitlines()}
            for line in filter(str.strip, code.splitlines()):
                assert " ".join(line.split()) in lines


def command(arguments: str) -> str:
    """Run the command line and return what it prints."""
    found = CliRunner(env={"COLUMNS": ""}).invoke(app, shlex.split(arguments))
    assert found.exit_code == 0, f"{arguments}: {found.output} {found.exception}"
    return found.output
