/**
 * Every kind of event: about a slot or not, who must sign, and the members of the body; the table of
 * docs/record.md, mirrors ballot/tally/event_kinds.py. A tablet needs a part of it only
 * (../event_kinds.mjs).
 *
 * @typedef {import("../event_kinds.mjs").Kind} Kind
 * @typedef {import("../events.mjs").Event} Event
 */

import { utf8 } from "../bytes.mjs";
import { Invalid, refusedAs } from "../errors.mjs";
import {
  ACTED_ON,
  anything,
  count,
  digest,
  fingerprint,
  list,
  nullable,
  object,
  OTHERS,
  set,
  text,
} from "../event_kinds.mjs";
import { decodeEvent } from "../events.mjs";
import * as shapes from "../shapes.mjs";

export const MAX_EVENTS = 10_000;
const MAX_BELENIOS = 8 * 1024 * 1024;

/** @typedef {Kind["signers"]} Signers */

/** @type {Signers} */
const PRESIDIUM = [["presidium", "quorum"]];
/** @type {Signers} */
const CHAIR = [["presiding_officer", "one"]];
/** @type {Signers} */
const CLERK = [["clerk", "one"]];
/** @type {Signers} */
const CHIEF = [["chief_scrutineer", "one"]];
/** @type {Signers} */
const TRUSTEE = [["trustee", "one"]];
/** @type {Signers} */
const COUNTERS = [
  ["scrutineer", 2],
  ["teller", 2],
];

const totals = list(list(count, 1, 5), 1);
/** @param {...string} words */
const oneOf =
  (...words) =>
  (/** @type {any} */ value, /** @type {string} */ where) =>
    shapes.choice(value, words, where);
const note = text(1, 2000);

/** @type {{ [kind: string]: [Signers, (value: any) => void] }} */
const BODIES = {
  check_in_closed: [
    [...CLERK, ...CHIEF],
    object({
      present: count,
      attendance: digest,
      issued: list(
        object({ slot: shapes.identifier, tablet: count, paper: count, signers: list(count, 0, 2) }),
        1,
        500,
      ),
      unused_slips: list(text(1, 700), 0, 100_000),
    }),
  ],
  rules_adopted: [CHAIR, object({ yes: count, no: count, abstain: count })],
  box_empty: [
    CHIEF,
    object({ envelopes: (v, w) => shapes.integer(v, w, 0, 0), paper_boxes: count }),
  ],
  sealed: [TRUSTEE, object({ fingerprint, size: count, root: digest })],
  paper_counted: [
    COUNTERS,
    object({
      issued: count,
      returned: count,
      valid: count,
      void: object({ over_vote: count, unreadable: count, void_by_deputy: count }),
      rows: totals,
      replaces: nullable(digest),
    }),
  ],
  decrypted: [TRUSTEE, object({ owner: count, partial: text(1, MAX_BELENIOS) })],
  counted: [[], object({ tablet: nullable(totals), totals, outcome: anything })],
  certified: [[...CHIEF, ...COUNTERS, ...PRESIDIUM], object({ certificate: digest })],
  tie_settled: [
    PRESIDIUM,
    object({
      parent: digest,
      method: oneOf("lots", "deferred"),
      items: set(shapes.itemId),
      witnesses: list(text(1, 60), 0, 20),
    }),
  ],
  vacancy_left: [PRESIDIUM, object({ parent: digest, places: count })],
  override: [
    PRESIDIUM,
    object({ permits: oneOf("few_issued", "few_ballots", "few_papers"), text: note }),
  ],
  objection: [CLERK, object({ text: note })],
  adjourned: [CHAIR, object({ text: note })],
};

/** Every kind of event (protocol §8). @type {{ [kind: string]: Kind }} */
export const KINDS = Object.fromEntries(
  [...Object.keys(ACTED_ON), ...Object.keys(OTHERS)].map((kind) => {
    const [signers, body] = BODIES[kind] ?? /** @type {[Signers, () => void]} */ ([[], () => {}]);
    const slot = OTHERS[kind] ?? "none";
    const known = ACTED_ON[kind];
    return [kind, known && !BODIES[kind] ? known : { slot: known?.slot ?? slot, signers, body }];
  }),
);

/**
 * The event with exactly these bytes, its body read as well; else `event.malformed`.
 * @param {Uint8Array | string} line
 * @returns {Event}
 */
export function readEvent(line) {
  const event = decodeEvent(typeof line === "string" ? utf8(line) : line);
  refusedAs("event.malformed", () => KINDS[event.kind]?.body(event.body));
  return event;
}

/** The kind of an event that was read. @param {string} kind @returns {Kind} */
export function kindOf(kind) {
  const found = KINDS[kind];
  if (!found) throw new Invalid("event.malformed", kind);
  return found;
}
