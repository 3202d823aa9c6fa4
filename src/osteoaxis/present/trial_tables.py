"""The data of a trial as tidy tables: adsl, adbmd, adtte and adex, with the usual CDISC names."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from osteoaxis.trials import Conducted
from osteoaxis.trials.analysis import times
from osteoaxis.trials.design import FRACTURES, MEASURED
from osteoaxis.units import DAYS_PER_MONTH

CODES = {"lumbar_spine_bmd": "LSBMD", "total_hip_bmd": "THBMD", "femoral_neck_bmd": "FNBMD",
         "ctx": "CTX", "p1np": "P1NP", "estradiol": "E2", "testosterone": "TESTO"}  # fmt: skip
UNITS = {"ctx": "ng/mL", "p1np": "ng/mL", "estradiol": "pg/mL", "testosterone": "ng/dL"}
BASELINE = {"lumbar_spine_t_score": "LSTBL", "total_hip_t_score": "THTBL",
            "femoral_neck_t_score": "FNTBL"}  # fmt: skip
PERHAPS = ("adex.csv",)
"""Tables that are not always written."""
Row = Mapping[str, Any]


def write(found: Conducted, folder: Path) -> None:
    """Write the tables of `found`; one without rows is left out."""
    tables = {"adsl": _people, "adbmd": _levels, "adtte": _times, "adex": _decisions}
    for name, rows in tables.items():
        listed = list(rows(found))
        if not listed:
            continue
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(listed[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(listed)


def _subject(found: Conducted, k: int) -> dict[str, str]:
    study = found.trial.name.upper()
    return {"STUDYID": study, "USUBJID": f"{study}-{found.people[k].number:06d}"}


def _people(found: Conducted) -> Iterator[Row]:
    for k, each in enumerate(found.people):
        yield {
            **_subject(found, k), "ARM": found.trial.arms[found.allocated[k]].name,
            "SEX": each.patient.sex[0].upper(), "AGE": round(each.patient.age, 1),
            "BMIBL": round(each.patient.body_mass_index, 1),
            **{code: f"{found.entry[name][k]:.2f}" for name, code in BASELINE.items()},
            "EOSMONTH": round(min(found.left_month[k], found.trial.visits[-1]), 2),
            "EOSSTT": "COMPLETED" if found.stayed[k, -1] else "DISCONTINUED",
            "DTHFL": "Y" if found.died[k] else "",
        }  # fmt: skip


def _levels(found: Conducted) -> Iterator[Row]:
    for k, arm in enumerate(found.allocated):
        for name in MEASURED:
            values = found.measured[name][arm, k]
            for month, value, there in zip(
                found.trial.visits, values, found.stayed[k], strict=True
            ):
                if there and math.isfinite(value):
                    yield {
                        **_subject(found, k), "PARAMCD": CODES[name],
                        "PARAM": f"{name} ({UNITS.get(name, 'g/cm2')})", "AVISITN": month,
                        "AVAL": f"{value:.5g}", "BASE": f"{values[0]:.5g}",
                        "PCHG": f"{100 * (value / values[0] - 1):.3f}",
                    }  # fmt: skip


def _times(found: Conducted) -> Iterator[Row]:
    for name in FRACTURES:
        duration, event = times(found, name, found.trial.visits[-1])
        for k in range(len(found.people)):
            yield {
                **_subject(found, k), "PARAMCD": name.upper(), "AVAL": f"{duration[k]:.3f}",
                "AVALU": "MONTHS", "CNSR": int(not event[k]),
            }  # fmt: skip


def _decisions(found: Conducted) -> Iterator[Row]:
    """Say what rules decided about each participant's drugs, and why, while they were there."""
    for k, arm in enumerate(found.allocated):
        for decision in found.decisions[arm][k]:
            month = decision.day / DAYS_PER_MONTH
            if month <= found.left_month[k]:
                yield {
                    **_subject(found, k), "EXTRT": decision.term.drug,
                    "ACTION": decision.action.upper(), "MONTH": f"{month:.2f}",
                    "REASON": str(decision).split(": ", 2)[2],
                }  # fmt: skip
