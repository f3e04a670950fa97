/**
 * The keys that a trustee opened in this visit: they live in the worker alone, and `forget` ends
 * them. A passphrase is typed once; whatever the page stores stays encrypted under it.
 *
 * @typedef {import("./keyfile.mjs").KeyHeader} KeyHeader
 * @typedef {import("./keyfile.mjs").Progress} Progress
 * @typedef {import("./nonces.mjs").Random} Random
 * @typedef {{ header: KeyHeader, secret: Uint8Array }} Key
 */

import { utf8 } from "./bytes.mjs";
import { Invalid } from "./errors.mjs";
import { lock, unlock } from "./keyfile.mjs";

export class Keyring {
  #random;
  /** @type {string | null} */
  #passphrase = null;
  /** Text of a key file → what is in it. @type {Map<string, Key>} */
  #opened = new Map();

  /** @param {Random} random */
  constructor(random) {
    this.#random = random;
  }

  /** Until the next passphrase nothing can be opened. */
  forget() {
    for (const { secret } of this.#opened.values()) secret.fill(0);
    this.#opened.clear();
    this.#passphrase = null;
  }

  /** Whether a passphrase that opened something is known. */
  get isOpen() {
    return this.#passphrase !== null;
  }

  /**
   * What a key file holds; as `unlock`, and `key.locked` without a passphrase. One that opens a
   * file is remembered, and what it opened.
   * @param {string} file @param {string | null | undefined} passphrase null: the one that is known
   * @param {string} purpose @param {string | null} session @param {Progress} [told]
   * @returns {Promise<Key>}
   */
  async open(file, passphrase, purpose, session, told) {
    const given = passphrase ?? this.#known;
    const known = this.#opened.get(file);
    if (known && given === this.#passphrase) {
      if (known.header.purpose !== purpose) throw new Invalid("key.purpose", purpose);
      if (known.header.session !== session) throw new Invalid("key.session");
      return known;
    }
    const found = await unlock(utf8(file), given, purpose, session, told);
    this.#keep(given, file, found);
    return found;
  }

  /**
   * The key file of a secret, under that passphrase or the one that is known.
   * @param {KeyHeader} header @param {Uint8Array} secret @param {string | null | undefined} passphrase
   * @param {Progress} [told]
   */
  async lock(header, secret, passphrase, told) {
    const given = passphrase ?? this.#known;
    const file = new TextDecoder().decode(await lock(header, secret, given, this.#random, told));
    this.#keep(given, file, { header, secret });
    return file;
  }

  get #known() {
    if (this.#passphrase === null) throw new Invalid("key.locked", "the passphrase is not known");
    return this.#passphrase;
  }

  /** @param {string} passphrase @param {string} file @param {Key} key */
  #keep(passphrase, file, { header, secret }) {
    if (passphrase !== this.#passphrase) this.forget();
    this.#passphrase = passphrase;
    this.#opened.set(file, { header, secret: secret.slice() });
  }
}
