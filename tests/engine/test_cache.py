"""Compiled once per machine: a new process only loads; damage and races are survived."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from osteoaxis.engine import cache

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
    assert first[0] == ["load", "compile", "generate", "compile", "ready"]
    second = in_new_process(tmp_path)
    assert second[0] == ["load", "ready"]
    assert second[1] < 0.25 * first[1]
    assert second[2] == first[2]
    (entry,) = tmp_path.glob("system_*")
    binary = next(entry.rglob("*.nbc"))
    binary.write_bytes(binary.read_bytes()[:-100] + b"x" * 100)
    assert in_new_process(tmp_path)[0] == ["load", "generate", "compile", "ready"]
    (entry / "module.py").write_text("broken(")
    assert "generate" in in_new_process(tmp_path)[0]
    assert in_new_process(tmp_path)[0] == ["load", "ready"]
    assert not list(tmp_path.glob("building-*"))


SOURCE = """from numba import njit

@njit('float64(float64)', cache=True)
def f(x):
    return 2 * x
"""


def load(key: str) -> tuple[float, list[str]]:
    built: list[str] = []
    module = cache.load("test", key, lambda: SOURCE, lambda: built.append("built"))
    cache._loaded.clear()
    return module.f(21.0), built


def test_race_for_one_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process finished the same entry while this one was compiling."""
    monkeypatch.setenv("OSTEOAXIS_CACHE", str(tmp_path))
    key = f"race{time.time_ns()}"
    assert load(key) == (42.0, ["built"])

    def build_again() -> str:
        return SOURCE

    monkeypatch.setattr(cache, "_load_checked", lambda *_: None)
    module = cache.load("test", key, build_again, lambda: None)
    assert module.f(21.0) == 42.0
    assert [p.name for p in tmp_path.iterdir()] == [f"test_{key}"]
    cache._loaded.clear()


@pytest.mark.skipif(os.name == "nt", reason="a file in place of the folder")
def test_unusable_folder_falls_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("OSTEOAXIS_CACHE", str(blocked))
    assert load("fallback") == (42.0, ["built"])
