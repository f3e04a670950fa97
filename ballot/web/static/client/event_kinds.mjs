/**
 * The kinds of events: about a slot or not, and for those a tablet acts on, who must sign and the
 * members of the body; mirrors ballot/tally/event_kinds.py (protocol §8).
 *
 * @typedef {"one" | "quorum" | "all" | number} Count
 * @typedef {{ slot: "none" | "one" | "any", signers: [string, Count][],
 *   body: (value: any) => void }} Kind
 */

import { unb64 } from "./bytes.mjs";
import { CHANNELS } from "./definition.mjs";
import * as shapes from "./shapes.mjs";

/** @typedef {(value: any, where: string) => unknown} Reader */

/** @param {{ [name: string]: Reader }} readers @returns {(value: any, where?: string) => void} */
export const object =
  (readers) =>
  (value, where = "body") => {
    shapes.fields(value, Object.keys(readers).join(" "), where);
    for (const [name, read] of Object.entries(readers)) read(value[name], `${where}.${name}`);
  };
/** @param {Reader} read @param {number} [low] @param {number} [high] @returns {Reader} */
export const list =
  (read, low = 0, high = 480) =>
  (value, where) =>
    shapes.array(value, read, where, low, high);
/** @param {Reader} read @param {number} [low] @param {number} [high] @returns {Reader} */
export const set =
  (read, low = 0, high = 480) =>
  (value, where) =>
    shapes.distinct(/** @type {any} */ (shapes.array(value, read, where, low, high)), where);
/** @param {Reader} read @returns {Reader} */
export const nullable = (read) => (value, where) => shapes.optional(value, read, where);
/** @param {number} low @param {number} high @returns {Reader} */
export const text = (low, high) => (value, where) => shapes.text(value, where, low, high);
/** @type {Reader} */
export const count = (value, where) => shapes.integer(value, where);
/** @type {Reader} */
export const digest = (value, where) => shapes.hexadecimal(value, where);
/** @type {Reader} */
export const fingerprint = (value, where) => unb64(shapes.text(value, where, 1, 100), 32);
/** @type {Reader} */
export const anything = (value, where) => {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw shapes.refuse(where, "not an object");
};
const calling = object({ log: digest, parent: digest, items: set(shapes.itemId, 1), seats: count });

/** @type {[string, Count][]} */
const PRESIDIUM = [["presidium", "quorum"]];
/** @type {[string, Count][]} */
const CHAIR = [["presiding_officer", "one"]];

/** The kinds a tablet acts on (protocol §8). @type {{ [kind: string]: Kind }} */
export const ACTED_ON = {
  defined: { slot: "none", signers: [["clerk", "one"]], body: object({}) },
  adopted: { slot: "none", signers: PRESIDIUM, body: object({}) },
  keys_ready: {
    slot: "none",
    signers: [["trustee", "all"]],
    body: object({
      trustees: text(1, 8 * 1024 * 1024),
      commitments: list(digest, 1, 30),
      drills: list(
        object({ factor: text(1, 700), challenge: text(1, 700), response: text(1, 700) }),
        1,
        30,
      ),
    }),
  },
  check_in_opened: {
    slot: "none",
    signers: [["clerk", "one"]],
    body: object({ slots: set(shapes.identifier, 1, 500) }),
  },
  check_in_closed: {
    slot: "none",
    signers: [
      ["clerk", "one"],
      ["chief_scrutineer", "one"],
    ],
    body: object({
      present: count,
      attendance: digest,
      issued: list(anything, 1, 500),
      unused_slips: list(text(1, 700), 0, 100_000),
    }),
  },
  round_opened: {
    slot: "one",
    signers: CHAIR,
    body: object({
      log: digest,
      present: count,
      channels: set((value, where) => shapes.choice(value, CHANNELS, where), 1, 2),
      fingerprint: nullable(fingerprint),
      issued_paper: nullable(count),
    }),
  },
  round_closed: {
    slot: "one",
    signers: CHAIR,
    body: object({
      log: digest,
      tablet: nullable(object({ returned: count, root: digest })),
      paper: nullable(object({ returned: count })),
    }),
  },
  voided: {
    slot: "one",
    signers: PRESIDIUM,
    body: object({
      log: digest,
      reason: (value, where) => shapes.choice(value, ["surplus", "participation", "stated"], where),
      text: text(0, 2000),
    }),
  },
  run_off_called: { slot: "one", signers: PRESIDIUM, body: calling },
  revote_called: { slot: "one", signers: PRESIDIUM, body: calling },
  second_vote_called: { slot: "one", signers: PRESIDIUM, body: calling },
  published: { slot: "none", signers: PRESIDIUM, body: object({ log: digest }) },
};
/** Whether the other kinds are about a slot. @type {{ [kind: string]: "none" | "one" | "any" }} */
export const OTHERS = {
  rules_adopted: "none",
  box_empty: "one",
  sealed: "one",
  paper_counted: "one",
  decrypted: "one",
  counted: "one",
  certified: "one",
  tie_settled: "one",
  vacancy_left: "one",
  override: "any",
  objection: "any",
  adjourned: "none",
};
