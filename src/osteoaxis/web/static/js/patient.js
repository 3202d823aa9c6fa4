// The person: a preset and what was changed in it.

/** The patient as a request takes it: the preset's name, or its table with the changes. */
export function payload(state, catalogue) {
  return Object.keys(state.changes).length ? table(state, catalogue) : state.preset;
}

/** What of a preset goes when one of these is changed: it was measured in somebody else. */
const LAPSES = [
  [/^(sex|age|t_scores\..+)$/, ["t_scores"]],
  [/^sex$/, ["baseline", "parameters", "history"]],
];

/** The whole table of the person. */
export function table(state, catalogue) {
  const preset = catalogue.patients.find((one) => one.name === state.preset);
  const found = structuredClone(preset?.table ?? { sex: "female", age: 60 });
  const changes = Object.entries(state.changes);
  for (const [changing, parts] of LAPSES) {
    if (changes.some(([path]) => changing.test(path))) for (const part of parts) delete found[part];
  }
  for (const [path, value] of changes) {
    const [first, second] = path.split(".");
    if (second !== undefined) {
      found[first] ??= {};
      if (value === null) delete found[first][second];
      else found[first][second] = value;
    } else if (value === null) delete found[first];
    else found[first] = value;
  }
  return found;
}

/** What a path of the table holds, undefined where nothing is given. */
export function given(person, path) {
  const [first, second] = path.split(".");
  return second === undefined ? person[first] : person[first]?.[second];
}

/** The changes of a state with one more; one that changes nothing is left out. */
export function changed(state, catalogue, path, value) {
  const { [path]: _, ...others } = state.changes;
  const plain = given(table({ ...state, changes: others }, catalogue), path);
  return value === (plain ?? null) ? others : { ...others, [path]: value };
}

/** The changes for the other sex: what was measured in this one is not carried over. */
export function withSex(state, catalogue, sex) {
  const kept = Object.fromEntries(
    Object.entries(state.changes).filter(
      ([path]) => !/^(sex$|menopause_age$|baseline|t_scores|parameters)/.test(path),
    ),
  );
  if (sex === table({ ...state, changes: {} }, catalogue).sex) return kept;
  return { ...kept, sex, menopause_age: sex === "male" ? null : 51 };
}

/** The person in one line; `known`, the catalogue's history, adds what was before. */
export function sentence(person, known = {}) {
  const parts = [person.sex === "male" ? "Man" : "Woman", `aged ${person.age}`];
  if (person.menopause_age !== undefined) {
    const past = person.menopause_age <= person.age;
    parts.push(`${past ? "menopause at" : "menopause expected at"} ${person.menopause_age}`);
  }
  parts.push(`BMI ${person.body_mass_index ?? 27}`);
  for (const [name, value] of Object.entries(person.history ?? {})) {
    if (value === true && known[name]) parts.push(known[name].meaning.replace(/ before the start$/, ""));
  }
  if (person.baseline?.egfr !== undefined) parts.push(`eGFR ${person.baseline.egfr} mL/min`);
  return parts.join(", ");
}
