"""What is too much, wrong or hostile is refused in one form, and the server stays up."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
import urllib.parse
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import orjson
import pytest
from starlette.types import Receive, Scope, Send

from osteoaxis.web.app import STATIC
from osteoaxis.web.asked import MOST_BYTES, MOST_DEPTH
from osteoaxis.web.guard import SECURITY, Buckets, Guard
from osteoaxis.web.problems import MEDIA
from osteoaxis.web.workers import Stopped, TooBusy, TooLong, Workers

SCRIPT = "<script>alert(1)</script>"
DOSES = " + ".join(f"letrozole 2.5 mg po qd [m{k}-m{k + 1}]" for k in range(400))


Aside = Callable[[Coroutine[Any, Any, Any]], Any]


def wait_for(true: Callable[[], bool]) -> None:
    """Wait for what the server does after it has answered."""
    end = time.monotonic() + 30.0
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def deep(levels: int) -> str:
    """Nested lists inside a patient."""
    return '{"patient": {"history": ' + "[" * levels + "]" * levels + "}}"


def posted(client: httpx.Client, body: str | bytes, path: str = "simulate") -> httpx.Response:
    """Post a body as JSON, whatever it is."""
    return client.post(f"/api/{path}", content=body, headers={"Content-Type": "application/json"})


def refused(answer: httpx.Response, status: int, *words: str) -> None:
    """Hold an answer to be a problem of this status, saying these words."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == MEDIA
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "detail"}
    assert problem["status"] == status
    assert "Traceback" not in answer.text
    for word in words:
        assert word in problem["detail"]
    for name, value in SECURITY.items():
        assert answer.headers[name] == value


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ("", 400, ["JSON"]),
        ("{", 400, ["JSON"]),
        ('{"years": NaN}', 400, ["NaN"]),
        ('{"patient": {"age": Infinity}}', 400, ["infinity"]),
        ('{"patient": {"age": 1e999}}', 400, []),
        (b'{"regimen": "\xff\xfe"}', 400, []),
        (deep(MOST_DEPTH), 400, ["nested"]),
        (deep(100_000), 400, []),
        ("[1]", 422, []),
        ("null", 422, []),
        ('{"years": 1, "regime": "none"}', 422, ["regime"]),
        ('{"yeras": 1}', 422, ["unknown field 'yeras'. Did you mean 'years'", "Allowed: patient"]),
        ('{"years": 61}', 422, ["years"]),
        ('{"years": 0}', 422, ["years"]),
        ('{"step": 0.01}', 422, ["step"]),
        ('{"intervals": 61}', 422, ["intervals"]),
        ('{"intervals": true}', 422, ["intervals"]),
        ('{"seed": -1}', 422, ["seed"]),
        ('{"dosing": "often"}', 422, ["dosing"]),
        ('{"quantities": []}', 422, ["quantities"]),
        ('{"quantities": ["rankle"]}', 422, ["rankle", "rankl"]),
        ('{"years": 60, "step": 0.25, "quantities": %s}', 422, ["limit is 250,000"]),
        ('{"regimen": ""}', 422, ["regimen"]),
        ('{"regimen": "letrozol 2.5 mg po qd"}', 422, ["letrozole"]),
        ('{"regimen": "letrozole 2.5 mg po qd [start when os.system < 1]"}', 422, ["regimen"]),
        ('{"patient": "nobody"}', 422, ["nobody", "older-man"]),
        ('{"patient": "/etc/passwd"}', 422, ["unknown patient"]),
        ('{"patient": "pyproject.toml"}', 422, ["unknown patient"]),
        ('{"patient": {"age": null}}', 422, ["age"]),
        ('{"patient": {"sex": ["male"]}}', 422, ["sex"]),
        ('{"patient": {"history": {"smoking": 1}}}', 422, ["smoking"]),
        ('{"patient": {"parameters": {"rankl": {"nothing": 1}}}}', 422, ["rankl.nothing"]),
        ('{"patient": {"baseline": {"estradiol": 1e300}}}', 422, ["estradiol"]),
        ('{"patient": {"sex": "male", "menopause_age": 50}}', 422, ["menopause_age"]),
    ],
)  # fmt: skip
def test_what_cannot_be_simulated_is_refused(
    client: httpx.Client, body: str | bytes, status: int, words: list[str]
) -> None:
    if isinstance(body, str) and "%s" in body:
        body = body % orjson.dumps([*client.get("/api/catalogue").json()["quantities"]]).decode()
    refused(posted(client, body), status, *words)
    assert client.get("/api/health").status_code == 200


@pytest.mark.parametrize(
    "strategies",
    [{}, {str(k): "none" for k in range(5)}, {"": "none"}, {"a": ""}, {"a": "b" * 10_001}],
)
@pytest.mark.parametrize("path", ["compare", "people"])
def test_strategies_have_limits(
    client: httpx.Client, strategies: dict[str, str], path: str
) -> None:
    refused(posted(client, orjson.dumps({"strategies": strategies}), path), 422, "strategies")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"years": 20.5}, ["years"]),
        ({"step": 0.5}, ["step"]),
        ({"intervals": 20}, ["intervals"]),
        ({"patient": "nobody"}, ["nobody"]),
        ({"strategies": {"mine": "letrozol 2.5 mg po qd"}}, ["mine: ", "letrozole"]),
        ({"strategies": {"mine": "letrozole 2.5 mg po qd [m-600-m0]"}}, ["simulated life"]),
        ({"strategies": {"daily": "teriparatide 20 ug sc qd"}, "years": 20}, ["too many doses"]),
        ({"strategies": {"missed": "letrozole 2.5 mg po qd [taken 80 %]"}, "years": 10},
         ["too many doses"]),
        ({"patient": {"baseline": {"pth": 1000, "egfr": 5, "vitamin_d": 2}}}, ["no steady state"]),
    ],
)  # fmt: skip
def test_people_who_cannot_be_simulated_are_refused(
    client: httpx.Client, body: dict[str, Any], words: list[str]
) -> None:
    whole = {"strategies": {"none": "none"}, "years": 1, **body}
    refused(posted(client, orjson.dumps(whole), "people"), 422, *words)


def test_a_name_of_a_strategy_is_told_in_errors(client: httpx.Client) -> None:
    body = {"strategies": {"mine": "letrozole 2.5 mg po"}}
    refused(posted(client, orjson.dumps(body), "compare"), 422, "mine: regimen term")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("{}", ["kind"]),
        ('{"kind": "xray"}', ["'scans', 'scan', 'level'"]),
        ('{"kind": "scans", "site": "wrist", "before": 1, "after": 1}', ["site"]),
        ('{"kind": "scans", "site": "total_hip", "before": 820, "after": 1}', ["before: 820"]),
        ('{"kind": "scans", "site": "total_hip", "before": 1, "after": "1"}', ["after"]),
        ('{"kind": "scans", "site": "total_hip", "before": 1, "after": 1, "precision": 0}',
         ["precision: 0"]),
        ('{"kind": "scan", "site": "total_hip", "value": 0, "device": "lunar", "sex": "male"}',
         ["value: 0 is outside 0.2 to 2.5 g/cm2"]),
        ('{"kind": "scan", "site": "total_hip", "value": 1, "device": "lunar"}', ["sex"]),
        ('{"kind": "level", "test": "ctx", "value": 0.4, "unit": "9**9**9**9"}', ["ng/mL"]),
        ('{"kind": "level", "test": "rankl", "value": 1, "unit": "pmol/L"}', ["test"]),
        ('{"kind": "level", "test": "estradiol", "value": -1, "unit": "pmol/L"}', ["pmol/L"]),
        ('{"kind": "level", "test": "estradiol", "value": 9, "later": 8, "unit": "pg/mL"}',
         ["later", "ctx"]),
        ('{"kind": "level", "test": "ctx", "value": 0.4, "unit": "ng/mL", "more": 1}', ["more"]),
    ],
)  # fmt: skip
def test_a_result_that_cannot_be_is_refused(
    client: httpx.Client, body: str, words: list[str]
) -> None:
    refused(posted(client, body, "check"), 422, *words)


@pytest.mark.parametrize("size", [MOST_BYTES + 1, 20 * MOST_BYTES])
def test_large_bodies_are_refused_with_and_without_their_length(
    client: httpx.Client, size: int
) -> None:
    body = b'{"regimen": "' + b"a" * size + b'"}'
    refused(posted(client, body), 413)
    chunks = (body[k : k + 65_536] for k in range(0, len(body), 65_536))
    try:
        answer = client.post(
            "/api/simulate", content=chunks, headers={"Content-Type": "application/json"}
        )
    except (httpx.WriteError, httpx.RemoteProtocolError, httpx.ReadError):
        pass  # the server closed while we were still sending
    else:
        refused(answer, 413)
    assert client.get("/api/health").status_code == 200


def test_a_long_regimen_is_solved_or_refused(client: httpx.Client) -> None:
    assert posted(client, orjson.dumps({"regimen": DOSES[:9_000]})).status_code == 422
    assert posted(client, orjson.dumps({"regimen": DOSES.split(" + ")[0]})).status_code == 200
    refused(posted(client, orjson.dumps({"regimen": DOSES + "x" * 10_000})), 422, "regimen")


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_only_json_is_taken(client: httpx.Client, kind: str) -> None:
    refused(client.post("/api/simulate", content="{}", headers={"Content-Type": kind}), 415)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api", 404),
        ("GET", "/api/nothing", 404),
        ("GET", "/nothing.html", 404),
        ("GET", "/api/simulate", 405),
        ("DELETE", "/api/catalogue", 405),
        ("PUT", "/index.html", 405),
        ("GET", "/api/quantities/rankle", 404),
        ("GET", "/api/evidence/nothing", 404),
        ("GET", "/api/evidence?drug=letrozol", 422),
        ("GET", "/api/evidence?endpoint=nothing", 422),
        ("GET", "/api/evidence?drug=letrozole&sex=other", 422),
        ("GET", f"/api/evidence?{'drug=letrozole&' * 11}", 422),
        ("GET", f"/api/evidence?drug={'a' * 1000}", 422),
    ],
)
def test_other_addresses_are_problems(
    client: httpx.Client, method: str, path: str, status: int
) -> None:
    refused(client.request(method, path), status)


def raw(address: str, target: str) -> tuple[int, bytes]:
    """Get a target as it is written; clients would tidy it."""
    host = urllib.parse.urlsplit(address)
    with socket.create_connection((host.hostname or "", host.port or 0), timeout=10) as line:
        line.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: line.recv(65_536), b""))
    return int(answer.split()[1]), answer


@pytest.mark.parametrize(
    "target",
    [
        "/../app.py", "/%2e%2e/app.py", "/..%2fapp.py", "/js/../../app.py", "/js/..%5c..%5capp.py",
        "//etc/passwd", "/%2fetc%2fpasswd", "/..%00/app.py", "/%00", "/C:%5cwindows",
        "/....//app.py", "/js", "/templates/docs.html",
    ],
)  # fmt: skip
def test_static_files_do_not_leave_their_folder(address: str, target: str) -> None:
    assert (STATIC.parent / "app.py").exists()
    status, answer = raw(address, target)
    assert 400 <= status < 500 or status in (301, 302, 307), answer
    assert b"create_app" not in answer
    assert b"root:" not in answer


def test_script_in_names_is_never_html(client: httpx.Client) -> None:
    patient = {"name": SCRIPT, "age": 60}
    answers = [
        posted(client, orjson.dumps({"patient": patient, "years": 0.1, "quantities": ["ctx"]})),
        posted(client, orjson.dumps({"patient": SCRIPT})),
        posted(client, orjson.dumps({"regimen": SCRIPT})),
        posted(client, orjson.dumps({"strategies": {SCRIPT: "none"}, "years": 0.1}), "compare"),
        client.get(f"/api/quantities/{urllib.parse.quote(SCRIPT)}"),
        client.get(f"/{urllib.parse.quote(SCRIPT)}"),
    ]
    for answer in answers:
        assert answer.headers["content-type"] in ("application/json", MEDIA)
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/api/health", "/api/catalogue", "/api/docs", "/nothing"])
def test_headers_of_security_are_on_every_answer(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    for name, value in SECURITY.items():
        assert headers[name] == value
    policy = headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "server" not in headers


def test_nothing_is_kept_of_what_was_computed(client: httpx.Client) -> None:
    assert posted(client, b'{"years": 0.1}').headers["cache-control"] == "no-store"


def test_a_client_may_ask_only_so_often() -> None:
    buckets = Buckets(rate=2.0, burst=3.0)
    assert [buckets.take("one", 0.0) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert buckets.take("one", 0.0) == pytest.approx(0.5)
    assert buckets.take("other", 0.0) == 0.0
    assert buckets.take("one", 0.5) == 0.0
    assert buckets.take("one", 0.5) > 0.0
    assert all(Buckets(0.0, 1.0).take("one", 0.0) == 0.0 for _ in range(10))


def test_clients_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("osteoaxis.web.guard.MOST_CLIENTS", 10)
    buckets = Buckets(rate=1.0, burst=1.0)
    for number in range(100):
        assert buckets.take(str(number), 0.0) == 0.0
    assert buckets.take("99", 0.0) > 0.0
    assert buckets.take("0", 0.0) == 0.0


async def faulty(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise ValueError("secret-of-a-person")


async def asked_of(guard: Guard, wait: float = 0.0, **scope: Any) -> list[dict[str, Any]]:
    """Send one request to a guard in this process, and return what it answers."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(wait)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    usual = {"type": "http", "method": "GET", "path": "/api/x", "headers": [], "query_string": b""}
    await guard(usual | scope, receive, send)
    return sent


def test_a_fault_of_ours_is_a_problem_and_tells_nothing_of_the_request(
    aside: Aside, caplog: pytest.LogCaptureFixture
) -> None:
    guard = Guard(faulty, Buckets(0.0, 1.0))
    start, body = aside(asked_of(guard))
    assert start["status"] == 500
    assert b"secret" not in body["body"]
    assert "ValueError at" in caplog.text
    assert "secret" not in caplog.text


def test_a_fault_inside_the_application_is_a_problem_too(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def listed(*_: object) -> None:
        raise KeyError("secret-of-a-person")

    monkeypatch.setattr("osteoaxis.web.studies.listed", listed)
    refused(client.get("/api/evidence"), 500, "mistake")
    wait_for(lambda: "KeyError at" in caplog.text)
    assert "secret" not in caplog.text


@pytest.mark.parametrize("raised", [TooBusy, TooLong, Stopped])
def test_what_cannot_be_computed_now_is_told(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, raised: type[Exception]
) -> None:
    async def run(*_: object) -> None:
        raise raised

    monkeypatch.setattr(Workers, "run", run)
    answer = posted(client, "{}")
    refused(answer, 503)
    assert ("retry-after" in answer.headers) is (raised is TooBusy)


def test_who_sends_too_slowly_is_not_waited_for(
    aside: Aside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("osteoaxis.web.guard.SECONDS_TO_SEND", 0.05)
    start, _ = aside(asked_of(Guard(faulty, Buckets(0.0, 1.0)), wait=60.0))
    assert start["status"] == 408


def test_too_many_requests_are_told_to_wait(aside: Aside) -> None:
    guard = Guard(faulty, Buckets(1.0, 1.0))
    client = ("192.0.2.1", 1)
    aside(asked_of(guard, client=client))
    start, body = aside(asked_of(guard, client=client))
    assert start["status"] == 429
    assert (b"retry-after", b"1") in start["headers"] or (b"retry-after", b"2") in start["headers"]
    assert orjson.loads(body["body"])["status"] == 429


def test_the_log_holds_no_personal_data(
    client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "osteoaxis.web"):
        posted(client, b'{"patient": {"name": "Jane Roe", "age": 61}, "years": 0.1}')
        client.get("/api/evidence", params={"drug": "my-drug"})
        client.get("/Jane-Roe")
        client.get("/api/quantities/Jane-Roe")
        wait_for(lambda: sum(r.name == "osteoaxis.web" for r in caplog.records) >= 4)
    lines = [r.getMessage() for r in caplog.records if r.name == "osteoaxis.web"]
    assert not any(word in line for line in lines for word in ("Roe", "my-drug", "127.0.0.1"))
    assert any(line.startswith("POST /api/simulate 200") for line in lines)
