"""Writing a scenario's results: trajectories, summary, figures and the report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from osteoaxis.engine import Progress
from osteoaxis.present import figures, report
from osteoaxis.present.summary import summary_json
from osteoaxis.scenario import ScenarioResult


def write(result: ScenarioResult, folder: Path, progress: Progress) -> None:
    """Write trajectories.parquet, summary.json, report.html and all figures into `folder`."""
    progress("Writing trajectories", 0.0)
    summary = summary_json(result)
    write_trajectories(result, folder / "trajectories.parquet", summary["treatment"])
    text = json.dumps(summary, indent=1, allow_nan=False)
    (folder / "summary.json").write_text(text + "\n", encoding="utf-8")
    pictures = figures.save_all(result, folder, progress)
    progress("Writing the report", 0.95)
    (folder / "report.html").write_text(report.render(result, pictures), encoding="utf-8")


def write_trajectories(result: ScenarioResult, path: Path, treatment: Mapping[str, Any]) -> None:
    """Write every quantity of every arm as one table.

    Units stand in the metadata of columns; the person and the `treatment` of each arm as in
    summary.json (regimen, doses given, decisions, cautions) in that of the table.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = []
    for arm, data in result.arms.items():
        names = [str(name) for name in data.data_vars]
        fields = [pa.field("arm", pa.string()), pa.field("month", pa.float64())]
        fields += [
            pa.field(name, pa.float64(), metadata={"unit": str(data[name].attrs["unit"])})
            for name in names
        ]
        columns = [[arm] * data.sizes["time"], data["time"].values]
        columns += [data[name].values for name in names]
        metadata = {key: str(data.attrs[key]) for key in ("version", "parameter_hash", "patient")}
        metadata["treatment"] = json.dumps(treatment, allow_nan=False)
        tables.append(pa.table(columns, schema=pa.schema(fields, metadata=metadata)))
    pq.write_table(pa.concat_tables(tables), path)
