// The panel of one quantity: what it is, its course, its equations, parameters and sources.
import { quantity } from "./api.js";
import { byId, h } from "./dom.js";
import { view } from "./charts.js";
import { Figure } from "./figure.js";
import { chartOf, PLAIN } from "./quantities.js";
import { pretty, significant } from "./units.js";

/** MathML from the server as elements; it is parsed as XML, so it cannot carry script. */
function math(text) {
  const root = new DOMParser().parseFromString(text, "application/xml").documentElement;
  if (root.localName !== "math" || root.querySelector("parsererror")) return null;
  root.setAttribute("display", "block");
  return document.importNode(root, true);
}

export function sourceLink(text) {
  const doi = text.match(/10\.\d{4,9}\/[^\s,;:)]+/);
  const pmid = text.match(/PMID (\d+)/);
  const url = doi
    ? `https://doi.org/${doi[0]}`
    : pmid
      ? `https://pubmed.ncbi.nlm.nih.gov/${pmid[1]}/`
      : null;
  return url ? h("a", { href: url, rel: "noreferrer noopener", target: "_blank" }, text) : text;
}

/** Letters of a source that may stand in each row. */
const SHORT = 60;

/** What the data say of a parameter: a verdict, and 90 % of it before and after the fit. */
function said(found, whom = "") {
  if (!found) return null;
  const before = `${significant(found.prior_low)} to ${significant(found.prior_high)}`;
  const after = `${significant(found.posterior_low)} to ${significant(found.posterior_high)}`;
  const verdict = `${whom}${found.verdict}`;
  return h("p", {}, h("strong", {}, verdict), `: 90 % before the fit ${before}, after it ${after}`);
}

/** Long sources of several parameters, which stand once below the table. */
function repeated(list) {
  const all = list.map((one) => one.source);
  return [...new Set(all)].filter(
    (text) => text.length > SHORT && all.indexOf(text) !== all.lastIndexOf(text),
  );
}

function parameters(list) {
  const shared = repeated(list);
  return [
    table(list, shared),
    ...shared.map((text, place) =>
      h("p", { class: "footnote" }, `Source ${place + 1}: `, sourceLink(text)),
    ),
  ];
}

function table(list, shared) {
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": "Parameters" },
    h(
      "table",
      { class: "parameters" },
      h("caption", {}, "Parameters"),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          ["Name", "Value", "Plausible", "What data say, and source"].map((text) => h("th", { scope: "col" }, text)),
        ),
      ),
      h(
        "tbody",
        {},
        list.map((one) =>
          h(
            "tr",
            {},
            h(
              "th",
              { scope: "row", title: one.meaning },
              one.name,
              h("span", { class: "meaning" }, one.meaning),
            ),
            h(
              "td",
              {},
              `${significant(one.value)} ${pretty(one.unit)}`,
              one.men === null || one.men === undefined ? "" : ` (men ${significant(one.men)})`,
            ),
            h("td", {}, `${significant(one.low)} to ${significant(one.high)}`),
            h(
              "td",
              { class: "source" },
              said(one.found),
              said(one.found_in_men, "Men: "),
              shared.includes(one.source)
                ? h("p", {}, `source ${shared.indexOf(one.source) + 1} below`)
                : sourceLink(one.source),
            ),
          ),
        ),
      ),
    ),
  );
}

export function createPanel(store, seek) {
  const dialog = byId("panel");
  const body = byId("panel-body");
  let figure = null;
  let shownName = "";
  byId("panel-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    figure = null;
    shownName = "";
  });

  const equations = (found) => [
    found.equations.map((one) =>
      h(
        "div",
        {
          class: "equation scroll",
          tabindex: 0,
          role: "region",
          "aria-label": `Equation of ${one.left}`,
        },
        h("code", {}, `${one.left} = `),
        math(one.mathml) ?? h("code", {}, one.text),
      ),
    ),
    found.reactions.length
      ? h(
          "ul",
          {},
          found.reactions.map((one) => h("li", {}, one.meaning)),
        )
      : null,
    found.parameters.length ? parameters(found.parameters) : null,
    found.about ? h("p", { class: "about" }, found.about) : null,
  ];

  async function open(name, label, result) {
    shownName = name;
    const spec = chartOf(name, label);
    figure = new Figure({ ...spec, id: `panel-${name}`, source: name }, seek);
    const more = h(
      "details",
      { class: "how", open: store.state.expert },
      h("summary", {}, "Equation, numbers and their sources"),
      h("p", {}, "Loading …"),
    );
    byId("panel-title").textContent = label[0].toUpperCase() + label.slice(1);
    body.replaceChildren(h("p", { class: "plain" }, PLAIN[name] ?? ""), figure.element, more);
    show(result, store.state);
    if (!dialog.open) dialog.showModal();
    try {
      const found = await quantity(name);
      if (shownName !== name) return;
      const meaning = `In the model: ${found.meaning}${pretty(found.unit) ? `, ${pretty(found.unit)}` : ""}. Part of “${found.process.replaceAll("_", " ")}”.`;
      more.replaceChildren(
        more.firstChild,
        h("p", {}, meaning),
        ...equations(found).flat().filter(Boolean),
      );
    } catch (problem) {
      more.replaceChildren(more.firstChild, h("p", { class: "error" }, problem.message));
    }
  }

  function show(result, state) {
    if (!figure || !result) return;
    figure.show(view({ ...figure.spec, id: figure.spec.source }, result, state));
  }

  return { open, show, seek: (month) => figure?.seek(month) };
}
