/** The texts that a trustee's browser keeps of one session (keys.mjs), and a copy of them at hand. */

import { getKey, putKey, removeKey } from "./keys.mjs";

/** @typedef {"official" | "seed" | "share" | "ceremony" | "journal"} Name */

const NAMES = /** @type {const} */ (["official", "seed", "share", "ceremony", "journal"]);

export class Texts {
  /** @type {Map<Name, string>} */
  #known = new Map();
  #session;

  /** @param {string} session */
  constructor(session) {
    this.#session = session;
  }

  async load() {
    for (const name of NAMES) {
      const text = await getKey(this.#at(name));
      if (text !== null) this.#known.set(name, text);
    }
  }

  /** @param {Name} name @returns {string | null} */
  get(name) {
    return this.#known.get(name) ?? null;
  }

  /** Stored when this resolves. @param {Name} name @param {string} text */
  async put(name, text) {
    await putKey(this.#at(name), text);
    this.#known.set(name, text);
  }

  /** @param {Name} name */
  async drop(name) {
    await removeKey(this.#at(name));
    this.#known.delete(name);
  }

  /** @param {Name} name */
  #at(name) {
    return name === "official" ? name : `${name}:${this.#session}`;
  }
}
