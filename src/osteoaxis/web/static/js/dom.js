// Elements are made here and nowhere from text, so nothing typed or linked can become markup.
const SVG = "http://www.w3.org/2000/svg";

function fill(element, props, children) {
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "on") {
      for (const [name, listener] of Object.entries(value))
        element.addEventListener(name, listener);
    } else if (key === "style") {
      for (const [name, given] of Object.entries(value)) element.style.setProperty(name, given);
    } else if (key === "value" || key === "checked") element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== false));
  return element;
}

/** An HTML element: attributes, `on` for listeners, `style` for custom properties. */
export const h = (tag, props = {}, ...children) =>
  fill(document.createElement(tag), props, children);

/** The same in SVG. */
export const s = (tag, props = {}, ...children) =>
  fill(document.createElementNS(SVG, tag), props, children);

/** A button in a text. */
export const link = (text, click) =>
  h("button", { type: "button", class: "link", on: { click } }, text);

export const byId = (id) => document.getElementById(id);

export function set(element, attributes) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === false) element.removeAttribute(key);
    else element.setAttribute(key, value);
  }
}

/** Set text only where it differs: screen readers and layout are left alone otherwise. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A function that runs `work` once, `wait` milliseconds after its last call. */
export function later(work, wait) {
  let timer = 0;
  const call = () => {
    clearTimeout(timer);
    timer = setTimeout(work, wait);
  };
  call.cancel = () => clearTimeout(timer);
  return call;
}
