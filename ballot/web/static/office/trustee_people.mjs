/**
 * What stands beside every screen: the way so far, and what the other trustees did, by name.
 *
 * @typedef {import("./trustee_device.mjs").Device} Device
 * @typedef {import("./trustee_state.mjs").Round} Round
 */

import { h, icon } from "../tablet/dom.mjs";
import { part } from "./page.mjs";
import { nameOf, t } from "./trustee_parts.mjs";
import { have, lacking, phaseOf, quorums, stageOf, STEPS } from "./trustee_state.mjs";

const TABS = ["key", "copy", "ready", "seal", "decrypt"];

/** The tabs: what is done has a tick and, for readers of screens, the word. @param {Device} device @param {Round | null} round */
export function tabs(device, round) {
  const now = TABS.indexOf(tabOf(device, round));
  const items = TABS.map((name, i) =>
    h(
      "li",
      { "aria-current": i === now ? "step" : null },
      i < now && icon("yes"),
      i < now && h("span", { class: "vh" }, t("tab.done")),
      h("span", {}, t(`tab.${name}`)),
    ),
  );
  replace("tabs", items, `${now}`);
}

/** @param {Device} device @param {Round | null} round */
function tabOf(device, round) {
  const { kept } = device;
  const share = device.has("share");
  const stage = stageOf({ over: device.isOver, seed: device.has("seed"), share, kept });
  if (stage === "done" && round) {
    const phase = phaseOf(device.definition, round, device.me, device.barred);
    return ["seal", "seals", "barred"].includes(phase) ? "seal" : "decrypt";
  }
  return { begin: "key", exchange: "key", export: "copy", drill: "copy", ready: "ready", done: "seal" }[stage];
}

/** Who has done what, and how many are wanted. @param {Device} device @param {Round | null} round */
export function people(device, round) {
  const { definition, me } = device;
  const { done, needed, note } = standing(device, round);
  const more = Math.max(0, needed - done.length);
  const rows = definition.trustees.map((id) => {
    const yes = done.includes(id);
    const mine = id === me;
    const mark = yes ? "slot--on" : mine ? "slot--me" : "";
    const state = yes ? "person.done" : mine && more ? "person.you" : "person.open";
    return h(
      "li",
      {},
      h("span", { class: `slot ${mark}` }, yes && icon("yes")),
      h(
        "span",
        {},
        h(mine ? "b" : "span", { lang: "zh-CN" }, nameOf(definition, id)),
        mine && t("person.self"),
      ),
      h("span", { class: yes || mine ? "" : "small" }, t(state)),
    );
  });
  const [before, between, after] = t("count").split("|");
  const count = more
    ? [before, h("strong", {}, done.length), between, h("strong", {}, more), after]
    : [t("count.all", { number: done.length })];
  const nodes = [
    h("h2", { class: "h2" }, t("people")),
    h("p", { class: "bigcount" }, ...count.map((one) => one ?? "")),
    h("ul", { class: "shares" }, ...rows),
    h("p", { class: "small" }, note),
  ];
  replace("people", nodes, JSON.stringify([done, needed, note]));
}

/** @param {Device} device @param {Round | null} round */
function standing({ definition, board, isOver }, round) {
  const total = definition.trustees.length;
  const { seal, decrypt } = quorums(definition);
  if (round && isOver) {
    if (round.sealed.length < seal) {
      return { done: round.sealed, needed: seal, note: t("note.seal", { number: seal }) };
    }
    const note = t("note.decrypt", { total, number: decrypt });
    return { done: round.decrypted, needed: decrypt, note };
  }
  if (isOver) return { done: definition.trustees, needed: total, note: t("note.ready") };
  const step = lacking(definition, board)?.step ?? "ready";
  const done = have(definition, board, step);
  const number = STEPS.indexOf(step) + 1;
  return { done, needed: total, note: t("note.ceremony", { number, step: t(`step.${step}`) }) };
}

/** Only what changed is drawn again. @param {string} name @param {Node[]} nodes @param {string} says */
function replace(name, nodes, says) {
  const place = part(name, HTMLElement);
  if (place.dataset["says"] === says) return;
  place.dataset["says"] = says;
  place.replaceChildren(...nodes);
}
