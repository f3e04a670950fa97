/**
 * The certificate (计票结果报告单): a function of the round's facts; mirrors
 * ballot/tally/certificate.py. The verifier rebuilds it and compares bytes: nothing in it is taken on
 * trust (protocol §9).
 *
 * @typedef {import("./lawful.mjs").Lawful} Lawful
 * @typedef {import("./lawful.mjs").LawfulVote} LawfulVote
 * @typedef {{ name: string, issued: number, returned: number, valid: number,
 *   totals: number[][] }} ChannelCount
 * @typedef {{ slot: string, roundKind: string, runOff: boolean, replaces: string | null,
 *   calling: string | null, fingerprint: string | null, attendance: string, present: number,
 *   channels: ChannelCount[], unusedSlips: number, sealed: { size: number, root: string } | null,
 *   archive: string | null, log: string, overrides: string[], items: string[], seats: number,
 *   totals: number[][], paper: any, before: string[], minute: string }} Facts
 */

import { findSlot } from "../definition.mjs";
import { count } from "./count.mjs";
import { rate } from "./grades.mjs";
import { sum } from "./turnout.mjs";

const VOID_REASONS = ["over_vote", "unreadable", "void_by_deputy"];

/** Item by item sum (tablet + paper). @param {number[][]} a @param {number[][]} b */
export function addTotals(a, b) {
  return a.map((row, i) => row.map((x, j) => x + Number(b[i]?.[j])));
}

/** The outcome of the round. @param {Lawful} definition @param {Facts} facts */
export function roundOutcome(definition, facts) {
  const vote = /** @type {LawfulVote} */ (findSlot(/** @type {any} */ (definition), facts.slot).vote);
  const { channels, totals } = facts;
  const first = (/** @type {number[][]} */ rows) => rows.map((row) => Number(row[0]));
  const heads = {
    deputies_all: definition.deputies,
    present: facts.present,
    issued: sum(channels.map((one) => one.issued)),
    returned: sum(channels.map((one) => one.returned)),
    valid: sum(channels.map((one) => one.valid)),
    invalid: sum(channels.map((one) => one.returned - one.valid)),
    channels: channels.map(({ name, issued, returned, valid, totals: own }) => ({
      name,
      issued,
      returned,
      valid,
      yes: vote.style === "grades" ? [] : first(own),
    })),
  };
  if (vote.style === "grades") return rate(vote.rules, heads, /** @type {any} */ (totals));
  const motion = vote.style === "motion";
  const full = totals[0]?.length === 3;
  return count(vote.rules, facts.runOff ? "runoff" : motion ? "motion" : "choose", {
    ...heads,
    seats: motion ? 1 : facts.seats,
    candidates: facts.items.length,
    yes: first(totals),
    no: full ? totals.map((row) => Number(row[1])) : null,
    abstain: full ? totals.map((row) => Number(row[2])) : null,
  });
}

/** The certificate as its canonical bytes hold it. @param {Lawful} definition @param {Facts} facts */
export function buildCertificate(definition, facts) {
  const { vote } = findSlot(/** @type {any} */ (definition), facts.slot);
  const outcome = roundOutcome(definition, facts);
  /** @type {number[]} */
  const elected = outcome.elected ?? [];
  const reasons = facts.paper?.void ?? {};
  return {
    kind: "certificate",
    version: 1,
    session: definition.session,
    slot: facts.slot,
    round_kind: facts.roundKind,
    replaces: facts.replaces,
    calling: facts.calling,
    fingerprint: facts.fingerprint,
    rule_digest: vote.ruleDigest,
    attendance: facts.attendance,
    deputies: definition.deputies,
    present: facts.present,
    channels: facts.channels.map(({ name, issued, returned, valid }) => ({
      name,
      issued,
      returned,
      valid,
      void: returned - valid,
    })),
    void_reasons: Object.fromEntries(VOID_REASONS.map((name) => [name, reasons[name] ?? 0])),
    unused_slips: facts.unusedSlips,
    sealed: facts.sealed,
    archive: facts.archive,
    log: facts.log,
    overrides: facts.overrides,
    items: facts.items,
    seats: facts.seats,
    totals: facts.totals,
    outcome,
    paper: facts.paper,
    elected: [...facts.before, ...elected.map((i) => String(facts.items[i]))],
    minute: facts.minute,
  };
}
