// The table at the end of the period, and what is to be asked about.
import { h } from "./dom.js";
import { people, percent, range, read } from "./words.js";
import { number, signed, span } from "./units.js";

const rate = (value) => number(value, value < 9.95 ? 1 : 0);

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
