// The whole state of the page, and its place after the # of the address. The server keeps nothing.
import { none, readOwn, writeOwn } from "./own.js";

const START = {
  preset: "postmenopausal-breast-cancer",
  changes: {}, // path in the patient's table -> value; null takes away what the preset gives
  years: 7,
  strategies: [
    { name: "no treatment", colour: 0, regimen: "none" },
    { name: "anastrozole", colour: 1, regimen: "anastrozole 1 mg po qd [m0-m60]" },
  ],
  focus: 1,
  month: 60,
  question: null,
  expert: false,
  units: {},
  own: none(), // own results by date: { today, scans, samples, taken }
};
export const COLOURS = 5;
const MOST = 4;
const LONGEST_NAME = 40;

/** How a strategy of this name looks, also one that is there no more. */
export const lookOf = ({ strategies }, name, index) =>
  `series-${strategies.find((one) => one.name === name)?.colour ?? index}`;

export const TESTOSTERONE = "testosterone_cypionate 100 mg im qw";
const IN_MEN = `${TESTOSTERONE} [m0-m60]`;
/** What a preset is compared on while nobody has changed the medicines. */
const USUAL = {
  "man-on-testosterone": [
    { name: "testosterone", colour: 0, regimen: IN_MEN },
    {
      name: "with anastrozole",
      colour: 1,
      regimen: `${IN_MEN} + anastrozole 0.5 mg po twice a week [m0-m60]`,
    },
  ],
};
export const usual = (preset) => USUAL[preset] ?? START.strategies;

/** What changes with another preset: the medicines, too, where they are still the usual ones. */
export function another({ preset, strategies }, name) {
  const untouched = JSON.stringify(strategies) === JSON.stringify(usual(preset));
  const medicines = untouched ? { strategies: structuredClone(usual(name)) } : {};
  return { preset: name, changes: {}, question: null, ...medicines };
}

export const fresh = () => structuredClone(START);

/** A name that can stand in the address and is not taken. */
export function freeName(wanted, taken) {
  const plain = wanted.replaceAll("~", " ").trim().slice(0, LONGEST_NAME) || "strategy";
  if (!taken.includes(plain)) return plain;
  let number = 2;
  while (taken.includes(`${plain} ${number}`)) number += 1;
  return `${plain} ${number}`;
}

export function encode(state) {
  const parts = new URLSearchParams();
  parts.set("who", state.preset);
  for (const [path, value] of Object.entries(state.changes)) {
    parts.set(`who.${path}`, value === null ? "" : value);
  }
  parts.set("years", state.years);
  for (const { colour, name, regimen } of state.strategies) {
    parts.append("plan", `${colour}~${name}~${regimen}`);
  }
  parts.set("focus", state.focus);
  parts.set("month", state.month);
  if (state.question) parts.set("question", state.question);
  if (state.expert) parts.set("expert", 1);
  for (const [name, unit] of Object.entries(state.units)) parts.set(`unit.${name}`, unit);
  writeOwn(parts, state.own);
  return parts.toString();
}

const limited = (text, low, high, otherwise) => {
  const value = Number(text);
  const given = text !== null && text !== "" && Number.isFinite(value);
  return given ? Math.min(Math.max(value, low), high) : otherwise;
};

export function typed(text) {
  if (text === "") return null;
  if (text === "true" || text === "false") return text === "true";
  return Number.isFinite(Number(text)) ? Number(text) : text;
}

/** Read what `encode` wrote; whatever is faulty or missing is as at the start. */
export function decode(fragment) {
  const state = fresh();
  if (!fragment) return state;
  const parts = new URLSearchParams(fragment);
  if (parts.has("who")) state.preset = parts.get("who");
  for (const [key, value] of parts) {
    if (key.startsWith("who.")) state.changes[key.slice(4)] = typed(value);
    if (key.startsWith("unit.")) state.units[key.slice(5)] = value;
  }
  state.years = limited(parts.get("years"), 1, 20, state.years);
  const strategies = [];
  for (const text of parts.getAll("plan").slice(0, MOST)) {
    const [colour, name, ...regimen] = text.split("~");
    if (!regimen.length) continue;
    strategies.push({
      colour: Math.round(limited(colour, 0, COLOURS - 1, 0)),
      name: freeName(
        name,
        strategies.map((one) => one.name),
      ),
      // " + " in a link that was typed, or rewritten on its way, is read as three spaces
      regimen: regimen.join("~").replaceAll("   ", " + "),
    });
  }
  if (strategies.length) state.strategies = strategies;
  const last = state.strategies.length - 1;
  state.focus = Math.round(limited(parts.get("focus"), 0, last, last));
  state.month = limited(parts.get("month"), 0, 12 * state.years, 12 * state.years);
  state.question = parts.get("question");
  state.expert = parts.get("expert") === "1";
  state.own = readOwn(parts);
  return state;
}

/** Hold the state; listeners get it with the names of what changed. */
export function createStore() {
  const listeners = [];
  let state = decode(location.hash.slice(1));
  let timer = 0;

  const write = (push) => {
    clearTimeout(timer);
    const hash = `#${encode(state)}`;
    if (hash === location.hash) return;
    history[push ? "pushState" : "replaceState"](null, "", hash);
  };
  const tell = (changed) => listeners.forEach((listener) => listener(state, changed));
  const follow = () => {
    if (`#${encode(state)}` === location.hash) return;
    const before = state;
    state = decode(location.hash.slice(1));
    tell(new Set([...Object.keys(before), "address"]));
  };
  addEventListener("popstate", follow);
  addEventListener("hashchange", follow);

  return {
    get state() {
      return state;
    },
    subscribe: (listener) => listeners.push(listener),
    /**
     * Change something. A step of its own in the history comes once things have rested, so that a
     * dragged slider is one step; `quiet` changes (the time cursor) make none.
     */
    update(patch, { quiet = false } = {}) {
      const changed = new Set(Object.keys(patch).filter((key) => patch[key] !== state[key]));
      if (!changed.size) return;
      state = { ...state, ...patch };
      state.month = Math.min(state.month, 12 * state.years);
      if (!quiet || !timer) {
        clearTimeout(timer);
        timer = setTimeout(() => {
          timer = 0;
          write(!quiet);
        }, 400);
      }
      tell(changed);
    },
    /** The address of the state as it is now. */
    address() {
      write(false);
      return location.href;
    },
  };
}
