"""Integration of imported models: pieces between the jumps, events where triggers become true."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from osteoaxis.engine import Solution, compile_system, solve
from osteoaxis.errors import InputError, SolverError
from osteoaxis.sbml.importing import Event, ImportedModel
from osteoaxis.sbml.maths import engine_name

Array = NDArray[np.float64]

RTOL, ATOL = 1e-9, 1e-11
SAMPLES = 1000
"""Looks at the switches over the whole time, at least."""
WINDOW = 100
LOOK_AHEAD = 4.0
"""The next window is this many times as long as the last jump was away, or else it grows or
shrinks so many times."""
FINER = 200
CLOSER_LOOKS = 3
"""How often to look closer where a switch may go to and fro between two looks."""
PRECISION = 1e-14
"""How exactly a jump is located, of the time."""
MOST_DIVISIONS = 100
DOUBLINGS = 20
CLOSE = 100
"""A jump this many times `PRECISION` behind is close enough."""
MANY_STOPS, SLOWEST = 500, 1e-6
"""After so many jumps and events, the least progress, of the whole time."""
MAX_CASCADE = 10_000
"""Events at one instant."""
STEPS_OF_A_PIECE = 500_000


@dataclass(frozen=True)
class Trajectory:
    """Quantities of an imported model over time, in its own units."""

    times: Array
    names: tuple[str, ...]
    values: Array  # (time, quantity)

    def __getitem__(self, name: str) -> Array:
        """Values of an identifier, or of "amount of …" or "concentration of …" a species."""
        return self.values[:, self.names.index(engine_name(name))]


def simulate(
    model: ImportedModel,
    times: ArrayLike,
    *,
    rtol: float = RTOL,
    atol: float = ATOL,
    seed: int = 0,
) -> Trajectory:
    """Integrate `model` from time zero; where an event happens, values are those after it.

    Events of equal priority at one instant happen in random order, drawn from `seed`. Raises
    `SolverError` where the equations cannot be solved, `InputError` for impossible `times`.
    """
    grid = np.asarray(times, dtype=float)
    if grid.ndim != 1 or not grid.size or grid[0] < 0 or not (np.diff(grid) > 0).all():
        raise InputError("times: must be at least one, ascending, from 0 on.")
    return _Run(model, grid, rtol, atol, seed).run()


@dataclass(frozen=True)
class _Jump:
    """A jump lies between two times; `before` is the state at the first."""

    left: float
    before: Array
    right: float


@dataclass
class _Pending:
    number: int
    event: Event
    values: dict[str, float] | None


@dataclass
class _Run:
    model: ImportedModel
    times: Array
    rtol: float
    atol: float
    seed: int

    def __post_init__(self) -> None:
        model = self.model
        self.compiled = compile_system(model.system)
        self.names = (*model.system.states, *model.system.outputs, *model.system.parameters)
        self.place = {name: k for k, name in enumerate(self.names)}
        self.state = np.array([model.initial[n] for n in model.system.states])
        self.parameters = np.array([model.parameters[n] for n in model.system.parameters])
        self.time = 0.0
        self.longest = self.reach = WINDOW * float(self.times[-1]) / SAMPLES
        outputs = {name: k for k, name in enumerate(model.system.outputs)}
        self.switches = [outputs[n] for n in model.switches]
        self.margins = [outputs[n] for n in model.margins]
        self.crossings = [outputs[n] for n in model.crossings]
        self.triggers = [outputs[event.trigger] for event in model.events]
        self.was_true = np.array([event.initially for event in model.events], dtype=bool)
        self.random = np.random.default_rng(self.seed)
        self.rows = np.full((self.times.size, len(self.names)), np.nan)

    def run(self) -> Trajectory:
        """Integrate to the end."""
        self._happen()
        self._record()
        rates = self.compiled.rates(0.0, self.state, self.parameters)
        for name, rate in zip(self.model.system.states, rates, strict=True):
            if not np.isfinite(rate):
                raise SolverError(f"{self.model.name}: the rate of '{name}' is {rate} at time 0.")
        before, stops = 0.0, 0
        while self.time < self.times[-1]:
            stops += 1
            if stops % MANY_STOPS == 0:
                if self.time - before < SLOWEST * self.times[-1]:
                    raise SolverError(f"{self._here()}: jumps and events follow without end.")
                before = self.time
            self._advance(self._window())
            self._happen()
            self._record()
        return Trajectory(self.times, self.names, self.rows)

    # ---- between events ----------------------------------------------------------------------
    def _window(self) -> Array:
        """When to look next: at outputs and, where anything can jump, often enough in between."""
        later = self.times[self.times > self.time]
        if not self.switches:
            return np.concatenate(([self.time], later))
        end = min(self.time + self.reach, later[-1])
        known = self._outputs()[self.crossings]
        around = np.outer([1.0 - PRECISION / 4, 1.0, 1.0 + PRECISION / 4], known).ravel()
        marks = np.concatenate(
            (np.linspace(self.time, end, WINDOW + 1), later[later < end], around)
        )
        marks = np.unique(marks[(marks >= self.time) & (marks <= end)])
        middle = 0.5 * (marks[1:] + marks[:-1]) if known.size else marks[:0]
        return np.unique(np.concatenate((marks, middle)))

    def _advance(self, grid: Array) -> None:
        """Integrate over `grid`, or to the first jump in it."""
        old = self._outputs()[self.switches]
        found, kept, jump = self._look(grid, self.state, old, CLOSER_LOOKS)
        self._keep(found, grid, kept)
        if jump is not None:
            before = self.time
            self.time, self.state = self._located(jump, old)
            self.reach = min(
                max(LOOK_AHEAD * (self.time - before), self.reach / LOOK_AHEAD), self.longest
            )
            return
        self.reach = min(LOOK_AHEAD * self.reach, self.longest)
        if kept < grid.size:
            raise self._failure(found)
        # a touch at the end of a window is seen from the middle of the next
        last = -1 if grid[-1] == self.times[-1] or grid.size == 2 else -2
        self.time, self.state = float(grid[last]), found.states[last]

    def _look(
        self, grid: Array, state: Array, old: Array, closer: int
    ) -> tuple[Solution, int, _Jump | None]:
        """Integrate over `grid`; return how many rows are before the first jump, and the jump."""
        found = self._solve(state, grid)
        good = grid.size
        if not found.success and found.failed_time is not None:
            good = int(np.searchsorted(grid, found.failed_time, side="right"))
        changed = _differs(found.outputs[:good, self.switches], old)
        first = max(int(np.argmax(changed)), 1) if changed.any() else good
        touches = self._touches(found, first) if closer else ()
        for left in touches if closer == CLOSER_LOOKS else touches[:1]:
            finer = np.unique(np.linspace(grid[left], grid[left + 2], FINER + 1))
            _, _, jump = self._look(finer, found.states[left], old, closer - 1)
            if jump is not None:
                return found, int(left) + 1, jump
        if first >= good:
            return found, good, None
        return found, first, _Jump(grid[first - 1], found.states[first - 1], grid[first])

    def _located(self, jump: _Jump, old: Array) -> tuple[float, Array]:
        """Divide again and again the time in which the switches leave `old`; return its end."""
        for _ in range(MOST_DIVISIONS):
            wide = jump.right - jump.left > self._precision(jump.right)
            grid = np.unique(np.linspace(jump.left, jump.right, FINER + 1 if wide else 2))
            found, kept, closer = self._look(grid, jump.before, old, 0)
            end, state = float(grid[-1]), found.states[-1]
            if closer is None and kept < grid.size:
                raise self._failure(found)
            if closer is None:
                closer, end, state = self._beyond(end, state, old)
            elif not wide or grid.size == 2:
                closer = None
            if closer is None:
                return end, state
            jump = closer
        raise SolverError(f"{self._here()}: a jump near {jump.left:g} cannot be located.")

    def _beyond(self, time: float, state: Array, old: Array) -> tuple[_Jump | None, float, Array]:
        """Go on to a jump that the errors of the integration have moved a little behind `time`.

        Return the jump if it is to be located better, and where the integration has come to.
        """
        first = step = self._precision(time)
        for _ in range(DOUBLINGS):
            if time + step > self.times[-1]:
                break
            found = self._solve(state, np.array([time, time + step]))
            if not found.success:
                break
            if _differs(found.outputs[1:, self.switches], old).any():
                jump = _Jump(time, state, time + step) if step > CLOSE * first else None
                return jump, time + step, found.states[-1]
            time, state, step = time + step, found.states[-1], 2.0 * step
        return None, time, state

    def _precision(self, time: float) -> float:
        return PRECISION * max(time, 1e-3 * float(self.times[-1]))

    def _solve(self, state: Array, grid: Array) -> Solution:
        return solve(
            self.compiled, self.parameters, state, None, grid, rtol=self.rtol, atol=self.atol,
            max_steps=STEPS_OF_A_PIECE,
        )  # fmt: skip

    @np.errstate(all="ignore")  # infinite margins
    def _touches(self, found: Solution, until: int) -> NDArray[np.int64]:
        """Starts of three rows between which a margin may reach zero and return.

        The parabola through the three comes as close to zero as the margin changes in between.
        """
        margin = found.outputs[:until, self.margins]
        if until < 3 or not self.margins:
            return np.zeros(0, np.int64)
        distance, sign, times = np.abs(margin), np.sign(margin), found.times[:until]
        one, two, three = distance[:-2], distance[1:-1], distance[2:]
        before, after = np.diff(times)[:-1, None], np.diff(times)[1:, None]
        first, second = (two - one) / before, (three - two) / after
        bend = (second - first) / (before + after)
        slope = first + bend * before
        lowest = two - slope**2 / (4.0 * bend)
        near = (
            (two <= one)
            & (two <= three)
            & (sign[:-2] == sign[2:])
            & (sign[:-2] == sign[1:-1])
            & (lowest < np.maximum(one, three) - two)
        )
        return np.flatnonzero(near.any(axis=1))

    # ---- at an instant -----------------------------------------------------------------------
    def _outputs(self) -> Array:
        return self.compiled.outputs(self.time, self.state, self.parameters)

    def _happen(self) -> None:
        """Let events happen until none is due."""
        if not self.model.events:
            return
        pending: list[_Pending] = []
        for _ in range(MAX_CASCADE):
            outputs = self._outputs()
            true = outputs[self.triggers] > 0.5
            pending = [p for p in pending if p.event.persistent or true[p.number]]
            for number in np.flatnonzero(true & ~self.was_true):
                event = self.model.events[number]
                now = self._values(event) if event.values_from_trigger else None
                pending.append(_Pending(int(number), event, now))
            self.was_true = true
            if not pending:
                return
            chosen = self._next(pending)
            pending.remove(chosen)
            values = self._values(chosen.event) if chosen.values is None else chosen.values
            self._assign(chosen.event, values)
        raise SolverError(f"{self._here()}: more than {MAX_CASCADE:,} events at one instant.")

    def _values(self, event: Event) -> dict[str, float]:
        row = self._row()
        return {target: float(row[self.place[name]]) for target, name in event.assignments.items()}

    def _next(self, pending: list[_Pending]) -> _Pending:
        row = self._row()
        ranks = np.array(
            [-np.inf if p.event.priority is None else row[self.place[p.event.priority]]
             for p in pending]
        )  # fmt: skip
        ranks[np.isnan(ranks)] = -np.inf
        first = np.flatnonzero(ranks == ranks.max())
        return pending[int(self.random.choice(first))]

    def _assign(self, event: Event, values: dict[str, float]) -> None:
        """Set quantities at once.

        A concentration that is set counts in the size its compartment had before; amounts stay
        when a compartment gets another size.
        """
        sizes = self._sizes()
        for target, value in values.items():
            if target not in self.model.system.assignments:
                self._set(target, value)
            else:  # a species kept as an amount
                species = self.model.species[target]
                self._set(species.amount, value * sizes[species.compartment])
        new = self._sizes()
        for name, species in self.model.species.items():
            old, size = sizes[species.compartment], new[species.compartment]
            kept_as_concentration = name == species.concentration and name in self.model.initial
            if kept_as_concentration and old != size:
                self._set(name, self.state[self.place[name]] * old / size)
        if not np.isfinite(self.state).all():
            raise SolverError(f"{self._here()}: event '{event.name}' sets what is not a number.")

    def _sizes(self) -> dict[str, float]:
        row = self._row()
        return {s.compartment: row[self.place[s.compartment]] for s in self.model.species.values()}

    def _set(self, name: str, value: float) -> None:
        if name in self.model.initial:
            self.state[self.place[name]] = value
        else:
            before = len(self.model.system.states) + len(self.model.system.outputs)
            self.parameters[self.place[name] - before] = value

    # ---- results -----------------------------------------------------------------------------
    def _row(self) -> Array:
        return np.concatenate((self.state, self._outputs(), self.parameters))

    def _record(self) -> None:
        here = np.flatnonzero(self.times == self.time)
        if here.size:
            self.rows[here] = self._row()

    def _keep(self, found: Solution, grid: Array, until: int) -> None:
        """Remember the outputs among the first rows of a piece."""
        rows = np.flatnonzero(np.isin(grid[:until], self.times))
        rows = rows[rows > 0]
        places = np.searchsorted(self.times, grid[rows])
        cut, wide = found.states.shape[1], found.outputs.shape[1]
        self.rows[places, :cut] = found.states[rows]
        self.rows[places, cut : cut + wide] = found.outputs[rows]
        self.rows[places, cut + wide :] = self.parameters

    def _failure(self, found: Solution) -> SolverError:
        when = self.time if found.failed_time is None else found.failed_time
        return SolverError(
            f"{self.model.name}: cannot be integrated beyond time {when:g}; the state hardest to "
            f"follow is '{found.failed_state}'."
        )

    def _here(self) -> str:
        return f"{self.model.name}: time {self.time:g}"


def _differs(rows: Array, from_: Array) -> NDArray[np.bool_]:
    """Which rows differ; undefined is like undefined."""
    same = (rows == from_) | (np.isnan(rows) & np.isnan(from_))
    return np.asarray(~same.all(axis=1))
