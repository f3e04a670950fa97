/**
 * Slot keys as the definition states them: RSA-3072 with e = 65537; mirrors
 * ballot/crypto/slotkey.py. A tablet checks each before anything is blinded for it (attack A20).
 *
 * @typedef {{ readonly n: bigint, readonly e: bigint }} PublicKey
 */

import { Invalid } from "./errors.mjs";
import { bitLength, gcd, primesBelow, root } from "./integers.mjs";
import { hexadecimal } from "./shapes.mjs";

const MODULUS_BITS = 3072;
export const MODULUS_SIZE = MODULUS_BITS / 8;
export const EXPONENT = 65537n;
// The product of all primes below 2^16: one gcd is the whole trial division.
const SMALL_PRIMES = primesBelow(2 ** 16).reduce((product, p) => product * BigInt(p), 1n);

/**
 * The key with the modulus written as 768 lower-case hex digits.
 * @param {any} text
 * @param {string} [where]
 * @returns {PublicKey}
 */
export function decodePublicKey(text, where = "slot key") {
  const key = { n: BigInt(`0x${hexadecimal(text, where, MODULUS_SIZE)}`), e: EXPONENT };
  checkSlotKey(key);
  return key;
}

/**
 * Refuse (`token.bad_key`) a key whose maker could be cheating, as far as n and e show it: RSA
 * hides a blinded message perfectly only where r -> r^e is a permutation (A20).
 * Source: RFC 9474 §7; Goldberg et al. 2019.
 * @param {PublicKey} key
 */
export function checkSlotKey({ n, e }) {
  if (e !== EXPONENT) throw new Invalid("token.bad_key", `the public exponent is not ${EXPONENT}`);
  if (bitLength(n) !== MODULUS_BITS) {
    throw new Invalid("token.bad_key", `${bitLength(n)} bits instead of ${MODULUS_BITS}`);
  }
  if (gcd(n, SMALL_PRIMES) !== 1n) {
    throw new Invalid("token.bad_key", "the modulus has a factor below 2^16");
  }
  // No factor below 2^16, so a root of n has more than 16 bits: exponents end below 3072 / 16.
  for (const k of primesBelow(MODULUS_BITS / 16)) {
    if (root(n, k) ** BigInt(k) === n) {
      throw new Invalid("token.bad_key", "the modulus is a square or a higher power");
    }
  }
}
