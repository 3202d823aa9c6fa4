// The living map: the pathway from aromatase to bone, each node by its change since the start.
import { h, s, say, set } from "./dom.js";
import { NAMES } from "./quantities.js";
import { at } from "./series.js";
import { number, signed } from "./units.js";

const NODE = { width: 11.4, height: 6.8 };
const FULL = 2; // log2 of the fold change at which colour ends
const BONE = 20; // percent of density at which colour ends
const GROWTH = 0.09; // of the size of a node at full change
const DENSITY = /_bmd$/;

/** How far a node has moved: `level` from -1 to 1, and the words for it. */
export function change(name, start, now) {
  if (!Number.isFinite(start) || !Number.isFinite(now)) return { level: 0, text: "–" };
  if (DENSITY.test(name)) {
    const percent = 100 * (now / start - 1);
    return { level: Math.max(-1, Math.min(1, percent / BONE)), text: `${signed(percent)} %` };
  }
  if (start <= 0) return now === start ? { level: 0, text: "×1" } : { level: 1, text: "new" };
  const fold = now / start;
  const level = fold > 0 ? Math.log2(fold) / FULL : -1;
  const text = fold < 0.0095 ? "<×0.01" : `×${fold >= 10 ? number(fold, 0) : fold.toFixed(2)}`;
  return { level: Math.max(-1, Math.min(1, level)), text };
}

/** Where the straight way from one centre to another leaves the box. */
function rim(from, to, gap) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const [w, t] = [NODE.width / 2 + gap, NODE.height / 2 + gap];
  const share = 1 / Math.max(Math.abs(dx) / w, Math.abs(dy) / t, 1e-9);
  return { x: from.x + dx * share, y: from.y + dy * share };
}

const upright = (from, to) => Math.abs(from.x - to.x) < 1;

/** Where links to the right leave and reach their nodes: spread along the side, none crossing. */
function ports(nodes, links) {
  const found = new Map(links.map((link) => [link, { leaves: 0, reaches: 0 }]));
  const spread = (end, other, key) => {
    for (const id of nodes.keys()) {
      const own = links.filter(
        (link) => link[end] === id && nodes.get(link.source).x < nodes.get(link.target).x - 1,
      );
      own.sort((a, b) => nodes.get(a[other]).y - nodes.get(b[other]).y);
      const room = Math.min(1.7, (NODE.height - 2) / Math.max(own.length - 1, 1));
      own.forEach((link, k) => (found.get(link)[key] = room * (k - (own.length - 1) / 2)));
    }
  };
  spread("source", "target", "leaves");
  spread("target", "source", "reaches");
  return found;
}

/** The path of a link: a curve to the right, a straight way up, down or back. */
function route(link, nodes, links, port) {
  const [from, to] = [nodes.get(link.source), nodes.get(link.target)];
  const side = NODE.width / 2;
  if (upright(from, to)) {
    const passes = [...nodes.values()].some(
      (node) => upright(node, from) && (node.y - from.y) * (node.y - to.y) < 0,
    );
    const down = Math.sign(to.y - from.y);
    if (passes) {
      const [x, out] = [from.x - side, from.x - side - 2.6];
      return `M${x} ${from.y + down}C${out} ${from.y + down} ${out} ${to.y - down} ${x - 0.7} ${to.y - down}`;
    }
    const returns = links.some(
      (other) => other.source === link.target && other.target === link.source,
    );
    const shift = returns ? -1.8 * down : 0;
    const reach = NODE.height / 2;
    return `M${from.x + shift} ${from.y + down * (reach + 0.2)}L${to.x + shift} ${to.y - down * (reach + 0.7)}`;
  }
  if (to.x < from.x) {
    const [a, b] = [rim(from, to, 0.2), rim(to, from, 0.7)];
    return `M${a.x} ${a.y}L${b.x} ${b.y}`;
  }
  const { leaves, reaches } = port.get(link);
  const [a, b] = [
    { x: from.x + side + 0.1, y: from.y + leaves },
    { x: to.x - side - 0.7, y: to.y + reaches },
  ];
  const bend = Math.max(0.55 * (b.x - a.x), 2);
  return `M${a.x} ${a.y}C${a.x + bend} ${a.y} ${b.x - bend} ${b.y} ${b.x} ${b.y}`;
}

/** Labels of two words stand on two lines. */
const lines = (label) => (label.length > 9 && label.includes(" ") ? label.split(" ") : [label]);

const head = (id, shape) =>
  s(
    "marker",
    {
      id,
      viewBox: "-5 -3 6 6",
      markerWidth: 5,
      markerHeight: 5,
      orient: "auto",
      markerUnits: "userSpaceOnUse",
    },
    shape,
  );

export class PathwayMap {
  /** `open(node)` is called when a node is chosen. */
  constructor(host, { nodes, links, width = 124, height = 64.5 }, open) {
    this.nodes = new Map(nodes.map((node) => [node.id, { ...node, y: height - node.y }]));
    this.svg = s(
      "svg",
      {
        class: "map",
        viewBox: `-1 0 ${width + 2} ${height - 3}`,
        role: "group",
        "aria-label":
          "Pathway from aromatase to bone and joints. Arrow keys move between parts, Enter opens one.",
      },
      s(
        "defs",
        {},
        head(
          "raises",
          s("path", { d: "M-3.4 -2L0 0L-3.4 2Z", class: "head", transform: "scale(0.5)" }),
        ),
        head(
          "lowers",
          s("path", { d: "M0 -2.4V2.4", class: "head stop", transform: "scale(0.5)" }),
        ),
      ),
    );
    const port = ports(this.nodes, links);
    this.links = links.map((link) => {
      const path = s("path", {
        class: link.inhibits ? "action inhibits" : "action",
        d: route(link, this.nodes, links, port),
        "marker-end": `url(#${link.inhibits ? "lowers" : "raises"})`,
      });
      this.svg.append(path);
      return { ...link, path };
    });
    this.parts = [...this.nodes.values()].map((node, index) => this.makeNode(node, index, open));
    this.svg.addEventListener("keydown", (event) => this.walk(event));
    host.append(this.svg);
  }

  makeNode(node, index, open) {
    const { width, height } = NODE;
    const words = s("g");
    const value = s("text", { class: "fold" });
    const box = s("rect", { x: -width / 2, y: -height / 2, width, height, rx: 1.6 });
    const body = s(
      "g",
      { class: "body" },
      box,
      words,
      value,
    );
    const group = s(
      "g",
      {
        class: "node",
        transform: `translate(${node.x} ${node.y})`,
        role: "button",
        tabindex: index ? -1 : 0,
        "data-node": node.id,
        on: {
          click: () => open(node),
          keydown: (event) => {
            if (event.key === "Enter" || event.key === " ") {
              event.preventDefault();
              open(node);
            }
          },
        },
      },
      body,
    );
    this.svg.append(group);
    return { node, group, body, words, value };
  }

  /** Call the parts by their names in the model, or plainly. */
  call(expert) {
    if (expert === this.expert) return;
    this.expert = expert;
    for (const part of this.parts) {
      part.label = expert ? part.node.label : (NAMES[part.node.id] ?? part.node.label);
      const named = lines(part.label);
      const base = named.length === 2 ? -1.35 : -0.5;
      part.words.replaceChildren(
        ...named.map((word, k) => s("text", { y: base + 1.75 * k }, word)),
      );
      set(part.value, { y: named.length === 2 ? 2.55 : 1.85 });
    }
  }

  /** Arrow keys go to the nearest node that way. */
  walk(event) {
    const ways = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
    const way = ways[event.key];
    const here = this.parts.find((part) => part.group === document.activeElement);
    if (!way || !here) return;
    event.preventDefault();
    let best = null;
    for (const part of this.parts) {
      const [dx, dy] = [part.node.x - here.node.x, part.node.y - here.node.y];
      const along = dx * way[0] + dy * way[1];
      const aside = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
      if (along > 0.5 && aside < 3 * along && (!best || along + 2 * aside < best.far)) {
        best = { part, far: along + 2 * aside };
      }
    }
    if (!best) return;
    set(here.group, { tabindex: -1 });
    set(best.part.group, { tabindex: 0 });
    best.part.group.focus();
  }

  show(time, quantities, expert) {
    this.call(expert);
    this.time = time;
    this.quantities = quantities;
  }

  /** Colour and size everything as it is at a month; names are read out only when it rests. */
  seek(month, resting) {
    if (!this.quantities) return;
    const levels = new Map();
    for (const { node, label, group, body, value } of this.parts) {
      const values = this.quantities[node.id]?.values;
      const { level, text } = values
        ? change(node.id, values[0], at(this.time, values, month))
        : { level: 0, text: "–" };
      levels.set(node.id, level);
      say(value, text);
      body.style.setProperty("--amount", `${Math.round(Math.abs(level) * 100)}%`);
      body.style.setProperty("--toward", level < 0 ? "var(--fall)" : "var(--rise)");
      body.style.setProperty("transform", `scale(${(1 + GROWTH * level).toFixed(3)})`);
      if (resting)
        set(group, { "aria-label": `${label}: ${text.replace("×", "times ")} of the start` });
    }
    for (const { source, path } of this.links) {
      const strength = Math.min(1, Math.abs(levels.get(source)) * 1.6);
      path.style.setProperty("--strength", strength.toFixed(2));
    }
  }
}

export const key = () =>
  h(
    "div",
    { class: "map-key" },
    h(
      "span",
      {},
      h("span", { class: "ramp", "aria-hidden": "true" }),
      " ×¼ or less … unchanged … ×4 or more since the start (density: −20 to +20 %)",
    ),
    h("span", {}, h("span", { class: "arrow", "aria-hidden": "true" }, "→"), " raises"),
    h("span", {}, h("span", { class: "arrow stop", "aria-hidden": "true" }, "⊣"), " lowers"),
  );
