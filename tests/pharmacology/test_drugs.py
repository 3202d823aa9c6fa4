"""Every drug of the catalogue keeps the laws; a new drug is tested because its file exists."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from osteoaxis import intervals
from osteoaxis.assembly import build_model
from osteoaxis.engine.signature import MOST_GROUPS
from osteoaxis.errors import InputError
from osteoaxis.patient import Patient
from osteoaxis.pharmacology.drug import BUILT_IN, by_any_name, catalogue, load_drug
from osteoaxis.pharmacology.regimen import Regimen
from osteoaxis.process import State
from osteoaxis.simulation import Simulator, month_grid, simulator

DRUGS = catalogue()
WOMAN = Patient.load("healthy-postmenopausal")


def test_the_promised_drugs_exist() -> None:
    assert {
        "anastrozole", "letrozole", "exemestane", "tamoxifen", "goserelin", "zoledronate",
        "denosumab", "testosterone_cypionate", "testosterone_enanthate", "testosterone_gel",
        "estradiol",
    } <= set(DRUGS)  # fmt: skip


@pytest.mark.parametrize("name", DRUGS)
def test_the_usual_regimen_is_accepted(ready: Simulator, name: str) -> None:
    ready.check(Regimen.parse(DRUGS[name].typical))


@pytest.mark.parametrize("name", DRUGS)
def test_dose_mass_balance(ready: Simulator, name: str) -> None:
    """All that is absorbed is somewhere or has left: amounts plus losses equal the dose."""
    drug = DRUGS[name]
    model = ready.model
    states = [n for n, d in drug.process.declarations.items() if isinstance(d, State)]
    inside = set(states)
    for process, key, flow in model.reactions:
        if process.name != name:
            continue
        touched = (set(flow.consumes) | set(flow.produces)) & inside
        assert touched, key
        # Between the drug's own states amounts move one for one, and nothing is made of nothing.
        assert set(flow.consumes) <= inside
        assert sum(flow.produces.values()) <= sum(flow.consumes.values())
    for route, entry in drug.routes.items():
        term = Regimen.parse(f"{name} {_dose(name)} {route} once [d1]")
        days = np.array([0.0, 1.0 + 1e-6, 40.0])
        start = ready.start(WOMAN)
        share = start.parameters[0, list(model.parameters).index(entry.bioavailability)]
        amount, unit = _dose(name).split()
        given = 1e3 * drug.mass_mg(float(amount), unit) * share
        data = ready.run(start, term, days * 12 / 365.25)
        total = sum(data[state].values for state in states)
        assert total[0] == 0
        assert 0 < total[1] <= given * (1 + 1e-6)
        assert np.all(total <= given * (1 + 1e-6))
        if entry.release is None:
            assert total[1] == pytest.approx(given, rel=1e-3)


def _dose(name: str) -> str:
    term = Regimen.parse(DRUGS[name].typical).terms[0]
    return f"{term.amount:g} {term.unit}"


@pytest.mark.parametrize("name", DRUGS)
def test_a_zero_dose_is_no_drug(ready: Simulator, name: str) -> None:
    route = Regimen.parse(DRUGS[name].typical).terms[0].route
    start, months = ready.start(WOMAN), month_grid(1)
    zero = ready.run(start, Regimen.parse(f"{name} 0 mg {route} qmo"), months)
    none = ready.run(start, Regimen.parse("none"), months)
    for quantity in none.data_vars:
        np.testing.assert_allclose(
            zero[quantity], none[quantity], rtol=2e-4, atol=1e-9, err_msg=str(quantity)
        )


@pytest.mark.parametrize("name", DRUGS)
def test_every_number_of_a_drug_has_a_source(name: str) -> None:
    for key, p in build_model()[0].parameters.items():
        if key.startswith(f"{name}."):
            assert len(p.source) > 8, key


MADE_UP = """
name = "{name}"
class = "aromatase inhibitor"
summary = "A made-up inhibitor"
typical = "{name} 1 mg po qd"
[pk]
shape = "one_compartment"
CL = {{ value = 1.5, unit = "L/h", source = "assumed: made up" }}
V = {{ value = 100, unit = "L", source = "assumed: made up" }}
[routes.po]
F = {{ value = 0.8, unit = "1", source = "assumed: made up" }}
ka = {{ value = 1, unit = "1/h", source = "assumed: made up" }}
[[acts]]
on = "aromatase"
how = "inhibits"
IC50 = {{ value = 1.0, unit = "ng/mL", source = "assumed: made up" }}
"""


ACT = MADE_UP[MADE_UP.index("[[acts]]") :].format()
ROUTE = MADE_UP[MADE_UP.index("[routes.po]") : MADE_UP.index("[[acts]]")].format()
PK = MADE_UP[MADE_UP.index("[pk]") : MADE_UP.index("[routes.po]")].format()


def test_adding_a_drug_touches_one_file(tmp_path: Path) -> None:
    """A file in a folder is enough: composed, wired to its site, and it inhibits aromatase."""
    (tmp_path / "madeupzole.toml").write_text(MADE_UP.format(name="madeupzole"))
    model, drugs = build_model((tmp_path,))
    assert drugs["madeupzole"].file.parent == tmp_path
    values = dict(model.parameter_values(male=False))
    values |= {name: state.typical for name, state in model.states.items() if not state.empty}
    values |= {name: 0.0 for name, state in model.states.items() if state.empty}
    values["time"] = 0.0
    free = model.evaluate_rates(dict(values))["aromatase_inhibition"]
    treated = model.evaluate_rates(values | {"madeupzole_central": 3000.0})
    assert free == pytest.approx(0.0)
    assert treated["madeupzole_concentration"] == pytest.approx(30.0)
    assert treated["aromatase_inhibition"] == pytest.approx(100 * 30 / 31)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('unit = "L/h"', 'unit = "L"', r"pk.CL: unit 'L' cannot be read as 'L/day'"),
        ('unit = "L/h"', 'unit = "furlongs/h"', "pk.CL: unit 'furlongs/h' cannot be read"),
        ('unit = "L/h"', 'unit = "L/h/"', "pk.CL: unit 'L/h/' cannot be read as 'L/day'"),
        ('"assumed: made up"', "5", "pk.CL.source: must be a text, not 5"),
        ('"assumed: made up"', '""', "pk.CL.source: must be a text, not ''"),
        ("IC50 =", "hill = true\nIC50 =", "hill must be 1, 2, 3 or 4, not True"),
        ("value = 1.5", "value = -1.5", r"pk.CL: value must be a number above 0, not -1.5"),
        ("value = 100", "value = 0", r"pk.V: value must be a number above 0, not 0"),
        ("value = 0.8", "value = 1.8", r"routes.po.F: .* above 0 and at most 1, not 1.8"),
        ("value = 0.8", 'value = "0.8"', r"routes.po.F: .*, not '0.8'"),
        ("value = 1,", "value = 0,", r"routes.po.ka: value must be a number above 0, not 0"),
        ("value = 1.0,", "value = 0,", r"acts \(inhibits aromatase\).IC50: .* above 0, not 0"),
        ("value = 1.0,", "value = 1.0, range = [0, 5],", "range must be above 0, not 0 to 5"),
        ("[[acts]]", "[acts]", r"acts: must be \[\[acts\]\], once for each effect, not \[acts\]"),
        (ACT, "", r"acts: is missing; write \[\[acts\]\] for each effect, or acts = \[\] for none"),
        (ACT, ACT + ACT, r"acts \(inhibits aromatase\): is there twice"),
        ('how = "inhibits"', 'how = "inhibits"\nroute = "po"', "route = 'po': only a hormone"),
        ("[routes.po]", "[routes]\npo = 0.8\n[other]", r"drug: unknown key 'other'"),
        (ROUTE, "[routes]\npo = 0.8\n", r"routes.po: must be a table, \[routes.po\], not 0.8"),
        ("[pk]", "units = 5\n[pk]", r"units: must be a table, \[units\], not 5"),
        (PK, "pk = 3\n", r"pk: must be a table, \[pk\], not 3"),
        ("[pk]", 'synonyms = "nz"\n[pk]', r"synonyms: must be a list of texts, .* not 'nz'"),
        ("[pk]", "synonyms = [3]\n[pk]", r"synonyms: must be a text, not 3"),
        ("[pk]", 'synonyms = ["Nz"]\n[pk]', r"synonyms: 'Nz' must be lower-case letters"),
        (
            "[pk]",
            'synonyms = ["anastrozole"]\n[pk]',
            r"madeupzole\.toml: synonyms: 'anastrozole' is taken, it already means anastrozole",
        ),
        (
            "[pk]",
            'synonyms = ["femara"]\n[pk]',
            r"madeupzole\.toml: synonyms: 'femara' is taken, it already means letrozole",
        ),
        (
            'name = "madeupzole"',
            'name = "femara"',
            r"madeupzole\.toml: name: 'femara' is taken, it already means letrozole",
        ),
        ('"madeupzole', '"rankl', r"madeupzole\.toml: name: 'rankl' is a process of the model"),
        ("madeupzole 1 mg po", "foo 1 mg po", r"typical: unknown drug 'foo'. .*madeupzole"),
        ("1 mg po qd", "1 mg iv qd", "typical: regimen term .* its routes are po"),
        ("madeupzole 1 mg po qd", "none", "typical: 'none' gives no madeupzole"),
        ("value = 1.5,", "value = 1.5, range = [2, 3],", "value 1.5 is outside its range, 2 to 3"),
        ("value = 1.5,", "value = 1.5, range = [5.0, 0.5],", r"pk.CL: range must be \[low, high\]"),
        (
            "value = 1.5,",
            "value = 1.5, range = 3,",
            r"pk.CL: range must be \[low, high\], not 3",
        ),
        ("one_compartment", "one_compartmnt", "no shape. Did you mean 'one_compartment'"),
        ("inhibits", "inhibit", "no verb; allowed are .* Did you mean 'inhibits'"),
        ("routes.po", "routes.oral", "unknown key 'oral'"),
        ("[pk]", "[pk]\nVd = 3", "pk: unknown key 'Vd'"),
        ("IC50 =", "EC50 =", "unknown key 'EC50'. Did you mean 'IC50'"),
        (
            '"aromatase"',
            '"aromatose"',
            r"madeupzole\.toml: acts: on = 'aromatose' with how = 'inhibits' is no place of the "
            r"model\. Did you mean 'aromatase'\? With 'inhibits': estrogen_feedback, aromatase\.",
        ),
        ("CL =", "#CL =", "'CL' is missing"),
        ("", "", "not valid TOML"),
    ],
)
def test_a_faulty_drug_names_file_and_field(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    text = MADE_UP.format(name="madeupzole").replace(old, new) if old else "\x00\xff"
    (tmp_path / "madeupzole.toml").write_text(text)
    with pytest.raises(InputError, match=message):
        build_model((tmp_path,))


def test_two_files_of_a_folder_cannot_hold_the_same_drug(tmp_path: Path) -> None:
    for file in ("a.toml", "b.toml"):
        (tmp_path / file).write_text(MADE_UP.format(name="madeupzole"))
    with pytest.raises(InputError, match=r"b\.toml: name: 'madeupzole' is the drug of .*a\.toml"):
        build_model((tmp_path,))


def test_a_drug_that_does_nothing_says_so(tmp_path: Path) -> None:
    text = MADE_UP.format(name="madeupzole").replace(ACT, "").replace("[pk]", "acts = []\n[pk]")
    (tmp_path / "madeupzole.toml").write_text(text)
    assert not build_model((tmp_path,))[1]["madeupzole"].process.site_terms


def test_names_go_before_synonyms() -> None:
    """Whatever a caller puts together: a synonym never hides the drug of that name."""
    other = replace(DRUGS["letrozole"], synonyms=("anastrozole",))
    known = by_any_name({"anastrozole": DRUGS["anastrozole"], "letrozole": other})
    assert known["anastrozole"].name == "anastrozole"


def test_the_numbers_of_a_file_that_replaces_a_drug_hold(tmp_path: Path) -> None:
    """Fitted values and the ensemble are of the built-in drug."""
    text = (BUILT_IN / "anastrozole.toml").read_text()
    old = re.search(r"IC50 = \{ value = [\d.]+.*", text)
    assert old
    new = 'IC50 = { value = 100.0, unit = "ng/mL", source = "assumed: a test", range = [50, 200] }'
    (tmp_path / "anastrozole.toml").write_text(text.replace(old[0], new))
    model, _ = build_model((tmp_path,))
    assert model.parameters["anastrozole.aromatase_inhibits_IC50"].value == 100.0
    ready = simulator((tmp_path,))
    woman, plan = Patient(menopause_age=50), Regimen.parse("anastrozole 1 mg po qd")
    drawn = intervals.runs(ready, woman, plan, month_grid(1), ["aromatase_inhibition"], count=3)
    assert all(float(run["aromatase_inhibition"][-1]) < 50.0 for run in drawn)


def test_a_missing_drugs_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        catalogue(tmp_path / "nowhere")


def test_drug_files_are_named_after_their_drug() -> None:
    for file in BUILT_IN.glob("*.toml"):
        assert load_drug(file).name == file.stem


@pytest.mark.parametrize(
    ("regimen", "message"),
    [
        ("anastrazole 1 mg po qd", "unknown drug 'anastrazole'. Did you mean 'anastrozole'"),
        ("anastrozole 1 mg iv qd", "anastrozole is not given iv; its routes are po"),
        ("anastrozole 1 g po qd", "1000 mg of anastrozole is outside"),
        ("testosterone_gel 5 g td qd", "5 g of 1 % gel hold 50 mg"),
        ("anastrozole 100 IU po qd", "give the dose of anastrozole in mg"),
    ],
)
def test_impossible_doses_are_refused(ready: Simulator, regimen: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        ready.check(Regimen.parse(regimen))


def test_more_drugs_than_the_engine_has_room_for_are_not_wrong(tmp_path: Path) -> None:
    """Beyond 62 linear groups pharmacokinetics are integrated: slower, the same numbers."""
    extra = MOST_GROUPS - len(build_model()[0].signature.linear) + 2
    for number in range(extra):
        name = f"zz{number:03d}zole"
        (tmp_path / f"{name}.toml").write_text(MADE_UP.format(name=name))
    model, _ = build_model((tmp_path,))
    assert len(model.signature.linear) == MOST_GROUPS
    last = f"zz{extra - 1:03d}zole_central"
    assert last in model.signature.nonlinear_states
