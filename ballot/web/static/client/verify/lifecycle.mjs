/**
 * The life of a session: what may follow what (protocol §8); mirrors ballot/tally/lifecycle.py. The
 * prefix of a code says which check speaks: `keys.` V4, `numbers.` V7, `seal.` V8, `certificate.`
 * V13, `rounds.` V14, everything else `event.` V3.
 *
 * @typedef {import("./state.mjs").State} State
 * @typedef {import("../events.mjs").Event} Event
 * @typedef {Generator<Invalid, void>} Refusals
 * @typedef {(state: State, event: Event) => Refusals} Check
 */

import { Invalid } from "../errors.mjs";
import { MAX_EVENTS } from "./kinds.mjs";
import * as later from "./later_rounds.mjs";
import * as order from "./round_order.mjs";
import { refusedSignatures } from "./signatories.mjs";
import { sum } from "./turnout.mjs";

const BEFORE_ADOPTION = ["defined", "adopted", "objection", "adjourned"];

/**
 * Every reason why a well-formed `event` may not follow; throws nothing.
 * @param {State} state
 * @param {Event} event
 * @returns {Refusals}
 */
export function* obstacles(state, event) {
  yield* place(state, event);
  yield* refusedSignatures(state.definition, event);
  try {
    const check = CHECKS[event.kind];
    if (check) yield* check(state, event);
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    yield new Invalid(spoken(error.code), error.detail);
  }
}

/** What other modules refuse, in the words of the check that must speak. @param {string} code */
function spoken(code) {
  if (code === "definition.slot") return "event.slot";
  return code.startsWith("round.") ? code.replace("round.", "rounds.") : code;
}

/** @param {string} what */
const disorder = (what) => new Invalid("event.order", what);

/** Session, chain, log, and what holds for every kind. @param {State} state @param {Event} event @returns {Refusals} */
function* place(state, { session, number, previous, kind, body }) {
  if (session !== state.definition.session) {
    yield new Invalid("event.session", "an event of another session");
  }
  if (number !== state.number + 1 || previous !== state.last) {
    yield new Invalid("event.chain", `${kind} does not follow event ${state.number}`);
  }
  if (number > MAX_EVENTS) yield new Invalid("event.chain", `more than ${MAX_EVENTS} events`);
  if ("log" in body && !state.log.has(body.log)) {
    // What an official saw before signing cannot be dropped afterwards (attack E25).
    yield new Invalid("event.log", `${kind}: the log names no earlier event`);
  }
  if (state.published && kind !== "objection") yield disorder(`${kind} after the publication`);
  if (!state.defined && kind !== "defined") yield disorder(`${kind} before the definition`);
  else if (!state.adopted && !BEFORE_ADOPTION.includes(kind)) {
    yield disorder(`${kind} before the adoption`);
  }
}

/** @type {Check} */
function* defined(state) {
  if (state.defined) yield disorder("defined a second time");
}

/** @type {Check} */
function* adopted(state) {
  if (state.adopted) yield disorder("adopted a second time");
}

/** @type {Check} */
function* keysReady(state, { body }) {
  if (state.trustees !== null) yield disorder("keys_ready a second time");
  for (const name of ["commitments", "drills"]) {
    if (body[name].length !== state.definition.trustees.length) {
      yield new Invalid(`keys.${name}`, `${body[name].length}, needed one per trustee`);
    }
  }
}

/** @type {Check} */
function* rulesAdopted(state, { body: { yes, no, abstain } }) {
  const { deputies } = state.definition;
  if (state.rulesAdopted) yield disorder("rules_adopted a second time");
  if (sum([yes, no, abstain]) > deputies) {
    yield new Invalid("event.majority", `${sum([yes, no, abstain])} hands of ${deputies}`);
  }
  // 地方组织法 Art. 25: majority of ALL deputies
  if (2 * yes <= deputies) yield new Invalid("event.majority", `${yes} of ${deputies} are no majority`);
}

/** @type {Check} */
function* checkInOpened(state, { body }) {
  if (state.trustees === null) yield disorder("the keys are not ready");
  if (state.checkIn.length) yield disorder("a check-in is open");
  for (const slot of body.slots) {
    state.slot(slot);
    if (state.issues.has(slot)) {
      yield new Invalid("event.slot", `${slot} was issued in another check-in`);
    }
  }
}

/** @type {Check} */
function* checkInClosed(state, { body }) {
  const { definition } = state;
  if (!state.checkIn.length) throw disorder("no check-in is open");
  if (body.present > definition.deputies) {
    yield new Invalid("numbers.present", `${body.present} of ${definition.deputies}`);
  }
  /** @type {string[]} */
  const slips = body.unused_slips;
  if (slips.some((slip, i) => i > 0 && String(slips[i - 1]) >= slip)) {
    yield new Invalid("numbers.unused_slips", "not sorted and distinct");
  }
  /** @type {any[]} */
  const issued = body.issued;
  const slots = issued.map((entry) => entry.slot);
  if (slots.join() !== state.checkIn.join()) throw new Invalid("event.slot", "not the slots of the check-in");
  const unknown = new Set(slips);
  for (const { slot: id, tablet, paper, signers } of issued) {
    const { vote, slot } = state.slot(id);
    if (tablet + paper > body.present) {
      yield new Invalid("numbers.issued", `${id}: more issued than present`);
    }
    if (signers.join() !== definition.signers.map(() => tablet).join()) {
      // One server that issues for absent deputies shows here (attack E35).
      yield new Invalid("numbers.signers", `${id}: the signers' counts are not the tablets`);
    }
    const unused = slot.drawn.filter((one) => unknown.delete(one)).length;
    if (slot.drawn.length && unused + tablet > slot.drawn.length) {
      yield new Invalid("numbers.unused_slips", `${id}: more slips than drawn lists hold`);
    }
    for (const [name, given, low] of /** @type {[string, number, number][]} */ ([
      ["tablet", tablet, definition.minBallots],
      ["paper", paper, definition.minPaper],
    ])) {
      if (given && !vote.channels.includes(name)) {
        yield new Invalid("event.channels", `${id}: ${name} is no channel of the vote`);
      }
      if (given > 0 && given < low && !state.permits(id, "few_issued")) {
        yield new Invalid("event.few_issued", `${id}: ${given} on ${name} without an override`);
      }
    }
  }
  if (unknown.size) yield new Invalid("numbers.unused_slips", "a credential of no drawn list");
}

/** Before what it permits, and when the number is known (attacks E27, E29). @type {Check} */
function* override(state, { slot, body: { permits } }) {
  if (slot === null) {
    if (permits !== "few_issued" || !state.checkIn.length) {
      yield disorder(`${permits} needs a slot, or a check-in that is open`);
    }
    return;
  }
  state.slot(slot);
  const one = state.rounds.get(slot);
  if (permits === "few_issued") {
    if (one?.opened) yield disorder(`the round in slot ${slot} was opened`);
    return;
  }
  if (!one || !one.closed || one.isOver || one.partials.size || one.counted) {
    throw disorder(`${permits}: not between closing and decryption`);
  }
  if (one.paper === null) return;
  // After the sheet only its own void papers can have come as news.
  const known = (one.returned.paper ?? 0) < state.definition.minPaper;
  if (permits === "few_ballots" || known) yield disorder(`${permits} after the papers were counted`);
}

/** @type {Check} */
function* objection(state, { slot }) {
  if (slot !== null) state.slot(slot);
}

/** @type {Check} */
function* adjourned(state) {
  for (const one of state.rounds.values()) {
    if (one.isOpen) yield disorder(`the round in slot ${one.slot} is open`);
  }
}

/** @type {Check} */
function* published(state) {
  if (state.checkIn.length) yield disorder("a check-in is open");
  for (const one of state.rounds.values()) {
    if (one.opened && !one.isOver) {
      yield disorder(`the round in slot ${one.slot} is neither certified nor voided`);
    }
  }
}

/** @type {{ [kind: string]: Check }} */
const CHECKS = {
  defined,
  adopted,
  keys_ready: keysReady,
  rules_adopted: rulesAdopted,
  check_in_opened: checkInOpened,
  check_in_closed: checkInClosed,
  override,
  objection,
  adjourned,
  published,
  run_off_called: later.called,
  revote_called: later.called,
  second_vote_called: later.called,
  tie_settled: later.tieSettled,
  vacancy_left: later.vacancyLeft,
  box_empty: order.boxEmpty,
  round_opened: order.roundOpened,
  round_closed: order.roundClosed,
  sealed: order.sealed,
  paper_counted: order.paperCounted,
  decrypted: order.decrypted,
  counted: order.counted,
  certified: order.certified,
  voided: order.voided,
};
