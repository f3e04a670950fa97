import assert from "node:assert/strict";
import { test } from "node:test";

import {
  b64,
  b64url,
  fromHex,
  toHex,
  unb64,
  unb64url,
  utf8,
} from "../../ballot/web/static/client/bytes.mjs";
import {
  code,
  codeOfHex,
  compact,
  digest,
  dumps,
  loads,
  loadsCompact,
  parseCode,
} from "../../ballot/web/static/client/encoding.mjs";
import { parse } from "../../ballot/web/static/client/json.mjs";
import * as shapes from "../../ballot/web/static/client/shapes.mjs";
import { verdict, vectors } from "./helpers.mjs";

const { documents, typed, codes, base64 } = vectors("encoding");

test("both readers give Python's verdict on every document", () => {
  for (const { comment, bytes, canonical, compact: loose } of documents) {
    const data = fromHex(bytes);
    assert.equal(
      verdict(() => loads(data)),
      canonical,
      comment,
    );
    assert.equal(
      verdict(() => loadsCompact(data)),
      loose,
      comment,
    );
    if (canonical === "ok") assert.deepEqual(dumps(loads(data)), data, comment);
  }
});

test("depth costs no stack", () => {
  const deep = utf8("[".repeat(1_000_000));
  assert.equal(
    verdict(() => parse(deep)),
    "document.malformed",
  );
});

test("a text is checked when it is written as well", () => {
  for (const text of ["\ud800", "甲\u202e乙", "e\u0301"]) {
    assert.equal(
      verdict(() => dumps({ a: text })),
      "document.text",
    );
  }
  for (const value of [1.5, 2 ** 53, NaN, undefined, 1n, { A: 1 }, Symbol("x")]) {
    assert.equal(
      verdict(() => dumps(/** @type {any} */ (value))),
      "document.malformed",
    );
  }
});

test("what is read has no prototype to reach into", () => {
  const value = /** @type {any} */ (loads(utf8('{"constructor":{"a":1}}')));
  assert.equal(Object.getPrototypeOf(value), null);
  assert.equal(value.toString, undefined);
  assert.equal(/** @type {any} */ ({}).a, undefined);
});

test("Belenios bytes keep the order of members", () => {
  assert.deepEqual(compact({ b: 1, a: ["中/\u2028"] }), utf8('{"b":1,"a":["中/\u2028"]}'));
});

test("a code is the first sixty bits and is read as people type it", () => {
  for (const { digest: hex, code: expected } of codes) {
    assert.equal(code(fromHex(hex)), expected);
    assert.equal(codeOfHex(hex), expected);
  }
  for (const { text, verdict: expected, printed } of typed) {
    assert.equal(
      verdict(() => parseCode(text)),
      expected,
      JSON.stringify(text),
    );
    if (expected === "ok") assert.equal(parseCode(text), printed);
  }
});

test("base64 has one spelling", () => {
  for (const { text, size, standard, url } of base64) {
    assert.equal(
      verdict(() => unb64(text, size)),
      standard,
      text,
    );
    assert.equal(
      verdict(() => unb64url(text, size)),
      url,
      text,
    );
  }
  for (let size = 0; size < 50; size++) {
    const data = Uint8Array.from({ length: size }, (_, i) => 255 - i * 7);
    assert.equal(b64(data), Buffer.from(data).toString("base64").replaceAll("=", ""));
    assert.equal(b64url(data), Buffer.from(data).toString("base64url"));
    assert.deepEqual(unb64(b64(data), size), data);
    assert.deepEqual(unb64url(b64url(data), size), data);
  }
});

test("hex is lower case and whole", () => {
  assert.equal(toHex(fromHex("00ff7f")), "00ff7f");
  for (const text of ["0", "AB", "0x00", " 00", "zz", "00\n"]) {
    assert.equal(
      verdict(() => fromHex(text)),
      "document.malformed",
    );
  }
});

test("a digest is that of the canonical bytes", () => {
  assert.equal(
    digest({ a: 1 }),
    "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862",
  );
});

test("readers of shapes refuse the neighbours of what they take", () => {
  const refused = [
    () => shapes.text("𠮷𠮷", "x", 0, 1),
    () => shapes.integer(1.5, "x"),
    () => shapes.integer(true, "x"),
    () => shapes.integer("1", "x"),
    () => shapes.integer(3, "x", 0, 2),
    () => shapes.boolean(0, "x"),
    () => shapes.identifier("a_b", "x"),
    () => shapes.identifier("a\n", "x"),
    () => shapes.itemId("项", "x"),
    () => shapes.hexadecimal("AB".repeat(32), "x"),
    () => shapes.minute("2025-01-16T02:42:00Z", "x"),
    () => shapes.minute("2025-01-16T24:00Z", "x"),
    () => shapes.date("2025-02-32", "x"),
    () => shapes.date("２０２５-02-01", "x"),
    () => shapes.array({ length: 1 }, shapes.boolean, "x"),
    () => shapes.fields([], "", "x"),
    () => shapes.fields({ a: 1 }, "a b", "x"),
    () => shapes.fields({ a: 1, b: 1 }, "a", "x"),
    () => shapes.fields(JSON.parse('{"__proto__":1}'), "", "x"),
    () => shapes.choice(undefined, ["a"], "x"),
    () => shapes.distinct(["a", "a"], "x"),
  ];
  for (const run of refused) assert.equal(verdict(run), "document.shape", String(run));
  assert.equal(shapes.text("𠮷", "x", 1, 1), "𠮷");
});
