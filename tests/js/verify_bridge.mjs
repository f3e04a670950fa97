/** The browser's verifier for Python's tests: one JSON request a line in, one JSON answer a line out. */

import { Worker } from "node:worker_threads";

import { toHex } from "../../ballot/web/static/client/bytes.mjs";
import { dumps } from "../../ballot/web/static/client/encoding.mjs";
import { count } from "../../ballot/web/static/client/verify/count.mjs";
import { employ } from "../../ballot/web/static/client/verify/crew.mjs";
import { rate } from "../../ballot/web/static/client/verify/grades.mjs";
import { inflate } from "../../ballot/web/static/client/verify/inflate.mjs";
import { checkMargin, skeleton } from "../../ballot/web/static/client/verify/lawful.mjs";
import { verifyRecord } from "../../ballot/web/static/client/verify/record.mjs";
import { checkRound } from "../../ballot/web/static/client/verify/round.mjs";
import { printable } from "../../ballot/web/static/client/verify/report.mjs";
import { serve } from "./helpers.mjs";

/** @param {string} text */
const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"));
/** @param {any} value */
const canonical = (value) => new TextDecoder().decode(dumps(value));

/** A browser's Worker on one of Node's threads. */
class BrowserWorker extends Worker {
  /** @param {string} address */
  constructor(address) {
    super(new URL("./verify_thread.mjs", import.meta.url), { workerData: address });
  }

  /** @param {string} kind @param {(event: any) => void} listener */
  addEventListener(kind, listener) {
    this.on(kind, (data) => listener(kind === "message" ? { data } : data));
  }
}

/** @param {any} args */
const given = ({ envelopes, archive, definition, ...rest }) => ({
  ...rest,
  definition: bytes(definition),
  envelopes: envelopes.map(bytes),
  archive: archive === null ? null : bytes(archive),
});

/** @type {{ [op: string]: (args: any) => unknown }} */
const OPS = {
  record: ({ data, code }) => verifyRecord(bytes(data), code),
  round: (args) => checkRound(given(args)),
  /** By two workers, as in a browser. */
  employ: async ({ job, args }) => {
    /** @type {[number, number][]} */
    const steps = [];
    /** @type {any} */ (globalThis).Worker = BrowserWorker;
    const what = job === "record" ? { ...args, data: bytes(args.data) } : given(args);
    const answer = await employ(job, what, (done, total) => steps.push([done, total]));
    return { ...answer, steps };
  },
  counts: ({ cases }) =>
    cases.map((/** @type {any} */ { rules, kind, counts }) => canonical(count(rules, kind, counts))),
  rates: ({ cases }) =>
    cases.map((/** @type {any} */ { rules, turnout, rows }) => canonical(rate(rules, turnout, rows))),
  margins: ({ cases }) =>
    cases.map((/** @type {any} */ { seats, candidates, rules }) => checkMargin(seats, candidates, rules)),
  skeletons: ({ texts }) => texts.map(skeleton),
  printable: ({ value }) => printable(value),
  inflate: ({ data, size }) => toHex(inflate(bytes(data), size)),
};

await serve(OPS);
