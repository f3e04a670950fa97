/**
 * Blind signatures: RFC 9474, variant RSABSSA-SHA384-PSS-Deterministic, the client's side; mirrors
 * ballot/crypto/blind.py. The functions with an underscore are the RFC's for any modulus and salt
 * length (its vectors need both); the others fix RSA-3072 and a salt of 48 bytes (attack D8).
 *
 * Own code and no library: @cloudflare/blindrsa-ts 0.4.4 is six times as large (21 kB compressed
 * with its sjcl), takes twelve times as long to blind and unblind (measured on RSA-3072), and needs
 * the `subtle` part of WebCrypto, which a page without TLS does not have (attack D9). With
 * e = 65537 a power is seventeen multiplications, and blinding hides the message perfectly however
 * long it took: the factor is drawn afresh per signer (A22).
 *
 * @typedef {import("./slotkey.mjs").PublicKey} PublicKey
 * @typedef {import("./nonces.mjs").Random} Random
 * @typedef {{ request: Uint8Array, inverse: bigint }} Blinded `request` goes to the signer,
 *   `inverse` stays and is erased after use
 */

import { sha384 } from "../vendor/crypto.mjs";
import { concat, equal, fromInteger, toInteger } from "./bytes.mjs";
import { Invalid } from "./errors.mjs";
import { bitLength, gcd, inverse as invert, power } from "./integers.mjs";
import { hexadecimal, identifier } from "./shapes.mjs";
import { signedBytes } from "./signing.mjs";

const SALT_SIZE = 48;
const HASH_SIZE = 48;

/**
 * What a token signs (protocol §6).
 * @param {string} credential
 * @param {string} session
 * @param {string} slot
 */
export function tokenMessage(credential, session, slot) {
  return signedBytes("token", {
    credential,
    session: hexadecimal(session, "session"),
    slot: identifier(slot, "slot"),
  });
}

/**
 * The request for a signature of `message`; once per signer.
 * @param {PublicKey} key
 * @param {Uint8Array} message
 * @param {Random} random
 * @returns {Blinded}
 */
export function blind(key, message, random) {
  const salt = random(SALT_SIZE);
  return _blind(key.n, key.e, message, salt, unit(key.n, random));
}

/**
 * The signature of `message` (384 bytes), verified; else `token.invalid`.
 * @param {PublicKey} key
 * @param {Uint8Array} message
 * @param {Uint8Array} answer
 * @param {bigint} inverse
 */
export function finalize(key, message, answer, inverse) {
  return _finalize(key.n, key.e, message, answer, inverse, SALT_SIZE);
}

/**
 * Refuse (`token.invalid`) anything but a signature of `message` under `key`.
 * @param {PublicKey} key
 * @param {Uint8Array} message
 * @param {Uint8Array} signature
 */
export function verify(key, message, signature) {
  _verify(key.n, key.e, message, signature, SALT_SIZE);
}

/**
 * RFC 9474 §4.2 with given salt and factor r.
 * @param {bigint} n
 * @param {bigint} e
 * @param {Uint8Array} message
 * @param {Uint8Array} salt
 * @param {bigint} r
 * @returns {Blinded}
 */
export function _blind(n, e, message, salt, r) {
  const m = toInteger(encode(message, bitLength(n) - 1, salt)); // steps 1-3
  const inverse = invert(r, n); // steps 6-8
  if (gcd(m, n) !== 1n || inverse === null) {
    // steps 4, 5
    throw new Invalid("token.bad_key", "a number shares a factor with the modulus");
  }
  const z = (m * power(r, e, n)) % n; // steps 9, 10
  return { request: fromInteger(z, size(n)), inverse }; // steps 11, 12
}

/**
 * RFC 9474 §4.4; `answer` must be below n too, so that it has one spelling.
 * @param {bigint} n
 * @param {bigint} e
 * @param {Uint8Array} message
 * @param {Uint8Array} answer
 * @param {bigint} inverse
 * @param {number} saltSize
 */
export function _finalize(n, e, message, answer, inverse, saltSize) {
  const z = toInteger(answer); // step 2
  if (answer.length !== size(n) || z >= n) {
    // step 1
    throw new Invalid("token.invalid", "the signer's answer is not a number below the modulus");
  }
  const signature = fromInteger((z * inverse) % n, size(n)); // steps 3, 4
  _verify(n, e, message, signature, saltSize); // steps 5, 6
  return signature;
}

/**
 * RFC 8017 §8.1.2 and §9.1.2 with SHA-384.
 * @param {bigint} n
 * @param {bigint} e
 * @param {Uint8Array} message
 * @param {Uint8Array} signature
 * @param {number} saltSize
 */
export function _verify(n, e, message, signature, saltSize) {
  const s = toInteger(signature);
  if (signature.length !== size(n) || s >= n) {
    // §8.1.2 steps 1, 2b
    throw new Invalid("token.invalid", `not ${size(n)} bytes below the modulus`);
  }
  const bits = bitLength(n) - 1;
  const length = Math.ceil(bits / 8);
  const m = power(s, e, n); // step 2b
  const encoded = bitLength(m) <= 8 * length ? fromInteger(m, length) : new Uint8Array(length);
  // The salt is where it must be for its length; encoding it again checks every other bit (§9.1.2).
  const db = unmask(encoded, bits);
  const salt = db.subarray(db.length - saltSize);
  if (!equal(encode(message, bits, salt), encoded)) {
    throw new Invalid("token.invalid", "not a signature of this message by this key");
  }
}

/**
 * EMSA-PSS-ENCODE, RFC 8017 §9.1.1.
 * @param {Uint8Array} message
 * @param {number} bits
 * @param {Uint8Array} salt
 */
function encode(message, bits, salt) {
  const length = Math.ceil(bits / 8);
  const h = sha384(concat(new Uint8Array(8), sha384(message), salt)); // steps 2, 5, 6
  const zeros = new Uint8Array(length - salt.length - HASH_SIZE - 2); // step 7
  const db = concat(zeros, Uint8Array.of(1), salt); // step 8
  return concat(mask(db, h, bits), h, Uint8Array.of(0xbc)); // steps 9-13
}

/** DB of an encoded message (§9.1.2 steps 7-9). @param {Uint8Array} encoded @param {number} bits */
function unmask(encoded, bits) {
  const border = encoded.length - HASH_SIZE - 1;
  return mask(encoded.subarray(0, border), encoded.subarray(border, -1), bits);
}

/**
 * db xor MGF1(seed), the bits above `bits` cleared.
 * @param {Uint8Array} db
 * @param {Uint8Array} seed
 * @param {number} bits
 */
function mask(db, seed, bits) {
  const blocks = Array.from(
    { length: Math.ceil(db.length / HASH_SIZE) },
    (_, i) => sha384(concat(seed, fromInteger(BigInt(i), 4))), // MGF1, RFC 8017 appendix B.2.1
  );
  const stream = concat(...blocks);
  const masked = db.map((byte, i) => byte ^ /** @type {number} */ (stream[i]));
  masked[0] = /** @type {number} */ (masked[0]) & (0xff >> ((8 - (bits % 8)) % 8));
  return masked;
}

/**
 * Uniform r in [1, n) coprime to n, by rejection (RFC 9474 §4.2, steps 6-8; attack A22).
 * @param {bigint} n
 * @param {Random} random
 */
function unit(n, random) {
  for (let i = 0; i < 128; i++) {
    const r = toInteger(random(size(n)));
    if (r > 0n && r < n && gcd(r, n) === 1n) return r;
  }
  throw new Invalid("random.unusable", "the random generator is broken");
}

/** @param {bigint} n */
function size(n) {
  return Math.ceil(bitLength(n) / 8);
}
