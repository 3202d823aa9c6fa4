"""The API answers with what the library computes."""

from __future__ import annotations

import io
import itertools
import re
from typing import Any
from xml.etree import ElementTree

import httpx
import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute
import pytest

import osteoaxis
from osteoaxis import (
    evidence,
    fitted,
    forecast,
    guidance,
    intervals,
    population,
    scenario,
    treatment,
)
from osteoaxis.evidence import Scored
from osteoaxis.patient import Patient, presets
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.present import evidence as shown
from osteoaxis.present import told, words
from osteoaxis.process import Rate
from osteoaxis.simulation import Simulator, month_grid
from osteoaxis.web import answers, crowd, equations
from osteoaxis.web.asked import USUAL, People
from osteoaxis.web.catalogue import Catalogue
from osteoaxis.web.encode import ARROW, TOLD, to_json

LETROZOLE = "letrozole 2.5 mg po qd [m0-m60]"
RULED = f"{LETROZOLE} + zoledronate 4 mg iv q6mo [m0-m36; start when lumbar_spine_t_score < -1.2]"


def asked(client: httpx.Client, path: str, **body: Any) -> dict[str, Any]:
    """Post a request that is to succeed."""
    answer = client.post(f"/api/{path}", json=body)
    assert answer.status_code == 200, answer.text
    return orjson.loads(answer.content)


def got(client: httpx.Client, path: str, **query: str) -> dict[str, Any]:
    """Get what is there."""
    answer = client.get(f"/api/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return orjson.loads(answer.content)


def test_health_and_version(client: httpx.Client, ready: Simulator) -> None:
    assert got(client, "health") == {"status": "ok"}
    found = got(client, "version")
    assert found["model"] == ready.digest[:12]
    assert "not a medical device" in found["note"]


def test_the_catalogue_holds_what_the_package_does(client: httpx.Client, ready: Simulator) -> None:
    found = got(client, "catalogue")
    assert {p["name"] for p in found["patients"]} == set(presets())
    assert {s["name"] for s in found["scenarios"]} == set(scenario.scenarios())
    assert {d["name"] for d in found["drugs"]} == set(ready.drugs)
    assert set(found["quantities"]) > set(ready.model.quantities)
    assert set(found["usual_quantities"]) == set(USUAL) <= set(found["quantities"])
    nodes = {node["id"] for node in found["map"]["nodes"]}
    assert nodes <= set(found["quantities"])
    assert {link[end] for link in found["map"]["links"] for end in ("source", "target")} == nodes
    for drug in found["drugs"]:
        ready.check(Regimen.parse(drug["typical"]))
    for example in found["regimen_examples"]:
        ready.check(Regimen.parse(example["regimen"]))


@pytest.mark.parametrize("preset", sorted(presets()))
def test_tables_of_the_catalogue_are_the_presets(client: httpx.Client, preset: str) -> None:
    (table,) = (p["table"] for p in got(client, "catalogue")["patients"] if p["name"] == preset)
    body = {"regimen": LETROZOLE, "years": 1.0, "quantities": ["ctx", "lumbar_spine_bmd"]}
    by_table = asked(client, "simulate", patient=table, **body)
    assert by_table == asked(client, "simulate", patient=preset, **body)


def test_a_rule_that_never_fired_is_told(client: httpx.Client) -> None:
    never = "zoledronate 4 mg iv q6mo [start when lumbar_spine_t_score < -5.5]"
    body = {"regimen": never, "years": 2.0, "quantities": ["ctx"]}
    (told,) = asked(client, "simulate", patient="postmenopausal-breast-cancer", **body)["decisions"]
    assert told.startswith("zoledronate if lumbar spine T-score below −5.5")
    assert told.endswith("not reached within 2 years")


@pytest.mark.parametrize("regimen", ["none", LETROZOLE, RULED])
@pytest.mark.parametrize("dosing", ["average", "events"])
def test_a_simulation_is_that_of_the_library(
    client: httpx.Client, known: Catalogue, regimen: str, dosing: Any
) -> None:
    names = sorted(known.quantities)
    body = {"regimen": regimen, "dosing": dosing, "years": 2.5, "step": 3.0, "quantities": names}
    found = asked(client, "simulate", patient="postmenopausal-breast-cancer", **body)
    data = osteoaxis.simulate(
        "postmenopausal-breast-cancer", regimen, 2.5, step_months=3.0, dosing=dosing
    )
    assert found["time"] == data["time"].values.tolist()
    assert found["given"] == data.attrs["given"]
    assert found["decisions"] == words.decisions(data)
    assert found["words"] == words.regimen(regimen, 2.5)
    for name in names:
        series = found["quantities"][name]
        assert series["unit"] == data[name].attrs["unit"]
        np.testing.assert_allclose(
            np.array(series["values"], dtype=float), data[name].values, rtol=1e-12, atol=1e-300
        )


def test_strategies_together_are_each_alone(client: httpx.Client) -> None:
    strategies = {"nothing": "none", "letrozole": LETROZOLE, "ruled": RULED}
    shared: dict[str, Any] = {"years": 2.0, "intervals": 3}
    together = asked(client, "compare", strategies=strategies, **shared)
    assert list(together["strategies"]) == list(strategies)
    for name, regimen in strategies.items():
        alone = asked(client, "simulate", regimen=regimen, **shared)
        for key in (*TOLD, "quantities"):
            assert together["strategies"][name][key] == alone[key]
        assert alone["time"] == together["time"]


def test_intervals_are_those_of_the_library(client: httpx.Client, ready: Simulator) -> None:
    found = asked(client, "simulate", regimen=LETROZOLE, years=1.0, intervals=7)
    person = Patient.load("postmenopausal-breast-cancer")
    drawn = intervals.runs(
        ready, person, Regimen.parse(LETROZOLE), month_grid(1.0), ("estradiol",), count=7
    )
    makers = {
        "": lambda run, name: run[name].values,
        "change_": lambda run, name: 100.0 * (run[name].values / run[name].values[0] - 1.0),
    }
    for name, (kind, make) in itertools.product(("estradiol", "ctx"), makers.items()):
        limits = intervals.limits(drawn, lambda run, name=name, make=make: make(run, name))
        assert limits is not None
        for end, limit in zip(("low", "high"), limits, strict=True):
            series = found["quantities"][name][f"{kind}{end}"]
            np.testing.assert_allclose(series, limit, rtol=1e-9, atol=1e-9)
    assert all("low" in series for series in found["quantities"].values())


def test_answers_are_as_described(client: httpx.Client) -> None:
    one = asked(client, "simulate", regimen=LETROZOLE, years=6.0, intervals=2)
    answers.Simulated.model_validate(one, extra="forbid")
    several = asked(client, "compare", strategies={"a": "none", "b": LETROZOLE})
    answers.Compared.model_validate(several, extra="forbid")
    assert several["time"][-1] == 60.0


def test_what_is_not_finite_is_null() -> None:
    assert to_json({"a": np.array([1.0, np.nan, np.inf])[::-1]}) == b'{"a":[null,null,1.0]}'


def test_parameters_beyond_what_is_plausible_are_told(client: httpx.Client) -> None:
    far = {"sex": "female", "age": 62, "parameters": {"markers.ctx_power": 50.0}}
    for kind, plan in (("simulate", {}), ("compare", {"strategies": {"none": "none"}})):
        (told,) = asked(client, kind, patient=far, years=1.0, **plan)["warnings"]
        assert told.startswith("Outside the plausible range: markers.ctx_power = 50 (")


def test_ages_beyond_the_sources_are_told(client: httpx.Client) -> None:
    young = asked(client, "simulate", patient="young-man", years=1.0)
    assert any("extrapolated" in text for text in young["warnings"])
    assert not asked(client, "simulate", years=1.0)["warnings"]


def test_cautions_of_a_combination_are_told(client: httpx.Client) -> None:
    stopped = "letrozole 2.5 mg po qd + denosumab 60 mg sc q6mo [y0-y2]"
    found = asked(client, "simulate", regimen=stopped, years=4.0)
    cautions = {caution["id"]: caution for caution in found["cautions"]}
    assert cautions["denosumab-no-exit"]["decisive"]
    ((start, end),) = cautions["denosumab-no-exit"]["months"]
    assert 24.0 < start < 36.0
    assert end is None
    long = asked(client, "simulate", regimen="zoledronate 5 mg iv over 15 min q12mo", years=4.0)
    assert not any(one["decisive"] for one in long["cautions"] if one["id"] == "jaw")


def test_known_weaknesses_are_told_with_the_treatments_they_touch(client: httpx.Client) -> None:
    strategies = {"letrozole": LETROZOLE, "denosumab": "denosumab 60 mg sc q6mo [y0-y2]"}
    found = asked(client, "compare", strategies=strategies, years=3.0)["strategies"]
    assert found["letrozole"]["limits"] == []
    assert any("After denosumab" in text for text in found["denosumab"]["limits"])


def test_an_arrow_stream_holds_the_same_numbers(client: httpx.Client) -> None:
    body = {"strategies": {"none": "none", "letrozole": LETROZOLE}, "years": 1.0, "intervals": 2}
    answer = client.post("/api/compare", json=body, headers={"Accept": ARROW})
    assert answer.headers["content-type"] == ARROW
    table = pa.ipc.open_stream(io.BytesIO(answer.content)).read_all()
    found = asked(client, "compare", **body)
    for strategy, about in found["strategies"].items():
        rows = table.filter(pa.compute.equal(table["strategy"], strategy))
        assert rows["time"].to_pylist() == found["time"]
        for name, series in about["quantities"].items():
            assert rows[name].to_pylist() == series["values"]
            assert rows[f"{name}_high"].to_pylist() == series["high"]
    assert table.schema.field("ctx").metadata[b"unit"] == b"ng/mL"
    rest = orjson.loads(table.schema.metadata[b"osteoaxis"])
    assert rest["strategies"]["letrozole"]["given"] == LETROZOLE


def test_guidelines_are_those_of_the_library(client: httpx.Client, ready: Simulator) -> None:
    found = asked(client, "guidelines", regimen=LETROZOLE, years=2.0)
    person = Patient.load("postmenopausal-breast-cancer")
    plan = Regimen.parse(LETROZOLE)
    data = treatment.run(ready, ready.start(person), plan, month_grid(2.0), dosing="average")
    expected = guidance.findings(person, data, ready.drugs)
    assert [(f["id"], f["when"]) for f in found["findings"]] == [
        (f.rule.id, f.when) for f in expected
    ]
    assert "ESMO 2020" in found["not_shown"]


def test_every_quantity_is_described(known: Catalogue) -> None:
    for name in known.quantities:
        found = equations.described(known, name)
        assert found["about"], name
        if name in known.ready.model.quantities:
            assert found["equations"], name
        for equation in found["equations"]:
            assert ElementTree.fromstring(equation["mathml"]).tag.endswith("math")


def test_a_quantity_is_told_with_its_equation_and_sources(
    client: httpx.Client, ready: Simulator
) -> None:
    found = got(client, "quantities/rank_occupancy")
    rate = ready.model.quantities["rank_occupancy"]
    assert isinstance(rate, Rate)
    assert found["meaning"] == rate.meaning
    assert {p["name"] for p in found["parameters"]} | set(found["depends_on"]) == set(
        ready.model.dependencies("rank_occupancy")
    )
    for parameter in found["parameters"]:
        declared = ready.model.parameters[parameter["name"]]
        assert (parameter["value"], parameter["source"]) == (declared.value, declared.source)
        assert parameter["name"] in found["equations"][0]["text"]
    told = {
        p["name"]: p for p in got(client, "quantities/peripheral_aromatase_activity")["parameters"]
    }
    assert told
    for name, parameter in told.items():
        row = fitted.identified().get(name)
        assert (parameter["found"] or {}).get("verdict") == (row and row["verdict"])
    women, men = got(client, "quantities/total_hip_t_score")["equations"]
    assert (women["sex"], men["sex"]) == ("female", "male")


def test_studies_are_found_by_drug_and_endpoint(client: httpx.Client) -> None:
    everything = got(client, "evidence")
    assert {s["id"] for s in everything["studies"]} == set(evidence.studies())
    some = got(client, "evidence", drug="femara", endpoint="ctx")["studies"]
    assert 0 < len(some) < len(everything["studies"])
    for study in some:
        assert "ctx" in study["endpoints"]
        if study["match"] != "same class":
            assert any("letrozole" in regimen for regimen in study["arms"].values())


def test_the_nearest_studies_come_first(client: httpx.Client) -> None:
    found = got(client, "evidence", drug=["pamidronate"], sex="male")["studies"]
    assert {study["match"] for study in found} == {"same class", "with others"}
    men = got(client, "evidence", drug=["anastrozole"], sex="male")["studies"]
    assert (men[0]["id"], men[0]["sex"], men[0]["match"]) == ("BURNETT2009", ["male"], "same drugs")
    both = got(client, "evidence", drug=["letrozole", "zoledronate"])["studies"]
    assert "letrozole + zoledronate" in both[0]["treatments"]


@pytest.fixture(scope="module")
def context() -> list[Scored]:
    """What `osteoaxis evidence check` says of studies that are context."""
    return evidence.verdicts(role="context")


def test_a_study_may_have_a_slash_in_its_name(client: httpx.Client) -> None:
    assert got(client, "evidence/ABCSG-8/ARNO-95")["id"] == "ABCSG-8/ARNO-95"
    assert client.get("/api/evidence/ABCSG-8%2FARNO-95").status_code == 200


@pytest.mark.parametrize("name", ["BATMAN", "LEAL-ZA"])
def test_a_study_stands_beside_its_prediction(
    client: httpx.Client, context: list[Scored], name: str
) -> None:
    found = got(client, f"evidence/{name}")
    expected = [each for each in context if each.row.study_id == name]
    assert len(found["results"]) == len(expected) > 0
    for result, scored in zip(found["results"], expected, strict=True):
        assert result["observed"] == scored.row.value
        one = scored.as_json()
        same = ("predicted", "low", "high", "weight", "within", "allowed")
        assert {key: result[key] for key in same} == {key: one[key] for key in same}
        assert result["verdict"] == shown.verdict(scored)
    assert any(result["predicted"] is not None for result in found["results"])
    assert got(client, f"evidence/{name}") == found


def test_the_page_of_the_api_needs_nothing_from_outside(client: httpx.Client) -> None:
    page = client.get("/api/docs")
    assert page.headers["content-type"].startswith("text/html")
    for path in got(client, "openapi.json")["paths"]:
        assert path in page.text
    sources = re.findall(r'(?:src|href)="([^"]*)"', page.text)
    assert sources
    assert all(source.startswith(("/", "#")) for source in sources)
    assert not re.search(r"<script|<style| style=| on\w+=", page.text)
    assert client.get("/api/docs.css").headers["content-type"].startswith("text/css")


def test_answers_are_compressed_and_static_files_revalidated(client: httpx.Client) -> None:
    catalogue = client.get("/api/catalogue")
    assert catalogue.headers["content-encoding"] == "gzip"
    page = client.get("/")
    assert page.status_code == 200
    again = client.get("/", headers={"If-None-Match": page.headers["etag"]})
    assert again.status_code == 304
    assert page.headers["cache-control"] == "no-cache"


def test_people_like_one_are_those_of_the_library(client: httpx.Client, ready: Simulator) -> None:
    strategies = {"nothing": "none", "letrozole": LETROZOLE, "ruled": RULED}
    found = asked(client, "people", strategies=strategies, years=2.0, step=6.0, seed=3)
    answers.Alike.model_validate(found, extra="forbid")
    assert "not a medical device" in found["note"]
    plans = {name: Regimen.parse(text) for name, text in strategies.items()}
    person = Patient.load("postmenopausal-breast-cancer")
    own = population.alike(ready, person, plans, month_grid(2.0, 6.0), seed=3)
    assert found["time"] == [0.0, 6.0, 12.0, 18.0, 24.0]
    assert (found["people"], found["left_out"]) == (own.count, own.left_out) == (200, {})
    assert (found["t_scores"], found["typical"]) == (person.t_scores, [])
    assert 5.0 < found["off_by"] < 6.0
    for name, one in found["strategies"].items():
        assert one["regimen"] == str(plans[name])
        for line, shares in one["at_or_below"].items():
            assert shares == orjson.loads(to_json(own.below(name, float(line))))
        for site, band in own.change(name).items():
            assert [one["change"][site][end] for end in ("low", "median", "high")] == band.tolist()


@pytest.mark.parametrize(
    ("regimen", "years", "fewest"),
    [
        ("none", 20.0, 200),
        ("none", 5e-324, 200),
        ("letrozole 2.5 mg po qd [start when lumbar_spine_t_score < -2.0]", 7.0, 200),
        ("teriparatide 20 ug sc qd [m0-m24]", 2.0, 80),
        ("letrozole 2.5 mg po qd [taken 80 %]", 0.5, 80),
    ],
)
def test_how_many_people_there_are_goes_by_what_they_cost(
    known: Catalogue, regimen: str, years: float, fewest: int
) -> None:
    found = crowd.people(known, People(strategies={"one": regimen}, years=years, step=12.0))
    assert fewest <= found["people"] <= 200


MARY = {
    "today": "2026-06-01",
    "years": 2,
    "person": {"sex": "female", "born": 1961, "menopause_age": 50},
    "taken": [{"drug": "letrozole 2.5 mg po qd", "from": "2023-03-01"}],
    "density": [
        {"date": "2023-02-20", "site": "lumbar_spine", "t_score": -0.9, "device": "hologic"}
    ],
    "sample": [{"date": "2025-02-25", "ctx": "0.61 ng/mL"}],
}


def test_a_forecast_is_that_of_the_library(client: httpx.Client, ready: Simulator) -> None:
    found = asked(client, "forecast", person=MARY, seed=3)
    assert "not a medical device" in found["note"]
    own = forecast.forecast(forecast.Person.from_table(MARY, "person"), ready, seed=3)
    assert found == orjson.loads(to_json(told.as_json(own, ready)))


def test_a_forecast_warns_of_what_is_met_with_what_was_taken(client: httpx.Client) -> None:
    taken = [{"drug": "denosumab 60 mg sc q6mo", "from": "2023-05-31", "until": "2026-05-31"}]
    plans = {"stop": "none", "zoledronate": "zoledronate 5 mg iv over 15 min once [m0]"}
    mary = {**MARY, "today": "2026-11-30", "years": 2, "taken": taken, "strategies": plans}
    del mary["sample"]  # her CTX was not that of a woman on denosumab
    found = asked(client, "forecast", person=mary)
    stop, follow = found["strategies"].values()
    (warned,) = (each for each in stop["cautions"] if each["id"] == "denosumab-no-exit")
    assert warned["decisive"]
    assert warned["months"] == [[1.0, None]]  # seven months after the last dose, one from today
    assert "denosumab-no-exit" not in {each["id"] for each in follow["cautions"]}
    assert any("vertebrae break too rarely" in text for text in stop["limits"])
    guidelines = {each["id"]: each for each in stop["guidelines"]}
    assert guidelines["ects-2021-follow-on"]["when"] == "now"
    (told,) = found["told"]["warnings"]
    assert told.startswith("“stop” from month 1: Denosumab has worn off and nothing follows.")
    assert "(too low after denosumab wore off)" in found["told"]["lead"]
    assert "too low" not in found["told"]["others"]["zoledronate"]


def test_persons_of_the_catalogue_are_the_built_in_ones(client: httpx.Client) -> None:
    found = {one["name"]: one for one in got(client, "catalogue")["persons"]}
    assert set(found) == set(forecast.persons())
    for name, one in found.items():
        assert forecast.Person.from_table(one["table"], name) == forecast.Person.load(name)
        assert one["title"].startswith("Invented")


def test_osteoporosis_of_the_hip_is_not_hidden_by_the_spine(client: httpx.Client) -> None:
    scans = [{"date": "2025-02-20", "site": site, "t_score": score, "device": "hologic"}
             for site, score in (("lumbar_spine", -1.2), ("total_hip", -2.7),
                                 ("femoral_neck", -2.9))]  # fmt: skip
    found = asked(client, "forecast", person={**MARY, "years": 1, "density": scans})
    (end, *_) = found["at_end"]
    assert end["lumbar_spine_osteoporosis_percent"] < 1
    assert end["osteoporosis_percent"] > 90
    assert "at spine, hip or hip neck" in found["told"]["lead"]
    assert [row["site"] for row in found["osteoporosis_by_year"]] == [
        "lumbar_spine", "total_hip", "femoral_neck",
    ]  # fmt: skip


def test_the_share_with_osteoporosis_is_given_by_month(client: httpx.Client) -> None:
    scan = {"date": "2025-02-20", "site": "lumbar_spine", "t_score": -2.5, "device": "hologic"}
    found = asked(client, "forecast", person={**MARY, "years": 1, "density": [scan]})
    (end, *_), (course, *_) = found["at_end"], found["strategies"].values()
    shares = course["osteoporosis_percent"]["lumbar_spine"]
    assert len(shares) == len(found["months_from_today"])
    assert shares[-1] == end["lumbar_spine_osteoporosis_percent"]
    assert course["osteoporosis_percent"]["any_site"][-1] == end["osteoporosis_percent"]
    assert 10 < shares[-1] < 90
    line = found["t_score_densities"]["lumbar_spine"]["-2.5"]
    (measured,) = (m for m in found["measurements"] if m["quantity"] == "lumbar_spine_bmd")
    assert measured["value"] == line
    assert measured["low"] < line < measured["high"]


def test_what_is_wrong_with_a_person_is_named(client: httpx.Client) -> None:
    wrong = {**MARY, "sample": [{"date": "2025-02-25", "ctx": 0.61}]}
    answer = client.post("/api/forecast", json={"person": wrong})
    assert answer.status_code == 422
    assert "sample 1: ctx: write number and unit" in answer.json()["detail"]


def test_weekly_injections_leave_no_drift_in_the_api(client: httpx.Client) -> None:
    found = asked(
        client, "simulate", patient={"sex": "male", "age": 50}, years=2, step=6,
        regimen="testosterone_enanthate 100 mg im qw", quantities=["testosterone"],
        dosing="events", intervals=3,
    )  # fmt: skip
    assert found["time"] == [0, 6, 12, 18, 24]
    levels = found["quantities"]["testosterone"]
    for course in (levels["values"], levels["low"], levels["high"]):
        assert course[1:] == pytest.approx([course[4]] * 4, rel=0.03)
