/**
 * One round as a tablet sees it, built from signed documents (attack E24); mirrors `Gate` and
 * `build_gate` of ballot/tally.
 *
 * @typedef {{ raw: Uint8Array, y: Element, name: string, description: string,
 *   questions: Question[], uuid: string, digest: Uint8Array, fingerprint: string }} Election
 *   `fingerprint` is φ, the base64 of `digest`
 * @typedef {{ session: string, slot: string, election: Election, group: Group, style: string,
 *   items: string[], limit: number | null, cap: number | null, keys: readonly PublicKey[],
 *   drawn: readonly string[], length: number }} Gate `items` are ids in ballot order, `limit` the
 *   most approvals (null where there is no limit), `cap` the same where a cap proof is wanted
 * @typedef {import("./definition.mjs").Definition} Definition
 * @typedef {import("./group_base.mjs").Group} Group
 * @typedef {import("./group_base.mjs").Element} Element
 * @typedef {import("./slotkey.mjs").PublicKey} PublicKey
 * @typedef {import("./styles.mjs").Question} Question
 * @typedef {{ items: string[], seats: number, calling: string }} Called what a calling event says,
 *   and its digest
 */

import { b64, utf8 } from "./bytes.mjs";
import { findSlot } from "./definition.mjs";
import { compact, loadsCompact, sha256 } from "./encoding.mjs";
import { Invalid } from "./errors.mjs";
import { groupNamed } from "./group.mjs";
import { capOf, questions, wantsCapProof } from "./styles.mjs";

const NUMERALS = "一二三四五六七八九十";

/**
 * The election document with exactly Belenios' required fields.
 * @param {Group} group
 * @param {Element} y
 * @param {string} name
 * @param {string} description
 * @param {Question[]} asked
 * @param {string} uuid
 * @returns {Election}
 */
export function encodeElection(group, y, name, description, asked, uuid) {
  const raw = compact({
    version: 1,
    description,
    name,
    group: group.name,
    public_key: group.ser(y),
    questions: asked.map(({ answers, low, high, text }) => ({
      answers: [...answers],
      min: low,
      max: high,
      question: text,
    })),
    uuid,
  });
  const digest = sha256(raw);
  return { raw, y, name, description, questions: asked, uuid, digest, fingerprint: b64(digest) };
}

/**
 * The gate of a round: the vote's first round, or the later one that a calling event describes.
 * @param {Definition} definition
 * @param {Element} y the joint key of KeysReady
 * @param {string} slotId
 * @param {Called | null} [called]
 * @returns {Gate}
 */
export function buildGate(definition, y, slotId, called = null) {
  const { vote, slot, number } = findSlot(definition, slotId);
  const group = groupNamed(definition.group);
  const items = called ? called.items : vote.items.map((item) => item.id);
  const titles = items.map((id) => {
    const found = vote.items.find((item) => item.id === id);
    if (!found) throw new Invalid("definition.item", `no item ${id}`);
    return found.title;
  });
  const cap = capOf(vote, called ? called.seats : vote.seats, items.length);
  group.prepare(y);
  return {
    session: definition.session,
    slot: slot.id,
    election: encodeElection(
      group,
      y,
      `${vote.title}（第${NUMERALS[number - 1]}轮）`,
      `ballot/v1|${definition.session}|${slot.id}|${vote.ruleDigest}|${called ? called.calling : "-"}`,
      questions(vote, titles, cap),
      slot.uuid,
    ),
    group,
    style: vote.style,
    items: [...items],
    limit: vote.kind === "selection" ? cap : null,
    cap: wantsCapProof(vote) ? cap : null,
    keys: slot.keys,
    drawn: slot.drawn,
    length: slot.length,
  };
}

/**
 * The joint key y = Π A_i0 from the `trustees` bytes of KeysReady (format §5.2). That every
 * relation of these bytes holds, all m trustees' own devices have checked before they signed them.
 * Throws `trustees.malformed`, `trustees.invalid` or a refusal of an element.
 * @param {Definition} definition
 * @param {string} trustees
 * @returns {Element}
 */
export function jointKey(definition, trustees) {
  const group = groupNamed(definition.group);
  const [entry, ...rest] = list(loadsCompact(utf8(trustees)), "trustees");
  const [kind, parameters] = list(entry, "entry");
  if (rest.length || kind !== "Pedersen" || typeof parameters !== "object" || parameters === null) {
    throw new Invalid("trustees.malformed", "not one Pedersen group");
  }
  const messages = list(/** @type {any} */ (parameters).coefexps, "coefexps");
  const { threshold } = /** @type {any} */ (parameters);
  if (messages.length !== definition.trustees.length || threshold !== definition.threshold) {
    throw new Invalid("trustees.invalid", "not the trustees of the definition");
  }
  const y = group.product(
    messages.map((signed) => {
      const text = /** @type {any} */ (signed)?.message;
      if (typeof text !== "string")
        throw new Invalid("trustees.malformed", "message is not a text");
      const coefficients = list(
        /** @type {any} */ (loadsCompact(utf8(text)))?.coefexps,
        "coefexps",
      );
      if (coefficients.length !== threshold) {
        throw new Invalid("trustees.malformed", "a polynomial has another degree");
      }
      return group.parse(coefficients[0]);
    }),
  );
  return group.parseKey(group.ser(y));
}

/** @param {unknown} value @param {string} what @returns {unknown[]} */
function list(value, what) {
  if (!Array.isArray(value)) throw new Invalid("trustees.malformed", `${what} is not a list`);
  return value;
}
