// The only way to the server. What it refuses is an Error that says why in words.
export class Refused extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

const BUSY = [429, 503]; // come again
const PAUSE = 700; // ms
const TRIES = 5;

async function ask(path, options, tries = 1) {
  let answer;
  try {
    answer = await fetch(`/api/${path}`, options);
  } catch (problem) {
    if (problem.name === "AbortError") throw problem;
    throw new Refused("The server does not answer. Is `osteoaxis serve` still running?", 0);
  }
  if (BUSY.includes(answer.status) && tries < TRIES) {
    await new Promise((go) => setTimeout(go, PAUSE * tries));
    return ask(path, options, tries + 1);
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    throw new Refused(
      body.detail ?? body.title ?? `The server said ${answer.status}.`,
      answer.status,
    );
  }
  return body;
}

const enc = encodeURIComponent;
export const catalogue = () => ask("catalogue");
export const quantity = (name) => ask(`quantities/${enc(name)}`);
export const studies = (drugs, sex) =>
  ask(`evidence?sex=${sex}${drugs.map((drug) => `&drug=${enc(drug)}`).join("")}`);
export const study = (id) => ask(`evidence/${enc(id)}`);
const post = (path) => (body, signal) =>
  ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal,
  });
export const compare = post("compare");
export const people = post("people");
export const forecast = post("forecast");
export const guidelines = post("guidelines");
export const check = post("check");
