/**
 * Raw deflate, RFC 1951, whole in memory and never larger than it may be. `DecompressionStream` would
 * do it as well where it is there, but answers later and says less of what is wrong; this is one
 * behaviour everywhere.
 */

import { Invalid } from "../errors.mjs";

const LENGTHS = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCES = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
const DISTANCE_BITS = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const LONGEST_CODE = 15;
/** @typedef {{ table: Uint16Array, bits: number }} Code `table[next bits]` is symbol · 16 + length */

/** @param {string} what */
const broken = (what) => new Invalid("container.content", what);

/**
 * The `size` bytes that `data`, all of it, inflates to; else `container.content`.
 * @param {Uint8Array} data
 * @param {number} size
 * @returns {Uint8Array}
 */
export function inflate(data, size) {
  const reader = new Bits(data);
  const out = new Uint8Array(size);
  let at = 0;
  let last = 0;
  while (!last) {
    last = reader.take(1);
    const kind = reader.take(2);
    if (kind === 0) at = reader.stored(out, at);
    else if (kind === 3) throw broken("not a deflate stream");
    else at = block(reader, out, at, ...(kind === 1 ? FIXED() : dynamic(reader)));
  }
  if (!reader.atEnd()) throw broken("bytes after the end of its deflate stream");
  if (at !== size) throw broken("not the bytes of its header");
  return out;
}

/** @param {Bits} reader @param {Uint8Array} out @param {number} at @param {Code} literals @param {Code} distances */
function block(reader, out, at, literals, distances) {
  for (;;) {
    const symbol = reader.symbol(literals);
    if (symbol < 256) {
      if (at >= out.length) throw broken("longer than its header says");
      out[at++] = symbol;
      continue;
    }
    if (symbol === 256) return at;
    const length = reader.extended(LENGTHS, LENGTH_BITS, symbol - 257);
    const distance = reader.extended(DISTANCES, DISTANCE_BITS, reader.symbol(distances));
    if (distance > at) throw broken("not a deflate stream");
    if (at + length > out.length) throw broken("longer than its header says");
    for (let i = 0; i < length; i++, at++) out[at] = /** @type {number} */ (out[at - distance]);
  }
}

/** @param {Bits} reader @returns {[Code, Code]} */
function dynamic(reader) {
  const [literals, distances] = [reader.take(5) + 257, reader.take(5) + 1];
  const count = reader.take(4) + 4;
  if (literals > 286 || distances > 30) throw broken("not a deflate stream");
  const lengths = new Uint8Array(19);
  for (const place of ORDER.slice(0, count)) lengths[place] = reader.take(3);
  const meta = codeOf(lengths, false);
  const all = new Uint8Array(literals + distances);
  for (let i = 0; i < all.length; ) {
    const symbol = reader.symbol(meta);
    if (symbol < 16) {
      all[i++] = symbol;
      continue;
    }
    const value = symbol === 16 ? all[i - 1] : 0;
    if (value === undefined) throw broken("not a deflate stream");
    const repeat =
      symbol === 16 ? 3 + reader.take(2) : symbol === 17 ? 3 + reader.take(3) : 11 + reader.take(7);
    if (i + repeat > all.length) throw broken("not a deflate stream");
    all.fill(value, i, (i += repeat));
  }
  if (!all[256]) throw broken("not a deflate stream");
  return [codeOf(all.subarray(0, literals), true), codeOf(all.subarray(literals), true)];
}

/** @returns {[Code, Code]} */
function FIXED() {
  const lengths = Uint8Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8));
  fixed ??= [codeOf(lengths, false), codeOf(new Uint8Array(32).fill(5), false)];
  return fixed;
}
/** @type {[Code, Code] | undefined} */
let fixed;

/**
 * The table of a canonical Huffman code (RFC 1951 §3.2.2). One that uses too many or too few bit
 * patterns is refused, but for a single code of one bit, as zlib does.
 * @param {Uint8Array} lengths @param {boolean} single whether a lone code is allowed @returns {Code}
 */
function codeOf(lengths, single) {
  const counts = new Array(LONGEST_CODE + 1).fill(0);
  for (const length of lengths) if (length) counts[length]++;
  const bits = counts.reduce((most, count, length) => (count ? length : most), 0);
  let left = 1;
  for (let length = 1; length <= LONGEST_CODE; length++) {
    left = 2 * left - counts[length];
    if (left < 0) throw broken("not a deflate stream");
  }
  if (left > 0 && !(single && bits <= 1)) throw broken("not a deflate stream");
  const next = [0, 0];
  for (let length = 1; length < LONGEST_CODE; length++) {
    next.push((Number(next[length]) + counts[length]) << 1);
  }
  const table = new Uint16Array(1 << bits);
  for (const [symbol, length] of lengths.entries()) {
    if (!length) continue;
    let reversed = 0;
    const code = Number(next[length]);
    next[length] = code + 1;
    for (let i = 0; i < length; i++) reversed |= ((code >> i) & 1) << (length - 1 - i);
    for (let i = reversed; i < table.length; i += 1 << length) table[i] = (symbol << 4) | length;
  }
  return { table, bits };
}

class Bits {
  #data;
  #at = 0;
  #held = 0;
  #count = 0;

  /** @param {Uint8Array} data */
  constructor(data) {
    this.#data = data;
  }

  /** Bytes that are not there are zeros until they are used. @param {number} count */
  #fill(count) {
    while (this.#count < count) {
      this.#held |= (this.#data[this.#at++] ?? 0) << this.#count;
      this.#count += 8;
    }
  }

  /** @param {number} count */
  #drop(count) {
    this.#held >>>= count;
    this.#count -= count;
    if (this.#at - (this.#count >> 3) > this.#data.length) throw broken("not a deflate stream");
  }

  /** The next bits, least significant first. @param {number} count up to 16 */
  take(count) {
    this.#fill(count);
    const value = this.#held & ((1 << count) - 1);
    this.#drop(count);
    return value;
  }

  /** @param {Code} code */
  symbol({ table, bits }) {
    this.#fill(bits);
    const found = table[this.#held & ((1 << bits) - 1)] ?? 0;
    if (!(found & 15)) throw broken("not a deflate stream");
    this.#drop(found & 15);
    return found >> 4;
  }

  /** @param {number[]} bases @param {number[]} extra @param {number} symbol */
  extended(bases, extra, symbol) {
    const base = bases[symbol];
    if (base === undefined) throw broken("not a deflate stream");
    return base + this.take(Number(extra[symbol]));
  }

  /** A stored block. @param {Uint8Array} out @param {number} at */
  stored(out, at) {
    this.#drop(this.#count & 7);
    const [length, complement] = [this.take(16), this.take(16)];
    if (length !== (complement ^ 0xffff)) throw broken("not a deflate stream");
    if (at + length > out.length) throw broken("longer than its header says");
    const start = this.#at - (this.#count >> 3);
    if (start + length > this.#data.length) throw broken("not a deflate stream");
    out.set(this.#data.subarray(start, start + length), at);
    this.#at = start + length;
    this.#held = this.#count = 0;
    return at + length;
  }

  /** Whether only the unused bits of the last byte are left. */
  atEnd() {
    return this.#at - (this.#count >> 3) === this.#data.length;
  }
}
