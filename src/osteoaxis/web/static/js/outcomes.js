// The table of outcomes at a time, a column for each strategy.
import { h } from "./dom.js";
import { ends } from "./regimen.js";
import { missed, people, percent, range, rate, read } from "./words.js";
import { number, signed, span } from "./units.js";

const FRACTURE = /fracture/;
const ROWS = [
  ["Spine density", "lumbar_spine_bmd", "change", percent, signed],
  ["Hip density", "total_hip_bmd", "change", percent, signed],
  ["Spine T-score", "lumbar_spine_t_score", "level", (value) => number(value, 1)],
  ["Hip T-score", "total_hip_t_score", "level", (value) => number(value, 1)],
  ["Any fracture, of 100 people", "any_fracture_incidence", "level", rate],
  ["Spine fracture, of 100", "vertebral_fracture_incidence", "level", rate],
  ["Joint pain, of 100 people", "arthralgia_probability", "share", people],
];

/** The table of outcomes at a month. */
export function outcomeTable(result, month) {
  const { strategies, time, state } = result;
  const cell = (strategy, [, name, as, write, bare = write]) => {
    if (!strategy.quantities[name]) return h("td", {}, "–");
    const found = read(strategy, time, name, as, month);
    const why = FRACTURE.test(name) && missed(strategy, month);
    return h(
      "td",
      {},
      h("span", { class: "value" }, write(found.value)),
      h("span", { class: "range" }, range(found, bare)),
      why && h("span", { class: "missed" }, why),
    );
  };
  return h(
    "table",
    { class: "outcomes" },
    h(
      "caption",
      {},
      `${month < 0.5 ? "At the start" : `After ${span(month)}`}: change since the start, and where things stand.`,
      h("span", { class: "on-screen" }, " Move the time above to see another."),
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
            h("span", { class: "range" }, ends(one.given, 12 * state.years).join(", ")),
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
