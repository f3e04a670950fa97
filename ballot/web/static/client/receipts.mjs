/**
 * The box's receipt (回执): proves that an envelope is in the box, never how it is marked; mirrors
 * ballot/polling.py. A receipt that does not hold is no receipt: the deputy does not leave.
 *
 * @typedef {{ session: string, slot: string, tracker: string, signature: string }} Receipt
 * @typedef {import("./definition.mjs").Definition} Definition
 */

import { loads } from "./encoding.mjs";
import { Invalid, refusedAs } from "./errors.mjs";
import * as shapes from "./shapes.mjs";
import { verify } from "./signing.mjs";

/**
 * What the box key signs: no time, no index.
 * @param {string} session
 * @param {string} slot
 * @param {string} tracker hex
 */
export function receiptDocument(session, slot, tracker) {
  return { kind: "receipt", session, slot, tracker };
}

/**
 * Refuse (`receipt.invalid`) anything but this definition's box's receipt for that envelope.
 * @param {Definition} definition
 * @param {string} slot
 * @param {string} tracker hex
 * @param {Receipt} receipt
 */
export function verifyReceipt(definition, slot, tracker, receipt) {
  if (
    receipt.session !== definition.session ||
    receipt.slot !== slot ||
    receipt.tracker !== tracker
  ) {
    throw new Invalid("receipt.invalid", "a receipt for another envelope");
  }
  const document = receiptDocument(definition.session, slot, tracker);
  refusedAs("receipt.invalid", () =>
    verify(definition.boxKey, "receipt", document, receipt.signature),
  );
}

/**
 * The receipt in an answer of the box: canonical JSON and spaces (attack B24).
 * @param {Uint8Array} body
 * @returns {Receipt}
 */
export function decodeReceipt(body) {
  let end = body.length;
  while (end && body[end - 1] === 0x20) end--;
  return refusedAs("receipt.invalid", () => {
    const value = shapes.fields(
      loads(body.subarray(0, end)),
      "kind session signature slot tracker",
      "receipt",
    );
    shapes.choice(value.kind, ["receipt"], "kind");
    return {
      session: shapes.hexadecimal(value.session, "session"),
      slot: shapes.identifier(value.slot, "slot"),
      tracker: shapes.hexadecimal(value.tracker, "tracker"),
      signature: shapes.hexadecimal(value.signature, "signature", 64),
    };
  });
}
