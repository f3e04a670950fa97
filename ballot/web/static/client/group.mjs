/**
 * The two groups of the project by name, with constants that live in code (attacks A3, A4);
 * mirrors ballot/crypto/group.py. Source: belenios-format.md §2.
 */

import { Belenios2048 } from "./group_2048.mjs";
import { Ed25519 } from "./group_ed25519.mjs";
import { Invalid } from "./errors.mjs";

/**
 * @typedef {import("./group_base.mjs").Group} Group
 * @typedef {import("./group_base.mjs").Element} Element
 */

/** @type {Readonly<{ [name: string]: Group }>} */
export const GROUPS = Object.freeze({
  Ed25519: new Ed25519(),
  "BELENIOS-2048": new Belenios2048(),
});

/**
 * The group of that name; a document can only name one (attack A3).
 * @param {string} name
 * @returns {Group}
 */
export function groupNamed(name) {
  const found = Object.hasOwn(GROUPS, name) ? GROUPS[name] : undefined;
  if (!found) throw new Invalid("group.unknown", `not one of ${Object.keys(GROUPS).join(", ")}`);
  return found;
}
