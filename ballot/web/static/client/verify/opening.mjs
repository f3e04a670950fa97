/**
 * What follows the ballots of a box: its tally, the partial decryptions, the result (V9, V10, V11); mirrors
 * ballot/verify/box.py.
 *
 * @typedef {import("../elgamal.mjs").Ciphertext} Ciphertext
 * @typedef {import("./archive.mjs").Stage} Stage
 * @typedef {import("./box.mjs").About} About
 * @typedef {import("./totals.mjs").Factors} Factors
 */

import { equal, utf8 } from "../bytes.mjs";
import { Invalid } from "../errors.mjs";
import { spelled } from "../trustee.mjs";
import { checkPartial, checkResult, combine, decodeTally } from "./totals.mjs";

export class Opening {
  /** Checks that ran to their end. @type {Set<string>} */
  reached = new Set();
  /** The tablets' totals per item. @type {number[][] | null} */
  totals = null;
  /** The last stage that was looked at. @type {Stage["kind"] | null} */
  last = null;
  /** @type {Ciphertext[][] | null} */
  #sums;
  /** @type {Map<number, Factors>} */
  #partials = new Map();
  /** @type {number[]} */
  #owners = [];
  #count;
  #about;
  #failed;

  /**
   * @param {About} about @param {import("./admissions.mjs").Failed} failed @param {number} count of ballots
   * @param {Ciphertext[][] | null} sums of the ballots; null where one cannot be read
   */
  constructor(about, failed, count, sums) {
    this.#about = about;
    this.#failed = failed;
    this.#count = count;
    this.#sums = sums;
  }

  /** @param {Stage} stage */
  look(stage) {
    this.last = stage.kind;
    if (stage.kind === "EncryptedTally") this.#tally(stage);
    if (stage.kind === "PartialDecryption") this.#partial(stage);
    if (stage.kind === "Result") this.#result(stage);
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
      if (stated === String(this.#count)) continue;
      this.#failed("V9", new Invalid(`tally.${name}`, `${stated} stated, ${this.#count} counted`));
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
    const counts = this.#check("V11", () => checkResult(gate, sums, factors, body, this.#count));
    if (counts) this.totals = totalsOf(gate.style, counts, this.#count);
  }
}

/** Totals per item from a decrypted result. @param {string} style @param {number[][]} result @param {number} ballots */
function totalsOf(style, result, ballots) {
  if (style === "approve") return (result[0] ?? []).map((count) => [count]);
  return result.map((row) => [...row, row.reduce((rest, count) => rest - count, ballots)]);
}
