/** What a module worker of a browser finds, for one of Node's threads. */

import { parentPort, workerData } from "node:worker_threads";

const scope = /** @type {any} */ (globalThis);
scope.postMessage = (/** @type {unknown} */ reply) => parentPort?.postMessage(reply);
scope.addEventListener = (/** @type {string} */ kind, /** @type {(event: any) => void} */ listener) =>
  parentPort?.on(kind, (data) => listener({ data }));
await import(workerData);
