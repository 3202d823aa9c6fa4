"""Where a benchmark ran, and a standard output that only it writes to."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO


def machine() -> dict[str, Any]:
    model = platform.processor()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = [k for k in cpuinfo.read_text().splitlines() if k.startswith("model name")]
        model = lines[0].partition(":")[2].strip() if lines else model
    return {
        "processor": model, "cores": os.cpu_count(), "system": platform.platform(),
        "python": platform.python_version(),
    }  # fmt: skip


@contextmanager
def only_ours() -> Iterator[TextIO]:
    """Send what libraries print to standard error; yields standard output."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with os.fdopen(os.dup(kept), "w", encoding="utf-8") as out:
            yield out
    finally:
        os.dup2(kept, 1)
        os.close(kept)
