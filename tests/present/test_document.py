"""The content model and its two writers: text stays text, pages fit, bytes are the same."""

from __future__ import annotations

import io
from html.parser import HTMLParser
from typing import Any

import pypdf
import pytest

from osteoaxis.present import writers
from osteoaxis.present.document import (
    Beside,
    Box,
    Column,
    Document,
    Heading,
    Items,
    Paragraph,
    Part,
    Picture,
    Run,
    Table,
    as_data,
)

HOSTILE = (
    "<script>alert(1)</script>", "#strong[x] #eval(\"1\")", "$a^2$ @ref <label> `raw`",
    "\\ *b* _c_ ~ // -- /* x */", "{{ 7*7 }} {% raw %}", "&amp; \" ' </style>", "W" * 60,
    "患者 Мария مريض 😀", "a\x00b\x1bc\u200bd",
)  # fmt: skip
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20"><path d="M0 0h9v9z"/></svg>'
VOID = {"meta", "br", "hr", "img", "link", "input"}


def document(text: str) -> Document:
    """A document in which `text` stands wherever text can."""
    blocks = (
        Heading(text, 1),
        Paragraph((text, *(Run(text, style) for style in ("plain", "strong", "soft", "code")))),
        Paragraph((Run(text, link="https://doi.org/10.1000/x"),), small=True),
        Box((Heading(text), Items((text, (Run(text, "strong"), text)))), "urgent"),
        Beside((Paragraph(text),), (Items([text]),)),
        Table((Column(text, "left"), Column(text)), [(text, text), (text, "1")], grouped=True),
        Picture(SVG, text, text),
    )
    return Document(text, (Part(blocks, fitted=True), Part(blocks)), text, text)


def text_of(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def squeezed(text: str) -> str:
    return "".join(c for c in text if c.isprintable() and not c.isspace())


class Nesting(HTMLParser):
    """Holds tags against each other; `texts` is what a reader sees."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:  # noqa: ARG002 - theirs
        self.seen.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def parsed(page: str) -> Nesting:
    parser = Nesting()
    parser.feed(page)
    parser.close()
    assert not parser.open
    return parser


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_a_user_writes_is_markup(text: str) -> None:
    page = parsed(writers.html(document(text)))
    plain = parsed(writers.html(document("plain")))
    assert page.seen == plain.seen
    assert squeezed(text) in squeezed("".join(page.texts))
    pdf = writers.pdf(document(text))
    assert squeezed(text)[:60] in squeezed(text_of(pdf)) or not text.isascii()
    ours = pypdf.PdfReader(io.BytesIO(writers.pdf(document("plain"))))
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    assert len(reader.pages) == len(ours.pages) == 2


@pytest.mark.parametrize("lines", [1, 30, 60, 75])
def test_a_fitted_part_is_one_page_however_much_it_holds(lines: int) -> None:
    first = Part((Heading("First", 1), Items(["a line"] * lines)), fitted=True)
    found = Document("t", (first, Part((Heading("Second", 1),))), "footer", "mark")
    reader = pypdf.PdfReader(io.BytesIO(writers.pdf(found)))
    texts = [page.extract_text() for page in reader.pages]
    assert ["First" in text for text in texts] == [True, False]
    assert texts[0].count("a line") == lines
    assert "Second" in texts[1]


def test_the_pdf_is_tagged_and_has_no_date() -> None:
    reader = pypdf.PdfReader(io.BytesIO(writers.pdf(document("A title"))))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert "/StructTreeRoot" in root
    assert reader.metadata is not None
    assert reader.metadata.title == "A title"
    assert not {"/CreationDate", "/ModDate"} & set(reader.metadata)


def test_the_same_document_gives_the_same_bytes() -> None:
    for write in writers.WRITERS.values():
        assert write(document("x")) == write(document("x"))


def test_cells_of_a_group_are_set_once() -> None:
    table = Table((Column("a"), Column("b")), [("x", "1"), ("x", "2"), ("y", "3")], grouped=True)
    assert table.spans == [2, 0, 1]
    page = writers.html(Document("t", (Part((table,)),), "f", "m"))
    assert page.count(">x</th>") == 1
    assert 'rowspan="2"' in page


def test_data_is_plain_and_clean() -> None:
    data = as_data(document("5 %\x07"))
    assert data["title"] == "5\u00a0%"
    assert data["parts"][0]["blocks"][0]["kind"] == "heading"
