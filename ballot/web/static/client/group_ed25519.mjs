/**
 * The prime-order subgroup of edwards25519: on @noble/curves for whatever is secret, on edwards.mjs for
 * public powers. Text is the point's RFC 8032 bytes reversed, in hex (attack D5): the number that the
 * bytes are. noble's `multiply` throws for the scalar 0 (attack D6): hence the branches here.
 */

import { ed25519 } from "../vendor/crypto.mjs";
import { toHex } from "./bytes.mjs";
import { coordinates, decoding, encodings, isNeutral, pointOf } from "./edwards.mjs";
import { Base, Fixed, combined } from "./edwards_powers.mjs";
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

/** What is known of points that were raised or read; it goes with them. @type {WeakMap<Point, Base>} */
const bases = new WeakMap();
/** Points that are products of such points. @type {WeakMap<Point, Point[]>} */
const products = new WeakMap();
/** The large tables of the generator and of prepared points, made when first used. @type {WeakMap<Point, Fixed>} */
const tables = new WeakMap();

export class Ed25519 extends Group {
  /** Points with a table. @type {WeakSet<Point>} */
  #prepared = new WeakSet([Point.BASE]);
  /** The texts of points that were read. @type {WeakMap<Point, string>} */
  #texts = new WeakMap();

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
    const point = decoded(BigInt(`0x${text}`));
    this.#texts.set(point, text);
    return point;
  }

  /** @override @param {Point} element */
  ser(element) {
    const known = this.#texts.get(element);
    if (known !== undefined) return known;
    if (!products.has(element)) return toHex(element.toBytes().reverse());
    const [text = ""] = spelled(baseOf(element).point);
    this.#texts.set(element, text);
    return text;
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
    // What these points know serves their product; only who verifies raises it.
    if (elements.length > 1 && elements.every((one) => bases.has(one))) products.set(found, elements);
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
    if (this.#prepared.has(base)) return base.multiplyUnsafe(scalar);
    return new Point(...coordinates(combined([[{ point: baseOf(base), exponent: scalar }]]), 0));
  }

  /** @override @param {[Point, bigint][][]} sums */
  spelledPowers(sums) {
    return spelled(
      combined(
        sums.map((powers) =>
          powers.map(([base, exponent]) => ({
            point: this.#prepared.has(base) ? tableOf(base) : baseOf(base),
            exponent: this.mod(exponent),
          })),
        ),
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

/** The texts of points of edwards.mjs. @param {import("./edwards.mjs").Doubles} points */
function spelled(points) {
  return encodings(points).map((encoding) => encoding.toString(16).padStart(64, "0"));
}

/** @param {Point} point @returns {Base} */
function baseOf(point) {
  const parts = products.get(point);
  const found =
    bases.get(point) ??
    (parts ? Base.sum(parts.map(baseOf)) : Base.of(pointOf(point.X, point.Y, point.Z, point.T)));
  bases.set(point, found);
  return found;
}

/** @param {Point} point @returns {Fixed} */
function tableOf(point) {
  const found = tables.get(point) ?? new Fixed(pointOf(point.X, point.Y, point.Z, point.T));
  tables.set(point, found);
  return found;
}

/**
 * The point with these 32 RFC 8032 bytes, canonical and of order dividing q; else `element.subgroup`.
 * The neutral element is one.
 * @param {Uint8Array} bytes
 * @returns {Point}
 */
export function decodePoint(bytes) {
  return decoded(BigInt(`0x${toHex(bytes.slice().reverse())}`));
}

/** @param {bigint} encoding @returns {Point} */
function decoded(encoding) {
  const affine = decoding(encoding);
  if (affine) {
    const point = Point.fromAffine(affine);
    const power = { point: baseOf(point), exponent: Point.Fn.ORDER };
    if (isNeutral(combined([[power]]), 0)) return point;
  }
  throw new Invalid("element.subgroup", "not a point of the prime-order subgroup");
}
