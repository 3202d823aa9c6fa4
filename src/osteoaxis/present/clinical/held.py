"""Where the model is weak for these treatments, by how it meets the trials nearest to them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from osteoaxis import evidence
from osteoaxis.evidence import check
from osteoaxis.evidence.check import Scored
from osteoaxis.evidence.endpoint import group
from osteoaxis.evidence.tested import BESIDE
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.present import words
from osteoaxis.present.clinical import sources
from osteoaxis.present.clinical.case import Case
from osteoaxis.units import DAYS_PER_MONTH

KINDS = {
    "spine density": ("lumbar_spine_bmd",),
    "hip density": ("total_hip_bmd", "femoral_neck_bmd"),
    "broken bones": (),
}
"""What results are of, by endpoint; of fractures all."""
MISSED = 1 / 3
"""Share of results that the model may miss before it is said to be weak."""
POINTS, FACTOR = 0.5, math.log(1.25)
"""Mean differences from which a direction is told: points of density, fractures in log units."""
LONGER = 6.0  # months beyond the longest result that are still taken as held against it


def limits(case: Case) -> Iterator[str]:
    """Yield what results of the trials nearest to each treatment say against the model."""
    uncompared, unstudied = [], []
    first, *_ = case.shown
    missed: dict[str, tuple[str, ...]] = {}
    short: dict[str, str] = {}
    for arm in case.apart:
        regimen = case.regimen(arm)
        names = _treatment(regimen.drugs, case)
        if not names:
            continue
        title = sources.title(names)
        rows = results(case, arm)
        if not rows:
            unstudied.append(case.letters[arm])
            continue
        if arm != first and not any(each.row.statistic == "hazard_ratio" for each in rows):
            uncompared.append(case.letters[arm])
        longest = max(_length(_first(each), each.row.time_months, case) for each in rows)
        if _length(regimen, float(case.told[arm]["time"][-1]), case) > longest + LONGER:
            short[title] = words.time(longest)
        missed[title] = tuple(_missed(title, rows))
    for lines in missed.values():
        yield from lines
    for title, years in short.items():
        yield f"No result beyond {years} of {title} is held against the model."
    if unstudied:
        yield f"No trial of these drugs together is held against {words.joined(unstudied)}."
    if named := words.joined(sorted(uncompared + unstudied)):
        yield (
            f"No trial that compares broken bones with and without the medicines of {named} is "
            "held against the model: how many more or fewer break a bone is not confirmed."
        )


def results(case: Case, arm: str) -> list[Scored]:
    """Return the results on density and fractures of the trials nearest to an arm that count."""
    given = case.regimen(arm).drugs
    drugs = _treatment(given, case)
    found = sources.nearest(sources.trials(case).get(sources.title(given), ()))
    same = any(each.same for each in found)

    def alike(each: Scored) -> bool:
        theirs = _treatment(_first(each).drugs, case)
        return theirs == drugs if same else _classes(theirs, case) == _classes(drugs, case)

    names = {each.study.id for each in found}
    return [each for each in scored(case) if each.row.study_id in names and alike(each)]


def scored(case: Case) -> list[Scored]:
    """Return the results on density and fractures of the trials nearest to all arms that count."""
    trials = sources.trials(case).values()
    names = frozenset(each.study.id for found in trials for each in sources.nearest(found))
    return [each for each in _verdicts(names) if each.weight > 0] if names else []


@lru_cache(maxsize=4)
def _verdicts(names: frozenset[str]) -> tuple[Scored, ...]:
    return tuple(
        each
        for each in evidence.verdicts(only=names)
        if group(each.row.endpoint) in ("bmd", "fracture") and each.difference is not None
    )


def _missed(title: str, rows: Sequence[Scored]) -> Iterator[str]:
    for kind, endpoints in KINDS.items():
        own = [
            each
            for each in rows
            if (each.row.endpoint in endpoints if endpoints else check.relative(each.row))
        ]
        missed = [each for each in own if not each.within]
        if not own or len(missed) < MISSED * len(own):
            continue
        yield (
            f"{kind[:1].upper()}{kind[1:]} with {title}: {len(missed)} of "
            f"{words.counted(len(own), 'result')} of trials missed{_way(own, missed)}."
        )


def _way(own: Sequence[Scored], missed: Sequence[Scored]) -> str:
    """Return in which direction results are missed and, if the mean says so, by how much."""
    bias, fractures = check.statistics(own)["bias"], check.relative(own[0].row)
    if abs(bias) >= FACTOR and fractures:
        return f", predicted {math.exp(bias):.1f} times as many as seen"
    if abs(bias) >= POINTS and not fractures:
        return f", predicted {abs(bias):.1f} points too {'high' if bias > 0 else 'low'} on average"
    ways = {"high" if each.difference > 0 else "low" for each in missed if each.difference}
    return f", too {' or too '.join(sorted(ways))}"


def _first(each: Scored) -> Regimen:
    """Return the regimen of a result; of a difference, that of its first arm."""
    study = evidence.studies()[each.row.study_id]
    return Regimen.parse((study.treatment(each.row) or "none").partition(" vs ")[0])


def _treatment(names: Iterable[str], case: Case) -> tuple[str, ...]:
    """Return the drugs of a treatment without what is given beside."""
    known = (case.named[name] for name in names if name in case.named)
    return tuple(sorted({drug.name for drug in known if drug.group not in BESIDE}))


def _classes(names: Iterable[str], case: Case) -> Counter[str]:
    return Counter(case.named[name].group.replace("inactivator", "inhibitor") for name in names)


def _length(regimen: Regimen, end: float, case: Case) -> float:
    """Return for how many months up to `end` the longest drug of a treatment is given."""
    spans = [
        min(end, (term.stop_day or end * DAYS_PER_MONTH) / DAYS_PER_MONTH)
        - term.start_day / DAYS_PER_MONTH
        for term in regimen.terms
        if term.every_days and case.named[term.drug].group not in BESIDE
    ]
    return max(spans, default=0.0)
