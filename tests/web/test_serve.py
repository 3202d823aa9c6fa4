"""`osteoaxis serve` from the command line: it tells where it is, and ends cleanly."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys

import httpx
import pytest
from typer.testing import CliRunner

from osteoaxis.cli import app
from osteoaxis.errors import InputError
from osteoaxis.web.server import _loopback

SERVE = [sys.executable, "-m", "osteoaxis.cli", "serve"]


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent otherwise there")
def test_serves_until_interrupted() -> None:
    command = [*SERVE, "--host", "0.0.0.0", "--port", "0", "--workers", "1"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        (port,) = re.findall(r"Explorer: http://0\.0\.0\.0:(\d+)", line)
        url = f"http://127.0.0.1:{port}"
        assert httpx.get(f"{url}/api/health", timeout=60.0).json() == {"status": "ok"}
        assert httpx.get(url, timeout=60.0).headers["content-type"].startswith("text/html")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "Traceback" not in out + err
    assert "can be reached by other machines" in err
    assert "GET /api/health 200" in err
    assert "127.0.0.1" not in err


def test_says_that_the_port_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        found = CliRunner().invoke(app, ["serve", "--port", port])
    assert isinstance(found.exception, InputError)
    assert f"--port {port}: cannot listen there" in str(found.exception)


def test_says_that_the_host_is_unknown() -> None:
    found = CliRunner().invoke(app, ["serve", "--host", "no-such-host.invalid"])
    assert isinstance(found.exception, InputError)
    assert "no-such-host.invalid" in str(found.exception)


@pytest.mark.parametrize(
    ("host", "alone"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("a.b", False)],
)
def test_knows_who_can_reach_it(host: str, alone: bool) -> None:
    assert _loopback(host) is alone
