/**
 * Who checks the ballots, and the page's end of the workers that verify (worker.mjs).
 *
 * @typedef {import("./ballots.mjs").Batch} Batch
 * @typedef {import("./ballots.mjs").Inspected} Inspected
 * @typedef {(found: Inspected) => boolean} Each told of every batch as it is done; false: enough
 * @typedef {{ inspect: (batches: Batch[], each: Each) => Promise<Inspected[]> }} Crew the answers in
 *   the order of the batches, whoever gave them; fewer where `each` said that it is enough
 * @typedef {(done: number, total: number) => void} Told
 */

import { Invalid } from "../errors.mjs";
import { inspectBatch } from "./ballots.mjs";

/** This thread alone. @type {Crew} */
export const ALONE = pair(null);

/**
 * This thread and a helper that takes what is left whenever it is free.
 * @param {MessagePort | null} helper
 * @returns {Crew}
 */
export function pair(helper) {
  return {
    async inspect(batches, each) {
      /** @type {Inspected[]} */
      const answers = [];
      let [next, enough] = [0, false];
      /** @param {(batch: Batch) => Promise<Inspected>} work */
      const take = async (work) => {
        while (!enough && next < batches.length) {
          const at = next++;
          const found = await work(/** @type {Batch} */ (batches[at]));
          answers[at] = found;
          enough ||= !each(found);
        }
      };
      const own = take(async (batch) => {
        await turn(); // so that the helper is heard
        return inspectBatch(batch);
      });
      await Promise.all([own, helper ? take((batch) => asked(helper, batch)) : null]);
      return answers.filter(Boolean);
    },
  };
}

function turn() {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** @param {MessagePort} port @param {Batch} batch @returns {Promise<Inspected>} */
function asked(port, batch) {
  return new Promise((resolve, reject) => {
    port.onmessage = ({ data: { answer, fault } }) =>
      fault ? reject(new Invalid("verify.interrupted", fault)) : resolve(answer);
    port.postMessage(batch);
  });
}

/** The worker's address; `createPolicy` is asked once per page. @type {any} */
let address = null;

function workerAddress() {
  const found = new URL("./worker.mjs", import.meta.url).href;
  const types = /** @type {any} */ (globalThis).trustedTypes;
  if (!types) return found;
  const rules = {
    createScriptURL: (/** @type {string} */ text) => {
      if (text !== found) throw new TypeError("not our worker");
      return text;
    },
  };
  address ??= types.createPolicy("ballot", rules).createScriptURL(found);
  return address;
}

/**
 * Have a job done by two workers, which end with it; rejects with `Invalid`.
 * @param {import("./worker.mjs").Order["job"]} job
 * @param {any} args
 * @param {Told} told
 * @returns {Promise<any>}
 */
export function employ(job, args, told) {
  const [lead, second] = [0, 1].map(() => new Worker(workerAddress(), { type: "module" }));
  if (!lead || !second) throw new RangeError("two workers");
  const { port1, port2 } = new MessageChannel();
  /** @type {Promise<any>} */
  const done = new Promise((resolve, reject) => {
    const lost = () => reject(new Invalid("verify.interrupted", "a worker was ended"));
    lead.addEventListener("error", lost);
    second.addEventListener("error", lost);
    lead.addEventListener("message", ({ data: { progress, answer, refusal } }) => {
      if (progress) told(progress[0], progress[1]);
      else if (refusal) reject(new Invalid(refusal.code, refusal.detail));
      else resolve(answer);
    });
    second.postMessage({ help: port2 }, [port2]);
    lead.postMessage({ job, args, helper: port1 }, [port1]);
  });
  return done.finally(() => [lead, second].forEach((worker) => worker.terminate()));
}
