"""Machine code on disk and in memory: generated programs, and the driver that calls them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import llvmlite.binding as llvm  # type: ignore[import-untyped]
import numpy as np

from osteoaxis.engine import cache, layout, tableau
from osteoaxis.engine.layout import Layout

_HERE = Path(__file__).parent
_OBJECT, _FACTS = "program.o", "program.json"
_ALIGNMENT = 128  # bytes; rows of 16 lanes start on it
_lock = threading.Lock()
_driver: list[ModuleType] = []


@dataclass(frozen=True)
class Machine:
    """A loaded program for a number of lanes."""

    lanes: int
    layout: Layout
    entries: tuple[tuple[int, int], ...]
    _engine: Any = field(repr=False)

    def address(self, *names: str) -> tuple[int, ...]:
        """Where functions of the program are."""
        return tuple(self._engine.get_function_address(name) for name in names)

    def block(self) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        """A block of zeros, (row, lane), aligned as the program needs it."""
        size = self.layout.rows * self.lanes
        raw = np.zeros(size + _ALIGNMENT // 8)
        skip = (-raw.ctypes.data % _ALIGNMENT) // 8
        return raw[skip : skip + size].reshape(self.layout.rows, self.lanes)


Written = tuple[str, Layout, tuple[tuple[int, int], ...]]


def load_program(key: str, lanes: int, write: Callable[[], Written]) -> Machine:
    """Return the program of this key, compiled from `write()` (LLVM code, layout, entries) if new.

    Numbers of generated code never depend on optimisation: see vector.py.
    """

    def build(folder: Path) -> None:
        text, at, entries = write()
        (folder / _OBJECT).write_bytes(_compile(text))
        (folder / _FACTS).write_text(json.dumps([list(at), entries]), encoding="utf-8")

    with _lock:
        home = cache.entry("program", cache.key(key, str(lanes)), build)
        at, entries = json.loads((home / _FACTS).read_text(encoding="utf-8"))
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _target())
        engine.add_object_file(llvm.ObjectFileRef.from_data((home / _OBJECT).read_bytes()))
        engine.finalize_object()
    return Machine(lanes, Layout(*at), tuple((row, column) for row, column in entries), engine)


def _target() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        jit=False,
        codemodel="small",
        reloc="pic",
    )


def _compile(text: str) -> bytes:
    module = llvm.parse_assembly(text)
    target = _target()
    builder = llvm.create_pass_builder(target, llvm.create_pipeline_tuning_options(speed_level=2))
    builder.getModulePassManager().run(module, builder)
    return bytes(target.emit_object(module))


def driver(compiling: Callable[[], None] = lambda: None) -> ModuleType:
    """Return kernel.py, compiled once per machine; `compiling` is called before that."""
    with _lock:
        if not _driver:
            _driver.append(_load_driver(compiling))
    return _driver[0]


def _load_driver(compiling: Callable[[], None]) -> ModuleType:
    text = (_HERE / "kernel.py").read_text(encoding="utf-8")
    import numba

    def build(folder: Path) -> None:
        compiling()
        (folder / "kernel.py").write_text(text, encoding="utf-8")
        _warm(cache.load_module(folder / "kernel.py"))

    parts = (text, ",".join(layout.Layout._fields), str(tableau.STAGES), numba.__version__)
    kernel = cache.load_module(cache.entry("kernel", cache.key(*parts), build) / "kernel.py")
    _warm(kernel)
    for function in (kernel.integrate, kernel.settle):
        function.disable_compile()  # a call with other types is a mistake here, not a reason
    return kernel


def _warm(kernel: ModuleType) -> None:
    """Make Numba compile the driver, by calling it with no patients."""
    at = Layout(*range(len(Layout._fields)))
    block, none = np.zeros((len(at), 4)), np.zeros(0)
    table, places = np.zeros((0, 0)), np.zeros(1, np.int64)
    empty = np.zeros(0, np.int64)
    kernel.integrate(
        (0,) * 5, at, block, block, 0, 0, 0, places, empty, empty, 0,
        table, none, table, (table,) * 4, table,
        empty, places, none, empty, empty, none,
        np.zeros(1), False, 1.0, none, 1, 0.0,
        empty, np.zeros((0, 1, 0)), empty, np.zeros((0, 3), np.int64), none,
    )  # fmt: skip
    kernel.settle((0,) * 4, at, block, 0, table, none, table, table, none, empty, empty)
