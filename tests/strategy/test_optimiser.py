"""The search: its front is a front, constraints hold, equal seeds give equal results."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from osteoaxis import scenario
from osteoaxis.conditions import Condition
from osteoaxis.errors import InputError
from osteoaxis.present import front
from osteoaxis.scenario import Scenario
from osteoaxis.strategy import optimiser
from osteoaxis.strategy.optimiser import Found, non_dominated, search, worth
from osteoaxis.strategy.sequences import read


def plan(**changes: Any) -> Scenario:
    """Four years, denosumab or zoledronate, and an exit: 24 strategies."""
    table = {
        "base": "letrozole 2.5 mg po qd [y0-y2]",
        "objectives": ["maximise total_hip_bmd_change_end", "minimise bone_drug_months"],
        "constraints": ["zoledronate_doses <= 2", "not denosumab_without_exit"],
        "steps": [
            {
                "drugs": ["none", "denosumab 60 mg sc q6mo", "zoledronate 4 mg iv q6mo"],
                "start": [0, 6],
                "months": [12, 24],
            },
            {"drugs": ["none", "zoledronate 4 mg iv q12mo"], "gap": [6, 9], "doses": [1]},
        ],
        **changes,
    }
    return replace(scenario.load("bone-protection"), years=4.0, optimise=table)


@pytest.fixture(scope="module")
def found() -> Found:
    return search(plan(), trials=200, seed=3)


@settings(max_examples=60, deadline=None)
@given(arrays(float, st.tuples(st.integers(1, 30), st.integers(1, 4)),
              elements=st.integers(0, 5).map(float)))  # fmt: skip
def test_non_dominated_is_what_it_says(values: np.ndarray) -> None:
    kept = non_dominated(values)
    beats = [[(b >= a).all() and (b > a).any() for b in values] for a in values]
    assert kept.tolist() == [not any(row) for row in beats]


def test_no_strategy_of_the_front_beats_another(found: Found) -> None:
    values = np.array([worth(c.measured, found.space, found.metrics) for c in found.front])
    assert non_dominated(values).all()
    feasible = [c for c in found.candidates.values() if c.measured and not c.unmet]
    for candidate in feasible:
        mine = np.array(worth(candidate.measured, found.space, found.metrics))
        assert candidate in found.front or any(
            (v >= mine).all() and (v > mine).any() for v in values
        )


def test_a_small_space_is_tried_completely(found: Found) -> None:
    everything = optimiser.strategies(read(plan()))
    assert everything is not None
    assert found.distinct == len({str(r) for r in everything.values() if r})
    assert found.exhausted
    assert found.trials < 200


def test_constraints_hold_on_the_front_and_every_dose_is_confirmed(found: Found) -> None:
    assert len(found.front) > 1
    for candidate in found.front:
        assert candidate.confirmed
        assert candidate.measured["zoledronate_doses"] <= 2
        assert candidate.measured["denosumab_without_exit"] == 0
        assert found.whole[candidate.regimen].items() >= candidate.measured.items()
    broken = [c for c in found.candidates.values() if c.unmet]
    assert broken
    for candidate in broken:
        assert not all(Condition.parse(text)(candidate.measured) for text in candidate.unmet)


def test_equal_seeds_give_equal_results(found: Found) -> None:
    again = search(plan(), trials=200, seed=3)
    assert front.summary(again) == front.summary(found)
    assert front.table_csv(again) == front.table_csv(found)


def test_an_interrupted_search_keeps_what_it_has_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(optimiser, "GENERATION", 8)

    def stop(stage: str, _share: float) -> None:
        if stage.startswith("Tried") and "8 proposals" in stage:
            raise KeyboardInterrupt

    part = search(plan(), trials=16, seed=3, progress=stop)
    assert not part.complete
    assert part.trials == 8
    assert not any(candidate.confirmed for candidate in part.front)
    assert "INTERRUPTED" in " ".join(front.said(part))
    front.write(part, tmp_path)
    known, digest = front.earlier(tmp_path)
    assert set(known) == set(part.candidates)
    resumed = search(plan(), trials=16, seed=3, known=known, digest=digest)
    fresh = search(plan(), trials=16, seed=3)
    assert front.summary(resumed) == front.summary(fresh)
    with pytest.raises(InputError, match="earlier search was of something else"):
        search(plan(base="none"), trials=16, seed=3, known=known, digest=digest)


def test_what_is_known_is_not_simulated_again(
    found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    solve = optimiser.Trier.solve

    def counted(self: Any, regimens: Any, dosing: Any, names: Any) -> Any:
        asked.append(dosing)
        return solve(self, regimens, dosing, names)

    monkeypatch.setattr(optimiser.Trier, "solve", counted)
    search(plan(), trials=200, seed=3, known=found.quick, digest=found.digest)
    assert set(asked) == {"events"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"constraints": ["total_hip_bmd_change_end > 50"]},
            "none of the .* meets every.*met by 0",
        ),
        ({"constraints": ["zoledronat_doses <= 5"]}, "Did you mean 'zoledronate_doses'"),
        ({"objectives": ["maximise hip", "minimise bone_drug_months"]}, "unknown metric 'hip'"),
        ({"base": "letrozol 2.5 mg po qd"}, "base: unknown drug 'letrozol'.*letrozole"),
    ],
)
def test_errors_say_what_to_do(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        search(plan(**changes), trials=100)


def test_what_cannot_be_judged_or_solved_is_not_on_the_front(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    solve = optimiser.Trier.solve

    def some(self: Any, regimens: Any, dosing: Any, names: Any) -> Any:
        solved = solve(self, regimens, dosing, names)
        late = ["zoledronate" in str(r).split("+")[-1] for r in regimens]
        return [{} if gone else found for gone, found in zip(late, solved, strict=True)]

    monkeypatch.setattr(optimiser.Trier, "solve", some)
    goals = ["minimise total_hip_loss_after_stopping", "minimise any_fractures_per_1000"]
    found = search(plan(objectives=goals, constraints=[]), trials=200, seed=3)
    front_names = {candidate.label for candidate in found.front}
    assert front_names
    assert not any("zoledronate" in name for name in front_names)
    assert "nothing added" not in front_names  # it stops nothing, so its loss has no value
    table = front.table_csv(found)
    assert ",not solved," in table
    assert "minimise total_hip_loss_after_stopping" in table


def test_a_space_too_large_to_count_is_searched() -> None:
    steps = [
        {"drugs": ["none", "zoledronate 4 mg iv q6mo"], "start": [0, 6, 12], "doses": [1, 2, 3]},
        *[
            {"drugs": ["none", "alendronate 70 mg po qw"], "gap": [1, 3, 6], "months": [3, 6, 9]}
            for _ in range(3)
        ],
    ]
    found = search(plan(steps=steps), trials=64, seed=1)
    assert found.distinct is None
    assert not found.exhausted
    assert found.front


def test_the_picture_and_files(found: Found, tmp_path: Path) -> None:
    front.write(found, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "front.md", "front.png", "front.svg", "front.json", "candidates.csv",
    }  # fmt: skip
    rows = (tmp_path / "candidates.csv").read_text().splitlines()
    assert len(rows) == len(found.candidates) + 1
    table = (tmp_path / "front.md").read_text()
    assert all(candidate.label in table for candidate in found.front)
    drawn = front.figure(found)
    drawn.canvas.draw()
    marks = [text.get_text() for text in drawn.findobj() if hasattr(text, "get_text")]
    for number, _ in front.numbered(found):
        assert str(number) in marks
    three = [*plan().optimise["objectives"], "maximise lowest_t_score"]
    drawn = front.figure(search(plan(objectives=three), trials=64))
    axes = [axis for axis in drawn.findobj(lambda a: hasattr(a, "get_xlabel")) if axis.get_xlabel()]
    assert len(axes) == 2


def test_every_strategy_of_the_front_has_its_cautions(found: Found) -> None:
    """Denosumab has an exit in this space, so none of its flags are met."""
    assert set(found.cautions) == {candidate.regimen for candidate in found.front}
    ids = {flag.rule.id for flags in found.cautions.values() for flag in flags}
    assert not ids & {"denosumab-no-exit", "denosumab-plan-the-exit"}
    old = replace(plan(), patient=replace(plan().patient, age=89.0))
    older = search(old, trials=64)
    assert all("outside-age" in {f.rule.id for f in c} for c in older.cautions.values())
    assert all(entry["cautions"] for entry in front.summary(older)["front"])
    assert "Above 90 years" in front.markdown(older)
