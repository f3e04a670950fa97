/**
 * Our client for Python's property tests: one JSON request a line in, one JSON answer a line out.
 */

import { createInterface } from "node:readline";

import { Board } from "../../ballot/web/static/client/board.mjs";
import * as ballots from "../../ballot/web/static/client/ballots.mjs";
import { fromHex, toHex, unb64url, utf8 } from "../../ballot/web/static/client/bytes.mjs";
import { decodeDefinition } from "../../ballot/web/static/client/definition.mjs";
import {
  loads,
  loadsCompact,
  parseCode,
  sha256,
} from "../../ballot/web/static/client/encoding.mjs";
import { Invalid } from "../../ballot/web/static/client/errors.mjs";
import { buildGate, jointKey } from "../../ballot/web/static/client/gate.mjs";
import { drawTokens, finishTokens, requestBody } from "../../ballot/web/static/client/wallet.mjs";
import { stream, verdict } from "./helpers.mjs";

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
  follow: ({ definition, lines }) => {
    const board = new Board(decodeDefinition(utf8(definition)));
    for (const line of lines) board.append(line);
    return board.number;
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { op, args } = JSON.parse(line);
  let answer;
  try {
    answer = { answer: /** @type {(args: any) => unknown} */ (OPS[op])(args) };
  } catch (error) {
    answer =
      error instanceof Invalid
        ? { refusal: error.code }
        : { fault: String(/** @type {any} */ (error).stack) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
