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
import { Workers } from "../../ballot/web/static/office/trustee_workers.mjs";
import { serve } from "./helpers.mjs";

/** @param {string} text */
const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"));
/** @param {any} value */
const canonical = (value) => new TextDecoder().decode(dumps(value));

/** Workers of a page that is open. @type {Worker[]} */
const started = [];

/** A browser's Worker on one of Node's threads. */
class BrowserWorker extends Worker {
  /** @param {string} address */
  constructor(address) {
    super(new URL("./verify_thread.mjs", import.meta.url), { workerData: address });
    started.push(this);
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

/** @type {any} */ (globalThis).Worker = BrowserWorker;

/** @type {{ [op: string]: (args: any) => unknown }} */
const OPS = {
  record: ({ data, code }) => verifyRecord(bytes(data), code),
  round: (args) => checkRound(given(args)),
  /** By two workers, as in a browser. */
  employ: async ({ job, args }) => {
    /** @type {[number, number][]} */
    const steps = [];
    const what = job === "record" ? { ...args, data: bytes(args.data) } : given(args);
    const answer = await employ(job, what, (done, total) => steps.push([done, total]));
    return { ...answer, steps };
  },
  /** A closed box as a trustee's page reads it before it is sealed. */
  seal: async ({ definition, lines, slot, envelopes }) => {
    const round = { definition: bytes(definition), lines, slot };
    const workers = new Workers();
    const parts = await workers.read(round, envelopes.map(bytes), () => {});
    const found = await workers.call("verify", { ...round, parts });
    for (const worker of started.splice(0)) await worker.terminate();
    return found;
  },
  /** Milliseconds of processors that this process and its workers have used. */
  processor: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
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
