// The key result in words, and the table at a time.
import { byId, h, say } from "./dom.js";
import { at, crossing, shown } from "./series.js";
import { SITES } from "./own.js";
import { QUESTIONS } from "./questions.js";
import { ends } from "./regimen.js";
import { number, signed, span, unitOf } from "./units.js";

const OSTEOPOROSIS = -2.5;
/** Which fact is told first, by the chart that a question points to. */
const FIRST = {
  arthralgia_probability: "pain",
  any_fracture_incidence: "fracture",
  estradiol: "estradiol",
  ctx: "turnover",
};

/** "with NAME", of a name that may say so itself ("as now", too). */
export const along = (name) => (/^(with(out)?|as)\b/i.test(name) ? name : `with ${name}`);

const WORN_OFF = ["denosumab-no-exit", "denosumab-late"]; // cautions

/** Why the fractures of a strategy cannot be read as they stand at a month; "" where they can. */
export const missed = ({ cautions }, month) =>
  cautions.some(({ id, months }) => WORN_OFF.includes(id) && months[0][0] <= month)
    ? "too low after denosumab wore off: see the warning"
    : "";

/** Value and 90 % limits of a quantity of one strategy at a month. */
export function read(strategy, time, name, as, month) {
  const found = shown(strategy.quantities[name], as);
  const of = (values) => (values ? at(time, values, month) : null);
  return { value: of(found.values), low: of(found.low), high: of(found.high) };
}

export const range = (found, write) =>
  found.low === null || found.high === null
    ? ""
    : `${write(found.low)}\u00a0to\u00a0${write(found.high)}`;
const bracket = (found, write) => (found.low === null ? "" : ` (range ${range(found, write)})`);
export const percent = (value) => `${signed(value)}\u00a0%`;
export const people = (value) => number(value, 0);
/** Of 100 people, also where few are meant: not rounded apart. */
export const rate = (value) => number(value, value < 9.95 ? 1 : 0);

/**
 * What is told at a month of one strategy, and of another beside it where people are counted: each
 * fact as parts, the strong ones to be seen first.
 */
function facts(one, base, time, month, units) {
  const get = (name, as) => read(one, time, name, as, month);
  const spine = get("lumbar_spine_bmd", "change");
  const hip = get("total_hip_bmd", "change");
  const ctx = get("ctx", "change");
  const estradiol = get("estradiol", "level");
  const { unit, factor } = unitOf("estradiol", "pg/mL", units);
  const level = (value) => number(value * factor);
  const strong = (text) => ({ strong: text });
  const density = ["spine density ", strong(percent(spine.value)), bracket(spine, signed)];
  const counted = (strategy, name, as, write, note) => {
    const found = read(strategy, time, name, as, month);
    const why = note?.(strategy, month);
    return [
      strong(write(found.value)),
      `${bracket(found, write)} ${along(strategy.name)}${why ? ` (${why})` : ""}`,
    ];
  };
  const count = (...about) => [
    "of 100 people like this one, about ",
    ...counted(one, ...about),
    ...(base === one ? [] : [" and ", ...counted(base, ...about)]),
  ];
  return {
    density: [...density, ", hip ", strong(percent(hip.value)), `${bracket(hip, signed)}.`],
    fracture: [...count("any_fracture_incidence", "level", rate, missed), " will have broken a bone."],
    pain: [...count("arthralgia_probability", "share", people), " have joint pain of 3 or more out of 10."],
    estradiol: [
      "estradiol ",
      strong(`${level(estradiol.value)}\u00a0${unit}`),
      `${bracket(estradiol, level)}, `,
      ...density,
      ".",
    ],
    turnover: [
      "CTX, which shows bone taken away, ",
      strong(percent(ctx.value)),
      `${bracket(ctx, (value) => signed(value, 0))}, `,
      ...density,
      ".",
    ],
  };
}

const plain = (parts) => parts.map((part) => part.strong ?? part).join("");
const sentence = (parts) => {
  const text = plain(parts);
  return text[0].toUpperCase() + text.slice(1);
};

/** Where one is before anything has changed. */
function start(one, time) {
  const score = (site) => number(read(one, time, `${site}_t_score`, "level", 0).value, 1);
  const [spine, hip] = ["lumbar_spine", "total_hip"].map((site) => ({ strong: score(site) }));
  return ["At the start nothing has changed yet: spine T-score ", spine, ", hip ", hip, "."];
}

/** Sentences on the strategy in focus; the first is the key result of the question. */
export function sentences(result, { focus, month, question, units }) {
  const { strategies, time, state } = result;
  const one = strategies[focus] ?? strategies[0];
  const base = strategies[0];
  const until = ends(one.given, 12 * state.years).join(", ");
  const about = { name: one.name, until, colour: one.colour };
  if (month < 0.5) {
    const more = ["Move the time to see what follows.", reached(one, time)].filter(Boolean);
    return { ...about, key: start(one, time), more };
  }
  const told = facts(one, base, time, month, units);
  const chart = QUESTIONS.find(({ id }) => id === question)?.chart;
  const first = FIRST[chart] ?? "density";
  const key = [`After ${span(month)}: `, ...told[first]];
  const more = [];
  if (first === "fracture" || first === "pain") more.push(sentence(told.density));
  if (base !== one) more.push(beside(base, time, month));
  more.push(reached(one, time));
  if (first !== "fracture") more.push(`By then, ${plain(told.fracture)}`);
  if (first !== "pain") more.push(`At that time, ${plain(told.pain)}`);
  return { ...about, key, more: more.filter(Boolean) };
}

/** Density of the strategy that the one in focus stands beside. */
function beside(base, time, month) {
  const of = (name) => percent(read(base, time, name, "change", month).value);
  const density = `spine density ${of("lumbar_spine_bmd")}, hip ${of("total_hip_bmd")}.`;
  return sentence([`${along(base.name)}: ${density}`]);
}

/** When a T-score first reaches osteoporosis, with the earliest and latest of its range. */
function reached(strategy, time) {
  const sites = Object.entries(SITES).map(([site, name]) => {
    const { values, low, high } = shown(strategy.quantities[`${site}_t_score`], "level");
    const reach = (series) => series && crossing(time, series, OSTEOPOROSIS);
    return { name: name.toLowerCase(), month: reach(values), early: reach(low), late: reach(high) };
  });
  const first = (when) => (one, other) => (one[when] ?? Infinity) - (other[when] ?? Infinity);
  const { name, month, early, late } = sites.toSorted(first("month"))[0];
  const told = sentence([along(strategy.name)]);
  if (month === 0) return `The ${name} T-score is −2.5 or below from the start: osteoporosis.`;
  if (month === null) {
    const perhaps = sites.toSorted(first("early"))[0];
    return perhaps.early
      ? `${told} no T-score reaches −2.5, the line of osteoporosis, but within the range the ${perhaps.name} T-score may, after ${span(perhaps.early)}.`
      : "";
  }
  const range =
    early === null ? "" : ` (range ${span(early)} to ${late === null ? "not at all" : span(late)})`;
  return `${told} the ${name} T-score reaches −2.5, the line of osteoporosis, after ${span(month)}${range}.`;
}

/** The sentences as plain text, for the live region. */
export const spoken = ({ name, until, key, more }) =>
  [`${name}${until && ` (${until})`}.`, plain(key), ...more].join(" ");

export function showWords(result, state) {
  const { name, until, colour, key, more } = sentences(result, state);
  byId("headline-swatch").className = `swatch series-${colour}`;
  say(byId("headline-name"), name);
  say(byId("headline-until"), until);
  byId("key").replaceChildren(
    ...key.map((part) => (part.strong ? h("strong", {}, part.strong) : part)),
  );
  byId("more").replaceChildren(...more.map((text) => h("span", {}, `${text} `)));
}
