// What: up to four strategies; the one in focus is edited as chips or as text.
import { byId, h, later, say, set } from "./dom.js";
import { join } from "./regimen.js";
import { COLOURS, freeName } from "./state.js";
import { Timeline } from "./timeline.js";

const COLOUR_NAMES = ["grey", "orange", "blue", "green", "pink"];
const TYPING = 500; // ms of rest before typed text is taken

export function createStrategies(store, catalogue) {
  const most = catalogue.limits.strategies ?? 4;
  const tabs = byId("strategy-tabs");
  const name = byId("strategy-name");
  const text = byId("regimen");
  const error = byId("regimen-error");
  const years = byId("years");

  const focused = () => store.state.strategies[store.state.focus];
  /** Change the strategy in focus. */
  const edit = (patch) =>
    store.update({
      strategies: store.state.strategies.with(store.state.focus, { ...focused(), ...patch }),
    });

  const timeline = new Timeline(byId("timeline"), (terms) => edit({ regimen: join(terms) }));
  let typing = false; // what is in the field is newer than the state
  const take = () => {
    typing = false;
    edit({ regimen: text.value.trim() || "none" });
  };
  const soon = later(take, TYPING);
  text.addEventListener("input", () => {
    typing = true;
    soon();
  });
  text.addEventListener("change", () => {
    soon.cancel();
    if (typing) take();
  });
  name.addEventListener("change", () => {
    const others = store.state.strategies.filter((one) => one !== focused()).map((one) => one.name);
    edit({ name: freeName(name.value, others) });
    name.value = focused().name;
  });
  years.addEventListener("change", () => {
    const typed = Number(years.value) || store.state.years; // empty: as before
    const value = Math.round(Math.min(Math.max(typed, 1), 20));
    years.value = value;
    store.update({ years: value });
  });

  const colours = Array.from({ length: COLOURS }, (_, colour) =>
    h(
      "label",
      { class: "colour" },
      h("input", {
        type: "radio",
        name: "colour",
        value: colour,
        "aria-label": COLOUR_NAMES[colour],
        on: { change: () => edit({ colour }) },
      }),
      h("span", { class: `swatch series-${colour}`, "aria-hidden": "true" }),
    ),
  );
  byId("colours").append(...colours);

  byId("add-strategy").addEventListener("click", () => {
    const { strategies } = store.state;
    if (strategies.length >= most) return;
    const used = strategies.map((one) => one.colour);
    const colour = [1, 2, 3, 4, 0].find((one) => !used.includes(one)) ?? 1;
    const named = freeName(
      "strategy",
      strategies.map((one) => one.name),
    );
    store.update({
      strategies: [...strategies, { name: named, colour, regimen: focused().regimen }],
      focus: strategies.length,
    });
    name.focus();
    name.select();
  });
  byId("remove-strategy").addEventListener("click", () => {
    const { strategies, focus } = store.state;
    store.update({ strategies: strategies.toSpliced(focus, 1), focus: Math.max(0, focus - 1) });
    tabs.children[store.state.focus]?.focus();
  });

  const groups = Map.groupBy(catalogue.drugs, (drug) => drug.class);
  const drug = byId("drug");
  for (const [label, drugs] of [...groups].sort(([a], [b]) => a.localeCompare(b))) {
    drug.append(
      h(
        "optgroup",
        { label },
        drugs.map((one) =>
          h("option", { value: one.name, title: one.summary }, one.name.replaceAll("_", " ")),
        ),
      ),
    );
  }
  drug.addEventListener("change", () => {
    const found = catalogue.drugs.find((one) => one.name === drug.value);
    drug.value = "";
    if (!found) return;
    const stop = 12 * Math.min(store.state.years, 5);
    const added = found.typical.includes("[")
      ? found.typical
      : `${found.typical} ${/\bonce\b/.test(found.typical) ? "[m0]" : `[m0-m${stop}]`}`;
    const { regimen } = focused();
    edit({ regimen: /^(none|)$/i.test(regimen.trim()) ? added : `${regimen} + ${added}` });
  });

  /** The tabs are kept where they are, so that the keyboard's focus is, too. */
  function showTabs(strategies, focus) {
    while (tabs.children.length > strategies.length) tabs.lastChild.remove();
    while (tabs.children.length < strategies.length) {
      const index = tabs.children.length;
      tabs.append(
        h(
          "button",
          { type: "button", class: "tab", on: { click: () => store.update({ focus: index }) } },
          h("span"),
          h("span"),
        ),
      );
    }
    strategies.forEach((one, index) => {
      const tab = tabs.children[index];
      set(tab, { "aria-pressed": String(index === focus) });
      tab.firstChild.className = `swatch series-${one.colour}`;
      say(tab.lastChild, one.name);
    });
  }

  return {
    show(state) {
      const { strategies, focus } = state;
      showTabs(strategies, focus);
      byId("add-strategy").hidden = strategies.length >= most;
      byId("remove-strategy").hidden = strategies.length < 2;
      const one = strategies[focus];
      if (document.activeElement !== name) name.value = one.name;
      if (!typing && text.value.trim() !== one.regimen) text.value = one.regimen;
      if (document.activeElement !== years) years.value = state.years;
      for (const label of colours)
        label.firstChild.checked = Number(label.firstChild.value) === one.colour;
      timeline.show(one.regimen, state.years);
    },
    /** Say what is wrong with a regimen, beside its field; true if it was about one. */
    refuse(message, state) {
      const at = state.strategies.findIndex((one) => message.startsWith(`${one.name}: `));
      const about = at >= 0;
      const plain = about ? message.slice(state.strategies[at].name.length + 2) : "";
      say(error, about && at !== state.focus ? `${state.strategies[at].name}: ${plain}` : plain);
      error.hidden = !about;
      set(text, { "aria-invalid": about ? "true" : null });
      return about;
    },
    accept() {
      error.hidden = true;
      set(text, { "aria-invalid": null });
    },
  };
}
