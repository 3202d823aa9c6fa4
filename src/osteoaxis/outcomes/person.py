"""Who an outcome is for: what outcome functions ask of a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Person(Protocol):
    """Sex, age at time zero and history, as `osteoaxis.patient.Patient` has them."""

    @property
    def sex(self) -> str:
        """Female or male."""
        ...

    @property
    def age(self) -> float:
        """Years at time zero."""
        ...

    @property
    def menopause_age(self) -> float | None:
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
