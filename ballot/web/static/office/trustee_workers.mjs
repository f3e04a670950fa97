/**
 * The workers of a trustee's page: one that holds the opened keys, and two for every box, which
 * share its ballots and hold none.
 */

import { Calls } from "../client/messages.mjs";

/** @typedef {(done: number, total: number) => void} Told */
/** @typedef {import("../client/trustee.mjs").Part} Part */

const READERS = 2;

export class Workers {
  #keys = new Calls(start("trustee_worker"));

  /**
   * A job of the worker with the keys (client/trustee_jobs.mjs); rejects with `Invalid`.
   * @param {string} job @param {object} args @param {Told} [told]
   * @returns {Promise<any>}
   */
  call(job, args, told) {
    return /** @type {any} */ (this.#keys).call(job, args, told);
  }

  /**
   * Verify every envelope of a box, in two halves at once.
   * @param {{ definition: Uint8Array, lines: string[], slot: string }} round
   * @param {Uint8Array[]} envelopes @param {Told} told
   * @returns {Promise<Part[]>}
   */
  async read(round, envelopes, told) {
    const half = Math.ceil(envelopes.length / READERS);
    const done = new Array(READERS).fill(0);
    const workers = done.map(() => start("box_worker"));
    try {
      return await Promise.all(
        workers.map((worker, i) => {
          const before = i * half;
          const args = { ...round, envelopes: envelopes.slice(before, before + half), before };
          const count = (/** @type {number} */ number) => {
            done[i] = number;
            told(
              done.reduce((a, b) => a + b, 0),
              envelopes.length,
            );
          };
          return /** @type {any} */ (new Calls(worker)).call("read", args, count);
        }),
      );
    } finally {
      for (const worker of workers) worker.terminate();
    }
  }
}

/** @type {{ createScriptURL: (text: string) => any } | null} */
let policy = null;

/** @param {"trustee_worker" | "box_worker"} name */
function start(name) {
  return new Worker(trusted(new URL(`../client/${name}.mjs`, import.meta.url).href), {
    type: "module",
  });
}

/** The address as a browser with Trusted Types wants it: one policy, for these two addresses. @param {string} address */
function trusted(address) {
  /** @type {any} */
  const types = /** @type {any} */ (globalThis).trustedTypes;
  if (!types) return address;
  policy ??= types.createPolicy("ballot", {
    createScriptURL: (/** @type {string} */ text) => {
      if (!/\/static\/client\/(trustee|box)_worker\.mjs$/.test(new URL(text).pathname)) {
        throw new TypeError("not our worker");
      }
      return text;
    },
  });
  return /** @type {any} */ (policy).createScriptURL(address);
}
