/**
 * Products of powers of public points of edwards25519 with public exponents. Points that come once, as
 * the α and β of a ballot, keep the multiples that their few powers need; the generator and the
 * election key, of which there are thousands of powers, have a large table.
 *
 * @typedef {import("./field25519.mjs").Doubles} Doubles
 * @typedef {{ point: Base | Fixed, exponent: bigint }} Power 0 ≤ exponent < 2^253
 */

import * as edwards from "./edwards.mjs";

const { POINT, addAffine, addCached, cache, double, neutral } = edwards;
/** An exponent has eight parts of 32 bits: a power costs 32 doublings, and not 252. */
const [PARTS, PART_BITS] = [8, 32];
/** Digits of a part: odd and below 8 in absolute value, three zeros or more after each; or zero. */
const [DIGITS, ODD] = [PART_BITS + 1, 4];
/** Digits of an exponent for a large table: eight bits each, −128 to 127. */
const [WINDOWS, LARGEST, ENTRY] = [32, 128, 36];

/** A point that is raised a few times. */
export class Base {
  /** 2^(32k) times the point, k = 0..7. @type {Doubles} */
  #shifted;
  /** The odd multiples 1, 3, 5, 7 of each, cached. @type {Doubles | null} */
  #odd = null;

  /** @param {Doubles} shifted */
  constructor(shifted) {
    this.#shifted = shifted;
  }

  /** @param {Doubles} point */
  static of(point) {
    const shifted = new Float64Array(PARTS * POINT);
    shifted.set(point);
    for (let at = POINT; at < PARTS * POINT; at += POINT) {
      shifted.copyWithin(at, at - POINT, at);
      for (let i = 1; i <= PART_BITS; i++) double(shifted, at, i === PART_BITS);
    }
    return new Base(shifted);
  }

  /** The sum of some points, at least one: eight additions for each, and no doublings. @param {Base[]} bases */
  static sum([first, ...others]) {
    const shifted = /** @type {Base} */ (first).#shifted.slice();
    const one = new Float64Array(POINT);
    for (const other of others) {
      for (let at = 0; at < PARTS * POINT; at += POINT) {
        cache(one, 0, other.#shifted, at);
        addCached(shifted, at, one, 0, false, true);
      }
    }
    return new Base(shifted);
  }

  /** The point itself. */
  get point() {
    return this.#shifted.subarray(0, POINT);
  }

  get odd() {
    this.#odd ??= oddMultiples(this.#shifted);
    return this.#odd;
  }
}

/** @param {Doubles} shifted */
function oddMultiples(shifted) {
  const found = new Float64Array(PARTS * ODD * POINT);
  const [multiple, twice] = [new Float64Array(POINT), new Float64Array(POINT)];
  for (let k = 0; k < PARTS; k++) {
    multiple.set(shifted.subarray(k * POINT, (k + 1) * POINT));
    double(multiple, 0);
    cache(twice, 0, multiple, 0);
    multiple.set(shifted.subarray(k * POINT, (k + 1) * POINT));
    for (let i = 0; i < ODD; i++) {
      if (i) addCached(multiple, 0, twice, 0, false, true);
      cache(found, (k * ODD + i) * POINT, multiple, 0);
    }
  }
  return found;
}

/** A point with a table of 1.2 MB: no doublings, and 32 additions for a power. */
export class Fixed {
  /** j · 2^(8i) times the point, j = 1..128, i = 0..31. @type {Doubles[]} */
  #rows;

  /** @param {Doubles} point */
  constructor(point) {
    const base = point.slice();
    this.#rows = Array.from({ length: WINDOWS }, () => {
      const row = new Float64Array(LARGEST * POINT);
      const step = new Float64Array(POINT);
      cache(step, 0, base, 0);
      row.set(base);
      for (let at = POINT; at < LARGEST * POINT; at += POINT) {
        row.copyWithin(at, at - POINT, at);
        addCached(row, at, step, 0, false, true);
      }
      base.set(row.subarray((LARGEST - 1) * POINT));
      double(base, 0); // 2 · 128
      return edwards.affine(row, LARGEST);
    });
  }

  /** p = p + exponent · the point. @param {Doubles} p @param {number} at @param {bigint} exponent */
  addTo(p, at, exponent) {
    let carry = 0;
    for (const [i, byte] of bytesOf(exponent).entries()) {
      const sum = byte + carry;
      carry = sum >= LARGEST ? 1 : 0;
      const digit = sum - carry * 2 * LARGEST;
      if (!digit) continue;
      addAffine(p, at, this.#rows[i], (Math.abs(digit) - 1) * ENTRY, digit < 0, true);
    }
  }
}

/**
 * The points Σ exponent · point of some sums (the group is written multiplicatively elsewhere), one
 * after the other.
 * @param {Power[][]} sums
 * @returns {Doubles}
 */
export function combined(sums) {
  const found = new Float64Array(sums.length * POINT);
  for (const [n, powers] of sums.entries()) {
    const at = n * POINT;
    neutral(found, at);
    /** @type {{ odd: Doubles, digits: Int8Array }[]} */
    const few = [];
    for (const { point, exponent } of powers) {
      if (point instanceof Base) few.push({ odd: point.odd, digits: digitsOf(exponent) });
    }
    if (few.length) addAll(found, at, few);
    for (const { point, exponent } of powers) {
      if (point instanceof Fixed) point.addTo(found, at, exponent);
    }
  }
  return found;
}

/** All powers with one chain of doublings (Straus). @param {Doubles} p @param {number} at @param {{ odd: Doubles, digits: Int8Array }[]} powers */
function addAll(p, at, powers) {
  let begun = false;
  for (let column = DIGITS - 1; column >= 0; column--) {
    if (begun) double(p, at);
    for (const { odd, digits } of powers) {
      for (let k = 0; k < PARTS; k++) {
        const digit = Number(digits[k * DIGITS + column]);
        if (!digit) continue;
        begun = true;
        addCached(p, at, odd, (k * ODD + ((Math.abs(digit) - 1) >> 1)) * POINT, digit < 0, true);
      }
    }
  }
}

/** The 32 bytes of an exponent, least first. @param {bigint} exponent */
function bytesOf(exponent) {
  const text = exponent.toString(16).padStart(2 * WINDOWS, "0");
  return Uint8Array.from({ length: WINDOWS }, (_, i) => parseInt(text.substr(2 * (WINDOWS - 1 - i), 2), 16));
}

/** The digits of each part, least first: a non-adjacent form of width 4. @param {bigint} exponent */
function digitsOf(exponent) {
  const found = new Int8Array(PARTS * DIGITS);
  const text = exponent.toString(16).padStart(PARTS * 8, "0");
  for (let k = 0; k < PARTS; k++) {
    let rest = parseInt(text.slice((PARTS - 1 - k) * 8, (PARTS - k) * 8), 16);
    for (let at = k * DIGITS; rest; at++, rest /= 2) {
      if (rest % 2 === 0) continue;
      const low = rest % 16;
      const digit = low < 8 ? low : low - 16;
      found[at] = digit;
      rest -= digit;
    }
  }
  return found;
}
