// What went wrong, whether the vote counts, what to do (people.md §6); the code for staff below.

import { banner, button, h } from "./dom.mjs";
import { bigSign, headingPlace, next, remark } from "./frame.mjs";
import { GRACE, watch } from "./idle_timer.mjs";

/**
 * @typedef {import("./frame.mjs").Screen} Screen
 * @typedef {{text: string, act: () => void}} Way
 */

/**
 * A notice of the texts `problem.<key>`; `lead` where one title has several sentences.
 * @param {{key: string, lead?: string, code?: string, grave?: boolean, ways?: Way[]}} what
 * @returns {Screen}
 */
export function notice({ key, lead = `problem.${key}.lead`, code, grave = false, ways = [] }) {
  return (app) => {
    const { t } = app;
    const small = code ? t("error.code", { code }) : undefined;
    return {
      name: `problem-${key}`,
      title: t(`problem.${key}.title`),
      content: [
        bigSign(grave ? "stop" : "warn", grave ? "stop" : "warn"),
        headingPlace(),
        banner(grave ? "stop" : "warn", t(lead), small),
      ],
      foot: [
        remark(t("waiting.help")),
        ...ways.map((way, i) => (i === ways.length - 1 ? next(t(way.text), way.act) : button(t(way.text), way.act))),
      ],
      say: `${t(`problem.${key}.title`)}。${t(lead)}`,
    };
  };
}

/** 90 s without a touch: ask, and clear after 60 s more. @param {() => void} clear @param {() => void} stay @returns {Screen} */
export function stillThere(clear, stay) {
  return (app, signal) => {
    const { t } = app;
    watch(GRACE, clear, signal);
    return {
      name: "still",
      title: t("still.title"),
      content: [bigSign("wait", "wait"), headingPlace(), h("p", { class: "lead" }, t("still.lead"))],
      foot: [next(t("still.here"), stay)],
      say: `${t("still.title")}${t("still.lead")}`,
    };
  };
}

/** @type {Screen} */
export function cleared(app) {
  const { t } = app;
  return {
    name: "cleared",
    title: t("cleared.title"),
    content: [headingPlace(), h("p", { class: "lead" }, t("cleared.lead"))],
    foot: [remark(t("waiting.help")), next(t("cleared.again"), () => app.voting.markAnew())],
  };
}
