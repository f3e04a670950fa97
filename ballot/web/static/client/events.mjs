/**
 * Events: one canonical line each; mirrors ballot/tally/{events,event_kinds,signatories}.py for the
 * kinds that a tablet acts on. Of the others it needs the place in the chain only; who signed them
 * is the business of the services and of the verifier.
 *
 * @typedef {{ signer: string, role: string, signature: string }} Signature
 * @typedef {{ number: number, previous: string | null, kind: string, session: string,
 *   slot: string | null, minute: string, body: { [name: string]: any }, signatures: Signature[],
 *   digest: string }} Event `digest` is that of the whole line
 * @typedef {import("./event_kinds.mjs").Count} Count
 * @typedef {import("./event_kinds.mjs").Kind} Kind
 * @typedef {import("./definition.mjs").Definition} Definition
 */

import { toHex } from "./bytes.mjs";
import { findOfficer } from "./consistency.mjs";
import { loads, sha256 } from "./encoding.mjs";
import { Invalid, refusedAs } from "./errors.mjs";
import { ACTED_ON, anything, OTHERS } from "./event_kinds.mjs";
import * as shapes from "./shapes.mjs";
import { verify } from "./signing.mjs";

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
  const value = shapes.fields(
    json,
    "number previous kind session slot minute body signatures",
    "event",
  );
  const kind = shapes.choice(
    value.kind,
    [...Object.keys(ACTED_ON), ...Object.keys(OTHERS)],
    "kind",
  );
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
    if (found < needed(definition, limit))
      throw refuse("too_few_signatures", `${found} as ${role}`);
    if (limit === "one" && found > 1) throw refuse("too_many_signatures", `${found} as ${role}`);
  }
}

/** The fewest persons a word of the table stands for. @param {Definition} definition @param {Count} limit */
export function needed(definition, limit) {
  if (typeof limit === "number") return limit;
  return { one: 1, quorum: definition.presidiumQuorum, all: definition.trustees.length }[limit];
}

/** Whether that officer has the role. @param {Definition} definition @param {string} id @param {string} role */
export function holds(definition, id, role) {
  return role === "trustee"
    ? definition.trustees.includes(id)
    : findOfficer(definition, id).roles.includes(role);
}
