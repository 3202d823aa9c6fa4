"""The console: as wide as the terminal, as `COLUMNS` says, or as a table is best read in a file."""

from __future__ import annotations

import os

from rich.console import Console


def opened(width: int) -> Console:
    """Return a console; `width` is that of a file or pipe where `COLUMNS` says nothing."""
    made = Console(highlight=False)
    if not made.is_terminal and not os.environ.get("COLUMNS", "").isdigit():
        made.width = width
    return made
