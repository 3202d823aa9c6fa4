"""The machinery of calibration: parameters, objective, ensemble, profiles, and what was shipped."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.optimize import lsq_linear
from typer.testing import CliRunner

from osteoaxis import evidence, fitted, intervals
from osteoaxis.assembly import build_model
from osteoaxis.cli import app
from osteoaxis.errors import InputError
from osteoaxis.evidence import check
from osteoaxis.evidence.prediction import Plan
from osteoaxis.evidence.row import parse
from osteoaxis.evidence.tested import BESIDE
from osteoaxis.inference import fit, leftout, posterior, validation
from osteoaxis.inference.free import STAGES, Space, space
from osteoaxis.inference.objective import STUDENT, Objective
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.drug import catalogue
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.simulation import month_grid, simulator

ROWS = [
    {"study_id": "A", "population": "postmenopausal; mean age 62", "arm": "drug",
     "treatment": "anastrozole 1mg po qd", "endpoint": "lumbar_spine_bmd",
     "time_months": month, "statistic": "mean_pct_change", "value": value, "n": "100"}
    for month, value in (("12", "-2.5"), ("24", "-4.0"))
]  # fmt: skip
ROLES = {"A": "calibration", "B": "validation"}


def objective(*extra: dict[str, str]) -> Objective:
    rows = [parse(row, "x") for row in (*ROWS, *extra)]
    plan = Plan(rows, simulator(calibrated=False))
    return Objective.of(plan, space(fit.declared(), ("bone",)), fit.BONE, ROLES)


@pytest.mark.parametrize("stage", list(STAGES))
def test_fitted_parameters_exist_and_start_within_their_ranges(stage: str):
    where = space(fit.declared(), (stage,))
    assert (where.low <= 0).all()
    assert (where.high >= 0).all()
    assert (where.sd > 0).all()
    theta = 0.3 * np.sin(np.arange(len(where)))
    changes = where.changes(theta)
    assert np.allclose(where.theta(changes), theta)
    assert all(name.partition("@")[0] in fit.declared() for name in changes)


def test_names_that_move_together_do():
    where = space(fit.declared(), ("drugs",))
    changes = where.changes(np.full(len(where), 0.1))
    tied = {v for n, v in changes.items() if n.endswith("osteoclast_apoptosis_stimulates_Emax")}
    assert len(tied) == 1


def test_only_read_rows_of_calibration_studies_are_used():
    held = objective(
        ROWS[0] | {"study_id": "B"},
        ROWS[0] | {"source_quality": "memory"},
        ROWS[0] | {"value": ""},
        ROWS[0] | {"treatment": "teriparatide 20ug sc qd"},
        ROWS[0] | {"endpoint": "estradiol"},
    )
    assert held.used == (0, 1)
    known = evidence.studies()
    assert not {row.study_id for row in fit.rows_of(known)} & {
        s.id for s in known.values() if s.role != "calibration"
    }


def test_residuals_are_students_and_rows_of_one_arm_share_errors():
    asked = objective()
    raw = np.array([[1.0, 1.0], [0.0, 0.0]])
    robust = asked.robust(raw)
    white = raw @ asked.whiten.T
    assert np.allclose(robust**2, (STUDENT + 1) * np.log1p(white**2 / STUDENT))
    apart = np.linalg.inv(asked.whiten) @ np.linalg.inv(asked.whiten).T
    assert apart[0, 1] > 0  # the same study and arm
    assert apart[0, 0] > apart[0, 1]


def test_rows_share_errors_in_proportion_to_what_is_left():
    rows = [
        parse(ROWS[0] | {"endpoint": "estradiol", "time_months": month, "value": value}, "x")
        for month, value in (("1", "-93"), ("2", "60"))
    ]
    plan = Plan(rows, simulator(calibrated=False))
    asked = Objective.of(plan, space(fit.declared(), ("hormones",)), ("hormone",), ROLES)
    spread = np.linalg.inv(asked.whiten) @ np.linalg.inv(asked.whiten).T
    assert spread[0, 1] == pytest.approx(np.prod([check.between_studies(row) for row in rows]))
    assert spread[0, 1] < np.sqrt(spread[0, 0] * spread[1, 1])


def test_the_jacobian_is_that_of_central_differences():
    asked = objective()
    theta = np.zeros(len(asked.space))
    found = asked.jacobian(theta)
    for k in (3, 20, 45):
        step = np.zeros(len(theta))
        step[k] = 0.01
        ends = asked.residuals(np.array([theta + step, theta - step]), rtol=1e-7)
        central = (ends[0] - ends[1]) / 0.02
        assert np.allclose(found[:, k], central, atol=0.02 * np.abs(central).max() + 5e-3)


def test_a_fit_lowers_the_cost_resumes_and_refuses_what_is_of_another(tmp_path: Path):
    asked = objective()
    few = fit.Settings(starts=2, hormone_steps=2, start_steps=3, joint_steps=2, best=1)
    extra = [
        ROWS[0] | {"endpoint": "arthralgia_pct", "statistic": "incidence_pct", "value": "30"},
        ROWS[0] | {"endpoint": "estradiol", "value": "-90"},
        ROWS[0] | {"treatment": "teriparatide 20ug sc qd", "value": "6"},
    ]
    plan = Plan([parse(row, "x") for row in (*ROWS, *extra)], simulator(calibrated=False))
    found = fit.calibrate(plan, ROLES, tmp_path, few)
    start = Objective.of(plan, found.space, fit.ALL, ROLES)
    assert found.cost < start.costs(np.zeros(len(found.space)))[0]
    lines = (tmp_path / "starts.jsonl").read_text().splitlines()
    again = fit.calibrate(plan, ROLES, tmp_path, few)
    assert np.array_equal(found.theta, again.theta)
    assert (tmp_path / "starts.jsonl").read_text().splitlines() == lines
    other = Plan([parse(row, "x") for row in (ROWS[0] | {"value": "-3"}, *extra)],
                 simulator(calibrated=False))  # fmt: skip
    with pytest.raises(InputError, match="another fit"):
        fit.calibrate(other, ROLES, tmp_path, few)
    assert asked.count == 2


@dataclass
class Linear:
    """An objective whose posterior is normal and known."""

    matrix: np.ndarray
    space: object

    def residuals(self, thetas, **_):
        return np.atleast_2d(thetas) @ self.matrix.T

    def costs(self, thetas):
        return 0.5 * (self.residuals(thetas) ** 2).sum(axis=1)

    def jacobian(self, _theta):
        return self.matrix


def linear(count: int = 3) -> Linear:
    random = np.random.default_rng(3)
    matrix = np.vstack([random.normal(size=(12, count)), np.eye(count)])
    wide = Space(space(fit.declared(), ("joints",)).free[:count])
    wide.low, wide.high = np.full(count, -50.0), np.full(count, 50.0)
    return Linear(matrix, wide)


def test_the_ensemble_of_a_linear_model_is_its_posterior():
    model = linear()
    drawn = posterior.sample(model, np.zeros(3), 4000, seed=2)
    wanted = np.linalg.inv(model.matrix.T @ model.matrix)
    assert np.allclose(np.cov(drawn.thetas.T), wanted, atol=0.15 * np.diag(wanted).max())
    assert np.allclose(drawn.thetas.mean(axis=0), 0, atol=0.05)
    assert drawn.excess.mean() == pytest.approx(1.5, rel=0.1)
    same = posterior.sample(model, np.zeros(3), 4000, seed=2)
    assert np.array_equal(drawn.thetas, same.thetas)


def test_profiles_of_a_linear_model_end_where_they_should():
    model = linear()
    covariance = np.linalg.inv(model.matrix.T @ model.matrix)
    costs = posterior._profiles(model, np.zeros(3), model.matrix, covariance, None)
    assert np.allclose(costs, 0.5 * np.array(posterior.OFFSETS) ** 2)
    low, high = posterior._limits(np.array(posterior.OFFSETS), costs[0])
    assert high == pytest.approx(1.96, abs=0.1)
    assert low == pytest.approx(-1.96, abs=0.1)


def test_limits_ascend_also_for_a_parameter_that_is_negative():
    model, theta = linear(5), np.zeros(5)
    drawn = posterior.sample(model, theta, 500)
    found = posterior.identify(model, theta, drawn.thetas, ["1"] * 5)
    assert found[-1].value < 0
    for each in found:
        assert each.low < each.value < each.high
        assert each.posterior_low < each.value < each.posterior_high
        assert each.prior_low < each.prior < each.prior_high


def test_what_the_range_alone_narrows_is_not_said_to_be_informed():
    """Draws of the prior within a plausible range that is narrower than it: no contraction."""
    model = linear()
    model.space.low, model.space.high = -0.5 * model.space.sd, 0.5 * model.space.sd
    thetas = np.column_stack([model.space.prior(k).rvs(2000, random_state=k) for k in range(3)])
    for each in posterior.identify(model, np.zeros(3), thetas, ["1"] * 3):
        assert each.contraction < 0.1
        assert each.verdict == "at its prior"
        assert each.prior_low == pytest.approx(each.posterior_low, rel=0.02)
        assert each.prior_high == pytest.approx(each.posterior_high, rel=0.02)


def test_leaving_a_study_out_is_a_fit_without_it():
    rows = [ROWS[0], ROWS[0] | {"study_id": "C", "value": "-9.0"}]
    plan = Plan([parse(row, "x") for row in rows], simulator(calibrated=False))
    roles = {"A": "calibration", "C": "calibration"}
    where = space(fit.declared(), ("bone",))
    both = Objective.of(plan, where, fit.BONE, roles)
    theta = np.array(fit.minimise(both, np.zeros(len(where)), 10)["theta"])
    found = leftout.differences(both, theta)
    alone = Objective.of(plan, where, fit.BONE, {"A": "calibration"})
    other = np.array(fit.minimise(alone, np.zeros(len(where)), 10)["theta"])
    assert found[1] == pytest.approx(both.raw(other)[0, 1], abs=0.2)
    assert found[1] > both.raw(theta)[0, 1]  # without -9.0 less is lost


def test_a_study_is_left_out_within_the_limits_of_parameters():
    """Steps were clipped to the limits, which led uphill, so that nothing was left out at all."""
    slopes = np.array([[10.0, 10.0], [1.0, -1.0], [0.0, 3.0]])  # study A, A and C; y wants to fall
    wanted = np.array([0.0, 10.0, 6.0])

    class Linear:
        plan = SimpleNamespace(
            rows=[SimpleNamespace(row=SimpleNamespace(study_id=name)) for name in "AAC"]
        )
        used = (0, 1, 2)
        space = SimpleNamespace(low=np.array([-9.0, -9.0]), high=np.array([0.1, 9.0]))

        def raw(self, thetas):
            return np.atleast_2d(thetas) @ slopes.T - wanted

        def residuals(self, thetas):
            return np.hstack([self.raw(thetas), 0.01 * np.atleast_2d(thetas)])

        def jacobian(self, _theta):
            return np.vstack([slopes, 0.01 * np.eye(2)])

    asked = Linear()
    limits = (asked.space.low, asked.space.high)
    whole, right = asked.jacobian(None), np.concatenate([wanted, [0.0, 0.0]])
    theta = lsq_linear(whole, right, limits).x
    assert theta[0] == pytest.approx(0.1, abs=1e-6)  # at its limit
    without = lsq_linear(np.delete(whole, 2, 0), np.delete(right, 2), limits).x
    found = leftout.differences(asked, theta)
    assert found[2] == pytest.approx(asked.raw(without)[0, 2], abs=1e-4)
    assert abs(found[2] - asked.raw(theta)[0, 2]) > 0.05


def test_levels_are_as_far_off_above_as_below():
    """Percent of what was observed made an interval of 23 to 427 % of one of 42 to 240 %."""
    row = parse(
        ROWS[0] | {"endpoint": "testosterone", "statistic": "mean_abs",
                   "value": "20", "unit": "ng/dL"}, "x",
    )  # fmt: skip
    assert row.statistic == "level"
    above, below = 100.0 * (40.0 - 20.0) / 20.0, 100.0 * (10.0 - 20.0) / 20.0
    found = leftout.as_taken([row, row], np.array([above, below]))
    assert found == pytest.approx([100 * np.log(2), -100 * np.log(2)])
    change = parse(ROWS[0], "x")
    assert leftout.as_taken([change], np.array([-50.0])) == pytest.approx([-50.0])


def test_the_error_of_the_model_covers_nine_tenths_of_the_studies():
    even = [(float(k), f"study {k}") for k in range(1, 20)]
    assert leftout._quantile(even) == 18.0  # 18 of 19, and one to come
    assert leftout._quantile([(0.0, "a"), (5.0, "b")]) == 5.0
    many = [(float(k), "one long curve") for k in range(100)] + even
    assert leftout._quantile(many) < 100.0


def test_a_perfect_model_is_within_where_tolerance_is_wide():
    verdicts = evidence.verdicts(role="calibration", draws=2)
    rows = [v for v in verdicts if v.weight > 0 and v.row.endpoint == "lumbar_spine_bmd"]
    usual = validation.perfect_share(rows)
    assert 50.0 < usual < 100.0
    wide = [replace(row, allowed=10 * (row.allowed or 0.0)) for row in rows]
    assert usual < validation.perfect_share(wide) <= 100.0


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, "women: aromatase inhibitor"),
        ({"treatment": "none"}, "women: no drug"),
        ({"treatment": "calcium 1000mg po qd"}, "women: no drug"),
        ({"treatment": "tamoxifen 20mg po qd [m-24-m0] + letrozole 2.5mg po qd [m0-m60]"},
         "women: aromatase inhibitor"),
        ({"treatment": "letrozole 2.5mg po qd + zoledronate 4mg iv q6mo vs none",
          "statistic": "difference_pct"}, "women: aromatase inhibitor + bisphosphonate"),
        ({"treatment": "denosumab 60mg sc q6mo [m0-m12]", "time_months": "24",
          "note": "ref_month=12"}, "women: treatment stopped"),
        ({"treatment": "goserelin 3.6mg sc q28d + denosumab 60mg sc q6mo",
          "population": "men; mean age 75"}, "men: GnRH agonist + denosumab"),
        ({"treatment": "testosterone_gel 50mg td qd", "population": "men; mean age 60"},
         "men: testosterone"),
        ({"treatment": "teriparatide 20ug sc qd"}, "women: anabolic"),
        ({"treatment": "raloxifene 60mg po qd"}, "women: estrogen or SERM"),
    ],
)  # fmt: skip
def test_the_treatment_of_a_row_follows_from_its_drugs(changes: dict[str, str], wanted: str):
    plan = Plan([parse(ROWS[0] | changes, "x")], simulator())
    assert validation.treatment_of(plan, plan.rows[0]) == wanted


def test_every_class_of_drugs_is_a_treatment_or_is_given_beside_one():
    groups = {drug.group for drug in catalogue().values()}
    assert groups == set(validation.KINDS) | (groups & set(BESIDE))


def test_every_row_with_weight_is_in_one_group():
    known = evidence.studies()
    rows = [row for name in ("HALT_PC", "SABRE", "DEFEND") for row in known[name].rows]
    plan = Plan(rows, simulator(), known)
    scored = check.score(plan, plan.predict([{}, {}]), {n: s.role for n, s in known.items()})
    groups = validation.by_treatment(plan, scored)
    assert sum(each.statistics["n"] for each in groups) == sum(e.weight > 0 for e in scored)
    women = [each.treatment.startswith("women") for each in groups]
    assert women == sorted(women, reverse=True)
    risedronate = "women: aromatase inhibitor + bisphosphonate"
    own = [e for e in scored if e.weight > 0 and e.row.endpoint == "lumbar_spine_bmd"
           and validation.treatment_of(plan, e.planned) == risedronate]  # fmt: skip
    (spine,) = [e for e in groups if (e.treatment, e.endpoint) == (risedronate, "spine")]
    assert {e.row.study_id for e in own} == {"SABRE"}
    assert spine.statistics["bias"] == pytest.approx(np.mean([e.difference for e in own]))


def test_shipped_values_lie_in_their_ranges_and_replace_those_declared():
    declared = fit.declared()
    values = fitted.values()
    assert values
    model = build_model()[0]
    for name, value in values.items():
        full, _, men = name.partition("@")
        param = model.parameters[full]
        assert (param.men if men else param.value) == pytest.approx(value)
        assert param.basis == "fitted"
        low, high = declared[full].range
        if not men:
            assert low - 1e-12 <= value <= high * (1 + 1e-4)


def test_the_shipped_ensemble_is_large_varied_and_of_the_fitted_parameters():
    sets = fitted.ensemble()
    assert len(sets) >= 500
    assert set(sets[0]) == set(fitted.values())
    spread = np.std([[s[n] for n in sets[0]] for s in sets], axis=0)
    assert (spread > 0).all()


def test_mens_own_values_are_for_men():
    changes = {"a.x": 1.0, "a.x@men": 2.0, "a.y": 3.0}
    assert fitted.of_sex(changes, male=False) == {"a.x": 1.0, "a.y": 3.0}
    assert fitted.of_sex(changes, male=True) == {"a.x": 2.0, "a.y": 3.0}


def test_forecasts_hold_the_central_run_and_share_their_sets():
    ready, months = simulator(), month_grid(3)
    person = Patient("w", age=62.0, menopause_age=50.0, t_scores={"lumbar_spine": -1.0})
    plan = Regimen.parse("anastrozole 1 mg po qd")
    runs = intervals.runs(ready, person, plan, months, ["ctx"], count=30)
    assert len(runs) == 30
    spine = np.array([run["lumbar_spine_bmd"].values for run in runs])
    assert np.ptp(spine[:, 0]) < 1e-3  # the person's own T-score is met by every set
    central = ready.run(ready.start(person), plan, months, dosing="average")
    found = intervals.limits(runs, lambda run: run["lumbar_spine_bmd"].values)
    assert found is not None
    low, high = found
    middle = central["lumbar_spine_bmd"].values
    assert low[-1] < middle[-1] < high[-1]
    again = intervals.runs(ready, person, plan, months, ["ctx"], count=30)
    assert np.array_equal(again[7]["ctx"].values, runs[7]["ctx"].values)
    assert "any_fracture_incidence" in runs[0]


def test_validate_writes_the_report(tmp_path: Path):
    result = CliRunner().invoke(app, ["validate", "-o", str(tmp_path / "v")])
    assert result.exit_code == 0, result.output
    page = (tmp_path / "v" / "credibility.html").read_text()
    for word in ("Question of interest", "Context of use", "Assumptions", "Limits",
                 "not a medical device", validation.frozen_commit()):  # fmt: skip
        assert word in page
    found = json.loads((tmp_path / "v" / "summary.json").read_text())
    assert len(found["goals"]) == 15
    assert "goals met" in result.output
    with (tmp_path / "v" / "by_treatment.csv").open(newline="") as file:
        groups = list(csv.DictReader(file))
    assert len(groups) == len(found["treatments"])
    assert {"treatment", "endpoint", "role", "n", "bias", "rmse", "share_within"} <= set(groups[0])
    assert all(group["treatment"] in page for group in groups)
    assert "Median width" in page
    assert (tmp_path / "v" / "forest-lumbar_spine_bmd.png").stat().st_size > 10_000


def test_the_shipped_parameters_are_the_frozen_ones():
    assert len(validation.frozen_commit()) == 40
