"""Tasks for the tests of the processes: they must be importable there."""

from __future__ import annotations

import os
import time

from osteoaxis.errors import InputError
from osteoaxis.web.catalogue import Catalogue


def sleep(_: Catalogue, seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def end(_: Catalogue, code: int) -> None:
    os._exit(code)


def wrong(_: Catalogue, text: str) -> None:
    raise InputError(text)


def fault(_: Catalogue, text: str) -> None:
    raise KeyError(text)


def count(known: Catalogue, _: None) -> int:
    return len(known.quantities)
