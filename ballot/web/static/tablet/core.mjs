// What the tablet uses of the client's core (../client): documents in the page, and everything that
// takes long or draws random bytes in the worker.

import { Board } from "../client/board.mjs";
import { pad } from "../client/ballots.mjs";
import { b64url, fromHex, utf8 } from "../client/bytes.mjs";
import { decodeDefinition, findSlot } from "../client/definition.mjs";
import { code } from "../client/encoding.mjs";
import { Invalid } from "../client/errors.mjs";
import { Calls } from "../client/messages.mjs";

export { Board, code as codeOf, decodeDefinition, findSlot, Invalid };
export { parseCode } from "../client/encoding.mjs";
export { parseSlip } from "../client/credentials.mjs";
export { decodeReceipt, verifyReceipt } from "../client/receipts.mjs";
export { requestBody } from "../client/wallet.mjs";

/**
 * @typedef {import("../client/definition.mjs").Definition} Definition
 * @typedef {import("../client/definition.mjs").Item} Item
 * @typedef {import("../client/definition.mjs").Vote} Vote
 * @typedef {import("../client/wallet.mjs").Pending} Pending
 * @typedef {import("../client/wallet.mjs").Token} Token
 * @typedef {import("../client/jobs.mjs").Announced} Announced
 *
 * An encrypted ballot. `opening` is the text of a test ballot's picture and holds the seed.
 * @typedef {{slot: string, marks: string, envelope: string, tracker: string, code: string,
 *   opening: string}} Sealed
 */

/** The code of a hex digest. @param {string} digest */
export function codeOfHex(digest) {
  return code(fromHex(digest));
}

/** The request body of an envelope: its bytes and spaces up to the slot's length. @param {number} length @param {string} envelope */
export function padEnvelope(length, envelope) {
  return pad({ length }, utf8(envelope));
}

/** 32 fresh bytes, base64url: the tablet's only login, for one check-in. */
export function newDeviceSecret() {
  return b64url(crypto.getRandomValues(new Uint8Array(32)));
}

export class Core {
  /** @type {Worker | null} */
  #worker = null;
  /** @type {Calls | null} */
  #calls = null;
  /** @type {Uint8Array | null} */
  #definition = null;
  /** The round that the worker was shown last. @type {import("../client/jobs.mjs").Opened | null} */
  #round = null;

  /** One encryption of a made-up ballot, in ms; rejects where the engine is too old. */
  async trial() {
    const start = performance.now();
    await this.#running().call("trial", {});
    return performance.now() - start;
  }

  /** Everything else is about this definition. @param {Uint8Array} bytes */
  async pin(bytes) {
    this.#definition = bytes;
    await this.#running().call("pin", { definition: bytes });
  }

  /** @param {string[]} slots @returns {Promise<Pending>} */
  draw(slots) {
    return this.#running().call("draw", { slots });
  }

  /** @param {Pending} pending @param {unknown} answers @returns {Promise<Token[]>} */
  finish(pending, answers) {
    return this.#running().call("finish", { pending, answers });
  }

  /** @param {string} slot @param {string} slip @returns {Promise<Token>} */
  slip(slot, slip) {
    return this.#running().call("slip", { slot, slip });
  }

  /**
   * What the ballot of an open round says; `ballot.wrong_round` when it is not the announced one.
   * @param {Board} board @param {string} slot @returns {Promise<Announced>}
   */
  open(board, slot) {
    const round = board.rounds.get(slot);
    if (!round || board.trustees === null) throw new Invalid("ballot.wrong_round", "no such round");
    const { called, fingerprint } = round;
    this.#round = { slot, trustees: board.trustees, called, fingerprint };
    return this.#running().call("open", this.#round);
  }

  /** Encrypt with a fresh seed. @param {string} marks @param {Token} token @returns {Promise<Sealed>} */
  async seal(marks, token) {
    const { slot } = token;
    const sealed = await this.#running().call("encrypt", { marks, token });
    return { slot, marks, ...sealed, code: codeOfHex(sealed.tracker) };
  }

  /** On a checking device: the tracker and the marks of a test ballot. @param {Board} board @param {string} opening */
  async reopen(board, opening) {
    const { slot } = JSON.parse(opening);
    await this.open(board, String(slot));
    return this.#running().call("reopen", { opening });
  }

  /** What was encrypted, and its seed, go with the worker's memory. */
  forget() {
    this.#worker?.terminate();
    this.#worker = this.#calls = null;
    const calls = this.#running();
    if (this.#definition) void calls.call("pin", { definition: this.#definition });
    if (this.#round) void calls.call("open", this.#round);
  }

  #running() {
    if (this.#calls) return this.#calls;
    this.#worker = new Worker(workerAddress(), { type: "module" });
    return (this.#calls = new Calls(this.#worker));
  }
}

/** The worker's address, as a browser with Trusted Types wants it: one policy for this one address. */
function workerAddress() {
  const address = new URL("../client/worker.mjs", import.meta.url).href;
  /** @type {{createPolicy: (name: string, rules: object) => {createScriptURL: (text: string) => any}} | undefined} */
  const types = /** @type {any} */ (globalThis).trustedTypes;
  if (!types) return address;
  policy ??= types.createPolicy("ballot", {
    createScriptURL: (/** @type {string} */ text) => {
      if (text !== address) throw new TypeError("not our worker");
      return text;
    },
  });
  return policy.createScriptURL(address);
}

/** @type {{createScriptURL: (text: string) => any} | undefined} */
let policy;
