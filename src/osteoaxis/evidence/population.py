"""Who was studied: from the words of a paper to a typical patient.

What the words do not give is assumed as in `ASSUMED`; a study's file may state the patient in full.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from osteoaxis.errors import InputError
from osteoaxis.evidence.words import plain
from osteoaxis.patient import MOLAR_MASS, Patient

T_SCORES: dict[str, dict[str, float]] = {
    "osteoporosis": {"lumbar_spine": -2.8, "total_hip": -1.9, "femoral_neck": -2.2},
    "osteopenia": {"lumbar_spine": -1.7, "total_hip": -1.1, "femoral_neck": -1.5},
    "moderate": {"lumbar_spine": -1.3, "total_hip": -0.9, "femoral_neck": -1.3},
    "not_low": {"lumbar_spine": -0.8, "total_hip": -0.5, "femoral_neck": -0.9},
    "normal": {"lumbar_spine": 0.2, "total_hip": 0.3, "femoral_neck": 0.0},
}
"""Usual T-scores of people who enter a study under such a heading (assumed)."""
ASSUMED = {
    "osteoporosis": 70.0, "osteopenia": 64.0, "postmenopausal": 62.0, "premenopausal": 43.0,
    "perimenopausal": 50.5, "early": 55.0, "late": 68.0, "young men": 28.0, "men": 68.0,
    "prostate": 71.0, "obese men": 45.0,
}  # fmt: skip
"""Age in years where none is printed."""
MENOPAUSE = 50.0
PREMATURE = 38.0
"""Age (years) at a menopause that is called premature: before 40 (assumed)."""
YOUNGEST = 15.0
"""Numbers of years below are no ages."""
UNCLOSED_TURNOVER = 4.0
"""Turnover of bones whose growth plates never closed, over that of adults (assumed: on testosterone
the spine of men with open plates gained five times what closed ones did, 10.1210/jcem-69-4-776)."""
BELOW_LIMIT = 0.85
"""Mean testosterone of men who enter below a limit, over that limit (assumed)."""
OBESE = 40.0
"""Body mass index (kg/m2) of severely obese people (assumed)."""
_BELOW = r"(?:<=?|below|under|less than|lower than)"
_LOW = (
    rf"\bt (?:of )?{_BELOW} ?-[23](?:\.[05])?(?![\d.])"
    r"|\bt (?:of )?-2(?:\.[05])? or (?:less|lower|below)|2 sd below"
)
"""Entry below a T-score of -2: assumed as under the heading of osteoporosis."""
_TAKEN = ("age", "menopause_age", "body_mass_index")
_NUMBER = r"(\d+(?:\.\d+)?)"
_ABSENT = r"\b(?:no|without|risk factor for)\b[^;,.]*fractures?|raised (?:risk of )?breast cancer"
_EARLIER = r"(?:existing|prior|previous|prevalent|earlier)"
_SHARE = rf"{_NUMBER} ?% (?:of \w+ )?(?:had |with )?(?:an? )?{_EARLIER} vertebral fractures?"
_HISTORY = (
    (
        "vertebral_fracture",
        rf"\b(?:{_EARLIER}|with|one|two|three|four|more|severe) vertebral fracture",
    ),
    (
        "hip_fracture",
        rf"hip fracture within|(?:recent|{_EARLIER}|history of) (?:\w+ )?hip fracture",
    ),
    ("other_fracture", r"fragility fracture|fracture after"),
    ("breast_cancer", r"breast cancer(?! risk)"),
    ("chemotherapy", r"chemotherapy"),
)


def patient(population: str, arm: str = "", note: str = "") -> Patient:
    """Return the typical person of a population; words of the arm and note go first.

    Raises `InputError` with the words where they describe nobody.
    """
    text = f" {plain(arm)}; {plain(population)} "
    male = _male(text)
    found: dict[str, Any] = {"name": "typical", "sex": "male" if male else "female"}
    found["age"] = _age(text, male)
    if not male:
        found |= _menopause(text, found["age"])
        found["age"] = max(found["age"], 20.0)
    if shift := re.search(r"fmp ?([+-]?\d+)(?:mo)?(?: ?\.\.| to)", plain(note)):
        found["age"] = found["menopause_age"] = 51.5
        found["age"] += float(shift[1]) / 12.0
    if "obese" in text:
        found["body_mass_index"] = OBESE
    if scores := _scores(text, male):
        found["t_scores"] = scores
    had = re.sub(f"{_ABSENT}|{_SHARE}", "", text)
    history: dict[str, float | bool] = {
        name: True for name, words in _HISTORY if re.search(words, had)
    }
    for count, words in ((1.0, r"(?<!at least )\bone"), (2.0, r"\b(?:two or more|at least two)")):
        if re.search(rf"{words} (?:earlier |prevalent )?vertebral fracture", had):
            history["vertebral_fractures"] = count
    if history:
        found["history"] = history
    found |= _levels(text)
    try:
        return Patient(**found)
    except InputError as problem:
        taken = ", ".join(
            f"{name.replace('_', ' ')} {found[name]:g}" for name in _TAKEN if name in found
        )
        raise InputError(
            f"population '{population}': no such person; taken from these words: {taken} "
            f"({problem})"
        ) from None


def fractured(population: str) -> float | None:
    """Return the share with an earlier vertebral fracture, None where the words do not say it."""
    found = re.search(_SHARE, plain(population))
    return float(found[1]) / 100.0 if found else None


def told(person: Patient, share: float | None = None) -> str:
    """Return in words who a population was taken to be; `share` of them as by `fractured`."""
    parts = [f"{'man' if person.male else 'woman'} of {person.age:g}"]
    if person.menopause_age is not None:
        parts.append(f"menopause at {person.menopause_age:g}")
    parts.append(f"body mass index {person.body_mass_index:g}")
    for name, values in (("", person.baseline), ("T-score ", person.t_scores)):
        parts += [f"{name}{key.replace('_', ' ')} {value:.3g}" for key, value in values.items()]
    if share is not None:
        parts.append(f"{100 * share:.0f} % with an earlier vertebral fracture")
    for key, had in person.history.items():
        if had and (share is None or not key.startswith("vertebral")):
            parts.append(key.replace("_", " "))
    return ", ".join(parts)


def spread(person: Patient) -> tuple[Patient, ...]:
    """Return four people around `person` who differ in T-score, none below -2 at entry.

    Where no T-scores are known they are those of people who enter above -2.
    """
    people = []
    for k, shift in enumerate((-0.9, -0.4, 0.3, 1.0)):
        known = person.t_scores or T_SCORES["not_low"]
        scores = {site: max(score + shift, -1.95) for site, score in known.items()}
        people.append(replace(person, name=f"{person.name} {k + 1}", t_scores=scores))
    return tuple(people)


def _male(text: str) -> bool:
    if re.search(r"\b(women|woman|female|postmenopausal|premenopausal|menopause)\b", text):
        return False
    return bool(re.search(r"\b(men|man|males?|boys?|prostate|adt)\b", text))


def _age(text: str, male: bool) -> float:
    for pattern in (
        rf"(?:mean|median|average) age:? ?(?:of |at entry |was |is |= ?)*{_NUMBER}",
        rf"\bage[ds]?:? (?:mean |about )?{_NUMBER}\b(?! ?-| to \d| (?:y )?(?:and|or) )",
        rf"mean {_NUMBER} ?y",
        rf"\bman {_NUMBER} y",
        rf"\bboy {_NUMBER} y",
    ):
        for found in re.finditer(pattern, text):
            if float(found[1]) >= YOUNGEST:
                return max(float(found[1]), 20.0)
    if "young" in text and "elderly" in text:
        text = text.split(";")[0]
    for pattern in (rf"\bage[ds]?:? (?:from |between )?{_NUMBER}(?: ?- ?| to | and ){_NUMBER}",
                    rf"\b{_NUMBER}(?: ?- ?| to ){_NUMBER} ?y"):  # fmt: skip
        for found in re.finditer(pattern, text):
            if float(found[1]) >= YOUNGEST:
                return max((float(found[1]) + float(found[2])) / 2, 20.0)
    for found in re.finditer(
        rf"(?:>=?|over|above|older than|at least) ?{_NUMBER} ?y\b|\b{_NUMBER}\+ ?y"
        rf"|\bage[ds]? (?:>=?|over|above|older than|at least) ?{_NUMBER}"
        rf"|\bage[ds]? {_NUMBER} (?:y )?(?:and|or) (?:over|older|more|above)"
        rf"|\b{_NUMBER} y (?:and|or) (?:over|older|more|above)", text
    ):  # fmt: skip
        least = float(next(filter(None, found.groups())))
        if least >= 18.0:
            usual = (
                "premenopausal" if _before_menopause(text) else _heading(text) or "postmenopausal"
            )
            return max(least + 5.0, 0.0 if male else ASSUMED.get(usual, 0.0))
    if male:
        if "obese" in text:
            return ASSUMED["obese men"]
        if "aromatase deficiency" in text:
            return ASSUMED["young men"]
        if "prostate" in text or re.search(r"\badt\b", text):
            return ASSUMED["prostate"]
        young = re.search(r"(?<!below )\byoung|20-45", text)
        return ASSUMED["young men" if young else "men"]
    if _before_menopause(text):
        return ASSUMED["premenopausal"]
    if "perimenopausal" in text or "natural menopause" in text:
        return ASSUMED["perimenopausal"]
    for word in ("early", "late"):
        if re.search(rf"{word}[ -]postmenopausal", text):
            return ASSUMED[word]
    if _heading(text) in ("osteoporosis", "osteopenia"):
        return ASSUMED[_heading(text)]
    return ASSUMED["postmenopausal"]


def _before_menopause(text: str) -> bool:
    return "premenopausal" in text and "postmenopausal" not in text


def _menopause(text: str, age: float) -> dict[str, Any]:
    recent = re.search(r"lmp ?< ?(\d+) ?y", text)
    soon = re.search(rf"(?:within|<|less than) ?{_NUMBER} y (?:of|after|since) menopause", text)
    distant = re.search(r"lmp ?>=? ?(\d+) ?y", text)
    since = re.search(
        rf"(?<!at least )(?:{_NUMBER} ?(?:-|to) ?)?{_NUMBER} y (?:since|after) "
        r"(?:menopause|oophor|ovari)",
        text,
    )
    if recent:
        return {"menopause_age": 51.0, "age": 51.0 + float(recent[1]) / 2}
    if distant:
        return {"menopause_age": MENOPAUSE, "age": max(age, MENOPAUSE + float(distant[1]) + 5.0)}
    if _before_menopause(text):
        if "chemotherapy" in text and ("ovarian" not in text or "ovarian failure" in text):
            return {"menopause_age": age + 0.1}  # chemotherapy takes the ovaries' function
        return {"menopause_age": max(51.0, age + 5.0)}
    if soon:
        after = float(soon[1]) / 2
        told = re.search(rf"\bage[ds]?\b|mean {_NUMBER} ?y", text)
        return (
            {"menopause_age": age - after} if told else {"menopause_age": 51.0, "age": 51.0 + after}
        )
    if since:
        years = (float(since[1] or since[2]) + float(since[2])) / 2
        return {"menopause_age": min(max(age - years, 25.0), 62.0)}
    if re.search(r"premature (?:ovarian|menopause)|primary ovarian insufficiency", text):
        return {"menopause_age": min(PREMATURE, age - 1.0)}
    if re.search(r"oophorectomi[sz]ed|ovariectomi[sz]ed|surgical(?:ly)? (?:\w+ )?menopaus", text):
        return {"menopause_age": min(MENOPAUSE, age - 1.0)}
    if "perimenopausal" in text:
        return {"menopause_age": age + 0.5}
    return {"menopause_age": min(MENOPAUSE, age - 3.0) if age > 48 else age + 5.0}


def _heading(text: str, male: bool = False) -> str:
    """Return which of `T_SCORES` a population enters under, empty if none is said.

    Men are studied for many reasons, so of them only plain words count.
    """
    text = re.sub(
        r"osteoporosis (?:was |is )?(?:an )?exclu\w+|\bt ?<[^;,)]* exclu\w+"
        r"|(?:excl\.?|excluding|exclusion of|no|not|without) osteoporosis|\d+ ?% osteoporosis"
        r"|nonosteoporotic|osteoporotic women given",
        "",
        text,
    )
    if male:
        low_density = re.search(rf"(osteopor|{_LOW})|osteopenia|low bone (?:density|mass)", text)
        low = low_density and (low_density[1] or re.search(_LOW, text))
        return "" if not low_density else "osteoporosis" if low else "osteopenia"
    arm = text.split(";")[0]
    for part in (arm, text):
        for words, name in (
            (
                r"high risk(?! breast)|t ?< ?-2\.0|osteoporotic",
                "osteoporosis" if part is arm else "",
            ),
            (r"moderate risk|osteopenic", "osteopenia"),
            (r"low risk a|normal (?:bmd|bone density)", "normal"),
            (r"-2\.5 ?< ?t ?< ?0", "moderate"),
            (r"\bt ?>=? ?-2(\.0)?", "not_low"),
            (_LOW, "osteoporosis"),
            (r"osteopenia|low bmd|low bone (?:density|mass)", "osteopenia"),
            (
                r"(?:with|postmenopausal|primary|severe|established|idiopathic|;|,) osteoporosis"
                r"|osteoporotic (?:\w+ )?(?:women|patients)|-4\.0 ?< ?t",
                "osteoporosis",
            ),
        ):
            if name and re.search(words, part):
                return name
    return ""


_SITES = {"lumbar spine": "lumbar_spine", "spine": "lumbar_spine", "total hip": "total_hip",
          "hip": "total_hip", "femoral neck": "femoral_neck", "neck": "femoral_neck"}  # fmt: skip


def _scores(text: str, male: bool) -> dict[str, float]:
    printed = re.search(r"t ls (-?[\d.]+), th (-?[\d.]+), fn (-?[\d.]+)", text)
    if printed:
        return dict(
            zip(
                ("lumbar_spine", "total_hip", "femoral_neck"), map(float, printed.groups()),
                strict=True,
            )
        )  # fmt: skip
    if hip := re.search(r"t (-[\d.]+)\.\.(-[\d.]+) hip", text):
        middle = (float(hip[1]) + float(hip[2])) / 2
        return {"lumbar_spine": -2.7, "total_hip": middle + 0.5, "femoral_neck": middle + 0.2}
    scores = dict(T_SCORES.get(_heading(text, male), {}))
    of_site = rf"({'|'.join(_SITES)})(?: t)?|\bt"
    value = r"(-?\d\.\d+)(?![\d.]| ?-| to | and | or )"
    for found in re.finditer(rf"(?:{of_site})(?: of| was|:| =)? {value}", text):
        known = _SITES[found[1] or "lumbar spine"]
        if not scores:
            low = float(found[2])
            heading = "osteoporosis" if low <= -2.0 else "osteopenia" if low <= -1.0 else "not_low"
            scores = dict(T_SCORES[heading])
        scores[known] = float(found[2])
    return scores


def _levels(text: str) -> dict[str, Any]:
    """Return baseline levels and parameters that words of the population fix."""
    found: dict[str, Any] = {}
    if "aromatase deficiency" in text:
        # no aromatase from birth: what gonad, fat and bone would have made is missing
        found["parameters"] = {
            "steroids.estradiol_gonadal": 0.01, "steroids.estradiol_peripheral": 0.3,
            "steroids.estrone_gonadal": 0.01, "steroids.estrone_peripheral": 0.3,
            "steroids.bone_local_estradiol": 0.0,
            "skeleton.unclosed_turnover": UNCLOSED_TURNOVER,
        }  # fmt: skip
    if "chemotherapy" in text and "premenopausal" in text and "postmenopausal" not in text:
        found["parameters"] = {"person.transition_width": 0.1, "person.transition_lead": 0.0}
    levels: dict[str, float] = {}
    if level := re.search(rf"baseline e2 mean {_NUMBER} pmol/l", text):
        levels["estradiol"] = float(level[1]) * 0.2724
    name = r"(?:testosterone|\bt)(?: levels?| of| was)?"
    amount = rf"{_NUMBER} (ng/dl|nmol/l)"
    most = re.search(rf"{name} ?{_BELOW} ?{amount}|{name} {amount} or (?:less|lower|below)", text)
    mean = re.search(rf"testosterone (?:\(?mean |of |was )?{amount}", text)
    if printed := most or mean:
        number, unit = filter(None, printed.groups())
        per_nmol_l = MOLAR_MASS["testosterone"] / 10.0  # ng/dL
        scale = (per_nmol_l if unit == "nmol/l" else 1.0) * (BELOW_LIMIT if most else 1.0)
        levels["testosterone"] = float(number) * scale
    elif re.search(
        r"hypogonad(?!ism-assoc)|low (?:total |serum )?testosterone|low biot|testosterone defici",
        text,
    ):
        levels["testosterone"] = 250.0
    if re.search(r"vitamin d <30", text):
        levels["vitamin_d"] = 20.0
    if levels:
        found["baseline"] = levels
    return found
