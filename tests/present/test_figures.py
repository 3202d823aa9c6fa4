"""Every figure is drawn for a real result, and saving it again gives the same bytes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from osteoaxis import scenario
from osteoaxis.present import figures, style, validation
from osteoaxis.present.pathway import _fold_text, pathway
from osteoaxis.present.pathway_map import HEIGHT, LINKS, NODES, WIDTH
from osteoaxis.scenario import ScenarioResult

NAMES = [
    "hormones", "cytokines", "rankl_opg", "cells", "markers", "bmd", "fractures", "minerals",
    "joints", "pathway",
]  # fmt: skip


def _silent(step: str, share: float) -> None:
    """Show no progress."""
    assert step
    assert 0 <= share <= 1


@pytest.fixture(scope="module")
def result() -> ScenarioResult:
    plan = scenario.load("anastrozole-woman")
    return scenario.run(replace(plan, years=1.0))


@pytest.fixture(scope="module")
def saved(result: ScenarioResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("figures")
    assert [picture.name for picture in figures.save_all(result, folder, _silent)] == NAMES
    return folder


def test_every_figure_is_saved_as_png_and_svg(saved: Path) -> None:
    assert {path.name for path in saved.iterdir()} == {
        f"{name}.{end}" for name in NAMES for end in ("png", "svg")
    }
    for path in saved.iterdir():
        start = b"\x89PNG" if path.suffix == ".png" else b"<svg"
        assert path.read_bytes().startswith(start)


def test_saving_again_gives_the_same_bytes(
    result: ScenarioResult, saved: Path, tmp_path: Path
) -> None:
    for picture in figures.save_all(result, tmp_path, _silent):
        assert (saved / f"{picture.name}.svg").read_text(encoding="utf-8") == picture.svg
    for path in saved.iterdir():
        assert path.read_bytes() == (tmp_path / path.name).read_bytes(), path.name


def test_captions_are_one_sentence() -> None:
    for _, caption in figures.FIGURES.values():
        assert caption.endswith(".")
        assert ". " not in caption


def test_svg_can_stand_in_a_page_with_others(result: ScenarioResult) -> None:
    text = figures.svg(figures.joints(result))
    assert text.startswith("<svg")
    assert 'id="figure_1"' not in text
    assert 'id="axes_1"' not in text


@pytest.mark.parametrize("name", NAMES)
def test_one_arm_alone_can_be_drawn(result: ScenarioResult, name: str) -> None:
    alone = replace(result, arms={"none": result.arms["none"]})
    style.png(figures.FIGURES[name][0](alone))


@pytest.mark.parametrize("name", NAMES)
def test_an_arm_that_failed_can_be_drawn(result: ScenarioResult, name: str) -> None:
    broken = result.arms["anastrozole"].map(lambda values: values.where(False))
    broken = broken.map(lambda values: values.assign_attrs(unit="1"))
    failed = replace(result, arms={**result.arms, "anastrozole": broken})
    style.png(figures.FIGURES[name][0](failed))


def test_twelve_arms_all_look_different() -> None:
    looks = style.arm_styles([f"arm {number}" for number in range(12)]).values()
    assert len({str(look) for look in looks}) == 12


def test_pathway_names_the_fold_change_of_estradiol(result: ScenarioResult) -> None:
    last, first = (result.arms[arm]["estradiol"].values[-1] for arm in ("anastrozole", "none"))
    texts = [text.get_text() for text in pathway(result).axes[0].texts]
    assert texts[texts.index("serum estradiol") + 1] == _fold_text(last / first)


def test_pathway_boxes_do_not_overlap_and_links_join_boxes() -> None:
    centres = np.array([(node.x / WIDTH, node.y / HEIGHT) for node in NODES.values()])
    apart = np.abs(centres[:, None] - centres[None]).max(axis=-1) + 2 * np.eye(len(centres))
    assert apart.min() > 1
    assert {link.source for link in LINKS} | {link.target for link in LINKS} == set(NODES)


def test_a_result_far_out_does_not_squeeze_the_others() -> None:
    def scored(endpoint: str, value: float, predicted: float) -> Any:
        row = SimpleNamespace(endpoint=endpoint, statistic="mean_pct_change", value=value)
        return SimpleNamespace(row=row, predicted=predicted, weight=1.0, role="validation")

    hormones = [(-90.0, -92.0), (60.0, 50.0), (66.0, 2065.0)]
    rows = [scored("estradiol", *each) for each in hormones]
    figure = validation.scatter([*rows, scored("lumbar_spine_bmd", 2.0, 3.0)])
    axes = figure.axes[2]
    assert axes.get_ylim()[1] < 300.0
    assert {line.get_marker() for line in axes.lines if len(line.get_xdata())} >= {"o", "^"}


def test_a_forest_ends_where_most_results_do() -> None:
    """One estradiol at +2,600 % left the others a tenth of the picture."""

    def scored(value: float, predicted: float) -> Any:
        row = SimpleNamespace(
            endpoint="estradiol", statistic="mean_pct_change", value=value, standard_error=None,
            uncertainty="", study_id="A", arm="drug", time_months=3.0,
        )  # fmt: skip
        return SimpleNamespace(row=row, predicted=predicted, low=predicted - 20.0,
                               high=predicted + 20.0, weight=1.0, role="validation")  # fmt: skip

    rows = [*(scored(float(k), k + 5.0) for k in range(-90, 60)), scored(60.0, 2600.0)]
    axes = validation.forest(rows, "Hormones").axes[0]
    assert axes.get_xlim()[1] < 400.0
    assert [line.get_marker() for line in axes.lines].count(">") == 1
