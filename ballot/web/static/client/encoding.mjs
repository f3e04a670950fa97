/**
 * Canonical JSON, digests, and the twelve-character codes; mirrors ballot/crypto/encoding.py.
 *
 * Own documents are the RFC 8785 subset of protocol §4. A reader re-encodes and refuses bytes
 * that differ, so one value has one spelling. Objects have no prototype; integers are safe.
 *
 * @typedef {null | boolean | number | string | Json[] | { [name: string]: Json }} Json
 */

import { concat, equal, fromHex, toHex, utf8 } from "./bytes.mjs";
import { Invalid } from "./errors.mjs";
import { MAX_DEPTH, parse } from "./json.mjs";
import { sha256 as hash } from "../vendor/crypto.mjs";

/** @typedef {import("./json.mjs").Parsed} Parsed */

const NAME = /^[a-z][a-z0-9_]{0,63}$/;
// As in Python: bidi controls, zero-width characters, variation selectors, separators, tags.
const HIDDEN =
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/u;
const LONE_SURROGATE = /\p{Surrogate}/u;
const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
// What Python's \s matches, and the dashes and dots that people type between groups.
const BETWEEN = /[\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\-‐‑‒–—−_.]/g;

/**
 * `text` if it is well formed, NFC and free of invisible characters; else `document.text` (B29).
 * @param {string} text
 * @returns {string}
 */
export function checkText(text) {
  if (LONE_SURROGATE.test(text)) throw new Invalid("document.text", "lone surrogate");
  if (HIDDEN.test(text)) throw new Invalid("document.text", "invisible character");
  if (text.normalize("NFC") !== text) throw new Invalid("document.text", "not in normal form NFC");
  return text;
}

/** Canonical bytes of a value. Source: RFC 8785. @param {Json} value @returns {Uint8Array} */
export function dumps(value) {
  check(value, 1);
  return utf8(write(value, true));
}

/** The value whose canonical bytes are exactly `data`. @param {Uint8Array} data @returns {Json} */
export function loads(data) {
  const parsed = parse(data);
  check(parsed, 1);
  if (!equal(utf8(write(parsed, true)), data)) {
    throw new Invalid("document.not_canonical", "bytes differ from their canonical form");
  }
  return plain(parsed);
}

/**
 * Belenios bytes: members in the order given (format §1).
 * @param {Json} value
 * @returns {Uint8Array}
 */
export function compact(value) {
  return utf8(write(value, false));
}

/** The value whose `compact` bytes are exactly `data`. @param {Uint8Array} data @returns {Json} */
export function loadsCompact(data) {
  const parsed = parse(data);
  const written = write(parsed, false);
  // JSON.stringify escapes what UTF-8 cannot hold, so a lone surrogate is looked for in the values.
  if (hasLoneSurrogate(parsed)) throw new Invalid("document.text", "lone surrogate");
  if (!equal(utf8(written), data)) {
    throw new Invalid("document.not_canonical", "bytes differ from their compact form");
  }
  return plain(parsed);
}

/** @param {Parsed} value @param {number} depth */
function check(value, depth) {
  if (depth > MAX_DEPTH + 1) throw malformed(`nested deeper than ${MAX_DEPTH}`);
  if (typeof value === "string") checkText(value);
  else if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw malformed("not an integer within 2^53-1");
  } else if (Array.isArray(value)) for (const entry of value) check(entry, depth + 1);
  else if (typeof value === "object" && value !== null) {
    for (const [name, entry] of members(value)) {
      if (!NAME.test(name)) throw malformed(`name ${name.slice(0, 40)}`);
      check(entry, depth + 1);
    }
  } else if (value !== null && typeof value !== "boolean") throw malformed("no JSON value");
}

/** @param {Parsed} value @param {boolean} sorted @returns {string} */
function write(value, sorted) {
  if (Array.isArray(value)) return `[${value.map((entry) => write(entry, sorted)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = members(value);
  if (sorted) entries.sort(([a], [b]) => (a < b ? -1 : 1)); // names are ASCII
  return `{${entries.map(([name, entry]) => `${JSON.stringify(name)}:${write(entry, sorted)}`).join(",")}}`;
}

/** @param {Map<string, Parsed> | { [name: string]: Json }} value @returns {[string, Parsed][]} */
function members(value) {
  return value instanceof Map ? [...value] : Object.entries(value);
}

/** @param {Parsed} value @returns {boolean} */
function hasLoneSurrogate(value) {
  if (typeof value === "string") return LONE_SURROGATE.test(value);
  if (Array.isArray(value)) return value.some(hasLoneSurrogate);
  if (typeof value !== "object" || value === null) return false;
  return members(value).some(([name, entry]) => hasLoneSurrogate(name) || hasLoneSurrogate(entry));
}

/**
 * Maps keep any order of names; objects without prototype are what callers read.
 * @param {Parsed} value
 * @returns {Json}
 */
function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  /** @type {{ [name: string]: Json }} */
  const object = Object.create(null);
  for (const [name, entry] of members(value)) object[name] = plain(entry);
  return object;
}

/** @param {string} what */
function malformed(what) {
  return new Invalid("document.malformed", what);
}

/** SHA-256 of the concatenated parts. @param {Uint8Array[]} parts @returns {Uint8Array} */
export function sha256(...parts) {
  return hash(concat(...parts));
}

/**
 * Hex SHA-256 of the canonical bytes of a document (protocol §4).
 * @param {Json} value
 * @returns {string}
 */
export function digest(value) {
  return toHex(sha256(dumps(value)));
}

/**
 * The 校验码 of a digest: its first 60 bits in Crockford base 32, as 4-4-4 capitals.
 * There is no shorter code (attack E33). People compare codes, devices full digests.
 * @param {Uint8Array} digestBytes
 * @returns {string}
 */
export function code(digestBytes) {
  const bits = BigInt(`0x${toHex(digestBytes.subarray(0, 8))}`) >> 4n;
  const text = Array.from(
    { length: 12 },
    (_, i) => CROCKFORD[Number((bits >> BigInt(55 - 5 * i)) & 31n)],
  ).join("");
  return `${text.slice(0, 4)}-${text.slice(4, 8)}-${text.slice(8)}`;
}

/** `code` of a digest written in hex. @param {string} hexDigest */
export function codeOfHex(hexDigest) {
  return code(fromHex(hexDigest));
}

/**
 * A code as people type it (lower case, full width, O for 0, I or L for 1, no dashes), in its
 * printed form; else `code.malformed`. Fewer than twelve characters are never accepted (E33).
 * @param {string} text
 * @returns {string}
 */
export function parseCode(text) {
  const typed = text.normalize("NFKC").toUpperCase().replace(BETWEEN, "");
  const found = typed.replaceAll("O", "0").replace(/[IL]/g, "1");
  if (found.length !== 12 || [...found].some((c) => !CROCKFORD.includes(c))) {
    throw new Invalid("code.malformed", "a code has twelve characters, like 7K3F-9QXM-2T8B");
  }
  return `${found.slice(0, 4)}-${found.slice(4, 8)}-${found.slice(8)}`;
}
