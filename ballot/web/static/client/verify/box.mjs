/**
 * The sealed box of one round, V5 to V10 and the tablets' part of V11: one pass over its archive and
 * its admissions side by side; mirrors ballot/verify/box.py.
 *
 * @typedef {import("../elgamal.mjs").Ciphertext} Ciphertext
 * @typedef {import("../gate.mjs").Gate} Gate
 * @typedef {import("./archive.mjs").Stage} Stage
 * @typedef {import("./crew.mjs").Crew} Crew
 * @typedef {import("./ballots.mjs").Task} Task
 * @typedef {import("./chronicle.mjs").Chronicle} Chronicle
 * @typedef {import("./report.mjs").Checklist} Checklist
 * @typedef {import("./state.mjs").Round} Round
 * @typedef {import("./totals.mjs").Factors} Factors
 * @typedef {{ fingerprint: string, root: string, sums: string[][][] }} Verified a box that this
 *   device verified before: its sums are not computed again
 * @typedef {{ archive: Uint8Array, admissions: Uint8Array }} Files
 * @typedef {{ chronicle: Chronicle, checks: Checklist, one: Round, gate: Gate, crew: Crew,
 *   told: (ballots: number) => void, verified?: Verified | null | undefined }} About
 */

import { tracker } from "../ballots.mjs";
import { concat, equal, toHex, utf8 } from "../bytes.mjs";
import * as elgamal from "../elgamal.mjs";
import { code, compact, dumps, loads, sha256 } from "../encoding.mjs";
import { Invalid } from "../errors.mjs";
import { merkleRoot } from "../trustee.mjs";
import { archiveHead, readArchive } from "./archive.mjs";
import { BATCH_BALLOTS, pack } from "./ballots.mjs";
import { readLines } from "./container.mjs";
import { ENOUGH_FINDINGS } from "./report.mjs";
import { sealQuorum } from "./round_order.mjs";
import { checkPartial, checkResult, combine, decodeTally, spelled } from "./totals.mjs";

const MAX_ADMISSION = 2 ** 20;
const CREDENTIAL =
  /^\{"election_uuid":"[^"\\]*","election_hash":"[^"\\]*","credential":"([0-9a-f]{1,617})"/;

export class BoxCheck {
  /** Checks that ran to their end on this box. @type {Set<string>} */
  reached = new Set();
  count = 0;
  /** SHA-256 of the archive. @type {string | null} */
  archive = null;
  /** The tablets' totals per item. @type {number[][] | null} */
  totals = null;
  /** @type {Uint8Array[]} */
  #leaves = [];
  /** @type {Set<string>} */
  #credentials = new Set();
  #unread = false;
  /** @type {Ciphertext[][] | null} */
  #sums = null;
  /** @type {Map<number, Factors>} */
  #partials = new Map();
  /** @type {number[]} */
  #owners = [];
  #about;

  /** @param {About} about */
  constructor(about) {
    this.#about = about;
  }

  /** All checks of the box; nothing is thrown for what the bytes are. @param {Files} files */
  async run({ archive, admissions }) {
    const stages = readArchive(archive, (error) => this.#failed("V5", error));
    this.#timestamp(archive);
    const first = stages.next().value;
    if (!first || first.kind !== "Setup") {
      this.#failed("V5", new Invalid("archive.event_missing", "no set-up"));
      return;
    }
    const lines = readLines(admissions, MAX_ADMISSION, (error) => this.#failed("V1", error));
    /** @type {Stage[]} */
    const rest = [];
    const tasks = this.#tasks(stages, rest, lines);
    if (!tasks) return;
    await this.#ballots(tasks);
    if (this.#about.checks.hopeless()) return;
    this.#setup(first);
    let last = rest[0];
    for (const stage of [...rest, ...stages]) {
      last = stage;
      if (stage.kind === "EncryptedTally") this.#tally(stage);
      if (stage.kind === "PartialDecryption") this.#partial(stage);
      if (stage.kind === "Result") this.#result(stage);
    }
    if (last?.kind !== "Result") {
      this.#failed("V5", new Invalid("archive.event_missing", "no result"));
    }
    this.reached.add("V5");
    this.archive = toHex(sha256(archive));
  }

  /** @param {string} name @param {Invalid} error */
  #failed(name, error) {
    const { checks, one } = this.#about;
    checks.failed(name, new Invalid(error.code, `${one.slot}: ${error.detail}`));
  }

  /** @template T @param {string} name @param {() => T} work @returns {T | null} */
  #check(name, work) {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      this.#failed(name, error);
      return null;
    }
  }

  /** @param {Uint8Array} archive */
  #timestamp(archive) {
    const [year = 0, month = 0, day = 0] = this.#about.chronicle.definition.date.split("-").map(Number);
    const stamp = Date.UTC(year, month - 1, day) / 1000;
    const head = archiveHead(stamp);
    if (!equal(archive.subarray(0, head.length), head)) {
      const what = "does not begin with 00:00 UTC of the session's date";
      this.#failed("V5", new Invalid("archive.timestamp", what));
    }
  }

  /** @param {Extract<Stage, { kind: "Setup" }>} setup */
  #setup({ election, trustees, credentials }) {
    const { gate, chronicle, one } = this.#about;
    const refuse = (/** @type {string} */ what, /** @type {string} */ detail) =>
      this.#failed("V5", new Invalid(`record.${what}`, detail));
    if (!equal(election, gate.election.raw)) {
      refuse("election", "not the document that follows from the signed documents");
    }
    if (one.fingerprint !== gate.election.fingerprint) refuse("fingerprint", "not that of the opening");
    const own = chronicle.keys?.body.trustees;
    if (typeof own !== "string" || !equal(trustees, utf8(own))) {
      refuse("trustees", "not the trustees of the key ceremony");
    }
    const listed = gate.drawn.length ? gate.drawn : [...this.#credentials];
    if (!equal(credentials, compact([...listed].sort()))) {
      refuse("credentials", "not the credentials that the ballots or the definition give");
    }
  }

  // Ballots: V6, V7, V8.

  /** @param {Iterator<Stage, void>} stages @param {Stage[]} rest @param {Iterator<Uint8Array, void>} lines @returns {Task[] | null} */
  #tasks(stages, rest, lines) {
    const drawn = new Set(this.#about.gate.drawn);
    // Ballots after which reading on would only cost time (attack E18).
    const most = 2 * this.#about.chronicle.definition.deputies + 100;
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
    const { gate, chronicle } = this.#about;
    const where = `ballot ${number}`;
    /** @param {string} name @param {string} code @param {string} detail */
    const refuse = (name, code, detail) => this.#failed(name, new Invalid(code, `${where}: ${detail}`));
    const credential = credentialOf(body);
    if (credential !== null && this.#credentials.has(credential)) {
      refuse("V7", "token.spent", "its credential stands earlier");
    }
    if (credential !== null) this.#credentials.add(credential);
    if (!line) {
      this.#unread = true;
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
      this.#unread = true;
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
    this.#leaves.push(leaf);
    return envelope;
  }

  /** @param {Task[]} tasks */
  async #ballots(tasks) {
    const { gate, checks, told, verified } = this.#about;
    const { group, election } = gate;
    const root = toHex(merkleRoot(this.#leaves));
    const again = verified?.fingerprint === election.fingerprint && verified.root === root;
    if (verified && again && !this.#unread) {
      // The root names exactly these envelopes, and this device has verified them.
      this.#sums = parsed(gate, verified.sums);
      told(tasks.length);
    } else {
      const neutral = { alpha: group.identity, beta: group.identity };
      /** @type {Ciphertext[][]} */
      let sums = election.questions.map(({ answers }) => answers.map(() => neutral));
      const alphas = new Set();
      let [complete, expected] = [true, 0];
      for (const batch of await this.#inspected(tasks)) {
        for (const { code: word, detail } of batch.refused) this.#failed("V6", new Invalid(word, detail));
        for (const { number, code: word, detail } of batch.faults) {
          const name = word.startsWith("token.") ? "V7" : "V6";
          this.#failed(name, new Invalid(word, `ballot ${number}: ${detail}`));
        }
        for (const alpha of batch.alphas) alphas.add(alpha);
        expected += batch.alphas.length;
        sums = multiplied(gate, sums, parsed(gate, batch.sums));
        complete &&= batch.complete;
        if (checks.hopeless()) return;
      }
      if (alphas.size !== expected) {
        this.#failed("V6", new Invalid("ballot.bad_proof", "one α stands twice in the box"));
      }
      this.#sums = complete ? sums : null;
    }
    this.#numbers();
    this.#seal(root);
    this.reached.add("V6").add("V7");
  }

  /** What was found, batch by batch; no further than what is hopeless (attack E18). @param {Task[]} tasks */
  #inspected(tasks) {
    const { gate, crew, told } = this.#about;
    const packed = pack(gate);
    const batches = [];
    for (let at = 0; at < tasks.length; at += BATCH_BALLOTS) {
      batches.push({ gate: packed, tasks: tasks.slice(at, at + BATCH_BALLOTS) });
    }
    let refused = 0;
    return crew.inspect(batches, (found) => {
      told(found.size);
      refused += found.refused.length + found.faults.length;
      return refused < ENOUGH_FINDINGS;
    });
  }

  #numbers() {
    const issued = this.#about.one.issued.tablet ?? 0;
    if (this.count > issued) {
      this.#failed("V7", new Invalid("numbers.surplus", `${this.count} ballots, ${issued} issued`));
    }
  }

  /** @param {string} root */
  #seal(root) {
    const { one, chronicle } = this.#about;
    const refuse = (/** @type {string} */ word, /** @type {string} */ what) =>
      this.#failed("V8", new Invalid(`seal.${word}`, what));
    const texts = this.#leaves.map(toHex);
    const at = texts.findIndex((text, i) => i > 0 && String(texts[i - 1]) >= text);
    if (at > 0) refuse("order", `leaf ${at} is not above the one before it`);
    else if (root !== one.root || this.#unread) refuse("root", "not the root of exactly these envelopes");
    if (one.returned.tablet !== this.count) {
      refuse("size", `${this.count} ballots, ${one.returned.tablet} sealed`);
    }
    if (one.sealers.length !== one.seals.size) refuse("equivocation", "two seals of one box");
    const due = sealQuorum(chronicle.definition);
    if (one.sealers.length < due) refuse("too_few", `${one.sealers.length} trustees, needed ${due}`);
    this.reached.add("V8");
  }

  // After the ballots: V9, V10, V11.

  /** @param {Extract<Stage, { kind: "EncryptedTally" }>} stored */
  #tally({ body, count, weight }) {
    const { gate, checks, one } = this.#about;
    const own = this.#sums;
    const sums = this.#check("V9", () => decodeTally(gate, body));
    this.#sums = sums;
    for (const [name, stated] of /** @type {[string, string][]} */ ([
      ["count", String(count)],
      ["weight", weight],
    ])) {
      if (stated === String(this.count)) continue;
      this.#failed("V9", new Invalid(`tally.${name}`, `${stated} stated, ${this.count} counted`));
      break;
    }
    if (own === null) checks.unknown("V9", "tally.unknown_sum", `${one.slot}: a ballot cannot be read`);
    else if (sums !== null) {
      const [mine, theirs] = [own, sums].map((all) => spelled(gate.group, all).join());
      if (mine !== theirs) {
        const what = "the stored tally is not the product of the ballots";
        this.#failed("V9", new Invalid("tally.not_the_sum", what));
      }
      this.reached.add("V9");
    }
  }

  /** @param {Extract<Stage, { kind: "PartialDecryption" }>} stored */
  #partial({ owner, body }) {
    const { chronicle, one, gate } = this.#about;
    const [trustees, sums] = [chronicle.trustees, this.#sums];
    this.#owners.push(owner);
    const stated = one.partials.get(owner);
    if (stated === undefined || !equal(utf8(stated), body)) {
      const what = `trustee ${owner}: not the one that was handed in`;
      this.#failed("V10", new Invalid("partial.not_stated", what));
    }
    if (!trustees || !sums) return;
    const found = this.#check("V10", () => checkPartial(gate, trustees, sums, owner, body));
    if (found) this.#partials.set(owner, found);
  }

  /** @param {Extract<Stage, { kind: "Result" }>} stored */
  #result({ body }) {
    const { chronicle, one, gate } = this.#about;
    const [trustees, sums] = [chronicle.trustees, this.#sums];
    const due = [...one.partials.keys()].sort((a, b) => a - b);
    if (this.#owners.join() !== due.join()) {
      const what = "not each one that was handed in, once, by the number of its trustee";
      this.#failed("V10", new Invalid("partial.not_stated", what));
    }
    if (!trustees || !sums) return;
    const factors = this.#check("V10", () => combine(gate.group, trustees, this.#partials));
    this.reached.add("V10");
    if (!factors) return;
    const counts = this.#check("V11", () => checkResult(gate, sums, factors, body, this.count));
    if (counts) this.totals = totalsOf(gate.style, counts, this.count);
  }

  /** What a reader compares with the hall screen: 票面码 and 封箱码. */
  facts() {
    const { one, gate } = this.#about;
    return {
      ballots: this.count,
      fingerprint: gate.election.fingerprint,
      fingerprint_code: code(gate.election.digest),
      root: one.root,
      root_code: one.root ? code(Uint8Array.from(one.root.match(/../g) ?? [], (x) => parseInt(x, 16))) : null,
      archive: this.archive,
    };
  }
}

/** Totals per item from a decrypted result. @param {string} style @param {number[][]} result @param {number} ballots */
function totalsOf(style, result, ballots) {
  if (style === "approve") return (result[0] ?? []).map((count) => [count]);
  return result.map((row) => [...row, row.reduce((rest, count) => rest - count, ballots)]);
}

/** @param {Gate} gate @param {string[][][]} texts @returns {Ciphertext[][]} */
function parsed({ group }, texts) {
  return texts.map((row) =>
    row.map(([alpha, beta]) => ({ alpha: group.parse(alpha), beta: group.parse(beta) })),
  );
}

/** @param {Gate} gate @param {Ciphertext[][]} a @param {Ciphertext[][]} b */
function multiplied({ group }, a, b) {
  return a.map((row, i) =>
    row.map((one, j) => elgamal.product(group, [one, /** @type {Ciphertext} */ (b[i]?.[j])])),
  );
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
