"""A progress bar on standard error for whatever takes more than a moment."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class Steps:
    """Shows named stages with the share done; silent when `quiet`."""

    def __init__(self, *, quiet: bool = False) -> None:
        console = Console(stderr=True)
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=quiet or not console.is_interactive,  # else it would leave blank lines
        )
        self._task = self._bar.add_task("Starting", total=1.0)

    def __enter__(self) -> Steps:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def update(self, stage: str, share: float) -> None:
        """Show that `stage` is done up to `share` (0 to 1)."""
        self._bar.start()
        self._bar.update(self._task, description=stage, completed=share)

    def clear(self) -> None:
        """Take the bar away until the next update."""
        self._bar.stop()
