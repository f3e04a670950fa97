/**
 * Counts of one round → its outcome as it stands in records, with the reason for every item
 * (counting rules §5, §12); mirrors ballot/tally/{count,outcome}.py byte for byte.
 *
 * @typedef {import("./rules.mjs").Rules} Rules
 * @typedef {import("./turnout.mjs").NotCounted} NotCounted
 * @typedef {import("./turnout.mjs").Turnout & { seats: number, candidates: number, yes: number[],
 *   no: number[] | null, abstain: number[] | null }} Counts
 * @typedef {"choose" | "runoff" | "motion"} Kind
 */

import { beforeCounting, contradiction, notCounted, numbersOf, sum, unanimous } from "./turnout.mjs";

/**
 * Apply §5 to one round; the first test that applies decides.
 * @param {Rules} rules
 * @param {Kind} kind
 * @param {Counts} counts
 * @returns {{ [name: string]: any }}
 */
export function count(rules, kind, counts) {
  const { yes, no, abstain, seats, candidates } = counts;
  const numbers = [...numbersOf(counts), seats, candidates, ...yes, ...(no ?? []), ...(abstain ?? [])];
  const stopped = beforeCounting(rules, counts, numbers) ?? contradicted(rules, kind, counts);
  if (stopped) return stopped;
  // In a run-off all have passed before, so most votes decide, whatever R13 says (§6).
  const rule = kind === "runoff" ? "runoff" : rules.threshold;
  const majority = thresholdVotes(rule, counts);
  return kind === "motion" ? decide(rules, rule, counts, majority) : select(rules, rule, counts, majority);
}

/** m, the fewest approvals that pass; never less than 1. @param {string} rule @param {Counts} counts */
function thresholdVotes(rule, counts) {
  const base = /** @type {{ [rule: string]: number }} */ ({
    majority_all: counts.deputies_all,
    majority_present: counts.present,
    majority_returned: counts.returned,
    majority_valid: counts.valid,
  })[rule];
  // 过半数 is more than half; exactly half is not (§1).
  return base === undefined ? 1 : Math.floor(base / 2) + 1;
}

/** Step 5: counts that contradict each other. @param {Rules} rules @param {Kind} kind @param {Counts} counts @returns {NotCounted | null} */
function contradicted(rules, kind, counts) {
  const stopped = contradiction(counts);
  if (stopped) return stopped;
  const { candidates: size, seats, channels } = counts;
  const wrong = (/** @type {string} */ problem) => notCounted("input_error", problem);
  if (size < 1 || seats < 1 || (kind === "motion" && (size !== 1 || seats !== 1))) {
    return wrong("nothing_to_choose");
  }
  if (kind === "runoff" && size <= seats) return wrong("runoff_without_choice");
  for (const { yes, valid } of [counts, ...channels]) {
    if (yes.length !== size) return wrong("yes_length");
    if (yes.some((approvals) => approvals > valid)) return wrong("yes_over_valid");
    // A valid ballot approves at most S projects (R05).
    if (rules.cap === "seats" && sum(yes) > valid * seats) return wrong("yes_over_cap");
  }
  for (const [item, approvals] of counts.yes.entries()) {
    const parts = channels.map((one) => /** @type {number} */ (one.yes[item]));
    if (channels.length && sum(parts) !== approvals) return wrong("channel_sums");
  }
  return marksFit(rules, kind, counts) ? null : wrong("marks_sum");
}

/** y + n + a = V for every project; style `approve` has neither n nor a (§4.1). @param {Rules} rules @param {Kind} kind @param {Counts} counts */
function marksFit(rules, kind, { yes, no, abstain, valid }) {
  if (no === null && abstain === null) return true;
  if (no === null || abstain === null || (rules.style === "approve" && kind !== "motion")) return false;
  if (yes.length !== no.length || no.length !== abstain.length) return false;
  return yes.every((y, i) => y + Number(no[i]) + Number(abstain[i]) === valid);
}

/** Steps 7 and 8: elected, tied at the cut, not chosen; open places. @param {Rules} rules @param {string} rule @param {Counts} counts @param {number} majority */
function select(rules, rule, counts, majority) {
  const { yes, seats } = counts;
  const again = rule === "runoff";
  const rank = yes.map((approvals) => 1 + yes.filter((other) => other > approvals).length);
  /** @type {{ [word: string]: number[] }} */
  const lists = { elected: [], tied: [], not_chosen: [], not_passed: [] };
  const words = yes.map((approvals, i) => {
    const atLeast = yes.filter((other) => other >= majority && other >= approvals).length;
    let word = "not_chosen";
    if (approvals < majority) word = "not_passed";
    else if (atLeast <= seats) word = "elected";
    else if (Number(rank[i]) - 1 < seats) word = "tied";
    lists[word]?.push(i);
    return word === "tied" && again ? "second_tie" : word;
  });
  const { elected = [], tied = [], not_chosen = [], not_passed = [] } = lists;
  const open = seats - elected.length;
  const places = { not_chosen: seats, tied: open, second_tie: open };
  return {
    session: "valid",
    threshold_votes: majority,
    elected: [...elected].sort((a, b) => Number(yes[b]) - Number(yes[a]) || a - b),
    not_chosen,
    not_passed,
    runoff: again ? [] : tied,
    runoff_seats: tied.length && !again ? open : 0,
    second_tie: again ? tied : [],
    second_tie_seats: tied.length && again ? open : 0,
    open_seats: open,
    shortfall: tied.length ? 0 : open,
    reasons: words.map((outcome, i) => ({
      item: i,
      outcome,
      yes: yes[i],
      rank: rank[i],
      rule,
      threshold_votes: majority,
      others: tied.includes(i) ? tied.filter((j) => j !== i) : [],
      places: places[/** @type {keyof typeof places} */ (outcome)] ?? 0,
    })),
    warnings: warnings(rules, counts, elected, rules.style === "approve"),
  };
}

/** §12: a motion has no cut, no tie and no vacancy. @param {Rules} rules @param {string} rule @param {Counts} counts @param {number} majority */
function decide(rules, rule, counts, majority) {
  const yes = Number(counts.yes[0]);
  const passed = yes >= majority;
  const outcome = passed ? "passed" : "failed";
  const more = { others: [], places: 0 };
  return {
    session: "valid",
    threshold_votes: majority,
    passed,
    reasons: [{ item: 0, outcome, yes, rank: 1, rule, threshold_votes: majority, ...more }],
    warnings: warnings(rules, counts, passed ? [0] : [], false),
  };
}

/** @param {Rules} rules @param {Counts} counts @param {number[]} decided @param {boolean} yesOnly */
function warnings(rules, { yes, no, abstain, valid, deputies_all: deputies }, decided, yesOnly) {
  const below = rules.threshold !== "majority_all"; // 地方组织法 Art. 25
  // Where only 赞成 exists, none at all shows everyone's choice as well.
  const marks = yes.map((approvals, i) => {
    if (yesOnly) return [approvals, valid - approvals];
    return no && abstain ? [approvals, Number(no[i]), Number(abstain[i])] : [approvals];
  });
  return {
    below_statutory: below,
    below_majority_all: [...decided]
      .sort((a, b) => a - b)
      .filter((i) => below && 2 * Number(yes[i]) <= deputies),
    unanimous: unanimous(valid, marks),
  };
}
