/**
 * From one round to the next, and the union of all; mirrors ballot/tally/{rounds,stated,paper_sheet}.py
 * (counting rules §6, §8). Items are named by their ids: positions change from ballot to ballot.
 *
 * @typedef {{ items: string[], outcome: any }} Result a certified round, its outcome as stated
 * @typedef {{ elected: string[], drawn: string[] | null, of: Result }} Added what a round adds:
 *   its elected, or the items that lots drew
 * @typedef {import("./state.mjs").Round} Round
 * @typedef {import("./lawful.mjs").LawfulVote} LawfulVote
 */

import { Invalid } from "../errors.mjs";
import { sum } from "./turnout.mjs";

const LISTS = ["elected", "not_chosen", "not_passed", "runoff", "second_tie"];
const NUMBERS = ["threshold_votes", "runoff_seats", "second_tie_seats", "open_seats", "shortfall"];

/** How many numbers the totals of one item have, by style. @type {{ [style: string]: number }} */
export const ANSWERS = { three_way: 3, motion: 3, approve: 1, grades: 5 };

/** Whether `outcome` states what became of each of `size` items. @param {any} outcome @param {number} size */
export function isSelection(outcome, size) {
  if (typeof outcome !== "object" || outcome === null || outcome.session !== "valid") return false;
  const lists = LISTS.map((name) => outcome[name]);
  if (!lists.every((list) => Array.isArray(list) && list.every((i) => whole(i, size)))) return false;
  const positions = lists.flat().sort((a, b) => a - b);
  return (
    positions.length === size &&
    positions.every((position, i) => position === i) && // each item stands in exactly one list
    NUMBERS.every((name) => whole(outcome[name], Infinity))
  );
}

/** @param {any} value @param {number} below */
function whole(value, below) {
  return Number.isSafeInteger(value) && value >= 0 && value < below;
}

/** The ids at `positions` of a round's ballot. @param {Result} result @param {number[]} positions */
export function named({ items }, positions) {
  return positions.map((i) => String(items[i]));
}

/** Ids tied at the cut, in ballot order. @param {Result} result @returns {string[]} */
export function tied(result) {
  const { runoff, second_tie } = result.outcome;
  return named(result, runoff.length ? runoff : second_tie);
}

/** The open places that the tied items compete for. @param {Result} result @returns {number} */
function tiedPlaces({ outcome }) {
  return outcome.runoff_seats || outcome.second_tie_seats;
}

/**
 * What the rounds of one vote (and lots) elected, and the places still open; `round.elected_twice`,
 * `round.over_seats`, `round.wrong_lots`.
 * @param {number} seats
 * @param {Added[]} added
 */
export function unionOf(seats, added) {
  /** @type {string[]} */
  const elected = [];
  for (const { elected: found, drawn, of } of added) {
    if (drawn) requireLots(of, drawn);
    for (const item of found) if (elected.includes(item)) throw new Invalid("round.elected_twice", item);
    elected.push(...found);
  }
  if (elected.length > seats) {
    throw new Invalid("round.over_seats", `${elected.length} elected for ${seats} places`);
  }
  return { elected, open: seats - elected.length };
}

/** Lots settle a second tie only, and fill exactly its open places. @param {Result} parent @param {string[]} drawn */
export function requireLots(parent, drawn) {
  const among = named(parent, parent.outcome.second_tie);
  const places = tiedPlaces(parent);
  if (!among.length || new Set(drawn).size !== places || drawn.length !== places) {
    throw new Invalid("round.wrong_lots", `${drawn.length} drawn for ${places} places`);
  }
  for (const item of drawn) {
    if (!among.includes(item)) throw new Invalid("round.wrong_lots", `${item} is not tied`);
  }
}

/** Exactly the tied items for exactly the open places. @param {Result} parent @param {string[]} items @param {number} places */
export function requireRunOff(parent, items, places) {
  const among = tied(parent);
  if (!among.length) throw new Invalid("round.wrong_items", "nothing is tied in the parent round");
  requireSame(items, among, places, tiedPlaces(parent));
}

/**
 * Projects not elected, in ballot order, for all the places still open.
 * @param {string[]} all
 * @param {{ elected: string[], open: number }} soFar
 * @param {string[]} items
 * @param {number} places
 */
export function requireSecondVote(all, soFar, items, places) {
  if (!items.length) throw new Invalid("round.wrong_items", "no item");
  for (const item of items) {
    if (soFar.elected.includes(item)) {
      throw new Invalid("round.wrong_items", `${item} is already elected`);
    }
  }
  requireSame(items, all.filter((item) => items.includes(item)), places, soFar.open);
  if (places < 1) throw new Invalid("round.wrong_places", "no place is open");
}

/** @param {string[]} items @param {string[]} wanted @param {number} places @param {number} open */
export function requireSame(items, wanted, places, open) {
  if (items.join() !== wanted.join()) {
    throw new Invalid("round.wrong_items", `items ${items.join(", ")}; due ${wanted.join(", ")}`);
  }
  if (places !== open) throw new Invalid("round.wrong_places", `${places} places; due ${open}`);
}

/** One row per item of the ballot, of the width of the style. @param {number[][]} rows @param {LawfulVote} vote @param {Round} one */
export function shaped(rows, vote, one) {
  const width = ANSWERS[vote.style];
  return rows.length === one.items.length && rows.every((row) => row.length === width);
}

/**
 * Everything by which a paper sheet contradicts itself or what was stated before it.
 * @param {LawfulVote} vote
 * @param {Round} one
 * @param {any} body
 * @returns {Invalid[]}
 */
export function refusedSheet(vote, one, body) {
  /** @type {Invalid[]} */
  const refused = [];
  const refuse = (/** @type {string} */ what) => refused.push(new Invalid("event.paper_sheet", what));
  const { issued, returned, valid, rows } = body;
  if (issued !== one.issued.paper || returned !== one.returned.paper) {
    refuse("issued or returned is not what was stated before");
  }
  if (valid + sum(Object.values(body.void)) !== returned) refuse("valid and void are not the returned");
  if (!shaped(rows, vote, one)) {
    refuse("not one row per item of the ballot");
    return refused;
  }
  for (const [i, row] of rows.entries()) {
    if (sum(row) > valid || (sum(row) < valid && vote.style !== "approve")) {
      refuse(`${one.items[i]}: the marks are not the valid papers`);
    }
  }
  const approvals = sum(rows.map((/** @type {number[]} */ row) => row[0]));
  if (vote.kind === "selection" && vote.rules.cap === "seats" && approvals > valid * one.seats) {
    refuse("more approvals than the papers can hold");
  }
  return refused;
}
