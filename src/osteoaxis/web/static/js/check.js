// Three small tools for results of tests. What they say is computed by the server; what is typed
// in stays in the form.
import { check } from "./api.js";
import { byId, h, later, s, set } from "./dom.js";
import { DEVICES, SITES, TESTS } from "./own.js";
import { sourceLink } from "./panel.js";
import { table } from "./patient.js";
import { numberInput, parsed } from "./typed.js";
import { number, pretty, signed, typeset } from "./units.js";

const REST = 200; // ms without a change
const MACHINES = { "": "choose …", ...DEVICES };
const MINUS = "A T-score above 0 is rare here: is a minus missing?";

const select = (choices) =>
  h(
    "select",
    {},
    Object.entries(choices).map(([value, text]) => h("option", { value }, text)),
  );
/** The number typed in, null where there is none. */
const read = (input) => {
  const value = parsed(input.value);
  return Number.isFinite(value) ? value : null;
};
const percent = (value) => `${signed(value)}\u00a0%`;
const density = (value) => number(value, 3);

/** The change on a line, with the band that measuring alone would give. */
function chance({
  change_percent: change,
  least_significant_fall_percent: fall,
  least_significant_rise_percent: rise,
}) {
  const low = Math.min(1.3 * fall, 1.2 * change);
  const high = Math.max(1.3 * rise, 1.2 * change);
  const x = (value) => `${(100 * (value - low)) / (high - low)}%`;
  const label = (value, y) =>
    s("text", { class: "tick", x: x(value), y, "text-anchor": "middle" }, percent(value));
  return s(
    "svg",
    { class: "chance", role: "img", "aria-label": "The change against the band of chance" },
    s("line", { class: "grid", x1: 0, x2: "100%", y1: 26, y2: 26 }),
    s("rect", {
      class: "band",
      x: x(fall),
      y: 18,
      width: `${(100 * (rise - fall)) / (high - low)}%`,
      height: 16,
      rx: 8,
    }),
    s("line", { class: "grid zero", x1: x(0), x2: x(0), y1: 16, y2: 36 }),
    s("circle", { cx: x(change), cy: 26, r: 7 }),
    s("text", { class: "here", x: x(change), y: 12, "text-anchor": "middle" }, percent(change)),
    label(fall, 50),
    label(rise, 50),
  );
}

const verdict = (change) => [
  h(
    "p",
    { class: "told" },
    h("strong", {}, percent(change.change_percent)),
    change.real
      ? ": more than measuring alone would give."
      : ": no more than measuring alone may give.",
  ),
  chance(change),
  h("p", {}, typeset(change.text)),
  h("p", { class: "small" }, change.basis),
];

const notes = (found) =>
  h(
    "ul",
    { class: "tool-notes" },
    found.map(({ text, source }) =>
      h("li", {}, text, h("span", { class: "meaning for-experts" }, sourceLink(source))),
    ),
  );

/** Two scans: is the change real? */
function scans(person) {
  const first = select(MACHINES);
  const second = select(MACHINES);
  first.addEventListener("input", () => (second.value ||= first.value));
  const fields = {
    site: select(SITES),
    unit: select({ "g/cm2": "g/cm²", "T-score": "T-score" }),
    before: numberInput({ signed: true }),
    device: first,
    after: numberInput({ signed: true }),
    device_after: second,
    precision: numberInput({ placeholder: "if known" }),
  };
  return {
    title: "Two bone scans: is the change real?",
    fields,
    labels: {
      site: "Site",
      unit: "Given as",
      before: "First scan",
      device: "Machine of the first",
      after: "Second scan",
      device_after: "Machine of the second",
      precision: "Precision error of the centre, %",
    },
    asked: () => ({
      site: fields.site.value,
      unit: fields.unit.value,
      before: read(fields.before),
      device: first.value || null,
      after: read(fields.after),
      device_after: second.value || null,
      precision: read(fields.precision),
      sex: person().sex,
    }),
    needs: ["before", "device", "after", "device_after"],
    shown: (found, { unit, before, after }) => [
      ...(unit === "T-score" && Math.max(before, after) > 0 ? [h("p", { class: "hint" }, MINUS)] : []),
      ...verdict(found),
    ],
  };
}

/** One scan as each machine would give it. */
function scan(person) {
  const fields = {
    site: select(SITES),
    value: numberInput(),
    device: select(MACHINES),
  };
  const limits = (low, high, write) =>
    low === undefined ? "" : `${write(low)} to ${write(high)}`;
  return {
    title: "One bone scan: what would another machine say?",
    fields,
    labels: { site: "Site", value: "Density, g/cm²", device: "Machine" },
    asked: () => ({
      site: fields.site.value,
      value: read(fields.value),
      device: fields.device.value || null,
      sex: person().sex,
    }),
    needs: ["value", "device"],
    shown: ({ densities, t_score: score, reference, error_percent: error }, { device, sex }) => [
      h(
        "table",
        {},
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            ["Machine", "g/cm²", "Range"].map((text) => h("th", { scope: "col" }, text)),
          ),
        ),
        h(
          "tbody",
          {},
          Object.entries(densities).map(([name, { value, low, high }]) =>
            h(
              "tr",
              {},
              h("th", { scope: "row" }, DEVICES[name] ?? "Standardised (sBMD)"),
              h("td", { class: "value" }, density(value)),
              h("td", { class: "range" }, name === device ? "measured" : limits(low, high, density)),
            ),
          ),
        ),
      ),
      h(
        "p",
        { class: "told" },
        "T-score ",
        h("strong", {}, number(score.value, 1)),
        score.low === undefined ? "" : ` (${limits(score.low, score.high, (v) => number(v, 1))})`,
      ),
      h(
        "p",
        { class: "small" },
        `Compared with young ${sex === "male" ? "men" : "women"}, density as by Hologic (${reference.name}: mean ${density(reference.mean)}, standard deviation ${density(reference.deviation)} g/cm²). Your report may use another reference. Converting is off by ±${number(error)}\u00a0% in one person on average: compare scans of one machine where you can.`,
      ),
    ],
  };
}

/** One blood test in other units; of markers of turnover a later value, too. */
function level(_, catalogue) {
  const tests = Object.entries(TESTS).toSorted(([a], [b]) => (b === "estradiol") - (a === "estradiol"));
  const fields = {
    test: select(Object.fromEntries(tests.map(([name, { label }]) => [name, label]))),
    value: numberInput(),
    unit: select({}),
    later: numberInput({ placeholder: "if there is one" }),
  };
  const marker = () => catalogue.measurable[fields.test.value].judged;
  const choose = () => {
    const { units } = catalogue.measurable[fields.test.value];
    fields.unit.replaceChildren(...units.map((value) => h("option", { value }, pretty(value))));
    fields.later.parentElement.hidden = !marker();
  };
  return {
    title: "A blood test: other units, and is a change real?",
    fields,
    labels: { test: "Test", value: "Value", unit: "Unit", later: "A later value, same unit" },
    prepare() {
      fields.test.addEventListener("input", choose);
      choose();
    },
    asked: () => ({
      test: fields.test.value,
      value: read(fields.value),
      unit: fields.unit.value,
      later: marker() ? read(fields.later) : null,
    }),
    needs: ["value"],
    shown: ({ values, notes: found, change }) => [
      h(
        "p",
        { class: "told" },
        values.map(({ unit, value }, index) => [
          index ? " = " : "",
          h("strong", {}, `${number(value)}\u00a0${pretty(unit)}`),
        ]),
      ),
      change ? verdict(change) : null,
      notes(found),
    ],
  };
}

/** A tool, folded until it is asked for; it answers as soon as its fields are filled. */
function tool(kind, { title, fields, labels, prepare, asked, needs, shown }) {
  const answer = h("div", { class: "tool-answer", role: "status" });
  const form = h(
    "form",
    { class: "tool-form", on: { submit: (event) => event.preventDefault() } },
    Object.entries(fields).map(([name, input]) => {
      input.name = name;
      return h("label", {}, labels[name], input);
    }),
  );
  prepare?.();
  let last = "";
  const ask = later(async () => {
    for (const input of Object.values(fields)) {
      const odd = input.type === "text" && input.value.trim() && !Number.isFinite(parsed(input.value));
      set(input, { "aria-invalid": odd ? "true" : null });
    }
    const body = { kind, ...asked() };
    const text = JSON.stringify(body);
    if (text === last) return;
    last = text;
    if (needs.some((name) => body[name] === null)) {
      answer.replaceChildren();
      return;
    }
    let told;
    try {
      told = shown(await check(body), body);
    } catch (problem) {
      const said = problem.message.replace(/^(\w+)(?=: )/, (name) => labels[name] ?? name);
      told = [h("p", { class: "error" }, typeset(said))];
    }
    if (text === last) answer.replaceChildren(...told.flat(2).filter(Boolean));
  }, REST);
  form.addEventListener("input", ask);
  byId("check").append(
    h("details", { class: "tool", id: `check-${kind}` }, h("summary", {}, title), form, answer),
  );
  return ask;
}

export function createCheck(store, catalogue) {
  const person = () => table(store.state, catalogue);
  const asks = Object.entries({ scans, scan, level }).map(([kind, make]) =>
    tool(kind, make(person, catalogue)),
  );
  return () => asks.forEach((ask) => ask());
}
