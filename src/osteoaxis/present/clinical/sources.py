"""The trials that tested these treatments, with where they were published."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from osteoaxis.evidence.tested import Tested, reference, trials_of
from osteoaxis.present import words
from osteoaxis.present.clinical.case import Case
from osteoaxis.present.document import Block, Items, Paragraph, Run, Text

LEAST = 2  # trials of each treatment
NONE = "No study of these treatments is in the evidence of osteoaxis."


def trials(case: Case) -> dict[str, list[Tested]]:
    """Return the studies of each treatment in people of this sex, by its drugs in words."""
    found = {}
    for arm in case.arms:
        given = case.regimen(arm)
        if given.terms:
            found[title(given.drugs)] = trials_of(given, case.drugs, case.patient.sex)
    return found


def title(drugs: Iterable[str]) -> str:
    """Return what a treatment is called."""
    return words.joined(map(words.drug, drugs))


def nearest(found: Sequence[Tested]) -> Sequence[Tested]:
    """Return the studies of the same drugs; of the same classes where there are none."""
    return [each for each in found if each.same] or found


def named(case: Case, most: int) -> Block:
    """Return about `most` trials, shared out among the treatments, with links."""
    treatments = trials(case)
    most = max(most // max(len(treatments), 1), LEAST)
    items: list[Text] = []
    for name, found in treatments.items():
        parts: list[str | Run] = [Run(f"{name[:1].upper()}{name[1:]}: ", "strong")]
        for number, each in enumerate(found[:most]):
            parts += ["; " if number else "", *cited(each)]
        if not found:
            parts.append("no study in the evidence of osteoaxis")
        parts.append(
            f"; {len(found) - most} more in the appendix of the full report."
            if len(found) > most
            else "."
        )
        items.append(tuple(parts))
    return Items(items) if items else Paragraph(NONE)


def cited(each: Tested) -> tuple[str | Run, ...]:
    """Return a study with where it was published."""
    where = reference(each.study)
    alike = "" if each.same else " (drugs of the same class)"
    return (
        f"{each.study.title}{alike}",
        *((", ", Run(where.text, link=where.link)) if where.text else ()),
    )
