// Numbers as people type them: with a point or a comma, and with any sign that looks like a minus.
import { h, link } from "./dom.js";
import { number } from "./units.js";

/** A number as it is typed, in the one way all else reads it; what is no number stays as it is. */
export function plain(text) {
  const found = text.trim().replace(/^[−–—‐‑]/, "-").replace(",", ".");
  return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(found) ? found.replace("+", "") : text.trim();
}

/** The number a text holds, NaN where it holds none. */
export function parsed(text) {
  const found = plain(text);
  return /^-?[\d.]+$/.test(found) ? Number(found) : NaN;
}

/** A field for a number; keyboards of telephones that have only digits lack the minus. */
export const numberInput = ({ signed, ...props } = {}) =>
  h("input", {
    type: "text",
    inputmode: signed ? null : "decimal",
    autocomplete: "off",
    spellcheck: "false",
    ...props,
  });

/** What is asked at a T-score above 0: a minus that is missing would reassure. */
export const askMinus = (score, take) => [
  `A T-score of +${number(score)} is above that of young adults. Did you mean ${number(-score)}? `,
  link(`I meant ${number(-score)}`, take),
];
