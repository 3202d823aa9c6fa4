"""What a page needs to build itself: patients, drugs, scenarios, quantities, the map, limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from osteoaxis import forecast, outcomes, toml
from osteoaxis import patient as patients
from osteoaxis.intervals import SETS
from osteoaxis.outcomes import markers
from osteoaxis.patient import Patient, presets
from osteoaxis.pharmacology.drug import ROUTES
from osteoaxis.pharmacology.regimen import MAX_TEXT, Regimen
from osteoaxis.present import pathway_map
from osteoaxis.present.asked import signs
from osteoaxis.scenario import scenarios
from osteoaxis.simulation import MAX_YEARS, Simulator, month_grid
from osteoaxis.web import asked

Answer = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Catalogue:
    """The simulator and everything there is to choose from, as plain data."""

    ready: Simulator

    @cached_property
    def quantities(self) -> Mapping[str, Answer]:
        """Unit, meaning and process (of outcomes: module) of everything a run returns, by name."""
        ready, person = self.ready, Patient()
        data = ready.run(ready.start(person), Regimen(), month_grid(1 / 12))
        home = {
            name: outcome.__name__.rpartition(".")[2]
            for outcome in outcomes.OUTCOMES
            for name in outcome.add(data, person)
        } | dict(ready.model.home)
        return {
            str(name): {
                "unit": column.attrs["unit"],
                "meaning": column.attrs["long_name"],
                "process": home[str(name)],
            }
            for name, column in data.data_vars.items()
        }

    @cached_property
    def table(self) -> Answer:
        """All of it."""
        return {
            "patients": [_titled(name, toml.read(path)) for name, path in presets().items()],
            "persons": [
                {"name": name, "title": table["title"], "table": table}
                for name, table in ((n, toml.read(path)) for n, path in forecast.persons().items())
            ],
            "drugs": [
                {
                    "name": drug.name,
                    "class": drug.group,
                    "summary": drug.summary,
                    "synonyms": list(drug.synonyms),
                    "routes": {route: ROUTES[route] for route in drug.routes},
                    "typical": drug.typical,
                }
                for drug in self.ready.drugs.values()
            ],
            "scenarios": _scenarios(),
            "quantities": self.quantities,
            "usual_quantities": list(asked.USUAL),
            "measurable": {
                name: _limits(*given)
                | {
                    "units": list(patients.UNITS.get(name, given[2:])),
                    "judged": name in markers.WITHIN,
                }
                for name, given in patients.MEASURABLE.items()
            },
            "history": {
                **{n: {"kind": "boolean", "meaning": text} for n, text in patients.HISTORY.items()},
                **{
                    name: {"kind": "number", "meaning": name.replace("_", " "), **_limits(*given)}
                    for name, given in patients.HISTORY_NUMBERS.items()
                },
            },
            "person": {
                "sex": list(patients.SEXES),
                "ethnicity": list(patients.ETHNICITIES),
                "t_score_sites": list(patients.SITES),
                "t_score": _limits(*patients.T_SCORE),
                **{name: _limits(*given) for name, given in patients.NUMBERS.items()},
            },
            "regimen_examples": _regimens(),
            "signs": signs(self.ready.drugs),
            "map": _map(),
            "limits": {
                "years": MAX_YEARS,
                "strategies": asked.MOST_STRATEGIES,
                "step_months": list(asked.STEPS),
                "intervals": SETS,
                "quantities": asked.MOST_QUANTITIES,
                "points": asked.MOST_POINTS,
                "regimen_characters": MAX_TEXT,
                "body_bytes": asked.MOST_BYTES,
            },
        }


def _limits(low: float, high: float, unit: str) -> Answer:
    return {"low": low, "high": high, "unit": unit}


def _titled(name: str, table: Mapping[str, Any]) -> Answer:
    """Return a preset: its name, its summary, and the table of its file."""
    rest = {key: value for key, value in table.items() if key != "summary"}
    return {"name": name, "summary": table["summary"], "table": rest}


def _scenarios() -> list[Answer]:
    keys = ("title", "summary", "years", "patient", "arms")
    return [
        {"name": name, **{key: table[key] for key in keys}}
        for name, table in ((name, toml.read(path)) for name, path in scenarios().items())
    ]


def _regimens() -> list[Answer]:
    """Return the arms of the scenarios, each regimen once."""
    found: dict[str, Answer] = {}
    for scenario in _scenarios():
        for arm, regimen in scenario["arms"].items():
            found.setdefault(regimen, {"title": f"{scenario['title']}: {arm}", "regimen": regimen})
    return list(found.values())


def _map() -> Answer:
    width, height = pathway_map.PAGE
    return {
        "width": width,
        "height": height,
        "node": {"width": pathway_map.WIDTH, "height": pathway_map.HEIGHT},
        "nodes": [
            {"id": name, "label": node.label, "x": node.x, "y": node.y}
            for name, node in pathway_map.NODES.items()
        ],
        "links": [
            {"source": link.source, "target": link.target, "inhibits": link.inhibits}
            for link in pathway_map.LINKS
        ],
    }
