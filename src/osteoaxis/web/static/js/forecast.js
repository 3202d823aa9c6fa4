// The forecast of one person from their own results: asked for by a button, never by a slider.
import { forecast as askServer } from "./api.js";
import { after, dayName, monthName, monthsBetween, dated } from "./calendar.js";
import { byId, h, say, set } from "./dom.js";
import { calm, Figure } from "./figure.js";
import { cautions, fillList, weaknesses } from "./notes.js";
import { AS_NOW, fault, isEmpty, request, unfinished } from "./own.js";
import { createOwnForm } from "./ownform.js";
import { number, signed, span } from "./units.js";
import { missed } from "./words.js";

const KEPT = 8; // answers
const UNSAID =
  "You listed no medicine: none taken so far? Tick “None taken so far”, or add what was taken.";
const EDGE = 2; // months left of the first measurement
const TITLES = {
  lumbar_spine_bmd: "Spine density",
  total_hip_bmd: "Hip density",
  femoral_neck_bmd: "Density of the hip neck",
  ctx: "CTX",
  ntx: "NTX",
  p1np: "P1NP",
  bsap: "BSAP",
  estradiol: "Estradiol",
  testosterone: "Testosterone",
  vitamin_d: "Vitamin D",
};
/** How many of 100: none and all are never certain. */
const share = (value) => (value < 0.5 ? "<1" : value > 99.5 ? ">99" : number(value, 0));
const SPECS = [
  { id: "lumbar_spine_bmd", digits: 3, least: 0.06 },
  { id: "total_hip_bmd", digits: 3, least: 0.06 },
  { id: "ctx", digits: 2, floor: 0, least: 0.2 },
  {
    id: "osteoporosis",
    title: "T-score of −2.5 or below",
    digits: 0,
    floor: 0,
    least: 10,
    unit: "at spine, hip or hip neck, of 100 who could be you",
    write: share,
  },
];
const rate = (value) => number(value, value < 9.95 ? 1 : 0);
const score = (value) => number(value, 1);
const FRACTURE = "any_fracture_percent";
/** Label, key, how it is written, and whether it says nothing where no forecast is fitted. */
const ROWS = [
  ["Spine density, change %", "lumbar_spine_change_percent", signed],
  ["Hip density, change %", "total_hip_change_percent", signed],
  ["Spine T-score", "lumbar_spine_t_score", score, true],
  ["Hip T-score", "total_hip_t_score", score, true],
  ["Osteoporosis (spine, hip or neck), of 100", "osteoporosis_percent", share, true],
  ["Any fracture, of 100 people", FRACTURE, rate],
];

/** `arrived` is called when there is a new forecast. */
export function createForecast(store, catalogue, seek, arrived) {
  const kept = new Map(); // what was asked, as text -> the answer
  let running = null; // { key, end }
  let shown = null; // key of the answer that is drawn
  const panel = byId("forecast");
  const headline = byId("own-headline");
  const typical = byId("typical");
  let linked = !isEmpty(store.state.own); // came with the address
  const form = createOwnForm(store, catalogue, ask);
  const figures = SPECS.map((spec) => {
    const title = spec.title ?? TITLES[spec.id];
    return new Figure({ ...spec, id: `own-${spec.id}`, of: spec.id, title }, seek);
  });
  byId("forecast-figures").append(...figures.map(({ element }) => element));
  const keyOf = (state) => JSON.stringify(request(state, catalogue).body);

  function stop() {
    running?.end.abort();
    running = null;
    busy(false);
  }

  function busy(on) {
    byId("own-ask").disabled = on;
    byId("own-waiting-ask").disabled = on;
    byId("own-progress").hidden = !on;
    set(panel, { "aria-busy": on ? "true" : null });
  }

  async function ask() {
    const { state } = store;
    const { body, order } = request(state, catalogue);
    const key = JSON.stringify(body);
    stop();
    byId("own-details").open = true;
    const { taken, untaken } = state.own;
    const open = unfinished(state.own);
    const unsaid = taken.length || untaken ? "" : UNSAID;
    if (open || unsaid) {
      form.refuse({ ...open, text: [open?.text, unsaid].filter(Boolean).join(" ") });
      return;
    }
    form.refuse(null);
    say(byId("own-told"), "Working: looking for people who could be you. Some 10 seconds.");
    const mine = { key, end: new AbortController() };
    running = mine;
    busy(true);
    try {
      const answer = kept.get(key) ?? (await askServer(body, mine.end.signal));
      kept.set(key, answer);
      if (kept.size > KEPT) kept.delete(kept.keys().next().value);
      if (running !== mine) return;
      stop();
      const go = h("button", { type: "button", class: "quiet", on: { click: jump } }, "Go to it");
      byId("own-told").replaceChildren("The forecast is ready. ", go);
      show(store.state);
      arrived();
      jump();
    } catch (problem) {
      if (problem.name === "AbortError" || running !== mine) return;
      stop();
      say(byId("own-told"), "");
      form.refuse(fault(problem.message, order));
    }
  }
  function jump() {
    byId("own-headline-title").focus({ preventScroll: true });
    headline.scrollIntoView({ block: "start", behavior: calm() ? "auto" : "smooth" });
  }
  byId("own-waiting-ask").addEventListener("click", ask);
  byId("typical-scores").addEventListener("click", () => {
    const scores = scoresToday(kept.get(shown));
    store.update({ changes: { ...store.state.changes, ...scores } });
    const told = Object.values(scores).map((value) => number(value, 1));
    say(byId("copied"), `Under “Who” now: T-scores of ${told.join(", ")}.`);
  });
  byId("own-cancel").addEventListener("click", () => {
    stop();
    say(byId("own-told"), "Cancelled.");
    byId("own-ask").focus();
  });

  /** Show the answer for the state if it is known, else the last one as one of before. */
  function show(state, changed) {
    form.show(state);
    if (changed?.has("address")) linked = !isEmpty(state.own);
    byId("own-clear").hidden = isEmpty(state.own);
    const key = keyOf(state);
    if (running && running.key !== key) {
      stop();
      say(byId("own-told"), "Stopped: something was changed. Update the forecast again.");
    }
    if (kept.has(key)) shown = key;
    const answer = kept.get(shown);
    const stale = shown !== key;
    panel.hidden = !answer;
    byId("own-waiting").hidden = !linked || Boolean(answer) || isEmpty(state.own);
    lead(answer && !stale);
    if (!answer) return;
    panel.classList.toggle("old", stale);
    byId("forecast-stale").hidden = !stale;
    draw(answer, state, JSON.parse(shown).person, stale);
  }

  /** The forecast of what is entered comes before what a typical person may expect. */
  function lead(first) {
    headline.hidden = !first;
    byId("typical-title").hidden = !first;
    byId("typical-note").hidden = !first;
    byId("typical-scores").hidden = !first || !Object.keys(scoresToday(kept.get(shown))).length;
    if (first && typical.previousElementSibling !== panel) panel.after(typical);
    if (!first && typical.previousElementSibling !== headline) headline.after(typical);
  }

  /** Leave out the measurement of this number, and ask again. */
  function leaveOut(place) {
    const { own } = store.state;
    const { order } = request(store.state, catalogue);
    const scans = order.density.length;
    const [kind, index] =
      place < scans ? ["scans", order.density[place]] : ["samples", order.sample[place - scans]];
    store.update({ own: { ...own, [kind]: own[kind].toSpliced(index, 1) } });
    ask();
  }

  const doubt = ({ measurement, text, alone }, stale) =>
    h(
      "p",
      { class: "hint" },
      text,
      alone && !stale
        ? h(
            "button",
            { type: "button", class: "quiet", on: { click: () => leaveOut(measurement) } },
            "Forecast without this result",
          )
        : "",
    );

  function draw(answer, state, asked, stale) {
    const taken = state.strategies.map(({ colour }) => colour);
    const free = [1, 2, 3, 4, 0].find((colour) => !taken.includes(colour)); // grey is the past
    const look = (name) => {
      const colour = state.strategies.find((one) => one.name === name)?.colour ?? free;
      return `series-${colour}`;
    };
    const { told, fit } = answer;
    const added = Object.entries(asked.strategies).find(([, text]) => text === AS_NOW);
    const why = added
      ? ` “${added[0]}” goes on with what you take now: none of your own strategies does.`
      : "";
    const [first] = Object.keys(asked.strategies);
    byId("own-headline-swatch").className = `swatch ${look(first)}`;
    say(byId("own-key"), told.lead);
    const other = told.others[state.strategies[state.focus].name];
    say(byId("own-other"), other ?? "");
    byId("own-other").hidden = !other;
    byId("own-left-out").replaceChildren(...told.left_out.map((text) => h("p", {}, text)));
    const courses = Object.entries(answer.strategies).map(([name, one]) => ({ name, ...one }));
    fillList(byId("own-warnings"), cautions(courses, true, state.expert));
    fillList(byId("forecast-limits"), weaknesses(courses), byId("forecast-known"));
    const milder = cautions(courses, false, state.expert);
    fillList(byId("forecast-cautions"), milder, byId("forecast-more"));
    say(byId("forecast-more-count"), `${milder.length}`);
    say(
      byId("forecast-lead"),
      `From ${dayName(dated(answer.today))} on: people who could be you, by sex, age, results and medicines so far.${why}`,
    );
    byId("forecast-unexplained").hidden = fit.explained;
    byId("forecast-doubts").replaceChildren(
      ...told.makes.map((text) => h("p", { class: "hint" }, text)),
      ...told.doubts.map((one) => doubt(one, stale)),
    );
    figures.at(-1).element.hidden = !fit.explained;
    const month = state.month;
    for (const figure of figures) figure.show(view(figure.spec, answer, asked, month, look));
    at(month, answer);
    byId("forecast-end").replaceChildren(endTable(answer, asked.years, look));
    const notes = [...told.notes, told.next].filter(Boolean);
    byId("forecast-notes").replaceChildren(...notes.map((text) => h("li", {}, text)));
    const used = answer.measurements.map(
      ({ date, quantity }, place) =>
        `${dayName(dated(date))}, ${TITLES[quantity]}: ${told.measurements[place]}`,
    );
    byId("forecast-used").replaceChildren(...used.map((text) => h("li", {}, text)));
  }

  const at = (month, { today }) =>
    say(byId("forecast-when"), `Values at the time cursor, ${monthName(after(today, month))}.`);

  return {
    show,
    /** What guidelines say of a strategy, its own results and past counted; null if not known. */
    guidelines(name) {
      const answer = kept.get(keyOf(store.state));
      return answer?.fit.explained ? (answer.strategies[name]?.guidelines ?? null) : null;
    },
    seek(month) {
      const answer = kept.get(shown);
      if (!answer) return;
      for (const figure of figures) figure.seek(month);
      at(month, answer);
    },
  };
}

/** Changes of the person: the T-scores of today of the sites that were measured. */
function scoresToday({ fit, strategies, months_from_today: months, measurements, ...answer }) {
  const [{ bands }] = Object.values(strategies);
  const now = months.findIndex((one) => one >= -1e-6);
  const sites = Object.entries(answer.t_score_densities).filter(
    ([site]) => fit.explained && measurements.some(({ quantity }) => quantity === `${site}_bmd`),
  );
  return Object.fromEntries(
    sites.map(([site, { [-1]: low, [-2.5]: osteoporosis }]) => {
      const score = -1 + (1.5 * (bands[`${site}_bmd`].median[now] - low)) / (low - osteoporosis);
      return [`t_scores.${site}`, Math.round(10 * score) / 10];
    }),
  );
}

/** What a chart shows: the past as the model sees it, what was measured, each strategy ahead. */
function view({ of: id, unit }, answer, { years }, month, look) {
  const { today, months_from_today: months, measurements } = answer;
  const ahead = months.findIndex((one) => one >= -1e-6);
  const cut = (band, from, to) => ({
    values: band.median.slice(from, to),
    low: band.low.slice(from, to),
    high: band.high.slice(from, to),
  });
  const all = Object.entries(answer.strategies);
  const share = id === "osteoporosis";
  const band = (one) =>
    share ? { median: one.osteoporosis_percent.any_site, low: [], high: [] } : one.bands[id];
  const first = band(all[0][1]);
  const until = ahead + 1;
  const points = measurements
    .filter(({ quantity }) => quantity === id)
    .map((one) => ({ ...one, month: monthsBetween(today, one.date), far: one.far_off }));
  const limits = answer.t_score_densities[id.replace("_bmd", "")];
  return {
    time: months.slice(ahead),
    years,
    month,
    today,
    from: share || !ahead ? 0 : months[0] - EDGE,
    unit: unit ?? (id === "ctx" ? "ng/mL" : "g/cm², as by Hologic"),
    bands: limits && [
      { name: "T −1 to −2.5", low: limits["-2.5"], high: limits["-1"], look: "low" },
      { name: "osteoporosis", low: 0, high: limits["-2.5"], look: "osteoporosis" },
    ],
    past: share || !ahead ? null : { time: months.slice(0, until), ...cut(first, 0, until) },
    points,
    series: all.map(([name, one]) => {
      const { values, low, high } = cut(band(one), ahead);
      const ends = share ? { low: null, high: null } : { low, high };
      return { name, look: look(name), values, ...ends };
    }),
  };
}

/** Each strategy at the end, a column for each. */
function endTable({ at_end: ends, strategies, today, fit }, years, look) {
  const cell = (end, key, write) => {
    const found = end[key];
    const why = key === FRACTURE && missed(strategies[end.strategy], 12 * years);
    const range = (low, high) => `${write(low)}\u00a0to\u00a0${write(high)}`;
    return h(
      "td",
      {},
      h("span", { class: "value" }, write(found.median ?? found)),
      found.low !== undefined && h("span", { class: "range" }, range(found.low, found.high)),
      why && h("span", { class: "missed" }, why),
    );
  };
  return h(
    "table",
    { class: "outcomes" },
    h(
      "caption",
      {},
      `In ${span(12 * years)}, ${monthName(after(today, 12 * years))}: change from today, and where things stand; median and 90 % range`,
    ),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("td"),
        ends.map(({ strategy }) =>
          h(
            "th",
            { scope: "col" },
            h("span", { class: `swatch ${look(strategy)}`, "aria-hidden": "true" }),
            strategy,
          ),
        ),
      ),
    ),
    h(
      "tbody",
      {},
      ROWS.filter(([, , , fitted]) => fit.explained || !fitted).map(([label, key, write]) =>
        h("tr", {}, h("th", { scope: "row" }, label), ends.map((end) => cell(end, key, write))),
      ),
    ),
  );
}
