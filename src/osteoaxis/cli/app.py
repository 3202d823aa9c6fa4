"""The application, and the options that several commands share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from osteoaxis import DISCLAIMER

EXIT_INPUT = 2
EXIT_SOLVER = 3
EXIT_AGAIN = 75  # EX_TEMPFAIL of sysexits.h: run the same command again
EXIT_INTERRUPTED = 130


class _Group(TyperGroup):
    """What all commands share: words for Ctrl-C, which typer ends without any."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as interrupt:
            told = str(interrupt) or "nothing half-written was left."
            typer.echo(f"osteoaxis: interrupted; {told}", err=True)
            raise typer.Exit(EXIT_INTERRUPTED) from None
        except typer.BadParameter as problem:
            problem.message = problem.message.removeprefix("Value error, ")
            raise


@contextmanager
def resumable() -> Iterator[None]:
    """Let an interruption say that what is finished is kept."""
    try:
        yield
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            "what is finished was kept, and the same command goes on with what is missing."
        ) from None


app = typer.Typer(
    cls=_Group,
    help="What aromatase inhibitors do to bone: a mechanistic, sourced simulator. " + DISCLAIMER,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # in rich's own, text in brackets is lost
    context_settings={"help_option_names": ["-h", "--help"]},
)


def scenario_names(incomplete: str) -> list[str]:
    from osteoaxis.scenario import scenarios

    return [name for name in scenarios() if name.startswith(incomplete)]


Scenario = Annotated[
    str,
    typer.Argument(
        help="A built-in scenario (see 'osteoaxis list scenarios') or a TOML file.",
        autocompletion=scenario_names,
    ),
]
Seed = Annotated[
    int, typer.Option(min=0, help="Of chance, where rules of a regimen leave doses to it.")
]
JsonOnly = Annotated[
    bool, typer.Option("--json", help="Print one JSON object and, without -o, write nothing.")
]
Dask = Annotated[
    str | None,
    typer.Option(
        "--dask",
        metavar="WHERE",
        help="Work on Dask: tcp://HOST:PORT of a scheduler, a number of processes, or 'local'.",
    ),
]
Drugs = Annotated[
    Path | None,
    typer.Option("--drugs", metavar="DIR", help="Folder with further drug files (TOML)."),
]


def model_names(incomplete: str) -> list[str]:
    from osteoaxis.published import PUBLISHED

    return [name for name in PUBLISHED if name.startswith(incomplete)]


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"osteoaxis {version('osteoaxis')}")
        raise typer.Exit


@app.callback()
def _options(
    _version_wanted: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """What aromatase inhibitors do to bone, computed mechanism by mechanism."""
