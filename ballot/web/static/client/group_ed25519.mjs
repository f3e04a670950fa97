/**
 * The prime-order subgroup of edwards25519 on @noble/curves. Text is the point's RFC 8032 bytes reversed,
 * in hex (attack D5): the number that the bytes are. noble decodes points with a torsion part, and its
 * `multiply` throws for the scalar 0 (attack D6): hence the full test in `parse` and the branches here.
 */

import { ed25519 } from "../vendor/crypto.mjs";
import { fromHex, toHex } from "./bytes.mjs";
import { Invalid } from "./errors.mjs";
import { Group } from "./group_base.mjs";

/** @typedef {InstanceType<typeof ed25519.Point>} Point */

/**
 * Public work in far less time, for who verifies many ballots (group_verifying.mjs).
 * @typedef {object} Quick
 * @property {(encoding: bigint) => Point | null} decode null: not of order dividing q
 * @property {(point: Point) => string | null} textOf null: nothing is known of the point
 * @property {(product: Point, parts: Point[]) => void} remember that it is the product of these
 * @property {(base: Point, scalar: bigint) => Point} power
 * @property {(sums: { base: Point, scalar: bigint, often: boolean }[][]) => string[]} spell
 */

const { Point } = ed25519;
const P = 2n ** 255n - 19n;
const HEX64 = /^[0-9a-f]{64}$/;
// Bits per window of the table for y, as noble has for the base point: 8 would take four times as
// long to build (100 ms) and save a sixth of each power.
const WINDOW = 6;
// noble masks every scalar for its own base point, at half the price again. That is for secrets
// that live long; the one-time nonces of a ballot use this copy, in constant time all the same.
const BASE = Point.fromAffine(Point.BASE.toAffine());

/** A tablet, which verifies little, does without. @type {Quick | null} */
let quick = null;

/** @param {Quick} found */
export function quicken(found) {
  quick = found;
}

export class Ed25519 extends Group {
  /** Points with a table. @type {WeakSet<Point>} */
  #prepared = new WeakSet([Point.BASE]);

  constructor() {
    super("Ed25519", Point.Fn.ORDER, Point.BASE, Point.ZERO);
    BASE.precompute(WINDOW, true); // when it is first used
  }

  /** @override @param {any} text */
  checkText(text) {
    if (typeof text !== "string" || !HEX64.test(text)) {
      throw new Invalid("element.malformed", "not 64 lower-case hex digits");
    }
    if ((BigInt(`0x${text}`) & (2n ** 255n - 1n)) >= P) {
      throw new Invalid("element.malformed", "coordinate not below the field prime");
    }
  }

  /** @override @param {any} text @returns {Point} */
  parse(text) {
    this.checkText(text);
    return decodePoint(fromHex(text).reverse());
  }

  /** @override @param {Point} element */
  ser(element) {
    return quick?.textOf(element) ?? toHex(element.toBytes().reverse());
  }

  /** @override @param {Point} a @param {Point} b */
  mul(a, b) {
    return a.add(b);
  }

  /** @override @param {Point} a @param {Point} b */
  div(a, b) {
    return a.subtract(b);
  }

  /** @override @param {Point} a @param {Point} b */
  same(a, b) {
    return a.equals(b);
  }

  /** @override @param {Point[]} elements */
  product(elements) {
    const found = super.product(elements);
    if (elements.length > 1) quick?.remember(found, elements);
    return found;
  }

  /** @override @param {Point} base @param {bigint} exponent */
  power(base, exponent) {
    const scalar = this.mod(exponent);
    return scalar === 0n || base.is0() ? Point.ZERO : base.multiply(scalar);
  }

  /** @override @param {Point} base @param {bigint} exponent */
  powerPublic(base, exponent) {
    const scalar = this.mod(exponent);
    const often = this.#prepared.has(base);
    return often || !quick ? base.multiplyUnsafe(scalar) : quick.power(base, scalar);
  }

  /** @override @param {[Point, bigint][][]} sums */
  spelledPowers(sums) {
    if (!quick) return super.spelledPowers(sums);
    return quick.spell(
      sums.map((powers) =>
        powers.map(([base, exponent]) => ({
          base,
          scalar: this.mod(exponent),
          often: this.#prepared.has(base),
        })),
      ),
    );
  }

  /** @override @param {bigint} exponent */
  powerG(exponent) {
    return this.power(BASE, exponent);
  }

  /** @override @param {Point} base */
  prepare(base) {
    base.precompute(WINDOW, false);
    this.#prepared.add(base);
  }
}

/**
 * The point with these 32 RFC 8032 bytes, canonical and of order dividing q; else `element.subgroup`.
 * The neutral element is one.
 * @param {Uint8Array} bytes
 * @returns {Point}
 */
export function decodePoint(bytes) {
  const found = quick
    ? quick.decode(BigInt(`0x${toHex(bytes.slice().reverse())}`))
    : strictly(bytes);
  if (!found) throw new Invalid("element.subgroup", "not a point of the prime-order subgroup");
  return found;
}

/** @param {Uint8Array} bytes @returns {Point | null} */
function strictly(bytes) {
  try {
    const point = Point.fromBytes(bytes, false); // y < p, x = 0 only with sign 0
    return point.isTorsionFree() ? point : null;
  } catch {
    return null;
  }
}
