"""The courses of a forecast as rules see them: with what was taken before, from today on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr

from osteoaxis import treatment
from osteoaxis.forecast import Forecast
from osteoaxis.forecast.ahead import Array
from osteoaxis.outcomes import dxa
from osteoaxis.simulation import Simulator


def people(found: Forecast, name: str) -> dict[str, Array]:
    """Return what comes of each of the people with a strategy, T-scores beside densities."""
    values, sex = found.courses[name].values, found.person.patient.sex
    scores = {
        f"{site}_t_score": dxa.t_score(values[f"{site}_bmd"], site, sex) for site in dxa.SITES
    }
    return {**values, **scores}


def middle(found: Forecast, name: str) -> dict[str, Array]:
    """Return the medians of these people by month."""
    return {key: np.nanmedian(values, axis=0) for key, values in people(found, name).items()}


def told(found: Forecast, ready: Simulator, name: str) -> xr.Dataset:
    """Return the course that rules look at, from today on; months count from time zero."""
    known, patient = middle(found, name), found.person.patient
    scores = {site: float(known[f"{site}_t_score"][0]) for site in dxa.SITES}
    start = ready.start(replace(patient, t_scores=scores))
    given = found.courses[name].regimen
    typical = treatment.run(ready, start, given, found.months, dosing="average")
    seen = {key: ("time", values) for key, values in known.items() if key in typical}
    # What was never measured, such as calcium, is that of a typical person of these results.
    return typical.assign(seen).isel(time=slice(found.today, None))
