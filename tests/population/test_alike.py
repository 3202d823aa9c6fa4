"""People like one person: they start alike, and cross lines as their treatment says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from osteoaxis import simulation, treatment
from osteoaxis.errors import SolverError
from osteoaxis.outcomes import dxa
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.population import Alike, alike
from osteoaxis.simulation import Simulator, month_grid

WOMAN = Patient.load("postmenopausal-breast-cancer")
INHIBITOR = "anastrozole 1 mg po qd"
PLANS = {
    "none": Regimen(),
    "inhibitor": Regimen.parse(INHIBITOR),
    "denosumab": Regimen.parse(f"{INHIBITOR} + denosumab 60 mg sc q6mo"),
}
MONTHS = month_grid(5, 6)


def like(
    ready: Simulator, score: float | None = None, plans: dict[str, Regimen] = PLANS, **changes: int
) -> Alike:
    """People like the woman, with this T-score everywhere."""
    scores = {} if score is None else dict.fromkeys(dxa.SITES, score)
    return alike(ready, replace(WOMAN, t_scores=scores), plans, MONTHS, **changes)


@pytest.mark.parametrize(("score", "start"), [(-1.9, 0), (-2.49, 0), (-2.5, 100), (-3.0, 100)])
def test_all_start_on_the_side_of_the_line_where_the_person_is(
    ready: Simulator, score: float, start: float
) -> None:
    found = like(ready, score, count=40)
    for strategy in PLANS:
        for shares in found.below(strategy, -2.5).values():
            assert shares[0] == start
        for change in found.change(strategy).values():
            assert (change[:, 0] == 0.0).all()


def test_protection_means_fewer_crossings_and_an_inhibitor_more(ready: Simulator) -> None:
    found = like(ready, -1.9)
    assert (found.count, found.typical, found.left_out) == (200, (), {})
    none, inhibitor, denosumab = (found.below(name, -2.5)["any"] for name in PLANS)
    assert (none <= denosumab + 1.0).all()
    assert (denosumab[1:] < inhibitor[1:]).all()
    assert 10 < inhibitor[-1] < 60
    for line in (-2.5, -2.0):
        by_site = found.below("inhibitor", line)
        assert (by_site["any"] >= np.max([by_site[site] for site in dxa.SITES], axis=0)).all()
        assert (by_site["any"] <= np.sum([by_site[site] for site in dxa.SITES], axis=0)).all()
    assert like(ready, -2.4).below("inhibitor", -2.5)["any"][-1] > 95
    low, median, high = found.change("inhibitor")["lumbar_spine"][:, -1]
    assert low - 3 < median < -2
    assert low < median - 2 < median + 1 < high < 0


def test_people_are_drawn_by_the_seed_and_are_the_same_in_each_strategy(ready: Simulator) -> None:
    one, again, other = (like(ready, count=20, seed=seed) for seed in (1, 1, 2))
    alone = like(ready, plans={"inhibitor": PLANS["inhibitor"]}, count=20)
    for site, density in one.densities["inhibitor"].items():
        assert np.array_equal(density, again.densities["inhibitor"][site])
        assert np.array_equal(density, alone.densities["inhibitor"][site])
        assert not np.allclose(density, other.densities["inhibitor"][site], rtol=1e-3)


def test_what_was_not_measured_is_typical_and_what_was_is_met(ready: Simulator) -> None:
    found = like(ready, count=20)
    assert found.typical == dxa.SITES
    typical = ready.run(ready.start(replace(WOMAN, t_scores={})), Regimen(), np.zeros(1))
    for site, score in found.t_scores.items():
        assert score == pytest.approx(typical[f"{site}_t_score"].item())
        start = dxa.t_score(found.densities["none"][site][:, 0], site, "female")
        np.testing.assert_allclose(start, score, atol=2e-3)


def test_rules_decide_about_each_by_chance_of_their_own(ready: Simulator) -> None:
    plan = Regimen.parse("zoledronate 5 mg iv once [m1; taken 50 %]")
    found = like(ready, plans={"half": plan}, count=40)
    spine = found.densities["half"]["lumbar_spine"]
    assert 5 < (spine[:, 2] > 1.01 * spine[:, 0]).sum() < 35


def test_who_cannot_be_met_is_left_out_and_counted(
    ready: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulation, "_MATCH_ROUNDS", 5)  # with more, all are met
    levels = {"lh": 0.2, "testosterone": 900.0, "estradiol": 80.0}
    strained = replace(Patient.load("older-man"), baseline=levels)
    found = alike(ready, strained, {"none": Regimen()}, MONTHS, count=40)
    (reason,) = found.left_out
    assert reason == "levels at time zero cannot be met together"
    assert 0 < found.left_out[reason] == 40 - found.count < 20
    assert np.isfinite(found.densities["none"]["lumbar_spine"]).all()


def test_what_a_typical_person_cannot_have_is_refused(ready: Simulator) -> None:
    impossible = replace(WOMAN, baseline={"pth": 1000.0, "egfr": 5.0, "vitamin_d": 2.0})
    with pytest.raises(SolverError, match="no steady state"):
        alike(ready, impossible, PLANS, MONTHS, count=20)


def test_what_fails_in_one_strategy_is_left_out_of_all(
    ready: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_all, lost = treatment.run_all, {"inhibitor": 3, "denosumab": 5}

    def failing(*given: Any, **named: Any) -> treatment.Treated:
        found = run_all(*given, **named)
        for name, row in lost.items():
            if given[2] == PLANS[name]:
                found.status[row] = 1
        return found

    whole = like(ready, count=8)
    monkeypatch.setattr(treatment, "run_all", failing)
    found = like(ready, count=8)
    assert (found.count, [*found.left_out.values()]) == (6, [2])
    kept = np.delete(whole.densities["none"]["total_hip"], [3, 5], axis=0)
    assert np.array_equal(found.densities["none"]["total_hip"], kept)
    lost["inhibitor"] = slice(None)  # type: ignore[assignment]
    with pytest.raises(SolverError, match="nobody like this"):
        like(ready, count=8)
