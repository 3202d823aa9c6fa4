"""The second page: what the options change, what guidance says, what to measure, ask and watch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from osteoaxis import guidance
from osteoaxis.guidance import Finding, Rule
from osteoaxis.outcomes import dxa, markers
from osteoaxis.outcomes.change import Change
from osteoaxis.present import words
from osteoaxis.present.arms import WORN_OFF
from osteoaxis.present.clinical import sources
from osteoaxis.present.clinical.case import PAINS, Case, level, percent
from osteoaxis.present.clinical.expect import FRACTURES
from osteoaxis.present.document import (
    Beside,
    Block,
    Box,
    Column,
    Heading,
    Items,
    Paragraph,
    Part,
    Run,
    Table,
    Text,
)
from osteoaxis.present.guidance import not_shown

STAY = "Do not stop or skip a medicine without your team."
NOT_TOLD = "not told"
APPENDIX = (
    "The appendix for experts, which may be left out, holds the doses as simulated, all rules with "
    "their sources, what trials observed and the model predicts, limits, equations and parameters."
)
MOST_ROWS = 8  # of the table of differences
NONE = 0.05  # of 1,000: what rounding leaves of the same treatment
MOST_FINDINGS, MOST_WARNINGS, MOST_SOURCES = 8, 5, 8
WATCH = "What to watch?"
KINDS = ("safety", "caution", "guideline")
QUESTIONS = ("Is this osteoporosis?", "Start bone protection?", "Which bone protection?",
             "After denosumab", "A bisphosphonate against the cancer?")  # fmt: skip
"""In which order rules are told; other questions follow."""


def page(case: Case) -> Part:
    """Return the second page of a report on the arms of a scenario."""
    return Part((*changes(case), *said(case), *after(case)), fitted=True)


def after(case: Case, sharpens: Sequence[Block] = ()) -> Iterator[Block]:
    """Yield what to measure and to ask, signs that cannot wait, and sources.

    `sharpens` says what more to measure would tell.
    """
    yield Beside(
        (Heading("What to measure next"), *measure(case), *sharpens),
        (Heading("Questions to ask your team"), Items(case.asked("questions"))),
    )
    yield Box(
        (Heading("Call your team at once"), Items(case.asked("signs")),
         Paragraph((Run(STAY, "strong"),))),
        "urgent",
    )  # fmt: skip
    yield Heading("Trials of these treatments")
    yield sources.named(case, MOST_SOURCES)
    yield Paragraph(APPENDIX, small=True)


def changes(case: Case) -> Iterator[Block]:
    """Yield what each option changes against the first, with ranges of the differences."""
    yield Heading("What the options change")
    if len(case.shown) == 1:
        yield Paragraph("One course was simulated, so there is nothing to compare it with.")
        return
    if not case.others:
        yield Paragraph(f"{same(case)} So there is no difference.")
        return
    months = case.fitting(len(case.others), MOST_ROWS)
    places = [(arm, month) for arm in case.others for month in months]
    spine, hip = (
        [case.change(arm, percent(f"{site}_bmd", month)) for arm, month in places]
        for site in ("lumbar_spine", "total_hip")
    )
    bones = [case.change(arm, level(FRACTURES, month, 10.0)) for arm, month in places]
    columns: dict[str, Sequence[Text]] = {
        "Spine density\npoints": words.ranged(spine, signed=True),
        "Hip density\npoints": words.ranged(hip, signed=True),
        "Broken bones\nof 1,000": words.ranged(bones, 0, signed=True),
        "That is": [
            NOT_TOLD
            if any(case.unprotected(each_arm, month) for each_arm in (case.shown[0], arm))
            else one_in(*each)
            for (arm, month), each in zip(places, bones, strict=True)
        ],
    }
    pain = [case.change(arm, level(PAINS, month, 100.0)) for arm, month in places if case.hurts]
    if hurts := any(round(value) for each in pain for value in each):
        columns["Joint pain\nof 100"] = words.ranged(pain, 0, signed=True)
    rows = [
        (case.name(arm), words.year(month), *cells)
        for (arm, month), *cells in zip(places, *columns.values(), strict=True)
    ]
    heads = (Column("Option", "left"), Column("Year"), *(Column(c, share=1) for c in columns))
    yield Table(heads, rows, grouped=True)
    yield Paragraph(
        f"Differences to {case.called(case.shown[0])}; in brackets {case.ranges}. Points: percent "
        "of the density at the start. Broken bones: people by then, minus for fewer."
        + (
            " Joint pain: people at that time."
            if hurts
            else " Joint pain: no difference at these times."
        )
        + f" {same(case)}",
        small=True,
    )
    if any(NOT_TOLD in row for row in rows):
        yield Paragraph(f"{NOT_TOLD[:1].upper()}{NOT_TOLD[1:]}: {WORN_OFF}", small=True)
    if case.left_out:
        yield Paragraph((Run(case.left_out, "strong"),))


def same(case: Case) -> str:
    """Return which arms are left out of tables, since they were given the same as another."""
    return " ".join(
        f"{case.name(arm)} is as {case.letters[other]}: the same was given."
        for arm, other in case.alike.items()
        if arm in case.shown
    )


def one_in(value: float, low: float, high: float) -> str:
    """Return for how many people one fewer or more breaks a bone; `value`, its range: of 1,000."""
    if max(abs(low), abs(high)) < NONE:
        return "no difference"
    if low <= 0 <= high:
        return "not certain"
    if abs(value) < 1.0:
        return "less than 1 in 1,000"
    return f"1 {'fewer' if value < 0 else 'more'} in {1000 / abs(value):,.0f}"


def said(case: Case) -> Iterator[Block]:
    """Yield the cautions and guidelines that apply, the most pressing first, each once."""
    yield Heading("What labels and guidelines say")
    left_out = not_shown(case.withheld)
    ordered = [arms for arms in merged(case) if _rule(arms).question != WATCH]
    if not ordered:
        none = "None of the rules that were read applies to this person and treatment."
        yield Paragraph(f"{none} {left_out}".strip())
        return
    advice = [arms for arms in ordered if _rule(arms).kind == "guideline"][:MOST_FINDINGS]
    warned = [arms for arms in ordered if _rule(arms).kind != "guideline"]
    room = max(MOST_WARNINGS, MOST_FINDINGS - len(advice))  # warnings leave room for advice
    room = max(room, sum(_rule(arms).forbids for arms in warned))
    told = [*warned[:room], *advice][: max(room, MOST_FINDINGS)]
    yield Items([_said(case, arms) for arms in told])
    more = len(ordered) - len(told)
    rest = (
        f"{words.counted(more, 'more rule')} in the appendix of the full report."
        if more > 0
        else ""
    )
    beside = (rest, left_out, "Not advice: things to ask about.")
    yield Paragraph(" ".join(filter(None, beside)), small=True)


Met = Mapping[str, Finding]
"""What became of one rule in each arm that meets it."""


def merged(case: Case) -> list[Met]:
    """Return the rules that are met, the most pressing first, with the arms that meet them."""
    arms: dict[str, dict[str, Finding]] = {}
    for arm, findings in case.findings.items():
        for finding in findings:
            arms.setdefault(finding.rule.id, {})[arm] = finding
    return sorted(arms.values(), key=lambda met: _order(case, met))


def _rule(arms: Met) -> Rule:
    return next(iter(arms.values())).rule


def _order(case: Case, arms: Met) -> tuple[int, bool, int, int]:
    """Return the place of a rule: by kind, then what applies now before what may later.

    What a label forbids goes before all other warnings.

    A hazard goes by its question first: what follows denosumab is told however late it comes.
    """
    rule = _rule(arms)
    later = min(case.since(finding) for finding in arms.values()) > 0.0
    known = rule.question in QUESTIONS
    place = QUESTIONS.index(rule.question) if known else len(QUESTIONS)
    places = (place, later) if rule.hazard else (later, place)
    return KINDS.index(rule.kind), not rule.forbids, *places


def _said(case: Case, arms: Met) -> Text:
    rule = _rule(arms)
    newer = guidance.updates().get(rule.id)
    renewed = f" (renewed in {newer.year})" if newer else ""
    return (
        Run(f"{rule.stated_by}{renewed}: ", "strong"),
        rule.text,
        Run(f" ({concerned(case, arms)})", "soft"),
    )


def concerned(case: Case, arms: Met) -> str:
    """Return which options a rule is for and from when, in words."""
    letters = words.joined(case.letters[arm] for arm in arms)
    which = "every option" if len(arms) == len(case.arms) > 1 else letters
    first = min(case.since(finding) for finding in arms.values())
    if not first:
        return which
    needs = next((finding.needs for finding in arms.values() if finding.needs), "")
    earlier = f"; whether earlier: needs {needs}" if needs else ""
    return f"{which}, from {words.moment(first)}{earlier}"


def measure(case: Case) -> Iterator[Block]:
    """Yield what to measure: when guidelines ask for it, and what change is beyond chance."""
    if watch := list(dict.fromkeys(_watched(case))):
        yield Items(watch)
    spine, hip = (
        dxa.compare(1.0, 1.0, site, precision=case.precision[site])
        for site in ("lumbar_spine", "total_hip")
    )
    usual = case.precision == dxa.PRECISION
    error = (
        "the largest error a clinic may have; ask for its own" if usual else "your clinic’s error"
    )
    ctx = markers.compare("ctx", 1.0, 1.0)
    yield Paragraph(
        "Two scans on one machine may differ by chance by up to "
        f"{spine.least_rise:.1f} % at the spine and {hip.least_rise:.1f} % at the hip (with "
        f"{error}). Two tests of CTX, fasting and in the morning, by a fall of "
        f"{-ctx.least_fall:.0f} % or a rise of {ctx.least_rise:.0f} %. "
        "From when the change that the model expects would exceed that; this is no interval "
        "between scans:"
    )
    rows = [
        (
            case.letters[arm],
            *(_seen(case, arm, f"{site}_bmd", limit)
              for site, limit in (("lumbar_spine", spine), ("total_hip", hip))),
            _seen(case, arm, "ctx", ctx),
        )
        for arm in case.apart
    ]  # fmt: skip
    titles = ("Spine scan", "Hip scan", "CTX")
    heads = (Column("Option", "left"), *(Column(title, share=1) for title in titles))
    yield Table(heads, rows)


def _watched(case: Case) -> Iterator[Text]:
    """Yield what guidelines say about scans and tests."""
    for findings in case.findings.values():
        for finding in findings:
            if finding.rule.question == WATCH:
                yield Run(f"{finding.rule.stated_by}: ", "strong"), finding.rule.text


def _seen(case: Case, arm: str, name: str, limit: Change) -> str:
    """Return from when the change of a quantity is beyond chance, in words."""
    data = case.arms[arm]
    months, values = data["time"].values, data[name].values
    change = 100 * (values / np.interp(0.0, months, values) - 1)
    beyond = months[((change < limit.least_fall) | (change > limit.least_rise)) & (months > 0)]
    return f"from {words.moment(max(beyond[0], 1.0))}" if beyond.size else (
        f"not by year {case.years:g}"
    )  # fmt: skip
