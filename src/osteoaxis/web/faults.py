"""Faults of ours, told without what a request held."""

from __future__ import annotations

import traceback
from pathlib import Path


class Fault(Exception):
    """Something raised what nobody expected; the text names its type and where it came from.

    Messages of exceptions may hold what a person typed in, so they are left out.
    """

    @classmethod
    def of(cls, raised: BaseException) -> Fault:
        """Return the fault of an exception."""
        if isinstance(raised, cls):
            return raised
        frames = traceback.extract_tb(raised.__traceback__)
        way = " > ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in frames)
        return cls(f"{type(raised).__name__} at {way}")
