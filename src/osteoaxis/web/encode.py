"""Answers as bytes: JSON, or an Arrow stream for tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson

JSON = "application/json"
ARROW = "application/vnd.apache.arrow.stream"
LIMITS = {"low": None, "high": None, "change_low": "percent", "change_high": "percent"}
"""What stands beside the values of a quantity, and its unit where that is another."""
TOLD = ("regimen", "words", "given", "decisions", "cautions", "limits")
"""What is told of a strategy beside its trajectories."""


def to_json(answer: Any) -> bytes:
    """Return plain data and NumPy arrays as JSON; what is not finite becomes null."""
    return orjson.dumps(answer, np.ascontiguousarray, orjson.OPT_SERIALIZE_NUMPY)


def to_arrow(answer: dict[str, Any]) -> bytes:
    """Return the trajectories of an answer of `runs` as an Arrow stream of one table.

    Columns are `strategy`, `time` (months), the quantities and their limits (`ctx_low`,
    `ctx_change_low`); units and meanings stand in the metadata of the columns, what is not a
    trajectory as JSON in that of the table.
    """
    import pyarrow as pa

    strategies = answer.get("strategies") or {"regimen": answer}
    batches = []
    for strategy, found in strategies.items():
        columns: dict[pa.Field, Any] = {
            pa.field("strategy", pa.string()): [strategy] * len(answer["time"]),
            pa.field("time", pa.float64(), metadata={"unit": "month"}): answer["time"],
        }
        for name, entry in found["quantities"].items():
            about = {"unit": entry["unit"], "meaning": entry["meaning"]}
            columns[pa.field(name, pa.float64(), metadata=about)] = entry["values"]
            for key, unit in LIMITS.items():
                if key in entry:
                    about = {"unit": unit or entry["unit"], "meaning": entry["meaning"]}
                    field = pa.field(f"{name}_{key}", pa.float64(), metadata=about)
                    columns[field] = entry[key]
        batches.append((list(columns), list(columns.values())))
    rest = {
        "strategies": {
            strategy: {key: found[key] for key in TOLD} for strategy, found in strategies.items()
        },
        "warnings": answer["warnings"],
        "note": answer["note"],
    }
    metadata = {"osteoaxis": orjson.dumps(rest)}
    tables = [pa.table(values, schema=pa.schema(fields, metadata)) for fields, values in batches]
    sink = pa.BufferOutputStream()
    whole = pa.concat_tables(tables, promote_options="default")
    with pa.ipc.new_stream(sink, whole.schema) as writer:
        writer.write_table(whole)
    return bytes(sink.getvalue())
