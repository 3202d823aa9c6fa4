"""What was given: from the words of a table to regimens the simulator runs.

The grammar is that of regimens, with what papers leave open filled in: `AI (any)`, a drug without
dose, `GnRH agonist`, gel by its strength, `[start if T<-2.0]`. What the model has no drug for is
refused with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from osteoaxis.errors import InputError, did_you_mean
from osteoaxis.evidence.words import plain
from osteoaxis.pharmacology.drug import Drug
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.simulation import Simulator


class NotExecutable(Exception):
    """A row that the model cannot be asked about; its text is the reason."""


NOTHING = re.compile(
    r"(none|placebo|control|observation|natural (history|menopause)|no (treatment|ai|agent)"
    r"|chemotherapy|untreated|usual care|progestin)\b.*"
)
STANDS_FOR = (
    (r"combined androgen blockade|(?:gnrh|lhrh)(?:a| agonists?| analog(?:ue)?s?)?|adt(?: any)?"
     r"|androgen deprivation|ofs|ovarian (?:function )?suppression", "goserelin 3.6 mg sc q28d"),
    (r"acyline|degarelix(?: sc)?", "goserelin 3.6 mg sc q28d"),
    (r"orchi(?:d)?ectomy|ovariectomy|oophorectomy|castration", "goserelin 3.6 mg sc q28d"),
    (r"(?:any )?(?:ai|aromatase inhibitors?)(?: \(any\))?", "anastrozole 1 mg po qd"),
    (r"(?:oral )?bisphosphonates?(?: \(any\))?", "alendronate 70 mg po qw"),
    (r"trt|testosterone replacement", "testosterone_gel 50 mg td qd [m-6-]"),
    (r"testosterone patch|testosterone td", "testosterone_gel 50 mg td qd"),
    (r"testosterone ester", "testosterone_enanthate 200 mg im q2w"),
    (r"estradiol valerate 1 ?mg", "estradiol 0.76 mg po qd"),
    (r"estradiol valerate 2 ?mg", "estradiol 1.53 mg po qd"),
    (r"tamoxifen \(most\)", "tamoxifen 20 mg po qd"),
)  # fmt: skip
"""What stands for a class; a castrating operation acts as an agonist that is never stopped."""
BLOCKERS = ("bicalutamide", "flutamide", "enzalutamide", "apalutamide", "darolutamide")
"""Androgen receptor blockers, which the model has not; beside castration they change little."""
NOT_MODELLED = {
    **dict.fromkeys(BLOCKERS, "an androgen receptor blocker; the model has none"),
    "abiraterone": "stops androgens at their source; the model has no such drug",
    "fulvestrant": "not in the catalogue of drugs",
    "mixed": "the group is a mixture of treatments",
}
CASTRATING = ("goserelin", "leuprolide", "triptorelin")
SUPPLEMENTS = (
    (r"\bca ?\+ ?vit ?d|calcium (and|plus) vitamin d", "calcium 1000 mg po qd [m0-]"),
    (r"\bca ?\+ ?vit ?d|calcium (and|plus) vitamin d", "vitamin_d3 800 IU po qd [m0-]"),
    (r"\bca 1 g", "calcium 1000 mg po qd [m0-]"),
)
"""What a whole population was given beside, in the usual dose where none is printed."""
_TIME = r"(?:about |up to )?(\d+(?:\.\d+)?)(?:(?:-| to )(\d+(?:\.\d+)?))? (y|mo(?:nths?)?)"
_INHIBITOR = r"(?:aromatase inhibitors?|ais?|anastrozole|letrozole|exemestane)"
_DEPRIVATION = (
    r"(?:androgen[- ]deprivation(?: therapy)?|adt|(?:gnrh|lhrh) (?:agonist|analogue)s?|gnrha)"
)
INHIBITORS = ("anastrozole", "letrozole", "exemestane")
UNDER_WAY = (
    (CASTRATING, (), _DEPRIVATION),
    (INHIBITORS, ("tamoxifen",), _INHIBITOR),
    (("tamoxifen",), INHIBITORS, "tamoxifen"),
)
"""What people of a population may be on: drugs of the class, the usual one first, drugs given in
its place, and its words."""
USUAL_BEFORE = 12.0
"""Months for which people have been on a treatment whose length is not said (assumed)."""
_JOINT = re.compile(r"\s*[;+]\s*(?![^\[]*\])")
_NEXT = re.compile(
    r"\s*(?:->|=>|\bthen\b(?! stop)|\bfollowed by\b|\bswitch(?:ed|ing)? to\b)\s*(?![^\[]*\])"
)
_WINDOW = re.compile(r"\[([^]]*)\]?\s*$")
_DOSED = re.compile(r"\d ?(mg|ug|g|iu)\b")
_COUNTS = {"two": "2", "three": "3", "four": "4", "six": "6", "twelve": "12"}
_FREQUENCIES = tuple(
    (re.compile(pattern), spelt)
    for pattern, spelt in (
        (r"(?<=mg|ug|iu) ?(?:/|per |a |each )(?:d|day)\b|(?<=g) ?/d(?:ay)?\b", " qd"),
        (r"\b(?:every|q) ?(\d+) ?(?:months?|mo|m)\b|\b(\d+)[- ]monthly\b", r"q\1\2mo"),
        (r"\b(?:every|q) ?(\d+) ?(?:weeks?|wks?|w)\b|\b(\d+)[- ]weekly\b", r"q\1\2w"),
        (r"\b(?:every|q) ?(\d+) ?(?:days?|d)\b", r"q\1d"),
        (
            r"\b(?:biannual(?:ly)?|semi-?annual(?:ly)?|half-yearly|twice (?:a year|yearly))\b",
            "q6mo",
        ),
        (r"\b(?:quarterly|every quarter)\b", "q3mo"),
        (r"\b(?:annual(?:ly)?|once (?:a year|yearly)|yearly|every year|q(?:1|12)?y)\b", "q12mo"),
        (r"(?<=mg|ug|iu) ?/month\b", " qmo"),
        (r"\b(?:once (?:a month|monthly)|monthly|every month|per month|q1mo)\b", "qmo"),
        (r"\btwice (?:a week|weekly)\b", "biw"),
        (r"\b(?:three times|thrice) (?:a week|weekly)\b", "tiw"),
        (r"(?<=mg|ug|iu) ?/w(?:ee)?k\b", " qw"),
        (r"\b(?:once (?:a week|weekly)|weekly|every week|per week|q1w)\b", "qw"),
        (r"\b(?:fortnightly|every other week)\b", "q2w"),
        (r"\b(?:twice (?:a day|daily)|bd|b\.i\.d\.)(?= |$)", "bid"),
        (r"\b(?:once (?:a day|daily)|daily|every day|o\.?d\.?|q\.d\.|q1d)(?= |$)", "qd"),
    )
)
_ROUTES = {
    "oral": "po", "orally": "po", "p.o.": "po", "subcutaneous": "sc", "subcutaneously": "sc",
    "s.c.": "sc", "intramuscular": "im", "intramuscularly": "im", "i.m.": "im",
    "intravenous": "iv", "intravenously": "iv", "i.v.": "iv", "transdermal": "td",
    "transdermally": "td", "topical": "td",
} | {route: route for route in ("po", "sc", "im", "iv", "td", "in", "ex")}  # fmt: skip


def beside(population: str) -> str:
    """Return what all of a population were given besides, empty if its words do not say."""
    return " + ".join(given for words, given in SUPPLEMENTS if re.search(words, population.lower()))


def under_way(population: str, arms: tuple[Regimen, ...], ready: Simulator) -> str:
    """Return what the words say people were on, or had been, where no arm gives any of its class.

    "On" is taken as a year at time zero, "starting" as from time zero, "after 5 years of" as those
    years until time zero.
    """
    text = plain(population)
    given = {drug for arm in arms for drug in arm.drugs}
    found = []
    for drugs, instead, words in UNDER_WAY:
        if given & set(drugs):
            continue
        named = next((d for d in drugs if re.search(rf"\b{d}\b", text)), drugs[0])
        term = ready.drug(named).typical
        name = rf"(?:(?!or |no |not )\w+ ){{0,2}}{words}\b"
        if before := re.search(rf"\bafter {_TIME} (?:of )?{name}", text):
            found.append(f"{term} [m-{_months(before):g}-m0]")
        elif given & set(instead):
            continue
        elif re.search(rf"\b(?:starting|initiating|beginning|commencing) {name}", text):
            found.append(f"{term} [m0-]")
        elif so_far := re.search(rf"\bon {name} for {_TIME}", text):
            found.append(f"{term} [m-{_months(so_far):g}-]")
        elif re.search(
            rf"(?<!not )(?<!never )(?<!previously )\b(?:on|receiving|taking|treated with) {name}",
            text,
        ):
            found.append(f"{term} [m-{USUAL_BEFORE:g}-]")
    return " + ".join(found)


def _months(found: re.Match[str]) -> float:
    """Return the middle of a stretch of time in months."""
    first, last, unit = found.groups()
    middle = (float(first) + float(last or first)) / 2.0
    return middle * (12.0 if unit == "y" else 1.0)


def regimens(
    text: str, ready: Simulator, population: str = "", extra: str = ""
) -> tuple[Regimen, ...]:
    """Return the regimens of the arms in `text`, in order; raises `NotExecutable`.

    What the words of `population` say all were on is given, too, and `extra`.
    """
    parts = re.split(r"\s+(?:vs\.?|versus)\s+", text.strip(), flags=re.IGNORECASE)
    arms = tuple(regimen(part, ready) for part in parts)
    more = " + ".join(
        filter(None, (under_way(population, arms, ready), extra or beside(population)))
    )
    if not more:
        return arms
    return tuple(Regimen.parse(more if not arm.terms else f"{arm} + {more}") for arm in arms)


def regimen(text: str, ready: Simulator) -> Regimen:
    """Return the regimen of one arm; raises `NotExecutable` with the reason."""
    if not text.strip() or text.strip().lower() in ("na", "nan", "n/a"):
        raise NotExecutable("no treatment is given")
    words = plain(text).replace("zoledronic acid", "zoledronate")
    words = re.sub(r"(?<=\d) ?ug\b", " ug", words)
    words = re.sub(r"\+/-\s*\w+", "", words)
    words = re.sub(r"\b(t|e2?)\+(?=[,\s\[]|$)", r"\1 yes", words)  # given back
    words = re.sub(r"(?<=[\s,])\+(t|e)\b", r"\1 yes", words)
    words = re.sub(r"\(([^()|]+)\|[^()]*\)", r"\1", words)  # of alternatives the first
    written: list[str] = []
    blocked = []
    for part, window in _in_turn(words):
        head = _specific(part, ready)
        if NOTHING.fullmatch(head) or not head:
            continue
        name = head.split()[0]
        if name in NOT_MODELLED:
            blocked.append(name)
            continue
        written.extend(_term(head, window, written, ready))
    castrated = any(term.startswith(CASTRATING) for term in written)
    for name in blocked:
        if not (castrated and name in BLOCKERS):
            raise NotExecutable(f"{name}: {NOT_MODELLED[name]}")
    try:
        found = Regimen.parse(" + ".join(written) or "none")
        ready.check(found)
    except InputError as problem:
        raise NotExecutable(str(problem)) from None
    return found


def _in_turn(words: str) -> list[tuple[str, str]]:
    """Return the parts of an arm and the window of each, those that follow another after it.

    Raises `NotExecutable` where it is not said when one gives way to the next.
    """
    chunks = [
        [_split(part) for part in _JOINT.split(chunk) if part.strip()]
        for chunk in _NEXT.split(words)
    ]
    found: list[tuple[str, str]] = []
    for k, parts in enumerate(chunks):
        last, shared = parts[-1] if parts else ("", "")
        if _DOSED.search(last) and not re.match(r"m0\b", shared):
            shared = ""  # the window is of the last drug alone
        after = next((w for _, w in chunks[k + 1] if w), "") if k + 1 < len(chunks) else ""
        before = next((w for _, w in chunks[k - 1] if w), "") if k else ""
        for head, own in parts:
            window = own or ("" if _DOSED.search(head) or len(parts) == 1 else shared)
            nothing = NOTHING.fullmatch(head)
            if not window and not nothing and (before or after or len(chunks) > 1):
                start = before.split("-")[-1] if "-" in before else ""
                end = after.split("-")[0].split(",")[0]
                if (k and not start) or (k + 1 < len(chunks) and not end):
                    raise NotExecutable(
                        f"'{head}': when one treatment gives way to the next is not said; "
                        "write e.g. [m0-m12]"
                    )
                window = f"{start or 'm0'}-{end}"
            found.append((head, window))
    return found


def _split(part: str) -> tuple[str, str]:
    """Return the words of a part and its window, also of `for 5 years`."""
    whole, part = part, part.removesuffix("then stop").strip()
    if part != whole and "[" not in part and not NOTHING.fullmatch(part):
        raise NotExecutable(f"'{part}': when it was stopped is not said; write e.g. [m0-m36]")
    if found := _WINDOW.search(part):
        return part[: found.start()].strip(), found[1].strip()
    if length := re.search(r"\bfor (\d+(?:\.\d+)?) ?(mo|months?|weeks?|wk|y)\b", part):
        unit = {"y": "y", "w": "w"}.get(length[2][0], "m")
        return part.replace(length[0], "").strip(), f"{unit}0-{unit}{length[1]}"
    return part, ""


def _specific(head: str, ready: Simulator) -> str:
    """Return the drug itself where a class or "control" stands before it."""
    groups = "|".join(words for words, _ in STANDS_FOR[:5])
    named = re.match(rf"(?:{groups}|control|usual care|standard care)[ :]*\(?([^()]*)\)?", head)
    if named and named[1] and _drug(named[1].split(), ready):
        return named[1].strip()
    return head


def _drug(words: Sequence[str], ready: Simulator) -> tuple[Drug, int] | None:
    """Return the drug that the first words name, and how many they are."""
    for count in range(min(3, len(words)), 0, -1):
        try:
            return ready.drug("_".join(words[:count])), count
        except InputError:
            continue
    return None


def _term(head: str, window: str, before: list[str], ready: Simulator) -> list[str]:
    window = _window(window, head)
    brackets = f" [{window}]" if window else ""
    if re.search(r"t/e patch|^t( yes|-) ?,", head):
        return _add_back(head, brackets)
    for words, typical in STANDS_FOR:
        if re.match(rf"(?:{words})(?=$|[ \[(])", head) or re.fullmatch(words, head):
            if once := re.fullmatch(r"m(-?\d+)", window):  # a first dose acts for a month
                brackets = f" [{window}-m{int(once[1]) + 1}]"
            return [typical if "[" in typical else typical + brackets]
    if gel := re.match(r"testosterone gel (?:([\d.]+) ?% ?)?(?:([\d.]+) ?(mg|g))?", head):
        return _gel(gel, _frequency(head[gel.end() :]), brackets)
    head = re.sub(r"^testosterone (enanthate|cypionate|undecanoate)", r"testosterone_\1", head)
    if patch := re.match(r"(?:estradiol patch )?([\d.]+) ?ug(?:/wk|/24 ?h| td| 2x|/d|$)", head):
        return [f"estradiol {float(patch[1]) / 1000:g} mg td qd{brackets}"]
    if before and re.match(r"[\d.]+ ?(mg|ug|g)\b", head):
        head = f"{before[-1].split()[0]} {head}"
    return [_filled(head, window, ready) + brackets]


def _window(window: str, head: str) -> str:
    if re.fullmatch(r"m0", window) and not re.search(r"\bonce\b", head):
        return "m0-"
    rule = re.match(r"start if t ?< ?(-[\d.]+)", window)
    if rule:
        low = rule[1]
        return (
            f"m0-m60; start when lumbar_spine_t_score < {low} or total_hip_t_score < {low}; "
            "checked q6mo"
        )
    if early := re.match(r"start ?< ?(\d+) ?mo", window):
        return f"m{float(early[1]) / 2:g}-"
    return window


def _add_back(head: str, brackets: str) -> list[str]:
    """Testosterone and estradiol that are given back, or not, under suppression."""
    found = []
    if re.search(r"\bt yes", head):
        found.append(f"testosterone_gel 50 mg td qd{brackets}")
    if re.search(r"\be2? yes", head):
        found.append(f"estradiol 0.0375 mg td qd{brackets}")
    return found


def _gel(gel: re.Match[str], often: str, brackets: str) -> list[str]:
    strength, amount, unit = gel.groups()
    if amount is None:
        milligrams = 40.5 if strength == "1.62" else 50.0
    elif unit == "g":
        milligrams = float(amount) * 10.0 * float(strength or 1.0)
    else:
        delivered = float(amount) < 10.0  # of 1 % gel a tenth is absorbed
        milligrams = float(amount) * (10.0 if delivered else 1.0)
    term = f"testosterone_gel {milligrams:g} mg td {often or 'qd'}{brackets}"
    return [term] if milligrams else []


def _frequency(words: str) -> str:
    """Return how often in the grammar of regimens, without the route and what is in parentheses."""
    words = re.sub(r"\([^()]*\)", "", words)
    for count, digits in _COUNTS.items():
        words = re.sub(rf"\bevery {count}\b", f"every {digits}", words)
    for pattern, spelt in _FREQUENCIES:
        words = pattern.sub(spelt, words)
    return " ".join(word for word in words.split() if word not in _ROUTES)


def _filled(head: str, window: str, ready: Simulator) -> str:
    """Return a term with what it leaves open taken from the drug's usual dose."""
    words = re.sub(r"(?<=\d),(?=\d{3}\b)", "", head).split()
    known = _drug(words, ready)
    if known is None:
        close = did_you_mean(words[0], ready.drugs)
        raise NotExecutable(f"the model has no drug called '{words[0]}'.{close}")
    drug, count = known
    usual = drug.typical.split(" [")[0].split()
    _, amount, unit, route, *often = usual
    rest = " ".join(words[count:])
    if dose := re.match(r"([\d.]+) ?(mg|ug|g|iu)\b", rest):
        amount, unit = dose[1], dose[2].replace("iu", "IU")
        if drug.name in CASTRATING and float(amount) > drug.dose_range_mg[1]:
            return " ".join(usual)  # a depot of several months acts as monthly ones
        rest = rest[dose.start(2) :]
    given = next((_ROUTES[word] for word in rest.split() if word in _ROUTES), "")
    if "," in window and given:
        return f"{drug.name} {amount} {unit} {given} once"
    frequency = _frequency(rest).removeprefix(dose[2] if dose else "").strip()
    return f"{drug.name} {amount} {unit} {given or route} {frequency or ' '.join(often)}"
