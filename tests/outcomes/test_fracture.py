"""Laws of the fracture outcome: directions, sums, symmetries and draws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from osteoaxis.errors import InputError
from osteoaxis.outcomes import fracture, incidence, numbers
from osteoaxis.outcomes.benefit import benefit
from osteoaxis.patient import HISTORY, HISTORY_NUMBERS, Patient

MONTHS = np.arange(0.0, 121.0)

ages = st.floats(40, 95)
sexes = st.sampled_from(["female", "male"])
scores = st.floats(-5, 4)
histories = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.booleans() for name in (*fracture.EARLIER, *fracture.RISK_FACTORS)},
        "years_since_fracture": st.floats(0, 30),
        "vertebral_fractures": st.floats(1, 17),
    },
)


def hazards(z: float = 0.0, **person: Any) -> dict[str, np.ndarray]:
    flat = np.full_like(MONTHS, z)
    person = {"sex": "female", "age": 65.0, **person}
    return fracture.hazards(months=MONTHS, spine_z=flat, neck_z=flat, hip_z=flat, **person)


def trajectory(z: float, ctx: float = 0.3, p1np: float = 40.0) -> xr.Dataset:
    flat = np.ones_like(MONTHS)
    columns = {f"{site}_z_score": z for site in ("lumbar_spine", "femoral_neck", "total_hip")}
    columns |= {"ctx": ctx, "p1np": p1np}
    return xr.Dataset(
        {name: ("time", value * flat) for name, value in columns.items()}, {"time": MONTHS}
    )


def test_history_has_the_keys_of_a_patient() -> None:
    assert {*fracture.EARLIER, *fracture.RISK_FACTORS} <= set(HISTORY)
    assert {"years_since_fracture", "vertebral_fractures"} <= set(HISTORY_NUMBERS)


@given(sexes, ages, scores, st.floats(0.01, 3), histories)
def test_hazard_rises_when_density_falls(
    sex: str, age: float, z: float, less: float, history: dict[str, Any]
) -> None:
    dense, thin = (hazards(value, sex=sex, age=age, history=history) for value in (z, z - less))
    for cause in dense:
        assert (thin[cause] > dense[cause]).all()
        assert (dense[cause] > 0).all()


@given(st.floats(0.1, 3), st.floats(1.01, 4))
def test_hazard_rises_with_turnover_above_the_floor(ctx: float, times: float) -> None:
    low, high = (hazards(ctx=np.full_like(MONTHS, level)) for level in (ctx, ctx * times))
    for cause in low:
        assert (high[cause] > low[cause]).all()


def test_ctx_below_the_floor_protects_no_further() -> None:
    low, lower = (hazards(ctx=np.full_like(MONTHS, level)) for level in (0.05, 0.01))
    np.testing.assert_array_equal(low["vertebral"], lower["vertebral"])


@pytest.mark.parametrize("factor", [*fracture.EARLIER, *fracture.RISK_FACTORS])
def test_a_risk_factor_raises_and_its_absence_lowers(factor: str) -> None:
    usual = hazards()
    absent = (
        dict.fromkeys(fracture.EARLIER, False) if factor in fracture.EARLIER else {factor: False}
    )
    for cause in fracture.CAUSES:
        assert (hazards(history={factor: True})[cause] > usual[cause]).all()
        assert (hazards(history=absent)[cause] < usual[cause]).all()


@pytest.mark.parametrize("factor", fracture.RISK_FACTORS)
def test_the_average_over_a_risk_factor_is_the_population(factor: str) -> None:
    share = numbers.central("fracture")[f"prevalence.{factor}"]
    with_it, without = (hazards(history={factor: there}) for there in (True, False))
    for cause, usual in hazards().items():
        np.testing.assert_allclose(share * with_it[cause] + (1 - share) * without[cause], usual)


def test_a_fracture_long_ago_counts_less() -> None:
    recent, old = (
        hazards(history={"vertebral_fracture": True, "years_since_fracture": years})["vertebral"][0]
        for years in (0.5, 15)
    )
    unknown = hazards(history={"vertebral_fracture": True})["vertebral"][0]
    assert recent > unknown > old > hazards()["vertebral"][0] * 0.8


def test_each_vertebral_fracture_more_counts_up_to_three() -> None:
    one, two, between, three, many = (
        hazards(history={"vertebral_fracture": True, "vertebral_fractures": n})["vertebral"][0]
        for n in (1, 2, 2.5, 3, 9)
    )
    unknown = hazards(history={"vertebral_fracture": True})["vertebral"][0]
    assert one < unknown < two < between < three == many
    assert 0.65 * one + 0.2 * two + 0.15 * three == pytest.approx(unknown, rel=0.02)
    hip = hazards(history={"vertebral_fracture": True, "vertebral_fractures": 3})["hip"]
    np.testing.assert_allclose(hip, hazards(history={"vertebral_fracture": True})["hip"])


def test_a_number_of_vertebral_fractures_says_that_there_was_one() -> None:
    assert Patient(history={"vertebral_fractures": 2.0}).history["vertebral_fracture"] is True
    with pytest.raises(InputError, match="vertebral_fracture false"):
        Patient(history={"vertebral_fractures": 2.0, "vertebral_fracture": False})


def test_fewer_vertebral_fractures_of_men_come_to_attention() -> None:
    man, woman = (hazards(sex=sex) for sex in ("male", "female"))
    assert man["vertebral"][0] / man["morphometric"][0] == pytest.approx(0.17)
    assert woman["vertebral"][0] / woman["morphometric"][0] == pytest.approx(0.27)


def test_recency_passes_through_what_was_read() -> None:
    values = numbers.central("fracture")
    usual = np.exp(values["earlier.other_fracture.other"]) - 1
    excess = fracture._recency(np.array([1.0, 10.0]), values) * usual
    np.testing.assert_allclose(1 + excess, [2.7, 1.4])


@given(sexes, ages, scores, st.floats(1, 10))
def test_shares_of_people(sex: str, age: float, z: float, excess: float) -> None:
    found = hazards(z, sex=sex, age=age)
    causes = {cause: found[cause] for cause in fracture.CAUSES}
    shares = incidence.incidence(causes, MONTHS, sex=sex, age=age, excess_mortality=excess)
    total = shares["any"] + shares["death_first"] + shares["fracture_free"]
    np.testing.assert_allclose(total, 1.0, atol=1e-9)
    for cause in (*causes, "any", "death_first"):
        assert shares[cause][0] == 0
        assert (np.diff(shares[cause]) >= -1e-12).all()
        assert (shares[cause] <= 1.0).all()
    assert (np.diff(shares["survival"]) < 0).all()
    assert (shares["fracture_free"] <= shares["survival"] + 1e-12).all()
    for cause in causes:
        assert (shares["any"] >= shares[cause] - 1e-12).all()


@given(sexes, ages, st.floats(1.1, 20))
def test_death_lowers_incidence(sex: str, age: float, excess: float) -> None:
    causes = {cause: hazards(sex=sex, age=age)[cause] for cause in fracture.CAUSES}
    usual, more = (
        incidence.incidence(causes, MONTHS, sex=sex, age=age, excess_mortality=times)
        for times in (1.0, excess)
    )
    for cause in (*causes, "any", "survival"):
        assert (more[cause][1:] < usual[cause][1:]).all()


def test_without_death_incidence_is_one_minus_the_exponential() -> None:
    hazard = np.full_like(MONTHS, 0.1)
    shares = incidence.incidence({"hip": hazard}, MONTHS, sex="female", age=60, excess_mortality=0)
    np.testing.assert_allclose(shares["hip"], -np.expm1(-0.1 * MONTHS / 12))


def test_mortality_is_that_of_the_life_table() -> None:
    year = np.linspace(0, 12, 13)
    spent = incidence.cumulative(incidence.mortality("female", 80.0, year), year)[-1]
    assert -np.expm1(-spent) == pytest.approx(0.0428, rel=0.02)
    assert (incidence.mortality("male", 70, year) > incidence.mortality("female", 70, year)).all()


@given(st.floats(0, 1), st.floats(0, 1))
def test_number_needed_is_antisymmetric(reference: float, treated: float) -> None:
    spread = np.linspace(-0.05, 0.05, 11)
    a, b = reference + spread, treated - 0.5 * spread
    there = incidence.number_needed(reference, treated, a, b)
    back = incidence.number_needed(treated, reference, b, a)
    assert back.may_harm == there.may_harm
    assert "treated" in there.text or "no difference" in there.text
    if reference == treated:
        assert there.value == back.value == np.inf
    else:
        assert there.value == pytest.approx(-back.value)
        assert np.sign(there.value) == np.sign(reference - treated)
    if np.isfinite([there.low, there.high, back.low, back.high]).all():
        assert (back.low, back.high) == pytest.approx((-there.high, -there.low))


def test_number_needed_with_and_without_doubt() -> None:
    sure = incidence.number_needed(0.10, 0.05, np.full(9, 0.10), np.full(9, 0.05))
    assert (sure.value, sure.low, sure.high) == pytest.approx((20, 20, 20))
    assert "less" in sure.text
    doubt = incidence.number_needed(0.10, 0.09, np.full(2, 0.10), np.array([0.05, 0.13]))
    assert doubt.may_harm
    assert "through no difference" in doubt.text
    none = incidence.number_needed(0.1, 0.1, np.full(2, 0.1), np.full(2, 0.1))
    assert none.value == np.inf
    assert "no difference" in none.text


@given(st.floats(0, 0.999))
def test_first_fracture_is_the_inverse_of_the_cumulative_hazard(uniform: float) -> None:
    hazard = sum(hazards(-3.0)[cause] for cause in fracture.CAUSES)
    month = incidence.first_month(hazard, MONTHS, uniform)
    reached = incidence.cumulative(hazard, MONTHS)
    if np.isinf(month):
        assert reached[-1] < -np.log1p(-uniform)
    else:
        assert np.interp(month, MONTHS, reached) == pytest.approx(-np.log1p(-uniform), abs=1e-12)


def test_draws_depend_on_the_seed_alone() -> None:
    first, again, other = (numbers.draws("fracture", 20, seed) for seed in (1, 1, 2))
    for name, value in first.items():
        np.testing.assert_array_equal(value, again[name])
        assert numbers.numbers("fracture")[name].sd == 0 or (value != other[name]).any()


def test_draws_surround_the_central_hazard() -> None:
    drawn = fracture.shares(
        trajectory(-1.0), sex="female", age=70.0, values=numbers.draws("fracture", 400, 3)
    )
    central = fracture.shares(trajectory(-1.0), sex="female", age=70.0)
    for cause in fracture.CAUSES:
        assert drawn[cause].shape == (400, MONTHS.size)
        low, high = incidence.interval(drawn[cause][:, -1])
        assert low < central[cause][-1] < high


def test_every_number_has_a_source() -> None:
    for name, number in numbers.numbers("fracture").items():
        assert number.source, name
        assert number.read != number.source.startswith("assumed"), name


def test_formation_beyond_resorption() -> None:
    rise = np.where(MONTHS > 0, 3.0, 1.0)
    kept = {"threshold": 0.23, "fade_months": 36.0}
    flat = np.ones_like(MONTHS)
    both = fracture.formation_kept(rise, rise, MONTHS, **kept)
    np.testing.assert_array_equal(both, 0.0)
    np.testing.assert_array_equal(
        fracture.formation_kept(0.2 * flat, flat / rise, MONTHS, **kept), 0
    )
    anabolic = fracture.formation_kept(flat, rise, MONTHS, **kept)
    assert anabolic[12] == pytest.approx((np.log(3) - 0.23) * 0.85, rel=0.05)
    assert anabolic[-1] < (np.log(3) - 0.23) * 3.0


def test_ctx_rises_at_menopause_and_falls_with_age_in_men() -> None:
    assert fracture.ctx_median("female", np.array(45.0)) == pytest.approx(0.183)
    assert fracture.ctx_median("female", np.array(45.0), 40.0) == pytest.approx(0.307)
    young, old = fracture.ctx_median("male", np.array([30.0, 70.0]))
    assert young > old


def test_more_than_one_vertebral_fracture_after_rebound() -> None:
    person: dict[str, Any] = {"sex": "female", "age": 70.0, "months": MONTHS}
    usual = fracture.multiple_share(np.full_like(MONTHS, 0.2), **person)
    rebound = fracture.multiple_share(np.full_like(MONTHS, 0.307 * 1.8), **person)
    assert usual == pytest.approx(0.387, abs=0.002)
    assert rebound == pytest.approx(0.607, abs=0.01)


def test_what_is_added_to_a_trajectory() -> None:
    data = trajectory(-2.0)
    added = fracture.add(data, Patient(sex="female", age=65.0, history={"breast_cancer": True}))
    assert set(added) >= {
        f"{cause}_fracture_{what}" for cause in fracture.CAUSES for what in ("hazard", "incidence")
    } | {"any_fracture_incidence", "survival", "multiple_vertebral_share"}
    for name, values in added.items():
        assert values.dims == ("time",)
        assert values.attrs["unit"] in ("1/year", "percent")
        assert np.isfinite(values).all(), name
        assert "note" not in values.attrs
    healthy = fracture.add(data, Patient(sex="female", age=65.0))
    assert (
        "extrapolated"
        in fracture.add(data, Patient(sex="female", age=45.0))["survival"].attrs["note"]
    )
    tbs = fracture.add(
        data.assign(tbs_z_score=("time", -np.ones_like(MONTHS))), Patient(sex="male", age=65)
    )
    plain = fracture.add(data, Patient(sex="male", age=65))
    assert (tbs["hip_fracture_hazard"] > plain["hip_fracture_hazard"]).all()
    assert float(added["survival"][-1]) < float(healthy["survival"][-1])
    with pytest.raises(InputError, match="femoral_neck_z_score"):
        fracture.add(data.drop_vars("femoral_neck_z_score"), Patient(sex="female", age=65.0))


def test_many_patients_at_once() -> None:
    both = xr.concat([trajectory(-2.0), trajectory(0.0)], "patient").transpose("time", "patient")
    added = fracture.add(both, Patient(sex="male", age=70.0))
    alone = fracture.add(trajectory(0.0), Patient(sex="male", age=70.0))
    for name, values in added.items():
        np.testing.assert_allclose(values.isel(patient=1), alone[name], err_msg=name)


def test_benefit_of_denser_bone() -> None:
    person: dict[str, Any] = {"sex": "female", "age": 70.0, "draws": 200}
    thin, dense = trajectory(-2.0), trajectory(-1.5, ctx=0.15)
    better, worse = benefit(thin, dense, 60, **person), benefit(dense, thin, 60, **person)
    for cause, found in better.items():
        assert found.needed.value > 0
        assert found.fewer_per_1000.low > 0, cause
        assert found.needed.low < found.needed.value < found.needed.high
        assert worse[cause].needed.value == pytest.approx(-found.needed.value)
        assert found.reference_per_1000.low < found.reference_per_1000.value
    assert benefit(thin, dense, 60, **person) == better
    same = benefit(thin, thin, 60, **person)["any"]
    assert same.needed.value == np.inf
    assert same.fewer_per_1000.high == 0
    with pytest.raises(InputError, match="month of the comparison"):
        benefit(thin, dense, 121, **person)
