// What stands beside the numbers: cautions, known weaknesses, and signs that cannot wait.
import { byId, h, say } from "./dom.js";
import { table } from "./patient.js";
import { covers, drugNames, drugs, weekly } from "./regimen.js";

/** Signs to call the team for, by class of medicine. */
const SIGNS = [
  [/^RANKL/, "new severe back pain after a missed or late denosumab dose"],
  [/^RANKL/, "tingling or cramps after denosumab"],
  [/^RANKL|^bisphosphonate|^sclerostin/, "jaw pain"],
  [/^RANKL|^bisphosphonate|^sclerostin/, "new pain in the thigh or groin"],
];
const listed = new Intl.ListFormat("en-GB", { type: "disjunction" });

/** What is said of strategies: each text once, with those it is said of. */
function gathered(strategies, said) {
  const found = new Map();
  for (const one of strategies) {
    for (const [text, when, about] of said(one)) {
      const entry = found.get(text) ?? { text, about, whose: [] };
      entry.whose.push([one.name, when].filter(Boolean).join(" "));
      found.set(text, entry);
    }
  }
  return [...found.values()];
}

const item = ({ text, whose, about }, expert) =>
  h(
    "li",
    {},
    text,
    h("span", { class: "meaning" }, `${whose.join("; ")}.${expert && about ? ` ${about}` : ""}`),
  );

export function createNotes(catalogue) {
  const inhibitors = drugNames(catalogue, /^aromatase in/);
  const signs = SIGNS.map(([group, sign]) => [drugNames(catalogue, group), sign]);

  /** Whether a strategy lacks an inhibitor against cancer for some of the time. */
  function lacking({ strategies, years }, person) {
    const taken = strategies.map(({ regimen }) => covers(regimen, inhibitors, 12 * years));
    const cancer = person.sex === "female" || person.history?.breast_cancer;
    return cancer && taken.some((share) => share > 0) && taken.some((share) => share < 1);
  }

  /** Show what the state alone decides. */
  function showUrgent({ strategies, own }) {
    const named = [...strategies.map((one) => one.regimen), ...own.taken.map((one) => one.drug)];
    const taken = named.flatMap(drugs);
    const told = signs.filter(([names]) => taken.some((name) => names.has(name)));
    byId("urgent-signs").hidden = !told.length;
    say(byId("urgent-list"), listed.format(told.map(([, sign]) => sign)));
  }

  /** Show what goes with a result. */
  function show({ state, strategies, warnings }, { expert }) {
    const cautions = (wanted) =>
      gathered(strategies, (one) =>
        one.cautions
          .filter(({ decisive }) => decisive === wanted)
          .map(({ text, when, source }) => [text, when, source]),
      ).map((entry) => item(entry, expert));
    const decisive = cautions(true);
    byId("warnings").hidden = !decisive.length;
    byId("warnings").replaceChildren(...decisive);
    byId("benefit").hidden = !lacking(state, table(state, catalogue));
    const limits = gathered(strategies, (one) => one.limits.map((text) => [text]));
    byId("known").hidden = !limits.length;
    byId("limits").replaceChildren(...limits.map((entry) => item(entry)));
    const swings = state.strategies.some(({ regimen }) => weekly(regimen))
      ? [
          "Where doses are days or weeks apart, levels swing between them: the curves show one day of each round.",
        ]
      : [];
    const decided = strategies.flatMap((one) =>
      one.decisions.map((text) => `${one.name}: ${text}`),
    );
    const told = [...decided, ...swings, ...warnings].map((text) => h("li", {}, text));
    const notes = [...cautions(false), ...told];
    byId("notes").replaceChildren(...notes);
    byId("notes-panel").hidden = !notes.length;
    say(byId("notes-count"), `${notes.length}`);
  }

  return { show, showUrgent };
}
