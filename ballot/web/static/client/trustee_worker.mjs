/**
 * The module worker of a trustee's page; messages as in messages.mjs. Jobs are done one after the
 * other: two looks at a board at once could disagree about what was seen first. What was opened is
 * forgotten after ten minutes without a job.
 */

import { Invalid } from "./errors.mjs";
import { TrusteeJobs } from "./trustee_jobs.mjs";

const scope =
  /** @type {{ postMessage: (reply: unknown) => void, addEventListener: Worker["addEventListener"] }} */ (
    /** @type {unknown} */ (globalThis)
  );
const jobs = new TrusteeJobs((size) => crypto.getRandomValues(new Uint8Array(size)));
const IDLE = 10 * 60 * 1000; // ms
/** @type {Promise<void>} */
let queue = Promise.resolve();
let idle = 0;

scope.addEventListener("message", (event) => {
  const { id, job, args } = /** @type {MessageEvent} */ (event).data;
  queue = queue.then(async () => {
    clearTimeout(idle);
    try {
      const work = /** @type {any} */ (jobs)[job].bind(jobs);
      const told = (/** @type {number} */ done, /** @type {number} */ total) =>
        scope.postMessage({ id, progress: [done, total] });
      scope.postMessage({ id, answer: await work(args, told) });
    } catch (error) {
      const known = error instanceof Invalid;
      const code = known ? error.code : "client.fault";
      scope.postMessage({
        id,
        refusal: { code, detail: known ? error.detail : String(error) },
      });
    }
    idle = setTimeout(() => jobs.forget(), IDLE);
  });
});
