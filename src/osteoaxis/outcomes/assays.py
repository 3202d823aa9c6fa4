"""What is to be known of a blood test before its number is trusted."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    """A sentence on an assay and its source; only of levels `below` one, in the model's unit."""

    text: str
    source: str
    below: float = math.inf


_FASTING = "Samples are comparable when taken alike: fasting, in the morning, by one laboratory."
NOTES: dict[str, tuple[Note, ...]] = {
    "estradiol": (
        Note(
            "At this level a plain immunoassay often reads too high. In women on an inhibitor one "
            "gave 5.8 pg/mL on average where mass spectrometry found less than 0.63.",
            "Santen 2007, 10.1016/j.steroids.2007.05.003 (abstract, read)",
            below=30.0,
        ),
        Note(
            "Limit of quantification, below which a number means little: some 5 to 30 pg/mL (18 to "
            "110 pmol/L) for plain immunoassays; for LC-MS, the “sensitive” test, less than 1 to 5 "
            "pg/mL (4 to 18 pmol/L). Ask which was used, and compare only values of one kind.",
            "CAP Today, question on estradiol and aromatase inhibitors (captodayonline.com, read)",
        ),
    ),
    "testosterone": (
        Note(
            "Immunoassays serve for the levels of men. At those of women they are not sensitive "
            "enough; ask for LC-MS there.",
            "Demers, Androgen deficiency in women (abstract at support.simpatra.com, read)",
        ),
    ),
    "vitamin_d": (
        Note(
            "Methods differ from the reference by up to 17 %: compare values of one laboratory.",
            "Accuracy-Based Vitamin D Survey, Arch Pathol Lab Med 143:1531 (abstract, read)",
        ),
    ),
    "ctx": (
        Note(
            "CTX falls by about half after food and through the day. " + _FASTING,
            "recalled, not read",
        ),
    ),
    "p1np": (Note(_FASTING, "recalled, not read"),),
    "bsap": (Note(_FASTING, "recalled, not read"),),
    "ntx": (
        Note(
            "NTX in urine varies most from day to day. " + _FASTING,
            "assumed: as in osteoaxis.outcomes.markers",
        ),
    ),
}


def notes(test: str, level: float) -> tuple[Note, ...]:
    """Return the notes on a level of a test, in its unit of `osteoaxis.patient.MEASURABLE`."""
    return tuple(note for note in NOTES[test] if level < note.below)
