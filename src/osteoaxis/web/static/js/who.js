// Who: a preset, and everything about the person that can be changed.
import { byId, h, say, set } from "./dom.js";
import { Field } from "./field.js";
import { changed, given, sentence, table, withSex } from "./patient.js";
import { drugNames, drugs } from "./regimen.js";
import { another, typed } from "./state.js";
import { OTHER } from "./units.js";

const T_HELP =
  "A T-score says how far bone density is from that of healthy young adults of the same sex. −1 and above is normal, from −1 to −2.5 is low bone mass, −2.5 and below is osteoporosis.";
const HIGH_BEFORE = 700; // ng/dL: few men who are given testosterone had more before it
/** The presets by the names they have here, in this order. */
const NAMES = {
  "postmenopausal-breast-cancer": "Woman, breast cancer",
  "healthy-postmenopausal": "Healthy woman",
  "premenopausal-ovarian-suppression": "Woman before menopause",
  "man-on-testosterone": "Man on testosterone",
  "older-man": "Older man",
  "young-man": "Young man",
};

const baseline = (name, label, rest) => ({
  path: `baseline.${name}`,
  test: true,
  typical: name,
  label,
  optional: true,
  log: true,
  units: OTHER[name],
  ...rest,
});
const score = (site, label) => ({
  path: `t_scores.${site}`,
  typical: `${site}_t_score`,
  label,
  low: -4,
  high: 2,
  limits: { low: -6, high: 6 },
  step: 0.1,
  digits: 1,
  optional: true,
  open: "estimated",
  signed: true,
  help: T_HELP,
});
const past = (name, label, rest) => ({
  path: `history.${name}`,
  past: true,
  label,
  low: 0,
  step: 1,
  optional: true,
  unknown: true,
  ...rest,
});
const FRAX = "from the FRAX calculator or your clinic: it is never computed here";
const FIELDS = [
  {
    path: "age",
    label: "Age",
    low: 30,
    high: 90,
    limits: { low: 20, high: 100 },
    step: 1,
    unit: "years",
  },
  {
    path: "menopause_age",
    label: "Age at menopause",
    low: 35,
    high: 60,
    limits: { low: 25, high: 62 },
    step: 1,
    unit: "years",
    women: true,
    help: "The age at the last period, natural or after surgery. A later age than now means: not yet.",
  },
  {
    path: "body_mass_index",
    label: "Body mass index",
    low: 16,
    high: 45,
    limits: { low: 14, high: 60 },
    step: 0.5,
    unit: "kg/m²",
    help: "Weight in kilograms divided by height in metres, twice. 70 kg at 1.70 m is 24.",
  },
  score("lumbar_spine", "Spine T-score"),
  score("total_hip", "Hip T-score"),
  score("femoral_neck", "Hip neck T-score"),
  baseline("vitamin_d", "Vitamin D", {
    low: 5,
    high: 80,
    help: "25-hydroxyvitamin D in blood. Below 20 ng/mL (50 nmol/L) is low.",
  }),
  baseline("estradiol", "Estradiol", {
    low: 0.5,
    high: 400,
    help: "The main estrogen in blood. After menopause and in men ask which assay was used: LC-MS (“sensitive”) is reliable at low levels, a plain immunoassay often reads too high.",
  }),
  baseline("testosterone", "Testosterone", {
    low: 5,
    high: 1500,
    help: "Total testosterone in blood.",
  }),
  baseline("shbg", "SHBG", {
    low: 8,
    high: 150,
    unit: "nmol/L",
    expert: true,
    men: true,
    help: "The protein that carries testosterone and estradiol in blood: how much of them is free depends on it.",
  }),
  baseline("lh", "LH", { low: 0.5, high: 80, unit: "IU/L", expert: true }),
  baseline("pth", "PTH", { low: 10, high: 150, unit: "pg/mL", expert: true }),
  baseline("egfr", "Kidney function (eGFR)", {
    low: 15,
    high: 120,
    unit: "mL/min",
    help: "How well the kidneys filter, as the laboratory prints it with creatinine. Some bone drugs are not given, or only with care, where it is low.",
  }),
  baseline("ctx", "CTX", { low: 0.05, high: 1.5, unit: "ng/mL", expert: true }),
  baseline("p1np", "P1NP", { low: 10, high: 150, unit: "ng/mL", expert: true }),
  past("frax_major", "FRAX, major fractures", {
    high: 60,
    limits: { low: 0, high: 100 },
    unit: "%",
    help: `The chance of breaking spine, hip, shoulder or wrist in ten years, ${FRAX}.`,
  }),
  past("frax_hip", "FRAX, hip", {
    high: 30,
    step: 0.5,
    limits: { low: 0, high: 100 },
    unit: "%",
    help: `The chance of breaking a hip in ten years, ${FRAX}.`,
  }),
  past("years_since_fracture", "Last fracture", {
    high: 20,
    limits: { low: 0, high: 80 },
    unit: "years ago",
    help: "Years since the last fracture from a fall of standing height or less.",
  }),
  past("vertebral_fractures", "Vertebral fractures", {
    low: 1,
    high: 6,
    limits: { low: 1, high: 17 },
    unit: "so far",
    expert: true,
    help: "How many vertebrae broke so far, on radiographs or felt.",
  }),
  past("creatinine_clearance", "Creatinine clearance", {
    low: 5,
    high: 150,
    limits: { low: 5, high: 250 },
    unit: "mL/min",
    expert: true,
    help: "Where it was measured or computed for dosing; the eGFR stands in otherwise.",
  }),
];

export function createWho(store, catalogue) {
  const order = Object.keys(NAMES);
  const place = ({ name }) => (order.includes(name) ? order.indexOf(name) : order.length);
  const known = catalogue.patients.toSorted((a, b) => place(a) - place(b));
  const presets = known.map(({ name, summary }) =>
    h(
      "button",
      {
        type: "button",
        class: "choice",
        title: summary,
        "data-preset": name,
        on: {
          click: () => store.update(another(store.state, name)),
        },
      },
      NAMES[name] ?? name,
    ),
  );
  byId("presets").append(...presets);

  const change = (path, value) =>
    store.update({ changes: changed(store.state, catalogue, path, value) });
  const fields = FIELDS.map((spec) => {
    const name = spec.typical ?? spec.path;
    const limits = catalogue.measurable[name];
    const field = new Field(
      limits && spec.path.startsWith("baseline") ? { ...spec, limits } : spec,
      (value) => change(spec.path, value),
      (unit) => store.update({ units: { ...store.state.units, [name]: unit } }),
    );
    return { spec, name, field };
  });
  const sexes = ["female", "male"].map((sex) =>
    h(
      "label",
      { class: "radio" },
      h("input", {
        type: "radio",
        name: "sex",
        value: sex,
        on: { change: () => store.update({ changes: withSex(store.state, catalogue, sex) }) },
      }),
      sex === "female" ? "Woman" : "Man",
    ),
  );
  const history = Object.entries(catalogue.history)
    .filter(([, entry]) => (entry.kind ?? "boolean") === "boolean")
    .map(([key, entry]) => {
      const answers = { "": "not known", true: "yes", false: "no" };
      const choice = h(
        "select",
        { id: `history-${key}`, on: { change: () => change(`history.${key}`, typed(choice.value)) } },
        Object.entries(answers).map(([value, text]) => h("option", { value }, text)),
      );
      const text = entry.meaning ?? entry;
      const label = h("label", { for: choice.id }, text[0].toUpperCase() + text.slice(1));
      return { key, choice, element: h("div", { class: "history-row" }, label, choice) };
    });
  byId("person").append(
    h("fieldset", { class: "sexes" }, h("legend", {}, "Sex"), sexes),
    ...fields.filter(({ spec }) => !spec.test && !spec.past).map(({ field }) => field.element),
  );
  const onTreatment = h(
    "p",
    { class: "hint", hidden: true },
    "This testosterone is high for a man before testosterone. If it was measured on the medicine, clear it and type it into “My own results”.",
  );
  const tests = h(
    "details",
    { class: "history" },
    h("summary", {}, "Blood tests before these medicines"),
    h(
      "p",
      { class: "small" },
      "Levels before the medicines under “What”. Tests taken while on a medicine belong in “My own results”, with their dates.",
    ),
    onTreatment,
    h(
      "div",
      { class: "person" },
      fields.filter(({ spec }) => spec.test).map(({ field }) => field.element),
    ),
  );
  byId("person").append(
    tests,
    h(
      "details",
      { class: "history" },
      h("summary", {}, "What happened before"),
      h("p", { class: "small" }, "What is not known counts as in the average person of this age."),
      history.map(({ element }) => element),
      h(
        "div",
        { class: "person" },
        fields.filter(({ spec }) => spec.past).map(({ field }) => field.element),
      ),
    ),
  );

  const androgens = drugNames(catalogue, (drug) => drug.class === "androgen");
  let opened = "{}"; // the blood tests that opened their part last
  /** Show the person; `result` holds what is typical where nothing was measured. */
  return function show(state, result) {
    const person = table(state, catalogue);
    say(byId("person-line"), sentence(person, catalogue.history));
    const own = Object.keys(state.changes).length > 0;
    for (const button of presets) {
      set(button, {
        "aria-pressed": String(!own && button.dataset.preset === state.preset),
        "data-base": own && button.dataset.preset === state.preset ? "" : null,
      });
    }
    for (const label of sexes) label.firstChild.checked = label.firstChild.value === person.sex;
    const first = result?.strategies[0]?.quantities ?? {};
    const male = person.sex === "male";
    for (const { spec, name, field } of fields) {
      const value = given(person, spec.path);
      const shown = !spec.expert || state.expert || (spec.men && male) || value !== undefined;
      field.element.hidden = (spec.women && male) || !shown; // what is in force is never hidden
      const unit = state.units[name] ?? (spec.units ? Object.keys(spec.units)[0] : spec.unit);
      const plain = spec.path === "body_mass_index" ? 27 : undefined;
      const mine = spec.path in state.changes;
      field.show(value ?? plain, first[name]?.values[0], unit, { example: own && !mine, mine });
    }
    const before = person.baseline?.testosterone > HIGH_BEFORE;
    const taken = state.strategies.flatMap((one) => drugs(one.regimen));
    onTreatment.hidden = !(male && before && taken.some((name) => androgens.has(name)));
    const measured = JSON.stringify(person.baseline ?? {});
    if ((measured !== "{}" && measured !== opened) || state.expert) tests.open = true;
    opened = measured;
    for (const { key, choice } of history) choice.value = String(person.history?.[key] ?? "");
  };
}
