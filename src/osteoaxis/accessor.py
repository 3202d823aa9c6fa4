"""`dataset.osteoaxis.plot(...)`: pictures of what `osteoaxis.simulate` returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import xarray as xr

from osteoaxis.errors import InputError, did_you_mean
from osteoaxis.units import conversion_factor

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OVERVIEW = (
    "estradiol", "tnf_alpha", "rankl_opg_ratio", "osteoclasts", "osteoblasts", "ctx", "p1np",
    "lumbar_spine_bmd", "arthralgia_probability",
)  # fmt: skip
COLUMNS = 3


@xr.register_dataset_accessor("osteoaxis")  # type: ignore[no-untyped-call]
class Pictures:
    """Quick pictures of one simulated person."""

    def __init__(self, data: xr.Dataset) -> None:
        self._data = data

    def plot(self, *quantities: str) -> Figure:
        """Return one small panel for each of `quantities` (default: an overview) over years.

        Raises `InputError` for an unknown quantity.
        """
        from matplotlib.figure import Figure

        names = quantities or OVERVIEW
        per_year = conversion_factor(self._data["time"].attrs["unit"], "year")
        for name in names:
            if name not in self._data:
                near = did_you_mean(name, map(str, self._data.data_vars))
                raise InputError(f"unknown quantity '{name}'.{near}")
        columns = min(COLUMNS, len(names))
        rows = -(-len(names) // columns)
        figure = Figure(figsize=(3.4 * columns, 2.5 * rows), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for axis, name in zip(axes, names, strict=False):
            quantity = self._data[name]
            axis.plot(self._data["time"] * per_year, quantity)
            unit = quantity.attrs["unit"]
            axis.set_title(name if unit == "1" else f"{name} ({unit})", fontsize=9)
            axis.set_xlabel("years", fontsize=8)
            axis.grid(alpha=0.3)
        for axis in axes[len(names) :]:
            axis.set_visible(False)
        return figure
