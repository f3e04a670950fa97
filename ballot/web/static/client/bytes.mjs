/** Bytes, hex, base64 and integers: each value has one spelling (attack A7). */

import { Invalid } from "./errors.mjs";

const STANDARD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE = `${STANDARD.slice(0, 62)}-_`;
const HEX = /^(?:[0-9a-f]{2})*$/;

/** @param {string} text @returns {Uint8Array} its UTF-8 bytes */
export function utf8(text) {
  return new TextEncoder().encode(text);
}

/** @param {Uint8Array[]} parts @returns {Uint8Array} */
export function concat(...parts) {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Equality of public values; not for secrets. @param {Uint8Array} a @param {Uint8Array} b */
export function equal(a, b) {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** @param {Uint8Array} data @returns {string} lower-case hex */
export function toHex(data) {
  return Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The bytes of lower-case hex; everything else is `document.malformed`. @param {string} text */
export function fromHex(text) {
  if (!HEX.test(text)) throw new Invalid("document.malformed", "not lower-case hex");
  return Uint8Array.from({ length: text.length / 2 }, (_, i) =>
    parseInt(text.substr(2 * i, 2), 16),
  );
}

/** Big-endian. @param {Uint8Array} data @returns {bigint} */
export function toInteger(data) {
  return data.length ? BigInt(`0x${toHex(data)}`) : 0n;
}

/** `size` big-endian bytes. @param {bigint} value @param {number} size @returns {Uint8Array} */
export function fromInteger(value, size) {
  const text = value.toString(16).padStart(2 * size, "0");
  if (value < 0n || text.length > 2 * size) throw new RangeError(`not an integer of ${size} bytes`);
  return fromHex(text);
}

/** Standard base64 without padding, as Belenios writes digests. @param {Uint8Array} data */
export function b64(data) {
  return write(data, STANDARD);
}

/**
 * URL-safe base64 without padding (RFC 4648 §5), as tokens are written.
 * @param {Uint8Array} data
 */
export function b64url(data) {
  return write(data, URL_SAFE);
}

/**
 * The `size` bytes written by `b64`; other spellings are refused.
 * @param {string} text
 * @param {number} size
 */
export function unb64(text, size) {
  return read(text, size, STANDARD);
}

/**
 * The `size` bytes written by `b64url`; other spellings are refused.
 * @param {string} text
 * @param {number} size
 */
export function unb64url(text, size) {
  return read(text, size, URL_SAFE);
}

/** @param {Uint8Array} data @param {string} alphabet */
function write(data, alphabet) {
  let text = "";
  for (let i = 0; i < data.length; i += 3) {
    const [a = 0, b = 0, c = 0] = data.subarray(i, i + 3);
    const group = (a << 16) | (b << 8) | c;
    const digits = Math.min(4, Math.ceil(((data.length - i) * 8) / 6));
    for (let j = 0; j < digits; j++) text += alphabet[(group >> (18 - 6 * j)) & 63];
  }
  return text;
}

/** @param {string} text @param {number} size @param {string} alphabet @returns {Uint8Array} */
function read(text, size, alphabet) {
  const data = new Uint8Array(size);
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const digit of text) {
    bits = ((bits << 6) | Math.max(0, alphabet.indexOf(digit))) & 0xfff;
    held += 6;
    if (held >= 8 && at < size) data[at++] = (bits >> (held -= 8)) & 255;
  }
  // Length, foreign characters and spare bits are all found by writing it again.
  if (write(data, alphabet) !== text) {
    throw new Invalid("document.malformed", `not the base64 of ${size} bytes`);
  }
  return data;
}
