/**
 * From the sum to the stated result, V9 to V11 of one box; mirrors ballot/verify/totals.py. Each step
 * rests on the one before and on nothing else (format §5, §7.7, §8).
 *
 * @typedef {import("../elgamal.mjs").Ciphertext} Ciphertext
 * @typedef {import("../gate.mjs").Gate} Gate
 * @typedef {import("../group_base.mjs").Group} Group
 * @typedef {import("../group_base.mjs").Element} Element
 * @typedef {import("./trustees.mjs").Trustees} Trustees
 * @typedef {Element[][]} Factors in the shape of the sums
 */

import { loadsCompact } from "../encoding.mjs";
import { Invalid, refusedAs } from "../errors.mjs";
import { inverse } from "../integers.mjs";
import { decodeProof, hashOfPowers } from "../proofs.mjs";

/**
 * Bytes that no ballot, tally, partial decryption or result exceeds: a larger one is refused before it
 * is parsed (attack E18).
 * @param {Gate} gate
 */
export function largestDocument({ election }) {
  return election.questions.reduce(
    (total, { answers, low, high }) => total + answers.length * 1680 + (high - low + 4) * 200,
    4096,
  );
}

/** @param {Gate} gate @param {Uint8Array} data @returns {any} */
function load(gate, data) {
  if (data.length > largestDocument(gate)) {
    throw new Invalid("document.malformed", "larger than any of this election");
  }
  return loadsCompact(data);
}

/** `value` if it has a list per question with an entry per answer. @param {Gate} gate @param {any} value @returns {any[][]} */
function rows({ election }, value) {
  const fits =
    Array.isArray(value) &&
    value.length === election.questions.length &&
    value.every((row, i) => Array.isArray(row) && row.length === election.questions[i]?.answers.length);
  if (!fits) throw new Invalid("tally.malformed", "not one entry per question and answer");
  return value;
}

/** @param {any} value @param {...string} names in this order */
function members(value, ...names) {
  const found = typeof value === "object" && value !== null ? Object.keys(value).join() : "";
  if (Array.isArray(value) || found !== names.join()) {
    throw new Invalid("document.shape", `not {${names.join(", ")}}`);
  }
}

/** The `encrypted_tally` as ciphertexts; else `tally.malformed`. @param {Gate} gate @param {Uint8Array} data @returns {Ciphertext[][]} */
export function decodeTally(gate, data) {
  return refusedAs("tally.malformed", () =>
    rows(gate, load(gate, data)).map((row) =>
      row.map((entry) => {
        members(entry, "alpha", "beta");
        return { alpha: gate.group.parse(entry.alpha), beta: gate.group.parse(entry.beta) };
      }),
    ),
  );
}

/**
 * The factors of a partial decryption of `sums` that holds under the key of the owner it names:
 * `partial.owner`, `partial.malformed`, `partial.invalid`.
 * @param {Gate} gate
 * @param {Trustees} trustees
 * @param {Ciphertext[][]} sums
 * @param {number} owner
 * @param {Uint8Array} data
 * @returns {Factors}
 */
export function checkPartial(gate, trustees, sums, owner, data) {
  const { group, election } = gate;
  const key = trustees.keys[owner - 1];
  if (key === undefined) throw new Invalid("partial.owner", `there is no trustee ${owner}`);
  const [factors, found] = refusedAs("partial.malformed", () => {
    const value = load(gate, data);
    members(value, "decryption_factors", "decryption_proofs");
    const parsed = rows(gate, value.decryption_factors).map((row) => row.map((text) => group.parse(text)));
    const proofs = rows(gate, value.decryption_proofs).map((row) =>
      row.map((proof) => decodeProof(group, proof)),
    );
    return /** @type {const} */ ([parsed, proofs]);
  });
  const prefix = `decrypt|${election.fingerprint}|${group.ser(key)}|`;
  for (const [i, row] of sums.entries()) {
    for (const [j, { alpha }] of row.entries()) {
      const { challenge: c, response: z } = /** @type {any} */ (found[i]?.[j]);
      /** @type {[Element, bigint][][]} */
      const commitments = [
        [[group.g, z], [key, c]],
        [[alpha, z], [factors[i]?.[j], c]],
      ];
      if (hashOfPowers(group, prefix, commitments) !== c) {
        throw new Invalid("partial.invalid", `trustee ${owner}: decryption proof`);
      }
    }
  }
  return factors;
}

/**
 * The total factors from the partial decryptions of the first t owners; `partial.too_few`.
 * @param {Group} group
 * @param {Trustees} trustees
 * @param {Map<number, Factors>} partials
 * @returns {Factors}
 */
export function combine(group, { threshold }, partials) {
  if (partials.size < threshold) {
    throw new Invalid("partial.too_few", `trustee group 1: ${partials.size} of ${threshold} hold`);
  }
  const owners = [...partials.keys()].sort((a, b) => a - b).slice(0, threshold);
  const raised = owners.map((owner) => {
    const weight = lagrange(group, owners, owner);
    const factors = /** @type {Factors} */ (partials.get(owner));
    return factors.map((row) => row.map((factor) => group.powerPublic(factor, weight)));
  });
  const [first = [], ...others] = raised;
  return first.map((row, i) =>
    row.map((factor, j) => others.reduce((total, one) => group.mul(total, one[i]?.[j]), factor)),
  );
}

/** λ = Π_{k≠d} k/(k−d) mod q. @param {Group} group @param {number[]} indices @param {number} index */
function lagrange(group, indices, index) {
  return indices.reduce((result, k) => {
    if (k === index) return result;
    const inverted = /** @type {bigint} */ (inverse(group.mod(BigInt(k - index)), group.q));
    return group.mod(result * BigInt(k) * inverted);
  }, 1n);
}

/**
 * The stated counts are what the ciphertexts hold: g^v = β / F, 0 ≤ v ≤ bound. Needs no discrete
 * logarithm. `result.malformed`, `result.wrong`.
 * @param {Gate} gate
 * @param {Ciphertext[][]} sums
 * @param {Factors} factors
 * @param {Uint8Array} data
 * @param {number} bound
 * @returns {number[][]}
 */
export function checkResult(gate, sums, factors, data, bound) {
  const { group } = gate;
  const counts = refusedAs("result.malformed", () => {
    const value = load(gate, data);
    members(value, "result");
    return rows(gate, value.result);
  });
  for (const [i, row] of counts.entries()) {
    for (const [j, count] of row.entries()) {
      if (typeof count === "string" || !Number.isSafeInteger(count) || count < 0 || count >= 2 ** 30) {
        // Counts of 2^30 and more are strings (format §1): no box of ours has so many ballots.
        const known = typeof count === "string" && /^[1-9][0-9]{0,99}$/.test(count) && BigInt(count) >= 2n ** 30n;
        throw new Invalid(known ? "result.wrong" : "result.malformed", `question ${i + 1}, answer ${j + 1}`);
      }
      const c = /** @type {Ciphertext} */ (sums[i]?.[j]);
      const claimed = group.mul(group.powerPublic(group.g, BigInt(count)), factors[i]?.[j]);
      if (count > bound || !group.same(claimed, c.beta)) {
        const what = `question ${i + 1}, answer ${j + 1}: ${count} is not the total`;
        throw new Invalid("result.wrong", what);
      }
    }
  }
  return counts;
}
