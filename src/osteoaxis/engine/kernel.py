"""The driver of the lanes, compiled once for all systems; generated code comes as addresses.

Compiled from a copy in the cache (see cache.py), so that every installation compiles it once.
Every lane of a block holds one patient with its own time, step and doses; when that patient is
done, the next one takes the lane. Block b, rows `at`: see layout.py. Times in days.
"""

# mypy: ignore-errors
# ruff: noqa: ARG001
from __future__ import annotations

import math

import numpy as np
from llvmlite import ir
from numba import int64, njit, types
from numba.extending import intrinsic

OK, TOO_MANY_STEPS, STEP_TOO_SMALL, NOT_FINITE, NO_STEADY_STATE, STILL_CHANGING = range(6)
ADD, RATE, SET = range(3)
SMALLEST_CUT, LARGEST_GROWTH, SAFETY, ORDER = 0.1, 6.0, 0.9, 5
IDLE = RUNNING = -1
REMEMBERED = 12  # steps after an event

FIRST_STEP, LONGEST_STEP = 1e-4, 1e6  # days, of `settle`; the longest keeps 1/h - J regular
LARGEST_CHANGE = 0.5  # of |state| + scale / 10 in one step
CONVERGED = 1e-9  # of |state| + scale, in a step of LONGEST_STEP
DRIFT = 1e-6  # of |state| + scale in ten years, allowed in a steady state
MOST_STEPS = 1000
TEN_YEARS = 3652.5


@intrinsic
def call(_context, address, block):
    """Call the generated function at `address` with the block."""

    def generate(context, builder, signature, arguments):
        array = context.make_array(signature.args[1])(context, builder, arguments[1])
        kind = ir.FunctionType(ir.VoidType(), [array.data.type])
        builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), [array.data])
        return context.get_dummy_value()

    return types.void(int64, block), generate


@intrinsic
def call_masked(_context, address, block, mask):
    """The same for functions that also take the mask of linear groups in use."""

    def generate(context, builder, signature, arguments):
        array = context.make_array(signature.args[1])(context, builder, arguments[1])
        kind = ir.FunctionType(ir.VoidType(), [array.data.type, ir.IntType(64)])
        function = builder.inttoptr(arguments[0], kind.as_pointer())
        builder.call(function, [array.data, arguments[2]])
        return context.get_dummy_value()

    return types.void(int64, block, int64), generate


@njit(cache=True, error_model="numpy", nogil=True)
def amplitude(b, at, k, age, lane):
    """Of mode k, `age` days after it was fixed."""
    decay = math.exp(max(b[at.mode_rate + k, lane] * age, -708.0))
    rest = b[at.mode_drift + k, lane] * age - b[at.mode_offset + k, lane]
    return b[at.mode_amplitude + k, lane] * decay + rest


@njit(cache=True, error_model="numpy", nogil=True)
def linear_state(b, at, bounds, vectors, group, i, age, lane):
    """Linear state i, of this group."""
    lo, hi = bounds[group], bounds[group + 1]
    row = at.mode_vectors + vectors[group] + (i - lo) * (hi - lo)
    total = 0.0
    for k in range(lo, hi):
        total += b[row + k - lo, lane] * amplitude(b, at, k, age, lane)
    return total


@njit(cache=True, error_model="numpy", nogil=True)
def set_mode(b, at, k, value, inflow, lane):
    """Fix mode k at an amplitude, with the constant inflow into it from now on."""
    rate = b[at.mode_rate + k, lane]
    offset = inflow / rate if rate != 0.0 else 0.0
    b[at.mode_amplitude + k, lane] = value + offset
    b[at.mode_offset + k, lane] = offset
    b[at.mode_drift + k, lane] = inflow if rate == 0.0 else 0.0


@njit(cache=True, error_model="numpy", nogil=True)
def dose_linear(b, at, bounds, vectors, inverse, inflow, i, kind, value, lane):
    """Change linear state i by an event, all modes of its group being at age 0."""
    group = 0
    while not bounds[group] <= i < bounds[group + 1]:
        group += 1
    lo, hi = bounds[group], bounds[group + 1]
    change = 0.0 if kind == RATE else value
    if kind == SET:
        change -= linear_state(b, at, bounds, vectors, group, i, 0.0, lane)
    for k in range(lo, hi):
        row = vectors[group] + (k - lo) * (hi - lo)
        total = 0.0  # summed anew, so that an ended infusion leaves no rounding behind
        for other in range(lo, hi):
            total += inverse[row + other - lo] * inflow[other]
        now = amplitude(b, at, k, 0.0, lane)
        set_mode(b, at, k, now + inverse[row + i - lo] * change, total, lane)


@njit(cache=True, error_model="numpy", nogil=True)
def rebase(b, at, bounds, mask, lane):
    """Fix the modes in use at their amplitudes of now."""
    age = b[at.age, lane]
    if age == 0.0:
        return
    for group in range(bounds.size - 1):
        if mask & (1 << group):
            for k in range(bounds[group], bounds[group + 1]):
                rate = b[at.mode_rate + k, lane]
                drift = b[at.mode_drift + k, lane]
                inflow = b[at.mode_offset + k, lane] * rate if rate != 0.0 else drift
                set_mode(b, at, k, amplitude(b, at, k, age, lane), inflow, lane)
    b[at.age, lane] = 0.0


@njit(cache=True, error_model="numpy", nogil=True)
def record(b, at, n, bounds, vectors, mask, history, row, states, age, lane):
    """Write the non-linear states from row `states` on, and the linear ones, into `history`."""
    for i in range(n):
        history[row, i] = b[states + i, lane]
    for group in range(bounds.size - 1):
        if mask & (1 << group):
            for i in range(bounds[group], bounds[group + 1]):
                history[row, n + i] = linear_state(b, at, bounds, vectors, group, i, age, lane)


@njit(cache=True, error_model="numpy", nogil=True)
def finish(evaluate, b, o, at, n, m, constants, times, history, done, chosen, result, lane):
    """Turn the recorded states of a patient into the chosen quantities: states, then outputs."""
    lanes = b.shape[1]
    needs_code = False
    for q in range(chosen.size):
        needs_code |= chosen[q] >= n + m
    if needs_code:
        for k in range(constants):
            for other in range(lanes):
                o[at.constants + k, other] = b[at.constants + k, lane]
    for first in range(0, done, lanes):
        last = min(first + lanes, done)
        if needs_code:
            for other in range(lanes):
                row = min(first + other, last - 1)
                o[at.moment, other] = times[row]
                for i in range(n):
                    o[at.stage + i, other] = history[row, i]
                for i in range(m):
                    o[at.x + i, other] = history[row, n + i]
            call(evaluate, o)
        for row in range(first, last):
            for q in range(chosen.size):
                place = chosen[q]
                if place < n + m:
                    result[row, q] = history[row, place]
                else:
                    result[row, q] = o[at.outputs + place - n - m, row - first]
    result[done:] = np.nan


@njit(cache=True, error_model="numpy", nogil=True)
def integrate(
    code, at, block, spare, n, m, constants, bounds, vector_start, diagonal, mask,
    parameters, start, initial, modes, inflows,
    schedule, first_event, event_time, event_where, event_kind, event_value,
    times, after, rtol, atol, max_steps, lockstep,
    chosen, result, status, counts, failed_at,
):  # fmt: skip
    """Integrate all patients; one that fails is marked and the others go on.

    `code` = addresses of prepare, evaluate, start, step, advance. `modes` = rate, start,
    vectors, inverse of each patient; `inflows` = constant input of the linear states. With
    `lockstep` above 0, each block of patients takes the same steps: the first is the nominal one,
    the others differ from it by this share of a parameter, and their differences over that share
    are kept within the tolerances, too.
    """
    prepare, evaluate, begin, step, advance = code
    mode_rate, mode_start, mode_vectors, mode_inverse = modes
    b, o = block, spare
    lanes, count = b.shape[1], start.size
    end = times[-1]
    history = np.zeros((lanes, times.size, n + m))
    patient = np.full(lanes, IDLE)
    t, h, used = np.zeros(lanes), np.zeros(lanes), np.zeros(lanes)
    next_output, next_event = np.zeros(lanes, np.int64), np.zeros(lanes, np.int64)
    last_event, event_from = np.zeros(lanes, np.int64), np.zeros(lanes, np.int64)
    steps, rejected = np.zeros(lanes, np.int64), np.zeros(lanes, np.int64)
    at_stop, learn, was_cut = (
        np.zeros(lanes, np.bool_),
        np.zeros(lanes, np.bool_),
        np.zeros(lanes, np.bool_),
    )
    ending, looking = np.full(lanes, RUNNING), np.zeros(lanes, np.bool_)
    stop = np.zeros(lanes)
    # the k-th step that worked after an event on a state: the next dose will be much like the last
    memory = np.full((lanes, n + m, REMEMBERED), np.inf)
    since, dosed = np.zeros(lanes, np.int64), np.full(lanes, IDLE)
    longest = np.full((lanes, n + m), np.inf)  # a first step that cannot overlook a dose there
    inflow = np.zeros((lanes, n + m))
    queue, busy, calls, moved = 0, 0, 0, True
    b[at.step], b[at.rtol] = 1.0, rtol
    for i in range(n):
        b[at.atol + i] = atol[i]
    while True:
        # ---- give every idle lane a patient, take every lane at a stop beyond it
        loaded = False
        for lane in range(lanes):
            while True:
                if patient[lane] == IDLE:
                    if queue == count or (lockstep > 0.0 and busy != lane):
                        break
                    p = queue
                    queue += 1
                    busy += 1
                    loaded = True
                    patient[lane] = p
                    t[lane], h[lane] = start[p], 0.0
                    steps[lane], rejected[lane], next_output[lane] = 0, 0, 0
                    next_event[lane] = first_event[schedule[p]]
                    last_event[lane] = first_event[schedule[p] + 1]
                    at_stop[lane], was_cut[lane], ending[lane] = True, False, RUNNING
                    memory[lane], longest[lane] = np.inf, np.inf
                    since[lane], dosed[lane] = 0, IDLE
                    inflow[lane, :n] = 0.0
                    inflow[lane, n:] = inflows[p]
                    for i in range(parameters.shape[1]):
                        b[at.parameters + i, lane] = parameters[p, i]
                    for i in range(n):
                        b[at.y + i, lane] = initial[p, i]
                        b[at.extra + i, lane] = 0.0
                    b[at.age, lane] = 0.0
                    for k in range(mode_vectors.shape[1]):
                        b[at.mode_vectors + k, lane] = mode_vectors[p, k]
                    for g in range(bounds.size - 1):
                        lo, hi = bounds[g], bounds[g + 1]
                        fastest, second = 0.0, 0.0
                        for k in range(lo, hi):
                            speed = abs(mode_rate[p, k])
                            b[at.mode_rate + k, lane] = mode_rate[p, k]
                            second = max(second, min(fastest, speed))
                            fastest = max(fastest, speed)
                            total = 0.0
                            row = vector_start[g] + (k - lo) * (hi - lo)
                            for i in range(lo, hi):
                                total += mode_inverse[p, row + i - lo] * inflows[p, i]
                            set_mode(b, at, k, mode_start[p, k], total, lane)
                        if fastest > 0.0:
                            memory[lane, n + lo : n + hi, 0] = 3.0 / fastest
                            longest[lane, n + lo : n + hi] = 3.0 / max(second, fastest * 1e-3)
                if ending[lane] == RUNNING and not at_stop[lane]:
                    break
                p, now = patient[lane], t[lane]
                if ending[lane] == RUNNING:
                    event_from[lane] = next_event[lane]
                    for side in range(2):
                        while (
                            next_output[lane] < times.size
                            and times[next_output[lane]] == now
                            and (side == 1 or not after)
                        ):
                            record(b, at, n, bounds, vector_start, mask, history[lane],
                                   next_output[lane], at.y, b[at.age, lane], lane)  # fmt: skip
                            next_output[lane] += 1
                        while (
                            side == 0
                            and next_event[lane] < last_event[lane]
                            and event_time[next_event[lane]] == now
                        ):
                            e = next_event[lane]
                            where, kind, value = event_where[e], event_kind[e], event_value[e]
                            if kind == RATE:
                                inflow[lane, where] += value
                                if abs(inflow[lane, where]) < 1e-12 * abs(value):
                                    inflow[lane, where] = 0.0
                            if where >= n:
                                rebase(b, at, bounds, mask, lane)
                                entering = inflow[lane, n:]
                                dose_linear(b, at, bounds, vector_start, mode_inverse[p],
                                            entering, where - n, kind, value, lane)  # fmt: skip
                            elif kind == RATE:
                                b[at.extra + where, lane] = inflow[lane, where]
                            elif kind == SET:
                                b[at.y + where, lane] = value
                            else:
                                b[at.y + where, lane] += value
                            h[lane] = min(h[lane], memory[lane, where, 0])
                            since[lane], dosed[lane] = 0, where
                            next_event[lane] += 1
                    at_stop[lane] = False
                    learn[lane] = next_event[lane] > event_from[lane]
                    stop[lane] = end
                    if next_event[lane] < last_event[lane]:
                        stop[lane] = min(end, event_time[next_event[lane]])
                    if now >= end:
                        ending[lane] = OK
                if ending[lane] == RUNNING:
                    break
                if loaded:  # constants of a patient that is done at once
                    call(prepare, b)
                    loaded = False
                finish(evaluate, b, o, at, n, m, constants, times, history[lane],
                       next_output[lane], chosen, result[p], lane)  # fmt: skip
                status[p] = ending[lane]
                counts[p, 0], counts[p, 1] = steps[lane], rejected[lane]
                if ending[lane] != OK:
                    counts[p, 2], failed_at[p] = np.int64(b[at.hardest, lane]), now
                patient[lane] = IDLE
                busy -= 1
        if busy == 0:
            if queue == count:
                break
            continue
        if loaded:
            call(prepare, b)
        # ---- one step of every lane
        for lane in range(lanes):
            b[at.time, lane] = t[lane]
        if moved or loaded:  # else every lane only tries another length
            call_masked(begin, b, mask)
            moved = False
        for lane in range(lanes):
            if patient[lane] == IDLE:
                continue
            if h[lane] == 0.0:  # ten tolerances of change
                worst = 0.0
                for i in range(n):
                    allowed = atol[i] + rtol * abs(b[at.y + i, lane])
                    worst = max(worst, abs(b[at.f0 + i, lane]) / allowed)
                h[lane] = end - t[lane]
                if worst > 0.0:
                    h[lane] = min(10.0 / worst, h[lane])
                for e in range(event_from[lane], next_event[lane]):
                    h[lane] = min(h[lane], memory[lane, event_where[e], 0])
            if learn[lane]:
                for e in range(event_from[lane], next_event[lane]):
                    if event_where[e] < n and diagonal[event_where[e]] >= 0:
                        speed = abs(b[at.jacobian + diagonal[event_where[e]], lane])
                        if speed * h[lane] > 3.0:
                            h[lane] = 3.0 / speed
            left = stop[lane] - t[lane]
            used[lane] = h[lane]
            if h[lane] >= 0.999999 * left:
                used[lane] = left
            elif h[lane] > 0.5 * left:
                used[lane] = 0.5 * left
        if lockstep > 0.0:
            for lane in range(lanes):
                if patient[lane] != IDLE:
                    used[lane] = used[0] = min(used[0], used[lane])
            used[:] = used[0]
            h[:] = max(h[0], used[0])
        for lane in range(lanes):  # a look at an output is a shorter step that is not taken
            looking[lane] = False
            # t + (stop - t) may round beyond the stop, whose outputs are no look
            reach = stop[lane] if used[lane] >= stop[lane] - t[lane] else t[lane] + used[lane]
            if patient[lane] != IDLE and times[next_output[lane]] < reach:
                looking[lane] = True
                used[lane] = times[next_output[lane]] - t[lane]
            b[at.step, lane] = used[lane]
        call_masked(step, b, mask)
        calls += 1
        if lockstep > 0.0:
            worst = b[at.error, 0]
            last = at.u + 7 * n
            for lane in range(1, lanes):
                if patient[lane] == IDLE:
                    continue
                for i in range(n):
                    error = abs(b[last + i, lane] - b[last + i, 0]) / lockstep
                    slope = abs(b[at.new + i, lane] - b[at.new + i, 0]) / lockstep
                    error /= atol[i] + rtol * max(slope, abs(b[at.new + i, 0]))
                    if not error <= worst:
                        worst = error if error < np.inf else np.inf
            b[at.error] = worst
        # ---- judge
        for lane in range(lanes):
            b[at.accepted, lane] = 0.0
            if patient[lane] == IDLE:
                continue
            error = b[at.error, lane]
            if error > 1.0:
                rejected[lane] += 1
                was_cut[lane] = True
                cut = SMALLEST_CUT
                if error < np.inf:
                    cut = max(SMALLEST_CUT, SAFETY * error ** (-1.0 / ORDER))
                h[lane] = used[lane] * cut
                if h[lane] < 1e-14 * max(abs(t[lane]), 1e-2) or t[lane] + h[lane] == t[lane]:
                    ending[lane] = STEP_TOO_SMALL
                elif steps[lane] + rejected[lane] >= max_steps:
                    ending[lane] = TOO_MANY_STEPS
                continue
            if looking[lane]:
                moment = times[next_output[lane]]
                while times[next_output[lane]] == moment:
                    record(b, at, n, bounds, vector_start, mask, history[lane], next_output[lane],
                           at.new, b[at.age, lane] + used[lane], lane)  # fmt: skip
                    next_output[lane] += 1
                continue
            b[at.accepted, lane] = 1.0
            moved = True
            steps[lane] += 1
            growth = min(LARGEST_GROWTH, SAFETY * (error + 1e-12) ** (-1.0 / ORDER))
            proposal = used[lane] * growth
            if was_cut[lane]:
                proposal = min(proposal, used[lane])
            if learn[lane]:
                for e in range(event_from[lane], next_event[lane]):
                    where = event_where[e]
                    memory[lane, where, 0] = min(proposal, longest[lane, where])
            whole = used[lane] >= h[lane]  # a step cut by a stop says little
            h[lane] = proposal if whole else max(proposal, h[lane])
            at_stop[lane] = used[lane] >= stop[lane] - t[lane]
            k, where = since[lane], dosed[lane]
            if where != IDLE and k + 1 < REMEMBERED:
                if whole and k > 0:
                    memory[lane, where, k] = proposal
                if not at_stop[lane] and memory[lane, where, k + 1] < np.inf:
                    h[lane] = memory[lane, where, k + 1]
            since[lane] += 1
            learn[lane], was_cut[lane] = False, False
            then = stop[lane] if at_stop[lane] else t[lane] + used[lane]
            b[at.age, lane] += then - t[lane]
            while not at_stop[lane] and times[next_output[lane]] == then:
                record(b, at, n, bounds, vector_start, mask, history[lane], next_output[lane],
                       at.new, b[at.age, lane], lane)  # fmt: skip
                next_output[lane] += 1
            t[lane] = then
            if steps[lane] + rejected[lane] >= max_steps and then < end:
                ending[lane] = TOO_MANY_STEPS
        call(advance, b)
    return calls


@njit(cache=True, error_model="numpy", nogil=True)
def settle(code, at, block, n, parameters, moment, states, x, scale, status, worst):
    """Replace the guesses `states` by steady states, with explicit time held at `moment`.

    Pseudo-transient continuation: implicit Euler steps that lengthen while little changes.
    `code` = addresses of prepare, rates, linearise, newton.
    """
    prepare, rates, linearise, newton = code
    b = block
    lanes, count = b.shape[1], moment.size
    patient = np.full(lanes, IDLE)
    h = np.zeros(lanes)
    rounds = np.zeros(lanes, np.int64)
    queue, busy = 0, 0
    b[at.diagonal] = 1.0
    while True:
        loaded = False
        for lane in range(lanes):
            if patient[lane] == IDLE and queue < count:
                p = queue
                queue += 1
                busy += 1
                loaded = True
                patient[lane], h[lane], rounds[lane] = p, FIRST_STEP, 0
                b[at.moment, lane] = moment[p]
                for i in range(parameters.shape[1]):
                    b[at.parameters + i, lane] = parameters[p, i]
                for i in range(n):
                    b[at.y + i, lane] = states[p, i]
                for i in range(x.shape[1]):
                    b[at.x + i, lane] = x[p, i]
        if busy == 0:
            return
        if loaded:
            call(prepare, b)
        for lane in range(lanes):
            b[at.diagonal, lane] = 1.0 / h[lane] if patient[lane] != IDLE else 1.0
        call(linearise, b)
        call(newton, b)
        for i in range(n):
            for lane in range(lanes):
                b[at.stage + i, lane] = b[at.y + i, lane] + b[at.u + i, lane]
        call(rates, b)
        for lane in range(lanes):
            if patient[lane] == IDLE:
                continue
            p = patient[lane]
            rounds[lane] += 1
            largest, hardest, converged, finite, first = 0.0, 0, True, True, -1
            for i in range(n):
                old, change = b[at.y + i, lane], b[at.u + i, lane]
                relative = abs(change) / (abs(old) + 0.1 * scale[i])
                if not relative <= largest:
                    largest, hardest = relative, i
                    if not relative < np.inf:
                        finite = False
                        break
                converged &= abs(change) <= CONVERGED * (abs(old + change) + scale[i])
                finite &= np.isfinite(b[at.f + i, lane])
            for i in range(n):
                if first < 0 and not np.isfinite(b[at.f0 + i, lane]):
                    first = i
            failure = OK
            if rounds[lane] == 1 and first >= 0:
                failure, hardest = NOT_FINITE, first
            elif not finite or largest > LARGEST_CHANGE:
                h[lane] *= 0.25
                if h[lane] < 1e-14:
                    failure = NO_STEADY_STATE
                else:
                    rounds[lane] = max(rounds[lane], 2)
                    continue
            if failure == OK:
                for i in range(n):
                    b[at.y + i, lane] = b[at.stage + i, lane]
                done = converged and h[lane] >= LONGEST_STEP
                if done or rounds[lane] >= MOST_STEPS:
                    drift = 0.0
                    for i in range(n):
                        y = b[at.y + i, lane]
                        states[p, i] = y
                        this = abs(b[at.f + i, lane]) * TEN_YEARS / (abs(y) + scale[i])
                        if not this <= drift:
                            drift, hardest = this, i
                    if not drift <= DRIFT:
                        failure = STILL_CHANGING
                    status[p], worst[p] = failure, hardest
                    patient[lane] = IDLE
                    busy -= 1
                elif largest < 0.5 * LARGEST_CHANGE:
                    h[lane] = min(4.0 * h[lane], LONGEST_STEP)
            else:
                status[p], worst[p] = failure, hardest
                patient[lane] = IDLE
                busy -= 1
