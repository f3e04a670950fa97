/** Our arithmetic of public points against noble's plain operations and against plain integers. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { fromHex, toHex, toInteger } from "../../ballot/web/static/client/bytes.mjs";
import * as edwards from "../../ballot/web/static/client/edwards.mjs";
import { Base, Fixed, combined } from "../../ballot/web/static/client/edwards_powers.mjs";
import * as field from "../../ballot/web/static/client/field25519.mjs";
import { groupNamed } from "../../ballot/web/static/client/group.mjs";
import { decodePoint } from "../../ballot/web/static/client/group_ed25519.mjs";
import "../../ballot/web/static/client/group_verifying.mjs";
import { ed25519 } from "../../ballot/web/static/vendor/crypto.mjs";
import { stream, verdict } from "./helpers.mjs";

const { Point } = ed25519;
const ed = groupNamed("Ed25519");
const [P, L] = [2n ** 255n - 19n, Point.Fn.ORDER];
const random = stream("edwards");
const bits = (/** @type {number} */ count) => toInteger(random(40)) & ((1n << BigInt(count)) - 1n);
const scalars = [0n, 1n, 2n, 7n, 8n, 127n, 128n, 129n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 252n - 1n, 2n ** 252n, L - 2n, L - 1n];
const numbers = [0n, 1n, 2n, 18n, 19n, 2n ** 21n, 2n ** 22n - 1n, 2n ** 254n, P - 20n, P - 19n, P - 2n, P - 1n];
for (let i = 0; i < 40; i++) numbers.push(bits(255) % P);
for (let i = 0; i < 12; i++) scalars.push(bits(252));
const torsion = [
  "0100000000000000000000000000000000000000000000000000000000000000", // order 1
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // 2
  "0000000000000000000000000000000000000000000000000000000000000000", // 4
  "0000000000000000000000000000000000000000000000000000000000000080",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", // 8
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
].map((text) => Point.fromBytes(fromHex(text)));
const points = [...torsion, Point.BASE, ...[3n, L - 1n, bits(250)].map((s) => Point.BASE.multiply(s))];
for (const [i, one] of torsion.entries()) points.push(Point.BASE.multiply(bits(250) + BigInt(i)).add(one));

/** @param {any} point */
const ours = ({ X, Y, Z, T }) => edwards.pointOf(X, Y, Z, T);
/** @param {any} point */
const encoding = (point) => toInteger(point.toBytes().reverse());
/** noble's own product by any scalar, of a point of any order. @param {any} point @param {bigint} scalar */
function times(point, scalar) {
  let result = Point.ZERO;
  for (const bit of scalar.toString(2)) {
    result = result.double();
    if (bit === "1") result = result.add(point);
  }
  return result;
}

test("arithmetic mod p is that of integers", () => {
  const [a, b, o] = [0, 12, 24];
  const all = new Float64Array(36);
  for (const x of numbers) {
    field.put(all, a, x);
    assert.equal(field.read(all, a), x);
    field.square(all, o, all, a);
    assert.equal(field.read(all, o), (x * x) % P);
    field.invert(all, o, all, a);
    field.mul(all, o, all, o, all, a);
    assert.equal(field.read(all, o), x ? 1n : 0n);
    for (const y of numbers) {
      field.put(all, b, y);
      field.mul(all, o, all, a, all, b);
      assert.equal(field.read(all, o), (x * y) % P);
      field.subtract(all, o, all, a, all, b);
      assert.equal(field.read(all, o), (x - y + P) % P);
      field.add(all, o, all, a, all, b);
      assert.equal(field.read(all, o), (x + y) % P);
    }
  }
  field.put(all, a, P); // a spelling of 0 that no document may have
  assert.equal(field.read(all, a), 0n);
});

// The bounds that field25519.mjs states, as exact integers: what is compared is 2^300 times itself.
const SCALE = 300n;
const exponents = Array.from({ length: 13 }, (_, k) => BigInt(Math.ceil(21.25 * k)));
const e = (/** @type {number} */ k) => /** @type {bigint} */ (exponents[k]);
/** @param {bigint[]} reduced the most that each double can be @param {bigint} terms a·b of the factors */
function products(reduced, terms) {
  return reduced.map((_, k) => {
    const sum = (/** @type {number} */ total, /** @type {number} */ from) =>
      reduced.reduce((all, one, i) => {
        const other = total - i;
        return i < from || other < 0 || other > 11 ? all : all + one * /** @type {bigint} */ (reduced[other]);
      }, 0n);
    return { low: terms * sum(k, 0), high: terms * 19n * sum(k + 12, k + 1) };
  });
}

test("no sum of products loses a bit, whatever sixteen reduced elements are multiplied", () => {
  let reduced = exponents.slice(0, 12).map((_, k) => 1n << (e(k + 1) - 1n));
  for (let round = 0; round < 4; round++) {
    const lanes = products(reduced, 16n).map(({ low, high }, k) => {
      // Every product is a multiple of 2^e(k), or of 2^(e(k) + 255).
      assert.ok(high < 1n << (53n + e(k) + 255n), `what is wrapped into ${k}`);
      const all = (low << SCALE) + (high << (SCALE - 255n));
      assert.ok(all < 1n << (53n + e(k) + SCALE), `double ${k}`);
      return all;
    });
    for (const k of [11, 5, 0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11]) {
      const half = 1n << (e(k + 1) - 1n + SCALE);
      const [held, next] = [/** @type {bigint} */ (lanes[k]), (k + 1) % 12];
      assert.ok(held < 1n << (51n + e(k + 1) + SCALE), "what the rounding takes");
      const carried = held + half;
      lanes[next] = /** @type {bigint} */ (lanes[next]) + (k < 11 ? carried : (19n * carried) >> 255n);
      lanes[k] = held < half ? held : half;
      assert.ok(/** @type {bigint} */ (lanes[next]) < 1n << (53n + e(next) + SCALE), `carry into ${next}`);
    }
    const after = lanes.map((one) => (one >> SCALE) + 1n);
    for (const [k, one] of after.entries()) {
      const half = 1n << (e(k + 1) - 1n);
      assert.ok(one <= half + half / 500n + 1n, `double ${k} after the carries`);
    }
    reduced = reduced.map((one, k) => (one > (after[k] ?? 0n) ? one : (after[k] ?? 0n)));
  }
});

test("the largest doubles that the bounds allow are multiplied exactly", () => {
  const all = new Float64Array(36);
  const exact = (/** @type {number} */ at) =>
    all.subarray(at, at + 12).reduce((sum, one) => sum + BigInt(one), 0n);
  for (const [times, signs] of /** @type {[number, number][]} */ ([[4, 0], [4, 0xaaa], [4, 0x0f0], [4, 0xfff]])) {
    for (let k = 0; k < 12; k++) {
      const size = times * 2 ** (Number(e(k + 1)) - 1);
      all[k] = size;
      all[12 + k] = signs & (1 << k) ? -size : size;
    }
    const [x, y] = [exact(0), exact(12)];
    field.mul(all, 24, all, 0, all, 12);
    assert.equal(field.read(all, 24), (((x * y) % P) + P) % P);
    field.square(all, 24, all, 12);
    assert.equal(field.read(all, 24), (y * y) % P);
  }
});

test("sums and doubles are noble's, of points of every order", () => {
  for (const one of points) {
    const double = ours(one);
    edwards.double(double, 0);
    assert.deepEqual(edwards.encodings(double), [encoding(one.double())]);
    for (const other of points) {
      for (const less of [false, true]) {
        const due = encoding(less ? one.subtract(other) : one.add(other));
        const [sum, second] = [ours(one), new Float64Array(48)];
        edwards.cache(second, 0, ours(other), 0);
        edwards.addCached(sum, 0, second, 0, less, true);
        assert.deepEqual(edwards.encodings(sum), [due]);
        const again = ours(one);
        edwards.addAffine(again, 0, edwards.affine(ours(other), 1), 0, less, true);
        assert.deepEqual(edwards.encodings(again), [due]);
        const [x, y, z, t] = edwards.coordinates(again, 0);
        assert.equal((x * y) % P, (z * t) % P);
      }
    }
    assert.equal(edwards.isNeutral(ours(one), 0), one.is0());
  }
});

test("products of powers are noble's, for points of every order and every kind of table", () => {
  for (const [n, point] of points.entries()) {
    const [base, fixed] = [Base.of(ours(point)), new Fixed(ours(point))];
    const other = /** @type {any} */ (points[(n + 3) % points.length]);
    const sum = Base.sum([base, Base.of(ours(other)), base]);
    for (const [i, exponent] of scalars.entries()) {
      const second = /** @type {bigint} */ (scalars[(i + 5) % scalars.length]);
      const due = times(point, exponent);
      const found = combined([
        [{ point: base, exponent }],
        [{ point: fixed, exponent }],
        [{ point: base, exponent }, { point: fixed, exponent: second }, { point: sum, exponent: second }],
        [],
      ]);
      const both = due.add(times(point, second)).add(times(point.double().add(other), second));
      assert.deepEqual(edwards.encodings(found), [due, due, both, Point.ZERO].map(encoding));
    }
  }
});

test("what the group spells for a verifier is what it computes for everyone", () => {
  const y = ed.powerG(bits(250));
  ed.prepare(y);
  const read = [11n, 12n, L - 13n].map((s) => ed.parse(ed.ser(ed.powerG(s))));
  const total = ed.product(read);
  const bases = [ed.g, y, ed.identity, ...read, total, ed.powerG(99n)];
  assert.equal(ed.ser(total), ed.ser(ed.powerG(10n)));
  for (const exponent of [...scalars, -1n, L, L + 5n, 2n ** 256n]) {
    const products = bases.map((base, i) => [
      [base, exponent],
      [bases[(i + 1) % bases.length], 3n - exponent],
    ]);
    const plain = products.map((powers) =>
      ed.ser(ed.product(powers.map(([base, s]) => ed.power(base, /** @type {bigint} */ (s))))),
    );
    assert.deepEqual(ed.spelledPowers(/** @type {any} */ (products)), plain);
    for (const base of bases) assert.ok(ed.same(ed.powerPublic(base, exponent), ed.power(base, exponent)));
  }
});

test("the same encodings are points as for noble, and the same points are in the subgroup", () => {
  const texts = points.map((point) => encoding(point));
  const odd = 1n << 255n;
  texts.push(0n, 1n, odd | 1n, P - 1n, odd | (P - 1n), P, P + 1n, odd | P, 2n ** 255n - 1n, 2n ** 256n - 1n);
  for (let i = 0; i < 200; i++) texts.push(bits(256));
  let found = 0;
  for (const number of texts) {
    const bytes = fromHex(number.toString(16).padStart(64, "0")).reverse();
    let due = null;
    try {
      due = Point.fromBytes(bytes, false);
    } catch {
      // not a canonical point
    }
    const mine = edwards.decoding(number);
    assert.deepEqual(mine, due && due.toAffine(), number.toString(16));
    const member = due !== null && due.isTorsionFree();
    assert.equal(verdict(() => decodePoint(bytes)), member ? "ok" : "element.subgroup");
    const text = number.toString(16).padStart(64, "0");
    const malformed = (number & (odd - 1n)) >= P;
    const said = member ? "ok" : malformed ? "element.malformed" : "element.subgroup";
    assert.equal(verdict(() => ed.parse(text)), said);
    if (member) assert.equal(ed.ser(ed.parse(text)), toHex(bytes.slice().reverse()));
    found += due ? 1 : 0;
  }
  assert.ok(found > 80 && found < texts.length);
});
