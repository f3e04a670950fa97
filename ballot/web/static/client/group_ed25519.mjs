/**
 * The prime-order subgroup of edwards25519 on @noble/curves. Text is the point's RFC 8032 bytes
 * reversed, in hex (attack D5). noble decodes points with a torsion part, and its `multiply`
 * throws for the scalar 0 (attack D6): hence the full test in `parse` and the branches here.
 */

import { ed25519 } from "../vendor/crypto.mjs";
import { fromHex, toHex } from "./bytes.mjs";
import { powerOf, tableOf } from "./edwards.mjs";
import { Invalid } from "./errors.mjs";
import { Group } from "./group_base.mjs";

/** @typedef {InstanceType<typeof ed25519.Point>} Point */

const { Point } = ed25519;
const P = 2n ** 255n - 19n;
const HEX64 = /^[0-9a-f]{64}$/;
// Bits per window of the table for y, as noble has for the base point: 8 would take four times as
// long to build (100 ms) and save a sixth of each power.
const WINDOW = 6;
// noble masks every scalar for its own base point, at half the price again. That is for secrets
// that live long; the one-time nonces of a ballot use this copy, in constant time all the same.
const BASE = Point.fromAffine(Point.BASE.toAffine());

export class Ed25519 extends Group {
  /** Points with a table. @type {WeakSet<Point>} */
  #prepared = new WeakSet();

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
    return toHex(element.toBytes().reverse());
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

  /** @override @param {Point} base @param {bigint} exponent */
  power(base, exponent) {
    const scalar = this.mod(exponent);
    return scalar === 0n || base.is0() ? Point.ZERO : base.multiply(scalar);
  }

  /** @override @param {Point} base @param {bigint} exponent */
  powerPublic(base, exponent) {
    const scalar = this.mod(exponent);
    if (base === Point.BASE || this.#prepared.has(base)) return base.multiplyUnsafe(scalar);
    const { X, Y, Z, T } = powerOf(known(base), scalar);
    return new Point(X, Y, Z, T);
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

/** Tables of points that were raised before; they go with their points. @type {WeakMap<Point, import("./edwards.mjs").Table>} */
const tables = new WeakMap();

/** @param {Point} point */
function known(point) {
  const found = tables.get(point) ?? tableOf(point);
  tables.set(point, found);
  return found;
}

/**
 * The point with these RFC 8032 bytes, canonical and of order dividing q; else `element.subgroup`.
 * The neutral element is one.
 * @param {Uint8Array} bytes
 * @returns {Point}
 */
export function decodePoint(bytes) {
  let point;
  try {
    point = Point.fromBytes(bytes, false); // strict: y < p, x = 0 only with sign 0
  } catch {
    throw new Invalid("element.subgroup", "not a point of the prime-order subgroup");
  }
  const { X, Y, Z } = powerOf(known(point), Point.Fn.ORDER);
  if (X !== 0n || Y !== Z) {
    throw new Invalid("element.subgroup", "not a point of the prime-order subgroup");
  }
  return point;
}
