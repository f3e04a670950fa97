/**
 * Ed25519 signatures of officials and of the box over canonical documents; mirrors
 * ballot/crypto/signing.py. The strict rule (attack D4): public key A and commitment R are
 * canonical points of prime order, S is below L. noble's own default would accept the identity.
 *
 * @typedef {import("./encoding.mjs").Json} Json
 */

import { ed25519 } from "../vendor/crypto.mjs";
import { concat, fromHex, toHex, utf8 } from "./bytes.mjs";
import { dumps } from "./encoding.mjs";
import { Invalid } from "./errors.mjs";
import { decodePoint } from "./group_ed25519.mjs";

const KIND = /^[a-z][a-z0-9_]{0,31}$/;
const KEY = /^[0-9a-f]{64}$/;
const SIGNATURE = /^[0-9a-f]{128}$/;

/**
 * What every signature covers: `ballot/v1/<kind>` ‖ 0x00 ‖ canonical bytes.
 * @param {string} kind
 * @param {Json} document
 */
export function signedBytes(kind, document) {
  if (!KIND.test(kind)) throw new Invalid("document.shape", "not a kind of document");
  return concat(utf8(`ballot/v1/${kind}\0`), dumps(document));
}

/** The public key of a 32-byte seed (RFC 8032 §5.1.5): 64 hex digits. @param {Uint8Array} seed */
export function publicKey(seed) {
  return toHex(ed25519.getPublicKey(seed));
}

/**
 * The signature of `document`: 128 lower-case hex digits.
 * @param {Uint8Array} seed
 * @param {string} kind
 * @param {Json} document
 */
export function sign(seed, kind, document) {
  return toHex(ed25519.sign(signedBytes(kind, document), seed));
}

/**
 * Refuse anything but the signature of `document` as a `kind` by `key`: `signature.bad_key` for
 * a key that may not sign, `signature.invalid` for every other failure.
 * @param {string} key
 * @param {string} kind
 * @param {Json} document
 * @param {string} signature
 */
export function verify(key, kind, document, signature) {
  const bytes = checkPublicKey(key);
  if (!SIGNATURE.test(signature))
    throw new Invalid("signature.invalid", "not 128 lower-case hex digits");
  const data = fromHex(signature);
  if (!isPrimeOrder(data.subarray(0, 32))) {
    throw new Invalid("signature.invalid", "R is not a canonical point of prime order");
  }
  // noble refuses S ≥ L itself; with A and R checked, its equation and the plain one agree.
  if (!ed25519.verify(data, signedBytes(kind, document), bytes, { zip215: false })) {
    throw new Invalid("signature.invalid", "not a signature of this document");
  }
}

// Keys that passed, as many as a definition names: the test takes milliseconds.
/** @type {Map<string, Uint8Array>} */
const checked = new Map();

/**
 * The 32 bytes of a public key that may sign, or `signature.bad_key` (attacks A6, D4).
 * @param {string} key
 */
export function checkPublicKey(key) {
  const known = checked.get(key);
  if (known) return known;
  if (!KEY.test(key)) throw new Invalid("signature.bad_key", "not 64 lower-case hex digits");
  const bytes = fromHex(key);
  if (!isPrimeOrder(bytes)) {
    throw new Invalid("signature.bad_key", "not a canonical point of prime order");
  }
  checked.set(key, bytes);
  return bytes;
}

/** @param {Uint8Array} bytes */
function isPrimeOrder(bytes) {
  try {
    return !decodePoint(bytes).is0();
  } catch (error) {
    if (error instanceof Invalid) return false;
    throw error;
  }
}
