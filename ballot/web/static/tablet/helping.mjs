// Help, reading aloud and the staff's reset: the same place on every screen, and the way back.

import { button, h } from "./dom.mjs";
import { headingPlace, next } from "./frame.mjs";

/** @typedef {import("./frame.mjs").Screen} Screen */

/** @type {Screen} */
export function help(app) {
  const { t } = app;
  return {
    name: "help",
    title: t("help.title"),
    kind: "page",
    content: [
      headingPlace(),
      h("ol", { class: "plain" }, [1, 2, 3, 4].map((n) => h("li", {}, t(`help.${n}`)))),
      ...[5, 6, 7].map((n) => h("p", {}, t(`help.${n}`))),
    ],
    foot: [
      app.definition && button(t("help.staff"), () => app.openReset(), { class: "btn btn--quiet" }),
      next(t("help.back"), () => app.goBack()),
    ],
    say: [1, 2, 3, 4].map((n) => t(`help.${n}`)).join(""),
  };
}

const SPEEDS = /** @type {const} */ ({ slow: 0.7, normal: 0.9, fast: 1.2 });
const VOLUMES = /** @type {const} */ ({ low: 0.4, medium: 0.7, high: 1 });

/** @type {Screen} */
export function voice(app) {
  const { t, speech } = app;
  const { sound } = speech;
  const can = speech.voice(app.texts.tag) !== null;
  /** @param {"rate" | "volume"} what @param {Record<string, number>} values @param {string} title */
  const choose = (what, values, title) =>
    h(
      "fieldset",
      { class: "plainset" },
      h("legend", {}, t(title)),
      h(
        "div",
        { class: "plainset__row" },
        Object.entries(values).map(([name, value]) =>
          h(
            "label",
            { class: "choice choice--plain" },
            h("input", {
              type: "radio",
              name: what,
              checked: sound[what] === value,
              onchange: () => {
                sound[what] = value;
                app.say(t(`voice.${name}`));
              },
            }),
            h("span", {}, t(`voice.${name}`)),
          ),
        ),
      ),
    );
  return {
    name: "voice",
    title: t("voice.title"),
    kind: "page",
    content: [
      headingPlace(),
      h("p", { class: "lead" }, t(can ? "voice.headphones" : "voice.none")),
      can && choose("rate", SPEEDS, "voice.speed"),
      can && choose("volume", VOLUMES, "voice.volume"),
    ],
    foot: [
      speech.on && button(t("voice.off"), () => app.looks.setVoice(false)),
      can && !speech.on ? button(t("back"), () => app.goBack()) : null,
      can && !speech.on
        ? next(t("voice.on"), () => app.looks.setVoice(true))
        : next(t("help.back"), () => app.goBack()),
    ],
  };
}

const REASONS = ["handover", "fault", "end", "session"];

/** Two taps and a reason, and what is lost (people.md §10.6). @param {string | null} reason chosen, so that the second tap is asked for @returns {Screen} */
export function reset(reason = null) {
  return (app) => {
    const { t, store } = app;
    let chosen = reason;
    const count = Object.keys(store.wallet).length;
    const losses = [
      count ? t("reset.loses", { count }) : t("reset.loses_nothing"),
      store.outgoing && t("reset.loses_sent"),
      app.voting.ballot && t("reset.loses_marks"),
    ];
    const said = h("p", { role: "status" }, reason === null ? "" : t("reset.sure"));
    const first = () => {
      if (chosen === null) said.textContent = t("reset.choose");
      else app.show(reset(chosen));
    };
    const back = button(t("back"), () => app.goBack());
    const go =
      reason === null
        ? [back, button(t("reset.first"), first, { class: "btn btn--next" })]
        : // The second tap lies elsewhere than the first: a double tap clears nothing.
          [button(t("reset.second"), () => app.wipe(unpins(reason)), { class: "btn btn--next btn--apart" }), back];
    return {
      name: "reset",
      title: t("reset.title"),
      kind: "page",
      content: [
        headingPlace(),
        ...losses.map((loss) => loss && h("p", { class: "lead" }, loss)),
        h(
          "fieldset",
          { class: "plainset", disabled: reason !== null },
          h("legend", {}, t("reset.reason")),
          REASONS.map((name) =>
            h(
              "label",
              { class: "choice choice--plain choice--line" },
              h("input", { type: "radio", name: "reason", checked: chosen === name, onchange: () => (chosen = name) }),
              h("span", {}, t(`reset.reason.${name}`)),
            ),
          ),
        ),
        said,
        unpins(reason) && h("p", {}, t("reset.unpins")),
        h("p", {}, t("reset.client"), " ", h("span", { class: "code digest" }, app.service.client)),
      ],
      foot: go,
    };
  };
}

/** Whether this reason releases the pinned definition too. @param {string | null} reason */
function unpins(reason) {
  return reason === "end" || reason === "session";
}
