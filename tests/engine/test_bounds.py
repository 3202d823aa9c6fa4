"""The driver never reads or writes beyond its arrays: run with Numba's bounds checks on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

# Long last steps, since t + (end - t) can round above the end where t is below half of it: an
# output there was once looked at as if before the end, and memory beyond the array was written.
PROGRAM = """
import numpy as np
from osteoaxis import engine
from osteoaxis.engine import OdeSystem, symbol

a, b, k = symbol("a"), symbol("b"), symbol("k")
system = OdeSystem("tiny", ("a", "b"), ("k",), {}, (-k * a**1.5, k * a - b**2), (1.0, 1.0))
compiled = engine.compile_system(system)
rng = np.random.default_rng(1)
for _ in range(3000):
    times = np.sort(rng.uniform(0.0, rng.uniform(0.1, 700.0), rng.integers(1, 4)))
    doses = np.sort(rng.uniform(times[0], times[-1], rng.integers(0, 3)))
    kind = np.zeros(doses.size, np.int64)
    events = engine.Events(doses, kind, kind, np.ones(doses.size))
    found = engine.solve(
        compiled, [10.0 ** rng.uniform(-9, 1)], [1.0, 1e-6], events, times, start=-times[-1]
    )
    assert found.success
"""


def test_no_index_is_out_of_bounds(tmp_path: Path) -> None:
    environment = os.environ | {"OSTEOAXIS_CACHE": str(tmp_path), "NUMBA_BOUNDSCHECK": "1"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
