/**
 * May the ballots of a round be counted at all? Steps 1–4 of the counting rules, §5, and what of
 * step 5 concerns V and X; mirrors ballot/tally/turnout.py. Letters: N deputies, P present, I issued,
 * R returned, V valid, X void.
 *
 * @typedef {{ name: string, issued: number, returned: number, valid: number, yes: number[] }} Channel
 * @typedef {{ deputies_all: number, present: number, issued: number, returned: number, valid: number,
 *   invalid: number | null, channels: Channel[] }} Turnout
 * @typedef {{ session: string, problem: string }} NotCounted
 */

/** @param {readonly number[]} numbers */
export function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

/** @param {string} session @param {string} [problem] @returns {NotCounted} */
export function notCounted(session, problem = "") {
  return { session, problem };
}

/** Every number of a round, for the test that none is negative. @param {Turnout} turnout @returns {number[]} */
export function numbersOf({ deputies_all, present, issued, returned, valid, invalid, channels }) {
  const own = channels.flatMap((one) => [one.issued, one.returned, one.valid, ...one.yes]);
  return [deputies_all, present, issued, returned, valid, ...(invalid === null ? [] : [invalid]), ...own];
}

/** The fewest deputies present that meet R01. @param {string} quorum @param {number} deputies */
export function quorumMin(quorum, deputies) {
  // 地方组织法 Art. 14: 三分之二以上, equality included; Art. 51: 过半数, more than half.
  return quorum === "two_thirds_all" ? Math.floor((2 * deputies + 2) / 3) : Math.floor(deputies / 2) + 1;
}

/**
 * Steps 1–4 in their order; null when the ballots may be opened.
 * @param {import("./rules.mjs").Rules} rules
 * @param {Turnout} turnout
 * @param {number[]} numbers all the numbers given
 * @returns {NotCounted | null}
 */
export function beforeCounting(rules, turnout, numbers) {
  const { deputies_all: deputies, present, issued, returned, channels } = turnout;
  if (numbers.some((number) => number < 0)) return notCounted("input_error", "not_a_count");
  if (deputies < 1) return notCounted("input_error", "no_deputies");
  if (present > deputies) return notCounted("input_error", "present_over_deputies");
  if (issued > present) return notCounted("input_error", "issued_over_present");
  const sums = [sum(channels.map((one) => one.issued)), sum(channels.map((one) => one.returned))];
  if (channels.length && (sums[0] !== issued || sums[1] !== returned)) {
    return notCounted("input_error", "channel_sums");
  }
  if (present < quorumMin(rules.quorum, deputies)) return notCounted("no_quorum");
  // One paper too many is not excused by a tablet that was not used. 选举法 Art. 44.
  if (returned > issued || channels.some((one) => one.returned > one.issued)) {
    return notCounted("void_revote");
  }
  if (rules.participation_quorum === "majority_all_voting" && 2 * returned <= deputies) {
    return notCounted("participation_quorum_failed");
  }
  return null;
}

/** R = V + X in total and in each channel. @param {Turnout} turnout @returns {NotCounted | null} */
export function contradiction({ returned, valid, invalid, channels }) {
  if (valid > returned) return notCounted("input_error", "valid_over_returned");
  if (invalid !== null && valid + invalid !== returned) return notCounted("input_error", "invalid_sum");
  if (channels.some((one) => one.valid > one.returned)) {
    return notCounted("input_error", "valid_over_returned");
  }
  if (channels.length && sum(channels.map((one) => one.valid)) !== valid) {
    return notCounted("input_error", "channel_sums");
  }
  return null;
}

/**
 * The items on which all valid ballots agree, so that the total shows everyone's choice (§9).
 * @param {number} valid
 * @param {number[][]} marks per item the counts of every answer
 */
export function unanimous(valid, marks) {
  return marks.flatMap((counts, i) => (valid > 0 && counts.includes(valid) ? [i] : []));
}
