// The time bar: one cursor for the map and every chart, and its play button.
import { byId, say, set } from "./dom.js";
import { calm } from "./figure.js";
import { span } from "./units.js";

const WHOLE = 9000; // ms from the start to the end of the period
const CALM_STEPS = 12; // without motion time jumps, a second each

export function createTime(store, seek) {
  const button = byId("play");
  const slider = byId("month");
  const label = byId("month-label");
  let frame = 0;
  let timer = 0;

  const end = () => 12 * store.state.years;
  const playing = () => Boolean(frame || timer);

  function put(month) {
    store.update({ month: Math.round(10 * month) / 10 }, { quiet: true });
  }

  function stop() {
    cancelAnimationFrame(frame);
    clearInterval(timer);
    frame = timer = 0;
    set(button, { "aria-label": "Play", "data-playing": null });
    seek(store.state.month, true);
  }

  function play() {
    set(button, { "aria-label": "Pause", "data-playing": "" });
    const from = store.state.month >= end() - 0.5 ? 0 : store.state.month;
    if (calm()) {
      put(from);
      timer = setInterval(() => {
        put(Math.min(end(), store.state.month + end() / CALM_STEPS));
        if (store.state.month >= end()) stop();
      }, 1000);
      return;
    }
    const began = performance.now() - (from / end()) * WHOLE;
    const tick = (now) => {
      const month = Math.min(end(), ((now - began) / WHOLE) * end());
      put(month);
      if (month >= end()) stop();
      else frame = requestAnimationFrame(tick);
    };
    frame = requestAnimationFrame(tick);
  }

  button.addEventListener("click", () => (playing() ? stop() : play()));
  slider.addEventListener("input", () => {
    if (playing()) stop();
    put(Number(slider.value));
  });

  return {
    /** Show the state's month. */
    show({ month, years }) {
      set(slider, { max: 12 * years, "aria-valuetext": `after ${span(month)}` });
      slider.value = month;
      slider.style.setProperty("--share", `${(100 * month) / (12 * years)}%`);
      say(label, month < 0.5 ? "At the start" : `After ${span(month)}`);
      seek(month, !playing());
    },
    playing,
    stop: () => playing() && stop(),
  };
}
