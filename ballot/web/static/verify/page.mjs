/** The parts and texts that the page brings along; no text and no markup stands in a script. */

/**
 * @template {Element} T
 * @param {string} name
 * @param {new () => T} type
 * @param {ParentNode} [within]
 * @returns {T}
 */
export function part(name, type, within = document) {
  const element = within.querySelector(`[data-part="${name}"]`);
  if (element instanceof type) return element;
  throw new TypeError(`the page lacks its part ${name}`);
}

/** A new element from a template of the page. @param {string} name */
export function made(name) {
  const { firstElementChild } = part(name, HTMLTemplateElement).content;
  return /** @type {HTMLElement} */ (document.importNode(/** @type {Element} */ (firstElementChild), true));
}

/** @type {Record<string, string>} */
const TEXTS = JSON.parse(part("texts", HTMLScriptElement).text);

/** Whether there is a text `verify.<key>`. @param {string} key */
export function known(key) {
  return Object.hasOwn(TEXTS, `verify.${key}`);
}

/** The text `verify.<key>` with its fields. @param {string} key @param {Record<string, unknown>} [fields] */
export function text(key, fields = {}) {
  const found = TEXTS[`verify.${key}`];
  if (found === undefined) throw new TypeError(`the page lacks the text verify.${key}`);
  return found.replace(/\{(\w+)\}/g, (_, name) => String(fields[name]));
}
