"""What the product knows, as tables: drugs, scenarios, patients, quantities, parameters."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from osteoaxis import toml
from osteoaxis.errors import InputError, did_you_mean
from osteoaxis.forecast import persons
from osteoaxis.model import Model
from osteoaxis.outcomes import dxa
from osteoaxis.patient import presets
from osteoaxis.population import names as populations
from osteoaxis.present.summary import QUANTITIES
from osteoaxis.process import Param, Rate, Site, State
from osteoaxis.scenario import scenarios
from osteoaxis.simulation import build_model
from osteoaxis.trials import names as trials

Folders = tuple[Path, ...]
SOURCE_WIDTH = 110
"""Letters of a source in the list; `osteoaxis show NAME` has all."""


def show_list(kind: str, folders: Folders) -> None:
    """Print one table of the catalogue; `kind` is drugs, scenarios, patients and so on."""
    makers: dict[str, Callable[[], Table]] = {
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
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 200
    console.print(makers[kind]())


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _drugs(folders: Folders) -> Table:
    table = _table("drug", "class", "routes", "a usual regimen")
    for drug in build_model(folders)[1].values():
        table.add_row(drug.name, drug.group, ", ".join(drug.routes), drug.typical)
    return table


def _files(kind: str, files: dict[str, Path], field: str = "summary") -> Table:
    table = _table(kind, "what it is")
    for name, path in files.items():
        table.add_row(name, str(toml.read(path).get(field, "")))
    return table


def _quantities() -> Table:
    table = _table("quantity", "unit", "kind", "what it is")
    for name, entry in QUANTITIES.items():
        table.add_row(name, entry.unit, entry.kind, entry.description)
    return table


def _metrics(folders: Folders) -> Table:
    """Metrics of ten years; those of other years and months are named alike."""
    from osteoaxis.strategy import metrics

    table = _table("metric", "unit", "what it is")
    for name, metric in metrics(10.0, build_model(folders)[1]).items():
        table.add_row(name, metric.unit, metric.meaning)
    return table


def _models() -> Table:
    from osteoaxis.published import PUBLISHED, load

    table = _table("model", "its scenarios", "what it is")
    for name in PUBLISHED:
        published = load(name)
        about = f"{published.title} (doi:{published.doi})"
        table.add_row(name, ", ".join(published.scenarios), about)
    return table


def _number(value: float) -> str:
    return f"{value:.4g}"


def _parameters(model: Model) -> Table:
    table = _table("parameter", "value", "men", "unit", "basis", "source")
    for name, p in model.parameters.items():
        men = "" if p.men is None else _number(p.men)
        source = textwrap.shorten(p.source, SOURCE_WIDTH, placeholder=" …")
        table.add_row(name, _number(p.value), men, p.unit, p.basis, source)
    return table


def show_item(name: str, folders: Folders) -> None:
    """Print equation, unit, meaning and source of the quantity or parameter called `name`.

    Of a scenario, patient, person, population or trial, its file.
    """
    files = {**scenarios(), **presets(), **persons(), **populations(), **trials()}
    if name in files:
        print(files[name].read_text(encoding="utf-8"), end="")
        return
    model = build_model(folders)[0]
    if name in model.quantities:
        lines = _quantity_lines(model, name)
    elif name in QUANTITIES:
        lines = _derived_lines(name)
    else:
        known = [*model.quantities, *QUANTITIES, *model.parameters]
        known += [full.rpartition(".")[2] for full in model.parameters]
        if name not in known:
            near = did_you_mean(name, [*files, *known])
            raise InputError(f"unknown quantity, parameter or file '{name}'.{near}")
        lines = _parameter_lines(model, name)
    console = Console(highlight=False)
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)


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
    used = [
        f"    {full} = {_number(p.value)} {p.unit}   {p.source}"
        for full in model.dependencies(name)
        if isinstance(p := model.parameters.get(full), Param)
    ]
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
        f"  {p.source if told else f'{p.basis}: {p.source}'}",
    ]
