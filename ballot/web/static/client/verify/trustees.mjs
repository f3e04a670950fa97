/**
 * V4: the joint key is the trustees' own (attacks A2–A4, A11, A12, A24, E21, E30); mirrors
 * ballot/verify/keys.py and the Pedersen form of ballot/crypto/threshold.py (format §5.2).
 *
 * @typedef {import("../group_base.mjs").Group} Group
 * @typedef {import("../group_base.mjs").Element} Element
 * @typedef {import("../events.mjs").Event} Event
 * @typedef {import("./lawful.mjs").Lawful} Lawful
 * @typedef {{ threshold: number, keys: Element[], y: Element, coefexps: any[] }} Trustees verified;
 *   `keys` by owner number from 1, `coefexps` the signed coefficient messages
 */

import { utf8 } from "../bytes.mjs";
import { loadsCompact } from "../encoding.mjs";
import { Invalid } from "../errors.mjs";
import { groupNamed } from "../group.mjs";
import * as messages from "../threshold.mjs";

/** @param {string} what */
const malformed = (what) => new Invalid("trustees.malformed", what);

/**
 * The trustees that `keys_ready` states, every relation of their document verified:
 * `trustees.malformed`, `trustees.invalid`, `keys.form`, or a refusal of the group.
 * @param {Group} group
 * @param {string} text
 * @returns {Trustees}
 */
export function verifyTrustees(group, text) {
  const value = loadsCompact(utf8(text));
  if (!Array.isArray(value) || value.length < 1 || value.length > 100) {
    throw malformed("not a list of trustees");
  }
  const [entry] = /** @type {any[]} */ (value);
  if (value.length !== 1 || !Array.isArray(entry) || entry.length !== 2 || entry[0] !== "Pedersen") {
    throw new Invalid("keys.form", "not one Pedersen group with contexts and signatures");
  }
  const found = entry[1];
  members(found, ["threshold", "certs", "coefexps", "signatures", "verification_keys"], "Pedersen");
  const { threshold: t, certs, coefexps, signatures, verification_keys: keys } = found;
  const m = Array.isArray(certs) ? certs.length : 0;
  for (const list of [certs, coefexps, signatures, keys]) {
    if (!Array.isArray(list) || list.length !== m) throw malformed("lists of different lengths");
  }
  if (!Number.isSafeInteger(t) || t < 1 || t > m || m > 100) {
    throw malformed("threshold is not within 1 to the number of trustees");
  }
  const signing = certs.map((/** @type {any} */ one, /** @type {number} */ i) => certificate(group, one, t, m, i + 1));
  if (new Set(signing.map((/** @type {Element} */ key) => group.ser(key))).size !== m) {
    throw new Invalid("trustees.invalid", "one signing key under two indexes");
  }
  const rows = coefexps.map((/** @type {any} */ one, /** @type {number} */ i) => {
    const says = signedMessage(group, one, signing[i], ["coefexps"]);
    if (!Array.isArray(says.coefexps) || says.coefexps.length !== t) {
      throw malformed("a polynomial has another degree");
    }
    return says.coefexps.map((/** @type {any} */ text) => group.parse(text));
  });
  for (const [i, signature] of signatures.entries()) {
    const own = rows[i].map((/** @type {Element} */ element) => group.ser(element));
    const statement = messages.textOf({ certs, coefexps: own });
    messages.verifyMessage(group, signing[i], `certs_sig|${statement}`, signature);
  }
  // X_j = Π_i Π_k A_ik^(j^k) = Π_k (Π_i A_ik)^(j^k)
  const columns = Array.from({ length: t }, (_, k) =>
    group.product(rows.map((/** @type {Element[]} */ row) => row[k])),
  );
  const shares = keys.map((/** @type {any} */ one, /** @type {number} */ i) => {
    members(one, ["pok", "public_key", "signature"], "verification key", ["name"]);
    if (typeof (one.name ?? "") !== "string") throw malformed("name is not a text");
    const key = messages.checkVerificationKey(group, one, signing[i]);
    if (!group.same(key, evaluate(group, columns, i + 1))) {
      throw new Invalid("trustees.invalid", `verification key ${i + 1} does not follow`);
    }
    return key;
  });
  return { threshold: t, keys: shares, y: /** @type {Element} */ (columns[0]), coefexps };
}

/** Π_k A_k^(index^k) by Horner's rule. @param {Group} group @param {Element[]} elements @param {number} index */
function evaluate(group, elements, index) {
  return elements.reduceRight(
    (result, element) => group.mul(group.powerPublic(result, BigInt(index)), element),
    group.identity,
  );
}

/** The signing key of a certificate of this ceremony. @param {Group} group @param {any} signed @param {number} t @param {number} m @param {number} index @returns {Element} */
function certificate(group, signed, t, m, index) {
  const names = ["context", "verification", "encryption"];
  const says = signedMessage(group, signed, null, names);
  group.parseKey(says.encryption);
  const context = says.context ?? {};
  const due = { group: group.name, size: m, threshold: t, index };
  const differs = Object.entries(due).some(([name, value]) => context[name] !== value);
  if (differs || Object.keys(context).length !== 4) {
    throw new Invalid("trustees.invalid", `certificate ${index} was made for another ceremony`);
  }
  return group.parseKey(says.verification);
}

/**
 * What a signed message says, its signature verified: by `key`, or by the one it names itself.
 * @param {Group} group @param {any} signed @param {Element | null} key @param {string[]} names
 */
function signedMessage(group, signed, key, names) {
  members(signed, ["message", "signature"], "signed message");
  if (typeof signed.message !== "string") throw malformed("message is not a text");
  const says = /** @type {any} */ (loadsCompact(utf8(signed.message)));
  members(says, names, "message");
  messages.verifyMessage(group, key ?? group.parseKey(says.verification), signed.message, signed.signature);
  return says;
}

/** @param {any} value @param {string[]} names @param {string} what @param {string[]} [optional] */
function members(value, names, what, optional = []) {
  const found = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!found) throw malformed(`${what} is not an object`);
  if (
    names.some((name) => !Object.hasOwn(value, name)) ||
    Object.keys(value).some((name) => !names.includes(name) && !optional.includes(name))
  ) {
    throw malformed(`${what}: unknown or missing member`);
  }
}

/**
 * Everything else about the keys: number, commitments, and the drill of each trustee.
 * @param {Lawful} definition
 * @param {Event} event
 * @param {Trustees} trustees
 * @returns {Invalid[]}
 */
export function keyFaults(definition, { body: { commitments, drills } }, trustees) {
  const refused = [];
  const { threshold: t, keys, coefexps } = trustees;
  const m = definition.trustees.length;
  if (t !== definition.threshold || keys.length !== m) {
    const what = `trustees ${t} of ${keys.length}, the definition says ${definition.threshold} of ${m}`;
    refused.push(new Invalid("keys.threshold", what));
  }
  if (coefexps.map(messages.commitment).join() !== commitments.join()) {
    refused.push(new Invalid("keys.commitment", "a coefficient message is not the one committed to"));
  }
  if (drills.length !== keys.length) {
    refused.push(new Invalid("keys.drill", `${drills.length} drills of ${keys.length} trustees`));
  }
  const group = groupNamed(definition.group);
  for (const [i, key] of keys.slice(0, drills.length).entries()) {
    try {
      messages.verifyDrill(group, definition.session, i + 1, key, drills[i]);
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      refused.push(new Invalid("keys.drill", `trustee ${i + 1}: ${error.detail}`));
    }
  }
  return refused;
}
