"""Markdown that generated pages share: tables, identifiers, and sources as links."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

DOCS = Path(__file__).parent.parent
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LINKED = re.compile(
    r"(?P<doi>\b10\.\d{4,9}/(?:\([^\s()]*\)|[^\s,()])*[^\s,():;.])"
    r"|PMID:? ?(?P<pmid>\d+)|(?P<pmc>\bPMC\d+)|docs/decisions/(?P<decision>\d{4})"
)


def identifier(*parts: str) -> str:
    """Return the identifier of a place on a page, as Docutils would write it."""
    return re.sub(r"[^a-z0-9]+", "-", "-".join(parts).lower()).strip("-")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table, with an empty line after it."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines) + "\n\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def number(value: float) -> str:
    """Return a number with four digits."""
    text = f"{value:.4g}"
    mantissa, e, exponent = text.partition("e")
    if not e:
        return text
    if 1 <= abs(value) < 1e7:
        return f"{float(text):,.0f}"
    return f"{mantissa} × 10{str(int(exponent)).translate(_RAISED)}"


def unit(text: str) -> str:
    """Return a unit as it is read; a bare number has none."""
    return "" if text == "1" else text.replace("^2", "²").replace("^3", "³")


def plain(text: str) -> str:
    """Return text that Markdown takes literally."""
    return re.sub(r"([\\*_<>\[\]#])", r"\\\1", text)


def linked(markdown: str, root: str) -> str:
    """Return Markdown with DOIs, PubMed numbers and decisions as links; `root` leads to docs/."""
    return _LINKED.sub(lambda match: "[{}](<{}>)".format(*_target(match, root)), markdown)


def sourced(text: str, root: str) -> str:
    """Return plain text with the links of `linked`."""
    pieces, at = [], 0
    for match in _LINKED.finditer(text):
        pieces += [plain(text[at : match.start()]), linked(match[0], root)]
        at = match.end()
    return "".join([*pieces, plain(text[at:])])


def _target(match: re.Match[str], root: str) -> tuple[str, str]:
    """Return what to show of a match, as Markdown, and its address."""
    found = match[match.lastgroup or 0]
    if match.lastgroup == "decision":
        (path,) = DOCS.glob(f"decisions/{found}-*.md")
        return f"decision {int(found)}", f"{root}decisions/{path.name}"
    if match.lastgroup == "doi":
        return plain(found), f"https://doi.org/{found.replace('<', '%3C').replace('>', '%3E')}"
    pubmed, central = "pubmed.ncbi.nlm.nih.gov", "pmc.ncbi.nlm.nih.gov/articles"
    return match[0], f"https://{pubmed if match.lastgroup == 'pmid' else central}/{found}/"
