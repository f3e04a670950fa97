/**
 * Seal and decryption in a trustee's browser: every ballot of a box verified, root and sum computed,
 * exactly that sum decrypted (attacks E1, E2, E22, E24); mirrors ballot/trustee/{sealing,journal}.py.
 *
 * @typedef {import("./elgamal.mjs").Ciphertext} Ciphertext
 * @typedef {import("./gate.mjs").Gate} Gate
 * @typedef {import("./nonces.mjs").Random} Random
 * @typedef {{ fingerprint: string, size: number, root: string }} Seal
 * @typedef {Seal & { slot: string, minute: string | null }} Entry one round; `minute` of the own seal
 * @typedef {{ owner: string, session: string, restored: string[] | null, rounds: Entry[] }} Journal
 * @typedef {{ seal: Seal, sums: Ciphertext[][] }} Box
 * @typedef {{ ballots: { tracker: string, credential: string, alphas: string[] }[],
 *   sums: [string, string][][] }} Part of a box, verified; can be cloned
 */

import "./group_verifying.mjs";
import { fromHex, toHex } from "./bytes.mjs";
import { checkEnvelope } from "./admission.mjs";
import * as elgamal from "./elgamal.mjs";
import { sha256 } from "./encoding.mjs";
import { Invalid } from "./errors.mjs";
import { randomScalar } from "./nonces.mjs";
import { encodeProof, hashToScalar } from "./proofs.mjs";
import { publicOf, textOf } from "./threshold.mjs";

/**
 * Verify every envelope of a box in order: its seal and its sum. Refusals of an envelope,
 * `seal.order`, `ballot.bad_proof` for an α of another ballot, `token.spent`, `token.unused_slip`;
 * `seal.differs` where RoundClosed stated another box.
 * @param {Gate} gate
 * @param {Uint8Array[]} envelopes
 * @param {Seal} stated by RoundOpened and RoundClosed
 * @param {string[]} [slips] left over at check-in
 * @param {(done: number, total: number) => void} [progress]
 * @returns {Box}
 */
export function inspect(gate, envelopes, stated, slips = [], progress = () => {}) {
  requireRound(gate, stated);
  const box = join(gate, [readPart(gate, envelopes, 0, progress)], slips);
  requireSame(box.seal, stated);
  return box;
}

/** The election document is the announced one. @param {Gate} gate @param {Seal} stated */
export function requireRound({ election }, { fingerprint }) {
  if (election.fingerprint !== fingerprint) {
    throw new Invalid("ballot.wrong_round", "not the election document that was announced");
  }
}

/** The box is the stated one (`seal.differs`). @param {Seal} seal @param {Seal} stated */
export function requireSame(seal, stated) {
  if (same(seal, stated)) return;
  const both = `this device: ${seal.size} ${seal.root}; stated: ${stated.root}`;
  throw new Invalid("seal.differs", both);
}

/**
 * Verify some envelopes of a box, one by one; several workers may share a box. What stands twice is
 * found by `join`.
 * @param {Gate} gate
 * @param {Uint8Array[]} envelopes
 * @param {number} before how many stand before these
 * @param {(done: number, total: number) => void} [progress]
 * @returns {Part}
 */
export function readPart(gate, envelopes, before, progress = () => {}) {
  const { group, election } = gate;
  const neutral = { alpha: group.identity, beta: group.identity };
  /** @type {Ciphertext[][]} */
  let sums = election.questions.map(({ answers }) => answers.map(() => neutral));
  const ballots = envelopes.map((data, i) => {
    const { tracker, credential, ciphertexts } = named(before + i + 1, () =>
      checkEnvelope(gate, data),
    );
    sums = product(group, [sums, ciphertexts]);
    progress(i + 1, envelopes.length);
    const alphas = ciphertexts.flat().map(({ alpha }) => group.ser(alpha));
    return { tracker: toHex(tracker), credential, alphas };
  });
  return { ballots, sums: spelled(group, sums) };
}

/** The texts of sums, in their shape. @param {import("./group_base.mjs").Group} group @param {Ciphertext[][]} sums @returns {[string, string][][]} */
export function spelled(group, sums) {
  return sums.map((row) => row.map((c) => [group.ser(c.alpha), group.ser(c.beta)]));
}

/**
 * The box of parts that were verified one by one, in order: its seal and its sum.
 * @param {Gate} gate @param {Part[]} parts @param {string[]} slips
 * @returns {Box}
 */
export function join({ group, election }, parts, slips) {
  const [alphas, credentials] = [new Set(), new Set(slips)];
  let [last, number] = ["", 0];
  for (const { tracker, credential, alphas: own } of parts.flatMap(({ ballots }) => ballots)) {
    number += 1;
    if (tracker <= last) throw new Invalid("seal.order", `envelope ${number} is not in its place`);
    last = tracker;
    if (credentials.has(credential)) {
      const code = slips.includes(credential) ? "token.unused_slip" : "token.spent";
      throw new Invalid(code, `envelope ${number}`);
    }
    credentials.add(credential);
    for (const alpha of own) {
      if (alphas.has(alpha)) throw new Invalid("ballot.bad_proof", "an α of another ballot");
      alphas.add(alpha);
    }
  }
  const leaves = parts.flatMap(({ ballots }) => ballots.map(({ tracker }) => fromHex(tracker)));
  const read = parts.map(({ sums }) =>
    sums.map((row) => row.map(([a, b]) => ({ alpha: group.parse(a), beta: group.parse(b) }))),
  );
  const root = toHex(merkleRoot(leaves));
  const seal = { fingerprint: election.fingerprint, size: leaves.length, root };
  return { seal, sums: product(group, read) };
}

/**
 * @param {import("./group_base.mjs").Group} group
 * @param {Ciphertext[][][]} sums at least one
 * @returns {Ciphertext[][]}
 */
function product(group, sums) {
  return /** @type {Ciphertext[][]} */ (sums[0]).map((row, q) =>
    row.map((_, a) =>
      elgamal.product(
        group,
        sums.map((one) => /** @type {Ciphertext} */ (one[q]?.[a])),
      ),
    ),
  );
}

/** A refusal says which envelope it is about. @template T @param {number} number @param {() => T} check */
function named(number, check) {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    throw new Invalid(error.code, `envelope ${number}: ${error.detail}`);
  }
}

/**
 * The `partial_decryption` text for a box that `inspect` returned (7.7). Whether q trustees have
 * sealed it is for the caller, who has the events.
 * @param {Gate} gate
 * @param {bigint} share
 * @param {Box} box
 * @param {Random} random
 */
export function decryptPartially({ group, election }, share, box, random) {
  const prefix = `decrypt|${election.fingerprint}|${group.ser(publicOf(group, share))}|`;
  const decrypted = box.sums.map((row) =>
    row.map(({ alpha }) => {
      const w = randomScalar(group, random);
      const commitments = [publicOf(group, w), group.power(alpha, w)];
      const challenge = hashToScalar(group, prefix, commitments);
      const proof = encodeProof({ challenge, response: group.mod(w - share * challenge) });
      return { factor: group.ser(group.power(alpha, share)), proof };
    }),
  );
  return textOf({
    decryption_factors: decrypted.map((row) => row.map(({ factor }) => factor)),
    decryption_proofs: decrypted.map((row) => row.map(({ proof }) => proof)),
  });
}

/**
 * The journal with that box, to be saved before anything leaves: one root per round, ever (E2, E22).
 * `seal.restored` for a seal of a round that was under way when the key was restored, `seal.second`.
 * @param {Journal} journal
 * @param {string} slot
 * @param {Seal} seal
 * @param {string | null} minute of the seal; null for a decryption
 * @returns {Journal}
 */
export function admit(journal, slot, { fingerprint, size, root }, minute) {
  if (minute !== null && journal.restored?.includes(slot)) {
    throw new Invalid("seal.restored", `${slot} was open or closed when the key was restored`);
  }
  const entry = { fingerprint, minute, root, size, slot };
  const known = journal.rounds.find((one) => one.slot === slot);
  if (!known) return { ...journal, rounds: [...journal.rounds, entry] };
  if (!same(known, entry)) {
    throw new Invalid("seal.second", `${slot}: ${known.root} of ${known.size}, now ${root} of ${size}`);
  }
  if (known.minute !== null || minute === null) return journal;
  return { ...journal, rounds: [...journal.rounds.filter((one) => one !== known), entry] };
}

/** The same box. @param {Seal} a @param {Seal} b */
export function same(a, b) {
  return a.fingerprint === b.fingerprint && a.size === b.size && a.root === b.root;
}

/** RFC 6962 §2.1. @param {Uint8Array[]} leaves @returns {Uint8Array} */
export function merkleRoot(leaves) {
  const [first] = leaves;
  if (!first) return sha256();
  if (leaves.length === 1) return sha256(Uint8Array.of(0), first);
  const half = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  const sides = [merkleRoot(leaves.slice(0, half)), merkleRoot(leaves.slice(half))];
  return sha256(Uint8Array.of(1), ...sides);
}
