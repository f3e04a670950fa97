/**
 * The envelope: encrypt, sign, pad, and reopen a test ballot; mirrors the tablet's side of
 * ballot/tally/ballots.py (protocol §5-§7).
 *
 * @typedef {import("./gate.mjs").Gate} Gate
 * @typedef {import("./proofs.mjs").ProofText} ProofText
 * @typedef {import("./nonces.mjs").Random} Random
 * @typedef {import("./elgamal.mjs").Ciphertext} Ciphertext
 * @typedef {{ fields: { [name: string]: any }, capProof: ProofText[] | null, digest: Uint8Array }} Unsigned
 *   a ballot before its signature; `digest` is u of the tracker
 * @typedef {{ slot: string, credential: string, marks: string, seed: Uint8Array, e: Uint8Array }} Opening
 *   what a test ballot (验票) shows: neither ballot signature nor token (attack E20)
 * @typedef {(done: number, total: number) => void} Progress
 */

import { b64url, concat, fromHex, toHex, utf8 } from "./bytes.mjs";
import * as elgamal from "./elgamal.mjs";
import { compact, dumps, loads, sha256 } from "./encoding.mjs";
import { Invalid } from "./errors.mjs";
import { Nonces, randomScalar } from "./nonces.mjs";
import * as proofs from "./proofs.mjs";
import * as shapes from "./shapes.mjs";
import { approvals, votesOf } from "./styles.mjs";

/**
 * Encrypt `marks` with all nonces expanded from the 32-byte `seed` (protocol §7). Deterministic:
 * another device rebuilds the same bytes. Throws `marks.malformed`, `marks.over_limit`.
 * @param {Gate} gate
 * @param {string} marks
 * @param {string} credential
 * @param {Uint8Array} seed
 * @param {Progress} [progress]
 * @returns {Unsigned}
 */
export function encrypt(gate, marks, credential, seed, progress = () => {}) {
  const { group, election } = gate;
  const { y } = election;
  const nonces = new Nonces(group, seed);
  const votes = votesOf(gate.style, gate.items.length, marks);
  const s0 = proofs.statement(election.fingerprint, credential);
  /** @type {{ ciphertext: Ciphertext, r: bigint }[]} the 赞成 of each item, for the cap proof */
  const yes = [];
  const answers = election.questions.map(({ low, high }, i) => {
    const row = votes[i] ?? [];
    const chosen = row.reduce((sum, vote) => sum + vote, 0);
    if (chosen < low || chosen > high)
      throw new Invalid("marks.over_limit", `at most ${high} may be chosen`);
    const rs = row.map(() => nonces.next());
    const choices = row.map((vote, j) => {
      const r = /** @type {bigint} */ (rs[j]);
      return { vote, r, ciphertext: elgamal.encrypt(group, y, vote, r) };
    });
    yes.push(/** @type {{ ciphertext: Ciphertext, r: bigint }} */ (choices[0]));
    const individual = choices.map(({ vote, r, ciphertext }) => {
      const prefix = proofs.intervalPrefix(group, "prove", s0, ciphertext);
      return proofs.proveInterval(group, y, prefix, r, vote, 0, 1, nonces);
    });
    const ciphertexts = choices.map((choice) => choice.ciphertext);
    const sum = elgamal.product(group, ciphertexts);
    const s = proofs.withCiphertexts(group, s0, ciphertexts);
    const prefix = proofs.intervalPrefix(group, "prove", s, sum);
    const rSum = rs.reduce((total, r) => total + r, 0n);
    const overall = proofs.proveInterval(group, y, prefix, rSum, chosen, low, high, nonces);
    progress(i + 1, election.questions.length + 1);
    return {
      choices: ciphertexts.map((c) => ({ alpha: group.ser(c.alpha), beta: group.ser(c.beta) })),
      individual_proofs: individual.map((entry) => entry.map(proofs.encodeProof)),
      overall_proof: overall.map(proofs.encodeProof),
    };
  });
  const capProof =
    gate.cap === null ? null : proveCap(gate, gate.cap, s0, yes, approvals(votes), nonces);
  progress(election.questions.length + 1, election.questions.length + 1);
  const fields = {
    election_uuid: election.uuid,
    election_hash: election.fingerprint,
    credential,
    answers,
  };
  return { fields, capProof, digest: sha256(compact(fields)) };
}

/**
 * The cap proof of protocol §5, with S_cap = S_0|ser(α_1),ser(β_1),… of all 赞成 in item order.
 * @param {Gate} gate
 * @param {number} cap
 * @param {string} s0
 * @param {{ ciphertext: Ciphertext, r: bigint }[]} yes
 * @param {number} approved
 * @param {Nonces} nonces
 */
function proveCap({ group, election }, cap, s0, yes, approved, nonces) {
  if (approved > cap) throw new Invalid("marks.over_limit", `at most ${cap} may be approved`);
  const ciphertexts = yes.map((choice) => choice.ciphertext);
  const sum = elgamal.product(group, ciphertexts);
  const prefix = proofs.intervalPrefix(
    group,
    "ballot-cap",
    proofs.withCiphertexts(group, s0, ciphertexts),
    sum,
  );
  const r = yes.reduce((total, choice) => total + choice.r, 0n);
  return proofs
    .proveInterval(group, election.y, prefix, r, approved, 0, cap, nonces)
    .map(proofs.encodeProof);
}

/**
 * Sign the ballot with the credential's secret and put it into its envelope. The signature nonce
 * is drawn from `random`, apart from the seed (attack E20).
 * @param {Gate} gate
 * @param {Unsigned} unsigned
 * @param {bigint} s
 * @param {Uint8Array[]} token
 * @param {Random} random
 * @returns {Uint8Array}
 */
export function sealEnvelope(gate, unsigned, s, token, random) {
  const w = randomScalar(gate.group, random);
  const hash = proofs.ballotHash(unsigned.fields);
  const proof = proofs.encodeProof(proofs.signBallot(gate.group, s, hash, w));
  const ballot = { ...unsigned.fields, signature: { hash, proof } };
  return dumps({
    ballot: new TextDecoder().decode(compact(ballot)),
    cap_proof: unsigned.capProof,
    slot: gate.slot,
    token: token.map(b64url),
    version: 1,
  });
}

/**
 * The request body: the envelope and spaces up to the slot's length.
 * @param {Pick<Gate, "length">} gate
 * @param {Uint8Array} envelope
 */
export function pad(gate, envelope) {
  if (envelope.length > gate.length)
    throw new Invalid("envelope.malformed", "longer than the slot's length");
  return concat(envelope, new Uint8Array(gate.length - envelope.length).fill(0x20));
}

/**
 * 票迹码 source: SHA-256(`ballot/v1/tracker` ‖ 0x00 ‖ u ‖ e).
 * @param {Uint8Array} u
 * @param {Uint8Array} e
 */
export function tracker(u, e) {
  return sha256(utf8("ballot/v1/tracker\0"), u, e);
}

/**
 * The tracker that a 验票 must have shown, rebuilt from its opening.
 * @param {Gate} gate
 * @param {Opening} opening
 * @param {Progress} [progress]
 */
export function reopenTestBallot(gate, { slot, marks, credential, seed, e }, progress) {
  if (slot !== gate.slot) throw new Invalid("ballot.wrong_round", "a test ballot of another slot");
  gate.group.parseKey(credential);
  return tracker(encrypt(gate, marks, credential, seed, progress).digest, e);
}

/**
 * The text of the one QR of a test ballot: canonical JSON of exactly five members.
 * @param {Opening} opening
 */
export function encodeOpening({ slot, credential, marks, seed, e }) {
  const document = { credential, e: toHex(e), marks, seed: toHex(seed), slot };
  return new TextDecoder().decode(dumps(document));
}

/** @param {string} text @returns {Opening} */
export function decodeOpening(text) {
  const value = shapes.fields(loads(utf8(text)), "credential e marks seed slot", "test ballot");
  return {
    slot: shapes.identifier(value.slot, "slot"),
    credential: shapes.text(value.credential, "credential", 1, 700),
    marks: shapes.text(value.marks, "marks", 1, 480),
    seed: fromHex(shapes.hexadecimal(value.seed, "seed")),
    e: fromHex(shapes.hexadecimal(value.e, "e")),
  };
}
