"""The reference of the command line, from the commands themselves."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import typer

from _generate.text import plain, table
from osteoaxis.cli import app


def page() -> str:
    """Return every command with its arguments and options."""
    commands = _commands(typer.main.get_command(app), "osteoaxis")
    return "".join(_section(name, command) for name, command in commands)


def _commands(group: Any, name: str) -> Iterator[tuple[str, Any]]:
    for key, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{name} {key}")
        else:
            yield f"{name} {key}", command


def _section(name: str, command: Any) -> str:
    with command.make_context(name, [], resilient_parsing=True) as context:
        usage = " ".join(command.collect_usage_pieces(context))
        rows = [_row(parameter, context) for parameter in command.params]
    about = plain(inspect.cleandoc(command.help or ""))
    text = f"## {name}\n\n{about}\n\n```console\n$ {name} {usage}\n```\n\n"
    return text + (table(("argument or option", "meaning"), filter(None, rows)) if rows else "")


def _row(parameter: Any, context: Any) -> tuple[str, str] | None:
    found = parameter.get_help_record(context)
    return found and (f"`{found[0]}`", plain(found[1]))
