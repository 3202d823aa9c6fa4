"""What was given: from the words of a table to regimens the simulator runs.

The grammar is that of regimens, with what papers leave open filled in: `AI (any)`, a drug without
dose, `GnRH agonist`, gel by its strength, `[start if T<-2.0]`. What the model has no drug for is
refused with the reason.
"""

from __future__ import annotations

import re

from osteoaxis.errors import InputError, did_you_mean
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.simulation import Simulator


class NotExecutable(Exception):
    """A row that the model cannot be asked about; its text is the reason."""


NOTHING = re.compile(
    r"(none|placebo|control|observation|natural (history|menopause)|no (treatment|ai|agent)"
    r"|chemotherapy|untreated|usual care|progestin)\b.*"
)
STANDS_FOR = (
    (r"combined androgen blockade|(gnrh|lhrh)( agonist| analogue)?\b|adt( any)?\b"
     r"|androgen deprivation", "goserelin 3.6 mg sc q28d"),
    (r"acyline|degarelix( sc)?", "goserelin 3.6 mg sc q28d"),
    (r"orchiectomy|ovariectomy|oophorectomy|castration", "goserelin 3.6 mg sc q28d"),
    (r"(any )?ai( \(any\))?|aromatase inhibitor( \(any\))?", "anastrozole 1 mg po qd"),
    (r"(oral )?bisphosphonate( \(any\))?", "alendronate 70 mg po qw"),
    (r"trt\b|testosterone replacement", "testosterone_gel 50 mg td qd [m-6-]"),
    (r"testosterone patch|testosterone td", "testosterone_gel 50 mg td qd"),
    (r"testosterone ester", "testosterone_enanthate 200 mg im q2w"),
    (r"estradiol valerate 1 ?mg", "estradiol 0.76 mg po qd"),
    (r"estradiol valerate 2 ?mg", "estradiol 1.53 mg po qd"),
    (r"tamoxifen \(most\)", "tamoxifen 20 mg po qd"),
)  # fmt: skip
"""What stands for a class; a castrating operation acts as an agonist that is never stopped."""
NOT_MODELLED = {
    "bicalutamide": "an androgen receptor blocker; the model has none",
    "flutamide": "an androgen receptor blocker; the model has none",
    "fulvestrant": "not in the catalogue of drugs",
    "mixed": "the group is a mixture of treatments",
}
SUPPLEMENTS = (
    (r"\bca ?\+ ?vit ?d|calcium (and|plus) vitamin d", "calcium 1000 mg po qd [m0-]"),
    (r"\bca ?\+ ?vit ?d|calcium (and|plus) vitamin d", "vitamin_d3 800 IU po qd [m0-]"),
    (r"\bca 1 g", "calcium 1000 mg po qd [m0-]"),
)
"""What a whole population was given beside, in the usual dose where none is printed."""
_JOINT = re.compile(r"\s*[;+]\s*")
_WINDOW = re.compile(r"\[([^]]*)\]?\s*$")


def beside(population: str) -> str:
    """Return what all of a population were given besides, empty if its words do not say."""
    return " + ".join(given for words, given in SUPPLEMENTS if re.search(words, population.lower()))


def regimens(text: str, ready: Simulator, extra: str = "") -> tuple[Regimen, ...]:
    """Return the regimens of the arms in `text`, in order; raises `NotExecutable`.

    `extra` is what all arms were given besides, see `beside`.
    """
    arms = [regimen(part, ready) for part in re.split(r"\s+vs\.?\s+", text.strip())]
    if not extra:
        return tuple(arms)
    return tuple(Regimen.parse(extra if not arm.terms else f"{arm} + {extra}") for arm in arms)


def regimen(text: str, ready: Simulator) -> Regimen:
    """Return the regimen of one arm; raises `NotExecutable` with the reason."""
    if not text.strip() or text.strip().lower() in ("na", "nan", "n/a"):
        raise NotExecutable("no treatment is given")
    plain = " ".join(text.lower().replace("zoledronic acid", "zoledronate").split())
    plain = re.sub(r"(?<=\d) ?(mcg|[µμ]g)\b", " ug", plain)
    plain = re.sub(r"\+/-\s*\w+", "", plain)
    plain = re.sub(r"\b(t|e2?)\+(?=[,\s\[]|$)", r"\1 yes", plain)  # given back
    plain = re.sub(r"(?<=[\s,])\+(t|e)\b", r"\1 yes", plain)
    plain = re.sub(r"\(([^()|]+)\|[^()]*\)", r"\1", plain)  # of alternatives the first
    written: list[str] = []
    parts = [part.strip() for part in _JOINT.split(plain)]
    last = _WINDOW.search(parts[-1])
    blockers = []
    for part in filter(None, parts):
        head, window = _split(part)
        if not window and len(parts) > 1 and last and not re.search(r"\d ?(mg|ug|g)\b", head):
            window = last[1]
        name = head.split()[0] if head else ""
        if NOTHING.fullmatch(head) or not head:
            continue
        if name in NOT_MODELLED:
            blockers.append(name)
            continue
        written.extend(_term(head, window, written, ready))
    castrated = any("goserelin" in term or "leuprolide" in term for term in written)
    if blockers and not castrated:
        raise NotExecutable(f"{blockers[0]}: {NOT_MODELLED[blockers[0]]}")
    try:
        found = Regimen.parse(" + ".join(written) or "none")
        ready.check(found)
    except InputError as problem:
        raise NotExecutable(str(problem)) from None
    return found


def _split(part: str) -> tuple[str, str]:
    found = _WINDOW.search(part)
    if found:
        return part[: found.start()].strip(), found[1].strip()
    if part.endswith("then stop"):
        return part.removesuffix("then stop").strip(), "m0-m36"
    return part, ""


def _term(head: str, window: str, before: list[str], ready: Simulator) -> list[str]:
    brackets = f" [{_window(window, head)}]" if window else ""
    if re.search(r"t/e patch|^t( yes|-) ?,", head):
        return _add_back(head, brackets)
    for words, typical in STANDS_FOR:
        if re.match(rf"(?:{words})(?=$|[ \[(])", head) or re.fullmatch(words, head):
            return [typical if "[" in typical else typical + brackets]
    if gel := re.match(r"testosterone gel (?:([\d.]+) ?% ?)?(?:([\d.]+) ?(mg|g))?", head):
        return _gel(gel, brackets)
    head = re.sub(r"^testosterone (enanthate|cypionate|undecanoate)", r"testosterone_\1", head)
    head = re.sub(r"^conjugated estrogens", "conjugated_estrogens", head)
    if patch := re.match(r"(?:estradiol patch )?([\d.]+) ?ug(?:/wk| td| 2x|/d|$)", head):
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


def _gel(gel: re.Match[str], brackets: str) -> list[str]:
    strength, amount, unit = gel.groups()
    if amount is None:
        milligrams = 40.5 if strength == "1.62" else 50.0
    elif unit == "g":
        milligrams = float(amount) * 10.0 * float(strength or 1.0)
    else:
        delivered = float(amount) < 10.0  # of 1 % gel a tenth is absorbed
        milligrams = float(amount) * (10.0 if delivered else 1.0)
    return [f"testosterone_gel {milligrams:g} mg td qd{brackets}"] if milligrams else []


def _filled(head: str, window: str, ready: Simulator) -> str:
    """Return a term with what it leaves open taken from the drug's usual dose."""
    words = head.split()
    try:
        drug = ready.drug(words[0])
    except InputError:
        close = did_you_mean(words[0], ready.drugs)
        raise NotExecutable(f"the model has no drug called '{words[0]}'.{close}") from None
    usual = drug.typical.split(" [")[0].split()
    _, amount, unit, route, *often = usual
    rest = " ".join(words[1:])
    dose = re.match(r"([\d.]+) ?(mg|ug|g|iu)\b", rest)
    if dose:
        amount, unit = dose[1], dose[2].replace("iu", "IU")
        rest = rest[dose.end() :].strip()
    given = re.match(r"(po|sc|im|iv|td|in)\b", rest)
    if "," in window and given:
        return f"{drug.name} {amount} {unit} {given[0]} once"
    if given:
        route, rest = given[1], rest[given.end() :].strip()
    return f"{drug.name} {amount} {unit} {route} {rest or ' '.join(often)}"
