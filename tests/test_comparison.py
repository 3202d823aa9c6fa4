"""Our model beside published ones: what is compared, refused, drawn and written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from osteoaxis import scenario
from osteoaxis.assembly import build_model
from osteoaxis.comparison import OURS, Comparison, compare
from osteoaxis.errors import InputError
from osteoaxis.present import comparison, published
from osteoaxis.published import PUBLISHED, load


@pytest.fixture(scope="module")
def denosumab() -> Comparison:
    return compare(scenario.load("denosumab-stop"), ["joerg-2022", "nelson-2026", "joerg-2022"])


def test_each_model_runs_the_arms_it_can(denosumab: Comparison) -> None:
    assert {name: set(arms) for name, arms in denosumab.runs.items()} == {
        OURS: {"none", "denosumab"},
        "joerg-2022": {"none", "denosumab"},
        "nelson-2026": {"none"},
    }
    assert denosumab.refused["joerg-2022"] == {}
    assert "no denosumab" in denosumab.refused["nelson-2026"]["denosumab"]


def test_changes_are_percent_since_time_zero_on_one_clock(denosumab: Comparison) -> None:
    for model in (OURS, "joerg-2022"):
        found = denosumab.change(model, "denosumab", "ctx")
        assert found is not None
        years, change = found
        assert years[0] == change[0] == 0
        assert years[-1] == pytest.approx(6)
        assert np.interp(0.25, years, change) < -50
        assert change[years > 3].max() > 20
    assert denosumab.change("nelson-2026", "none", "ctx") is None


def test_the_summary_says_what_each_cannot(denosumab: Comparison) -> None:
    found = comparison.summary(denosumab)
    assert found["months"][-1] == 72
    assert set(found["models"]) == {OURS, "joerg-2022", "nelson-2026"}
    theirs = found["models"]["nelson-2026"]
    assert set(theirs["arms"]["none"]) == {
        "lumbar_spine_bmd",
        "osteoclasts",
        "osteoblasts",
        "estradiol",
    }
    assert theirs["refused"]["denosumab"]
    assert theirs["cannot"]
    assert "denosumab-no-exit" in [flag["id"] for flag in found["cautions"]["denosumab"]]
    ours = found["models"][OURS]["arms"]["denosumab"]
    assert set(ours) >= {"lumbar_spine_bmd", "total_hip_bmd", "ctx"}
    assert all(entry["values"][0] == 0 for entry in ours.values())


def test_the_figure_has_a_panel_for_each_quantity(denosumab: Comparison) -> None:
    drawn = comparison.figure(denosumab)
    titles = [axis.get_title(loc="left") for axis in drawn.axes if axis.get_visible()]
    assert titles == [
        f"{comparison.TITLES[name]} (% change)" for name in comparison.shown(denosumab)
    ]
    lines = {title: len(axis.lines) - 1 for title, axis in zip(titles, drawn.axes, strict=False)}
    assert lines["Lumbar spine BMD (% change)"] == 3
    assert lines["CTX: resorption (% change)"] == 4


@pytest.mark.parametrize("name", PUBLISHED)
def test_what_corresponds_to_ours_is_ours(name: str) -> None:
    assert set(load(name).quantities) <= set(build_model()[0].quantities)


def test_a_model_that_can_do_nothing_is_refused_by_name() -> None:
    plan = scenario.load("menopause")
    with pytest.raises(InputError, match="'menopause': lemaire-2004 knows no patients"):
        compare(plan, ["lemaire-2004"])
    with pytest.raises(InputError, match="unknown published model 'lemaire'"):
        compare(plan, ["lemaire"])
    with pytest.raises(InputError, match="no published model can express any"):
        compare(scenario.load("testosterone-anastrozole"))


def test_a_published_model_runs_alone(tmp_path: Path) -> None:
    own = published.simulated("lemaire-2004", "pth-infusion", None)
    assert set(published.summary(own)["arms"]) == {"pth-infusion"}
    published.write(own, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "states.png", "states.svg", "trajectories.json"
    }  # fmt: skip
    ours = published.simulated("joerg-2022", "menopause", 3.0)
    assert set(ours.arms) == {"natural"}
    assert "estradiol" in ours.refused
    assert "romosozumab" not in ours.shown
    assert published.summary(ours)["days"][-1] == pytest.approx(3 * 365.25)


def test_unknown_scenarios_of_a_published_model_are_explained() -> None:
    with pytest.raises(InputError, match="Did you mean 'romosozumab'"):
        published.simulated("joerg-2022", "romosuzumab", None)
    with pytest.raises(InputError, match="--years: -1 is outside"):
        published.simulated("joerg-2022", "denosumab", -1.0)
    with pytest.raises(InputError, match="joerg-2022 describes women"):
        published.simulated("joerg-2022", "testosterone-anastrozole", None)


def test_a_patient_before_menopause_starts_at_full_estrogen() -> None:
    plan = replace(scenario.load("menopause"), years=2.0)
    run = published.simulated("nelson-2026", "menopause", None)
    estrogen = run.arms["natural"]["estrogen"].values
    assert estrogen[0] == 1.0
    assert estrogen[-1] < 0.3
    assert plan.patient.menopause_age == plan.patient.age + 1
