// Courses in time: values at a month, changes since the start, where a line is crossed.

/** The value of a course at a month, between its points. */
export function at(time, values, month) {
  const last = time.length - 1;
  if (month >= time[last]) return values[last];
  const step = time[1] - time[0];
  const index = Math.max(0, Math.min(last - 1, Math.floor((month - time[0]) / step)));
  const share = (month - time[index]) / (time[index + 1] - time[index]);
  return values[index] + share * (values[index + 1] - values[index]);
}

const percent = (values, start) => values.map((value) => 100 * (value / start - 1));

/** Values and limits of a quantity as they are shown: a level, a share in %, or a change in %. */
export function shown(entry, as, factor = 1) {
  if (!entry) return null;
  if (as === "change") {
    return {
      values: percent(entry.values, entry.values[0]),
      low: entry.change_low ?? null,
      high: entry.change_high ?? null,
    };
  }
  const scale = as === "share" ? 100 : factor;
  const times = (values) => values?.map((value) => value * scale) ?? null;
  return { values: times(entry.values), low: times(entry.low), high: times(entry.high) };
}

/** The first month at which a course falls to `level` or below, null if never. */
export function crossing(time, values, level) {
  const index = values.findIndex((value) => value <= level);
  if (index <= 0) return index === 0 ? 0 : null;
  const share = (values[index - 1] - level) / (values[index - 1] - values[index]);
  return time[index - 1] + share * (time[index] - time[index - 1]);
}

/** Round steps for an axis: at most `most` ticks from low to high. */
export function ticks(low, high, most = 5) {
  const rough = (high - low) / most || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((x) => x * power).find((x) => x >= rough * 0.999);
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k += 1) {
    found.push(Number((k * step).toPrecision(12)));
  }
  return { step, found };
}
