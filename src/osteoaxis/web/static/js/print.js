// On paper: who and what in words, in place of the controls, and what is folded on the screen.
import { byId, h } from "./dom.js";
import { dated, dayName, now } from "./calendar.js";
import { SITES } from "./own.js";
import { sentence, table } from "./patient.js";
import { number, pretty } from "./units.js";

const FOLDED = "details.notes, #forecast details, details.guideline";

/** What is known of the person beside the first line, each part if there is any. */
function known(person, { history, measurable }) {
  const entries = (found) => Object.entries(found ?? {}).filter(([, value]) => value !== null);
  const scores = entries(person.t_scores).map(
    ([site, score]) => `${SITES[site].toLowerCase()} ${number(score, 1)}`,
  );
  const tests = entries(person.baseline).map(
    ([name, value]) => `${name.replaceAll("_", " ")} ${number(value)} ${pretty(measurable[name].unit)}`,
  );
  const before = entries(person.history).map(([name, value]) => {
    const { kind, meaning, unit } = history[name];
    if (kind === "boolean") return `${value ? "" : "not: "}${meaning}`;
    return `${meaning} ${number(value)} ${pretty(unit)}`;
  });
  return [
    ["T-scores", scores],
    ["Blood tests", tests],
    ["Known", before],
  ]
    .filter(([, parts]) => parts.length)
    .map(([title, parts]) => [title, [parts.join(", ")]]);
}

function lines(state, catalogue) {
  const person = table(state, catalogue);
  const { own, strategies } = state;
  const taken = own.taken.map(
    ({ drug, from, until }) => `${drug} from ${from}${until && ` until ${until}`}`,
  );
  const rows = [
    ...known(person, catalogue),
    ...(taken.length ? [["Taken so far", taken]] : []),
    ...strategies.map(({ name, regimen }) => [name, [regimen]]),
  ];
  const results = byId("forecast").hidden ? "" : " Own results stand with the forecast.";
  return [
    h("h2", {}, sentence(person)),
    ...rows.map(([title, parts]) => h("p", {}, h("strong", {}, `${title}: `), parts.join("; "))),
    h("p", { class: "small" }, `Printed on ${dayName(dated(now()))}.${results}`),
  ];
}

export function createPrint(store, catalogue) {
  let opened = [];
  byId("print").addEventListener("click", () => print());
  addEventListener("beforeprint", () => {
    byId("sheet").replaceChildren(...lines(store.state, catalogue));
    opened = [...document.querySelectorAll(FOLDED)].filter((one) => !one.open);
    for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of opened) one.open = false;
  });
}
