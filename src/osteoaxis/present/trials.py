"""A trial in numbers: how it went, what it found, what it would need, and what stands beside it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from osteoaxis import DISCLAIMER, fitted
from osteoaxis.evidence.tested import reference
from osteoaxis.present import evidence, style, terminal, trial_tables, words
from osteoaxis.present.console import opened
from osteoaxis.present.trial_context import Context, Near
from osteoaxis.present.trial_sheet import sheet
from osteoaxis.present.trial_words import NAMES, SAME, people
from osteoaxis.trials import Conducted, Effect, Plan
from osteoaxis.trials.analysis import deviation
from osteoaxis.trials.design import SCORES
from osteoaxis.units import DAYS_PER_MONTH

WIDTH = 150
UNITS = {"difference": " points", "percent": " %", "hazard ratio": ""}
BASELINE = ("age", "years_since_menopause", "body_mass_index", *SCORES, "ctx", "p1np", "estradiol",
            "testosterone", "egfr")  # fmt: skip
SEEN = (
    "Eligibility and rules go by what is measured, with the errors of the trial. Deaths are those "
    "of the life table, the same in every arm."
)


def write(found: Conducted, plans: Sequence[Plan], beside: Context, folder: Path) -> None:
    """Write picture, `summary.json` and tidy tables."""
    figure = sheet(found, plans)
    (folder / "trial.svg").write_text(style.svg(figure), encoding="utf-8", newline="\n")
    (folder / "trial.png").write_bytes(style.png(figure))
    text = json.dumps(summary(found, plans, beside), indent=1, allow_nan=False)
    (folder / "summary.json").write_text(text + "\n", encoding="utf-8")
    trial_tables.write(found, folder)


def _number(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def summary(found: Conducted, plans: Sequence[Plan], beside: Context) -> dict[str, Any]:
    """Return the trial as JSON: design and provenance, course, effects, sizes, what is beside."""
    trial = found.trial
    return {
        "note": DISCLAIMER,
        "trial": trial.name,
        "title": trial.title,
        "seed": found.seed,
        "version": version("osteoaxis"),
        "model": found.model,
        "fitted": fitted.digest(),
        "design": {
            "population": trial.population.name,
            "population_title": trial.population.title,
            "population_hash": hashlib.sha256(repr(trial.population).encode()).hexdigest(),
            "participants": trial.participants,
            "arms": {a.name: {"regimen": str(a.regimen), "share": a.share} for a in trial.arms},
            "visits": list(trial.visits),
            "eligibility": {name: list(limits) for name, limits in trial.eligibility.items()},
            "errors": dict(trial.errors),
            "dropout": trial.dropout,
            "endpoints": [f"{variable}@{month:g}" for variable, month in trial.endpoints],
            "contrasts": [[p.effect.arm, p.effect.reference] for p in plans
                          if (p.effect.endpoint, p.effect.month) == trial.endpoints[0]],
            "alpha": trial.alpha,
            "power": trial.power,
            "confidence": trial.confidence,
            "note": SEEN,
            "warnings": trial.without_effect(),
        },
        "flow": {
            "screened": found.screened,
            "not_eligible": found.screened - len(found.people),
            "criteria_not_met": dict(found.excluded),
            "randomised": len(found.people),
            "arms": {arm: dict(counts) for arm, counts in _flow(found)},
        },
        "baseline": {
            name: {arm.name: _spread(found, name, k) for k, arm in enumerate(trial.arms)}
            for name in BASELINE if name in found.entry
        },
        "decisions": list(_decided(found)),
        "effects": [_effect(plan) for plan in plans],
        "cautions": {
            arm: [finding.brief() for finding in met] for arm, met in beside.cautions.items()
        },
        "studies": [_study(near) for near in beside.near],
    }  # fmt: skip


def _flow(found: Conducted) -> Iterator[tuple[str, list[tuple[str, int]]]]:
    for k, arm in enumerate(found.trial.arms):
        own = found.allocated == k
        completed, died = int(found.stayed[own, -1].sum()), int(found.died[own].sum())
        yield arm.name, [("allocated", int(own.sum())), ("died", died),
                         ("left", int(own.sum()) - died - completed),
                         ("completed", completed)]  # fmt: skip


def _spread(found: Conducted, name: str, arm: int) -> dict[str, float | None]:
    own = found.entry[name][found.allocated == arm]
    return {"mean": float(own.mean()) if own.size else None, "sd": _number(deviation(own))}


def _decided(found: Conducted) -> Iterator[dict[str, Any]]:
    """Say of each drug that rules decide about how many were started or stopped on it, and when."""
    for k, arm in enumerate(found.trial.arms):
        own = np.flatnonzero(found.allocated == k)
        months: dict[tuple[str, str], list[float]] = {
            (term.drug, "started"): []
            for term in arm.regimen.terms
            if term.rules and term.rules.start
        }
        for one in own:
            for decision in found.decisions[k][one]:
                month = decision.day / DAYS_PER_MONTH
                if month <= found.left_month[one]:
                    months.setdefault((decision.term.drug, decision.action), []).append(month)
        for (drug, action), when in months.items():
            yield {"arm": arm.name, "drug": drug, "action": action, "people": len(when),
                   "of": len(own), "months": np.percentile(when, (0, 50, 100)).tolist()
                   if when else None}  # fmt: skip


def _effect(plan: Plan) -> dict[str, Any]:
    e = plan.effect
    return {
        "endpoint": e.endpoint, "month": e.month, "arm": e.arm, "reference": e.reference,
        "kind": e.kind, "value": _number(e.value), "low": _number(e.low),
        "high": _number(e.high), "p": _number(e.p), "n": list(e.n),
        "means": [_number(mean) for mean in e.means],
        "sds": None if e.sds is None else [_number(sd) for sd in e.sds],
        "events": None if e.events is None else list(e.events), "true": e.true,
        "true_low": _number(plan.low), "true_high": _number(plan.high),
        "randomised_an_arm": _number(plan.needed),
        "randomised_low": _number(plan.needed_low), "randomised_high": _number(plan.needed_high),
        "power": plan.power, "assurance": plan.assurance,
        "curve": [[round(n, 1), power, averaged] for n, power, averaged in plan.curve],
    }  # fmt: skip


def _study(near: Near) -> dict[str, Any]:
    return {
        "study": near.study.id, "title": near.study.title, "role": near.study.role,
        "link": reference(near.study).link, "arms": list(near.arms),
        "misses": {name: {"results": m["n"], "bias": m["bias"], "rmse": m["rmse"],
                          "share_within": m["share_within"]} for name, m in near.misses.items()},
    }  # fmt: skip


def show(found: Conducted, plans: Sequence[Plan], beside: Context) -> None:
    """Print how the trial went, what it found, what it would need, and what stands beside it."""
    console = opened(WIDTH)
    _show_course(console, found)
    _show_effects(console, found, plans)
    _show_needs(console, found, plans)
    terminal.ask(console, beside.cautions)
    _show_near(console, beside.near)
    console.print(f"\n{DISCLAIMER}")


def _table(*columns: str, left: int = 1) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number < left else "right")
    return table


def _show_course(console: Console, found: Conducted) -> None:
    trial = found.trial
    console.print(trial.title, style="bold", markup=False)
    failed = ", ".join(f"{name} {count:,}" for name, count in found.excluded.items())
    console.print(
        f"{trial.population.title}, seed {found.seed}. {found.screened:,} people screened, "
        f"{found.screened - len(found.people):,} not eligible"
        + (f" ({failed}; some of several)" if failed else "") + ".", markup=False
    )  # fmt: skip
    console.print(SEEN)
    flow = dict(_flow(found))
    for late in trial.without_effect():
        console.print(late, markup=False)
    table = _table("mean (SD) at entry", *flow)
    for counts in zip(*flow.values(), strict=True):
        table.add_row(counts[0][0], *(f"{n:,}" for _, n in counts))
    for name in BASELINE:
        if name in found.entry:
            cells = [_spread(found, name, k) for k in range(len(flow))]
            both = (f"{_told(c['mean'], 3)} ({_told(c['sd'], 2)})" for c in cells)
            table.add_row(name.replace("_", " "), *both)
    console.print(table)
    for each in _decided(found):
        told = _when(each["months"])
        console.print(
            f"{each['arm']}: {each['drug']} {each['action']} in {each['people']} of {each['of']}"
            f"{told}.", markup=False
        )  # fmt: skip


def _told(value: float | None, digits: int) -> str:
    return words.DASH if value is None or not math.isfinite(value) else words.digits(value, digits)


def _when(months: Sequence[float] | None) -> str:
    """Say in which months something was decided: first, last and median."""
    if not months:
        return ""
    first, half, last = (_told(month, 3) for month in months)
    if first == last:
        return ", at the start" if months[-1] == 0.0 else f", in month {first}"
    return f", month {first} to {last}, half by month {half}"


def _who(effect: Effect) -> tuple[str, str]:
    return (f"{NAMES[effect.endpoint]}, month {effect.month:g}",
            f"{effect.arm} v {effect.reference}")  # fmt: skip


def _pair(values: tuple[float, float] | None, digits: int) -> str:
    return "" if values is None else " / ".join(_told(value, digits) for value in values)


def _show_effects(console: Console, found: Conducted, plans: Sequence[Plan]) -> None:
    console.print("\n[bold]What this trial found[/bold]")
    level = f"{100.0 * found.trial.confidence:g} % interval"
    table = _table("endpoint", "arms", "effect", level, "p", "mean, %", "SD", "people",
                   left=2)  # fmt: skip
    for e in (plan.effect for plan in plans):
        n = "{} / {}".format(*e.n)
        if e.events is not None:
            n += ", fractures {} / {}".format(*e.events)
        table.add_row(
            *_who(e), f"{_told(e.value, 3)}{UNITS[e.kind]}" if e.known else "cannot be estimated",
            f"{_told(e.low, 3)} to {_told(e.high, 3)}" if e.known else "",
            f"{e.p:.2g}" if e.known else "", _pair(e.means, 3), _pair(e.sds, 2), n,
        )  # fmt: skip
    console.print(table)
    console.print(
        "Pairs: arm / reference. Density: points of percent change; markers and hormones: geometric"
        " means,\ntheir SD that of the log; fractures: hazard ratio, percent of people with one.",
        style="dim",
    )


def _show_needs(console: Console, found: Conducted, plans: Sequence[Plan]) -> None:
    trial = found.trial
    console.print("\n[bold]What such a trial needs[/bold]")
    table = _table("endpoint", "arms", "true effect", "90 % of the model", "N an arm",
                   "90 % by chance", "power here", "averaged", left=2)  # fmt: skip
    for plan in plans:
        e = plan.effect
        if e.none:
            table.add_row(*_who(e), SAME)
            continue
        table.add_row(
            *_who(e), f"{_told(e.true, 3)}{UNITS[e.kind]}",
            "" if plan.low is None else f"{_told(plan.low, 3)} to {_told(plan.high, 3)}",
            people(plan.needed), f"{people(plan.needed_low)} to {people(plan.needed_high)}",
            f"{100 * plan.power:.0f} %",
            "" if plan.assurance is None else f"{100 * plan.assurance:.0f} %",
        )  # fmt: skip
    console.print(table)
    console.print(
        f"N randomised an arm for {100 * trial.power:g} % power, two-sided {trial.alpha:g}, with "
        f"a dropout hazard of {trial.dropout:g} %/year and deaths; its chance is that of who was "
        "simulated.\nTrue effect: everybody in both arms, without errors. 90 % of the model: what "
        "parameters and error of "
        "the model leave open\n(fractures: parameters). Averaged: the power of this trial over "
        "that. Not adjusted for several comparisons.\nPeople without an active drug differ less "
        "here than in trials: sizes against them are too small (docs/populations.md).", style="dim",
    )  # fmt: skip


def _show_near(console: Console, near: Sequence[Near]) -> None:
    console.print("\n[bold]Studies of these drugs, and how far off the model is there[/bold]")
    if not near:
        console.print("No study of these drugs is in the evidence of osteoaxis.")
        return
    table = _table("study", "role", "arms", "predicted minus observed (results that agree)", left=4)
    for each in near:
        misses = "; ".join(
            f"{evidence.NAMES.get(name, name)} {m['bias']:+.2g} "
            f"({m['share_within'] * m['n']:.0f} of {m['n']:.0f})"
            for name, m in each.misses.items()
        )
        table.add_row(each.study.title, each.study.role, ", ".join(each.arms), misses or "none")
    console.print(table)
    console.print("Points of percent change; fractures in log units. Validation studies were not "
                  "fitted.", style="dim")  # fmt: skip
