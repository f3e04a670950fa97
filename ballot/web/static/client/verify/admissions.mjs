/**
 * The admissions of a box beside its ballots: every envelope rebuilt, who stands twice (V6 to V8); mirrors
 * ballot/verify/box.py.
 *
 * @typedef {import("../gate.mjs").Gate} Gate
 * @typedef {import("./archive.mjs").Stage} Stage
 * @typedef {import("./ballots.mjs").Task} Task
 * @typedef {import("./chronicle.mjs").Chronicle} Chronicle
 * @typedef {(name: string, error: Invalid) => void} Failed
 */

import { tracker } from "../ballots.mjs";
import { concat, toHex, utf8 } from "../bytes.mjs";
import { dumps, loads, sha256 } from "../encoding.mjs";
import { Invalid } from "../errors.mjs";

const CREDENTIAL =
  /^\{"election_uuid":"[^"\\]*","election_hash":"[^"\\]*","credential":"([0-9a-f]{1,617})"/;

export class Admissions {
  count = 0;
  /** The trackers of all ballots whose envelope is known. @type {Uint8Array[]} */
  leaves = [];
  /** @type {Set<string>} */
  credentials = new Set();
  /** Whether an envelope is not known. */
  unread = false;
  #gate;
  #chronicle;
  #failed;

  /** @param {Gate} gate @param {Chronicle} chronicle @param {Failed} failed */
  constructor(gate, chronicle, failed) {
    this.#gate = gate;
    this.#chronicle = chronicle;
    this.#failed = failed;
  }

  /**
   * Every ballot with its envelope; null where there are far too many. What follows the ballots goes to
   * `rest`.
   * @param {Iterator<Stage, void>} stages @param {Stage[]} rest @param {Iterator<Uint8Array, void>} lines
   * @returns {Task[] | null}
   */
  tasks(stages, rest, lines) {
    const drawn = new Set(this.#gate.drawn);
    // Ballots after which reading on would only cost time (attack E18).
    const most = 2 * this.#chronicle.definition.deputies + 100;
    /** @type {Task[]} */
    const tasks = [];
    for (;;) {
      const stage = stages.next().value;
      if (!stage || stage.kind !== "Ballot") {
        if (stage) rest.push(stage);
        break;
      }
      if (++this.count > most) {
        this.#failed("V7", new Invalid("token.surplus", `more than ${most} ballots`));
        return null;
      }
      const { number, body } = stage;
      tasks.push({ number, body, envelope: this.#admission(number, body, lines.next().value, drawn) });
    }
    if (lines.next().value) {
      this.#failed("V7", new Invalid("admissions.surplus", "an admission without a ballot"));
    }
    return tasks;
  }

  /** The envelope rebuilt from ballot and admission; its tracker becomes a leaf. @param {number} number @param {Uint8Array} body @param {Uint8Array | void} line @param {Set<string>} drawn */
  #admission(number, body, line, drawn) {
    const [gate, chronicle] = [this.#gate, this.#chronicle];
    const where = `ballot ${number}`;
    /** @param {string} name @param {string} code @param {string} detail */
    const refuse = (name, code, detail) => this.#failed(name, new Invalid(code, `${where}: ${detail}`));
    const credential = credentialOf(body);
    if (credential !== null && this.credentials.has(credential)) {
      refuse("V7", "token.spent", "its credential stands earlier");
    }
    if (credential !== null) this.credentials.add(credential);
    if (!line) {
      this.unread = true;
      this.#failed("V7", new Invalid("admissions.missing", where));
      return null;
    }
    let envelope, stated, token;
    try {
      const admission = parseAdmission(line);
      ({ tracker: stated, token } = admission);
      envelope = encodeEnvelope(gate.slot, body, admission.cap_proof, token);
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      this.unread = true;
      refuse("V7", "admissions.malformed", error.detail);
      return null;
    }
    if (envelope.length > gate.length) refuse("V6", "envelope.malformed", "longer than its slot");
    if (!gate.keys.length && (credential === null || !drawn.has(credential) || token.length)) {
      refuse("V7", "token.invalid", "not of the drawn list");
    }
    if (credential !== null && chronicle.unused.has(credential)) {
      refuse("V7", "token.unused_slip", "from a slip left over");
    }
    const leaf = trackerOf(body, envelope);
    if (toHex(leaf) !== stated) {
      refuse("V8", "seal.tracker", `tracker ${stated.slice(0, 16)}… is not that of its envelope`);
    }
    this.leaves.push(leaf);
    return envelope;
  }
}

/** The credential a ballot names, without decoding it. @param {Uint8Array} body */
function credentialOf(body) {
  const start = new TextDecoder("latin1").decode(body.subarray(0, 2000));
  return CREDENTIAL.exec(start)?.[1] ?? null;
}

/** One line of `admissions.jsonl`. @param {Uint8Array} line @returns {{ tracker: string, cap_proof: any, token: any[] }} */
function parseAdmission(line) {
  const value = /** @type {any} */ (loads(line));
  const names = typeof value === "object" && value !== null ? Object.keys(value).join() : "";
  if (names !== "cap_proof,token,tracker" || !Array.isArray(value.token) || typeof value.tracker !== "string") {
    throw new Invalid("admissions.malformed", "not an admission");
  }
  return value;
}

/** The canonical bytes of an envelope. @param {string} slot @param {Uint8Array} body @param {any} capProof @param {any[]} token */
function encodeEnvelope(slot, body, capProof, token) {
  let ballot;
  try {
    ballot = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    throw new Invalid("admissions.malformed", "not UTF-8");
  }
  return dumps({ ballot, cap_proof: capProof, slot, token, version: 1 });
}

/** The tracker from the bytes alone, so that a ballot with a wrong proof has one, too. @param {Uint8Array} body @param {Uint8Array} envelope */
export function trackerOf(body, envelope) {
  const text = new TextDecoder("latin1").decode(body);
  const end = text.lastIndexOf(',"signature":');
  const unsigned = concat(body.subarray(0, end < 0 ? -1 : end), utf8("}"));
  return tracker(sha256(unsigned), sha256(envelope));
}
