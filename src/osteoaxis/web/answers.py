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

    `words` say what the regimen gives, a phrase for each term; `limits` are known weaknesses of
    the model with these treatments.
    """

    regimen: str
    words: list[str]
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


class Range(BaseModel):
    """The change in percent of 90 of 100 people, and the median, over time."""

    low: list[float]
    median: list[float]
    high: list[float]


class Differing(BaseModel):
    """What comes of people on one regimen.

    `at_or_below` holds the percent at or below a T-score of "-2.5" and "-2" over time: at `any`
    site and by site; `change` that of density since the start by site.
    """

    regimen: str
    at_or_below: dict[str, dict[str, list[float]]]
    change: dict[str, Range]


class Alike(BaseModel):
    """People like one patient on several regimens; `time` in months.

    All start with `t_scores`; of the sites `typical` none was given. `left_out` counts who could
    not be simulated, and why; `off_by` is what chance of drawing `people` may do to a share.
    """

    time: list[float]
    people: int
    left_out: dict[str, int]
    off_by: float
    t_scores: dict[str, float]
    typical: list[str]
    strategies: dict[str, Differing]
    note: str
