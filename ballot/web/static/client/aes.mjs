/**
 * AES by WebCrypto: GCM for key files, CCM (NIST SP 800-38C) for the shares of a ceremony. The only
 * user of `crypto.subtle`, which is there in a secure context alone: the officials' pages, never a
 * tablet's (attack D9).
 */

import { concat, equal } from "./bytes.mjs";
import { Invalid } from "./errors.mjs";

const TAG = 8; // bytes of CCM's tag, as Belenios writes it
const BLOCK = 16;

function subtle() {
  const found = globalThis.crypto?.subtle;
  if (!found) throw new Invalid("client.insecure", "no secure context");
  return found;
}

/** @param {Uint8Array} key @param {string} name @param {KeyUsage[]} usages */
function imported(key, name, usages) {
  return subtle().importKey("raw", /** @type {BufferSource} */ (key), name, false, usages);
}

/**
 * AES-256-GCM; the 16-byte tag stands at the end.
 * @param {Uint8Array} key
 * @param {Uint8Array} nonce 12 bytes
 * @param {Uint8Array} data
 * @param {Uint8Array} about authenticated with it
 */
export async function encryptGcm(key, nonce, data, about) {
  const by = await imported(key, "AES-GCM", ["encrypt"]);
  const algorithm = /** @type {AesGcmParams} */ ({
    name: "AES-GCM",
    iv: nonce,
    additionalData: about,
  });
  return new Uint8Array(await subtle().encrypt(algorithm, by, /** @type {BufferSource} */ (data)));
}

/**
 * The inverse; null where the tag does not hold.
 * @param {Uint8Array} key
 * @param {Uint8Array} nonce
 * @param {Uint8Array} sealed
 * @param {Uint8Array} about
 */
export async function decryptGcm(key, nonce, sealed, about) {
  const by = await imported(key, "AES-GCM", ["decrypt"]);
  const algorithm = /** @type {AesGcmParams} */ ({
    name: "AES-GCM",
    iv: nonce,
    additionalData: about,
  });
  try {
    return new Uint8Array(
      await subtle().decrypt(algorithm, by, /** @type {BufferSource} */ (sealed)),
    );
  } catch {
    return null;
  }
}

/**
 * AES-256-CCM without associated data; the 8-byte tag stands at the end.
 * @param {Uint8Array} key
 * @param {Uint8Array} nonce 13 bytes
 * @param {Uint8Array} data at most 65,535 bytes
 */
export async function encryptCcm(key, nonce, data) {
  const tag = await macOf(key, nonce, data);
  return concat(await counter(key, nonce, 1, data), await counter(key, nonce, 0, tag));
}

/**
 * The inverse; null where the tag does not hold.
 * @param {Uint8Array} key
 * @param {Uint8Array} nonce
 * @param {Uint8Array} sealed
 */
export async function decryptCcm(key, nonce, sealed) {
  if (sealed.length < TAG) return null;
  const data = await counter(key, nonce, 1, sealed.subarray(0, -TAG));
  const tag = await counter(key, nonce, 0, sealed.subarray(-TAG));
  return equal(tag, await macOf(key, nonce, data)) ? data : null;
}

/** T: the CBC-MAC of B_0 and the data, cut (§6.1). @param {Uint8Array} key @param {Uint8Array} nonce @param {Uint8Array} data */
async function macOf(key, nonce, data) {
  if (data.length > 0xffff) throw new RangeError("longer than its length can say");
  // B_0: flags (t − 2) / 2 · 8 + (q − 1) with t = 8, q = 2; nonce; length of the data.
  const flags = ((TAG - 2) / 2) * 8 + 1;
  const first = concat(Uint8Array.of(flags), nonce, Uint8Array.of(data.length >> 8, data.length));
  const padding = new Uint8Array((BLOCK - (data.length % BLOCK)) % BLOCK);
  const by = await imported(key, "AES-CBC", ["encrypt"]);
  const blocks = concat(first, data, padding);
  const algorithm = { name: "AES-CBC", iv: new Uint8Array(BLOCK) };
  const chained = await subtle().encrypt(algorithm, by, /** @type {BufferSource} */ (blocks));
  // WebCrypto adds a block of padding, which is not ours.
  return new Uint8Array(chained).slice(blocks.length - BLOCK, blocks.length - BLOCK + TAG);
}

/** @param {Uint8Array} key @param {Uint8Array} nonce @param {number} from @param {Uint8Array} data */
async function counter(key, nonce, from, data) {
  const by = await imported(key, "AES-CTR", ["encrypt"]);
  const start = concat(Uint8Array.of(1), nonce, Uint8Array.of(0, from)); // Ctr_i, q = 2
  const algorithm = /** @type {AesCtrParams} */ ({ name: "AES-CTR", counter: start, length: 16 });
  return new Uint8Array(await subtle().encrypt(algorithm, by, /** @type {BufferSource} */ (data)));
}
