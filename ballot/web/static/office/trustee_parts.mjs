/**
 * What the screens of the scrutineers' page are made of.
 *
 * @typedef {{ nodes: Node[], update?: () => void }} Screen
 * @typedef {import("../tablet/dom.mjs").Child} Child
 */

import { Invalid } from "../client/errors.mjs";
import { banner, button, h } from "../tablet/dom.mjs";
import { Refused } from "./api.mjs";
import { say, texts } from "./page.mjs";

/** The text of a key of this page. @param {string} key @param {Record<string, string | number>} [fields] */
export function t(key, fields) {
  return say(`trustee.page.${key}`, fields);
}

/** @param {string} text */
export function heading(text) {
  return h("h1", { class: "h2", tabindex: "-1" }, text);
}

/** @param {...(Child | Child[])} children */
export function panel(...children) {
  return h("section", { class: "panel stack" }, ...children);
}

/** A refusal as a sentence, with its code for staff. @param {unknown} error @returns {string} */
export function trouble(error) {
  if (error instanceof Refused) {
    const own = texts()[`trustee.refusal.${error.code}`] ?? error.title;
    return `${own || t("offline")} (${error.code})`;
  }
  if (error instanceof Invalid) {
    const known = ["trustee.refusal.", "verify.code.", "problem."].map((at) => texts()[at + error.code]);
    const found = known.find(Boolean) ?? t("fault");
    return `${found} (${error.code})`;
  }
  return error instanceof Error && error.message ? error.message : t("fault");
}

/** The names of trustees in a row. @param {import("../client/definition.mjs").Definition} definition @param {string[]} ids */
export function names(definition, ids) {
  return ids.map((id) => nameOf(definition, id)).join(t("comma"));
}

/** @param {import("../client/definition.mjs").Definition} definition @param {string} id */
export function nameOf({ officers }, id) {
  return officers.find((one) => one.id === id)?.name ?? id;
}

/** A bar that fills, with its numbers in words. @param {string} label */
export function meter(label) {
  const bar = h("progress", { max: 1, value: 0, "aria-label": label });
  const count = h("b", {}, "");
  /** @param {number} done @param {number} total @param {string} text */
  const set = (done, total, text) => {
    bar.max = total || 1;
    bar.value = done;
    count.textContent = text;
  };
  return { node: h("div", { class: "meter" }, bar, count), set };
}

/**
 * A form with one button: busy while it acts, refusals below it.
 * @param {string} label @param {Child[]} fields
 * @param {(told: (done: number, total: number) => void) => Promise<void>} act
 */
export function form(label, fields, act) {
  const said = h("div", { "aria-live": "polite" });
  const go = h("button", { class: "btn btn--next" }, label);
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    if (go.getAttribute("aria-disabled")) return;
    go.setAttribute("aria-disabled", "true");
    said.replaceChildren(h("p", { class: "small" }, t("working")));
    try {
      await act((done, total) => {
        said.replaceChildren(h("p", { class: "small" }, t("working_at", { done, total })));
      });
      said.replaceChildren();
    } catch (error) {
      said.replaceChildren(banner("stop", trouble(error)));
    } finally {
      go.removeAttribute("aria-disabled");
    }
  };
  return h("form", { class: "stack", onsubmit: submit }, ...fields, go, said);
}

/** A field for a passphrase. @param {string} id @param {string} label @param {string} [hint] */
export function passphrase(id, label, hint) {
  const input = h("input", {
    id,
    type: "password",
    autocomplete: "current-password",
    maxlength: 200,
    required: true,
    "aria-describedby": hint ? `${id}-hint` : null,
  });
  const node = h(
    "div",
    { class: "stack stack--close" },
    h("label", { for: id }, label),
    input,
    hint && h("p", { class: "small", id: `${id}-hint` }, hint),
  );
  return { node, input };
}

/** A button beside the main one. @param {string} text @param {() => void} act */
export function second(text, act) {
  return button(text, act, { class: "btn" });
}
