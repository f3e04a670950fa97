/**
 * The rules of a vote (票决办法) as data; mirrors ballot/tally/rules.py (counting rules §7, §11).
 * What the table does not know is refused: `rules.unknown`, `rules.missing`, `rules.value`,
 * `rules.unsupported`.
 *
 * @typedef {{ quorum: string, margin_base: string, margin_range: { low: string, high: string | null },
 *   margin_small_n: string, cap: string, style: string, participation_quorum: string,
 *   threshold: string, method: string, rate_denominator?: string, grade_denominator?: string,
 *   half?: string, weights?: [number, number, number] }} Rules the members that something depends on
 */

import { Invalid } from "../errors.mjs";

/** key → words that are supported, words reserved for later. @type {{ [key: string]: [any[], any[]] }} */
const WORDS = {
  quorum: [["two_thirds_all", "majority_all"], []],
  margin_base: [["seats", "candidates"], []],
  margin_small_n: [
    ["plus_one_waiver", "refuse"],
    ["round_up", "half_up"],
  ],
  cap: [
    ["seats", "none"],
    ["exactly_seats", "ranked"],
  ],
  style: [["three_way", "approve"], []],
  write_in: [[false], [true]],
  unmarked: [["abstain"], ["not_counted"]],
  over_vote: [["void_ballot"], []],
  under_vote: [["valid"], ["void_ballot"]],
  returned_gt_issued: [["void_and_revote"], []],
  participation_quorum: [["none", "majority_all_voting"], []],
  threshold: [
    ["majority_all", "majority_present", "majority_returned", "majority_valid", "plurality"],
    [],
  ],
  order: [["approvals_desc"], ["rank_sum_asc"]],
  tie: [["runoff_among_tied"], ["presidium", "lots", "admit_all_tied"]],
  second_tie: [["presidium"], ["lots", "admit_all_tied"]],
  shortage: [["leave_vacant"], ["second_vote_third", "plurality_fill"]],
  grouping: [["single_list"], ["multi_list", "fixed_plus_competitive"]],
  unit: [["plenary"], ["by_delegation"]],
  method: [["tablet_paper", "paper", "tablet"], ["keypad"]],
  publish_counts: [["full", "yes_only", "elected_only"], []],
  publish_order: [["ballot", "votes"], []],
  rules_adoption: [["majority_all"], []],
  issuing: [["until_closed_by_chair"], []],
  ballot_order: [["as_approved"], ["by_lot", "by_category"]],
};
const DENOMINATORS = ["all", "present", "returned", "valid", "valid_minus_unknown"];
/** @type {{ [key: string]: [any[], any[]] }} */
const GRADE_WORDS = {
  rate_denominator: [DENOMINATORS, []],
  grade_denominator: [DENOMINATORS, []],
  half: [["more_than_half", "at_least_half"], []],
};
const RATIO = /^(0|[1-9][0-9]{0,5})\/([1-9][0-9]{0,5})$/;

/**
 * The rules written in `value`, an object of exactly the keys of §7; with `grades` also those of §11.
 * @param {any} value
 * @param {boolean} grades
 * @param {string} where
 * @returns {Rules}
 */
export function decodeRules(value, grades, where) {
  const words = grades ? { ...WORDS, ...GRADE_WORDS } : WORDS;
  const more = grades ? ["weights"] : [];
  const names = ["rule_set_id", "title", ...Object.keys(words), "margin_range", "objection", ...more];
  members(value, names, where);
  for (const [key, [supported, later]] of Object.entries(words)) {
    const shown = `${where}.${key}: ${String(value[key]).slice(0, 40)}`;
    if (supported.includes(value[key])) continue;
    if (later.includes(value[key])) throw new Invalid("rules.unsupported", `${shown} is not supported yet`);
    throw new Invalid("rules.value", `${shown} is not one of ${supported.join(", ")}`);
  }
  text(value.rule_set_id, `${where}.rule_set_id`, 64);
  text(value.title, `${where}.title`, 200);
  range(value.margin_range, `${where}.margin_range`);
  objection(value.objection, `${where}.objection`);
  if (grades) weights(value.weights, `${where}.weights`);
  return value;
}

/** A fraction as it is written, never reduced. @param {any} value @param {string} where @returns {[number, number]} */
export function ratio(value, where) {
  const found = typeof value === "string" ? RATIO.exec(value) : null;
  if (!found) throw new Invalid("rules.value", `${where}: not a fraction like 1/10`);
  return [Number(found[1]), Number(found[2])];
}

/** @param {any} value @param {string} where */
function range(value, where) {
  if (value === "one_more" || value === "free") {
    throw new Invalid("rules.unsupported", `${where}: ${value} is not supported yet; use fractions`);
  }
  members(value, ["low", "high"], where);
  const low = ratio(value.low, `${where}.low`);
  if (value.high === null) return;
  const high = ratio(value.high, `${where}.high`);
  if (low[0] * high[1] > high[0] * low[1]) {
    throw new Invalid("rules.value", `${where}: ${value.low} is more than ${value.high}`);
  }
}

/** @param {any} value @param {string} where */
function objection(value, where) {
  members(value, ["recount_on_request_of", "written_to", "window_working_days"], where);
  const { recount_on_request_of: bodies, window_working_days: days } = value;
  if (!Array.isArray(bodies) || bodies.length < 1 || bodies.length > 8) {
    throw new Invalid("rules.value", `${where}.recount_on_request_of: not a list of 1 to 8 texts`);
  }
  for (const body of bodies) text(body, `${where}.recount_on_request_of`, 40);
  text(value.written_to, `${where}.written_to`, 40);
  integer(days, `${where}.window_working_days`, 1, 60);
}

/** @param {any} value @param {string} where */
function weights(value, where) {
  if (!Array.isArray(value) || value.length !== 3) {
    throw new Invalid("rules.value", `${where}: not a list of three integers`);
  }
  for (const entry of value) integer(entry, where, 0, 10_000);
}

/** @param {any} value @param {string[]} names @param {string} where */
function members(value, names, where) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Invalid("rules.value", `${where}: not an object`);
  }
  for (const key of Object.keys(value).sort()) {
    if (!names.includes(key)) throw new Invalid("rules.unknown", `${where}.${key}: no such rule here`);
  }
  for (const key of [...names].sort()) {
    if (!Object.hasOwn(value, key)) throw new Invalid("rules.missing", `${where}.${key}`);
  }
}

/** @param {any} value @param {string} where @param {number} high */
function text(value, where, high) {
  const size = typeof value === "string" ? [...value].length : 0;
  if (size < 1 || size > high) {
    throw new Invalid("rules.value", `${where}: not a text of 1 to ${high} characters`);
  }
}

/** @param {any} value @param {string} where @param {number} low @param {number} high */
function integer(value, where, low, high) {
  if (!Number.isSafeInteger(value) || value < low || value > high) {
    throw new Invalid("rules.value", `${where}: not an integer from ${low} to ${high}`);
  }
}
