/**
 * Exponential ElGamal: (α, β) = (g^r, y^r · g^m). Products of ciphertexts add the votes; mirrors
 * ballot/crypto/elgamal.py. Source: belenios-format.md §7, §8.
 *
 * @typedef {import("./group_base.mjs").Group} Group
 * @typedef {import("./group_base.mjs").Element} Element
 * @typedef {{ alpha: Element, beta: Element }} Ciphertext
 */

/**
 * The encryption of the small number `message` under `y` with nonce `r`.
 * @param {Group} group
 * @param {Element} y
 * @param {number} message
 * @param {bigint} r
 * @returns {Ciphertext}
 */
export function encrypt(group, y, message, r) {
  // Both factors are always multiplied: the work must not depend on a 0 or 1 vote.
  const beta = group.mul(group.power(y, r), group.powerPublic(group.g, BigInt(message)));
  return { alpha: group.powerG(r), beta };
}

/**
 * The ciphertext of the sum of all messages; twice the identity for none.
 * @param {Group} group
 * @param {Ciphertext[]} ciphertexts
 * @returns {Ciphertext}
 */
export function product(group, ciphertexts) {
  return {
    alpha: group.product(ciphertexts.map((c) => c.alpha)),
    beta: group.product(ciphertexts.map((c) => c.beta)),
  };
}
