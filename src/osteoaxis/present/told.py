"""A forecast in sentences: the same on the page, in the terminal, in the report and in the API."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np

from osteoaxis import DISCLAIMER, guidance
from osteoaxis.forecast import Forecast
from osteoaxis.forecast.person import AS_NOW, UNITS, Measurement, readings
from osteoaxis.forecast.plain import at_end, by_year, changes, measured, other_makes, summary, unit
from osteoaxis.outcomes import dxa, markers
from osteoaxis.pharmacology.drug import by_any_name
from osteoaxis.present import arms, own_course, words
from osteoaxis.present.guidance import as_json as finding_as_json
from osteoaxis.present.noted import noted
from osteoaxis.simulation import Simulator

TITLES = {
    "lumbar_spine_bmd": "Lumbar spine", "total_hip_bmd": "Total hip",
    "femoral_neck_bmd": "Femoral neck", "ctx": "CTX", "ntx": "NTX", "p1np": "P1NP",
    "bsap": "BSAP", "estradiol": "Estradiol", "testosterone": "Testosterone",
    "vitamin_d": "Vitamin D",
}  # fmt: skip
RARE = 5.0
"""Percent of people beyond which a value is called lower or higher than theirs."""
WORTH = 1.0
"""Percent by which a measurement must narrow the range to be worth a line."""
MOST_NEXT = 3
"""Measurements told that would narrow it most."""
WHERE = "spine, hip or hip neck"
UNEXPLAINED = (
    "The model does not explain these results together. No forecast is fitted to this person: what "
    "is shown is how people of this age and treatment differ. One of the results can be wrong (a "
    "date, a unit, a sign, a site, another machine), a medicine can be missing, there can be an "
    "illness that the model does not know, or the model itself can be wrong here."
)


def as_json(found: Forecast, ready: Simulator) -> dict[str, Any]:
    """Return the forecast as plain data for JSON, with its sentences.

    Each strategy comes with what rules say of its course with what was taken before; their months
    count from today.
    """
    plain, patient = summary(found), found.person.patient
    for name, strategy in plain["strategies"].items():
        data = own_course.told(found, ready, name)
        rules = guidance.findings(patient, data, found.drugs, ("guideline",))
        strategy |= noted(patient, data, found.drugs, found.now)
        strategy["guidelines"] = [finding_as_json(each.since(found.now)) for each in rules]
    told = {
        "lead": lead(found),
        "others": others(found),
        "warnings": [*warnings(plain)],
        "makes": [*makes(found)],
        "left_out": [*left_out(found)],
        "notes": [*notes(found)],
        "doubts": doubts(found),
        "next": following(found),
        "measurements": [value(each) for each in found.person.measurements],
        "strategies": {name: given(asked, found.person.years)
                       for name, asked in found.person.asked.items()},
    }  # fmt: skip
    return {"note": DISCLAIMER, "told": told, **plain}


def lead(found: Forecast) -> str:
    """Say what the first strategy may bring; where nothing is fitted, say that."""
    if not found.posterior.check.explained:
        return "The model does not explain these results together, so it makes no forecast of them."
    row = next(at_end(found))
    spine, hip = (row[f"{site}_change_percent"] for site in ("lumbar_spine", "total_hip"))
    low, broken = _counts(row)
    return (
        f"“{row['strategy']}”, in {words.time(12 * found.person.years)}: spine density "
        f"{_range(spine, signed=True, end=' %')}, hip {_range(hip, signed=True, end=' %')}. Of 100 "
        f"people with such results, {low} will then have a T-score of −2.5 or lower at {WHERE}, "
        f"and {broken} will have broken a bone{_too_low(found, row['strategy'])}."
    )


def others(found: Forecast) -> dict[str, str]:
    """Say in short what each other strategy may bring, by name; empty where nothing is fitted."""
    if not found.posterior.check.explained:
        return {}
    _, *rows = at_end(found)
    told = {}
    for row in rows:
        name = row["strategy"]
        spine, hip = (
            words.number(row[f"{site}_change_percent"]["median"], signed=True)
            for site in ("lumbar_spine", "total_hip")
        )
        low, broken = _counts(row)
        told[name] = (
            f"“{name}” instead: spine density {spine} %, hip {hip} %; of 100 such people, {low} "
            f"will have a T-score of −2.5 or lower, and {broken} will have broken a "
            f"bone{_too_low(found, name)}."
        )
    return told


def _counts(row: Mapping[str, Any]) -> tuple[str, str]:
    """Return how many of 100 are osteoporotic, and have broken a bone, at the end."""
    broken = row["any_fracture_percent"]["median"]
    return many(row["osteoporosis_percent"]), many(broken)


def _too_low(found: Forecast, name: str) -> str:
    """Return the mark of fractures that are too few since denosumab wore off."""
    end = float(found.months[-1])
    worn_off = arms.worn_off(found.person.strategies[name], found.drugs, end)
    return " (too low after denosumab wore off)" if worn_off else ""


def warnings(plain: Mapping[str, Any]) -> Iterator[str]:
    """Yield what may speak against strategies as they stand, each once, with which and when."""
    whose: dict[str, list[str]] = {}
    for name, strategy in plain["strategies"].items():
        for caution in strategy["cautions"]:
            if caution["decisive"]:
                whose.setdefault(caution["text"], []).append(f"“{name}” {caution['when']}")
    for text, told in whose.items():
        yield f"{'; '.join(told)}: {text}"


def notes(found: Forecast) -> Iterator[str]:
    """Yield what the results say by themselves, and when osteoporosis may be reached."""
    like = _like(found)
    for row in changes(found):
        real = "likely real" if row["real"] else "it may be chance"
        seen = words.number(row["percent"], signed=True)
        yield (
            f"{_site(row['site'])} density, {row['device'].capitalize()}, {_month(row['first'])} "
            f"to {_month(row['last'])}: {seen} %. Two scans of someone who does not change differ "
            f"by up to {row['least']:.1f} %, so {real}. {like} changed by "
            f"{_ends(row['usual'], signed=True)} % by then: {seen} is {_place(row['rank'])}."
        )
    last = {row["quantity"]: row for row in measured(found) if row["quantity"] in markers.WITHIN}
    for name, row in last.items():
        usual = " to ".join(words.rounded(row["usual"][end]) for end in ("low", "high"))
        yield (
            f"{TITLES[name]} of {_day(row['date'])}: {words.rounded(row['value'])} {row['unit']}. "
            f"{like} have {usual}: this is {_place(row['rank'])}."
        )
    for row in by_year(found):
        chances = []
        told = ((many(percent), _month(day)) for day, percent in row["percent"].items())
        for count, days in groupby(told, itemgetter(0)):
            first, *more = (day for _, day in days)
            chances.append(f"{count} {f'from {first} to {more[-1]}' if more else f'in {first}'}")
        yield (
            f"{_site(row['site'])} T-score today: {_range(row['today'])}. With "
            f"“{next(iter(found.courses))}”, of 100 people with such results this many will have "
            f"−2.5 or lower: {words.joined(chances)}. The model can be off by more than that."
        )


def left_out(found: Forecast) -> Iterator[str]:
    """Yield of which strategies the numbers tell too little, whatever they are."""
    person, end = found.person, float(found.months[-1])
    if less := arms.less_inhibitor(person.patient, person.strategies, found.drugs, end):
        yield f"Less of the inhibitor in {_named(less)}. {arms.LEFT_OUT}"
    open_ = [name for name, regimen in person.strategies.items()
             if arms.worn_off(regimen, found.drugs, end)]  # fmt: skip
    if open_:
        yield f"{_named(open_)}: {arms.WORN_OFF}"


def _named(names: list[str]) -> str:
    return words.joined(f"“{name}”" for name in names)


def makes(found: Forecast) -> Iterator[str]:
    """Say that the last scans are from another make, once for sites of which this is the same."""
    pairs = {(row["site"], row["device"]): row["percent"] for row in changes(found)}
    rows = other_makes(found)
    for (before, last), group in groupby(rows, itemgetter("before", "last")):
        within = {row["site"]: row["within"] for row in group}
        limits = words.joined(f"{p:.0f} % at the {_site(s).lower()}" for s, p in within.items())
        seen = ", ".join(
            f"{_site(site).lower()} {words.number(pairs[site, before], signed=True)} %"
            for site in within
            if (site, before) in pairs
        )
        if dxa.UNKNOWN in (before, last):
            yield (
                "The machine of the last scan or of the one before is not known: a change between "
                f"them cannot be judged to within about {limits}. Ask which machine it was."
            )
            continue
        yield (
            f"The last scan is from another make ({last.capitalize()}; before: "
            f"{before.capitalize()}). A change between makes cannot be judged to within about "
            f"{limits}. Compare the scans by {before.capitalize()}{f' ({seen})' if seen else ''}, "
            "and ask for the next one on that machine."
        )


def doubts(found: Forecast) -> list[dict[str, Any]]:
    """Return what is far from expected: the number of the result, a sentence, and if it is alone.

    A result is alone where the others are explained without it.
    """
    checked, person = found.posterior.check, found.person
    rows = []
    for k, (each, row) in enumerate(zip(person.measurements, measured(found), strict=True)):
        if not row["far_off"]:
            continue
        expected = row["expected"]
        fitting = [
            text for text, other in readings(each, person.patient.sex)
            if expected["low"] <= other <= expected["high"]
        ]  # fmt: skip
        text = (
            f"{TITLES[each.quantity]} of {_day(row['date'])} is {value(each)}. From the other "
            f"results the model expects about {_level(expected['median'], each)} "
            f"({_level(expected['low'], each)} to {_level(expected['high'], each)} "
            f"{row['unit']})."
        )
        text += f" It would fit {' or '.join(fitting)}: is it right?" if fitting else (
            " Is it right? The model can be wrong, too."
        )  # fmt: skip
        if each.quantity == "testosterone" and _injected(found):
            text += (
                " On injections testosterone rises here about twice as far as was found "
                "(MATSUMOTO1990, WALLACE1993): leave this result out."
            )
        if k == checked.alone:
            text += " Without it the other results are explained, and a forecast can be made."
        rows.append({"measurement": k, "text": text, "alone": k == checked.alone})
    return rows


def following(found: Forecast) -> str:
    """Say what to measure next, the most telling first."""
    if not found.posterior.check.explained:
        return ""
    best: dict[str, str] = {}  # of each quantity the month that tells most
    for each in found.next:
        if each.narrower >= WORTH:
            when = f"in {words.time(each.month)}" if each.month else "now"
            best.setdefault(each.quantity, f"{_named_in_text(each.quantity)} {when}")
    if not best:
        return "What to measure next: no single result would tell much more about what lies ahead."
    told = words.joined([*best.values()][:MOST_NEXT])
    tells = "These tell" if len(best) > 1 else "This tells"
    return f"What to measure next: {told}. {tells} most about the spine’s density ahead."


def value(each: Measurement) -> str:
    """Return a measurement as typed, and in brackets as the model takes it if that differs."""
    ours = f"{_level(each.value, each)} {unit(each.quantity)}"
    typed = each.typed.replace("cm2", "cm²").replace("ug/", "µg/").replace(" -", " −") or ours
    if not each.device:
        same = each.typed.split(" ")[-1] in ("", *UNITS[each.quantity][:1])
        return typed if same else f"{typed} ({ours})"
    by = f"{typed} by {each.device.capitalize()}"
    if each.device == dxa.UNKNOWN:
        by = f"{typed}, machine not known"
    if typed.startswith("T"):
        return f"{by} ({ours})"
    return by if each.device == "hologic" else f"{by} ({ours} as by Hologic)"


def given(asked: str, years: float) -> str:
    """Return what a strategy of a person's file gives from today on, in plain words."""
    parts = [part.strip() for part in asked.split("+")]
    return words.joined(
        phrase
        for part in parts
        for phrase in (
            ["what is taken goes on"] if part.lower() == AS_NOW else words.regimen(part, years)
        )
    )


def taken(text: str) -> str:
    """Return a medicine of the past with its dates in plain words."""
    regimen, _, when = text.partition(" from ")
    told = words.joined(words.regimen(regimen, np.inf)).removesuffix(", throughout")
    return f"{told}, from {when}"


def share(percent: float) -> str:
    """Return how many of 100; none and all are never certain."""
    return "<1" if percent < 0.5 else ">99" if percent > 99.5 else f"{percent:.0f}"


def many(percent: float) -> str:
    """Return how many of 100 in words, as sentences say it."""
    return share(percent).replace("<", "fewer than ").replace(">", "more than ")


def _named_in_text(quantity: str) -> str:
    """Return a quantity as it stands within a sentence."""
    site = quantity.removesuffix("_bmd")
    if site != quantity:
        return f"the {_site(site).lower()}’s density"
    title = TITLES[quantity]
    return title if title.isupper() or title == "P1NP" else title.lower()


def _like(found: Forecast) -> str:
    """Return who the people are that nothing was measured of."""
    who = "Men" if found.person.patient.male else "Women"
    drugs = dict.fromkeys(words.drug(term.drug) for term in found.person.past.terms)
    on = words.joined(drugs) if 0 < len(drugs) <= 3 else "the same medicines"
    return f"{who} of this age {f'on {on}' if drugs else 'without these medicines'}"


def _injected(found: Forecast) -> bool:
    """Whether testosterone was injected until today."""
    named = by_any_name(found.drugs)
    return any(
        named[term.drug].group == "androgen" and term.route == "im"
        for term in found.person.past.terms
    )


def _place(rank: float) -> str:
    if rank < RARE:
        return f"lower than in {100 - RARE:.0f} of 100 of them"
    if rank > 100 - RARE:
        return f"higher than in {100 - RARE:.0f} of 100 of them"
    return f"usual, lower in {rank:.0f} of 100 of them"


def _range(found: Mapping[str, float], *, signed: bool = False, end: str = "") -> str:
    middle = words.number(found["median"], signed=signed)
    return f"{middle}{end} ({_ends(found, signed=signed)})"


def _ends(found: Mapping[str, float], *, signed: bool = False) -> str:
    return words.span(found["low"], found["high"], signed=signed)


def _level(level: float, each: Measurement) -> str:
    return f"{level:.3f}" if each.device else words.rounded(level)


def _site(site: str) -> str:
    return {"lumbar_spine": "Spine", "total_hip": "Hip", "femoral_neck": "Hip neck"}[site]


def _day(text: str) -> str:
    return re.sub("^0", "", date.fromisoformat(text).strftime("%d %b %Y"))


def _month(text: str) -> str:
    return date.fromisoformat(text).strftime("%b %Y")
