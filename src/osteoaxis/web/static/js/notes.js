// What stands beside the numbers: cautions, known weaknesses, and signs that cannot wait.
import { byId, h, say } from "./dom.js";
import { table } from "./patient.js";
import { covers, drugNames, drugs, weekly } from "./regimen.js";

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

/** The cautions that are met in strategies, the decisive ones or the others, as items. */
export const cautions = (strategies, wanted, expert) =>
  gathered(strategies, (one) =>
    one.cautions
      .filter(({ decisive }) => decisive === wanted)
      .map(({ text, when, source }) => [text, when, source]),
  ).map((entry) => item(entry, expert));

/** The known weaknesses of the model with strategies, as items. */
export const weaknesses = (strategies) =>
  gathered(strategies, (one) => one.limits.map((text) => [text])).map((entry) => item(entry));

/** Fill a list; `part` (the list itself, if it stands alone) is there only if anything is. */
export function fillList(list, items, part = list) {
  part.hidden = !items.length;
  list.replaceChildren(...items);
}

export function createNotes(catalogue) {
  const inhibitors = drugNames(catalogue, (drug) => /^aromatase in/.test(drug.class));
  const signs = catalogue.signs.map(({ text, drugs: with_ }) => ({
    text,
    names: with_ && drugNames(catalogue, ({ name }) => with_.includes(name)),
  }));

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
    const told = signs.filter(({ names }) => !names || taken.some((name) => names.has(name)));
    byId("urgent-list").replaceChildren(...told.map(({ text }) => h("li", {}, text)));
  }

  /** Show what goes with a result. */
  function show({ state, strategies, warnings }, { expert }) {
    fillList(byId("warnings"), cautions(strategies, true, expert));
    byId("benefit").hidden = !lacking(state, table(state, catalogue));
    fillList(byId("limits"), weaknesses(strategies), byId("known"));
    const swings = state.strategies.some(({ regimen }) => weekly(regimen))
      ? [
          "Where doses are days or weeks apart, levels swing between them: the curves show one day of each round.",
        ]
      : [];
    const decided = strategies.flatMap((one) =>
      one.decisions.map((text) => `${one.name}: ${text}`),
    );
    const told = [...decided, ...swings, ...warnings].map((text) => h("li", {}, text));
    const notes = [...cautions(strategies, false, expert), ...told];
    fillList(byId("notes"), notes, byId("notes-panel"));
    say(byId("notes-count"), `${notes.length}`);
  }

  return { show, showUrgent };
}
