"""What the product knows, as tables: drugs, scenarios, patients, quantities, parameters."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from osteoaxis import fitted, toml
from osteoaxis.errors import InputError, did_you_mean
from osteoaxis.forecast import persons
from osteoaxis.model import Model
from osteoaxis.outcomes import dxa
from osteoaxis.patient import presets
from osteoaxis.pharmacology.actions import place
from osteoaxis.pharmacology.drug import ROUTES, Drug, by_any_name
from osteoaxis.population import names as populations
from osteoaxis.present.console import opened
from osteoaxis.present.summary import QUANTITIES
from osteoaxis.process import Param, Rate, Site, State
from osteoaxis.published import PUBLISHED, load
from osteoaxis.published.model import PublishedModel
from osteoaxis.scenario import scenarios
from osteoaxis.simulation import build_model
from osteoaxis.trials import names as trials

Folders = tuple[Path, ...]
Cell = str | float | list[float] | None
Rows = list[dict[str, Cell]]
WIDEST = 110
"""Letters of a cell; `osteoaxis show NAME` has all."""


def show_list(kind: str, folders: Folders, *, json_only: bool = False) -> None:
    """Print one table of the catalogue; `kind` is drugs, scenarios, patients and so on."""
    makers: dict[str, Callable[[], Rows]] = {
        "drugs": lambda: _drugs(folders),
        "scenarios": lambda: _files("scenario", scenarios()),
        "patients": lambda: _files("patient", presets()),
        "quantities": _quantities,
        "models": _models,
        "metrics": lambda: _metrics(folders),
        "persons": lambda: _files("person", persons(), "title"),
        "populations": lambda: _files("population", populations(), "title"),
        "trials": lambda: _files("trial", trials(), "title"),
        "parameters": lambda: _parameters(build_model(folders)[0]),
    }
    rows = makers[kind]()
    if json_only:
        print(json.dumps(rows, allow_nan=False))
        return
    console = opened(200)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in rows[0]:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*map(_cell, row.values()))
    console.print(table)


def _cell(value: Cell) -> str:
    """Return a value as a table shows it; what is long is cut, `osteoaxis show NAME` has all."""
    if isinstance(value, list):
        return " to ".join(map(_number, value))
    if isinstance(value, float):
        return _number(value)
    return textwrap.shorten(value, WIDEST, placeholder=" …") if value else ""


def _drugs(folders: Folders) -> Rows:
    return [
        {
            "drug": drug.name,
            "class": drug.group,
            "routes": ", ".join(drug.routes),
            "a usual regimen": drug.typical,
        }
        for drug in build_model(folders)[1].values()
    ]


def _files(kind: str, files: dict[str, Path], field: str = "summary") -> Rows:
    return [
        {kind: name, "what it is": str(toml.read(path).get(field, ""))}
        for name, path in files.items()
    ]


def _quantities() -> Rows:
    return [
        {
            "quantity": name,
            "unit": entry.unit,
            "kind": entry.kind,
            "what it is": entry.description,
        }
        for name, entry in QUANTITIES.items()
    ]


def _metrics(folders: Folders) -> Rows:
    """Metrics of ten years; those of other years and months are named alike."""
    from osteoaxis.strategy import metrics

    return [
        {"metric": name, "unit": metric.unit, "what it is": metric.meaning}
        for name, metric in metrics(10.0, build_model(folders)[1]).items()
    ]


def _models() -> Rows:
    return [
        {
            "model": name,
            "its scenarios": ", ".join(published.scenarios),
            "what it is": f"{published.title} (doi:{published.doi})",
        }
        for name, published in ((name, load(name)) for name in PUBLISHED)
    ]


def _number(value: float) -> str:
    return f"{value:.4g}"


def _parameters(model: Model) -> Rows:
    return [
        {
            "parameter": name,
            "value": p.value,
            "men": p.men,
            "unit": p.unit,
            "plausible range": [*p.range],
            "basis": p.basis,
            "source": p.source,
        }
        for name, p in model.parameters.items()
    ]


def show_item(name: str, folders: Folders) -> None:
    """Print equation, unit, meaning and source of the quantity or parameter called `name`.

    Of a drug, what it does and its numbers; of a published model, what it is and has; of a
    scenario, patient, person, population or trial, its file.
    """
    files = {**scenarios(), **presets(), **persons(), **populations(), **trials()}
    if name in files:
        print(files[name].read_text(encoding="utf-8"), end="")
        return
    if name in PUBLISHED:
        _print(_published_lines(load(name)))
        return
    model, drugs = build_model(folders)
    named = by_any_name(drugs)
    lines: list[str] = []
    if name in model.quantities:
        lines += _quantity_lines(model, name)
    elif name in QUANTITIES:
        lines += _derived_lines(name)
    if name in named:
        lines += _drug_lines(model, named[name])
    if not lines:
        known = [*model.quantities, *QUANTITIES, *model.parameters]
        known += [full.rpartition(".")[2] for full in model.parameters]
        if name not in known:
            near = did_you_mean(name, [*files, *known, *named, *PUBLISHED])
            raise InputError(f"unknown quantity, parameter, drug, model or file '{name}'.{near}")
        lines = _parameter_lines(model, name)
    _print(lines)


def _print(lines: Iterable[str]) -> None:
    console = Console(highlight=False)
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)


def _numbers(model: Model, names: Iterable[str], indent: str) -> list[str]:
    """Return a line with value and source of each parameter in `names`."""
    return [
        f"{indent}{full} = {_number(p.value)} {p.unit}   {p.source}"
        for full in names
        if isinstance(p := model.parameters.get(full), Param)
    ]


def _drug_lines(model: Model, drug: Drug) -> list[str]:
    low, high = drug.dose_range_mg
    doses = "" if drug.units_mg else f"   ({low:g} to {high:g} mg a dose)"
    lines = [
        f"{drug.name}   (drug, {drug.group})",
        f"  {drug.summary}",
        f"  a usual regimen: {drug.typical}{doses}",
        f"  routes: {', '.join(f'{route} ({ROUTES[route]})' for route in drug.routes)}",
    ]
    if drug.synonyms:
        lines.append(f"  also called {', '.join(drug.synonyms)}")
    acts: dict[tuple[str, str], dict[str, None]] = {}
    for site, rate in drug.process.site_terms:
        acts.setdefault(place(site), {}).update(dict.fromkeys(model.dependencies(rate)))
    lines.append("  acts:" if acts else "  acts: on nothing of the model")
    for (on, how), used in acts.items():
        lines += [f"    {how} {on}", *_numbers(model, used, "      ")]
    acting = {full for used in acts.values() for full in used}
    own = [name for name in model.parameters if name.startswith(f"{drug.name}.")]
    rest = [name for name in own if name not in acting]
    return [*lines, "  kinetics:", *_numbers(model, rest, "    "), f"  file: {drug.file}"]


def _published_lines(found: PublishedModel) -> list[str]:
    states = found.model.states.items()
    return [
        f"{found.name}   (published model)",
        f"  {found.title}",
        f"  {found.citation}. doi:{found.doi}",
        "  scenarios:",
        *(f"    {name}: {plan.title}" for name, plan in found.scenarios.items()),
        "  states:",
        *(f"    {name} [{state.unit}]   {state.meaning}" for name, state in states),
        "  parameters:",
        *_numbers(found.model, found.model.parameters, "    "),
        "  what it cannot express:",
        *(f"    {each}" for each in found.cannot),
        f"  osteoaxis run --model {found.name} {next(iter(found.scenarios))}",
    ]


def _derived_lines(name: str) -> list[str]:
    entry = QUANTITIES[name]
    lines = [f"{name} [{entry.unit}]", f"  {entry.description}"]
    if name.endswith("_t_score"):
        site = name.removesuffix("_t_score")
        for sex, (mean, deviation) in dxa.YOUNG_ADULT[site].items():
            lines.append(f"  {name} = ({site}_bmd - {mean}) / {deviation}   ({sex})")
    elif entry.kind == "percent_change":
        lines.append(f"  {name} = 100 * ({entry.source} / {entry.source} at month 0 - 1)")
    else:
        lines.append("  follows from the run, see docs/outcomes.md and docs/fracture.md")
    return lines


def _quantity_lines(model: Model, name: str) -> list[str]:
    quantity = model.quantities[name]
    lines = [f"{name} [{quantity.unit}]   (process {model.home[name]})", f"  {quantity.meaning}"]
    if isinstance(quantity, State):
        lines.append(f"  d({name})/dt = {model.derivative(name)}   per day")
        lines += [
            f"    {key}: {declared.meaning}"
            for _, key, declared in model.reactions
            if name in declared.consumes or name in declared.produces
        ]
    elif isinstance(quantity, Rate | Site):
        lines.append(f"  {name} = {model.assignments[name]}")
    used = _numbers(model, model.dependencies(name), "    ")
    return lines + (["  parameters:", *used] if used else [])


def _parameter_lines(model: Model, name: str) -> list[str]:
    full = model.find_parameter(name)
    p = model.parameters[full]
    low, high = p.range
    men = "" if p.men is None else f"   ({_number(p.men)} in men)"
    told = p.source.startswith(f"{p.basis}:")
    return [
        f"{full} = {_number(p.value)} {p.unit}{men}",
        f"  {p.meaning}",
        f"  plausible range {_number(low)} to {_number(high)} {p.unit}",
        *_found(full),
        f"  {p.source if told else f'{p.basis}: {p.source}'}",
    ]


def _found(full: str) -> list[str]:
    """Return what the data say of a fitted parameter, of all and of men."""
    return [
        f"  {whom}{found['verdict']}: 90 % before the fit {_span(found, 'prior')}, "
        f"after it {_span(found, 'posterior')}"
        for name, whom in ((full, ""), (full + fitted.MEN, "in men "))
        if (found := fitted.identified().get(name))
    ]


def _span(found: Mapping[str, str], which: str) -> str:
    return " to ".join(_number(float(found[f"{which}_{end}"])) for end in ("low", "high"))
