"""How papers write: one spelling for signs, dashes, years and a few words."""

from __future__ import annotations

import re

_SIGNS = str.maketrans(
    dict.fromkeys("–—‐‑‒−", "-")
    | {"≥": ">=", "≤": "<=", "µ": "u", "μ": "u", "±": "+/-", "→": "->"}
    | dict.fromkeys("\u00a0\u2009\u202f", " ")
)
_SPELLINGS = tuple(
    (re.compile(pattern), spelt)
    for pattern, spelt in (
        (r"\b(pre|peri|post)[- ]menopaus", r"\1menopaus"),
        (r"\bnon[- ](vertebral|osteoporotic)", r"non\1"),
        (r"osteopaeni", "osteopeni"),
        (r"\boestr", "estr"),
        (r"\bbone mineral density", "bone density"),
        (r"\bt[- ]scores?\b", "t"),
        (r"(?<![\d.-])(?<!to )(?<!and )(\d+(?:\.\d+)?)[- ]years?[- ]old\b", r"age \1"),
        (r"(?<=\d)[- ]?(?:years?|yrs?|yo)\b(?:[- ](?:old|of age)\b)?", " y"),
        (r"(?:(?<=\d)|\b)mcg\b", "ug"),
    )
)


def plain(text: str) -> str:
    """Return `text` in lower case, with one sign and one spelling for what papers write in many."""
    text = " ".join(text.translate(_SIGNS).lower().split())
    for pattern, spelt in _SPELLINGS:
        text = pattern.sub(spelt, text)
    return text
