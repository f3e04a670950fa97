/**
 * A trustee's key files opened: whose they are, and that they belong to this session.
 *
 * @typedef {import("./ceremony_documents.mjs").Place} Place
 * @typedef {import("./keyring.mjs").Keyring} Keyring
 * @typedef {(done: number, total: number) => void} Told
 * @typedef {{ definition: Uint8Array, official: string, passphrase?: string | null }} Owned
 *   definition's bytes and the text of the official's key file
 * @typedef {Owned & { seed: string }} Opened and that of the ceremony's seed
 */

import { toInteger, utf8 } from "./bytes.mjs";
import { placeOf } from "./ceremony_documents.mjs";
import { decodeDefinition } from "./definition.mjs";
import { Invalid } from "./errors.mjs";
import { groupNamed } from "./group.mjs";
import { readHeader, unlock } from "./keyfile.mjs";
import { publicKey } from "./signing.mjs";
import { publicOf, secretOf } from "./threshold.mjs";

/**
 * The signing key in a key file; `key.damaged` where it is not that of the public key.
 * @param {Keyring} keys @param {string} file @param {string | null | undefined} passphrase @param {Told} [told]
 */
export async function official(keys, file, passphrase, told) {
  const found = await keys.open(file, passphrase, "official", null, told);
  return checked(found);
}

/** @param {import("./keyring.mjs").Key} found */
function checked(found) {
  if (publicKey(found.secret) !== found.header.public) {
    throw new Invalid("key.damaged", "another public key");
  }
  return found;
}

/** The place of its owner among the trustees. @param {Keyring} keys @param {Owned} owned @param {Told} [told] */
export async function place(keys, { definition, official: file, passphrase }, told) {
  const { header, secret } = await official(keys, file, passphrase, told);
  return placeOf(decodeDefinition(definition), header.owner, secret);
}

/** The place, and the seed of the ceremony. @param {Keyring} keys @param {Opened} opened @param {Told} [told] */
export async function both(keys, { seed: file, ...owned }, told) {
  const found = await place(keys, owned, told);
  const { session } = found.definition;
  const { header, secret } = await keys.open(file, owned.passphrase, "trustee", session, told);
  const expected = seedHeader(found, secret);
  if (header.owner !== found.id || header.public !== expected.public) {
    throw new Invalid("key.damaged", "the seed is of another trustee");
  }
  return { place: found, seed: secret };
}

/** @param {Place} place @param {Uint8Array} seed */
export function seedHeader({ definition, index, id }, seed) {
  const group = groupNamed(definition.group);
  const secret = secretOf(group, seed, definition.session, index, definition.threshold);
  const mark = group.ser(publicOf(group, secret.signing));
  return { purpose: "trustee", owner: id, public: mark, session: definition.session };
}

/**
 * The two key files of an exported copy, opened with the passphrase that was typed for it: nothing
 * that is open already is used. `drill.incomplete`, `key.owner`, and what a key file is refused by.
 * @param {string} text one key file a line, in either order: a camera sees first what it sees first
 * @param {string} passphrase @param {string} session @param {Told} [told]
 */
export async function copy(text, passphrase, session, told) {
  const lines = text
    .replace(/^\ufeff/, "")
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  const [one, other] = lines;
  if (lines.length !== 2 || !one || !other) throw new Invalid("drill.incomplete");
  const turned = readHeader(utf8(one)).purpose === "trustee";
  const [first, second] = turned ? [other, one] : [one, other];
  const own = checked(await unlock(utf8(first), passphrase, "official", null, told));
  const found = await unlock(utf8(second), passphrase, "trustee", session, told);
  if (found.header.owner !== own.header.owner) throw new Invalid("key.owner", found.header.owner);
  const files = { official: first, share: second };
  return { owner: own.header.owner, key: own.secret, share: toInteger(found.secret), files };
}
