"""NONMEM event tables: what every record means, steady states, and round trips with regimens."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.linalg import expm

from osteoaxis.errors import InputError
from osteoaxis.pharmacology.nonmem import (
    COLUMNS,
    Kind,
    Record,
    Target,
    expand,
    from_table,
    linear_steady_state,
    read_csv,
    to_table,
    write_csv,
)
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.pharmacology.terms import Dose

KA, CL, V = 1.0, 1.0, 20.0  # 1/h, L/h, L
KE = CL / V
DEPOT = np.array([[-KA, 0.0], [KA, -KE]])  # compartment 1 depot, 2 central


def dose(time: float = 0.0, **values: float) -> Record:
    return Record(**{"id": 1, "time": time, "evid": 1, **values})  # type: ignore[arg-type]


def amounts(
    records: Sequence[Record],
    times: Sequence[float],
    *,
    lag: Mapping[int, float] | None = None,
    bioavailability: Mapping[int, float] | None = None,
    matrix: NDArray[np.float64] = DEPOT,
) -> NDArray[np.float64]:
    """Carry out the elementary actions of one subject exactly; amounts as (time, compartment).

    Times are observed after everything that happens at them.
    """
    size = len(matrix)
    pending = list(expand(records, lag=lag, bioavailability=bioavailability))
    now, state, rate = min(pending[0].time, *times), np.zeros(size), np.zeros(size)
    out = []

    def go(to: float) -> None:
        nonlocal now, state
        block = np.zeros((size + 1, size + 1))
        block[:size, :size], block[:size, size] = matrix, rate
        state = expm(block * (to - now))[:size] @ np.append(state, 1.0)
        now = to

    for time in times:
        while pending and pending[0].time <= time:
            action = pending.pop(0)
            go(action.time)
            unit = np.eye(size)[action.cmt - 1] if action.cmt else np.zeros(size)
            match action.kind:
                case Kind.ADD:
                    state = state + action.value * unit
                case Kind.RATE:
                    rate = rate + action.value * unit
                case Kind.RESET:
                    state, rate = np.zeros(size), np.zeros(size)
                case Kind.STEADY:
                    assert action.steady is not None
                    state = state + action.steady.amounts(matrix, action.cmt - 1)
        go(time)
        out.append(state)
    return np.array(out)


def spelled_out(record: Record, count: int) -> list[Record]:
    """Replace a steady-state dose by `count` earlier doses; the table starts that much before."""
    plain = replace(record, ss=0, addl=0, evid=1)
    return [replace(plain, time=record.time - k * record.ii) for k in range(count, 0, -1)] + [plain]


# -- steady states -------------------------------------------------------------------------------


@pytest.mark.parametrize("evid", [1, 4])
def test_the_worked_check_of_an_oral_steady_state(evid: int) -> None:
    record = dose(amt=100.0, ii=12.0, ss=1, cmt=1, evid=evid)
    before = [dose(-5.0, amt=777.0, cmt=2), record]
    for table in ([record], before):
        central = amounts(table, range(6))[:, 1] / V
        np.testing.assert_allclose(central, [6.402, 9.160, 9.843, 9.778, 9.454, 9.049], atol=5e-4)


@pytest.mark.parametrize("ii", [0.0, 1e-3, 6.0, 1e4])
@pytest.mark.parametrize("lag", [0.0, 3.0])
def test_a_constant_infusion_reaches_rate_over_clearance_whatever_ii(ii: float, lag: float) -> None:
    record = dose(10.0, rate=10.0, ii=ii, ss=1, cmt=2)
    central = amounts([record], [10.0, 11.0, 30.0], lag={2: lag})[:, 1] / V
    assert central[0] == pytest.approx(10.0, rel=1e-14)
    # The infusion ends at its record.
    np.testing.assert_allclose(central[1:], 10 * np.exp(-KE * np.array([1.0, 20.0])), rtol=1e-12)


@pytest.mark.parametrize("cmt", [1, 2])
@pytest.mark.parametrize("rate", [0.0, 50.0, 10.0, 100 / 12, 100 / 24, 4.0])
@pytest.mark.parametrize("lag", [0.0, 0.5, 7.0, 11.9])
@pytest.mark.parametrize("f", [1.0, 0.412])
def test_steady_state_equals_many_doses(cmt: int, rate: float, lag: float, f: float) -> None:
    """Boluses and infusions of 2 h up to 25 h every 12 h, also overlapping, with lag and F."""
    record = dose(1000.0, amt=100.0, rate=rate, ii=12.0, ss=1, cmt=cmt)
    times = 1000.0 + np.array([0.0, 0.3, 0.6, 6.9, 8.0, 11.95, 12.5, 30.0, 60.0])
    options = {"lag": {cmt: lag}, "bioavailability": {cmt: f}}
    steady = amounts([record], times, **options)  # type: ignore[arg-type]
    many = amounts(spelled_out(record, 80), times, **options)  # type: ignore[arg-type]
    np.testing.assert_allclose(steady, many, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("lag", [0.0, 5.0])
def test_additional_doses_hold_the_steady_state(lag: float) -> None:
    record = dose(amt=100.0, ii=12.0, ss=1, addl=20, cmt=1)
    times = np.array([1.0, 4.9, 5.1, 11.0])
    first = amounts([record], times, lag={1: lag})
    np.testing.assert_allclose(amounts([record], times + 240, lag={1: lag}), first, rtol=1e-10)


@pytest.mark.parametrize("lag", [0.0, 2.0])
def test_ss_2_adds_to_what_is_there(lag: float) -> None:
    """20 mg each morning and 10 mg each evening, as one SS 1 and one SS 2 record 12 h later."""
    times = [12.0, 13.0, 20.0, 24.0, 40.0]
    morning, evening = (dose(t, amt=a, ii=24.0, cmt=1) for t, a in ((0.0, 20.0), (12.0, 10.0)))
    both = [replace(morning, ss=1), replace(evening, ss=2)]
    many = [*spelled_out(morning, 60), *spelled_out(evening, 60)]
    many.sort(key=lambda record: record.time)
    np.testing.assert_allclose(
        amounts(both, times, lag={1: lag}), amounts(many, times, lag={1: lag}), rtol=1e-9
    )


def test_steady_state_against_formulas() -> None:
    k, d, t = 0.3, 100.0, 8.0
    one = [[-k]]
    bolus = linear_steady_state(one, [d], [0.0], 0.0, t)
    assert bolus[0] == pytest.approx(d * math.exp(-k * t) / (1 - math.exp(-k * t)), rel=1e-13)
    infused = linear_steady_state(one, [0.0], [d / 2], 2.0, t)
    expected = d / 2 / k * (1 - math.exp(-k * 2)) * math.exp(-k * (t - 2)) / (1 - math.exp(-k * t))
    assert infused[0] == pytest.approx(expected, rel=1e-13)
    # An infusion as long as the interval is a constant one.
    for lag in (0.0, 3.0):
        assert linear_steady_state(one, [0], [5.0], t, t, lag)[0] == pytest.approx(5.0 / k)


@pytest.mark.parametrize("k", [1e-8, 1e-4, 1.0, 20.0])
def test_steady_state_of_slow_and_fast_decay(k: float) -> None:
    amount = linear_steady_state([[-k]], [1.0], [0.0], 0.0, 30.0)[0]
    assert amount == pytest.approx(1 / math.expm1(k * 30.0), rel=1e-9, abs=1e-12)


def test_without_elimination_there_is_no_steady_state() -> None:
    sink = [[-1.0, 0.0], [1.0, 0.0]]
    with pytest.raises(InputError, match="never emptied"):
        linear_steady_state(sink, [1.0, 0.0], [0.0, 0.0], 0.0, 12.0)
    for interval, lag in ((0.0, 0.0), (12.0, 12.0), (12.0, -1.0), (math.nan, 0.0)):
        with pytest.raises(InputError, match="no steady state"):
            linear_steady_state([[-1.0]], [1.0], [0.0], 0.0, interval, lag)


# -- the other records ---------------------------------------------------------------------------


def test_additional_doses_lag_and_bioavailability() -> None:
    table = [dose(amt=100.0, ii=24.0, addl=2, cmt=2), Record(1, 30.0, cmt=2)]
    actions = expand(table, lag={2: 1.5}, bioavailability={2: 0.5})
    given = [(a.time, a.kind, a.value) for a in actions]
    assert given == [
        (1.5, Kind.ADD, 50.0), (25.5, Kind.ADD, 50.0), (30.0, Kind.OBSERVE, 0.0),
        (49.5, Kind.ADD, 50.0),
    ]  # fmt: skip


def test_bioavailability_scales_the_duration_of_an_infusion_and_not_its_rate() -> None:
    table = [dose(amt=100.0, rate=10.0, cmt=2)]
    given = [(a.time, a.kind, a.value) for a in expand(table, bioavailability={2: 0.4})]
    assert given == [(0.0, Kind.RATE, 10.0), (4.0, Kind.RATE, -10.0)]


def test_ties_what_falls_due_comes_first_and_records_keep_their_order() -> None:
    table = [
        dose(0.0, amt=1.0, ii=12.0, addl=1, cmt=1),
        Record(1, 12.0, cmt=2, evid=0),
        dose(12.0, amt=2.0, cmt=1),
        Record(1, 12.0, cmt=2, evid=2),
        Record(1, 12.0, cmt=2, evid=0),
    ]
    kinds = [(a.kind, a.value) for a in expand(table) if a.time == 12.0]
    assert kinds == [
        (Kind.ADD, 1.0), (Kind.OBSERVE, 0.0), (Kind.ADD, 2.0), (Kind.OTHER, 0.0),
        (Kind.OBSERVE, 0.0),
    ]  # fmt: skip
    lagged = [a.kind for a in expand(table, lag={1: 12.0}) if a.time == 12.0]
    assert lagged == [Kind.ADD, Kind.OBSERVE, Kind.OTHER, Kind.OBSERVE]


@pytest.mark.parametrize(
    "reset",
    [Record(1, 10.0, evid=3), dose(10.0, amt=5.0, evid=4, cmt=2),
     dose(10.0, amt=5.0, ii=12.0, ss=1, cmt=2)],
)  # fmt: skip
def test_resets_empty_everything_and_cancel_what_is_pending(reset: Record) -> None:
    table = [
        dose(0.0, amt=100.0, ii=6.0, addl=9, cmt=1),
        dose(0.0, amt=100.0, rate=2.0, cmt=2),
        dose(9.0, amt=100.0, cmt=2),
    ]
    times = [10.0, 11.0, 30.0]
    lag = {1: 2.0}
    alone = amounts([reset], times, lag=lag)
    np.testing.assert_allclose(amounts([*table, reset], times, lag=lag), alone, atol=1e-12)


def test_a_dose_at_time_zero_is_given() -> None:
    assert amounts([dose(0.0, amt=100.0, cmt=2)], [0.0])[0, 1] == 100.0


def test_subjects_are_independent() -> None:
    table = [dose(0.0, amt=1.0, ii=1.0, addl=3), replace(dose(0.0, amt=7.0), id=2)]
    assert [(a.id, a.time) for a in expand(table)] == [
        (1, 0.0), (1, 1.0), (1, 2.0), (1, 3.0), (2, 0.0),
    ]  # fmt: skip
    with pytest.raises(InputError, match="ID 1 are not together"):
        expand([*table, dose(9.0, amt=1.0)])


def test_refused_tables() -> None:
    with pytest.raises(InputError, match="TIME of ID 1 falls from 5 to 4"):
        expand([dose(5.0, amt=1.0), dose(4.0, amt=1.0)])
    steady = dose(amt=1.0, ii=12.0, ss=1)
    with pytest.raises(InputError, match="lag 12 of compartment 1 is not below II 12"):
        expand([steady], lag={1: 12.0})
    with pytest.raises(InputError, match="infusions run at once"):
        expand([replace(steady, rate=1e-9)])
    with pytest.raises(InputError, match="lag of compartment 1"):
        expand([steady], lag={1: -1.0})
    with pytest.raises(InputError, match="bioavailability of compartment 1"):
        expand([steady], bioavailability={1: math.nan})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"rate": -1.0}, "RATE is -1; .*not supported"),
        ({"rate": -2.0}, "RATE is -2"),
        ({"amt": -1.0}, "AMT is -1; it cannot be negative"),
        ({"amt": math.nan}, "AMT is nan"),
        ({"time": math.inf}, "TIME is inf"),
        ({"evid": 5}, "EVID is 5"),
        ({"ss": 3, "ii": 1.0}, "SS is 3"),
        ({"ss": 1}, "II is 0"),
        ({"addl": 3}, "II is 0"),
        ({"addl": -3, "ii": 1.0}, "ADDL is -3"),
        ({"addl": 10**6, "ii": 1.0}, "ADDL is 1000000; the limit"),
        ({"amt": 0.0}, "AMT is 0 on a dose"),
        ({"amt": 0.0, "ss": 1, "ii": 1.0}, "AMT is 0 on a dose"),
        ({"amt": 0.0, "rate": 1.0, "ss": 1, "addl": 2, "ii": 1.0}, "ADDL must be 0"),
        ({"cmt": 0}, "CMT is 0"),
        ({"evid": 0}, "AMT must be 0 on a record with EVID 0"),
        ({"evid": 3}, "AMT must be 0 on a record with EVID 3"),
    ],
)
def test_refused_records(values: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        dose(**{"amt": 1.0, **values})


# -- regimens ------------------------------------------------------------------------------------

TARGETS = {
    1: Target("anastrozole", "po"),
    2: Target("zoledronate", "iv"),
    5: Target("teriparatide", "sc", "ug"),
    6: Target("cholecalciferol", "po", "IU"),
}


def test_a_regimen_becomes_one_record_per_term() -> None:
    regimen = Regimen.parse(
        "zoledronate 4 mg iv over 6 h q6mo [m6-m36] + anastrozole 1000 ug po qd [d0-d10] + "
        "teriparatide 0 ug sc qd"
    )
    assert to_table(regimen, 20.0, TARGETS, subject=7) == (
        Record(7, 0.0, 1.0, 0.0, 1.0, 9, 0, 1, 1),
    )
    full = to_table(regimen, 2000.0, TARGETS)
    assert full[1] == Record(1, 182.625, 4.0, 16.0, 182.625, 4, 0, 2, 1)
    hours = to_table(regimen, 2000.0, TARGETS, time_unit="h")
    assert astuple(hours[1]) == pytest.approx((1, 4383.0, 4.0, 4 / 6, 4383.0, 4, 0, 2, 1))
    assert from_table(hours, TARGETS, time_unit="h")[1] == from_table(full, TARGETS)[1]


def test_from_table_reads_only_doses() -> None:
    table = [Record(1, 0.0), dose(1.0, amt=2.0, cmt=5), Record(2, 0.0)]
    assert from_table(table, TARGETS) == {1: (Dose(1.0, "teriparatide", 2.0, "ug", "sc"),), 2: ()}
    with pytest.raises(InputError, match="CMT 9 of ID 1 has no drug; known are 1, 2, 5, 6"):
        from_table([dose(amt=1.0, cmt=9)], TARGETS)
    for record in (dose(amt=1.0, ii=1.0, ss=1), Record(1, 0.0, evid=3), dose(amt=1.0, evid=4)):
        with pytest.raises(InputError, match="steady state or reset"):
            from_table([record], TARGETS)
    with pytest.raises(InputError, match="more than 100000 doses"):
        from_table([dose(amt=1.0, ii=1.0, addl=60_000)] * 2, TARGETS)


def test_to_table_refusals() -> None:
    with pytest.raises(InputError, match=r"for 'anastrozol po'.*Did you mean 'anastrozole po'"):
        to_table(Regimen.parse("anastrozol 1 mg po qd"), 10.0, TARGETS)
    with pytest.raises(InputError, match="a dose in IU cannot be written in mg"):
        to_table(Regimen.parse("anastrozole 1 IU po qd"), 10.0, TARGETS)
    for rule in ("max 3 doses", "start when lumbar_spine_t_score < -2"):
        ruled = Regimen.parse(f"zoledronate 4 mg iv q6mo [{rule}]")
        with pytest.raises(InputError, match="rules decide about its doses, so a run is needed"):
            to_table(ruled, 2000.0, TARGETS)
    with pytest.raises(InputError, match="time_unit 's'"):
        to_table(Regimen(), 10.0, TARGETS, time_unit="s")


@st.composite
def regimens(draw: st.DrawFn) -> Regimen:
    terms = []
    for target in draw(st.lists(st.sampled_from(list(TARGETS.values())), max_size=4, unique=True)):
        amount = draw(st.decimals("0.01", "500", places=2))
        over = draw(st.sampled_from(["", "over 15 min ", "over 7 d ", "over 0.7 h "]))
        head = f"{target.drug} {amount} {target.unit} {target.route} {over}"
        start = draw(st.decimals("-30", "30", places=2))
        frequency = draw(st.sampled_from(["qd", "tid", "tiw", "q4w", "q1.3mo", "q11.7h", "q6mo"]))
        length = draw(st.decimals("0.1", "20", places=1))
        terms.append(f"{head}{frequency} [m{start}-m{start + length}]")
        if draw(st.booleans()):
            terms.append(f"{target.drug} 777 {target.unit} {target.route} once [m{start}]")
    return Regimen.parse(" + ".join(terms) or "none")


@settings(deadline=None)
@given(regimens(), st.floats(-500, 1500), st.sampled_from("dh"))
def test_regimens_and_tables_turn_into_each_other(
    regimen: Regimen, until: float, time_unit: str
) -> None:
    doses = regimen.doses(until)
    table = to_table(regimen, until, TARGETS, time_unit=time_unit)
    back = from_table(table, TARGETS, time_unit=time_unit).get(1, ())
    assert len(table) <= len(regimen.terms)
    assert [replace(dose, duration_day=0.0) for dose in back] == [
        replace(dose, duration_day=0.0) for dose in doses
    ]
    durations = [[dose.duration_day for dose in some] for some in (back, doses)]
    assert durations[0] == pytest.approx(durations[1], rel=1e-12)
    again = to_table(Regimen.from_doses(back), until, TARGETS, time_unit=time_unit)
    assert from_table(again, TARGETS, time_unit=time_unit).get(1, ()) == back


# -- CSV -----------------------------------------------------------------------------------------

positive = st.floats(1e-9, 1e9)
records = st.builds(
    lambda id, time, amt, rate, ii, addl, ss, cmt, evid: Record(
        id, time, amt, rate, ii, addl, ss, cmt, evid
    ),
    st.integers(1, 5), st.floats(-1e6, 1e6), positive, st.one_of(st.just(0.0), positive), positive,
    st.integers(0, 9), st.integers(0, 2), st.integers(1, 9), st.sampled_from([1, 4]),
)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(table=st.lists(st.one_of(records, st.builds(Record, st.integers(1, 5), st.floats(0, 1e6)))))
def test_csv_reads_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, table: list[Record]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "table.csv"
    write_csv(path, table)
    assert read_csv(path) == tuple(table)


def test_csv_as_people_write_it(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(
        "\ufeffid, time ,AMT,DV,evid,CMT\r\n1,0,100,.,1,1\r\n\r\n1,2.5,.,3.1,0,2\r\n",
        encoding="utf-8",
    )
    assert read_csv(path) == (dose(0.0, amt=100.0), Record(1, 2.5, cmt=2))


def test_rows_that_are_comments_are_no_doses(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(
        "C,ID,TIME,AMT,CMT,EVID\n.,1,0,100,1,1\nC,1,1,99,1,1\n#,1,2,99,1,1\n# a word\n"
        ",1,3,100,1,1\n"
    )
    assert read_csv(path) == (dose(0.0, amt=100.0), dose(3.0, amt=100.0))


@pytest.mark.parametrize("read", [expand, lambda table: from_table(table, TARGETS)])
def test_a_table_out_of_order_is_refused_alike(read: Callable[[list[Record]], object]) -> None:
    split = [Record(1, 0.0), Record(2, 0.0), Record(1, 9.0)]
    with pytest.raises(InputError, match="records of ID 1 are not together"):
        read(split)
    with pytest.raises(InputError, match="TIME of ID 1 falls from 9 to 0"):
        read([Record(1, 9.0), Record(1, 0.0)])


def test_a_column_that_is_there_is_not_meant_by_another(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("ID,TIME,AMT,CMT\n1,0,1,1\n")
    with pytest.raises(InputError, match="column EVID is missing; found ID, TIME, AMT, CMT\\.$"):
        read_csv(path)


HEADER = "ID,TIME,AMT,CMT,EVID\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "is not text"),
        (b"ID,TIME\x00", "is not text"),
        (b"ID,TIM,AMT,CMT,EVID\n", "column TIME is missing; found ID, TIM.*Did you mean 'TIM'"),
        (b"ID,TIME,AMT,CMT,EVID,AMT\n", "column AMT appears 2 times"),
        (HEADER.encode() + b"1,0,1,1,1\n1,x,1,1,1\n", "row 3: TIME is 'x'; a number is needed"),
        (HEADER.encode() + b"1,0,1,1\n", "row 2: 4 cells, but the header has 5"),
        (HEADER.encode() + b"1.5,0,1,1,1\n", "row 2: ID is '1.5'; a whole number"),
        (HEADER.encode() + b"1,8:00,1,1,1\n", "row 2: TIME is '8:00'"),
        (HEADER.encode() + b"1,nan,1,1,1\n", "row 2: TIME is nan; a finite"),
        (HEADER.encode() + b"1,0,1,1,7\n", "row 2: EVID is 7"),
        (HEADER.encode() + b"1,0,1,inf,1\n", "row 2: CMT is 'inf'; a whole number"),
    ],
)
def test_csv_errors_name_the_place(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as error:
        read_csv(path)
    assert "table.csv" in str(error.value)


def test_csv_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.csv", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            read_csv(path)


def test_the_columns_are_the_fields_of_a_record() -> None:
    assert tuple(name.lower() for name in COLUMNS) == tuple(Record.__dataclass_fields__)
    assert len(astuple(Record(1, 0.0))) == len(COLUMNS)
