// The key result in words, and the table at the end of the period.
import { byId, h, say } from "./dom.js";
import { at, crossing, shown } from "./series.js";
import { QUESTIONS } from "./questions.js";
import { number, signed, span, unitOf } from "./units.js";

const OSTEOPOROSIS = -2.5;
/** Which fact is told first, by the chart that a question points to. */
const FIRST = {
  arthralgia_probability: "pain",
  any_fracture_incidence: "fracture",
  estradiol: "estradiol",
  ctx: "turnover",
};

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

/** What is told of one strategy at a month: each fact as parts, the strong ones to be seen first. */
function facts(get, units) {
  const spine = get("lumbar_spine_bmd", "change");
  const hip = get("total_hip_bmd", "change");
  const ctx = get("ctx", "change");
  const broken = get("any_fracture_incidence", "level");
  const pain = get("arthralgia_probability", "share");
  const estradiol = get("estradiol", "level");
  const { unit, factor } = unitOf("estradiol", "pg/mL", units);
  const level = (value) => number(value * factor);
  const strong = (text) => ({ strong: text });
  const density = ["spine density ", strong(percent(spine.value)), bracket(spine, signed)];
  return {
    density: [...density, ", hip ", strong(percent(hip.value)), `${bracket(hip, signed)}.`],
    fracture: [
      "about ",
      strong(`${people(broken.value)} of 100`),
      ` people like this one${bracket(broken, people)} have broken a bone.`,
    ],
    pain: [
      "about ",
      strong(`${people(pain.value)} of 100`),
      ` people like this one${bracket(pain, people)} have joint pain of 3 or more out of 10.`,
    ],
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

/** Sentences on the strategy in focus; the first is the key result of the question. */
export function sentences(result, { focus, month, question, units }) {
  const { strategies, time } = result;
  const one = strategies[focus] ?? strategies[0];
  const base = strategies[0];
  const of = (strategy) => (name, as) => read(strategy, time, name, as, month);
  const told = facts(of(one), units);
  const chart = QUESTIONS.find(({ id }) => id === question)?.chart;
  const first = FIRST[chart] ?? "density";
  const key = [`${month < 0.5 ? "At the start" : `After ${span(month)}`}: `, ...told[first]];
  const more = [];
  if (first === "fracture" || first === "pain") more.push(sentence(told.density));
  if (base !== one) more.push(beside(of(one), of(base), base.name));
  more.push(reached(one, time));
  for (const name of ["fracture", "pain"]) if (name !== first) more.push(sentence(told[name]));
  return { name: one.name, colour: one.colour, key, more: more.filter(Boolean) };
}

/** The strategy beside the first one. */
function beside(own, other, name) {
  const gap = own("lumbar_spine_bmd", "change").value - other("lumbar_spine_bmd", "change").value;
  const size = number(Math.abs(gap), 1);
  const bone = Number(size) === 0 ? "the same" : `${size} points ${gap < 0 ? "more" : "less"}`;
  const broken = people(other("any_fracture_incidence", "level").value);
  const pain = people(other("arthralgia_probability", "share").value);
  return `With ${name}: at the spine ${bone}; ${broken} of 100 with a fracture, ${pain} of 100 with joint pain.`;
}

/** When the spine's T-score reaches osteoporosis, with the earliest and latest of the range. */
function reached(strategy, time) {
  const { values, low, high } = shown(strategy.quantities.lumbar_spine_t_score, "level");
  const month = crossing(time, values, OSTEOPOROSIS);
  const early = low && crossing(time, low, OSTEOPOROSIS);
  const late = high && crossing(time, high, OSTEOPOROSIS);
  if (month === 0) return "";
  if (month === null) {
    return early
      ? `The spine T-score stays above −2.5, the line of osteoporosis, but within the range it may reach it after ${span(early)}.`
      : "";
  }
  const range =
    early === null ? "" : ` (range ${span(early)} to ${late === null ? "not at all" : span(late)})`;
  return `The spine T-score reaches −2.5, the line of osteoporosis, after ${span(month)}${range}.`;
}

/** The sentences as plain text, for the live region. */
export const spoken = ({ name, key, more }) => [`${name}.`, plain(key), ...more].join(" ");

export function showWords(result, state) {
  const { name, colour, key, more } = sentences(result, state);
  byId("headline-swatch").className = `swatch series-${colour}`;
  say(byId("headline-name"), name);
  byId("key").replaceChildren(
    ...key.map((part) => (part.strong ? h("strong", {}, part.strong) : part)),
  );
  byId("more").replaceChildren(...more.map((text) => h("span", {}, `${text} `)));
}
