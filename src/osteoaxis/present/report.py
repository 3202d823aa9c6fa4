"""The report of a run, for experts: one HTML file, the same bytes for the same results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from osteoaxis import DISCLAIMER, guidance
from osteoaxis.outcomes import cascade
from osteoaxis.present import figures, words, writers
from osteoaxis.present.asked import asked
from osteoaxis.present.document import (
    Block,
    Box,
    Column,
    Document,
    Heading,
    Items,
    Paragraph,
    Part,
    Picture,
    Run,
    Table,
    Text,
)
from osteoaxis.present.tables import headline, marker_rows
from osteoaxis.scenario import ScenarioResult

NOT_YOU = (
    " These are results of a model for one typical virtual person; shaded bands hold 90 % of what "
    "the data allow for such a person, not how people differ. They cannot tell what will happen to "
    "you. Do not start, stop or change a treatment because of them; take questions to the clinical "
    "team."
)


def render(result: ScenarioResult, pictures: Sequence[figures.Picture]) -> str:
    """Return the report of `result` as HTML, with `pictures` set in as vector graphics."""
    plan = result.scenario
    attrs = next(iter(result.arms.values())).attrs
    mark = (
        f"osteoaxis {attrs['version']} · parameters {attrs['parameter_hash']} · "
        f"dosing {attrs['dosing']} · relative tolerance {attrs['rtol']} · absolute {attrs['atol']}"
    )
    known = plan.patient, result.arms, result.drugs
    blocks = (
        Heading(plan.title, 1),
        *([Paragraph(words.sentence(plan.summary))] if plan.summary else []),
        Box((Paragraph((Run(DISCLAIMER, "strong"), NOT_YOU)),), "caution"),
        *_failures(result),
        *(Box((Paragraph(warning),), "caution") for warning in result.warnings),
        *_simulated(result),
        *_cautions(result),
        *_brief(result),
        *_markers(result),
        *_compared(result),
        Heading("Pictures"),
        *(Picture(each.svg, each.caption, each.caption) for each in pictures),
        Heading("Limits"),
        Items(asked("limits", *known) + asked("weaknesses", *known)),
    )
    return writers.html(Document(plan.title, (Part(blocks),), DISCLAIMER, mark))


def _failures(result: ScenarioResult) -> Iterator[Block]:
    for failure in result.failures:
        told = (Run("Not solved to the end: ", "strong"), failure)
        yield Box((Paragraph(told),), "caution")


def _simulated(result: ScenarioResult) -> Iterator[Block]:
    plan = result.scenario
    yield Heading("What was simulated")
    yield Paragraph(
        f"{plan.patient.name}: {words.person(plan.patient)}. Life from young adulthood to time "
        "zero is simulated, so bone starts from what that life left."
    )
    rows: list[tuple[Text, ...]] = []
    for arm, regimen in plan.arms.items():
        decisions = "; ".join(words.decisions(result.arms[arm]))
        rows.append((arm, (Run(regimen, "code"), f" {decisions}" if decisions else "")))
    yield Table((Column("Arm", "left"), Column("Treatment", "left", share=1)), rows)


def _cautions(result: ScenarioResult) -> Iterator[Block]:
    items: list[Text] = []
    for arm, data in result.arms.items():
        for found in guidance.flags(result.scenario.patient, data, result.drugs):
            rates = "".join(f" {rate}." for rate in found.rule.rates)
            items.append((
                Run(arm, "strong"), f", {found.when}: {found.rule.text}",
                Run(f"{rates} {found.rule.citation}", "soft"),
            ))  # fmt: skip
    if items:
        yield Heading("To ask the clinical team about")
        yield Items(items)


def _brief(result: ScenarioResult) -> Iterator[Block]:
    yield Heading("In brief")
    men = ("T ng/dL",) if result.scenario.patient.male else ()
    titles = ("Month", "E2 pg/mL", *men, "CTX %", "P1NP %", "Spine %", "Hip %", "Spine T",
              "Fracture %", "Pain %")  # fmt: skip
    rows = [
        (
            row.arm, f"{row.month:g}", f"{row.estradiol:.3g}",
            *(words.number(row.testosterone, 0) for _ in men), words.number(row.ctx, 0),
            words.number(row.p1np, 0), words.number(row.lumbar_spine),
            words.number(row.total_hip), words.number(row.lumbar_spine_t_score, 2),
            words.number(row.fracture_percent), words.number(row.arthralgia_percent, 0),
        )
        for row in headline(result)
    ]  # fmt: skip
    yield Table((Column("Arm", "left"), *map(Column, titles)), rows, grouped=True)
    yield Paragraph(
        "E2: estradiol; T: testosterone. Percent: change since month 0. CTX marks resorption, P1NP "
        "formation. A T-score of −2.5 or less is osteoporosis, −1 to −2.5 low bone mass. Fracture: "
        "people in 100 like this one who have had any since month 0. Pain: those with joint pain "
        "of at least 3 of 10.",
        small=True,
    )


def _markers(result: ScenarioResult) -> Iterator[Block]:
    found = marker_rows(result)
    if not found:
        return
    yield Heading("Turnover markers against what is usual")
    rows = [
        (
            row.marker.upper(), row.arm, f"{row.month:g}", f"{row.value:.3g} {row.interval.unit}",
            f"{row.interval.low:.3g} to {row.interval.high:.3g}", row.place,
        )
        for row in found
    ]  # fmt: skip
    titles = ("Month", "Level", "Usual (95 %)", "Level is")
    heads = (Column("Marker", "left"), Column("Arm", "left"), *map(Column, titles))
    yield Table(heads, rows, grouped=True)
    sources = "; ".join(dict.fromkeys(row.interval.source for row in found))
    yield Paragraph(
        ("For people of this sex, age and menopause; fasting, in the morning. Assays differ: "
         f"compare with the interval of your own laboratory. Sources: {sources}. Whether a change "
         "is real: ", Run("osteoaxis change ctx 0.40 0.25", "code"), "."),
        small=True,
    )  # fmt: skip


def _compared(result: ScenarioResult) -> Iterator[Block]:
    """Yield the cascade, turnover and cytokines of the last arm against the first."""
    if len(result.arms) < 2:
        return
    (first, reference), *_, (last, focus) = result.arms.items()
    month = min(12.0, float(focus["time"][-1]))
    yield Heading("The cascade, step by step")
    yield Paragraph(f"{last} against {first}, over the first two years.")
    yield _table(
        ("Step", "Largest size", "Half of it by day"),
        [
            (
                step.title,
                f"{words.number(step.size, 2 if step.unit == 'deficit' else 1)} {step.unit}",
                words.number(step.half_day, 0),
            )
            for step in cascade.cascade(reference, focus)
        ],
    )
    yield Heading(f"Resorption, formation and bone at month {month:g}")
    yield _table(
        ("Quantity", first, last, "Ratio"),
        [
            (row.title, words.number(row.reference, 3), words.number(row.focus, 3),
             words.number(row.ratio, 2))
            for row in cascade.activation_table(reference, focus, month)
        ],
    )  # fmt: skip
    yield Heading(f"Cytokines at month {month:g}")
    yield _table(
        ("Cytokine", f"{first}\npg/mL", f"{last}\npg/mL", "Fold",
         "Osteoclasts\nif blocked %", "Share of extra\nresorption %"),
        [
            (row.title, words.number(row.reference, 2), words.number(row.focus, 2),
             words.number(row.fold, 2), words.number(row.osteoclasts_percent, 0),
             words.number(None if row.share is None else 100 * row.share, 0))
            for row in cascade.cytokine_table(reference, focus, result.blocked, month)
        ],
    )  # fmt: skip
    yield Paragraph(
        "Levels are activity at the marrow in the unit of serum; serum itself moves less. Shares "
        "come from runs with the action of one cytokine blocked from time zero and need not add up "
        "to 100.",
        small=True,
    )


def _table(titles: Sequence[str], rows: Sequence[tuple[str, ...]]) -> Table:
    first, *others = titles
    return Table((Column(first, "left"), *map(Column, others)), rows)
