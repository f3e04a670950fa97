/**
 * Events: one canonical line each; mirrors ballot/tally/{events,event_kinds,signatories}.py for the
 * kinds that a tablet acts on. Of the others it needs the place in the chain only; who signed them
 * is the business of the services and of the verifier.
 *
 * @typedef {{ signer: string, role: string, signature: string }} Signature
 * @typedef {{ number: number, previous: string | null, kind: string, session: string,
 *   slot: string | null, minute: string, body: { [name: string]: any }, signatures: Signature[],
 *   digest: string }} Event `digest` is that of the whole line
 * @typedef {"one" | "quorum" | "all" | number} Count
 * @typedef {{ slot: "none" | "one" | "any", signers: [string, Count][], body: (value: any) => void }} Kind
 * @typedef {import("./definition.mjs").Definition} Definition
 */

import { toHex, unb64 } from "./bytes.mjs";
import { findOfficer } from "./consistency.mjs";
import { CHANNELS } from "./definition.mjs";
import { loads, sha256 } from "./encoding.mjs";
import { Invalid, refusedAs } from "./errors.mjs";
import * as shapes from "./shapes.mjs";
import { verify } from "./signing.mjs";

/** @typedef {(value: any, where: string) => unknown} Reader */

/** @param {{ [name: string]: Reader }} readers @returns {(value: any, where?: string) => void} */
const object = (readers) => (value, where = "body") => {
  shapes.fields(value, Object.keys(readers).join(" "), where);
  for (const [name, read] of Object.entries(readers)) read(value[name], `${where}.${name}`);
};
/** @param {Reader} read @param {number} [low] @param {number} [high] @returns {Reader} */
const list = (read, low = 0, high = 480) => (value, where) => shapes.array(value, read, where, low, high);
/** @param {Reader} read @param {number} [low] @param {number} [high] @returns {Reader} */
const set = (read, low = 0, high = 480) => (value, where) =>
  shapes.distinct(/** @type {any} */ (shapes.array(value, read, where, low, high)), where);
/** @param {Reader} read @returns {Reader} */
const nullable = (read) => (value, where) => shapes.optional(value, read, where);
/** @param {number} low @param {number} high @returns {Reader} */
const text = (low, high) => (value, where) => shapes.text(value, where, low, high);
/** @type {Reader} */
const count = (value, where) => shapes.integer(value, where);
/** @type {Reader} */
const digest = (value, where) => shapes.hexadecimal(value, where);
/** @type {Reader} */
const fingerprint = (value, where) => unb64(shapes.text(value, where, 1, 100), 32);
/** @type {Reader} */
const anything = (value, where) => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw shapes.refuse(where, "not an object");
};
const calling = object({ log: digest, parent: digest, items: set(shapes.itemId, 1), seats: count });

/** @type {[string, Count][]} */
const PRESIDIUM = [["presidium", "quorum"]];
/** @type {[string, Count][]} */
const CHAIR = [["presiding_officer", "one"]];

/** The kinds a tablet acts on (protocol §8). @type {{ [kind: string]: Kind }} */
const ACTED_ON = {
  defined: { slot: "none", signers: [["clerk", "one"]], body: object({}) },
  adopted: { slot: "none", signers: PRESIDIUM, body: object({}) },
  keys_ready: {
    slot: "none",
    signers: [["trustee", "all"]],
    body: object({
      trustees: text(1, 8 * 1024 * 1024),
      commitments: list(digest, 1, 30),
      drills: list(object({ factor: text(1, 700), challenge: text(1, 700), response: text(1, 700) }), 1, 30),
    }),
  },
  check_in_opened: { slot: "none", signers: [["clerk", "one"]], body: object({ slots: set(shapes.identifier, 1, 500) }) },
  check_in_closed: {
    slot: "none",
    signers: [["clerk", "one"], ["chief_scrutineer", "one"]],
    body: object({ present: count, attendance: digest, issued: list(anything, 1, 500), unused_slips: list(text(1, 700), 0, 100_000) }),
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
const OTHERS = {
  rules_adopted: "none", box_empty: "one", sealed: "one", paper_counted: "one", decrypted: "one",
  counted: "one", certified: "one", tie_settled: "one", vacancy_left: "one", override: "any",
  objection: "any", adjourned: "none",
};

/** Whether a tablet acts on events of this kind. @param {string} kind */
export function isActedOn(kind) {
  return Object.hasOwn(ACTED_ON, kind);
}

/**
 * The event with exactly these bytes; everything else is `event.malformed`.
 * @param {Uint8Array} line
 * @returns {Event}
 */
export function decodeEvent(line) {
  return refusedAs("event.malformed", () => decode(loads(line), toHex(sha256(line))));
}

/** @param {import("./encoding.mjs").Json} json @param {string} lineDigest @returns {Event} */
function decode(json, lineDigest) {
  const value = shapes.fields(json, "number previous kind session slot minute body signatures", "event");
  const kind = shapes.choice(value.kind, [...Object.keys(ACTED_ON), ...Object.keys(OTHERS)], "kind");
  const wanted = ACTED_ON[kind]?.slot ?? OTHERS[kind];
  const slot = shapes.optional(value.slot, shapes.identifier, "slot");
  if (wanted !== "any" && (slot === null) === (wanted === "one")) {
    throw shapes.refuse("slot", `${kind} is about ${wanted} slot`);
  }
  (ACTED_ON[kind]?.body ?? ((body) => anything(body, "body")))(value.body);
  return {
    number: shapes.integer(value.number, "number", 1),
    previous: shapes.optional(value.previous, shapes.hexadecimal, "previous"),
    kind,
    session: shapes.hexadecimal(value.session, "session"),
    slot,
    minute: shapes.minute(value.minute, "minute"),
    body: value.body,
    signatures: shapes.array(value.signatures, signature, "signatures", 0, 600),
    digest: lineDigest,
  };
}

/** @param {any} value @param {string} where @returns {Signature} */
function signature(value, where) {
  shapes.fields(value, "signer role signature", where);
  return {
    signer: shapes.identifier(value.signer, `${where}.signer`),
    role: shapes.text(value.role, `${where}.role`, 1, 32),
    signature: shapes.hexadecimal(value.signature, `${where}.signature`, 64),
  };
}

/**
 * What a signature covers: all but number, previous and signatures; and who signs as what (E11).
 * @param {Event} event
 * @param {string} signer
 * @param {string} role
 */
export function signedDocument({ kind, session, slot, minute, body }, signer, role) {
  return { kind, session, slot, minute, body, signer, role };
}

/**
 * Refuse an event of a kind that is acted on unless those who must have signed it, each once and
 * in a role held: codes as in Python, `keys.…` under KeysReady, else `event.…`.
 * @param {Definition} definition
 * @param {Event} event
 */
export function checkSignatures(definition, event) {
  const kind = /** @type {Kind} */ (ACTED_ON[event.kind]);
  const prefix = event.kind === "keys_ready" ? "keys" : "event";
  /** @param {string} code @param {string} detail */
  const refuse = (code, detail) => new Invalid(`${prefix}.${code}`, `${event.kind}: ${detail}`);
  const pairs = event.signatures.map((one) => `${one.role}\0${one.signer}`);
  if (pairs.some((pair, i) => i > 0 && /** @type {string} */ (pairs[i - 1]) >= pair)) {
    throw refuse("signature_order", "not sorted by role and signer, each once");
  }
  for (const { signer, role, signature: text } of event.signatures) {
    const who = `${signer} as ${role}`;
    const officer = definition.officers.find((one) => one.id === signer);
    if (!officer) throw refuse("unknown_signer", who);
    if (!kind.signers.some(([wanted]) => wanted === role) || !holds(definition, signer, role)) {
      throw refuse("role", who);
    }
    refusedAs(`${prefix}.signature`, () =>
      verify(officer.publicKey, event.kind, signedDocument(event, signer, role), text),
    );
  }
  for (const [role, limit] of kind.signers) {
    const found = event.signatures.filter((one) => one.role === role).length;
    if (found < needed(definition, limit)) throw refuse("too_few_signatures", `${found} as ${role}`);
    if (limit === "one" && found > 1) throw refuse("too_many_signatures", `${found} as ${role}`);
  }
}

/** @param {Definition} definition @param {Count} limit */
function needed(definition, limit) {
  if (typeof limit === "number") return limit;
  return { one: 1, quorum: definition.presidiumQuorum, all: definition.trustees.length }[limit];
}

/** @param {Definition} definition @param {string} id @param {string} role */
function holds(definition, id, role) {
  return role === "trustee" ? definition.trustees.includes(id) : findOfficer(definition, id).roles.includes(role);
}
