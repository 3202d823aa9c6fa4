"""Regimens: every piece of the grammar, every refusal, and text <-> doses round trips."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osteoaxis.errors import InputError
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.pharmacology.terms import MAX_DAY, ROUTES, UNITS, Dose, Term
from osteoaxis.units import DAYS_PER_MONTH as MONTH

YEAR = 365.25


def times(text: str, until: float = 100 * YEAR) -> list[float]:
    return [dose.time_day for dose in Regimen.parse(text).doses(until)]


def only(text: str) -> Term:
    (term,) = Regimen.parse(text).terms
    return term


# -- the grammar ---------------------------------------------------------------------------------


def test_the_example_of_the_documentation() -> None:
    text = "anastrozole 1 mg po qd [m0-m60] + zoledronate 4 mg iv over 15 min q6mo [m0-m36]"
    regimen = Regimen.parse(text)
    assert regimen.terms == (
        Term("anastrozole", 1.0, "mg", "po", 1.0, 0.0, 60 * MONTH),
        Term("zoledronate", 4.0, "mg", "iv", 6 * MONTH, 0.0, 36 * MONTH, 15 / 1440),
    )
    assert str(regimen) == text
    assert regimen.drugs == ("anastrozole", "zoledronate")
    assert regimen.doses(1.0) == (
        Dose(0.0, "anastrozole", 1.0, "mg", "po", 0.0),
        Dose(0.0, "zoledronate", 4.0, "mg", "iv", 15 / 1440),
    )


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("denosumab", "denosumab"),
        ("Testosterone Enanthate", "testosterone_enanthate"),
        ("conjugated_estrogens", "conjugated_estrogens"),
        ("17b-estradiol", "17b_estradiol"),
        ("17beta estradiol", "17beta_estradiol"),
        ("vitamin d3", "vitamin_d3"),
        ("estradiol patch", "estradiol_patch"),
        ("drug 5x", "drug_5x"),
    ],
)
def test_drug_names(written: str, name: str) -> None:
    assert only(f"{written} 1 mg po qd").drug == name


@pytest.mark.parametrize(
    ("written", "amount", "unit"),
    [
        ("1 mg", 1.0, "mg"), ("1mg", 1.0, "mg"), ("2.5mg", 2.5, "mg"), (".5 mg", 0.5, "mg"),
        ("20ug", 20.0, "ug"), ("20 mcg", 20.0, "ug"), ("20 µg", 20.0, "ug"), ("20μg", 20.0, "ug"),
        ("800 IU", 800.0, "IU"), ("800 iu", 800.0, "IU"), ("1 g", 1.0, "g"), ("5ng", 5.0, "ng"),
        ("1e3 mg", 1000.0, "mg"), ("0 mg", 0.0, "mg"), ("1e-3mg", 0.001, "mg"),
    ],
)  # fmt: skip
def test_doses_and_units(written: str, amount: float, unit: str) -> None:
    term = only(f"drug {written} po qd")
    assert (term.amount, term.unit) == (amount, unit)


@pytest.mark.parametrize(
    ("written", "route"),
    [*((route, route) for route in ROUTES), ("oral", "po"), ("subcut", "sc"), ("SC", "sc"),
     ("patch", "td"), ("transdermal", "td"), ("intranasal", "in"), ("i.v.", "iv")],
)  # fmt: skip
def test_routes(written: str, route: str) -> None:
    assert only(f"drug 1 mg {written} qd").route == route


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("qd", 1.0), ("daily", 1.0), ("bid", 0.5), ("tid", 1 / 3), ("qw", 7.0), ("weekly", 7.0),
        ("biw", 3.5), ("2x/wk", 3.5), ("tiw", 7 / 3), ("3x/wk", 7 / 3), ("2x/day", 0.5),
        ("q2w", 14.0), ("q3w", 21.0), ("q4w", 28.0), ("q28d", 28.0), ("q8h", 1 / 3), ("q1.5d", 1.5),
        ("qmo", MONTH), ("q3mo", 3 * MONTH), ("q6m", 6 * MONTH), ("q12mo", YEAR), ("qy", YEAR),
        ("q2y", 2 * YEAR), ("once", None), ("QD", 1.0),
        ("once weekly", 7.0), ("twice a week", 3.5), ("3 times a day", 1 / 3), ("twice daily", 0.5),
        ("every 6 months", 6 * MONTH), ("every 2 weeks", 14.0), ("every day", 1.0),
        ("every week", 7.0), ("every month", MONTH), ("annually", 365.25),
    ],
)  # fmt: skip
def test_frequencies(written: str, days: float | None) -> None:
    assert only(f"drug 1 mg po {written}").every_days == days


@pytest.mark.parametrize(
    ("window", "start", "stop"),
    [
        ("", 0.0, None), ("[m0-m60]", 0.0, 5 * YEAR), ("[w0-w12]", 0.0, 84.0),
        ("[y1-y5]", YEAR, 5 * YEAR), ("[d0-d10]", 0.0, 10.0), ("[w0-m3]", 0.0, 3 * MONTH),
        ("[m0-m1.4]", 0.0, 1.4 * MONTH), ("[m-30-m0]", -30 * MONTH, 0.0),
        ("[m-30-m-6]", -30 * MONTH, -6 * MONTH), ("[m3-]", 3 * MONTH, None),
        ("[wk0-wk3]", 0.0, 21.0), ("[mo0-mo6]", 0.0, 6 * MONTH), ("[ m0 - m6 ]", 0.0, 6 * MONTH),
        ("[m0–m6]", 0.0, 6 * MONTH), ("[m−6-m0]", -6 * MONTH, 0.0),
    ],
)  # fmt: skip
def test_windows(window: str, start: float, stop: float | None) -> None:
    term = only(f"drug 1 mg po qd {window}")
    assert (term.start_day, term.stop_day) == (start, None if stop is None else pytest.approx(stop))


@pytest.mark.parametrize(
    ("written", "days"),
    [("over 15 min", 15 / 1440), ("over 15min", 15 / 1440), ("over 2 h", 2 / 24),
     ("over 3.5 d", 3.5), ("over 2 days", 2.0), ("", 0.0)],
)  # fmt: skip
def test_infusions(written: str, days: float) -> None:
    assert only(f"drug 1 mg iv {written} qw").infusion_days == days
    assert only(f"drug 1 mg iv qw {written}").infusion_days == days


def test_single_doses() -> None:
    assert times("zoledronate 5mg iv once") == [0.0]
    assert times("zoledronate 5mg iv once [m0]") == [0.0]
    assert times("zoledronate 5mg iv once [m0,m60]") == [0.0, 5 * YEAR]
    assert times("zoledronate 5mg iv [m0, m60]") == [0.0, 5 * YEAR]
    text = "zoledronate 5 mg iv once [m0,m60]"
    assert str(Regimen.parse(text)) == text


def test_the_end_of_a_window_and_of_the_run_are_not_dosed() -> None:
    assert len(times("denosumab 60 mg sc q6mo [m0-m60]")) == 10
    assert times("drug 1 mg po qd [d0-d3]") == [0.0, 1.0, 2.0]
    assert times("drug 1 mg po qd", until=3.0) == [0.0, 1.0, 2.0]
    assert times("drug 1 mg po tid [d0-d2]") == pytest.approx([0, 1 / 3, 2 / 3, 1, 4 / 3, 5 / 3])
    assert len(times("drug 1 mg po tiw [w0-w52]")) == 156
    assert times("drug 1 mg po biw [w0-w2]") == [0.0, 3.5, 7.0, 10.5]
    assert times("drug 1 mg po qd [d-2-d1]") == [-2.0, -1.0, 0.0]
    assert times("drug 1 mg po qd", until=0.0) == []


@pytest.mark.parametrize(
    "text",
    ["none", "None", "no treatment", "none [m9-m18]", "placebo", "placebo po qd [m0-m24]",
     "placebo then stop", "Placebo iv + placebo po qd"],
)  # fmt: skip
def test_no_drug(text: str) -> None:
    regimen = Regimen.parse(text)
    assert regimen == Regimen()
    assert str(regimen) == "none"
    assert regimen.doses(1000.0) == ()


def test_placebo_beside_a_drug_is_left_out() -> None:
    text = "tamoxifen 20mg po qd [m-60-m0] + placebo po qd [m0-m60]"
    assert str(Regimen.parse(text)) == "tamoxifen 20 mg po qd [m-60-m0]"


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("goserelin 3.6mg sc q28d [m0-m36]", "goserelin 3.6 mg sc q4w [m0-m36]"),
        ("Estradiol Valerate 1mg oral daily [y0-y3]", "estradiol_valerate 1 mg po qd [m0-m36]"),
        ("a 1 mg po 3x/wk [m3-]", "a 1 mg po tiw [m3-]"),
        ("a 1 mg po q8h [w0-w12]", "a 1 mg po tid [w0-w12]"),
        ("a 1 mg po q12h", "a 1 mg po bid"),
        ("a 1 mg po q6h", "a 1 mg po q6h"),
        ("a 1 mg iv over 120 min qy", "a 1 mg iv over 2 h q12mo"),
        ("a 0.000001 mg po qd", "a 0.000001 mg po qd"),
    ],
)
def test_canonical_text(text: str, canonical: str) -> None:
    assert str(Regimen.parse(text)) == canonical


def test_terms_that_follow_each_other_do_not_overlap() -> None:
    Regimen.parse("alendronate 5mg po qd [m0-m24] + alendronate 10mg po qd [m24-m36]")
    Regimen.parse("testosterone 50 mg td qd + testosterone 100 mg im q2w")
    Regimen.parse("denosumab 120 mg sc once [m0] + denosumab 60 mg sc q6mo")


# -- refusals ------------------------------------------------------------------------------------

REFUSED = [
    ("", "empty"),
    ("   ", "empty"),
    ("1 mg po qd", "no drug name"),
    ("anastrozole", "no dose"),
    ("anastrozole po qd", "no dose"),
    ("anastrozole po over 15 min qd", "no dose"),
    ("anastrozole nan mg po qd", "'nan' is not a number"),
    ("anastrozole inf mg po qd", "'inf' is not a number"),
    ("anastrozole 1e999 mg po qd", "finite"),
    ("anastrozole -1 mg po qd", "not allowed"),
    ("anastrozole 1.2.3 mg po qd", "not a number"),
    ("anastrozole 2,5 mg po qd", "comma"),
    ("anastrozole 2e6 mg po qd", "absurd"),
    ("anastrozole 2000 g po qd + a 2001 g po qd", "absurd"),
    ("vitamin d 2e9 IU po qd", "absurd"),
    ("anastrozole 1 po qd", "no unit"),
    ("anastrozole 1", "no unit"),
    ("anastrozole 1 mgg po qd", "unknown unit 'mgg'.*Did you mean 'mg'"),
    ("anastrozole 1mg/kg po qd", "unknown unit 'mg/kg'"),
    ("anastrozole 1 mg qd", "'anastrozole 1 mg qd': no route; write e.g. 'po'"),
    ("anastrozole 1 mg over 5 min qd", "no route"),
    ("testosterone cypionate 100 mg twice a week", "no route"),
    ("Femara", "no dose; femara is letrozole: write e.g. 'letrozole 2.5 mg po qd'"),
    ("letrozole [m0-m60]", "no dose; write e.g. 'letrozole 2.5 mg po qd'"),
    ("nonsense", "no dose; write amount and unit after the drug name"),
    ("anastrozole 1 mg", "no route"),
    ("anastrozole 1 mg subcu qd", "unknown route 'subcu'.*Did you mean 'subcut'"),
    ("anastrozole 1 mg po", "no frequency"),
    ("anastrozole 1 mg po [m0-m60]", "no frequency"),
    ("anastrozole 1 mg po dayly", "unknown frequency 'dayly'.*Did you mean 'daily'"),
    ("anastrozole 1 mg po q0d", "interval 0"),
    ("anastrozole 1 mg po q-1d", "interval -1"),
    ("anastrozole 1 mg po 0x/wk", "unknown frequency"),
    ("anastrozole 1 mg po q1000y", "interval"),
    ("anastrozole 1 mg po qd then stop", "unexpected 'then stop'"),
    ("anastrozole 1 mg po qd [m0-m60", "not closed"),
    ("anastrozole 1 mg po qd []", "empty"),
    ("anastrozole 1 mg po qd [m0-m6] vs placebo", "unexpected 'vs placebo'"),
    ("anastrozole 1 mg po qd [start<18mo]", "not understood"),
    ("anastrozole 1 mg po qd [m-m]", "not understood"),
    ("anastrozole 1 mg po qd [0-60]", "not understood"),
    ("anastrozole 1 mg po qd [m0]", "not understood"),
    ("anastrozole 1 mg po qd [m0,m6]", "not understood"),
    ("anastrozole 1 mg po qd [m6-m0]", "not after its start"),
    ("anastrozole 1 mg po qd [m6-m6]", "not after its start"),
    ("anastrozole 1 mg po qd [m0-m60000]", "out of range"),
    ("anastrozole 1 mg po q1h [y0-y100]", "limit is 100000 doses"),
    ("zoledronate 5 mg iv once [m0-m60]", "not a day"),
    ("zoledronate 4 mg iv over 15 q6mo", "no infusion time"),
    ("zoledronate 4 mg iv over x min q6mo", "not a number"),
    ("zoledronate 4 mg iv over 0 min q6mo", "not above 0"),
    ("testosterone gel 1.62% td qd [m0-m38]", "not a dose; write the drug in mg"),
    ("testosterone gel 1% 5g td qd", "not a dose; write the drug in mg"),
    ("AI (any) 1 mg po qd", "may have only letters"),
    ("a; b 1 mg po qd", "may have only letters"),
    ("anastrozole 1 mg po qd +", "no dose"),
    ("anastrozole 1 mg po qd + none", "stands alone"),
    ("\0\x01 1 mg po qd", "may have only letters"),
    ("a 1 mg po qd + " * 1000, "characters; the limit is 10000"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_refused_text(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Regimen.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "a 1 mg po qd [m0-m60] + a 2 mg po qd [m30-m90]",
        "a 1 mg po qd + a 1 mg po qw [m1-m2]",
        "a 1 mg po qd + a 1 mg po qd",
        "a 1 mg po once [m0] + a 1 mg po once [m0]",
        "a 1 mg po once [m0] + a 1 mg po qd",
        "a 1 mg po qd + a 2 mg po once [m1]",
        "a 1 mg po once [m0] + a 2 mg po once [m0] + a 3 mg po qd",
    ],
)
def test_dosing_twice_is_refused_and_both_terms_are_named(text: str) -> None:
    with pytest.raises(InputError, match=r"'a . mg po .*' and 'a . mg po .*' overlap"):
        Regimen.parse(text)


def test_an_error_points_at_its_term() -> None:
    with pytest.raises(InputError, match=r"term 'letrozole 2\.5 mg po':"):
        Regimen.parse("zoledronate 4 mg iv q6mo + letrozole 2.5 mg po")
    with pytest.raises(InputError, match=r"term 'a{77}\.\.\.'"):
        Regimen.parse("a" * 5000)


def test_too_many_doses_in_a_run() -> None:
    with pytest.raises(InputError, match="limit is 100000 doses"):
        Regimen.parse("a 1 mg po q1h").doses(100 * YEAR)
    two = Regimen.parse("a 1 mg po q8h + b 1 mg po q8h")
    with pytest.raises(InputError, match="limit is 100000"):
        two.doses(60 * YEAR)
    for until in (math.inf, math.nan):
        with pytest.raises(InputError, match="until_day"):
            two.doses(until)


@pytest.mark.parametrize(
    "change",
    [{"drug": "A b"}, {"drug": "12"}, {"unit": "lb"}, {"route": "xx"}, {"amount": math.nan},
     {"amount": -1.0}, {"every_days": 0.0},
     {"every_days": math.nan}, {"start_day": math.nan}, {"stop_day": math.inf}, {"stop_day": -1.0},
     {"infusion_days": -1.0}, {"infusion_days": math.nan}, {"every_days": None, "stop_day": 1.0}],
)  # fmt: skip
def test_terms_made_by_hand_are_checked(change: dict[str, object]) -> None:
    values = {"drug": "a", "amount": 1.0, "unit": "mg", "route": "po", "every_days": 1.0}
    with pytest.raises(InputError):
        Term(**{**values, **change})  # type: ignore[arg-type]


# -- round trips ---------------------------------------------------------------------------------

numbers = st.one_of(st.integers(1, 60), st.decimals("0.01", "60", places=2))
amounts = st.one_of(numbers, st.just(0), st.decimals("0.001", "1000", places=3))
frequencies = st.one_of(
    st.sampled_from(["qd", "bid", "tid", "qw", "biw", "tiw", "qmo", "q6mo", "q28d", "2x/wk"]),
    st.builds(lambda n, unit: f"q{n}{unit}", numbers, st.sampled_from(["d", "w", "mo"])),
    st.builds(lambda n: f"q{n}h", st.decimals("2", "100", places=1)),
)
edges = st.builds(
    lambda u, n: u + str(n), st.sampled_from("dwm"), st.decimals("-36", "36", places=2)
)
spans = st.builds(lambda u, n: (u, n), st.sampled_from("dwm"), st.decimals("0.5", "24", places=1))
infusions = st.one_of(
    st.just(""),
    st.builds(lambda n, u: f"over {n} {u} ", numbers, st.sampled_from(["min", "h", "d"])),
)
DAYS = {"d": 1.0, "w": 7.0, "m": MONTH}


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Terms of different drugs, each with a few stretches that follow one another."""
    terms = []
    for drug in draw(st.lists(st.sampled_from(["a", "b d3", "c-d"]), max_size=3, unique=True)):
        route = draw(st.sampled_from(ROUTES))
        unit = draw(st.sampled_from(UNITS))
        edge = draw(edges)
        for _ in range(draw(st.integers(1, 3))):
            dose = f"{drug} {draw(amounts)} {unit} {route} {draw(infusions)}"
            if draw(st.booleans()):
                terms.append(f"{dose}once [{edge}]")
                start = Regimen.parse(terms[-1]).terms[0].start_day
                edge = f"d{round(start + draw(st.integers(1, 100)), 4)}"
                continue
            if draw(st.integers(0, 4)) == 0:
                terms.append(f"{drug} 999.5 {unit} {route} once [{edge}]")
            u, n = draw(spans)
            start = Regimen.parse(f"a 1 mg po once [{edge}]").terms[0].start_day
            stop = f"{u}{round((start + DAYS[u] * float(n)) / DAYS[u], 3)}"
            terms.append(f"{dose}{draw(frequencies)} [{edge}-{stop}]")
            edge = stop
        if draw(st.booleans()):
            terms.append(f"{drug} 1 {unit} {route} qw [{edge}-]")
    return " + ".join(terms) or "none"


@settings(max_examples=300, deadline=None)
@given(texts(), st.floats(-100, 2000))
def test_text_and_doses_turn_into_each_other(text: str, until: float) -> None:
    regimen = Regimen.parse(text)
    assert Regimen.parse(str(regimen)) == regimen
    assert str(Regimen.parse(str(regimen))) == str(regimen)
    doses = regimen.doses(until)
    assert list(doses) == sorted(doses)
    rebuilt = Regimen.from_doses(doses)
    assert rebuilt.doses(until + 4000) == doses
    if len(str(rebuilt)) <= 10_000:
        assert Regimen.parse(str(rebuilt)).doses(until + 4000) == doses


@settings(deadline=None)
@given(
    st.floats(1e-2, 180), st.floats(-1000, 1000), st.integers(3, 400), st.floats(0, 5),
    st.floats(1e-6, 1e5),
)  # fmt: skip
def test_any_regular_doses_come_back(
    every: float, start: float, count: int, infusion: float, amount: float
) -> None:
    term = Term("a", amount, "mg", "iv", every, start, infusion_days=infusion)
    regimen = Regimen((term,))
    assert Regimen.parse(str(regimen)) == regimen
    doses = regimen.doses(term.start_day + (count - 0.5) * every)
    assert len(doses) == count
    assert Regimen.from_doses(doses).doses(MAX_DAY) == doses


@settings(deadline=None)
@given(st.lists(st.integers(0, 40), unique=True, max_size=30), st.sampled_from([1.0, 7.0, MONTH]))
def test_irregular_doses_come_back(steps: list[int], step: float) -> None:
    doses = tuple(Dose(round(k * step, 7), "a", 1.0, "mg", "po") for k in sorted(steps))
    regimen = Regimen.from_doses(doses)
    assert regimen.doses(MAX_DAY) == doses
    assert Regimen.parse(str(regimen)) == regimen


@pytest.mark.parametrize(
    "text",
    [
        "anastrozole 1 mg po qd [m0-m60]",
        "tamoxifen 20 mg po qd [m-30-m0] + exemestane 25 mg po qd [m0-m30]",
        "denosumab 120 mg sc once [m0] + denosumab 60 mg sc q6mo [m0-m36]",
        "alendronate 5 mg po qd [m0-m24] + alendronate 10 mg po qd [m24-m36]",
        "zoledronate 5 mg iv over 15 min once [m0,m60]",
        "testosterone 5 mg td tid [w0-w12]",
    ],
)
def test_regular_doses_are_recognised_as_their_text(text: str) -> None:
    doses = Regimen.parse(text).doses(1e4)
    assert set(str(Regimen.from_doses(doses)).split(" + ")) == set(text.split(" + "))


def test_three_doses_at_one_time_cannot_be_a_regimen() -> None:
    doses = [Dose(0.0, "a", amount, "mg", "po") for amount in (1.0, 2.0, 3.0)]
    with pytest.raises(InputError, match="overlap"):
        Regimen.from_doses(doses)


def test_dose_times_are_kept_to_nine_milliseconds() -> None:
    (term,) = Regimen.from_doses([Dose(1.123456789, "a", 1.0, "mg", "po")]).terms
    assert term.start_day == 1.1234568


words = st.sampled_from(
    ["a", "anastrozole", "1", "1mg", "-1", "mg", "g", "%", "po", "iv", "over", "15", "min", "qd",
     "q0d", "q6mo", "once", "[m0-m60]", "[m0]", "[m0,m6]", "[m3-]", "[", "]", "+", "placebo",
     "none", ".", ","]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=40), st.lists(words, max_size=12).map(" ".join)))
def test_any_text_is_read_or_refused_with_a_reason(text: str) -> None:
    try:
        regimen = Regimen.parse(text)
    except InputError:
        return
    assert Regimen.parse(str(regimen)) == regimen
