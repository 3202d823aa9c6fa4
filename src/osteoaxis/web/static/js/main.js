// The page: one state, one result, and the parts that show them.
import { catalogue as load } from "./api.js";
import { Charts } from "./charts.js";
import { byId, h, later, say, set } from "./dom.js";
import { createEvidence } from "./evidence.js";
import { createForecast } from "./forecast.js";
import { isEmpty } from "./own.js";
import { key, PathwayMap } from "./map.js";
import { cautions, outcomeTable } from "./outcomes.js";
import { createPanel } from "./panel.js";
import { createQuestions } from "./questions.js";
import { weekly } from "./regimen.js";
import { createResults } from "./results.js";
import { createStore } from "./state.js";
import { createStrategies } from "./strategies.js";
import { createTime } from "./time.js";
import { createWho } from "./who.js";
import { sentences, showWords, spoken } from "./words.js";

const MODEL = ["preset", "changes", "years", "strategies", "expert", "address"]; // ask anew
const SPEAK = 900; // ms of rest before results are read out

const store = createStore();
let result = null;

function start(catalogue) {
  if (!catalogue.patients.some((one) => one.name === store.state.preset)) {
    store.update({ preset: catalogue.patients[0].name, changes: {} });
  }
  const seek = (month) => {
    time.stop();
    store.update({ month }, { quiet: true });
  };
  const explain = (name, label) => result && panel.open(name, label, result);
  const panel = createPanel(store, seek);
  const map = new PathwayMap(byId("map"), catalogue.map, (node) => explain(node.id, node.label));
  byId("map-panel").append(key());
  const charts = new Charts(byId("charts"), seek, explain, catalogue);
  const showWho = createWho(store, catalogue);
  const strategies = createStrategies(store, catalogue);
  const showQuestion = createQuestions(store);
  const forecast = createForecast(store, catalogue, seek);
  const showEvidence = createEvidence(store);
  const results = createResults(catalogue, arrived);

  const speak = later(() => {
    if (!result || time.playing()) return;
    say(byId("live"), spoken(sentences(result, store.state)));
  }, SPEAK);

  const time = createTime(store, (month, resting) => {
    map.seek(month, resting);
    charts.seek(month);
    panel.seek(month);
    forecast.seek(month);
    if (result) showWords(result, { ...store.state, month });
    if (resting) speak();
  });

  function arrived(found) {
    document.body.classList.toggle("stale", Boolean(found.error));
    if (found.error) {
      const aside = strategies.refuse(found.error.message, found.state);
      say(byId("fault"), aside ? "" : found.error.message);
      byId("fault").hidden = aside;
      return;
    }
    result = found;
    byId("fault").hidden = true;
    strategies.accept();
    document.body.dataset.ready = found.banded ? "banded" : "curves";
    showResult(store.state);
  }

  function showResult(state) {
    const { focus, month } = state;
    if (!result) return;
    const shown = result.strategies[focus] ?? result.strategies[0];
    map.show(result.time, shown.quantities);
    say(byId("map-title"), `The pathway: ${shown.name}`);
    map.seek(month, true);
    charts.show(result, state);
    panel.show(result, state);
    showWords(result, state);
    byId("outcomes").replaceChildren(outcomeTable(result));
    showNotes();
    showWho(state, result);
    speak();
  }

  function showNotes() {
    const decided = result.strategies.flatMap((one) =>
      one.decisions.map((text) => h("li", {}, `${one.name}: ${text}`)),
    );
    const asked = cautions(result).map((one) =>
      h(
        "li",
        {},
        one.text,
        h(
          "span",
          { class: "meaning" },
          `${one.whose.join("; ")}.${store.state.expert ? ` ${one.source}` : ""}`,
        ),
      ),
    );
    const swings = result.state.strategies.some(({ regimen }) => weekly(regimen))
      ? [
          "Where doses are days or weeks apart, levels swing between them: the curves show one day of each round.",
        ]
      : [];
    const told = [...swings, ...result.warnings].map((text) => h("li", {}, text));
    const notes = [...asked, ...decided, ...told];
    byId("notes").replaceChildren(...notes);
    byId("notes-panel").hidden = !notes.length;
    say(byId("notes-count"), `${notes.length}`);
  }

  function show(state, changed) {
    document.body.classList.toggle("expert", state.expert);
    byId("expert").checked = state.expert;
    if (changed.size === 1 && changed.has("month")) {
      time.show(state);
      return;
    }
    showWho(state, result);
    strategies.show(state);
    showQuestion(state);
    forecast.show(state, changed);
    showEvidence();
    const anew = MODEL.some((part) => changed.has(part));
    if (anew) {
      document.body.dataset.ready = "asking";
      results.refresh(state);
    }
    if (!anew || changed.has("address")) showResult(state);
    time.show(state);
  }

  byId("expert").addEventListener("change", (event) =>
    store.update({ expert: event.target.checked }),
  );
  byId("copy").addEventListener("click", async () => {
    const address = store.address();
    let told = "Link copied.";
    try {
      await navigator.clipboard.writeText(address);
    } catch {
      told = "The link is in the address bar: copy it from there.";
    }
    say(byId("copied"), told);
    setTimeout(() => say(byId("copied"), ""), 4000);
  });
  const wide = matchMedia("(min-width: 700px)");
  const given = !isEmpty(store.state.own);
  set(byId("person-details"), { open: wide.matches || given ? "" : null });
  set(byId("own-details"), { open: given ? "" : null });

  store.subscribe(show);
  show(store.state, new Set(["address"]));
}

try {
  start(await load());
} catch (problem) {
  say(byId("fault"), problem.message);
  byId("fault").hidden = false;
  if (!problem.status) throw problem;
}
