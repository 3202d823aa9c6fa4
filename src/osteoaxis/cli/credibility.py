"""Commands that say how far to trust it: `evidence`, `validate`, `calibrate`, `verify`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from osteoaxis.cli.app import JsonOnly, app, resumable
from osteoaxis.errors import not_installed

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


class Sex(StrEnum):
    """Of whom studies are."""

    FEMALE = "female"
    MALE = "male"


@evidence.command("list")
def evidence_list(
    drug: Annotated[
        list[str] | None,
        typer.Option(help="Given to one arm, or drugs of its class; may be repeated."),
    ] = None,
    sex: Annotated[Sex | None, typer.Option(help="Only studies of women or of men.")] = None,
    endpoint: Annotated[
        str | None, typer.Option(help="Only studies that report it, e.g. total_hip_bmd.")
    ] = None,
    json_only: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False,
) -> None:
    """List the studies: role, whom, what was given; with --drug the nearest first."""
    from osteoaxis.present import evidence as shown

    shown.show_studies(drug or (), sex and sex.value, endpoint, json_only=json_only)


@evidence.command("show")
def evidence_show(
    study: Annotated[str, typer.Argument(help="A study.", autocompletion=_study_names)],
    json_only: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show one study: whom, what was given, every result, its prediction, verdict and source."""
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
        out.check_folder(output, "validate")
    with Steps(quiet=json_only) as steps:
        found = validation.validate(steps.update)
        if not json_only:
            steps.update("Drawing", 0.9)
            with out.staged(output, "validate") as stage:
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
    not looked at. Needs pyPESTO: pip install '.[fit]'.
    """
    from importlib.util import find_spec

    from osteoaxis import output as out
    from osteoaxis.present.progress import Steps

    if find_spec("pypesto") is None:
        raise not_installed("calibrate", "pyPESTO", "fit")
    out.check_folder(output)
    from osteoaxis.inference import write
    from osteoaxis.inference.posterior import VERDICTS

    with resumable(), Steps() as steps:
        found = write.run(output, quick=quick, seed=seed, progress=steps.update)
    counts = {v: sum(i.verdict == v for i in found.identified) for v in VERDICTS}
    typer.echo(
        f"Cost {found.fit.cost:.1f} with {len(found.fit.space)} parameters; "
        + ", ".join(f"{n} {verdict}" for verdict, n in counts.items())
        + f". Ensemble of {len(found.ensemble.thetas)}. Everything: {output}"
    )


@app.command()
def verify(
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="Markdown file to write.")
    ] = Path("verification.md"),
) -> None:
    """Measure anew that the engine is right, and write it down; takes some minutes.

    Exit code 1 if a demand is not met. Needs libRoadRunner: pip install '.[verify]'.
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
