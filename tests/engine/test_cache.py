"""Compiled once per machine: a new process only loads; damage and races are survived."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from osteoaxis.engine import cache, machine

SCRIPT = """
import json, time
from osteoaxis import engine
from osteoaxis.engine import OdeSystem, symbol
s = symbol("s")
system = OdeSystem("tiny", ("s",), ("k",), {}, (-symbol("k") * s**1.5,), (1.0,))
stages = []
started = time.perf_counter()
compiled = engine.compile_system(system, lambda stage, fraction: stages.append(stage))
took = time.perf_counter() - started
final = engine.solve(compiled, [1.0], [1.0], None, [0, 1.0]).states[-1, 0]
print(json.dumps([stages, took, final]))
"""


def in_new_process(folder: Path) -> tuple[list[str], float, float]:
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT],
        env={**os.environ, "OSTEOAXIS_CACHE": str(folder)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    stages, took, final = __import__("json").loads(result.stdout)
    assert final == pytest.approx(4 / 9, abs=1e-3)
    return stages, took, final


def test_second_process_loads_and_damage_is_repaired(tmp_path: Path) -> None:
    first = in_new_process(tmp_path)
    assert first[0] == ["load", "compile", "compile", "ready"]  # driver and program
    second = in_new_process(tmp_path)
    assert second[0] == ["load", "ready"]
    assert second[1] < 0.25 * first[1]
    assert second[2] == first[2]
    for name, again in (("program", ["compile"]), ("kernel", ["compile"])):
        (entry,) = tmp_path.glob(f"{name}_*")
        binary = next(path for path in entry.rglob("*") if path.suffix in (".o", ".nbc"))
        binary.write_bytes(binary.read_bytes()[:-100] + b"x" * 100)
        assert in_new_process(tmp_path)[0] == ["load", *again, "ready"]
        assert in_new_process(tmp_path)[0] == ["load", "ready"]
    (entry / "manifest.json").write_text("broken(")
    assert in_new_process(tmp_path)[0] == ["load", "compile", "ready"]
    assert not list(tmp_path.glob("building-*"))


def write_number(folder: Path) -> None:
    (folder / "number").write_text("42")


def test_race_for_one_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process finished the same entry while this one was compiling."""
    monkeypatch.setenv("OSTEOAXIS_CACHE", str(tmp_path))

    def build(folder: Path) -> None:
        write_number(folder)
        cache.entry("test", "race", write_number)  # the other process

    home = cache.entry("test", "race", build)
    assert home == tmp_path / "test_race"
    assert (home / "number").read_text() == "42"


@pytest.mark.skipif(os.name == "nt", reason="a file in place of the folder")
def test_unusable_folder_falls_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("OSTEOAXIS_CACHE", str(blocked))
    assert (cache.entry("test", "fallback", write_number) / "number").read_text() == "42"


def test_the_driver_is_loaded_once() -> None:
    assert machine.driver(lambda: None) is machine.driver()
