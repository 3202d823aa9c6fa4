"""The command line: `osteoaxis run`, `compare`, `evidence`, `list`, `show` and more."""

from __future__ import annotations

import sys

import typer

from osteoaxis.cli.app import EXIT_AGAIN, EXIT_INPUT, EXIT_SOLVER, app
from osteoaxis.errors import InputError, OsteoaxisError, StoppedError

# Each registers its commands; the help lists them in this order.
from osteoaxis.cli import simulate, people, serve, lookup, credibility  # noqa: F401 # isort: skip

__all__ = ["app", "main"]


def main() -> None:
    """Run the command line; errors become one message and an exit code.

    2: input, 3: solver, 75: stopped by what may be gone when the same command is run again, 130:
    interrupted.
    """
    try:
        app()
    except OsteoaxisError as problem:
        typer.echo(f"osteoaxis: {problem}", err=True)
        codes = {InputError: EXIT_INPUT, StoppedError: EXIT_AGAIN}
        sys.exit(codes.get(type(problem), EXIT_SOLVER))
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
