// Own bone scans: T-scores by month, drawn over the charts. They stay in the browser.
import { byId, h } from "./dom.js";
import { number } from "./units.js";

const SITES = { lumbar_spine: "Spine", total_hip: "Hip", femoral_neck: "Femoral neck" };

export function createScans(store) {
  const form = byId("scan-form");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = new FormData(form);
    const scan = {
      month: Number(given.get("month")),
      site: given.get("site"),
      value: Number(given.get("value")),
    };
    const rest = store.state.scans.filter(
      (one) => one.month !== scan.month || one.site !== scan.site,
    );
    store.update({ scans: [...rest, scan].sort((a, b) => a.month - b.month) });
    form.reset();
  });
  return function show({ scans }) {
    byId("scans").replaceChildren(
      ...scans.map((scan) => {
        const text = `${SITES[scan.site] ?? scan.site}, month ${number(scan.month, 0)}: ${number(scan.value, 1)}`;
        const remove = () =>
          store.update({ scans: store.state.scans.filter((one) => one !== scan) });
        return h(
          "li",
          {},
          text,
          h(
            "button",
            {
              type: "button",
              class: "remove",
              "aria-label": `Remove ${text}`,
              on: { click: remove },
            },
            "×",
          ),
        );
      }),
    );
  };
}
