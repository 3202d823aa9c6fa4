"""NONMEM event tables: read, write, turn into doses, and give the meaning of every record.

Columns are ID, TIME, AMT, RATE, II, ADDL, SS, CMT, EVID. TIME and II are days and RATE is amount
per day, unless the table is said to be in hours. The rules are those of PREDPP (NONMEM Users Guide
part VI, chapter V): an absorption lag delays every dose of a record, bioavailability scales the
amount of a bolus but the duration of a rate-defined infusion, SS 1 and EVID 3/4 empty all
compartments and cancel running infusions and pending doses, and a constant infusion at steady state
(AMT 0, SS > 0) ends at its record.
"""

from __future__ import annotations

import csv
import heapq
import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field, fields
from enum import Enum
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import expm

from osteoaxis.errors import InputError, did_you_mean
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.pharmacology.terms import MAX_DOSES, MILLIGRAMS, Dose, dose_times

COLUMNS = ("ID", "TIME", "AMT", "RATE", "II", "ADDL", "SS", "CMT", "EVID")
REQUIRED = ("ID", "TIME", "AMT", "CMT", "EVID")
PER_DAY = {"d": 1.0, "h": 24.0}


@dataclass(frozen=True)
class Record:
    """One row of an event table, in NONMEM's words and column order."""

    id: int
    time: float
    amt: float = 0.0
    rate: float = 0.0
    ii: float = 0.0
    addl: int = 0
    ss: int = 0
    cmt: int = 1
    evid: int = 0

    def __post_init__(self) -> None:
        values = dict(zip(COLUMNS, astuple(self), strict=True))
        for name, value in values.items():
            if not math.isfinite(value):
                raise InputError(f"{name} is {value}; a finite number is needed.")
        if self.evid not in range(5):
            raise InputError(f"EVID is {self.evid}; allowed are 0, 1, 2, 3 and 4.")
        if self.rate < 0:
            raise InputError(
                f"RATE is {self.rate:g}; rates and durations estimated by a model (-1, -2) are not "
                "supported, write the rate itself."
            )
        for name in ("AMT", "II", "ADDL"):
            if values[name] < 0:
                raise InputError(f"{name} is {values[name]:g}; it cannot be negative.")
        if self.ss not in (0, 1, 2):
            raise InputError(f"SS is {self.ss}; allowed are 0, 1 and 2.")
        if self.evid not in (1, 4):
            given = [name for name in ("AMT", "RATE", "II", "ADDL", "SS") if values[name]]
            if given:
                raise InputError(f"{given[0]} must be 0 on a record with EVID {self.evid}.")
            return
        if self.cmt < 1:
            raise InputError(f"CMT is {self.cmt}; a dose needs a compartment, 1 or more.")
        if self.addl > MAX_DOSES:
            raise InputError(f"ADDL is {self.addl}; the limit is {MAX_DOSES} doses.")
        if self.amt == 0 and not (self.ss and self.rate):
            raise InputError("AMT is 0 on a dose record; only SS > 0 with RATE > 0 allows that.")
        if self.amt == 0 and self.addl:
            raise InputError("ADDL must be 0 for a constant infusion at steady state (AMT 0).")
        if self.amt > 0 and (self.ss or self.addl) and self.ii == 0:
            raise InputError("II is 0; SS and ADDL need the time between doses.")


class Kind(Enum):
    """What an elementary action does."""

    OBSERVE = "observe"
    OTHER = "other"
    RESET = "reset"  # all drug amounts and infusion rates become 0
    STEADY = "steady"  # the amounts of `steady` are added
    ADD = "add"  # value is added to the compartment
    RATE = "rate"  # value is added to the infusion rate into the compartment (per time)


@dataclass(frozen=True)
class Steady:
    """Doses of one compartment repeated since ever, bioavailability applied."""

    bolus: float  # amount added at once, 0 for infusions
    rate: float
    duration: float
    interval: float
    lag: float

    def amounts(self, matrix: ArrayLike, state: int) -> NDArray[np.float64]:
        """Return what to add to the states of dA/dt = matrix A, dosed into index `state`."""
        unit = np.eye(len(np.asarray(matrix)))[state]
        return linear_steady_state(
            matrix, self.bolus * unit, self.rate * unit, self.duration, self.interval, self.lag
        )


@dataclass(frozen=True)
class Action:
    """One elementary step of an expanded table; carry them out in the order given."""

    id: int
    time: float
    kind: Kind
    cmt: int = 0
    value: float = 0.0
    steady: Steady | None = None


@dataclass(frozen=True)
class Target:
    """What goes into one compartment: a drug by a route, its amounts in `unit`."""

    drug: str
    route: str
    unit: str = "mg"


def expand(
    records: Iterable[Record],
    *,
    lag: Mapping[int, float] | None = None,
    bioavailability: Mapping[int, float] | None = None,
) -> tuple[Action, ...]:
    """Spell out a table as elementary actions, subject by subject in table order.

    `lag` (time of the table) and `bioavailability` (fraction) are per compartment, 0 and 1 if
    missing. Within one time: first lagged and additional doses and ends of infusions that fall due,
    then the records in table order; so a record sees the additional dose given at its time.
    """
    lag, bioavailability = dict(lag or {}), dict(bioavailability or {})
    for name, values in (("lag", lag), ("bioavailability", bioavailability)):
        for cmt, value in values.items():
            if not (math.isfinite(value) and value >= 0):
                raise InputError(f"{name} of compartment {cmt} is {value}; it is 0 or more.")
    actions: list[Action] = []
    for subject, rows in _by_subject(records):
        actions += _Expansion(subject, lag, bioavailability).run(rows)
    return tuple(actions)


def _by_subject(records: Iterable[Record]) -> Iterator[tuple[int, list[Record]]]:
    """Yield the records of each subject; raises `InputError` where a table is out of order."""
    seen: set[int] = set()
    for subject, rows in itertools.groupby(records, key=lambda record: record.id):
        if subject in seen:
            raise InputError(
                f"event table: the records of ID {subject} are not together; sort the table, or "
                "give another subject another ID."
            )
        seen.add(subject)
        ordered = list(rows)
        for before, after in itertools.pairwise(ordered):
            if after.time < before.time:
                raise InputError(
                    f"event table: TIME of ID {subject} falls from {before.time:g} to "
                    f"{after.time:g}; sort the records, or give a new occasion a new ID."
                )
        yield subject, ordered


@dataclass
class _Expansion:
    """The state of expanding one subject: actions done, and actions due later in a heap."""

    subject: int
    lag: Mapping[int, float]
    bioavailability: Mapping[int, float]
    done: list[Action] = field(default_factory=list)
    due: list[tuple[float, int, Action]] = field(default_factory=list)
    number: Iterator[int] = field(default_factory=itertools.count)

    def run(self, records: Iterable[Record]) -> list[Action]:
        for record in records:
            now = record.time
            self.catch_up(now)
            if record.evid in (0, 2):
                kind = Kind.OBSERVE if record.evid == 0 else Kind.OTHER
                self.done.append(Action(self.subject, now, kind, record.cmt))
            if record.evid in (3, 4) or record.ss == 1:
                self.done.append(Action(self.subject, now, Kind.RESET))
                self.due.clear()
            if record.evid in (1, 4):
                self.dose(record)
        self.catch_up(math.inf)
        return self.done

    def catch_up(self, now: float) -> None:
        while self.due and self.due[0][0] <= now:
            self.done.append(heapq.heappop(self.due)[2])

    def later(self, time: float, kind: Kind, cmt: int, value: float) -> None:
        action = Action(self.subject, time, kind, cmt, value)
        heapq.heappush(self.due, (time, next(self.number), action))

    def dose(self, record: Record) -> None:
        cmt, rate, interval = record.cmt, record.rate, record.ii
        lag = self.lag.get(cmt, 0.0)
        amount = record.amt * self.bioavailability.get(cmt, 1.0)
        constant = record.amt == 0
        duration = math.inf if constant else amount / rate if rate else 0.0
        if record.ss:
            if not constant and lag >= interval:
                raise InputError(
                    f"event table: the lag {lag:g} of compartment {cmt} is not below II "
                    f"{interval:g} of the steady-state dose of ID {self.subject}."
                )
            steady = (
                Steady(0.0, rate, duration, 0.0, 0.0)
                if constant
                else Steady(0.0 if rate else amount, rate, duration, interval, lag)
            )
            action = Action(self.subject, record.time, Kind.STEADY, cmt, steady=steady)
            self.done.append(action)
            if constant:
                return
            running = math.ceil((duration + lag) / interval)
            if running > MAX_DOSES:
                raise InputError(f"event table: more than {MAX_DOSES} infusions run at once.")
            # Earlier infusions of the steady pattern that still run.
            for k in range(1, running):
                self.done.append(Action(self.subject, record.time, Kind.RATE, cmt, rate))
                end = record.time + lag - k * interval + duration
                self.later(end, Kind.RATE, cmt, -rate)
        for k in range(record.addl + 1):
            time = record.time + lag + k * interval
            self.later(time, Kind.RATE if rate else Kind.ADD, cmt, rate or amount)
            if rate:
                self.later(time + duration, Kind.RATE, cmt, -rate)
        # An unlagged dose takes the place of its own record among records of the same time.
        self.catch_up(record.time)


def linear_steady_state(
    matrix: ArrayLike,
    dose: ArrayLike,
    rate: ArrayLike,
    duration: float,
    interval: float,
    lag: float = 0.0,
) -> NDArray[np.float64]:
    """Return the amounts of dA/dt = matrix A + input, `lag` before the next of endless doses.

    Every `interval` the vector `dose` is added at once and the vector `rate` starts to run for
    `duration`, which may exceed the interval; an infinite duration is one constant infusion.
    Solves A = exp(matrix * interval) (A + dose) + infused for the periodic A.
    """
    k, dose, rate = (np.asarray(values, dtype=float) for values in (matrix, dose, rate))
    if not np.linalg.eigvals(k).real.max() < 0:
        raise InputError("no steady state: some compartment is never emptied, so drug piles up.")
    if math.isinf(duration):
        return np.asarray(np.linalg.solve(k, -rate), dtype=float)
    if not (interval > 0 and 0 <= lag < interval):
        raise InputError(f"no steady state: interval {interval:g} with lag {lag:g}.")
    whole, rest = divmod(duration, interval)

    def advance(amounts: NDArray[np.float64], time: float) -> NDArray[np.float64]:
        first = min(time, rest)
        amounts = _advance(k, amounts, (whole + 1) * rate, first)
        return _advance(k, amounts, whole * rate, time - first)

    # exp(k * interval) - 1 as an integral, so that slow decay loses no digits.
    size = len(k)
    block = np.zeros((2 * size, 2 * size))
    block[:size] = np.hstack([k, k])
    change = expm(block * interval)[:size, size:]
    before = np.asarray(np.linalg.solve(-change, advance(dose, interval)), dtype=float)
    return advance(before + dose, interval - lag) if lag else before


def _advance(
    k: NDArray[np.float64], amounts: NDArray[np.float64], rate: NDArray[np.float64], time: float
) -> NDArray[np.float64]:
    """Return the amounts after `time` at constant input, from one matrix exponential."""
    size = len(k)
    block = np.zeros((size + 1, size + 1))
    block[:size, :size], block[:size, size] = k, rate
    return np.asarray(expm(block * time)[:size] @ np.append(amounts, 1.0))


def to_table(
    regimen: Regimen,
    until_day: float,
    targets: Mapping[int, Target],
    *,
    subject: int = 1,
    time_unit: str = "d",
) -> tuple[Record, ...]:
    """Write a regimen as dose records, one per term with II and ADDL; zero doses are left out.

    Raises `InputError` for a regimen with rules, whose doses only a run tells.
    """
    regimen.refuse_rules()
    per_day = _per_day(time_unit)
    compartments = {(target.drug, target.route): cmt for cmt, target in targets.items()}
    records = []
    for term in regimen.terms:
        count = len(term.times(until_day))
        if not count or not term.amount:
            continue
        cmt = compartments.get((term.drug, term.route))
        if cmt is None:
            known = [f"{drug} {route}" for drug, route in compartments]
            raise InputError(
                f"event table: no compartment for '{term.drug} {term.route}'; known are "
                f"{', '.join(known) or 'none'}." + did_you_mean(f"{term.drug} {term.route}", known)
            )
        amount = _convert(term.amount, term.unit, targets[cmt].unit)
        rate = amount / (term.infusion_days * per_day) if term.infusion_days else 0.0
        interval = term.every_days * per_day if term.every_days and count > 1 else 0.0
        time = term.start_day * per_day
        records.append(Record(subject, time, amount, rate, interval, count - 1, 0, cmt, 1))
    return tuple(sorted(records, key=lambda record: record.time))


def from_table(
    records: Iterable[Record], targets: Mapping[int, Target], *, time_unit: str = "d"
) -> dict[int, tuple[Dose, ...]]:
    """Return the doses of each subject, sorted; Regimen.from_doses makes a regimen of them."""
    per_day = _per_day(time_unit)
    doses: dict[int, list[Dose]] = defaultdict(list)
    for record in itertools.chain.from_iterable(rows for _, rows in _by_subject(records)):
        given = doses[record.id]
        if record.ss or record.evid in (3, 4):
            raise InputError(
                f"event table: ID {record.id}, TIME {record.time:g}: a regimen cannot hold a "
                "steady state or reset (SS, EVID 3 or 4); list the doses."
            )
        if record.evid != 1:
            continue
        target = targets.get(record.cmt)
        if target is None:
            raise InputError(
                f"event table: CMT {record.cmt} of ID {record.id} has no drug; known are "
                f"{', '.join(map(str, targets)) or 'none'}."
            )
        duration = record.amt / record.rate / per_day if record.rate else 0.0
        times = dose_times(record.time / per_day, record.ii / per_day, record.addl + 1)
        given += [
            Dose(time, target.drug, record.amt, target.unit, target.route, duration)
            for time in times.tolist()
        ]
        if len(given) > MAX_DOSES:
            raise InputError(f"event table: ID {record.id} has more than {MAX_DOSES} doses.")
    return {subject: tuple(sorted(given)) for subject, given in doses.items()}


def _per_day(time_unit: str) -> float:
    if time_unit not in PER_DAY:
        raise InputError(f"time_unit '{time_unit}' is unknown; use 'd' or 'h'.")
    return PER_DAY[time_unit]


def _convert(amount: float, unit: str, wanted: str) -> float:
    if unit == wanted:
        return amount
    if unit not in MILLIGRAMS or wanted not in MILLIGRAMS:
        raise InputError(f"event table: a dose in {unit} cannot be written in {wanted}.")
    return amount * MILLIGRAMS[unit] / MILLIGRAMS[wanted]


def write_csv(path: Path, records: Iterable[Record]) -> None:
    """Write a table as CSV; numbers read back exactly."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(astuple(record) for record in records)


def read_csv(path: Path) -> tuple[Record, ...]:
    """Read a table; RATE, II, ADDL and SS may be missing, other columns are ignored, '.' is 0.

    As by IGNORE=# and IGNORE=C, rows that begin with # or have a C in a column C are comments.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not text; give a CSV file.") from None
    if "\0" in text:
        raise InputError(f"{path}: is not text; give a CSV file.")
    try:
        rows = [(number, row) for number, row in _rows(text) if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise InputError(f"{path}: is not a CSV file ({error}).") from None
    if not rows:
        raise InputError(
            f"{path}: is empty; the first line names the columns {', '.join(COLUMNS)}."
        )
    header = [cell.strip().upper() for cell in rows[0][1]]
    for name in REQUIRED:
        if name not in header:
            raise InputError(
                f"{path}: column {name} is missing; found {', '.join(header)}."
                + did_you_mean(name, [found for found in header if found not in COLUMNS])
            )
    for name in COLUMNS:
        if header.count(name) > 1:
            raise InputError(f"{path}: column {name} appears {header.count(name)} times.")
    return tuple(
        _record(f"{path}, row {number}", header, row)
        for number, row in rows[1:]
        if not _comment(header, row)
    )


def _comment(header: Sequence[str], row: Sequence[str]) -> bool:
    marks = (cell for name, cell in zip(header, row, strict=False) if name == "C")
    return row[0].strip().startswith("#") or any(m.strip().upper().startswith("C") for m in marks)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(text.splitlines())
    for row in reader:
        yield reader.line_num, row


def _record(where: str, header: Sequence[str], row: Sequence[str]) -> Record:
    if len(row) != len(header):
        raise InputError(f"{where}: {len(row)} cells, but the header has {len(header)} columns.")
    cells = dict(zip(header, row, strict=True))
    values: dict[str, float] = {}
    for name, column in zip(COLUMNS, fields(Record), strict=True):
        cell = cells.get(name, "0").strip()
        try:
            number = 0.0 if cell in ("", ".") else float(cell)
        except ValueError:
            raise InputError(f"{where}: {name} is '{cell}'; a number is needed.") from None
        if column.type == "int":
            if not number.is_integer():
                raise InputError(f"{where}: {name} is '{cell}'; a whole number is needed.")
            number = int(number)
        values[column.name] = number
    try:
        return Record(**values)  # type: ignore[arg-type]
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
