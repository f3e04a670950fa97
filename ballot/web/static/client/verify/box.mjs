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
 * @typedef {{ fingerprint: string, root: string, sums: string[][][] }} Verified a box whose every ballot
 *   was verified: the fingerprint names session, slot, rules, items and joint key, the root every
 *   envelope, and the sums follow from both
 * @typedef {{ archive: Uint8Array, admissions: Uint8Array }} Files
 * @typedef {{ chronicle: Chronicle, checks: Checklist, one: Round, gate: Gate, crew: Crew,
 *   told: (ballots: number) => void, verified?: Verified | null | undefined }} About
 *   `verified`: what this device itself found before
 */

import { equal, toHex, utf8 } from "../bytes.mjs";
import * as elgamal from "../elgamal.mjs";
import { code, compact, sha256 } from "../encoding.mjs";
import { Invalid } from "../errors.mjs";
import { merkleRoot, spelled } from "../trustee.mjs";
import { Admissions } from "./admissions.mjs";
import { archiveHead, readArchive } from "./archive.mjs";
import { BATCH_BALLOTS, pack } from "./ballots.mjs";
import { readLines } from "./container.mjs";
import { Opening } from "./opening.mjs";
import { ENOUGH_FINDINGS } from "./report.mjs";
import { sealQuorum } from "./round_order.mjs";

const MAX_ADMISSION = 2 ** 20;

export class BoxCheck {
  /** Checks that ran to their end on this box. @type {Set<string>} */
  reached = new Set();
  /** SHA-256 of the archive. @type {string | null} */
  archive = null;
  /** The tablets' totals per item. @type {number[][] | null} */
  totals = null;
  /** The box, if every ballot can be read; `before`: as this device found it earlier. @type {Verified & { before: boolean } | null} */
  found = null;
  #admissions;
  #about;

  /** @param {About} about */
  constructor(about) {
    this.#about = about;
    const failed = (/** @type {string} */ name, /** @type {Invalid} */ error) => this.#failed(name, error);
    this.#admissions = new Admissions(about.gate, about.chronicle, failed);
  }

  /** Ballots. */
  get count() {
    return this.#admissions.count;
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
    const tasks = this.#admissions.tasks(stages, rest, lines);
    if (!tasks) return;
    const sums = await this.#ballots(tasks);
    if (this.#about.checks.hopeless()) return;
    this.#setup(first);
    const failed = (/** @type {string} */ name, /** @type {Invalid} */ error) => this.#failed(name, error);
    const opening = new Opening(this.#about, failed, this.count, sums);
    for (const stage of [...rest, ...stages]) opening.look(stage);
    if (opening.last !== "Result") {
      this.#failed("V5", new Invalid("archive.event_missing", "no result"));
    }
    for (const name of opening.reached) this.reached.add(name);
    this.totals = opening.totals;
    this.reached.add("V5");
    this.archive = toHex(sha256(archive));
  }

  /** @param {string} name @param {Invalid} error */
  #failed(name, error) {
    const { checks, one } = this.#about;
    checks.failed(name, new Invalid(error.code, `${one.slot}: ${error.detail}`));
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
    const listed = gate.drawn.length ? gate.drawn : [...this.#admissions.credentials];
    if (!equal(credentials, compact([...listed].sort()))) {
      refuse("credentials", "not the credentials that the ballots or the definition give");
    }
  }

  // Ballots: V6, V7, V8.

  /** The sums of all ballots; null where one cannot be read. @param {Task[]} tasks @returns {Promise<Ciphertext[][] | null>} */
  async #ballots(tasks) {
    const { gate, told, verified } = this.#about;
    const { fingerprint } = gate.election;
    const root = toHex(merkleRoot(this.#admissions.leaves));
    // The root names exactly these envelopes, and this device has verified them.
    const before =
      verified?.fingerprint === fingerprint && verified.root === root && !this.#admissions.unread;
    if (before) told(tasks.length);
    const sums = before ? parsed(gate, verified.sums) : await this.#verified(tasks);
    if (this.#about.checks.hopeless()) return null;
    if (sums) this.found = { fingerprint, root, sums: spelled(gate.group, sums), before };
    this.#numbers();
    this.#seal(root);
    this.reached.add("V6").add("V7");
    return sums;
  }

  /** The sums of ballots that are verified one by one. @param {Task[]} tasks */
  async #verified(tasks) {
    const { gate, checks } = this.#about;
    const { group, election } = gate;
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
      if (checks.hopeless()) return null;
    }
    if (alphas.size !== expected) {
      this.#failed("V6", new Invalid("ballot.bad_proof", "one α stands twice in the box"));
    }
    return complete ? sums : null;
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
    const texts = this.#admissions.leaves.map(toHex);
    const at = texts.findIndex((text, i) => i > 0 && String(texts[i - 1]) >= text);
    if (at > 0) refuse("order", `leaf ${at} is not above the one before it`);
    else if (root !== one.root || this.#admissions.unread) refuse("root", "not the root of exactly these envelopes");
    if (one.returned.tablet !== this.count) {
      refuse("size", `${this.count} ballots, ${one.returned.tablet} sealed`);
    }
    if (one.sealers.length !== one.seals.size) refuse("equivocation", "two seals of one box");
    const due = sealQuorum(chronicle.definition);
    if (one.sealers.length < due) refuse("too_few", `${one.sealers.length} trustees, needed ${due}`);
    this.reached.add("V8");
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
