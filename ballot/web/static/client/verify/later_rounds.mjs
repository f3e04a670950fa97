/**
 * Rounds that follow from a round: run-off, repeated vote, second vote, tie, vacancy; mirrors
 * ballot/tally/later_rounds.py (counting rules §6, protocol §8, attack E15).
 *
 * @typedef {import("./lifecycle.mjs").Check} Check
 * @typedef {import("./state.mjs").Round} Round
 * @typedef {import("./state.mjs").State} State
 */

import { Invalid } from "../errors.mjs";
import { requireLots, requireRunOff, requireSame, requireSecondVote } from "./rounds.mjs";

/** The next slot of the vote; items and places as they follow from the round before. @type {Check} */
export function* called(state, { kind, slot, body: { items, seats, parent: named } }) {
  const { vote, number } = state.slot(slot ?? "");
  const earlier = state.roundsOf(vote);
  if (state.rounds.has(slot ?? "") || number !== earlier.length + 1) {
    // The n-th round of a vote, whatever its kind, uses its n-th slot (attack E36).
    throw new Invalid("event.slot", `${slot} is not slot ${earlier.length + 1} of the vote`);
  }
  const parent = /** @type {Round} */ (earlier[earlier.length - 1]);
  if (kind === "revote_called") {
    if (parent.voided === null || parent.voided !== named) {
      yield new Invalid("rounds.parent", `${parent.slot} was not voided by the event named`);
    }
    requireSame(items, parent.items, seats, parent.seats);
    return;
  }
  requireParent(parent, named);
  const { selection } = parent;
  if (vote.kind !== "selection" || selection === null) {
    throw new Invalid("rounds.kind", "only places to fill have run-offs and second votes");
  }
  if (parent.settled === "lots" || parent.vacancies !== null) {
    yield new Invalid("rounds.settled", "the presidium has settled this round");
  }
  if (kind === "run_off_called") {
    if (parent.settled) throw new Invalid("rounds.settled", "the tie is settled");
    requireRunOff(selection, items, seats);
    return;
  }
  if (parent.tieOpen) yield new Invalid("rounds.tie_open", "the open places belong to the tied items");
  requireSecondVote(vote.items.map((item) => item.id), state.union(vote), items, seats);
}

/** A second tie only; lots fill exactly its places and have witnesses. @type {Check} */
export function* tieSettled(state, { slot, body }) {
  const one = last(state, slot);
  requireParent(one, body.parent);
  const { selection } = one;
  if (selection === null || !selection.outcome.second_tie.length) {
    throw new Invalid("rounds.tie", "no second tie in this round");
  }
  if (one.settled) yield new Invalid("rounds.settled", "the tie is settled");
  if (body.method === "deferred") {
    if (body.items.length) yield new Invalid("rounds.wrong_lots", "a deferred tie draws no item");
    return;
  }
  if (!body.witnesses.length) yield new Invalid("rounds.witnesses", "lots are drawn before witnesses");
  requireLots(selection, body.items);
}

/** All places still open after the last round, and no tie that would fill them. @type {Check} */
export function* vacancyLeft(state, { slot, body: { parent, places } }) {
  const one = last(state, slot);
  requireParent(one, parent);
  if (one.vacancies !== null) yield new Invalid("rounds.settled", "the vacancy is recorded");
  if (one.tieOpen) yield new Invalid("rounds.tie_open", "the open places belong to the tied items");
  const due = state.union(state.slot(one.slot).vote).open;
  if (places !== due || due < 1) {
    yield new Invalid("rounds.wrong_places", `${places} places; open ${due}`);
  }
}

/** @param {State} state @param {string | null} slot @returns {Round} */
function last(state, slot) {
  const one = state.round(slot);
  const rounds = state.roundsOf(state.slot(one.slot).vote);
  if (rounds[rounds.length - 1] !== one) {
    throw new Invalid("rounds.parent", `${one.slot} is not the last round of its vote`);
  }
  return one;
}

/** `named` is the certificate in force of `parent`. @param {Round} parent @param {string} named */
function requireParent(parent, named) {
  if (!parent.current) throw new Invalid("rounds.parent", `${parent.slot} is not certified`);
  if (parent.certificates[parent.certificates.length - 1] !== named) {
    throw new Invalid("rounds.parent", `not the last certificate of ${parent.slot}`);
  }
}
