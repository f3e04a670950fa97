import assert from "node:assert/strict";
import { test } from "node:test";

import { utf8 } from "../../ballot/web/static/client/bytes.mjs";
import { decodeDefinition } from "../../ballot/web/static/client/definition.mjs";
import { digest, dumps } from "../../ballot/web/static/client/encoding.mjs";
import { checkDraft } from "../../ballot/web/static/office/draft_checks.mjs";
import { readUnused } from "../../ballot/web/static/office/unused_slips.mjs";
import { hidden, leaves, shown, valueAt } from "../../ballot/web/static/office/showing.mjs";
import { verify } from "../../ballot/web/static/client/signing.mjs";
import { TrusteeJobs } from "../../ballot/web/static/client/trustee_jobs.mjs";
import { stream, vectors } from "./helpers.mjs";

const { definition: text, lines } = vectors("events");
const definition = decodeDefinition(utf8(text));
const events = lines.map((/** @type {string} */ line) => JSON.parse(line));

/** @param {any} draft @param {string[]} before */
function failed(draft, before) {
  return checkDraft(definition, before, draft)
    .filter(({ status }) => status === "fail")
    .map(({ key }) => key);
}

/** The event with that kind, what came before it, and a draft that says something else. @param {string} kind @param {object} [changes] */
function altered(kind, changes = {}) {
  const at = events.findIndex((/** @type {any} */ event) => event.kind === kind);
  assert.notEqual(at, -1, kind);
  const event = events[at];
  return { draft: { ...event, body: { ...event.body, ...changes } }, before: lines.slice(0, at) };
}

test("nothing is found wrong with any draft that became an event", () => {
  for (const [i, event] of events.entries()) {
    assert.deepEqual(failed(event, lines.slice(0, i)), [], `${i + 1} ${event.kind}`);
  }
});

test("what the events contradict is found in the draft", () => {
  const N = definition.deputies;
  const cases = /** @type {[string, object, string[]][]} */ ([
    ["rules_adopted", { yes: N / 2 }, ["majority"]],
    ["rules_adopted", { yes: N, no: 1 }, ["majority"]],
    ["check_in_closed", { present: N + 1 }, ["present"]],
    ["check_in_closed", { issued: [] }, ["slots"]],
    ["round_opened", { present: N + 1 }, ["present"]],
    ["round_opened", { log: "0".repeat(64) }, ["log"]],
    ["round_closed", { tablet: null }, ["channels"]],
  ]);
  for (const [kind, changes, expected] of cases) {
    const { draft, before } = altered(kind, changes);
    assert.deepEqual(failed(draft, before), expected, `${kind} ${JSON.stringify(changes)}`);
  }
});

test("another ballot than the one that follows from the keys is not opened", () => {
  const { draft, before } = altered("round_opened", { fingerprint: Buffer.alloc(32).toString("base64").slice(0, 43) });
  assert.deepEqual(failed(draft, before), ["ballot"]);
});

test("a signers' count that differs, and tokens beyond those present, are found", () => {
  const { draft, before } = altered("check_in_closed");
  const [first, ...others] = draft.body.issued;
  const more = { ...first, tablet: draft.body.present + 1, signers: [first.tablet, first.tablet + 1] };
  assert.deepEqual(failed({ ...draft, body: { ...draft.body, issued: [more, ...others] } }, before), ["issued", "signers"]);
});

test("a draft of another session, and events that do not chain, are found", () => {
  const { draft, before } = altered("rules_adopted");
  assert.deepEqual(failed({ ...draft, session: "0".repeat(64) }, before), ["session"]);
  assert.deepEqual(failed(draft, before.slice(1)), ["events"]);
  assert.deepEqual(failed(draft, [...before, "{}"]), ["events"]);
});

test("an older event in a draft is said, and not refused", () => {
  const { draft, before } = altered("round_opened", { log: digestOf(lines[0]) });
  const found = checkDraft(definition, before, draft).find(({ key }) => key.startsWith("log"));
  assert.deepEqual(found, { key: "log_behind", status: "open" });
});

/** @param {string} line */
function digestOf(line) {
  return digest(JSON.parse(line));
}

test("a member that the page does not show is found, however deep", () => {
  const draft = { ...events[0], slot: null, body: { a: [{ b: 1 }, { b: 2 }], empty: [], none: null } };
  const head = ["kind", "session", "slot", "minute"];
  assert.deepEqual(leaves(draft.body, "body"), ["body.a.0.b", "body.a.1.b", "body.empty", "body.none"]);
  assert.deepEqual(hidden(draft, [...head, "body.a.0.b", "body.empty", "body.none"]), ["body.a.1.b"]);
  assert.deepEqual(hidden(draft, [...head, "body.a", "body.empty", "body.none"]), []);
  assert.deepEqual(hidden(draft, ["kind", "slot", "minute", "body.a.0", "body.a.1", "body.empty", "body.none"]), ["session"]);
  assert.equal(valueAt(draft, "body.a.1.b"), 2);
});

test("values are written as the service writes them", () => {
  const texts = { "sign.minute": "{date} {time}", "sign.none": "—", "sign.word.paper": "纸质票" };
  const about = { definition, slot: "projects-1" };
  const cases = /** @type {[string, any, string][]} */ ([
    ["number", 0, "0"],
    ["text", null, "—"],
    ["text", [], "—"],
    ["word", "paper", "纸质票"],
    ["minute", "2025-01-16T18:42Z", "2025-01-17 02:42"],
    ["slot", "projects-1", `${definition.votes[0]?.title} projects-1`],
    ["item", definition.votes[0]?.items[0]?.id, `${definition.votes[0]?.items[0]?.id} ${definition.votes[0]?.items[0]?.title}`],
    ["code", "0".repeat(64), "0000-0000-0000"],
  ]);
  for (const [how, value, expected] of cases) {
    assert.equal(shown(how, value, about, texts).shown, expected, how);
  }
  assert.equal(shown("digest", [1, 2], about, texts).full, digest([1, 2]));
  assert.throws(() => shown("number", undefined, about, texts));
});

test("a key signs for its owner alone, and a wrong passphrase or a damaged file for nobody", async () => {
  const jobs = new TrusteeJobs(stream("official"));
  const passphrase = "sample passphrase";
  const made = await jobs.official({ owner: "clerk", passphrase });
  const documents = [{ kind: "official_key", document: { account: "clerk", public: made.public } }];
  const args = { owner: "clerk", official: made.file, passphrase, documents };
  const found = await jobs.sign(args);
  assert.equal(found.public, made.public);
  const [signature = ""] = found.signatures;
  verify(made.public, "official_key", documents[0]?.document ?? null, signature);
  const damaged = made.file.replace(/"ciphertext":"./, '"ciphertext":"g');
  for (const [changes, code] of /** @type {[object, string][]} */ ([
    [{ owner: "chair" }, "key.owner"],
    [{ passphrase: "another passphrase" }, "key.passphrase"],
    [{ official: damaged }, "key.damaged"],
  ])) {
    await assert.rejects(jobs.sign({ ...args, ...changes }), { code });
  }
});

test("a file of unused slips is taken for this session and exactly its slots", () => {
  const session = "5".repeat(64);
  const good = { credentials: ["a", "b"], kind: "unused_slips", session, slots: ["one-1", "one-2"], version: 1 };
  /** @param {object} [changes] @param {string[]} [slots] */
  const read = (changes = {}, slots = ["one-1", "one-2"]) => {
    try {
      return readUnused(dumps({ ...good, ...changes }), session, slots);
    } catch (error) {
      return /** @type {any} */ (error).code;
    }
  };
  assert.deepEqual(read(), ["a", "b"]);
  assert.deepEqual(read({ credentials: [] }), []);
  assert.equal(read({ session: "6".repeat(64) }), "slips.session");
  assert.equal(read({}, ["one-1"]), "slips.slots");
  assert.equal(read({}, ["one-2", "one-1"]), "slips.slots");
  assert.equal(read({ credentials: ["a", "b", "c"] }), "slips.slots");
  for (const changes of [{ kind: "drawn_lists" }, { version: 2 }, { more: 1 }, { credentials: [1] }, { slots: [] }]) {
    assert.equal(read(changes), "slips.malformed", JSON.stringify(changes));
  }
  assert.throws(() => readUnused(utf8("codes"), session, ["one-1"]), { code: "slips.malformed" });
  assert.throws(() => readUnused(new Uint8Array(8 * 1024 * 1024 + 1), session, []), { code: "slips.too_big" });
});
