"""Files that could harm are refused before libSBML sees them, and formulas before they grow."""

from __future__ import annotations

import pytest

from osteoaxis.errors import InputError
from osteoaxis.sbml import maths as maths_of_sbml
from osteoaxis.sbml import reading
from osteoaxis.sbml.importing import loads
from osteoaxis.sbml.reading import parse

from .models import maths, model, op, parameter, rule

BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>
<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2">&b;</sbml>"""
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>
<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2">&a;</sbml>"""
DEEP = b"<sbml>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</sbml>"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (BOMB, "has a DOCTYPE"),
        (OUTSIDE, "has a DOCTYPE"),
        (DEEP, "more than 200 elements deep"),
        (b"<html/>", "outermost element is 'html'"),
        (b"not xml", "not valid XML"),
        (b"", "not valid XML"),
        (b"\xff\xfe\x00", "not a text in UTF-8"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><sbml/>', "encoded in ISO-8859-1"),
        (b"<sbml/>", "not valid SBML"),
        (model("<parameter id='x'/>").encode(), "not valid SBML"),
    ],
)
def test_other_files_are_refused(content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse(content, "file.xml")


def test_large_files_and_growing_formulas_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    doubling = "".join(
        f'<functionDefinition id="f{k}">'
        + maths(
            "<lambda><bvar><ci>a</ci></bvar>"
            + op("plus", *(f"<apply><ci>f{k - 1}</ci><ci>a</ci></apply>",) * 2 if k else ("a",))
            + "</lambda>"
        )
        + "</functionDefinition>"
        for k in range(25)
    )
    text = model(
        doubling, parameter("x", 1.0), parameter("y"),
        rule("assignment", "y", "<apply><ci>f24</ci><ci>x</ci></apply>"),
    )  # fmt: skip
    monkeypatch.setattr(maths_of_sbml, "MAX_NODES", 5000)
    with pytest.raises(InputError, match="more than 5,000 operations"):
        loads(text)
    monkeypatch.setattr(reading, "MAX_BYTES", 100)
    with pytest.raises(InputError, match="larger than 100 bytes"):
        parse(model().encode(), "file.xml")
