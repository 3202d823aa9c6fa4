"""Commands that run the model many times: `population`, `forecast`, `sensitivity`, `trial`."""

from __future__ import annotations

from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from osteoaxis.cli.app import Dask, JsonOnly, Scenario, Seed, app, resumable
from osteoaxis.errors import within


def _names(incomplete: str) -> list[str]:
    from osteoaxis.population import names

    return [name for name in names() if name.startswith(incomplete)]


@app.command()
def population(
    name: Annotated[
        str,
        typer.Argument(
            help="A named population (see 'osteoaxis list populations') or a TOML file.",
            autocompletion=_names,
        ),
    ],
    count: Annotated[int, typer.Option("--n", "-n", min=1, help="How many people.")] = 1000,
    seed: Annotated[int, typer.Option(min=0, help="Equal seeds give equal people.")] = 1,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="DIR", help="Folder; resumed. [default: populations/NAME]"
        ),
    ] = None,
    regimen: Annotated[
        str | None, typer.Option(help="What everybody is given. [default: the population's]")
    ] = None,
    years: Annotated[float, typer.Option(help="How long.")] = 5.0,
    step: Annotated[float, typer.Option(help="Months between the times looked at.")] = 6.0,
    dask: Dask = None,
    json_only: JsonOnly = False,
) -> None:
    """Simulate a virtual population: who people are, and what happens to each.

    Can be stopped at any time; the same command goes on where it was, to the same result. On Dask
    workers write to the folder themselves, so that all of them must share it.
    """
    from osteoaxis import output as out
    from osteoaxis import population as people
    from osteoaxis import toml
    from osteoaxis.pharmacology.regimen import Regimen
    from osteoaxis.population.solve import Task
    from osteoaxis.present import population as shown
    from osteoaxis.present.progress import Steps
    from osteoaxis.simulation import month_grid, simulator
    from osteoaxis.workers import workers

    found = people.Population.load(name)
    toml.number(step, 0.25, 60.0, "months", "--step")
    months = tuple(float(m) for m in month_grid(years, step))
    where = f"{name}: regimen" if regimen is None else "--regimen"
    with within(where):
        task = Task(found, seed, count, Regimen.parse(regimen or found.regimen), months)
    with ExitStack() as stack:
        if output is None and json_only:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="osteoaxis-")))
        else:
            folder = output or Path("populations") / found.name
            stack.enter_context(resumable())
        out.check_folder(folder, "population")
        steps = stack.enter_context(Steps(quiet=json_only))
        each = stack.enter_context(workers(dask, steps.update))
        ready = simulator(progress=steps.update)
        with within(where):
            ready.check(task.regimen)
        run = people.simulate(task, ready, folder, steps.update, each=each)
        steps.update("Drawing", 1.0)
        summary = shown.write(run)
    if json_only:
        import json

        typer.echo(json.dumps(summary, allow_nan=False))
        return
    shown.show(summary, folder)


def _person_names(incomplete: str) -> list[str]:
    from osteoaxis.forecast import persons

    return [name for name in persons() if name.startswith(incomplete)]


@app.command()
def forecast(
    person: Annotated[
        str,
        typer.Argument(
            help="A TOML file: who they are, what they took, what was measured; or an invented "
            "one (see 'osteoaxis list persons').",
            autocompletion=_person_names,
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="DIR", help="Folder. [default: forecast/PERSON]"),
    ] = None,
    seed: Seed = 1,
    json_only: JsonOnly = False,
) -> None:
    """Forecast one person from their own results: each strategy with its range, what to measure.

    docs/forecast.md describes the file. Contradictory results are said to be not explained.
    """
    from osteoaxis import forecast as one
    from osteoaxis import output as out
    from osteoaxis.present import forecast as shown
    from osteoaxis.present import told
    from osteoaxis.present.progress import Steps
    from osteoaxis.simulation import simulator

    who = one.Person.load(person)
    folder = output or (None if json_only else Path("forecast") / Path(person).stem)
    if folder is not None:
        out.check_folder(folder)
    with Steps(quiet=json_only) as steps:
        ready = simulator(progress=steps.update)
        found = one.forecast(who, ready, seed=seed, progress=steps.update)
        plain = told.as_json(found, ready)
        if folder is not None:
            steps.update("Drawing", 0.98)
            with out.staged(folder) as stage:
                shown.write(found, plain, stage)
    if json_only:
        import json

        typer.echo(json.dumps(plain, allow_nan=False))
        return
    shown.show(found, plain, folder)


class Method(StrEnum):
    """How sensitivities are found."""

    MORRIS = "morris"
    SOBOL = "sobol"
    LOCAL = "local"


@app.command()
def sensitivity(
    scenario: Scenario,
    method: Annotated[
        Method,
        typer.Option(help="Morris screens, Sobol shares out the variance, local differentiates."),
    ] = Method.MORRIS,
    arm: Annotated[
        str | None, typer.Option(help="Arm of the scenario. [default: its last]")
    ] = None,
    of: Annotated[
        list[str] | None,
        typer.Option(
            "--of",
            metavar="OUTPUT",
            help="A quantity or T-score; may be repeated. "
            "[default: density of spine and hip, CTX, osteoclasts]",
        ),
    ] = None,
    at: Annotated[float, typer.Option(help="Month.")] = 24.0,
    parameters: Annotated[
        list[str] | None,
        typer.Option(
            "--parameters",
            metavar="PATTERN",
            help="Names, * allowed; may be repeated. [default: all fitted ones]",
        ),
    ] = None,
    samples: Annotated[
        int | None,
        typer.Option(min=2, max=100_000, help="Trajectories (morris) or base samples (sobol)."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="DIR", help="Folder. [default: sensitivity/NAME]"),
    ] = None,
    seed: Seed = 1,
    dask: Dask = None,
    json_only: JsonOnly = False,
) -> None:
    """Which parameters move an outcome? Tornado and heat map, by Morris, Sobol or derivatives."""
    from osteoaxis import output as out
    from osteoaxis import scenario as scenarios
    from osteoaxis import sensitivity as ask
    from osteoaxis import toml
    from osteoaxis.pharmacology.regimen import Regimen
    from osteoaxis.present import sensitivity as shown
    from osteoaxis.present.progress import Steps
    from osteoaxis.simulation import MAX_YEARS, simulator
    from osteoaxis.workers import workers

    plan = scenarios.load(scenario)
    chosen = toml.one_of(arm or list(plan.arms)[-1], tuple(plan.arms), "--arm")
    toml.number(at, 0.1, 12.0 * MAX_YEARS, "months", "--at")
    folder = output or (None if json_only else Path("sensitivity") / plan.name)
    if folder is not None:
        out.check_folder(folder, "sensitivity")
    outputs = tuple(of or ("lumbar_spine_bmd", "total_hip_bmd", "ctx", "osteoclasts"))
    with Steps(quiet=json_only) as steps, workers(dask, steps.update) as each:
        ready = simulator(progress=steps.update)
        regimen = Regimen.parse(plan.arms[chosen])
        ready.check(regimen)
        varied = ask.ranges(ready, parameters or (), male=plan.patient.male)
        question = ask.Question(plan.patient, regimen, outputs, at)
        found = ask.analyse(ready, question, varied, method.value, samples=samples, seed=seed,
                            progress=steps.update, each=each)  # fmt: skip
        if folder is not None:
            with out.staged(folder, "sensitivity") as stage:
                shown.write(found, stage)
    if json_only:
        import json

        typer.echo(json.dumps(shown.summary(found), allow_nan=False))
        return
    shown.show(found)
    typer.echo(f"Tables and figures: {folder}")


def _trial_names(incomplete: str) -> list[str]:
    from osteoaxis.trials import names

    return [name for name in names() if name.startswith(incomplete)]


@app.command()
def trial(
    name: Annotated[
        str,
        typer.Argument(
            help="A built-in trial (see 'osteoaxis list trials') or a TOML file.",
            autocompletion=_trial_names,
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="DIR", help="Folder. [default: trials/NAME-seedN]"),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(min=0, help="Equal seeds give equal people, arms, errors, luck and dropout."),
    ] = 1,
    dask: Dask = None,
    json_only: JsonOnly = False,
) -> None:
    """Conduct a virtual trial: effects, what it needs, cautions, studies like it, and its data.

    docs/howto/trial.md describes the file. A trial that is stopped begins anew.
    """
    from osteoaxis import output as out
    from osteoaxis import trials
    from osteoaxis.present import trial_context, trial_tables
    from osteoaxis.present import trials as shown
    from osteoaxis.present.progress import Steps
    from osteoaxis.simulation import simulator
    from osteoaxis.workers import workers

    plan = trials.Trial.load(name)
    folder = output or (None if json_only else Path("trials") / f"{plan.name}-seed{seed}")
    if folder is not None:
        out.check_folder(folder, "trial")
    with Steps(quiet=json_only) as steps, workers(dask, steps.update) as each:
        ready = simulator(progress=steps.update)
        for arm in plan.arms:
            with within(f"{name}: arms.{arm.name}"):
                ready.check(arm.regimen)
        found = trials.conduct(plan, ready, seed=seed, progress=steps.update, each=each)
        effects = trials.effects(found)
        plans = trials.plans(found, effects, ready, progress=steps.update, each=each)
        steps.update("Predicting studies like it", 0.95)
        beside = trial_context.context(found, ready)
        if folder is not None:
            with out.staged(folder, "trial", trial_tables.PERHAPS) as stage:
                shown.write(found, plans, beside, stage)
    if json_only:
        import json

        typer.echo(json.dumps(shown.summary(found, plans, beside), allow_nan=False))
        return
    shown.show(found, plans, beside)
    typer.echo(f"Data, figures and tables: {folder}")
