"""A trial in pictures, numbers and tidy tables."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from osteoaxis.present import style
from osteoaxis.trials import Conducted, Effect
from osteoaxis.trials.analysis import times
from osteoaxis.trials.design import FRACTURES, MEASURED

CODES = {"lumbar_spine_bmd": "LSBMD", "total_hip_bmd": "THBMD", "femoral_neck_bmd": "FNBMD",
         "ctx": "CTX", "p1np": "P1NP", "estradiol": "E2", "testosterone": "TESTO"}  # fmt: skip
UNITS = {"ctx": "ng/mL", "p1np": "ng/mL", "estradiol": "pg/mL", "testosterone": "ng/dL"}
Powers = Sequence[tuple[Effect, list[tuple[int, float]]]]


@style.styled
def sheet(found: Conducted, powers: Powers) -> Figure:
    """Draw what was measured by arm and visit, and the power of each endpoint by size."""
    shown = list(dict.fromkeys(v for v, _ in found.trial.endpoints if v in MEASURED))
    figure = Figure(figsize=(10.5, 3.3 * (1 + -(-len(shown) // 3))), layout="constrained")
    grid = figure.add_gridspec(1 + -(-len(shown) // 3), 3)
    looks = style.arm_styles([arm.name for arm in found.trial.arms])
    visits = np.array(found.trial.visits)
    for place, name in enumerate(shown):
        axes = figure.add_subplot(grid[place // 3, place % 3])
        for number, arm in enumerate(found.trial.arms):
            own = found.measured[name][number][found.allocated == number]
            change = 100.0 * (own / own[:, :1] - 1.0)
            count = np.isfinite(change).sum(axis=0)
            error = 1.96 * np.nanstd(change, axis=0) / np.sqrt(np.maximum(count, 1))
            axes.errorbar(visits, np.nanmean(change, axis=0), error, capsize=2, label=arm.name,
                          **looks[arm.name])  # fmt: skip
        axes.axhline(0, color="#9a9a9a", linewidth=0.8)
        axes.set_title(f"{name} (% change, mean and 95 % interval)", fontsize=8.5)
        axes.set_xlabel("months")
        if place == 0:
            axes.legend(fontsize=7.5)
    axes = figure.add_subplot(grid[-1, :])
    for k, (effect, curve) in enumerate(powers):
        sizes, shares = zip(*curve, strict=True)
        axes.plot(sizes, 100.0 * np.array(shares), marker="o", markersize=3,
                  color=style.COLOURS[k % len(style.COLOURS)],
                  linestyle=style.DASHES[k % len(style.DASHES)],
                  label=f"{effect.endpoint} at month {effect.month:g}, {effect.arm}")  # fmt: skip
    axes.axhline(80, color="#9a9a9a", linewidth=0.8)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("people in each arm")
    axes.set_title("Power (% of trials with p < 0.05)")
    axes.legend(fontsize=7.5, loc="lower right")
    return figure


def write(found: Conducted, effects: Sequence[Effect], powers: Powers, folder: Path) -> None:
    """Write picture, summary and tidy tables (adsl, adbmd and adtte, as CDISC names them)."""
    figure = sheet(found, powers)
    (folder / "trial.svg").write_text(style.svg(figure), encoding="utf-8", newline="\n")
    (folder / "trial.png").write_bytes(style.png(figure))
    text = json.dumps(summary(found, effects, powers), indent=1, allow_nan=False)
    (folder / "summary.json").write_text(text + "\n", encoding="utf-8")
    study, arms = found.trial.name.upper(), [arm.name for arm in found.trial.arms]
    ids = [f"{study}-{each.number:06d}" for each in found.people]
    _table(folder / "adsl.csv", (
        {"STUDYID": study, "USUBJID": ids[k], "ARM": arms[found.allocated[k]],
         "SEX": each.patient.sex[0].upper(), "AGE": round(each.patient.age, 1),
         "BMIBL": round(each.patient.body_mass_index, 1),
         "EOSMONTH": round(min(found.left_month[k], found.trial.visits[-1]), 2),
         "EOSSTT": "COMPLETED" if found.stayed[k, -1] else "DISCONTINUED"}
        for k, each in enumerate(found.people)
    ))  # fmt: skip
    rows = []
    for k in range(len(ids)):
        for name in MEASURED:
            values = found.measured[name][found.allocated[k], k]
            for month, value in zip(found.trial.visits, values, strict=True):
                if math.isfinite(value):
                    rows.append(
                        {"STUDYID": study, "USUBJID": ids[k], "PARAMCD": CODES[name],
                         "PARAM": f"{name} ({UNITS.get(name, 'g/cm2')})", "AVISITN": month,
                         "AVAL": f"{value:.5g}", "BASE": f"{values[0]:.5g}",
                         "PCHG": f"{100 * (value / values[0] - 1):.3f}"}
                    )  # fmt: skip
    _table(folder / "adbmd.csv", rows)
    events = []
    for name in FRACTURES:
        duration, event = times(found, name, found.trial.visits[-1])
        events += [
            {"STUDYID": study, "USUBJID": ids[k], "PARAMCD": name.upper(),
             "AVAL": f"{duration[k]:.3f}", "AVALU": "MONTHS", "CNSR": int(not event[k])}
            for k in range(len(ids))
        ]  # fmt: skip
    _table(folder / "adtte.csv", events)


def _table(path: Path, rows: Any) -> None:
    listed = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(listed[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(listed)


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def summary(found: Conducted, effects: Sequence[Effect], powers: Powers) -> dict[str, Any]:
    """Return the trial as JSON."""
    curves = {(e.endpoint, e.month, e.arm): curve for e, curve in powers}
    return {
        "trial": found.trial.name,
        "title": found.trial.title,
        "participants": len(found.people),
        "screened": found.screened,
        "stayed": int(found.stayed[:, -1].sum()),
        "arms": {
            arm.name: int((found.allocated == k).sum()) for k, arm in enumerate(found.trial.arms)
        },
        "effects": [
            {
                "endpoint": e.endpoint, "month": e.month, "arm": e.arm, "reference": e.reference,
                "kind": e.kind, "value": _number(e.value), "low": _number(e.low),
                "high": _number(e.high), "p": _number(e.p), "true": _number(e.true),
                "n": list(e.n), "means": list(e.means),
                "power": [[n, p] for n, p in curves.get((e.endpoint, e.month, e.arm), [])],
            }
            for e in effects
        ],
    }  # fmt: skip


def show(found: Conducted, effects: Sequence[Effect], powers: Powers) -> None:
    """Print the effects, and how many people each endpoint needs."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 150
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("endpoint", "arm", "effect", "95 % interval", "p", "without noise",
                   "for 80 % power"):  # fmt: skip
        table.add_column(column, justify="left" if column in ("endpoint", "arm") else "right")
    curves = {(e.endpoint, e.month, e.arm): curve for e, curve in powers}
    for e in effects:
        unit = {"difference": " points", "percent": " %", "hazard ratio": ""}[e.kind]
        enough = [n for n, p in curves.get((e.endpoint, e.month, e.arm), []) if p >= 0.8]
        table.add_row(
            f"{e.endpoint}, month {e.month:g}", f"{e.arm} against {e.reference}",
            f"{e.value:.3g}{unit}", f"{e.low:.3g} to {e.high:.3g}", f"{e.p:.2g}",
            f"{e.true:.3g}{unit}", f"{min(enough):,} an arm" if enough else "over 2,000 an arm",
        )  # fmt: skip
    console.print(table)
    console.print(
        f"{len(found.people):,} people of {found.screened:,} screened, "
        f"{int(found.stayed[:, -1].sum()):,} to the end."
    )
