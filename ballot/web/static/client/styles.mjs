/**
 * Ballot styles: marks ↔ votes, items ↔ Belenios questions; mirrors ballot/tally/styles.py.
 * Marks are one letter per item: Y 赞成, N 反对, A 弃权; for grades S 满意, B 基本满意, U 不满意,
 * K 不了解, A 弃权. Source: protocol §5.
 *
 * @typedef {import("./definition.mjs").Vote} Vote
 * @typedef {{ text: string, answers: readonly string[], low: number, high: number }} Question
 */

import { Invalid } from "./errors.mjs";

/** @type {Readonly<{ [style: string]: string }>} */
export const LETTERS = Object.freeze({
  three_way: "YNA",
  approve: "YA",
  motion: "YNA",
  grades: "SBUKA",
});
const YES_NO = ["赞成", "反对"];
const GRADES = ["满意", "基本满意", "不满意", "不了解"];

/**
 * Most approvals a ballot may carry: min(S, C) for R05 `seats`, else C.
 * @param {Vote} vote
 * @param {number} seats
 * @param {number} candidates
 */
export function capOf(vote, seats, candidates) {
  return vote.cap === "seats" ? Math.min(seats, candidates) : candidates;
}

/** Whether an envelope of this vote carries our cap proof (box C8). @param {Vote} vote */
export function wantsCapProof(vote) {
  return vote.style === "three_way" && vote.cap === "seats";
}

/**
 * The questions of a round on the items with these titles, in ballot order.
 * @param {Vote} vote
 * @param {string[]} titles
 * @param {number} cap
 * @returns {Question[]}
 */
export function questions(vote, titles, cap) {
  if (vote.style === "approve") return [{ text: vote.title, answers: titles, low: 0, high: cap }];
  const answers = vote.style === "grades" ? GRADES : YES_NO;
  return titles.map((text) => ({ text, answers, low: 0, high: 1 }));
}

/**
 * 0/1 per question and answer; else `marks.malformed`.
 * @param {string} style
 * @param {number} items
 * @param {string} marks
 * @returns {number[][]}
 */
export function votesOf(style, items, marks) {
  const letters = LETTERS[style] ?? "";
  if (marks.length !== items || [...marks].some((mark) => !letters.includes(mark))) {
    throw new Invalid("marks.malformed", `${items} marks out of ${letters} are needed`);
  }
  const rows = [...marks].map((mark) =>
    [...letters.slice(0, -1)].map((letter) => Number(mark === letter)),
  );
  return style === "approve" ? [rows.flat()] : rows;
}

/** Number of approvals on one three-way ballot given as votes. @param {number[][]} votes */
export function approvals(votes) {
  return votes.reduce((sum, row) => sum + (row[0] ?? 0), 0);
}
