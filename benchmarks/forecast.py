"""How long one person's forecast takes, after the model is compiled.

python benchmarks/forecast.py [--repeats 5]
"""

from __future__ import annotations

import argparse
import os
import statistics
import time

from osteoaxis.forecast import Person, forecast, persons
from osteoaxis.simulation import simulator


def main() -> None:
    """Print the median and the slowest of several forecasts of each built-in person."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    ready = simulator()
    print(f"{os.cpu_count()} cores, {repeats} forecasts each")
    for name in persons():
        person, seconds, stages = Person.load(name), [], []
        for seed in range(repeats):
            begun = time.perf_counter()
            found = forecast(person, ready, seed=seed)
            seconds.append(time.perf_counter() - begun)
            stages.append(found.posterior.stages)
        print(
            f"{name}: {len(person.measurements)} measurements, {len(person.strategies)} strategies,"
            f" {person.years:g} years: median {statistics.median(seconds):.1f} s, slowest "
            f"{max(seconds):.1f} s, {min(stages)} to {max(stages)} steps of refreshing"
        )


if __name__ == "__main__":
    main()
