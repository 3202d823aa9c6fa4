// The page: one state, one result, and the parts that show them.
import { catalogue as load } from "./api.js";
import { Charts } from "./charts.js";
import { createCheck } from "./check.js";
import { createCrossing } from "./crossing.js";
import { byId, later, say, set } from "./dom.js";
import { createEvidence } from "./evidence.js";
import { createForecast } from "./forecast.js";
import { createGuidelines } from "./guidelines.js";
import { isEmpty, lost } from "./own.js";
import { key, PathwayMap } from "./map.js";
import { createNotes } from "./notes.js";
import { outcomeTable } from "./outcomes.js";
import { createPanel } from "./panel.js";
import { createPrint } from "./print.js";
import { createQuestions } from "./questions.js";
import { createResults } from "./results.js";
import { createStore, fresh } from "./state.js";
import { createStrategies } from "./strategies.js";
import { createTime } from "./time.js";
import { createWho } from "./who.js";
import { sentences, showWords, spoken } from "./words.js";

const MODEL = ["preset", "changes", "years", "strategies", "expert", "address"]; // ask anew
const SPEAK = 900; // ms of rest before results are read out

const store = createStore();
let result = null;

function start(catalogue) {
  const { preset } = store.state;
  if (!catalogue.patients.some(({ name }) => name === preset)) {
    store.update({ preset: fresh().preset, changes: {} });
    say(byId("copied"), `The link names a person this page has not got (“${preset}”).`);
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
  const showQuestion = createQuestions(store, catalogue);
  const notes = createNotes(catalogue);
  const forecast = createForecast(store, catalogue, seek, () => showGuidelines());
  const crossing = createCrossing(store, catalogue, seek);
  const showGuidelines = createGuidelines(store, catalogue, forecast.guidelines);
  const showCheck = createCheck(store, catalogue);
  const showEvidence = createEvidence(store, catalogue);
  const results = createResults(catalogue, arrived);
  createPrint(store, catalogue, () => result);

  const speak = later(() => {
    if (!result || time.playing()) return;
    const typical = isEmpty(store.state.own) ? "" : "A typical person, without your results: ";
    say(byId("live"), typical + spoken(sentences(result, store.state)));
  }, SPEAK);

  const time = createTime(store, (month, resting) => {
    map.seek(month, resting);
    charts.seek(month);
    panel.seek(month);
    forecast.seek(month);
    crossing.seek(month);
    if (result) showAt({ ...store.state, month });
    if (resting) speak();
  });

  /** Show what is told of one time. */
  function showAt(state) {
    showWords(result, state);
    byId("outcomes").replaceChildren(outcomeTable(result, state.month));
  }

  function arrived(found) {
    document.body.classList.toggle("stale", Boolean(found.error));
    if (found.error) {
      const aside = strategies.refuse(found.error.message, found.state);
      say(byId("fault"), aside ? "" : found.error.message);
      byId("fault").hidden = aside;
      if (!result) say(byId("key"), `No result: ${found.error.message}`);
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
    map.show(result.time, shown.quantities, state.expert);
    say(byId("map-title"), `The pathway: ${shown.name}`);
    map.seek(month, true);
    charts.show(result, state);
    panel.show(result, state);
    showAt(state);
    notes.show(result, state);
    showWho(state, result);
    speak();
  }

  /** Say if results of a link could not be read. */
  function tellLost() {
    const missing = lost(new URLSearchParams(location.hash.slice(1)));
    if (!missing) return;
    const some = missing === 1 ? "One result" : `${missing} results`;
    say(byId("copied"), `${some} of this link could not be read: it is cut or faulty.`);
  }

  function show(state, changed) {
    if (changed.has("address")) tellLost();
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
    notes.showUrgent(state);
    crossing.show(state);
    showGuidelines();
    showCheck();
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
    const here = /^(localhost|127\.|\[::1\])/.test(location.hostname);
    const where = here ? ", and opens only where this server runs" : "";
    let told = `Link copied. It holds all you typed in (health data)${where}.`;
    try {
      await navigator.clipboard.writeText(address);
    } catch {
      told = "The link is in the address bar: copy it from there.";
    }
    say(byId("copied"), told);
    setTimeout(() => say(byId("copied"), ""), 8000);
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
