// Evidence: the trials that tested the chosen drugs, what they found and what the model predicts.
import { studies, study } from "./api.js";
import { byId, h, later, s } from "./dom.js";
import { sourceLink } from "./panel.js";
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

const HEIGHT = 26;
/** The observed value and its interval above the predicted one, row by row, on one axis. */
function forest(title, rows) {
  const label = 300;
  const width = 760;
  const printed = (row) =>
    row.uncertainty === "ci95" ? [row.observed_low, row.observed_high] : [];
  const all = rows
    .flatMap((row) => [row.observed, ...printed(row), row.predicted, row.low, row.high])
    .filter(Number.isFinite);
  let [low, high] = [Math.min(...all), Math.max(...all)];
  if (!/^Level|Ratio/.test(title)) [low, high] = [Math.min(low, 0), Math.max(high, 0)];
  const pad = 0.04 * (high - low) || 1;
  const x = (value) =>
    label + ((width - label - 10) * (value - low + pad)) / (high - low + 2 * pad);
  const height = HEIGHT * rows.length + 24;
  const grid = ticks(low, high, 6).found.map((value) => [
    s("line", {
      class: value === 0 ? "grid zero" : "grid",
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
  const span = ([from, to], y, look) =>
    Number.isFinite(from) && Number.isFinite(to)
      ? s("line", { class: `span ${look}`, x1: x(from), x2: x(to), y1: y, y2: y })
      : null;
  const marks = rows.map((row, k) => {
    const y = HEIGHT * k + HEIGHT / 2;
    const words = `${named(row.endpoint)}, month ${number(row.time_months)}: ${row.arm}`;
    return s(
      "g",
      {},
      s("title", {}, words),
      s(
        "text",
        { class: "tick", x: 0, y: y + 4 },
        words.length > 48 ? `${words.slice(0, 47)}…` : words,
      ),
      span(printed(row), y - 4, "observed"),
      s("circle", { class: "observed", cx: x(row.observed), cy: y - 4, r: 4 }),
      span([row.low, row.high], y + 5, "predicted"),
      s("path", {
        class: "predicted",
        d: `M${x(row.predicted) - 5} ${y + 5}l5 -4.5l5 4.5l-5 4.5Z`,
      }),
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
          ["Result", "Month", "Arm", "Observed", "Predicted (90 %)", "Source"].map((text) =>
            h("th", { scope: "col" }, text),
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
            h("td", {}, row.arm),
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
            h(
              "td",
              {},
              row.quality === "memory" ? "recalled, not read" : sourceLink(row.doi || row.quality),
            ),
          ),
        ),
      ),
    ),
  );
}

function shownStudy(found) {
  const rows = found.results.filter((row) => Number.isFinite(row.observed));
  const both = rows.filter((row) => Number.isFinite(row.predicted));
  const covered = both.filter((row) => row.observed >= row.low && row.observed <= row.high).length;
  const axes = Map.groupBy(both, axisOf);
  return [
    h("p", {}, found.population),
    both.length
      ? h(
          "p",
          {},
          h("strong", {}, `${covered} of ${both.length}`),
          " observed results lie in the range that was predicted.",
        )
      : h("p", {}, "None of its results can be predicted by the model."),
    h(
      "p",
      { class: "forest-key" },
      h("span", { class: "mark observed", "aria-hidden": "true" }),
      " observed, as printed ",
      h("span", { class: "mark predicted", "aria-hidden": "true" }),
      " predicted, with 90 % range",
    ),
    [...axes].map(([title, group]) => [h("h5", {}, title), forest(title, group)]),
    h("details", { class: "numbers" }, h("summary", {}, "All numbers and sources"), table(rows)),
  ];
}

export function createEvidence(store) {
  const host = byId("evidence-body");
  const tabs = byId("evidence-drugs");
  let near = false;
  let drug = "";
  let listed = "";
  const known = new Map();

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
    if (!near || !drug || drug === listed) return;
    const asked = (listed = drug);
    try {
      if (!known.has(asked)) known.set(asked, (await studies(asked)).studies);
    } catch (problem) {
      listed = "";
      host.replaceChildren(h("p", { class: "error" }, problem.message));
      return;
    }
    if (asked !== drug) return;
    const bone = (one) => one.endpoints.filter((name) => name.endsWith("_bmd")).length;
    const found = known.get(asked).toSorted((a, b) => bone(b) - bone(a) || b.rows - a.rows);
    const items = found.map(item);
    const rest = items.slice(FEW);
    const all = h(
      "button",
      { type: "button", class: "quiet", on: { click: () => all.replaceWith(...rest) } },
      `Show all ${found.length} studies`,
    );
    host.replaceChildren(
      h(
        "p",
        {},
        found.length
          ? `${found.length} studies gave ${asked.replaceAll("_", " ")}.`
          : `No study here gave ${asked.replaceAll("_", " ")}: nothing holds its curves to account.`,
      ),
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
    const own = [
      ...new Set([strategies[focus], ...strategies].flatMap((one) => drugs(one.regimen))),
    ];
    if (!own.includes(drug)) drug = own[0] ?? "";
    const pick = (name) => {
      drug = name;
      show();
    };
    const show = () => {
      [...tabs.children].forEach((tab) =>
        tab.setAttribute("aria-pressed", String(tab.dataset.drug === drug)),
      );
      list();
    };
    tabs.replaceChildren(
      ...own.map((name) =>
        h(
          "button",
          { type: "button", class: "choice", "data-drug": name, on: { click: () => pick(name) } },
          name.replaceAll("_", " "),
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
