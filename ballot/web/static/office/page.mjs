/**
 * What the officials' pages have in common: their elements by `data-part`, the texts that they
 * bring along, and refusals as sentences. No text and no markup stands in a script.
 */

import { Invalid } from "../client/errors.mjs";
import { confirmFresh, Refused } from "./api.mjs";

/**
 * The element with that `data-part`; a page without it is a fault of the program.
 * @template {Element} T
 * @param {string} name
 * @param {new () => T} type
 * @param {ParentNode} [root]
 * @returns {T}
 */
export function part(name, type, root = document) {
  const found = root.querySelector(`[data-part="${name}"]`);
  if (!(found instanceof type)) throw new Error(`no part ${name}`);
  return found;
}

/** All of them. @param {string} name @param {ParentNode} [root] */
export function parts(name, root = document) {
  return /** @type {HTMLElement[]} */ ([...root.querySelectorAll(`[data-part="${name}"]`)]);
}

/** @param {Element} element @param {boolean} there */
export function show(element, there) {
  element.toggleAttribute("hidden", !there);
}

/** A copy of what a template holds: its first element. @param {string} name @returns {HTMLElement} */
export function copyOf(name) {
  const found = part(name, HTMLTemplateElement).content.firstElementChild;
  return /** @type {HTMLElement} */ (found?.cloneNode(true));
}

/** @type {Record<string, string> | null} */
let brought = null;

/** The page's texts by their keys. @returns {Record<string, string>} */
export function texts() {
  brought ??= /** @type {Record<string, string>} */ (
    JSON.parse(part("texts", HTMLScriptElement).textContent ?? "{}")
  );
  return brought;
}

/** The text of a key with its fields. @param {string} key @param {Record<string, string | number>} [fields] */
export function say(key, fields = {}) {
  const template = texts()[key];
  if (template === undefined) throw new Error(`no text ${key}`);
  return template.replace(/\{(\w+)\}/g, (_, name) => String(fields[name] ?? ""));
}

/** What was refused, in a sentence, with its code for staff. @param {unknown} error */
export function refusal(error) {
  if (error instanceof Refused) {
    return error.title || `${say(error.status ? "sign.refused" : "sign.offline")} (${error.code})`;
  }
  if (error instanceof Invalid) {
    const own = texts()[error.code.replace(".", ".refusal.")];
    const known = own ?? texts()[`trustee.refusal.${error.code}`];
    return `${known ?? say("sign.refused")} (${error.code})`;
  }
  return say("sign.fault");
}

/**
 * Do what a button stands for: once at a time, refusals into the form's own `trouble`.
 * @param {HTMLFormElement} form
 * @param {() => Promise<void>} act
 */
export function onSubmit(form, act) {
  // Until here the button was disabled: a passphrase must never be sent as a form.
  part("go", HTMLButtonElement, form).disabled = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const [button, trouble] = [part("go", HTMLButtonElement, form), part("trouble", HTMLElement, form)];
    if (button.ariaBusy === "true") return;
    button.ariaBusy = "true";
    show(trouble, false);
    try {
      await act();
    } catch (error) {
      if (error instanceof Refused && error.code === "office.confirm") return confirmFresh();
      trouble.textContent = refusal(error);
      show(trouble, true);
    } finally {
      button.ariaBusy = "false";
    }
  });
}
