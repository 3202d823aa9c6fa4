// As much of the grammar of regimens (docs/regimens.md) as chips on a timeline need: which drug,
// and the window of each term. Everything else is kept as it was typed; the server judges it.
const MONTHS = { d: 12 / 365.25, w: (7 * 12) / 365.25, m: 1, mo: 1, y: 12, yr: 12 };
const EDGE = String.raw`(mo|m|wk|w|yr|y|d) ?(-?\d+(?:\.\d+)?)`;
const RANGE = new RegExp(`^${EDGE} ?- ?(?:${EDGE})?$`, "i");
const ONE = new RegExp(`^${EDGE}$`, "i");

const ONCE = /\bonce\b(?! (a|per|day|week|month|year|daily|weekly|monthly|yearly)\b)/i;

const months = (unit, number) => Number(number) * MONTHS[unit.toLowerCase().replace("wk", "w")];

/**
 * The terms of a regimen: `head` is all before the window, `rules` what follows it; `start` and
 * `stop` in months (null = the end of the run), or `days`, the months of single doses.
 */
export function parse(text) {
  const plain = text.replace(/[–—−]/g, "-").replace(/\s+/g, " ").trim();
  if (!plain || /^(none|no treatment|placebo\b.*)$/i.test(plain)) return [];
  return plain.split("+").map((part) => term(part.trim()));
}

function term(text) {
  const open = text.indexOf("[");
  const head = (open < 0 ? text : text.slice(0, open)).trim();
  const inside =
    open < 0
      ? ""
      : text
          .slice(open + 1)
          .replace(/\]\s*$/, "")
          .trim();
  const clauses = inside.split(";").map((clause) => clause.trim());
  const window = clauses[0] ?? "";
  const range = window.match(RANGE);
  const list = window.split(",").map((day) => day.trim().match(ONE));
  const base = { text, head, drug: drugOf(head), dose: doseOf(head) };
  const once = ONCE.test(head);
  if (range) {
    const stop = range[3] ? months(range[3], range[4]) : null;
    return { ...base, start: months(range[1], range[2]), stop, rules: clauses.slice(1) };
  }
  if (window && list.every(Boolean)) {
    const days = list.map((found) => months(found[1], found[2]));
    return { ...base, head: once ? head : `${head} once`, days, rules: clauses.slice(1) };
  }
  const rules = clauses.filter(Boolean);
  if (once) return { ...base, days: [0], rules };
  return { ...base, start: 0, stop: null, rules };
}

const firstNumber = (head) => head.search(/\s\d/);
const drugOf = (head) => {
  const at = firstNumber(head);
  return (at < 0 ? head : head.slice(0, at)).trim().toLowerCase().replace(/[ -]/g, "_");
};
const doseOf = (head) => {
  const at = firstNumber(head);
  return at < 0 ? "" : head.slice(at).trim();
};

const edge = (value) => `m${Math.round(value * 100) / 100}`;

/** Write one term with its window. */
export function write(one) {
  const rules = one.rules.join("; ");
  let window;
  if (one.days) window = one.days.map(edge).join(",");
  else if (one.stop === null) window = one.start ? `${edge(one.start)}-` : "";
  else window = `${edge(one.start)}-${edge(one.stop)}`;
  const inside = [window, rules].filter(Boolean).join("; ");
  return inside ? `${one.head} [${inside}]` : one.head;
}

/** Put terms together; those that were not touched keep their own text. */
export const join = (terms) => terms.map((one) => one.text ?? write(one)).join(" + ") || "none";

/** A term with another window. */
export const moved = (one, change) => {
  const next = { ...one, ...change };
  return { ...next, text: write(next) };
};

export const drugs = (text) => [...new Set(parse(text).map((one) => one.drug))];

/** Names and synonyms of the drugs that are `chosen`. */
export const drugNames = (catalogue, chosen) =>
  new Set(catalogue.drugs.filter(chosen).flatMap((drug) => [drug.name, ...drug.synonyms]));

/** For which share of the months from 0 to `end` one of these drugs is given. */
export const covers = (text, names, end) =>
  parse(text)
    .filter((one) => names.has(one.drug) && !one.days)
    .reduce((sum, { start, stop }) => sum + Math.min(stop ?? end, end) - Math.max(start, 0), 0) /
  end;

/** When each drug that does not last to `end` was given last, in words; the others are left out. */
export function ends(text, end) {
  const last = new Map();
  for (const { drug: name, days, stop = null } of parse(text)) {
    const drug = name.replaceAll("_", " ");
    const month = days ? Math.max(...days) : (stop ?? Infinity);
    if (month < last.get(drug)?.month) continue;
    last.set(drug, { month, once: days?.length === 1 });
  }
  return [...last]
    .filter(([, { month, once }]) => (once ? month <= end : month < end))
    .map(([drug, { month, once }]) => `${drug} ${once ? "at" : "until"} ${time(month)}`);
}

const time = (month) =>
  month === 0 ? "the start" : month % 12 ? `month ${Math.round(month)}` : `year ${month / 12}`;

const WEEKLY = /\b(qw|biw|tiw|weekly|(a|per) week|every \d+ (day|week)s|q\d+(d|wk?)|\d+x\/w(k|eek)?)\b/i;

/** Whether doses fall on days of a week: levels then swing between them. */
export const weekly = (text) => parse(text).some((one) => WEEKLY.test(one.head));
