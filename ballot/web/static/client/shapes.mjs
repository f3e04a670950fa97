/**
 * Small readers for parsed documents: each returns the value or refuses it with `document.shape`;
 * mirrors ballot/crypto/shapes.py. `where` names the place in the document.
 *
 * @typedef {import("./encoding.mjs").Json} Json
 */

import { Invalid } from "./errors.mjs";

const HEX = /^[0-9a-f]*$/;
const ID = /^[a-z0-9-]{1,32}$/;
const ITEM_ID = /^[A-Za-z0-9-]{1,32}$/;
const MINUTE = /^\d{4}-(\d\d)-(\d\d)T(\d\d):(\d\d)Z$/;
const DATE = /^\d{4}-(\d\d)-(\d\d)$/;

/** The refusal for a value of the wrong shape. @param {string} where @param {string} what */
export function refuse(where, what) {
  return new Invalid("document.shape", `${where}: ${what}`);
}

/**
 * `value` if it is an object with exactly the blank-separated `names`.
 * @param {Json | undefined} value
 * @param {string} names
 * @param {string} where
 * @returns {{ [name: string]: any }}
 */
export function fields(value, names, where) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refuse(where, "not an object");
  }
  const wanted = names.split(" ").filter(Boolean);
  for (const name of Object.keys(value)) {
    if (!wanted.includes(name)) throw refuse(where, `unknown name ${name.slice(0, 40)}`);
  }
  for (const name of wanted) {
    if (!Object.hasOwn(value, name)) throw refuse(where, `${name} is missing`);
  }
  return value;
}

/**
 * Every entry of a list of `low` to `high` entries, read by `read`.
 * @template T
 * @param {any} value
 * @param {(value: any, where: string) => T} read
 * @param {string} where
 * @returns {T[]}
 */
export function array(value, read, where, low = 0, high = 100_000) {
  if (!Array.isArray(value)) throw refuse(where, "not a list");
  if (value.length < low || value.length > high) {
    throw refuse(where, `${value.length} entries, allowed ${low} to ${high}`);
  }
  return value.map((entry, i) => read(entry, `${where}[${i}]`));
}

/**
 * A text of `low` to `high` characters.
 * @param {any} value
 * @param {string} where
 * @returns {string}
 */
export function text(value, where, low = 1, high = 2000) {
  if (typeof value !== "string") throw refuse(where, "not a text");
  const length = [...value].length; // code points, as Python counts
  if (length < low || length > high) {
    throw refuse(where, `${length} characters, allowed ${low} to ${high}`);
  }
  return value;
}

/** An integer in `low`..`high`. @param {any} value @param {string} where @returns {number} */
export function integer(value, where, low = 0, high = Number.MAX_SAFE_INTEGER) {
  if (!Number.isSafeInteger(value)) throw refuse(where, "not an integer");
  if (value < low || value > high) throw refuse(where, `${value} is not within ${low} to ${high}`);
  return value;
}

/** true or false. @param {any} value @param {string} where @returns {boolean} */
export function boolean(value, where) {
  if (typeof value !== "boolean") throw refuse(where, "not true or false");
  return value;
}

/**
 * One of the `allowed` words.
 * @param {any} value
 * @param {readonly string[]} allowed
 * @param {string} where
 * @returns {string}
 */
export function choice(value, allowed, where) {
  if (!allowed.includes(value)) throw refuse(where, `not one of ${allowed.join(", ")}`);
  return value;
}

/** Lower-case hex of `size` bytes. @param {any} value @param {string} where @returns {string} */
export function hexadecimal(value, where, size = 32) {
  if (typeof value !== "string" || value.length !== 2 * size || !HEX.test(value)) {
    throw refuse(where, `not ${2 * size} lower-case hex digits`);
  }
  return value;
}

/**
 * An id: `[a-z0-9-]{1,32}` (protocol §4).
 * @param {any} value
 * @param {string} where
 * @returns {string}
 */
export function identifier(value, where) {
  if (typeof value !== "string" || !ID.test(value))
    throw refuse(where, "not an id of a-z, 0-9 and -");
  return value;
}

/**
 * The id of an item: `[A-Za-z0-9-]{1,32}`.
 * @param {any} value
 * @param {string} where
 * @returns {string}
 */
export function itemId(value, where) {
  if (typeof value !== "string" || !ITEM_ID.test(value)) {
    throw refuse(where, "not an id of A-Z, a-z, 0-9 and -");
  }
  return value;
}

/** A UTC minute `2025-01-16T02:42Z`. @param {any} value @param {string} where @returns {string} */
export function minute(value, where) {
  const found = typeof value === "string" ? MINUTE.exec(value) : null;
  if (!found || !isDay(found) || Number(found[3]) > 23 || Number(found[4]) > 59) {
    throw refuse(where, "not a minute like 2025-01-16T02:42Z");
  }
  return value;
}

/** A date `2025-01-16`. @param {any} value @param {string} where @returns {string} */
export function date(value, where) {
  const found = typeof value === "string" ? DATE.exec(value) : null;
  if (!found || !isDay(found)) throw refuse(where, "not a date like 2025-01-16");
  return value;
}

/** @param {RegExpExecArray} found month and day in groups 1 and 2 */
function isDay(found) {
  const [month, day] = [Number(found[1]), Number(found[2])];
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/**
 * null, or what `read` accepts.
 * @template T
 * @param {any} value
 * @param {(value: any, where: string) => T} read
 * @param {string} where
 * @returns {T | null}
 */
export function optional(value, read, where) {
  return value === null ? null : read(value, where);
}

/**
 * Refuse a value that occurs twice.
 * @param {readonly (string | number | bigint)[]} values
 * @param {string} where
 */
export function distinct(values, where) {
  if (new Set(values).size !== values.length) throw refuse(where, "a value occurs twice");
}
