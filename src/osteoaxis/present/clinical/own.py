"""A report on one person's own results: the same pages, made of a forecast."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from osteoaxis import DISCLAIMER, forecast, intervals
from osteoaxis.engine import Progress
from osteoaxis.forecast import Forecast, Person
from osteoaxis.forecast.plain import at_end, measured
from osteoaxis.forecast.posterior import error_of
from osteoaxis.outcomes import change, dxa
from osteoaxis.present import own_course, told, words
from osteoaxis.present.clinical import ahead, appendix, density, expect
from osteoaxis.present.clinical.case import Case, Measure, Ranged
from osteoaxis.present.document import (
    Beside,
    Block,
    Box,
    Column,
    Document,
    Heading,
    Items,
    Paragraph,
    Part,
    Run,
    Table,
    Text,
)
from osteoaxis.present.told import TITLES, UNEXPLAINED
from osteoaxis.simulation import Simulator
from osteoaxis.units import DAYS_PER_MONTH

Array = NDArray[np.float64]

NOT_YOU = (
    "A computer model compares these results with those of virtual people who could have them. One "
    "in ten real people will be outside the ranges. Do not start, stop or change a treatment "
    "because of them; take questions to your clinical team."
)
MADE = (
    "Ranges: 300 people who could have these results, their parameters, usual levels and fracture "
    "numbers drawn together (docs/forecast.md)."
)
COULD_BE, LIKE = "people who could be this person", "people of this age and treatment"
MOST_MEASURED = 8  # of the first page; all are in the appendix


@dataclass(frozen=True)
class Own(Case):
    """A case whose runs are the people who could be this person: values are their middle."""

    def value(self, arm: str, measure: Measure) -> Ranged:
        """Return the median of a measure with its range."""
        return _ranged([measure(run) for run in self.drawn[arm]])

    def change(self, arm: str, measure: Measure) -> Ranged:
        """Return by how much a measure is larger than in the first strategy, person by person."""
        first = next(iter(self.arms))
        pairs = zip(self.drawn[arm], self.drawn[first], strict=True)
        return _ranged([measure(one) - measure(other) for one, other in pairs])


def _ranged(values: Sequence[float]) -> Ranged:
    low, high = np.nanpercentile(values, intervals.PERCENTILES)
    return float(np.nanmedian(values)), float(low), float(high)


def report(person: Person, ready: Simulator, seed: int, progress: Progress) -> Document:
    """Return the report on a person; raises as `forecast.forecast` does."""
    return written(forecast.forecast(person, ready, seed=seed, progress=progress), ready, progress)


def written(found: Forecast, ready: Simulator, progress: Progress) -> Document:
    """Return the report on a forecast."""
    case = case_of(found, ready)
    attrs = next(iter(case.told.values())).attrs
    second = (*ahead.changes(case), *ahead.said(case), *ahead.after(case, _sharpens(found)))
    return Document(
        title=case.title,
        parts=(
            _page(case, found),
            Part(second, fitted=True),
            appendix.page(case, progress, (*_fit(found),), MADE),
        ),
        footer=DISCLAIMER,
        mark=f"osteoaxis {attrs['version']} · parameters {attrs['parameter_hash']}",
    )


def case_of(found: Forecast, ready: Simulator) -> Own:
    """Return the forecast as a case: months count from today, those before it are negative."""
    person, months = found.person, found.months
    ahead_of = months - found.now
    arms: dict[str, xr.Dataset] = {}
    drawn: dict[str, tuple[xr.Dataset, ...]] = {}
    told: dict[str, xr.Dataset] = {}
    for name in found.courses:
        people = own_course.people(found, name)
        told[name] = own_course.told(found, ready, name)
        attrs = {**told[name].attrs, "regimen": person.asked.get(name, name), "decisions": []}
        arms[name] = _dataset(own_course.middle(found, name), ahead_of, attrs)
        count = len(people["ctx"])
        rows = ({key: values[k] for key, values in people.items()} for k in range(count))
        drawn[name] = tuple(_dataset(row, ahead_of, {}) for row in rows)
    return Own(
        words.clipped(person.title, 110), "", person.patient, person.years, arms, drawn, told,
        ready.drugs, ready.model, start=found.now, origin="today", precision=person.precision,
        ranges=f"90 % of the {_people(found)}",
    )  # fmt: skip


def _dataset(values: Mapping[str, Array], months: Array, attrs: Mapping[str, object]) -> xr.Dataset:
    return xr.Dataset(
        {name: ("time", row) for name, row in values.items()}, {"time": months}, dict(attrs)
    )


def _page(case: Own, found: Forecast) -> Part:
    explained = found.posterior.check.explained
    warned = (Paragraph(UNEXPLAINED), *(Paragraph(doubt["text"]) for doubt in told.doubts(found)))
    return Part(
        (
            Heading(case.title, 1),
            Paragraph(f"From {found.person.today} on, {words.time(case.end)} ahead. {NOT_YOU}"),
            *(() if explained else (Box(warned, "caution"),)),
            Box((Heading("In short"), Items(tuple(_brief(case, found))))),
            Beside(
                (Heading("Who this is about"), Items(tuple(_who(found)))),
                (Heading("What is compared"), Items(tuple(_compared(case, found))),
                 Paragraph("Ranges know nothing of illnesses and medicines left out here.",
                           small=True)),
            ),
            # T-scores of people who are not fitted would be those of anybody.
            *(expect.expected(case, _points(found)) if explained else ()),
        ),
        fitted=True,
    )  # fmt: skip


def _brief(case: Own, found: Forecast) -> Iterator[Text]:
    yield from told.makes(found)
    yield from told.notes(found)
    yield from expect.ends(case)
    if found.posterior.check.explained:
        shares = words.joined(
            f"{told.share(row['osteoporosis_percent'])} with {case.called(row['strategy'])}"
            for row in at_end(found)
        )
        yield (
            Run("Osteoporosis ", "strong"),
            f"after {words.time(case.end)} (T-score −2.5 or lower at {told.WHERE}), of 100 "
            f"{COULD_BE}: {shares}.",
        )


def _people(found: Forecast) -> str:
    """Return whom the ranges hold: where nothing is fitted, these are people like this one."""
    return COULD_BE if found.posterior.check.explained else LIKE


def _who(found: Forecast) -> Iterator[Text]:
    person = found.person
    today = replace(person.patient, age=float(round(person.patient.age + found.now / 12)))
    yield words.sentence(words.person(today))
    if known := words.history(person.patient):
        yield words.sentence(f"Known: {known}")
    for medicine in person.taken:
        yield f"Taken: {told.taken(medicine)}."
    rows = [*zip(measured(found), person.measurements, strict=True)]
    for row, each in rows[-MOST_MEASURED:]:
        doubt = " Is it right? It is far from what the model expects." if row["far_off"] else ""
        yield f"{row['date']}: {TITLES[each.quantity]} {told.value(each)}.{doubt}"


def _compared(case: Own, found: Forecast) -> Iterator[Text]:
    """Yield each strategy from today on in plain words."""
    for name, asked in found.person.asked.items():
        given = told.given(asked, case.years)
        yield Run(case.name(name), "strong"), words.clipped(f": {given}.", 240)


def _points(found: Forecast) -> density.Points:
    """Return what DXA measured: month from today, T-score and what measuring alone may give."""
    person = found.person
    points: dict[str, list[tuple[float, float, float, float]]] = {}
    for each in person.measurements:
        site = each.quantity.removesuffix("_bmd")
        if site in density.SITES and each.quantity.endswith("_bmd"):
            ends = change.spread(each.value, error_of(each.quantity, person))
            month = (each.day - person.now) / DAYS_PER_MONTH
            score, low, high = (
                float(dxa.t_score(v, site, person.patient.sex)) for v in (each.value, *ends)
            )
            points.setdefault(site, []).append((month, score, low, high))
    return points


def _sharpens(found: Forecast) -> Sequence[Block]:
    """Return what one more measurement would tell, if any is worth it."""
    return (Paragraph(text),) if (text := told.following(found)) else ()


def _fit(found: Forecast) -> Iterator[Block]:
    """Yield how well the model explains this person, and every measurement."""
    yield Heading("How well this person is explained")
    posterior = found.posterior
    refreshed = (
        f", refreshed in {words.counted(posterior.stages, 'step')}" if posterior.stages else ""
    )
    yield Paragraph(
        f"Of 100 people of this age and treatment {told.share(100 * posterior.check.probability)} "
        "have results as unusual as these together; below 1 they count as not explained. Weighed "
        "by these results, 1,000 people drawn before anything was measured count as "
        f"{posterior.effective_size:.0f}{refreshed}."
    )
    rows = [
        (row["date"], TITLES[each.quantity], told.value(each),
         f"{row['expected']['low']:.3g} to {row['expected']['high']:.3g} {row['unit']}")
        for row, each in zip(measured(found), found.person.measurements, strict=True)
    ]  # fmt: skip
    heads = (
        Column("Date", "left"), Column("What", "left"), Column("Value", "left"),
        Column("Expected from the others", "left"),
    )  # fmt: skip
    if rows:
        yield Table(heads, rows)
