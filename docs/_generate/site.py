"""What must hold of the finished site: every link leads somewhere, nothing needs the network."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

LOADED = {"img": "src", "script": "src", "link": "href", "source": "src", "iframe": "src"}
"""Tags that make a browser load something, and the attribute that says what."""
_FROM_NETWORK = re.compile(r"(?:@import|url\()[\s\"'(]*((?:https?:)?//[^\s\"')]+)")


@dataclass
class Page(HTMLParser):
    """What a page links to, what it loads, and the identifiers on it."""

    identifiers: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the identifier and address of a tag."""
        found = {name: value for name, value in attrs if value}
        self.identifiers |= {found[name] for name in ("id", "name") if name in found}
        if tag in LOADED and LOADED[tag] in found:
            self.loads.append(found[LOADED[tag]])
        elif tag == "a" and "href" in found:
            self.links.append(found["href"])


def faults(folder: Path) -> list[str]:
    """Return what is wrong with the site in `folder`: "page: address: why"."""
    pages = {}
    for path in sorted(folder.rglob("*.html")):
        if "_static" not in path.parts:  # templates of the theme
            pages[path] = Page()
            pages[path].feed(path.read_text(encoding="utf-8"))
    found = [
        f"{style.relative_to(folder)}: {address}: loaded from the network"
        for style in sorted(folder.rglob("*.css"))
        for address in _FROM_NETWORK.findall(style.read_text(encoding="utf-8"))
    ]
    for path, page in pages.items():
        where = path.relative_to(folder)
        for address in page.loads:
            if urlsplit(address).netloc:
                found.append(f"{where}: {address}: loaded from the network")
        for address in [*page.links, *page.loads]:
            if not urlsplit(address).scheme and not urlsplit(address).netloc:
                problem = _problem(path, address, pages)
                found += [f"{where}: {address}: {problem}"] if problem else []
    return found


def _problem(path: Path, address: str, pages: dict[Path, Page]) -> str:
    file, fragment = urldefrag(address)
    target = (path.parent / unquote(urlsplit(file).path)).resolve() if file else path.resolve()
    if target.is_dir():
        target /= "index.html"
    if not target.exists():
        return "no such file"
    if fragment and target in pages and unquote(fragment) not in pages[target].identifiers:
        return "no such place on the page"
    return ""
