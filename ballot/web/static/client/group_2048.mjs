/**
 * The order-q subgroup of Z_p^*, p of 2048 and q of 256 bits, of the Belenios tools; text is plain
 * decimal. Arithmetic on BigInt, for which no constant time can be had (attack D6).
 */

import { Invalid } from "./errors.mjs";
import { Group } from "./group_base.mjs";
import { inverse, power } from "./integers.mjs";

const DECIMAL = /^(?:0|[1-9][0-9]*)$/;
const P = BigInt(
  "0x" +
    "a3ef2d011fefb1b6e39e568fccdffb0fb7dc7ef3a791b6862791811d21fc35f21e6d36856b428030421f514ed4" +
    "0bfd4c06e092a495af8d79a2f85e0fb11c0ede07dd973f9c53e50930c6e82ac36de1ae3fb8c3aabfff12ce27a5" +
    "022ddd8912d107435012768a2cdd0a4091d8fa447f6c7ebc15a349fa318a6b4fe17d8d47e843a3e14dfa9b2162" +
    "f4d7229abe93a188b46b006517d6f6747ebbb29c9ec3099b607f18fb1a8bc858279aa8599411d998d3e3fada9e" +
    "010840d082d8c31911acdd4a0e7992d0f18cc759cb5de0acf66a3882555bc810941e021b6a4ccfa04ee4008f87" +
    "8affa2375e2999b44f6cef17d707301e59e0e6351e051ed9cec4157646e64f",
);
const G = BigInt(
  "0x" +
    "1307c1ab5f295885d7caa3a78a42415e31fd1c5807b61fb1e781878a52230a51988b98c259597f9c5a9dfd001d" +
    "26ba31d9d8976f01d95a1c8262ee68a0e92cea541e5219e0d0d094301b894236823fe1d4bc04e29f3748aefd4f" +
    "10d5b1a356a8643e673fd9d215fc8fe5fb9cf9fdb8ea88fdb1a3381a697fdf9c2458570b06d26aef1be365fdd9" +
    "0165f397c6b870df8c1b9e519edcee8bb0f74b7a1615a274ba60a7ea574a61f552d2dde0ce514e0927c4ff49b1" +
    "964c4a913731ae4268d60d7f22127b6cbba44d453ac8b72fd04e0991b7aeff04867d8724ac638f5f34100d2d47" +
    "aa680d43771902743d663f42d853c041e1c91fe3823f4bcf284308f1d7e653",
);
const Q = BigInt("0xadb6066a73522565f4daa0f2579db7f2f0fa90c2168bc709e20263387d55c491");
const DIGITS = 64; // of an exponent, four bits each

export class Belenios2048 extends Group {
  constructor() {
    super("BELENIOS-2048", Q, G, 1n);
    /** @type {Map<bigint, bigint[][]>} base -> row i holds base^(d·16^i), d = 0..15 */
    this.tables = new Map();
  }

  /** @override @param {any} text */
  checkText(text) {
    if (typeof text !== "string" || text.length > 617 || !DECIMAL.test(text)) {
      throw new Invalid("element.malformed", "not a plain decimal number");
    }
    if (text === "0" || BigInt(text) >= P) {
      throw new Invalid("element.malformed", "not within 1..p-1");
    }
  }

  /** @override @param {any} text @returns {bigint} */
  parse(text) {
    this.checkText(text);
    const value = BigInt(text);
    if (power(value, Q, P) !== 1n)
      throw new Invalid("element.subgroup", "not in the subgroup of order q");
    return value;
  }

  /** @override @param {bigint} element */
  ser(element) {
    return element.toString();
  }

  /** @override @param {bigint} a @param {bigint} b */
  mul(a, b) {
    return (a * b) % P;
  }

  /** @override @param {bigint} a @param {bigint} b */
  div(a, b) {
    return (a * /** @type {bigint} */ (inverse(b, P))) % P;
  }

  /** @override @param {bigint} base @param {bigint} exponent */
  power(base, exponent) {
    if (base === G) this.prepare(G);
    const table = this.tables.get(base);
    const scalar = this.mod(exponent);
    if (!table) return power(base, scalar, P);
    const digits = scalar.toString(16).padStart(DIGITS, "0");
    // The digit 0 is multiplied like any other.
    return table.reduce((result, row, i) => {
      const digit = parseInt(/** @type {string} */ (digits[DIGITS - 1 - i]), 16);
      return (result * /** @type {bigint} */ (row[digit])) % P;
    }, 1n);
  }

  /** @override @param {bigint} base */
  prepare(base) {
    if (this.tables.has(base)) return;
    const table = [];
    for (let i = 0, step = base; i < DIGITS; i++) {
      const row = [1n];
      let entry = 1n;
      for (let d = 1; d < 16; d++) row.push((entry = (entry * step) % P));
      table.push(row);
      step = (entry * step) % P;
    }
    this.tables.set(base, table);
  }
}
