/**
 * Modular arithmetic on BigInt. Nothing here runs in constant time (attack D6): BigInt and the
 * engine's compiler give no such promise, so callers encrypt before the last tap and no request
 * waits for a computation.
 */

/**
 * base^exponent mod modulus, exponent ≥ 0, by windows of four bits.
 * @param {bigint} base
 * @param {bigint} exponent
 * @param {bigint} modulus
 */
export function power(base, exponent, modulus) {
  const table = [1n];
  for (let d = 1, entry = 1n; d < 16; d++) table.push((entry = (entry * base) % modulus));
  let result = 1n;
  for (const digit of exponent.toString(16)) {
    result = result ** 2n % modulus;
    result = result ** 2n % modulus;
    result = result ** 2n % modulus;
    result = result ** 2n % modulus;
    result = (result * /** @type {bigint} */ (table[parseInt(digit, 16)])) % modulus;
  }
  return result;
}

/**
 * The inverse of `value` mod `modulus`, or null if there is none (extended Euclid).
 * @param {bigint} value
 * @param {bigint} modulus
 */
export function inverse(value, modulus) {
  let [a, b, x, y] = [((value % modulus) + modulus) % modulus, modulus, 1n, 0n];
  while (b) {
    const quotient = a / b;
    [a, b] = [b, a - quotient * b];
    [x, y] = [y, x - quotient * y];
  }
  return a === 1n ? ((x % modulus) + modulus) % modulus : null;
}

/** The greatest common divisor (Euclid). @param {bigint} a ≥ 0 @param {bigint} b ≥ 0 */
export function gcd(a, b) {
  while (b) [a, b] = [b, a % b];
  return a;
}

/** @param {bigint} value ≥ 0 @returns {number} */
export function bitLength(value) {
  return value ? value.toString(2).length : 0;
}

/**
 * The largest r with r^k ≤ value, by Newton's method.
 * @param {bigint} value ≥ 1
 * @param {number} k ≥ 2
 */
export function root(value, k) {
  const [n, less] = [BigInt(k), BigInt(k - 1)];
  // From a floating-point guess a little above the root; from below the method would not descend.
  const cut = Math.max(0, bitLength(value) - 53);
  const exponent = (cut + Math.log2(Number(value >> BigInt(cut)))) / k;
  const shift = Math.max(0, Math.floor(exponent) - 50);
  let r = (BigInt(Math.ceil(2 ** (exponent - shift) * (1 + 2 ** -40))) + 1n) << BigInt(shift);
  for (;;) {
    const next = (less * r + value / r ** less) / n;
    if (next >= r) return r;
    r = next;
  }
}

/** The primes below `limit` (Eratosthenes). @param {number} limit @returns {number[]} */
export function primesBelow(limit) {
  const composite = new Uint8Array(limit);
  const primes = [];
  for (let p = 2; p < limit; p++) {
    if (composite[p]) continue;
    primes.push(p);
    for (let multiple = p * p; multiple < limit; multiple += p) composite[multiple] = 1;
  }
  return primes;
}
