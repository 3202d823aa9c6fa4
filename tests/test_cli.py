"""The command line end to end, in a folder of its own, as a newcomer would use it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import typer
from rich.text import Text
from typer.testing import CliRunner

from osteoaxis.cli import app
from osteoaxis.inference.posterior import VERDICTS


def osteoaxis(*args: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "osteoaxis.cli", *args],
        cwd=folder,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_main_job(tmp_path: Path) -> None:
    done = osteoaxis("run", "anastrozole-woman", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "anastrozole" in done.stdout
    assert "not a medical device" in done.stdout
    folder = tmp_path / "runs" / "anastrozole-woman"
    names = {path.name for path in folder.iterdir()}
    assert {"trajectories.parquet", "summary.json", "report.html"} <= names
    for figure in ("hormones", "cytokines", "rankl_opg", "cells", "markers", "bmd", "pathway"):
        assert f"{figure}.png" in names
        assert f"{figure}.svg" in names
    table = pq.read_table(folder / "trajectories.parquet")
    assert {"arm", "month", "estradiol", "lumbar_spine_bmd"} <= set(table.column_names)
    assert table.schema.field("estradiol").metadata[b"unit"] == b"pg/mL"
    assert [p.name for p in tmp_path.iterdir()] == ["runs"]
    assert [p.name for p in folder.parent.iterdir()] == ["anastrozole-woman"]


def test_every_output_says_that_results_are_extrapolated(tmp_path: Path) -> None:
    (tmp_path / "old.toml").write_text(
        """title = "A very old woman"
years = 2
[patient]
sex = "female"
age = 99
menopause_age = 50
[arms]
none = "none"
letrozole = "letrozole 2.5 mg po qd"
""",
        encoding="utf-8",
    )
    for verb in ("run", "compare"):
        done = osteoaxis(verb, "old.toml", folder=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "extrapolated" in done.stdout
    ran, compared = tmp_path / "runs" / "old", tmp_path / "compare" / "old"
    told = [ran / "summary.json", ran / "report.html"]
    told += [compared / "strategies.md", compared / "strategies.json"]
    for path in told:
        assert "extrapolated" in path.read_text(encoding="utf-8"), path.name
    metadata = pq.read_schema(ran / "trajectories.parquet").metadata
    for arm in json.loads(metadata[b"treatment"]).values():
        assert any("extrapolated" in caution["text"] for caution in arm["cautions"])


QUANTITIES = [
    "estradiol",
    "estrone",
    "testosterone",
    "lh",
    "tnf_alpha",
    "il1",
    "il6",
    "rankl",
    "opg",
    "rankl_opg_ratio",
    "osteoclasts",
    "osteoblasts",
    "resorption_rate",
    "formation_rate",
    "ctx",
    "ntx",
    "p1np",
    "bsap",
    "ctx_change",
    "ntx_change",
    "p1np_change",
    "bsap_change",
    "lumbar_spine_bmd",
    "total_hip_bmd",
    "femoral_neck_bmd",
    "lumbar_spine_t_score",
    "total_hip_t_score",
    "trabecular_bone_score",
    "arthralgia_probability",
    "aromatase_inhibition",
]


def test_json_is_one_object_and_writes_nothing(tmp_path: Path) -> None:
    done = osteoaxis("run", "denosumab-stop", "--json", "--years", "3", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found) == {
        "scenario", "version", "parameter_hash", "warnings", "months", "treatment", "arms",
        "intervals",
    }  # fmt: skip
    assert found["warnings"] == []
    assert found["scenario"] == "denosumab-stop"
    assert found["months"] == [0, 6, 12, 18, 24, 30, 36]
    for arm in found["arms"].values():
        assert set(QUANTITIES) <= set(arm)
        for entry in arm.values():
            assert set(entry) == {"unit", "kind", "values"}
            assert entry["kind"] in ("level", "percent_change")
            assert len(entry["values"]) == len(found["months"])
    assert found["arms"]["denosumab"]["lumbar_spine_bmd"]["values"][0] == 0
    for arm, entries in found["intervals"].items():
        assert set(QUANTITIES) - set(entries) == set()
        for name in ("lumbar_spine_bmd", "ctx_change", "any_fracture_incidence"):
            limits, values = entries[name], found["arms"][arm][name]["values"]
            assert all(low <= high for low, high in zip(*limits.values(), strict=True))
            assert limits["low"][-1] <= values[-1] <= limits["high"][-1]
    assert not list(tmp_path.iterdir())


def test_an_own_scenario_with_an_own_patient(tmp_path: Path) -> None:
    (tmp_path / "me.toml").write_text(
        'sex = "female"\nage = 58\nmenopause_age = 51\n[baseline]\nestradiol = 4\n'
    )
    (tmp_path / "plan.toml").write_text(
        'patient = "me.toml"\nyears = 1\n[arms]\nnone = "none"\n'
        'letrozole = "letrozole 2.5 mg po qd"\n'
    )
    done = osteoaxis("run", "plan.toml", "-o", "out/deep", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "deep" / "report.html").stat().st_size > 10_000


def test_compare_and_run_a_published_model(tmp_path: Path) -> None:
    done = osteoaxis("compare", "denosumab-stop", "--model", "joerg-2022", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "joerg-2022: denosumab" in done.stdout
    assert "cannot" in done.stdout
    folder = tmp_path / "compare" / "denosumab-stop"
    assert {path.name for path in folder.iterdir()} == {
        "comparison.png",
        "comparison.svg",
        "comparison.json",
    }
    done = osteoaxis(
        "run", "pth-infusion", "--model", "lemaire-2004", "--json", "-o", "out", folder=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["model"] == "lemaire-2004"
    assert (tmp_path / "out" / "states.png").stat().st_size > 10_000


STRATEGIES = """
years = 3
[patient]
age = 65
menopause_age = 50
[arms]
bare = "letrozole 2.5 mg po qd"
stopped = "letrozole 2.5 mg po qd + denosumab 60 mg sc q6mo [m0-m12]"
exit = "letrozole 2.5 mg po qd + denosumab 60 mg sc q6mo [m0-m12] + zoledronate 4 mg iv once [m12]"
[optimise]
base = "letrozole 2.5 mg po qd"
objectives = ["maximise total_hip_bmd_change_end", "minimise bone_drug_months"]
constraints = ["not denosumab_without_exit"]
[[optimise.steps]]
drugs = ["none", "denosumab 60 mg sc q6mo"]
start = [0, 6]
months = [6, 12]
[[optimise.steps]]
drugs = ["none", "zoledronate 4 mg iv q12mo"]
gap = [6]
doses = [1]
"""


def test_compare_puts_the_arms_side_by_side(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(STRATEGIES)
    done = osteoaxis("compare", "mine.toml", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Denosumab without an exit" in done.stdout
    assert "not a medical device" in done.stdout
    folder = tmp_path / "compare" / "mine"
    endings = ("md", "csv", "json", "png", "svg")
    assert {path.name for path in folder.iterdir()} == {f"strategies.{e}" for e in endings}
    done = osteoaxis("compare", "mine.toml", "--json", folder=tmp_path)
    found = json.loads(done.stdout)
    assert found == json.loads((folder / "strategies.json").read_text())
    assert found["reference"] == "bare"
    assert set(found["arms"]) == {"bare", "stopped", "exit"}
    loss = "lumbar_spine_loss_after_stopping"
    stopped, exit_ = (found["arms"][arm]["metrics"] for arm in ("stopped", "exit"))
    assert stopped["denosumab_doses"] == exit_["denosumab_doses"] == 2
    assert stopped["denosumab_without_exit"] == 1
    assert exit_["denosumab_without_exit"] == 0
    assert exit_[loss] < stopped[loss]
    assert loss not in found["arms"]["bare"]["metrics"]
    for arm in found["arms"].values():
        limits = ("_low", "_high")
        assert {n for n in arm["metrics"] if not n.endswith(limits)} <= set(found["metrics"])
    table = (folder / "strategies.csv").read_text().splitlines()
    assert table[0] == "metric,group,meaning,unit,bare,stopped,exit"


def test_optimise_end_to_end(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(STRATEGIES)
    done = osteoaxis("optimise", "mine.toml", "--trials", "64", "--seed", "2", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "every strategy of this space" in done.stdout
    folder = tmp_path / "optimise" / "mine"
    found = json.loads((folder / "front.json").read_text())
    assert (folder / "front.png").stat().st_size > 10_000
    assert found["complete"]
    assert all(entry["confirmed"] for entry in found["front"])
    assert found["front"][0]["added"] == "nothing added" or found["front"][-1]["metrics"]
    again = ("optimise", "mine.toml", "--trials", "64", "--seed", "2", "--json", "--resume")
    done = osteoaxis(*again, folder=tmp_path)
    assert json.loads(done.stdout) == found


def test_an_impossible_constraint_leaves_nothing_behind(tmp_path: Path) -> None:
    text = STRATEGIES.replace("not denosumab_without_exit", "lowest_t_score > 9")
    (tmp_path / "mine.toml").write_text(text)
    done = osteoaxis("optimise", "mine.toml", "--trials", "64", folder=tmp_path)
    assert done.returncode == 2
    assert "'lowest_t_score > 9' was met by 0" in " ".join(done.stderr.split())
    assert [path.name for path in tmp_path.iterdir()] == ["mine.toml"]


@pytest.mark.parametrize(
    "kind", ["drugs", "scenarios", "patients", "quantities", "parameters", "models", "metrics"]
)
def test_list(kind: str, tmp_path: Path) -> None:
    done = osteoaxis("list", kind, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    expected = {
        "drugs": "anastrozole",
        "scenarios": "denosumab-stop",
        "patients": "older-man",
        "quantities": "ctx_change",
        "parameters": "rankl.k_rankl",
        "models": "10.7554/eLife.76228",
        "metrics": "zoledronate_doses",
    }
    assert expected[kind] in done.stdout


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("rankl", "d(rankl)/dt"),
        ("resorption_rate", "resorption_rate ="),
        ("rankl.k_rankl", "plausible range"),
        ("k_rankl", "rankl.k_rankl"),
        ("lumbar_spine_t_score", "1.047"),
        ("ctx_change", "100 *"),
        ("hip_fracture_incidence", "people with a hip fracture\n  follows from the run"),
        ("anastrozole", "    inhibits aromatase\n      anastrozole.aromatase_inhibits_IC50 = "),
        ("arimidex", "anastrozole   (drug, aromatase inhibitor)"),
        ("estradiol", "estradiol   (drug, estrogen)"),
        ("estradiol", "d(estradiol)/dt"),
        ("omega3", "acts: on nothing of the model"),
        ("komarova-2003", "  scenarios:\n    single-cycle: One remodelling cycle"),
        ("lemaire-2004", "osteoaxis run --model lemaire-2004 "),
    ],
)
def test_show(name: str, expected: str, tmp_path: Path) -> None:
    done = osteoaxis("show", name, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert expected in done.stdout


def test_show_says_what_the_data_say_of_a_fitted_parameter(tmp_path: Path) -> None:
    shown = osteoaxis("show", "steroids.aromatase_independent", folder=tmp_path).stdout
    assert re.search(r"fitted: joint fit \(\d+ studies\); before the fit: ", shown)
    assert "ARNO" not in shown
    found = re.findall(
        r"^  (in men )?([a-z ]+): 90 % before the fit \S+ to \S+, after", shown, re.M
    )
    assert [men for men, _ in found] == ["", "in men "]
    assert all(verdict in VERDICTS for _, verdict in found)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["run", "anastrozole-women"], "Did you mean 'anastrozole-woman'"),
        (["run", "missing.toml"], "missing.toml: cannot be read"),
        (["run", "binary.toml"], "binary.toml: is not a text file"),
        (["run", "empty.toml"], "empty.toml"),
        (["run", "folder.toml"], "is a folder"),
        (["run", "denosumab-stop", "--years", "-1"], "--years: -1 is outside"),
        (["run", "denosumab-stop", "--years", "nan"], "--years: must be a number"),
        (["run", "denosumab-stop", "-o", "file"], "output folder 'file': is a file"),
        (["run", "denosumab-stop", "-o", "file/deep"], "output folder"),
        (["run", "denosumab-stop", "--drugs", "nowhere"], "drugs folder 'nowhere'"),
        (["run", "menopause", "--model", "joerg"], "Did you mean 'joerg-2022'"),
        (["run", "pth", "--model", "lemaire-2004"], "Its own: baseline"),
        (["compare", "menopause", "--model", "lemaire-2004"], "knows no patients"),
        (["compare", "menopause", "--model", "joerg-2022", "--models"], "give one of them"),
        (["compare", "denosumab-stop", "-o", "file"], "output folder 'file': is a file"),
        (["optimise", "anastrozole-woman"], "has no [optimise] table"),
        (["optimise", "bone-protection", "--trials", "0"], "--trials"),
        (["optimise", "bone-protection", "--resume", "-o", "gone"], "front.json: cannot be read"),
        (
            ["guidelines", "older-man", "--regimen", "letrozol 1 mg po qd"],
            "--regimen: unknown drug",
        ),
        (["population", "older-men", "--regimen", "zzz"], "--regimen: regimen term 'zzz'"),
        (["sensitivity", "anastrozole-woman", "--samples", "1000000"], "--samples"),
        (["show", "rankll"], "Did you mean 'rankl'"),
        (["list", "drug"], "drug"),
        (["run"], "Missing argument"),
        (["run", "--model", "nosuch"], "--model nosuch: a published model runs a scenario"),
    ],
)
def test_bad_input_is_one_message_and_exit_code_2(
    args: list[str], message: str, tmp_path: Path
) -> None:
    (tmp_path / "binary.toml").write_bytes(b"\xff\x00\xfe")
    (tmp_path / "empty.toml").write_text("")
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "file").write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    done = osteoaxis(*args, folder=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_an_unwritable_folder_is_refused_before_anything_runs(tmp_path: Path) -> None:
    done = osteoaxis("run", "denosumab-stop", "-o", "/proc/osteoaxis", folder=tmp_path)
    assert done.returncode == 2
    assert "/proc" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_solver_failure_is_exit_code_3_and_keeps_the_other_arms(tmp_path: Path) -> None:
    (tmp_path / "hard.toml").write_text(
        "years = 1\n[patient]\nage = 60\n"
        "[patient.parameters.osteoblasts]\nsclerostin_reference = 0\n"
        '[arms]\nnone = "none"\n'
    )
    done = osteoaxis("run", "hard.toml", folder=tmp_path)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "patient 'hard'" in done.stderr
    assert "Traceback" not in done.stderr


def test_version_and_help(tmp_path: Path) -> None:
    assert "osteoaxis 0.1" in osteoaxis("--version", folder=tmp_path).stdout
    text = osteoaxis("--help", folder=tmp_path).stdout
    assert "not a medical device" in text
    assert "run" in text


def test_steady_input_is_said(tmp_path: Path) -> None:
    done = osteoaxis("run", "anastrozole-woman", "--years", "1", "--dosing", "average", "-o", "out",
                     folder=tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "steady input" in done.stdout
    assert "dosing average" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_help_keeps_what_stands_in_brackets() -> None:
    """Defaults and regimens in brackets were taken for markup and left out."""

    def walk(command: Any, path: list[str]) -> None:
        texts = [command.help or "", *(getattr(p, "help", "") or "" for p in command.params)]
        shown = CliRunner().invoke(app, [*path, "--help"]).output
        told = "".join(Text.from_ansi(shown).plain.replace("│", "").split())
        for text in texts:
            for piece in re.findall(r"\[[^]]*\]", text):
                assert "".join(piece.split()) in told, (path, piece)
                found.append(piece)
        for name, child in getattr(command, "commands", {}).items():
            walk(child, [*path, name])

    found: list[str] = []
    walk(typer.main.get_command(app), [])
    assert len(found) > 5


def test_where_the_model_is_known_to_be_off_is_told(tmp_path: Path) -> None:
    done = osteoaxis("run", "testosterone-anastrozole", "--years", "1", "-o", "out",
                     folder=tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Known to be off: Do not read testosterone on injections" in " ".join(
        done.stdout.split()
    )
    told = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert any("injections" in text for text in told["treatment"]["testosterone"]["limits"])


def test_brackets_of_a_title_are_printed(tmp_path: Path) -> None:
    """They were read as markup: one was lost, a closing one ended the run in a traceback."""
    file = tmp_path / "s.toml"
    file.write_text(
        'title = "Mary [/b] [draft]"\nyears = 0.5\npatient = "healthy-postmenopausal"\n'
        '[arms]\nnone = "none"\ndrug = "letrozole 2.5 mg po qd"\n',
        encoding="utf-8",
    )
    done = CliRunner().invoke(app, ["run", str(file), "-o", str(tmp_path / "out")])
    assert done.exit_code == 0
    assert "Mary [/b] [draft]" in done.output
    assert (tmp_path / "out" / "report.html").exists()
