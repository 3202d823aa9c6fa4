"""The processes do not grow with the number of requests."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import orjson
import pytest

from osteoaxis.web.asked import Comparison
from osteoaxis.web.catalogue import Catalogue
from osteoaxis.web.encode import to_json
from osteoaxis.web.runs import compare

WARM, MORE = 30, 120
MOST_MIB = 12.0


def resident() -> float:
    """MiB of this process."""
    (size,) = re.findall(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(size) / 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_a_worker_does_not_grow(known: Catalogue) -> None:
    def ask(number: int) -> None:
        patient = {"age": 55.0 + number / 100, "menopause_age": 50}
        given = {"a": f"letrozole 2.5 mg po qd [m0-m{12 + number}]"}
        found = compare(known, Comparison(patient=patient, strategies=given, years=2.0))
        assert len(to_json(found)) > 1000

    for number in range(WARM):
        ask(number)
    before = resident()
    for number in range(WARM, WARM + MORE):
        ask(number)
    assert resident() - before < MOST_MIB


def test_the_server_keeps_only_what_is_the_same_for_everyone(client: httpx.Client) -> None:
    one = {"patient": {"age": 61.5}, "years": 0.5, "quantities": ["lumbar_spine_bmd"]}
    other = {**one, "patient": {"age": 71.5}}
    first, second, again = (
        orjson.loads(client.post("/api/simulate", json=body).content) for body in (one, other, one)
    )
    assert first == again != second
