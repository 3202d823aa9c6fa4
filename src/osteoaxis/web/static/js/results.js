// The answers of the model: curves first, 90 % intervals a moment later, what was asked once kept.
import { compare } from "./api.js";
import { later } from "./dom.js";
import { payload } from "./patient.js";
import { wanted } from "./quantities.js";
import { weekly } from "./regimen.js";

const SETS = 20; // of the ensemble, for the intervals
const REST = 450; // ms without a change before intervals are asked for
const KEPT = 80;
const SLOW = 1000; // ms

const WEEK = (7 * 12) / 365.25; // months

/**
 * Months between the points. Where doses are weekly it is whole weeks: other steps would meet the
 * swing between doses now here, now there, and draw slow waves that are none.
 */
function step({ years, strategies }) {
  if (strategies.some(({ regimen }) => weekly(regimen))) {
    return WEEK * (years <= 3 ? 2 : years <= 8 ? 4 : 8);
  }
  return years <= 3 ? 0.5 : years <= 8 ? 1 : 2;
}

/** Times and courses without a last point that is off the even grid. */
function even({ time, ...found }) {
  const last = time.length - 1;
  if (last < 2 || time[last] - time[last - 1] > 0.999 * (time[1] - time[0])) {
    return { time, ...found };
  }
  const cut = (entry) =>
    Object.fromEntries(
      Object.entries(entry).map(([key, value]) => [
        key,
        Array.isArray(value) ? value.slice(0, last) : value,
      ]),
    );
  const quantities = Object.entries(found.quantities).map(([name, entry]) => [name, cut(entry)]);
  return { ...found, time: time.slice(0, last), quantities: Object.fromEntries(quantities) };
}

/**
 * Ask for what the state needs and tell `listen` whenever something is known:
 * { state, time, strategies: [{ name, colour, words, quantities, cautions, decisions }], warnings, banded }
 * or { error }. At most one request for curves is under way; the newest state waits for it, and
 * ends it if it is slow.
 */
export function createResults(catalogue, listen) {
  const kept = new Map();
  let latest = null;
  let running = null; // the request for curves: when it began, and how it is ended
  let bands = null;

  const common = (state) => ({
    patient: payload(state, catalogue),
    years: state.years,
    step: step(state),
    quantities: wanted(catalogue, state.expert),
  });
  const keys = (state) => {
    const { patient, years, step } = common(state);
    const who = JSON.stringify([patient, years, step, state.expert]);
    return state.strategies.map(({ regimen }) => `${who}${regimen}`);
  };

  function keep(key, value) {
    kept.delete(key);
    kept.set(key, value);
    if (kept.size > KEPT) kept.delete(kept.keys().next().value);
  }

  /** Ask for the strategies of `state` that are not known yet, with `intervals` or without. */
  async function ask(state, intervals, signal) {
    const missing = {};
    keys(state).forEach((key, index) => {
      const known = kept.get(key);
      if (!known || (intervals && !known.banded)) missing[index] = key;
    });
    const indices = Object.keys(missing);
    if (!indices.length) return;
    const strategies = {};
    for (const index of indices) {
      strategies[state.strategies[index].name] = state.strategies[index].regimen;
    }
    const answer = await compare({ ...common(state), strategies, intervals }, signal);
    for (const index of indices) {
      const found = answer.strategies[state.strategies[index].name];
      const { time, warnings } = answer;
      keep(missing[index], { ...even({ ...found, time }), warnings, banded: Boolean(intervals) });
    }
  }

  function tell(state) {
    const found = keys(state).map((key) => kept.get(key));
    if (!found.every(Boolean)) return;
    listen({
      state,
      time: found[0].time,
      strategies: state.strategies.map(({ name, colour }, index) => ({
        name,
        colour,
        ...found[index],
      })),
      warnings: [...new Set(found.flatMap((one) => one.warnings))],
      banded: found.every((one) => one.banded),
    });
  }

  async function run() {
    if (running) {
      if (performance.now() - running.began > SLOW) running.end.abort();
      return;
    }
    let state;
    do {
      state = latest;
      running = { began: performance.now(), end: new AbortController() };
      try {
        await ask(state, 0, running.end.signal);
        tell(state);
      } catch (problem) {
        if (problem.name === "AbortError") state = null;
        else {
          listen({ state, error: problem });
          if (latest === state) latest = null;
        }
      }
    } while (latest && latest !== state);
    running = null;
    if (latest) askBands();
  }

  const askBands = later(async () => {
    const state = latest;
    bands = new AbortController();
    try {
      await ask(state, SETS, bands.signal);
      if (state === latest) tell(state);
    } catch (problem) {
      if (problem.name !== "AbortError" && state === latest) listen({ state, error: problem });
    }
  }, REST);

  return {
    refresh(state) {
      latest = state;
      bands?.abort();
      askBands.cancel();
      run();
    },
  };
}
