/**
 * Tokens on the tablet's side (protocol §6): draw, blind, ask, unblind, verify. Values only, all of
 * them JSON: what is kept where and for how long is the caller's (people.md §10.4).
 *
 * - `Pending` is stored before the request leaves, so that a reload repeats the same request.
 * - `Token` takes its place once every signature verifies; blinding factors and request are gone.
 *
 * @typedef {{ slot: string, credential: string, secret: string,
 *   blinded: { request: string, inverse: string }[] }} Drawn credential S and secret s of one slot,
 *   and per signer the request (base64url) and the inverse of the factor (hex): secret
 * @typedef {{ session: string, drawn: Drawn[] }} Pending
 * @typedef {{ slot: string, credential: string, secret: string, token: string[] }} Token what casts
 *   one ballot; `secret` is s in decimal, `token` one base64url signature per signer
 * @typedef {{ slot: string, signatures: string[] }} Answer
 * @typedef {import("./definition.mjs").Definition} Definition
 * @typedef {import("./nonces.mjs").Random} Random
 */

import { b64url, unb64url } from "./bytes.mjs";
import * as blind from "./blind.mjs";
import { deriveSecret } from "./credentials.mjs";
import { findSlot } from "./definition.mjs";
import { Invalid } from "./errors.mjs";
import { groupNamed } from "./group.mjs";
import { randomScalar } from "./nonces.mjs";
import { array, fields, identifier, text } from "./shapes.mjs";
import { MODULUS_SIZE } from "./slotkey.mjs";

/**
 * Draw a fresh credential for each slot and blind its message once per signer, with the keys of
 * the pinned definition and no others (attacks A20, A22, B20).
 * @param {Definition} definition
 * @param {string[]} slots
 * @param {Random} random
 * @param {(done: number, total: number) => void} [progress]
 * @returns {Pending}
 */
export function drawTokens(definition, slots, random, progress = () => {}) {
  const group = groupNamed(definition.group);
  if (definition.tokenKind !== "blind")
    throw new Invalid("issue.malformed", "this session has drawn codes");
  if (!slots.length || new Set(slots).size !== slots.length)
    throw new Invalid("issue.malformed", "slots");
  const drawn = slots.map((id, i) => {
    const { slot } = findSlot(definition, id);
    const s = randomScalar(group, random);
    const credential = group.ser(group.power(group.g, s));
    const message = blind.tokenMessage(credential, definition.session, slot.id);
    const blinded = slot.keys.map((key) => {
      const { request, inverse } = blind.blind(key, message, random);
      return { request: b64url(request), inverse: inverse.toString(16) };
    });
    progress(i + 1, slots.length);
    return { slot: slot.id, credential, secret: s.toString(), blinded };
  });
  return { session: definition.session, drawn };
}

/**
 * The body of the request for blind signatures; the same at every call.
 * @param {Pending} pending
 */
export function requestBody(pending) {
  return {
    requests: pending.drawn.map(({ slot, blinded }) => ({
      blinded: blinded.map((one) => one.request),
      slot,
    })),
  };
}

/**
 * The tokens from the signers' answers, all of them or none; `token.invalid` for a signature that
 * does not verify or an answer of another shape. `pending` may be finished again.
 * @param {Definition} definition
 * @param {Pending} pending
 * @param {unknown} body the parsed answer `{"answers": [{"signatures": […], "slot": id}, …]}`
 * @returns {Token[]} in the order of `pending`
 */
export function finishTokens(definition, pending, body) {
  if (pending.session !== definition.session)
    throw new Invalid("token.invalid", "drawn in another session");
  const answers = readAnswers(body);
  if (answers.length !== pending.drawn.length)
    throw new Invalid("token.invalid", "answers for other slots");
  return pending.drawn.map(({ slot: id, credential, secret, blinded }) => {
    const { slot } = findSlot(definition, id);
    const answer = answers.find((one) => one.slot === id);
    if (answer?.signatures.length !== slot.keys.length || blinded.length !== slot.keys.length) {
      throw new Invalid("token.invalid", `${id}: another number of signatures than signers`);
    }
    const message = blind.tokenMessage(credential, definition.session, id);
    const token = slot.keys.map((key, i) => {
      const data = unb64url(/** @type {string} */ (answer.signatures[i]), MODULUS_SIZE);
      const inverse = BigInt(`0x${blinded[i]?.inverse}`);
      return b64url(blind.finalize(key, message, data, inverse));
    });
    return { slot: id, credential, secret, token };
  });
}

/** @param {unknown} body @returns {Answer[]} */
function readAnswers(body) {
  try {
    const { answers } = fields(/** @type {any} */ (body), "answers", "answer");
    return array(
      answers,
      (value, where) => {
        fields(value, "signatures slot", where);
        const signatures = array(
          value.signatures,
          (v, w) => text(v, w, 512, 512),
          `${where}.signatures`,
          0,
          2,
        );
        return { slot: identifier(value.slot, `${where}.slot`), signatures };
      },
      "answers",
      0,
      500,
    );
  } catch (error) {
    throw error instanceof Invalid ? new Invalid("token.invalid", error.detail) : error;
  }
}

/**
 * The token that a drawn slip is in one slot; `token.invalid` when its credential is not in the
 * slot's public list (a mistyped slip that passes its check digit, or one of another session).
 * @param {Definition} definition
 * @param {string} slotId
 * @param {string} slip in printed form, see `parseSlip`
 * @returns {Token}
 */
export function slipToken(definition, slotId, slip) {
  const { slot } = findSlot(definition, slotId);
  const group = groupNamed(definition.group);
  const s = deriveSecret(group, slot.uuid, slip);
  const credential = group.ser(group.power(group.g, s));
  if (!slot.drawn.includes(credential)) {
    throw new Invalid("token.invalid", "the credential is not in the drawn list");
  }
  return { slot: slot.id, credential, secret: s.toString(), token: [] };
}
