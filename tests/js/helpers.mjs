/** What the tests of the client share: the vector files, verdicts, reproducible bytes. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

import { Invalid } from "../../ballot/web/static/client/errors.mjs";
import { encodeElection } from "../../ballot/web/static/client/gate.mjs";
import { groupNamed } from "../../ballot/web/static/client/group.mjs";

/** @param {string} name */
export function vectors(name) {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), "utf8"));
}

/** `ok`, or the code of the refusal. @param {() => unknown} run */
export function verdict(run) {
  try {
    run();
    return "ok";
  } catch (error) {
    if (error instanceof Invalid) return error.code;
    throw error;
  }
}

/** Bytes that follow from a name, in place of the system's generator. @param {string} name */
export function stream(name) {
  let count = 0;
  return (/** @type {number} */ size) =>
    new Uint8Array(
      createHash("shake256", { outputLength: size }).update(`${name}/${count++}`).digest(),
    );
}

/** A gate from its vector. @param {any} value */
export function gateOf(value) {
  const group = groupNamed(value.group);
  const questions = value.questions.map((/** @type {any} */ q) => ({
    text: q.question,
    answers: q.answers,
    low: q.min,
    high: q.max,
  }));
  const y = group.parseKey(value.y);
  group.prepare(y);
  const election = encodeElection(group, y, value.name, value.description, questions, value.uuid);
  const items = Array.from({ length: value.items }, (_, i) => String(i));
  const { session, slot, style, cap, length } = value;
  return {
    session,
    slot,
    election,
    group,
    style,
    items,
    limit: cap,
    cap,
    keys: [],
    drawn: [],
    length,
  };
}

/** Answer one JSON request a line, by its operation, until the input ends. @param {{ [op: string]: (args: any) => unknown }} operations */
export async function serve(operations) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { op, args } = JSON.parse(line);
    let answer;
    try {
      answer = { answer: await /** @type {(args: any) => unknown} */ (operations[op])(args) };
    } catch (error) {
      answer =
        error instanceof Invalid
          ? { refusal: error.code, detail: error.detail }
          : { fault: String(/** @type {any} */ (error).stack) };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}
