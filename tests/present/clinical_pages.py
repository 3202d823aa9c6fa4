"""What tests of clinical reports read them with."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pypdf

from osteoaxis.present.document import (
    Block,
    Document,
    Run,
    Text,
)


def quiet(stage: str, share: float) -> None:
    """Show no progress."""


def plain(text: Text) -> str:
    """Return a text without its styles, its spaces as spaces."""
    parts = (text,) if isinstance(text, str) else text
    told = "".join(part.text if isinstance(part, Run) else part for part in parts)
    return " ".join(told.split())


def blocks_of(document: Document) -> Iterator[Block]:
    for part in document.parts:
        yield from part.blocks


def pages(pdf: bytes) -> list[str]:
    """Return the text of each page on one line, without places where words may break."""
    found = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return [" ".join(page.extract_text().replace("\u200b", "").split()) for page in found]
