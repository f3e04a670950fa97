/**
 * What a trustee's worker does, without the worker: keys, ceremony, drill, seal, decryption. Arguments and answers can
 * be cloned; what is secret leaves encrypted only, but for the passphrase that comes in.
 *
 * @typedef {import("./ceremony.mjs").Progress} Progress
 * @typedef {import("./ceremony_board.mjs").Files} Files
 * @typedef {import("./nonces.mjs").Random} Random
 * @typedef {(done: number, total: number) => void} Told
 * @typedef {{ definition: Uint8Array, official: string, seed: string, passphrase: string }} Opened
 *   definition's bytes and the texts of two key files under one passphrase
 * @typedef {Omit<Opened, "seed"> & { lines: string[], slot: string, envelopes: Uint8Array[],
 *   journal: Journal, minute: string }} Closed all events, and the box of a round
 * @typedef {import("./trustee.mjs").Journal} Journal
 */

import { fromInteger, toHex, toInteger, utf8 } from "./bytes.mjs";
import { proceed } from "./ceremony.mjs";
import { decoded, placeOf } from "./ceremony_documents.mjs";
import { decodeDefinition } from "./definition.mjs";
import { makeDrill, requireShare } from "./drill.mjs";
import { Invalid } from "./errors.mjs";
import { groupNamed } from "./group.mjs";
import { lock, unlock } from "./keyfile.mjs";
import { dumps } from "./encoding.mjs";
import { signedDocument } from "./events.mjs";
import { publicKey, sign } from "./signing.mjs";
import { publicOf, secretOf } from "./threshold.mjs";
import { admit, decryptPartially, inspect } from "./trustee.mjs";
import { follow, requireSealed } from "./trustee_rounds.mjs";

const SHARE_SIZE = 32;

export class TrusteeJobs {
  #random;

  /** @param {Random} random */
  constructor(random) {
    this.#random = random;
  }

  /**
   * A new signing key: its key file, and the public key for the definition.
   * @param {{ owner: string, passphrase: string }} args @param {Told} [told]
   */
  async official({ owner, passphrase }, told) {
    const secret = this.#random(32);
    const header = { purpose: "official", owner, public: publicKey(secret), session: null };
    const file = decoded(await lock(header, secret, passphrase, this.#random, told));
    return { file, public: header.public };
  }

  /**
   * The key file of a fresh seed for one ceremony.
   * @param {Omit<Opened, "seed">} args @param {Told} [told]
   */
  async seed({ definition, official, passphrase }, told) {
    const place = await openPlace(definition, official, passphrase, told);
    const secret = this.#random(32);
    const header = seedHeader(place, secret);
    return decoded(await lock(header, secret, passphrase, this.#random, told));
  }

  /**
   * One look at the board. The share comes as its key file, once it is determined.
   * @param {Opened & { files: Files, seen: Files, drill: string | null, share: string | null }} args
   *   `share`: its key file, if it was made before
   * @param {Told} [told]
   */
  async step({ files, seen, drill, share: kept, ...opened }, told) {
    const { place, seed } = await openBoth(opened, told);
    const { share, ...progress } = await proceed(place, seed, files, seen, drill, told);
    if (share === null || kept !== null) return { ...progress, share: kept };
    const { session } = place.definition;
    const group = groupNamed(place.definition.group);
    const stated = group.ser(publicOf(group, BigInt(share)));
    const header = { purpose: "trustee", owner: place.id, public: stated, session };
    const secret = fromInteger(BigInt(share), SHARE_SIZE);
    const file = decoded(await lock(header, secret, opened.passphrase, this.#random, told));
    return { ...progress, share: file };
  }

  /**
   * The drill's document, from the two lines of the exported copy (B32, E30): `drill.incomplete`,
   * `drill.other_official`, `drill.share` and what a key file is refused by.
   * @param {Opened & { copy: string, trustees: string, minute: string }} args @param {Told} [told]
   */
  async drill({ copy, trustees, minute, ...opened }, told) {
    const { place, seed } = await openBoth(opened, told);
    const { passphrase } = opened;
    const lines = copy
      .replace(/^\ufeff/, "")
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean);
    const [official, share] = lines;
    if (lines.length !== 2 || !official || !share) throw new Invalid("drill.incomplete");
    const key = await unlock(utf8(official), passphrase, "official", null, told);
    if (key.header.owner !== place.id || toHex(key.secret) !== toHex(place.key)) {
      throw new Invalid("drill.other_official");
    }
    const { session } = place.definition;
    const found = await unlock(utf8(share), passphrase, "trustee", session, told);
    if (found.header.owner !== place.id) throw new Invalid("key.owner", found.header.owner);
    return makeDrill(place, seed, toInteger(found.secret), trustees, minute);
  }

  /**
   * Verify a box and seal it. Save the journal, then hand out the draft: `seal.…`, `ballot.…`.
   * @param {Closed} args @param {Told} [told]
   * @returns {Promise<{ journal: Journal, draft: string }>}
   */
  async seal({ lines, slot, envelopes, journal: before, minute, ...opened }, told) {
    const { definition, official, passphrase } = opened;
    const place = await openPlace(definition, official, passphrase);
    const { gate, stated, slips, sealed } = follow(place.definition, lines, slot);
    if (sealed.has(place.id)) throw new Invalid("seal.twice", "the events have this seal already");
    admit(before, slot, stated, minute); // before minutes of work
    const { seal } = inspect(gate, envelopes, stated, slips, told);
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
  async decrypt({ lines, slot, envelopes, journal: before, minute, share, ...opened }, told) {
    const { definition, official, passphrase } = opened;
    const place = await openPlace(definition, official, passphrase);
    const found = follow(place.definition, lines, slot);
    requireSealed(place.definition, found, found.stated);
    const { session } = place.definition;
    const file = await unlock(utf8(share), passphrase, "trustee", session);
    const secret = toInteger(file.secret);
    requireShare(place, secret, found.trustees);
    const box = inspect(found.gate, envelopes, found.stated, found.slips, told);
    const own = found.sealed.get(place.id);
    const known = own ? admit(before, slot, own, null) : before;
    const journal = admit(known, slot, box.seal, null);
    const partial = decryptPartially(found.gate, secret, box, this.#random);
    const body = { owner: place.index, partial };
    return { journal, draft: draft(place, "decrypted", slot, minute, body) };
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

/** @param {Uint8Array} definition @param {string} official @param {string} passphrase @param {Told} [told] */
async function openPlace(definition, official, passphrase, told) {
  const { header, secret } = await unlock(utf8(official), passphrase, "official", null, told);
  if (publicKey(secret) !== header.public) throw new Invalid("key.damaged", "another public key");
  return placeOf(decodeDefinition(definition), header.owner, secret);
}

/** @param {Opened} opened @param {Told} [told] */
async function openBoth({ definition, official, seed: file, passphrase }, told) {
  const place = await openPlace(definition, official, passphrase, told);
  const { session } = place.definition;
  const { header, secret } = await unlock(utf8(file), passphrase, "trustee", session, told);
  const expected = seedHeader(place, secret);
  if (header.owner !== place.id || header.public !== expected.public) {
    throw new Invalid("key.damaged", "the seed is of another trustee");
  }
  return { place, seed: secret };
}

/** @param {import("./ceremony_documents.mjs").Place} place @param {Uint8Array} seed */
function seedHeader({ definition, index, id }, seed) {
  const group = groupNamed(definition.group);
  const secret = secretOf(group, seed, definition.session, index, definition.threshold);
  const mark = group.ser(publicOf(group, secret.signing));
  return { purpose: "trustee", owner: id, public: mark, session: definition.session };
}
