/**
 * The messages between a page and its worker, both ends.
 *
 * Page → worker `{id, job, args}`; worker → page `{id, progress: [done, total]}`, then `{id, answer}`
 * or `{id, refusal: {code, detail}}`. A fault of the program is refused as `client.fault`.
 *
 * @typedef {"pin" | "draw" | "finish" | "slip" | "open" | "encrypt" | "reopen" | "trial"} Job
 * @typedef {{ id: number, job: Job, args: any }} Request
 * @typedef {{ id: number, progress?: [number, number], answer?: any,
 *   refusal?: { code: string, detail: string } }} Reply
 * @typedef {import("./jobs.mjs").Jobs} Jobs
 */

import { Invalid } from "./errors.mjs";

/**
 * Do the job of a request and post what comes of it.
 * @param {Jobs} jobs
 * @param {Request} request
 * @param {(reply: Reply) => void} post
 */
export function perform(jobs, { id, job, args }, post) {
  try {
    const work = /** @type {(args: any, progress: any) => unknown} */ (jobs[job]).bind(jobs);
    const answer = work(args, (/** @type {number} */ done, /** @type {number} */ total) =>
      post({ id, progress: [done, total] }),
    );
    post({ id, answer });
  } catch (error) {
    const known = error instanceof Invalid;
    post({
      id,
      refusal: {
        code: known ? error.code : "client.fault",
        detail: known ? error.detail : String(error),
      },
    });
  }
}

/** The page's end: jobs are done one after the other, in the order asked for. */
export class Calls {
  #next = 1;
  /**
   * @type {Map<number, { resolve: (answer: any) => void, reject: (error: Error) => void, progress:
   *   (done: number, total: number) => void }>}
   */
  #waiting = new Map();
  #worker;

  /** @param {Pick<Worker, "postMessage" | "addEventListener">} worker */
  constructor(worker) {
    this.#worker = worker;
    worker.addEventListener("message", (event) =>
      this.#take(/** @type {MessageEvent} */ (event).data),
    );
    // A worker that cannot start or was killed answers nothing more.
    worker.addEventListener("error", () => {
      for (const { reject } of this.#waiting.values())
        reject(new Invalid("client.fault", "the worker failed"));
      this.#waiting.clear();
    });
  }

  /**
   * @template {Job} K
   * @param {K} job
   * @param {Parameters<Jobs[K]>[0]} args
   * @param {(done: number, total: number) => void} [progress]
   * @returns {Promise<ReturnType<Jobs[K]>>} rejects with `Invalid`
   */
  call(job, args, progress = () => {}) {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, progress });
      this.#worker.postMessage({ id, job, args });
    });
  }

  /** @param {Reply} reply */
  #take({ id, progress, answer, refusal }) {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    if (progress) return waiting.progress(...progress);
    this.#waiting.delete(id);
    if (refusal) waiting.reject(new Invalid(refusal.code, refusal.detail));
    else waiting.resolve(answer);
  }
}
