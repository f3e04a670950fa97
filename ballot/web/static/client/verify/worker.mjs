/**
 * The module worker that verifies. Two of them work on one thing: the first leads and takes its part
 * of the ballots, the second helps through a port.
 *
 * Page → first `{job, args, helper}`, answers `{progress: [done, total]}`, then `{answer}` or
 * `{refusal: {code, detail}}`. Page → second `{help: port}`. First → second a batch, answered by what
 * was found in it.
 *
 * @typedef {{ job: "record" | "round", args: any, helper: MessagePort | null }} Order
 */

import { Invalid } from "../errors.mjs";
import { inspectBatch } from "./ballots.mjs";
import { verifyRecord } from "./record.mjs";
import { checkRound } from "./round.mjs";
import { pair } from "./crew.mjs";

const scope =
  /** @type {{ postMessage: (reply: unknown) => void, addEventListener: Worker["addEventListener"] }} */ (
    /** @type {unknown} */ (globalThis)
  );

scope.addEventListener("message", (event) => {
  const { data } = /** @type {MessageEvent} */ (event);
  if (data.help) help(data.help);
  else void lead(data);
});

/** @param {MessagePort} port */
function help(port) {
  port.onmessage = ({ data }) => {
    try {
      port.postMessage({ answer: inspectBatch(data) });
    } catch (error) {
      port.postMessage({ fault: String(error) });
    }
  };
}

/** @param {Order} order */
async function lead({ job, args, helper }) {
  const crew = pair(helper);
  const told = (/** @type {number} */ done, /** @type {number} */ total) =>
    scope.postMessage({ progress: [done, total] });
  try {
    const answer =
      job === "record"
        ? await verifyRecord(args.data, args.code, told, crew)
        : await checkRound(args, told, crew);
    scope.postMessage({ answer });
  } catch (error) {
    const known = error instanceof Invalid;
    const refusal = known
      ? { code: error.code, detail: error.detail }
      : { code: "client.fault", detail: String(error) };
    scope.postMessage({ refusal });
  }
}
