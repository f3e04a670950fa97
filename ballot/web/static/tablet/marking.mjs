// The ballot: one row per item, real radio buttons (one real checkbox for `approve`), nothing
// changed silently. Marks are letters as in ballot/tally/styles.py; "" is not marked yet.

import { h, icon, unbroken } from "./dom.mjs";
import { next } from "./frame.mjs";
import { details } from "./details.mjs";

/**
 * @typedef {import("./app.mjs").App} App
 * @typedef {import("./voting.mjs").Ballot} Ballot
 * @typedef {import("./frame.mjs").Sheet} Sheet
 * @typedef {{letter: string, word: string, look: string}} Choice
 */

/** @type {Record<string, Choice[]>} */
export const CHOICES = {
  three_way: [
    { letter: "Y", word: "mark.yes", look: "yes" },
    { letter: "N", word: "mark.no", look: "no" },
    { letter: "A", word: "mark.abstain", look: "abstain" },
  ],
  approve: [{ letter: "Y", word: "mark.yes", look: "yes" }],
  grades: [
    { letter: "S", word: "mark.satisfied", look: "satisfied" },
    { letter: "B", word: "mark.basic", look: "basic" },
    { letter: "U", word: "mark.unsatisfied", look: "unsatisfied" },
    { letter: "K", word: "mark.unknown", look: "unknown" },
  ],
};
CHOICES["motion"] = CHOICES["three_way"] ?? [];

const DOUBLE_TAP = 400;

/** The choices of a style. @param {string} style @returns {Choice[]} */
export function choicesOf(style) {
  return CHOICES[style] ?? [];
}

/** What an unmarked item counts as, in words. @param {string} style */
export function unmarkedWord(style) {
  return style === "approve" ? "mark.not_chosen" : "mark.abstain";
}

/** How many items are approved. @param {Ballot} ballot */
function approved(ballot) {
  return ballot.marks.filter((mark) => mark === "Y").length;
}

/** @param {App} app @param {AbortSignal} signal @returns {Sheet} */
export function marking(app, signal) {
  const ballot = app.voting.held;
  const rows = ballot.items.map((item, i) => row(app, item, i));
  const counter = h("div", { class: "counter", role: "status" });
  const sum = h("p", { class: "foot__sum", role: "status" });
  const refresh = () => {
    fillCounter(app, counter);
    rows.forEach((one, i) => one.refresh(ballot.marks[i] ?? "", full(ballot)));
    sum.textContent = footText(app, rows.map((one) => one.element));
  };
  rows.forEach((one, i) => one.listen((letter) => {
    ballot.marks[i] = letter;
    app.voting.saveMarks();
    rows.forEach((other) => other.tell(""));
    refresh();
  }));
  addEventListener("scroll", refresh, { passive: true, signal });
  addEventListener("resize", refresh, { passive: true, signal });
  app.whenOnlineChanges(refresh, signal);
  requestAnimationFrame(refresh);
  refresh();
  return {
    name: "marking",
    title: app.t("step.mark"),
    step: 1,
    aside: counter,
    kind: `items items--${ballot.style}${ballot.items.length > 6 ? " items--many" : ""}`,
    content: rows.map((one) => one.element),
    foot: [sum, next(app.t("mark.review"), () => app.voting.review(), true)],
  };
}

/** Whether no further approval is possible. @param {Ballot} ballot */
function full(ballot) {
  return ballot.limit !== null && approved(ballot) >= ballot.limit;
}

/** @param {App} app @param {HTMLElement} counter */
function fillCounter(app, counter) {
  const { t, voting: { held: ballot } } = app;
  if (ballot.style === "motion") return;
  if (ballot.style === "grades") {
    const count = ballot.marks.filter(Boolean).length;
    const of = t("counter.graded_of", { total: ballot.items.length });
    const said = t("counter.graded_said", { count, total: ballot.items.length });
    counter.replaceChildren(...words(t("counter.graded"), count, of, said));
    return;
  }
  const count = approved(ballot);
  const cap = ballot.limit ?? ballot.items.length;
  const said = t(full(ballot) ? "counter.said_full" : "counter.said", { count, cap });
  counter.replaceChildren(
    h(
      "span",
      { class: "pips", "aria-hidden": "true" },
      Array.from({ length: Math.min(cap, 20) }, (_, i) => h("i", { class: i < count ? "on" : null })),
    ),
    ...words(t("mark.yes"), count, t("counter.of", { cap }), said),
  );
  counter.classList.toggle("counter--full", full(ballot));
  if (full(ballot)) counter.append(h("b", { class: "counter__full", "aria-hidden": "true" }, t("counter.full")));
}

/** @param {string} name @param {number} count @param {string} of @param {string} said */
function words(name, count, of, said) {
  return [
    h("span", { class: "counter__text", "aria-hidden": "true" }, name, " ", h("strong", {}, count), " ", h("i", {}, of)),
    h("span", { class: "vh" }, said),
  ];
}

/** @param {App} app @param {HTMLElement[]} rows */
function footText(app, rows) {
  const { t, voting: { held: ballot } } = app;
  if (!app.online) return t("mark.offline");
  const line = (document.querySelector(".foot")?.getBoundingClientRect().top ?? innerHeight) - 24;
  const below = rows.filter((row) => row.isConnected && row.getBoundingClientRect().top > line).length;
  if (below) return t("mark.below", { count: below });
  const count = ballot.marks.filter(Boolean).length;
  if (ballot.style === "approve") return t("mark.some_chosen", { count });
  const left = ballot.items.length - count;
  return left ? t("mark.left", { count: left }) : t("mark.all", { count });
}

/** @param {App} app @param {import("./core.mjs").Item} item @param {number} i */
function row(app, item, i) {
  const { t, voting: { held: ballot } } = app;
  const note = h("span", { class: "item__note", id: `note-${i}`, role: "status" });
  const facts = details(app, item, i);
  const inputs = choicesOf(ballot.style).map((choice) => ({ ...choice, ...control(app, choice, i) }));
  const state = h("span", { class: "vh" });
  const element = h(
    "fieldset",
    { class: "item", "data-mark": "" },
    h(
      "legend",
      {},
      h("span", { class: "item__no" }, i + 1),
      h("span", { class: "item__name", lang: "zh-CN" }, unbroken(item.title)),
      state,
    ),
    facts.button,
    h("div", { class: "choices" }, inputs.map((one) => one.label)),
    note,
    facts.panel,
  );
  /** @param {string} text */
  const tell = (text) => {
    note.replaceChildren(...(text ? [icon("warn"), text] : []));
    element.classList.toggle("item--told", text !== "");
  };
  return {
    element,
    tell,
    /** @param {string} mark @param {boolean} held */
    refresh(mark, held) {
      element.dataset["mark"] = mark;
      for (const { letter, input, label } of inputs) {
        input.checked = letter === mark;
        const stays = held && letter === "Y" && mark !== "Y";
        label.classList.toggle("choice--held", stays);
        if (stays) input.setAttribute("aria-describedby", note.id);
        else input.removeAttribute("aria-describedby");
      }
      const found = inputs.find((one) => one.letter === mark);
      state.textContent = ` ${found ? `${t(found.word)} ${t("mark.chosen")}` : t("mark.unmarked")}`;
    },
    /** @param {(letter: string) => void} chosen */
    listen(chosen) {
      let last = { letter: "", at: -DOUBLE_TAP };
      let held = false;
      for (const { letter, input } of inputs) {
        // The space bar clears as the second tap does: browsers make no click of it.
        input.addEventListener("keydown", ({ key }) => {
          if (key === " ") held = ballot.marks[i] === letter && ballot.style !== "approve";
        });
        input.addEventListener("keyup", (event) => {
          if (event.key !== " " || !held) return;
          event.preventDefault();
          last = { letter, at: event.timeStamp };
          chosen("");
        });
        input.addEventListener("click", (event) => {
          const before = ballot.marks[i] ?? "";
          const twice = last.letter === letter && event.timeStamp - last.at < DOUBLE_TAP;
          last = { letter, at: event.timeStamp };
          if (twice) chosen(before); // two quick taps act as one
          else if (before === letter) chosen(""); // the same again clears it
          else if (letter === "Y" && full(ballot)) {
            chosen(before);
            tell(t("mark.limit", { cap: ballot.limit ?? 0 }));
            app.say(t("mark.limit", { cap: ballot.limit ?? 0 }));
          } else chosen(letter);
        });
      }
    },
  };
}

/** @param {App} app @param {Choice} choice @param {number} i */
function control(app, choice, i) {
  const { t, voting: { held: ballot } } = app;
  const input = h("input", {
    type: ballot.style === "approve" ? "checkbox" : "radio",
    name: `item-${i}`,
    value: choice.letter,
    autocomplete: "off",
  });
  const plain = choice.look === "yes" || choice.look === "no" || choice.look === "abstain";
  const label = h(
    "label",
    { class: `choice choice--${choice.look}` },
    input,
    plain && icon(/** @type {"yes" | "no" | "abstain"} */ (choice.look)),
    h("span", {}, t(choice.word)),
    h("span", { class: "choice__on", "aria-hidden": "true" }, t("mark.chosen")),
  );
  return { input, label };
}
