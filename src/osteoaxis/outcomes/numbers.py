"""Numbers with a source and an uncertainty, read from a TOML file and drawn together.

A number is written `{ ratio = 2.3, low = 1.9, high = 2.8, read = true, source = "..." }` or with
`per_1000` (both drawn on a log scale, `low` and `high` being 95 % limits), or
`{ slope = 0.6, sd = 0.15, ... }`, drawn as it is. Tables may be nested; `gradient.hip` is the
name of `hip` in table `gradient`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from osteoaxis import toml
from osteoaxis.errors import InputError
from osteoaxis.outcomes.change import Z95

Array = NDArray[np.float64]

REFERENCE = Path(__file__).parent / "reference"
LIMITS_IN_SD = 2 * Z95


@dataclass(frozen=True)
class Number:
    """A number on the scale it is drawn on: log of a ratio, log of a rate per year, or itself."""

    value: float
    sd: float
    source: str
    read: bool


@lru_cache
def numbers(name: str) -> Mapping[str, Number]:
    """Return the numbers of `reference/<name>.toml` by dotted name.

    Raises `InputError` naming the number that is incomplete.
    """
    return dict(_leaves(toml.read(REFERENCE / f"{name}.toml"), ""))


def central(name: str) -> Mapping[str, float]:
    """Return the central values of `reference/<name>.toml`."""
    return {key: number.value for key, number in numbers(name).items()}


def draws(name: str, count: int, seed: int) -> Mapping[str, Array]:
    """Return `count` normal draws of each number, shape `(count, 1)`; equal for equal seeds.

    Two arms drawn with the same seed share their draws, so that their difference keeps what is
    certain about it although both levels are not.
    """
    known = numbers(name)
    normal = np.random.default_rng(seed).standard_normal((len(known), count, 1))
    return {
        key: number.value + number.sd * deviates
        for (key, number), deviates in zip(known.items(), normal, strict=True)
    }


def _leaves(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Number]]:
    for key, entry in table.items():
        name = f"{prefix}{key}"
        if "source" in entry:
            yield name, _number(entry, name)
        else:
            yield from _leaves(entry, f"{name}.")


def _number(entry: Mapping[str, Any], name: str) -> Number:
    try:
        source, read = str(entry["source"]), bool(entry["read"])
        if "slope" in entry:
            return Number(float(entry["slope"]), float(entry["sd"]), source, read)
        scale = 1.0 if "ratio" in entry else 1e-3
        middle = scale * (entry["ratio"] if "ratio" in entry else entry["per_1000"])
        sd = np.log(entry["high"] / entry["low"]) / LIMITS_IN_SD
    except (KeyError, TypeError) as problem:
        raise InputError(f"{name}: incomplete number ({problem}).") from problem
    return Number(float(np.log(middle)), float(sd), source, read)
