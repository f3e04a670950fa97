import assert from "node:assert/strict";
import { test } from "node:test";

import * as ballots from "../../ballot/web/static/client/ballots.mjs";
import { fromHex, toHex, unb64url, utf8 } from "../../ballot/web/static/client/bytes.mjs";
import { code, sha256 } from "../../ballot/web/static/client/encoding.mjs";
import { decodeReceipt, verifyReceipt } from "../../ballot/web/static/client/receipts.mjs";
import { gateOf, stream, verdict, vectors } from "./helpers.mjs";

const rounds = vectors("ballots").map((/** @type {any} */ entry) => ({
  ...entry,
  gate: gateOf(entry.gate),
  fingerprint: entry.gate.fingerprint,
}));
const [three] = rounds;

test("every style in both groups gives Python's bytes", () => {
  assert.equal(rounds.length, 8);
  for (const { gate, fingerprint, ballots: cases } of rounds) {
    assert.equal(gate.election.fingerprint, fingerprint);
    for (const ballot of cases) {
      const where = `${gate.group.name} ${gate.style} ${ballot.marks}`;
      const unsigned = ballots.encrypt(gate, ballot.marks, ballot.credential, fromHex(ballot.seed));
      assert.equal(toHex(unsigned.digest), ballot.unsigned_sha256, where);
      const token = ballot.token.map((/** @type {string} */ text) => unb64url(text, 384));
      const envelope = ballots.sealEnvelope(gate, unsigned, BigInt(ballot.secret), token, () =>
        fromHex(ballot.nonce),
      );
      if (ballot.envelope) assert.equal(new TextDecoder().decode(envelope), ballot.envelope);
      assert.equal(toHex(sha256(envelope)), ballot.envelope_sha256, where);
      const tracker = ballots.tracker(unsigned.digest, sha256(envelope));
      assert.equal(toHex(tracker), ballot.tracker, where);
      assert.equal(code(tracker), ballot.code, where);
    }
  }
});

test("a test ballot is rebuilt from exactly what its QR shows", () => {
  for (const { gate, ballots: cases } of rounds) {
    const [{ marks, credential, seed, envelope_sha256: e, tracker }] = cases;
    const text = ballots.encodeOpening({
      slot: gate.slot,
      credential,
      marks,
      seed: fromHex(seed),
      e: fromHex(e),
    });
    assert.deepEqual(Object.keys(JSON.parse(text)), ["credential", "e", "marks", "seed", "slot"]);
    const opening = ballots.decodeOpening(text);
    assert.equal(toHex(ballots.reopenTestBallot(gate, opening)), tracker);
    const changed = {
      ...opening,
      marks: opening.marks.replace(/./, (m) =>
        m === "A" ? (gate.style === "grades" ? "S" : "Y") : "A",
      ),
    };
    assert.notEqual(toHex(ballots.reopenTestBallot(gate, changed)), tracker);
    assert.equal(
      verdict(() => ballots.reopenTestBallot(gate, { ...opening, slot: "x" })),
      "ballot.wrong_round",
    );
    const identity = gate.group.ser(gate.group.identity);
    assert.equal(
      verdict(() => ballots.reopenTestBallot(gate, { ...opening, credential: identity })),
      "element.identity",
    );
    for (const wrong of [
      `${text} `,
      text.replace("}", ',"x":1}'),
      text.replace('"e"', '"f"'),
      "",
      "[]",
    ]) {
      assert.match(
        verdict(() => ballots.decodeOpening(wrong)),
        /^document\./,
      );
    }
  }
});

test("an over-marked or misspelt ballot cannot be built", () => {
  const seed = new Uint8Array(32);
  for (const {
    gate,
    ballots: [{ credential }],
  } of rounds) {
    const over =
      gate.style === "three_way" || gate.style === "approve" ? "Y".repeat(gate.items.length) : null;
    if (over)
      assert.equal(
        verdict(() => ballots.encrypt(gate, over, credential, seed)),
        "marks.over_limit",
      );
    for (const marks of [
      "",
      "Q".repeat(gate.items.length),
      "A".repeat(gate.items.length + 1),
      "a".repeat(gate.items.length),
    ]) {
      assert.equal(
        verdict(() => ballots.encrypt(gate, marks, credential, seed)),
        "marks.malformed",
      );
    }
  }
});

test("the signature nonce does not follow from the seed", () => {
  const {
    gate,
    ballots: [{ marks, credential, secret, seed }],
  } = three;
  const unsigned = ballots.encrypt(gate, marks, credential, fromHex(seed));
  /** @type {number[]} */
  const asked = [];
  const random = (/** @type {number} */ size) => (
    asked.push(size),
    stream(String(asked.length))(size)
  );
  const seal = () =>
    toHex(sha256(ballots.sealEnvelope(gate, unsigned, BigInt(secret), [], random)));
  assert.notEqual(seal(), seal());
  assert.deepEqual(asked, [64, 64]);
});

test("progress is told and ends", () => {
  const {
    gate,
    ballots: [{ marks, credential }],
  } = three;
  /** @type {[number, number][]} */
  const told = [];
  ballots.encrypt(gate, marks, credential, new Uint8Array(32), (done, total) =>
    told.push([done, total]),
  );
  assert.deepEqual(told, [
    [1, 4],
    [2, 4],
    [3, 4],
    [4, 4],
  ]);
});

test("all requests of a slot have its length", () => {
  const envelope = utf8('{"x":1}');
  const body = ballots.pad({ length: 20 }, envelope);
  assert.equal(new TextDecoder().decode(body), `{"x":1}${" ".repeat(13)}`);
  assert.equal(
    verdict(() => ballots.pad({ length: 6 }, envelope)),
    "envelope.malformed",
  );
});

test("a receipt holds for one box, one session, one slot, one envelope", () => {
  for (const { gate, ballots: cases } of rounds) {
    for (const { tracker, box_key: boxKey, receipt } of cases) {
      const definition = /** @type {any} */ ({ session: gate.session, boxKey });
      const { kind, ...fields } = receipt;
      assert.equal(kind, "receipt");
      verifyReceipt(definition, gate.slot, tracker, fields);
      const text = JSON.stringify(Object.fromEntries(Object.entries(receipt).sort()));
      const body = utf8(text.padEnd(1024));
      assert.deepEqual(decodeReceipt(body), fields);
      const other = "00".repeat(32);
      const wrong = [
        () => verifyReceipt(definition, "x", tracker, fields),
        () => verifyReceipt(definition, "x", tracker, { ...fields, slot: "x" }),
        () => verifyReceipt(definition, gate.slot, tracker, { ...fields, slot: "x" }),
        () => verifyReceipt(definition, gate.slot, tracker, { ...fields, tracker: other }),
        () => verifyReceipt(definition, gate.slot, other, fields),
        () => verifyReceipt(definition, gate.slot, other, { ...fields, tracker: other }),
        () =>
          verifyReceipt({ ...definition, session: other }, gate.slot, tracker, {
            ...fields,
            session: other,
          }),
        () =>
          verifyReceipt(
            { ...definition, boxKey: "01".padEnd(64, "0") },
            gate.slot,
            tracker,
            fields,
          ),
        () => decodeReceipt(utf8(text.replace('"receipt"', '"receipts"'))),
        () => decodeReceipt(utf8(`${text}\n`)),
        () => decodeReceipt(utf8("")),
      ];
      for (const run of wrong) assert.equal(verdict(run), "receipt.invalid", String(run));
    }
  }
});
