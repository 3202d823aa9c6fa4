"""The examples of docs/api.md run against a server, and what it promises holds."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import httpx
import orjson
import pytest

from osteoaxis.web import asked

API = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
USUAL = "http://127.0.0.1:8000"


def block(language: str) -> str:
    """The only block of a language, for the server of the tests."""
    (code,) = re.findall(rf"```{language}\n(.*?)```", API, flags=re.S)
    assert USUAL in code
    return code


def test_the_client_in_python(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(block("python").replace(USUAL, address), "docs/api.md", "exec"), {})
    month, low, value, high = map(float, capsys.readouterr().out.split())
    assert month == 60.0
    assert low < value < high < -1.4


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_client_in_curl(address: str) -> None:
    command = block("bash").replace(USUAL, address)
    answer = subprocess.run(command, shell=True, check=True, capture_output=True, timeout=120)
    levels = orjson.loads(answer.stdout)["quantities"]["testosterone"]["values"]
    assert levels[-1] > levels[0]


def test_every_endpoint_is_in_the_table(client: httpx.Client) -> None:
    for path in client.get("/api/openapi.json").json()["paths"]:
        pattern = "[A-Z]+".join(map(re.escape, re.split("{.*}", path)))
        assert re.search(rf"{pattern}[`?]", API), path


def test_limits_are_as_told() -> None:
    assert f"{asked.MOST_DEPTH} levels" in API
    assert f"{asked.MOST_BYTES // 1024} KiB" in API
    assert f"{asked.MOST_POINTS:,} values" in API
