"""The results of a scenario in the terminal: tables and small charts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import plotext
from rich.console import Console
from rich.table import Table

from osteoaxis import DISCLAIMER, guidance
from osteoaxis.dosing import rhythm
from osteoaxis.guidance import Finding
from osteoaxis.outcomes import cascade
from osteoaxis.present import words
from osteoaxis.present.asked import asked
from osteoaxis.present.console import opened
from osteoaxis.present.summary import values
from osteoaxis.present.tables import headline
from osteoaxis.scenario import ScenarioResult
from osteoaxis.treatment import was_given

WIDTH = 95
CHART_HEIGHT = 16
SHARES = (
    "Of extra resorption: how much of it is gone with the action of this cytokine alone blocked. "
    "Shares overlap, so they do not add up to 100 %."
)


def show(result: ScenarioResult) -> None:
    """Print title, arms, the headline table, the cascade, two tables and two charts."""
    console = opened(WIDTH)
    plan = result.scenario
    console.print(plan.title, style="bold", markup=False)
    if plan.summary:
        console.print(words.sentence(plan.summary), markup=False)
    person = plan.patient
    sex = "man" if person.male else "woman"
    console.print(f"Patient: {person.name}, {sex} of {person.age:g}.", markup=False)
    for arm, regimen in plan.arms.items():
        console.print(f"  {arm}: {regimen}", markup=False)
        for decision in words.decisions(result.arms[arm]):
            console.print(f"    {decision}", markup=False)
    for warning in result.warnings:
        console.print(f"\n{warning}", markup=False)
    ask(
        console,
        {
            arm: guidance.flags(plan.patient, data, result.drugs)
            for arm, data in result.arms.items()
        },
    )
    solved = {arm: data for arm, data in result.arms.items() if not data.attrs["status"]}
    for text in asked("weaknesses", plan.patient, solved, result.drugs):
        console.print(f"  - Known to be off: {text}", markup=False)
    if next(iter(result.arms.values())).attrs["dosing"] == "average":
        console.print("Drugs swallowed at least daily are taken as a steady input (--dosing).")
    console.print()
    console.print(_headline(result))
    if rhythm(was_given(data) for data in result.arms.values()):
        console.print("Doses are days apart: levels of a month are those of its last whole week.")
    names = list(result.arms)
    if len(names) > 1:
        reference, focus = result.arms[names[0]], result.arms[names[-1]]
        month = min(12.0, plan.years * 12)
        console.print(f"\nWhat '{names[-1]}' does against '{names[0]}'", markup=False)
        console.print(_cascade(cascade.cascade(reference, focus)))
        console.print(f"\nAt month {month:g}: resorption, formation and bone")
        console.print(_activation(cascade.activation_table(reference, focus, month)))
        console.print(f"\nAt month {month:g}: cytokines at the marrow")
        console.print(_cytokines(cascade.cytokine_table(reference, focus, result.blocked, month)))
        console.print(SHARES)
    for name, title in (
        ("lumbar_spine_bmd", "Lumbar spine density, percent change by year"),
        ("ctx_change", "CTX, percent change by year"),
    ):
        console.print()
        print(_chart(result, name, title, color=console.is_terminal), end="")
    console.print(f"\n{DISCLAIMER}")


def ask(console: Console, found: Mapping[str, Iterable[Finding]]) -> None:
    """Print each safety flag and caution once, with the arms that meet it and when."""
    if wanted := guidance.asked(found):
        console.print("\nAsk about:")
    for text, where in wanted.items():
        console.print(f"  - {text} ({'; '.join(where)})", markup=False)


def _table(first: str, *columns: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(first, no_wrap=False)
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _signed(value: float, digits: int = 1) -> str:
    text = f"{value:+.{digits}f}"
    return text if float(text) else text.lstrip("+-")


def _headline(result: ScenarioResult) -> Table:
    men = ("T ng/dL",) if result.scenario.patient.male else ()
    table = _table(
        "arm",
        "month",
        "E2 pg/mL",
        *men,
        "CTX %",
        "P1NP %",
        "spine %",
        "hip %",
        "spine T",
        "fracture %",
        "joint pain %",
    )
    last = ""
    for row in headline(result):
        table.add_row(
            row.arm if row.arm != last else "",
            f"{row.month:g}",
            f"{row.estradiol:.3g}",
            *(f"{row.testosterone:.0f}" for _ in men),
            _signed(row.ctx, 0),
            _signed(row.p1np, 0),
            _signed(row.lumbar_spine),
            _signed(row.total_hip),
            _signed(row.lumbar_spine_t_score, 2),
            f"{row.fracture_percent:.1f}",
            f"{row.arthralgia_percent:.0f}",
        )
        last = row.arm
    return table


def _cascade(steps: tuple[cascade.Step, ...]) -> Table:
    table = _table("step", "largest size in two years", "half of it by day")
    for step in steps:
        digits = 2 if step.unit == "deficit" else 1
        day = "–" if step.half_day is None else f"{step.half_day:.0f}"
        table.add_row(step.title, f"{_signed(step.size, digits)} {step.unit}", day)
    return table


def _activation(rows: tuple[cascade.Activation, ...]) -> Table:
    table = _table("quantity", "reference", "focus", "ratio")
    for row in rows:
        levels = (words.digits(value, 3) for value in (row.reference, row.focus))
        table.add_row(row.title, *levels, f"{row.ratio:.2f}")
    return table


def _cytokines(rows: tuple[cascade.Cytokine, ...]) -> Table:
    table = _table(
        "cytokine", "reference", "focus", "fold", "osteoclasts if blocked", "of extra resorption"
    )
    for row in rows:
        share = "–" if row.share is None else f"{100 * row.share:.0f} %"
        table.add_row(
            row.title,
            f"{row.reference:.2f} {row.unit}",
            f"{row.focus:.2f} {row.unit}",
            f"{row.fold:.2f}",
            f"{_signed(row.osteoclasts_percent, 0)} %",
            share,
        )
    return table


def _chart(result: ScenarioResult, name: str, title: str, *, color: bool) -> str:
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plot_size(WIDTH, CHART_HEIGHT)
    plotext.title(title)
    markers = ("dot", "braille", "sd", "hd", "fhd")
    for index, (arm, data) in enumerate(result.arms.items()):
        months = [float(m) for m in data["time"].values]
        plotext.plot(
            [m / 12 for m in months],
            values(data, name, months),
            label=arm,
            marker=markers[index % len(markers)],
        )
    text = str(plotext.build())
    return text if color else str(plotext.uncolorize(text))
