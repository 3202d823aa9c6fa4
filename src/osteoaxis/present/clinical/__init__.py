"""Reports for a person and their clinical team: two pages in plain words, then an appendix."""

from __future__ import annotations

from osteoaxis import scenario, toml
from osteoaxis.engine import Progress
from osteoaxis.forecast import Person, persons
from osteoaxis.present.clinical import own, typical
from osteoaxis.present.document import Document
from osteoaxis.scenario import Scenario
from osteoaxis.simulation import Simulator

__all__ = ["built_in", "find", "report"]


def built_in() -> list[str]:
    """Return the names of built-in scenarios and persons."""
    return [*scenario.scenarios(), *persons()]


def find(name: str) -> Scenario | Person:
    """Return the scenario or person called `name`, or that of a TOML file of this path.

    A file with a [person] is a person's. Raises `InputError` naming the file and field of what is
    wrong.
    """
    path, _ = toml.find("scenario or person", name, {**scenario.scenarios(), **persons()})
    return Person.load(name) if "person" in toml.read(path) else scenario.load(name)


def report(
    subject: Scenario | Person, ready: Simulator, *, seed: int, progress: Progress
) -> Document:
    """Return the report on the arms of a scenario, or on a person's own results.

    `seed` decides chance where rules leave doses to it, and which people a forecast draws. Raises
    `InputError` for what cannot be given and `SolverError` for what cannot be solved.
    """
    if isinstance(subject, Person):
        return own.report(subject, ready, seed, progress)
    return typical.report(subject, ready, seed, progress)
