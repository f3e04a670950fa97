/**
 * Drawn codes (抽取码): slips in the Belenios 2.0 credential form; mirrors
 * ballot/crypto/credentials.py. Source: belenios-format.md §6.
 */

import { pbkdf2, sha256 } from "../vendor/crypto.mjs";
import { toInteger, utf8 } from "./bytes.mjs";
import { Invalid } from "./errors.mjs";

/** @typedef {import("./group_base.mjs").Group} Group */

const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const SLIP = /^(?:[1-9A-HJ-NP-Za-km-z]{3}-){4}[1-9A-HJ-NP-Za-km-z]{3}$/;
// What Python's \s matches, and dashes.
const BETWEEN = /[\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\-‐‑–—]/g;

/** @param {string} digits fourteen Base58 digits */
function checkDigit(digits) {
  const value = [...digits].reduce((sum, digit) => sum * 58n + BigInt(BASE58.indexOf(digit)), 0n);
  return BASE58[53 - Number(value % 53n)];
}

/**
 * A slip as typed, in printed form; `code.malformed` says where it is wrong.
 * @param {string} text
 */
export function parseSlip(text) {
  const plain = text.replace(BETWEEN, "");
  const shown = (plain.match(/.{1,3}/gsu) ?? []).join("-");
  if (!SLIP.test(shown)) {
    throw new Invalid("code.malformed", "a slip has fifteen digits in five groups of three");
  }
  if (checkDigit(plain.slice(0, 14)) !== plain[14]) {
    throw new Invalid("code.malformed", "the check digit is wrong: a character was mistyped");
  }
  return shown;
}

/**
 * The secret exponent s of a slip in the election `uuid` (PBKDF2, 1000 iterations).
 * @param {Group} group
 * @param {string} uuid
 * @param {string} slip in printed form
 */
export function deriveSecret(group, uuid, slip) {
  if (!SLIP.test(slip)) throw new Invalid("code.malformed", "not a slip in printed form");
  return group.mod(toInteger(pbkdf2(sha256, utf8(slip), utf8(uuid), { c: 1000, dkLen: 32 })));
}
