// 已投出: only shown when the tablet recomputed the tracker and the box's signature holds (B9).

import { button, h } from "./dom.mjs";
import { bigSign, headingPlace, next } from "./frame.mjs";
import { after } from "./idle_timer.mjs";
import { qrLater } from "./qr_later.mjs";

const STAYS = 6_000;
const HELD = 60_000; // for who writes the code down or has it read aloud (WCAG 2.2.1)

/**
 * @param {{code: string, tracker: string}} receipt @param {boolean} [held] stay for a minute
 * @returns {import("./frame.mjs").Screen}
 */
export function done(receipt, held = false) {
  return (app, signal) => {
    const { t } = app;
    after(held ? HELD : STAYS, () => app.newDocument(), signal);
    return {
      name: "done",
      title: t("done.title"),
      content: [
        bigSign("yes", "ok"),
        headingPlace(),
        h("p", { class: "lead" }, t("done.lead")),
        h(
          "div",
          { class: "ticket" },
          h(
            "div",
            {},
            h("p", {}, t("code.tracker")),
            h("p", { class: "code code--big" }, receipt.code),
            h("p", {}, t("done.says")),
          ),
          qrLater(receipt.tracker.toUpperCase(), t("done.qr")),
        ),
        h("p", { class: "noprint" }, t(held ? "done.holds" : "done.clears")),
      ],
      foot: [
        app.prints && button(t("done.print"), () => print(), { class: "btn noprint" }),
        !held && button(t("done.hold"), () => app.show(done(receipt, true)), { class: "btn noprint" }),
        next(t("done.ok"), () => app.newDocument()),
      ],
      say: `${t("done.title")}。${t("done.lead")}`,
    };
  };
}
