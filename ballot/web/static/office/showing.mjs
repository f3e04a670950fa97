/**
 * A draft as its page shows it: every member is written anew from the very document that will be
 * signed, and a document with a member that the page does not show is not signed
 * (ballot/web/readable.py makes the rows).
 *
 * @typedef {import("../client/definition.mjs").Definition} Definition
 * @typedef {{ kind: string, session: string, slot: string | null, minute: string,
 *   body: { [name: string]: any } }} Draft
 */

import { fromHex, toHex, unb64 } from "../client/bytes.mjs";
import { findSlot } from "../client/definition.mjs";
import { code, digest } from "../client/encoding.mjs";

/** All of China keeps one time, UTC+8. */
const CHINA = 8 * 3_600_000;

/**
 * The paths of all members that hold no others: `body.issued.0.tablet`.
 * @param {any} value
 * @param {string} path
 * @returns {string[]}
 */
export function leaves(value, path) {
  if (typeof value !== "object" || value === null) return [path];
  const found = Object.entries(value).flatMap(([name, entry]) => leaves(entry, `${path}.${name}`));
  return found.length ? found : [path];
}

/**
 * The members of a draft that none of these paths shows; a path shows all that is below it.
 * @param {Draft} draft
 * @param {string[]} paths
 */
export function hidden({ kind, session, slot, minute, body }, paths) {
  const said = Object.entries({ kind, session, slot, minute });
  const all = said.flatMap(([name, value]) => leaves(value, name));
  for (const [name, value] of Object.entries(body)) all.push(...leaves(value, `body.${name}`));
  return all.filter((leaf) => !paths.some((path) => leaf === path || leaf.startsWith(`${path}.`)));
}

/** The value at a path; undefined where there is none. @param {any} value @param {string} path */
export function valueAt(value, path) {
  return path.split(".").reduce((found, name) => found?.[name], value);
}

/**
 * A value as people read it, and the whole digest where that is its code.
 * @param {string} how as in ballot/web/readable.py
 * @param {any} value
 * @param {{ definition: Definition, slot: string | null }} about
 * @param {Record<string, string>} texts
 * @returns {{ shown: string, full: string }}
 */
export function shown(how, value, about, texts) {
  const full = fullOf(how, value);
  if (full) return { shown: code(fromHex(full)), full };
  return { shown: plain(how, value, about, texts), full: "" };
}

/** @param {string} how @param {any} value */
function fullOf(how, value) {
  if (how === "digest") return digest(value);
  if (how === "print") return toHex(unb64(value, 32));
  return how === "code" ? String(value) : "";
}

/** A time as people in the hall read it. @param {string} utc @param {Record<string, string>} texts */
export function minuteOf(utc, texts) {
  const at = new Date(Date.parse(utc) + CHINA).toISOString();
  return (texts["sign.minute"] ?? "").replace("{date}", at.slice(0, 10)).replace("{time}", at.slice(11, 16));
}

/**
 * @param {string} how @param {any} value @param {{ definition: Definition, slot: string | null }} about
 * @param {Record<string, string>} texts
 */
function plain(how, value, { definition, slot }, texts) {
  if (value === undefined) throw new Error("no such member");
  if (how === "slot") return `${findSlot(definition, value).vote.title} ${value}`;
  if (how === "item") {
    const item = slot && findSlot(definition, slot).vote.items.find(({ id }) => id === value);
    return item ? `${value} ${item.title}` : String(value);
  }
  if (how === "minute") return minuteOf(value, texts);
  if (how === "word") return texts[`sign.word.${value}`] ?? String(value);
  const none = value === null || value === "" || (typeof value === "object" && !Object.keys(value).length);
  return none ? texts["sign.none"] ?? "" : String(value);
}
