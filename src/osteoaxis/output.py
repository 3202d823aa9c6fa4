"""Writing results to a folder so that nothing half-written is ever left behind."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from osteoaxis.errors import InputError


def check_folder(folder: Path) -> None:
    """Raise `InputError` if results cannot be written to `folder`; leaves nothing behind."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"output folder '{folder}': is a file.")
    parent = folder
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        raise InputError(f"output folder '{folder}': '{parent}' cannot be written to.")


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """Give an empty folder to write to; its files move into `folder` only when all are there.

    Files of the same name are replaced, others in `folder` stay. Raises `InputError` when the
    folder cannot be written to.
    """
    check_folder(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as problem:
        raise InputError(f"output folder '{folder}': {problem.strerror}.") from problem
    try:
        yield stage
        folder.mkdir(exist_ok=True)
        for path in sorted(stage.iterdir()):
            path.replace(folder / path.name)
    except OSError as problem:
        raise InputError(f"output folder '{folder}': {problem.strerror or problem}.") from problem
    finally:
        shutil.rmtree(stage, ignore_errors=True)
