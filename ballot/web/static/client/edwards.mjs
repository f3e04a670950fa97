/**
 * Powers of public points of edwards25519 by public exponents, for who verifies many ballots: in
 * variable time, and without noble's checks of every point on the way; what is raised several times
 * (each α and β: its order, and once per branch of a proof) keeps its table.
 * Extended coordinates after Hisil, Wong, Carter, Dawson (2008): x = X/Z, y = Y/Z, T = XY/Z. Never for
 * a secret exponent.
 *
 * @typedef {{ X: bigint, Y: bigint, Z: bigint, T: bigint }} Extended
 * @typedef {[bigint, bigint, bigint, bigint]} Cached Y + X, Y − X, 2Z, 2dT
 * @typedef {Cached[][]} Table
 */

const P = 2n ** 255n - 19n;
const MASK = 2n ** 255n - 1n;
const D2 = 2n * 37095705934669439343138083508754565189542113879843219016388785533085940283555n;
const WINDOW = 5;
const [PARTS, PART_BITS] = [4, 64];
// Added where a difference could be negative: BigInts are slow below zero.
const LIFT = 4n * P;

/** a·b, congruent mod p and a little above 2^255 at most. @param {bigint} a @param {bigint} b */
function mul(a, b) {
  const product = a * b;
  const once = (product & MASK) + 19n * (product >> 255n); // 2^255 ≡ 19
  return (once & MASK) + 19n * (once >> 255n);
}

/** dbl-2008-hwcd for a = −1. @param {Extended} point @returns {Extended} */
function double({ X, Y, Z }) {
  const [a, b, c] = [mul(X, X), mul(Y, Y), mul(Z, Z)];
  const h = a + b;
  const e = h + LIFT - mul(X + Y, X + Y);
  const g = a + LIFT - b;
  const f = g + c + c;
  // The signs of e, f, g, h are all flipped: the quotients are the same.
  return { X: mul(e, f), Y: mul(g, h), Z: mul(f, g), T: mul(e, h) };
}

/** add-2008-hwcd-3. @param {Extended} point @param {Cached} cached @returns {Extended} */
function add({ X, Y, Z, T }, [plus, minus, z2, t2]) {
  const [a, b, c, d] = [mul(Y + LIFT - X, minus), mul(Y + X, plus), mul(T, t2), mul(Z, z2)];
  const [e, f, g, h] = [b + LIFT - a, d + LIFT - c, d + c, b + a];
  return { X: mul(e, f), Y: mul(g, h), Z: mul(f, g), T: mul(e, h) };
}

/** @param {Extended} point @returns {Cached} */
function cached({ X, Y, Z, T }) {
  return [Y + X, Y + LIFT - X, 2n * Z, mul(T, D2)];
}

/** @param {Cached} point @returns {Cached} */
function negated([plus, minus, z2, t2]) {
  return [minus, plus, z2, LIFT - t2];
}

/**
 * What makes powers of one point fast: the odd multiples of 2^(64k) times the point, k = 0..3, so that
 * each power costs 64 doublings and not 252.
 * @param {Extended} point
 * @returns {Table}
 */
export function tableOf(point) {
  const table = [];
  for (let k = 0, base = point; k < PARTS; k++) {
    const twice = double(base);
    const step = cached(twice);
    const odd = [];
    for (let i = 0, multiple = base; i < 2 ** (WINDOW - 2); i++) {
      odd.push(cached(multiple));
      multiple = add(multiple, step);
    }
    table.push(odd);
    base = twice;
    for (let i = 1; i < PART_BITS && k < PARTS - 1; i++) base = double(base);
  }
  return table;
}

/**
 * exponent · point (the group is written multiplicatively elsewhere), every coordinate in 0..p−1.
 * @param {Table} table
 * @param {bigint} exponent 0 ≤ exponent < 2^256
 * @returns {Extended}
 */
export function powerOf(table, exponent) {
  const parts = table.map((_, k) => digitsOf(BigInt.asUintN(PART_BITS, exponent >> BigInt(k * PART_BITS))));
  let result = { X: 0n, Y: 1n, Z: 1n, T: 0n };
  for (let i = Math.max(...parts.map((digits) => digits.length)) - 1; i >= 0; i--) {
    result = double(result);
    for (const [k, digits] of parts.entries()) {
      const digit = digits[i];
      if (!digit) continue;
      const entry = /** @type {Cached} */ (table[k]?.[(Math.abs(digit) - 1) >> 1]);
      result = add(result, digit > 0 ? entry : negated(entry));
    }
  }
  const { X, Y, Z, T } = result;
  return { X: X % P, Y: Y % P, Z: Z % P, T: T % P };
}

/** Odd digits within ±2^(WINDOW−1), each followed by zeros, least first. @param {bigint} part ≥ 0 */
function digitsOf(part) {
  const bits = part.toString(2);
  const found = [];
  let carry = 0;
  for (let i = bits.length - 1; i >= 0 || carry; ) {
    const bit = (bits[i] === "1" ? 1 : 0) + carry;
    if (bit !== 1) {
      carry = bit >> 1;
      found.push(0);
      i--;
      continue;
    }
    const value = parseInt(bits.slice(Math.max(0, i - WINDOW + 1), Math.max(0, i + 1)) || "0", 2) + carry;
    const digit = value >= 2 ** (WINDOW - 1) ? value - 2 ** WINDOW : value;
    carry = digit < 0 ? 1 : 0;
    found.push(digit, ...Array(WINDOW - 1).fill(0));
    i -= WINDOW;
  }
  return found;
}
