"""Make `src/osteoaxis/evidence/studies` from the tables we were handed and from what was re-read.

    python tools/build_evidence.py ../shared/evidence

`tools/evidence/reread.csv` replaces or adds rows: numbers somebody read in a public source, with
the place. `tools/evidence/baselines.csv` holds what was read of people at entry, and the calcium
and vitamin D that all of them were given. `tools/evidence/arms.toml` says what an arm was given
where the words of the table do not.
"""

from __future__ import annotations

import csv
import json
import sys
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from osteoaxis.evidence import population, treatment
from osteoaxis.evidence.row import COLUMNS, parse
from osteoaxis.evidence.study import STUDIES
from osteoaxis.patient import Patient
from osteoaxis.simulation import simulator

HERE = Path(__file__).parent / "evidence"
KEYS = ("study_id", "arm", "endpoint", "time_months", "statistic")
HEADER = ("study_id", "population")
KEPT = tuple(column for column in COLUMNS if column not in HEADER)
LEVELS = {
    "estradiol_pg_ml": "estradiol",
    "testosterone_ng_dl": "testosterone",
    "vitamin_d_ng_ml": "vitamin_d",
}
ALWAYS = 100.0
APART = {"Z/ZO-FAST-integrated": "Z/ZO-FAST-density"}
"""Studies whose density, of patients of a validation study too, has a role of its own."""


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [{k: (v or "").strip() for k, v in row.items() if k} for row in csv.DictReader(file)]


def key(row: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{float(row[k]):g}" if k == "time_months" else row[k] for k in KEYS)


def reread(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return rows with what was read in place of what was recalled, and further rows.

    Where a recalled and a read row have one key, the recalled one is replaced.
    """
    found = table(HERE / "reread.csv")
    recalled = {key(row) for row in rows if row["source_quality"] == "memory"}
    # one reading replaces one recalled row; rows of one key keep their order
    better: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for row in found:
        if row["is_new"] != "1":
            better.setdefault(key(row), []).append(row)
    result = []
    for row in rows:
        ours = row["source_quality"] == "memory" or key(row) not in recalled
        if ours and better.get(key(row)):
            read = better[key(row)].pop(0)
            row = row | {k: v for k, v in read.items() if k in row and (v or k in ("low", "high"))}
        result.append(row)
    unused = [k for k, left in better.items() if left]
    if unused:
        sys.exit(f"reread.csv: no row for {unused}")
    return result + [{c: row.get(c, "") for c in COLUMNS} for row in found if row["is_new"] == "1"]


def stated(person: Patient, read: Mapping[str, str]) -> Patient:
    """Return the person with what was read about the study at its start."""

    def number(name: str) -> float | None:
        return float(read[name]) if read.get(name) else None

    scores = {s: v for s in ("lumbar_spine", "total_hip", "femoral_neck")
              if (v := number(f"t_{s}")) is not None}  # fmt: skip
    if scores:
        rest = {s: v for s, v in person.t_scores.items() if s not in scores}
        person = replace(person, t_scores={**rest, **scores})
    if (age := number("age")) is not None:
        after = person.age - (person.menopause_age or 0.0)
        menopause = person.menopause_age
        if menopause is not None and menopause - person.age >= 5.0:
            # Well before menopause: a younger age read does not bring menopause nearer.
            menopause = max(51.0, age + 5.0)
        elif menopause is not None and menopause > person.age:
            menopause = min(age - after, 62.0)
        person = replace(person, age=max(age, 20.0), menopause_age=menopause)
    if (since := number("years_since_menopause")) is not None and not person.male:
        person = replace(person, menopause_age=min(max(person.age - since, 25.0), 62.0))
    if (mass := number("bmi")) is not None:
        person = replace(person, body_mass_index=mass)
    levels = {name: v for column, name in LEVELS.items() if (v := number(column)) is not None}
    if levels:
        person = replace(person, baseline={**person.baseline, **levels})
    if number("prior_vertebral_fracture_pct") == ALWAYS:
        person = replace(person, history={**person.history, "vertebral_fracture": True})
    if (count := number("mean_vertebral_fractures")) is not None:
        person = replace(person, history={**person.history, "vertebral_fractures": count})
    return person


def beside(read: Mapping[str, str]) -> str:
    """Return the supplements that all of a study were given, empty if none were read."""
    terms = (("calcium_mg", "calcium {} mg"), ("vitamin_d_IU", "vitamin_d3 {} IU"))
    return " + ".join(f"{words} po qd [m0-]".format(read[c]) for c, words in terms if read.get(c))


def earlier_fractures(read: Mapping[str, str]) -> list[str]:
    """Return the line for a share of people with an earlier vertebral fracture, if one was read."""
    percent = read.get("prior_vertebral_fracture_pct", "")
    if not percent or float(percent) == ALWAYS:
        return []
    return [f"earlier_vertebral_fracture_percent = {float(percent):g}"]


def toml_of(person: Patient, heading: str) -> list[str]:
    lines = [f"[{heading}]", f'sex = "{person.sex}"', f"age = {person.age:g}"]
    if person.menopause_age is not None:
        lines.append(f"menopause_age = {person.menopause_age:g}")
    lines.append(f"body_mass_index = {person.body_mass_index:g}")
    for name in ("history", "baseline", "t_scores"):
        values = getattr(person, name)
        if values:
            inside = ", ".join(f"{k} = {json.dumps(v)}" for k, v in values.items())
            lines.append(f"{name} = {{ {inside} }}")
    for full, value in person.parameters.items():
        process, _, name = full.partition(".")
        lines.append(f"parameters.{process}.{name} = {value:g}")
    return lines


def main(folder: Path) -> None:
    rows = table(folder / "women_trials.csv") + table(folder / "men_trials.csv")
    rows = reread([{c: row.get(c, "") for c in COLUMNS} for row in rows])
    for row in rows:  # a dot after the host, in some addresses we were handed
        row["source_url"] = row["source_url"].replace(".nih.gov./", ".nih.gov/")
    for row in rows:
        if row["study_id"] in APART and row["endpoint"].endswith("_bmd"):
            row["study_id"] = APART[row["study_id"]]
    roles = {row["study_id"]: row for row in table(folder / "splits.csv")}
    ours = table(HERE / "roles.csv")
    if twice := [name for name, n in Counter(row["study_id"] for row in ours).items() if n > 1]:
        sys.exit(f"roles.csv: more than one role for {', '.join(twice)}")
    roles |= {row["study_id"]: row for row in ours}
    baselines = {(row["study_id"], row["arm"]): row for row in table(HERE / "baselines.csv")}
    special = tomllib.loads((HERE / "arms.toml").read_text(encoding="utf-8"))
    ready = simulator()
    for old in STUDIES.glob("*"):
        old.unlink()
    for study_id in dict.fromkeys(row["study_id"] for row in rows):
        own = [row for row in rows if row["study_id"] == study_id]
        head, role = own[0], roles[study_id]
        people: dict[str, Patient] = {}
        arms: dict[str, str] = dict(special.get(study_id, {}))
        given: dict[str, set[str]] = {}

        def entry(arm: str, study_id: str = study_id) -> dict[str, str]:
            return baselines.get((study_id, arm), baselines.get((study_id, ""), {}))

        for row in own:
            where = f"{study_id}: {row['arm']}"
            parse(row, where)
            person = population.patient(row["population"], row["arm"], row["note"])
            if "fmp" not in row["note"].lower():
                person = stated(person, entry(row["arm"]))
            people.setdefault(row["arm"], person)
            given.setdefault(row["arm"], set()).add(row["treatment"])
        for arm, texts in given.items():
            if arm not in arms and len(texts) > 1:
                continue
            extra = beside(entry(arm)) or treatment.beside(head["population"])
            try:
                text = arms.get(arm, min(texts))
                arms[arm] = " vs ".join(map(str, treatment.regimens(text, ready, extra=extra)))
            except treatment.NotExecutable:
                continue
        common = max(people.values(), key=list(people.values()).count)
        lines = [
            "# made by tools/build_evidence.py; do not edit",
            f"id = {json.dumps(study_id)}",
            f"title = {json.dumps(head['citation'], ensure_ascii=False)}",
            f"population = {json.dumps(head['population'], ensure_ascii=False)}",
            f"role = {json.dumps(role['role'])}",
            f"reason = {json.dumps(role['reason'])}",
            *earlier_fractures(entry("")),
            "",
            *toml_of(common, "patient"),
        ]
        varied = any("fmp" in row["note"].lower() for row in own)
        if varied:  # time zero differs by row: the words of each row decide
            lines = lines[: lines.index("")]
        else:
            for arm, person in people.items():
                if person != common:
                    lines += ["", *toml_of(person, f"patients.{json.dumps(arm)}")]
        if arms:
            lines += ["", "[arms]"]
            lines += [f"{json.dumps(a)} = {json.dumps(t)}" for a, t in arms.items()]
        name = study_id.replace("/", "-")
        (STUDIES / f"{name}.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        differs = any(row["population"] != head["population"] for row in own)
        columns = (*(("population",) if differs else ()), *KEPT)
        with (STUDIES / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            for row in own:
                same = row["population"] == head["population"]
                writer.writerow(row | ({"population": ""} if same else {}))
    print(f"{len(roles)} roles, {len(rows)} rows, {len(list(STUDIES.glob('*.toml')))} studies")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
