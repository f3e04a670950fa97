/**
 * Public work in the Ed25519 group for who verifies many ballots, on edwards.mjs. Whoever loads this
 * module has it; secrets stay on @noble/curves all the same (group_ed25519.mjs).
 *
 * @typedef {import("./group_ed25519.mjs").Point} Point
 */

import { ed25519 } from "../vendor/crypto.mjs";
import { coordinates, decoding, encodings, isNeutral, pointOf } from "./edwards.mjs";
import { Base, Fixed, combined } from "./edwards_powers.mjs";
import { quicken } from "./group_ed25519.mjs";

const { Point } = ed25519;

/** What is known of points that were raised or read; it goes with them. @type {WeakMap<Point, Base>} */
const bases = new WeakMap();
/** Points that are products of such points. @type {WeakMap<Point, Point[]>} */
const products = new WeakMap();
/** The large tables of points that are raised often, made when first used. @type {WeakMap<Point, Fixed>} */
const tables = new WeakMap();
/** The texts of points that were read or spelled. @type {WeakMap<Point, string>} */
const texts = new WeakMap();

quicken({
  decode(encoding) {
    const affine = decoding(encoding);
    if (!affine) return null;
    const point = Point.fromAffine(affine);
    const power = { point: baseOf(point), exponent: Point.Fn.ORDER };
    if (!isNeutral(combined([[power]]), 0)) return null;
    texts.set(point, spelling(encoding));
    return point;
  },

  textOf(point) {
    const known = texts.get(point);
    if (known !== undefined || !products.has(point)) return known ?? null;
    const [text = ""] = encodings(baseOf(point).point).map(spelling);
    texts.set(point, text);
    return text;
  },

  // What these points know serves their product; only who verifies raises it.
  remember(product, parts) {
    if (parts.every((one) => bases.has(one))) products.set(product, parts);
  },

  power(base, scalar) {
    return new Point(...coordinates(combined([[{ point: baseOf(base), exponent: scalar }]]), 0));
  },

  spell(sums) {
    const powers = sums.map((sum) =>
      sum.map(({ base, scalar, often }) => ({
        point: often ? tableOf(base) : baseOf(base),
        exponent: scalar,
      })),
    );
    return encodings(combined(powers)).map(spelling);
  },
});

/** @param {bigint} encoding */
function spelling(encoding) {
  return encoding.toString(16).padStart(64, "0");
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
