"""How osteoaxis fails: wrong input, equations that could not be solved, work that was stopped."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any


class OsteoaxisError(Exception):
    """Base of every error osteoaxis raises on purpose; its text is meant for a person."""


class InputError(OsteoaxisError):
    """Something the user gave is wrong; the message names field, value and what is allowed."""


class SolverError(OsteoaxisError):
    """The equations of one patient could not be solved; the message names patient, time and state.

    `partial` holds what was computed until then, if anything.
    """

    def __init__(self, message: str, partial: Any = None) -> None:
        super().__init__(message)
        self.partial = partial


class StoppedError(OsteoaxisError):
    """Work on many machines stopped through no fault of the input; the same command may go on."""


@contextmanager
def within(where: str) -> Iterator[None]:
    """Begin the message of an `InputError` raised here with `where` it is: a file, field or arm."""
    try:
        yield
    except InputError as problem:
        raise InputError(f"{where}: {problem}") from problem


def not_installed(what: str, library: str, extra: str) -> InputError:
    """Return the error that `what` needs a library of an extra, and how to install it."""
    return InputError(
        f"{what} needs {library}; in the checkout: pip install -c requirements.lock '.[{extra}]'."
    )


def did_you_mean(name: str, names: Iterable[str], *, limit: int = 3) -> str:
    """Return a sentence with the closest of `names`, or an empty string when none is close."""
    known = {candidate.casefold(): candidate for candidate in names}
    close = difflib.get_close_matches(name.casefold(), list(known), n=limit, cutoff=0.55)
    if not close:
        return ""
    return " Did you mean " + " or ".join(f"'{known[match]}'" for match in close) + "?"
