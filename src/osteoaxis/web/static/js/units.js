// Units people meet, and how numbers are written.
const PRETTY = {
  percent: "%",
  "ug/L": "µg/L",
  "g/cm^2": "g/cm²",
  "g/cm2": "g/cm²",
  1: "",
  "nmol/mmol": "nmol/mmol creatinine",
  "mL/min": "mL/min/1.73 m²",
  "mL/min for 1.73 m2": "mL/min/1.73 m²",
  "kg/m2": "kg/m²",
};

/** Other units of a quantity, and what the first is multiplied with (from molar masses). */
export const OTHER = {
  estradiol: { "pg/mL": 1, "pmol/L": 1000 / 272.38 },
  testosterone: { "ng/dL": 1, "nmol/L": 10 / 288.42 },
  vitamin_d: { "ng/mL": 1, "nmol/L": 1000 / 400.64 },
};
const LIKE = { bone_estradiol: "estradiol" };

/** The unit chosen for a quantity and the factor from the model's unit. */
export function unitOf(name, given, chosen) {
  const options = OTHER[LIKE[name] ?? name];
  const unit = chosen[LIKE[name] ?? name];
  return options && unit in options
    ? { unit, factor: options[unit] }
    : { unit: pretty(given), factor: 1 };
}

export const pretty = (unit) => PRETTY[unit] ?? unit;

const MINUS = "−";

/** A text of the server with true minus signs, and percent signs that stay with their number. */
export const typeset = (text) =>
  text.replace(/(?<![\w.])-(?=\d)/g, MINUS).replaceAll(" %", "\u00a0%");

/** A number as read: true minus, `digits` after the point, or three significant ones. */
export function number(value, digits) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  let text;
  if (digits !== undefined) text = value.toFixed(digits);
  else {
    const size = Math.abs(value);
    const places = size === 0 ? 0 : Math.max(0, Math.min(4, 2 - Math.floor(Math.log10(size))));
    text = value.toFixed(places);
    if (text.includes(".")) text = text.replace(/\.?0+$/, "");
  }
  if (Number(text) === 0) text = text.replace("-", "");
  return text.replace("-", MINUS);
}

const RAISED = { "-": "⁻", ...Object.fromEntries([..."⁰¹²³⁴⁵⁶⁷⁸⁹"].entries()) };

/** A number with three significant digits however small it is, as parameters need. */
export function significant(value) {
  if (!Number.isFinite(value) || value === 0 || Math.abs(value) >= 0.01) return number(value);
  const [digits, power] = value.toExponential(2).split("e");
  if (Number(power) >= -5) return number(value, 2 - Number(power)).replace(/0+$/, "");
  return `${number(Number(digits))} × 10${[...power].map((sign) => RAISED[sign]).join("")}`;
}

export function signed(value, digits = 1) {
  const text = number(value, digits);
  return value > 0 && Number(value.toFixed(digits)) !== 0 ? `+${text}` : text;
}

/** "5 years", "6 months", "2 years 6 months". */
export function span(months) {
  const whole = Math.round(months);
  const years = Math.floor(whole / 12);
  const rest = whole - 12 * years;
  const year = `${years} ${years === 1 ? "year" : "years"}`;
  const month = `${rest} ${rest === 1 ? "month" : "months"}`;
  if (whole === 0) return "the start";
  if (!years) return month;
  return rest ? `${year} ${month}` : year;
}
