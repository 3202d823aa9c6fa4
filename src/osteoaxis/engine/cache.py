"""Compiled modules on disk: built in a private folder, moved into place whole, checked on load."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import platform
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import llvmlite  # type: ignore[import-untyped]
import llvmlite.binding  # type: ignore[import-untyped]
import numba
import numpy as np
import platformdirs
from numba.core.errors import NumbaExperimentalFeatureWarning

MANIFEST = "manifest.json"

_loaded: dict[str, ModuleType] = {}


def folder() -> Path:
    """Return the folder of compiled modules: $OSTEOAXIS_CACHE, or the user's cache folder."""
    chosen = os.environ.get("OSTEOAXIS_CACHE")
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("osteoaxis"))


def key(*parts: str) -> str:
    """Hash what a compiled module depends on: the given texts, the compiler and the machine."""
    machine = (
        numba.__version__,
        llvmlite.__version__,
        np.__version__,
        platform.python_version(),
        platform.machine(),
        llvmlite.binding.get_host_cpu_name(),
        llvmlite.binding.get_host_cpu_features().flatten(),
    )
    return hashlib.sha256("\n".join((*parts, *machine)).encode()).hexdigest()[:32]


def load(
    name: str, key_: str, source: Callable[[], str], compiling: Callable[[], None]
) -> ModuleType:
    """Return the compiled module of this key, building it from `source()` if need be.

    `compiling` is called before a build. A damaged entry is rebuilt; a folder that cannot be
    written is replaced by a temporary one.
    """
    title = f"{name}_{key_}"
    if title in _loaded:
        return _loaded[title]
    home = folder() / title
    module = _load_checked(title, home)
    if module is None:
        compiling()
        module = _build(title, home, source())
    _loaded[title] = module
    return module


def _build(title: str, home: Path, text: str) -> ModuleType:
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix="building-", dir=home.parent))
    except OSError:
        draft = Path(tempfile.mkdtemp(prefix="osteoaxis-"))
    (draft / "module.py").write_text(text, encoding="utf-8")
    module = _import(title, draft / "module.py")
    files = sorted(p for p in draft.rglob("*") if p.suffix in (".py", ".nbi", ".nbc"))
    manifest = {p.relative_to(draft).as_posix(): _digest(p) for p in files}
    (draft / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    try:
        draft.rename(home)
    except OSError:  # another process was first, or the cache cannot be written
        shutil.rmtree(draft, ignore_errors=True)
    return module


def _load_checked(title: str, home: Path) -> ModuleType | None:
    try:
        manifest = json.loads((home / MANIFEST).read_text(encoding="utf-8"))
        if all(_digest(home / name) == digest for name, digest in manifest.items()):
            return _import(title, home / "module.py")
    except FileNotFoundError:
        if not home.exists():
            return None
    except Exception:  # whatever is wrong with a cache entry, the cure is to rebuild it
        pass
    shutil.rmtree(home, ignore_errors=True)
    return None


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _import(title: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"osteoaxis_compiled.{title}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot import {path}")
    module = importlib.util.module_from_spec(spec)
    elsewhere, numba.config.CACHE_DIR = numba.config.CACHE_DIR, ""  # keep beside the module
    sys.modules[spec.name] = module
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NumbaExperimentalFeatureWarning)
            spec.loader.exec_module(module)
    finally:
        numba.config.CACHE_DIR = elsewhere
    return module
