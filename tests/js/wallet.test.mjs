import assert from "node:assert/strict";
import { test } from "node:test";

import { b64url, toInteger, unb64url, utf8 } from "../../ballot/web/static/client/bytes.mjs";
import { decodeDefinition } from "../../ballot/web/static/client/definition.mjs";
import { dumps, loads } from "../../ballot/web/static/client/encoding.mjs";
import { inverse, power } from "../../ballot/web/static/client/integers.mjs";
import { Jobs } from "../../ballot/web/static/client/jobs.mjs";
import { Calls, perform } from "../../ballot/web/static/client/messages.mjs";
import {
  drawTokens,
  finishTokens,
  requestBody,
  slipToken,
} from "../../ballot/web/static/client/wallet.mjs";
import { stream, verdict, vectors } from "./helpers.mjs";

const { keys } = vectors("blind");
const [blindOne, drawnOne] = vectors("definitions");
const elections = vectors("elections");
const SLOT = "motion-1";

/** The vector's definition with keys in one slot whose secrets are published. */
const raw = (() => {
  const value = /** @type {any} */ (loads(utf8(blindOne.definition)));
  value.votes[1].slots[0].keys = keys.map((/** @type {any} */ key) => key.n);
  value.votes[1].slots[0].length = 65536;
  return dumps(value);
})();
const definition = decodeDefinition(raw);

/** What both signers answer. @param {any} body */
function answersTo(body) {
  return {
    answers: body.requests.map((/** @type {any} */ { slot, blinded }) => ({
      signatures: blinded.map((/** @type {string} */ text, /** @type {number} */ i) => {
        const [n, p, q] = ["n", "p", "q"].map((name) => BigInt(`0x${keys[i][name]}`));
        const d = /** @type {bigint} */ (inverse(65537n, (p - 1n) * (q - 1n)));
        const s = power(toInteger(unb64url(text, 384)), d, n);
        return b64url(Buffer.from(s.toString(16).padStart(768, "0"), "hex"));
      }),
      slot,
    })),
  };
}

test("tokens are drawn afresh per slot, asked for and verified", () => {
  const pending = drawTokens(definition, [SLOT], stream("draw"));
  const kept = JSON.parse(JSON.stringify(pending)); // what a reload finds
  assert.deepEqual(requestBody(kept), requestBody(pending));
  const answers = answersTo(requestBody(kept));
  const [token] = finishTokens(definition, kept, answers);
  assert.deepEqual(Object.keys(/** @type {object} */ (token)), [
    "slot",
    "credential",
    "secret",
    "token",
  ]);
  assert.deepEqual(finishTokens(definition, pending, answers), [token]);
});

test("no credential and no factor serves twice", () => {
  const pending = drawTokens(definition, ["motion-1", "motion-2", "projects-1"], stream("many"));
  assert.equal(new Set(pending.drawn.map((one) => one.credential)).size, 3);
  assert.equal(new Set(pending.drawn.flatMap((one) => one.blinded.map((b) => b.inverse))).size, 6);
  assert.equal(new Set(pending.drawn.flatMap((one) => one.blinded.map((b) => b.request))).size, 6);
});

test("slots of no definition, slots twice and drawn sessions draw nothing", () => {
  const fail = () => assert.fail("random bytes were drawn");
  for (const slots of [[], ["x"], [SLOT, SLOT]]) {
    assert.match(
      verdict(() => drawTokens(definition, slots, fail)),
      /^(issue\.malformed|definition\.slot)$/,
    );
  }
  const drawn = decodeDefinition(utf8(drawnOne.definition));
  assert.equal(
    verdict(() => drawTokens(drawn, [SLOT], fail)),
    "issue.malformed",
  );
});

test("an answer that is not the signers' is refused as a whole", () => {
  const pending = drawTokens(definition, [SLOT], stream("draw"));
  const good = answersTo(requestBody(pending));
  const [
    {
      signatures: [a, b],
    },
  ] = good.answers;
  const other = answersTo(requestBody(drawTokens(definition, [SLOT], stream("another"))));
  const wrong = [
    other,
    { answers: [{ slot: SLOT, signatures: [b, a] }] },
    { answers: [{ slot: SLOT, signatures: [a] }] },
    { answers: [{ slot: SLOT, signatures: [a, a] }] },
    { answers: [{ slot: "motion-2", signatures: [a, b] }] },
    { answers: [] },
    { answers: [...good.answers, ...good.answers] },
    { answers: [{ slot: SLOT, signatures: [a, b], note: "" }] },
    { answers: [{ slot: SLOT, signatures: [a, `${b}=`] }] },
    null,
    [],
    {},
    { answers: null },
  ];
  for (const body of wrong)
    assert.match(
      verdict(() => finishTokens(definition, pending, body)),
      /^(token\.invalid|document\.malformed)$/,
    );
  assert.equal(
    verdict(() => finishTokens({ ...definition, session: "00".repeat(32) }, pending, good)),
    "token.invalid",
  );
  assert.equal(
    verdict(() => finishTokens(definition, pending, good)),
    "ok",
  );
});

test("a slip that is not in the list is refused", () => {
  const drawn = decodeDefinition(utf8(drawnOne.definition));
  const [{ slip }] = vectors("slips");
  assert.equal(
    verdict(() => slipToken(drawn, "projects-1", slip)),
    "token.invalid",
  );
  const probe = {
    ...drawn,
    votes: drawn.votes.map((vote) => ({ ...vote, slots: vote.slots.map((slot) => ({ ...slot })) })),
  };
  /** @type {string[]} */
  const list = [];
  const slot = /** @type {any} */ (probe.votes[0]?.slots[0]);
  slot.drawn = { includes: (/** @type {string} */ text) => (list.push(text), true) };
  assert.deepEqual(slipToken(probe, "projects-1", slip).token, []);
  slot.drawn = list;
  assert.equal(
    verdict(() => slipToken(probe, "projects-1", slip)),
    "ok",
  );
});

/** A worker without a thread: messages are cloned and answered in turn. */
function fakeWorker() {
  const jobs = new Jobs(stream("jobs"));
  /** @type {{ [kind: string]: (event: any) => void }} */
  const heard = {};
  return {
    addEventListener: (/** @type {string} */ kind, /** @type {any} */ run) =>
      void (heard[kind] = run),
    postMessage: (/** @type {any} */ request) =>
      queueMicrotask(() =>
        perform(jobs, structuredClone(request), (reply) =>
          heard.message?.({ data: structuredClone(reply) }),
        ),
      ),
    fail: () => heard.error?.({}),
  };
}

test("the worker does the whole way from the definition to the envelope", async () => {
  const calls = new Calls(/** @type {any} */ (fakeWorker()));
  await assert.rejects(calls.call("draw", { slots: [SLOT] }), { code: "client.not_pinned" });
  assert.equal((await calls.call("pin", { definition: raw })).session, definition.session);
  await assert.rejects(calls.call("pin", { definition: utf8("{}") }), { code: "document.shape" });
  await calls.call("pin", { definition: raw });
  const pending = await calls.call("draw", { slots: [SLOT] });
  const [token] = await calls.call("finish", { pending, answers: answersTo(requestBody(pending)) });
  assert.ok(token);
  await assert.rejects(calls.call("encrypt", { marks: "Y", token }), {
    code: "ballot.wrong_round",
  });
  const round = { slot: SLOT, trustees: elections.trustees, called: null, fingerprint: null };
  const { items, fingerprint } = await calls.call("open", round);
  assert.deepEqual(items, ["m"]);
  await assert.rejects(calls.call("encrypt", { marks: "Y", token }), {
    code: "ballot.wrong_round",
  }); // not announced
  await calls.call("open", { ...round, fingerprint });
  await assert.rejects(calls.call("open", { ...round, fingerprint: "A".repeat(43) }), {
    code: "ballot.wrong_round",
  });
  await assert.rejects(calls.call("encrypt", { marks: "Y", token }), {
    code: "ballot.wrong_round",
  });
  await calls.call("open", { ...round, fingerprint });
  /** @type {number[]} */
  const told = [];
  const sealed = await calls.call("encrypt", { marks: "Y", token }, (done) => told.push(done));
  assert.deepEqual(told, [1, 2]);
  assert.deepEqual(Object.keys(sealed), ["envelope", "tracker", "opening"]);
  assert.equal(JSON.parse(sealed.envelope).token.length, 2);
  assert.deepEqual(await calls.call("reopen", { opening: sealed.opening }), {
    slot: SLOT,
    marks: "Y",
    tracker: sealed.tracker,
  });
  const again = await calls.call("encrypt", { marks: "Y", token });
  assert.notEqual(again.tracker, sealed.tracker); // a fresh seed for every ballot
  // The shown test ballot holds neither signature, token nor the credential's secret (E20).
  const shown = sealed.opening;
  const { signature } = JSON.parse(JSON.parse(sealed.envelope).ballot);
  for (const secret of [token.secret, ...token.token, signature.hash, signature.proof.response]) {
    assert.ok(!shown.includes(secret));
  }
  assert.match((await calls.call("trial", { items: 2 })).tracker, /^[0-9a-f]{64}$/);
});

test("faults are refusals, and a dead worker answers everyone who waits", async () => {
  const worker = fakeWorker();
  const calls = new Calls(/** @type {any} */ (worker));
  await assert.rejects(calls.call(/** @type {any} */ ("nothing"), {}), { code: "client.fault" });
  const waiting = calls.call("trial", { items: 1 });
  worker.fail();
  await assert.rejects(waiting, { code: "client.fault" });
});

test("the module worker answers on the thread's own channel", async () => {
  const scope = /** @type {any} */ (globalThis);
  /** @type {any[]} */
  const posted = [];
  /** @type {(event: any) => void} */
  let heard = () => {};
  scope.addEventListener = (/** @type {string} */ _, /** @type {any} */ run) => void (heard = run);
  scope.postMessage = (/** @type {any} */ reply) => void posted.push(reply);
  await import("../../ballot/web/static/client/worker.mjs");
  heard({ data: { id: 7, job: "trial", args: { items: 1 } } });
  assert.equal(posted.length, 1);
  assert.match(posted[0].answer.tracker, /^[0-9a-f]{64}$/);
});
