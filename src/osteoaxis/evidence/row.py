"""One published result: what a row of evidence holds, and tables of them.

The columns are those of `COLUMNS`; tables of women and of men differ in a few words, which are
normalised here, once. A blank value is a direction, never a zero. A row of quality `memory` was
recalled, not read, and carries no weight.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from osteoaxis.errors import InputError, did_you_mean
from osteoaxis.evidence.words import plain
from osteoaxis.outcomes.change import Z95

COLUMNS = (
    "study_id", "citation", "doi_or_pmid", "population", "arm", "treatment", "n", "endpoint",
    "time_months", "statistic", "value", "low", "high", "uncertainty_kind", "unit", "source_url",
    "source_quality", "note",
)  # fmt: skip
REQUIRED = ("study_id", "population", "arm", "treatment", "endpoint", "time_months", "statistic",
            "value")  # fmt: skip
STATISTICS = {
    "mean_pct_change": "percent_change",
    "median_pct_change": "percent_change",
    "percent_change": "percent_change",
    "difference_pct": "difference",
    "difference": "difference",
    "hazard_ratio": "hazard_ratio",
    "incidence_pct": "incidence",
    "incidence": "incidence",
    "mean_abs": "level",
    "median_abs": "level",
    "level": "level",
    "rate_ratio": "rate_ratio",
    "threshold": "threshold",
}
UNCERTAINTIES = {
    "": "none", "none": "none", "95ci": "95ci", "ci95": "95ci", "se": "se", "se_assumed": "se",
    "sd": "sd", "range": "range", "iqr": "range", "qualitative": "qualitative",
    "censored_upper": "censored_upper",
}  # fmt: skip
ENDS = {
    "95ci": "the ends of the 95 % confidence interval",
    "se": "value - SE and value + SE",
    "sd": "value - SD and value + SD",
    "range": "the least and the largest, or the quartiles",
}
"""What `low` and `high` are, by kind of uncertainty; other kinds have none."""
QUALITIES = ("full_text", "abstract", "review", "memory")


@dataclass(frozen=True)
class Row:
    """One result of one arm (or pair of arms) of a study at one time after its start."""

    study_id: str
    population: str
    arm: str
    treatment: str
    endpoint: str
    time_months: float
    statistic: str
    value: float | None
    low: float | None = None
    high: float | None = None
    uncertainty: str = "none"
    n: float | None = None
    unit: str = ""
    quality: str = "review"
    citation: str = ""
    doi: str = ""
    source_url: str = ""
    note: str = ""
    median: bool = False

    @cached_property
    def said(self) -> str:
        """The note in one spelling."""
        return plain(self.note)

    @cached_property
    def reference_month(self) -> float | None:
        """Month that a change is relative to, where it is not time zero."""
        found = re.search(r"ref_month ?= ?(-?[\d.]+)", self.said)
        return float(found[1]) if found else None

    @cached_property
    def bound(self) -> bool:
        """Whether the value is the least that can be said: the change may be larger.

        Assays of estrogens that end above the level under an inhibitor, and "at least" in words.
        """
        floor = "assay-floor" in self.note or "older RIA" in self.note
        return "bound, not estimate" in self.note or (
            floor and self.endpoint in ("estradiol", "estrone")
        )

    @cached_property
    def metric(self) -> str:
        """What the note says the number is, in place of what its statistic says."""
        found = re.search(r"metric ?= ?([^;]+)", self.said)
        return found[1].strip() if found else ""

    @cached_property
    def standard_error(self) -> float | None:
        """Standard error as printed, from a standard deviation or a confidence interval."""
        if self.value is None or self.low is None or self.high is None:
            return None
        half = abs(self.high - self.low) / 2
        if self.uncertainty == "se":
            return half
        if self.uncertainty == "sd" and self.n:
            return half / math.sqrt(self.n)
        if self.uncertainty != "95ci":
            return None
        if self.statistic == "hazard_ratio" and self.low > 0:
            return math.log(self.high / self.low) / (2 * Z95)
        return half / Z95


def read_table(path: Path, shared: Mapping[str, str] | None = None) -> list[Row]:
    """Return the rows of a CSV table; raises `InputError` naming file, line and field.

    `shared` holds what is the same in all rows, where a column is missing or empty.
    """
    shared = shared or {}
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise InputError(f"{path}: is not a text file (UTF-8).") from problem
    except OSError as problem:
        raise InputError(f"{path}: cannot be read ({problem.strerror}).") from problem
    reader = csv.DictReader(text.splitlines())
    names = reader.fieldnames or []
    for name in REQUIRED:
        if name not in names and name not in shared:
            raise InputError(
                f"{path}: column '{name}' is missing.{did_you_mean(name, names)}"
                f" Needed: {', '.join(REQUIRED)}; also taken: "
                f"{', '.join(c for c in COLUMNS if c not in REQUIRED)}."
            )
    for name in filter(None, names):
        if name not in COLUMNS:
            raise InputError(
                f"{path}: unknown column '{name}'.{did_you_mean(name, COLUMNS)}"
                f" Taken: {', '.join(COLUMNS)}."
            )
    found = []
    for n, record in enumerate(reader, start=2):
        if not any(value for value in record.values() if isinstance(value, str)):
            continue
        if None in record:
            raise InputError(
                f"{path}: line {n}: has more values than there are columns; "
                "text with a comma needs quotes."
            )
        full = {**record, **{k: record.get(k) or v for k, v in shared.items()}}
        found.append(parse(full, f"{path}: line {n}"))
    return found


def parse(record: Mapping[str, str | None], where: str) -> Row:
    """Return the row of a record of text; raises `InputError` beginning with `where`."""
    text = {key: (value or "").strip() for key, value in record.items() if key is not None}
    for name in ("study_id", "endpoint", "statistic"):
        if not text.get(name):
            raise InputError(f"{where}: {name}: is empty.")
    statistic = _word(text["statistic"], STATISTICS, f"{where}: statistic")
    kind = _word(text.get("uncertainty_kind", ""), UNCERTAINTIES, f"{where}: uncertainty_kind")
    quality = text.get("source_quality") or "review"
    if quality not in QUALITIES:
        raise InputError(
            f"{where}: source_quality: '{quality}' given, allowed are {', '.join(QUALITIES)}."
        )
    months = _number(text.get("time_months", ""), f"{where}: time_months")
    if months is None:
        raise InputError(f"{where}: time_months: is empty.")
    if months < 0.0:
        raise InputError(f"{where}: time_months: {months:g} given; it must not be below 0.")
    n = _number(text.get("n", ""), f"{where}: n")
    if n is not None and n < 1.0:
        raise InputError(f"{where}: n: {n:g} given; people are at least 1.")
    value, low, high = (
        _number(text.get(name, ""), f"{where}: {name}") for name in ("value", "low", "high")
    )
    ends = ENDS.get(kind)
    if ends is None and (low is not None or high is not None):
        raise InputError(
            f"{where}: uncertainty_kind: must say what low and high are: {', '.join(ENDS)}."
        )
    if ends is not None and (low is None or high is None):
        missing = "low" if low is None else "high"
        raise InputError(f"{where}: {missing}: is empty; with '{kind}' low and high are {ends}.")
    if low is not None and high is not None:
        if low > high:
            raise InputError(f"{where}: low: {low:g} is above high, {high:g}.")
        if value is not None and not low <= value <= high:
            raise InputError(
                f"{where}: value: {value:g} is outside low to high, {low:g} to {high:g}."
            )
    return Row(
        study_id=text["study_id"],
        population=text.get("population", ""),
        arm=text.get("arm", ""),
        treatment=text.get("treatment", ""),
        endpoint=text["endpoint"],
        time_months=months,
        statistic=statistic,
        value=value,
        low=low,
        high=high,
        uncertainty=kind,
        n=n,
        unit=text.get("unit", ""),
        quality=quality,
        citation=text.get("citation", ""),
        doi=text.get("doi_or_pmid", ""),
        source_url=text.get("source_url", ""),
        note=text.get("note", ""),
        median=text["statistic"].startswith("median"),
    )


def _word(given: str, allowed: Mapping[str, str], where: str) -> str:
    if given.lower() not in allowed:
        raise InputError(
            f"{where}: '{given}' given, allowed are {', '.join(filter(None, allowed))}."
            f"{did_you_mean(given, allowed)}"
        )
    return allowed[given.lower()]


def _number(given: str, where: str) -> float | None:
    if not given or given.lower() in ("na", "nan"):
        return None
    try:
        value = float(plain(given))
    except ValueError:
        raise InputError(f"{where}: must be a number, not '{given}'.") from None
    if not math.isfinite(value):
        raise InputError(f"{where}: must be a finite number, not '{given}'.")
    return value
