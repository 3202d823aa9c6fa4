"""Writing results so that nothing half-written is ever left behind."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from osteoaxis.errors import InputError

KINDS = {
    "run": "report.html",
    "population": "population.zarr",
    "trial": "adsl.csv",
    "sensitivity": "sensitivity.csv",
    "validate": "credibility.html",
}
"""Commands whose results share names (summary.json), each with a file that it alone writes."""


def check_folder(folder: Path, kind: str = "") -> None:
    """Raise `InputError` if results cannot be written to `folder`; leaves nothing behind.

    Nor can those of one of `KINDS` where another's are.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"output folder '{folder}': is a file.")
    for other, mark in KINDS.items():
        if kind and kind != other and (folder / mark).exists():
            raise InputError(
                f"output folder '{folder}': holds what 'osteoaxis {other}' wrote ({mark}), which "
                f"'osteoaxis {kind}' would mix with its own; choose another with -o."
            )
    parent = folder
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        raise InputError(f"output folder '{folder}': '{parent}' cannot be written to.")


def check_file(path: Path, endings: Collection[str]) -> None:
    """Raise `InputError` if `path` does not end so, or cannot be written; leaves nothing behind."""
    if path.suffix.lower() not in endings:
        raise InputError(f"output file '{path}': must end in {' or '.join(endings)}.")
    if path.is_dir():
        raise InputError(f"output file '{path}': is a folder.")
    check_folder(path.parent)


def write_file(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; raises `InputError` when it cannot be written."""
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(path)
    except OSError as problem:
        raise InputError(f"output file '{path}': {problem.strerror or problem}.") from problem
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def staged(folder: Path, kind: str = "", perhaps: Collection[str] = ()) -> Iterator[Path]:
    """Give an empty folder to write to; its files move into `folder` only when all are there.

    Files of the same name are replaced, and those written `perhaps` are removed where they were not
    written this time; others in `folder` stay. Raises `InputError` as `check_folder` does.
    """
    check_folder(folder, kind)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as problem:
        raise InputError(f"output folder '{folder}': {problem.strerror}.") from problem
    try:
        yield stage
        folder.mkdir(exist_ok=True)
        for name in perhaps:
            if not (stage / name).exists():
                (folder / name).unlink(missing_ok=True)
        for path in sorted(stage.iterdir()):
            path.replace(folder / path.name)
    except OSError as problem:
        raise InputError(f"output folder '{folder}': {problem.strerror or problem}.") from problem
    finally:
        shutil.rmtree(stage, ignore_errors=True)
