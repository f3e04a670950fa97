/**
 * Some ballots of a box: decoded, opened, verified and added up; mirrors ballot/verify/ballots.py and
 * `admit` of ballot/verify/box.py. A ballot whose proof is wrong is refused (V6) and still stands in
 * the sum that the archive claims (V9); one bad ballot is named and the others are checked (C12).
 *
 * Everything that goes in and out can be cloned: a batch may be checked in any worker.
 *
 * @typedef {import("../gate.mjs").Gate} Gate
 * @typedef {import("../elgamal.mjs").Ciphertext} Ciphertext
 * @typedef {{ code: string, detail: string }} Refusal
 * @typedef {{ number: number, body: Uint8Array, envelope: Uint8Array | null }} Task `envelope`: null
 *   where it is not known
 * @typedef {Omit<Gate, "group" | "election"> & { group: string, election: any }} Packed
 * @typedef {{ gate: Packed, tasks: Task[] }} Batch
 * @typedef {{ size: number, sums: string[][][], complete: boolean, refused: Refusal[],
 *   faults: { number: number, code: string, detail: string }[], alphas: string[] }} Inspected
 *   `sums` the product of those that could be opened, `complete` whether all could; `refused` by
 *   Belenios' rules, `faults` what the box asked beside them
 */

import {
  alphasOf,
  checkAlphas,
  checkCap,
  checkRound,
  checkToken,
  decodeBallot,
  decodeEnvelope,
  openBallot,
  verifyBallot,
} from "../admission.mjs";
import { b64 } from "../bytes.mjs";
import * as elgamal from "../elgamal.mjs";
import { sha256 } from "../encoding.mjs";
import { Invalid } from "../errors.mjs";
import { groupNamed } from "../group.mjs";
import { spelled } from "../trustee.mjs";
import { largestDocument } from "./totals.mjs";

export const BATCH_BALLOTS = 6;

/** The gate without what cannot be cloned; the drawn list is looked at elsewhere. @param {Gate} gate @returns {Packed} */
export function pack(gate) {
  const { group, election } = gate;
  return { ...gate, group: group.name, election: { ...election, y: group.ser(election.y) }, drawn: [] };
}

/** @type {{ key: string, gate: Gate } | null} */
let unpacked = null;

/** @param {Packed} packed @returns {Gate} */
function unpack(packed) {
  const { session, slot, election } = packed;
  const key = `${session}/${slot}/${election.fingerprint}/${election.y}`;
  if (unpacked?.key === key) return unpacked.gate;
  const group = groupNamed(packed.group);
  const y = group.parseKey(election.y);
  group.prepare(y);
  unpacked = { key, gate: { ...packed, group, election: { ...election, y } } };
  return unpacked.gate;
}

/** The ballots of one batch, one after the other. @param {Batch} batch @returns {Inspected} */
export function inspectBatch({ gate: packed, tasks }) {
  const gate = unpack(packed);
  const { group } = gate;
  const neutral = { alpha: group.identity, beta: group.identity };
  /** @type {Ciphertext[][]} */
  let sums = gate.election.questions.map(({ answers }) => answers.map(() => neutral));
  /** @type {Inspected} */
  const found = { size: tasks.length, sums: [], complete: true, refused: [], faults: [], alphas: [] };
  for (const task of tasks) {
    const ciphertexts = inspectOne(gate, task, found);
    if (!ciphertexts) found.complete = false;
    else {
      sums = sums.map((row, i) =>
        row.map((sum, j) =>
          elgamal.product(group, [sum, /** @type {Ciphertext} */ (ciphertexts[i]?.[j])]),
        ),
      );
    }
  }
  found.sums = spelled(group, sums);
  return found;
}

/** The ciphertexts of a ballot that can be opened. @param {Gate} gate @param {Task} task @param {Inspected} found */
function inspectOne(gate, { number, body, envelope }, found) {
  let opened = null;
  try {
    if (body.length > largestDocument(gate)) {
      throw new Invalid("ballot.malformed", "larger than any ballot of this election");
    }
    const decoded = decodeBallot(gate, body);
    opened = openBallot(gate, decoded.ballot);
    checkRound(gate, decoded.ballot);
    verifyBallot(gate, decoded, opened);
    found.alphas.push(...alphasOf(decoded.ballot));
    for (const { code, detail } of faults(gate, decoded.ballot, opened, envelope)) {
      found.faults.push({ number, code, detail });
    }
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    const where = `ballot ${number} (${b64(sha256(body))})`;
    found.refused.push({ code: error.code, detail: `${where}: ${error.detail}` });
  }
  return opened?.ciphertexts ?? null;
}

/** What the box asked beside Belenios' proofs: all faults. @param {Gate} gate @param {any} ballot @param {import("../admission.mjs").Opened} opened @param {Uint8Array | null} data @returns {Invalid[]} */
function faults(gate, ballot, { ciphertexts }, data) {
  if (!data) return [];
  /** @type {Invalid[]} */
  const refused = [];
  /** @param {() => void} check */
  const ask = (check) => {
    try {
      check();
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      refused.push(error);
    }
  };
  ask(() => {
    const { cap, token } = decodeEnvelope(gate, data);
    ask(() => checkAlphas(ballot));
    ask(() => checkCap(gate, ballot, ciphertexts, cap));
    if (gate.keys.length) ask(() => checkToken(gate, ballot.credential, token));
  });
  return refused;
}
