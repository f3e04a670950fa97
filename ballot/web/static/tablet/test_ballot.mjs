// 验票: the deputy opens this ballot instead of casting it (Benaloh's challenge). The picture holds
// slot, S, marks, seed and e: enough to rebuild the unsigned ballot, nothing to cast (E20).

import { h } from "./dom.mjs";
import { headingPlace, next } from "./frame.mjs";
import { qrLater } from "./qr_later.mjs";
import { choices } from "./review.mjs";

/**
 * @param {import("./core.mjs").Sealed} opened what was encrypted, and its opening
 * @returns {import("./frame.mjs").Screen}
 */
export function testBallot(opened) {
  return (app) => {
    const { t } = app;
    return {
      name: "test",
      title: t("test.title"),
      kind: "opened",
      content: [
        h("section", { class: "opened__qr", "aria-label": t("test.qr") }, qrLater(opened.opening, t("test.qr"))),
        h(
          "section",
          { class: "opened__how", "aria-label": t("test.title") },
          headingPlace(),
          h("p", { class: "lead" }, t("test.lead")),
          h("ol", { class: "plain" }, ["test.how1", "test.how2", "test.how3"].map((key) => h("li", {}, t(key)))),
          h("p", {}, t("code.tracker")),
          h("p", { class: "code code--big" }, opened.code),
          h("p", {}, t("test.differ")),
        ),
        h("section", { class: "opened__list", "aria-label": t("review.list") }, choices(app, [...opened.marks])),
      ],
      foot: [next(t("test.again"), () => app.voting.markAnew())],
      say: `${t("test.title")}。${t("test.lead")}`,
    };
  };
}
