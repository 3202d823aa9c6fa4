"""Compiled code on disk: built in a private folder, moved into place whole, checked on load."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import llvmlite  # type: ignore[import-untyped]
import llvmlite.binding  # type: ignore[import-untyped]
import numpy as np
import platformdirs

MANIFEST = "manifest.json"


def folder() -> Path:
    """Return the folder of compiled code: $OSTEOAXIS_CACHE, or the user's cache folder."""
    chosen = os.environ.get("OSTEOAXIS_CACHE")
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("osteoaxis"))


def key(*parts: str) -> str:
    """Hash what compiled code depends on: the given texts, the compiler and the machine."""
    machine = (
        llvmlite.__version__,
        np.__version__,
        platform.python_version(),
        platform.machine(),
        llvmlite.binding.get_host_cpu_name(),
        llvmlite.binding.get_host_cpu_features().flatten(),
    )
    return hashlib.sha256("\n".join((*parts, *machine)).encode()).hexdigest()[:32]


def entry(name: str, key_: str, build: Callable[[Path], None]) -> Path:
    """Return the folder of this entry, made by `build(folder)` if it is not there or damaged.

    Where the cache cannot be written, the entry lives in a temporary folder.
    """
    home = folder() / f"{name}_{key_}"
    if _intact(home):
        return home
    shutil.rmtree(home, ignore_errors=True)
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix="building-", dir=home.parent))
    except OSError:
        draft = Path(tempfile.mkdtemp(prefix="osteoaxis-"))
    build(draft)
    files = sorted(p for p in draft.rglob("*") if p.is_file() and p.suffix != ".pyc")
    manifest = {p.relative_to(draft).as_posix(): _digest(p) for p in files}
    (draft / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    try:
        draft.rename(home)
    except OSError:  # another process was first, or the cache cannot be written
        if not _intact(home):
            return draft
        shutil.rmtree(draft, ignore_errors=True)
    return home


def _intact(home: Path) -> bool:
    try:
        manifest = json.loads((home / MANIFEST).read_text(encoding="utf-8"))
        return all(_digest(home / name) == digest for name, digest in manifest.items())
    except (OSError, ValueError, AttributeError):
        return False


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def load_module(path: Path) -> ModuleType:
    """Import the Python file at `path`; what Numba compiles for it is kept beside it."""
    import numba

    name = f"osteoaxis_compiled_{path.stem}"  # one name wherever it lies: Numba's files hold it
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot import {path}")
    module = importlib.util.module_from_spec(spec)
    elsewhere, numba.config.CACHE_DIR = numba.config.CACHE_DIR, ""
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    finally:
        numba.config.CACHE_DIR = elsewhere
    return module
