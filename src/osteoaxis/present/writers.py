"""Sets a document as one HTML file or as PDF; the same bytes each time for the same document."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from osteoaxis.present import pages
from osteoaxis.present.document import Document, as_data


def html(document: Document) -> str:
    """Return `document` as a page that needs nothing else."""
    return pages.render("document.html.j2", doc=as_data(document))


def pdf(document: Document) -> bytes:
    """Return `document` as a tagged PDF (PDF/UA-1) without dates.

    Fonts are those that Typst and matplotlib bring along, so that no machine's own matter; what
    neither has is drawn as a box, while its text stays as it is.
    """
    import typst
    from matplotlib import get_data_path

    return typst.compile(
        pages.TEMPLATES / "document.typ",
        root=pages.TEMPLATES,
        format="pdf",
        font_paths=[Path(get_data_path()) / "fonts" / "ttf"],
        ignore_system_fonts=True,
        sys_inputs={"document": json.dumps(as_data(document))},
        pdf_standards="ua-1",
    )


WRITERS: dict[str, Callable[[Document], bytes]] = {
    ".pdf": pdf,
    ".html": lambda document: html(document).encode(),
}
"""What sets a document, by the ending of its file."""
