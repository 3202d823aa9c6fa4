"""Who is simulated: sex, age, menopause, body mass, and what was measured at time zero."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from osteoaxis import toml
from osteoaxis.errors import InputError, did_you_mean

PRESETS = Path(__file__).parent / "presets" / "patients"
SEXES = ("female", "male")
ETHNICITIES = ("white", "black", "mexican_american")
"""Those for which Z-scores were published; without one, the White or whole population is meant."""
SITES = ("lumbar_spine", "total_hip", "femoral_neck")
_KEYS = (
    "name", "summary", "sex", "age", "menopause_age", "body_mass_index", "ethnicity", "history",
    "baseline", "t_scores", "parameters",
)  # fmt: skip

HISTORY: dict[str, str] = {
    "vertebral_fracture": "a vertebral fracture before the start",
    "hip_fracture": "a hip fracture before the start",
    "other_fracture": "another fragility fracture before the start",
    "parent_hip_fracture": "a parent broke a hip",
    "glucocorticoids": "glucocorticoids by mouth for three months or more",
    "smoking": "smokes now",
    "alcohol": "three or more units of alcohol a day",
    "rheumatoid_arthritis": "rheumatoid arthritis",
    "falls": "a fall in the last year",
    "breast_cancer": "breast cancer",
    "chemotherapy": "chemotherapy before the start",
    "hormone_therapy": "menopausal hormone therapy until shortly before the start",
    "dental_surgery": "dental surgery is planned",
}
"""What may be true of a person, yes or no."""
HISTORY_NUMBERS: dict[str, tuple[float, float, str]] = {
    "years_since_fracture": (0.0, 80.0, "years"),
    "vertebral_fractures": (1.0, 17.0, "vertebral fractures before the start"),
    "frax_major": (0.0, 100.0, "percent"),
    "frax_hip": (0.0, 100.0, "percent"),
    "creatinine_clearance": (5.0, 250.0, "mL/min"),
}
"""Numbers of a person's history: widest value taken and unit; FRAX is typed in, never computed."""

NUMBERS: dict[str, tuple[float, float, str]] = {
    "age": (20.0, 100.0, "years"),
    "body_mass_index": (14.0, 60.0, "kg/m2"),
    "menopause_age": (25.0, 62.0, "years"),
}
"""Widest values taken of a person, and unit."""
T_SCORE = (-6.0, 6.0, "(T-score)")
"""Widest T-score taken."""

# Widest level at time zero that is taken, by quantity: (low, high, unit).
MEASURABLE: dict[str, tuple[float, float, str]] = {
    "testosterone": (1.0, 3000.0, "ng/dL"),
    "androstenedione": (5.0, 1000.0, "ng/dL"),
    "estrone": (1.0, 500.0, "pg/mL"),
    "estradiol": (0.1, 1000.0, "pg/mL"),
    "estrone_sulfate": (5.0, 10000.0, "pg/mL"),
    "shbg": (3.0, 300.0, "nmol/L"),
    "lh": (0.1, 150.0, "IU/L"),
    "fsh": (0.1, 250.0, "IU/L"),
    "tnf_alpha": (0.05, 100.0, "pg/mL"),
    "il1": (0.01, 100.0, "pg/mL"),
    "il6": (0.05, 200.0, "pg/mL"),
    "sclerostin": (1.0, 300.0, "pmol/L"),
    "vitamin_d": (2.0, 150.0, "ng/mL"),
    "pth": (3.0, 1000.0, "pg/mL"),
    "egfr": (5.0, 150.0, "mL/min for 1.73 m2"),
    "ctx": (0.02, 3.0, "ng/mL"),
    "ntx": (2.0, 300.0, "nmol/mmol"),
    "p1np": (2.0, 500.0, "ng/mL"),
    "bsap": (1.0, 150.0, "ug/L"),
}
MOLAR_MASS = {"testosterone": 288.42, "estradiol": 272.38, "estrone": 270.37, "vitamin_d": 400.64}
"""Grams per mole, from the formulas; vitamin D is 25-hydroxyvitamin D3."""
UNITS: dict[str, tuple[str, ...]] = {
    "estradiol": ("pg/mL", "pmol/L"),
    "testosterone": ("ng/dL", "nmol/L", "ng/mL"),
    "vitamin_d": ("ng/mL", "nmol/L"),
    "ctx": ("ng/mL", "pg/mL", "ng/L"),
    "p1np": ("ng/mL", "ug/L"),
    "bsap": ("ug/L", "ng/mL"),
    "ntx": ("nmol/mmol",),
}
"""Units in which laboratories give a test, the model's own first."""


@dataclass(frozen=True)
class Patient:
    """A virtual person.

    `history` holds what is known of the past, see `HISTORY` and `HISTORY_NUMBERS`; what is not
    given is unknown. `baseline` holds levels at time zero without the medicines of a regimen, in
    the units of `MEASURABLE`; `t_scores` T-scores at time zero by site, also after medicines taken
    before it; `parameters` replaces parameters of the model. What
    is not given follows from sex, age and menopause. Raises `InputError` for anything impossible.
    """

    name: str = "patient"
    sex: str = "female"
    age: float = 60.0
    menopause_age: float | None = None
    body_mass_index: float = 27.0
    ethnicity: str | None = None
    history: Mapping[str, float | bool] = field(default_factory=dict)
    baseline: Mapping[str, float] = field(default_factory=dict)
    t_scores: Mapping[str, float] = field(default_factory=dict)
    parameters: Mapping[str, float] = field(default_factory=dict)
    summary: str = ""

    def __post_init__(self) -> None:
        where = f"patient '{self.name}'"
        toml.one_of(self.sex, SEXES, f"{where}: sex")
        if self.menopause_age is not None and self.male:
            raise InputError(f"{where}: menopause_age is given for a man.")
        for key, limits in NUMBERS.items():
            value = getattr(self, key)
            if key != "menopause_age" or value is not None:
                toml.number(value, *limits, f"{where}: {key}")
        if self.ethnicity is not None:
            toml.one_of(self.ethnicity, ETHNICITIES, f"{where}: ethnicity")
        for key, given in self.history.items():
            toml.one_of(key, (*HISTORY, *HISTORY_NUMBERS), f"{where}: history")
            if key in HISTORY and not isinstance(given, bool):
                raise InputError(f"{where}: history.{key}: must be true or false, not {given!r}.")
            if key in HISTORY_NUMBERS:
                toml.number(given, *HISTORY_NUMBERS[key], f"{where}: history.{key}")
        if "vertebral_fractures" in self.history:
            if self.history.get("vertebral_fracture") is False:
                raise InputError(
                    f"{where}: history: vertebral_fractures is given, vertebral_fracture false."
                )
            implied = {**self.history, "vertebral_fracture": True}
            object.__setattr__(self, "history", implied)
        self._contradictions(where)
        for key, value in self.baseline.items():
            if key not in MEASURABLE:
                raise InputError(
                    f"{where}: baseline.{key}: unknown quantity.{did_you_mean(key, MEASURABLE)}"
                    f" Allowed: {', '.join(MEASURABLE)}."
                )
            toml.number(value, *MEASURABLE[key], f"{where}: baseline.{key}")
        for site, value in self.t_scores.items():
            toml.one_of(site, SITES, f"{where}: t_scores")
            toml.number(value, *T_SCORE, f"{where}: t_scores.{site}")
        for full, value in self.parameters.items():
            toml.number(value, -1e12, 1e12, "", f"{where}: parameters.{full}")

    def _contradictions(self, where: str) -> None:
        """Raise `InputError` where the history contradicts itself or the age."""
        had = self.history
        since = had.get("years_since_fracture")
        if since is not None and since > self.age:
            raise InputError(
                f"{where}: history.years_since_fracture: {since:g} given; the age is {self.age:g}."
            )
        kinds = ("vertebral_fracture", "hip_fracture", "other_fracture")
        if since is not None and all(had.get(kind) is False for kind in kinds):
            raise InputError(
                f"{where}: history: years_since_fracture is given, every fracture is false."
            )
        hip, major = had.get("frax_hip"), had.get("frax_major")
        if hip is not None and major is not None and hip > major:
            raise InputError(
                f"{where}: history.frax_hip: {hip:g} given; it is part of frax_major, {major:g}."
            )

    @property
    def male(self) -> bool:
        """Whether values for men apply."""
        return self.sex == "male"

    @classmethod
    def from_table(cls, table: Mapping[str, Any], where: str) -> Patient:
        """Make a patient of a TOML table; `where` names its file in errors."""
        toml.known_keys(table, _KEYS, where)
        parameters = dict(_flat(toml.sub_table(table, "parameters", where), where))
        given = {key: table[key] for key in _KEYS if key in table and key != "parameters"}
        for key in ("name", "summary"):
            if key in given:
                given[key] = toml.text(given[key], f"{where}: {key}")
        for key in ("history", "baseline", "t_scores"):
            given[key] = toml.sub_table(table, key, where)
        try:
            return cls(**given, parameters=parameters)
        except InputError as problem:
            name = given.get("name", cls.name)
            told = str(problem).removeprefix(f"patient '{name}': ")
            raise InputError(f"{where}: {told}") from problem

    @classmethod
    def load(cls, name: str) -> Patient:
        """Return the preset called `name`, or the patient of a TOML file of that path.

        Raises `InputError` for an unknown preset or a faulty file.
        """
        path, where = toml.find("patient", name, presets())
        table = toml.read(path)
        if not table:
            raise InputError(f"{where}: is empty; give at least sex and age.")
        table.setdefault("name", path.stem)
        return cls.from_table(table, where)


def _flat(parameters: Mapping[str, Any], where: str) -> Iterable[tuple[str, Any]]:
    """Return parameters by full name, however they were written."""
    for key, value in parameters.items():
        if isinstance(value, Mapping):
            yield from ((f"{key}.{name}", inner) for name, inner in value.items())
        elif "." in key:
            yield key, value
        else:
            raise InputError(
                f"{where}: parameters.{key}: write 'process.name', such as "
                f"\"rankl.rankl_il1\" = 0.4 (see 'osteoaxis list parameters')."
            )


def presets() -> dict[str, Path]:
    """Return the file of each built-in patient by name."""
    return {path.stem: path for path in sorted(PRESETS.glob("*.toml"))}
