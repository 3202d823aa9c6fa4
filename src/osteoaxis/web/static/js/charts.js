// All charts of the page by section, and what each shows of a result.
import { h, set } from "./dom.js";
import { Figure } from "./figure.js";
import { SECTIONS } from "./quantities.js";
import { shown } from "./series.js";
import { pretty, unitOf } from "./units.js";
import { along } from "./words.js";

/** What a figure shows of a result: see `Chart.show`. */
export function view(spec, result, { units, month, focus }) {
  const first = result.strategies[0].quantities;
  const { time } = result;
  const common = { time, years: result.state.years, month };
  if (spec.gap) {
    const [taken, built] = spec.gap;
    const { name: plan, quantities: own } = result.strategies[focus] ?? result.strategies[0];
    const of = (name, look, label) => ({ name: label, look, ...shown(own[name], "level") });
    return {
      ...common,
      unit: `${along(plan)}, 1 = young adult`,
      series: [of(taken, "taken", "taken away"), of(built, "built", "built")],
    };
  }
  const { unit, factor } = unitOf(spec.id, first[spec.id]?.unit ?? "", units);
  return {
    ...common,
    unit: spec.unit ?? (spec.as === "change" ? "% since the start" : pretty(unit)),
    series: result.strategies
      .filter((one) => one.quantities[spec.id])
      .map((one) => ({
        name: one.name,
        look: `series-${one.colour}`,
        ...shown(one.quantities[spec.id], spec.as, factor),
      })),
  };
}

export class Charts {
  constructor(host, seek, explain, catalogue) {
    this.figures = [];
    this.sections = SECTIONS.map((section) => {
      const made = section.charts.map((spec) => {
        const known = spec.gap?.[0] ?? spec.id;
        const figure = new Figure(
          spec,
          seek,
          known in catalogue.quantities ? () => explain(known, spec.title) : null,
        );
        this.figures.push(figure);
        return figure.element;
      });
      const element = h(
        "section",
        {
          class: "chart-section",
          id: `section-${section.id}`,
          "aria-labelledby": `title-${section.id}`,
        },
        h(
          "header",
          {},
          h("h3", { id: `title-${section.id}` }, section.title),
          h("p", {}, section.lead),
        ),
        h("div", { class: "figures" }, made),
      );
      return { section, element };
    });
    host.append(...this.sections.map(({ element }) => element));
  }

  show(result, state) {
    for (const { section, element } of this.sections)
      set(element, { hidden: Boolean(section.expert) && !state.expert });
    for (const figure of this.figures) {
      const hidden = Boolean(figure.spec.expert) && !state.expert;
      set(figure.element, { hidden });
      if (!hidden) figure.show(view(figure.spec, result, state));
    }
  }

  seek(month) {
    for (const figure of this.figures) figure.seek(month);
  }
}
