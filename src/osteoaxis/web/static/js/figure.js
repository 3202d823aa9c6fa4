// A chart with its title, the values at the time cursor, a summary, a table and its files.
import { after, dated, dayName, monthName } from "./calendar.js";
import { Chart } from "./chart.js";
import { byId, h, say, set } from "./dom.js";
import { csv, png, save, svgText } from "./export.js";
import { at } from "./series.js";
import { number, signed, span } from "./units.js";

const visible = new IntersectionObserver(
  (entries) => entries.forEach((entry) => entry.target.figure.appear(entry.isIntersecting)),
  { rootMargin: "200px" },
);
const sized = new ResizeObserver((entries) =>
  entries.forEach((entry) => entry.target.figure.chart.resize(entry.contentRect.width)),
);
// On paper all of it is in sight.
addEventListener("beforeprint", () =>
  document.querySelectorAll(".figure").forEach(({ figure }) => figure.appear(true)),
);

/** A value of this chart as text. */
export function written(spec, value) {
  if (spec.write) return spec.write(value);
  return spec.as === "change" ? signed(value, spec.digits ?? 1) : number(value, spec.digits);
}

/** How times of a view are told: since the start, or by the calendar where it has a `today`. */
const told = ({ today }) =>
  today
    ? {
        start: "today",
        end: (month) => `in ${monthName(after(today, month))}`,
        time: (month) => monthName(after(today, month)),
      }
    : { start: "at the start", end: (month) => `after ${span(month)}`, time: span };

export class Figure {
  constructor(spec, seek, onTitle = null) {
    this.spec = spec;
    this.chart = new Chart(spec, seek);
    set(this.chart.svg, { "aria-label": spec.title });
    this.seen = false;
    this.rows = [];
    this.unit = h("span", { class: "unit" });
    this.readout = h("ul", { class: "readout" });
    this.host = h("div", { class: "plot" }, this.chart.svg);
    this.host.figure = this;
    this.table = h("div", { class: "figure-table", hidden: true });
    this.menu = this.makeMenu();
    const title = onTitle
      ? h(
          "button",
          {
            class: "title-button",
            type: "button",
            on: { click: onTitle },
            title: "What this is, and where it comes from",
          },
          spec.title,
        )
      : spec.title;
    this.element = h(
      "figure",
      { class: "figure", id: `chart-${spec.id}` },
      h("figcaption", {}, h("h4", {}, title, " ", this.unit), this.menu),
      this.readout,
      this.host,
      this.table,
    );
    this.element.figure = this;
    visible.observe(this.element);
    sized.observe(this.host);
  }

  makeMenu() {
    const button = (text, act) =>
      h(
        "button",
        {
          type: "button",
          on: {
            click: () => {
              this.menu.open = false;
              act();
            },
          },
        },
        text,
      );
    const name = `osteoaxis-${this.spec.id}`;
    return h(
      "details",
      { class: "menu" },
      h("summary", { "aria-label": `Data and picture of ${this.spec.title}` }, "Data"),
      h(
        "div",
        { class: "menu-list" },
        button("Show table", () => this.showTable()),
        button("Save CSV", () => save(`${name}.csv`, "text/csv", csv(this.view, this.spec))),
        button("Save SVG", () => save(`${name}.svg`, "image/svg+xml", svgText(this))),
        button("Save PNG", async () => save(`${name}.png`, "image/png", await png(this))),
      ),
    );
  }

  appear(seen) {
    this.seen = seen;
    if (seen && this.pending) this.show(this.pending);
  }

  /** Show a view; out of sight it waits until it is seen. */
  show(view) {
    this.pending = this.seen ? null : view;
    this.view = view;
    say(this.unit, view.unit);
    set(this.chart.svg, { "aria-label": this.summary() });
    if (!this.seen) return;
    this.chart.show(view);
    this.makeReadout();
    this.seek(view.month);
    if (!this.table.hidden) this.fillTable();
  }

  makeReadout() {
    const same = this.rows.length === this.view.series.length;
    if (!same) {
      this.rows = this.view.series.map(() => ({
        item: h("li"),
        swatch: h("span", { "aria-hidden": "true" }),
        name: h("span", { class: "who" }),
        value: h("span", { class: "value" }),
        range: h("span", { class: "range" }),
      }));
      this.readout.replaceChildren(
        ...this.rows.map((row) => {
          row.item.append(row.swatch, h("span", {}, row.name, " ", row.value, " ", row.range));
          return row.item;
        }),
      );
    }
    this.view.series.forEach((one, index) => {
      this.rows[index].swatch.className = `swatch ${one.look}`;
      say(this.rows[index].name, one.name);
    });
  }

  seek(month) {
    if (!this.view) return;
    this.view.month = month;
    if (!this.seen) return;
    this.chart.seek(month);
    this.view.series.forEach((one, index) => {
      say(this.rows[index].value, written(this.spec, at(this.view.time, one.values, month)));
      say(this.rows[index].range, one.low && one.high ? `${this.limits(one, month)}` : "");
    });
  }

  limits(one, month) {
    const ends = [one.low, one.high].map((end) =>
      written(this.spec, at(this.view.time, end, month)),
    );
    return ends.join("\u00a0to\u00a0");
  }

  /** The chart in words. */
  summary() {
    const { series, time, unit } = this.view;
    const end = time[time.length - 1];
    const when = told(this.view);
    const courses = series.map((one) => {
      const first = written(this.spec, one.values[0]);
      const last = written(this.spec, one.values[one.values.length - 1]);
      const limits = one.low && one.high ? ` (90 % range ${this.limits(one, end)})` : "";
      return `${one.name}: ${first} ${when.start}, ${last}${limits} ${when.end(end)}`;
    });
    const own = this.measured().map((text) => ` Measured ${text}.`);
    return `${this.spec.title}${unit ? `, ${unit}` : ""}. ${courses.join(". ")}.${own.join("")}`;
  }

  /** Own measurements in words, with what measuring alone would give. */
  measured() {
    return (this.view.points ?? []).map(({ date, ...point }) => {
      const [value, low, high] = ["value", "low", "high"].map((end) =>
        written(this.spec, point[end]),
      );
      return `${dayName(dated(date))}: ${value} (${low} to ${high})`;
    });
  }

  showTable() {
    this.table.hidden = !this.table.hidden;
    if (!this.table.hidden) this.fillTable();
  }

  fillTable() {
    const { series, time, years, unit } = this.view;
    const months = [];
    const when = told(this.view);
    const measured = this.measured();
    const range = series.some((one) => one.low && one.high) ? ", with 90 % range" : "";
    const end = time[time.length - 1];
    for (let month = 0; month <= end; month += years <= 3 ? 6 : 12) months.push(month);
    this.table.replaceChildren(
      h(
        "table",
        {},
        h("caption", {}, `${this.spec.title}${unit ? `, ${unit}` : ""}${range}`),
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            h("th", { scope: "col" }, "Time"),
            series.map((one) => h("th", { scope: "col" }, one.name)),
          ),
        ),
        h(
          "tbody",
          {},
          months.map((month) =>
            h(
              "tr",
              {},
              h("th", { scope: "row" }, when.time(month)),
              series.map((one) => {
                const limits =
                  one.low && one.high
                    ? h("span", { class: "range" }, ` (${this.limits(one, month)})`)
                    : "";
                return h("td", {}, written(this.spec, at(time, one.values, month)), limits);
              }),
            ),
          ),
        ),
      ),
      measured.length ? h("p", { class: "small" }, `Measured: ${measured.join("; ")}.`) : "",
      h(
        "button",
        { type: "button", class: "quiet", on: { click: () => this.showTable() } },
        "Hide table",
      ),
    );
  }
}

/** Show a chart or a part of the page, opened, and put the keyboard into its first field. */
export const goTo = (id) => {
  const target = byId(id);
  if (!target) return;
  target.closest("details")?.setAttribute("open", "");
  target.querySelector("input, select")?.focus({ preventScroll: true });
  const show = () => {
    const block = target.offsetHeight > innerHeight ? "start" : "center";
    target.scrollIntoView({ block, behavior: calm() ? "auto" : "smooth" });
  };
  show();
  whileSettling(target, show);
  target.classList.add("pointed");
  setTimeout(() => target.classList.remove("pointed"), 2500);
};

const SETTLED = 8000; // ms
const ACTS = ["wheel", "touchstart", "pointerdown", "keydown"];

/** Parts above fill while they are passed: show again until things rest or somebody acts. */
function whileSettling(target, show) {
  const end = new AbortController();
  const stop = () => end.abort();
  const grown = new ResizeObserver(show);
  for (const part of byId("results").children) grown.observe(part);
  end.signal.addEventListener("abort", () => grown.disconnect());
  for (const act of ACTS) addEventListener(act, stop, { signal: end.signal, passive: true });
  setTimeout(stop, SETTLED);
}

/** Whether the person asked for less motion. */
export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
