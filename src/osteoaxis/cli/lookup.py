"""Commands that look things up: `list`, `show`, `change`, `guidelines`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from osteoaxis.cli.app import Drugs, app


class Kind(StrEnum):
    """What `list` can list."""

    DRUGS = "drugs"
    SCENARIOS = "scenarios"
    PATIENTS = "patients"
    PERSONS = "persons"
    QUANTITIES = "quantities"
    PARAMETERS = "parameters"
    MODELS = "models"
    METRICS = "metrics"
    POPULATIONS = "populations"
    TRIALS = "trials"


@app.command("list")
def list_(
    kind: Annotated[Kind, typer.Argument(help="What to list.")],
    drugs: Drugs = None,
    json_only: Annotated[bool, typer.Option("--json", help="Print it as JSON, uncut.")] = False,
) -> None:
    """List drugs, scenarios, patients, populations, trials, quantities, parameters and more."""
    from osteoaxis.present import catalogue

    catalogue.show_list(kind.value, (drugs,) if drugs else (), json_only=json_only)


@app.command()
def show(
    name: Annotated[
        str,
        typer.Argument(
            help="A quantity or parameter, e.g. rankl or k_rankl; a drug or published model; or a "
            "built-in scenario, patient, person, population or trial."
        ),
    ],
    drugs: Drugs = None,
) -> None:
    """Show a quantity or parameter with its source, a drug, a published model, a built-in file."""
    from osteoaxis.present import catalogue

    catalogue.show_item(name, (drugs,) if drugs else ())


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
    unit: Annotated[
        str | None, typer.Option(help="Unit of a marker, e.g. pg/mL. [default: CTX in ng/mL]")
    ] = None,
    json_only: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Is a change of density or of a marker real, or within what measuring alone gives?"""
    from osteoaxis.present import change as changes

    verdict = changes.judge(
        quantity, before, after, precision=precision, device=device, device_after=device_after,
        unit=unit,
    )  # fmt: skip
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
