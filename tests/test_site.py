"""What the generated pages of the documentation show is what is computed, and links are checked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

import pytest
from _generate import biology, commands, drugs, mathml, site, studies, term, text

from osteoaxis.biology import BIOLOGY
from osteoaxis.evidence import studies as known_studies
from osteoaxis.model import Model
from osteoaxis.pharmacology.drug import catalogue
from osteoaxis.process import Param, Rate, Reaction, Site, exp, log, power


def value(of: term.Term, values: Mapping[str, float]) -> float:
    """Return what a traced formula comes to."""
    if of.kind == "name":
        return values[of.name]
    if of.kind == "number":
        return of.number
    a, *rest = (value(part, values) for part in of.parts)
    b = rest[0] if rest else math.nan
    return {
        "+": lambda: a + b,
        "-": lambda: a - b,
        "*": lambda: a * b,
        "/": lambda: a / b,
        "^": lambda: a**b,
        "neg": lambda: -a,
        "exp": lambda: math.exp(a),
        "log": lambda: math.log(a),
    }[of.kind]()


def flows(model: Model) -> list[tuple[str, Rate | Reaction, term.Term]]:
    names = {n: term.name(n) for n in (*model.quantities, *model.parameters, "time")}
    return [
        (name, declared, term.term(model.call(process, declared, names)))
        for process in model.processes
        for name, declared in process.declarations.items()
        if isinstance(declared, Rate | Reaction)
    ]


def test_every_equation_shown_is_the_one_computed(model: Model) -> None:
    state = {name: 0.9 * declared.typical for name, declared in model.states.items()}
    numbers = {name: declared.value for name, declared in model.parameters.items()}
    values = model.evaluate_rates({**state, **numbers, "time": 400.0})
    shown = flows(model)
    for name, declared, formula in shown:
        process = next(p for p in model.processes if p.declarations.get(name) is declared)
        expected = model.call(process, declared, values)
        assert value(formula, values) == pytest.approx(expected, rel=1e-12, abs=1e-300), name
    assert len(shown) > 300


def test_every_equation_is_well_formed_and_names_all_that_it_uses(model: Model) -> None:
    for name, _, formula in flows(model):
        block = mathml.equation(formula, lambda full: (full, f"#{full}"))
        root = ElementTree.fromstring(block)
        linked = {link.attrib["href"][1:] for link in root.iter("a")}
        assert linked == {part.name for part in mathml.walk(formula) if part.kind == "name"}, name


def test_long_equations_are_broken_and_repeated_parts_get_a_letter() -> None:
    x, y = term.name("a_rather_long_name"), term.name("another_rather_long_name")
    part = x + y
    block = mathml.equation(part / (1 + part) * (x + 1) * (y + 2), lambda full: (full, ""))
    rows = ElementTree.fromstring(block).findall("mtable/mtr")
    assert len(rows) > 1
    assert [cell.text for cell in rows[-1].findall("mtd/mi")] == ["a"]


def test_a_power_is_shown_as_one() -> None:
    x, y = term.name("x"), term.name("y")
    assert power(x, y).kind == "^"
    assert exp(2 * log(x) - y * log(y)).kind == "/"
    assert exp(x * y).kind == "exp"


def test_every_process_has_a_chapter_that_names_all_of_it() -> None:
    for process in BIOLOGY:
        page = biology.chapter(biology.page_of(process.name))
        for name, declared in process.declarations.items():
            kept = isinstance(declared, Param | Site)
            full = f"{process.name}.{name}" if isinstance(declared, Param) else name
            assert f"#{biology.place(full)}" in page, f"{process.name}.{name}"
            assert not kept or f"[`{name}`]" in page


def test_drugs_studies_and_commands_are_all_there() -> None:
    page = drugs.page()
    for name, drug in catalogue().items():
        assert f"({biology.drug_place(name)})=" in page
        assert f"`{drug.typical}`" in page
    listed = studies.page()
    assert all(text.plain(name) in listed for name in known_studies())
    assert all(f"## osteoaxis {name}\n" in commands.page() for name in ("run", "evidence check"))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("10.1002/jbmr.217; men", "[10.1002/jbmr.217](<https://doi.org/10.1002/jbmr.217>); men"),
        (
            "(see 10.1016/s0169-6009(08)80203-6)",
            "(see [10.1016/s0169-6009(08)80203-6]"
            "(<https://doi.org/10.1016/s0169-6009(08)80203-6>))",
        ),
        ("PMID 123", "[PMID 123](<https://pubmed.ncbi.nlm.nih.gov/123/>)"),
        ("a_b", "a\\_b"),
        ("docs/decisions/0004", "[decision 4](<../decisions/0004-sbml.md>)"),
    ],
)
def test_sources_become_links(source: str, expected: str) -> None:
    assert text.sourced(source, "../") == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [(0.25, "0.25"), (15052.0, "15,050"), (2e-6, "2 × 10⁻⁶"), (0.0, "0"), (-3.5e9, "-3.5 × 10⁹")],
)
def test_numbers_are_written_plainly(number: float, expected: str) -> None:
    assert text.number(number) == expected


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        ('<a href="other.html#there">', ""),
        ('<a href="https://example.org/">', ""),
        ('<a href="other.html#gone">', "no such place on the page"),
        ('<a href="gone.html">', "no such file"),
        ('<a href="#gone">', "no such place on the page"),
        ('<img src="gone.png">', "no such file"),
        ('<script src="https://example.org/a.js">', "loaded from the network"),
        ('<link href="//example.org/a.css">', "loaded from the network"),
    ],
)
def test_broken_links_and_the_network_are_found(tmp_path: Path, page: str, problem: str) -> None:
    (tmp_path / "index.html").write_text(page, "utf-8")
    (tmp_path / "other.html").write_text('<p id="there">', "utf-8")
    found = site.faults(tmp_path)
    assert [fault.rpartition(": ")[2] for fault in found] == ([problem] if problem else [])


def test_styles_that_load_from_the_network_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text('@import url("https://example.org/f.css"); a { b: url(c) }')
    assert site.faults(tmp_path) == ["a.css: https://example.org/f.css: loaded from the network"]
