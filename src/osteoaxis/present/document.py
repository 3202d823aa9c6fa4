"""What a report says, apart from how it is set.

A document is plain data: parts made of blocks of text, tables and vector pictures. `writers` sets
it as HTML or PDF. Text stays text there: nothing that a user wrote is ever read as markup.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Literal

_CONTROLS = {code: None for code in (*range(32), *range(127, 160)) if code not in (9, 10)}


@dataclass(frozen=True)
class Run:
    """Letters of one style; with `link`, they lead there."""

    text: str
    style: Literal["plain", "strong", "soft", "code"] = "plain"
    link: str = ""


Text = str | tuple[str | Run, ...]


@dataclass(frozen=True)
class Heading:
    """Opens a section; the title of a part has level 1."""

    text: Text
    level: int = 2
    kind: str = field(default="heading", init=False)


@dataclass(frozen=True)
class Paragraph:
    """Text; `small` for what explains a table or names a source."""

    text: Text
    small: bool = False
    kind: str = field(default="paragraph", init=False)


@dataclass(frozen=True)
class Items:
    """A list."""

    items: Sequence[Text]
    kind: str = field(default="items", init=False)


@dataclass(frozen=True)
class Box:
    """Blocks set apart: what is important, or `urgent`."""

    blocks: Sequence[Block]
    tone: Literal["brief", "caution", "urgent"] = "brief"
    kind: str = field(default="box", init=False)


@dataclass(frozen=True)
class Beside:
    """Two columns of blocks, one above the other where the page is narrow."""

    left: Sequence[Block]
    right: Sequence[Block]
    kind: str = field(default="beside", init=False)


@dataclass(frozen=True)
class Column:
    """A column of a table, as wide as its cells or, with `share`, as its share of what is left."""

    title: Text
    align: Literal["left", "right"] = "right"
    share: float = 0.0


@dataclass(frozen=True)
class Table:
    """Rows of cells under columns; the first column heads its rows.

    With `grouped`, cells of the first column that repeat the one above are set once for all rows.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[Text]]
    about: str = ""
    grouped: bool = False
    kind: str = field(default="table", init=False)
    spans: Sequence[int] = field(init=False)
    """How many rows the first cell of each row is for; 0 where an earlier one is."""

    def __post_init__(self) -> None:
        groups = itertools.groupby(self.rows, key=lambda row: row[0])
        sizes = [len(list(rows)) for _, rows in groups] if self.grouped else [1] * len(self.rows)
        spans = [n for size in sizes for n in (size, *[0] * (size - 1))]
        object.__setattr__(self, "spans", spans)


@dataclass(frozen=True)
class Picture:
    """A picture as one `<svg>` element; `alt` says what it shows, for whoever cannot see it.

    A `plain` one, such as an equation, stands among the text without a frame.
    """

    svg: str
    alt: str
    caption: Text = ""
    plain: bool = False
    kind: str = field(default="picture", init=False)


Block = Heading | Paragraph | Items | Box | Beside | Table | Picture


@dataclass(frozen=True)
class Part:
    """Blocks that begin on a new page; `fitted` ones are set smaller until one page holds them."""

    blocks: Sequence[Block]
    fitted: bool = False


@dataclass(frozen=True)
class Document:
    """A report; `footer` stands on every page."""

    title: str
    parts: Sequence[Part]
    footer: str
    mark: str
    """Which program and numbers made it."""
    language: str = "en"


def as_data(value: Any) -> Any:
    """Return a document, or what is in one, as plain data.

    Control characters are left out, and a percent sign stays with its number.
    """
    if isinstance(value, str):
        return value.translate(_CONTROLS).replace(" %", "\u00a0%")
    if is_dataclass(value):
        return {each.name: as_data(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, list | tuple):
        return [as_data(each) for each in value]
    return value
