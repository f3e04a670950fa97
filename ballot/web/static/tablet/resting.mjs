// Screens on which nothing is to be done: the start, a free tablet, waiting for the round.

import { h } from "./dom.mjs";
import { headingPlace, next, remark } from "./frame.mjs";

/** @typedef {import("./frame.mjs").Screen} Screen */

/** @type {Screen} */
export function starting(app) {
  return {
    name: "starting",
    title: app.t("boot.title"),
    content: [headingPlace(), h("p", { class: "lead" }, app.t("boot.lead"))],
  };
}

/** 空闲·已清空: the one screen on which the tablet may change hands. @type {Screen} */
export function idle(app) {
  const { t, board } = app;
  const shared = app.shared;
  const key = board.published
    ? "idle.published"
    : !board.adopted
      ? "idle.not_adopted"
      : shared
        ? board.openRound?.channels.includes("tablet") ? "idle.lead" : "idle.no_round"
        : board.checkIn.length ? "idle.lead" : "idle.no_check_in";
  const ready = key === "idle.lead";
  return {
    name: "idle",
    title: t("idle.title"),
    content: [
      headingPlace(),
      h("p", { class: "lead" }, t(key)),
      h(
        "div",
        { class: "ticket ticket--code" },
        h(
          "div",
          {},
          h("p", {}, t("code.session")),
          h("p", { class: "code code--big" }, app.definition?.code ?? ""),
          h("p", {}, t("code.compare_printed")),
        ),
      ),
    ],
    foot: [
      remark(t("waiting.help")),
      ready && next(t(shared ? "idle.start" : "idle.check_in"), () => app.checkIn.open()),
    ],
  };
}

/**
 * 已签到，请等待: the ballot comes by itself.
 * @param {"lead" | "next" | "paper" | "no_ballot"} why @returns {Screen}
 */
export function waiting(why) {
  return (app) => {
    const { t } = app;
    const first = why === "lead";
    const second = { approve: "waiting.card2_approve", grades: "waiting.card2_grades" }[app.nextStyle] ?? "waiting.card2";
    return {
      name: "waiting",
      title: t(first ? "waiting.title" : "waiting.title_next"),
      content: [
        headingPlace(),
        h("p", { class: "lead" }, t(first ? "waiting.lead" : `waiting.lead_${why}`)),
        first &&
          h(
            "ol",
            { class: "cards" },
            ["waiting.card1", second, "waiting.card3"].map((key, i) => h("li", {}, h("b", {}, i + 1), h("span", {}, t(key)))),
          ),
      ],
      foot: [remark(t("waiting.help"))],
      say: `${t(first ? "waiting.title" : "waiting.title_next")}。${t(first ? "waiting.lead" : `waiting.lead_${why}`)}`,
    };
  };
}
