/**
 * Jobs of the worker that opens key files (client/trustee_jobs.mjs): the page itself never holds
 * a key, and a passphrase no longer than until it is sent there.
 */

import { Calls } from "../client/messages.mjs";

/** @type {Calls | null} */
let calls = null;

/**
 * @param {"official" | "sign"} job
 * @param {object} args
 * @param {(done: number, total: number) => void} [told]
 * @returns {Promise<any>} rejects with `Invalid`
 */
export function keyWork(job, args, told) {
  calls ??= new Calls(new Worker(address(), { type: "module" }));
  return /** @type {any} */ (calls).call(job, args, told);
}

/** The worker's address, as a browser with Trusted Types wants it: a policy for this one address. */
function address() {
  const found = new URL("../client/trustee_worker.mjs", import.meta.url).href;
  /** @type {any} */
  const types = /** @type {any} */ (globalThis).trustedTypes;
  const rules = {
    createScriptURL(/** @type {string} */ text) {
      if (text !== found) throw new TypeError("not our worker");
      return text;
    },
  };
  return types ? types.createPolicy("ballot", rules).createScriptURL(found) : found;
}
