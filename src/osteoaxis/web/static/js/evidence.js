// Evidence: the trials that tested the chosen drugs, what they found and what the model predicts.
import { studies, study } from "./api.js";
import { byId, h, later, s } from "./dom.js";
import { sourceLink } from "./panel.js";
import { table as personOf } from "./patient.js";
import { drugs } from "./regimen.js";
import { ticks } from "./series.js";
import { number, pretty } from "./units.js";

const FEW = 6;
const ENDPOINTS = {
  lumbar_spine_bmd: "spine density",
  total_hip_bmd: "hip density",
  femoral_neck_bmd: "femoral neck density",
  arthralgia_pct: "joint pain",
  fracture_any_pct: "any fracture",
  fracture_any_hr: "any fracture, ratio",
  vertebral_fracture_pct: "spine fracture",
  ctx: "CTX",
  ntx: "NTX",
  p1np: "P1NP",
  bsap: "BSAP",
  tbs: "trabecular score",
};
const ROLES = {
  calibration: "used to fit the model",
  validation: "never fitted: a test of the model",
  context: "for context, never fitted",
};
const PEOPLE = { female: "women", male: "men" };
const named = (endpoint) => ENDPOINTS[endpoint] ?? endpoint.replaceAll("_", " ");

const STATISTICS = {
  percent_change: "Change since the start, %",
  difference: "Difference between arms, points",
  incidence: "People with it, %",
  hazard_ratio: "Ratio of hazards",
};
/** Rows that can share one axis: of one kind of number; levels of one quantity. */
function axisOf(row) {
  if (row.statistic === "level") return `Level of ${named(row.endpoint)}`;
  const what = row.endpoint.endsWith("_bmd") ? "Density. " : "";
  return what + (STATISTICS[row.statistic] ?? row.statistic.replaceAll("_", " "));
}

const verdict = (row) => `${row.verdict}${row.off_by && row.weight ? `, ${row.off_by}` : ""}`;
const POWERS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100];

const HEIGHT = 26;
const LINE = 12.5;
const LETTERS = 48; // of a line of words

/** A text in two lines at most, broken between words; `rest` stands below it where there is room. */
function lines(text, rest = "") {
  if (text.length <= LETTERS) return rest ? [text, rest] : [text];
  const at = text.lastIndexOf(" ", LETTERS);
  return [text.slice(0, at), `${text.slice(at + 1)} ${rest}`];
}

/** The observed value and its interval above the predicted one, row by row, on one axis. */
function forest(title, rows) {
  const narrow = matchMedia("(max-width: 700px)").matches;
  const [label, right, width] = narrow ? [0, 0, 320] : [300, 130, 840];
  const tall = narrow ? HEIGHT + 2 * LINE : HEIGHT; // narrow: words stand above the bars
  const ratio = rows[0].statistic === "hazard_ratio";
  const printed = (row) =>
    row.uncertainty === "95ci" ? [row.observed_low, row.observed_high] : [];
  const all = rows
    .flatMap((row) => [row.observed, ...printed(row), row.predicted, row.low, row.high])
    .filter(Number.isFinite);
  let [low, high] = [Math.min(...all), Math.max(...all)];
  const scale = ratio ? Math.log : (value) => value;
  const even = ratio ? 1 : 0; // no difference
  if (rows[0].statistic !== "level") [low, high] = [Math.min(low, even), Math.max(high, even)];
  const span = scale(high) - scale(low) || 1;
  const x = (value) =>
    label + ((width - label - right) * ((scale(value) - scale(low)) / span + 0.04)) / 1.08;
  const height = tall * rows.length + 24;
  const marked = ratio
    ? POWERS.filter((value) => value >= low && value <= high)
    : ticks(low, high, 6).found;
  const grid = marked.map((value) => [
    s("line", {
      class: value === even ? "grid zero" : "grid",
      x1: x(value),
      x2: x(value),
      y1: 0,
      y2: height - 22,
    }),
    s(
      "text",
      { class: "tick", x: x(value), y: height - 6, "text-anchor": "middle" },
      number(value),
    ),
  ]);
  const bar = ([from, to], y, look) =>
    Number.isFinite(from) && Number.isFinite(to)
      ? s("line", { class: `span ${look}`, x1: x(from), x2: x(to), y1: y, y2: y })
      : null;
  const marks = rows.map((row, k) => {
    const y = tall * (k + 1) - HEIGHT / 2;
    const arm = row.arm.replaceAll("_", " ");
    const words = `${named(row.endpoint)}, month ${number(row.time_months)}: ${arm}`;
    return s(
      "g",
      { class: row.weight ? "" : "aside" },
      s("title", {}, `${words}. ${verdict(row)}`),
      (narrow ? lines(`${words}.`, verdict(row)) : lines(words)).map((text, line, { length }) =>
        s(
          "text",
          {
            class: narrow && row.verdict === "off" ? "tick off" : "tick",
            x: 0,
            y: narrow ? tall * k + LINE * (line + 1) : y + 4 + LINE * (line + (1 - length) / 2),
          },
          text,
        ),
      ),
      bar(printed(row), y - 4, "observed"),
      s("circle", { class: "observed", cx: x(row.observed), cy: y - 4, r: 4 }),
      bar([row.low, row.high], y + 5, "predicted"),
      s("path", {
        class: "predicted",
        d: `M${x(row.predicted) - 5} ${y + 5}l5 -4.5l5 4.5l-5 4.5Z`,
      }),
      narrow
        ? null
        : s(
            "text",
            { class: row.verdict === "off" ? "tick off" : "tick", x: width - right + 8, y: y + 4 },
            verdict(row),
          ),
    );
  });
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": `Forest picture, ${title}` },
    s(
      "svg",
      {
        class: "forest",
        viewBox: `0 0 ${width} ${height}`,
        role: "img",
        "aria-label": `Observed against predicted, ${title}: ${rows.length} results; the table below has the numbers.`,
      },
      grid,
      marks,
    ),
  );
}

function table(rows) {
  const limits = (low, high) =>
    Number.isFinite(low) && Number.isFinite(high) ? ` (${number(low)} to ${number(high)})` : "";
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": "Results" },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          ["Result", "Month", "Arm", "People", "Observed", "Predicted (range)", "Verdict", "Source"].map(
            (text) => h("th", { scope: "col" }, text),
          ),
        ),
      ),
      h(
        "tbody",
        {},
        rows.map((row) =>
          h(
            "tr",
            {},
            h(
              "th",
              { scope: "row" },
              named(row.endpoint),
              h("span", { class: "meaning" }, axisOf(row)),
            ),
            h("td", {}, number(row.time_months)),
            h("td", {}, row.arm.replaceAll("_", " ")),
            h("td", {}, number(row.n)),
            h(
              "td",
              {},
              `${number(row.observed)}${limits(row.observed_low, row.observed_high)} ${pretty(row.unit ?? "")}`,
            ),
            h(
              "td",
              {},
              row.predicted === null
                ? row.reason || "not computed"
                : `${number(row.predicted)}${limits(row.low, row.high)}`,
            ),
            h("td", {}, verdict(row)),
            h("td", {}, sourceLink(row.doi || row.quality)),
          ),
        ),
      ),
    ),
  );
}

function shownStudy(found) {
  const rows = found.results.filter((row) => Number.isFinite(row.observed));
  const both = rows.filter((row) => Number.isFinite(row.predicted));
  const counted = both.filter((row) => row.weight);
  const agreeing = counted.filter((row) => row.within).length;
  const aside = Map.groupBy(
    both.filter((row) => !row.weight),
    (row) => row.verdict,
  );
  const axes = Map.groupBy(both, axisOf);
  return [
    h("p", {}, found.population),
    counted.length
      ? h(
          "p",
          {},
          h("strong", {}, `${agreeing} of ${counted.length}`),
          " observed results agree with the prediction. They agree if chance, and how much such studies differ, explain the difference.",
        )
      : h("p", {}, "None of its results counts as a test of the model."),
    aside.size
      ? h(
          "p",
          {},
          `Not counted, and drawn hollow: ${[...aside].map(([why, left]) => `${left.length} ${why}`).join("; ")}.`,
        )
      : null,
    h(
      "p",
      { class: "forest-key" },
      h("span", { class: "mark observed", "aria-hidden": "true" }),
      " observed, as printed ",
      h("span", { class: "mark predicted", "aria-hidden": "true" }),
      " predicted, with the range in which nine of ten such studies should end",
    ),
    [...axes].map(([title, group]) => [h("h5", {}, title), forest(title, group)]),
    h(
      "details",
      { class: "numbers" },
      h("summary", {}, "All numbers and sources"),
      h("p", {}, `Range: ${found.range}. Agrees: ${found.agrees}.`),
      table(rows),
    ),
  ].filter(Boolean);
}

/** What was found for a treatment, in words. */
function summed(found, title, together) {
  const same = found.filter((one) => one.match === "same drugs").length;
  if (!found.length)
    return `No study here gave ${title} or medicines of the same class: nothing holds these curves to account.`;
  const rest = found.length - same;
  const others = rest ? " gave medicines of the same class, or these with others" : "";
  if (!same) return `No study here gave ${title}${together}. ${rest} ${others.trim()}.`;
  return `${same} ${same === 1 ? "study" : "studies"} gave ${title}${rest ? `; ${rest} more${others}` : ""}.`;
}

export function createEvidence(store, catalogue) {
  const host = byId("evidence-body");
  const tabs = byId("evidence-drugs");
  let near = false;
  let asked = []; // medicines given together
  let listed = "";
  const known = new Map();
  const titled = (names) => names.map((name) => name.replaceAll("_", " ")).join(" + ");

  function item(one) {
    const inside = h(
      "div",
      { class: "study-body" },
      h("p", {}, "Computing what the model predicts for this study …"),
    );
    const element = h(
      "details",
      { class: "study" },
      h(
        "summary",
        {},
        h("span", { class: "study-title" }, one.citation || one.id),
        h("span", { class: "role" }, one.sex.map((sex) => PEOPLE[sex]).join(" and ")),
        one.match === "same drugs"
          ? null
          : h("span", { class: "role" }, one.treatments.join("; ").replaceAll("_", " ")),
        h("span", { class: `role ${one.role}` }, ROLES[one.role] ?? one.role),
      ),
      inside,
    );
    element.addEventListener("toggle", async () => {
      if (!element.open || element.dataset.asked) return;
      element.dataset.asked = "yes";
      try {
        inside.replaceChildren(...shownStudy(await study(one.id)).flat(3));
      } catch (problem) {
        delete element.dataset.asked;
        inside.replaceChildren(h("p", { class: "error" }, problem.message));
      }
    });
    return element;
  }

  async function list() {
    const { sex } = personOf(store.state, catalogue);
    const key = `${sex} ${asked.join(" ")}`;
    if (!near || !asked.length || key === listed) return;
    listed = key;
    const names = asked;
    try {
      if (!known.has(key)) known.set(key, (await studies(names, sex)).studies);
    } catch (problem) {
      listed = "";
      host.replaceChildren(h("p", { class: "error" }, problem.message));
      return;
    }
    if (key !== listed) return;
    const found = known.get(key);
    const items = found.map(item);
    const rest = items.slice(FEW);
    const all = h(
      "button",
      { type: "button", class: "quiet", on: { click: () => all.replaceWith(...rest) } },
      `Show all ${found.length} studies`,
    );
    host.replaceChildren(
      h("p", {}, summed(found, titled(names), names.length > 1 ? " together" : "")),
      ...items.slice(0, FEW),
      ...(rest.length ? [all] : []),
    );
    if (items.length) items[0].open = true;
  }

  new IntersectionObserver(
    (entries) => {
      near = entries.some((entry) => entry.isIntersecting);
      list();
    },
    { rootMargin: "300px" },
  ).observe(byId("evidence"));

  return later(() => {
    const { strategies, focus } = store.state;
    const given = [strategies[focus], ...strategies].map((one) => drugs(one.regimen));
    const wanted = [...given, ...given.flat().map((name) => [name])].filter((one) => one.length);
    const own = [...new Map(wanted.map((names) => [titled(names.toSorted()), names])).values()];
    asked = own.find((names) => titled(names) === titled(asked)) ?? own[0] ?? [];
    const pick = (names) => {
      asked = names;
      show();
    };
    const show = () => {
      [...tabs.children].forEach((tab, k) =>
        tab.setAttribute("aria-pressed", String(own[k] === asked)),
      );
      list();
    };
    tabs.replaceChildren(
      ...own.map((names) =>
        h(
          "button",
          { type: "button", class: "choice", on: { click: () => pick(names) } },
          titled(names),
        ),
      ),
    );
    if (!own.length) {
      listed = "";
      host.replaceChildren(h("p", {}, "Choose a medicine to see which trials tested it."));
    }
    show();
  }, 300);
}
