"""Reading TOML files with errors a person can act on."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from osteoaxis.errors import InputError, did_you_mean

MAX_BYTES = 1_000_000
MADE_FOR = {
    "participants": "a trial (osteoaxis trial)",
    "covariates": "a population (osteoaxis population)",
    "today": "a person with results (osteoaxis forecast, report)",
    "patient": "a scenario (osteoaxis run, compare, report)",
    "routes": "a drug (--drugs FOLDER)",
    "sex": "a patient (osteoaxis guidelines; 'patient' of a scenario)",
}
"""Keys by which a file of another kind is known, and what it is."""


def find(kind: str, name: str, built_in: Mapping[str, Path]) -> tuple[Path, str]:
    """Return the file of what is called `name`, or of this path, and what errors call it.

    Raises `InputError` for a name that is neither in `built_in` nor the path of a TOML file.
    """
    if name in built_in:
        return built_in[name], f"{kind} '{name}'"
    path = Path(name)
    if path.suffix != ".toml" and not path.exists():
        raise InputError(
            f"unknown {kind} '{name}'.{did_you_mean(name, built_in)}"
            f" Built in: {', '.join(built_in)}; or give a .toml file."
        )
    return path, str(path)


def beside(path: Path, given: str) -> str:
    """Return the path of what the file at `path` names: beside it, where there is such a file."""
    found = path.parent / given
    return str(found) if given.endswith(".toml") and found.exists() else given


def read(path: Path) -> dict[str, Any]:
    """Return the tables of a TOML file; raises `InputError` naming the file and the problem."""
    try:
        if path.is_dir():
            raise InputError(f"{path}: is a folder, a TOML file is needed.")
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path}: is larger than {MAX_BYTES:,} bytes.")
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as problem:
        raise InputError(f"{path}: is not a text file (UTF-8).") from problem
    except OSError as problem:
        raise InputError(f"{path}: cannot be read ({problem.strerror}).") from problem
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        raise InputError(f"{path}: is not valid TOML: {problem}.") from problem


def known_keys(table: Mapping[str, Any], allowed: Iterable[str], where: str) -> None:
    """Raise `InputError` for a key that is not in `allowed`."""
    allowed = list(allowed)
    for key in table:
        if key not in allowed:
            other = [
                kind for mark, kind in MADE_FOR.items() if mark in table and mark not in allowed
            ]
            made_for = f" The file looks like {other[0]}." if other else ""
            raise InputError(
                f"{where}: unknown key '{key}'.{made_for}{did_you_mean(key, allowed)}"
                f" Allowed: {', '.join(allowed)}."
            )


def sub_table(table: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    """Return a table inside a table, empty when absent."""
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise InputError(f"{where}: '{key}' must be a table, not {value!r}.")
    return value


def number(value: Any, low: float, high: float, unit: str, where: str) -> float:
    """Return `value` as a finite number between `low` and `high`, or raise `InputError`."""
    wanted = f"must be a number in {unit}" if unit else "must be a number"
    if value is None:
        raise InputError(f"{where}: is missing; it {wanted}.")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(f"{where}: {wanted}, not {value!r}.")
    if not low <= value <= high:
        raise InputError(f"{where}: {value:g} is outside {low:g} to {high:g}{unit and f' {unit}'}.")
    return float(value)


def whole(value: Any, low: int, high: int, unit: str, where: str) -> int:
    """Return `value` as a whole number between `low` and `high`, or raise `InputError`."""
    found = number(value, low, high, unit, where)
    if found != int(found):
        raise InputError(f"{where}: must be a whole number in {unit}, not {value!r}.")
    return int(found)


def text(value: Any, where: str) -> str:
    """Return `value` as a non-empty text, or raise `InputError`."""
    if value is None:
        raise InputError(f"{where}: is missing; it must be a text.")
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{where}: must be a text, not {value!r}.")
    return value.strip()


def one_of(value: Any, allowed: Collection[str], where: str) -> str:
    """Return `value` if it is one of `allowed`, or raise `InputError`."""
    if value not in allowed:
        raise InputError(
            f"{where}: '{value}' is not allowed.{did_you_mean(str(value), allowed)}"
            f" Allowed: {', '.join(allowed)}."
        )
    return str(value)
