// One chart as SVG: curves, their 90 % intervals, T-score bands, own points, a shared time cursor.
import { after, monthsBetween } from "./calendar.js";
import { s, set } from "./dom.js";
import { at, ticks } from "./series.js";
import { number } from "./units.js";

const HEIGHT = 190;
const EDGE = { left: 46, right: 12, top: 10, bottom: 24 };
const T_BANDS = [
  { name: "normal", low: -1, high: 9, look: "normal" },
  { name: "low bone mass", low: -2.5, high: -1, look: "low" },
  { name: "osteoporosis", low: -9, high: -2.5, look: "osteoporosis" },
];

/** A path through points, broken where a value is missing. */
function line(xs, ys) {
  let path = "";
  let pen = "M";
  for (let k = 0; k < xs.length; k += 1) {
    if (!Number.isFinite(ys[k])) pen = "M";
    else {
      path += `${pen}${xs[k].toFixed(1)} ${ys[k].toFixed(1)}`;
      pen = "L";
    }
  }
  return path;
}

function area(xs, low, high) {
  const keep = xs.map((_, k) => k).filter((k) => Number.isFinite(low[k] + high[k]));
  if (!keep.length) return "";
  const pick = (all) => keep.map((k) => all[k]);
  const there = line(pick(xs), pick(high));
  const back = line(pick(xs).reverse(), pick(low).reverse());
  return `${there}L${back.slice(1)}Z`;
}

export class Chart {
  /** `spec` says how it is drawn (quantities.js); `seek(month)` is called as the pointer moves. */
  constructor(spec, seek) {
    this.spec = spec;
    this.width = 0;
    this.view = null;
    this.svg = s("svg", { class: "chart", role: "img", height: HEIGHT });
    this.cursor = s("g", { class: "cursor", "aria-hidden": "true" });
    const move = (event) => {
      if (
        !this.view ||
        (event.pointerType === "touch" && event.type === "pointermove" && !event.buttons)
      )
        return;
      const box = this.svg.getBoundingClientRect();
      const share = (event.clientX - box.left - EDGE.left) / (this.width - EDGE.left - EDGE.right);
      const { from = 0, years } = this.view;
      const month = from + share * (12 * years - from);
      if (share > -0.02 && share < 1.02) {
        seek(Math.round(Math.min(Math.max(month, 0), 12 * years)));
      }
    };
    this.svg.addEventListener("pointermove", move);
    this.svg.addEventListener("pointerdown", move);
  }

  /**
   * Show `view`: { time, years, series, month }; a series has values, low, high, look. Own results
   * add `today` (a date, for an axis of the calendar), `from` (months, below 0), `past` (a course
   * until today), `points` (month, value, low, high, far), and `bands` of their own.
   */
  show(view) {
    this.view = view;
    if (this.width) this.draw();
  }

  resize(width) {
    if (width < 1 || Math.abs(width - this.width) < 1) return; // hidden, or the same
    this.width = width;
    set(this.svg, { width, viewBox: `0 0 ${width} ${HEIGHT}` });
    if (this.view) this.draw();
  }

  range() {
    const { series, past, points = [] } = this.view;
    const courses = past ? [past, ...series] : series;
    const all = courses.flatMap((one) => [one.values, one.low ?? [], one.high ?? []]).flat();
    all.push(...points.flatMap((point) => [point.low, point.high]));
    const finite = all.filter(Number.isFinite);
    let low = Math.min(...finite);
    let high = Math.max(...finite);
    if (!finite.length) [low, high] = [0, 1];
    const { floor, least = 0.04 * Math.max(Math.abs(low), Math.abs(high)), bands } = this.spec;
    if (bands) [low, high] = [Math.min(low, -1.4), Math.max(high, -0.6)];
    if (this.spec.as === "change") [low, high] = [Math.min(low, 0), Math.max(high, 0)];
    if (floor !== undefined) low = Math.min(low, floor);
    const short = least - (high - low);
    if (short > 0)
      [low, high] = floor === undefined ? [low - short / 2, high + short / 2] : [low, high + short];
    const pad = 0.05 * (high - low) || 1;
    return [floor !== undefined && low === floor ? low : low - pad, high + pad];
  }

  draw() {
    const { years, series, from = 0, past, points = [] } = this.view;
    const [low, high] = this.range();
    const right = this.width - EDGE.right;
    const bottom = HEIGHT - EDGE.bottom;
    this.x = (month) => EDGE.left + ((right - EDGE.left) * (month - from)) / (12 * years - from);
    this.y = (value) => bottom - ((bottom - EDGE.top) * (value - low)) / (high - low);
    const back = s("g", { "aria-hidden": "true" });
    const bands = this.spec.bands ? T_BANDS : this.view.bands;
    if (bands) this.drawBands(back, bands, low, high, right);
    this.drawAxes(back, low, high, right, bottom);
    if (from < 0) {
      const x = this.x(0);
      back.append(
        s("line", { class: "mark today", x1: x, x2: x, y1: EDGE.top, y2: bottom }),
        s("text", { class: "note", x: x - 4, y: bottom - 5, "text-anchor": "end" }, "today"),
      );
    }
    const front = s("g", { "aria-hidden": "true" });
    const xs = this.view.time.map(this.x);
    const ys = (values) => values.map(this.y);
    if (past) {
      const then = past.time.map(this.x);
      front.append(
        s("path", { class: "interval past", d: area(then, ys(past.low), ys(past.high)) }),
        s("path", { class: "line past", d: line(then, ys(past.values)) }),
      );
    }
    for (const one of series) {
      if (one.low && one.high) {
        front.append(
          s("path", { class: `interval ${one.look}`, d: area(xs, ys(one.low), ys(one.high)) }),
        );
      }
    }
    if (this.spec.gap) this.drawGap(front, xs, ys(series[0].values), ys(series[1].values));
    for (const one of series) {
      front.append(s("path", { class: `line ${one.look}`, d: line(xs, ys(one.values)) }));
    }
    for (const { month, value, low: least, high: most, far } of points) {
      const x = this.x(month);
      front.append(
        s("line", { class: "own-dot", x1: x, x2: x, y1: this.y(least), y2: this.y(most) }),
        s("circle", { class: far ? "own-dot far" : "own-dot", cx: x, cy: this.y(value), r: 4 }),
      );
    }
    this.svg.replaceChildren(back, front, this.cursor);
    this.seek(this.view.month);
  }

  /** Fill what lies between the two curves: bone lost, or bone gained. */
  drawGap(group, xs, taken, built) {
    const lost = taken.map((y, k) => Math.min(y, built[k]));
    const gained = taken.map((y, k) => Math.max(y, built[k]));
    group.append(s("path", { class: "lost", d: area(xs, built, lost) }));
    group.append(s("path", { class: "gained", d: area(xs, built, gained) }));
  }

  drawBands(group, bands, low, high, right) {
    for (const band of bands) {
      const top = Math.min(band.high, high);
      const base = Math.max(band.low, low);
      if (top <= base) continue;
      const [y, height] = [this.y(top), this.y(base) - this.y(top)];
      group.append(
        s("rect", {
          class: `band ${band.look}`,
          x: EDGE.left,
          y,
          width: right - EDGE.left,
          height,
        }),
      );
      if (height > 16) {
        group.append(
          s("text", { class: "note", x: right - 5, y: y + 12, "text-anchor": "end" }, band.name),
        );
      }
    }
  }

  drawAxes(group, low, high, right, bottom) {
    const { step, found } = ticks(low, high, 4);
    const places = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    for (const value of found) {
      const y = this.y(value);
      const zero = value === 0 && low < 0;
      group.append(
        s("line", { class: zero ? "grid zero" : "grid", x1: EDGE.left, x2: right, y1: y, y2: y }),
        s(
          "text",
          { class: "tick", x: EDGE.left - 7, y: y + 4, "text-anchor": "end" },
          number(value, places),
        ),
      );
    }
    if (this.view.today) this.drawYears(group, right, bottom);
    else this.drawMonths(group, right, bottom);
    group.append(s("line", { class: "axis", x1: EDGE.left, x2: right, y1: bottom, y2: bottom }));
  }

  /** Marks at the first day of years of the calendar. */
  drawYears(group, right, bottom) {
    const { today, from = 0, years } = this.view;
    const [first, last] = [from, 12 * years].map((month) => after(today, month).getUTCFullYear());
    const every = Math.ceil((44 * (last - first)) / (right - EDGE.left));
    for (let year = last; year > first; year -= 1) {
      const x = this.x(monthsBetween(today, `${year}-01-01`));
      group.append(s("line", { class: "mark", x1: x, x2: x, y1: bottom, y2: bottom + 4 }));
      if ((last - year) % every === 0) {
        const text = { class: "tick", y: bottom + 17, "text-anchor": "middle" };
        group.append(s("text", { ...text, x: Math.min(x, right - 12) }, `${year}`));
      }
    }
  }

  drawMonths(group, right, bottom) {
    const { years } = this.view;
    const every = years <= 2 ? 6 : years <= 10 ? 12 : 24;
    const inYears = every >= 12;
    const most = 12 * years;
    for (let month = 0; month <= most; month += every) {
      const last = month + every > most;
      const x = this.x(month);
      const label = `${inYears ? month / 12 : month}${last ? (inYears ? " y" : " mo") : ""}`;
      const end = last && right - x < 20;
      group.append(
        s("line", { class: "mark", x1: x, x2: x, y1: bottom, y2: bottom + 4 }),
        s(
          "text",
          {
            class: "tick",
            x: end ? right : x,
            y: bottom + 17,
            "text-anchor": end ? "end" : "middle",
          },
          label,
        ),
      );
    }
  }

  /** Put the cursor at a month. */
  seek(month) {
    if (!this.view || !this.width) return;
    this.view.month = month;
    const x = this.x(month);
    const parts = [
      s("line", { class: "now", x1: x, x2: x, y1: EDGE.top, y2: HEIGHT - EDGE.bottom }),
    ];
    for (const one of this.view.series) {
      const value = at(this.view.time, one.values, month);
      if (Number.isFinite(value)) {
        parts.push(s("circle", { class: `dot ${one.look}`, cx: x, cy: this.y(value), r: 4 }));
      }
    }
    this.cursor.replaceChildren(...parts);
  }
}
