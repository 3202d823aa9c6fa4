// The key result in words, and the table at the end of the period.
import { byId, h, say } from "./dom.js";
import { at, crossing, shown } from "./series.js";
import { number, signed, span } from "./units.js";

const OSTEOPOROSIS = -2.5;

/** Value and 90 % limits of a quantity of one strategy at a month. */
function read(strategy, time, name, as, month) {
  const found = shown(strategy.quantities[name], as);
  const of = (values) => (values ? at(time, values, month) : null);
  return { value: of(found.values), low: of(found.low), high: of(found.high) };
}

const range = (found, write) =>
  found.low === null || found.high === null
    ? ""
    : `${write(found.low)}\u00a0to\u00a0${write(found.high)}`;
const bracket = (found, write) => (found.low === null ? "" : ` (range ${range(found, write)})`);
const percent = (value) => `${signed(value)}\u00a0%`;
const people = (value) => number(value, 0);
const rate = (value) => number(value, value < 9.95 ? 1 : 0);

/** Sentences on the strategy in focus at a month; the first is the key result. */
export function sentences(result, focus, month) {
  const { strategies, time } = result;
  const one = strategies[focus] ?? strategies[0];
  const get = (name, as, of = one) => read(of, time, name, as, month);
  const spine = get("lumbar_spine_bmd", "change");
  const hip = get("total_hip_bmd", "change");
  const key = [
    `${month < 0.5 ? "At the start" : `After ${span(month)}`}: spine density `,
    { strong: percent(spine.value) },
    `${bracket(spine, signed)}, hip `,
    { strong: percent(hip.value) },
    `${bracket(hip, signed)}.`,
  ];
  const more = [];
  const base = strategies[0];
  if (base !== one) {
    const gap = spine.value - get("lumbar_spine_bmd", "change", base).value;
    const size = number(Math.abs(gap), 1);
    more.push(
      Number(size) === 0
        ? `At the spine that is the same as ${base.name}.`
        : `At the spine that is ${size} points ${gap < 0 ? "less" : "more"} than with ${base.name}.`,
    );
  }
  const told = reached(one, time);
  if (told) more.push(told);
  const broken = get("any_fracture_incidence", "level");
  const pain = get("arthralgia_probability", "share");
  const other = get("any_fracture_incidence", "level", base);
  const beside = base === one ? "" : `, against ${people(other.value)} with ${base.name}`;
  more.push(
    `Of 100 people like this one, about ${people(broken.value)}${bracket(broken, people)} have broken a bone by then${beside}.`,
    `About ${people(pain.value)} of 100${bracket(pain, people)} have joint pain of 3 or more out of 10.`,
  );
  return { name: one.name, colour: one.colour, key, more };
}

/** When the spine's T-score reaches osteoporosis, with the earliest and latest of the range. */
function reached(strategy, time) {
  const { values, low, high } = shown(strategy.quantities.lumbar_spine_t_score, "level");
  const month = crossing(time, values, OSTEOPOROSIS);
  const early = low && crossing(time, low, OSTEOPOROSIS);
  const late = high && crossing(time, high, OSTEOPOROSIS);
  if (month === 0) return "";
  if (month === null) {
    const may = early ? `, but within the range it may after ${span(early)}` : "";
    return early ? `The spine T-score stays above −2.5, the line of osteoporosis${may}.` : "";
  }
  const range =
    early === null ? "" : ` (range ${span(early)} to ${late === null ? "not at all" : span(late)})`;
  return `The spine T-score reaches −2.5, the line of osteoporosis, after ${span(month)}${range}.`;
}

/** The sentences as plain text, for the live region. */
export const spoken = ({ name, key, more }) =>
  [`${name}.`, key.map((part) => part.strong ?? part).join(""), ...more].join(" ");

export function showWords(result, focus, month) {
  const { name, colour, key, more } = sentences(result, focus, month);
  byId("headline-swatch").className = `swatch series-${colour}`;
  say(byId("headline-name"), name);
  byId("key").replaceChildren(
    ...key.map((part) => (part.strong ? h("strong", {}, part.strong) : part)),
  );
  byId("more").replaceChildren(...more.map((text) => h("span", {}, `${text} `)));
}

const ROWS = [
  ["Spine density", "lumbar_spine_bmd", "change", percent, signed],
  ["Hip density", "total_hip_bmd", "change", percent, signed],
  ["Spine T-score", "lumbar_spine_t_score", "level", (value) => number(value, 1)],
  ["Hip T-score", "total_hip_t_score", "level", (value) => number(value, 1)],
  ["Any fracture, of 100 people", "any_fracture_incidence", "level", rate],
  ["Spine fracture, of 100", "vertebral_fracture_incidence", "level", rate],
  ["Joint pain, of 100 people", "arthralgia_probability", "share", people],
];

/** The table of outcomes at the end of the period, a column for each strategy. */
export function outcomeTable(result) {
  const { strategies, time, state } = result;
  const end = time[time.length - 1];
  const cell = (strategy, [, name, as, write, bare = write]) => {
    if (!strategy.quantities[name]) return h("td", {}, "–");
    const found = read(strategy, time, name, as, end);
    return h(
      "td",
      {},
      h("span", { class: "value" }, write(found.value)),
      h("span", { class: "range" }, range(found, bare)),
    );
  };
  return h(
    "table",
    { class: "outcomes" },
    h(
      "caption",
      {},
      `After ${span(12 * state.years)}: change since the start, and where things stand`,
    ),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("td"),
        strategies.map((one) =>
          h(
            "th",
            { scope: "col" },
            h("span", { class: `swatch series-${one.colour}`, "aria-hidden": "true" }),
            one.name,
          ),
        ),
      ),
    ),
    h(
      "tbody",
      {},
      ROWS.map((row) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, row[0]),
          strategies.map((one) => cell(one, row)),
        ),
      ),
    ),
  );
}

/** What the model or the guidance says of the strategies: each once, with whom it concerns. */
export function cautions(result) {
  const told = new Map();
  for (const one of result.strategies) {
    for (const caution of one.cautions ?? []) {
      const entry = told.get(caution.text) ?? { ...caution, whose: [] };
      entry.whose.push(`${one.name} ${caution.when}`);
      told.set(caution.text, entry);
    }
  }
  return [...told.values()];
}
