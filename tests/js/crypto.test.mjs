import assert from "node:assert/strict";
import { test } from "node:test";

import * as blind from "../../ballot/web/static/client/blind.mjs";
import {
  b64url,
  fromHex,
  toHex,
  toInteger,
  unb64url,
} from "../../ballot/web/static/client/bytes.mjs";
import { deriveSecret, parseSlip } from "../../ballot/web/static/client/credentials.mjs";
import * as elgamal from "../../ballot/web/static/client/elgamal.mjs";
import { GROUPS, groupNamed } from "../../ballot/web/static/client/group.mjs";
import { inverse, power, root } from "../../ballot/web/static/client/integers.mjs";
import { Nonces } from "../../ballot/web/static/client/nonces.mjs";
import * as proofs from "../../ballot/web/static/client/proofs.mjs";
import { sign, verify } from "../../ballot/web/static/client/signing.mjs";
import { checkSlotKey } from "../../ballot/web/static/client/slotkey.mjs";
import { stream, verdict, vectors } from "./helpers.mjs";

const { keys } = vectors("blind");
const groups = Object.values(GROUPS);
const ed = groupNamed("Ed25519");

test("nonces follow from the seed as in Python", () => {
  for (const { group: name, seed, first_three_and_300th: expected } of vectors("nonces")) {
    const nonces = new Nonces(groupNamed(name), fromHex(seed));
    const scalars = Array.from({ length: 300 }, () => nonces.next().toString());
    assert.deepEqual([...scalars.slice(0, 3), scalars[299]], expected);
  }
  assert.throws(() => new Nonces(ed, new Uint8Array(31)), RangeError);
});

test("signatures are judged by one strict rule", () => {
  const { seed, public: key, document, cases } = vectors("signatures");
  for (const { comment, public: other, kind, signature, verdict: expected } of cases) {
    assert.equal(
      verdict(() => verify(other, kind, document, signature)),
      expected,
      comment,
    );
  }
  const signature = sign(fromHex(seed), "receipt", document);
  assert.equal(signature, cases[0].signature);
  assert.equal(
    verdict(() => verify(key, "receipt", { ...document, slot: "x" }, signature)),
    "signature.invalid",
  );
});

test("nothing is blinded for a key that may be cheating", () => {
  for (const { comment, n, e, verdict: expected } of vectors("slot_keys")) {
    assert.equal(
      verdict(() => checkSlotKey({ n: BigInt(`0x${n}`), e: BigInt(e) })),
      expected,
      comment,
    );
  }
});

test("blinding and unblinding satisfy the vectors of RFC 9474", () => {
  const found = vectors("rfc9474").map((/** @type {any} */ v) => {
    const [n, e] = [BigInt(v.n), BigInt(v.e)];
    const bytes = (/** @type {string} */ text) => fromHex(text.replace(/^0x/, ""));
    const message = bytes(v.input_msg);
    const r = /** @type {bigint} */ (inverse(BigInt(v.inv), n));
    const made = blind._blind(n, e, message, bytes(v.salt ?? ""), r);
    assert.deepEqual(made.request, bytes(v.blinded_msg), v.name);
    const signature = blind._finalize(
      n,
      e,
      message,
      bytes(v.blind_sig),
      made.inverse,
      Number(v.sLen),
    );
    assert.deepEqual(signature, bytes(v.sig), v.name);
    return v.name;
  });
  assert.equal(found.length, 4);
});

test("tokens of our own vectors verify, and their neighbours do not", () => {
  const key = { n: BigInt(`0x${keys[0].n}`), e: 65537n };
  const random = stream("blind");
  const message = blind.tokenMessage(ed.ser(ed.g), "5e".repeat(32), "projects-1");
  const { request, inverse: unblind } = blind.blind(key, message, random);
  const [p, q] = [BigInt(`0x${keys[0].p}`), BigInt(`0x${keys[0].q}`)];
  const d = /** @type {bigint} */ (inverse(65537n, (p - 1n) * (q - 1n)));
  const answer = fromHex(power(toInteger(request), d, key.n).toString(16).padStart(768, "0"));
  const signature = blind.finalize(key, message, answer, unblind);
  blind.verify(key, message, signature);
  const other = blind.tokenMessage(ed.ser(ed.g), "5e".repeat(32), "projects-2");
  const flipped = Uint8Array.from(signature, (byte, i) => (i === 383 ? byte ^ 1 : byte));
  const above = fromHex((toInteger(signature) + key.n).toString(16).padStart(770, "0"));
  for (const [wrong, data] of /** @type {[Uint8Array, Uint8Array][]} */ ([
    [other, signature],
    [message, flipped],
    [message, above],
    [message, signature.slice(1)],
    [message, new Uint8Array(384)],
  ])) {
    assert.equal(
      verdict(() => blind.verify(key, wrong, data)),
      "token.invalid",
    );
  }
  for (const size of [0, 32, 47, 49, 64]) {
    // attack D8
    assert.equal(
      verdict(() => blind._verify(key.n, key.e, message, signature, size)),
      "token.invalid",
    );
  }
  for (const wrong of [request, new Uint8Array(384), answer.slice(1), fromHex(keys[0].n)]) {
    assert.equal(
      verdict(() => blind.finalize(key, message, wrong, unblind)),
      "token.invalid",
    );
  }
});

test("a number at or above the modulus is no second spelling", () => {
  const key = { n: BigInt(`0x${keys[0].n}`), e: 65537n };
  const d = /** @type {bigint} */ (
    inverse(65537n, (BigInt(`0x${keys[0].p}`) - 1n) * (BigInt(`0x${keys[0].q}`) - 1n))
  );
  const room = 2n ** 3072n - key.n; // a number below this has another spelling of the same size
  const bytes = (/** @type {bigint} */ value) => fromHex(value.toString(16).padStart(768, "0"));
  let [answers, signatures] = [0, 0];
  for (let i = 0; i < 300 && (!answers || !signatures); i++) {
    const message = Uint8Array.of(i, i >> 8);
    const { request, inverse: unblind } = blind.blind(key, message, stream(`spelling ${i}`));
    const z = power(toInteger(request), d, key.n);
    const signature = toInteger(blind.finalize(key, message, bytes(z), unblind));
    if (z < room) {
      answers++;
      assert.equal(
        verdict(() => blind.finalize(key, message, bytes(z + key.n), unblind)),
        "token.invalid",
      );
    }
    if (signature < room) {
      signatures++;
      assert.equal(
        verdict(() => blind.verify(key, message, bytes(signature + key.n))),
        "token.invalid",
      );
    }
  }
  assert.ok(answers && signatures);
});

test("a factor is uniform below the modulus and never serves two keys", () => {
  const key = { n: BigInt(`0x${keys[0].n}`), e: 65537n };
  const message = new Uint8Array(3);
  /** @type {number[]} */
  const sizes = [];
  // Top of the range: all ones and n itself are drawn again, n − 1 is taken (attack A22).
  const draws = [
    new Uint8Array(384).fill(255),
    fromHex(keys[0].n),
    new Uint8Array(384),
    fromHex((key.n - 1n).toString(16)),
  ];
  const random = (/** @type {number} */ size) => {
    sizes.push(size);
    return size === 48 ? new Uint8Array(48) : /** @type {Uint8Array} */ (draws.shift());
  };
  assert.equal(blind.blind(key, message, random).inverse, key.n - 1n);
  assert.deepEqual(sizes, [48, 384, 384, 384, 384]);
  assert.equal(
    verdict(() => blind.blind(key, message, (size) => new Uint8Array(size))),
    "random.unusable",
  );
});

test("integers: powers, inverses, roots", () => {
  for (const [a, m] of /** @type {[bigint, bigint][]} */ ([
    [3n, 7n],
    [2n ** 300n + 1n, 2n ** 255n - 19n],
  ])) {
    const b = /** @type {bigint} */ (inverse(a, m));
    assert.equal((a * b) % m, 1n);
    assert.equal(power(a, m - 1n, m), 1n);
  }
  assert.equal(inverse(6n, 9n), null);
  for (const k of [2, 3, 5, 191]) {
    const r = 12345678901234567890n;
    assert.equal(root(r ** BigInt(k), k), r);
    assert.equal(root(r ** BigInt(k) - 1n, k), r - 1n);
    assert.equal(root(r ** BigInt(k) + 1n, k), r);
    assert.equal(root((2n ** 300n + 7n) ** BigInt(k), k), 2n ** 300n + 7n);
    assert.equal(root(1n, k), 1n);
  }
});

test("slips are read as typed and give Python's secrets", () => {
  for (const { typed, verdict: expected, slip, secrets } of vectors("slips")) {
    assert.equal(
      verdict(() => parseSlip(typed)),
      expected,
      typed,
    );
    if (!slip) continue;
    assert.equal(parseSlip(typed), slip);
    for (const [name, secret] of Object.entries(secrets)) {
      assert.equal(
        deriveSecret(groupNamed(name), "TestSlipAAAAAAAAAAAAAA", slip).toString(),
        secret,
      );
    }
  }
});

test("an element has one spelling and no torsion part", () => {
  const one = ed.ser(ed.power(ed.g, 3n));
  const { cases } = vectors("signatures");
  const points = cases
    .map((/** @type {any} */ entry) => entry.comment.match(/^key (.*)$/)?.[1])
    .filter(Boolean);
  assert.ok(points.length > 15);
  for (const point of points) {
    const text = toHex(fromHex(point).reverse());
    if (text === ed.ser(ed.identity)) continue;
    assert.match(
      verdict(() => ed.parse(text)),
      /^element\.(subgroup|malformed)$/,
      point,
    );
  }
  for (const text of [
    one.toUpperCase(),
    `0x${one.slice(2)}`,
    ` ${one.slice(1)}`,
    one.slice(1),
    toHex(fromHex(one).reverse()),
    5,
    null,
  ]) {
    assert.match(
      verdict(() => ed.parse(text)),
      /^element\./,
      String(text),
    );
  }
  const ff = groupNamed("BELENIOS-2048");
  for (const text of [
    "0",
    "01",
    "-1",
    "+1",
    " 1",
    "1.0",
    "1e3",
    "0x1",
    "2",
    1,
    `${ff.g}0`.repeat(2),
  ]) {
    assert.match(
      verdict(() => ff.parse(text)),
      /^element\./,
      String(text),
    );
  }
  for (const group of groups) {
    assert.ok(group.same(group.parse(group.ser(group.identity)), group.identity));
    assert.equal(
      verdict(() => group.parseKey(group.ser(group.identity))),
      "element.identity",
    );
    for (const text of ["", "01", "-1", "1 ", group.q.toString(), "9".repeat(81), 1]) {
      assert.equal(
        verdict(() => group.parseScalar(text)),
        "scalar.malformed",
        String(text),
      );
    }
    assert.equal(group.parseScalar((group.q - 1n).toString()), group.q - 1n);
  }
  assert.equal(
    verdict(() => groupNamed("__proto__")),
    "group.unknown",
  );
});

test("the scalar 0 and the identity have their branches", () => {
  for (const group of groups) {
    const y = group.power(group.g, 7n);
    group.prepare(y);
    for (const base of [group.g, y, group.power(group.g, 11n)]) {
      assert.ok(group.same(group.power(base, 0n), group.identity));
      assert.ok(group.same(group.power(base, group.q), group.identity));
      assert.ok(group.same(group.powerPublic(base, 0n), group.identity));
      assert.ok(group.same(group.mul(group.power(base, -1n), base), group.identity));
      assert.ok(group.same(group.power(base, group.q + 5n), group.powerPublic(base, 5n)));
    }
    assert.ok(group.same(group.power(group.identity, 5n), group.identity));
    assert.ok(group.same(group.powerG(0n), group.identity));
    assert.ok(group.same(group.powerG(9n), group.powerPublic(group.g, 9n)));
    assert.ok(group.same(group.product([]), group.identity));
    assert.ok(group.same(group.div(y, y), group.identity));
  }
});

test("an interval proof holds for its ciphertext, its interval and its statement only", () => {
  for (const group of groups) {
    const y = group.powerG(1234567n);
    const nonces = new Nonces(group, new Uint8Array(32));
    const r = nonces.next();
    for (const message of [0, 2, 3]) {
      const c = elgamal.encrypt(group, y, message, r);
      const proof = proofs.proveInterval(group, y, "p|", r, message, 0, 3, nonces);
      proofs.verifyInterval(group, y, "p|", c, 0, 3, proof);
      const other = elgamal.encrypt(group, y, message, r + 1n);
      const wrong = [
        () => proofs.verifyInterval(group, y, "q|", c, 0, 3, proof),
        () => proofs.verifyInterval(group, y, "p|", other, 0, 3, proof),
        () => proofs.verifyInterval(group, y, "p|", c, 1, 4, proof),
        () => proofs.verifyInterval(group, y, "p|", c, 0, 2, proof.slice(1)),
        () => proofs.verifyInterval(group, y, "p|", c, 0, 3, [...proof].reverse()),
        () => proofs.verifyInterval(group, group.g, "p|", c, 0, 3, proof),
      ];
      for (const run of wrong) assert.equal(verdict(run), "proof.invalid", String(run));
    }
    assert.throws(() => proofs.proveInterval(group, y, "p|", r, 4, 0, 3, nonces), RangeError);
    const [s, w] = [987654321n, 55n];
    const signature = proofs.signBallot(group, s, "hash", w);
    proofs.verifyBallotSignature(group, group.powerG(s), "hash", signature);
    assert.equal(
      verdict(() => proofs.verifyBallotSignature(group, group.powerG(s), "hasi", signature)),
      "proof.invalid",
    );
    assert.equal(
      verdict(() => proofs.verifyBallotSignature(group, group.powerG(s + 1n), "hash", signature)),
      "proof.invalid",
    );
    const text = proofs.encodeProof(signature);
    assert.deepEqual(proofs.decodeProof(group, text), signature);
    for (const value of [null, {}, { response: "1", challenge: "1" }, { ...text, x: "1" }, [1]]) {
      assert.equal(
        verdict(() => proofs.decodeProof(group, value)),
        "proof.malformed",
      );
    }
    assert.equal(
      verdict(() => proofs.decodeProofs(group, [text], 2)),
      "proof.malformed",
    );
  }
});

test("tokens travel as base64url of 384 bytes", () => {
  const data = stream("x")(384);
  assert.deepEqual(unb64url(b64url(data), 384), data);
});
