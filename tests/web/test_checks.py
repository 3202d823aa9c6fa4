"""Results of tests are checked as the library does: machines, units, changes."""

from __future__ import annotations

from typing import get_args

import httpx
import pytest
from test_api import asked, got

from osteoaxis.outcomes import assays, dxa, markers
from osteoaxis.patient import MEASURABLE, MOLAR_MASS, UNITS
from osteoaxis.present import change
from osteoaxis.units import conversion_factor
from osteoaxis.web.asked import Level, Test
from osteoaxis.web.checks import EXACT, level


def test_two_scans_are_judged_as_by_the_command(client: httpx.Client) -> None:
    body = {"site": "total_hip", "before": 0.82, "after": 0.905, "device_after": "lunar"}
    found = asked(client, "check", kind="scans", **body)
    assert found == change.judge("total_hip", 0.82, 0.905, device_after="lunar")
    assert "Two makes of machine" in found["basis"]
    precise = asked(client, "check", kind="scans", **body, precision=1.0)
    assert precise["least_significant_rise_percent"] < found["least_significant_rise_percent"]


def test_two_scans_are_judged_by_their_t_scores(client: httpx.Client) -> None:
    body = {"kind": "scans", "site": "lumbar_spine", "device": "lunar", "unit": "T-score"}
    found = asked(client, "check", **body, before=-1.5, after=-2.1, sex="female")
    first, last = (
        float(dxa.convert(dxa.density(score, "lumbar_spine", "female"), "lumbar_spine",
                          "hologic", "lunar"))
        for score in (-1.5, -2.1)
    )  # fmt: skip
    direct = change.judge("lumbar_spine", first, last, device="lunar")
    assert found["change_percent"] == direct["change_percent"] < -5
    assert "T-scores are rounded" in found["basis"]
    answer = client.post("/api/check", json={**body, "before": -1.5, "after": -2.1})
    assert answer.status_code == 422
    assert "sex" in answer.json()["detail"]
    answer = client.post("/api/check", json={**body, "before": 0.9, "after": 9.1, "sex": "male"})
    assert "after" in answer.json()["detail"]


@pytest.mark.parametrize("site", dxa.SITES)
@pytest.mark.parametrize("device", dxa.DEVICES)
def test_a_scan_is_told_as_each_machine_has_it(
    client: httpx.Client, site: str, device: str
) -> None:
    body = {"site": site, "value": 0.9, "device": device, "sex": "male"}
    found = asked(client, "check", kind="scan", **body)
    assert set(found["densities"]) == {*dxa.DEVICES, "standardised"}
    assert found["densities"][device] == {"value": 0.9}
    for name in dxa.DEVICES:
        converted = dxa.convert(0.9, site, device, name)
        assert found["densities"][name]["value"] == pytest.approx(converted)
    standard = found["densities"]["standardised"]
    assert standard["high"] / standard["value"] == pytest.approx(1.035)
    hologic = dxa.convert(0.9, site, device, "hologic")
    assert found["t_score"]["value"] == pytest.approx(dxa.t_score(hologic, site, "male"))
    assert ("low" in found["t_score"]) == (device != "hologic")


@pytest.mark.parametrize(
    ("test", "unit", "other", "factor"),
    [
        ("estradiol", "pg/mL", "pmol/L", 3.671),
        ("testosterone", "nmol/L", "ng/dL", 28.84),
        ("vitamin_d", "nmol/L", "ng/mL", 0.4006),
        ("ctx", "ng/mL", "pg/mL", 1000.0),
        ("ctx", "pg/mL", "ng/L", 1.0),
        ("p1np", "ug/L", "ng/mL", 1.0),
    ],
)
def test_a_level_is_told_in_each_unit(
    client: httpx.Client, test: str, unit: str, other: str, factor: float
) -> None:
    found = asked(client, "check", kind="level", test=test, value=20.0 / factor, unit=unit)
    values = {entry["unit"]: entry["value"] for entry in found["values"]}
    assert values[unit] == pytest.approx(20.0 / factor)
    assert values[other] == pytest.approx(20.0, rel=1e-3)
    assert all(note["source"] for note in found["notes"])


@pytest.mark.parametrize("test", UNITS)
def test_limits_are_limits_in_every_unit(test: str) -> None:
    for unit in UNITS[test]:
        factor = conversion_factor(UNITS[test][0], unit, MOLAR_MASS.get(test))
        for end in MEASURABLE[test][:2]:
            value = round(end * factor, EXACT)
            later = value if test in markers.WITHIN else None
            found = level(Level(kind="level", test=test, value=value, unit=unit, later=later))
            assert found["values"][0]["value"] == pytest.approx(end)


def test_what_an_assay_cannot_tell_depends_on_the_level(client: httpx.Client) -> None:
    low, high = (
        asked(client, "check", kind="level", test="estradiol", value=value, unit="pg/mL")["notes"]
        for value in (5.0, 200.0)
    )
    assert "reads too high" in low[0]["text"]
    assert high == low[1:]


def test_a_marker_is_judged_in_any_of_its_units(client: httpx.Client) -> None:
    found = asked(client, "check", kind="level", test="ctx", value=400, later=200, unit="ng/L")
    expected = change.judge("ctx", 0.4, 0.2)
    assert found["change"]["text"] == expected["text"]
    assert found["change"]["real"]


def test_tests_and_units_of_the_catalogue_are_those_taken(client: httpx.Client) -> None:
    known = got(client, "catalogue")["measurable"]
    assert set(UNITS) == set(get_args(Test)) == set(assays.NOTES)
    for name, units in UNITS.items():
        assert known[name]["unit"] == known[name]["units"][0] == units[0]
        assert known[name]["judged"] == (name in markers.WITHIN)
