"""Reports for a person and their clinical team: two pages in plain words, then an appendix."""

from __future__ import annotations

from osteoaxis.present.clinical import ahead, appendix, expect
from osteoaxis.present.clinical.case import Case
from osteoaxis.present.document import Document
from osteoaxis.present.terminal import DISCLAIMER
from osteoaxis.simulation import Progress


def report(case: Case, progress: Progress) -> Document:
    """Return the report on the arms of a scenario."""
    attrs = next(iter(case.arms.values())).attrs
    return Document(
        title=case.title,
        parts=(expect.page(case), ahead.page(case), appendix.page(case, progress)),
        footer=DISCLAIMER,
        mark=f"osteoaxis {attrs['version']} · parameters {attrs['parameter_hash']}",
    )
