// The person: a preset and what was changed in it.

/** The patient as a request takes it: the preset's name, or its table with the changes. */
export function payload(state, catalogue) {
  return Object.keys(state.changes).length ? table(state, catalogue) : state.preset;
}

/** The whole table of the person. */
export function table(state, catalogue) {
  const preset = catalogue.patients.find((one) => one.name === state.preset);
  const found = structuredClone(preset?.table ?? { sex: "female", age: 60 });
  for (const [path, value] of Object.entries(state.changes)) {
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

/** The changes of a state with one more; going back to the preset's value takes it out. */
export function changed(state, catalogue, path, value) {
  const changes = { ...state.changes };
  const plain = given(table({ ...state, changes: {} }, catalogue), path);
  if (value === plain || (value === null && plain === undefined)) delete changes[path];
  else changes[path] = value;
  return changes;
}

/** The changes for the other sex: what was measured in a preset of this one is not carried over. */
export function withSex(state, catalogue, sex) {
  const preset = table({ ...state, changes: {} }, catalogue);
  if (sex === preset.sex) return {};
  const changes = { sex, menopause_age: sex === "male" ? null : 51 };
  for (const part of ["baseline", "t_scores"]) {
    for (const name of Object.keys(preset[part] ?? {})) changes[`${part}.${name}`] = null;
  }
  if (preset.parameters) changes.parameters = null;
  return changes;
}

/** The person in one line. */
export function sentence(person) {
  const parts = [person.sex === "male" ? "Man" : "Woman", `aged ${person.age}`];
  if (person.menopause_age !== undefined) {
    const past = person.menopause_age <= person.age;
    parts.push(`${past ? "menopause at" : "menopause expected at"} ${person.menopause_age}`);
  }
  parts.push(`BMI ${person.body_mass_index ?? 27}`);
  return parts.join(", ");
}
