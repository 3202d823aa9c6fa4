// The form of own results: a row for each scan, test and medicine, edited where it stands.
import { now } from "./calendar.js";
import { byId, h, say, set } from "./dom.js";
import { DEVICES, example, KINDS, MOST_ROWS, none, SCALES, SITES, TESTS, UNKNOWN } from "./own.js";
import { askMinus, numberInput, parsed, plain } from "./typed.js";

const options = (choices) =>
  Object.entries(choices).map(([value, label]) => h("option", { value }, label));
const labels = Object.fromEntries(Object.entries(TESTS).map(([key, { label }]) => [key, label]));

/** The fields of a row of each kind: label and how it is made. */
const FIELDS = {
  scans: {
    date: ["Date", () => h("input", { type: "date" })],
    site: ["Site", () => h("select", {}, options(SITES))],
    value: ["Value", () => numberInput({ signed: true })],
    scale: ["Unit", () => h("select", {}, options(SCALES))],
    device: ["Machine", () => h("select", {}, options({ "": "choose …", ...DEVICES, [UNKNOWN]: "unknown" }))],
  },
  samples: {
    date: ["Date", () => h("input", { type: "date" })],
    test: ["Test", () => h("select", {}, options(labels))],
    value: ["Value", () => numberInput()],
    unit: ["Unit", () => h("select")],
  },
  taken: {
    drug: [
      "Medicine and dose",
      () => h("input", { spellcheck: "false", autocapitalize: "none", autocomplete: "off" }),
    ],
    from: ["From", () => h("input", { type: "date" })],
    until: ["Until (empty: still)", () => h("input", { type: "date" })],
  },
};

/** What an invented example replaces of the state. */
const REPLACED = ["preset", "changes", "strategies", "years", "month", "focus", "question", "own"];

export function createOwnForm(store, catalogue, ask) {
  const own = () => store.state.own;
  const update = (patch) => store.update({ own: { ...own(), ...patch } });
  const lists = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, byId(`own-${kind}`)]));

  function edit(kind, index, field, value) {
    const text = field === "value" ? plain(value) : value;
    const row = { ...own()[kind][index], [field]: text };
    if (field === "test") row.unit = unitFor(value);
    update({ [kind]: own()[kind].with(index, row) });
  }

  /** The unit chosen elsewhere on the page or the only one; else it has to be chosen. */
  const unitFor = (test) => {
    const { units } = TESTS[test];
    const chosen = store.state.units[test];
    return units.includes(chosen) ? chosen : units.length === 1 ? units[0] : "";
  };

  function makeRow(kind, index) {
    const inputs = {};
    const fields = Object.entries(FIELDS[kind]).map(([field, [label, make]]) => {
      const input = make();
      set(input, { name: field });
      input.addEventListener("input", () => edit(kind, index, field, input.value.trim()));
      inputs[field] = input;
      return h("label", { class: `own-${field}` }, label, input);
    });
    const name = `${KINDS[kind].name} ${index + 1}`;
    const remove = h(
      "button",
      {
        type: "button",
        class: "remove",
        "aria-label": `Remove ${name}`,
        on: {
          click: () => {
            update({ [kind]: own()[kind].toSpliced(index, 1) });
            const left = lists[kind].children;
            (left[Math.min(index, left.length - 1)]?.inputs.value ?? byId(`add-${kind}`)).focus();
          },
        },
      },
      "×",
    );
    const row = h(
      "div",
      { class: "own-row", role: "group", "aria-label": name },
      h("span", { class: "own-name" }, name, remove),
      fields,
    );
    row.inputs = inputs;
    if (kind === "scans") row.append((row.asked = h("p", { class: "asked small", role: "status" })));
    return row;
  }

  /** Ask about a T-score above 0, once per value. */
  function askSign(element, { value, scale }, index) {
    const score = scale === "t" ? parsed(value) : NaN;
    const about = score > 0 ? value : "";
    if (element.asked.dataset.about === about) return;
    element.asked.dataset.about = about;
    const take = () => {
      edit("scans", index, "value", plain(String(-score)));
      element.inputs.value.focus();
    };
    element.asked.replaceChildren(...(about ? askMinus(score, take) : []));
  }

  /** Rows are kept where they are, so that the keyboard's focus is, too. */
  function showRows(kind, rows) {
    const list = lists[kind];
    while (list.children.length > rows.length) list.lastChild.remove();
    while (list.children.length < rows.length) list.append(makeRow(kind, list.children.length));
    rows.forEach((row, index) => {
      const { inputs } = list.children[index];
      if (kind === "samples" && inputs.unit.dataset.test !== row.test) {
        const units = TESTS[row.test].units;
        const named = Object.fromEntries(units.map((unit) => [unit, unit]));
        inputs.unit.replaceChildren(...options({ "": "choose …", ...named }));
        inputs.unit.dataset.test = row.test;
      }
      for (const [field, input] of Object.entries(inputs)) {
        const same = (field === "value" ? plain(input.value) : input.value.trim()) === row[field];
        const typing = document.activeElement === input && same;
        if (!typing && input.value !== row[field]) input.value = row[field];
      }
      if (kind === "scans") askSign(list.children[index], row, index);
    });
    byId(`add-${kind}`).disabled = rows.length >= MOST_ROWS;
  }

  /** Add a row like the last one, and go to it. */
  function add(kind, fresh, field) {
    update({ [kind]: [...own()[kind], fresh] });
    lists[kind].lastChild.inputs[field].focus();
  }
  byId("add-scans").addEventListener("click", () => {
    const last = own().scans.at(-1);
    const { scale = "", device = "" } = last ?? {};
    const hip = last?.site === "lumbar_spine"; // most reports hold both
    const site = hip ? "total_hip" : "lumbar_spine";
    add("scans", { date: hip ? last.date : "", site, value: "", scale, device }, "date");
  });
  byId("add-samples").addEventListener("click", () => {
    const date = own().samples.at(-1)?.date ?? "";
    add("samples", { date, test: "ctx", value: "", unit: unitFor("ctx") }, "date");
  });
  const drug = byId("add-taken");
  drug.append(
    ...catalogue.drugs.map(({ name }) => h("option", { value: name }, name.replaceAll("_", " "))),
  );
  drug.addEventListener("change", () => {
    const found = catalogue.drugs.find((one) => one.name === drug.value);
    drug.value = "";
    const usual = found?.typical.replace(/\s*\[.*\]$/, "");
    if (usual) add("taken", { from: "", until: "", drug: usual }, "from");
  });

  const untaken = byId("own-untaken");
  untaken.addEventListener("change", () => update({ untaken: untaken.checked }));
  const today = byId("own-today");
  today.addEventListener("change", () => update({ today: today.value }));
  let before = null; // what an example replaced
  const current = byId("own-now");
  current.addEventListener("click", () => update({ today: now() }));
  byId("own-example").addEventListener("click", () => {
    before ??= Object.fromEntries(REPLACED.map((part) => [part, store.state[part]]));
    const male = byId("person-line").textContent.startsWith("Man");
    const found = catalogue.persons.find(({ table }) => (table.person.sex === "male") === male);
    store.update(example(found, catalogue));
    say(byId("own-told"), `${found.title}. Now update the forecast.`);
    byId("own-ask").focus();
  });
  byId("own-clear").addEventListener("click", () => {
    if (before) store.update(before);
    else update(none());
    say(byId("own-told"), before ? "The example is gone, and what it replaced is back." : "");
    before = null;
    byId("own-example").focus();
  });
  byId("own-form").addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });

  return {
    show({ own: shown }) {
      for (const kind of Object.keys(KINDS)) showRows(kind, shown[kind]);
      byId("own-untaken-row").hidden = shown.taken.length > 0;
      untaken.checked = shown.untaken;
      const date = shown.today || now();
      if (document.activeElement !== today) today.value = date;
      current.hidden = date === now();
    },
    /** Say what is wrong, beside the button and at its row; null takes it away. */
    refuse(fault) {
      const error = byId("own-error");
      error.hidden = !fault;
      say(error, fault?.text ?? "");
      for (const kind of Object.keys(KINDS)) {
        [...lists[kind].children].forEach((row, index) => {
          const wrong = fault?.kind === kind && fault.row === index;
          row.classList.toggle("wrong", wrong);
          for (const input of Object.values(row.inputs)) {
            set(input, { "aria-describedby": wrong ? "own-error" : null });
          }
        });
      }
    },
  };
}
