"""What answers hold, for the description of the API."""

from __future__ import annotations

from pydantic import BaseModel


class Series(BaseModel):
    """One quantity over time, with 90 % limits of it and of its change in percent since the start.

    What is not known is null.
    """

    unit: str
    meaning: str
    values: list[float | None]
    low: list[float | None] | None = None
    high: list[float | None] | None = None
    change_low: list[float | None] | None = None
    change_high: list[float | None] | None = None


class Caution(BaseModel):
    """A safety flag or caution that is met, and in which months (null: until the end).

    One that is `decisive` may speak against the strategy as it stands.
    """

    id: str
    kind: str
    hazard: str
    text: str
    rates: list[str]
    source: str
    when: str
    months: list[tuple[float, float | None]]
    decisive: bool


class Strategy(BaseModel):
    """What was given, what was decided on the way, and what came of it.

    `limits` are known weaknesses of the model with these treatments.
    """

    regimen: str
    given: str
    decisions: list[str]
    cautions: list[Caution]
    limits: list[str]
    quantities: dict[str, Series]


class Simulated(Strategy):
    """One patient on one regimen; `time` in months."""

    time: list[float]
    warnings: list[str]
    note: str


class Compared(BaseModel):
    """One patient on several regimens; `time` in months."""

    time: list[float]
    strategies: dict[str, Strategy]
    warnings: list[str]
    note: str
