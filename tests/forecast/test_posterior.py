"""What results say about a person: exact scales, refreshed people, contradictions."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import kstest, multivariate_normal
from typer.testing import CliRunner

from osteoaxis.cli import app
from osteoaxis.errors import InputError
from osteoaxis.forecast import Person, forecast
from osteoaxis.forecast import particles as parts
from osteoaxis.forecast import posterior as beliefs
from osteoaxis.present import arms, told
from osteoaxis.simulation import Simulator
from osteoaxis.units import DAYS_PER_MONTH

from .test_person import read

MARY = """
title = "Mary <script>"
today = 2026-06-01
years = 2
[person]
sex = "female"
born = 1961-04-12
menopause_age = 50
[[taken]]
drug = "letrozole 2.5 mg po qd"
from = 2023-03-01
[[density]]
date = 2023-02-20
site = "lumbar_spine"
value = "0.952 g/cm2"
device = "hologic"
[[density]]
date = 2025-02-25
site = "lumbar_spine"
value = "{later} g/cm2"
device = "hologic"
[[sample]]
date = 2025-02-25
ctx = "0.61 ng/mL"
[strategies]
"as now" = "as now"
"protected" = "as now + zoledronate 4 mg iv over 15 min q6mo"
"""


@pytest.fixture(scope="module")
def mary() -> Person:
    return read(
        density=[
            {"date": "2023-02-20", "site": "lumbar_spine", "value": "0.952 g/cm2",
             "device": "hologic"},
            {"date": "2024-02-20", "site": "total_hip", "value": "0.86 g/cm2",
             "device": "lunar"},
            {"date": "2025-02-20", "site": "lumbar_spine", "value": "1.03 g/cm2",
             "device": "lunar"},
        ]
    )  # fmt: skip


def test_scales_are_integrated_out_exactly(mary: Person) -> None:
    """Weights equal those of many explicit scales; the posterior scale is that of Bayes."""
    likelihood = beliefs.Likelihood.of(mary)
    random = np.random.default_rng(1)
    residuals = np.array([[0.02, 0.05, -0.03, 0.4]])
    count = len(residuals[0])
    joint = multivariate_normal(np.zeros(count), likelihood.covariance)
    root = np.linalg.cholesky(likelihood.prior)
    scales = random.standard_normal((400_000, len(root))) @ root.T
    noise = likelihood.covariance - likelihood.prior[np.ix_(likelihood.place, likelihood.place)]
    given = multivariate_normal(np.zeros(count), noise).pdf(residuals - scales[:, likelihood.place])
    assert np.mean(given) == pytest.approx(joint.pdf(residuals[0]), rel=0.03)
    mean, covariance = likelihood.scale(residuals)
    weights = given / given.sum()
    deviation = np.sqrt(np.diag(covariance))
    chance = np.sqrt(np.sum(weights**2))
    assert np.abs((weights @ scales - mean[0]) / deviation).max() < 4 * chance
    assert np.sqrt(weights @ (scales - mean[0]) ** 2) == pytest.approx(deviation, rel=4 * chance)


def test_a_second_densitometer_has_an_offset_of_its_own(mary: Person) -> None:
    likelihood = beliefs.Likelihood.of(mary)
    one_device = replace(
        mary, measurements=tuple(replace(m, device=m.device and "hologic")
                                 for m in mary.measurements)
    )  # fmt: skip
    same = beliefs.Likelihood.of(one_device)
    more = np.diag(likelihood.covariance - same.covariance)
    assert more == pytest.approx([0.0, beliefs.DEVICE_ERROR**2, beliefs.DEVICE_ERROR**2, 0.0])


def test_moves_leave_what_is_believed_before_as_it_is() -> None:
    random = np.random.default_rng(2)
    people = parts.drawn(4000, random)
    for _ in range(5):
        people = parts.neighbours(people, 0.6, random)
    assert kstest(people.scores.ravel()[::7], "norm").pvalue > 0.001
    assert np.histogram(people.sets, 5)[0] == pytest.approx(np.full(5, 800), abs=120)


def test_what_only_scales_a_level_scales_nothing_else(ready: Simulator, mary: Person) -> None:
    """Density and markers are in proportion to what `posterior` integrates out."""
    people = parts.people(mary.patient, parts.drawn(1, np.random.default_rng(3)), ready)
    changes = {"lumbar_spine.peak_bmd": 1.3, "markers.ctx_reference": 0.5,
               "markers.p1np_reference": 100.0, "markers.bsap_reference": 20.0}  # fmt: skip
    values = []
    for changed in ({}, changes):
        patient = replace(people[0], parameters={**people[0].parameters, **changed})
        data = ready.run(ready.start(patient), mary.past, np.array([0.0, 12.0, 36.0]))
        values.append(data)
    plain, scaled = values
    for name in ("lumbar_spine_bmd", "ctx", "p1np", "bsap"):
        ratio = (scaled[name] / plain[name]).values
        assert ratio == pytest.approx(np.full(3, ratio[0]), rel=1e-6)
        assert abs(ratio[0] - 1.0) > 0.05
    assert scaled["total_hip_bmd"].values == pytest.approx(plain["total_hip_bmd"].values, rel=1e-6)


def test_refreshed_people_agree_with_many_weighted_ones(
    ready: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tempered steps end where importance sampling with many more people does."""
    person = read(
        density=[
            {"date": f"{year}-02-20", "site": site, "t_score": score, "device": "hologic"}
            for year, scores in ((2023, (-1.0, -0.9)), (2025, (-1.6, -1.2)))
            for site, score in zip(("lumbar_spine", "total_hip"), scores, strict=True)
        ],
        sample=[{"date": "2025-02-25", "ctx": "0.7 ng/mL", "estradiol": "4 pmol/L"}],
    )
    monkeypatch.setattr(beliefs, "DRAWN", 6000)
    monkeypatch.setattr(beliefs, "ENOUGH", 0.0)
    monkeypatch.setattr(beliefs, "KEPT", 2000)
    weighted = beliefs.infer(person, ready)
    assert weighted.stages == 0
    assert weighted.effective_size > 60
    monkeypatch.setattr(beliefs, "DRAWN", 500)
    monkeypatch.setattr(beliefs, "REFRESHED", 1500)
    monkeypatch.setattr(beliefs, "ENOUGH", np.inf)
    refreshed = beliefs.infer(person, ready, seed=2)
    assert refreshed.stages >= 2
    column = refreshed.likelihood.scales.index("lumbar_spine_bmd")
    pairs = (
        (weighted.scale_mean[:, column], refreshed.scale_mean[:, column]),
        (weighted.particles.scores[:, 3], refreshed.particles.scores[:, 3]),
    )
    for one, other in pairs:
        assert np.mean(one) == pytest.approx(np.mean(other), abs=0.35 * np.std(one))


def test_equal_seeds_give_equal_forecasts_and_more_results_narrow_them(ready: Simulator) -> None:
    few = read(density=None, sample=None, years=1)
    many = read(years=1)
    one, same = forecast(many, ready, seed=4), forecast(many, ready, seed=4)
    for name, values in one.courses["as now"].values.items():
        np.testing.assert_array_equal(values, same.courses["as now"].values[name])
    wide = forecast(few, ready, seed=4).courses["as now"].band("lumbar_spine_bmd")[:, -1]
    narrow = one.courses["as now"].band("lumbar_spine_bmd")[:, -1]
    assert wide[2] - wide[0] > 2 * (narrow[2] - narrow[0])


def test_drugs_that_cannot_be_given_are_refused(ready: Simulator) -> None:
    wrong = read(taken=[{"drug": "letrozol 2.5 mg po qd", "from": "2023-03-01"}])
    with pytest.raises(InputError, match="Did you mean 'letrozole'"):
        forecast(wrong, ready)


def run(*words: str) -> Any:
    return CliRunner().invoke(app, ["forecast", *words])


def test_a_forecast_from_the_command_line(tmp_path: Path) -> None:
    path, folder = tmp_path / "mary.toml", tmp_path / "out"
    path.write_text(MARY.format(later="0.915"), encoding="utf-8")
    result = run(str(path), "-o", str(folder))
    assert result.exit_code == 0, result.output
    assert "protected" in result.output
    assert "not a medical device" in result.output
    plain = json.loads((folder / "forecast.json").read_text(encoding="utf-8"))
    assert plain["fit"]["explained"]
    as_now, protected = plain["at_end"]
    gain = protected["lumbar_spine_change_percent"]["median"]
    assert gain > as_now["lumbar_spine_change_percent"]["median"] + 2
    assert as_now["any_fracture_percent"]["low"] > 0
    page = (folder / "forecast.html").read_text(encoding="utf-8")
    assert "<script>" not in page
    assert "Mary &lt;script&gt;" in page
    assert not re.search(r"(?:src|href)=\"http", page)
    rows = (folder / "forecast.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 1 + 2 * len(plain["months_from_today"]) * 11
    assert {path.name for path in folder.iterdir()} == {
        "forecast.html", "forecast.json", "forecast.csv", "forecast.svg", "forecast.png",
    }  # fmt: skip


def test_contradictory_results_are_said_to_be_not_explained(tmp_path: Path) -> None:
    """A spine that gains a third in two years on letrozole fits nobody."""
    path = tmp_path / "mary.toml"
    found = []
    for later in ("0.915", "1.27"):
        path.write_text(MARY.format(later=later), encoding="utf-8")
        result = run(str(path), "--json")
        assert result.exit_code == 0, result.output
        found.append(json.loads(result.stdout))
    usual, plain = found
    assert usual["fit"]["explained"]
    assert not plain["fit"]["explained"]
    assert plain["fit"]["percent_as_odd"] < 1 < usual["fit"]["percent_as_odd"]
    assert plain["told"]["next"] == ""
    assert plain["next"] == plain["osteoporosis_by_year"] == []
    band = plain["at_end"][0]["lumbar_spine_t_score"]
    assert band["high"] - band["low"] > 2.5
    assert any(row["far_off"] for row in plain["measurements"])


LUNAR = {"site": "lumbar_spine", "device": "lunar"}
ANN = {
    "today": "2026-11-30",
    "taken": [{"drug": "letrozole 2.5 mg po qd", "from": "2021-11-15"}],
    "sample": [{"date": "2026-10-12", "ctx": "620 pg/mL"}],
    "years": 2,
}
"""A woman with two scans on one machine and one on another."""


def scans(*values: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {**LUNAR, "date": day, **value}
        for day, value in zip(("2021-10-20", "2023-11-08", "2026-10-12"), values, strict=True)
    ]


def test_a_machine_that_is_not_known_is_taken_as_perhaps_another(ready: Simulator) -> None:
    density = scans(*({"t_score": score, "device": "unknown"} for score in (-0.7, -1.2, -1.4)))
    plain = told.as_json(forecast(read(**ANN, density=density), ready), ready)
    assert plain["density_changes"] == []
    (makes,) = plain["told"]["makes"]
    assert "The machine of the last scan or of the one before is not known" in makes
    assert "cannot be judged to within about" in makes


def test_a_slip_of_the_sign_is_not_explained_by_the_one_person_who_fits(ready: Simulator) -> None:
    honest, slip = (
        beliefs.infer(
            read(**ANN, density=scans(*({"t_score": score} for score in (first, -1.7, -2.0)))),
            ready,
        ).check
        for first in (-1.2, 1.2)
    )
    assert honest.explained
    assert not slip.explained


def test_scans_of_one_machine_are_compared_and_the_other_make_is_told(ready: Simulator) -> None:
    density = scans(
        {"value": "0.98 g/cm2"}, {"value": "0.92 g/cm2"},
        {"value": "0.89 g/cm2", "device": "hologic"},
    )  # fmt: skip
    plain = told.as_json(forecast(read(**ANN, density=density), ready), ready)
    (row,) = plain["density_changes"]
    assert row["percent"] == pytest.approx(100 * (0.92 / 0.98 - 1))
    assert row["usual"]["low"] < row["percent"] < row["usual"]["high"]
    (makes,), (change, ctx, *by_year) = plain["told"]["makes"], plain["told"]["notes"]
    assert plain["told"]["left_out"] == [f"Less of the inhibitor in “stop”. {arms.LEFT_OUT}"]
    assert "another make (Hologic; before: Lunar)" in makes
    assert "Compare the scans by Lunar (spine −6.1 %)" in makes
    assert "Lunar, Oct 2021 to Nov 2023: −6.1 %" in change
    assert re.search(r"CTX of 12 Oct 2026: 0.62 ng/mL. Women of this age on letrozole have", ctx)
    assert re.search(
        r"this many will have −2.5 or lower: (fewer than )?\d+ (in|from) Nov 2027 (and|to)",
        by_year[0],
    )
    measured = plain["told"]["next"].removeprefix("What to measure next: ").partition(".")[0]
    assert "the spine’s density in 1 year" in measured
    assert len(re.findall("spine’s", measured)) == 1
    assert plain["told"]["measurements"][0] == "0.98 g/cm² by Lunar (0.862 g/cm² as by Hologic)"
    assert plain["told"]["measurements"][3] == "620 pg/mL (0.62 ng/mL)"


def test_one_odd_result_is_named_with_what_was_expected_and_would_fit(ready: Simulator) -> None:
    odd = read(
        sample=[{"date": "2025-02-25", "ctx": "0.6 ng/mL", "estradiol": "3 pg/mL",
                 "testosterone": "1.1 ng/dL"}],
    )  # fmt: skip
    found = forecast(odd, ready)
    assert found.posterior.check.alone == 3
    (doubt,) = told.doubts(found)
    assert (
        "Testosterone of 25 Feb 2025 is 1.1 ng/dL. From the other results the model"
        in (doubt["text"])
    )
    assert "It would fit as 1.1 nmol/L" in doubt["text"]
    assert doubt["alone"]


@pytest.mark.parametrize(
    ("strategy", "worn_off"),
    [
        ("denosumab 60 mg sc q6mo [y0-y1]", True),
        ("denosumab 60 mg sc q6mo [y0-y2]", False),
        ("denosumab 60 mg sc q6mo [y0-y1] + zoledronate 4 mg iv once [m14]", False),
        ("denosumab 60 mg sc q6mo [y0-y1] + estradiol 1 mg po qd [y1-y3]", False),
        ("zoledronate 4 mg iv once [m0] + denosumab 60 mg sc q6mo [m6-m12]", True),
    ],
)
def test_denosumab_that_wears_off_is_said_beside_the_numbers(
    ready: Simulator, strategy: str, worn_off: bool
) -> None:
    density = scans({"t_score": -1.2}, {"t_score": -1.7}, {"t_score": -2.0})
    person = read(**ANN, density=density, strategies={"with it": f"as now + {strategy}"})
    regimen = person.strategies["with it"]
    assert arms.worn_off(regimen, ready.drugs, person.now / DAYS_PER_MONTH + 24.0) == worn_off


def test_errors_leave_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "mary.toml"
    path.write_text(MARY.format(later="91"), encoding="utf-8")
    result = run(str(path), "-o", str(tmp_path / "out"))
    assert isinstance(result.exception, InputError)
    assert "density 2: value: 91 g/cm2" in str(result.exception)
    assert not (tmp_path / "out").exists()
