"""Who an outcome is for: what outcome functions ask of a person, or of many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

USUAL_MENOPAUSE = 51.0


class Person(Protocol):
    """Sex, age at time zero and history, as `osteoaxis.patient.Patient` has them.

    Ages of many people at once (`People`) are columns (person, 1), their trajectories are
    (person, time).
    """

    @property
    def sex(self) -> str:
        """Female or male."""
        ...

    @property
    def age(self) -> float | Array:
        """Years at time zero."""
        ...

    @property
    def menopause_age(self) -> float | Array | None:
        """Years at the final menstrual period, None for the usual age and in men."""
        ...

    @property
    def ethnicity(self) -> str | None:
        """One of `dxa.ETHNICITIES`, None if not given."""
        ...

    @property
    def history(self) -> Mapping[str, float | bool]:
        """What is known of the past, see `osteoaxis.patient.HISTORY`."""
        ...


@dataclass(frozen=True)
class People:
    """Many people of one sex, ethnicity and history, as a `Person`."""

    sex: str
    age: Array
    menopause_age: Array | None
    ethnicity: str | None
    history: Mapping[str, float | bool]

    @classmethod
    def of(cls, persons: Sequence[Any]) -> People:
        """Put persons together; raises `ValueError` if sex, ethnicity or history differ."""
        first = persons[0]
        if any(
            (p.sex, p.ethnicity, p.history) != (first.sex, first.ethnicity, first.history)
            for p in persons
        ):
            raise ValueError("people of different sex, ethnicity or history")
        menopause = None
        if first.sex == "female":
            ages = [USUAL_MENOPAUSE if p.menopause_age is None else p.menopause_age
                    for p in persons]  # fmt: skip
            menopause = np.array(ages)[:, None]
        return cls(
            first.sex, np.array([p.age for p in persons])[:, None], menopause, first.ethnicity,
            first.history,
        )  # fmt: skip
