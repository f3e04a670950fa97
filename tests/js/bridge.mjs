/**
 * Our client for Python's property tests: one JSON request a line in, one JSON answer a line out.
 */

import { Board } from "../../ballot/web/static/client/board.mjs";
import * as ballots from "../../ballot/web/static/client/ballots.mjs";
import { fromHex, toHex, unb64url, utf8 } from "../../ballot/web/static/client/bytes.mjs";
import { proceed } from "../../ballot/web/static/client/ceremony.mjs";
import { placeOf } from "../../ballot/web/static/client/ceremony_documents.mjs";
import { decodeDefinition } from "../../ballot/web/static/client/definition.mjs";
import { makeDrill } from "../../ballot/web/static/client/drill.mjs";
import {
  loads,
  loadsCompact,
  parseCode,
  sha256,
} from "../../ballot/web/static/client/encoding.mjs";
import { Invalid } from "../../ballot/web/static/client/errors.mjs";
import { lock, unlock } from "../../ballot/web/static/client/keyfile.mjs";
import { buildGate, jointKey } from "../../ballot/web/static/client/gate.mjs";
import {
  admit,
  decryptPartially,
  inspect,
  join,
  readPart,
} from "../../ballot/web/static/client/trustee.mjs";
import { TrusteeJobs } from "../../ballot/web/static/client/trustee_jobs.mjs";
import { drawTokens, finishTokens, requestBody } from "../../ballot/web/static/client/wallet.mjs";
import { serve, stream, verdict } from "./helpers.mjs";

/** @type {{ [op: string]: (args: any) => unknown }} */
const OPS = {
  /** Verdicts of both readers on each document. */
  documents: ({ documents }) =>
    documents.map((/** @type {string} */ hex) => {
      const data = fromHex(hex);
      return [verdict(() => loads(data)), verdict(() => loadsCompact(data))];
    }),
  codes: ({ texts }) => texts.map((/** @type {string} */ text) => verdict(() => parseCode(text))),
  /** The padded request of a ballot in a round, and the election document it was made for. */
  ballot: ({ definition: text, trustees, slot, called, marks, token, seed, nonce }) => {
    const definition = decodeDefinition(utf8(text));
    const gate = buildGate(definition, jointKey(definition, trustees), slot, called);
    const unsigned = ballots.encrypt(gate, marks, token.credential, fromHex(seed));
    const signatures = token.token.map((/** @type {string} */ one) => unb64url(one, 384));
    const random = nonce === null ? stream(seed) : () => fromHex(nonce);
    const envelope = ballots.sealEnvelope(gate, unsigned, BigInt(token.secret), signatures, random);
    return {
      election: new TextDecoder().decode(gate.election.raw),
      body: new TextDecoder().decode(ballots.pad(gate, envelope)),
      tracker: toHex(ballots.tracker(unsigned.digest, sha256(envelope))),
    };
  },
  draw: ({ definition, slots, name }) => {
    const pending = drawTokens(decodeDefinition(utf8(definition)), slots, stream(name));
    return { pending, request: requestBody(pending) };
  },
  finish: ({ definition, pending, answers }) =>
    finishTokens(decodeDefinition(utf8(definition)), pending, answers),
  /** One look of a trustee's browser at the board of a ceremony. */
  ceremony: ({ definition, id, key, seed, files, seen, drill }) => {
    const place = placeOf(decodeDefinition(utf8(definition)), id, fromHex(key));
    return proceed(place, fromHex(seed), files, seen, drill);
  },
  drill: ({ definition, id, key, seed, share, trustees, minute }) => {
    const place = placeOf(decodeDefinition(utf8(definition)), id, fromHex(key));
    return makeDrill(place, fromHex(seed), BigInt(share), trustees, minute);
  },
  /** A trustee's browser verifies a box, and decrypts it where there is a share. */
  box: ({ definition: text, trustees, slot, called, envelopes, stated, slips, share }) => {
    const definition = decodeDefinition(utf8(text));
    const gate = buildGate(definition, jointKey(definition, trustees), slot, called);
    const box = inspect(gate, envelopes.map(utf8), stated, slips);
    const { group } = gate;
    const sums = box.sums.map((row) => row.map((c) => [group.ser(c.alpha), group.ser(c.beta)]));
    const partial = share && decryptPartially(gate, BigInt(share), box, stream("partial"));
    return { seal: box.seal, sums, partial };
  },
  /** The same box read by two workers, the second from `cut` on. */
  box_parts: ({ definition: text, trustees, slot, envelopes, slips, cut }) => {
    const definition = decodeDefinition(utf8(text));
    const gate = buildGate(definition, jointKey(definition, trustees), slot, null);
    const all = envelopes.map(utf8);
    const parts = [readPart(gate, all.slice(0, cut), 0), readPart(gate, all.slice(cut), cut)];
    const { seal, sums } = join(gate, JSON.parse(JSON.stringify(parts)), slips);
    const { group } = gate;
    return {
      seal,
      sums: sums.map((row) => row.map((c) => [group.ser(c.alpha), group.ser(c.beta)])),
      parts,
    };
  },
  admit: ({ journal, slot, seal, minute }) => admit(journal, slot, seal, minute),
  /** A job of a trustee's worker. */
  trustee_job: ({ job, name, definition, envelopes = [], ...args }) =>
    /** @type {any} */ (new TrusteeJobs(stream(name)))[job]({
      ...args,
      definition: utf8(definition),
      envelopes: envelopes.map(utf8),
    }),
  /** Jobs of one worker, one after the other; `{refusal}` in the place of an answer. */
  trustee_visit: async ({ name, definition, jobs, ...shared }) => {
    const worker = /** @type {any} */ (new TrusteeJobs(stream(name)));
    const answers = [];
    for (const [job, args] of jobs) {
      try {
        answers.push((await worker[job]({ ...shared, definition: utf8(definition), ...args })) ?? null);
      } catch (error) {
        if (!(error instanceof Invalid)) throw error;
        answers.push({ refusal: error.code });
      }
    }
    return answers;
  },
  lock: async ({ header, secret, passphrase, name }) =>
    new TextDecoder().decode(await lock(header, fromHex(secret), passphrase, stream(name))),
  unlock: async ({ file, passphrase, purpose, session }) =>
    toHex((await unlock(utf8(file), passphrase, purpose, session)).secret),
  follow: ({ definition, lines }) => {
    const board = new Board(decodeDefinition(utf8(definition)));
    for (const line of lines) board.append(line);
    return board.number;
  },
};

await serve(OPS);
