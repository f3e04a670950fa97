// Between 投出选票 and the answer: the same bytes again and again until a receipt or a refusal.

import { banner, h } from "./dom.mjs";
import { bigSign, headingPlace, remark } from "./frame.mjs";

/**
 * `sending` was just sent, `retry` had no answer, `offline` has no network, `not_open` was
 * answered by a box that is closed while no close was announced.
 * @typedef {"sending" | "retry" | "offline" | "not_open"} Phase
 */

/** @param {Phase} phase @returns {import("./frame.mjs").Screen} */
export function sending(phase) {
  return (app) => {
    const { t } = app;
    const step = phase === "sending" ? "sending" : "confirming";
    return {
      name: "sending",
      title: t(`${step}.title`),
      content: [
        bigSign("wait", "wait"),
        headingPlace(),
        h("p", { class: "lead" }, t(`${step}.lead`)),
        phase !== "sending" && banner("wait", t(`confirming.${phase}`)),
      ],
      foot: [remark(t(phase === "sending" ? "waiting.help" : "confirming.hand"))],
      say: `${t(`${step}.title`)}。${t(`${step}.lead`)}`,
    };
  };
}
