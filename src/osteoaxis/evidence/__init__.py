"""Published results, each of them executable: rows, studies, predictions and how they stand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from osteoaxis import intervals
from osteoaxis.engine import Progress
from osteoaxis.errors import InputError
from osteoaxis.evidence.check import Scored, score
from osteoaxis.evidence.prediction import Plan
from osteoaxis.evidence.row import Row, read_table
from osteoaxis.evidence.study import Study, find, studies
from osteoaxis.simulation import simulator

__all__ = ["Plan", "Row", "Scored", "Study", "find", "read_table", "studies", "verdicts"]

DRAWS = 40
"""Sets of the ensemble that prediction intervals of rows are made of."""


def verdicts(
    files: Sequence[Path] = (),
    *,
    role: str | None = None,
    only: Collection[str] | None = None,
    draws: int = DRAWS,
    progress: Progress | None = None,
) -> list[Scored]:
    """Return every row of `files` (default: of the package) beside its prediction.

    `role` keeps the studies of one role, `only` those of these names; a study the package does not
    know is `external`. Raises `InputError` for a table that cannot be read or when no row is left.
    """
    known = studies()
    roles = {name: study.role for name, study in known.items()}
    rows = (
        [row for path in files for row in read_table(path)]
        if files
        else [row for study in known.values() for row in study.rows]
    )
    if role is not None:
        rows = [row for row in rows if roles.get(row.study_id, "external") == role]
    if only is not None:
        rows = [row for row in rows if row.study_id in only]
    if not rows:
        raise InputError(f"no rows{f' of the split {role}' if role else ''} to check.")
    plan = Plan(rows, simulator(progress=progress), known)
    predicted = plan.predict([{}, *intervals.sets(draws)], progress=progress)
    return score(plan, predicted, roles)
