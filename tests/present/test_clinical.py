"""The report for a person and their team, end to end: pages, figures against the summary, bytes."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pypdf
import pytest
from clinical_pages import blocks_of, pages, plain, quiet

from osteoaxis import evidence, guidance, scenario, strategy
from osteoaxis.guidance.facts import names
from osteoaxis.model import Model
from osteoaxis.outcomes import dxa, markers
from osteoaxis.pharmacology.drug import catalogue
from osteoaxis.present import asked, words, writers
from osteoaxis.present.clinical import ahead, equations, expect, typical
from osteoaxis.present.clinical.case import MOST, Case
from osteoaxis.present.document import (
    Document,
    Items,
    Picture,
    Table,
)
from osteoaxis.present.summary import summary_json
from osteoaxis.present.terminal import DISCLAIMER
from osteoaxis.simulation import Simulator

SHORT = """title = "One year of letrozole"
summary = "Letrozole, with and without zoledronate when density is low"
years = 1
[patient]
sex = "female"
age = 66
menopause_age = 50
[patient.t_scores]
lumbar_spine = -2.1
[arms]
letrozole = "letrozole 2.5 mg po qd"
both = "letrozole 2.5 mg po qd + zoledronate 4 mg iv q6mo [start when lumbar_spine_t_score < -2.0]"
"""


def osteoaxis(*args: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "osteoaxis.cli", *args], cwd=folder, env={**os.environ, **env},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def plan() -> scenario.Scenario:
    return scenario.load("anastrozole-woman")


@pytest.fixture(scope="module")
def case(plan: scenario.Scenario, ready: Simulator) -> Case:
    return typical.simulated(plan, ready, 1, quiet)


@pytest.fixture(scope="module")
def document(case: Case) -> Document:
    return typical.written(case, quiet)


@pytest.fixture(scope="module")
def pdf(document: Document) -> bytes:
    return writers.pdf(document)


@pytest.fixture(scope="module")
def summary(plan: scenario.Scenario) -> Mapping[str, Any]:
    return summary_json(scenario.run(plan), [12.0, 24.0, 60.0, 84.0])


def test_two_pages_and_then_the_appendix(pdf: bytes) -> None:
    texts = pages(pdf)
    assert [number for number, text in enumerate(texts) if "Appendix for experts" in text] == [2]
    for number, title in enumerate(("In short", "What the options change", "Courses as simulated")):
        assert title in texts[number]
    for text in texts:
        assert DISCLAIMER in text


def test_the_table_is_the_summary(case: Case, summary: Mapping[str, Any]) -> None:
    table = expect.expectations(case, tuple(case.arms), case.months)
    assert [column.title for column in table.columns[:2]] == ["Option", "Year"]
    quantity_of = {
        2: ("lumbar_spine_bmd", 1, 1.0), 3: ("total_hip_bmd", 1, 1.0),
        6: ("any_fracture_incidence", 1, 1.0), 7: ("arthralgia_probability", 0, 100.0),
    }  # fmt: skip
    rows = iter(table.rows)
    for arm, quantities in summary["arms"].items():
        limits = summary["intervals"][arm]
        for k, month in enumerate(summary["months"]):
            row = next(rows)
            assert plain(row[0]).endswith(case.label(arm))
            assert float(plain(row[1])) == month / 12
            for column, (name, digits, scale) in quantity_of.items():
                value = scale * quantities[name]["values"][k]
                low, high = (scale * limits[name][end][k] for end in ("low", "high"))
                signed = name.endswith("bmd")
                ranges = words.span(low, high, digits, signed=signed)
                wanted = f"{words.number(value, digits, signed=signed)} ({ranges})"
                assert plain(row[column]) == wanted
            for column, site in ((4, "lumbar_spine"), (5, "total_hip")):
                assert plain(row[column]) == words.number(
                    quantities[f"{site}_t_score"]["values"][k]
                )


def test_the_first_page_says_what_the_summary_says(pdf: bytes, summary: Mapping[str, Any]) -> None:
    text = pages(pdf)[0]
    for arm, name in (("none", "A no treatment"), ("anastrozole", "B anastrozole")):
        values, limits = summary["arms"][arm], summary["intervals"][arm]
        spine = values["lumbar_spine_bmd"]["values"][-1]
        ends = (limits["lumbar_spine_bmd"][end][-1] for end in ("low", "high"))
        told = f"{words.number(spine, signed=True)} % ({words.span(*ends, signed=True)})"
        assert f"{name}: after 7 years density of spine {told}" in text
        broken = values["any_fracture_incidence"]["values"][-1]
        ends = (limits["any_fracture_incidence"][end][-1] for end in ("low", "high"))
        assert f"about {broken:.0f} ({words.span(*ends, 0)}) of 100." in text


def test_differences_are_those_of_compare(plan: scenario.Scenario, case: Case) -> None:
    measured = strategy.compare(plan).measured["anastrozole"]
    table = next(block for block in ahead.changes(case) if isinstance(block, Table))
    last = [plain(cell) for cell in table.rows[-1]]
    fewer, low, high = (
        measured[f"fractures_avoided_per_1000{end}"] for end in ("", "_low", "_high")
    )
    ranges = words.span(-high, -low, 0, signed=True)
    assert last[4] == f"{words.number(-fewer, 0, signed=True)} ({ranges})"
    assert last[5] == f"1 more in {-measured['needed_to_treat']:.0f}"


def test_what_can_be_told_from_chance_is_the_least_significant_change(pdf: bytes) -> None:
    text = pages(pdf)[1]
    spine, hip = (dxa.compare(1, 1, site).least_rise for site in ("lumbar_spine", "total_hip"))
    ctx = markers.compare("ctx", 1, 1)
    assert f"{spine:.1f} % at the spine and {hip:.1f} % at the hip" in text
    assert f"a fall of {-ctx.least_fall:.0f} % or a rise of {ctx.least_rise:.0f} %" in text


def test_signs_questions_and_sources_are_there(pdf: bytes) -> None:
    text = pages(pdf)[1]
    for words_ in ("severe back pain", "Do not stop or skip a medicine without your team",
                   "Questions to ask your team", "10.1359/jbmr.060508"):  # fmt: skip
        assert words_ in text


def test_signs_are_those_of_the_medicines_chosen(case: Case) -> None:
    (back,) = case.asked("signs")
    assert "severe back pain" in back
    assert "denosumab" not in back


@pytest.mark.parametrize(
    ("people", "said"),
    [
        ((0.0, 0.0, 0.0), "no difference"),
        ((-3.0, -6.0, 1.0), "not certain"),
        ((-0.25, -0.4, -0.1), "less than 1 in 1,000"),
        ((-4.0, -6.0, -2.0), "1 fewer in 250"),
        ((2.0, 1.0, 3.0), "1 more in 500"),
    ],
)
def test_one_in_so_many_is_no_finer_than_one_in_1000(
    people: tuple[float, float, float], said: str
) -> None:
    assert ahead.one_in(*people) == said


def test_the_appendix_has_numbers_evidence_equations_and_limits(
    document: Document, pdf: bytes, case: Case
) -> None:
    text = " ".join(pages(pdf)[2:])
    attrs = next(iter(case.arms.values())).attrs
    for wanted in (attrs["version"], attrs["parameter_hash"], "rankl.rankl_estrogen",
                   "Observed and predicted", "10.1359/jbmr.060508", "Key equations", "Limits",
                   "anastrozole 1 mg po qd [m0-m60]"):  # fmt: skip
        assert wanted in text
    assert "letrozole.aromatase" not in text
    alts = [block.alt for block in blocks_of(document) if isinstance(block, Picture)]
    assert any("rankl_production = " in alt and "rankl_estrogen" in alt for alt in alts)


def test_pictures_are_described_in_the_pdf(document: Document, pdf: bytes) -> None:
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    found: list[str] = []

    def walk(node: Any) -> None:
        node = node.get_object()
        if isinstance(node, list):
            for each in node:
                walk(each)
        elif isinstance(node, dict):
            if "/Alt" in node:
                found.append(str(node["/Alt"]))
            if "/K" in node:
                walk(node["/K"])

    walk(reader.trailer["/Root"]["/StructTreeRoot"])
    wanted = [block.alt for block in blocks_of(document) if isinstance(block, Picture)]
    assert [alt for alt in wanted if alt.replace(" %", "\u00a0%") not in found] == []


def test_the_html_stands_alone(document: Document) -> None:
    page = writers.html(document)
    for outside in ("<script", "<link", "src=", "@import", "url(http"):
        assert outside not in page, outside
    assert page.count("<svg") == sum(isinstance(b, Picture) for b in blocks_of(document))
    assert DISCLAIMER in page


@pytest.mark.parametrize("count", [1, 2, 4, MOST, 12])
def test_two_pages_hold_any_number_of_arms(case: Case, count: int) -> None:
    (first, *_, last) = case.arms
    arms = [f"an option that has a rather long name {k}" for k in range(count)]
    pick = dict(zip(arms, [first, *[last] * count], strict=False))
    many = replace(
        case,
        title=words.clipped("A long title of many words " * 20, 110),
        summary=words.clipped("A long summary of many words " * 40, 260),
        arms={name: case.arms[arm] for name, arm in pick.items()},
        drawn={name: case.drawn[arm] for name, arm in pick.items()},
        told={
            name: case.told[arm].assign_attrs(given=f"anastrozole 1 mg po qd [m0-m{48 + k}]")
            for k, (name, arm) in enumerate(pick.items())
        },
    )
    parts = (expect.page(many), ahead.page(many))
    made = writers.pdf(Document(many.title, parts, DISCLAIMER, "mark"))
    assert len(pages(made)) == 2
    told = pages(made)[0]
    assert ("6 more options in the appendix of the full report" in told) == (count > MOST)


def test_the_same_scenario_gives_the_same_bytes_in_two_processes(tmp_path: Path) -> None:
    (tmp_path / "short.toml").write_text(SHORT, encoding="utf-8")
    for number, env in enumerate(({"TZ": "UTC"}, {"TZ": "Asia/Tokyo", "LANG": "C"})):
        for ending in ("pdf", "html"):
            done = osteoaxis(
                "report", "short.toml", "-o", f"out/{number}.{ending}", folder=tmp_path,
                PYTHONHASHSEED=str(number), **env,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
    files = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert sorted(files) == ["0.html", "0.pdf", "1.html", "1.pdf"]
    assert files["0.pdf"] == files["1.pdf"]
    assert files["0.html"] == files["1.html"]
    text = " ".join(pages(files["0.pdf"]))
    assert "One year of letrozole" in text
    assert "zoledronate started" in text


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("no-such",), "unknown scenario or person 'no-such'"),
        (("anastrozole-women",), "Did you mean 'anastrozole-woman'"),
        (("anastrozole-woman", "-o", "report.docx"), "must end in .pdf or .html"),
        (("anastrozole-woman", "-o", "folder.pdf"), "is a folder"),
        (("anastrozole-woman", "-o", "file/report.pdf"), "is a file"),
    ],
)
def test_bad_input_is_told_and_leaves_nothing(
    args: tuple[str, ...], told: str, tmp_path: Path
) -> None:
    (tmp_path / "folder.pdf").mkdir()
    (tmp_path / "file").write_text("")
    done = osteoaxis("report", *args, folder=tmp_path)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.pdf"]


def test_an_arm_that_cannot_be_given_is_told(tmp_path: Path) -> None:
    bad = SHORT.replace("zoledronate 4 mg", "zolendronate 4 mg")
    (tmp_path / "bad.toml").write_text(bad, encoding="utf-8")
    done = osteoaxis("report", "bad.toml", folder=tmp_path)
    assert done.returncode == 2
    assert "arms.both" in done.stderr
    assert "zoledronate" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["bad.toml"]


@pytest.mark.parametrize("name", equations.KEY)
def test_equations_are_worth_what_is_solved(name: str, model: Model) -> None:
    terms = [*equations.terms(model, name)]
    solved = model.derivative(name) if terms[0][0] else model.assignments[name]
    shown = sum(-value if sign == "-" else value for sign, _, value in terms)
    draws = np.random.default_rng(0)
    at = {symbol: draws.uniform(0.5, 2.0) for symbol in solved.free_symbols}
    assert float(shown.subs(at)) == pytest.approx(float(solved.subs(at)), rel=1e-9)


def test_plain_pages_alone(tmp_path: Path) -> None:
    (tmp_path / "short.toml").write_text(
        SHORT.replace('title = "One year of letrozole"\n', "precision = { lumbar_spine = 1.0 }\n"),
        encoding="utf-8",
    )
    done = osteoaxis("report", "short.toml", "-o", "s.pdf", "--pages", "plain", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    texts = pages((tmp_path / "s.pdf").read_bytes())
    assert len(texts) == 2
    assert texts[0].startswith("letrozole, both: 1 year")
    assert "up to 2.8 % at the spine" in texts[1]
    assert "The appendix for experts" in texts[1]


def test_help_and_completion_know_the_report(tmp_path: Path) -> None:
    assert " report " in osteoaxis("--help", folder=tmp_path).stdout
    assert "--output" in osteoaxis("report", "--help", folder=tmp_path).stdout
    as_installed = "import sys; sys.argv = ['osteoaxis']; from osteoaxis.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", as_installed], capture_output=True, text=True, check=False,
        timeout=60,
        env={**os.environ, "_OSTEOAXIS_COMPLETE": "complete_bash",
             "COMP_WORDS": "osteoaxis report wom", "COMP_CWORD": "2"},
    )  # fmt: skip
    assert done.stdout.split() == ["woman-on-letrozole"]


def test_texts_ask_only_what_is_known() -> None:
    rules = guidance.rules(asked.TEXTS)
    assert {rule.question for rule in rules} == {"questions", "signs", "limits", "weaknesses"}
    known = names(catalogue())
    for rule in rules:
        assert rule.names <= known, rule.id


def test_studies_named_in_limits_are_in_the_evidence_and_in_the_docs() -> None:
    calibration = (Path(__file__).parents[2] / "docs" / "calibration.md").read_text("utf-8")
    texts = " ".join(rule.text for rule in guidance.rules(asked.TEXTS))
    named = set(re.findall(r"\b[A-Z]{3,}[A-Z0-9_]*(?:\d{4}|-[A-Z]+|_[A-Z]+)\b", texts))
    assert named
    for name in named:
        assert name in evidence.studies()
        assert name in calibration


KIDNEY = """
years = 4
[patient]
sex = "female"
age = 70
menopause_age = 50
[patient.baseline]
egfr = 25
[arms]
"denosumab for three years" = "letrozole 2.5 mg po qd + denosumab 60 mg sc q6mo [m0-m30]"
letrozole = "letrozole 2.5 mg po qd"
zoledronate = "letrozole 2.5 mg po qd + zoledronate 4 mg iv q6mo"
"""


@pytest.fixture(scope="module")
def kidney(tmp_path_factory: pytest.TempPathFactory, ready: Simulator) -> Case:
    file = tmp_path_factory.mktemp("kidney") / "kid.toml"
    file.write_text(KIDNEY)
    return typical.simulated(scenario.load(str(file)), ready, 1, quiet)


def test_what_a_label_forbids_is_on_the_two_pages(kidney: Case) -> None:
    told = " ".join(plain(item) for b in ahead.said(kidney) if isinstance(b, Items)
                    for item in b.items)  # fmt: skip
    assert "boxed warning of severe low calcium" in told
    assert "Zoledronate 5 mg is contraindicated" in told
    assert "Zoledronate 4 mg, for cancer in bone, is not given" in told


def test_nothing_is_counted_against_denosumab_that_has_worn_off(kidney: Case) -> None:
    (table,) = [block for block in ahead.changes(kidney) if isinstance(block, Table)]
    place = [plain(column.title) for column in table.columns].index("That is")
    last = {plain(row[place]) for row in table.rows if plain(row[1]) == "4"}
    assert last == {ahead.NOT_TOLD}
