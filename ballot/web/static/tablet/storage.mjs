// What a tablet keeps, and for how long (people.md §10.4; attacks C23, D17, E31).
//
// A paired tablet keeps the pinned session, what it drew until the signatures verify, the unused
// tokens, and the envelope from 投出 to the answer in local storage, which a killed browser does
// not lose; marks and the way the page looks, in session storage. A shared tablet keeps the pinned
// session alone: everything else is in memory and gone with the document.

/**
 * @typedef {import("./core.mjs").Pending} Pending
 * @typedef {import("./core.mjs").Token} Token
 * @typedef {{slot: string, tracker: string, envelope: string}} Outgoing `envelope` is its text
 * @typedef {{size?: string, theme?: string, lang?: string, voice?: string}} Look
 */

const KEYS = /** @type {const} */ ({
  pin: "ballot.session",
  device: "ballot.device",
  pending: "ballot.pending",
  wallet: "ballot.wallet",
  outgoing: "ballot.outgoing",
  marks: "ballot.marks",
  look: "ballot.look",
});

export class StorageRefused extends Error {}

/** What a document forgets when it ends. @implements {Pick<Storage, "getItem" | "setItem" | "removeItem">} */
class Memory {
  /** @type {Map<string, string>} */
  #items = new Map();

  /** @param {string} key */
  getItem(key) {
    return this.#items.get(key) ?? null;
  }

  /** @param {string} key @param {string} value */
  setItem(key, value) {
    this.#items.set(key, value);
  }

  /** @param {string} key */
  removeItem(key) {
    this.#items.delete(key);
  }
}

export class Store {
  /** @type {Pick<Storage, "getItem" | "setItem" | "removeItem">} */
  #kept = localStorage;
  /** @type {Pick<Storage, "getItem" | "setItem" | "removeItem">} */
  #held = sessionStorage;

  /** From now on nothing but the pin is written to the device (shared tablets). */
  forgetful() {
    this.#kept = new Memory();
    this.#held = new Memory();
  }

  /** Whether the device takes what we give it; a full or refused storage must show before a token is asked for. */
  static usable() {
    const probe = "x".repeat(200_000); // more than a wallet of forty slots
    try {
      for (const area of [localStorage, sessionStorage]) {
        area.setItem("ballot.probe", probe);
        const same = area.getItem("ballot.probe") === probe;
        area.removeItem("ballot.probe");
        if (!same) return false;
      }
      return true;
    } catch {
      return false;
    }
  }

  /** Session digest of the pinned definition. @returns {string | null} */
  get pin() {
    return localStorage.getItem(KEYS.pin);
  }

  /** @param {string} session */
  setPin(session) {
    this.#write(localStorage, KEYS.pin, session);
  }

  /** The device secret of an open check-in, base64url. @returns {string | null} */
  get device() {
    return this.#kept.getItem(KEYS.device);
  }

  /** @param {string | null} secret */
  setDevice(secret) {
    this.#put(this.#kept, KEYS.device, secret);
  }

  /** What was drawn and not yet answered. @returns {Pending | null} */
  get pending() {
    return this.#read(this.#kept, KEYS.pending);
  }

  /** @param {Pending} pending */
  setPending(pending) {
    this.#write(this.#kept, KEYS.pending, JSON.stringify(pending));
  }

  /** The tokens not yet used, by slot. @returns {Record<string, Token>} */
  get wallet() {
    return this.#read(this.#kept, KEYS.wallet) ?? {};
  }

  /** Keep the tokens; blinding factors and requests are erased in the same breath. @param {Record<string, Token>} wallet */
  setWallet(wallet) {
    const empty = Object.keys(wallet).length === 0;
    this.#put(this.#kept, KEYS.wallet, empty ? null : JSON.stringify(wallet));
    this.#kept.removeItem(KEYS.pending);
  }

  /** Erase tokens that no round can use any more. @param {(slot: string) => boolean} dead */
  dropTokens(dead) {
    const wallet = this.wallet;
    const left = Object.entries(wallet).filter(([slot]) => !dead(slot));
    if (left.length < Object.keys(wallet).length) this.setWallet(Object.fromEntries(left));
  }

  /** What was sent, or is about to be, and has no answer yet. @returns {Outgoing | null} */
  get outgoing() {
    return this.#read(this.#kept, KEYS.outgoing);
  }

  /** The envelope's bytes take the place of the marks, before the first send. @param {Outgoing} outgoing */
  setOutgoing(outgoing) {
    this.#write(this.#kept, KEYS.outgoing, JSON.stringify(outgoing));
    this.#held.removeItem(KEYS.marks);
  }

  /** After a receipt or a final refusal. `used`: the token is spent as well. @param {boolean} used */
  settle(used) {
    const slot = this.outgoing?.slot;
    this.#kept.removeItem(KEYS.outgoing);
    this.#held.removeItem(KEYS.marks);
    if (used && slot !== undefined) this.dropTokens((one) => one === slot);
  }

  /** The marks of a slot. @param {string} slot @returns {string[] | null} */
  marks(slot) {
    const found = this.#read(this.#held, KEYS.marks);
    return found?.slot === slot ? found.marks : null;
  }

  /** @param {string} slot @param {string[] | null} marks */
  setMarks(slot, marks) {
    this.#put(this.#held, KEYS.marks, marks && JSON.stringify({ slot, marks }));
  }

  /** Size, contrast and language of this deputy. @returns {Look} */
  get look() {
    return this.#read(this.#held, KEYS.look) ?? {};
  }

  /** @param {Look | null} look */
  setLook(look) {
    this.#put(this.#held, KEYS.look, look && JSON.stringify(look));
  }

  /** Everything of this deputy; with `pin`, of this session too. @param {boolean} pin */
  wipe(pin) {
    const kept = pin ? null : this.pin;
    localStorage.clear();
    sessionStorage.clear();
    this.forgetful();
    if (kept) this.setPin(kept);
  }

  /** @param {Pick<Storage, "getItem">} area @param {string} key @returns {any} */
  #read(area, key) {
    const text = area.getItem(key);
    return text === null ? null : JSON.parse(text);
  }

  /** @param {Pick<Storage, "setItem" | "removeItem">} area @param {string} key @param {string | null} text */
  #put(area, key, text) {
    if (text === null) area.removeItem(key);
    else this.#write(area, key, text);
  }

  /** @param {Pick<Storage, "setItem">} area @param {string} key @param {string} text */
  #write(area, key, text) {
    try {
      area.setItem(key, text);
    } catch (error) {
      throw new StorageRefused(String(error));
    }
  }
}
