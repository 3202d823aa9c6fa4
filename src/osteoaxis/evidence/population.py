"""Who was studied: from the words of a paper to a typical patient.

What the words do not give is assumed as in `ASSUMED`; a study's file may state the patient in full.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from osteoaxis.errors import InputError
from osteoaxis.patient import Patient

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
UNCLOSED_TURNOVER = 4.0
"""Turnover of bones whose growth plates never closed, over that of adults (assumed: on testosterone
the spine of men with open plates gained five times what closed ones did, 10.1210/jcem-69-4-776)."""
OBESE = 40.0
"""Body mass index (kg/m2) of severely obese people (assumed)."""
_LOW = r"t ?(?:<=?|≤) ?-2(?:\.[05])?(?![\d.])|t-score -2 or less|2 sd below"
"""Entry below a T-score of -2: assumed as under the heading of osteoporosis."""
_TAKEN = ("age", "menopause_age", "body_mass_index")
_NUMBER = r"(\d+(?:\.\d+)?)"
_ABSENT = r"\b(?:no|without|risk factor for)\b[^;,.]*fractures?|raised (?:risk of )?breast cancer"
_HISTORY = (
    (
        "vertebral_fracture",
        r"\b(?:existing|prior|prevalent|earlier|with|one|two|three|four|more|severe) "
        r"vertebral fracture",
    ),
    ("hip_fracture", r"hip fracture within|recent (?:\w+ )?hip fracture"),
    ("other_fracture", r"fragility fracture|fracture after"),
    ("breast_cancer", r"breast cancer(?! risk)"),
    ("chemotherapy", r"chemotherapy"),
)


def patient(population: str, arm: str = "", note: str = "") -> Patient:
    """Return the typical person of a population; words of the arm and note go first.

    Raises `InputError` with the words where they describe nobody.
    """
    text = f" {arm}; {population} ".lower()
    male = _male(text)
    found: dict[str, Any] = {"name": "typical", "sex": "male" if male else "female"}
    found["age"] = _age(text, male)
    if not male:
        found |= _menopause(text, found["age"])
        found["age"] = max(found["age"], 20.0)
    if shift := re.search(r"fmp ?([+-]?\d+)(?:mo)?(?: ?\.\.| to)", note.lower()):
        found["age"] = found["menopause_age"] = 51.5
        found["age"] += float(shift[1]) / 12.0
    if "obese" in text:
        found["body_mass_index"] = OBESE
    if scores := _scores(text, male):
        found["t_scores"] = scores
    had = re.sub(_ABSENT, "", text)
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
        rf"(?:mean|median) age (?:of )?{_NUMBER}",
        rf"aged? (?:mean )?{_NUMBER}\b(?! ?-| to \d| (?:and|or) (?:over|older|more))",
        rf"mean {_NUMBER} ?y",
        rf"\bman {_NUMBER} y",
        rf"\bboy {_NUMBER} y",
    ):
        if found := re.search(pattern, text):
            return max(float(found[1]), 20.0)
    if "young" in text and "elderly" in text:
        text = text.split(";")[0]
    for pattern in (rf"aged? {_NUMBER}(?: ?- ?| to ){_NUMBER}",
                    rf"\b{_NUMBER} ?- ?{_NUMBER} ?y"):  # fmt: skip
        found = re.search(pattern, text)
        if found and float(found[1]) >= 15.0:
            return max((float(found[1]) + float(found[2])) / 2, 20.0)
    found = re.search(
        rf"(?:>=?|over) ?{_NUMBER} ?(?:y|years)|\b{_NUMBER}\+ ?y"
        rf"|aged? {_NUMBER} (?:and|or) (?:over|older|more)", text
    )  # fmt: skip
    least = float(next(filter(None, found.groups()))) if found else 0.0
    if least >= 18.0:
        return max(least + 5.0, 0.0 if male else ASSUMED.get(_heading(text), 0.0))
    if male:
        if "obese" in text:
            return ASSUMED["obese men"]
        if "aromatase deficiency" in text:
            return ASSUMED["young men"]
        if "prostate" in text or re.search(r"\badt\b", text):
            return ASSUMED["prostate"]
        young = re.search(r"(?<!below )\byoung|20-45", text)
        return ASSUMED["young men" if young else "men"]
    if "premenopausal" in text and "postmenopausal" not in text:
        return ASSUMED["premenopausal"]
    if "perimenopausal" in text or "natural menopause" in text:
        return ASSUMED["perimenopausal"]
    for word in ("early", "late"):
        if re.search(rf"{word}[ -]postmenopausal", text):
            return ASSUMED[word]
    if _heading(text) in ("osteoporosis", "osteopenia"):
        return ASSUMED[_heading(text)]
    return ASSUMED["postmenopausal"]


def _menopause(text: str, age: float) -> dict[str, Any]:
    recent = re.search(r"lmp ?< ?(\d+) ?y", text)
    distant = re.search(r"lmp ?>=? ?(\d+) ?y", text)
    since = re.search(rf"(?<!at least ){_NUMBER} y(?:ears)? (?:since|after) menopause", text)
    if recent:
        return {"menopause_age": 51.0, "age": 51.0 + float(recent[1]) / 2}
    if distant:
        return {"menopause_age": MENOPAUSE, "age": max(age, MENOPAUSE + float(distant[1]) + 5.0)}
    if "premenopausal" in text and "postmenopausal" not in text:
        if "chemotherapy" in text and ("ovarian" not in text or "ovarian failure" in text):
            return {"menopause_age": age + 0.1}  # chemotherapy takes the ovaries' function
        return {"menopause_age": max(51.0, age + 5.0)}
    if since:
        return {"menopause_age": min(max(age - float(since[1]), 25.0), 62.0)}
    if "perimenopausal" in text:
        return {"menopause_age": age + 0.5}
    return {"menopause_age": min(MENOPAUSE, age - 3.0) if age > 48 else age + 5.0}


def _heading(text: str, male: bool = False) -> str:
    """Return which of `T_SCORES` a population enters under, empty if none is said.

    Men are studied for many reasons, so of them only plain words count.
    """
    text = re.sub(
        r"osteoporosis excluded|(?:excl\.?|no|not|without) osteoporosis|\d+ ?% osteoporosis",
        "",
        text,
    )
    if male:
        plain = re.search(
            rf"(osteoporosis|{_LOW})|osteopenia|low bone (?:mineral )?(?:density|mass)", text
        )
        low = plain and (plain[1] or re.search(_LOW, text))
        return "" if not plain else "osteoporosis" if low else "osteopenia"
    arm = text.split(";")[0]
    for part in (arm, text):
        for words, name in (
            (
                r"high risk(?! breast)|t ?< ?-2\.0|osteoporotic",
                "osteoporosis" if part is arm else "",
            ),
            (r"moderate risk|osteopenic", "osteopenia"),
            (r"low risk a|normal bmd", "normal"),
            (r"-2\.5 ?< ?t ?< ?0", "moderate"),
            (r"t ?(>=?|≥) ?-2(\.0)?", "not_low"),
            (_LOW, "osteoporosis"),
            (r"osteopenia|low bmd|low bone mass", "osteopenia"),
            (
                r"(?:with|postmenopausal|primary|severe|idiopathic|;) osteoporosis|-4\.0 ?< ?t",
                "osteoporosis",
            ),
        ):
            if name and re.search(words, part):
                return name
    return ""


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
    return dict(T_SCORES.get(_heading(text, male), {}))


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
    if level := re.search(rf"\bt ?< ?{_NUMBER} ng/dl", text):
        levels["testosterone"] = 0.85 * float(level[1])
    elif re.search(r"hypogonadal|low biot", text):
        levels["testosterone"] = 250.0
    if re.search(r"vitamin d <30", text):
        levels["vitamin_d"] = 20.0
    if levels:
        found["baseline"] = levels
    return found
