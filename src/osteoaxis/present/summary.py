"""The public quantities, and the summary of a scenario as JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import xarray as xr

from osteoaxis import guidance, intervals
from osteoaxis.present.asked import asked
from osteoaxis.scenario import ScenarioResult

Kind = Literal["level", "percent_change"]
STEP_MONTHS = 6
DIGITS = 6


@dataclass(frozen=True)
class Quantity:
    """What a public quantity is: the variable it comes from, and how it is given."""

    source: str
    kind: Kind
    unit: str
    description: str


def _levels() -> dict[str, Quantity]:
    given = {
        "estradiol": ("pg/mL", "estradiol in serum"),
        "estrone": ("pg/mL", "estrone in serum"),
        "estrone_sulfate": ("pg/mL", "estrone sulfate in serum"),
        "bone_estradiol": ("pg/mL", "estradiol at bone cells"),
        "testosterone": ("ng/dL", "total testosterone in serum"),
        "androstenedione": ("ng/dL", "androstenedione in serum"),
        "shbg": ("nmol/L", "sex hormone-binding globulin in serum"),
        "lh": ("IU/L", "luteinising hormone in serum"),
        "fsh": ("IU/L", "follicle-stimulating hormone in serum"),
        "aromatase_inhibition": ("percent", "inhibition of whole-body aromatisation"),
        "activated_immune_cells": ("1", "activated immune cells of the marrow, 1 = young adult"),
        "tnf_alpha": ("pg/mL", "TNF-alpha at the marrow"),
        "il1": ("pg/mL", "IL-1 beta at the marrow"),
        "il6": ("pg/mL", "IL-6 at the marrow"),
        "rankl": ("pmol/L", "free RANKL in marrow"),
        "opg": ("pmol/L", "osteoprotegerin in marrow"),
        "rankl_opg_ratio": ("1", "RANKL for each OPG"),
        "rank_occupancy": ("1", "share of RANK occupied"),
        "osteoclast_precursors": ("1", "osteoclast precursors, 1 = young adult"),
        "osteomorphs": ("1", "osteomorphs and arrested precursors, 1 = young adult"),
        "osteoclasts": ("1", "active osteoclasts, 1 = young adult"),
        "osteoblast_precursors": ("1", "osteoblast precursors, 1 = young adult"),
        "osteoblasts": ("1", "active osteoblasts, 1 = young adult"),
        "osteocytes": ("1", "living osteocytes, 1 = young adult"),
        "sclerostin": ("pmol/L", "sclerostin in serum"),
        "tgf_beta": ("ng/mL", "active TGF-beta freed by resorption"),
        "resorption_rate": ("1", "resorption, 1 = young adult"),
        "formation_rate": ("1", "formation, 1 = young adult"),
        "coupling_ratio": ("1", "formation for each resorption"),
        "calcium": ("mmol/L", "calcium in serum, total at normal albumin"),
        "phosphate": ("mmol/L", "phosphate in serum"),
        "pth": ("pg/mL", "parathyroid hormone in serum"),
        "vitamin_d": ("ng/mL", "25-hydroxyvitamin D in serum"),
        "calcitriol": ("pg/mL", "calcitriol in serum"),
        "egfr": ("mL/min", "estimated glomerular filtration rate for 1.73 m2"),
        "ctx": ("ng/mL", "CTX in serum"),
        "ntx": ("nmol/mmol", "NTX for each creatinine in urine"),
        "p1np": ("ng/mL", "P1NP in serum"),
        "bsap": ("ug/L", "bone-specific alkaline phosphatase in serum"),
        "lumbar_spine_t_score": ("1", "T-score of the lumbar spine"),
        "total_hip_t_score": ("1", "T-score of the total hip"),
        "femoral_neck_t_score": ("1", "T-score of the femoral neck"),
        "trabecular_bone_score": ("1", "trabecular bone score"),
        "lumbar_spine_z_score": ("1", "Z-score of the lumbar spine"),
        "total_hip_z_score": ("1", "Z-score of the total hip"),
        "femoral_neck_z_score": ("1", "Z-score of the femoral neck"),
        "vertebral_fracture_incidence": ("percent", "people with a vertebral fracture, felt"),
        "hip_fracture_incidence": ("percent", "people with a hip fracture"),
        "other_fracture_incidence": ("percent", "people with another fracture"),
        "any_fracture_incidence": ("percent", "people with any fracture"),
        "joint_pain_score": ("1", "mean worst joint pain, 0 to 10"),
        "stopped_for_joint_pain": ("1", "share who stop an inhibitor because of joint pain"),
        "arthralgia_probability": ("1", "probability of joint pain of at least 3 of 10"),
    }
    return {name: Quantity(name, "level", unit, text) for name, (unit, text) in given.items()}


def _changes() -> dict[str, Quantity]:
    markers = {f"{m}_change": (m, m.upper()) for m in ("ctx", "ntx", "p1np", "bsap")}
    sites = {
        f"{site}_bmd": (f"{site}_bmd", f"bone mineral density, {site.replace('_', ' ')}")
        for site in ("lumbar_spine", "total_hip", "femoral_neck")
    }
    return {
        name: Quantity(source, "percent_change", "percent", f"{title}, change since month 0")
        for name, (source, title) in (markers | sites).items()
    }


QUANTITIES: dict[str, Quantity] = _levels() | _changes()


def values(data: xr.Dataset, name: str, months: Sequence[float]) -> list[float]:
    """Return the public quantity `name` at `months`, interpolated where it was not recorded."""
    entry = QUANTITIES[name]
    grid, levels = data["time"].values, data[entry.source].values
    found = np.interp(months, grid, levels)
    if entry.kind == "percent_change":
        found = 100 * (found / levels[0] - 1)
    return [float(value) for value in found]


def months_of(result: ScenarioResult) -> list[float]:
    """Return every sixth month from zero, and the end of the scenario."""
    end = round(result.scenario.years * 12, 6)
    return [*(float(m) for m in range(0, math.ceil(end), STEP_MONTHS)), float(end)]


def summary_json(result: ScenarioResult, months: Sequence[float] | None = None) -> dict[str, Any]:
    """Return the summary of `result`; values that could not be computed are None."""
    chosen = months_of(result) if months is None else [float(m) for m in months]
    first = next(iter(result.arms.values()))
    return {
        "scenario": result.scenario.name,
        "version": first.attrs["version"],
        "parameter_hash": first.attrs["parameter_hash"],
        "warnings": list(result.warnings),
        "months": [int(m) if m.is_integer() else m for m in chosen],
        "treatment": {
            arm: {
                **{key: data.attrs[key] for key in ("regimen", "given", "decisions")},
                "cautions": [
                    finding.brief()
                    for finding in guidance.flags(result.scenario.patient, data, result.drugs)
                ],
                "limits": []
                if data.attrs["status"]
                else [*asked("weaknesses", result.scenario.patient, {arm: data}, result.drugs)],
            }
            for arm, data in result.arms.items()
        },
        "arms": {
            arm: {
                name: {
                    "unit": entry.unit,
                    "kind": entry.kind,
                    "values": [_rounded(value) for value in values(data, name, chosen)],
                }
                for name, entry in QUANTITIES.items()
            }
            for arm, data in result.arms.items()
        },
        "intervals": {
            arm: {
                name: limits
                for name in QUANTITIES
                if (limits := _limits(result.drawn.get(arm, ()), name, chosen))
            }
            for arm in result.arms
        },
    }


def _limits(
    drawn: Sequence[xr.Dataset], name: str, months: Sequence[float]
) -> dict[str, list[float | None]]:
    """Return the 90 % limits of a quantity as `low` and `high`; nothing where it was not drawn."""
    own = [data for data in drawn if QUANTITIES[name].source in data]
    found = intervals.limits(own, lambda data: np.array(values(data, name, months)))
    if found is None:
        return {}
    return {
        end: [_rounded(float(value)) for value in limit]
        for end, limit in zip(("low", "high"), found, strict=True)
    }


def _rounded(value: float) -> float | None:
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
