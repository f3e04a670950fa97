/**
 * What may follow what within one round, from the empty box to the certificate (protocol §8);
 * mirrors ballot/tally/round_order.py. A refusal that makes the others meaningless is thrown.
 *
 * @typedef {import("./lifecycle.mjs").Check} Check
 * @typedef {import("./lifecycle.mjs").Refusals} Refusals
 * @typedef {import("./state.mjs").Round} Round
 * @typedef {import("./state.mjs").State} State
 */

import { CHANNELS } from "../definition.mjs";
import { Invalid } from "../errors.mjs";
import { same } from "../trustee.mjs";
import { isSelection, refusedSheet, shaped } from "./rounds.mjs";

/** @param {string} what */
const disorder = (what) => new Invalid("event.order", what);

/** q = ⌈(m + t)/2⌉: two different seals need t who signed both (attack E22). @param {import("./lawful.mjs").Lawful} definition */
export function sealQuorum({ trustees, threshold }) {
  return Math.ceil((trustees.length + threshold) / 2);
}

/** 空箱证明, once, before the round opens. @type {Check} */
export function* boxEmpty(state, { slot }) {
  const one = state.round(slot);
  if (state.trustees === null) yield disorder("the keys are not ready");
  if (one.boxEmpty || one.opened) yield disorder(`the box of ${one.slot} was shown before`);
}

/** Rules, check-in, empty box, two head counts, channels; no other round is open. @type {Check} */
export function* roundOpened(state, event) {
  const { slot, body } = event;
  const one = state.round(slot);
  const issue = state.issues.get(one.slot);
  if (one.opened) throw disorder(`the round in slot ${one.slot} was opened before`);
  if (!state.rulesAdopted) yield disorder("the rules are not adopted");
  if (!one.boxEmpty) yield disorder("the box was not shown empty");
  for (const other of state.rounds.values()) {
    if (other.isOpen) yield disorder(`the round in slot ${other.slot} is open`);
  }
  if (body.present > state.definition.deputies) {
    yield new Invalid("numbers.present", "more present than deputies");
  }
  if (!state.quorumMet(one.slot, body.present)) {
    yield new Invalid("event.quorum", `${body.present} in the hall`);
  }
  if (!issue) throw disorder(`no check-in for slot ${one.slot} is closed`);
  if (!state.quorumMet(one.slot, issue.present)) {
    yield new Invalid("event.quorum", `${issue.present} checked in`);
  }
  yield* channels(state, one.slot, body, issue);
}

/** @param {State} state @param {string} slot @param {any} body @param {import("./state.mjs").Issue} issue @returns {Refusals} */
function* channels(state, slot, body, issue) {
  const { vote } = state.slot(slot);
  const wrong = (/** @type {string} */ what) => new Invalid("event.channels", what);
  const due = CHANNELS.filter((name) => body.channels.includes(name) && vote.channels.includes(name));
  if (body.channels.join() !== due.join()) yield wrong("not channels of the vote in their order");
  const paperOnly = body.channels.join() === "paper";
  if ((body.fingerprint === null) !== paperOnly) {
    yield wrong("a fingerprint stands exactly where tablets vote");
  }
  if ((body.issued_paper === null) === paperOnly) {
    yield wrong("papers are handed out anew only when paper only");
  }
  if (!paperOnly && issue.paper && !body.channels.includes("paper")) {
    yield wrong("papers were issued for this slot");
  }
  const papers = body.issued_paper;
  if (papers === null || !paperOnly) return;
  if (papers > issue.present) {
    yield new Invalid("numbers.issued", `${papers} papers for ${issue.present} present`);
  }
  if (papers > 0 && papers < state.definition.minPaper && !state.permits(slot, "few_issued")) {
    yield new Invalid("event.few_issued", `${papers} papers without an override`);
  }
}

/** An open round; R of each of its channels, and of no other. @type {Check} */
export function* roundClosed(state, { slot, body }) {
  const one = state.round(slot);
  if (!one.isOpen) throw disorder(`no round is open in slot ${one.slot}`);
  for (const name of CHANNELS) {
    if ((body[name] !== null) !== one.channels.includes(name)) {
      yield new Invalid("event.channels", `${name}: not the channels that were opened`);
    }
  }
}

/** One root per round, ever: what opening and closing stated, once per trustee (E22). @type {Check} */
export function* sealed(state, { slot, body, signatures }) {
  const one = state.round(slot);
  requireClosed(one);
  if (!one.tablets) throw disorder(`the round in slot ${one.slot} has no box`);
  if (one.everCounted) yield disorder("the ballots are counted");
  if (one.seal === null || !same(/** @type {any} */ (body), one.seal)) {
    yield new Invalid("seal.differs", "not the fingerprint, size and root stated before");
  }
  if (signatures.some(({ signer }) => one.seals.has(signer))) {
    yield new Invalid("seal.twice", "this trustee has sealed the round");
  }
}

/** Before anything is decrypted; a corrected sheet names the one it replaces. @type {Check} */
export function* paperCounted(state, { slot, body }) {
  const one = state.round(slot);
  requireClosed(one);
  if (!one.issued.paper) throw disorder(`no paper was issued in slot ${one.slot}`);
  yield* uncounted(state, one);
  if (body.replaces !== one.paperEvent) yield new Invalid("event.replaces", "not the sheet in force");
  if (one.paper === null) {
    if (one.partials.size) yield disorder("the tablets are decrypted");
    // Before anyone sees a total (attacks E27, E29).
    yield* fewBallots(state, one);
    yield* fewPapers(state, one, one.returned.paper ?? 0);
  }
  if ([...state.rounds.values()].some((round) => round.parent === one.slot)) {
    yield disorder("a later round follows from the certificate of this one");
  }
  yield* refusedSheet(state.slot(one.slot).vote, one, body);
}

/** Sealed by q, paper counted, no surplus, enough ballots or an override (E22, E27, E29). @type {Check} */
export function* decrypted(state, { slot, body: { owner }, signatures }) {
  const one = state.round(slot);
  const { definition } = state;
  requireClosed(one);
  if (!one.tablets) throw disorder(`the round in slot ${one.slot} has no box`);
  if (one.everCounted) yield disorder("the ballots are counted");
  const [found, due] = [one.sealers.length, sealQuorum(definition)];
  if (found < due) yield new Invalid("seal.too_few", `${found} trustees, needed ${due}`);
  yield* uncounted(state, one);
  if (one.paperDue) yield disorder("the papers are not counted");
  yield* fewBallots(state, one);
  if (one.paper !== null) yield* fewPapers(state, one, one.paper.valid);
  if (signatures.some(({ signer }) => signer !== definition.trustees[owner - 1])) {
    yield new Invalid("event.owner", `${owner} is not the number of the trustee who signed`);
  }
  if (one.partials.has(owner)) yield disorder(`trustee ${owner} has decrypted before`);
}

/** After t partial decryptions and the paper sheet; that the numbers are true is V11 and V12. @type {Check} */
export function* counted(state, { slot, body }) {
  const one = state.round(slot);
  const { vote } = state.slot(one.slot);
  requireClosed(one);
  if (one.counted) yield disorder(`the round in slot ${one.slot} is counted`);
  yield* uncounted(state, one);
  if (one.paperDue) yield disorder("the papers are not counted");
  const { threshold } = state.definition;
  if (one.tablets && one.partials.size < threshold) {
    yield new Invalid("event.too_few_partials", `${one.partials.size}, needed ${threshold}`);
  }
  if ((body.tablet !== null) !== one.tablets) {
    yield new Invalid("event.totals", "totals of tablets stand exactly where tablets voted");
  }
  for (const totals of [body.totals, body.tablet]) {
    if (totals !== null && !shaped(totals, vote, one)) {
      yield new Invalid("event.totals", "not one row per item of the ballot");
    }
  }
  if (body.outcome.session !== "valid") {
    yield new Invalid("event.outcome", "not the outcome of a valid round");
  } else if (vote.kind === "selection" && !isSelection(body.outcome, one.items.length)) {
    yield new Invalid("event.outcome", "not each item in one list");
  }
}

/** What is counted, once: one certificate per round and predecessor, ever (E11). @type {Check} */
export function* certified(state, { slot }) {
  const one = state.round(slot);
  if (one.voided || !one.counted) throw disorder(`the round in slot ${one.slot} is not counted`);
  if (one.current) {
    yield new Invalid("certificate.predecessor", "a certificate of these totals exists");
  }
}

/** An open or closed round before its totals can be known; E29. @type {Check} */
export function* voided(state, { slot, body: { reason, text } }) {
  const one = state.round(slot);
  if (!one.opened || one.voided) throw disorder(`no round to void in slot ${one.slot}`);
  if (one.partials.size || one.counted || one.certificates.length) {
    yield disorder(`the round in slot ${one.slot} is decrypted or counted`);
  }
  if (one.paper !== null && !one.tablets) yield disorder("the papers, all there is, are counted");
  let due = "stated";
  if (one.surplus) due = "surplus";
  else if (state.participationFailed(one)) due = "participation";
  if (reason !== due) yield new Invalid("event.reason", `${reason} instead of ${due}`);
  if (reason === "stated" && !text.trim()) yield new Invalid("event.reason", "no reason is stated");
}

/** @param {Round} one */
function requireClosed(one) {
  if (one.voided) throw disorder(`the round in slot ${one.slot} is void`);
  if (!one.closed) throw disorder(`the round in slot ${one.slot} is not closed`);
}

/** Ballots that must stay sealed (counting rules §5.3, §5.4). @param {State} state @param {Round} one @returns {Refusals} */
function* uncounted(state, one) {
  if (one.surplus) {
    yield new Invalid("event.surplus", "more ballots returned than issued: the round is void");
  }
  if (state.participationFailed(one)) {
    yield new Invalid("event.participation", "too few took part: the round is void");
  }
}

/** @param {State} state @param {Round} one @returns {Refusals} */
function* fewBallots(state, one) {
  const size = one.returned.tablet ?? 0;
  const few = (one.issued.tablet ?? 0) > 0 && size < state.definition.minBallots;
  if (few && !state.permits(one.slot, "few_ballots")) {
    yield new Invalid("event.few_ballots", `${size} ballots in the box without an override`);
  }
}

/** @param {State} state @param {Round} one @param {number} papers @returns {Refusals} */
function* fewPapers(state, one, papers) {
  if (papers < state.definition.minPaper && !state.permits(one.slot, "few_papers")) {
    yield new Invalid("event.few_papers", `${papers} papers without an override`);
  }
}
