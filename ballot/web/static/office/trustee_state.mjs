/**
 * Where the ceremony and the rounds stand, for the page to show: read from the board and the events
 * as they come. What a key signs is judged by the worker, which believes neither
 * (client/{ceremony,trustee_rounds}.mjs).
 *
 * @typedef {import("../client/definition.mjs").Definition} Definition
 * @typedef {{ conflicts: string[], documents: { name: string, text: string }[], number: number,
 *   state: string }} Shown the board as the service shows it
 * @typedef {{ number: number, seen: Record<string, string>, own: Record<string, string>,
 *   drill: string | null, exported: boolean, agreed: boolean }} Kept what the device keeps of the
 *   ceremony; `agreed`: to giving up this board
 * @typedef {"begin" | "exchange" | "export" | "drill" | "ready" | "done"} Stage
 * @typedef {{ slot: string, title: string, number: number, size: number, root: string,
 *   sealed: string[], decrypted: string[], paperDue: boolean, counted: boolean, voided: boolean }} Round
 *   a closed round with a box; `sealed` and `decrypted` are officers' ids
 * @typedef {"seal" | "barred" | "seals" | "paper" | "decrypt" | "partials" | "counted" | "voided"} Phase
 */

import { fileName } from "../client/ceremony_documents.mjs";
import { findSlot } from "../client/definition.mjs";

export const STEPS = ["certificate", "coefficients", "key", "drill", "ready"];

/** The first look of a device at a board. @param {number} number @returns {Kept} */
export function begun(number) {
  return { number, seen: {}, own: {}, drill: null, exported: false, agreed: false };
}

/** The trustees whose document of a step stands on the board. @param {Definition} definition @param {Shown} board @param {string} step */
export function have({ trustees }, { documents }, step) {
  const names = new Set(documents.map(({ name }) => name));
  return trustees.filter((_, i) => names.has(fileName(step, i + 1)));
}

/**
 * The first step that is not complete, and whose documents it lacks; null when all are there.
 * @param {Definition} definition @param {Shown} board
 */
export function lacking(definition, board) {
  for (const step of STEPS) {
    const there = have(definition, board, step);
    const missing = definition.trustees.filter((id) => !there.includes(id));
    if (missing.length) return { step, missing };
  }
  return null;
}

/**
 * What this trustee does next in the ceremony.
 * @param {{ over: boolean, seed: boolean, share: boolean, kept: Kept | null }} device `over`: the keys are ready
 * @returns {Stage}
 */
export function stageOf({ over, seed, share, kept }) {
  if (over) return "done";
  if (!seed || !kept) return "begin";
  if (!share) return "exchange";
  if (!kept.exported && kept.drill === null) return "export";
  return kept.drill === null ? "drill" : "ready";
}

/** @param {Definition} definition */
export function quorums({ trustees, threshold }) {
  return { seal: Math.ceil((trustees.length + threshold) / 2), decrypt: threshold };
}

/**
 * The rounds whose box was closed, in the order of their closing.
 * @param {Definition} definition @param {any[]} events
 * @returns {Round[]}
 */
export function roundsOf(definition, events) {
  /** @type {Map<string, Round>} */
  const rounds = new Map();
  const paper = new Set();
  for (const { kind, slot, body, signatures } of events) {
    if (kind === "round_opened" && body.channels.includes("paper")) paper.add(slot);
    if (kind === "round_closed" && body.tablet) {
      const { vote, number } = findSlot(definition, slot);
      const box = { size: body.tablet.returned, root: body.tablet.root };
      const [sealed, decrypted] = [/** @type {string[]} */ ([]), /** @type {string[]} */ ([])];
      const paperDue = paper.has(slot);
      const ends = { paperDue, counted: false, voided: false };
      rounds.set(slot, { slot, title: vote.title, number, ...box, sealed, decrypted, ...ends });
    }
    const round = rounds.get(slot);
    const signer = signatures[0]?.signer;
    if (!round) continue;
    if (kind === "sealed" && body.root === round.root) round.sealed.push(signer);
    if (kind === "decrypted") round.decrypted.push(signer);
    if (kind === "paper_counted") round.paperDue = false;
    if (kind === "counted") round.counted = true;
    if (kind === "voided") round.voided = true;
  }
  return [...rounds.values()];
}

/**
 * What this trustee does next in a round. `barred`: slots that a restored key never seals (E2).
 * @param {Definition} definition @param {Round} round @param {string} me @param {string[]} [barred]
 * @returns {Phase}
 */
export function phaseOf(definition, round, me, barred = []) {
  const needed = quorums(definition);
  if (round.voided) return "voided";
  if (round.counted) return "counted";
  if (round.sealed.length < needed.seal) {
    if (round.sealed.includes(me)) return "seals";
    return barred.includes(round.slot) ? "barred" : "seal";
  }
  if (round.paperDue) return "paper";
  if (round.decrypted.length >= needed.decrypt || round.decrypted.includes(me)) return "partials";
  return "decrypt";
}

/** The rounds that were ever open: a key restored now never seals them. @param {any[]} events @returns {string[]} */
export function underWay(events) {
  return [...new Set(events.filter(({ kind }) => kind === "round_opened").map(({ slot }) => slot))];
}
