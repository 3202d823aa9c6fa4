// Dates as text (2026-06-01) and months counted from today, as the server counts them.
const MONTH = (365.25 / 12) * 86_400_000; // ms

/** The date of a text, in UTC; null where it is none. */
export function dated(text) {
  if (!/^\d{4}-\d\d-\d\d$/.test(text ?? "")) return null;
  const date = new Date(`${text}T00:00Z`);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** Today where this person is. */
export function now() {
  const date = new Date();
  return new Date(date - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}

export const monthsBetween = (from, to) => (dated(to) - dated(from)) / MONTH;
export const after = (today, months) => new Date(dated(today).getTime() + months * MONTH);

const say = (options) => (date) =>
  date.toLocaleDateString("en-GB", { ...options, timeZone: "UTC" });
/** "Jun 2031", "1 Jun 2026". */
export const monthName = say({ month: "short", year: "numeric" });
export const dayName = say({ day: "numeric", month: "short", year: "numeric" });
