// Files of a chart: CSV of its data, SVG and PNG of its picture.
import { h, s } from "./dom.js";

const NOTE = "osteoaxis. For research and education; not a medical device.";
const LOOKS = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-linejoin",
  "stroke-linecap",
  "font-family",
  "font-size",
  "font-weight",
  "text-anchor",
  "opacity",
];
const HEAD = 30;
const LINE = 18;

/** Hand a file to the browser. */
export function save(name, type, content) {
  const url = URL.createObjectURL(
    content instanceof Blob ? content : new Blob([content], { type }),
  );
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

const cell = (text) => {
  const plain = /^[=+@\t-]/.test(text) ? `'${text}` : text; // spreadsheets run what begins so
  return /[",\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
};

/**
 * Every point of a chart; columns are months and, for each strategy, value and 90 % limits. Where
 * there are own results, the course until today and what was measured come first.
 */
export function csv(view, spec) {
  const { time, series, past, points = [], today } = view;
  const before = past?.time ?? [];
  const times = [...before, ...time, ...points.map(({ month }) => month)];
  const head = [today ? `months from ${today}` : "month"];
  const columns = [times];
  const add = (name, values, from) => {
    head.push(cell(name));
    columns.push(times.map((_, k) => values[k - from]));
  };
  const unit = view.unit ? ` (${view.unit})` : "";
  const course = ({ name, values, low, high }, from) => {
    add(`${name}: ${spec.title}${unit}`, values, from);
    if (!low || !high) return;
    add(`${name}: low`, low, from);
    add(`${name}: high`, high, from);
  };
  if (past) course({ name: "until today", ...past }, 0);
  for (const one of series) course(one, before.length);
  const own = { name: "measured" };
  for (const end of ["low", "high"]) own[end] = points.map((point) => point[end]);
  own.values = points.map(({ value }) => value);
  if (points.length) course(own, before.length + time.length);
  const rows = times.map((_, k) =>
    columns
      .map((column) => (Number.isFinite(column[k]) ? Number(column[k].toPrecision(6)) : ""))
      .join(","),
  );
  return `# ${NOTE}\n${[head.join(","), ...rows].join("\n")}\n`;
}

/** Copy what the style sheet says into the elements, so that the picture stands alone. */
function inlined(from, to) {
  const look = getComputedStyle(from);
  for (const name of LOOKS) to.setAttribute(name, look.getPropertyValue(name));
  to.removeAttribute("class");
  [...from.children].forEach((child, index) => inlined(child, to.children[index]));
}

/** The chart as an SVG file with title, key and note. */
export function svgText({ chart, spec, view, element }) {
  const copy = chart.svg.cloneNode(true);
  inlined(chart.svg, copy);
  const { width } = chart;
  const tall = Number(chart.svg.getAttribute("height"));
  const page = getComputedStyle(document.body);
  const ink = getComputedStyle(element).color;
  const text = (x, y, content, size = 12, weight = 400) =>
    s(
      "text",
      { x, y, fill: ink, "font-size": size, "font-weight": weight, "font-family": page.fontFamily },
      content,
    );
  const key = view.series.map((one, index) => {
    const line = chart.svg.querySelector(`.line.${one.look}`);
    const look = getComputedStyle(line);
    const y = HEAD + tall + 14 + LINE * index;
    return [
      s("line", {
        x1: 12,
        x2: 40,
        y1: y - 4,
        y2: y - 4,
        stroke: look.stroke,
        "stroke-width": look.strokeWidth,
        "stroke-dasharray": look.strokeDasharray,
      }),
      text(48, y, one.name),
    ];
  });
  const height = HEAD + tall + LINE * (view.series.length + 1) + 12;
  copy.setAttribute("y", HEAD);
  const whole = s(
    "svg",
    { width, height, viewBox: `0 0 ${width} ${height}` },
    s("rect", { width, height, fill: page.backgroundColor }),
    text(12, 20, `${spec.title}${view.unit ? ` (${view.unit})` : ""}`, 14, 600),
    copy,
    key,
    text(12, height - 8, NOTE, 10),
  );
  return new XMLSerializer().serializeToString(whole);
}

/** The same as a PNG, twice as fine. */
export async function png(figure) {
  const source = new Blob([svgText(figure)], { type: "image/svg+xml" });
  const url = URL.createObjectURL(source);
  const image = new Image();
  image.src = url;
  await image.decode();
  URL.revokeObjectURL(url);
  const canvas = h("canvas", { width: 2 * image.width, height: 2 * image.height });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}
