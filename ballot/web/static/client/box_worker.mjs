/**
 * A module worker that verifies some envelopes of a closed box; messages as in messages.mjs. It
 * holds no key: a trustee's page runs two of them.
 */

import { decodeDefinition } from "./definition.mjs";
import { perform } from "./messages.mjs";
import { readPart, requireRound } from "./trustee.mjs";
import { follow } from "./trustee_rounds.mjs";

const jobs = {
  /**
   * @param {{ definition: Uint8Array, lines: string[], slot: string, envelopes: Uint8Array[],
   *   before: number }} args `before`: how many envelopes stand before these
   * @param {(done: number, total: number) => void} told
   */
  read({ definition, lines, slot, envelopes, before }, told) {
    const { gate, stated } = follow(decodeDefinition(definition), lines, slot);
    requireRound(gate, stated);
    return readPart(gate, envelopes, before, told);
  },
};
const scope =
  /** @type {{ postMessage: (reply: unknown) => void, addEventListener: Worker["addEventListener"] }} */ (
    /** @type {unknown} */ (globalThis)
  );
scope.addEventListener("message", (event) => {
  const request = /** @type {MessageEvent} */ (event).data;
  perform(/** @type {any} */ (jobs), request, (reply) => scope.postMessage(reply));
});
