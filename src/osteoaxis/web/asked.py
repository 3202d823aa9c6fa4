"""What a request may ask for: its fields and their limits."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from osteoaxis.dosing import Dosing
from osteoaxis.errors import did_you_mean
from osteoaxis.intervals import SETS
from osteoaxis.pharmacology.regimen import MAX_TEXT
from osteoaxis.present.pathway_map import NODES
from osteoaxis.simulation import MAX_YEARS

MOST_BYTES = 256 * 1024
MOST_DEPTH = 12
"""Levels of JSON inside each other."""
MOST_STRATEGIES = 4
STEPS = (0.25, 12.0)  # months
MOST_QUANTITIES = 400
MOST_POINTS = 250_000
"""Of one answer: times x quantities x strategies."""
MOST_YEARS_OF_PEOPLE = 20.0

SITES = ("lumbar_spine", "total_hip", "femoral_neck")
USUAL = tuple(
    dict.fromkeys(
        (
            "estradiol", "testosterone", "tnf_alpha", "il1", "il6", "rankl", "opg",
            "rankl_opg_ratio", "osteoclasts", "osteoblasts", "resorption_rate", "formation_rate",
            "ctx", "p1np", *(f"{site}_bmd" for site in SITES),
            *(f"{site}_t_score" for site in SITES),
            *(f"{kind}_fracture_incidence" for kind in ("vertebral", "hip", "other", "any")),
            "arthralgia_probability", *NODES,
        )
    )
)  # fmt: skip
"""What is answered where a request names no quantities: what the explorer draws."""

LONGEST_NAME = 100
Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
Site = Literal["lumbar_spine", "total_hip", "femoral_neck"]
Device = Literal["hologic", "lunar", "norland"]
Test = Literal["estradiol", "testosterone", "vitamin_d", "ctx", "p1np", "bsap", "ntx"]


def _number_of_sets(given: Any) -> Any:
    """Return the number of sets; `false` is none."""
    return 0 if given is False else given


Sets = Annotated[
    Annotated[int, Field(ge=0, le=SETS)],
    BeforeValidator(
        _number_of_sets,
        json_schema_input_type=Literal[False] | Annotated[int, Field(ge=0, le=SETS)],
    ),
]


Strategies = Annotated[
    dict[Name, Text],
    Field(
        min_length=1,
        max_length=MOST_STRATEGIES,
        examples=[{"none": "none", "letrozole": "letrozole 2.5 mg po qd [y0-y5]"}],
    ),
]


class Asked(BaseModel):
    """A request; a field it has not is refused with the near matches."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _known(cls, given: Any) -> Any:
        for name in given if isinstance(given, dict) else ():
            if name not in cls.model_fields:
                near = did_you_mean(name, cls.model_fields) if len(name) < LONGEST_NAME else ""
                told = f"unknown field '{name[:LONGEST_NAME]}'.{near}"
                allowed = f" Allowed: {', '.join(cls.model_fields)}."
                raise PydanticCustomError("unknown_field", "{told}", {"told": told + allowed})
        return given


class Who(Asked):
    """Who is simulated, and chance."""

    patient: Name | dict[str, Any] = Field(
        "postmenopausal-breast-cancer",
        description="The name of a preset, or a table with the keys of a patient's TOML file.",
    )
    seed: int = Field(
        1, ge=0, le=2**32 - 1, description="Of chance, where rules of a regimen leave doses to it."
    )


class Course(Who):
    """Who is simulated, how long, and what of it is wanted."""

    years: float = Field(5.0, gt=0, le=MAX_YEARS)
    step: float = Field(1.0, ge=STEPS[0], le=STEPS[1], description="Months between the times.")
    quantities: list[Name] = Field(
        list(USUAL), min_length=1, max_length=MOST_QUANTITIES, description="See /api/catalogue."
    )
    intervals: Sets = Field(
        0, description="Sets of the ensemble the 90 % limits are made of; 0 or false: none."
    )
    dosing: Dosing = Field(
        "average",
        description="Every dose as it is given ('events'), or drugs swallowed at least daily as a "
        "steady input.",
    )


class Simulation(Course):
    """One patient on one regimen."""

    regimen: Text = Field("none", examples=["letrozole 2.5 mg po qd [y0-y5]"])


class Comparison(Course):
    """One patient on several regimens."""

    strategies: Strategies


class People(Who):
    """People like one patient on several regimens; `seed` draws them, too."""

    years: float = Field(5.0, gt=0, le=MOST_YEARS_OF_PEOPLE)
    step: float = Field(3.0, ge=1.0, le=STEPS[1], description="Months between the times.")
    strategies: Strategies


class Forecast(Asked):
    """One person's own results."""

    person: dict[str, Any] = Field(
        description="A table with the keys of a person's TOML file (docs/forecast.md); dates as "
        "text, such as 2024-03-31.",
        examples=[
            {
                "today": "2026-06-01",
                "person": {"sex": "female", "born": 1961, "menopause_age": 50},
                "taken": [{"drug": "letrozole 2.5 mg po qd", "from": "2023-03-01"}],
                "density": [
                    {
                        "date": "2023-02-20",
                        "site": "lumbar_spine",
                        "t_score": -0.9,
                        "device": "hologic",
                    }
                ],
                "sample": [{"date": "2025-02-25", "ctx": "0.61 ng/mL"}],
            }
        ],
    )
    seed: int = Field(1, ge=0, le=2**32 - 1, description="Equal seeds give equal answers.")


class Scans(Asked):
    """Two bone scans: is the change real?"""

    kind: Literal["scans"]
    site: Site
    before: float = Field(examples=[0.95])
    after: float = Field(examples=[0.93])
    unit: Literal["g/cm2", "T-score"] = Field("g/cm2", description="Of both.")
    sex: Literal["female", "male"] | None = Field(None, description="Needed for T-scores.")
    device: Device = "hologic"
    device_after: Device | None = Field(None, description="Where it is another one.")
    precision: float | None = Field(
        None, description="Precision error of the centre, percent; none: the largest accepted."
    )


class Scan(Asked):
    """One bone scan: what would another machine give?"""

    kind: Literal["scan"]
    site: Site
    value: float = Field(description="g/cm2", examples=[0.95])
    device: Device
    sex: Literal["female", "male"]


class Level(Asked):
    """One blood or urine test: what is it in other units, and is a change of a marker real?"""

    kind: Literal["level"]
    test: Test
    value: float = Field(examples=[0.4])
    unit: Name = Field(description="See `measurable` of /api/catalogue.", examples=["ng/mL"])
    later: float | None = Field(None, description="A later value, of a marker of turnover.")


Check = Annotated[Scans | Scan | Level, Field(discriminator="kind")]
