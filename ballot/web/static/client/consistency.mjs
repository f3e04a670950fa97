/**
 * What the parts of a definition must be to each other; mirrors ballot/tally/consistency.py, but
 * for margin, rule values and names, which the presidium has signed and the verifier checks.
 *
 * @typedef {import("./definition.mjs").Definition} Definition
 * @typedef {import("./definition.mjs").Officer} Officer
 * @typedef {import("./definition.mjs").Vote} Vote
 */

import { Invalid } from "./errors.mjs";
import * as shapes from "./shapes.mjs";
import { checkPublicKey } from "./signing.mjs";

/**
 * People, tokens and votes fit together; throws the first thing that does not.
 * @param {Definition} definition
 */
export function checkDefinition(definition) {
  checkPeople(definition);
  checkTokens(definition);
  definition.votes.forEach(checkVote);
}

/**
 * The officer of that id; else `signature.unknown_signer`.
 * @param {Definition} definition
 * @param {string} id
 * @returns {Officer}
 */
export function findOfficer(definition, id) {
  const found = definition.officers.find((one) => one.id === id);
  if (!found) throw new Invalid("signature.unknown_signer", id);
  return found;
}

/** @param {Definition} definition */
function checkPeople(definition) {
  const { officers, presidiumQuorum: quorum, trustees, threshold } = definition;
  shapes.distinct(
    officers.map((one) => one.id),
    "officers: id",
  );
  shapes.distinct(
    officers.map((one) => one.publicKey),
    "officers: public_key",
  );
  for (const one of officers) checkPublicKey(one.publicKey);
  checkPublicKey(definition.boxKey);
  for (const [role, low, high] of /** @type {[string, number, number][]} */ ([
    ["clerk", 1, 1],
    ["presiding_officer", 1, 1],
    ["chief_scrutineer", 1, 1],
    ["scrutineer", 2, 30],
    ["teller", 2, 30],
    ["presidium", quorum, 500],
  ])) {
    const count = officers.filter((one) => one.roles.includes(role)).length;
    if (count < low || count > high) {
      throw new Invalid(
        "definition.officers",
        `${count} with the role ${role}, needed ${low} to ${high}`,
      );
    }
  }
  if (2 * quorum <= officers.filter((one) => one.roles.includes("presidium")).length) {
    throw new Invalid("definition.quorum", "the presidium quorum is not more than half");
  }
  shapes.distinct(trustees, "trustees.members");
  if (threshold > trustees.length || (threshold < 2 && trustees.length > 1)) {
    throw new Invalid("definition.threshold", `${threshold} of ${trustees.length} trustees`); // attack A24
  }
  for (const id of trustees) {
    if (!findOfficer(definition, id).roles.includes("scrutineer")) {
      throw new Invalid("definition.officers", `trustee ${id} is not a scrutineer`);
    }
  }
}

/** @param {Definition} definition */
function checkTokens(definition) {
  const slots = definition.votes.flatMap((one) => one.slots);
  const keys = slots.flatMap((one) => one.keys.map((key) => key.n));
  shapes.distinct(
    definition.votes.map((one) => one.id),
    "votes: id",
  );
  shapes.distinct(
    slots.map((one) => one.id),
    "slots: id",
  );
  shapes.distinct(
    slots.map((one) => one.uuid),
    "slots: uuid",
  );
  shapes.distinct(definition.signers, "signers");
  const blind = definition.tokenKind === "blind";
  if (blind !== definition.signers.length > 0) {
    throw new Invalid("definition.token_kind", "blind tokens have one or two signers, slips none");
  }
  for (const one of slots) {
    // One session, one token kind, for everyone (attack E28).
    if (one.keys.length !== definition.signers.length || one.drawn.length > 0 === blind) {
      throw new Invalid("definition.token_kind", `slot ${one.id} is of another token kind`);
    }
    if (!blind && one.drawn.length !== definition.deputies) {
      throw new Invalid("definition.drawn", `slot ${one.id}: not one slip per deputy`);
    }
  }
  if (new Set(keys).size !== keys.length) {
    // attack A17
    throw new Invalid("definition.slot_keys", "one modulus stands under two slots or signers");
  }
}

/** @param {Vote} one */
function checkVote(one) {
  const where = `vote ${one.id}`;
  shapes.distinct(
    one.items.map((entry) => entry.id),
    `${where}: item id`,
  );
  shapes.distinct(one.channels, `${where}: channels`);
  if (one.kind === "motion" && one.items.length !== 1) {
    throw new Invalid("definition.items", `${where}: a motion is one item`);
  }
  if (one.kind === "selection" ? one.seats < 1 || one.seats >= one.items.length : one.seats !== 0) {
    throw new Invalid("definition.seats", `${one.seats} places for ${one.items.length} items`);
  }
}
