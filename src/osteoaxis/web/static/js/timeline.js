// The medicines of one strategy as chips on a timeline: drag, resize, or use the arrow keys.
import { h, say, set } from "./dom.js";
import { moved, parse } from "./regimen.js";
import { span } from "./units.js";

const PAGE = 12; // months of Page Up and Page Down

export class Timeline {
  /** `give(terms, done)` gets the terms as they are after a move. */
  constructor(host, give) {
    this.give = give;
    this.rows = [];
    this.list = h("ol", { class: "chips" });
    this.axis = h("div", { class: "chip-axis", "aria-hidden": "true" });
    host.append(this.list, this.axis);
  }

  show(regimen, years) {
    this.terms = parse(regimen);
    const starts = this.terms.flatMap((one) => one.days ?? [one.start]);
    this.low = Math.min(0, ...starts.map((month) => 12 * Math.floor(month / 12)));
    this.high = 12 * years;
    while (this.rows.length > this.terms.length) this.rows.pop().element.remove();
    while (this.rows.length < this.terms.length) {
      const row = this.makeRow(this.rows.length);
      this.rows.push(row);
      this.list.append(row.element);
    }
    this.terms.forEach((one, index) => this.showRow(this.rows[index], one));
    this.list.hidden = !this.terms.length;
    this.showAxis();
  }

  makeRow(index) {
    const name = h("span", { class: "chip-name" });
    const dose = h("span", { class: "chip-dose" });
    const rules = h("span", { class: "chip-rules" });
    const remove = h(
      "button",
      { type: "button", class: "remove", on: { click: () => this.remove(index) } },
      "×",
    );
    const track = h("div", { class: "track" });
    const element = h(
      "li",
      { class: "chip" },
      h("div", { class: "chip-head" }, name, dose, remove),
      track,
      rules,
    );
    return { index, name, dose, rules, remove, track, element, handles: [], bar: null };
  }

  showRow(row, one) {
    say(row.name, one.drug.replaceAll("_", " "));
    say(row.dose, one.dose);
    say(row.rules, one.rules.join("; "));
    set(row.remove, { "aria-label": `Remove ${one.drug.replaceAll("_", " ")}` });
    const wanted = one.days ? one.days.length : 2;
    if (row.handles.length !== wanted || Boolean(row.bar) !== !one.days)
      this.makeHandles(row, one, wanted);
    const ends = this.ends(one);
    if (row.bar) {
      row.bar.style.setProperty("--from", this.share(ends[0]));
      row.bar.style.setProperty("--to", this.share(ends[1]));
      set(row.bar, {
        "aria-label": `${one.drug.replaceAll("_", " ")}: months ${Math.round(ends[0])} to ${Math.round(ends[1])}. Arrow keys move it, Delete removes it.`,
      });
    }
    ends.forEach((month, k) => {
      const handle = row.handles[k];
      const what = one.days ? `Dose ${k + 1}` : k ? "Stop" : "Start";
      handle.style.setProperty("--from", this.share(month));
      set(handle, {
        "aria-label": `${what} of ${one.drug.replaceAll("_", " ")}`,
        "aria-valuemin": this.low,
        "aria-valuemax": this.high,
        "aria-valuenow": Math.round(month),
        "aria-valuetext":
          month < 0 ? `${span(-month)} before the start` : `month ${Math.round(month)}`,
      });
    });
  }

  makeHandles(row, one, wanted) {
    row.bar = one.days ? null : h("button", { type: "button", class: "chip-bar" });
    row.handles = Array.from({ length: wanted }, () =>
      h("span", { class: one.days ? "handle dose" : "handle", role: "slider", tabindex: 0 }),
    );
    row.track.replaceChildren(...(row.bar ? [row.bar] : []), ...row.handles);
    if (row.bar) this.listen(row, row.bar, "all");
    row.handles.forEach((handle, k) => this.listen(row, handle, k));
  }

  ends(one) {
    return one.days ?? [one.start, one.stop ?? this.high];
  }

  share(month) {
    const part = (Math.min(month, this.high) - this.low) / (this.high - this.low);
    return `${100 * Math.max(0, part)}%`;
  }

  /** Move one end, one dose or ("all") the whole chip by whole months. */
  move(index, part, by, from, done) {
    const one = from ?? this.terms[index];
    let next;
    if (one.days) {
      next = moved(one, {
        days: one.days
          .map((day, k) => (k === part ? this.inside(day + by) : day))
          .sort((a, b) => a - b),
      });
    } else {
      const [start, stop] = this.ends(one);
      if (part === "all") {
        const least = by < 0 ? Math.min(0, this.low) - start : -Infinity;
        const shift = Math.max(by, least);
        next = moved(one, {
          start: Math.round(start + shift),
          stop: one.stop === null ? null : Math.round(stop + shift),
        });
      } else if (part === 0)
        next = moved(one, { start: Math.min(this.inside(start + by), Math.ceil(stop) - 1) });
      else next = moved(one, { stop: Math.max(this.inside(stop + by), Math.floor(start) + 1) });
    }
    const terms = this.terms.with(index, next);
    this.give(terms, done);
  }

  inside(month) {
    return Math.round(Math.min(Math.max(month, this.low), this.high));
  }

  remove(index) {
    this.give(this.terms.toSpliced(index, 1), true);
    (this.rows[Math.min(index, this.rows.length - 1)]?.remove ?? this.list).focus();
  }

  listen(row, element, part) {
    element.addEventListener("keydown", (event) => {
      const steps = {
        ArrowLeft: -1,
        ArrowDown: -1,
        ArrowRight: 1,
        ArrowUp: 1,
        PageDown: -PAGE,
        PageUp: PAGE,
      };
      if (event.key in steps) this.move(row.index, part, steps[event.key], null, true);
      else if (event.key === "Home") this.move(row.index, part, -1e4, null, true);
      else if (event.key === "End")
        this.move(row.index, part, part === "all" ? 0 : 1e4, null, true);
      else if (event.key === "Delete" || event.key === "Backspace") this.remove(row.index);
      else return;
      event.preventDefault();
    });
    element.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      element.focus();
      element.setPointerCapture(event.pointerId);
      const begun = this.terms[row.index];
      const perMonth = row.track.getBoundingClientRect().width / (this.high - this.low);
      const by = (now) => Math.round((now.clientX - event.clientX) / perMonth);
      const drag = (now) => this.move(row.index, part, by(now), begun, false);
      const drop = (now) => {
        element.removeEventListener("pointermove", drag);
        if (by(now)) this.move(row.index, part, by(now), begun, true);
      };
      element.addEventListener("pointermove", drag);
      element.addEventListener("pointerup", drop, { once: true });
      element.addEventListener("pointercancel", drop, { once: true });
    });
  }

  showAxis() {
    const years = (this.high - this.low) / 12;
    const every = years > 10 ? 24 : 12;
    const marks = [];
    for (let month = this.low; month <= this.high; month += every) {
      marks.push(
        h(
          "span",
          { style: { "--from": this.share(month) } },
          `${month / 12}${month + every > this.high ? " y" : ""}`,
        ),
      );
    }
    this.axis.replaceChildren(...marks);
  }
}
