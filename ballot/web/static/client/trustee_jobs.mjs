/**
 * What a trustee's worker does, without the worker: keys, ceremony, drill, seal, decryption. Arguments and answers can
 * be cloned; what is secret leaves encrypted only, but for the passphrase that comes in. It is remembered until
 * `forget`: where `passphrase` is null or missing, the last one that opened a file is meant.
 *
 * @typedef {import("./ceremony_board.mjs").Files} Files
 * @typedef {import("./nonces.mjs").Random} Random
 * @typedef {import("./trustee.mjs").Box} Box
 * @typedef {import("./trustee.mjs").Journal} Journal
 * @typedef {import("./trustee.mjs").Part} Part
 * @typedef {import("./trustee_opening.mjs").Owned} Owned
 * @typedef {import("./trustee_opening.mjs").Opened} Opened
 * @typedef {(done: number, total: number) => void} Told
 * @typedef {{ definition: Uint8Array, lines: string[], slot: string }} Round all events
 * @typedef {Owned & Round & { envelopes?: Uint8Array[], journal: Journal, minute: string }} Closed
 *   without `envelopes`: as `verify` read the box before
 */

import { fromInteger, toHex, toInteger } from "./bytes.mjs";
import { proceed } from "./ceremony.mjs";
import { decoded, write } from "./ceremony_documents.mjs";
import { decodeDefinition } from "./definition.mjs";
import { makeDrill, requireShare } from "./drill.mjs";
import { dumps } from "./encoding.mjs";
import { Invalid } from "./errors.mjs";
import { signedDocument } from "./events.mjs";
import { groupNamed } from "./group.mjs";
import { Keyring } from "./keyring.mjs";
import { publicKey, sign } from "./signing.mjs";
import { publicOf } from "./threshold.mjs";
import { admit, decryptPartially, inspect, join, requireRound, requireSame, spelled } from "./trustee.mjs";
import * as opening from "./trustee_opening.mjs";
import { follow, requireSealed } from "./trustee_rounds.mjs";

const SHARE_SIZE = 32;

export class TrusteeJobs {
  #random;
  #keys;
  /** Slot → the box that was verified last. @type {Map<string, Box>} */
  #boxes = new Map();

  /** @param {Random} random */
  constructor(random) {
    this.#random = random;
    this.#keys = new Keyring(random);
  }

  /** Until the next passphrase no key is open. */
  forget() {
    this.#keys.forget();
  }

  /** Whether a passphrase is remembered. */
  isOpen() {
    return this.#keys.isOpen;
  }

  /**
   * Open the signing key for this visit; where its owner stands among the trustees.
   * @param {Owned} args @param {Told} [told]
   */
  async open(args, told) {
    const { id, index } = await opening.place(this.#keys, args, told);
    return { id, index };
  }

  /**
   * A new signing key: its key file, and the public key for the definition.
   * @param {{ owner: string, passphrase: string }} args @param {Told} [told]
   */
  async official({ owner, passphrase }, told) {
    const secret = this.#random(32);
    const header = { purpose: "official", owner, public: publicKey(secret), session: null };
    const file = await this.#keys.lock(header, secret, passphrase, told);
    return { file, public: header.public };
  }

  /**
   * Sign documents with an official's key; so it is also proved that a file and a passphrase open
   * that key: what `unlock` refuses, and `key.owner` for a file of somebody else.
   * @param {{ owner: string, official: string, passphrase?: string | null,
   *   documents: { kind: string, document: import("./encoding.mjs").Json }[] }} args @param {Told} [told]
   */
  async sign({ owner, official, passphrase, documents }, told) {
    const { header, secret } = await opening.official(this.#keys, official, passphrase, told);
    if (header.owner !== owner) throw new Invalid("key.owner", header.owner);
    const signatures = documents.map(({ kind, document }) => sign(secret, kind, document));
    return { public: header.public, signatures };
  }

  /**
   * The signed order to a service that a trustee may give: `fetch_box`.
   * @param {Owned & { kind: string, slot: string }} args @param {Told} [told]
   */
  async order({ kind, slot, ...owned }, told) {
    const { definition, id, key } = await opening.place(this.#keys, owned, told);
    const { session } = definition;
    const order = { kind, role: "trustee", session, signer: id, slot };
    return decoded(dumps({ ...order, signature: sign(key, kind, order) }));
  }

  /**
   * The key file of a fresh seed for one ceremony.
   * @param {Owned} args @param {Told} [told]
   */
  async seed(args, told) {
    const place = await opening.place(this.#keys, args, told);
    const secret = this.#random(32);
    return this.#keys.lock(opening.seedHeader(place, secret), secret, args.passphrase, told);
  }

  /**
   * One look at the board. The share comes as its key file, once it is determined.
   * @param {Opened & { files: Files, seen: Files, drill: string | null, share: string | null }} args
   *   `share`: its key file, if it was made before
   * @param {Told} [told]
   */
  async step({ files, seen, drill, share: kept, ...opened }, told) {
    const { place, seed } = await opening.both(this.#keys, opened, told);
    const { share, ...progress } = await proceed(place, seed, files, seen, drill, told);
    if (share === null || kept !== null) return { ...progress, share: kept };
    const { session } = place.definition;
    const group = groupNamed(place.definition.group);
    const stated = group.ser(publicOf(group, BigInt(share)));
    const header = { purpose: "trustee", owner: place.id, public: stated, session };
    const secret = fromInteger(BigInt(share), SHARE_SIZE);
    const file = await this.#keys.lock(header, secret, opened.passphrase, told);
    return { ...progress, share: file };
  }

  /**
   * The document that gives up the board of that number; a new one begins when all have signed one.
   * @param {Owned & { number: number }} args @param {Told} [told]
   */
  async renewal({ number, ...owned }, told) {
    return write(await opening.place(this.#keys, owned, told), "renewal", { number });
  }

  /**
   * The drill's document, from the two lines of the exported copy (B32, E30), which the passphrase
   * opens anew: `drill.incomplete`, `drill.other_official`, `drill.share` and what a key file is
   * refused by.
   * @param {Opened & { copy: string, passphrase: string, trustees: string, minute: string }} args
   * @param {Told} [told]
   */
  async drill({ copy, trustees, minute, ...opened }, told) {
    const { place, seed } = await opening.both(this.#keys, opened, told);
    const found = await opening.copy(copy, opened.passphrase, place.definition.session, told);
    if (found.owner !== place.id || toHex(found.key) !== toHex(place.key)) {
      throw new Invalid("drill.other_official");
    }
    return makeDrill(place, seed, found.share, trustees, minute);
  }

  /**
   * The key files of a copy for a device that has lost its own, opened and found to belong to
   * `trustees`, the joint key of this session.
   * @param {{ definition: Uint8Array, copy: string, passphrase: string, trustees: string }} args
   * @param {Told} [told]
   */
  async restore({ definition, copy, passphrase, trustees }, told) {
    const { session } = decodeDefinition(definition);
    const { files, share } = await opening.copy(copy, passphrase, session, told);
    const { official } = files;
    const place = await opening.place(this.#keys, { definition, official, passphrase }, told);
    requireShare(place, share, trustees);
    return { id: place.id, ...files };
  }

  /**
   * Read a closed box, in parts that other workers verified: what it is, its sums as texts, and what was
   * stated.
   * @param {Round & { parts: Part[] }} args
   */
  verify({ definition, lines, slot, parts }) {
    const { gate, stated, slips } = follow(decodeDefinition(definition), lines, slot);
    requireRound(gate, stated);
    const box = join(gate, parts, slips);
    this.#boxes.set(slot, box);
    return { own: box.seal, stated, sums: spelled(gate.group, box.sums) };
  }

  /**
   * Verify a box and seal it. Save the journal, then hand out the draft: `seal.…`, `ballot.…`.
   * @param {Closed} args @param {Told} [told]
   * @returns {Promise<{ journal: Journal, draft: string }>}
   */
  async seal({ lines, slot, envelopes, journal: before, minute, ...owned }, told) {
    const place = await opening.place(this.#keys, owned);
    const found = follow(place.definition, lines, slot);
    const { stated, sealed } = found;
    if (sealed.has(place.id)) throw new Invalid("seal.twice", "the events have this seal already");
    admit(before, slot, stated, minute); // before minutes of work
    const { seal } = this.#box(found, slot, envelopes, told);
    const journal = admit(before, slot, seal, minute);
    // The same box sealed again gives the same draft.
    const first = journal.rounds.find((one) => one.slot === slot)?.minute ?? minute;
    return { journal, draft: draft(place, "sealed", slot, first, { ...seal }) };
  }

  /**
   * Decrypt exactly a box that q trustees have sealed. Save the journal, then hand out the draft.
   * @param {Closed & { share: string }} args `share`: its key file
   * @param {Told} [told]
   * @returns {Promise<{ journal: Journal, draft: string }>}
   */
  async decrypt({ lines, slot, envelopes, journal: before, minute, share, ...owned }, told) {
    const place = await opening.place(this.#keys, owned);
    const found = follow(place.definition, lines, slot);
    requireSealed(place.definition, found, found.stated);
    const { session } = place.definition;
    const file = await this.#keys.open(share, owned.passphrase, "trustee", session);
    const secret = toInteger(file.secret);
    requireShare(place, secret, found.trustees);
    const box = this.#box(found, slot, envelopes, told);
    const own = found.sealed.get(place.id);
    const known = own ? admit(before, slot, own, null) : before;
    const journal = admit(known, slot, box.seal, null);
    const partial = decryptPartially(found.gate, secret, box, this.#random);
    const body = { owner: place.index, partial };
    return { journal, draft: draft(place, "decrypted", slot, minute, body) };
  }

  /**
   * The stated box of a round, all of it verified by this client.
   * @param {import("./trustee_rounds.mjs").Told} found @param {string} slot
   * @param {Uint8Array[] | undefined} envelopes @param {Told} [told]
   */
  #box({ gate, stated, slips }, slot, envelopes, told) {
    if (envelopes) return inspect(gate, envelopes, stated, slips, told);
    const box = this.#boxes.get(slot);
    if (!box) throw new Invalid("seal.unread", slot);
    requireRound(gate, stated);
    requireSame(box.seal, stated);
    return box;
  }
}

/**
 * A draft with the trustee's signature, as `POST /api/events` takes it.
 * @param {import("./ceremony_documents.mjs").Place} place @param {string} kind @param {string} slot
 * @param {string} minute @param {any} body
 */
function draft({ definition: { session }, id, key }, kind, slot, minute, body) {
  const event = /** @type {any} */ ({ body, kind, minute, session, slot });
  const signature = sign(key, kind, signedDocument(event, id, "trustee"));
  const signatures = [{ role: "trustee", signature, signer: id }];
  return decoded(dumps({ ...event, signatures }));
}
