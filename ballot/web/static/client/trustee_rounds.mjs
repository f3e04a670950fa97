/**
 * One round as a trustee's browser is told of it: everything that seal and decryption rely on comes
 * from signed events (attacks E22, E24). What else must have happened before an event may follow is
 * the lifecycle's (ballot/tally/lifecycle.py), which the registrar and the command line ask.
 *
 * @typedef {import("./definition.mjs").Definition} Definition
 * @typedef {import("./gate.mjs").Gate} Gate
 * @typedef {import("./trustee.mjs").Seal} Seal
 * @typedef {{ gate: Gate, stated: Seal, slips: string[], sealed: Map<string, Seal>, trustees: string }} Told
 *   `sealed`: officer id → the first seal that the events have of this trustee
 */

import { Board } from "./board.mjs";
import { Invalid, refusedAs } from "./errors.mjs";
import { signedDocument } from "./events.mjs";
import { verify } from "./signing.mjs";
import { same } from "./trustee.mjs";

/**
 * What the events tell of a closed round; `event.order` where it is not closed, or void.
 * @param {Definition} definition
 * @param {string[]} lines of events.jsonl, all of them
 * @param {string} slot
 * @returns {Told}
 */
export function follow(definition, lines, slot) {
  const board = new Board(definition);
  /** @type {{ returned: number, root: string } | null} */
  let closed = null;
  /** @type {string[]} */
  const slips = [];
  /** @type {Map<string, Seal>} */
  const sealed = new Map();
  for (const line of lines) {
    const event = board.append(line);
    if (event.kind === "check_in_closed") slips.push(...event.body.unused_slips);
    if (event.slot !== slot) continue;
    if (event.kind === "round_closed") closed = event.body.tablet;
    if (event.kind === "sealed") takeSeal(definition, event, sealed);
  }
  const round = board.rounds.get(slot);
  const { fingerprint = null, state = "waiting" } = round ?? {};
  if (state !== "closed" || !closed || fingerprint === null || board.trustees === null) {
    throw new Invalid("event.order", `the round in slot ${slot} has no closed box`);
  }
  const stated = { fingerprint, size: closed.returned, root: closed.root };
  return { gate: board.gate(slot), stated, slips, sealed, trustees: board.trustees };
}

/**
 * Refuse (`seal.too_few`) a box that fewer than q = ⌈(m + t)/2⌉ trustees have sealed (E22).
 * @param {Definition} definition
 * @param {Told} told
 * @param {Seal} seal
 */
export function requireSealed({ trustees, threshold }, { sealed }, seal) {
  const needed = Math.ceil((trustees.length + threshold) / 2);
  const found = [...sealed.values()].filter((one) => same(one, seal)).length;
  if (found < needed) throw new Invalid("seal.too_few", `${found} trustees, needed ${needed}`);
}

/**
 * A tablet's board lets seals pass unread; here each must be signed by its one trustee.
 * @param {Definition} definition
 * @param {import("./events.mjs").Event} event
 * @param {Map<string, Seal>} sealed
 */
function takeSeal(definition, event, sealed) {
  const [signature, ...more] = event.signatures;
  const { signer, role } = signature ?? { signer: "", role: "" };
  const officer = definition.officers.find(({ id }) => id === signer);
  if (!signature || more.length || role !== "trustee" || !definition.trustees.includes(signer)) {
    throw new Invalid("seal.role", "not signed by one trustee");
  }
  refusedAs("seal.signature", () =>
    verify(
      officer?.publicKey ?? "",
      "sealed",
      signedDocument(event, signer, role),
      signature.signature,
    ),
  );
  const { fingerprint, size, root } = event.body;
  if (!sealed.has(signer)) sealed.set(signer, { fingerprint, size, root });
}
