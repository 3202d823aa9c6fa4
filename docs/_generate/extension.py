"""A Sphinx extension: pages written from the code each time the site is built, and checks of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

from sphinx.application import Sphinx
from sphinx.errors import SphinxError

from _generate import biology, commands, drugs, site, studies

PAGES: Mapping[str, Callable[[str], str]] = {
    "chapter": biology.chapter,
    "size": lambda _: biology.size(),
    "sources": lambda _: biology.shared_sources(),
    "drugs": lambda _: drugs.page(),
    "studies": lambda _: studies.page(),
    "commands": lambda _: commands.page(),
}
"""What a page may ask for; each is given the name of the page and returns Markdown."""
_ASKED = re.compile(r"^```\{generated\} (\w+)\n```$", re.MULTILINE)


def _fill(_app: Sphinx, document: str, text: list[str]) -> None:
    """Put what was generated in place of each block that asks for it."""
    page = PurePosixPath(document).name
    text[0] = _ASKED.sub(lambda asked: PAGES[asked[1]](page), text[0])


def _check(app: Sphinx, exception: Exception | None) -> None:
    """Fail the build for a broken link or a resource of the network."""
    if exception or app.builder.format != "html":
        return
    found = site.faults(Path(app.outdir).resolve())
    if found:
        raise SphinxError("\n".join(dict.fromkeys(found)))


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect generating and checking to the build."""
    app.connect("source-read", _fill)
    app.connect("build-finished", _check)
    return {"parallel_read_safe": True}
