import assert from "node:assert/strict";
import { test } from "node:test";

import {
  begun,
  have,
  lacking,
  phaseOf,
  quorums,
  roundsOf,
  stageOf,
  underWay,
} from "../../ballot/web/static/office/trustee_state.mjs";

const slots = [{ id: "v-1" }, { id: "v-2" }];
const definition = /** @type {any} */ ({
  trustees: ["a", "b", "c"],
  threshold: 2,
  votes: [{ id: "v", title: "票决", slots }],
});
/** @param {string[]} names */
const board = (...names) => ({
  conflicts: [],
  documents: names.map((name) => ({ name, text: "" })),
  number: 1,
  state: "",
});

test("a step is complete when every trustee's document is there, in any order", () => {
  assert.deepEqual(lacking(definition, board()), {
    step: "certificate",
    missing: ["a", "b", "c"],
  });
  const first = ["1-certificate-3.json", "1-certificate-1.json"];
  assert.deepEqual(lacking(definition, board(...first)), { step: "certificate", missing: ["b"] });
  assert.deepEqual(have(definition, board(...first), "certificate"), ["a", "c"]);
  const steps = ["1-certificate", "2-coefficients", "3-key", "4-drill", "5-ready"];
  const all = steps.flatMap((step) => [1, 2, 3].map((index) => `${step}-${index}.json`));
  assert.equal(lacking(definition, board(...all)), null);
  assert.deepEqual(lacking(definition, board(...all.slice(0, -1))), {
    step: "ready",
    missing: ["c"],
  });
});

test("the wizard goes from the seed over share, copy and drill to the end", () => {
  const kept = begun(1);
  const device = { over: false, seed: false, share: false, kept: null };
  assert.equal(stageOf(device), "begin");
  assert.equal(stageOf({ ...device, seed: true }), "begin"); // what was seen is not there
  assert.equal(stageOf({ ...device, seed: true, kept }), "exchange");
  const shared = { ...device, seed: true, share: true };
  assert.equal(stageOf({ ...shared, kept }), "export");
  assert.equal(stageOf({ ...shared, kept: { ...kept, exported: true } }), "drill");
  assert.equal(stageOf({ ...shared, kept: { ...kept, exported: true, drill: "{}" } }), "ready");
  assert.equal(stageOf({ ...shared, kept, over: true }), "done");
});

/** @param {string} kind @param {any} [body] @param {string} [signer] */
const event = (kind, body = {}, signer = "a") => ({
  kind,
  slot: "v-1",
  body,
  signatures: [{ signer }],
});
const root = "0".repeat(64);
const closed = event("round_closed", { tablet: { returned: 9, root } });
/** @param {string} who */
const sealed = (who) => event("sealed", { root, size: 9 }, who);
/** @param {any[]} events */
const phase = (...events) => {
  const rounds = roundsOf(definition, events);
  return rounds[0] && phaseOf(definition, rounds[0], "b");
};

test("q seals come before any decryption, and t decryptions are enough", () => {
  assert.deepEqual(quorums(definition), { seal: 3, decrypt: 2 });
  const opened = event("round_opened", { channels: ["tablet"] });
  assert.equal(phase(opened), undefined);
  const open = [opened, closed];
  assert.equal(phase(...open), "seal");
  assert.equal(phase(...open, sealed("b")), "seals");
  assert.equal(phase(...open, sealed("a"), sealed("c")), "seal");
  const other = event("sealed", { root: "1".repeat(64), size: 9 }, "c");
  assert.equal(phase(...open, sealed("a"), sealed("b"), other), "seals");
  const three = [...open, ...["a", "b", "c"].map(sealed)];
  assert.equal(phase(...three), "decrypt");
  assert.equal(phase(...three, event("decrypted", { owner: 2 }, "b")), "partials");
  const two = ["a", "c"].map((who) => event("decrypted", {}, who));
  assert.equal(phase(...three, ...two), "partials");
  assert.equal(phase(...three, ...two, event("counted")), "counted");
  assert.equal(phase(...open, event("voided")), "voided");
});

test("a restored key waits for the seals of others, and decrypts", () => {
  const open = [event("round_opened", { channels: ["tablet"] }), closed];
  /** @param {any[]} events */
  const barred = (...events) => {
    const [round] = roundsOf(definition, events);
    return round && phaseOf(definition, round, "b", ["v-1"]);
  };
  assert.equal(barred(...open), "barred");
  assert.equal(barred(...open, ...["a", "b", "c"].map(sealed)), "decrypt");
});

test("papers are counted before the sum is decrypted", () => {
  const opened = event("round_opened", { channels: ["tablet", "paper"] });
  const three = [opened, closed, ...["a", "b", "c"].map(sealed)];
  assert.equal(phase(...three), "paper");
  assert.equal(phase(...three, event("paper_counted")), "decrypt");
});

test("a round for paper only has no box to seal", () => {
  const opened = event("round_opened", { channels: ["paper"] });
  assert.deepEqual(roundsOf(definition, [opened, event("round_closed", { tablet: null })]), []);
});

test("a restored key is told of every round that was opened", () => {
  const opened = event("round_opened", { channels: ["tablet"] });
  const again = { ...opened, slot: "v-2" };
  assert.deepEqual(underWay([opened, closed, event("voided"), again]), ["v-1", "v-2"]);
});
