/**
 * Satisfaction rating (满意度测评) as it stands in records; mirrors ballot/tally/grades.py (counting
 * rules §11). A row holds a 满意, b 基本满意, d 不满意, u 不了解, x 弃权 of one item, together V.
 *
 * @typedef {import("./rules.mjs").Rules} Rules
 * @typedef {import("./turnout.mjs").Turnout} Turnout
 * @typedef {[number, number, number, number, number]} Row
 */

import { Invalid } from "../errors.mjs";
import { beforeCounting, contradiction, notCounted, numbersOf, sum, unanimous } from "./turnout.mjs";

/**
 * Apply §5, steps 1–5, and §11 to one rating round.
 * @param {Rules} rules
 * @param {Turnout} turnout
 * @param {Row[]} rows
 * @returns {{ [name: string]: any }}
 */
export function rate(rules, turnout, rows) {
  if (!rules.weights) {
    throw new Invalid("rules.missing", "rate_denominator, grade_denominator, half, weights");
  }
  const numbers = [...numbersOf(turnout), ...rows.flat()];
  const stopped = beforeCounting(rules, turnout, numbers) ?? contradiction(turnout);
  if (stopped) return stopped;
  if (!rows.length) return notCounted("input_error", "nothing_to_choose");
  if (rows.some((row) => sum(row) !== turnout.valid)) return notCounted("input_error", "grades_sum");
  return {
    session: "valid",
    items: rows.map((row) => rateItem(rules, turnout, row)),
    warnings: { unanimous: unanimous(turnout.valid, rows) },
  };
}

/** @param {Rules} rules @param {Turnout} turnout @param {Row} row */
function rateItem(rules, turnout, [a, b, d, unknown]) {
  const denominators = /** @type {{ [name: string]: number }} */ ({
    all: turnout.deputies_all,
    present: turnout.present,
    returned: turnout.returned,
    valid: turnout.valid,
    valid_minus_unknown: turnout.valid - unknown,
  });
  const rates = Number(denominators[rules.rate_denominator ?? ""]);
  const grades = Number(denominators[rules.grade_denominator ?? ""]);
  const rated = turnout.valid !== 0 && rates !== 0 && grades !== 0;
  const [first, second, third] = /** @type {[number, number, number]} */ (rules.weights);
  /** @param {number} numerator */
  const pair = (numerator) => (rated ? [numerator, rates] : []);
  /** @param {number} numerator */
  const percent = (numerator) => (rated ? hundredths(100 * numerator, rates) : "");
  const score = first * a + second * b + third * d;
  // F5: exactly half is enough only where the 办法 says 半数以上.
  const half = rules.half === "at_least_half" ? grades : grades + 1;
  let grade = "unsatisfied";
  if (!rated) grade = "ungraded";
  else if (2 * a >= half) grade = "satisfied";
  else if (2 * (a + b) >= half) grade = "basic";
  return {
    rate_denominator: rates,
    grade_denominator: grades,
    f1: pair(a + b),
    f1_pct: percent(a + b),
    f2: pair(a),
    f2_pct: percent(a),
    f3: pair(d),
    f3_pct: percent(d),
    f4: pair(score),
    f4_score: rated ? hundredths(score, rates) : "",
    f5: grade,
  };
}

/** With two decimals, rounded half up, by integers. @param {number} numerator @param {number} denominator */
export function hundredths(numerator, denominator) {
  const rounded = Math.floor((200 * numerator + denominator) / (2 * denominator));
  return `${Math.floor(rounded / 100)}.${String(rounded % 100).padStart(2, "0")}`;
}
