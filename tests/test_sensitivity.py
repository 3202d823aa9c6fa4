"""Sensitivities: known answers for a known function, and the command."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from osteoaxis import sensitivity
from osteoaxis.cli import app
from osteoaxis.errors import InputError, SolverError
from osteoaxis.outcomes import dxa
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.sensitivity import Question, Range
from osteoaxis.simulation import Simulator

WOMAN = Patient("w", age=62.0, menopause_age=50.0)
ASKED = Question(WOMAN, Regimen.parse("anastrozole 1 mg po qd"), ("lumbar_spine_bmd", "ctx"), 12.0)
RANGES = (
    Range("markers.ctx_reference", 0.2, 0.4),
    Range("lumbar_spine.turnover", 2e-4, 4e-4),
    Range("total_hip.k_young", 0.004, 0.012),
)


@pytest.mark.parametrize("method", sensitivity.METHODS)
def test_what_matters_is_found_and_what_cannot_matter_is_zero(
    ready: Simulator, method: str
) -> None:
    found = sensitivity.analyse(ready, ASKED, RANGES, method, samples=8)
    main = np.abs(found.indices[found.main])
    assert found.failed == 0
    assert main.shape == (3, 2)
    assert found.ranked(0)[0] == 1  # the turnover of the spine moves the spine
    assert found.ranked(1)[0] == 0  # the reference of CTX moves CTX
    assert np.allclose(main[2], 0.0, atol=1e-6)  # the hip moves neither


def test_sobol_is_that_of_a_known_function(ready: Simulator, monkeypatch) -> None:
    def linear(_ready, _question, _names, points, *_others):
        logs = np.log(points)
        return (logs @ np.array([3.0, 1.0, 0.0]))[:, None]

    monkeypatch.setattr(sensitivity, "_run", linear)
    equal = tuple(Range(name, 1.0, 2.0) for name in ("a", "b", "c"))
    found = sensitivity.analyse(
        ready, Question(WOMAN, ASKED.regimen, ("ctx",), 12.0), equal, "sobol", samples=1024
    )
    assert found.indices["total"][:, 0] == pytest.approx([0.9, 0.1, 0.0], abs=0.02)


def test_local_effects_are_those_of_the_whole_range_for_a_linear_law(ready: Simulator) -> None:
    found = sensitivity.analyse(ready, ASKED, RANGES[:1], "local")
    values = sensitivity._run(ready, ASKED, ["markers.ctx_reference"], np.array([[0.28284]]), None)
    assert found.indices["effect"][0, 1] == pytest.approx(values[0, 1] * np.log(2.0), rel=0.01)


def test_a_t_score_moves_as_its_density(ready: Simulator) -> None:
    """In standard deviations of young women, from the density at that month."""
    outputs = ("lumbar_spine_t_score", "ctx", "lumbar_spine_bmd")
    question = Question(WOMAN, ASKED.regimen, outputs, 12.0)
    names, points = ["lumbar_spine.peak_bmd"], np.array([[1.0], [1.1]])
    low, high = sensitivity._run(ready, question, names, points, None)
    mean, deviation = dxa.YOUNG_ADULT["lumbar_spine"]["female"]
    assert (high[0] * deviation + mean) / (low[0] * deviation + mean) == pytest.approx(1.1)
    assert high[1:] == pytest.approx(low[1:], rel=1e-3)
    found = sensitivity.analyse(ready, question, RANGES[1:2], "local")
    assert found.units == ("1", "ng/mL", "% change")
    assert found.indices["effect"][0, 0] < 0.0 > found.indices["effect"][0, 2]


def test_failed_runs_are_counted_and_too_many_are_refused() -> None:
    values = np.ones((100, 2))
    values[3] = np.nan
    assert sensitivity._filled(values)[3].tolist() == [1.0, 1.0]
    values[:10] = np.nan
    with pytest.raises(SolverError, match="10 of 100"):
        sensitivity._filled(values)


def test_parameters_are_chosen_by_pattern_or_suggested(ready: Simulator) -> None:
    every = sensitivity.ranges(ready, male=False)
    assert len(every) > 80
    assert all(each.low < each.high for each in every)
    some = sensitivity.ranges(ready, ["rankl.*", "ctx_power"], male=False)
    assert {each.name.split(".")[0] for each in some} == {"rankl", "markers"}
    with pytest.raises(InputError, match="Did you mean"):
        sensitivity.ranges(ready, ["rankl.k_rank"], male=False)
    with pytest.raises(InputError, match="unknown output"):
        sensitivity.analyse(ready, Question(WOMAN, ASKED.regimen, ("ctxx",), 1.0), RANGES)


def test_the_command_writes_pictures_and_a_table(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    arguments = ["sensitivity", "anastrozole-woman", "--parameters", "rankl.*", "--samples", "4",
                 "--at", "12", "-o", str(folder)]  # fmt: skip
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    for name in ("tornado.png", "heat.png"):
        assert (folder / name).stat().st_size > 10_000
    assert (
        (folder / "sensitivity.csv")
        .read_text()
        .startswith("parameter,low,high,output,unit,mu_star")
    )
    found = json.loads((folder / "summary.json").read_text())
    assert found["failed"] == 0
    assert found["units"] == {"lumbar_spine_bmd": "% change", "total_hip_bmd": "% change",
                              "ctx": "ng/mL", "osteoclasts": "1"}  # fmt: skip
    assert set(found["outputs"]) == set(found["units"])
