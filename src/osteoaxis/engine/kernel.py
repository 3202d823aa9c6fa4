"""The integration loop, compiled once for all systems; it gets the generated functions as pointers.

Compiled from a copy in the cache (see cache.py), so that every installation compiles it once.
y are the non-linear states, x the linear ones; times in days.
"""

# mypy: ignore-errors
from __future__ import annotations

from math import exp, expm1

import numpy as np
from numba import boolean, float64, int64, njit, types, void

from osteoaxis.engine import tableau

V = float64[::1]
M = float64[:, ::1]
N = int64[::1]
B = boolean[::1]
RATES = types.FunctionType(void(float64, V, V, V, V, V))
JACOBIAN = types.FunctionType(void(float64, V, V, V, V, V, V, V))
FACTOR = types.FunctionType(void(float64, V, V))
BACKSOLVE = types.FunctionType(void(V, V, V))

OK, TOO_MANY_STEPS, STEP_TOO_SMALL = 0, 1, 2
ADD, RATE, SET = 0, 1, 2

PADDING = 32  # vectors are this long or a multiple: no scalar remainders of vector loops
SMALLEST_CUT, LARGEST_GROWTH, SAFETY = 0.1, 6.0, 0.9
GAMMA = tableau.GAMMA
G0, G1, G2, G3, G4 = tableau.G[:5]
_, ALPHA1, ALPHA2, ALPHA3, ALPHA4, ALPHA5 = tableau.ALPHA[:6]
(A10,) = tableau.A[1]
A20, A21 = tableau.A[2]
A30, A31, A32 = tableau.A[3]
A40, A41, A42, A43 = tableau.A[4]
A50, A51, A52, A53, A54 = tableau.A[5]
A60, A61, A62, A63, A64, A65 = tableau.A[6]
A70, A71, A72, A73, A74, A75, A76 = tableau.A[7]
(C10,) = tableau.C[1]
C20, C21 = tableau.C[2]
C30, C31, C32 = tableau.C[3]
C40, C41, C42, C43 = tableau.C[4]
C50, C51, C52, C53, C54 = tableau.C[5]
C60, C61, C62, C63, C64, C65 = tableau.C[6]
C70, C71, C72, C73, C74, C75, C76 = tableau.C[7]


@njit(cache=True, error_model="numpy")
def linear_values(age, z, group, x, w):
    """x = V z(age) of the active groups, `age` days after their amplitudes z were fixed."""
    lam, vectors, _, bounds, active, u = group
    for g in range(active.size):
        if not active[g]:
            continue
        lo, hi = bounds[g], bounds[g + 1]
        for k in range(lo, hi):
            a = lam[k] * age
            w[k] = 0.0 if a < -200.0 else z[k] * exp(a)  # no denormal arithmetic
            if u[k] != 0.0:
                w[k] += u[k] * (age if lam[k] == 0.0 else expm1(a) / lam[k])
        for i in range(lo, hi):
            total = 0.0
            for k in range(lo, hi):
                total += vectors[i, k] * w[k]
            x[i] = total


@njit(cache=True, error_model="numpy")
def linear_slopes(group, w, s):
    """Slopes of the linear states, from the amplitudes w that linear_values left behind."""
    lam, vectors, _, bounds, active, u = group
    for g in range(active.size):
        if not active[g]:
            continue
        lo, hi = bounds[g], bounds[g + 1]
        for i in range(lo, hi):
            total = 0.0
            for k in range(lo, hi):
                total += vectors[i, k] * (lam[k] * w[k] + u[k])
            s[i] = total


@njit(cache=True, error_model="numpy")
def linear_event(i, kind, value, inflow, z, group):
    """Apply a dose to linear state i; `inflow` is its constant input after the event."""
    _, vectors, inverse, bounds, _, u = group
    g = 0
    while not bounds[g] <= i < bounds[g + 1]:
        g += 1
    lo, hi = bounds[g], bounds[g + 1]
    change = value
    if kind == SET:
        for k in range(lo, hi):
            change -= vectors[i, k] * z[k]
    for k in range(lo, hi):
        if kind == RATE:
            u[k] = 0.0  # summed anew, so that an ended infusion leaves no rounding behind
            for other in range(lo, hi):
                u[k] += inverse[k, other] * inflow[other]
        else:
            z[k] += inverse[k, i] * change


@njit(cache=True, error_model="numpy")
def evaluate_stage(rates, t, y, x, c, f, work, extra, any_extra):
    """Rates with the constant inputs of non-linear states."""
    rates(t, y, x, c, f, work)
    if any_extra:
        for i in range(f.size):
            f[i] += extra[i]


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def step(
    rates, factor, backsolve, t, h, y, c, f0, g, j, extra, any_extra, age, z, group,
    stages, yt, f, x, w, lu, work,
):  # fmt: skip
    """One Rosenbrock step of size h; the new state is yt + u7, and u7 is its error.

    f0, g and j are the rates, their time derivative and the Jacobian at (t, y). Written out, with
    constant coefficients, because these loops are a good part of the cost of a step.
    """
    u0, u1, u2, u3, u4, u5, u6, u7 = stages
    factor(1.0 / (GAMMA * h), j, lu)
    r = 1.0 / h
    for i in range(y.size):
        f[i] = f0[i] + h * G0 * g[i]
    backsolve(lu, f, u0)

    for i in range(y.size):
        yt[i] = y[i] + (A10 * u0[i])
    linear_values(age + ALPHA1 * h, z, group, x, w)
    evaluate_stage(rates, t + ALPHA1 * h, yt, x, c, f, work, extra, any_extra)
    for i in range(y.size):
        f[i] += r * (C10 * u0[i]) + h * G1 * g[i]
    backsolve(lu, f, u1)

    for i in range(y.size):
        yt[i] = y[i] + (A20 * u0[i] + A21 * u1[i])
    linear_values(age + ALPHA2 * h, z, group, x, w)
    evaluate_stage(rates, t + ALPHA2 * h, yt, x, c, f, work, extra, any_extra)
    for i in range(y.size):
        f[i] += r * (C20 * u0[i] + C21 * u1[i]) + h * G2 * g[i]
    backsolve(lu, f, u2)

    for i in range(y.size):
        yt[i] = y[i] + (A30 * u0[i] + A31 * u1[i] + A32 * u2[i])
    linear_values(age + ALPHA3 * h, z, group, x, w)
    evaluate_stage(rates, t + ALPHA3 * h, yt, x, c, f, work, extra, any_extra)
    for i in range(y.size):
        f[i] += r * (C30 * u0[i] + C31 * u1[i] + C32 * u2[i]) + h * G3 * g[i]
    backsolve(lu, f, u3)

    for i in range(y.size):
        yt[i] = y[i] + (A40 * u0[i] + A41 * u1[i] + A42 * u2[i] + A43 * u3[i])
    linear_values(age + ALPHA4 * h, z, group, x, w)
    evaluate_stage(rates, t + ALPHA4 * h, yt, x, c, f, work, extra, any_extra)
    for i in range(y.size):
        f[i] += r * (C40 * u0[i] + C41 * u1[i] + C42 * u2[i] + C43 * u3[i]) + h * G4 * g[i]
    backsolve(lu, f, u4)

    for i in range(y.size):
        yt[i] = y[i] + (A50 * u0[i] + A51 * u1[i] + A52 * u2[i] + A53 * u3[i] + A54 * u4[i])
    linear_values(age + ALPHA5 * h, z, group, x, w)
    evaluate_stage(rates, t + ALPHA5 * h, yt, x, c, f, work, extra, any_extra)
    for i in range(y.size):
        f[i] += r * (C50 * u0[i] + C51 * u1[i] + C52 * u2[i] + C53 * u3[i] + C54 * u4[i])
    backsolve(lu, f, u5)

    for i in range(y.size):
        yt[i] = y[i] + (
            A60 * u0[i] + A61 * u1[i] + A62 * u2[i] + A63 * u3[i] + A64 * u4[i] + A65 * u5[i]
        )
    evaluate_stage(rates, t + ALPHA5 * h, yt, x, c, f, work, extra, any_extra)
    for i in range(y.size):
        f[i] += r * (
            C60 * u0[i] + C61 * u1[i] + C62 * u2[i] + C63 * u3[i] + C64 * u4[i] + C65 * u5[i]
        )
    backsolve(lu, f, u6)

    for i in range(y.size):
        yt[i] = y[i] + (
            A70 * u0[i]
            + A71 * u1[i]
            + A72 * u2[i]
            + A73 * u3[i]
            + A74 * u4[i]
            + A75 * u5[i]
            + A76 * u6[i]
        )
    evaluate_stage(rates, t + ALPHA5 * h, yt, x, c, f, work, extra, any_extra)
    for i in range(y.size):
        f[i] += r * (
            C70 * u0[i]
            + C71 * u1[i]
            + C72 * u2[i]
            + C73 * u3[i]
            + C74 * u4[i]
            + C75 * u5[i]
            + C76 * u6[i]
        )
    backsolve(lu, f, u7)


@njit(
    int64(
        RATES, JACOBIAN, FACTOR, BACKSOLVE, RATES,  # generated functions
        float64, V, V, int64, int64, int64, N,  # start, y, c, sizes, places of the diagonal
        V, V, V, M, M, N, B,  # linear groups
        V, N, N, V,  # events
        V, boolean, float64, V, int64,  # times and tolerances
        M, M, M, N, V,  # results
    ),
    cache=True, error_model="numpy",
)  # fmt: skip
def integrate(
    rates, jacobian, factor, backsolve, evaluate,
    t, y0, c, n_jac, n_lu, n_work, diagonal,
    x, base, lam, vectors, inverse, bounds, active,
    event_time, event_where, event_kind, event_value,
    times, after, rtol, atol, max_steps,
    out_y, out_x, out_o, counts, info,
):  # fmt: skip
    """Fill out_y, out_x and out_o at `times`; returns a status, counts = steps, rejected, worst."""
    n, m = y0.size, x.size
    padded = -(-n // PADDING) * PADDING
    f0, f, g = np.zeros(padded), np.zeros(padded), np.zeros(padded)
    y, yt, ynew, extra = np.zeros(padded), np.zeros(padded), np.zeros(padded), np.zeros(padded)
    y[:n] = y0
    u0, u1, u2, u3 = np.zeros(padded), np.zeros(padded), np.zeros(padded), np.zeros(padded)
    u4, u5, u6, u7 = np.zeros(padded), np.zeros(padded), np.zeros(padded), np.zeros(padded)
    stages = (u0, u1, u2, u3, u4, u5, u6, u7)
    j, lu, work = np.zeros(n_jac), np.zeros(n_lu), np.ones(n_work)
    z, w, s = np.zeros(m), np.zeros(m), np.zeros(m)
    inflow, u = np.zeros(n + m), np.zeros(m)
    inflow[n:] = base
    group = (lam, vectors, inverse, bounds, active, u)
    for i in range(m):
        for k in range(m):
            z[i] += inverse[i, k] * x[k]
            u[i] += inverse[i, k] * base[k]
    quickest = np.full(m, np.inf)  # a first step after a dose that cannot overlook it
    for k in range(active.size):
        fastest = 0.0
        for i in range(bounds[k], bounds[k + 1]):
            fastest = max(fastest, abs(lam[i]))
        if fastest > 0.0:
            quickest[bounds[k] : bounds[k + 1]] = 3.0 / fastest
    memory = np.full(n + m, np.inf)  # the first step that worked after an event of each state
    any_extra = False
    anchor = t  # when z was fixed
    end = times[times.size - 1]
    io, ie, steps, rejected = 0, 0, 0, 0
    h = 0.0
    while True:
        # ---- at a stop: outputs and events of exactly this time
        first_event = ie
        for side in range(2):
            while io < times.size and times[io] == t and (side == 1 or not after):
                linear_values(t - anchor, z, group, x, w)
                out_y[io, :] = y[:n]
                out_x[io, :] = x
                evaluate(t, y, x, c, out_o[io], work)
                io += 1
            while side == 0 and ie < event_time.size and event_time[ie] == t:
                if anchor != t:
                    linear_values(t - anchor, z, group, x, w)
                    for k in range(active.size):
                        if active[k]:
                            z[bounds[k] : bounds[k + 1]] = w[bounds[k] : bounds[k + 1]]
                    anchor = t
                where, kind, value = event_where[ie], event_kind[ie], event_value[ie]
                if kind == RATE:
                    inflow[where] += value
                    if abs(inflow[where]) < 1e-12 * abs(value):
                        inflow[where] = 0.0
                if where >= n:
                    linear_event(where - n, kind, value, inflow[n:], z, group)
                    h = min(h, quickest[where - n])
                elif kind == RATE:
                    extra[where] = inflow[where]
                    any_extra = np.any(extra != 0.0)
                else:
                    y[where] = value if kind == SET else y[where] + value
                h = min(h, memory[where])
                ie += 1
        if t >= end:
            break
        stop = event_time[ie] if ie < event_time.size and event_time[ie] < end else end
        fresh, learn, was_cut = False, ie > first_event, False
        # ---- steps up to the next stop
        while t < stop:
            if not fresh:
                linear_values(t - anchor, z, group, x, w)
                linear_slopes(group, w, s)
                rates(t, y, x, c, f0, work)
                jacobian(t, y, x, s, c, j, g, work)
                for i in range(n):
                    f0[i] += extra[i]
                if h == 0.0:  # ten tolerances of change
                    worst = 0.0
                    for i in range(n):
                        worst = max(worst, abs(f0[i]) / (atol[i] + rtol * abs(y[i])))
                    h = min(10.0 / worst, end - t) if worst > 0.0 else end - t
                    for k in range(first_event, ie):
                        if event_where[k] >= n:
                            h = min(h, quickest[event_where[k] - n])
                if learn:
                    for k in range(first_event, ie):
                        if event_where[k] < n and diagonal[event_where[k]] >= 0:
                            speed = abs(j[diagonal[event_where[k]]])
                            if speed * h > 3.0:
                                h = 3.0 / speed
                fresh = True
            hs, last = h, False
            if h >= 0.999999 * (stop - t):
                hs, last = stop - t, True
            elif h > 0.5 * (stop - t):
                hs = 0.5 * (stop - t)
            if steps + rejected >= max_steps:
                counts[0], counts[1], info[0] = steps, rejected, t
                return TOO_MANY_STEPS
            step(
                rates, factor, backsolve, t, hs, y, c, f0, g, j, extra, any_extra, t - anchor, z,
                group, stages, yt, f, x, w, lu, work,
            )  # fmt: skip
            error, worst_state, finite = 0.0, 0, True
            for i in range(n):
                ynew[i] = yt[i] + u7[i]
                q = abs(u7[i]) / (atol[i] + rtol * max(abs(y[i]), abs(ynew[i])))
                if not q < np.inf:
                    finite, worst_state = False, i
                    break
                if q > error:
                    error, worst_state = q, i
            if not finite or error > 1.0:
                rejected += 1
                was_cut = True
                counts[2] = worst_state
                if finite:
                    h = hs * max(SMALLEST_CUT, SAFETY * error ** (-1.0 / tableau.ORDER))
                else:
                    h = hs * SMALLEST_CUT
                if h < 1e-14 * max(abs(t), 1e-2) or t + h == t:
                    counts[0], counts[1], info[0] = steps, rejected, t
                    return STEP_TOO_SMALL
                continue
            steps += 1
            proposal = hs * min(LARGEST_GROWTH, SAFETY * (error + 1e-12) ** (-1.0 / tableau.ORDER))
            if was_cut:
                proposal = min(proposal, hs)
            if learn:
                for k in range(first_event, ie):
                    memory[event_where[k]] = proposal
            h = max(proposal, h) if hs < h else proposal  # a step cut by a stop says little
            tnew = stop if last else t + hs
            # outputs inside the step: a shorter step of the same method, as accurate as its end
            while io < times.size and times[io] <= tnew and times[io] < stop:
                if times[io] < tnew:
                    step(
                        rates, factor, backsolve, t, times[io] - t, y, c, f0, g, j, extra,
                        any_extra, t - anchor, z, group, stages, yt, f, x, w, lu, work,
                    )  # fmt: skip
                    out_y[io, :] = yt[:n] + u7[:n]
                else:
                    out_y[io, :] = ynew[:n]
                linear_values(times[io] - anchor, z, group, x, w)
                out_x[io, :] = x
                evaluate(times[io], out_y[io], x, c, out_o[io], work)
                io += 1
            t = tnew
            y[:] = ynew
            fresh, learn, was_cut = False, False, False
    counts[0], counts[1], info[0] = steps, rejected, t
    return OK
