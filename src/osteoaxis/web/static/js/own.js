// Own results: what was measured and taken, each with its date. They live in the address like all
// else, and go to the server only when a forecast is asked for.
import { dated, now } from "./calendar.js";
import { changed, table } from "./patient.js";
import { parse } from "./regimen.js";
import { parsed } from "./typed.js";

export const SITES = { lumbar_spine: "Spine", total_hip: "Hip", femoral_neck: "Hip neck" };
export const UNKNOWN = "unknown"; // a machine: enough for T-scores
export const DEVICES = { hologic: "Hologic", lunar: "Lunar", norland: "Norland" };
export const SCALES = { "": "choose …", t: "T-score", g: "g/cm²" };
/** Blood and urine tests, and the units in which laboratories give them. */
export const TESTS = {
  ctx: { label: "CTX", units: ["ng/mL", "pg/mL", "ng/L"] },
  p1np: { label: "P1NP", units: ["ng/mL", "µg/L"] },
  bsap: { label: "BSAP", units: ["µg/L", "ng/mL"] },
  ntx: { label: "NTX (urine)", units: ["nmol/mmol"] },
  estradiol: { label: "Estradiol", units: ["pg/mL", "pmol/L"] },
  testosterone: { label: "Testosterone", units: ["ng/dL", "nmol/L"] },
  vitamin_d: { label: "Vitamin D", units: ["ng/mL", "nmol/L"] },
};
export const MOST_ROWS = 40;
export const AS_NOW = "as now"; // a strategy: what is taken goes on
const LONGEST = 300; // characters of a medicine

/** `untaken`: said to have taken no medicine so far. */
export const none = () => ({ today: "", untaken: false, scans: [], samples: [], taken: [] });
const COUNT = "results"; // of an address: how many it holds
const count = ({ scans, samples, taken }) => scans.length + samples.length + taken.length;
export const isEmpty = (own) => count(own) === 0;

/** Each kind of row: its key in the address and in a request, its fields and what they may hold. */
const date = (text) => text === "" || dated(text) !== null;
const amount = (text) => text === "" || (text.length <= 12 && Number.isFinite(parsed(text)));
const one = (choices) => (text) => Object.hasOwn(choices, text);
export const KINDS = {
  scans: {
    key: "scan",
    asked: "density",
    name: "Scan",
    fields: {
      date,
      site: one(SITES),
      value: amount,
      scale: one(SCALES),
      device: (text) => ["", UNKNOWN].includes(text) || one(DEVICES)(text),
    },
  },
  samples: {
    key: "lab",
    asked: "sample",
    name: "Test",
    fields: {
      date,
      test: one(TESTS),
      value: amount,
      unit: (text, row) => text === "" || TESTS[row.test].units.includes(text),
    },
  },
  taken: {
    key: "took",
    asked: "taken",
    name: "Medicine",
    fields: { from: date, until: date, drug: (text) => text.length <= LONGEST },
  },
};

/** Put own results into the parts of the address. */
export function writeOwn(parts, own) {
  // A link says which day it is of: opened later, it gives the same forecast.
  if (own.today || !isEmpty(own)) parts.set("today", own.today || now());
  if (!isEmpty(own)) parts.set(COUNT, count(own));
  if (own.untaken) parts.set("untaken", 1);
  for (const [kind, { key, fields }] of Object.entries(KINDS)) {
    for (const row of own[kind]) {
      const texts = Object.keys(fields).map((field) => row[field].replaceAll("~", " "));
      parts.append(key, texts.join("~"));
    }
  }
}

/** Read what `writeOwn` wrote; rows that hold anything else are left out. */
export function readOwn(parts) {
  const own = none();
  const today = parts.get("today") ?? "";
  if (date(today)) own.today = today;
  own.untaken = parts.get("untaken") === "1";
  for (const [kind, { key, fields }] of Object.entries(KINDS)) {
    const names = Object.keys(fields);
    for (const text of parts.getAll(key).slice(0, MOST_ROWS)) {
      const texts = text.split("~");
      if (texts.length !== names.length) continue;
      const row = Object.fromEntries(names.map((name, index) => [name, texts[index]]));
      if (names.every((name) => fields[name](row[name], row))) own[kind].push(row);
    }
  }
  return own;
}

/** How many results of an address could not be read: it was cut, or is faulty. */
export function lost(parts) {
  const there = Object.values(KINDS).reduce((sum, { key }) => sum + parts.getAll(key).length, 0);
  return Math.max(there, Number(parts.get(COUNT)) || 0) - count(readOwn(parts));
}

const SCALE = { "": "", g: " g/cm2" };
const WRITE = {
  scans: ({ date, site, value, scale, device }) => ({
    date,
    site,
    ...(device && { device }),
    ...(value && (scale === "t" ? { t_score: Number(value) } : { value: value + SCALE[scale] })),
  }),
  samples: ({ date, test, value, unit }) => ({ date, [test]: value && `${value} ${unit}`.trim() }),
  taken: ({ from, until, drug }) => ({ drug, from, ...(until && { until }) }),
};

const plain = (dose) => dose.toLowerCase().replace(/\s+/g, " ");

/** A test of strategies: does one go on with all medicines of today, at the same doses? */
function going({ own }) {
  const today = own.today || now();
  const doses = own.taken
    .filter(({ until }) => !until || until > today)
    .flatMap(({ drug }) => parse(drug));
  const same = (one) => (other) => other.drug === one.drug && plain(other.dose) === plain(one.dose);
  return ({ regimen }) => doses.every((one) => parse(regimen).some(same(one)));
}

/**
 * What is asked of /api/forecast, and `order`: which row of the form each row asked about is, since
 * rows are sent in order of time.
 */
export function request(state, catalogue) {
  const who = table(state, catalogue);
  const person = {};
  for (const key of ["sex", "age", "menopause_age", "body_mass_index", "ethnicity", "history"]) {
    if (who[key] !== undefined) person[key] = who[key];
  }
  const body = { today: state.own.today || now(), years: state.years, person };
  const order = {};
  for (const [kind, { asked }] of Object.entries(KINDS)) {
    const rows = state.own[kind];
    const time = (index) => rows[index].date ?? rows[index].from;
    const sorted = [...rows.keys()].sort((a, b) => (time(a) < time(b) ? -1 : time(a) > time(b)));
    order[asked] = sorted;
    body[asked] = sorted.map((index) => WRITE[kind](rows[index]));
  }
  // What goes on leads: a forecast of stopping must not be read as one of going on.
  const goesOn = going(state);
  const asked = state.strategies
    .toSorted((one, other) => goesOn(other) - goesOn(one))
    .map(({ name, regimen }) => [name, regimen]);
  if (!state.strategies.some(goesOn)) {
    const used = asked.some(([name]) => name === AS_NOW);
    asked.unshift([used ? "as taken now" : AS_NOW, AS_NOW]);
  }
  body.strategies = Object.fromEntries(asked);
  return { body: { person: body }, order };
}

/** What a row needs, in the words of the form. */
const WANTED = {
  date: "choose the date",
  from: "choose the date from which it was taken",
  value: "type the value",
  scale: "choose the unit",
  unit: "choose the unit",
  device: "choose the machine",
};

/** What a row lacks or what is no number in it, in the words of the form; "" if nothing. */
function lacks(kind, row) {
  const field = Object.keys(KINDS[kind].fields).find((name) => name in WANTED && row[name] === "");
  if (kind !== "taken" && !amount(row.value)) return `“${row.value}” is not a number`;
  if (row.scale === "g" && row.device === UNKNOWN) {
    return "a density needs its machine; type the T-score of the report instead";
  }
  return field ? WANTED[field] : "";
}

/** The first row that is not ready to be sent: { text, kind, row }, or null. */
export function unfinished(own) {
  for (const [kind, { name }] of Object.entries(KINDS)) {
    for (const [row, entry] of own[kind].entries()) {
      const found = lacks(kind, entry);
      if (found) return { text: `${name} ${row + 1}: ${found}.`, kind, row };
    }
  }
  return null;
}

/** What the server refused, in the words of the form: { text, kind, row }. */
export function fault(message, order) {
  const plain = message.replace(/^person: /, "");
  const found = plain.match(/^(density|sample|taken) (\d+): (.*)$/s);
  if (!found) return { text: plain.replace(/^strategies\./, "Strategy ") };
  const [kind, { name }] = Object.entries(KINDS).find(([, { asked }]) => asked === found[1]);
  const row = order[found[1]]?.[Number(found[2]) - 1] ?? 0;
  return { text: `${name} ${row + 1}: ${found[3]}`, kind, row };
}

/** The state's parts for an invented person of the catalogue. */
export function example({ table: file }, catalogue) {
  const { person, years = 5 } = file; // five years is the default of files
  const preset = person.sex === "male" ? "man-on-testosterone" : "postmenopausal-breast-cancer";
  const born = dated(String(person.born)) ?? dated(`${person.born}-07-01`);
  const given = {
    age: Math.floor((dated(file.today) - born) / (365.25 * 86_400_000)),
    menopause_age: person.menopause_age,
    body_mass_index: person.body_mass_index,
  };
  for (const [key, value] of Object.entries(person.history ?? {})) given[`history.${key}`] = value;
  let changes = {};
  for (const [path, value] of Object.entries(given)) {
    if (value !== undefined) changes = changed({ preset, changes }, catalogue, path, value);
  }
  const goesOn = (file.taken ?? []).filter((row) => !row.until).map((row) => row.drug);
  const asked = Object.entries(file.strategies).slice(0, catalogue.limits.strategies);
  const strategies = asked.map(([name, text], index) => ({
    name,
    colour: index + 1, // grey is the past
    regimen: text.replace(/as now/i, goesOn.join(" + ")),
  }));
  return {
    preset,
    changes,
    strategies,
    years,
    month: 12 * years,
    focus: 0,
    question: null,
    own: {
      ...none(),
      today: file.today,
      scans: (file.density ?? []).map(({ date, site, value, t_score: score, device }) => ({
        date,
        site,
        value: String(score ?? value.split(" ")[0]),
        scale: score === undefined ? "g" : "t",
        device,
      })),
      samples: (file.sample ?? []).flatMap(({ date, ...values }) =>
        Object.entries(values).map(([test, text]) => {
          const [value, unit] = text.split(" ");
          return { date, test, value, unit };
        }),
      ),
      taken: (file.taken ?? []).map(({ from, until = "", drug }) => ({ from, until, drug })),
    },
  };
}
