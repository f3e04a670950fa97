/**
 * The verifier for an official who is about to sign a certificate: everything recomputed on this
 * device, in workers (docs/service.md).
 *
 * @typedef {import("../client/verify/round.mjs").Given} Given
 * @typedef {import("../client/verify/round.mjs").Answer} Answer
 */

import { employ } from "../client/verify/crew.mjs";

/**
 * Check a counted round and the certificate that is to be signed. Rejects with `Invalid` only where
 * the workers cannot run; whatever is wrong with the round stands in the answer.
 * @param {Given} given
 * @param {(done: number, total: number) => void} [told] ballots verified, of all
 * @returns {Promise<Answer>}
 */
export function checkRound(given, told = () => {}) {
  return employ("round", given, told);
}
