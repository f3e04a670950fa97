/**
 * The module worker of a page: the only place where the client draws random bytes. The operating
 * system's generator is there without a secure context too, unlike the rest of WebCrypto (A23, D9).
 */

import { Jobs } from "./jobs.mjs";
import { perform } from "./messages.mjs";

const scope =
  /** @type {{ postMessage: (reply: unknown) => void, addEventListener: Worker["addEventListener"] }} */ (
    /** @type {unknown} */ (globalThis)
  );
const jobs = new Jobs((size) => crypto.getRandomValues(new Uint8Array(size)));

scope.addEventListener("message", (event) => {
  perform(jobs, /** @type {MessageEvent} */ (event).data, (reply) => scope.postMessage(reply));
});
