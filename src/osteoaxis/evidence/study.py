"""Studies in the package: a TOML header (who, which arms as regimens, role) and a CSV of results.

`tools/build_evidence.py` makes them from the tables we were handed and from what was re-read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from osteoaxis import toml
from osteoaxis.errors import InputError, did_you_mean
from osteoaxis.evidence.row import Row, read_table
from osteoaxis.patient import Patient

STUDIES = Path(__file__).parent / "studies"
ROLES = ("calibration", "validation", "context")
_EARLIER = "earlier_vertebral_fracture_percent"
_KEYS = ("id", "title", "population", "role", "reason", _EARLIER, "patient", "patients", "arms")


@dataclass(frozen=True)
class Study:
    """A study: its rows, whom it studied and what each arm was given.

    `role` is calibration, validation (never fitted, looked at after a fit is frozen) or context.
    `earlier_vertebral_fracture` is the share of people who had one, None if it was not read or
    their patient says it.
    """

    id: str
    title: str
    population: str
    role: str
    reason: str
    rows: tuple[Row, ...]
    people: Mapping[str, Patient]
    arms: Mapping[str, str]
    earlier_vertebral_fracture: float | None = None

    def of(self, row: Row) -> bool:
        """Return whether a row is of this study: its population is that of the study or a row."""
        return row.population in {self.population, *(own.population for own in self.rows)}

    def patient(self, row: Row) -> Patient | None:
        """Return the patient of a row's arm, if the study states one."""
        return self.people.get(row.arm) or self.people.get("")

    def treatment(self, row: Row) -> str | None:
        """Return the regimens of a row's arm, if the study states them."""
        return self.arms.get(row.arm)


def load(path: Path) -> Study:
    """Return the study of a TOML file and the CSV beside it; raises `InputError`."""
    table = toml.read(path)
    toml.known_keys(table, _KEYS, str(path))
    where = f"{path}: "
    role = toml.one_of(table.get("role"), ROLES, where + "role")
    tables: dict[str, Any] = dict(toml.sub_table(table, "patients", str(path)))
    if "patient" in table:
        tables[""] = toml.sub_table(table, "patient", str(path))
    people = {arm: Patient.from_table(dict(t), f"{path}: patient") for arm, t in tables.items()}
    return Study(
        id=toml.text(table.get("id"), where + "id"),
        title=toml.text(table.get("title"), where + "title"),
        population=toml.text(table.get("population"), where + "population"),
        role=role,
        reason=str(table.get("reason", "")),
        rows=tuple(
            read_table(
                path.with_suffix(".csv"),
                {"study_id": str(table["id"]), "population": str(table["population"])},
            )
        ),
        people=people,
        arms={str(k): str(v) for k, v in toml.sub_table(table, "arms", str(path)).items()},
        earlier_vertebral_fracture=float(table[_EARLIER]) / 100.0 if _EARLIER in table else None,
    )


@lru_cache(maxsize=1)
def studies() -> Mapping[str, Study]:
    """Return all studies of the package by id."""
    found = [load(path) for path in sorted(STUDIES.glob("*.toml"))]
    return {study.id: study for study in found}


def find(name: str) -> Study:
    """Return the study called `name`, in any case; raises `InputError` with near matches."""
    known = {key.lower(): study for key, study in studies().items()}
    if name.lower() not in known:
        raise InputError(
            f"unknown study '{name}'.{did_you_mean(name, studies())} See 'osteoaxis evidence list'."
        )
    return known[name.lower()]
