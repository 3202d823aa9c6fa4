"""SBML files on the command line, and the runner of the public test suite on cases of our own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from osteoaxis.errors import InputError, SolverError
from osteoaxis.present import imported

from .models import DELAY, T, model, op, parameter, reaction, rule, species

RUNNER = Path(__file__).parents[2] / "benchmarks" / "sbml_suite.py"
DECAY = model(
    species("A", 'initialConcentration="3"'),
    reaction("<ci>A</ci>", "A"),
)


def python(*args: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *args], cwd=folder, capture_output=True, text=True, timeout=120,
        check=False, env=dict(os.environ),
    )  # fmt: skip


def test_a_file_becomes_a_table_a_picture_and_data(tmp_path: Path) -> None:
    (tmp_path / "decay.xml").write_text(DECAY)
    done = python("-m", "osteoaxis.cli", "run", "--model", "decay.xml", "--duration", "5",
                  "--points", "11", folder=tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "not a medical device" in done.stdout
    folder = tmp_path / "runs" / "decay"
    assert {path.name for path in folder.iterdir()} == {
        "trajectories.csv", "trajectories.parquet", "trajectories.png", "trajectories.svg",
    }  # fmt: skip
    table = pq.read_table(folder / "trajectories.parquet")
    assert table.column_names == ["time", "A", "J"]
    time = table["time"].to_numpy()
    np.testing.assert_allclose(table["A"], 3.0 * np.exp(-0.5 * time), rtol=1e-8)
    lines = (folder / "trajectories.csv").read_text().splitlines()
    assert lines[0] == '"time","A","J"'
    assert len(lines) == 12


def test_json_and_what_is_no_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = model(
        parameter("x", 0.0), parameter("y"),
        rule("rate", "x", "<cn>1</cn>"),
        rule("assignment", "y", op("ln", op("minus", T, 50.0))),
    )  # fmt: skip
    Path("y.xml").write_text(text)
    imported.run(Path("y.xml"), None, duration=None, points=None, json_only=True)
    found = json.loads(capsys.readouterr().out)
    assert found["times"] == [0.0, 25.0, 50.0, 75.0, 100.0]
    assert found["quantities"]["x"] == [0.0, 25.0, 50.0, 75.0, 100.0]
    assert found["quantities"]["y"][:3] == [None, None, None]
    assert [path.name for path in tmp_path.iterdir()] == ["y.xml"]


@pytest.mark.parametrize(
    ("duration", "points", "message"),
    [
        (-1.0, None, "--duration: -1 is outside"),
        (None, 1, "--points: 1 is outside"),
        (None, 0, "--points: 0 is outside"),
    ],
)
def test_impossible_options(
    tmp_path: Path, duration: float | None, points: int | None, message: str
) -> None:
    (tmp_path / "decay.xml").write_text(DECAY)
    with pytest.raises(InputError, match=message):
        imported.run(tmp_path / "decay.xml", tmp_path / "out", duration=duration, points=points,
                     json_only=False)  # fmt: skip


def test_nothing_is_left_of_a_failure(tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_text(
        model(parameter("x", 1.0), rule("rate", "x", op("times", "x", "x")))
    )
    with pytest.raises(SolverError):
        imported.run(tmp_path / "x.xml", tmp_path / "out", duration=None, points=None,
                     json_only=False)  # fmt: skip
    (tmp_path / "x.xml").write_text(model(parameter("x", 1.0)))
    with pytest.raises(InputError, match="nothing in this model changes"):
        imported.run(tmp_path / "x.xml", tmp_path / "out", duration=None, points=None,
                     json_only=False)  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["x.xml"]


def test_the_suite_runner_tells_passed_refused_wrong_and_failed(tmp_path: Path) -> None:
    delayed = model(parameter("x", 3.0), parameter("y"), rule("assignment", "y", DELAY))
    rows = "time,A\n0,6\n1,3.6391839582758\n2,2.20727664702865\n"
    cases = {
        "00001": (DECAY, rows),
        "00002": (DECAY, rows.replace("3.639", "3.640")),
        "00003": (delayed, rows),
        "00004": ("<sbml/>", rows),
    }
    for case, (text, results) in cases.items():
        folder = tmp_path / "semantic" / case
        folder.mkdir(parents=True)
        (folder / f"{case}-sbml-l2v4.xml").write_text("an older version")
        (folder / f"{case}-sbml-l3v2.xml").write_text(text)
        (folder / f"{case}-results.csv").write_text(results)
        (folder / f"{case}-settings.txt").write_text(
            "start: 0\nduration: 2\nsteps: 2\nvariables: A\nabsolute: 1e-7\nrelative: 1e-5\n"
            "amount: A\nconcentration:\n"
        )
    done = python(str(RUNNER), "--suite", "semantic", "--processes", "1", "--json",
                  folder=tmp_path)  # fmt: skip
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    counts = {key: found[key] for key in ("passed", "refused", "wrong", "failed", "supported")}
    assert counts == {"passed": 1, "refused": 1, "wrong": 1, "failed": 1, "supported": 3}
    assert found["refused for"] == {"delay": 1}
    assert [outcome["case"] for outcome in found["outcomes"]] == ["00002", "00004"]
