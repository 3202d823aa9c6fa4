"""The command line: `osteoaxis run`, `compare`, `optimise`, `list`, `show` and more."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from osteoaxis.errors import InputError, OsteoaxisError, SolverError

app = typer.Typer(
    help="What aromatase inhibitors do to bone: a mechanistic, sourced simulator. "
    "For research and education; not a medical device.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

EXIT_INPUT = 2
EXIT_SOLVER = 3
EXIT_INTERRUPTED = 130


class Kind(StrEnum):
    """What `list` can list."""

    DRUGS = "drugs"
    SCENARIOS = "scenarios"
    PATIENTS = "patients"
    QUANTITIES = "quantities"
    PARAMETERS = "parameters"
    MODELS = "models"
    METRICS = "metrics"


class Doses(StrEnum):
    """How doses are put to the equations."""

    EVENTS = "events"
    AVERAGE = "average"


def _scenario_names(incomplete: str) -> list[str]:
    from osteoaxis.scenario import scenarios

    return [name for name in scenarios() if name.startswith(incomplete)]


Scenario = Annotated[
    str,
    typer.Argument(
        help="A built-in scenario (see 'osteoaxis list scenarios') or a TOML file.",
        autocompletion=_scenario_names,
    ),
]
Seed = Annotated[
    int, typer.Option(min=0, help="Of chance, where rules of a regimen leave doses to it.")
]
JsonOnly = Annotated[
    bool, typer.Option("--json", help="Print one JSON object and, without -o, write nothing.")
]
Drugs = Annotated[
    Path | None,
    typer.Option("--drugs", metavar="DIR", help="Folder with further drug files (TOML)."),
]


def _model_names(incomplete: str) -> list[str]:
    from osteoaxis.published import PUBLISHED

    return [name for name in PUBLISHED if name.startswith(incomplete)]


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"osteoaxis {version('osteoaxis')}")
        raise typer.Exit


@app.callback()
def _options(
    _version_wanted: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """What aromatase inhibitors do to bone, computed mechanism by mechanism."""


@app.command()
def run(
    scenario: Annotated[
        str | None,
        typer.Argument(
            help="A built-in scenario (see 'osteoaxis list scenarios') or a TOML file.",
            autocompletion=_scenario_names,
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
            autocompletion=_model_names,
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
        out.check_folder(folder)

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

            with out.staged(folder) as stage:
                results.write(result, stage, steps.update)
    if json_only:
        import json

        from osteoaxis.present.summary import summary_json

        typer.echo(json.dumps(summary_json(result), allow_nan=False))
    elif folder is not None:
        typer.echo(f"Report, figures and data: {folder / 'report.html'}")
    if result.failures:
        raise SolverError("; ".join(result.failures))


@app.command()
def verify(
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="Markdown file to write.")
    ] = Path("verification.md"),
) -> None:
    """Measure anew that the engine is right, and write it down; takes some minutes.

    Exit code 1 if a demand is not met. Needs libRoadRunner: pip install 'osteoaxis[verify]'.
    """
    from osteoaxis import output as out
    from osteoaxis import verification
    from osteoaxis.present.progress import Steps

    out.check_folder(output.parent)
    with Steps() as steps:
        found = verification.verify(steps.update)
    output.write_text(found.markdown(), encoding="utf-8")
    for check in found.checks:
        typer.echo(f"{'holds' if check.holds else 'FAILS'}  {check.title}: {check.demand}")
    typer.echo(f"Tables: {output}")
    if not found.holds:
        raise typer.Exit(1)


def _measured_names(incomplete: str) -> list[str]:
    from osteoaxis.present.change import QUANTITIES

    return [name for name in QUANTITIES if name.startswith(incomplete)]


@app.command()
def change(
    quantity: Annotated[
        str,
        typer.Argument(
            help="lumbar_spine, total_hip, femoral_neck (g/cm2), ctx, p1np, bsap or ntx.",
            autocompletion=_measured_names,
        ),
    ],
    before: Annotated[float, typer.Argument(help="First value.")],
    after: Annotated[float, typer.Argument(help="Second value.")],
    precision: Annotated[
        float | None,
        typer.Option(help="Precision error of the centre, percent. [default: largest accepted]"),
    ] = None,
    device: Annotated[str, typer.Option(help="hologic, lunar or norland.")] = "hologic",
    device_after: Annotated[
        str | None, typer.Option(help="Device of the second value, if it is another.")
    ] = None,
    json_only: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Is a change of density or of a marker real, or within what measuring alone gives?"""
    from osteoaxis.present import change as changes

    verdict = changes.judge(
        quantity, before, after, precision=precision, device=device, device_after=device_after
    )
    if json_only:
        import json

        typer.echo(json.dumps(verdict, allow_nan=False))
    else:
        changes.show(verdict)


def _patient_names(incomplete: str) -> list[str]:
    from osteoaxis.patient import presets

    return [name for name in presets() if name.startswith(incomplete)]


@app.command()
def guidelines(
    patient: Annotated[
        str,
        typer.Argument(
            help="A preset (see 'osteoaxis list patients') or a TOML file.",
            autocompletion=_patient_names,
        ),
    ],
    regimen: Annotated[
        str, typer.Option(help="What is given, e.g. 'letrozole 2.5 mg po qd [y0-y5]'.")
    ] = "none",
    years: Annotated[float, typer.Option(help="How far to look ahead.")] = 5.0,
    unverified: Annotated[
        bool, typer.Option("--unverified", help="Also rules that were recalled, not read.")
    ] = False,
    json_only: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Which guidelines, labels and cautions a person meets, now and later; bodies side by side."""
    from osteoaxis.present import guidance

    guidance.run(patient, regimen, years=years, unread=unverified, json_only=json_only)


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


evidence = typer.Typer(help="Published results, and what the model predicts for each.",
                       no_args_is_help=True)  # fmt: skip
app.add_typer(evidence, name="evidence")


class Split(StrEnum):
    """Roles of studies."""

    CALIBRATION = "calibration"
    VALIDATION = "validation"
    CONTEXT = "context"
    EXTERNAL = "external"


def _study_names(incomplete: str) -> list[str]:
    from osteoaxis.evidence import studies

    return [name for name in studies() if name.lower().startswith(incomplete.lower())]


@evidence.command("list")
def evidence_list(
    json_only: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False,
) -> None:
    """List the studies: role, number of results, population."""
    from osteoaxis.present import evidence as shown

    shown.show_studies(json_only=json_only)


@evidence.command("show")
def evidence_show(
    study: Annotated[str, typer.Argument(help="A study.", autocompletion=_study_names)],
    json_only: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show one study: whom, what each arm was given, every result and its quality."""
    from osteoaxis.present import evidence as shown

    shown.show_study(study, json_only=json_only)


@evidence.command("check")
def evidence_check(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Tables (CSV) of the schema in docs/evidence.md. [default: ours]"),
    ] = None,
    split: Annotated[
        Split | None, typer.Option(help="Only studies of this role; yours are 'external'.")
    ] = None,
    json_only: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Predict every result and say how far off each is: any table of this schema, also yours."""
    from osteoaxis.present import evidence as shown

    shown.run_check(files or [], split and split.value, json_only=json_only)


@app.command()
def compare(
    scenario: Scenario,
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            metavar="NAME",
            help="Compare with this published model instead of arm with arm; may be repeated.",
            autocompletion=_model_names,
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
            with out.staged(folder) as stage:
                front.write(found, stage)
    if json_only:
        import json

        typer.echo(json.dumps(front.summary(found), allow_nan=False))
    else:
        front.show(found)
        typer.echo(f"Table, picture and every strategy tried: {folder}")
    if not found.complete:
        raise typer.Exit(EXIT_INTERRUPTED)


@app.command()
def validate(
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="Folder for report and tables.")
    ] = Path("validation"),
    json_only: JsonOnly = False,
) -> None:
    """Hold the model against every study and write the credibility report (HTML, figures, tables).

    Goals that are missed are listed; the exit code is 0 all the same.
    """
    from osteoaxis import output as out
    from osteoaxis.inference import validation
    from osteoaxis.present import validation as shown
    from osteoaxis.present.progress import Steps

    if not json_only:
        out.check_folder(output)
    with Steps(quiet=json_only) as steps:
        found = validation.validate(steps.update)
        if not json_only:
            steps.update("Drawing", 0.9)
            with out.staged(output) as stage:
                shown.write(found, stage)
    if json_only:
        import json

        typer.echo(json.dumps(shown.summary(found), allow_nan=False))
        return
    shown.show(found)
    typer.echo(f"Report: {output / 'credibility.html'}")


@app.command()
def calibrate(
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="Folder; holds what is finished.")
    ] = Path("calibration"),
    quick: Annotated[
        bool, typer.Option("--quick", help="A check that all runs, in minutes; not a calibration.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Equal seeds give equal results.")] = 1,
) -> None:
    """Fit the model to the calibration studies: values, ensemble, identifiability, criticism.

    Runs for most of an hour on two cores and goes on where it was stopped. Validation studies are
    not looked at. Needs pyPESTO: pip install 'osteoaxis[fit]'.
    """
    from importlib.util import find_spec

    from osteoaxis import output as out
    from osteoaxis.present.progress import Steps

    if find_spec("pypesto") is None:
        raise InputError("calibrate needs pyPESTO: pip install 'osteoaxis[fit]'.")
    out.check_folder(output)
    from osteoaxis.inference import write

    with Steps() as steps:
        found = write.run(output, quick=quick, seed=seed, progress=steps.update)
    counts = {v: sum(i.verdict == v for i in found.identified) for v in
              ("fixed by data", "informed", "at its prior")}  # fmt: skip
    typer.echo(
        f"Cost {found.fit.cost:.1f} with {len(found.fit.space)} parameters; "
        + ", ".join(f"{n} {verdict}" for verdict, n in counts.items())
        + f". Ensemble of {len(found.ensemble.thetas)}. Everything: {output}"
    )


@app.command("list")
def list_(
    kind: Annotated[Kind, typer.Argument(help="What to list.")],
    drugs: Drugs = None,
) -> None:
    """List drugs, scenarios, patients, quantities, parameters, published models or metrics."""
    from osteoaxis.present import catalogue

    catalogue.show_list(kind.value, (drugs,) if drugs else ())


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A quantity or parameter, e.g. rankl or k_rankl.")],
    drugs: Drugs = None,
) -> None:
    """Show the equation, unit, meaning and source of a quantity or parameter."""
    from osteoaxis.present import catalogue

    catalogue.show_item(name, (drugs,) if drugs else ())


def main() -> None:
    """Run the command line; errors become one message and an exit code (2 input, 3 solver)."""
    try:
        app()
    except OsteoaxisError as problem:
        typer.echo(f"osteoaxis: {problem}", err=True)
        sys.exit(EXIT_INPUT if isinstance(problem, InputError) else EXIT_SOLVER)
    except KeyboardInterrupt:
        typer.echo("osteoaxis: interrupted; nothing half-written was left.", err=True)
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


if __name__ == "__main__":
    main()
