// How many people like this one cross a line, and how such people differ: asked for at rest.
import { people as askServer } from "./api.js";
import { byId, h, later, say, set } from "./dom.js";
import { Figure, goTo } from "./figure.js";
import { payload, table } from "./patient.js";
import { at } from "./series.js";
import { lookOf } from "./state.js";
import { number, signed, span } from "./units.js";

const REST = 900; // ms without a change before it is asked for
const KEPT = 12; // answers
const QUESTION = "when-low";
const line = { digits: 0, floor: 0, least: 10, unit: "of 100 people" };
const change = { as: "change", least: 2, unit: "% since the start", expert: true };
const SPECS = [
  { ...line, id: "crossing", title: "T-score −2.5 or below", line: "-2.5" },
  { ...line, id: "crossing-treat", title: "T-score −2.0 or below", line: "-2" },
  { ...change, id: "people-spine", title: "Spine, 90 of 100 people", site: "lumbar_spine" },
  { ...change, id: "people-hip", title: "Hip, 90 of 100 people", site: "total_hip" },
];
const SITES = { lumbar_spine: "spine", total_hip: "hip", femoral_neck: "hip neck" };

export function createCrossing(store, catalogue, seek) {
  const kept = new Map(); // what was asked, as text -> the answer
  let near = false;
  let running = false;
  let shown = null; // key of the answer that is drawn
  let refused = null; // key of what was refused
  const panel = byId("crossing-panel");
  const figures = SPECS.map((spec) => new Figure(spec, seek));
  byId("crossing-figures").append(...figures.map(({ element }) => element));
  byId("to-crossing").addEventListener("click", () => goTo("crossing-panel"));

  const bodyOf = (state) => ({
    patient: payload(state, catalogue),
    years: state.years,
    strategies: Object.fromEntries(state.strategies.map(({ name, regimen }) => [name, regimen])),
  });
  const keyOf = (state) => JSON.stringify(bodyOf(state));

  const ask = later(async () => {
    const body = bodyOf(store.state);
    const key = JSON.stringify(body);
    if (running || kept.has(key)) return;
    running = true;
    try {
      kept.set(key, await askServer(body));
      if (kept.size > KEPT) kept.delete(kept.keys().next().value);
    } catch (problem) {
      refused = key;
      say(byId("crossing-error"), problem.message);
    }
    running = false;
    show(store.state);
  }, REST);

  /** Show the answer for the state if it is known, else ask for it and mark the last one. */
  function show(state) {
    const key = keyOf(state);
    byId("crossing-advice").hidden = table(state, catalogue).sex === "male";
    if (kept.has(key)) shown = key;
    const known = shown === key;
    if (!known && refused !== key && (near || state.question === QUESTION)) ask();
    panel.classList.toggle("old", Boolean(shown) && !known);
    set(panel, { "aria-busy": known || refused === key ? null : "true" });
    byId("crossing-error").hidden = refused !== key;
    byId("crossing-wait").hidden = known || refused === key;
    for (const { element, spec } of figures)
      set(element, { hidden: Boolean(spec.expert) && !state.expert });
    const answer = kept.get(shown);
    if (!answer) return;
    for (const figure of figures) figure.show(view(figure.spec, answer, shown, state));
    tell(answer, state);
    say(byId("crossing-start"), start(answer));
    say(byId("crossing-off"), chance(answer));
  }

  function tell(answer, { month, focus, strategies }) {
    const names = Object.keys(answer.strategies);
    const first = names.find((name) => name === strategies[focus]?.name) ?? names[0];
    byId("crossing-key").replaceChildren(...sentences(answer, month, first, names));
  }

  new IntersectionObserver(
    (entries) => {
      near = entries.some((entry) => entry.isIntersecting);
      if (!near) return;
      refused = null;
      show(store.state);
    },
    { rootMargin: "200px" },
  ).observe(panel);

  return {
    show,
    seek(month) {
      const answer = kept.get(shown);
      if (!answer) return;
      for (const figure of figures) figure.seek(month);
      tell(answer, { ...store.state, month });
    },
  };
}

function view({ line: score, site, unit }, { time, strategies }, asked, state) {
  return {
    time,
    years: JSON.parse(asked).years,
    month: state.month,
    unit,
    series: Object.entries(strategies).map(([name, one], index) => ({
      name,
      look: lookOf(state, name, index),
      ...(score
        ? { values: one.at_or_below[score].any }
        : { ...one.change[site], values: one.change[site].median }),
    })),
  };
}

/** The charts in words at a month: each strategy, the one in focus first, and how people differ. */
function sentences({ time, strategies }, month, first, names) {
  const share = (name) => at(time, strategies[name].at_or_below["-2.5"].any, month);
  const each = [first, ...names.filter((name) => name !== first)].flatMap((name, k) => [
    k ? ", " : "",
    h("strong", {}, number(share(name), 0)),
    ` (${name})`,
  ]);
  const range = (site) =>
    ["low", "high"]
      .map((end) => signed(at(time, strategies[first].change[site][end], month), 0))
      .join(" to ");
  const early = month < 0.5;
  return [
    `Of 100 people like this one, at or below −2.5 ${early ? "at the start" : `after ${span(month)}`}: `,
    ...each,
    ". ",
    early
      ? ""
      : `Such people differ: in 90 of 100 (${first}) the spine changes by ${range("lumbar_spine")} %, the hip by ${range("total_hip")} %.`,
  ];
}

function start({ t_scores: scores, typical }) {
  const each = Object.entries(scores).map(
    ([site, score]) =>
      `${SITES[site]} ${number(score, 1)}${typical.includes(site) ? " (not given: typical)" : ""}`,
  );
  return `All start with these T-scores: ${each.join(", ")}.`;
}

function chance({ people, left_out: lost, off_by: off }) {
  const gone = Object.values(lost).reduce((sum, count) => sum + count, 0);
  const left = gone ? ` ${gone} more could not be simulated and are left out.` : "";
  return `${people} such people were simulated, so chance alone can move a number by up to ${number(off, 0)} of 100.${left}`;
}
