"""Commands that simulate: `run`, `report`, `compare`, `optimise` and `export`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from osteoaxis.cli.app import (
    EXIT_INTERRUPTED,
    Drugs,
    JsonOnly,
    Scenario,
    Seed,
    app,
    model_names,
    scenario_names,
)
from osteoaxis.errors import InputError, SolverError


class Doses(StrEnum):
    """How doses are put to the equations."""

    EVENTS = "events"
    AVERAGE = "average"


@app.command()
def run(
    scenario: Annotated[
        str | None,
        typer.Argument(
            help="A built-in scenario (see 'osteoaxis list scenarios') or a TOML file.",
            autocompletion=scenario_names,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="DIR", help="Folder for results. [default: runs/SCENARIO]"
        ),
    ] = None,
    json_only: JsonOnly = False,
    years: Annotated[
        float | None, typer.Option(help="Simulate this many years instead of the scenario's.")
    ] = None,
    dosing: Annotated[
        Doses,
        typer.Option(
            help="Every dose as it is given, or drugs swallowed at least daily as a steady input: "
            "much faster, bone density within 0.1 %."
        ),
    ] = Doses.EVENTS,
    seed: Seed = 1,
    drugs: Drugs = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="NAME",
            help="Run a published model (see 'osteoaxis list models') on one of its own scenarios "
            "or on one of ours that it can express; or an SBML file, which needs no scenario.",
            autocompletion=model_names,
        ),
    ] = None,
    duration: Annotated[
        float | None, typer.Option(help="How long to run an SBML file, in its own unit of time.")
    ] = None,
    points: Annotated[
        int | None, typer.Option(help="How many times of an SBML file's run to record.")
    ] = None,
) -> None:
    """Simulate a scenario: tables and charts here, figures, data and a report in a folder."""
    if model is not None and model.lower().endswith((".xml", ".sbml")):
        if scenario is not None or years is not None or drugs is not None:
            raise InputError("--model: an SBML file runs without a scenario, --years and --drugs.")
        from osteoaxis.present import imported

        imported.run(Path(model), output, duration=duration, points=points, json_only=json_only)
        return
    if duration is not None or points is not None:
        raise InputError("--duration and --points: are for --model with an SBML file only.")
    if scenario is None and model is not None:
        raise InputError(
            f"--model {model}: a published model runs a scenario (osteoaxis run SCENARIO --model "
            "NAME; see 'osteoaxis list models'), an SBML file ends in .xml or .sbml."
        )
    if scenario is None:
        raise InputError("Missing argument SCENARIO; see 'osteoaxis list scenarios'.")
    if model is not None:
        from osteoaxis.present import published

        published.run(model, scenario, output, years=years, json_only=json_only)
        return
    from dataclasses import replace

    from osteoaxis import output as out
    from osteoaxis import scenario as scenarios
    from osteoaxis import toml
    from osteoaxis.simulation import MAX_YEARS

    plan = scenarios.load(scenario)
    if years is not None:
        toml.number(years, 0.01, MAX_YEARS, "years", "--years")
        plan = replace(plan, years=years)
    folder = output or (None if json_only else Path("runs") / plan.name)
    if folder is not None:
        out.check_folder(folder, "run")

    from osteoaxis.present.progress import Steps

    with Steps(quiet=json_only) as steps:
        result = scenarios.run(
            plan, drugs_folder=drugs, dosing=dosing.value, seed=seed, progress=steps.update
        )
        if not json_only:
            steps.clear()
            from osteoaxis.present import terminal

            terminal.show(result)
        if folder is not None:
            from osteoaxis.present import results

            with out.staged(folder, "run") as stage:
                results.write(result, stage, steps.update)
    if json_only:
        import json

        from osteoaxis.present.summary import summary_json

        typer.echo(json.dumps(summary_json(result), allow_nan=False))
    elif folder is not None:
        typer.echo(f"Report, figures and data: {folder / 'report.html'}")
    if result.failures:
        raise SolverError("; ".join(result.failures))


class Pages(StrEnum):
    """Which pages of a report are written."""

    ALL = "all"
    PLAIN = "plain"


def _subjects(incomplete: str) -> list[str]:
    from osteoaxis.present.clinical import built_in

    return [name for name in built_in() if name.startswith(incomplete)]


@app.command()
def report(
    subject: Annotated[
        str,
        typer.Argument(
            help="A scenario, or a person's own results (docs/forecast.md); built in or a TOML "
            "file.",
            autocompletion=_subjects,
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="A .pdf or .html. [default: reports/NAME.pdf]"
        ),
    ] = None,
    pages: Annotated[
        Pages, typer.Option(help="'plain' leaves out the appendix for experts.")
    ] = Pages.ALL,
    seed: Annotated[int, typer.Option(min=0, help="Equal seeds give equal reports.")] = 1,
    drugs: Drugs = None,
) -> None:
    """Write a report for a person and their clinical team: two pages and an appendix.

    Plain words first: what is expected with ranges, what the options change, what to ask, measure
    and watch. The same input and version give the same bytes.
    """
    from dataclasses import replace

    from osteoaxis import output as out
    from osteoaxis.present import clinical, writers
    from osteoaxis.present.progress import Steps
    from osteoaxis.simulation import simulator

    found = clinical.find(subject)
    file = output or Path("reports") / f"{Path(subject).stem}.pdf"
    out.check_file(file, writers.WRITERS)
    with Steps() as steps:
        ready = simulator((drugs,) if drugs else (), steps.update)
        document = clinical.report(found, ready, seed=seed, progress=steps.update)
        if pages is Pages.PLAIN:
            document = replace(document, parts=[part for part in document.parts if part.fitted])
        steps.update("Setting the pages", 0.95)
        content = writers.WRITERS[file.suffix.lower()](document)
        out.write_file(file, content)
    typer.echo(f"Report: {file}")


@app.command()
def compare(
    scenario: Scenario,
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            metavar="NAME",
            help="Compare with this published model instead of arm with arm; may be repeated.",
            autocompletion=model_names,
        ),
    ] = None,
    models: Annotated[
        bool,
        typer.Option("--models", help="Compare with every published model that can express it."),
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="DIR", help="Folder. [default: compare/SCENARIO]"),
    ] = None,
    json_only: JsonOnly = False,
    seed: Seed = 1,
    drugs: Drugs = None,
) -> None:
    """Put the arms of a scenario in one table and one figure sheet, or beside published models.

    Bone density by year, T-scores, fractures, joint pain, markers, doses, and what stopping does.
    With --model or --models: our model and published ones in one figure, and what each cannot.
    """
    from osteoaxis import output as out
    from osteoaxis import scenario as scenarios
    from osteoaxis.present.progress import Steps

    if model and models:
        raise InputError("--model and --models: give one of them.")
    plan = scenarios.load(scenario)
    folder = output or (None if json_only else Path("compare") / plan.name)
    if folder is not None:
        out.check_folder(folder)
    with Steps(quiet=json_only) as steps:
        result: Any
        shown: Any
        if model or models:
            from osteoaxis import comparison
            from osteoaxis.present import comparison as shown

            result = comparison.compare(
                plan, model or (), drugs_folder=drugs, progress=steps.update
            )
        else:
            from osteoaxis import strategy
            from osteoaxis.present import strategies as shown

            result = strategy.compare(plan, drugs_folder=drugs, seed=seed, progress=steps.update)
        if folder is not None:
            steps.update("Drawing", 0.8)
            with out.staged(folder) as stage:
                shown.write(result, stage)
    if json_only:
        import json

        typer.echo(json.dumps(shown.summary(result), allow_nan=False))
        return
    shown.show(result)
    typer.echo(f"Tables, figures and data: {folder}")


@app.command()
def optimise(
    scenario: Scenario,
    trials: Annotated[
        int, typer.Option(min=1, max=100_000, help="Strategies the search may propose.")
    ] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Equal seeds give equal results.")] = 0,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from what is in the output folder.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="DIR", help="Folder. [default: optimise/SCENARIO]"),
    ] = None,
    json_only: JsonOnly = False,
    drugs: Drugs = None,
) -> None:
    """Search timing, drug and sequence under constraints: the trade-off front, not one answer.

    The scenario needs an [optimise] table (docs/strategies.md). Ctrl-C writes what was computed
    so far; --resume goes on from there.
    """
    from osteoaxis import output as out
    from osteoaxis import scenario as scenarios
    from osteoaxis.present import front
    from osteoaxis.present.progress import Steps
    from osteoaxis.strategy import optimiser

    plan = scenarios.load(scenario)
    folder = output or (None if json_only and not resume else Path("optimise") / plan.name)
    if folder is not None:
        out.check_folder(folder)
    known, digest = front.earlier(folder) if resume and folder is not None else (None, None)
    with Steps(quiet=json_only) as steps:
        found = optimiser.search(
            plan, trials=trials, seed=seed, known=known, digest=digest, drugs_folder=drugs,
            progress=steps.update,
        )  # fmt: skip
        if folder is not None:
            with out.staged(folder, perhaps=front.PERHAPS) as stage:
                front.write(found, stage)
    if json_only:
        import json

        typer.echo(json.dumps(front.summary(found), allow_nan=False))
    else:
        front.show(found)
        typer.echo(f"Table, picture and every strategy tried: {folder}")
    if not found.complete:
        raise typer.Exit(EXIT_INTERRUPTED)


export = typer.Typer(help="Write models in the formats of other tools.", no_args_is_help=True)
app.add_typer(export, name="export")


@export.command("sbml")
def export_sbml(
    scenario: Scenario,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="DIR", help="Folder. [default: sbml/SCENARIO]"),
    ] = None,
    drugs: Drugs = None,
) -> None:
    """Write a scenario as SBML: Level 3 Version 2, one file for each arm, doses as events."""
    from osteoaxis import output as out
    from osteoaxis import scenario as scenarios
    from osteoaxis.present.progress import Steps
    from osteoaxis.sbml.scenarios import documents

    plan = scenarios.load(scenario)
    folder = output or Path("sbml") / plan.name
    out.check_folder(folder)
    with Steps() as steps, out.staged(folder) as stage:
        for name, text in documents(plan, drugs_folder=drugs, progress=steps.update):
            (stage / f"{name}.xml").write_text(text, encoding="utf-8")
    for arm in plan.arms:
        typer.echo(folder / f"{plan.name}-{arm}.xml")
    typer.echo(
        "Solve them with an absolute tolerance for each state, e.g. 1e-8 of its typical size; with "
        "one for all, solvers fail where drugs bind to bone (docs/sbml.md).",
        err=True,
    )
