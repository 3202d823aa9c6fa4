// A number with a slider and an exact field, which may be left to what is typical.
import { h, link, say, set } from "./dom.js";
import { askMinus, numberInput, parsed } from "./typed.js";
import { number } from "./units.js";

let count = 0;
const FAR = Math.log(3); // from what is usual: a number may be in another unit
const NEAR = Math.log(4); // what is usual: a number is usual in this unit

/**
 * `spec`: label, low, high, step, help, log (slider in logarithms), optional (may be left open),
 * unknown (left open, nothing is taken for it), signed (mostly below 0), units (name -> factor). `give(value, done)` gets values in the model's unit, null for "typical".
 */
export class Field {
  constructor(spec, give, pickUnit) {
    this.spec = spec;
    this.give = give;
    this.pickUnit = pickUnit;
    const id = `field-${(count += 1)}`;
    this.slider = h("input", {
      type: "range",
      "aria-label": `${spec.label}, slider`,
      on: {
        input: () => this.slid(false),
        change: () => this.slid(true),
      },
    });
    this.exact = numberInput({ id, signed: spec.signed, on: { change: () => this.typed() } });
    const [left, why, use] = spec.unknown
      ? ["not known", "Nothing is taken in its place", "Forget"]
      : [
          spec.open ?? "typical",
          "Not measured: what the model takes for this person",
          "Use what is typical for",
        ];
    this.state = h("span", { class: "typical", title: why }, left);
    this.example = h(
      "span",
      { title: "Of the example person: type your own, or × for what is typical" },
      "example",
    );
    this.clear = h(
      "button",
      {
        type: "button",
        class: "remove",
        title: spec.unknown ? use : `${use} this person`,
        "aria-label": `${use} ${spec.label}`,
        on: { click: () => give(null, true) },
      },
      "×",
    );
    this.error = h("p", { class: "error", role: "alert", hidden: true });
    this.asked = h("p", { class: "hint", role: "status", hidden: true });
    this.unit = spec.units
      ? h(
          "select",
          {
            "aria-label": `Unit of ${spec.label}`,
            on: { change: () => pickUnit(this.unit.value) },
          },
          Object.keys(spec.units).map((unit) => h("option", {}, unit)),
        )
      : h("span", { class: "unit" }, spec.unit ?? "");
    this.element = h(
      "div",
      { class: "field" },
      h(
        "div",
        { class: "field-head" },
        h("label", { for: id }, spec.label),
        spec.help ? help(spec.label, spec.help) : null,
        h("span", { class: "field-value" }, this.exact, this.unit),
      ),
      h(
        "div",
        { class: "field-slide" },
        this.slider,
        spec.optional
          ? h("span", { class: "field-state" }, this.state, this.example, this.clear)
          : null,
      ),
      this.error,
      this.asked,
    );
  }

  /**
   * Show a value of the model's unit, or what is typical while none is given; `example` says that
   * it is the preset's and not the person's own, `mine` that it was typed.
   */
  show(value, typical, unit, { example, mine }) {
    const { spec } = this;
    const open = value === undefined || value === null;
    this.factor = spec.units?.[unit] ?? 1;
    if (spec.units) this.unit.value = unit in spec.units ? unit : Object.keys(spec.units)[0];
    const drawn = open ? typical : value;
    if (open || !mine) this.usual = drawn;
    set(this.element, { "data-open": open ? "" : null });
    const [low, high] = [this.along(spec.low), this.along(spec.high)];
    set(this.slider, { min: low, max: high, step: spec.log ? (high - low) / 200 : spec.step });
    if (Number.isFinite(drawn)) {
      const along = Math.min(Math.max(this.along(drawn), low), high);
      if (
        document.activeElement !== this.slider ||
        Math.abs(this.slider.value - along) > (high - low) / 100
      )
        this.slider.value = along;
      this.slider.style.setProperty("--share", `${(100 * (along - low)) / (high - low)}%`);
      set(this.slider, {
        "aria-valuetext": `${this.write(drawn)} ${unit ?? spec.unit ?? ""}${open ? `, ${this.state.textContent}` : ""}`,
      });
    }
    if (document.activeElement !== this.exact)
      this.exact.value = open ? "" : this.write(value).replace("−", "-");
    if (!Number.isFinite(drawn)) set(this.slider, { "aria-valuetext": this.state.textContent });
    set(this.exact, { placeholder: Number.isFinite(drawn) ? this.write(drawn) : "" });
    if (spec.optional) {
      this.state.hidden = !open;
      this.example.hidden = open || !example;
      this.clear.hidden = open;
    }
  }

  along(value) {
    return this.spec.log ? Math.log(value) : value;
  }

  write(value) {
    const shown = value * this.factor;
    return this.spec.digits === undefined ? number(shown) : number(shown, this.spec.digits);
  }

  slid(done) {
    const along = Number(this.slider.value);
    const value = this.spec.log ? Number(Math.exp(along).toPrecision(3)) : along;
    this.refuse("");
    this.ask();
    this.exact.value = this.write(value).replace("−", "-");
    this.give(value, done);
  }

  typed() {
    const text = this.exact.value.trim();
    if (!text && this.spec.optional) {
      this.ask();
      return this.give(null, true);
    }
    const value = parsed(text) / this.factor;
    this.ask(parsed(text));
    const { low, high } = this.spec.limits ?? this.spec;
    if (!text || !Number.isFinite(value) || value < low || value > high) {
      const ends = [low, high].map((end) => number(end * this.factor)).join(" to ");
      const unit = this.unit.value ?? this.unit.textContent;
      return this.refuse(`${this.spec.label} goes from ${ends}${unit && ` ${unit}`}.`);
    }
    this.refuse("");
    return this.give(value, true);
  }

  /** Ask about a number that may have been meant otherwise: its sign, or its unit. */
  ask(typed) {
    const question = typed > 0 && this.spec.signed ? this.askSign(typed) : this.askUnit(typed);
    this.asked.hidden = !question;
    this.asked.replaceChildren(...(question ?? []));
  }

  askSign(typed) {
    return askMinus(typed, () => this.take(-typed));
  }

  /** A number that is far from what is usual, and near it in another unit. */
  askUnit(typed) {
    const off = (factor) => Math.abs(Math.log(typed / factor / this.usual));
    const units = Object.entries(this.spec.units ?? {});
    const meant = units.find(
      ([, factor]) => factor !== this.factor && off(this.factor) > FAR && off(factor) < NEAR,
    );
    if (!meant) return null;
    const [unit, factor] = meant;
    const take = () => {
      this.pickUnit(unit);
      this.take(typed / factor);
    };
    return [
      `${typed} ${this.unit.value} would be far from usual; ${typed} ${unit} would not. `,
      link(`I meant ${unit}`, take),
    ];
  }

  /** Take what was meant; the button that says so goes, and the keyboard is back in the field. */
  take(value) {
    this.refuse("");
    this.ask();
    this.give(value, true);
    this.exact.value = this.write(value).replace("−", "-");
    this.exact.focus();
  }

  refuse(text) {
    say(this.error, text);
    this.error.hidden = !text;
    set(this.exact, { "aria-invalid": text ? "true" : null });
  }
}

/** A question mark that opens a short text. */
export function help(about, text) {
  const id = `help-${(count += 1)}`;
  return [
    h(
      "button",
      { type: "button", class: "help", popovertarget: id, "aria-label": `What is ${about}?` },
      "?",
    ),
    h("div", { id, popover: true, class: "popover" }, h("strong", {}, about), h("p", {}, text)),
  ];
}
