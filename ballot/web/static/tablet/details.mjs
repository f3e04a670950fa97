// What a project is: folded out inside its row, so that no mark is lost by reading.

import { h, icon } from "./dom.mjs";

/**
 * @param {import("./app.mjs").App} app @param {import("./core.mjs").Item} item @param {number} i
 * @returns {{button: HTMLElement | null, panel: HTMLElement | null}}
 */
export function details(app, item, i) {
  const { t, texts } = app;
  /** @type {[string, string][]} */
  const facts = [
    ["item.content", item.content],
    ["item.location", item.location],
    ["item.unit", item.unit],
    ["item.investment", item.investment === null ? "" : t("item.money", { amount: item.investment })],
    ["item.funding", item.funding],
    ["item.beneficiaries", item.beneficiaries],
    ["item.completion", texts.date(item.completion)],
    ["item.category", item.category],
  ];
  const known = facts.filter(([, text]) => text !== "");
  if (known.length === 0) return { button: null, panel: null };
  const panel = h(
    "dl",
    { class: "facts", id: `facts-${i}`, hidden: true },
    known.map(([key, text]) => h("div", {}, h("dt", {}, t(key)), h("dd", { lang: "zh-CN" }, text))),
  );
  const button = h(
    "button",
    {
      type: "button",
      class: "more",
      "aria-expanded": "false",
      "aria-controls": panel.id,
      "aria-label": t("mark.details_of", { name: item.title }),
      onclick: () => {
        panel.hidden = !panel.hidden;
        button.setAttribute("aria-expanded", String(!panel.hidden));
        if (!panel.hidden) app.say(panel.innerText);
        dispatchEvent(new Event("resize")); // the foot tells how many rows are below
      },
    },
    h("span", {}, t("mark.details")),
    icon("more"),
  );
  return { button, panel };
}
