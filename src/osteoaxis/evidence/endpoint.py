"""What a row asks of a trajectory: which quantity, between which months, and how it is put."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from osteoaxis import toml
from osteoaxis.errors import did_you_mean
from osteoaxis.evidence.row import Row
from osteoaxis.evidence.treatment import NotExecutable
from osteoaxis.evidence.words import plain
from osteoaxis.patient import MOLAR_MASS
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.units import DAYS_PER_MONTH, conversion_factor

QUANTITIES = {
    "lumbar_spine_bmd": "lumbar_spine_bmd",
    "total_hip_bmd": "total_hip_bmd",
    "femoral_neck_bmd": "femoral_neck_bmd",
    "tbs": "trabecular_bone_score",
    "ctx": "ctx",
    "ntx": "ntx",
    "p1np": "p1np",
    "bsap": "bsap",
    "estradiol": "estradiol",
    "estrone": "estrone",
    "estrone_sulfate": "estrone_sulfate",
    "testosterone": "testosterone",
    "free_testosterone": "free_testosterone",
    "shbg": "shbg",
    "lh": "lh",
    "fsh": "fsh",
    "pth": "pth",
    "sclerostin": "sclerostin",
    "vitamin_d": "vitamin_d",
    "calcium": "calcium",
}
"""Endpoints that are a quantity of the model."""
FRACTURES = {
    "fracture_any": ("vertebral", "hip", "other"),
    "clinical_fracture": ("vertebral", "hip", "other"),
    "non_high_impact_fracture": ("vertebral", "hip", "other"),
    "major_osteoporotic_fracture": ("vertebral", "hip", "other"),
    "vertebral_fracture": ("morphometric",),
    "nonvertebral_fracture": ("hip", "other"),
    "hip_fracture": ("hip",),
}
"""Causes of fracture that an endpoint counts; `_pct` and `_hr` at its end are dropped."""
BMD = ("lumbar_spine_bmd", "total_hip_bmd", "femoral_neck_bmd")
MARKERS = ("ctx", "ntx", "p1np", "bsap", "pth", "sclerostin", "calcium")
HORMONES = ("estradiol", "estrone", "estrone_sulfate", "testosterone", "free_testosterone", "shbg",
            "lh", "fsh", "vitamin_d")  # fmt: skip
POSSIBLE = {
    "change": (-100.0, math.inf), "annual": (-100.0, math.inf),
    "incidence": (0.0, 100.0), "ever": (0.0, 100.0), "prevalence": (0.0, 100.0),
}  # fmt: skip
"""Between what the answer to a question lies; levels, rates and ratios are above zero."""
MAJOR_SHARE = 0.6
"""Share of other nonvertebral fractures at wrist or humerus, which major ones count (assumed)."""


@dataclass(frozen=True)
class Question:
    """What is asked of the trajectories of an arm, or of two arms where `how` compares them.

    `how` is one of change (percent of the value at `start`), annual (the same for each year),
    level, difference (of changes), hazard_ratio, risk_ratio, incidence (percent with a first
    fracture), rate (fractures for 100 person-years), multiple_rate, prevalence and ever (percent
    with joint pain at the time, and at any time before). `background` is what the assay reads
    where there is none, in the unit of the quantity.
    """

    quantity: str
    how: str
    start: float
    end: float
    causes: tuple[str, ...] = ()
    background: float = 0.0

    @property
    def months(self) -> tuple[float, float]:
        """First and last month looked at."""
        return self.start, self.end


def group(endpoint: str) -> str:
    """Return the kind of an endpoint: bmd, marker, hormone, fracture, arthralgia or other."""
    if endpoint in BMD:
        return "bmd"
    if endpoint in MARKERS:
        return "marker"
    if endpoint in HORMONES:
        return "hormone"
    if re.sub("_(pct|hr)$", "", endpoint) in FRACTURES:
        return "fracture"
    return "arthralgia" if endpoint.startswith("arthralgia") else "other"


@lru_cache
def _assays() -> dict[str, Any]:
    return toml.read(Path(__file__).parent / "assays.toml")


def background(row: Row) -> float:
    """Return what the assay of `row` reads where there is none, in the model's unit.

    Not 0 for immunoassays of estradiol alone; sources in `assays.toml`.
    """
    known = _assays().get(row.endpoint)
    by_mass = re.search(r"\b(?:gc|lc)?-?ms\b|mass[ -]spectrometr|sensitive assay", row.said)
    if known is None or by_mass or row.study_id in known["sensitive"]:
        return 0.0
    return float(known["background"]["value"])


def question(row: Row, first: Regimen) -> Question:
    """Return what `row` asks; `first` is what its first arm is given. Raises `NotExecutable`."""
    asked = _question(row, first)
    lowest, highest = POSSIBLE.get(asked.how, (-math.inf, math.inf))
    if row.value is not None and not lowest <= row.value <= highest:
        raise NotExecutable(f"{row.value:g} cannot be a result of this kind ({asked.how})")
    return replace(asked, background=background(row))


def _question(row: Row, first: Regimen) -> Question:
    kind = group(row.endpoint)
    if row.statistic in ("rate_ratio", "threshold"):
        raise NotExecutable(f"'{row.statistic}' compares people with each other")
    if kind == "fracture":
        return _fracture(row, first)
    if kind == "arthralgia":
        return _arthralgia(row)
    if row.endpoint not in QUANTITIES:
        close = did_you_mean(row.endpoint, (*QUANTITIES, *FRACTURES))
        raise NotExecutable(f"the model has no '{row.endpoint}'.{close}")
    quantity = QUANTITIES[row.endpoint]
    start, end = row.reference_month or 0.0, row.time_months
    if "time from extension start" in row.said:
        start = min((t.start_day for t in first.terms), default=0.0) / DAYS_PER_MONTH
        end += start
    if row.statistic == "level":
        return Question(quantity, "level", 0.0, end)
    if row.statistic not in ("percent_change", "difference"):
        raise NotExecutable(f"statistic '{row.statistic}' does not go with '{row.endpoint}'")
    span = re.search(r"fmp ?([+-]?\d+)(?:mo)?(?: ?\.\. ?| to (?:fmp)?)([+-]?\d+)", row.said)
    if span:
        start, end = 0.0, float(span[2]) - float(span[1])
    elif row.metric.startswith("annual rate") and "ref_month" not in row.said:
        raise NotExecutable("the stretch of time is not defined by months")
    if over := re.search(r"over (\d+) mo", row.metric):
        end = start + float(over[1])
    if end < start:
        raise NotExecutable(f"month {end:g} is before ref_month={start:g}")
    if end == start:
        raise NotExecutable("a comparison of people at one time, not a change")
    unit = plain(row.unit)
    if row.statistic == "difference" and re.match(r"t\b|z\b|sd\b|m?g/c", unit):
        raise NotExecutable(f"a difference in '{row.unit}'; differences are of changes in percent")
    per_year = "annual rate" in row.metric or re.search(r"/ ?y|per year|a year|annual", unit)
    how = "annual" if per_year else "change"
    return Question(quantity, "difference" if row.statistic == "difference" else how, start, end)


def _fracture(row: Row, first: Regimen) -> Question:
    name = re.sub("_(pct|hr)$", "", row.endpoint)
    causes = FRACTURES[name]
    if "nonvertebral" in row.said:
        causes = FRACTURES["nonvertebral_fracture"]
    elif kind := re.search(r"type ?= ?(hip|vertebral)", row.said):
        causes = ("hip",) if kind[1] == "hip" else FRACTURES["vertebral_fracture"]
    if name == "vertebral_fracture" and re.search(r"(?<!not )\bclinical", row.said):
        causes = ("vertebral",)
    start, end = row.reference_month or 0.0, row.time_months
    stop = max((t.stop_day or 0.0 for t in first.terms), default=0.0) / DAYS_PER_MONTH
    if row.statistic == "hazard_ratio":
        if "off-treatment" in row.said or "_off" in row.arm:
            start = stop
        ratio = re.match(r"rr\b|risk ratio|relative risk", row.metric)
        how = "risk_ratio" if ratio else "hazard_ratio"
        return Question(name, how, start, end, causes)
    if row.statistic != "incidence":
        raise NotExecutable(f"statistic '{row.statistic}' does not go with '{row.endpoint}'")
    how = "incidence"
    rate = re.search(
        r"(?:rate )?per (100|1000|1,000) ?(?:woman|part|pers|pati|[wp]y|$|[;,])", row.said
    )
    if rate and rate[1] != "100":
        raise NotExecutable(f"a rate per {rate[1]} person-years; give it per 100")
    if rate or "risk of multiple" in row.metric:
        how = "multiple_rate" if "multiple" in row.metric else "rate"
        if "after stop" in row.said or "_off" in row.arm:
            start = stop or 36.0
            end = start + row.time_months
        elif "on treatment" in row.said and stop:
            end = stop
    if how == "incidence" and end <= start:
        raise NotExecutable("no time over which fractures are counted")
    return Question(name, how, start, end, causes)


def _arthralgia(row: Row) -> Question:
    if row.statistic != "incidence":
        raise NotExecutable(f"statistic '{row.statistic}' does not go with '{row.endpoint}'")
    if re.search(r"grade ?>= ?[23]", row.said):
        raise NotExecutable("graded severity is not comparable with pain scores")
    prevalence = "prevalence" in row.said
    return Question(
        "arthralgia_probability", "prevalence" if prevalence else "ever", 0.0, row.time_months
    )


def spelt(unit: str) -> str:
    """Return a unit of a table in the spelling of the model."""
    known = (
        unit.replace(" BCE", "")
        .replace(" creatinine", "")
        .strip()
        .replace("U/l", "IU/L")
        .replace("/l", "/L")
        .replace("/ml", "/mL")
    )
    known = known.replace("/dl", "/dL").replace("IIU", "IU").replace("μ", "u").replace("µ", "u")
    return {"nM": "nmol/L", "pM": "pmol/L"}.get(known, known)


def in_unit(row: Row, value: float, unit: str) -> float:
    """Return `value` of the model (in `unit`) in the unit of the row; raises `NotExecutable`."""
    given = spelt(row.unit)
    if not given or given in ("%", "g/cm2"):
        return value
    hormone = QUANTITIES.get(row.endpoint, row.endpoint)
    for small, factor in (("nmol/L", 1e-9), ("pmol/L", 1e-12)):
        if given == small and hormone in MOLAR_MASS:  # g/mol; mass units of ours are per dL or mL
            grams = conversion_factor(unit, "g/L")
            return value * grams / MOLAR_MASS[hormone] / factor
    try:
        return value * conversion_factor(unit, given)
    except ValueError as problem:
        raise NotExecutable(f"unit '{row.unit}' does not fit '{unit}': {problem}") from None
