/**
 * A strict parser of JSON text (RFC 8259) for our subset: integers within ±(2^53−1) only, no name
 * twice, at most 16 levels (attacks A8, E18). `JSON.parse` would keep the last of two names, round
 * large numbers and reorder names such as "1"; therefore this one, which returns maps.
 *
 * @typedef {import("./encoding.mjs").Json | Parsed[] | Map<string, Parsed>} Parsed
 */

import { Invalid } from "./errors.mjs";

export const MAX_DEPTH = 16;
const MAX_DOCUMENT = 64 * 1024 * 1024;

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y;
// Everything that may stand in a string as it is (not ", \, or a control character).
const CLEAN = /[^"\\\u0000-\u001f]*/y;
const UNIT = /[0-9A-Fa-f]{4}/y;
/** @type {Readonly<Record<string, string>>} */
const ESCAPES = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
/** @type {readonly (readonly [string, null | boolean])[]} */
const WORDS = [
  ["null", null],
  ["true", true],
  ["false", false],
];

/**
 * The value of JSON bytes, in any spelling; else `document.malformed`.
 * @param {Uint8Array} data
 * @returns {Parsed}
 */
export function parse(data) {
  if (data.length > MAX_DOCUMENT) throw malformed(`larger than ${MAX_DOCUMENT} bytes`);
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    throw malformed("not UTF-8");
  }
  const parser = new Parser(text);
  const value = parser.value(0);
  parser.end();
  return value;
}

class Parser {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  /** @param {RegExp} pattern sticky @returns {string | null} */
  match(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at = pattern.lastIndex;
    return found && found[0];
  }

  /** Skips space, then `token` if it stands there. @param {string} token */
  take(token) {
    this.match(SPACE);
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }

  /** @param {string} token */
  expect(token) {
    if (!this.take(token)) throw malformed(`no ${token} at ${this.at}`);
  }

  end() {
    this.match(SPACE);
    if (this.at !== this.text.length) throw malformed(`more after ${this.at}`);
  }

  /** @param {number} depth of the brackets around the value @returns {Parsed} */
  value(depth) {
    if (this.take("{")) return this.object(depth + 1);
    if (this.take("[")) return this.array(depth + 1);
    if (this.take('"')) return this.string();
    for (const [word, value] of WORDS) if (this.take(word)) return value;
    const number = this.match(NUMBER);
    if (number === null) throw malformed(`no value at ${this.at}`);
    if (/[.eE]/.test(number) || !Number.isSafeInteger(Number(number))) {
      throw malformed(`not an integer within 2^53-1: ${number.slice(0, 40)}`);
    }
    return Number(number) + 0; // -0 is 0
  }

  /** @param {number} depth @returns {Map<string, Parsed>} */
  object(depth) {
    const found = new Map();
    if (depth > MAX_DEPTH) throw malformed(`nested deeper than ${MAX_DEPTH}`);
    if (this.take("}")) return found;
    do {
      this.expect('"');
      const name = this.string();
      if (found.has(name)) throw malformed("a name occurs twice");
      this.expect(":");
      found.set(name, this.value(depth));
    } while (this.take(","));
    this.expect("}");
    return found;
  }

  /** @param {number} depth @returns {Parsed[]} */
  array(depth) {
    /** @type {Parsed[]} */
    const found = [];
    if (depth > MAX_DEPTH) throw malformed(`nested deeper than ${MAX_DEPTH}`);
    if (this.take("]")) return found;
    do found.push(this.value(depth));
    while (this.take(","));
    this.expect("]");
    return found;
  }

  /** The rest of a string whose opening quote was taken. @returns {string} */
  string() {
    const parts = [];
    for (;;) {
      parts.push(this.match(CLEAN));
      const next = this.text[this.at++];
      if (next === '"') return parts.join("");
      if (next !== "\\") throw malformed("an unclosed string or a control character in it");
      parts.push(this.escape());
    }
  }

  /** @returns {string} */
  escape() {
    const letter = this.text[this.at++] ?? "";
    if (letter !== "u") {
      const plain = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
      if (plain === undefined) throw malformed("an escape that JSON does not have");
      return plain;
    }
    const unit = this.match(UNIT);
    if (unit === null) throw malformed("an escape that JSON does not have");
    return String.fromCharCode(parseInt(unit, 16));
  }
}

/** @param {string} what */
function malformed(what) {
  return new Invalid("document.malformed", what);
}
