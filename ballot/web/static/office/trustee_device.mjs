/**
 * What a trustee's browser does and keeps, without a picture of it: the ceremony, the copy, the
 * drill, seal and decryption. Whatever must not be forgotten is stored before anything that depends
 * on it leaves (attacks A12, E2).
 *
 * @typedef {import("./trustee_state.mjs").Kept} Kept
 * @typedef {import("./trustee_state.mjs").Shown} Shown
 * @typedef {import("./trustee_workers.mjs").Told} Told
 * @typedef {import("../client/trustee.mjs").Journal} Journal
 * @typedef {import("../client/trustee.mjs").Seal} Seal
 */

import { utf8 } from "../client/bytes.mjs";
import { decodeDefinition } from "../client/definition.mjs";
import { loads } from "../client/encoding.mjs";
import { Invalid } from "../client/errors.mjs";
import { fileName } from "../client/ceremony_documents.mjs";
import { readHeader } from "../client/keyfile.mjs";
import { api, Refused } from "./api.mjs";
import { remember } from "./checked_boxes.mjs";
import { begun } from "./trustee_state.mjs";
import { Texts } from "./trustee_texts.mjs";
import { Workers } from "./trustee_workers.mjs";

export class Device {
  #workers = new Workers();
  #texts;
  /** @type {Shown} */
  board = { conflicts: [], documents: [], number: 1, state: "" };
  /** @type {string[]} */
  lines = [];
  /** @type {any[]} */
  events = [];
  isOpen = false;
  /** Slot → the box as it was fetched, for a trustee off line. @type {Map<string, string>} */
  boxes = new Map();
  /** The joint key's bytes, as this device found them. @type {string | null} */
  trustees = null;
  /** The first digest of a board that the worker has not looked at. */
  #looked = "";

  /** @param {Uint8Array} raw the definition's bytes @param {string} me @param {string} box the box's origin */
  constructor(raw, me, box) {
    this.raw = raw;
    this.definition = decodeDefinition(raw);
    this.me = me;
    this.box = box;
    this.index = this.definition.trustees.indexOf(me) + 1;
    this.#texts = new Texts(this.definition.session);
  }

  /** Read what the device keeps. */
  async load() {
    await this.#texts.load();
  }

  /** @param {import("./trustee_texts.mjs").Name} name */
  has(name) {
    return this.#texts.get(name) !== null;
  }

  /** Whether the signing key here is the one that the definition names. */
  get isNamed() {
    const named = this.definition.officers.find(({ id }) => id === this.me)?.publicKey;
    return readHeader(utf8(this.#texts.get("official") ?? "")).public === named;
  }

  /** @returns {Kept | null} */
  get kept() {
    const text = this.#texts.get("ceremony");
    return text ? JSON.parse(text) : null;
  }

  /** Whether the keys are ready. */
  get isOver() {
    return this.events.some(({ kind }) => kind === "keys_ready");
  }

  /** Whether the definition is adopted. */
  get isAdopted() {
    return this.events.some(({ kind }) => kind === "adopted");
  }

  /** Slots that this device never seals: its key was restored when they were under way. @returns {string[]} */
  get barred() {
    const text = this.#texts.get("journal");
    return (text && JSON.parse(text).restored) || [];
  }

  /** The exported copy: the two key files, one a line. */
  get copy() {
    return `${this.#texts.get("official")}\n${this.#texts.get("share")}\n`;
  }

  /** Both lines of the copy, for the printed sheet. */
  get copyLines() {
    return this.copy.trim().split("\n");
  }

  /** What is new on the board and among the events; whether anything was. */
  async refresh() {
    const [board, lines] = await Promise.all([
      api.get(`/api/ceremony?known=${this.board.state}`),
      api.lines(`/api/events?after=${this.lines.length}`),
    ]);
    if (board) this.board = board;
    this.lines.push(...lines);
    this.events.push(...lines.map((line) => JSON.parse(line)));
    return Boolean(board) || lines.length > 0;
  }

  /** The passphrase of this visit; it stays in the worker. @param {string} passphrase @param {Told} told */
  async open(passphrase, told) {
    await this.#call("open", { passphrase }, told);
    this.isOpen = true;
  }

  /** Begin: a fresh seed for the board in use. */
  async begin() {
    const seed = await this.#call("seed", {});
    // The seed first: without what was seen it begins at the first step again.
    await this.#texts.put("seed", seed);
    await this.#keep(begun(this.board.number));
    this.#looked = "";
  }

  /**
   * Everything that can be done now; throws `Invalid` where a document is wrong, and `Refused` where
   * the service does not take one. `ceremony.renewed`: a new board that this device did not agree to.
   */
  async advance() {
    const kept = this.kept;
    if (!kept || !this.has("seed") || this.isOver || this.#looked === this.board.state) return;
    if (kept.number !== this.board.number) {
      if (!kept.agreed) throw new Invalid("ceremony.renewed", String(this.board.number));
      // The old share stays in its envelope until the keys are ready.
      await this.#texts.drop("share");
      await this.#texts.drop("journal");
      return this.begin();
    }
    const { state } = this.board;
    const files = Object.fromEntries(this.board.documents.map(({ name, text }) => [name, text]));
    const args = { seed: this.#texts.get("seed"), share: this.#texts.get("share"), files };
    const found = await this.#call("step", { ...args, seen: kept.seen, drill: kept.drill });
    if (found.share && !this.has("share")) {
      if (!this.has("journal")) await this.#texts.put("journal", JSON.stringify(this.#journal(null)));
      await this.#texts.put("share", found.share);
    }
    await this.#keep({ ...kept, seen: found.seen, own: { ...kept.own, ...found.documents } });
    this.trustees = found.trustees;
    for (const [name, text] of Object.entries(found.documents)) {
      if (files[name] !== text) await this.hand(name, text);
    }
    // Everyone has signed and nothing was published: the last one's answer may have been lost.
    if (found.event) await this.hand(fileName("ready", this.index), this.#own("ready"));
    this.#looked = state;
  }

  /** Put a document on the board. @param {string} name @param {string} text */
  async hand(name, text) {
    this.board = await api.post(
      `/api/ceremony/${this.board.number}/${name}`,
      loads(utf8(text)),
    );
  }

  /** The copy was saved or printed. */
  async exported() {
    const kept = this.kept;
    if (kept) await this.#keep({ ...kept, exported: true });
  }

  /** The drill with a copy that was read back. @param {string} copy @param {string} passphrase @param {Told} told */
  async practise(copy, passphrase, told) {
    const kept = this.kept;
    if (!kept || this.trustees === null) throw new Invalid("drill.too_early");
    const seed = this.#texts.get("seed");
    const minute = thisMinute();
    const args = { seed, copy, passphrase, trustees: this.trustees, minute };
    const drill = await this.#call("drill", args, told);
    await this.#keep({ ...kept, drill });
    this.#looked = "";
  }

  /** Sign that this board is given up; with all trustees' signatures a new one begins. */
  async renew() {
    const { number } = this.board;
    const text = await this.#call("renewal", { number });
    const kept = this.kept ?? begun(number);
    await this.#keep({ ...kept, agreed: true });
    await this.hand(fileName("renewal", this.index), text);
    this.#looked = "";
  }

  /**
   * Take over the keys of a copy on a device that has lost its own. `restored`: the slots that it
   * must not seal.
   * @param {string} copy @param {string} passphrase @param {string[]} restored @param {Told} told
   */
  async restore(copy, passphrase, restored, told) {
    const ready = this.events.find(({ kind }) => kind === "keys_ready");
    const trustees = ready?.body.trustees ?? "";
    const args = { definition: this.raw, copy, passphrase, trustees };
    const found = await this.#workers.call("restore", args, told);
    if (found.id !== this.me) throw new Invalid("key.owner", found.id);
    await this.#texts.put("journal", JSON.stringify(this.#journal(restored)));
    await this.#texts.put("official", found.official);
    await this.#texts.put("share", found.share);
    this.isOpen = true;
  }

  /** The seed has done its work. */
  async forgetCeremony() {
    if (this.has("seed")) await this.#texts.drop("seed");
  }

  /**
   * Fetch the box of a closed round from where it stands, and verify every ballot: what it is, and
   * what was stated.
   * @param {string} slot @param {Told} told
   * @returns {Promise<{ own: Seal, stated: Seal }>}
   */
  async read(slot, told) {
    const order = await this.#call("order", { kind: "fetch_box", slot });
    const round = { definition: this.raw, lines: this.lines, slot };
    const box = await fetchBox(this.box, order);
    this.boxes.set(slot, box);
    const envelopes = box.split("\n").filter(Boolean).map(utf8);
    const parts = await this.#workers.read(round, envelopes, told);
    const { own, stated, sums } = await this.#workers.call("verify", { ...round, parts });
    const { fingerprint, root } = own;
    await remember(this.definition.session, slot, { fingerprint, root, sums });
    return { own, stated };
  }

  /** Seal the box that was read. @param {string} slot */
  async seal(slot) {
    await this.#signed("seal", { slot });
  }

  /** Decrypt the sum of the box that was read. @param {string} slot */
  async decrypt(slot) {
    await this.#signed("decrypt", { slot, share: this.#texts.get("share") });
  }

  /** The journal is stored before the signature leaves. @param {string} job @param {object} args */
  async #signed(job, args) {
    const text = this.#texts.get("journal");
    if (!text) throw new Invalid("seal.journal");
    const more = { lines: this.lines, journal: JSON.parse(text), minute: thisMinute() };
    const { journal, draft } = await this.#call(job, { ...args, ...more });
    await this.#texts.put("journal", JSON.stringify(journal));
    await api.post("/api/events", loads(utf8(draft)));
  }

  /** @param {string[] | null} restored @returns {Journal & { kind: string, version: number }} */
  #journal(restored) {
    const { session } = this.definition;
    return { kind: "seal_journal", owner: this.me, restored, rounds: [], session, version: 1 };
  }

  /** @param {string} step */
  #own(step) {
    return this.kept?.own[fileName(step, this.index)] ?? "";
  }

  /** @param {string} job @param {object} args @param {Told} [told] */
  async #call(job, args, told) {
    try {
      const own = { definition: this.raw, official: this.#texts.get("official") };
      return await this.#workers.call(job, { ...own, ...args }, told);
    } catch (error) {
      if (error instanceof Invalid && error.code === "key.locked") this.isOpen = false;
      throw error;
    }
  }

  /** @param {Kept} kept */
  #keep(kept) {
    return this.#texts.put("ceremony", JSON.stringify(kept));
  }
}

/** The envelopes of a halted round, a line each, straight from the box. @param {string} box @param {string} order */
async function fetchBox(box, order) {
  const headers = { "content-type": "application/json" };
  /** @type {Response} */
  let answer;
  try {
    const sent = { method: "POST", headers, body: order };
    answer = await fetch(`${box}/orders`, { ...sent, credentials: "omit", cache: "no-store" });
  } catch {
    throw new Refused("box.away", 0, "");
  }
  if (!answer.ok) {
    const { code = "box.away", title = "" } = await answer.json().catch(() => ({}));
    throw new Refused(code, answer.status, title);
  }
  return answer.text();
}

/** UTC, as events write it. */
function thisMinute() {
  return `${new Date().toISOString().slice(0, 16)}Z`;
}
