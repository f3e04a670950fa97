/**
 * Points of edwards25519 and their powers by public exponents, for who verifies many ballots: in
 * variable time, on the arithmetic of field25519.mjs. Never for a secret exponent.
 *
 * A point is 48 doubles from some place of an array on, extended coordinates X, Y, Z, T after Hisil,
 * Wong, Carter, Dawson (2008): x = X/Z, y = Y/Z, T = XY/Z; the formulas are complete on this curve. As
 * the second of two to be added it is *cached*: Y + X, Y − X, 2Z, 2dT.
 *
 * @typedef {import("./field25519.mjs").Doubles} Doubles
 */

import * as field from "./field25519.mjs";

const { add, addAndSubtract, mul, square, subtract } = field;
const P = 2n ** 255n - 19n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;
/** √−1 = 2^((p−1)/4). */
const ROOT = 19681161376707505956807079304988542015446066515923890162744021073123829784752n;
/** Doubles of an element, of a point, and where a point's coordinates begin. */
const [ELEMENT, X, Y, Z, T] = [12, 0, 12, 24, 36];
export const POINT = 4 * ELEMENT;

/** @param {bigint} value */
function constant(value) {
  const found = new Float64Array(ELEMENT);
  field.put(found, 0, value);
  return found;
}
const [DS, DOUBLE_D, ROOTS] = [constant(D), constant((2n * D) % P), constant(ROOT)];
const [ONE, HALF] = [constant(1n), constant((P + 1n) / 2n)];
// Where the formulas keep what they need in between.
const [S, A, B, C, E, F, G, H] = [new Float64Array(7 * ELEMENT), 0, 12, 24, 36, 48, 60, 72];

/** A new point. @param {bigint} x @param {bigint} y @param {bigint} z @param {bigint} t each 0..p−1 */
export function pointOf(x, y, z, t) {
  const point = new Float64Array(POINT);
  for (const [k, value] of [x, y, z, t].entries()) field.put(point, k * ELEMENT, value);
  return point;
}

/** The neutral element, written at a place. @param {Doubles} p @param {number} at */
export function neutral(p, at) {
  p.fill(0, at, at + POINT);
  p[at + Y] = p[at + Z] = 1;
}

/** Whether it is the neutral element. @param {Doubles} p @param {number} at */
export function isNeutral(p, at) {
  return field.read(p, at + X) === 0n && field.read(p, at + Y) === field.read(p, at + Z);
}

/** X, Y, Z, T as integers 0..p−1. @param {Doubles} p @param {number} at @returns {[bigint, bigint, bigint, bigint]} */
export function coordinates(p, at) {
  return [field.read(p, at + X), field.read(p, at + Y), field.read(p, at + Z), field.read(p, at + T)];
}

/** p = 2p (dbl-2008-hwcd, a = −1); without T if no sum follows. @param {Doubles} p @param {number} at @param {boolean} [all] */
export function double(p, at, all = true) {
  square(S, A, p, at + X);
  square(S, B, p, at + Y);
  square(S, C, p, at + Z);
  addAndSubtract(S, H, G, S, A, S, B);
  add(S, E, p, at + X, p, at + Y);
  square(S, E, S, E);
  subtract(S, E, S, H, S, E);
  add(S, F, S, G, S, C);
  add(S, F, S, F, S, C);
  // The signs of e, f, g, h are all flipped: the quotients are the same. e·f has 3 · 4 reduced elements.
  finish(p, at, all);
}

/** @param {Doubles} p @param {number} at @param {boolean} all */
function finish(p, at, all) {
  mul(p, at + X, S, E, S, F);
  mul(p, at + Y, S, G, S, H);
  mul(p, at + Z, S, F, S, G);
  if (all) mul(p, at + T, S, E, S, H);
}

/**
 * p = p + q, or p − q; without T if no sum follows (add-2008-hwcd-3).
 * @param {Doubles} p @param {number} at @param {Doubles} q cached @param {number} i
 * @param {boolean} less @param {boolean} all
 */
export function addCached(p, at, q, i, less, all) {
  mul(S, C, p, at + T, q, i + T);
  mul(S, H, p, at + Z, q, i + Z);
  addHalves(p, at, q, i, less, all);
}

/**
 * The same for a q with Z = 1/2: (y + x)/2, (y − x)/2, dxy.
 * @param {Doubles} p @param {number} at @param {Doubles} q @param {number} i
 * @param {boolean} less @param {boolean} all
 */
export function addAffine(p, at, q, i, less, all) {
  mul(S, C, p, at + T, q, i + Z);
  S.set(p.subarray(at + Z, at + Z + ELEMENT), H);
  addHalves(p, at, q, i, less, all);
}

/** @param {Doubles} p @param {number} at @param {Doubles} q @param {number} i @param {boolean} less @param {boolean} all */
function addHalves(p, at, q, i, less, all) {
  // −q is (−x, y): its first two coordinates change places, and its 2dT the sign.
  addAndSubtract(S, less ? F : G, less ? G : F, S, H, S, C);
  addAndSubtract(S, B, A, p, at + Y, p, at + X);
  mul(S, A, S, A, q, less ? i + X : i + Y);
  mul(S, B, S, B, q, less ? i + Y : i + X);
  addAndSubtract(S, H, E, S, B, S, A);
  finish(p, at, all);
}

/** o = p, cached. @param {Doubles} o @param {number} at @param {Doubles} p @param {number} i */
export function cache(o, at, p, i) {
  addAndSubtract(o, at + X, at + Y, p, i + Y, p, i + X);
  add(o, at + Z, p, i + Z, p, i + Z);
  mul(o, at + T, p, i + T, DOUBLE_D, 0);
}

/** The inverses of the Z of so many points, with one inversion (Montgomery). @param {Doubles} points @param {number} count */
function inverses(points, count) {
  const found = new Float64Array(count * ELEMENT);
  const running = ONE.slice();
  for (let k = 0; k < count; k++) {
    found.set(running, k * ELEMENT);
    mul(running, 0, running, 0, points, k * POINT + Z);
  }
  field.invert(running, 0, running, 0);
  for (let k = count - 1; k >= 0; k--) {
    mul(found, k * ELEMENT, found, k * ELEMENT, running, 0);
    mul(running, 0, running, 0, points, k * POINT + Z);
  }
  return found;
}

/** So many points as `addAffine` takes them, 36 doubles each. @param {Doubles} points @param {number} count */
export function affine(points, count) {
  const [z, found] = [inverses(points, count), new Float64Array(count * 3 * ELEMENT)];
  for (let k = 0; k < count; k++) {
    const at = k * 3 * ELEMENT;
    mul(S, A, points, k * POINT + X, z, k * ELEMENT);
    mul(S, B, points, k * POINT + Y, z, k * ELEMENT);
    addAndSubtract(S, C, E, S, B, S, A);
    mul(found, at, S, C, HALF, 0);
    mul(found, at + ELEMENT, S, E, HALF, 0);
    mul(S, C, S, A, S, B);
    mul(found, at + 2 * ELEMENT, S, C, DS, 0);
  }
  return found;
}

/** The RFC 8032 encodings of all points of an array, as integers. @param {Doubles} points @returns {bigint[]} */
export function encodings(points) {
  const count = points.length / POINT;
  const z = inverses(points, count);
  return Array.from({ length: count }, (_, k) => {
    mul(S, A, points, k * POINT + X, z, k * ELEMENT);
    mul(S, B, points, k * POINT + Y, z, k * ELEMENT);
    return ((field.read(S, A) & 1n) << 255n) | field.read(S, B);
  });
}

/**
 * The affine coordinates of the point with that RFC 8032 encoding (§5.1.3): canonical, on the curve, of
 * any order; null for anything else.
 * @param {bigint} encoding 0 ≤ encoding < 2^256
 * @returns {{ x: bigint, y: bigint } | null}
 */
export function decoding(encoding) {
  const [odd, y] = [encoding >> 255n, BigInt.asUintN(255, encoding)];
  if (y >= P) return null;
  const [u, v, root] = [A, B, C];
  field.put(S, E, y);
  square(S, E, S, E);
  subtract(S, u, S, E, ONE, 0);
  mul(S, v, S, E, DS, 0);
  add(S, v, S, v, ONE, 0);
  // u/v = root²: root = u v³ (u v⁷)^((p − 5)/8), times √−1 perhaps.
  square(S, E, S, v);
  mul(S, E, S, E, S, v);
  mul(S, F, S, E, S, u);
  square(S, E, S, E);
  mul(S, E, S, E, S, v);
  mul(S, E, S, E, S, u);
  field.power252(S, E, S, E);
  mul(S, root, S, E, S, F);
  square(S, E, S, root);
  mul(S, E, S, E, S, v);
  const [squared, wanted] = [field.read(S, E), field.read(S, u)];
  if (squared !== wanted) {
    if ((squared + wanted) % P !== 0n) return null;
    mul(S, root, S, root, ROOTS, 0);
  }
  const x = field.read(S, root);
  if (x === 0n && odd) return null;
  return { x: (x & 1n) === odd ? x : P - x, y };
}
