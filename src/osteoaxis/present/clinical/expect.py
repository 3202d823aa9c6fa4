"""The first page: who, what is compared, what was assumed, and what is expected with ranges."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from osteoaxis.outcomes.arthralgia import PAIN
from osteoaxis.outcomes.dxa import SITES
from osteoaxis.present import style, words
from osteoaxis.present.clinical import density
from osteoaxis.present.clinical.case import PAINS, Case, Measure, highest, level, percent
from osteoaxis.present.document import (
    Beside,
    Block,
    Box,
    Column,
    Heading,
    Items,
    Paragraph,
    Part,
    Picture,
    Run,
    Table,
    Text,
)
from osteoaxis.strategy.metrics import OSTEOPOROSIS

NOT_YOU = (
    "These are results of a computer model for a typical person like the one described. They "
    "cannot tell what will happen to you. Do not start, stop or change a treatment because of "
    "them; take questions to your clinical team."
)
FRACTURES = "any_fracture_incidence"
TOLD_APART = 3  # arms that a sentence names one by one
MOST_ROWS = 18  # of the table
STARTS = {
    "estradiol": "estradiol", "testosterone": "testosterone", "ctx": "CTX", "p1np": "P1NP",
    "vitamin_d": "25-hydroxyvitamin D", "egfr": "eGFR",
}  # fmt: skip


def page(case: Case) -> Part:
    """Return the first page of a report on the arms of a scenario."""
    return Part((*opening(case), *expected(case)), fitted=True)


def opening(case: Case) -> Iterator[Block]:
    """Yield title, the result in brief, who was simulated and what is compared."""
    yield Heading(case.title, 1)
    yield Paragraph(f"{words.sentence(case.summary)} {NOT_YOU}")
    yield Box((Heading("In short"), Items(tuple(brief(case)))))
    person = (Heading("Who was simulated"), Items(tuple(who(case))))
    arms = (Heading("What is compared"), *compared(case))
    assumptions = (Heading("What was assumed"), Items(tuple(assumed(case))))
    if len(case.shown) > TOLD_APART:
        yield Beside((*person, *assumptions), arms)
    else:
        yield Beside(person, (*arms, *assumptions))


def who(case: Case) -> Iterator[Text]:
    """Yield who was simulated, and what was measured or is usual at the start."""
    person = case.patient
    yield words.sentence(words.person(person))
    if known := words.history(person):
        yield words.sentence(f"Known: {known}")
    start = next(iter(case.arms.values()))
    scores = ", ".join(
        f"{site.replace('_', ' ')} {words.number(float(start[f'{site}_t_score'].values[0]))}"
        + ("" if site in person.t_scores else " (usual)")
        for site in SITES
    )
    yield words.sentence(f"T-scores at the start: {scores}")
    levels = ", ".join(
        f"{title} {words.rounded(float(start[name].values[0]))} {style.UNITS.get(unit, unit)}"
        + (" (measured)" if name in person.baseline else "")
        for name, title in STARTS.items()
        if (name != "testosterone" or person.male) and (unit := str(start[name].attrs["unit"]))
    )
    yield words.sentence(f"Blood levels at the start, as usual for such a person: {levels}")


def assumed(case: Case) -> Iterator[Text]:
    """Yield what was assumed, in plain words."""
    ruled = any(case.arms[arm].attrs["decisions"] for arm in case.arms)
    yield (
        "Every dose that the plan and its rules give is taken." if ruled
        else "Every dose is taken as planned."
    )  # fmt: skip
    yield "Food, weight, exercise and other medicines stay as they are."
    yield (
        "What was not told counts as in the average person of this age: earlier fractures, falls, "
        "smoking, cortisone, a parent’s broken hip."
    )


def compared(case: Case) -> Iterator[Block]:
    """Yield the arms in plain words: first what all are given, then each."""
    phrases = {arm: words.regimen(case.arms[arm].attrs["given"], case.years) for arm in case.arms}
    first, *_ = phrases.values()
    alike = [p for p in first if len(phrases) > 1 and all(p in own for own in phrases.values())]
    if alike:
        yield Paragraph(f"Every option: {words.joined(alike)}.")
    told: list[Text] = []
    for arm in case.shown:
        own = [phrase for phrase in phrases[arm] if phrase not in alike]
        what = words.joined(own) if own else "nothing else"
        told.append((Run(case.name(arm), "strong"), words.clipped(f": {what}.", 240)))
    yield Items(tuple(told))
    if more := len(case.arms) - len(case.shown):
        yield Paragraph(f"{words.counted(more, 'more option')} in the appendix.", small=True)
    if case.given:
        kinds = ", ".join(f"{words.drug(drug.name)} ({drug.group})" for drug in case.given)
        yield Paragraph(words.clipped(f"Kinds of medicine: {kinds}.", 300), small=True)


def brief(case: Case) -> Iterator[Text]:
    """Yield the result in a few sentences."""
    yield density_of(case)
    yield Run("Osteoporosis ", "strong"), _osteoporosis(case)
    yield broken(case)
    pain = _told(case, highest(PAINS, 100), "about {}", 0)
    yield (
        Run("Joint pain ", "strong"),
        f"of at least {PAIN:g} of 10, when it is most frequent, of 100 people like this: {pain}.",
    )


def density_of(case: Case) -> Text:
    """Say how density changes in five years, or by the end."""
    month = min(5 * 12.0, case.end)
    spine, hip = (
        _told(case, percent(f"{site}_bmd", month), "{} %", 1, signed=True)
        for site in ("lumbar_spine", "total_hip")
    )
    return Run("Bone density ", "strong"), f"after {words.time(month)}. Spine: {spine}. Hip: {hip}."


def broken(case: Case) -> Text:
    """Say how many break a bone by the end."""
    told = _told(case, level(FRACTURES, case.end), "about {}", 0)
    return (
        Run("Broken bones ", "strong"),
        f"within {words.time(case.end)}, of 100 people like this: {told}.",
    )


def _told(case: Case, measure: Measure, form: str, digits: int, *, signed: bool = False) -> str:
    """Return a measure of each arm with its range; where arms are many, the first and the span.

    `form` is how a number is said.
    """

    def say(value: float) -> str:
        return form.format(words.number(value, digits, signed=signed))

    arms = case.shown if len(case.shown) <= TOLD_APART else case.shown[:1]
    told = []
    for arm in arms:
        value, low, high = case.value(arm, measure)
        ends = words.span(low, high, digits, signed=signed)
        told.append(f"{say(value)} ({ends}) with {case.called(arm)}")
    if rest := sorted(measure(case.arms[arm]) for arm in case.shown[len(arms) :]):
        apart = dict.fromkeys(words.number(v, digits, signed=signed) for v in (rest[0], rest[-1]))
        told.append(f"{form.format(' to '.join(apart))} with the others")
    return ", ".join(told)


def _osteoporosis(case: Case) -> str:
    """Say when which arm first has a T-score of osteoporosis, by the lowest of the three sites."""
    limit = f"(a T-score of {words.number(OSTEOPOROSIS)} or lower at spine, hip or femoral neck)"
    reached: dict[str, list[str]] = {}
    for arm in case.shown:
        data = case.arms[arm]
        lowest = np.min([data[f"{site}_t_score"].values for site in SITES], axis=0)
        below = data["time"].values[lowest <= OSTEOPOROSIS]
        if below.size:
            when = words.moment(float(below[0]))
            reached.setdefault(when, []).append(case.called(arm))
    if not reached:
        return f"{limit} is not reached within {words.time(case.end)}."
    told = "; ".join(
        f"from {when} with {words.joined(arms) if len(arms) < len(case.shown) else 'every option'}"
        for when, arms in reached.items()
    )
    return f"{limit}: {told}."


def expected(case: Case, points: density.Points | None = None) -> Iterator[Block]:
    """Yield the figure of density, with what was measured, and the table of what is expected."""
    yield Heading("What to expect")
    arms = {arm: case.arms[arm] for arm in case.shown}
    drawn = density.figure(arms, case.drawn, case.letters, case.patient.sex, case.origin, points)
    dots = " Dots: measured, with what measuring alone may give." if points else ""
    ranges = "shading" if len(arms) <= density.SHADED else "bars at the end"
    names = ", ".join(f"{case.letters[arm]} {words.label(arm)}" for arm in arms)
    yield Picture(
        style.svg(drawn),
        f"Two charts of the T-score of lumbar spine and total hip over {words.time(case.end)}, "
        f"a line for each option with its range. {'; '.join(_courses(case))}.",
        f"{names}. Coloured bands: T-score normal, low bone mass, osteoporosis. "
        f"Ranges ({ranges}) hold {case.ranges}.{dots}",
    )
    yield expectations(case, case.shown, case.fitting(len(case.shown), MOST_ROWS))
    yield Paragraph(
        f"In brackets: {case.ranges}. T-score: density against healthy young "
        "adults; −1 and higher is normal, −2.5 and lower osteoporosis. Broken bone: of any kind, "
        f"since {case.origin}." + (f" Joint pain: at least {PAIN:g} of 10." if case.hurts else ""),
        small=True,
    )
    if weak := case.asked("weaknesses"):
        yield Paragraph((Run("Where the model is weak here. ", "strong"), " ".join(weak)))


def _courses(case: Case) -> Iterator[str]:
    for arm in case.shown:
        scores = case.arms[arm]["lumbar_spine_t_score"].values
        first, last = (words.number(float(scores[k]), 2) for k in (0, -1))
        yield f"{case.name(arm)}: spine from {first} to {last}"


def expectations(case: Case, arms: Sequence[str], months: Sequence[float]) -> Table:
    """Return the table of density, T-scores, fractures and joint pain by arm and month."""
    places = [(arm, month) for arm in arms for month in months]

    def column(make: Callable[[float], Measure], digits: int = 1, **how: bool) -> list[Text]:
        values = [case.value(arm, make(month)) for arm, month in places]
        return words.ranged(values, digits, **how)

    def scores(site: str) -> list[Text]:
        return [
            words.number(level(f"{site}_t_score", month)(case.arms[arm])) for arm, month in places
        ]

    columns: dict[str, Sequence[Text]] = {
        "Spine density\n% change": column(partial(percent, "lumbar_spine_bmd"), signed=True),
        "Hip density\n% change": column(partial(percent, "total_hip_bmd"), signed=True),
        "T-score\nspine": scores("lumbar_spine"),
        "T-score\nhip": scores("total_hip"),
        "Broken bone\nof 100": column(partial(level, FRACTURES)),
    }
    if case.hurts:
        columns["Joint pain\nof 100"] = column(lambda month: level(PAINS, month, 100.0), 0)
    rows = [
        (case.name(arm), words.year(month), *cells)
        for (arm, month), *cells in zip(places, *columns.values(), strict=True)
    ]
    heads = (
        Column("Option", "left"),
        Column("Year"),
        *(Column(title, share=float("score" not in title)) for title in columns),
    )
    return Table(heads, rows, grouped=True)
