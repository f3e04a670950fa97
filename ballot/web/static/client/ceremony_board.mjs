/**
 * What one trustee's device makes of the documents on the board, and what it puts there; mirrors
 * ballot/trustee/board.py. Every refusal names the trustee and the document (attack A12).
 *
 * @typedef {import("./ceremony_documents.mjs").Place} Place
 * @typedef {{ [name: string]: string }} Files file name → its text
 */

import { toHex, utf8 } from "./bytes.mjs";
import { fileName, read } from "./ceremony_documents.mjs";
import { digest, sha256 } from "./encoding.mjs";
import { Invalid } from "./errors.mjs";

/** A step is not complete. */
export class Waiting {
  /** @param {string} step @param {string[]} missing officers whose documents are missing */
  constructor(step, missing) {
    this.step = step;
    this.missing = missing;
  }
}

export class Board {
  /** What documents must state of the step before; "" in the first. */
  base = "";

  /** @param {Place} place @param {Files} files @param {Files} seen */
  constructor(place, files, seen) {
    this.place = place;
    this.definition = place.definition;
    this.files = files;
    /** @type {Files} */
    this.seen = { ...seen };
    /** @type {Files} */
    this.own = {};
  }

  /** What the documents of the next step must state. @param {string} base */
  expect(base) {
    this.base = base;
  }

  /** The documents of a step; `base` is then their digest. @param {string} step @param {string | null} own */
  gather(step, own) {
    /** @type {any[]} */
    const found = [];
    const [digests, missing] = [/** @type {string[]} */ ([]), /** @type {string[]} */ ([])];
    for (const [i, id] of this.definition.trustees.entries()) {
      const one = this.one(step, i + 1, own);
      if (one === null) {
        missing.push(id);
        continue;
      }
      const document = this.naming(step, i + 1, () => {
        const value = read(this.definition, step, i + 1, one);
        this.pin(step, i + 1, one);
        if (this.base && value.base !== this.base) {
          throw new Invalid("ceremony.base", "was shown other documents than this device");
        }
        return value;
      });
      found.push(document);
      digests.push(toHex(sha256(utf8(one))));
    }
    if (missing.length) throw new Waiting(step, missing);
    this.base = digest(digests);
    return found;
  }

  /** @param {string} step @param {number} index @param {string | null} own */
  one(step, index, own) {
    const name = fileName(step, index);
    if (index !== this.place.index) return this.files[name] ?? null;
    if (own !== null) {
      this.naming(step, index, () => {
        if ((this.files[name] ?? own) !== own) {
          throw new Invalid("ceremony.own", "not written by this device");
        }
      });
      this.own[name] = own;
    }
    return own;
  }

  /** @param {string} step @param {number} index @param {string} text */
  pin(step, index, text) {
    const [name, found] = [fileName(step, index), toHex(sha256(utf8(text)))];
    if ((this.seen[name] ??= found) !== found) {
      throw new Invalid("ceremony.changed", "another document than before");
    }
  }

  /** @template T @param {string} step @param {number} index @param {() => T} run @returns {T} */
  naming(step, index, run) {
    try {
      return run();
    } catch (error) {
      throw this.named(step, index, error);
    }
  }

  /** @template T @param {string} step @param {number} index @param {() => Promise<T>} run */
  async namingAsync(step, index, run) {
    try {
      return await run();
    } catch (error) {
      throw this.named(step, index, error);
    }
  }

  /** @param {string} step @param {number} index @param {unknown} error */
  named(step, index, error) {
    if (!(error instanceof Invalid)) return error;
    const ours = error.code.startsWith("ceremony.");
    const [code, detail] = ours ? [error.code, error.detail] : ["ceremony.document", error.message];
    const trustee = this.definition.trustees[index - 1];
    return new Invalid(code, `${trustee}: ${fileName(step, index)}: ${detail}`);
  }
}
