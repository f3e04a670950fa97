/**
 * The definition as far as a tablet relies on it; mirrors ballot/tally/session.py. Refused are
 * unknown names, wrong shapes, bad keys (A20, D4), short quorums, tokens of two kinds. Whether its
 * margin, rule values and item names are lawful, the presidium has signed and the verifier checks.
 *
 * @typedef {{ id: string, name: string, roles: string[], publicKey: string }} Officer
 * @typedef {{ id: string, title: string, content: string, unit: string, location: string,
 *   investment: number | null, funding: string, completion: string, category: string,
 *   beneficiaries: string }} Item `investment` in 万元
 * @typedef {{ id: string, uuid: string, length: number, keys: PublicKey[], drawn: string[] }} Slot
 * @typedef {{ id: string, title: string, kind: string, style: string, seats: number, items: Item[],
 *   cap: string, ruleDigest: string, channels: string[], slots: Slot[] }} Vote
 * @typedef {{ raw: Uint8Array, session: string, congress: string, assembly: string, government: string,
 *   title: string, year: number, date: string, practice: boolean, note: string, group: string,
 *   deputies: number, rollDigest: string, officers: Officer[], presidiumQuorum: number,
 *   signers: string[], trustees: string[], threshold: number, boxKey: string, minBallots: number,
 *   minPaper: number, tokenKind: string, votes: Vote[] }} Definition every value can be cloned
 * @typedef {import("./slotkey.mjs").PublicKey} PublicKey
 * @typedef {import("./group_base.mjs").Group} Group
 */

import { toHex } from "./bytes.mjs";
import { checkDefinition } from "./consistency.mjs";
import { digest, loads, sha256 } from "./encoding.mjs";
import { Invalid } from "./errors.mjs";
import { GROUPS, groupNamed } from "./group.mjs";
import * as shapes from "./shapes.mjs";
import { decodePublicKey } from "./slotkey.mjs";

const ROLES = [
  "clerk",
  "presiding_officer",
  "presidium",
  "chief_scrutineer",
  "scrutineer",
  "teller",
];
/** @type {{ [kind: string]: string[] }} */
const KINDS = { selection: ["three_way", "approve"], rating: ["grades"], motion: ["motion"] };
export const CHANNELS = ["tablet", "paper"];
const MAX_DEPUTIES = 25_000;
const UUID = /^[1-9A-HJ-NP-Za-km-z]{22}$/;
const FIELDS =
  "assembly box_key congress date deputies government group kind min_ballots min_paper note " +
  "officers practice presidium_quorum roll_digest signers title token_kind trustees version " +
  "votes year";

/**
 * The definition with exactly these canonical bytes, or a refusal with its place.
 * @param {Uint8Array} data
 * @returns {Definition}
 */
export function decodeDefinition(data) {
  const value = shapes.fields(loads(data), FIELDS, "definition");
  shapes.choice(value.kind, ["definition"], "kind");
  shapes.integer(value.version, "version", 1, 1);
  const group = groupNamed(shapes.choice(value.group, Object.keys(GROUPS), "group"));
  const trustees = shapes.fields(value.trustees, "members threshold", "trustees");
  const signers = shapes.array(value.signers, shapes.identifier, "signers", 0, 2);
  const definition = {
    raw: data,
    session: toHex(sha256(data)),
    congress: shapes.text(value.congress, "congress", 1, 100),
    assembly: shapes.text(value.assembly, "assembly", 1, 200),
    government: shapes.text(value.government, "government", 1, 100),
    title: shapes.text(value.title, "title", 1, 200),
    year: shapes.integer(value.year, "year", 2000, 2200),
    date: shapes.date(value.date, "date"),
    practice: shapes.boolean(value.practice, "practice"),
    note: shapes.text(value.note, "note", 0, 500),
    group: group.name,
    deputies: shapes.integer(value.deputies, "deputies", 1, MAX_DEPUTIES),
    rollDigest: shapes.hexadecimal(value.roll_digest, "roll_digest"),
    officers: shapes.array(value.officers, officer, "officers", 1, 500),
    presidiumQuorum: shapes.integer(value.presidium_quorum, "presidium_quorum", 1, 500),
    signers,
    trustees: shapes.array(trustees.members, shapes.identifier, "trustees.members", 1, 30),
    threshold: shapes.integer(trustees.threshold, "trustees.threshold", 1, 30),
    boxKey: shapes.hexadecimal(value.box_key, "box_key"),
    minBallots: shapes.integer(value.min_ballots, "min_ballots", 1, 1000),
    minPaper: shapes.integer(value.min_paper, "min_paper", 1, 1000),
    tokenKind: shapes.choice(value.token_kind, ["blind", "drawn"], "token_kind"),
    votes: shapes.array(
      value.votes,
      (v, where) => vote(v, where, group, signers.length),
      "votes",
      1,
      50,
    ),
  };
  checkDefinition(definition);
  return definition;
}

/**
 * The n-th slot of a vote, n from 1; else `definition.slot`.
 * @param {Definition} definition
 * @param {string} id
 * @returns {{ vote: Vote, slot: Slot, number: number }}
 */
export function findSlot(definition, id) {
  for (const vote of definition.votes) {
    const index = vote.slots.findIndex((slot) => slot.id === id);
    const slot = vote.slots[index];
    if (slot) return { vote, slot, number: index + 1 };
  }
  throw new Invalid("definition.slot", `no slot ${id.slice(0, 40)}`);
}

/** @param {any} value @param {string} where @returns {Officer} */
function officer(value, where) {
  shapes.fields(value, "id name public_key roles", where);
  const roles = shapes.array(
    value.roles,
    (v, w) => shapes.choice(v, ROLES, w),
    `${where}.roles`,
    1,
    ROLES.length,
  );
  shapes.distinct(roles, `${where}.roles`);
  return {
    id: shapes.identifier(value.id, `${where}.id`),
    name: shapes.text(value.name, `${where}.name`, 1, 60),
    roles,
    publicKey: shapes.hexadecimal(value.public_key, `${where}.public_key`),
  };
}

/**
 * @param {any} value
 * @param {string} where
 * @param {Group} group
 * @param {number} signers
 * @returns {Vote}
 */
function vote(value, where, group, signers) {
  shapes.fields(
    value,
    "approvals channels id items kind rules seats slots style title waiver",
    where,
  );
  const kind = shapes.choice(value.kind, Object.keys(KINDS), `${where}.kind`);
  const style = shapes.choice(value.style, KINDS[kind] ?? [], `${where}.style`);
  const rules = value.rules;
  if (typeof rules !== "object" || rules === null || Array.isArray(rules)) {
    throw new Invalid("rules.value", `${where}.rules: not an object`);
  }
  if (rules.cap !== "seats" && rules.cap !== "none")
    throw new Invalid("rules.value", `${where}.rules.cap`);
  if (kind === "selection" && rules.style !== style) {
    throw new Invalid("definition.style", `${where}: style differs from its rules`);
  }
  shapes.array(value.approvals, approval, `${where}.approvals`, 0, 20);
  shapes.optional(value.waiver, approval, `${where}.waiver`);
  return {
    id: shapes.identifier(value.id, `${where}.id`),
    title: shapes.text(value.title, `${where}.title`, 1, 200),
    kind,
    style,
    seats: shapes.integer(value.seats, `${where}.seats`, 0, 400),
    items: shapes.array(value.items, item, `${where}.items`, 1, 480),
    cap: rules.cap,
    ruleDigest: digest(rules),
    channels: shapes.array(
      value.channels,
      (v, w) => shapes.choice(v, CHANNELS, w),
      `${where}.channels`,
      1,
      2,
    ),
    slots: shapes.array(value.slots, (v, w) => slot(v, w, group, signers), `${where}.slots`, 1, 10),
  };
}

/** @param {any} value @param {string} where @returns {Item} */
function item(value, where) {
  const texts = [
    "content",
    "unit",
    "location",
    "funding",
    "completion",
    "category",
    "beneficiaries",
  ];
  shapes.fields(value, `id title investment ${texts.join(" ")}`, where);
  const [content, unit, location, funding, completion, category, beneficiaries] =
    /** @type {[string, string, string, string, string, string, string]} */ (
      texts.map((name) => shapes.text(value[name], `${where}.${name}`, 0, 2000))
    );
  return {
    id: shapes.itemId(value.id, `${where}.id`),
    title: shapes.text(value.title, `${where}.title`, 1, 200),
    investment: shapes.optional(
      value.investment,
      (v, w) => shapes.integer(v, w),
      `${where}.investment`,
    ),
    content,
    unit,
    location,
    funding,
    completion,
    category,
    beneficiaries,
  };
}

/** @param {any} value @param {string} where */
function approval(value, where) {
  shapes.fields(value, "step body date document_no", where);
  shapes.text(value.step, `${where}.step`, 1, 500);
  shapes.text(value.body, `${where}.body`, 1, 200);
  shapes.date(value.date, `${where}.date`);
  shapes.text(value.document_no, `${where}.document_no`, 1, 100);
}

/**
 * @param {any} value
 * @param {string} where
 * @param {Group} group
 * @param {number} signers
 * @returns {Slot}
 */
function slot(value, where, group, signers) {
  shapes.fields(value, "drawn id keys length uuid", where);
  const uuid = shapes.text(value.uuid, `${where}.uuid`, 22, 22);
  if (!UUID.test(uuid)) throw shapes.refuse(`${where}.uuid`, "not 22 Base58 digits");
  const drawn = shapes.array(
    value.drawn,
    (v, w) => shapes.text(v, w, 1, 700),
    `${where}.drawn`,
    0,
    MAX_DEPUTIES,
  );
  // Spelling only: thousands of membership tests would take a slow tablet minutes. A credential
  // of the list is used by who knows its exponent, and then it is a member.
  for (const text of drawn) group.checkText(text);
  if (drawn.some((text, i) => i > 0 && /** @type {string} */ (drawn[i - 1]) >= text)) {
    throw new Invalid("definition.drawn", `${where}.drawn: not sorted and distinct`);
  }
  return {
    id: shapes.identifier(value.id, `${where}.id`),
    uuid,
    length: shapes.integer(value.length, `${where}.length`, 1, 4 * 1024 * 1024),
    keys: shapes.array(value.keys, decodePublicKey, `${where}.keys`, 0, signers),
    drawn,
  };
}
