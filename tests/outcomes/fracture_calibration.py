"""What the fracture model was fitted to, what it predicts for it, and the fit itself.

`python tests/outcomes/fracture_calibration.py` prints the numbers of `reference/fracture.toml`
that are fitted, and rewrites the tables of docs/fracture.md.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

from osteoaxis.outcomes import fracture, numbers
from osteoaxis.outcomes.dxa import density, z_score
from osteoaxis.outcomes.incidence import cumulative

DATA = Path(__file__).parents[1] / "data" / "fracture"
PAGE = Path(__file__).parents[2] / "docs" / "fracture.md"

SITES = {"spine": "lumbar_spine", "neck": "femoral_neck", "hip": "total_hip"}

# Priors of the slopes for turnover: (mean, SD), see reference/fracture.toml.
PRIORS = {
    "turnover.vertebral": (0.44, 0.19),
    "turnover.hip": (0.10, 0.10),
    "turnover.other": (0.10, 0.10),
    "formation.vertebral": (0.0, 2.0),
    "formation.other": (0.0, 2.0),
}


RULE = "|---"
# 82, 183, 264 of 3691 on placebo and 32, 53, 86 of 3702 on denosumab: PMC3415619 table 2.
FREEDOM_BY_YEAR = (0.39, 21 / 101 * 3691 / 3702, 33 / 81 * 3691 / 3702)

# Placebo arms that count as a source of a level. Not FPT: its women had several fractures each.
PLACEBO_LEVELS = {
    ("FREEDOM", "morphometric"): "rate.female.vertebral",
    ("HORIZON-PFT", "morphometric"): "rate.female.vertebral",
    ("FIT", "morphometric"): "rate.female.vertebral",
    ("FREEDOM", "nonvertebral"): "rate.female.other",
}


def table(name: str) -> list[dict[str, str]]:
    """Return the rows of a file of targets."""
    lines = (DATA / f"{name}.csv").read_text().splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def population_mean(sex: str, cause: str, from_age: float, values: Mapping[str, float]) -> float:
    """Return the mean rate per 1,000 a year of people of `from_age` and older."""
    people = table("age_structure")
    ages = np.array([float(row["age"]) for row in people])
    weights = np.array([float(row[sex]) for row in people]) * (ages > from_age)
    share = np.exp(values[f"clinical.{sex}"]) if cause == "morphometric" else 1.0
    of = "vertebral" if cause == "morphometric" else cause
    growth = values[f"age.{sex}.{of}"] * (ages - fracture.REFERENCE_AGE)
    rates = 1e3 * np.exp(values[f"rate.{sex}.{of}"] + growth) / share
    return float(np.average(rates, weights=weights))


def arm(trial: str, treated: bool, values: Mapping[str, float]) -> dict[str, float]:
    """Return the cumulative hazard by cause until the end of a trial, in one arm."""
    return {cause: float(path[-1]) for cause, path in arm_course(trial, treated, values).items()}


def arm_course(trial: str, treated: bool, values: Mapping[str, float]) -> dict[str, np.ndarray]:
    """Return the cumulative hazard by cause and month of a trial, in one arm."""
    start = next(row for row in table("baselines") if row["trial"] == trial)
    months = np.arange(0.0, float(start["months"]) + 0.5)
    points: dict[str, list[tuple[float, float]]] = {}
    for row in table("changes"):
        if row["trial"] == trial:
            points.setdefault(row["quantity"], []).append(
                (float(row["month"]), float(row["value"]))
            )

    def path(quantity: str, first: float) -> np.ndarray:
        known = [(0.0, first), *points.get(quantity, [])] if treated else [(0.0, first)]
        return np.interp(months, *zip(*known, strict=True))

    scores = {}
    age = float(start["age"])
    for site, name in SITES.items():
        bmd = density(float(start[f"{site}_t"]), name, "female") * (1 + path(site, 0.0) / 100)
        scores[f"{site}_z"] = z_score(bmd, name, "female", age + months / 12)
    median = fracture.ctx_median("female", age + months / 12)
    totals = {cause: np.zeros_like(months) for cause in (*fracture.CAUSES, "morphometric")}
    with_fracture = float(start["vertebral_fracture"])
    for earlier, share in ((True, with_fracture), (False, 1.0 - with_fracture)):
        if share:
            found = fracture.hazards(
                sex="female", age=age, months=months, **scores,
                ctx=median * path("ctx", 1.0), p1np=50.0 * path("p1np", 1.0),
                history={"vertebral_fracture": True} if earlier else {}, values=values,
            )  # fmt: skip
            for cause in totals:
                totals[cause] += share * cumulative(found[cause], months)
    totals["nonvertebral"] = totals["hip"] + totals["other"]
    return totals


def ratios(values: Mapping[str, float]) -> Iterator[tuple[dict[str, str], float]]:
    """Return each relative risk of a trial with what the model predicts."""
    for row in table("outcomes"):
        treated, placebo = (arm(row["trial"], on, values) for on in (True, False))
        yield row, treated[row["cause"]] / placebo[row["cause"]]


def misfit(values: Mapping[str, float]) -> list[float]:
    """Return the residuals of the fitted relative risks, in standard errors of their logs."""
    return [
        float(
            np.log(predicted / float(row["ratio"]))
            / (np.log(float(row["high"]) / float(row["low"])) / 3.92)
        )
        for row, predicted in ratios(values)
        if row["fitted"] == "true"
    ]


def fit_slopes(values: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """Return each slope for turnover and formation as (best value, standard error)."""
    names = list(PRIORS)

    def residuals(slopes: np.ndarray) -> np.ndarray:
        trial = {**values, **dict(zip(names, slopes, strict=True))}
        prior = [(s - m) / sd for s, (m, sd) in zip(slopes, PRIORS.values(), strict=True)]
        return np.array([*misfit(trial), *prior])

    found = least_squares(residuals, [values[name] for name in names])
    errors = np.sqrt(np.diag(np.linalg.inv(found.jac.T @ found.jac)))
    return {n: (float(x), float(e)) for n, x, e in zip(names, found.x, errors, strict=True)}


def levels(values: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """Return the rates per 1,000 at 65 as (geometric mean over the sources, SD of its log).

    Sources weigh the same; a placebo arm is one source, and morphometric ones count through the
    share of vertebral fractures that come to attention.
    """
    found: dict[str, list[float]] = {}
    for row in table("populations"):
        cause = row["cause"]
        if (row["sex"], cause) in (
            ("male", "vertebral"),
            ("male", "other"),
            ("female", "morphometric"),
        ):
            continue  # men: women's level and the ratio of CPRD; Rochester counts once
        if row["source"] == "GLOW" and cause == "hip":
            continue  # volunteers who answer a letter: too few hip fractures
        mean = population_mean(row["sex"], cause, float(row["from_age"]), values)
        name = f"rate.{row['sex']}.{cause}"
        found.setdefault(name, []).append(values[name] + np.log(float(row["per_1000"]) / mean))
    for row in table("placebo"):
        of = PLACEBO_LEVELS.get((row["trial"], row["cause"]))
        if of:
            predicted = arm(row["trial"], False, values)[row["cause"]]
            observed = -np.log1p(-float(row["percent"]) / 100)
            found[of].append(values[of] + np.log(observed / predicted))
    return {
        name: (1e3 * float(np.exp(np.mean(logs))), float(np.std(logs, ddof=1)))
        for name, logs in found.items()
    }


def fnih(values: Mapping[str, float]) -> dict[str, float]:
    """Return change of log relative risk for one percent more total hip density, by cause.

    Regression through the origin over the antiresorptive trials, as in 10.1002/jbmr.3641.
    """
    gains = {
        trial: next(
            float(row["value"]) for row in table("changes")
            if (row["trial"], row["quantity"], row["month"]) == (trial, "hip", "36")
        )
        for trial in ("FREEDOM", "HORIZON-PFT", "FIT")
    }  # fmt: skip
    slopes = {}
    for cause in ("vertebral", "hip", "nonvertebral"):
        logs = [
            np.log(arm(trial, True, values)[cause] / arm(trial, False, values)[cause])
            for trial in gains
        ]
        x = np.array(list(gains.values()))
        slopes[cause] = float(x @ logs / (x @ x))
    return slopes


def by_year(values: Mapping[str, float]) -> list[tuple[str, float]]:
    """Return the relative risk of morphometric fractures in each year of FREEDOM."""
    ends = (0, 12, 24, 36)
    hazard = {on: arm_course("FREEDOM", on, values)["morphometric"] for on in (True, False)}
    return [
        (f"{start}-{end}", (hazard[True][end] - hazard[True][start])
         / (hazard[False][end] - hazard[False][start]))
        for start, end in itertools.pairwise(ends)
    ]  # fmt: skip


def after_denosumab(values: Mapping[str, float]) -> tuple[float, float]:
    """Return vertebral hazard off denosumab over that on it, and over that without it.

    Density back at its start and CTX 1.8 times its median are assumed.
    """
    start = density(-2.8, "lumbar_spine", "female")
    found = []
    for gain, ctx in ((9.2, 0.18), (0.0, 1.8), (0.0, 1.0)):
        bmd = np.array([start * (1 + gain / 100)])
        z = z_score(bmd, "lumbar_spine", "female", 75.0)
        level = ctx * fracture.ctx_median("female", np.array([75.0]))
        found.append(
            fracture.hazards(
                sex="female", age=75.0, months=np.zeros(1), spine_z=z, neck_z=z, hip_z=z,
                ctx=level, values=values,
            )["vertebral"][0]
        )  # fmt: skip
    on, off, never = found
    return float(off / on), float(off / never)


def tables(values: Mapping[str, float]) -> dict[str, str]:
    """Return the tables of docs/fracture.md in Markdown by name."""
    trials = ["| trial | fractures | observed | predicted | within | used to fit |", RULE * 6 + "|"]
    for row, predicted in ratios(values):
        low, high = float(row["low"]), float(row["high"])
        trials.append(
            f"| {row['trial']} | {row['cause']} | {row['ratio']} ({row['low']} to {row['high']}) "
            f"| {predicted:.2f} | {'yes' if low <= predicted <= high else '**no**'} "
            f"| {'yes' if row['fitted'] == 'true' else 'no'} |"
        )
    years = ["| months | observed | predicted |", RULE * 3 + "|"]
    for (span, predicted), observed in zip(by_year(values), FREEDOM_BY_YEAR, strict=True):
        years.append(f"| {span} | {observed:.2f} | {predicted:.2f} |")
    placebo = [
        "| trial | fractures | observed, % | predicted, % | used for the level |",
        RULE * 5 + "|",
    ]
    for row in table("placebo"):
        predicted = -100 * np.expm1(-arm(row["trial"].split(" (")[0], False, values)[row["cause"]])
        used = (row["trial"], row["cause"]) in PLACEBO_LEVELS
        placebo.append(
            f"| {row['trial']} | {row['cause']} | {row['percent']} | {predicted:.1f} "
            f"| {'yes' if used else 'no'} |"
        )
    people = ["| people | sex | fractures | observed | model |", RULE * 5 + "|"]
    for row in table("populations"):
        mean = population_mean(row["sex"], row["cause"], float(row["from_age"]), values)
        people.append(
            f"| {row['source']}, {row['from_age']} and over | {row['sex']} | {row['cause']} "
            f"| {row['per_1000']} | {mean:.2f} |"
        )
    published = {"vertebral": "-0.17", "hip": "-0.086", "nonvertebral": "no relation"}
    slopes = ["| fractures | published | model |", RULE * 3 + "|"]
    slopes += [f"| {k} | {published[k]} | {v:.3f} |" for k, v in fnih(values).items()]
    on, never = after_denosumab(values)
    stop = [
        "| ratio | observed | model |", RULE * 3 + "|",
        f"| off over on denosumab | 5.9 | {on:.1f} |",
        f"| off denosumab over never treated | 0.84 | {never:.1f} |",
    ]  # fmt: skip
    return {
        "trials": "\n".join(trials), "years": "\n".join(years), "placebo": "\n".join(placebo),
        "people": "\n".join(people), "slopes": "\n".join(slopes), "stop": "\n".join(stop),
    }  # fmt: skip


def page(text: str, values: Mapping[str, float]) -> str:
    """Return the text of docs/fracture.md with its tables made anew."""
    for name, rows in tables(values).items():
        begin, end = f"<!-- {name} -->\n", f"<!-- end {name} -->"
        head, _, rest = text.partition(begin)
        text = head + begin + rows + "\n" + end + rest.partition(end)[2]
    return text


if __name__ == "__main__":
    known = numbers.central("fracture")
    for name, (value, error) in fit_slopes(known).items():
        print(f"{name}: {value:.3f} ({error:.3f}); now {known[name]:.3f}")
    for name, (value, error) in levels(known).items():
        print(f"{name}: {value:.3f} ({error:.3f}); now {1e3 * np.exp(known[name]):.3f}")
    PAGE.write_text(page(PAGE.read_text(), known))
