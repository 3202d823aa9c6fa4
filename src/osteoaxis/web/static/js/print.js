// On paper: who and what in words, in place of the controls, and what is folded on the screen.
import { byId, h } from "./dom.js";
import { dated, dayName, now } from "./calendar.js";
import { SITES } from "./own.js";
import { sentence, table } from "./patient.js";
import { number, pretty } from "./units.js";

const FOLDED = "details.notes, #forecast details, details.guideline";

/** What is known of the person beside the first line: title and text. */
function known(person, { history, measurable }) {
  const entries = (found, names) =>
    Object.entries(found ?? {}).filter(([name, value]) => value !== null && name in names);
  const scores = entries(person.t_scores, SITES).map(
    ([site, score]) => `${SITES[site].toLowerCase()} ${number(score, 1)}`,
  );
  const tests = entries(person.baseline, measurable).map(
    ([name, value]) => `${name.replaceAll("_", " ")} ${number(value)} ${pretty(measurable[name].unit)}`,
  );
  const before = entries(person.history, history).map(([name, value]) => {
    const { kind, meaning, unit } = history[name];
    if (kind === "boolean") return `${value ? "" : "not: "}${meaning}`;
    return `${meaning} ${number(value)} ${pretty(unit)}`;
  });
  return [
    ["T-scores", scores.join(", ")],
    ["Blood tests", tests.join(", ")],
    ["Known", before.join(", ")],
  ];
}

/** What a strategy gives: in words where it was simulated, else as typed. */
const inWords = ({ name, regimen }, result) =>
  result?.strategies.find((one) => one.name === name)?.words?.join("; ") ?? regimen;

function lines(state, catalogue, result) {
  const person = table(state, catalogue);
  const { own, strategies } = state;
  const refused = document.body.classList.contains("stale");
  const taken = own.taken.map(
    ({ drug, from, until }) => `${drug} from ${from}${until && ` until ${until}`}`,
  );
  const rows = [
    ...known(person, catalogue),
    ["Taken so far", taken.join("; ")],
    ...strategies.map((one) => [one.name, inWords(one, refused ? null : result)]),
  ].filter(([, text]) => text);
  const results = byId("forecast").hidden ? "" : " Own results stand with the forecast.";
  return [
    h("h2", {}, sentence(person)),
    ...(refused ? [h("p", {}, h("strong", {}, "No result: this cannot be simulated as it stands."))] : []),
    ...rows.map(([title, text]) => h("p", {}, h("strong", {}, `${title}: `), text)),
    h("p", { class: "small" }, `Printed on ${dayName(dated(now()))}.${results}`),
  ];
}

/** `shown` returns the result that is on the page. */
export function createPrint(store, catalogue, shown) {
  let opened = [];
  byId("print").addEventListener("click", () => print());
  addEventListener("beforeprint", () => {
    byId("sheet").replaceChildren(...lines(store.state, catalogue, shown()));
    opened = [...document.querySelectorAll(FOLDED)].filter((one) => !one.open);
    for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of opened) one.open = false;
  });
}
