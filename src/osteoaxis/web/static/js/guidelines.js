// What guidelines say of the strategy in focus: asked for once it is seen, and when things rest.
import { guidelines } from "./api.js";
import { byId, h, later, say } from "./dom.js";
import { isEmpty } from "./own.js";
import { payload } from "./patient.js";
import { span, typeset } from "./units.js";

const REST = 450; // ms without a change
const QUESTION = "treat-now"; // the question that is answered here
const FIRST = "Start bone protection?";
const UNDECIDED =
  "Undecided: something is not known. Say what is so, and what is not, under “What happened before”, and type FRAX there.";

/** One statement: who says it, what, whether it is met and why, and where it stands. */
function rule(one) {
  const source = one.link
    ? h("a", { href: one.link, rel: "noreferrer noopener", target: "_blank" }, one.citation)
    : one.citation;
  return h(
    "li",
    { class: one.met && !one.note ? "rule met" : "rule" },
    h("h4", {}, `${one.body} ${one.year ?? ""}`),
    one.superseded_by && h("p", { class: "small" }, `Renewed in ${one.superseded_in}; see there.`),
    h("p", {}, typeset(one.text)),
    one.note
      ? null
      : h(
          "p",
          { class: "rule-met" },
          h("strong", {}, one.met ? "Met " : one.missing.length ? "" : "Not met"),
          one.met || one.missing.length ? typeset(one.when) : "",
          one.reason && h("span", { class: "meaning" }, `because: ${typeset(one.reason)}`),
        ),
    one.strength && h("p", { class: "small" }, `Strength, as they grade it: ${one.strength}`),
    h("p", { class: "small for-experts" }, h("code", {}, one.id), " ", source),
  );
}

/** `own` gives what is known of a strategy for a person with own results, or null. */
export function createGuidelines(store, catalogue, own) {
  const host = byId("guidelines-body");
  const opened = new Set([FIRST]); // questions, kept open from answer to answer
  let near = false;
  let shown = ""; // what was asked, as text, or what `own` gave
  let running = null;

  const list = (rules) => h("ul", { class: "rules" }, rules.map(rule));

  function question([asked, all]) {
    const old = (one) => Boolean(one.superseded_by);
    const [said, rules] = [true, false].map((is) => all.filter(({ note }) => Boolean(note) === is));
    const current = rules.toSorted((a, b) => old(a) - old(b));
    const met = current.filter((one) => one.met);
    const open = current.filter((one) => !one.met && one.missing.length);
    const failed = current.filter((one) => !one.met && !one.missing.length);
    const aside = [...open.filter(old), ...failed];
    const counts = [
      [met, "met"],
      [open, "undecided"],
      [failed, "not met"],
    ].filter(([some]) => some.length);
    const element = h(
      "details",
      { class: "guideline", open: opened.has(asked) },
      h(
        "summary",
        {},
        h("span", { class: "guideline-title" }, asked),
        h("span", { class: "small" }, counts.map(([some, is]) => `${some.length} ${is}`).join(", ")),
      ),
      list([...met, ...open.filter((one) => !old(one)), ...said.filter((one) => one.met)]),
      aside.length
        ? h(
            "details",
            {},
            h("summary", {}, `Not met, or renewed since (${aside.length})`),
            list(aside),
          )
        : null,
    );
    element.addEventListener("toggle", () => opened[element.open ? "add" : "delete"](asked));
    return element;
  }

  function show(rules, notShown) {
    const questions = [...Map.groupBy(rules, (one) => one.question)];
    const undecided = rules.some((one) => one.missing.length);
    host.classList.remove("old");
    host.replaceChildren(
      ...questions.toSorted(([a], [b]) => (b === FIRST) - (a === FIRST)).map(question),
      ...(undecided ? [h("p", { class: "small" }, UNDECIDED)] : []),
      ...(rules.length ? [] : [h("p", {}, "No guideline that we read speaks of this case.")]),
      ...(notShown ? [h("p", { class: "small not-shown" }, notShown)] : []),
    );
  }

  async function ask() {
    const { state } = store;
    if (!near && state.question !== QUESTION) return;
    const { name, regimen } = state.strategies[state.focus];
    const mine = own(name);
    const over = `the strategy “${name}”, over ${span(12 * state.years)}`;
    const left = isEmpty(state.own) ? "" : " Your own results and what you took are not used here.";
    const about = mine
      ? `For you and ${over}, with your own results and what you took before; months count from today.`
      : `For this person and ${over}; months count from the start.${left}`;
    say(
      byId("guidelines-lead"),
      `${about} Not advice: things to ask your clinical team about.`,
    );
    if (mine) {
      running?.abort();
      if (mine !== shown) show(mine);
      shown = mine;
      return;
    }
    const body = { patient: payload(state, catalogue), regimen, years: state.years };
    const asked = JSON.stringify(body);
    if (asked === shown) return;
    shown = asked;
    running?.abort();
    running = new AbortController();
    host.classList.add("old");
    try {
      const { findings, not_shown: notShown } = await guidelines(body, running.signal);
      show(
        findings.filter(({ kind }) => kind === "guideline"),
        notShown,
      );
    } catch (problem) {
      if (problem.name === "AbortError") return;
      shown = "";
      host.classList.remove("old");
      host.replaceChildren(h("p", { class: "error" }, problem.message));
    }
  }

  new IntersectionObserver(
    (entries) => {
      near = entries.some((entry) => entry.isIntersecting);
      ask();
    },
    { rootMargin: "300px" },
  ).observe(byId("guidelines"));

  return later(ask, REST);
}
