"""The first page: who, what is compared, what was assumed, and what is expected with ranges."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from osteoaxis.outcomes.arthralgia import PAIN
from osteoaxis.outcomes.dxa import SITES
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.present import style, words
from osteoaxis.present.arms import WORN_OFF
from osteoaxis.present.clinical import density, held
from osteoaxis.present.clinical.case import (
    PAINS,
    REBOUND,
    Case,
    Measure,
    highest,
    level,
    percent,
)
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
from osteoaxis.strategy.metrics import HORMONES, OSTEOPOROSIS

NOT_YOU = (
    "These are results of a computer model for a typical person like the one described. They "
    "cannot tell what will happen to you. Do not start, stop or change a treatment because of "
    "them; take questions to your clinical team."
)
FRACTURES, VERTEBRAL = "any_fracture_incidence", "vertebral_fracture_incidence"
SEVERAL = "multiple_vertebral_share"
BESIDE = 3  # arms up to which assumptions stand below what is compared
MOST_ROWS = 9  # of the table
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
    yield Paragraph(f"{words.sentence(case.summary)} {NOT_YOU}".strip())
    yield Box((Heading("In short"), Items(tuple(brief(case)))))
    person = (Heading("Who was simulated"), Items(tuple(who(case))))
    arms = (Heading("What is compared"), *compared(case))
    assumptions = (Heading("What was assumed"), Items(tuple(assumed(case))))
    if len(case.shown) > BESIDE:
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
    yield words.sentence(f"Blood levels at the start, usual where not measured: {levels}")


def assumed(case: Case) -> Iterator[Text]:
    """Yield what was assumed, in plain words."""
    plans = [Regimen.parse(data.attrs["regimen"]) for data in case.arms.values()]
    rules = [term.rules for plan in plans for term in plan.terms if term.rules]
    yield (
        "Where a share of doses is said to be taken, chance left out the others, once for each "
        "option; all other doses are taken." if any(each.taken < 100.0 for each in rules)
        else "Every dose that the plan and its rules give is taken." if rules
        else "Every dose is taken as planned."
    )  # fmt: skip
    yield "Food, weight, exercise and other medicines stay as they are."
    yield (
        "What was not told counts as in the average person of this age: earlier fractures, falls, "
        "smoking, cortisone, a parent’s broken hip."
    )


def compared(case: Case) -> Iterator[Block]:
    """Yield the arms in plain words: first what all are given, then each."""
    phrases = {arm: words.treatment(data, case.years) for arm, data in case.arms.items()}
    first, *_ = phrases.values()
    alike = [p for p in first if len(phrases) > 1 and all(p in own for own in phrases.values())]
    if alike:
        yield Paragraph(f"Every option: {words.joined(alike)}.")
    told: list[Text] = []
    for arm in case.shown:
        own = [phrase for phrase in phrases[arm] if phrase not in alike]
        waited = words.waited(case.told[arm])
        what = words.joined(own) if own else "" if waited else "nothing else"
        what = "; ".join(filter(None, (what, *waited)))
        told.append((Run(case.name(arm), "strong"), words.clipped(f": {what}.", 240)))
    yield Items(tuple(told))
    if more := len(case.arms) - len(case.shown):
        yield Paragraph(
            f"{words.counted(more, 'more option')} in the appendix of the full report.", small=True
        )
    if case.given:
        kinds = ", ".join(f"{words.drug(drug.name)} ({drug.group})" for drug in case.given)
        yield Paragraph(words.clipped(f"Kinds of medicine: {kinds}.", 300), small=True)


def brief(case: Case) -> Iterator[Text]:
    """Yield the result in a few sentences."""
    yield from ends(case)
    yield Run("Osteoporosis ", "strong"), _osteoporosis(case)
    yield (
        Run("Joint pain ", "strong"),
        f"of at least {PAIN:g} of 10, when it is most frequent, of 100 people: "
        f"{_told(case, highest(PAINS, 100))}.",
    )


def ends(case: Case) -> Iterator[Text]:
    """Yield what each arm comes to by the end, with hormones of men, and what this leaves out."""
    for arm in case.shown:
        if arm in case.alike:
            other = case.called(case.alike[arm])
            yield Run(case.name(arm), "strong"), f": no difference to {other}; the same was given."
            continue
        spine, hip = (
            _ranged(case, arm, percent(f"{site}_bmd", case.end), 1, " %", signed=True)
            for site in ("lumbar_spine", "total_hip")
        )
        broken = _ranged(case, arm, level(FRACTURES, case.end), 0)
        open_ = case.unprotected(arm, case.end)
        levels = "".join(
            f"; {name} {_ranged(case, arm, level(name, case.end), 0, f' {unit}')}"
            for name, unit in HORMONES.items()
            if case.patient.male and name in case.arms[arm]
        )
        yield (
            Run(case.name(arm), "strong"),
            f": after {words.time(case.end)} density of spine {spine}, hip {hip}; a bone broken "
            f"in about {broken} of 100{levels}." + (f" But {WORN_OFF}" if open_ else ""),
        )
    if case.left_out:
        yield (Run(case.left_out, "strong"),)


def _ranged(
    case: Case, arm: str, measure: Measure, digits: int, unit: str = "", *, signed: bool = False
) -> str:
    """Return a measure of an arm with its range in brackets."""
    value, low, high = case.value(arm, measure)
    limits = words.span(low, high, digits, signed=signed)
    return f"{words.number(value, digits, signed=signed)}{unit} ({limits})"


def _told(case: Case, measure: Measure) -> str:
    """Return a measure of each arm; once, where it prints alike in all."""
    told = {arm: f"about {_ranged(case, arm, measure, 0)}" for arm in case.apart}
    if len({*told.values()}) == 1 < len(case.shown):
        return f"{next(iter(told.values()))}, no difference"
    return ", ".join(f"{value} with {case.letters[arm]}" for arm, value in told.items())


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
            reached.setdefault(when, []).append(case.letters[arm])
    if not reached:
        return f"{limit} is not reached within {words.time(case.end)} by a typical person."
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
    names = ", ".join(f"{case.letters[arm]} {case.label(arm)}" for arm in arms)
    yield Picture(
        style.svg(drawn),
        f"Two charts of the T-score of lumbar spine and total hip over {words.time(case.end)}, "
        f"a line for each option with its range. {'; '.join(_courses(case))}.",
        f"{names}. Coloured bands: T-score normal, low bone mass, osteoporosis. "
        f"Ranges ({ranges}) hold {case.ranges}.{dots}",
    )
    yield expectations(case, case.apart, case.fitting(len(case.apart), MOST_ROWS))
    yield Paragraph(
        f"In brackets: {case.ranges}. T-score: density against healthy young "
        "adults; −1 and higher is normal, −2.5 and lower osteoporosis. Broken bone: of any kind, "
        f"since {case.origin}." + (f" Joint pain: at least {PAIN:g} of 10." if case.hurts else ""),
        small=True,
    )
    if case.stops.keys() & set(case.apart):
        yield Paragraph(_several(case), small=True)
    if case.left_out:
        yield Paragraph((Run(case.left_out, "strong"),))
    for warning in case.warnings:
        yield Paragraph((Run(warning, "strong"),))
    if weak := (*case.asked("weaknesses"), *held.limits(case)):
        yield Paragraph((Run("Where the model is weak here. ", "strong"), " ".join(weak)))


def _several(case: Case) -> str:
    """Say how often several vertebrae break at once where denosumab is stopped.

    Only there: an inhibitor raises CTX, too, and nobody has shown that several break more often.
    """
    month = min(case.stops.values()) + REBOUND[0]
    told = words.joined(
        f"{level(SEVERAL, month + case.start)(case.told[arm]):.0f} with {case.letters[arm]}"
        for arm in case.apart
        if arm in case.stops
    )
    return (
        f"Broken vertebra: one that is felt. Of 100 people who break one at {words.moment(month)}, "
        f"several break in {told}; after a placebo was stopped it was 39 (10.1002/jbmr.3337)."
    )


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
    if case.stops:
        columns["Broken vertebra\nof 100"] = column(partial(level, VERTEBRAL))
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
