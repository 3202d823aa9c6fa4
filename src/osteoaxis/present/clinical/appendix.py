"""The appendix for experts: all courses and rules, evidence, equations, parameters and limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from osteoaxis import fitted, intervals
from osteoaxis.engine import Progress
from osteoaxis.evidence import check
from osteoaxis.evidence.check import Scored
from osteoaxis.evidence.endpoint import group
from osteoaxis.model import Model
from osteoaxis.patient import Patient
from osteoaxis.present import style, words
from osteoaxis.present.clinical import ahead, equations, expect, held, sources
from osteoaxis.present.clinical.case import Case
from osteoaxis.present.document import (
    Block,
    Column,
    Heading,
    Items,
    Paragraph,
    Part,
    Run,
    Table,
    Text,
)
from osteoaxis.present.evidence import AGREES, RANGE, off_by, verdict
from osteoaxis.process import Param

ENDPOINTS = {
    "lumbar_spine_bmd": "spine density, %", "total_hip_bmd": "hip density, %",
    "femoral_neck_bmd": "neck density, %",
}  # fmt: skip
STATISTICS = {"hazard_ratio": "ratio", "incidence": "of 100", "difference": "difference"}
MOST_RESULTS = 40


SETS = (
    "Ranges: sets of the ensemble, drugs swallowed daily as a steady input, with the numbers of "
    "the fracture model drawn beside them."
)


def page(case: Case, progress: Progress, own: Sequence[Block] = (), made: str = SETS) -> Part:
    """Return the appendix; `own` are blocks about this person, `made` says how ranges were made."""
    return Part(
        (
            Heading("Appendix for experts", 1),
            *_courses(case),
            *own,
            *_rules(case),
            *_evidence(case, progress),
            Heading("Limits"),
            Items((*case.asked("limits"), *case.asked("weaknesses"), *held.limits(case))),
            *_equations(case.model),
            *_parameters(case),
            *_made(case, made),
        )
    )


def _courses(case: Case) -> Iterator[Block]:
    yield Heading("Courses as simulated")
    rows: list[tuple[Text, ...]] = []
    for arm, data in case.arms.items():
        decided = "; ".join(words.decisions(case.told[arm]))
        asked, given = str(data.attrs["regimen"]), str(data.attrs["given"])
        plan: Text = (Run(words.clipped(asked, 900), "code"),)
        if asked != given:
            plan = (*plan, " gave ", Run(words.clipped(given, 900), "code"))
        rows.append((case.name(arm), (*plan, f" {words.clipped(decided, 600)}" if decided else "")))
    yield Table((Column("Option", "left"), Column("Regimen", "left", share=1)), rows)
    arms = tuple(case.arms)
    if arms != case.shown or case.fitting(len(arms), expect.MOST_ROWS) != case.months:
        yield expect.expectations(case, arms, case.months)


def _rules(case: Case) -> Iterator[Block]:
    rows: list[tuple[Text, ...]] = []
    for arms in ahead.merged(case):
        first = next(iter(arms.values()))
        rule = first.rule
        rows.append((
            rule.text, rule.stated_by, ahead.concerned(case, arms),
            first.because, words.clipped(rule.citation, 160),
        ))  # fmt: skip
    if not rows:
        return
    yield Heading("Rules that apply")
    titles = {"Rule": 3.0, "Who says it": 1.3, "For": 0.8, "Because": 1.2, "Source": 1.7}
    yield Table([Column(title, "left", share) for title, share in titles.items()], rows)


def _evidence(case: Case, progress: Progress) -> Iterator[Block]:
    yield Heading("Trials of these treatments")
    treatments = sources.trials(case).values()
    found = {each.study.id: each for trials in treatments for each in trials}.values()
    if not found:
        yield Paragraph(sources.NONE)
        return
    yield Items([(Run(f"{each.study.id}: ", "strong"), *sources.cited(each)) for each in found])
    progress("Predicting the trials", 0.8)
    weighed = held.scored(case)
    if not weighed:
        return
    yield Heading("Observed and predicted: density and fractures", 3)
    yield from _agreement(weighed)
    weighed.sort(key=lambda each: (each.role != "validation", each.row.study_id))
    yield _results(weighed[:MOST_RESULTS])
    more = len(weighed) - MOST_RESULTS
    yield Paragraph(
        (f"{more} more rows, and other endpoints: " if more > 0 else "Other endpoints: ",
         Run("osteoaxis evidence check", "code"),
         f". Validation trials were not fitted. In brackets: {RANGE}. Agrees: {AGREES}."),
        small=True,
    )  # fmt: skip


def _agreement(weighed: Sequence[Scored]) -> Iterator[Block]:
    density = [each for each in weighed if group(each.row.endpoint) == "bmd"]
    if density:
        found = check.statistics(density)
        yield Paragraph(
            f"Of {words.counted(len(density), 'result')} on density of the trials nearest to these "
            "treatments, "
            f"{100 * found['share_within']:.0f} % agree; the mean difference is "
            f"{words.number(found['bias'], signed=True)} points, its root mean square "
            f"{words.number(found['rmse'])}."
        )


def _results(scored: Sequence[Scored]) -> Table:
    def row(each: Scored) -> tuple[Text, ...]:
        what = ENDPOINTS.get(each.row.endpoint) or _endpoint(each.row.endpoint)
        kind = STATISTICS.get(each.row.statistic, "")
        digits = 2 if kind == "ratio" else 1
        assert each.low is not None
        assert each.high is not None
        return (
            each.row.study_id,
            words.clipped(each.row.arm.replace("_", " "), 44),
            f"{what}, {kind}" if kind else what,
            words.number(each.row.time_months, 0),
            words.number(each.row.value, digits),
            (words.number(each.predicted, digits),
             Run(f" ({words.span(each.low, each.high, digits)})", "soft")),
            off_by(each),
            verdict(each),
            each.role,
        )  # fmt: skip

    heads = (
        Column("Trial", "left"), Column("Arm", "left", share=1), Column("Result", "left"),
        Column("Month"), Column("Observed"), Column("Predicted"), Column("Off by"),
        Column("Verdict", "left"), Column("Role", "left"),
    )  # fmt: skip
    return Table(heads, [row(each) for each in scored], grouped=True)


def _endpoint(name: str) -> str:
    return name.removesuffix("_pct").removesuffix("_hr").replace("_", " ")


def _equations(model: Model) -> Iterator[Block]:
    yield Heading("Key equations")
    yield Paragraph(
        ("Days are the unit of time. All equations: ", Run("osteoaxis show NAME", "code"), ", or ",
         Run("osteoaxis export sbml", "code"), "."),
        small=True,
    )  # fmt: skip
    yield from equations.pictures(model)


def _parameters(case: Case) -> Iterator[Block]:
    yield Heading("Fitted parameters")
    yield Paragraph(
        "The value of the joint fit with the range of 90 % of the ensemble, and what the number "
        "was before the fit. Drugs that are not given are left out.",
        small=True,
    )
    rows = [_parameter(name, *found) for name, found in _fitted(case).items()]
    heads = (
        Column("Parameter", "left"), Column("Meaning, and source before the fit", "left", share=1),
        Column("Value"), Column("90 % range"), Column("Unit", "left"),
    )  # fmt: skip
    yield Table(heads, rows)


Fitted = tuple[Param, float, float, float]


def _fitted(case: Case) -> dict[str, Fitted]:
    """Return the fitted parameters of this sex and of these drugs, with value and range."""
    male = case.patient.male
    given = {drug.name for drug in case.given}
    drawn = [fitted.of_sex(each, male=male) for each in fitted.ensemble()]
    found = {}
    for name, value in fitted.of_sex(fitted.values(), male=male).items():
        home = name.partition(".")[0]
        if home in case.drugs and home not in given:
            continue
        values = [each[name] for each in drawn]
        low, high = np.percentile(values, intervals.PERCENTILES) if values else (value, value)
        found[name] = case.model.parameters[name], value, float(low), float(high)
    return found


def _parameter(name: str, param: Param, value: float, low: float, high: float) -> tuple[Text, ...]:
    before = param.source.partition("before the fit: ")[2] or param.source
    return (
        (Run(name, "code"),),
        (param.meaning, Run(f" {words.clipped(before, 64)}", "soft")),
        _level(value),
        f"{_level(low)} to {_level(high)}",
        "" if param.unit == "1" else style.UNITS.get(param.unit, param.unit),
    )


def _level(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")


def _made(case: Case, ranges: str) -> Iterator[Block]:
    yield Heading("How this was made")
    attrs = next(iter(case.arms.values())).attrs
    fit = fitted.record()["fit"]
    made = [
        f"osteoaxis {attrs['version']}, parameters {attrs['parameter_hash']}; dosing "
        f"{attrs['dosing']}, relative tolerance {attrs['rtol']:g}, absolute {attrs['atol']:g}.",
        f"Person: {_told(case.patient)}.",
        ranges,
    ]
    if fit:
        made.append(
            f"Fit: {fit['parameters']} parameters to {fit['rows']} results of "
            f"{len(fit['studies'])} studies (docs/calibration.md)."
        )
    yield Items(made)


def _told(patient: Patient) -> str:
    """Return a person as given."""
    told = [words.person(patient)]
    for title, values in (
        ("T-score of", patient.t_scores),
        ("measured", patient.baseline),
        ("known:", patient.history),
        ("set:", patient.parameters),
    ):
        told += [
            f"{title} {name.replace('_', ' ')} {str(value).replace('-', '−')}"
            for name, value in values.items()
        ]
    return "; ".join(told)
