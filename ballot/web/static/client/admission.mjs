/**
 * What an envelope must pass to be counted (C1, C3, C4, C6–C8); mirrors
 * ballot/tally/{admission,envelope}.py and the ballots of ballot/tally/election.py. A trustee's
 * browser verifies every ballot of a box before it seals.
 *
 * @typedef {import("./elgamal.mjs").Ciphertext} Ciphertext
 * @typedef {import("./gate.mjs").Gate} Gate
 * @typedef {import("./styles.mjs").Question} Question
 * @typedef {{ tracker: Uint8Array, credential: string, ciphertexts: Ciphertext[][] }} Admitted
 * @typedef {{ ballot: any, unsigned: Uint8Array }} Decoded a ballot of the right shape and spelling,
 *   and its bytes without `signature`
 * @typedef {{ credential: import("./group_base.mjs").Element, ciphertexts: Ciphertext[][] }} Opened
 */

import { tracker } from "./ballots.mjs";
import { verify as verifyToken, tokenMessage } from "./blind.mjs";
import { b64, unb64, unb64url, utf8 } from "./bytes.mjs";
import * as elgamal from "./elgamal.mjs";
import { compact, loads, loadsCompact, sha256 } from "./encoding.mjs";
import { Invalid, refusedAs } from "./errors.mjs";
import * as proofs from "./proofs.mjs";
import { MODULUS_SIZE } from "./slotkey.mjs";

/**
 * The envelope's tracker, credential and ciphertexts, or the first refusal in the protocol's order.
 * @param {Gate} gate
 * @param {Uint8Array} data
 * @returns {Admitted}
 */
export function checkEnvelope(gate, data) {
  const envelope = decodeEnvelope(gate, data);
  const { ballot, cap, token } = envelope;
  checkRound(gate, ballot);
  checkToken(gate, ballot.credential, token);
  const opened = openBallot(gate, ballot);
  verifyBallot(gate, envelope, opened);
  checkAlphas(ballot);
  checkCap(gate, ballot, opened.ciphertexts, cap);
  const { ciphertexts } = opened;
  const own = tracker(sha256(envelope.unsigned), sha256(data));
  return { tracker: own, credential: ballot.credential, ciphertexts };
}

/**
 * C1; else `envelope.malformed`.
 * @param {Gate} gate
 * @param {Uint8Array} data
 * @returns {Decoded & { cap: proofs.Proof[] | null, token: string[] }}
 */
export function decodeEnvelope(gate, data) {
  return refusedAs("envelope.malformed", () => {
    const value = /** @type {any} */ (loads(data));
    members(value, "ballot cap_proof slot token version");
    if (value.version !== 1 || typeof value.ballot !== "string" || typeof value.slot !== "string") {
      throw new Invalid("document.shape", "not an envelope of version 1");
    }
    const decoded = decodeBallot(gate, utf8(value.ballot));
    const { token, cap_proof: entries } = value;
    if (!Array.isArray(token) || token.length > 2) throw new Invalid("document.shape", "token");
    for (const one of token) {
      if (typeof one !== "string") throw new Invalid("document.shape", "token");
      unb64url(one, MODULUS_SIZE);
    }
    if (entries !== null && (!Array.isArray(entries) || entries.length > 1000)) {
      throw new Invalid("document.shape", "cap_proof");
    }
    const { group } = gate;
    const cap = entries === null ? null : proofs.decodeProofs(group, entries, entries.length);
    return { ...decoded, cap, token: /** @type {string[]} */ (token) };
  });
}

/**
 * A ballot in canonical form with the shape of the election; else `ballot.malformed`. Elements are
 * tested for their spelling, not membership.
 * @param {Gate} gate
 * @param {Uint8Array} data
 * @returns {Decoded}
 */
export function decodeBallot({ group, election }, data) {
  return refusedAs("ballot.malformed", () => {
    const ballot = /** @type {any} */ (loadsCompact(data));
    members(ballot, "election_uuid election_hash credential answers signature");
    group.checkText(ballot.credential);
    if (typeof ballot.election_uuid !== "string") throw new Invalid("ballot.malformed", "uuid");
    unb64(String(ballot.election_hash), 32);
    const { answers } = ballot;
    if (!Array.isArray(answers) || answers.length !== election.questions.length) {
      throw new Invalid("ballot.malformed", "number of answers");
    }
    for (const [i, { answers: texts, low, high }] of election.questions.entries()) {
      const answer = members(answers[i], "choices individual_proofs overall_proof");
      for (const list of [answer.choices, answer.individual_proofs]) {
        if (!Array.isArray(list) || list.length !== texts.length) {
          throw new Invalid("ballot.malformed", "number of choices or individual proofs");
        }
      }
      for (const choice of answer.choices) {
        members(choice, "alpha beta");
        group.checkText(choice.alpha);
        group.checkText(choice.beta);
      }
      for (const entry of answer.individual_proofs) proofs.decodeProofs(group, entry, 2);
      proofs.decodeProofs(group, answer.overall_proof, high - low + 1);
    }
    members(ballot.signature, "hash proof");
    unb64(String(ballot.signature.hash), 32);
    proofs.decodeProof(group, ballot.signature.proof);
    const { signature: _, ...unsigned } = ballot;
    return { ballot, unsigned: compact(unsigned) };
  });
}

/** C3. @param {Gate} gate @param {any} ballot */
export function checkRound({ election }, ballot) {
  if (ballot.election_uuid !== election.uuid || ballot.election_hash !== election.fingerprint) {
    throw new Invalid("ballot.wrong_round", "made for another election document");
  }
}

/** C6: every element in the group, none the identity but β. @param {Gate} gate @param {any} ballot @returns {Opened} */
export function openBallot({ group }, ballot) {
  return refusedAs("ballot.bad_element", () => ({
    credential: group.parseKey(ballot.credential),
    ciphertexts: ballot.answers.map((/** @type {any} */ answer) =>
      answer.choices.map((/** @type {any} */ c) => ({
        alpha: group.parseKey(c.alpha),
        beta: group.parse(c.beta),
      })),
    ),
  }));
}

/** C7: every Belenios proof and the signature. @param {Gate} gate @param {Decoded} decoded @param {Opened} opened */
export function verifyBallot(gate, { ballot, unsigned }, { credential, ciphertexts }) {
  const { election, group } = gate;
  refusedAs("ballot.bad_proof", () => {
    const s0 = proofs.statement(election.fingerprint, ballot.credential);
    for (const [i, question] of election.questions.entries()) {
      checkAnswer(gate, question, s0, ballot.answers[i], ciphertexts[i] ?? []);
    }
    const { hash, proof } = ballot.signature;
    if (hash !== b64(sha256(unsigned))) {
      throw new Invalid("proof.invalid", "signature hash is not the ballot's");
    }
    const signature = proofs.decodeProof(group, proof);
    proofs.verifyBallotSignature(group, credential, hash, signature);
  });
}

/** Every α as it is spelled. @param {any} ballot @returns {string[]} */
export function alphasOf(ballot) {
  return ballot.answers.flatMap((/** @type {any} */ answer) =>
    answer.choices.map((/** @type {any} */ choice) => choice.alpha),
  );
}

/** C7, inside one envelope. @param {any} ballot */
export function checkAlphas(ballot) {
  const alphas = alphasOf(ballot); // one element has one spelling
  if (new Set(alphas).size !== alphas.length) {
    throw new Invalid("ballot.bad_proof", "one α stands twice in the ballot");
  }
}

/** C4, by the session's token kind (attack E28). @param {Gate} gate @param {string} credential @param {string[]} token */
export function checkToken({ keys, drawn, session, slot }, credential, token) {
  if (token.length !== keys.length) {
    throw new Invalid("token.invalid", "another number of signatures than signers");
  }
  if (!keys.length && !drawn.includes(credential)) {
    throw new Invalid("token.invalid", "the credential is not in the drawn list");
  }
  const message = tokenMessage(credential, session, slot);
  for (const [i, key] of keys.entries()) {
    verifyToken(key, message, unb64url(token[i] ?? "", MODULUS_SIZE));
  }
}

/**
 * @param {Gate} gate @param {Question} question @param {string} s0 @param {any} answer
 * @param {Ciphertext[]} ciphertexts
 */
function checkAnswer({ group, election: { y } }, { low, high }, s0, answer, ciphertexts) {
  for (const [j, ciphertext] of ciphertexts.entries()) {
    const proof = proofs.decodeProofs(group, answer.individual_proofs[j], 2);
    const prefix = proofs.intervalPrefix(group, "prove", s0, ciphertext);
    proofs.verifyInterval(group, y, prefix, ciphertext, 0, 1, proof, "individual proof");
  }
  const s = proofs.withCiphertexts(group, s0, ciphertexts);
  const total = elgamal.product(group, ciphertexts);
  const overall = proofs.decodeProofs(group, answer.overall_proof, high - low + 1);
  const prefix = proofs.intervalPrefix(group, "prove", s, total);
  proofs.verifyInterval(group, y, prefix, total, low, high, overall, "overall proof");
}

/**
 * C8: the cap proof is there exactly when the style wants one, and it holds.
 * @param {Gate} gate @param {any} ballot @param {Ciphertext[][]} ciphertexts
 * @param {proofs.Proof[] | null} proof
 */
export function checkCap({ group, election, cap }, { credential }, ciphertexts, proof) {
  if ((proof === null) !== (cap === null)) {
    throw new Invalid("ballot.over_limit", "cap proof missing, or not wanted by the style");
  }
  if (proof === null || cap === null) return;
  const s0 = proofs.statement(election.fingerprint, credential);
  const yes = ciphertexts.map((row) => /** @type {Ciphertext} */ (row[0]));
  const total = elgamal.product(group, yes);
  const statement = proofs.withCiphertexts(group, s0, yes);
  const prefix = proofs.intervalPrefix(group, "ballot-cap", statement, total);
  refusedAs("ballot.over_limit", () =>
    proofs.verifyInterval(group, election.y, prefix, total, 0, cap, proof, "cap proof"),
  );
}

/** @param {any} value @param {string} names in this order @returns {any} */
function members(value, names) {
  const found = typeof value === "object" && value !== null ? Object.keys(value).join(" ") : "";
  if (Array.isArray(value) || found !== names) {
    throw new Invalid("document.shape", `not an object of ${names}`);
  }
  return value;
}
