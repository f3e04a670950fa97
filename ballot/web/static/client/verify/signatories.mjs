/**
 * Everything wrong with the signatures under an event, of any kind; mirrors
 * ballot/tally/signatories.py (protocol §8, attack E11).
 *
 * @typedef {import("../events.mjs").Event} Event
 * @typedef {import("./lawful.mjs").Lawful} Lawful
 */

import { Invalid } from "../errors.mjs";
import { holds, needed, signedDocument } from "../events.mjs";
import { verify } from "../signing.mjs";
import { kindOf } from "./kinds.mjs";

/** Which check of a verifier speaks: `keys.…` V4, `seal.…` V8, `certificate.…` V13, else V3. @type {{ [kind: string]: string }} */
const PREFIXES = { keys_ready: "keys", sealed: "seal", certified: "certificate" };

/**
 * Codes, after the prefix: `signature_order`, `unknown_signer`, `role`, `signature`,
 * `too_few_signatures`, `too_many_signatures`.
 * @param {Lawful} definition
 * @param {Event} event
 * @returns {Invalid[]}
 */
export function refusedSignatures(definition, event) {
  /** @type {Invalid[]} */
  const refused = [];
  const prefix = PREFIXES[event.kind] ?? "event";
  /** @param {string} code @param {string} detail */
  const refuse = (code, detail) => refused.push(new Invalid(`${prefix}.${code}`, detail));
  const pairs = event.signatures.map((one) => `${one.role}\0${one.signer}`);
  if (pairs.some((pair, i) => i > 0 && String(pairs[i - 1]) >= pair)) {
    refuse("signature_order", "not sorted by role and signer, each once");
  }
  const { signers } = kindOf(event.kind);
  const good = new Set();
  for (const [i, signature] of event.signatures.entries()) {
    const wrong = refusal(definition, event, signature, signers);
    if (wrong) refuse(wrong[0], `${event.kind}: ${wrong[1]}`);
    else good.add(pairs[i]);
  }
  for (const [role, limit] of signers) {
    // Distinct persons within a role; who has two roles signs for each.
    const found = [...good].filter((pair) => pair.startsWith(`${role}\0`)).length;
    const least = needed(/** @type {any} */ (definition), limit);
    if (found < least) {
      refuse("too_few_signatures", `${event.kind}: ${found} as ${role}, needed ${least}`);
    }
  }
  for (const [role, limit] of signers) {
    if (limit === "one" && event.signatures.filter((one) => one.role === role).length > 1) {
      refuse("too_many_signatures", `${event.kind}: one as ${role}`);
    }
  }
  return refused;
}

/**
 * @param {Lawful} definition
 * @param {Event} event
 * @param {import("../events.mjs").Signature} signature
 * @param {import("./kinds.mjs").Signers} signers
 * @returns {[string, string] | null}
 */
function refusal(definition, event, { signer, role, signature }, signers) {
  const who = `${signer} as ${role}`;
  const officer = definition.officers.find((one) => one.id === signer);
  if (!officer) return ["unknown_signer", who];
  if (!signers.some(([wanted]) => wanted === role)) {
    return ["role", `${who}: not a role that signs this`];
  }
  if (!holds(/** @type {any} */ (definition), signer, role)) {
    return ["role", `${who}: not in the definition`];
  }
  try {
    verify(officer.publicKey, event.kind, signedDocument(event, signer, role), signature);
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    return ["signature", `${who}: ${error.detail}`];
  }
  return null;
}
