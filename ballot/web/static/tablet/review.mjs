// The full list in words, then 投出选票 or, small, 验票. The ballot is encrypted while the deputy
// reads, so that its duration is not seen from outside and the tracker is fixed before the choice
// between the two (protocol §7; attacks B15, D6).

import { button, h, icon, named, unbroken } from "./dom.mjs";
import { after } from "./idle_timer.mjs";
import { choicesOf, unmarkedWord } from "./marking.mjs";

/**
 * @typedef {import("./app.mjs").App} App
 * @typedef {import("./frame.mjs").Sheet} Sheet
 */

const GUARD = 600; // ms: the second half of a double tap on 检查选票 casts nothing
const SLOW = 10_000;
const VERY_SLOW = 30_000;

/** @param {App} app @param {AbortSignal} signal @returns {Sheet} */
export function review(app, signal) {
  const { t, voting } = app;
  const ballot = voting.held;
  const shown = performance.now();
  const guarded = (/** @type {() => void} */ act) => () => {
    if (performance.now() - shown >= GUARD) act();
  };
  const cast = button(t("review.preparing"), guarded(() => voting.cast()), {
    class: "btn btn--next btn--cast btn--wait",
    "aria-disabled": "true",
  });
  const test = button(t("review.test"), guarded(() => voting.testBallot()), {
    class: "btn",
    "aria-disabled": "true",
  });
  const tracker = h("p", { class: "foot__sum" });
  const said = h("p", { class: "review__state", role: "status" }, t("review.final"));
  after(SLOW, () => !voting.sealed && said.replaceChildren(t("review.slow")), signal);
  after(VERY_SLOW, () => !voting.sealed && said.replaceChildren(t("review.very_slow")), signal);
  voting.sealing.then(
    (sealed) => {
      if (signal.aborted) return;
      cast.replaceChildren(t("review.cast"));
      cast.className = "btn btn--next btn--seal btn--cast";
      for (const one of [cast, test]) one.removeAttribute("aria-disabled");
      tracker.replaceChildren(named(t("code.tracker"), sealed.code));
      said.replaceChildren(t("review.final"));
    },
    () => {
      if (!signal.aborted) said.replaceChildren(t("review.failed"));
    },
  );
  const empty = ballot.marks.every((mark) => mark === "");
  return {
    name: "review",
    title: t("step.check"),
    step: 2,
    aside: h("p", { class: "stephead__lead" }, t("review.lead")),
    kind: "review",
    content: [
      h(
        "section",
        { class: "review__list", "aria-label": t("review.list") },
        empty && h("p", { class: "banner banner--warn" }, icon("warn"), t("review.empty")),
        choices(app, ballot.marks),
      ),
      h(
        "section",
        { class: "review__act", "aria-label": t("step.cast") },
        sums(app, ballot.marks),
        cast,
        said,
        button(t("review.back"), () => voting.mark(), { class: "btn btn--back" }),
        h("div", { class: "testvote" }, h("p", {}, t("review.doubt")), test),
      ),
    ],
    foot: [tracker],
    say: `${t("step.check")}。${spoken(app)}`,
  };
}

/** The list of what was chosen, every item with a word. @param {App} app @param {readonly string[]} marks */
export function choices(app, marks) {
  const { t, voting: { held: ballot } } = app;
  return h(
    "table",
    { class: "said-list" },
    h("caption", { class: "vh" }, t("review.list")),
    h(
      "tbody",
      {},
      ballot.items.map((item, i) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, i + 1),
          h("td", { lang: "zh-CN" }, unbroken(item.title)),
          h("td", {}, said(app, marks[i] ?? "")),
        ),
      ),
    ),
  );
}

/** @param {App} app @param {string} mark */
function said(app, mark) {
  const { word, look } = meaning(app, mark);
  const plain = look === "yes" || look === "no" || look === "abstain";
  return h("span", { class: `said said--${look}` }, plain && icon(look), app.t(word));
}

/** @param {App} app @param {string} mark */
function meaning(app, mark) {
  const { style } = app.voting.held;
  return (
    choicesOf(style).find((choice) => choice.letter === mark) ?? { word: unmarkedWord(style), look: "abstain" }
  );
}

/** How many of each. @param {App} app @param {readonly string[]} marks */
function sums(app, marks) {
  /** @type {Map<string, {look: string, count: number}>} */
  const found = new Map(choicesOf(app.voting.held.style).map(({ word, look }) => [word, { look, count: 0 }]));
  for (const mark of marks) {
    const { word, look } = meaning(app, mark);
    const entry = found.get(word) ?? { look, count: 0 };
    entry.count += 1;
    found.set(word, entry);
  }
  return h(
    "dl",
    { class: "sums" },
    [...found].map(([word, { look, count }]) =>
      h(
        "div",
        {},
        h("dt", { class: `said said--${look}` }, (look === "yes" || look === "no" || look === "abstain") && icon(look), app.t(word)),
        h("dd", {}, count),
      ),
    ),
  );
}

/** The list as one reads it aloud. @param {App} app */
function spoken(app) {
  return app.voting.held.items
    .map((item, i) =>
      app.t("voice.row", { number: i + 1, name: item.title, state: app.t(meaning(app, app.voting.held.marks[i] ?? "").word) }),
    )
    .join("。");
}
